//! Called as a plugin of kubectl.

use std::ffi::OsString;

/// The arguments; called `kubectl-oom`, as kubectl calls a plugin, the program is that command.
pub(crate) fn typed(args: impl Iterator<Item = OsString>) -> Vec<OsString> {
    let mut args: Vec<OsString> = args.collect();
    let name = args.first().map(std::path::Path::new);
    let name = name.and_then(std::path::Path::file_name);
    if name.is_some_and(|name| name == "kubectl-oom" || name == "kubectl_oom") {
        args.insert(1, "kubectl-oom".into());
    }
    args
}
