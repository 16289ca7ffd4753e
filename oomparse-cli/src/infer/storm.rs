//! What a storm leaves bare: the processes of all cgroups, looked at again and again while it lasts.
//!
//! The kernel leaves a kill bare only after it printed ten reports. So nothing is looked at until it prints
//! one; from then on the cgroups are read every [`PAUSE`], until [`CALM`] passed without a line of a report.
//! A kill gets the cgroup in which its process was seen, if number, name and adjustment are those printed, no
//! younger process has that number, and
//!
//! * it was seen dying there; or
//! * the kernel counted a kill in that cgroup since the storm began that no other line tells of.
//!
//! Where the kernel does not count (cgroup v1 before 4.13) or the cgroup is gone, the
//! process must have been there for a second and must still be seen dying.

use super::Printed;
use super::process::{self, Dying, Process};
use super::tree::Tree;
use crate::warn;
use oomparse_core::{CgroupRoots, EventType, Evidence, OomEvent};
use std::collections::HashMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

/// Between two looks while a storm lasts.
const PAUSE: Duration = Duration::from_millis(50);

/// After the last line of a report: the kernel's own limit is five seconds.
const CALM: Duration = Duration::from_secs(10);

/// A process that young may still become another program.
const YOUNG: Duration = Duration::from_secs(1);

/// So long ago at most the process was seen alive.
const RECENT: Duration = Duration::from_secs(2);

/// Processes that are kept: what a machine has by default, twice.
const MAX_PROCESSES: usize = 1 << 16;

/// Where things are; tests have places of their own.
#[derive(Clone, Debug)]
struct Places {
    proc: PathBuf,
    cgroups: PathBuf,
}

/// The reader and its thread.
#[derive(Debug)]
pub(crate) struct Storm {
    shared: Arc<Shared>,
    places: Places,
    tree: Tree,
    roots: CgroupRoots,
}

#[derive(Debug, Default)]
struct Shared {
    seen: Mutex<Seen>,
    woken: Condvar,
}

/// What was seen since the storm began.
#[derive(Debug, Default)]
struct Seen {
    until: Option<Instant>,
    is_over: bool,
    processes: HashMap<u32, Sighting>,
    counts: HashMap<Arc<[u8]>, Count>,
    has_complained: bool,
}

#[derive(Clone, Debug)]
struct Sighting {
    process: Process,
    cgroup: Arc<[u8]>,
    first: Instant,
    last: Instant,
    /// It was seen alive: the kernel counted its end after the count was first read.
    was_alive: bool,
    /// It was seen dying in this cgroup.
    was_dying: bool,
}

