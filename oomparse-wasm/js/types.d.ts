/**
 * The event record, schema `oomparse.event/1`.
 *
 * What the log does not show is absent; nothing is ever `null`. A new release may add keys and words.
 * Numbers are JavaScript's: whole numbers past `Number.MAX_SAFE_INTEGER` are rounded, see the README.
 */
export type OomEvent =
  | KillEvent
  | NoVictimEvent
  | ReportEvent
  | UserspaceKillEvent
  | EvictionEvent
  | NoticeEvent;

/** One process was killed. */
export interface KillEvent extends EventFields {
  type: 'kill';
  victim: Victim;
}

/** The killer ran and killed nobody. */
export interface NoVictimEvent extends EventFields {
  type: 'no_victim';
  victim?: never;
}

/** A report that does not show whom the killer killed; never counted as a kill. */
export interface ReportEvent extends EventFields {
  type: 'report';
  victim?: never;
}

/** Another killer than the kernel killed a process, a group of them or a cgroup, or gave the order. */
export interface UserspaceKillEvent extends DaemonFields {
  type: 'userspace_kill';
}

/** The kubelet ended a pod because the node was short of memory. */
export interface EvictionEvent extends DaemonFields {
  type: 'eviction';
}

/** A bystander says that something of its own was killed; never counted as a kill. */
export interface NoticeEvent extends DaemonFields {
  type: 'notice';
}

/** What a daemon reports; only with the option `sources`. */
export interface DaemonFields extends EventFields {
  /** The killed process, where it is one. */
  victim?: Victim;
  /** Whose hand killed; absent where the reporter cannot know. */
  killer?:
    | 'kernel'
    | 'systemd-oomd'
    | 'earlyoom'
    | 'nohang'
    | 'oomd'
    | 'talos'
    | 'tke-oom-guard'
    | 'kubelet';
  /** Who reports it. */
  reporter?:
    | 'systemd'
    | 'kubelet'
    | 'cadvisor'
    | 'containerd'
    | 'cri-o'
    | 'conmon'
    | 'docker'
    | 'podman'
    | 'runc'
    | 'node-problem-detector'
    | 'kubernetes-event'
    | 'kubernetes-status'
    | 'cri'
    | 'memcg';
  /** How far the kill is known to have gone. */
  stage?: 'marked' | 'sent' | 'confirmed';
  /** The last signal. */
  signal?: 'SIGTERM' | 'SIGKILL';
  /** The signal before that. */
  first_signal?: 'SIGTERM' | 'SIGKILL';
  /** What was done instead. */
  action?: 'command' | 'restart';
  /** What became of the victim. */
  outcome?: 'exited' | 'zombie' | 'survived' | 'failed';
  /** The killed processes, where a daemon lists several. */
  victims?: KilledProcess[];
  /** How many were killed, as the daemon counts. */
  process_count?: number;
  /** Why the killer acted. */
  cause?: Cause;
  /** The machine's memory as the killer saw it. */
  system?: SystemMemory;
  /** systemd's unit. */
  unit?: string;
  unit_hex?: string;
  /** How the unit ended. */
  unit_result?: string;
  unit_result_hex?: string;
  /** What was short. */
  resource?: 'memory';
  /** The container's first process. */
  init?: InitProcess;
  /** The Kubernetes Event that reported it. */
  event?: KubernetesEvent;
  /** How often it was reported. */
  count?: number;
}

export interface KilledProcess {
  pid: number;
  comm?: string;
  comm_hex?: string;
}

export interface Cause {
  kind?: 'memory-pressure' | 'swap-used' | 'low-memory' | 'near-limit' | 'memory-limit';
  /** How long processes waited for memory. */
  pressure_percent?: number;
  /** The threshold that was passed. */
  limit_percent?: number;
  /** For how long it was passed. */
  duration_us?: number;
  /** The cgroup that was watched; the victim is in it. */
  monitored_cgroup?: string;
  monitored_cgroup_hex?: string;
}

export interface SystemMemory {
  memory_used_bytes?: number;
  memory_total_bytes?: number;
  swap_used_bytes?: number;
  swap_total_bytes?: number;
}

export interface InitProcess {
  /** On the host. */
  pid?: number;
  /** What it ended with. */
  exit_code?: number;
  /** When it ended. */
  time?: string;
}

export interface KubernetesEvent {
  uid?: string;
  reason?: string;
  /** What it is about. */
  object?: KubernetesObject;
  /** Who reports it. */
  component?: string;
  /** In a stream of Events. */
  verb?: string;
}

