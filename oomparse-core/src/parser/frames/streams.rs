//! One assembler for each host.

use crate::event::OomEvent;
use crate::limits::{MAX_OPEN_BYTES, MAX_STREAMS};
use crate::options::Options;
use crate::report::Assembler;
use alloc::boxed::Box;
use alloc::collections::VecDeque;
use alloc::vec::Vec;

/// One assembler for each host.
#[derive(Debug, Default)]
pub(super) struct Streams {
    /// The stream of the last line, to which the next line usually belongs.
    pub(super) last: Option<Box<Stream>>,
    /// The others, sorted by host.
    #[expect(
        clippy::vec_box,
        reason = "they are moved with every turn from host to host"
    )]
    pub(super) others: Vec<Box<Stream>>,
    /// The size of the others; the size of the last one is added when it becomes one of them.
    pub(super) weight: usize,
    /// How many have a report open.
    pub(super) hungry: usize,
    pub(super) clock: u64,
}

#[derive(Debug)]
pub(super) struct Stream {
    pub(super) host: Vec<u8>,
    pub(super) assembler: Assembler,
    pub(super) used: u64,
    /// Its size when it was last computed.
    pub(super) weighed: usize,
}

impl Stream {
    pub(super) fn new(host: &[u8], options: &Options) -> Self {
        let mut assembler = Assembler::new(options);
        if !host.is_empty() {
            assembler.set_host(host);
        }
        Self {
            host: host.to_vec(),
            assembler,
            used: 0,
            weighed: 0,
        }
    }

    pub(super) fn weight(&self) -> usize {
        let own = core::mem::size_of::<Self>().saturating_add(self.host.capacity());
        own.saturating_add(self.assembler.weight())
    }
}

impl Streams {
    /// Whether the last line's stream is also this line's.
    pub(super) fn is_last(&self, host: &[u8], is_behind: bool) -> bool {
        self.last
            .as_ref()
            .is_some_and(|last| is_behind || last.host == host)
    }

    pub(super) fn is_hungry(&self, host: &[u8], is_last: bool) -> bool {
        let stream = if is_last {
            self.last.as_ref()
        } else {
            self.place(host).ok().and_then(|at| self.others.get(at))
        };
        stream.is_some_and(|stream| stream.assembler.is_hungry())
    }

    /// The index of a host among the others, or where it would be.
    pub(super) fn place(&self, host: &[u8]) -> Result<usize, usize> {
        self.others
            .binary_search_by(|stream| stream.host.as_slice().cmp(host))
    }

    /// Makes a host's stream the last one.
    pub(super) fn turn_to(
        &mut self,
        host: &[u8],
        is_last: bool,
        options: &Options,
        out: &mut VecDeque<OomEvent>,
    ) {
        self.clock = self.clock.wrapping_add(1);
        if !is_last && !self.adopt(host, out) {
            if let Some(mut last) = self.last.take() {
                last.weighed = last.weight();
                self.weight = self.weight.saturating_add(last.weighed);
                let at = self.place(&last.host).unwrap_or_else(|at| at);
                self.others.insert(at, last);
            }
            match self.place(host) {
                Ok(at) => self.last = Some(self.take_out(at)),
                Err(_) if self.others.len() >= MAX_STREAMS => self.close_quietest(out),
                Err(_) => {}
            }
            while self.weight > MAX_OPEN_BYTES && !self.others.is_empty() {
                self.close_quietest(out);
            }
        }
        self.last
            .get_or_insert_with(|| Box::new(Stream::new(host, options)));
    }

    pub(super) fn count(&mut self, was_hungry: bool, is_hungry: bool) {
        match (was_hungry, is_hungry) {
            (false, true) => self.hungry = self.hungry.saturating_add(1),
            (true, false) => self.hungry = self.hungry.saturating_sub(1),
            _ => {}
        }
    }

    /// Lines without a host belong to the first host that is named, while there is no other.
    pub(super) fn adopt(&mut self, host: &[u8], out: &mut VecDeque<OomEvent>) -> bool {
        match &mut self.last {
            Some(last) if last.host.is_empty() && self.others.is_empty() => {
                // A waiting kill was printed without a host.
                last.assembler.give_out_all_waiting(out);
                last.host = host.to_vec();
                last.assembler.set_host(host);
                true
            }
            _ => false,
        }
    }

    pub(super) fn take_out(&mut self, at: usize) -> Box<Stream> {
        let stream = self.others.remove(at);
        self.weight = self.weight.saturating_sub(stream.weighed);
        stream
    }

    /// Closes the stream among the others that was silent longest.
    pub(super) fn close_quietest(&mut self, out: &mut VecDeque<OomEvent>) {
        if let Some(at) = longest_quiet(&self.others) {
            let mut stream = self.take_out(at);
            if stream.assembler.is_hungry() {
                self.hungry = self.hungry.saturating_sub(1);
            }
            stream.assembler.finish(out);
        }
    }

    /// Removes all streams, in the order of their last lines.
    pub(super) fn drain(&mut self) -> impl Iterator<Item = Assembler> + use<> {
        (self.hungry, self.weight) = (0, 0);
        let mut all = core::mem::take(&mut self.others);
        all.extend(self.last.take());
        core::iter::from_fn(move || {
            let oldest = longest_quiet(&all)?;
            Some(all.swap_remove(oldest).assembler)
        })
    }
}

/// Which of these streams has been silent longest.
pub(super) fn longest_quiet(streams: &[Box<Stream>]) -> Option<usize> {
    (0..streams.len()).min_by_key(|at| streams.get(*at).map(|stream| stream.used))
}
