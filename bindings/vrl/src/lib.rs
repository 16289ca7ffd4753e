//! VRL functions that read OOM killer reports, for programs that compile [VRL](https://vrl.dev) in.
//!
//! | function | takes | returns |
//! |---|---|---|
//! | `parse_oom_report(value)` | the text of one report or more, lines as they were logged | an array of events |
//! | `parse_oom_line(value)` | one line | the event that this line alone reports |
//! | `parse_pod_cgroup(value)` | a cgroup's path | the pod and container to which it belongs |
//!
//! Each also takes `cgroup_roots`, an array of cgroups below which a rootless cluster runs.
//!
//! They do not see earlier records: a report of many records must be joined first, in Vector with `reduce`.
//! Events are those of `docs/schema.md`.
//!
//! ```
//! let functions: Vec<_> = oomparse_vrl::all();
//! assert!(vrl::compiler::compile("parse_oom_line!(\"Killed process 7 (java)\")", &functions).is_ok());
//! ```

mod cgroup;
mod kinds;
mod line;
mod report;
mod roots;
mod value;

use vrl::compiler::Function;

/// Every function of this crate.
#[must_use]
pub fn all() -> Vec<Box<dyn Function>> {
    vec![
        Box::new(line::ParseOomLine),
        Box::new(report::ParseOomReport),
        Box::new(cgroup::ParsePodCgroup),
    ]
}
