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
 * What came of a call. The numbers are never used for anything else; new ones may be added.
 */
enum oomparse_result
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : uint32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
    /**
     * It is done.
     */
    OOMPARSE_RESULT_OK = 0,
    /**
     * Nothing is there: the log does not show the field, no event is complete, no name is known.
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
     * The field is of another kind than the function gives.
     */
    OOMPARSE_RESULT_WRONG_KIND = 6,
    /**
     * The list is shorter than the index.
     */
    OOMPARSE_RESULT_OUT_OF_RANGE = 7,
    /**
     * The event was given to a callback that has returned.
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
     * A listing of pods could not be read, or not whole.
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
 * A value of an event. The numbers are never used for anything else; new ones may be added.
 *
 * The record's own description, `docs/schema.md`, tells more of each.
 */
enum oomparse_field
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : uint32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
    /**
     * `kill`, `no_victim` or `report`.
     */
    OOMPARSE_FIELD_TYPE = 1,
    /**
     * The same for the same kill read again.
     */
    OOMPARSE_FIELD_ID = 2,
    /**
     * Joins the victims of one report.
     */
    OOMPARSE_FIELD_REPORT_ID = 3,
    /**
     * `kernel` where the frame proves it, else `unknown`.
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
     * Reports that the kernel's rate limit swallowed since the stream's last event.
     */
    OOMPARSE_FIELD_SUPPRESSED_REPORTS = 12,
    /**
     * The file that the caller read it from; absent here.
     */
    OOMPARSE_FIELD_SOURCE_PATH = 13,
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
     * log2 of the pages asked for; -1 for SysRq-f.
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
     * The process first chosen, when another one was killed.
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
     * Its resident memory, where one figure is all that is printed (OpenVZ 6).
     */
    OOMPARSE_FIELD_VICTIM_RSS_BYTES = 50,
    /**
     * Its swapped memory (OpenVZ 6).
     */
    OOMPARSE_FIELD_VICTIM_SWAP_BYTES = 51,
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
     * Where the names came from.
     */
    OOMPARSE_FIELD_POD_SOURCE = 76,
    /**
     * The pod stands in the cgroup of a container or a machine: whoever runs that named it.
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
     * Use of memory.
     */
    OOMPARSE_FIELD_MEMORY_USAGE_BYTES = 90,
    /**
     * Limit of memory; absent when there is none.
     */
    OOMPARSE_FIELD_MEMORY_LIMIT_BYTES = 91,
    /**
     * How often the limit of memory was hit.
     */
    OOMPARSE_FIELD_MEMORY_FAILCNT = 92,
    /**
     * Use of memory and swap (cgroup v1).
     */
    OOMPARSE_FIELD_MEMORY_SWAP_USAGE_BYTES = 94,
    /**
     * Limit of memory and swap (cgroup v1); absent when there is none.
     */
    OOMPARSE_FIELD_MEMORY_SWAP_LIMIT_BYTES = 95,
    /**
     * How often the limit of memory and swap (cgroup v1) was hit.
     */
    OOMPARSE_FIELD_MEMORY_SWAP_FAILCNT = 96,
    /**
     * Use of swap (cgroup v2).
     */
    OOMPARSE_FIELD_SWAP_USAGE_BYTES = 98,
    /**
     * Limit of swap (cgroup v2); absent when there is none.
     */
    OOMPARSE_FIELD_SWAP_LIMIT_BYTES = 99,
    /**
     * How often the limit of swap (cgroup v2) was hit.
     */
    OOMPARSE_FIELD_SWAP_FAILCNT = 100,
    /**
     * Use of kernel memory (cgroup v1).
     */
    OOMPARSE_FIELD_KMEM_USAGE_BYTES = 102,
    /**
     * Limit of kernel memory (cgroup v1); absent when there is none.
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
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum oomparse_field oomparse_field;
#else
typedef uint32_t oomparse_field;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/**
 * What kind of value a field has, and so which function gives it.
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
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum oomparse_kind oomparse_kind;
#else
typedef uint32_t oomparse_kind;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/**
 * A figure of a row of the task table. The numbers are never used for anything else; new ones may be added.
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
 * A list of texts in an event. The numbers are never used for anything else; new ones may be added.
 */
