//! The two logs: RFC 3164 lines as rsyslog writes them on a node.

use crate::pod::Pod;
use crate::report::{Kernel, Report};
use crate::rng::Rng;
use crate::traffic;
use std::fmt::Write as _;
use std::io;

/// One report every so many lines of the sparse log.
pub const LINES_PER_REPORT: u64 = 2_000;

/// What a generated log holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// Bytes written.
    pub bytes: u64,
    /// Lines written.
    pub lines: u64,
    /// Kills, each with a whole report.
    pub kills: u64,
    /// Different pods that lost a process.
    pub pods: u64,
}

/// Ordinary lines with a report every [`LINES_PER_REPORT`] lines, until `size` bytes are written.
///
/// # Errors
/// Whatever `out` fails with.
pub fn sparse(out: &mut impl io::Write, size: u64, seed: u64) -> io::Result<Totals> {
    let mut log = Log::new(out, seed);
    let mut until_report = LINES_PER_REPORT / 2;
    while log.totals.bytes < size {
        if until_report == 0 {
            until_report = LINES_PER_REPORT;
            log.report(true)?;
        } else {
            until_report -= 1;
            log.ordinary()?;
        }
    }
    Ok(log.totals)
}

/// Ordinary lines alone, until `size` bytes are written.
///
/// # Errors
/// Whatever `out` fails with.
pub fn ordinary(out: &mut impl io::Write, size: u64, seed: u64) -> io::Result<Totals> {
    let mut log = Log::new(out, seed);
    while log.totals.bytes < size {
        log.ordinary()?;
    }
    Ok(log.totals)
}

/// Reports back to back, until `size` bytes are written.
///
/// # Errors
/// Whatever `out` fails with.
pub fn dense(out: &mut impl io::Write, size: u64, seed: u64) -> io::Result<Totals> {
    let mut log = Log::new(out, seed);
    while log.totals.bytes < size {
        log.report(false)?;
    }
    Ok(log.totals)
}

/// One ordinary line of about 150 bytes, without its line end.
#[must_use]
pub fn ordinary_line() -> Vec<u8> {
    b"Jan  5 02:12:02 node-7 kubelet[1846]: I0105 02:12:02.512873    1846 prober.go:116] \"Probe \
      succeeded\" probeType=\"Readiness\" pod=\"web-0\" containerName=\"app\""
        .to_vec()
}

struct Log<'o, W> {
    out: &'o mut W,
    rng: Rng,
    totals: Totals,
    clock_us: u64,
    next_pid: u64,
    /// Pods that died lately: a leaking container dies again and again.
    pods: Vec<Pod>,
    line: String,
}

/// How long the machine was up when the log began.
const UPTIME_US: u64 = 198_542_576_728;

impl<'o, W: io::Write> Log<'o, W> {
    fn new(out: &'o mut W, seed: u64) -> Self {
        Self {
            out,
            rng: Rng::new(seed),
            totals: Totals::default(),
            clock_us: 0,
            next_pid: 1000,
            pods: Vec::new(),
            line: String::new(),
        }
    }

    fn ordinary(&mut self) -> io::Result<()> {
        self.clock_us += self.rng.between(200, 40_000);
        self.start_line();
        let uptime_us = UPTIME_US + self.clock_us;
        traffic::write(&mut self.line, &mut self.rng, uptime_us);
        self.end_line()
    }

    fn report(&mut self, with_noise: bool) -> io::Result<()> {
        self.clock_us += self.rng.between(1_000_000, 90_000_000);
        let pod = self.next_pod();
        let kernel = self.rng.pick(Kernel::ALL);
        let report = Report::random(&mut self.rng, pod, kernel, &mut self.next_pid);
        for message in report.messages(&mut self.rng) {
            if with_noise && self.rng.one_in(20) {
                self.ordinary()?;
            }
            self.clock_us += self.rng.between(3, 120);
            // What one printk holds has one stamp, on each of its lines.
            for text in message.split('\n') {
                self.start_line();
                let uptime = UPTIME_US + self.clock_us;
                let (seconds, micros) = (uptime / 1_000_000, uptime % 1_000_000);
                let _ = write!(self.line, "kernel: [{seconds:5}.{micros:06}] {text}");
                self.end_line()?;
            }
        }
        self.totals.kills += 1;
        Ok(())
    }

    fn next_pod(&mut self) -> Pod {
        if self.pods.is_empty() || self.rng.one_in(3) {
            let pod = Pod::random(&mut self.rng);
            self.totals.pods += 1;
            if self.pods.len() == 16 {
                self.pods.remove(0);
            }
            self.pods.push(pod.clone());
            return pod;
        }
        self.rng.pick(&self.pods)
    }

    /// `Jan  5 02:12:02 node-7 `
    fn start_line(&mut self) {
        let seconds = self.clock_us / 1_000_000;
        let (day, of_day) = (5 + seconds / 86_400, seconds % 86_400);
        let (month, day) = if day <= 31 {
            ("Jan", day)
        } else {
            ("Feb", day - 31)
        };
        let (hour, minute, second) = (of_day / 3600, of_day / 60 % 60, of_day % 60);
        self.line.clear();
        let _ = write!(
            self.line,
            "{month} {day:2} {hour:02}:{minute:02}:{second:02} node-7 "
        );
    }

    fn end_line(&mut self) -> io::Result<()> {
        self.line.push('\n');
        self.totals.bytes += self.line.len() as u64;
        self.totals.lines += 1;
        self.out.write_all(self.line.as_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{SEED, dense_log, sparse_log};

    #[test]
    fn the_same_seed_gives_the_same_bytes() {
        let (first, totals) = sparse_log(1 << 20);
        assert_eq!((first.clone(), totals), sparse_log(1 << 20));
        let mut other = Vec::new();
        sparse(&mut other, 1 << 20, SEED + 1).unwrap();
        assert_ne!(first, other);
    }

    #[test]
    fn totals_are_what_was_written() {
        for (log, totals) in [sparse_log(2 << 20), dense_log(1 << 20)] {
            let text = std::str::from_utf8(&log).unwrap();
            assert_eq!(log.len() as u64, totals.bytes);
            assert_eq!(text.lines().count() as u64, totals.lines);
            let killed = text.lines().filter(|line| line.contains("Killed process "));
            assert_eq!(killed.count() as u64, totals.kills);
            assert!(totals.kills > 2 && totals.pods > 0 && totals.pods <= totals.kills);
        }
    }

    #[test]
    fn ordinary_lines_have_the_length_of_real_ones() {
        let mut log = Vec::new();
        let totals = sparse(&mut log, 200_000, SEED).unwrap();
        let mean = totals.bytes / totals.lines;
        assert!((120..=180).contains(&mean), "{mean} bytes a line");
        assert!((140..=160).contains(&ordinary_line().len()));
    }
}