/// Kills of a cgroup that the kernel counted, and that lines told of.
#[derive(Clone, Copy, Debug)]
struct Count {
    before: u64,
    told: u64,
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Storm {
    /// Begins on this machine, with its cgroups mounted here.
    ///
    /// # Errors
    /// The mount, and why its cgroups cannot be read.
    pub(crate) fn open(cgroup_fs: &Path, roots: CgroupRoots) -> Result<Self, (String, io::Error)> {
        let places = Places {
            proc: "/proc".into(),
            cgroups: cgroup_fs.to_owned(),
        };
        Self::start(places, roots)
            .map_err(|sentence| (cgroup_fs.display().to_string(), io::Error::other(sentence)))
    }

    /// Starts the thread; it sleeps until [`wake`](Self::wake).
    ///
    /// # Errors
    /// Says why the cgroups cannot be read.
    fn start(places: Places, roots: CgroupRoots) -> Result<Self, String> {
        let tree = Tree::open(&places.cgroups)?;
        let shared = Arc::new(Shared::default());
        let reader = Reader {
            shared: Arc::clone(&shared),
            places: places.clone(),
            tree: tree.clone(),
        };
        thread::Builder::new()
            .name("processes".to_owned())
            .spawn(move || reader.run())
            .map_err(|error| format!("cannot start a thread: {error}"))?;
        Ok(Self {
            shared,
            places,
            tree,
            roots,
        })
    }

    /// A line of a report was read.
    pub(crate) fn wake(&self) {
        self.shared.lock().until = Some(Instant::now() + CALM);
        self.shared.woken.notify_all();
    }

    /// Gives a bare kill its cgroup if that is certain.
    pub(crate) fn name(&self, event: &mut OomEvent) {
        if event.event_type != EventType::Kill {
            return;
        }
        let mut seen = self.shared.lock();
        if !event.is_bare() {
            let victim = event.victim.as_ref().map(|victim| victim.pid);
            let sighting = victim.and_then(|pid| seen.processes.remove(&pid));
            // One that was only seen dying is in the count that was read first. One that was never seen may not
            // be: rather a kill without a pod than a count that names two.
            let is_in_first = sighting.is_some_and(|it| !it.was_alive);
            let cgroup = event.cgroup.as_ref().and_then(|it| it.task_memcg.as_ref());
            if !is_in_first
                && let Some(cgroup) = cgroup
                && let Some(count) = seen.counts.get_mut(cgroup.as_bytes())
            {
                count.told += 1;
            }
            return;
        }
        let Some(printed) = Printed::of(event) else {
            return;
        };
        let found = seen
            .processes
            .get(&printed.pid)
            .filter(|sighting| sighting.agrees(&printed));
        let Some(sighting) = found.cloned() else {
            return;
        };
        if !self.is_certain(&seen, &printed, &sighting) {
            return;
        }
        seen.processes.remove(&printed.pid);
        if sighting.was_alive
            && let Some(count) = seen.counts.get_mut(&sighting.cgroup)
        {
            count.told += 1;
        }
        drop(seen);
        event.infer_cgroup(&sighting.cgroup, &self.roots, Evidence::Proc);
    }

    /// Whether the process that was seen is the one that died.
    fn is_certain(&self, seen: &Seen, printed: &Printed, sighting: &Sighting) -> bool {
        let now = Dying::read(&self.places.proc, printed.pid);
        if let Some(now) = now
            && now.started != sighting.process.started
        {
            return false;
        }
        // A dying process cannot be moved any more.
        if sighting.was_dying || !sighting.was_alive {
            return sighting.was_dying;
        }
        let count = seen.counts.get(&sighting.cgroup);
        if let Some(count) = count
            && let Some(kills) = self.tree.kills(&sighting.cgroup)
        {
            return kills > count.before.saturating_add(count.told);
        }
        // Without a count it may have been moved since: a container's process begins in its runtime's cgroup.
        now.is_some_and(|now| now.is_dying) && sighting.first.elapsed() > YOUNG
    }
}

impl Drop for Storm {
    fn drop(&mut self) {
        self.shared.lock().is_over = true;
        self.shared.woken.notify_all();
    }
}

impl Sighting {
    fn agrees(&self, printed: &Printed) -> bool {
        self.last.elapsed() <= RECENT
            && self.process.comm == printed.comm
            && printed
                .oom_score_adj
                .is_none_or(|adj| adj == self.process.oom_score_adj)
    }
}

/// The thread's part.
struct Reader {
    shared: Arc<Shared>,
    places: Places,
    tree: Tree,
}

impl Reader {
    fn run(self) {
        while self.wait() {
            self.look();
            thread::sleep(PAUSE);
        }
    }

