//! A pod as the kubelet makes it: cgroups with a limit, a directory of logs, a process that dies.

use std::fs;
use std::io;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

const LIMIT: &str = "16777216";

/// Asks [`hog_if_asked`], and says how many milliseconds it waits.
const HOG: &str = "OOMPARSE_HOG_MS";

/// Who names the cgroups.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Driver {
    /// The kubelet or the runtime itself.
    Cgroupfs,
    /// systemd, with slices and scopes.
    Systemd,
}

/// Where cgroups are made, and how.
#[derive(Clone, Debug)]
pub struct Hierarchy {
    root: PathBuf,
    is_v2: bool,
}

impl Hierarchy {
    /// Where they are made on this machine.
    ///
    /// # Errors
    /// Says why cgroups with a memory limit cannot be made.
    pub fn find() -> Result<Self, String> {
        let v1 = Self {
            root: "/sys/fs/cgroup/memory".into(),
            is_v2: false,
        };
        let v2 = Self {
            root: "/sys/fs/cgroup".into(),
            is_v2: true,
        };
        let found = if v1.root.join("memory.limit_in_bytes").exists() {
            v1
        } else if v2.root.join("cgroup.controllers").exists() {
            v2
        } else {
            return Err("there is no memory cgroup at /sys/fs/cgroup".to_owned());
        };
        let probe = found
            .root
            .join(format!("oomparse-probe-{}", std::process::id()));
        found
            .make(&probe)
            .and_then(|()| found.limit(&probe))
            .and_then(|()| fs::remove_dir(&probe))
            .map_err(|error| {
                let _ = fs::remove_dir(&probe);
                format!("the memory cgroup is not writable: {error}")
            })?;
        fs::File::open("/dev/kmsg").map_err(|error| format!("/dev/kmsg: {error}"))?;
        Ok(found)
    }

    /// Whether all of a cgroup can be killed at once: `memory.oom.group` is v2's.
    ///
    /// # Errors
    /// Says why it cannot.
    pub fn has_groups(&self) -> Result<(), String> {
        if self.is_v2 {
            Ok(())
        } else {
            Err("memory.oom.group needs cgroup v2".to_owned())
        }
    }

    /// Makes a cgroup and all above it; another test may remove one of them meanwhile.
    fn make(&self, path: &Path) -> io::Result<()> {
        for _ in 0..10 {
            if fs::create_dir_all(path).is_ok() {
                break;
            }
        }
        fs::create_dir_all(path)?;
        if self.is_v2 {
            let mut above: Vec<&Path> = path.ancestors().skip(1).collect();
            above.retain(|above| above.starts_with(&self.root));
            for above in above.iter().rev() {
                fs::write(above.join("cgroup.subtree_control"), "+memory")?;
            }
        }
        Ok(())
    }

    fn limit(&self, path: &Path) -> io::Result<()> {
        if self.is_v2 {
            fs::write(path.join("memory.max"), LIMIT)?;
            let _ = fs::write(path.join("memory.swap.max"), "0");
        } else {
            fs::write(path.join("memory.limit_in_bytes"), LIMIT)?;
            let _ = fs::write(path.join("memory.memsw.limit_in_bytes"), LIMIT);
        }
        Ok(())
    }
}

/// For a program that starts itself as a process that takes memory: waits, takes it, and never returns.
pub fn hog_if_asked() {
    let Ok(life) = std::env::var(HOG) else {
        return;
    };
    std::thread::sleep(Duration::from_millis(life.parse().unwrap()));
    let mut bytes = vec![0_u8; 64 << 20];
    bytes.iter_mut().step_by(4096).for_each(|byte| *byte = 1);
    std::process::exit(usize::from(bytes.is_empty()) as i32);
}

/// A pod with one container; its cgroups and directories go with it.
#[derive(Debug)]
pub struct Pod {
    /// Its name, in the namespace `shop`.
    pub name: String,
    /// Its uid.
    pub uid: String,
    /// The id of its container.
    pub id: String,
    root: PathBuf,
    container: PathBuf,
    logs: PathBuf,
    children: Vec<Child>,
}

