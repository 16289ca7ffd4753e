/*
 * liboomparse: typed events from the Linux kernel's OOM killer reports.
 *
 * Made by `cargo xtask header`; do not edit.
 *
 * Every function may be given NULL for any pointer and answers with a result. Lengths are in
 * bytes. What ends an object, and how long a view lasts, stands under "Lifetime".
 * Out-parameters come last and are named out_*; on failure they are NULL, 0 or untouched.
 */

#ifndef OOMPARSE_H
#define OOMPARSE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** The header's version; `oomparse_version` gives the library's. */
#define OOMPARSE_VERSION "0.1.0"
#define OOMPARSE_VERSION_MAJOR 0
#define OOMPARSE_VERSION_MINOR 1
#define OOMPARSE_VERSION_PATCH 0
/** major * 65536 + minor * 256 + patch; `oomparse_version_number` gives the library's. */
#define OOMPARSE_VERSION_NUMBER 0x100


/**
 * The result of a call. A number is never reused for another meaning; new ones may be added.
 */
enum oomparse_result
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : uint32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
    /**
     * Success.
     */
    OOMPARSE_RESULT_OK = 0,
    /**
     * There is no value: the log does not show the field, no event is complete, no name is known.
     */
    OOMPARSE_RESULT_ABSENT = 1,
    /**
     * A parameter that must not be NULL is NULL.
     */
    OOMPARSE_RESULT_NULL_PARAMETER = 2,
    /**
     * A length is larger than any object can be.
     */
    OOMPARSE_RESULT_INVALID_LENGTH = 3,
    /**
     * A value is outside its range.
     */
    OOMPARSE_RESULT_INVALID_VALUE = 4,
    /**
     * No field has this number in this version.
     */
    OOMPARSE_RESULT_UNKNOWN_FIELD = 5,
    /**
     * The field is of another kind than the function returns.
     */
    OOMPARSE_RESULT_WRONG_KIND = 6,
    /**
     * The list is shorter than the index.
     */
    OOMPARSE_RESULT_OUT_OF_RANGE = 7,
    /**
     * The event was passed to a callback that has returned.
     */
    OOMPARSE_RESULT_EVENT_OVER = 8,
    /**
     * A bug in this library; the call had no further effect. Please report it.
     */
    OOMPARSE_RESULT_PANIC = 9,
    /**
     * A call with this object panicked before. Free it.
     */
    OOMPARSE_RESULT_POISONED = 10,
    /**
     * A file could not be read.
     */
    OOMPARSE_RESULT_IO = 11,
    /**
     * A listing of pods could not be read completely.
     */
    OOMPARSE_RESULT_BAD_LISTING = 12,
    /**
     * Text that must be UTF-8 is not.
     */
    OOMPARSE_RESULT_INVALID_UTF8 = 13,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum oomparse_result oomparse_result;
#else
typedef uint32_t oomparse_result;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/**
 * A value of an event. A number is never reused for another meaning; new ones may be added.
 *
 * `docs/schema.md` describes each of them.
 */
