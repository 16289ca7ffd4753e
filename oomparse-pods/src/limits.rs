//! Every bound of the crate, each with its reason.

/// Pods in one [`PodTable`](crate::PodTable).
///
/// Kubernetes is tested to 150,000 pods in a cluster and 110 on a node; as many again that are gone.
pub const MAX_POD_TABLE_PODS: usize = 300_000;

/// Containers and sandboxes in one [`PodTable`](crate::PodTable): Kubernetes' 300,000, as many gone.
pub const MAX_POD_TABLE_CONTAINERS: usize = 600_000;

/// About how many bytes the entries of one [`PodTable`](crate::PodTable) take.
///
/// A pod takes about 350 bytes without labels, a container 250: this holds 100,000 pods with two
/// containers each, and stays a fraction of what a log shipper is given.
pub const MAX_POD_TABLE_BYTES: usize = 96 << 20;

/// Columns of a listing of pods. kubectl's widest has nine, the table's own CSV as many.
pub const MAX_POD_COLUMNS: usize = 128;

/// Labels kept per pod.
pub const MAX_POD_LABELS: usize = 64;

/// Longest log line that names are learned from. The kubelet's own are below 4 KiB.
pub const MAX_LEARN_LEN: usize = 16 << 10;
