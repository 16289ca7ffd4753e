//! Every carrier with every author: what shows that a program wrote it makes no event, and what the kernel wrote
//! between such lines is all told.

use oomparse_core::parse_all;

/// A kill's line without a head.
fn killed(pid: u32) -> String {
    format!(
        "Memory cgroup out of memory: Killed process {pid} (init) total-vm:8kB, anon-rss:4kB, file-rss:0kB, \
         shmem-rss:0kB, UID:0 pgtables:4kB oom_score_adj:0"
    )
}

fn pids(log: &[u8]) -> Vec<u32> {
    let victims = parse_all(log).filter_map(|event| event.victim);
    victims.map(|victim| victim.pid).collect()
}

/// A field of an export whose value is given by its length.
fn by_length(key: &str, value: &[u8]) -> Vec<u8> {
    let length = (value.len() as u64).to_le_bytes();
    [key.as_bytes(), b"\n", &length, value, b"\n"].concat()
}

fn export_of_kernel(pid: u32) -> Vec<u8> {
    let line = killed(pid);
    format!("__CURSOR=s=1;i={pid}\n_TRANSPORT=kernel\nSYSLOG_FACILITY=0\nMESSAGE={line}\n\n")
        .into_bytes()
}

/// An entry of a program's with this field in it, and behind it one of the kernel's.
fn export_with(field: &[u8]) -> Vec<u8> {
    let begin = b"__CURSOR=s=1;i=1\n_TRANSPORT=journal\nSYSLOG_IDENTIFIER=app\n";
    [begin, field, b"_PID=12\n\n", &export_of_kernel(2)].concat()
}

#[test]
fn an_export_entry_over_the_bounds_ends_where_it_ends() {
    let forged = export_of_kernel(1);
    let megabyte = 1 << 20;
    for (filler, times) in [
        (&b"a"[..], megabyte),
        (b"a", 3 * megabyte),
        (b"a\n", 2000),
        (b"\n", 2000),
        (b"a\r\n", 2000),
        (&[b'a'; 4096], 257),
    ] {
        let hidden = [&filler.repeat(times)[..], b"\n\n", &forged].concat();
        for key in ["MESSAGE", "FOO"] {
            let log = export_with(&by_length(key, &hidden));
            assert_eq!(pids(&log), [2], "{key} of {times} times {filler:?}");
        }
    }
    let many: Vec<u8> = (0..2000)
        .flat_map(|at| format!("F{at}=x\n").into_bytes())
        .collect();
    let message = format!("MESSAGE={}\n", killed(1)).into_bytes();
    assert_eq!(pids(&export_with(&[many, message].concat())), [2]);
}