enum oomparse_field
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : uint32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
    /**
     * `kill`, `no_victim` or `report`; from other sources `userspace_kill`, `eviction` or `notice`.
     */
    OOMPARSE_FIELD_TYPE = 1,
    /**
     * Equal if the same kill is read again.
     */
    OOMPARSE_FIELD_ID = 2,
    /**
     * Joins the victims of one report.
     */
    OOMPARSE_FIELD_REPORT_ID = 3,
    /**
     * `kernel` if the frame shows it, `user` or `claimed` for a daemon, else `unknown`.
     */
    OOMPARSE_FIELD_ORIGIN = 4,
    /**
     * RFC 3339, of the line that names the victim.
     */
    OOMPARSE_FIELD_TIME = 5,
    /**
     * printk's clock at that line, microseconds since boot.
     */
    OOMPARSE_FIELD_KERNEL_TIME_US = 6,
    /**
     * The machine's name.
     */
    OOMPARSE_FIELD_HOST = 7,
    /**
     * `uname -r`.
     */
    OOMPARSE_FIELD_KERNEL_RELEASE = 8,
    /**
     * `memcg`, `beancounter`, `cpuset`, `memory_policy` or `global`.
     */
    OOMPARSE_FIELD_SCOPE = 9,
    /**
     * The summary's `constraint=` as printed.
     */
    OOMPARSE_FIELD_CONSTRAINT = 10,
    /**
     * Known to be a `memory.oom.group` kill.
     */
    OOMPARSE_FIELD_OOM_GROUP = 11,
    /**
     * Reports that the kernel's rate limit suppressed since the stream's last event.
     */
    OOMPARSE_FIELD_SUPPRESSED_REPORTS = 12,
    /**
     * The file from which the caller read it; absent here.
     */
    OOMPARSE_FIELD_SOURCE_PATH = 13,
    /**
     * The victim's cgroup, pod and container are of no line of this report; absent here.
     */
    OOMPARSE_FIELD_INFERRED = 14,
    /**
     * Name of the thread that asked for memory.
     */
    OOMPARSE_FIELD_INVOKER_COMM = 20,
    /**
     * Its thread id.
     */
    OOMPARSE_FIELD_INVOKER_PID = 21,
    /**
     * Its user id.
     */
    OOMPARSE_FIELD_INVOKER_UID = 22,
    /**
     * The allocation's flags as printed.
     */
    OOMPARSE_FIELD_INVOKER_GFP_MASK = 23,
    /**
     * The flags' names as printed.
     */
    OOMPARSE_FIELD_INVOKER_GFP_FLAGS = 24,
    /**
     * log2 of the requested pages; -1 for SysRq-f.
     */
    OOMPARSE_FIELD_INVOKER_ORDER = 25,
    /**
     * The invoker's own adjustment.
     */
    OOMPARSE_FIELD_INVOKER_OOM_SCORE_ADJ = 26,
    /**
     * NUMA nodes the allocation could use.
     */
    OOMPARSE_FIELD_INVOKER_NODEMASK = 27,
    /**
     * The process that was chosen first, if another one was killed.
     */
    OOMPARSE_FIELD_SELECTED_PID = 30,
    /**
     * Its name.
     */
    OOMPARSE_FIELD_SELECTED_COMM = 31,
    /**
     * Its score.
     */
    OOMPARSE_FIELD_SELECTED_OOM_SCORE = 32,
    /**
     * The process that was killed.
     */
    OOMPARSE_FIELD_VICTIM_PID = 40,
    /**
     * Its name.
     */
    OOMPARSE_FIELD_VICTIM_COMM = 41,
    /**
     * Its user id.
     */
    OOMPARSE_FIELD_VICTIM_UID = 42,
    /**
     * Its address space.
     */
    OOMPARSE_FIELD_VICTIM_TOTAL_VM_BYTES = 43,
    /**
     * Its resident anonymous memory.
     */
    OOMPARSE_FIELD_VICTIM_ANON_RSS_BYTES = 44,
    /**
     * Its resident file pages.
     */
    OOMPARSE_FIELD_VICTIM_FILE_RSS_BYTES = 45,
    /**
     * Its resident shared memory.
     */
    OOMPARSE_FIELD_VICTIM_SHMEM_RSS_BYTES = 46,
    /**
     * Its page tables.
     */
    OOMPARSE_FIELD_VICTIM_PGTABLES_BYTES = 47,
    /**
     * Its adjustment.
     */
    OOMPARSE_FIELD_VICTIM_OOM_SCORE_ADJ = 48,
    /**
     * Its score.
     */
    OOMPARSE_FIELD_VICTIM_OOM_SCORE = 49,
    /**
     * Its resident memory, if only one figure is printed (OpenVZ 6).
     */
    OOMPARSE_FIELD_VICTIM_RSS_BYTES = 50,
    /**
     * Its swapped memory (OpenVZ 6).
     */
    OOMPARSE_FIELD_VICTIM_SWAP_BYTES = 51,
    /**
     * Its command line, as a daemon prints it.
     */
    OOMPARSE_FIELD_VICTIM_CMDLINE = 52,
    /**
     * The victim's memory cgroup.
     */
    OOMPARSE_FIELD_CGROUP_TASK_MEMCG = 60,
    /**
     * The cgroup whose limit was hit.
     */
    OOMPARSE_FIELD_CGROUP_OOM_MEMCG = 61,
    /**
     * `cgroupfs` or `systemd`.
     */
    OOMPARSE_FIELD_CGROUP_DRIVER = 62,
    /**
     * `container`, `pod`, `qos`, `kubepods`, `root` or `other`.
     */
    OOMPARSE_FIELD_CGROUP_LIMIT_LEVEL = 63,
    /**
     * The victim's pod.
     */
    OOMPARSE_FIELD_POD_UID = 70,
    /**
     * `Guaranteed`, `Burstable` or `BestEffort`.
     */
    OOMPARSE_FIELD_POD_QOS_CLASS = 71,
    /**
     * Kubernetes namespace.
     */
    OOMPARSE_FIELD_POD_NAMESPACE = 72,
    /**
     * Pod name.
     */
    OOMPARSE_FIELD_POD_NAME = 73,
    /**
     * Node name.
     */
    OOMPARSE_FIELD_POD_NODE = 74,
    /**
     * `Kind/name` of the controller.
     */
    OOMPARSE_FIELD_POD_OWNER = 75,
    /**
     * The source of the names.
     */
    OOMPARSE_FIELD_POD_SOURCE = 76,
    /**
     * The pod is in the cgroup of a container or a machine, whose owner named it.
     */
    OOMPARSE_FIELD_POD_NESTED = 77,
    /**
     * The victim's container.
     */
    OOMPARSE_FIELD_CONTAINER_ID = 80,
    /**
     * `docker`, `containerd`, `cri-o` or `podman`.
     */
    OOMPARSE_FIELD_CONTAINER_RUNTIME = 81,
    /**
     * The container's name in its pod.
     */
    OOMPARSE_FIELD_CONTAINER_NAME = 82,
    /**
     * The container's id on an OpenVZ host.
     */
    OOMPARSE_FIELD_OPENVZ_CTID = 83,
    /**
     * The first digits of the container's id, if no more is shown.
     */
    OOMPARSE_FIELD_CONTAINER_ID_PREFIX = 84,
    /**
     * Memory in use.
     */
    OOMPARSE_FIELD_MEMORY_USAGE_BYTES = 90,
    /**
     * Limit of memory; absent if there is no limit.
     */
    OOMPARSE_FIELD_MEMORY_LIMIT_BYTES = 91,
    /**
     * How often the limit of memory was hit.
     */
    OOMPARSE_FIELD_MEMORY_FAILCNT = 92,
    /**
     * The memory use at which a daemon acts.
     */
    OOMPARSE_FIELD_MEMORY_THRESHOLD_BYTES = 93,
    /**
     * Memory and swap in use (cgroup v1).
     */
    OOMPARSE_FIELD_MEMORY_SWAP_USAGE_BYTES = 94,
    /**
     * Limit of memory and swap (cgroup v1); absent if there is no limit.
     */
    OOMPARSE_FIELD_MEMORY_SWAP_LIMIT_BYTES = 95,
    /**
     * How often the limit of memory and swap (cgroup v1) was hit.
     */
    OOMPARSE_FIELD_MEMORY_SWAP_FAILCNT = 96,
    /**
     * Swap in use (cgroup v2).
     */
    OOMPARSE_FIELD_SWAP_USAGE_BYTES = 98,
    /**
     * Limit of swap (cgroup v2); absent if there is no limit.
     */
    OOMPARSE_FIELD_SWAP_LIMIT_BYTES = 99,
    /**
     * How often the limit of swap (cgroup v2) was hit.
     */
    OOMPARSE_FIELD_SWAP_FAILCNT = 100,
    /**
     * Kernel memory in use (cgroup v1).
     */
    OOMPARSE_FIELD_KMEM_USAGE_BYTES = 102,
    /**
     * Limit of kernel memory (cgroup v1); absent if there is no limit.
     */
    OOMPARSE_FIELD_KMEM_LIMIT_BYTES = 103,
    /**
     * How often the limit of kernel memory (cgroup v1) was hit.
     */
    OOMPARSE_FIELD_KMEM_FAILCNT = 104,
    /**
     * `ram_pages` of the Mem-Info block.
     */
    OOMPARSE_FIELD_MEMINFO_RAM_PAGES = 110,
    /**
     * `highmem_pages` of the Mem-Info block.
     */
    OOMPARSE_FIELD_MEMINFO_HIGHMEM_PAGES = 111,
    /**
     * `reserved_pages` of the Mem-Info block.
     */
    OOMPARSE_FIELD_MEMINFO_RESERVED_PAGES = 112,
    /**
     * `free_pages` of the Mem-Info block.
     */
    OOMPARSE_FIELD_MEMINFO_FREE_PAGES = 113,
    /**
     * `active_anon_pages` of the Mem-Info block.
     */
    OOMPARSE_FIELD_MEMINFO_ACTIVE_ANON_PAGES = 114,
    /**
     * `inactive_anon_pages` of the Mem-Info block.
     */
    OOMPARSE_FIELD_MEMINFO_INACTIVE_ANON_PAGES = 115,
    /**
     * `active_file_pages` of the Mem-Info block.
     */
    OOMPARSE_FIELD_MEMINFO_ACTIVE_FILE_PAGES = 116,
    /**
     * `inactive_file_pages` of the Mem-Info block.
     */
    OOMPARSE_FIELD_MEMINFO_INACTIVE_FILE_PAGES = 117,
    /**
     * `unevictable_pages` of the Mem-Info block.
     */
    OOMPARSE_FIELD_MEMINFO_UNEVICTABLE_PAGES = 118,
    /**
     * `dirty_pages` of the Mem-Info block.
     */
    OOMPARSE_FIELD_MEMINFO_DIRTY_PAGES = 119,
    /**
     * `writeback_pages` of the Mem-Info block.
     */
    OOMPARSE_FIELD_MEMINFO_WRITEBACK_PAGES = 120,
    /**
     * `slab_reclaimable_pages` of the Mem-Info block.
     */
    OOMPARSE_FIELD_MEMINFO_SLAB_RECLAIMABLE_PAGES = 121,
    /**
     * `slab_unreclaimable_pages` of the Mem-Info block.
     */
    OOMPARSE_FIELD_MEMINFO_SLAB_UNRECLAIMABLE_PAGES = 122,
    /**
     * `mapped_pages` of the Mem-Info block.
     */
    OOMPARSE_FIELD_MEMINFO_MAPPED_PAGES = 123,
    /**
     * `shmem_pages` of the Mem-Info block.
     */
    OOMPARSE_FIELD_MEMINFO_SHMEM_PAGES = 124,
    /**
     * `pagetables_pages` of the Mem-Info block.
     */
    OOMPARSE_FIELD_MEMINFO_PAGETABLES_PAGES = 125,
    /**
     * `pagecache_pages` of the Mem-Info block.
     */
    OOMPARSE_FIELD_MEMINFO_PAGECACHE_PAGES = 126,
    /**
     * `swapcache_pages` of the Mem-Info block.
     */
    OOMPARSE_FIELD_MEMINFO_SWAPCACHE_PAGES = 127,
    /**
     * `free_swap_bytes` of the Mem-Info block.
     */
    OOMPARSE_FIELD_MEMINFO_FREE_SWAP_BYTES = 128,
    /**
     * `total_swap_bytes` of the Mem-Info block.
     */
    OOMPARSE_FIELD_MEMINFO_TOTAL_SWAP_BYTES = 129,
    /**
     * Anonymous memory that the reaper left.
     */
    OOMPARSE_FIELD_REAPED_ANON_RSS_BYTES = 140,
    /**
     * File pages that the reaper left.
     */
    OOMPARSE_FIELD_REAPED_FILE_RSS_BYTES = 141,
    /**
     * Shared memory that the reaper left.
     */
    OOMPARSE_FIELD_REAPED_SHMEM_RSS_BYTES = 142,
    /**
     * Who killed, as a daemon reports it: `systemd-oomd`, `earlyoom`, `kernel` ….
     */
    OOMPARSE_FIELD_KILLER = 150,
    /**
     * Who reports another one's kill: `systemd`, `containerd`, `kubernetes-event` ….
     */
    OOMPARSE_FIELD_REPORTER = 151,
    /**
     * How far the kill is known to have gone: `marked`, `sent` or `confirmed`.
     */
    OOMPARSE_FIELD_STAGE = 152,
    /**
     * The last signal, `SIGKILL`.
     */
    OOMPARSE_FIELD_SIGNAL = 153,
    /**
     * The signal before that.
     */
    OOMPARSE_FIELD_FIRST_SIGNAL = 154,
    /**
     * What was done instead of sending a signal: `command` or `restart`.
     */
    OOMPARSE_FIELD_ACTION = 155,
    /**
     * What happened to the victim: `exited`, `zombie`, `survived` or `failed`.
     */
    OOMPARSE_FIELD_OUTCOME = 156,
    /**
     * How many processes were killed, by the daemon's count.
     */
    OOMPARSE_FIELD_PROCESS_COUNT = 157,
    /**
     * systemd's name of the unit.
     */
    OOMPARSE_FIELD_UNIT = 158,
    /**
     * systemd's word for how the unit ended.
     */
    OOMPARSE_FIELD_UNIT_RESULT = 159,
    /**
     * What was short: `memory`.
     */
    OOMPARSE_FIELD_RESOURCE = 160,
    /**
     * How often it was reported.
     */
    OOMPARSE_FIELD_COUNT = 161,
    /**
     * Why the killer acted: `memory-pressure`, `swap-used`, `low-memory` ….
     */
    OOMPARSE_FIELD_CAUSE_KIND = 165,
    /**
     * The share of time in which processes waited for memory.
     */
    OOMPARSE_FIELD_CAUSE_PRESSURE_PERCENT = 166,
    /**
     * The threshold that was exceeded.
     */
    OOMPARSE_FIELD_CAUSE_LIMIT_PERCENT = 167,
    /**
     * How long it was exceeded.
     */
    OOMPARSE_FIELD_CAUSE_DURATION_US = 168,
    /**
     * The cgroup that was monitored.
     */
    OOMPARSE_FIELD_CAUSE_MONITORED_CGROUP = 169,
    /**
     * The machine's memory in use.
     */
    OOMPARSE_FIELD_SYSTEM_MEMORY_USED_BYTES = 172,
    /**
     * All of the machine's memory.
     */
    OOMPARSE_FIELD_SYSTEM_MEMORY_TOTAL_BYTES = 173,
    /**
     * The machine's swap in use.
     */
    OOMPARSE_FIELD_SYSTEM_SWAP_USED_BYTES = 174,
    /**
     * All of the machine's swap.
     */
    OOMPARSE_FIELD_SYSTEM_SWAP_TOTAL_BYTES = 175,
    /**
     * The container's first process.
     */
    OOMPARSE_FIELD_INIT_PID = 178,
    /**
     * Its exit code.
     */
    OOMPARSE_FIELD_INIT_EXIT_CODE = 179,
    /**
     * When it ended, RFC 3339.
     */
    OOMPARSE_FIELD_INIT_TIME = 180,
    /**
     * `metadata.uid` of the Kubernetes Event.
     */
    OOMPARSE_FIELD_EVENT_UID = 184,
    /**
     * Its `reason`.
     */
    OOMPARSE_FIELD_EVENT_REASON = 185,
    /**
     * The component that reports it.
     */
    OOMPARSE_FIELD_EVENT_COMPONENT = 186,
    /**
     * `ADDED`, `UPDATED` or `DELETED`, in a stream of Events.
     */
    OOMPARSE_FIELD_EVENT_VERB = 187,
    /**
     * `Pod` or `Node`: what the Event is about.
     */
    OOMPARSE_FIELD_EVENT_OBJECT_KIND = 188,
    /**
     * The name of that object.
     */
    OOMPARSE_FIELD_EVENT_OBJECT_NAME = 189,
    /**
     * The namespace of that object.
     */
    OOMPARSE_FIELD_EVENT_OBJECT_NAMESPACE = 190,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum oomparse_field oomparse_field;
