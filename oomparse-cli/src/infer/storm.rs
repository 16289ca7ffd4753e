//! What a storm leaves bare: the processes of all cgroups, looked at while it lasts.
//!
//! The kernel leaves a kill bare only after it printed ten reports. So no process is looked at until it prints
//! one; from then on, until [`CALM`] passed without a line of a report, the cgroups are read again and again
//! and the connector reports each process that begins a program. A kill gets the cgroup in which its process was seen,
//! if number, name and adjustment are those printed, no younger process has that number, and
//!
//! * it was seen dying there; or
//! * the kernel counted a kill in that cgroup since it was seen there that no other line reports.
//!
//! Where the kernel does not count (cgroup v1 before 4.13) or the cgroup is gone, the
//! process must have been there for a second and must still be seen dying.
//!
//! What the kernel counted and no line reports becomes a notice.

use super::Printed;
use super::places::{Places, YOUNG};
use super::process::{self, Dying, Namespace};
use super::reader::Reader;
use super::seen::{Seen, Shared, Sighting};
use super::tree::Tree;
use crate::unix_time;
use oomparse_core::{CgroupRoots, EventType, Evidence, OomEvent, Text, WallTime};
use std::ffi::OsStr;
use std::io;
use std::path::Path;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

/// After the last line of a report: the kernel's own limit is five seconds.
const CALM: Duration = Duration::from_secs(10);

/// The reader and its thread.
#[derive(Debug)]
pub(crate) struct Storm {
    shared: Arc<Shared>,
    places: Places,
    tree: Tree,
    roots: CgroupRoots,
    /// The machine's name.
    host: Option<Text>,
}

impl Storm {
    /// Begins on this machine, with its cgroups mounted here.
    ///
    /// # Errors
    /// The mount, and why its cgroups cannot be read.
    pub(crate) fn open(
        cgroup_fs: &Path,
        roots: CgroupRoots,
        host: Option<&OsStr>,
    ) -> Result<Self, (String, io::Error)> {
        let places = Places {
            proc: "/proc".into(),
            cgroups: cgroup_fs.to_owned(),
        };
        let host = host.map(|host| Text::from(host.as_encoded_bytes()));
        Self::start(places, roots, host)
            .map_err(|sentence| (cgroup_fs.display().to_string(), io::Error::other(sentence)))
    }

    /// Reads what was counted so far and starts the thread.
    ///
    /// # Errors
    /// Says why the cgroups cannot be read.
    fn start(places: Places, roots: CgroupRoots, host: Option<Text>) -> Result<Self, String> {
        let (mut storm, reader) = Self::prepare(places, roots)?;
        storm.host = host;
        thread::Builder::new()
            .name("processes".to_owned())
            .spawn(move || reader.run())
            .map_err(|error| format!("cannot start a thread: {error}"))?;
        Ok(storm)
    }

    fn prepare(places: Places, roots: CgroupRoots) -> Result<(Self, Reader), String> {
        let tree = Tree::open(&places.cgroups)?;
        let shared = Arc::new(Shared::default());
        let settled_at = process::machine_kills(&places.proc);
        shared.lock().ledger.settle(&tree.counted());
        let own = tree.cgroup_of(std::process::id());
        let reader = Reader {
            shared: Arc::clone(&shared),
            places: places.clone(),
            tree: tree.clone(),
            namespace: own.and_then(|own| Namespace::of(&places.proc, &own)),
            settled_at,
            asked: None,
        };
        let storm = Self {
            shared,
            places,
            tree,
            roots,
            host: None,
        };
        Ok((storm, reader))
    }

    /// A line of a report was read.
    pub(crate) fn wake(&self) {
        self.shared.lock().until = Some(Instant::now() + CALM);
        self.shared.woken.notify_all();
    }

    /// The log was read to its end.
    pub(crate) fn drained(&self) {
        self.shared.lock().drained = Some(Instant::now());
    }

    /// Kills that the kernel counted and no line reported, since the last call.
    pub(crate) fn notices(&self) -> Vec<OomEvent> {
        let notices = std::mem::take(&mut self.shared.lock().notices);
        let events = notices.into_iter().map(|it| {
            let counter = self.tree.counter();
            let mut event = OomEvent::of_count(it.count, counter, &it.path, &self.roots);
            if it.is_below {
                event.cgroup = None;
            }
            event.host.clone_from(&self.host);
            event.time = wall_now();
            event
        });
        events.collect()
    }

    /// Gives a bare kill its cgroup if that is certain.
    pub(crate) fn name(&self, event: &mut OomEvent) {
        if event.event_type != EventType::Kill {
            return;
        }
        let mut seen = self.shared.lock();
        if event.is_bare() {
            let found = self.find(&seen, event);
            if let Some(sighting) = found {
                seen.note_kill(event, Some(&sighting.cgroup));
                drop(seen);
                event.infer_cgroup(&sighting.cgroup, &self.roots, Evidence::Proc);
            } else {
                seen.note_kill(event, None);
            }
            return;
        }
        let is_cut = |field: &oomparse_core::Field| field.as_str() == "cgroup.task_memcg";
        let cgroup = event.cgroup.as_ref().and_then(|it| it.task_memcg.as_ref());
        let cgroup = cgroup.filter(|_| !event.truncated.iter().any(is_cut));
        seen.note_kill(event, cgroup.map(|it| it.as_bytes()));
    }

