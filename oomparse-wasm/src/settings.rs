//! Whose lines are read besides the kernel's, and below which cgroups a cluster runs: the options that Fluent Bit's
//! wasm filter has no place for.
//!
//! They stand in a file, under the native filter's names and with its values:
//!
//! ```text
//! # Not all daemons, as without this file.
//! Sources earlyoom,kubelet
//! Origin  earlyoom
//! Cgroup_Roots /user.slice/user-1000.slice
//! ```

use alloc::borrow::ToOwned as _;
use alloc::string::String;
use oomparse_core::{Accept, CgroupRoots, Daemon, Options};

/// What the file says.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The daemons, in whatever else is accepted there.
    daemons: Accept,
    /// The daemon that wrote the log, where its lines do not show it.
    origin: Option<Daemon>,
    /// Cgroups below which a cluster runs.
    cgroup_roots: CgroupRoots,
}

impl Settings {
    /// All daemons.
    #[must_use]
    pub fn all() -> Self {
        Self {
            daemons: Accept::KERNEL.and_all_daemons(),
            ..Self::none()
        }
    }

    /// The kernel alone.
    #[must_use]
    pub fn none() -> Self {
        Self {
            daemons: Accept::KERNEL,
            origin: None,
            cgroup_roots: CgroupRoots::new(),
        }
    }

    /// What a file says.
    ///
    /// # Errors
    /// A sentence that names the option.
    pub fn read(text: &str) -> Result<Self, String> {
        let mut settings = Self::all();
        for line in text.lines().map(str::trim) {
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let (name, value) = line.split_once([' ', '\t']).unwrap_or((line, ""));
            let is = |known: &str| name.eq_ignore_ascii_case(known);
            if is("Sources") {
                settings.daemons = Accept::KERNEL;
                for word in words(value) {
                    settings.daemons = match word {
                        "all" => settings.daemons.and_all_daemons(),
                        word => settings.daemons.and(daemon("Sources", word)?),
                    };
                }
            } else if is("Origin") {
                settings.origin = Some(daemon("Origin", value.trim())?);
            } else if is("Cgroup_Roots") {
                for root in words(value) {
                    if !settings.cgroup_roots.add(root.as_bytes()) {
                        let what = "Cgroup_Roots are paths that begin with `/`, not `";
                        return Err(sentence(&[what, root, "`"]));
                    }
                }
            } else {
                return Err(sentence(&["there is no option `", name, "`"]));
            }
        }
        Ok(settings)
    }

    /// The options where this much is accepted of the kernel's.
    pub(crate) fn options(&self, kernels: Accept) -> Options {
        let mut options = Options::default();
        options.accept = kernels.and_daemons_of(self.daemons);
        options.origin = self.origin;
        options.cgroup_roots = self.cgroup_roots.clone();
        options
    }

    /// Whether any line may be a daemon's.
    pub(crate) fn names_an_origin(&self) -> bool {
        self.origin.is_some()
    }
}

impl Default for Settings {
    fn default() -> Self {
        Self::all()
    }
}

/// What stands between the commas.
fn words(value: &str) -> impl Iterator<Item = &str> {
    let words = value.split(',').map(str::trim);
    words.filter(|word| !word.is_empty())
}

fn daemon(option: &str, name: &str) -> Result<Daemon, String> {
    Daemon::from_name(name).ok_or_else(|| {
        let what = "` is not a daemon whose lines are read, as `earlyoom` or `kubelet`";
        sentence(&[option, ": `", name, what])
    })
}

/// Without the machinery of formats, which a module of this size can do without.
fn sentence(parts: &[&str]) -> String {
    let mut text = "".to_owned();
    parts.iter().for_each(|part| text.push_str(part));
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_options_are_the_native_filters() {
        let read = |text: &str| Settings::read(text).unwrap();
        let accept = |text: &str| read(text).options(Accept::ANY).accept;
        assert_eq!(accept(""), Accept::ANY.and_all_daemons());
        assert_eq!(accept("# no line\n\nSources all\r\n"), accept(""));
        assert_eq!(accept("Sources"), Accept::ANY);
        let two = Accept::KERNEL.and(Daemon::EarlyOom).and(Daemon::Kubelet);
        let some = read("sources\tearlyoom, kubelet\nOrigin nohang").options(Accept::KERNEL);
        assert_eq!((some.accept, some.origin), (two, Some(Daemon::Nohang)));
        assert!(!read("Sources all").names_an_origin());
        let roots = read("Cgroup_Roots /a, /b\n").options(Accept::KERNEL);
        let mut two = CgroupRoots::new();
        assert!(two.add(b"/a") && two.add(b"/b"));
        assert_eq!(roots.cgroup_roots, two);
        assert_eq!(roots.accept, Accept::KERNEL.and_all_daemons());
    }

    #[test]
    fn what_makes_no_sense_is_refused_with_a_sentence() {
        for (text, word) in [
            ("Sources earlyoom,sh", "`sh`"),
            ("Sources earlyoom kubelet", "`earlyoom kubelet`"),
            ("Origin all", "Origin: `all`"),
            ("Origin", "Origin: ``"),
            ("Trust any", "`Trust`"),
            ("Cgroup_Roots user.slice", "`user.slice`"),
        ] {
            let sentence = Settings::read(text).unwrap_err();
            assert!(sentence.contains(word), "{sentence}");
        }
    }
}