enum oomparse_list
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : uint32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
    /**
     * The kinds of line that the event rests on, in the order seen.
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
     * Cgroups of the "Memory cgroup stats for" blocks; `oomparse_event_get_stat` gives the figures.
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
     * Text of which nothing proves that a program wrote it: plain dmesg output, a paste. The default.
     */
    OOMPARSE_TRUST_ANY = 1,
    /**
     * Only text that its frame proves to be the kernel's.
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
 * A name in `oomparse_names`. The numbers are never used for anything else; new ones may be added.
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
     * The pod's uid, where a container's id was looked up.
     */
    OOMPARSE_NAME_POD_UID = 6,
    /**
     * Where the names came from.
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
 * Threads: any number of them may read one event at a time; `oomparse_pods_enrich` and
 * `oomparse_event_free` need it alone.
 */
typedef struct oomparse_event oomparse_event;

/**
 * Names that a table gave.
 */
typedef struct oomparse_names oomparse_names;

/**
 * What a parser is told beforehand.
 */
typedef struct oomparse_options oomparse_options;

/**
 * Reads log lines and gives events.
 *
 * Threads: any thread may use it at any time; calls with one parser wait for each other. A parser may
 * be made, used and freed on different threads.
 *
 * Memory is bounded, whatever the log says.
 */
typedef struct oomparse_parser oomparse_parser;

/**
 * Names of pods by their uids and of containers by their ids, bounded in size.
 *
 * Threads: any number of them may use one table at a time; calls wait for each other.
 */
typedef struct oomparse_pods oomparse_pods;

/**
 * A view over bytes: not ended by a NUL, not always UTF-8.
 *
 * # Lifetime
 * As long as the object that it was got from, see there.
 */
typedef struct oomparse_str {
    /**
     * The first byte; NULL where there is no text at all.
     */
    const char *data;
    /**
     * How many bytes.
     */
    size_t len;
} oomparse_str;

/**
 * What a cgroup path tells. What it does not tell is NULL or empty.
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
     * What the path itself names: `container`, `pod`, `qos`, `kubepods`, `root` or `other`.
     */
    struct oomparse_str level;
    /**
     * The pod, lower case with hyphens, ended by a NUL.
     */
    char pod_uid[40];
    /**
     * The container, 12 to 64 hex digits, ended by a NUL.
     */
    char container_id[72];
    /**
     * The pod stands in the cgroup of a container or a machine: whoever runs that named it.
     */
    bool nested;
} oomparse_cgroup;

/**
 * Takes an event as soon as it is complete, on the thread whose call completed it.
 *
 * It may call any function, with this parser too, except that it must not free the parser. It must
 * return: no C++ exception, no longjmp. Where several threads push to one parser it may run on several at
 * a time.
 *
 * # Lifetime
 * The event ends when the callback returns. Used later, while the parser lives, it answers
 * `OOMPARSE_RESULT_EVENT_OVER`. `oomparse_event_clone` makes one that stays.
 */
typedef void (*oomparse_event_callback)(void *user, const struct oomparse_event *event);

/**
 * What came of reading a listing of pods.
 */
typedef struct oomparse_loaded {
    /**
     * Records taken over.
     */
    size_t records;
    /**
     * Records or rows left out: no sound uid, no sound name.
     */
    size_t skipped;
    /**
     * What was wrong first, ended by a NUL; empty if nothing was. What else could be read was taken over.
     */
    char message[256];
} oomparse_loaded;

/**
 * What became of a line that was pushed.
 */