#else
typedef uint32_t oomparse_field;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/**
 * The kind of a field's value, which decides the function that returns it.
 */
enum oomparse_kind
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : uint32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
    /**
     * `oomparse_event_get_str`
     */
    OOMPARSE_KIND_STR = 1,
    /**
     * `oomparse_event_get_u64`
     */
    OOMPARSE_KIND_U64 = 2,
    /**
     * `oomparse_event_get_i64`
     */
    OOMPARSE_KIND_I64 = 3,
    /**
     * `oomparse_event_get_bool`
     */
    OOMPARSE_KIND_BOOL = 4,
    /**
     * `oomparse_event_get_f64`
     */
    OOMPARSE_KIND_F64 = 5,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum oomparse_kind oomparse_kind;
#else
typedef uint32_t oomparse_kind;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/**
 * A figure of a row of the task table. A number is never reused for another meaning; new ones may be added.
 */
enum oomparse_task
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : uint32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
    /**
     * Thread id of the row.
     */
    OOMPARSE_TASK_PID = 1,
    /**
     * Process id.
     */
    OOMPARSE_TASK_TGID = 2,
    /**
     * User id.
     */
    OOMPARSE_TASK_UID = 3,
    /**
     * Address space in pages.
     */
    OOMPARSE_TASK_TOTAL_VM_PAGES = 4,
    /**
     * Resident pages.
     */
    OOMPARSE_TASK_RSS_PAGES = 5,
    /**
     * Resident anonymous pages.
     */
    OOMPARSE_TASK_RSS_ANON_PAGES = 6,
    /**
     * Resident file pages.
     */
    OOMPARSE_TASK_RSS_FILE_PAGES = 7,
    /**
     * Resident shared pages.
     */
    OOMPARSE_TASK_RSS_SHMEM_PAGES = 8,
    /**
     * Page tables of the lowest level, in pages.
     */
    OOMPARSE_TASK_NR_PTES_PAGES = 9,
    /**
     * Page tables of the level above, in pages.
     */
    OOMPARSE_TASK_NR_PMDS_PAGES = 10,
    /**
     * Page tables in bytes.
     */
    OOMPARSE_TASK_PGTABLES_BYTES = 11,
    /**
     * Swapped pages.
     */
    OOMPARSE_TASK_SWAPENTS_PAGES = 12,
    /**
     * The processor it last ran on.
     */
    OOMPARSE_TASK_CPU = 13,
    /**
     * `oom_adj` of old kernels, may be negative.
     */
    OOMPARSE_TASK_OOM_ADJ = 14,
    /**
     * `oom_score_adj`, may be negative.
     */
    OOMPARSE_TASK_OOM_SCORE_ADJ = 15,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum oomparse_task oomparse_task;
