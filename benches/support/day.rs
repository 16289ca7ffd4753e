//! A busy node's day as `journalctl -o json` prints it: pods that come and go, and some that die for want of memory.
//!
//! Who dies, of what, and who reports it is decided first and written down in [`Day`]; the lines follow.

use crate::pod::Pod;
use crate::report::{Kernel, Report};
use crate::rng::Rng;
use crate::traffic;
use std::fmt::Write as _;
use std::io;

/// What a day holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Day {
    /// Bytes written.
    pub bytes: u64,
    /// Lines written.
    pub lines: u64,
    /// Pods that were started and ended.
    pub pods: u64,
    /// The deaths, in their order.
    pub deaths: Vec<Death>,
}

/// One death for want of memory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Death {
    /// `kernel`, `kubelet` or `earlyoom`.
    pub killer: &'static str,
    /// The pod's uid, where a voice shows it.
    pub pod: Option<String>,
    /// The killed process; an evicted pod has none.
    pub pid: Option<u64>,
    /// How many voices report it.
    pub voices: usize,
}

/// Microseconds since 1970 at which the day begins, and how long the node was up.
const BEGIN_US: u64 = 1_767_571_200_000_000;
const UPTIME_US: u64 = 500_000_000;
const DAY_US: u64 = 86_400_000_000;

/// Writes a day of about `size` bytes with so many pods, of which so many die for want of memory.
///
/// # Errors
/// Whatever `out` fails with.
pub fn day(
    out: &mut impl io::Write,
    size: u64,
    pods: u64,
    deaths: u64,
    seed: u64,
) -> io::Result<Day> {
    let mut journal = Journal::new(out, seed);
    let step_us = DAY_US / pods.max(1);
    for number in 0..pods {
        journal.clock_us = number * step_us;
        let dies = number * deaths / pods != (number + 1) * deaths / pods;
        journal.pod(number, dies)?;
        // As many ordinary lines as keep the day at its size to the end.
        let due = size / pods.max(1) * (number + 1);
        let last_us = (number + 1) * step_us;
        while journal.day.bytes < due {
            journal.clock_us = last_us.min(journal.clock_us + 400);
            journal.ordinary()?;
        }
    }
    journal.day.pods = pods;
    Ok(journal.day)
}

struct Journal<'o, W> {
    out: &'o mut W,
    rng: Rng,
    day: Day,
    clock_us: u64,
    next_pid: u64,
    line: String,
}

/// Who writes: the tag, the unit, the pid.
type By = (&'static str, &'static str, u64);

const KUBELET: By = ("kubelet", "kubelet.service", 1846);
const CONTAINERD: By = ("containerd", "containerd.service", 1411);
const SYSTEMD: By = ("systemd", "init.scope", 1);
const EARLYOOM: By = ("earlyoom", "earlyoom.service", 702);

/// A pod that lives on the node for a while.
struct Life {
    uid: String,
    name: String,
    id: String,
    sandbox: String,
    init: u64,
}

impl<'o, W: io::Write> Journal<'o, W> {
    fn new(out: &'o mut W, seed: u64) -> Self {
        Self {
            out,
            rng: Rng::new(seed),
            day: Day::default(),
            clock_us: 0,
            next_pid: 4000,
            line: String::new(),
        }
    }

    /// A pod from its start to its end.
    fn pod(&mut self, number: u64, dies: bool) -> io::Result<()> {
        let pod = Pod::in_containerd(&mut self.rng);
        let life = Life {
            uid: pod.uid(),
            name: format!("batch/job-{number}-{}", self.rng.hex(5)),
            id: pod.container_id().to_owned(),
            sandbox: self.rng.hex(64),
            init: self.next_pid,
        };
        self.next_pid += 3;
        self.begin(&life)?;
        for _ in 0..4 {
            self.ordinary()?;
        }
        let before = self.day.deaths.len();
        if dies {
            match before % 20 {
                3 => return self.evicted(&life),
                7 => self.killed_by_earlyoom(&life)?,
                _ => self.killed_by_kernel(&life, &pod, before.is_multiple_of(3))?,
            }
        }
        self.end(&life, if dies { 137 } else { 0 })
    }

    fn begin(&mut self, life: &Life) -> io::Result<()> {
        let Life {
            uid,
            name,
            id,
            sandbox,
            ..
        } = life;
        let klog = self.klog('I', "kubelet.go:2407");
        let text = format!("{klog}\"SyncLoop ADD\" source=\"api\" pods=[\"{name}\"]");
        self.says(KUBELET, &text)?;
        let what = format!(
            "RunPodSandbox for &PodSandboxMetadata{{Name:{name},Uid:{uid},Attempt:0,}} returns sandbox id \\\"{sandbox}\\\""
        );
        self.logrus(&what)?;
        let what = format!(
            "CreateContainer within sandbox \\\"{sandbox}\\\" for &ContainerMetadata{{Name:app,Attempt:0,}} returns container id \\\"{id}\\\""
        );
        self.logrus(&what)?;
        let text = format!("Started cri-containerd-{id}.scope - libcontainer container {id}.");
        self.says(SYSTEMD, &text)?;
        self.logrus(&format!(
            "StartContainer for \\\"{id}\\\" returns successfully"
        ))?;
        let klog = self.klog('I', "kubelet.go:2453");
        let text = format!(
            "{klog}\"SyncLoop (PLEG): event for pod\" pod=\"{name}\" event={{\"ID\":\"{uid}\",\"Type\":\"ContainerStarted\",\"Data\":\"{id}\"}}"
        );
        self.says(KUBELET, &text)
    }

