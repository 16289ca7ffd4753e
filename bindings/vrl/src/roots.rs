//! The parameter `cgroup_roots`, which the functions share.

use oomparse_core::{CgroupRoots, Options};
use vrl::compiler::prelude::*;

/// Optional: the place of a cluster that is not the machine's own.
pub(crate) const PARAMETER: Parameter = Parameter::optional(
    "cgroup_roots",
    kind::ARRAY,
    "Cgroups below which a cluster lives, as one without root does: pods there are pods.",
);

/// The cgroups in a call.
pub(crate) fn resolve(
    argument: Option<&dyn Expression>,
    ctx: &mut Context,
) -> ExpressionResult<CgroupRoots> {
    let mut roots = CgroupRoots::new();
    if let Some(argument) = argument {
        for root in argument.resolve(ctx)?.try_array()? {
            let root = root.try_bytes()?;
            if !roots.add(&root) {
                return Err("`cgroup_roots` are paths that begin with a slash".into());
            }
        }
    }
    Ok(roots)
}

/// The options for a parser.
pub(crate) fn options(roots: CgroupRoots) -> Options {
    let mut options = Options::default();
    options.cgroup_roots = roots;
    options
}