export interface KubernetesObject {
  kind?: string;
  name?: string;
  namespace?: string;
}

/** What an event of any type may have. */
export interface EventFields {
  schema: 'oomparse.event/1';
  /** The same for the same kill read again. */
  id?: string;
  /** Joins the victims of one report. */
  report_id?: string;
  /**
   * `kernel` where the carrier proves it, `unknown` where it does not show the author. Of a daemon's line `user` where a frame
   * proves the daemon, `claimed` where only a tag or the caller says so.
   */
  origin: 'kernel' | 'user' | 'claimed' | 'unknown';
  /** RFC 3339; only with full date and zone, from the prefix or from the caller. */
  time?: string;
  /** `time` was worked out afterwards from printk's clock. Only `oomparse watch` does so. */
  time_estimated?: true;
  /** printk's clock, microseconds since boot. */
  kernel_time_us?: number;
  /** The machine. */
  host?: string;
  /** Its bytes as hex, if it is not text; so for every `_hex` below. */
  host_hex?: string;
  /** `uname -r`. */
  kernel_release?: string;
  kernel_release_hex?: string;
  source?: SourceFile;
  /** What was full: a memory cgroup, the nodes of a cpuset or of a memory policy, or the machine. */
  scope?: 'memcg' | 'beancounter' | 'cpuset' | 'memory_policy' | 'global';
  /** The kernel's word, as printed. */
  constraint?: string;
  constraint_hex?: string;
  /** Known to be a `memory.oom.group` kill before the event left. */
  oom_group?: true;
  /** The thread that asked for memory; it need not be the victim. */
  invoker?: Invoker;
  /** The process first chosen, when another one was killed. */
  selected?: Selected;
  /** The victim's cgroup, pod and container are of no line of this report: see `evidence`. */
  inferred?: true;
  /** The victim's memory cgroup, and the one whose limit was hit. */
  cgroup?: Cgroup;
  /** The victim's pod. */
  pod?: Pod;
  /** The victim's container. */
  container?: Container;
  /** The victim's container on an OpenVZ host. */
  openvz?: OpenVz;
  /** Of the cgroup at its limit. */
  memory?: MemoryCounter;
  /** Memory and swap together (cgroup v1). */
  memory_swap?: Counter;
  /** Swap alone (cgroup v2). */
  swap?: Counter;
  /** Kernel memory (cgroup v1). */
  kmem?: Counter;
  /** One for each "Memory cgroup stats for" block. */
  memcg_stats?: MemcgStats[];
  /** The machine's memory, of a global OOM. */
  meminfo?: Meminfo;
  /** The task table; only with the option `tasks`. */
  tasks?: TaskRow[];
  /** What the reaper left of the victim. */
  reaped?: Reaped;
  /** Reports that the kernel's rate limit swallowed since the last event of this stream. */
  suppressed_reports?: number;
  /** The kinds of line that the event rests on, in the order first seen. */
  evidence?: Evidence[];
  /** Fields or blocks whose text was cut, by their path here. */
  truncated?: string[];
  /** The other events of one record of a log pipeline; a parser gives none. */
  others?: OomEvent[];
}

export interface Invoker {
  comm?: string;
  comm_hex?: string;
  /** Its thread id. */
  pid?: number;
  uid?: number;
  /** Flags of the allocation, `0xcc0`; bits differ between kernels. */
  gfp_mask?: string;
  gfp_mask_hex?: string;
  /** The flags by name. */
  gfp_flags?: string;
  gfp_flags_hex?: string;
  /** Size asked for, log2 of pages; -1 is SysRq-f. */
  order?: number;
  oom_score_adj?: number;
  /** NUMA nodes that it could use, `0-1,3`; absent when not restricted. */
  nodemask?: string;
  nodemask_hex?: string;
}

export interface Selected {
  pid: number;
  comm?: string;
  comm_hex?: string;
  /** May exceed 1000; in pages up to 2.6.35. */
  oom_score?: number;
}

export interface Victim {
  pid: number;
  comm?: string;
  comm_hex?: string;
  uid?: number;
  total_vm_bytes?: number;
  /** Where one figure is all that is printed (OpenVZ 6). */
  rss_bytes?: number;
  /** OpenVZ 6. */
  swap_bytes?: number;
  anon_rss_bytes?: number;
  file_rss_bytes?: number;
  shmem_rss_bytes?: number;
  pgtables_bytes?: number;
  oom_score_adj?: number;
  /** Only when the chosen process is the victim. */
  oom_score?: number;
  /** Where a daemon prints it. */
  cmdline?: string;
  cmdline_hex?: string;
}

