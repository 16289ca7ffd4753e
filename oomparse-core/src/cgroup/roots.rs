//! Cgroups in which a cluster runs, as named by the caller: `--cgroup-root`.

use super::{CgroupPath, parse};
use alloc::sync::Arc;
use alloc::vec::Vec;

/// Cgroups below which the caller vouches for the names, like the kubelet's own `--cgroup-root`.
///
/// A pod is recognised by its place: below a user's slice or a service anybody may choose such a name, and then
/// it is not a pod. A rootless cluster runs there; if its place is added here, pods below it are pods.
///
/// # Example
/// ```
/// use oomparse_core::{CgroupRoots, parse_cgroup_path};
/// let path = b"/user.slice/user-1000.slice/user@1000.service/kubepods/pod3962896b-ab69-4572-8f1d-ee756f9f3589";
/// assert_eq!(parse_cgroup_path(path).pod_uid, None);
///
/// let mut roots = CgroupRoots::new();
/// assert!(roots.add(b"/user.slice/user-1000.slice/user@1000.service"));
/// let uid = roots.parse(path).pod_uid_text();
/// assert_eq!(uid.as_deref(), Some("3962896b-ab69-4572-8f1d-ee756f9f3589"));
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CgroupRoots(Arc<Vec<Vec<u8>>>);

impl CgroupRoots {
    /// No cgroups.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a cgroup as the kernel prints it; returns whether it is a path, that is, begins with a slash.
    pub fn add(&mut self, root: &[u8]) -> bool {
        if root.first() != Some(&b'/') {
            return false;
        }
        let end = root.iter().rposition(|byte| *byte != b'/').unwrap_or(0);
        let root = root.get(..=end).unwrap_or_default();
        Arc::make_mut(&mut self.0).push(root.to_vec());
        true
    }

    /// Whether there are no cgroups.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Reads a path like [`parse_cgroup_path`](crate::parse_cgroup_path), with these roots.
    #[must_use]
    pub fn parse<'p>(&self, path: &'p [u8]) -> CgroupPath<'p> {
        let is_above = |root: &&Vec<u8>| {
            let rest = path.strip_prefix(root.as_slice());
            rest.is_some_and(|rest| matches!(rest.first(), None | Some(b'/')))
        };
        let above = self.0.iter().filter(is_above);
        parse(path, above.map(Vec::len).max().unwrap_or(0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::format;

    const USERS: &str =
        "/user.slice/user-1000.slice/user@1000.service/app.slice/k3s-rootless.service";
    const POD: &str = "kubepods/burstable/pod3962896b-ab69-4572-8f1d-ee756f9f3589/a2172e8d1101b4393d934a3a3fb902260c945c360ed278bbdef80cb45fbb9419";

    fn has_pod(roots: &CgroupRoots, path: &str) -> bool {
        roots.parse(path.as_bytes()).pod_uid.is_some()
    }

    #[test]
    fn a_named_root_and_no_other() {
        let mut roots = CgroupRoots::new();
        assert!(roots.is_empty());
        assert!(!has_pod(&roots, &format!("{USERS}/{POD}")));
        assert!(!roots.add(b"user.slice") && !roots.add(b""));
        assert!(roots.add(format!("{USERS}/").as_bytes()));
        assert!(has_pod(&roots, &format!("{USERS}/{POD}")));
        assert!(has_pod(&roots, &format!("{USERS}/a/{POD}")));
        assert!(has_pod(&roots, &format!("/{POD}")));
        for other in [
            format!("{USERS}x/{POD}"),
            format!("{USERS},x/{POD}"),
            format!("{USERS}/other.service/{POD}"),
            format!("/user.slice/user-1001.slice/{POD}"),
        ] {
            assert!(!has_pod(&roots, &other), "{other}");
        }
    }

    #[test]
    fn the_root_may_be_of_a_node_in_a_container() {
        let node = "/docker/073dc97b3dfefbcb86d212eefb3c502fa7ad07239de29793c2fdc141058eb179";
        let path = format!("{node}/kubelet/{POD}");
        let mut roots = CgroupRoots::new();
        assert!(roots.parse(path.as_bytes()).nested);
        roots.add(node.as_bytes());
        let parsed = roots.parse(path.as_bytes());
        assert!(parsed.pod_uid.is_some() && !parsed.nested);
        // It may continue to the pods' own directory.
        let mut roots = CgroupRoots::new();
        roots.add(format!("{USERS}/kubepods").as_bytes());
        assert!(has_pod(&roots, &format!("{USERS}/{POD}")));
    }

    #[test]
    fn a_container_below_a_named_root_is_one() {
        let id = "073dc97b3dfefbcb86d212eefb3c502fa7ad07239de29793c2fdc141058eb179";
        let path = format!("{USERS}/docker/{id}");
        let mut roots = CgroupRoots::new();
        assert_eq!(roots.parse(path.as_bytes()).container_id, None);
        roots.add(USERS.as_bytes());
        assert!(!roots.is_empty());
        let parsed = roots.parse(path.as_bytes());
        assert_eq!(parsed.container_id, Some(id.as_bytes()));
    }
}