#else
typedef uint32_t oomparse_task;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/**
 * A list of texts in an event. A number is never reused for another meaning; new ones may be added.
 */
enum oomparse_list
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : uint32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
    /**
     * The kinds of line on which the event is based, in the order seen.
     */
    OOMPARSE_LIST_EVIDENCE = 1,
    /**
     * Fields whose text was cut.
     */
    OOMPARSE_LIST_TRUNCATED = 2,
    /**
     * Keys of the pod's labels.
     */
    OOMPARSE_LIST_LABEL_KEYS = 3,
    /**
     * Values of the pod's labels, in the order of the keys.
     */
    OOMPARSE_LIST_LABEL_VALUES = 4,
    /**
     * Cgroups of the "Memory cgroup stats for" blocks; `oomparse_event_get_stat` returns the figures.
     */
    OOMPARSE_LIST_STAT_PATHS = 5,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum oomparse_list oomparse_list;
#else
typedef uint32_t oomparse_list;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/**
 * Which text may become events.
 */
enum oomparse_trust
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : uint32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
    /**
     * Also text that shows no author: plain dmesg output, a paste. The default.
     */
    OOMPARSE_TRUST_ANY = 1,
    /**
     * Only text that its frame shows to be the kernel's.
     */
    OOMPARSE_TRUST_KERNEL = 2,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum oomparse_trust oomparse_trust;
#else
typedef uint32_t oomparse_trust;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/**
 * A name in `oomparse_names`. A number is never reused for another meaning; new ones may be added.
 */
enum oomparse_name
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : uint32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
    /**
     * Kubernetes namespace.
     */
    OOMPARSE_NAME_NAMESPACE = 1,
    /**
     * Pod name.
     */
    OOMPARSE_NAME_POD = 2,
    /**
     * Node name.
     */
    OOMPARSE_NAME_NODE = 3,
    /**
     * `Kind/name` of the controller.
     */
    OOMPARSE_NAME_OWNER = 4,
    /**
     * The container's name in its pod.
     */
    OOMPARSE_NAME_CONTAINER = 5,
    /**
     * The pod's uid, if a container's id was looked up.
     */
    OOMPARSE_NAME_POD_UID = 6,
    /**
     * The source of the names.
     */
    OOMPARSE_NAME_SOURCE = 7,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum oomparse_name oomparse_name;
#else
typedef uint32_t oomparse_name;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/**
 * Everything a log shows about one kill.
 *
 * Threads: any number of threads may read one event at the same time; `oomparse_pods_enrich` and
 * `oomparse_event_free` need exclusive access.
 */
typedef struct oomparse_event oomparse_event;

/**
 * Names from a table.
 */
typedef struct oomparse_names oomparse_names;

/**
 * The options of a parser.
 */
typedef struct oomparse_options oomparse_options;

/**
 * Reads log lines and returns events.
 *
 * Threads: any thread may use it at any time; calls with one parser wait for each other. A parser may be
 * created, used and freed on different threads.
 *
 * Memory is bounded, whatever the log contains.
 */
typedef struct oomparse_parser oomparse_parser;

/**
 * Names of pods by their uids and of containers by their ids, bounded in size.
 *
 * Threads: any number of threads may use one table at the same time; calls wait for each other.
 */
typedef struct oomparse_pods oomparse_pods;

/**
 * A view of bytes: not NUL-terminated, not always UTF-8.
 *
 * # Lifetime
 * Ends with the object from which it was obtained, see there.
 */
typedef struct oomparse_str {
    /**
     * The first byte; NULL if there is no text.
     */
    const char *data;
    /**
     * How many bytes.
     */
    size_t len;
} oomparse_str;

/**
 * The contents of a cgroup path. What the path does not show is NULL or empty.
 */
typedef struct oomparse_cgroup {
    /**
     * `cgroupfs` or `systemd`.
     */
    struct oomparse_str driver;
    /**
     * `Guaranteed`, `Burstable` or `BestEffort`.
     */
    struct oomparse_str qos_class;
    /**
     * `docker`, `containerd`, `cri-o` or `podman`.
     */
    struct oomparse_str runtime;
    /**
     * The level of the path itself: `container`, `pod`, `qos`, `kubepods`, `root` or `other`.
     */
    struct oomparse_str level;
    /**
     * The pod, lower case with hyphens, NUL-terminated.
     */
    char pod_uid[40];
    /**
     * The container, 12 to 64 hex digits, NUL-terminated.
     */
    char container_id[72];
    /**
     * The pod is in the cgroup of a container or a machine, whose owner named it.
     */
    bool nested;
} oomparse_cgroup;