    /// The victim, where it is certain that it was seen.
    fn find(&self, seen: &Seen, event: &OomEvent) -> Option<Sighting> {
        let printed = Printed::of(event)?;
        let sighting = seen.processes.get(&printed.pid)?;
        let is_it = sighting.agrees(&printed) && self.is_certain(seen, &printed, sighting);
        is_it.then(|| sighting.clone())
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
        if let Some(kills) = self.tree.kills(&sighting.cgroup) {
            let is_since = sighting.kills_before.is_some_and(|before| kills > before);
            return is_since && seen.ledger.has_untold(&sighting.cgroup, kills);
        }
        // Without a count it may have been moved since: a container's process begins in its runtime's cgroup.
        now.is_some_and(|now| now.is_dying) && sighting.first.elapsed() > YOUNG
    }
}

/// The machine's clock.
fn wall_now() -> Option<WallTime> {
    let micros = u64::try_from(unix_time::now() / 1000).ok()?;
    WallTime::from_unix_micros(micros)
}

impl Drop for Storm {
    fn drop(&mut self) {
        self.shared.lock().is_over = true;
        self.shared.woken.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use oomparse_core::{Options, parse_all};
    use std::cell::RefCell;
    use std::fs;
    use std::path::PathBuf;
    use tempfile::TempDir;

    const POD: &str = "kubepods/burstable/podeb9ef7c3-df91-f119-9af4-7c687b576479/83b49ac4d66bb2fd85252113fdfbc3ff8504c64b08c545a0b8a76ea07e121d7d";

    /// A cgroup v2 with one container, and a `/proc`, both of plain files.
    struct Machine {
        dir: TempDir,
        storm: Storm,
        reader: RefCell<Reader>,
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
            let (storm, reader) = Storm::prepare(places, CgroupRoots::new()).unwrap();
            let machine = Self {
                dir,
                storm,
                reader: RefCell::new(reader),
            };
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

        fn killed_on_the_machine(&self, count: u64) {
            let text = format!("nr_free_pages 7\noom_kill {count}\n");
            fs::create_dir_all(&self.storm.places.proc).unwrap();
            fs::write(self.storm.places.proc.join("vmstat"), text).unwrap();
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
            self.reader.borrow().look(None);
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

    fn printed_kill() -> OomEvent {
        let line = format!(
            "[9.0] oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=x,mems_allowed=0,oom_memcg=/{POD},\
             task_memcg=/{POD},task=sh,pid=99,uid=0\n\
             [9.1] Memory cgroup out of memory: Killed process 99 (sh) total-vm:4kB, anon-rss:4kB, file-rss:0kB, shmem-rss:0kB\n"
        );
        parse_all(line.as_bytes(), &Options::default())
            .next()
            .unwrap()
    }

    #[test]
    fn a_count_that_a_printed_kill_explains_names_nobody_else() {
        let machine = Machine::new();
        machine.look();
        machine.killed_in_the_container(1);
        machine.gone(4711);
        let mut printed = printed_kill();
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
        assert!(refused(dir.path()).contains("not a cgroup file system"));
        fs::write(dir.path().join("cgroup.controllers"), "memory\n").unwrap();
        assert!(Tree::open(dir.path()).is_ok());
        fs::write(dir.path().join("cgroup.type"), "domain\n").unwrap();
        assert!(refused(dir.path()).contains("--cgroup-fs"));
    }

    /// The notices after the log was read for long enough.
    fn notices(machine: &Machine) -> Vec<OomEvent> {
        let check = || machine.reader.borrow_mut().check(false);
        check();
        assert_eq!(machine.storm.notices(), [], "the line may still come");
        machine.storm.shared.lock().drained = Some(Instant::now() + CALM);
        check();
        machine.storm.notices()
    }

    #[test]
    fn a_count_without_a_line_is_a_notice() {
        let machine = Machine::new();
        machine.killed_on_the_machine(0);
        machine.reader.borrow_mut().check(true);
        machine.killed_in_the_container(2);
        machine.killed_on_the_machine(2);
        let events = notices(&machine);
        let json = events[0].to_json();
        assert_eq!(events.len(), 1, "{events:?}");
        for part in [
            r#""type":"notice""#,
            r#""origin":"kernel""#,
            r#""killer":"kernel","reporter":"memcg""#,
            r#""uid":"eb9ef7c3-df91-f119-9af4-7c687b576479""#,
            r#""count":2"#,
            r#""evidence":["memory.events"]"#,
            r#""time":"20"#,
            &format!(r#""task_memcg":"/{POD}""#),
        ] {
            assert!(json.contains(part), "{part} is not in {json}");
        }
        // Once.
        machine.reader.borrow_mut().check(true);
        assert_eq!(machine.storm.notices(), []);
    }

    #[test]
    fn a_count_that_lines_explain_is_none() {
        let machine = Machine::new();
        machine.killed_in_the_container(1);
        machine.killed_on_the_machine(1);
        // Whose cgroup stays unknown: it may have been there.
        assert!(!is_named(&machine.kill(99, "sh", 0)));
        assert_eq!(notices(&machine), []);
        machine.killed_in_the_container(3);
        machine.killed_on_the_machine(3);
        let mut printed = printed_kill();
        machine.storm.name(&mut printed);
        machine.storm.shared.lock().drained = None;
        let events = notices(&machine);
        let counts = events.iter().map(|it| it.testimony.as_ref().unwrap().count);
        assert_eq!(counts.collect::<Vec<_>>(), [Some(1)], "one of two");
    }

    #[test]
    fn what_was_counted_before_the_start_is_no_notice() {
        let machine = Machine::new();
        machine.killed_in_the_container(7);
        machine.killed_on_the_machine(7);
        let (storm, reader) =
            Storm::prepare(machine.storm.places.clone(), CgroupRoots::new()).unwrap();
        let machine = Machine {
            dir: machine.dir,
            storm,
            reader: RefCell::new(reader),
        };
        assert_eq!(notices(&machine), []);
    }
}