export interface Cgroup {
  /** The victim's memory cgroup. */
  task_memcg?: string;
  task_memcg_hex?: string;
  /** The cgroup whose limit was hit. */
  oom_memcg?: string;
  oom_memcg_hex?: string;
  /** Who names the cgroups. */
  driver?: CgroupDriver;
  /** What `oom_memcg` is. */
  limit_level?: CgroupLevel;
}

export type CgroupDriver = 'cgroupfs' | 'systemd';
export type CgroupLevel = 'container' | 'pod' | 'qos' | 'kubepods' | 'root' | 'other';
export type QosClass = 'Guaranteed' | 'Burstable' | 'BestEffort';
export type ContainerRuntime = 'docker' | 'containerd' | 'cri-o' | 'podman';

export interface Pod {
  /** Lower case, with hyphens; 32 hex digits for a static pod. */
  uid?: string;
  qos_class?: QosClass;
  /** It stands in the cgroup of a container or a machine (kind, minikube, LXC): whoever runs that named it. */
  nested?: true;
  namespace?: string;
  name?: string;
  node?: string;
  /** `Kind/name` of the controller. */
  owner?: string;
  /** Labels that the option `labels` asked for. */
  labels?: Record<string, string>;
  /** Where the names are from. */
  source?: 'pod-logs-dir' | 'kubernetes' | 'crictl' | 'file' | 'kubelet-log' | 'runtime-log';
}

export interface Container {
  /** 12 to 64 hex digits. */
  id?: string;
  /** Its first digits, where a line shows no more of it. */
  id_prefix?: string;
  runtime?: ContainerRuntime;
  name?: string;
}

export interface Counter {
  usage_bytes?: number;
  limit_bytes?: number;
  /** How often the limit was hit. */
  failcnt?: number;
}

export interface MemoryCounter extends Counter {
  /** The mark at which another killer acts, or the kubelet evicts. */
  threshold_bytes?: number;
}

export interface MemcgStats {
  /** The cgroup that the block is of. */
  path: string;
  path_hex?: string;
  /** The kernel's own keys: sizes in bytes, events as counts. */
  values: Record<string, number>;
}

export interface Meminfo {
  ram_pages?: number;
  highmem_pages?: number;
  reserved_pages?: number;
  free_pages?: number;
  active_anon_pages?: number;
  inactive_anon_pages?: number;
  active_file_pages?: number;
  inactive_file_pages?: number;
  unevictable_pages?: number;
  dirty_pages?: number;
  writeback_pages?: number;
  slab_reclaimable_pages?: number;
  slab_unreclaimable_pages?: number;
  mapped_pages?: number;
  shmem_pages?: number;
  pagetables_pages?: number;
  pagecache_pages?: number;
  swapcache_pages?: number;
  free_swap_bytes?: number;
  total_swap_bytes?: number;
}

/** A thread that still has its memory. */
export interface TaskRow {
  pid: number;
  /** Its process. */
  tgid?: number;
  uid?: number;
  total_vm_pages?: number;
  rss_pages?: number;
  rss_anon_pages?: number;
  rss_file_pages?: number;
  rss_shmem_pages?: number;
  nr_ptes_pages?: number;
  nr_pmds_pages?: number;
  pgtables_bytes?: number;
  swapents_pages?: number;
  cpu?: number;
  oom_adj?: number;
  oom_score_adj?: number;
  comm?: string;
  comm_hex?: string;
}

/** Where the log was read from. */
export interface SourceFile {
  /** The archive, then the member in it, each after `: `. Absent where the log was not a member of an archive. */
  path?: string;
  path_hex?: string;
}

export interface OpenVz {
  /** A number, in Virtuozzo 7 and later a UUID. */
  ctid: string;
}

export interface Reaped {
  anon_rss_bytes?: number;
  file_rss_bytes?: number;
  shmem_rss_bytes?: number;
}

export type Evidence =
  | 'invoked'
  | 'cpuset'
  | 'task_info'
  | 'task_in'
  | 'limit_reached'
  | 'memcg_usage'
  | 'memcg_stats'
  | 'meminfo'
  | 'tasks'
  | 'selected'
  | 'summary'
  | 'killed'
  | 'group'
  | 'exiting'
  | 'reaped'
  | 'no_killable'
  | 'panic'
  | 'suppressed'
  | 'sharing_mm'
  | 'proc'
  | 'earlier_tasks'
  | 'memory.events'
  | 'memory.oom_control';
