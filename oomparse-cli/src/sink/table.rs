//! One line for each kill.

use super::Sink;
use super::screen::Screen;
use super::wide::{head, pad};
use oomparse_core::{Container, EventType, LimitLevel, OomEvent, Pod, Scope};
use oomparse_report::units::{bytes, uptime};
use oomparse_report::{clock, cut_id, on_screen, printable, resident};
use std::io::{self, Write};

/// From this width on, times and ids are shown completely.
const WIDE: usize = 140;

pub(crate) struct Table<W> {
    out: W,
    screen: Screen,
    wide: bool,
    begun: bool,
}

impl<W: Write> Table<W> {
    pub(crate) fn new(out: W, screen: Screen) -> Self {
        Self {
            out,
            screen,
            // Output for a program is never cut.
            wide: !screen.terminal || screen.width >= WIDE,
            begun: false,
        }
    }

    fn row(&mut self, cells: [&str; 6], place: &str) -> io::Result<()> {
        let [time, comm, pid, size, limit, level] = cells;
        let comm = pad(comm, 15);
        let line = if self.wide {
            format!("{time:25} {comm} {pid:>7} {size:>10} {limit:>10} {level:9} {place}")
        } else {
            format!("{time:14} {comm} {pid:>7} {size:>10} {limit:>10} {place}")
        };
        // Others chose the names.
        let line = on_screen(&line);
        let line = match self.screen.terminal {
            true => head(&line, self.screen.width),
            false => &line,
        };
        writeln!(self.out, "{}", line.trim_end())
    }

    fn time(&self, event: &OomEvent) -> String {
        match (event.time, event.kernel_time_us) {
            (Some(time), _) if self.wide => clock(&time),
            (Some(time), _) => format!(
                "{:02}-{:02} {:02}:{:02}:{:02}",
                time.month, time.day, time.hour, time.minute, time.second
            ),
            (None, Some(us)) => uptime(us),
            (None, None) => "-".to_owned(),
        }
    }

    /// Host, pod and container, else the cgroup.
    fn place(&self, event: &OomEvent) -> String {
        let host = event.host.as_ref().filter(|_| self.wide);
        let mut words: Vec<String> = host.map(ToString::to_string).into_iter().collect();
        let id = |id: &str| match self.wide {
            true => id.to_owned(),
            false => id.get(..8).unwrap_or(id).to_owned(),
        };
        let pod = event
            .pod
            .as_ref()
            .and_then(|pod: &Pod| match (&pod.namespace, &pod.name) {
                (Some(namespace), Some(name)) => Some(format!("{namespace}/{name}")),
                (None, Some(name)) => Some(name.clone()),
                _ => pod.uid.as_deref().map(id),
            });
        let container = event.container.as_ref().and_then(|container: &Container| {
            let name = container.name.clone();
            name.or_else(|| container.id.as_deref().map(|whole| id(cut_id(whole))))
        });
        let path = event
            .cgroup
            .as_ref()
            .and_then(|cgroup| cgroup.task_memcg.as_ref())
            .filter(|_| pod.is_none() && container.is_none());
        words.extend(pod.map(|pod| printable(&pod)));
        let is_nested = event.pod.as_ref().is_some_and(|pod| pod.nested);
        words.extend(is_nested.then(|| "(nested)".to_owned()));
        words.extend(container.map(|container| printable(&container)));
        words.extend(path.map(ToString::to_string));
        words.join(" ")
    }
}

/// The word for what was short of memory, or for the killer if that was not the kernel.
fn level(event: &OomEvent) -> &'static str {
    let killer = event
        .testimony
        .as_ref()
        .and_then(|testimony| testimony.killer);
    if let Some(killer) = killer {
        return killer.as_str();
    }
    let level = event.cgroup.as_ref().and_then(|cgroup| cgroup.limit_level);
    match (event.scope, level) {
        (Some(Scope::Memcg), Some(LimitLevel::Other)) => "cgroup",
        (Some(Scope::Memcg), Some(level)) => level.as_str(),
        (Some(Scope::Memcg), None) => "cgroup",
        (Some(Scope::Global), _) => "machine",
        (Some(Scope::Beancounter), _) => "container",
        (Some(Scope::Cpuset), _) => "cpuset",
        (Some(Scope::MemoryPolicy), _) => "policy",
        _ => "-",
    }
}

impl<W: Write> Sink for Table<W> {
    fn event(&mut self, event: &OomEvent) -> io::Result<()> {
        let is_kill = match event.event_type {
            EventType::Kill => event.victim.is_some(),
            // If a cgroup or a pod was killed, no process is shown.
            kind => matches!(kind, EventType::UserspaceKill | EventType::Eviction),
        };
        if !is_kill {
            return Ok(());
        }
        let victim = event.victim.as_ref();
        if !self.begun {
            self.begun = true;
            let names = ["TIME", "COMM", "PID", "RESIDENT", "LIMIT", "AT"];
            let place = if self.wide {
                "HOST POD CONTAINER"
            } else {
                "POD CONTAINER"
            };
            self.row(names, place)?;
        }
        let comm = victim
            .and_then(|victim| victim.comm.as_ref())
            .map_or("-".to_owned(), ToString::to_string);
        let or_dash = |size: Option<u64>| size.map_or("-".to_owned(), bytes);
        let limit = event.memory.as_ref().and_then(|memory| memory.limit_bytes);
        let pid = victim.map_or("-".to_owned(), |victim| victim.pid.to_string());
        let time = self.time(event);
        let (size, limit) = (or_dash(victim.and_then(resident)), or_dash(limit));
        let place = self.place(event);
        self.row([&time, &comm, &pid, &size, &limit, level(event)], &place)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }

    fn finish(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}