    fn end(&mut self, life: &Life, status: u32) -> io::Result<()> {
        let Life {
            uid,
            name,
            id,
            init,
            ..
        } = life;
        // What ends long after a death is not a word about it.
        self.clock_us += 20_000_000;
        let seconds = (BEGIN_US + self.clock_us) / 1_000_000;
        let what = format!(
            "received exit event container_id:\\\"{id}\\\"  id:\\\"{id}\\\"  pid:{init}  exit_status:{status}  exited_at:{{seconds:{seconds}  nanos:7}}"
        );
        self.logrus(&what)?;
        let text = format!("cri-containerd-{id}.scope: Deactivated successfully.");
        self.says(SYSTEMD, &text)?;
        let klog = self.klog('I', "kubelet.go:2453");
        let text = format!(
            "{klog}\"SyncLoop (PLEG): event for pod\" pod=\"{name}\" event={{\"ID\":\"{uid}\",\"Type\":\"ContainerDied\",\"Data\":\"{id}\"}}"
        );
        self.says(KUBELET, &text)
    }

    /// The kernel, systemd and containerd report it; of a limit's kill the container's first process lives on.
    fn killed_by_kernel(&mut self, life: &Life, pod: &Pod, is_short: bool) -> io::Result<()> {
        let kernel = match is_short {
            true => Kernel::V5_15,
            false => Kernel::V6_1,
        };
        let report = Report::random(&mut self.rng, pod.clone(), kernel, &mut self.next_pid);
        for message in report.messages(&mut self.rng) {
            self.clock_us += 40;
            for text in message.split('\n') {
                self.kernel(text)?;
            }
        }
        let id = &life.id;
        self.clock_us += 30_000;
        let text = format!(
            "cri-containerd-{id}.scope: A process of this unit has been killed by the OOM killer."
        );
        self.says(SYSTEMD, &text)?;
        self.clock_us += 20_000;
        self.logrus(&format!("TaskOOM event container_id:\\\"{id}\\\""))?;
        // The report's last process has that id; the next pod's first one must not.
        self.next_pid += 1;
        self.day.deaths.push(Death {
            killer: "kernel",
            pod: Some(life.uid.clone()),
            pid: Some(report.victim()),
            voices: 3,
        });
        Ok(())
    }

    fn killed_by_earlyoom(&mut self, life: &Life) -> io::Result<()> {
        let pid = life.init;
        let text = format!(
            "sending SIGTERM to process {pid} uid 0 \"stress-ng-vm\": oom_score 1340, VmRSS 3120 MiB, cmdline \"stress-ng --vm 1\""
        );
        self.says(EARLYOOM, &text)?;
        self.clock_us += 200_000;
        self.says(
            EARLYOOM,
            &format!("process {pid} exited after 0.200 seconds"),
        )?;
        self.day.deaths.push(Death {
            killer: "earlyoom",
            pod: None,
            pid: Some(pid),
            voices: 1,
        });
        Ok(())
    }

    fn evicted(&mut self, life: &Life) -> io::Result<()> {
        let Life { uid, name, id, .. } = life;
        let lines = [
            (
                'W',
                "\"Eviction manager: attempting to reclaim\" resourceName=\"memory\"".to_owned(),
            ),
            (
                'I',
                "\"Eviction manager: must evict pod(s) to reclaim\" resourceName=\"memory\""
                    .to_owned(),
            ),
            (
                'I',
                format!("\"Eviction manager: pods ranked for eviction\" pods=[\"{name}\"]"),
            ),
            (
                'I',
                format!(
                    "\"Killing container with a grace period\" pod=\"{name}\" podUID=\"{uid}\" containerName=\"app\" containerID=\"containerd://{id}\" gracePeriod=30"
                ),
            ),
            (
                'I',
                format!("\"Eviction manager: pod is evicted successfully\" pod=\"{name}\""),
            ),
        ];
        for (level, text) in lines {
            self.clock_us += 300_000;
            let klog = self.klog(level, "eviction_manager.go:366");
            self.says(KUBELET, &format!("{klog}{text}"))?;
        }
        self.day.deaths.push(Death {
            killer: "kubelet",
            pod: Some(uid.clone()),
            pid: None,
            voices: 1,
        });
        Ok(())
    }

    fn ordinary(&mut self) -> io::Result<()> {
        let mut text = String::new();
        traffic::write(&mut text, &mut self.rng, UPTIME_US + self.clock_us);
        let (tag, message) = text.split_once(": ").unwrap_or(("app", &text));
        let (name, pid) = tag.split_once('[').unwrap_or((tag, "1"));
        if name == "kernel" {
            let message = message.split_once("] ").map_or(message, |(_, text)| text);
            return self.kernel(message);
        }
        let pid = pid.trim_end_matches(']').parse().unwrap_or(1);
        self.entry(name, &format!("{name}.service"), pid, message)
    }