    /// Waits for a storm; `false` at the end.
    fn wait(&self) -> bool {
        let mut seen = self.shared.lock();
        loop {
            if seen.is_over {
                return false;
            }
            if seen.until.is_some_and(|until| until > Instant::now()) {
                return true;
            }
            // It is over: the next one counts anew.
            if seen.until.take().is_some() {
                seen.processes = HashMap::new();
                seen.counts = HashMap::new();
            }
            seen = self
                .shared
                .woken
                .wait(seen)
                .unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn look(&self) {
        let members = match self.tree.members() {
            Ok(members) => members,
            Err(error) => {
                self.complain(&crate::sentence(&error));
                return;
            }
        };
        if members.iter().all(|member| member.pids.is_empty())
            && members.iter().any(|member| member.has_foreign)
        {
            self.complain("has no numbers for the processes: watch needs the machine's pid namespace (hostPID)");
            return;
        }
        for member in members {
            // Nothing is told by the root.
            if *member.path == *b"/" {
                continue;
            }
            self.count(&member.path);
            for pid in member.pids {
                self.sight(pid, &member.path);
            }
        }
    }

    /// The count as it was before anything that is named by it.
    fn count(&self, path: &Arc<[u8]>) {
        if self.shared.lock().counts.contains_key(path) {
            return;
        }
        if let Some(before) = self.tree.kills(path) {
            let count = Count { before, told: 0 };
            self.shared.lock().counts.insert(Arc::clone(path), count);
        }
    }

    fn sight(&self, pid: u32, path: &Arc<[u8]>) {
        let now = Instant::now();
        let (first, was_alive) = {
            let mut seen = self.shared.lock();
            let is_full = seen.processes.len() >= MAX_PROCESSES;
            match seen.processes.get_mut(&pid) {
                Some(old) if old.cgroup == *path => {
                    old.last = now;
                    if old.was_dying || old.first + YOUNG < now {
                        return;
                    }
                    (old.first, old.was_alive)
                }
                None if is_full => return,
                _ => (now, false),
            }
        };
        // Read without the lock: events need not wait for it.
        let Some(process) = Process::read(&self.places.proc, pid) else {
            // Gone since, or out of reach: what was seen before stays.
            return;
        };
        let dying = Dying::read(&self.places.proc, pid);
        // It may have been moved since the cgroup was read, but not since it is dying.
        let is_dying = dying.is_none_or(|it| it.is_dying || it.started != process.started);
        let was_dying = is_dying && process::is_in(&self.places.proc, pid, path);
        let sighting = Sighting {
            process,
            was_alive: was_alive || !is_dying,
            was_dying,
            cgroup: Arc::clone(path),
            first,
            last: now,
        };
        self.shared.lock().processes.insert(pid, sighting);
    }

    /// Once.
    fn complain(&self, sentence: &str) {
        let mut seen = self.shared.lock();
        if !std::mem::replace(&mut seen.has_complained, true) {
            warn(&self.places.cgroups.display().to_string(), sentence);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use oomparse_core::{Options, parse_all};
    use std::fs;
    use tempfile::TempDir;

    const POD: &str = "kubepods/burstable/podeb9ef7c3-df91-f119-9af4-7c687b576479/83b49ac4d66bb2fd85252113fdfbc3ff8504c64b08c545a0b8a76ea07e121d7d";

    /// A cgroup v2 with one container, and a `/proc`, both of plain files.
    struct Machine {
        dir: TempDir,
        storm: Storm,
    }

    impl Machine {
        fn new() -> Self {
            let dir = tempfile::tempdir().unwrap();
            let cgroups = dir.path().join("cgroup");
            fs::create_dir_all(cgroups.join(POD)).unwrap();
            fs::write(cgroups.join("cgroup.controllers"), "memory\n").unwrap();
            fs::write(cgroups.join("cgroup.procs"), "1\n").unwrap();
            let places = Places {
                proc: dir.path().join("proc"),
                cgroups,
            };
            let storm = Storm::start(places, CgroupRoots::new()).unwrap();
            let machine = Self { dir, storm };
            machine.killed_in_the_container(0);
            machine.in_the_container(&[4711]);
            machine.process(4711, "java", 900, 77);
            machine
        }

        fn container(&self) -> PathBuf {
            self.dir.path().join("cgroup").join(POD)
        }

        fn in_the_container(&self, pids: &[u32]) {
            let text: String = pids.iter().map(|pid| format!("{pid}\n")).collect();
            fs::write(self.container().join("cgroup.procs"), text).unwrap();
        }

        fn killed_in_the_container(&self, count: u64) {
            let text = format!("low 0\noom 9\noom_kill {count}\noom_group_kill 0\n");
            fs::write(self.container().join("memory.events.local"), text).unwrap();
        }

        fn process(&self, pid: u32, comm: &str, adj: i64, started: u64) {
            let dir = self.dir.path().join("proc").join(pid.to_string());
            fs::create_dir_all(&dir).unwrap();
            let stat = format!(
                "{pid} ({comm}) S 1 1 1 0 -1 4194560 1 0 0 0 0 0 0 0 20 0 1 0 {started} 0 0\n"
            );
            fs::write(dir.join("stat"), stat).unwrap();
            fs::write(dir.join("comm"), format!("{comm}\n")).unwrap();
            fs::write(dir.join("oom_score_adj"), format!("{adj}\n")).unwrap();
            fs::write(dir.join("status"), "SigPnd:\t0000000000000000\n").unwrap();
        }

        fn gone(&self, pid: u32) {
            fs::remove_dir_all(self.dir.path().join("proc").join(pid.to_string())).unwrap();
        }

        /// Looks at everything once, as the thread does.
        fn look(&self) {
            let reader = Reader {
                shared: Arc::clone(&self.storm.shared),
                places: self.storm.places.clone(),
                tree: self.storm.tree.clone(),
            };
            reader.look();
        }

        fn kill(&self, pid: u32, comm: &str, adj: i64) -> OomEvent {
            let line = format!(
                "[9.1] Memory cgroup out of memory: Killed process {pid} ({comm}) total-vm:4kB, anon-rss:4kB, \
                 file-rss:0kB, shmem-rss:0kB, UID:0 pgtables:4kB oom_score_adj:{adj}\n"
            );
            let mut event = parse_all(line.as_bytes(), &Options::default())
                .next()
                .unwrap();
            assert!(event.is_bare());
            self.storm.name(&mut event);
            event
        }
    }

    fn is_named(event: &OomEvent) -> bool {
        let path = event.cgroup.as_ref().and_then(|it| it.task_memcg.as_ref());
        let named = path.is_some_and(|path| path.as_bytes() == format!("/{POD}").as_bytes());
        assert_eq!(named, event.inferred);
        assert_eq!(named, event.evidence.contains(&Evidence::Proc));
        assert_eq!(named, event.pod.is_some());
        named
    }

    #[test]
    fn a_process_that_was_seen_and_a_kill_that_was_counted() {
        let machine = Machine::new();
        machine.look();
        machine.killed_in_the_container(1);
        machine.gone(4711);
        assert!(is_named(&machine.kill(4711, "java", 900)));
        // The same number again is nobody that was seen.
        assert!(!is_named(&machine.kill(4711, "java", 900)));
    }

    #[test]
    fn whatever_disagrees_leaves_it_bare() {
        for (pid, comm, adj) in [
            (4712, "java", 900),
            (4711, "javac", 900),
            (4711, "java", 901),
        ] {
            let machine = Machine::new();
            machine.look();
            machine.killed_in_the_container(1);
            machine.gone(4711);
            assert!(
                !is_named(&machine.kill(pid, comm, adj)),
                "{pid} {comm} {adj}"
            );
        }
    }

    #[test]
    fn a_kill_that_the_cgroup_did_not_count_was_elsewhere() {
        let machine = Machine::new();
        machine.killed_in_the_container(5);
        machine.look();
        machine.gone(4711);
        assert!(!is_named(&machine.kill(4711, "java", 900)));
    }

    #[test]
    fn one_count_names_one_kill() {
        let machine = Machine::new();
        machine.in_the_container(&[4711, 4712]);
        machine.process(4712, "java", 900, 78);
        machine.look();
        machine.killed_in_the_container(1);
        assert!(is_named(&machine.kill(4711, "java", 900)));
        assert!(!is_named(&machine.kill(4712, "java", 900)));
    }

    #[test]
    fn a_count_that_a_printed_kill_explains_names_nobody_else() {
        let machine = Machine::new();
        machine.look();
        machine.killed_in_the_container(1);
        machine.gone(4711);
        let line = format!(
            "[9.0] oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=x,mems_allowed=0,oom_memcg=/{POD},\
             task_memcg=/{POD},task=sh,pid=99,uid=0\n\
             [9.1] Memory cgroup out of memory: Killed process 99 (sh) total-vm:4kB, anon-rss:4kB, file-rss:0kB, shmem-rss:0kB\n"
        );
        let mut printed = parse_all(line.as_bytes(), &Options::default())
            .next()
            .unwrap();
        assert!(!printed.is_bare());
        // Its process was never seen.
        machine.storm.name(&mut printed);
        assert!(!printed.inferred);
        assert!(!is_named(&machine.kill(4711, "java", 900)));
    }

    #[test]
    fn a_number_that_was_used_again_names_nobody() {
        let machine = Machine::new();
        machine.look();
        machine.killed_in_the_container(1);
        machine.process(4711, "java", 900, 9000);
        assert!(!is_named(&machine.kill(4711, "java", 900)));
    }

    #[test]
    fn without_a_count_a_young_process_may_have_been_moved() {
        let machine = Machine::new();
        fs::remove_file(machine.container().join("memory.events.local")).unwrap();
        machine.look();
        let status = machine.dir.path().join("proc/4711/status");
        fs::write(status, "SigPnd:\t0000000000000100\n").unwrap();
        assert!(!is_named(&machine.kill(4711, "java", 900)));
        // The same, seen long ago.
        machine.look();
        let long_ago = Instant::now().checked_sub(2 * YOUNG).unwrap();
        let mut seen = machine.storm.shared.lock();
        seen.processes.get_mut(&4711).unwrap().first = long_ago;
        drop(seen);
        assert!(is_named(&machine.kill(4711, "java", 900)));
    }

    #[test]
    fn a_process_that_was_seen_dying_needs_no_count() {
        let machine = Machine::new();
        let status = machine.dir.path().join("proc/4711/status");
        fs::write(
            status,
            "SigPnd:\t0000000000000000\nShdPnd:\t0000000000000100\n",
        )
        .unwrap();
        machine.killed_in_the_container(1);
        machine.look();
        machine.gone(4711);
        assert!(
            !is_named(&machine.kill(4711, "java", 900)),
            "no cgroup of its own"
        );
        machine.process(4711, "java", 900, 77);
        let own = machine.dir.path().join("proc/4711");
        fs::write(own.join("status"), "ShdPnd:\t0000000000000100\n").unwrap();
        fs::write(own.join("cgroup"), "0::/system.slice/containerd.service\n").unwrap();
        machine.look();
        assert!(!is_named(&machine.kill(4711, "java", 900)), "it was moved");
        fs::write(own.join("cgroup"), format!("0::/{POD}\n")).unwrap();
        machine.look();
        machine.gone(4711);
        assert!(!is_named(&machine.kill(4711, "javac", 900)));
        assert!(is_named(&machine.kill(4711, "java", 900)));
    }

    #[test]
    fn a_part_of_the_cgroups_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let refused = |dir: &Path| Tree::open(dir).unwrap_err();
        assert!(refused(dir.path()).contains("no cgroup file system"));
        fs::write(dir.path().join("cgroup.controllers"), "memory\n").unwrap();
        assert!(Tree::open(dir.path()).is_ok());
        fs::write(dir.path().join("cgroup.type"), "domain\n").unwrap();
        assert!(refused(dir.path()).contains("--cgroup-fs"));
    }
}
