//! What the tests and the bench share: a host that calls the script of `integrations/vector/lua.yaml` as Vector's lua
//! transform does.

mod host;

pub use host::{Transform, UID, module_dir, pods};
