//! Every bound of the crate, each with its reason.

/// Pods in one [`PodTable`](crate::PodTable).
///
/// Kubernetes is tested with 150,000 pods in a cluster and 110 on a node; the bound allows for as many that are
/// gone.
pub const MAX_POD_TABLE_PODS: usize = 300_000;

/// Containers and sandboxes in one [`PodTable`](crate::PodTable): Kubernetes' 300,000, and as many that are gone.
pub const MAX_POD_TABLE_CONTAINERS: usize = 600_000;

/// About how many bytes the entries of one [`PodTable`](crate::PodTable) take.
///
/// A pod takes about 350 bytes without labels, a container 250: this is enough for 100,000 pods with two
/// containers each, and remains a small part of a log shipper's memory.
pub const MAX_POD_TABLE_BYTES: usize = 96 << 20;

/// Columns of a listing of pods. kubectl's widest has nine, the table's own CSV as many.
pub const MAX_POD_COLUMNS: usize = 128;

/// Labels kept per pod.
pub const MAX_POD_LABELS: usize = 64;

/// Longest log line from which names are learned. The kubelet's own lines are shorter than 4 KiB.
pub const MAX_LEARN_LEN: usize = 16 << 10;
