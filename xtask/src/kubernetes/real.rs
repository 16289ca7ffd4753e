//! A kill by the kernel itself.

use super::trial::{CONTAINER, Trial, counts_of};
use std::path::Path;
use std::process::Command;
use std::{fs, thread, time};

/// Where memory cgroups of version 1 are.
pub(super) const V1: &str = "/sys/fs/cgroup/memory";

impl Trial {
    /// A process of a cgroup that is called as the kubelet calls it reaches a limit of 16 MiB.
    pub(super) fn real_kill(&mut self) -> Result<(), String> {
        self.stop();
        let before = self.counts()?.iter().sum::<u64>();
        self.start(&[])?;
        thread::sleep(time::Duration::from_secs(2));
        let pod = Path::new(V1)
            .join("kubepods/burstable")
            .join(format!("pod{}", self.uid));
        let cgroup = pod.join(CONTAINER);
        let made = fs::create_dir_all(&cgroup)
            .and_then(|()| fs::write(cgroup.join("memory.limit_in_bytes"), "16777216"));
        let killed = made.map_err(|e| format!("{}: {e}", cgroup.display()));
        let killed = killed.and_then(|()| {
            let mut shell = Command::new("sh");
            shell
                .arg("-c")
                .arg("echo $$ > \"$0\"/cgroup.procs && exec tail /dev/zero");
            shell.arg(&cgroup).output().map_err(|e| e.to_string())
        });
        let counted = killed.and_then(|_| {
            self.cluster.until("the Event of a real kill", |cluster| {
                counts_of(cluster).is_ok_and(|counts| counts.iter().sum::<u64>() == before + 1)
            })
        });
        for dir in [Some(cgroup.as_path()), Some(pod.as_path())]
            .into_iter()
            .flatten()
        {
            _ = fs::remove_dir(dir);
        }
        counted
    }
}