impl Pod {
    /// Makes the pod's cgroups; `logs` is what stands for /var/log.
    ///
    /// # Panics
    /// If they cannot be made, as all that follows.
    #[must_use]
    pub fn new(hierarchy: &Hierarchy, driver: Driver, logs: &Path) -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let own = std::process::id();
        let uid = format!("{own:08x}-0000-4000-8000-{number:012x}");
        let id = format!("{own:032x}{number:032x}");
        let path = match driver {
            Driver::Cgroupfs => format!("kubepods/burstable/pod{uid}/{id}"),
            Driver::Systemd => format!(
                "kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod{}.slice/cri-containerd-{id}.scope",
                uid.replace('-', "_")
            ),
        };
        let container = hierarchy.root.join(path);
        hierarchy.make(&container).expect("making a cgroup");
        let pod = Self {
            name: format!("web-{number}"),
            uid,
            id,
            root: hierarchy.root.clone(),
            container,
            logs: logs.to_owned(),
            children: Vec::new(),
        };
        hierarchy.limit(&pod.container).expect("setting a limit");
        pod
    }

    fn log_paths(&self) -> (PathBuf, PathBuf) {
        let pod = format!("pods/shop_{}_{}", self.name, self.uid);
        let link = format!("containers/{}_shop_app-{}.log", self.name, self.id);
        (self.logs.join(pod), self.logs.join(link))
    }

    /// Makes the directories that the kubelet makes before the container starts.
    pub fn make_logs(&self) {
        let (pod, link) = self.log_paths();
        fs::create_dir_all(pod.join("app")).unwrap();
        fs::create_dir_all(link.parent().unwrap()).unwrap();
        fs::write(pod.join("app/0.log"), "").unwrap();
        symlink(pod.join("app/0.log"), link).unwrap();
    }

    /// Removes them, as the kubelet does when the pod is gone.
    pub fn remove_logs(&self) {
        let (pod, link) = self.log_paths();
        let _ = fs::remove_dir_all(pod);
        let _ = fs::remove_file(link);
    }

    /// Has all of the container killed when one of it is (v2).
    pub fn kill_as_one(&self) {
        fs::write(self.container.join("memory.oom.group"), "1").unwrap();
    }

    /// Starts a process that takes memory until it is killed; returns its pid.
    pub fn start_hog(&mut self) -> u32 {
        let container = self.container.clone();
        self.start_in(&container, "tail /dev/zero")
    }

    /// Starts one that lives so long before it takes memory: this program, which [`hog_if_asked`] makes one.
    pub fn start_hog_after(&mut self, life: Duration) -> u32 {
        let container = self.container.clone();
        let own = std::env::current_exe().unwrap();
        let command = format!("env {HOG}={} {}", life.as_millis(), own.display());
        self.start_in(&container, &command)
    }

    /// Starts a process that does nothing, as the container's others.
    pub fn start_sleeper(&mut self) -> u32 {
        let container = self.container.clone();
        self.start_in(&container, "sleep 600")
    }

    /// Starts such a process in a cgroup that the container made for itself, and waits until it is killed.
    pub fn kill_in(&mut self, below: &str) -> u32 {
        // Longer than what one call takes: one step after the other.
        let own = self.container.join(below);
        let mut steps: Vec<PathBuf> = own.ancestors().map(Path::to_owned).collect();
        steps.retain(|step| step.starts_with(&self.container) && *step != self.container);
        for step in steps.iter().rev() {
            // On v2 a cgroup has its own counters only where the one above lets it.
            let above = step.parent().unwrap().join("cgroup.subtree_control");
            if above.exists() {
                fs::write(above, "+memory").unwrap();
            }
            fs::create_dir_all(step).unwrap();
        }
        let pid = self.start_in(&own, "tail /dev/zero");
        self.wait();
        for step in &steps {
            for _ in 0..100 {
                if fs::remove_dir(step).is_ok() {
                    break;
                }
                std::thread::sleep(std::time::Duration::from_millis(10));
            }
        }
        pid
    }

    fn start_in(&mut self, cgroup: &Path, command: &str) -> u32 {
        let child = Command::new("sh")
            .arg("-c")
            .arg(format!("echo $$ > \"$0\"/cgroup.procs && exec {command}"))
            .arg(cgroup)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let pid = child.id();
        self.children.push(child);
        pid
    }

    /// Waits until the last process that was started is dead.
    pub fn wait(&mut self) {
        let mut child = self.children.pop().unwrap();
        let status = child.wait().unwrap();
        assert!(!status.success(), "the process was not killed");
    }
}

impl Drop for Pod {
    fn drop(&mut self) {
        for child in &mut self.children {
            let _ = child.kill();
            let _ = child.wait();
        }
        self.remove_logs();
        // Leaf first; what others still use stays.
        let own = self.container.ancestors();
        for path in own.take_while(|path| *path != self.root) {
            // A process that was just killed may not have left yet.
            for _ in 0..20 {
                if fs::remove_dir(path).is_ok() || path.ends_with("kubepods") {
                    break;
                }
                if fs::read_dir(path).is_ok_and(|mut entries| {
                    entries.any(|entry| entry.is_ok_and(|entry| entry.path().is_dir()))
                }) {
                    break;
                }
                std::thread::sleep(std::time::Duration::from_millis(10));
            }
        }
    }
}