typedef struct oomparse_taken {
    /**
     * Whether it is one of the OOM killer's own: it opened a report, belongs to one that is open, or repeats what
     * was told. A figure counts only while a report is open, and where the kernel's hand or clock is shown.
     */
    bool is_of_report;
    /**
     * How many events it completed; they may be of earlier lines.
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
 * The path must stand until the call returns; it is not kept. The texts are static or the struct's own.
 */
oomparse_result oomparse_cgroup_parse(const char *path,
                                      size_t len,
                                      struct oomparse_cgroup *out_cgroup);

/**
 * Frees an event that `oomparse_parser_next_event` or `oomparse_event_clone` gave; NULL is fine. An
 * event that a callback was given is left as it is.
 *
 * # Lifetime
 * Ends the event and every view that was got from it.
 */
void oomparse_event_free(struct oomparse_event *event);

/**
 * A copy of an event.
 *
 * # Lifetime
 * The copy is the caller's; it ends with `oomparse_event_free`.
 */
oomparse_result oomparse_event_clone(const struct oomparse_event *event,
                                     struct oomparse_event **out_event);

/**
 * The event as one line of compact JSON, the same bytes on every surface of oomparse.
 *
 * # Lifetime
 * The view is the event's: it ends with the event, or when `oomparse_pods_enrich` changes it.
 */
oomparse_result oomparse_event_to_json(const struct oomparse_event *event,
                                       struct oomparse_str *out_json);

/**
 * The key of the log that the event came from; `OOMPARSE_RESULT_ABSENT` if it was pushed without one.
 *
 * # Lifetime
 * The view is the event's and ends with it.
 */
oomparse_result oomparse_event_key(const struct oomparse_event *event,
                                   struct oomparse_str *out_key);

/**
 * A field whose kind is `OOMPARSE_KIND_STR`: words, names and paths as the record writes them. Names
 * and paths are the raw bytes, which need not be UTF-8.
 *
 * `OOMPARSE_RESULT_ABSENT` and NULL if the log does not show it.
 *
 * # Lifetime
 * The view is the event's: it ends with the event, or when `oomparse_pods_enrich` changes it.
 */
oomparse_result oomparse_event_get_str(const struct oomparse_event *event,
                                       uint32_t field,
                                       struct oomparse_str *out_value);

/**
 * A field whose kind is `OOMPARSE_KIND_U64`: pids, sizes, counts, times.
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
 * A field whose kind is `OOMPARSE_KIND_I64`: the allocation's order, scores and their adjustments.
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
 * A field whose kind is `OOMPARSE_KIND_BOOL`.
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
 * Adds the names of pod and container that a table knows; `OOMPARSE_RESULT_ABSENT` if it knows none.
 *
 * # Lifetime
 * Ends the views that were got from the event before.
 */
oomparse_result oomparse_pods_enrich(struct oomparse_pods *pods,
                                     struct oomparse_event *event);

/**
 * The path of a field in the record, as `victim.pid`; NULL if no field has this number.
 *
 * # Lifetime
 * The text is static and ends with a NUL.
 */
const char *oomparse_field_name(uint32_t field);

/**
 * The kind of a field, a number of `oomparse_kind`; 0 if no field has this number.
 *
 * A program that wants all fields asks for the numbers from 1 to 255.
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
 * The view is the event's: it ends with the event, or when `oomparse_pods_enrich` changes it.
 */
oomparse_result oomparse_event_list_str(const struct oomparse_event *event,
                                        uint32_t list,
                                        size_t index,
                                        struct oomparse_str *out_value);

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
 * The key is the event's and ends with it.
 */
oomparse_result oomparse_event_get_stat(const struct oomparse_event *event,
                                        size_t block,
                                        size_t index,
                                        struct oomparse_str *out_key,
                                        uint64_t *out_value);

/**
 * How many rows the task table has; 0 unless it was asked for with `oomparse_options_set_tasks`.
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
 * The view is the event's and ends with it.
 */
oomparse_result oomparse_event_get_task_comm(const struct oomparse_event *event,
                                             size_t row,
                                             struct oomparse_str *out_comm);

/**
 * Options as they are by default.
 *
 * # Lifetime
 * The options are the caller's; they end with `oomparse_options_free`. A parser copies what it needs.
 */
oomparse_result oomparse_options_new(struct oomparse_options **out_options);

/**
 * Frees options; NULL is fine.
 *
 * # Lifetime
 * Ends the options.
 */
void oomparse_options_free(struct oomparse_options *options);

/**
 * Whether events hold the task table. They do not by default.
 *
 * # Lifetime
 * Keeps nothing.
 */
oomparse_result oomparse_options_set_tasks(struct oomparse_options *options, bool tasks);

/**
 * The year of prefixes that show none, 1970 to 9999; 0 for none.
 *
 * # Lifetime
 * Keeps nothing.
 */
oomparse_result oomparse_options_set_year(struct oomparse_options *options, uint16_t year);

/**
 * The zone of prefixes that show none, in minutes east of UTC, -1439 to 1439.
 *
 * # Lifetime
 * Keeps nothing.
 */
oomparse_result oomparse_options_set_utc_offset(struct oomparse_options *options,
                                                int16_t minutes);

/**
 * The machine's name where the prefix shows none; of length 0 for none.
 *
 * # Lifetime
 * Copies the name.
 */
oomparse_result oomparse_options_set_host(struct oomparse_options *options,
                                          const char *host,
                                          size_t len);

/**
 * The boot id where the carrier shows none; of length 0 for none.
 *
 * # Lifetime
 * Copies the id.
 */
oomparse_result oomparse_options_set_boot_id(struct oomparse_options *options,
                                             const char *boot_id,
                                             size_t len);

/**
 * One more cgroup below which a cluster lives, as one without root does: pods there are pods. It begins with a
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
 * One more daemon whose lines are read beside the kernel's, by its name as `systemd-oomd`; `all` for all. What it
 * tells comes as events of the types `userspace_kill`, `eviction` and `notice`.
 *
 * # Lifetime
 * Copies the name.
 */
oomparse_result oomparse_options_add_source(struct oomparse_options *options,
                                            const char *name,
                                            size_t len);

/**
 * Whose log it is, where its lines do not say so: a daemon's name; of length 0 for nobody's.
 *
 * # Lifetime
 * Copies the name.
 */
oomparse_result oomparse_options_set_origin(struct oomparse_options *options,
                                            const char *name,
                                            size_t len);

/**
 * How many keyed streams are kept at a time, 1 to 1024 (the default); past it the one that was quiet
 * longest is finished.
 *
 * # Lifetime
 * Keeps nothing.
 */
oomparse_result oomparse_options_set_max_streams(struct oomparse_options *options,
                                                 size_t max);

/**
 * How many events wait for `oomparse_parser_next_event` at a time, 1 to 65536 (the default); past it
 * the oldest is dropped and counted, see `oomparse_parser_dropped_events`.
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
 * The parser is the caller's; it ends with `oomparse_parser_free`. The options may end at once.
 */
oomparse_result oomparse_parser_new(const struct oomparse_options *options,
                                    struct oomparse_parser **out_parser);

/**
 * Frees a parser; NULL is fine. What is still open is dropped: call `oomparse_parser_finish` before.
 *
 * # Lifetime
 * Ends the parser, and the events that its callbacks were given. Events taken with
 * `oomparse_parser_next_event` stay.
 */
void oomparse_parser_free(struct oomparse_parser *parser);

/**
 * Has events given to a callback; with NULL they wait for `oomparse_parser_next_event` again.
 *
 * # Lifetime
 * `user` is handed on and never looked at; it must stay as long as the callback uses it.
 */
oomparse_result oomparse_parser_set_callback(struct oomparse_parser *parser,
                                             oomparse_event_callback callback,
                                             void *user);

/**
 * Has the names of pods and containers put into the events; with NULL not any more.
 *
 * # Lifetime
 * The parser keeps the table alive itself: the caller may free `pods` at any time, and change it and
 * give it to other parsers meanwhile.
 */
oomparse_result oomparse_parser_set_pods(struct oomparse_parser *parser,
                                         struct oomparse_pods *pods);

/**
 * Takes one line, without its line end (one `\n` at the end is taken off).
 *
 * # Lifetime
 * The line must stand until the call returns; it is not kept.
 */
oomparse_result oomparse_parser_push(struct oomparse_parser *parser,
                                     const char *line,
                                     size_t len);

/**
 * Takes the next bytes of a log, cut anywhere.
 *
 * # Lifetime
 * The bytes must stand until the call returns; they are not kept.
 */
oomparse_result oomparse_parser_push_chunk(struct oomparse_parser *parser,
                                           const char *chunk,
                                           size_t len);

/**
 * Takes one line of one of several logs that come mixed. The key is any bytes: a file's name, a tag.
 *
 * # Lifetime
 * Line and key must stand until the call returns. A copy of the key stays with its events.
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
 * Bytes and key must stand until the call returns. A copy of the key stays with its events.
 */
oomparse_result oomparse_parser_push_chunk_keyed(struct oomparse_parser *parser,
                                                 const char *key,
                                                 size_t key_len,
                                                 const char *chunk,
                                                 size_t len);

/**
 * Says that no more lines come: gives out what is open. The parser can then be used anew.
 *
 * # Lifetime
 * Ends nothing.
 */
oomparse_result oomparse_parser_finish(struct oomparse_parser *parser);

/**
 * Says that no more lines of one of several logs come.
 *
 * # Lifetime
 * The key must stand until the call returns.
 */
oomparse_result oomparse_parser_finish_keyed(struct oomparse_parser *parser,
                                             const char *key,
                                             size_t key_len);

/**
 * The next event that is complete, in the order of completion; `OOMPARSE_RESULT_ABSENT` and NULL if
 * there is none.
 *
 * # Lifetime
 * The event is the caller's; it ends with `oomparse_event_free` and may outlive the parser.
 */
oomparse_result oomparse_parser_next_event(struct oomparse_parser *parser,
                                           struct oomparse_event **out_event);

/**
 * Whether an ordinary line matters now, since a report is being printed. While none does, only lines
 * that `oomparse_line_is_candidate` takes need to be handed in, and the line right before one that begins
 * with a blank.
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
 * The key must stand until the call returns.
 */
oomparse_result oomparse_parser_wants_every_line_keyed(struct oomparse_parser *parser,
                                                       const char *key,
                                                       size_t key_len,
                                                       bool *out_wants);

/**
 * How many events were dropped since nobody took them.
 *
 * # Lifetime
 * Keeps nothing.
 */
oomparse_result oomparse_parser_dropped_events(struct oomparse_parser *parser,
                                               uint64_t *out_dropped);

/**
 * Whether a line can open a report or make an event alone: the search that stands before everything.
 * Allocates nothing; a line that is NULL or too long is no candidate.
 *
 * # Lifetime
 * The line must stand until the call returns.
 */
bool oomparse_line_is_candidate(const char *line,
                                size_t len);

/**
 * An empty table.
 *
 * # Lifetime
 * The table is the caller's; it ends with `oomparse_pods_free`.
 */
oomparse_result oomparse_pods_new(struct oomparse_pods **out_pods);

/**
 * Frees a table; NULL is fine. Parsers that were given it keep what is in it.
 *
 * # Lifetime
 * Ends the table. Names that were got from it stay.
 */
void oomparse_pods_free(struct oomparse_pods *pods);

/**
 * Says which labels records that are read later keep: keys with a comma between, `*` for all, nothing
 * for none.
 *
 * # Lifetime
 * Copies the keys.
 */
oomparse_result oomparse_pods_keep_labels(struct oomparse_pods *pods,
                                          const char *keys,
                                          size_t len);

/**
 * Takes over a listing in any form that oomparse reads: JSON of kubectl, crictl or the kubelet, NDJSON,
 * CSV, kubectl's columns, names of log directories. `out_loaded` may be NULL.
 *
 * `OOMPARSE_RESULT_BAD_LISTING` if anything in it was wrong; the rest was taken over.
 *
 * # Lifetime
 * The bytes must stand until the call returns; they are not kept.
 */
oomparse_result oomparse_pods_load(struct oomparse_pods *pods,
                                   const char *listing,
                                   size_t len,
                                   struct oomparse_loaded *out_loaded);

/**
 * Takes over what stands at a path (UTF-8, not ended by a NUL): a listing in any form, or a directory as
 * `/var/log/pods` or `/var/log/containers`. `out_loaded` may be NULL.
 *
 * # Lifetime
 * The path must stand until the call returns.
 */
oomparse_result oomparse_pods_load_path(struct oomparse_pods *pods,
                                        const char *path,
                                        size_t len,
                                        struct oomparse_loaded *out_loaded);

/**
 * The same, and when an event's pod is not known, the path is read again if it looks different since. So a parser
 * that has the table names pods that came later, however short they lived. `out_loaded` may be NULL; a path that
 * cannot be read now may come later.
 *
 * # Lifetime
 * The path must stand until the call returns; the table keeps a copy.
 */
oomparse_result oomparse_pods_follow_path(struct oomparse_pods *pods,
                                          const char *path,
                                          size_t len,
                                          struct oomparse_loaded *out_loaded);

/**
 * Learns names from a log line of a daemon (`kubelet`, `containerd`, `crio`, `dockerd`, `cri-dockerd`,
 * `k3s`, `rke2`) without its prefix; `OOMPARSE_RESULT_ABSENT` if it tells none.
 *
 * Anybody may write such text to a log: the daemon's name must be what the log's own frame proves.
 *
 * # Lifetime
 * Name and line must stand until the call returns; they are not kept.
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
 * Looks a pod up by its uid, in any spelling; `OOMPARSE_RESULT_ABSENT` and NULL if it is not known.
 *
 * # Lifetime
 * The names are the caller's and stay when the table changes; they end with `oomparse_names_free`.
 */
oomparse_result oomparse_pods_lookup(struct oomparse_pods *pods,
                                     const char *uid,
                                     size_t len,
                                     struct oomparse_names **out_names);

/**
 * Looks a container up by its id, 12 digits of it at least; `OOMPARSE_RESULT_ABSENT` and NULL if it is
 * not known.
 *
 * # Lifetime
 * The names are the caller's and stay when the table changes; they end with `oomparse_names_free`.
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
 * Frees names; NULL is fine.
 *
 * # Lifetime
 * Ends the names and the views that were got from them.
 */
void oomparse_names_free(struct oomparse_names *names);

/**
 * One more place where a record of `oomparse_parser_push_record` has its text, first come first: `log`, or `a.b` or
 * `$a['b']` for an object in an object. No other text of the record is then read. By default it is found under
 * the names that shippers give it.
 *
 * # Lifetime
 * Copies the key.
 */
oomparse_result oomparse_options_add_text_key(struct oomparse_options *options,
                                              const char *key,
                                              size_t len);

/**
 * From when on kills are given out for records, in seconds since 1970; 0 for always. For an input that reads again
 * what another run has read.
 *
 * # Lifetime
 * Keeps nothing.
 */
oomparse_result oomparse_options_set_since(struct oomparse_options *options,
                                           uint64_t seconds);

/**
 * Whether a record matters whose text this is. One that does not need not be pushed, and of it only its beginning is
 * kept, for a line behind it may go on with it. One call for each record of a log pipeline.
 *
 * # Lifetime
 * Key and text must stand until the call returns.
 */
bool oomparse_parser_wants_record(struct oomparse_parser *parser,
                                  const char *key,
                                  size_t key_len,
                                  const char *record_text,
                                  size_t len);

/**
 * Takes one record of one of several logs, and gives the event that this record tells, named, with whatever else it
 * tells in its `others`; `OOMPARSE_RESULT_ABSENT` and NULL if it tells none.
 *
 * For filters of a log pipeline, which answer each record before they get the next one: no kill waits for a further
 * line. The record is a JSON object, whose values tell who wrote its text, or that text alone, where nothing is
 * known beside it. `seconds` is the record's own time since 1970, or 0: it gives dates without a year one, see also
 * `oomparse_options_set_since`. Events that come too late for their record, and those of logs that had to make
 * room, go where those of `oomparse_parser_push_keyed` go: they belong on no other record.
 *
 * # Lifetime
 * Key and record must stand until the call returns. The event is the caller's; it ends with `oomparse_event_free`.
 */
oomparse_result oomparse_parser_push_record(struct oomparse_parser *parser,
                                            const char *key,
                                            size_t key_len,
                                            const char *record,
                                            size_t len,
                                            uint64_t seconds,
                                            struct oomparse_event **out_event);

/**
 * What the record of `oomparse_parser_push_record` gets, as a JSON object: the event under `oom`, or `oom_event` where
 * the record has that already, and the pod's names under `kubernetes`, as Fluent Bit's own filter writes them, if
 * they are known and the record has none. `OOMPARSE_RESULT_ABSENT` if the record has no room, and for events that
 * were not given for a record.
 *
 * # Lifetime
 * The view ends with the event.
 */
oomparse_result oomparse_event_members(const struct oomparse_event *event,
                                       struct oomparse_str *out_json);

/**
 * A sentence for a result's number; for a number of no meaning too.
 *
 * # Lifetime
 * The text is static and ends with a NUL.
 */
const char *oomparse_result_str(uint32_t result);

/**
 * As `oomparse_parser_push`, and says what became of the line: so a host that drops a report's lines, or passes
 * them on, need not look at them itself.
 *
 * # Lifetime
 * The line must stand until the call returns; it is not kept.
 */
oomparse_result oomparse_parser_push_taken(struct oomparse_parser *parser,
                                           const char *line,
                                           size_t len,
                                           struct oomparse_taken *out_taken);

/**
 * The same for one of several logs, as `oomparse_parser_push_keyed`.
 *
 * # Lifetime
 * Line and key must stand until the call returns. A copy of the key stays with its events.
 */
oomparse_result oomparse_parser_push_keyed_taken(struct oomparse_parser *parser,
                                                 const char *key,
                                                 size_t key_len,
                                                 const char *line,
                                                 size_t len,
                                                 struct oomparse_taken *out_taken);

/**
 * Whether the line of its log that was pushed last, when the event was given out, is the one that tells it: that
 * names the victim, or says why there is none.
 *
 * An event may also be completed by a later line that has nothing to do with it; a filter that adds events to
 * records asks here, so that none goes into another line's record. It takes the events behind each line.
 *
 * # Lifetime
 * Keeps nothing.
 */
bool oomparse_event_is_of_last_line(const struct oomparse_event *event);

/**
 * The version of the library that runs, as `OOMPARSE_VERSION`.
 *
 * # Lifetime
 * The text is static and ends with a NUL.
 */
const char *oomparse_version(void);

/**
 * The version of the library that runs, as `OOMPARSE_VERSION_NUMBER`.
 */
uint32_t oomparse_version_number(void);

/**
 * Gives out kills that wait for one further line, without it.
 *
 * Most kills are complete on their `Killed process` line. One without a report around it is not: its cgroup may
 * stand in the next line. So the kernel prints them in a storm, ten reports in five seconds and then nothing but
 * such lines. Call this behind every pushed line, if the event must go with that line and cannot wait, as in a
 * filter of records; `oomparse_event_is_of_last_line` then tells whether an event is this line's. A kill that was
 * given out is never given out again. A line that seems to be the first half of a broken one still waits.
 *
 * # Lifetime
 * Ends nothing.
 */
oomparse_result oomparse_parser_give_waiting(struct oomparse_parser *parser);

/**
 * The same for one of several logs.
 *
 * # Lifetime
 * The key must stand until the call returns.
 */
oomparse_result oomparse_parser_give_waiting_keyed(struct oomparse_parser *parser,
                                                   const char *key,
                                                   size_t key_len);

/**
 * Gives out kills of all logs that wait for a further line, where none has come for a while.
 *
 * For hosts that follow a log and give out events alone: call it when nothing was pushed for a second. A line
 * that seemed to be the first half of a broken one is then read as it is. Reports that are still being printed
 * stay open.
 *
 * # Lifetime
 * Ends nothing.
 */
oomparse_result oomparse_parser_give_all_waiting(struct oomparse_parser *parser);

#ifdef __cplusplus
}  // extern "C"
#endif  // __cplusplus

#endif  /* OOMPARSE_H */
