//! Code that the tests and the benchmark share: a host that calls the script of `integrations/vector/lua.yaml`
//! like Vector's lua transform.

mod host;

pub use host::{Transform, UID, module_dir, pods};