/**
 * Receives an event as soon as it is complete, on the thread whose call completed it.
 *
 * It may call any function, also with this parser, except that it must not free the parser. It must return
 * normally: no C++ exception, no longjmp. If several threads push to one parser, it may run on several of them
 * at the same time.
 *
 * # Lifetime The event ends when the callback returns. If it is used later, while the parser exists, functions
 * return `OOMPARSE_RESULT_EVENT_OVER`. `oomparse_event_clone` makes a lasting copy.
 */
typedef void (*oomparse_event_callback)(void *user, const struct oomparse_event *event);

/**
 * The result of reading a listing of pods.
 */
typedef struct oomparse_loaded {
    /**
     * Records added.
     */
    size_t records;
    /**
     * Records or rows skipped: no valid uid, no valid name.
     */
    size_t skipped;
    /**
     * The first error, NUL-terminated; empty if there was none. Everything else that could be read was added.
     */
    char message[256];
} oomparse_loaded;

/**
 * What became of a line that was pushed.
 */
typedef struct oomparse_taken {
    /**
     * Whether it is one of the OOM killer's own: it opened a report, belongs to an open report, or repeats an
     * earlier line. A figure counts only while a report is open, and only if the frame shows the kernel or its
     * clock.
     */
    bool is_of_report;
    /**
     * How many events it completed; they may belong to earlier lines.
     */
    size_t events;
} oomparse_taken;

