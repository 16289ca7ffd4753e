//! An incident for a ticket: the death as its own event has it, and who else reported it.

use super::{Incident, because, says, voice};
use crate::markdown::escape;
use crate::{Lang, clock, markdown};
use oomparse_core::WallTime;
use std::fmt::Write as _;

impl Incident {
    /// The incident as markdown; what a workload wrote stands there as text.
    #[must_use]
    pub fn to_markdown(&self, lang: Lang) -> String {
        let mut text = self
            .best_event()
            .map_or_else(String::new, |event| markdown(event, lang));
        let heads = ["ticket_time", "ticket_voice", "ticket_says"].map(|key| lang.text(key));
        let _ = write!(text, "\n| {} |\n|---|---|---|\n", heads.join(" | "));
        for testified in &self.testimonies {
            let event = &testified.event;
            let known = testified.time_us.and_then(|us| u64::try_from(us).ok());
            let time = known.and_then(WallTime::from_unix_micros).or(event.time);
            let time = time.map_or_else(String::new, |time| clock(&time));
            let joined = testified.joined_by.says(lang);
            let joined = match joined {
                "" => String::new(),
                joined => format!(" ({joined})"),
            };
            let says = escape(&(says(event, lang) + &joined));
            let _ = writeln!(text, "| {time} | {} | {says} |", voice(event));
        }
        if self.proven().any(|event| event.pod.is_some()) {
            let _ = write!(text, "\nKubernetes: {}\n", because(self.kubernetes, lang));
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::super::Correlator;
    use super::*;
    use oomparse_core::{Options, Parser};

    #[test]
    fn a_ticket_has_all_voices_and_no_markup_of_a_name() {
        let id = "4b0062983475".repeat(6)[..64].to_owned();
        let log = format!(
            "2026-01-05T00:00:01.5+00:00 n1 kernel: oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=/,mems_allowed=0,\
             oom_memcg=/kubepods/burstable/pod11111111-1111-1111-1111-111111111111/{id},\
             task_memcg=/kubepods/burstable/pod11111111-1111-1111-1111-111111111111/{id},task=a|b,pid=7,uid=0\n\
             2026-01-05T00:00:01.5+00:00 n1 kernel: Memory cgroup out of memory: Killed process 7 (a|b) total-vm:8kB, anon-rss:4kB, file-rss:0kB, shmem-rss:0kB\n\
             2026-01-05T00:00:01.8+00:00 n1 containerd[9]: time=\"2026-01-05T00:00:01.8Z\" level=info msg=\"TaskOOM event container_id:\\\"{id}\\\"\"\n"
        );
        let mut options = Options::default();
        options.accept = options.accept.and_all_daemons();
        let mut parser = Parser::with_options(options);
        parser.push_chunk(log.as_bytes());
        parser.finish();
        let mut correlator = Correlator::default();
        while let Some(event) = parser.next_event() {
            correlator.push(event);
        }
        let incidents = correlator.finish();
        assert_eq!(incidents.len(), 1);
        let text = incidents[0].to_markdown(Lang::En);
        for line in [
            "| time | voice | says |",
            "| 2026-01-05T00:00:01.500000Z | kernel | killed a\\|b 7 |",
        ] {
            assert!(text.contains(line), "{line}: {text}");
        }
        let containerd = text.lines().find(|line| line.contains("| containerd |"));
        assert!(
            containerd.is_some_and(|line| line.contains("saw an OOM kill (")),
            "{text}"
        );
        assert!(text.contains("\nKubernetes: "), "{text}");
        assert!(incidents[0].to_markdown(Lang::Zh).contains("| 时间 |"));
    }
}
