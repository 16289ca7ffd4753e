//! The kernel's output in a storm, after its rate limit suppresses the reports: only the lines of the kills.

/// Syslog lines of so many kills, by turns as 5.x and as 4.14 print them.
pub(crate) fn of_bare_kills(count: usize) -> String {
    let kill = |number: usize| {
        let rest = ["", ", UID:0 pgtables:56kB oom_score_adj:968"][number % 2];
        format!(
            "Jan  5 02:12:02 node-7 kernel: [{}.{:06}] Memory cgroup out of memory: Killed process {} (java) \
             total-vm:18896kB, anon-rss:16456kB, file-rss:516kB, shmem-rss:4kB{rest}\n",
            900_000 + number / 100,
            number % 100 * 10_000,
            4_000_000 + number
        )
    };
    (0..count).map(kill).collect()
}