    fn klog(&self, level: char, place: &str) -> String {
        let (hour, minute, second) = self.of_day();
        let micros = self.clock_us % 1_000_000;
        format!("{level}0105 {hour:02}:{minute:02}:{second:02}.{micros:06}    1846 {place}] ")
    }

    fn logrus(&mut self, what: &str) -> io::Result<()> {
        let (hour, minute, second) = self.of_day();
        let nanos = self.clock_us % 1_000_000 * 1000;
        let text = format!(
            "time=\"2026-01-05T{hour:02}:{minute:02}:{second:02}.{nanos:09}Z\" level=info msg=\"{what}\""
        );
        self.says(CONTAINERD, &text)
    }

    fn of_day(&self) -> (u64, u64, u64) {
        let seconds = self.clock_us / 1_000_000;
        (seconds / 3600 % 24, seconds / 60 % 60, seconds % 60)
    }

    fn says(&mut self, (name, unit, pid): By, message: &str) -> io::Result<()> {
        self.entry(name, unit, pid, message)
    }

    fn entry(&mut self, name: &str, unit: &str, pid: u64, message: &str) -> io::Result<()> {
        self.head();
        let stream = self.rng.hex(32);
        let _ = write!(
            self.line,
            ",\"_TRANSPORT\":\"stdout\",\"_STREAM_ID\":\"{stream}\",\"SYSLOG_FACILITY\":\"3\",\
             \"SYSLOG_IDENTIFIER\":\"{name}\",\"_PID\":\"{pid}\",\"_UID\":\"0\",\"_GID\":\"0\",\"_COMM\":\"{name}\",\
             \"_EXE\":\"/usr/bin/{name}\",\"_CMDLINE\":\"/usr/bin/{name} --config=/etc/{name}/config.yaml\",\
             \"_CAP_EFFECTIVE\":\"1ffffffffff\",\"_SYSTEMD_CGROUP\":\"/system.slice/{unit}\",\
             \"_SYSTEMD_SLICE\":\"system.slice\",\"_SYSTEMD_UNIT\":\"{unit}\",\"MESSAGE\":"
        );
        self.message(message)
    }

    fn kernel(&mut self, message: &str) -> io::Result<()> {
        self.head();
        let uptime = UPTIME_US + self.clock_us;
        let _ = write!(
            self.line,
            ",\"_TRANSPORT\":\"kernel\",\"SYSLOG_FACILITY\":\"0\",\"SYSLOG_IDENTIFIER\":\"kernel\",\
             \"_SOURCE_MONOTONIC_TIMESTAMP\":\"{uptime}\",\"MESSAGE\":"
        );
        self.message(message)
    }

    fn head(&mut self) {
        let (now, uptime) = (BEGIN_US + self.clock_us, UPTIME_US + self.clock_us);
        let number = self.day.lines;
        self.line.clear();
        let _ = write!(
            self.line,
            "{{\"__CURSOR\":\"s=3bc1a4a27f2a4f0e9a53cf3d3a8e4b11;i={number:x};b=4d0a8f6c0e1b4f0f9a53cf3d3a8e4b11;\
             m={uptime:x};t={now:x};x={:016x}\",\"__REALTIME_TIMESTAMP\":\"{now}\",\
             \"__MONOTONIC_TIMESTAMP\":\"{uptime}\",\"_BOOT_ID\":\"4d0a8f6c0e1b4f0f9a53cf3d3a8e4b11\",\
             \"_MACHINE_ID\":\"5d2b7f1c9e1b4f0f9a53cf3d3a8e4b22\",\"_HOSTNAME\":\"node-7\",\"PRIORITY\":\"6\"",
            self.rng.next()
        );
    }

    /// The text as a JSON string, and the entry's end.
    fn message(&mut self, text: &str) -> io::Result<()> {
        self.line.push('"');
        for sign in text.chars() {
            if matches!(sign, '"' | '\\') {
                self.line.push('\\');
            }
            self.line.push(sign);
        }
        self.line.push_str("\"}\n");
        self.day.bytes += self.line.len() as u64;
        self.day.lines += 1;
        self.out.write_all(self.line.as_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_is_the_same_each_time_and_as_large_as_it_should_be() {
        let written = || {
            let mut log = Vec::new();
            let day = day(&mut log, 9_000_000, 200, 40, 7).unwrap();
            (log, day)
        };
        let (log, day) = written();
        assert_eq!((&log, &day), (&written().0, &written().1));
        assert_eq!(log.len() as u64, day.bytes);
        assert!((9_000_000..9_300_000).contains(&day.bytes), "{}", day.bytes);
        assert_eq!((day.pods, day.deaths.len()), (200, 40));
        let lines: Vec<&[u8]> = log.split(|byte| *byte == b'\n').collect();
        assert_eq!(lines.len() as u64, day.lines + 1);
    }
}