#ifdef __cplusplus
extern "C" {
#endif // __cplusplus

/**
 * Reads a memory cgroup's path as the kernel prints it. Never fails on any path.
 *
 * # Lifetime
 * The path must stay valid until the call returns; it is not kept. The texts are static or belong to the struct.
 */
oomparse_result oomparse_cgroup_parse(const char *path,
                                      size_t len,
                                      struct oomparse_cgroup *out_cgroup);

/**
 * Frees an event returned by `oomparse_parser_next_event` or `oomparse_event_clone`; NULL is allowed. An event
 * that was passed to a callback is not freed.
 *
 * # Lifetime
 * Ends the event and every view into it.
 */
void oomparse_event_free(struct oomparse_event *event);

/**
 * A copy of an event.
 *
 * # Lifetime
 * The copy belongs to the caller, who must free it with `oomparse_event_free`.
 */
oomparse_result oomparse_event_clone(const struct oomparse_event *event,
                                     struct oomparse_event **out_event);

/**
 * The event as one line of compact JSON, the same bytes as every other interface of oomparse writes.
 *
 * # Lifetime
 * The view belongs to the event: it ends with the event, or when `oomparse_pods_enrich` changes it.
 */
oomparse_result oomparse_event_to_json(const struct oomparse_event *event,
                                       struct oomparse_str *out_json);

/**
 * The key of the log that the event came from; `OOMPARSE_RESULT_ABSENT` if it was pushed without one.
 *
 * # Lifetime
 * The view belongs to the event and ends with it.
 */
oomparse_result oomparse_event_key(const struct oomparse_event *event,
                                   struct oomparse_str *out_key);

/**
 * A field of kind `OOMPARSE_KIND_STR`: words, names and paths as the record writes them. Names and paths are the
 * raw bytes, which may not be UTF-8.
 *
 * `OOMPARSE_RESULT_ABSENT` and NULL if the log does not show it.
 *
 * # Lifetime
 * The view belongs to the event: it ends with the event, or when `oomparse_pods_enrich` changes it.
 */
oomparse_result oomparse_event_get_str(const struct oomparse_event *event,
                                       uint32_t field,
                                       struct oomparse_str *out_value);

/**
 * A field of kind `OOMPARSE_KIND_U64`: pids, sizes, counts, times.
 *
 * `OOMPARSE_RESULT_ABSENT` and 0 if the log does not show it.
 *
 * # Lifetime
 * Keeps nothing.
 */
oomparse_result oomparse_event_get_u64(const struct oomparse_event *event,
                                       uint32_t field,
                                       uint64_t *out_value);

/**
 * A field of kind `OOMPARSE_KIND_I64`: the allocation's order, scores and their adjustments.
 *
 * `OOMPARSE_RESULT_ABSENT` and 0 if the log does not show it.
 *
 * # Lifetime
 * Keeps nothing.
 */
oomparse_result oomparse_event_get_i64(const struct oomparse_event *event,
                                       uint32_t field,
                                       int64_t *out_value);

/**
 * A field of kind `OOMPARSE_KIND_BOOL`.
 *
 * `OOMPARSE_RESULT_ABSENT` and `false` if the log does not show it.
 *
 * # Lifetime
 * Keeps nothing.
 */
oomparse_result oomparse_event_get_bool(const struct oomparse_event *event,
                                        uint32_t field,
                                        bool *out_value);

/**
 * A field whose kind is `OOMPARSE_KIND_F64`: percentages with two decimals.
 *
 * `OOMPARSE_RESULT_ABSENT` and 0 if the log does not show it.
 *
 * # Lifetime
 * Keeps nothing.
 */
oomparse_result oomparse_event_get_f64(const struct oomparse_event *event,
                                       uint32_t field,
                                       double *out_value);

/**
 * Adds the names of pod and container from a table; `OOMPARSE_RESULT_ABSENT` if the table has none.
 *
 * # Lifetime
 * Ends the views into the event that were obtained before.
 */
oomparse_result oomparse_pods_enrich(struct oomparse_pods *pods,
                                     struct oomparse_event *event);

/**
 * The path of a field in the record, for example `victim.pid`; NULL if no field has this number.
 *
 * # Lifetime
 * The text is static and NUL-terminated.
 */
const char *oomparse_field_name(uint32_t field);

/**
 * The kind of a field, a number of `oomparse_kind`; 0 if no field has this number.
 *
 * To read all fields, loop over the numbers from 1 to 255.
 *
 * # Lifetime
 * Keeps nothing.
 */
uint32_t oomparse_field_kind(uint32_t field);

/**
 * How many texts a list has: a number of `oomparse_list`.
 *
 * # Lifetime
 * Keeps nothing.
 */
oomparse_result oomparse_event_list_len(const struct oomparse_event *event,
                                        uint32_t list,
                                        size_t *out_len);

/**
 * A text of a list, counted from 0.
 *
 * # Lifetime
 * The view belongs to the event: it ends with the event, or when `oomparse_pods_enrich` changes it.
 */
oomparse_result oomparse_event_list_str(const struct oomparse_event *event,
                                        uint32_t list,
                                        size_t index,
                                        struct oomparse_str *out_value);

/**
 * How many processes a daemon's list of the killed has; the single victim of an event is not a list, but fields.
 *
 * # Lifetime
 * Keeps nothing.
 */
oomparse_result oomparse_event_victims_len(const struct oomparse_event *event,
                                           size_t *out_len);

/**
 * A process of a daemon's list of the killed, counted from 0: its id, and its name; NULL where the line does not
 * show the name, of which the raw bytes are given.
 *
 * # Lifetime
 * The view is the event's: it ends with the event, or when `oomparse_pods_enrich` changes it.
 */
oomparse_result oomparse_event_get_victim(const struct oomparse_event *event,
                                          size_t index,
                                          uint32_t *out_pid,
                                          struct oomparse_str *out_comm);

/**
 * How many figures a "Memory cgroup stats for" block has; blocks are counted from 0.
 *
 * # Lifetime
 * Keeps nothing.
 */
oomparse_result oomparse_event_stats_len(const struct oomparse_event *event,
                                         size_t block,
                                         size_t *out_len);

/**
 * A figure of a "Memory cgroup stats for" block: the kernel's key, and bytes or a count.
 *
 * # Lifetime
 * The key belongs to the event and ends with it.
 */
oomparse_result oomparse_event_get_stat(const struct oomparse_event *event,
                                        size_t block,
                                        size_t index,
                                        struct oomparse_str *out_key,
                                        uint64_t *out_value);

/**
 * How many rows the task table has; 0 unless it was requested with `oomparse_options_set_tasks`.
 *
 * # Lifetime
 * Keeps nothing.
 */
oomparse_result oomparse_event_tasks_len(const struct oomparse_event *event,
                                         size_t *out_len);

/**
 * A figure of a row of the task table: a number of `oomparse_task`.
 *
 * `OOMPARSE_RESULT_ABSENT` and 0 if the kernel's table has no such column.
 *
 * # Lifetime
 * Keeps nothing.
 */
oomparse_result oomparse_event_get_task(const struct oomparse_event *event,
                                        size_t row,
                                        uint32_t figure,
                                        int64_t *out_value);

/**
 * The name in a row of the task table.
 *
 * # Lifetime
 * The view belongs to the event and ends with it.
 */
oomparse_result oomparse_event_get_task_comm(const struct oomparse_event *event,
                                             size_t row,
                                             struct oomparse_str *out_comm);

/**
 * Default options.
 *
 * # Lifetime
 * The options belong to the caller, who must free them with `oomparse_options_free`. A parser copies what it
 * needs.
 */
oomparse_result oomparse_options_new(struct oomparse_options **out_options);

/**
 * Frees options; NULL is allowed.
 *
 * # Lifetime
 * Ends the options.
 */
void oomparse_options_free(struct oomparse_options *options);

/**
 * Whether events contain the task table. By default they do not.
 *
 * # Lifetime
 * Keeps nothing.
 */
oomparse_result oomparse_options_set_tasks(struct oomparse_options *options, bool tasks);

/**
 * The year for prefixes that show none, 1970 to 9999; 0 for none.
 *
 * # Lifetime
 * Keeps nothing.
 */
oomparse_result oomparse_options_set_year(struct oomparse_options *options, uint16_t year);

/**
 * The time zone for prefixes that show none, in minutes east of UTC, -1439 to 1439.
 *
 * # Lifetime
 * Keeps nothing.
 */
oomparse_result oomparse_options_set_utc_offset(struct oomparse_options *options,
                                                int16_t minutes);

/**
 * The machine's name for prefixes that show none; length 0 for none.
 *
 * # Lifetime
 * Copies the name.
 */
oomparse_result oomparse_options_set_host(struct oomparse_options *options,
                                          const char *host,
                                          size_t len);

/**
 * The boot id for carriers that show none; length 0 for none.
 *
 * # Lifetime
 * Copies the id.
 */
oomparse_result oomparse_options_set_boot_id(struct oomparse_options *options,
                                             const char *boot_id,
                                             size_t len);

/**
 * Adds a cgroup below which a cluster runs, for example a rootless one: pods there are pods. It begins with a
 * slash, as the kernel prints it.
 *
 * # Lifetime
 * Copies the path.
 */
oomparse_result oomparse_options_add_cgroup_root(struct oomparse_options *options,
                                                 const char *root,
                                                 size_t len);

/**
 * Which text may become events: a number of `oomparse_trust`.
 *
 * # Lifetime
 * Keeps nothing.
 */
oomparse_result oomparse_options_set_trust(struct oomparse_options *options, uint32_t trust);

/**
 * Adds a daemon whose lines are read besides the kernel's, by its name, for example `systemd-oomd`; `all` for
 * all daemons. Their events have the types `userspace_kill`, `eviction` and `notice`.
 *
 * # Lifetime
 * Copies the name.
 */
oomparse_result oomparse_options_add_source(struct oomparse_options *options,
                                            const char *name,
                                            size_t len);

/**
 * The author of the log, if its lines show none: a daemon's name; length 0 for none.
 *
 * # Lifetime
 * Copies the name.
 */
oomparse_result oomparse_options_set_origin(struct oomparse_options *options,
                                            const char *name,
                                            size_t len);

/**
 * How many keyed streams are kept at a time, 1 to 1024 (the default); beyond that, the stream that was silent
 * longest is finished.
 *
 * # Lifetime
 * Keeps nothing.
 */
oomparse_result oomparse_options_set_max_streams(struct oomparse_options *options,
                                                 size_t max);

/**
 * How many events wait for `oomparse_parser_next_event` at a time, 1 to 65536 (the default); beyond that the
 * oldest is dropped and counted, see `oomparse_parser_dropped_events`.
 *
 * # Lifetime
 * Keeps nothing.
 */
oomparse_result oomparse_options_set_max_events(struct oomparse_options *options,
                                                size_t max);

/**
 * A parser with these options, or with the default ones if `options` is NULL.
 *
 * # Lifetime
 * The parser belongs to the caller, who must free it with `oomparse_parser_free`. The options may be freed at
 * once.
 */
oomparse_result oomparse_parser_new(const struct oomparse_options *options,
                                    struct oomparse_parser **out_parser);

/**
 * Frees a parser; NULL is allowed. Open reports are dropped: call `oomparse_parser_finish` before.
 *
 * # Lifetime
 * Ends the parser, and the events that its callbacks got. Events from `oomparse_parser_next_event` stay valid.
 */
void oomparse_parser_free(struct oomparse_parser *parser);

/**
 * Sets a callback that gets the events; with NULL, they wait for `oomparse_parser_next_event` again.
 *
 * # Lifetime
 * `user` is passed on and never dereferenced; it must stay valid as long as the callback uses it.
 */
oomparse_result oomparse_parser_set_callback(struct oomparse_parser *parser,
                                             oomparse_event_callback callback,
                                             void *user);

/**
 * Adds the names of pods and containers to events; with NULL, no longer.
 *
 * # Lifetime
 * The parser keeps the table alive: the caller may free `pods` at any time, and may change it and pass it to
 * other parsers meanwhile.
 */
oomparse_result oomparse_parser_set_pods(struct oomparse_parser *parser,
                                         struct oomparse_pods *pods);

/**
 * Takes one line, without its line end (one `\n` at the end is removed).
 *
 * # Lifetime
 * The line must stay valid until the call returns; it is not kept.
 */
oomparse_result oomparse_parser_push(struct oomparse_parser *parser,
                                     const char *line,
                                     size_t len);

/**
 * Takes the next bytes of a log, cut anywhere.
 *
 * # Lifetime
 * The bytes must stay valid until the call returns; they are not kept.
 */
oomparse_result oomparse_parser_push_chunk(struct oomparse_parser *parser,
                                           const char *chunk,
                                           size_t len);

/**
 * Takes one line of one of several mixed logs. The key is any bytes: a file's name, a tag.
 *
 * # Lifetime
 * Line and key must stay valid until the call returns. A copy of the key stays with its events.
 */
oomparse_result oomparse_parser_push_keyed(struct oomparse_parser *parser,
                                           const char *key,
                                           size_t key_len,
                                           const char *line,
                                           size_t len);

/**
 * Takes the next bytes of one of several logs, cut anywhere.
 *
 * # Lifetime
 * Bytes and key must stay valid until the call returns. A copy of the key stays with its events.
 */
oomparse_result oomparse_parser_push_chunk_keyed(struct oomparse_parser *parser,
                                                 const char *key,
                                                 size_t key_len,
                                                 const char *chunk,
                                                 size_t len);

/**
 * Ends the log: emits what is open. The parser can then be used for another log.
 *
 * # Lifetime
 * Does not end any object.
 */
oomparse_result oomparse_parser_finish(struct oomparse_parser *parser);

/**
 * Ends one of several logs: no more of its lines come.
 *
 * # Lifetime
 * The key must stay valid until the call returns.
 */
oomparse_result oomparse_parser_finish_keyed(struct oomparse_parser *parser,
                                             const char *key,
                                             size_t key_len);

/**
 * The next complete event, in the order of completion; `OOMPARSE_RESULT_ABSENT` and NULL if there is none.
 *
 * # Lifetime
 * The event belongs to the caller, who must free it with `oomparse_event_free`; it may outlive the parser.
 */
oomparse_result oomparse_parser_next_event(struct oomparse_parser *parser,
                                           struct oomparse_event **out_event);

/**
 * Whether ordinary lines matter now, because a report is being printed. While they do not, only lines for which
 * `oomparse_line_is_candidate` is true need to be pushed, and the line right before one that begins with a
 * blank.
 *
 * # Lifetime
 * Keeps nothing.
 */
oomparse_result oomparse_parser_wants_every_line(struct oomparse_parser *parser,
                                                 bool *out_wants);

/**
 * The same for one of several logs.
 *
 * # Lifetime
 * The key must stay valid until the call returns.
 */
oomparse_result oomparse_parser_wants_every_line_keyed(struct oomparse_parser *parser,
                                                       const char *key,
                                                       size_t key_len,
                                                       bool *out_wants);

/**
 * How many events were dropped because nobody took them.
 *
 * # Lifetime
 * Keeps nothing.
 */
oomparse_result oomparse_parser_dropped_events(struct oomparse_parser *parser,
                                               uint64_t *out_dropped);

/**
 * Whether a line can open a report or make an event alone: the search that comes before everything else.
 * Allocates nothing; a line that is NULL or too long is not a candidate.
 *
 * # Lifetime
 * The line must stay valid until the call returns.
 */
bool oomparse_line_is_candidate(const char *line,
                                size_t len);

/**
 * An empty table.
 *
 * # Lifetime
 * The table belongs to the caller, who must free it with `oomparse_pods_free`.
 */
oomparse_result oomparse_pods_new(struct oomparse_pods **out_pods);

/**
 * Frees a table; NULL is allowed. Parsers that got it keep its contents.
 *
 * # Lifetime
 * Ends the table. Names obtained from it stay valid.
 */
void oomparse_pods_free(struct oomparse_pods *pods);

/**
 * Sets which labels later records keep: keys separated by commas, `*` for all, empty for none.
 *
 * # Lifetime
 * Copies the keys.
 */
oomparse_result oomparse_pods_keep_labels(struct oomparse_pods *pods,
                                          const char *keys,
                                          size_t len);

/**
 * Adds a listing in any format that oomparse reads: JSON of kubectl, crictl or the kubelet, NDJSON, CSV,
 * kubectl's columns, names of log directories. `out_loaded` may be NULL.
 *
 * `OOMPARSE_RESULT_BAD_LISTING` if there was an error in it; the rest was added.
 *
 * # Lifetime
 * The bytes must stay valid until the call returns; they are not kept.
 */
oomparse_result oomparse_pods_load(struct oomparse_pods *pods,
                                   const char *listing,
                                   size_t len,
                                   struct oomparse_loaded *out_loaded);

/**
 * Adds what is at a path (UTF-8, not NUL-terminated): a listing in any format, or a directory such as
 * `/var/log/pods` or `/var/log/containers`. `out_loaded` may be NULL.
 *
 * # Lifetime
 * The path must stay valid until the call returns.
 */
oomparse_result oomparse_pods_load_path(struct oomparse_pods *pods,
                                        const char *path,
                                        size_t len,
                                        struct oomparse_loaded *out_loaded);

/**
 * The same; and if an event's pod is unknown, the path is read again if it looks changed. So a parser with this
 * table also names pods that appeared later, however short they lived. `out_loaded` may be NULL; the path may
 * not be readable yet.
 *
 * # Lifetime
 * The path must stay valid until the call returns; the table keeps a copy.
 */
oomparse_result oomparse_pods_follow_path(struct oomparse_pods *pods,
                                          const char *path,
                                          size_t len,
                                          struct oomparse_loaded *out_loaded);

/**
 * Learns names from a log line of a daemon (`kubelet`, `containerd`, `crio`, `dockerd`, `cri-dockerd`, `k3s`,
 * `rke2`) without its prefix; `OOMPARSE_RESULT_ABSENT` if it contains none.
 *
 * Anybody may write such text to a log: the log's own frame must prove the daemon's name.
 *
 * # Lifetime
 * Name and line must stay valid until the call returns; they are not kept.
 */
oomparse_result oomparse_pods_learn(struct oomparse_pods *pods,
                                    const char *daemon,
                                    size_t daemon_len,
                                    const char *line,
                                    size_t len);

/**
 * How many pods and containers have an entry.
 *
 * # Lifetime
 * Keeps nothing.
 */
oomparse_result oomparse_pods_len(struct oomparse_pods *pods,
                                  size_t *out_pods,
                                  size_t *out_containers);

/**
 * Looks up a pod by its uid, in any spelling; `OOMPARSE_RESULT_ABSENT` and NULL if it is unknown.
 *
 * # Lifetime
 * The names belong to the caller and stay valid when the table changes; free them with `oomparse_names_free`.
 */
oomparse_result oomparse_pods_lookup(struct oomparse_pods *pods,
                                     const char *uid,
                                     size_t len,
                                     struct oomparse_names **out_names);

/**
 * Looks up a container by its id, of which at least 12 digits are needed; `OOMPARSE_RESULT_ABSENT` and NULL if
 * it is unknown.
 *
 * # Lifetime
 * The names belong to the caller and stay valid when the table changes; free them with `oomparse_names_free`.
 */
oomparse_result oomparse_pods_lookup_container(struct oomparse_pods *pods,
                                               const char *id,
                                               size_t len,
                                               struct oomparse_names **out_names);

/**
 * One of the names, a number of `oomparse_name`; `OOMPARSE_RESULT_ABSENT` if the table did not know it.
 *
 * # Lifetime
 * The view ends with the names.
 */
oomparse_result oomparse_names_get(const struct oomparse_names *names,
                                   uint32_t name,
                                   struct oomparse_str *out_value);

/**
 * Frees names; NULL is allowed.
 *
 * # Lifetime
 * Ends the names and the views into them.
 */
void oomparse_names_free(struct oomparse_names *names);

/**
 * Adds a key under which a record of `oomparse_parser_push_record` has its text; the first one that exists is
 * used: `log`, or `a.b` or `$a['b']` for a nested object. No other text of the record is then read. By default
 * the text is found under the names that shippers use.
 *
 * # Lifetime
 * Copies the key.
 */
oomparse_result oomparse_options_add_text_key(struct oomparse_options *options,
                                              const char *key,
                                              size_t len);

/**
 * The time from which kills are emitted for records, in seconds since 1970; 0 for always. For an input that
 * reads again what an earlier run has read.
 *
 * # Lifetime
 * Keeps nothing.
 */
oomparse_result oomparse_options_set_since(struct oomparse_options *options,
                                           uint64_t seconds);

/**
 * Whether a record with this text matters. A record that does not need not be pushed; only the beginning of its
 * text is kept, because the next line may continue it. Call it once for each record of a log pipeline.
 *
 * # Lifetime
 * Key and text must stay valid until the call returns.
 */
bool oomparse_parser_wants_record(struct oomparse_parser *parser,
                                  const char *key,
                                  size_t key_len,
                                  const char *record_text,
                                  size_t len);

/**
 * Takes one record of one of several logs, and returns the event that this record reports, with names, and with
 * its further events in `others`; `OOMPARSE_RESULT_ABSENT` and NULL if it reports none.
 *
 * For filters of a log pipeline, which answer each record before they get the next one: no kill waits for a
 * further line. The record is a JSON object, whose values show who wrote its text, or that text alone, if
 * nothing else is known. `seconds` is the record's own time since 1970, or 0: it supplies the year for dates
 * without one, see also `oomparse_options_set_since`. Events that come too late for their record, and those of
 * logs that were closed to make room, go where those of `oomparse_parser_push_keyed` go: they belong to no other
 * record.
 *
 * # Lifetime
 * Key and record must stay valid until the call returns. The event belongs to the caller, who must free it with
 * `oomparse_event_free`.
 */
oomparse_result oomparse_parser_push_record(struct oomparse_parser *parser,
                                            const char *key,
                                            size_t key_len,
                                            const char *record,
                                            size_t len,
                                            uint64_t seconds,
                                            struct oomparse_event **out_event);

/**
 * The members for the record of `oomparse_parser_push_record`, as a JSON object: the event under `oom`, or
 * `oom_event` if the record already has `oom`, and the pod's names under `kubernetes`, in the format of Fluent
 * Bit's own filter, if they are known and the record has no such key. `OOMPARSE_RESULT_ABSENT` if the record has
 * both keys, and for events that were not returned for a record.
 *
 * # Lifetime
 * The view ends with the event.
 */
oomparse_result oomparse_event_members(const struct oomparse_event *event,
                                       struct oomparse_str *out_json);

/**
 * A sentence for a result's number, also for unknown numbers.
 *
 * # Lifetime
 * The text is static and NUL-terminated.
 */
const char *oomparse_result_str(uint32_t result);

/**
 * Like `oomparse_parser_push`, and returns what became of the line: so a host that drops a report's lines, or
 * passes them on, does not need to look at them itself.
 *
 * # Lifetime
 * The line must stay valid until the call returns; it is not kept.
 */
oomparse_result oomparse_parser_push_taken(struct oomparse_parser *parser,
                                           const char *line,
                                           size_t len,
                                           struct oomparse_taken *out_taken);

/**
 * The same for one of several logs, like `oomparse_parser_push_keyed`.
 *
 * # Lifetime
 * Line and key must stay valid until the call returns. A copy of the key stays with its events.
 */
oomparse_result oomparse_parser_push_keyed_taken(struct oomparse_parser *parser,
                                                 const char *key,
                                                 size_t key_len,
                                                 const char *line,
                                                 size_t len,
                                                 struct oomparse_taken *out_taken);

/**
 * Whether the last pushed line of its log, at the time when the event was emitted, reports it: whether that line
 * names the victim, or says why there is none.
 *
 * An event may also be completed by a later line that has nothing to do with it. A filter that adds events to
 * records must call this, so that no event goes into another line's record. It must take the events after each
 * line.
 *
 * # Lifetime
 * Keeps nothing.
 */
bool oomparse_event_is_of_last_line(const struct oomparse_event *event);

/**
 * The version of the running library, like `OOMPARSE_VERSION`.
 *
 * # Lifetime
 * The text is static and NUL-terminated.
 */
const char *oomparse_version(void);

/**
 * The version of the running library, like `OOMPARSE_VERSION_NUMBER`.
 */
uint32_t oomparse_version_number(void);

/**
 * Emits kills that wait for one further line, without that line.
 *
 * Most kills are complete on their `Killed process` line. One without a report around it is not: its cgroup may
 * be in the next line. The kernel prints such lines in a storm, after ten reports in five seconds. Call this
 * after every pushed line if the event must go with that line and cannot wait, as in a filter of records;
 * `oomparse_event_is_of_last_line` then shows whether an event belongs to this line. A kill is never emitted
 * twice. A line that looks like the first half of a broken one still waits.
 *
 * # Lifetime
 * Does not end any object.
 */
oomparse_result oomparse_parser_give_waiting(struct oomparse_parser *parser);

/**
 * The same for one of several logs.
 *
 * # Lifetime
 * The key must stay valid until the call returns.
 */
oomparse_result oomparse_parser_give_waiting_keyed(struct oomparse_parser *parser,
                                                   const char *key,
                                                   size_t key_len);

/**
 * Emits kills of all logs that wait for a further line, if none has come for a while.
 *
 * For hosts that follow a log and only emit events: call it when nothing was pushed for a second. A line that
 * looked like the first half of a broken one is then read as it is. Reports that are still being printed stay
 * open.
 *
 * # Lifetime
 * Does not end any object.
 */
oomparse_result oomparse_parser_give_all_waiting(struct oomparse_parser *parser);

#ifdef __cplusplus
}  // extern "C"
#endif  // __cplusplus

#endif  /* OOMPARSE_H */
