//! The kernel's ring runs over while `watch` stands still.

use super::watch;
use rustix::io::Errno;
use rustix::process::Signal;
use std::fs::{File, OpenOptions};
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

/// Writes that one opened /dev/kmsg lets pass before the kernel's own rate limit strikes.
const WRITES: usize = 8;

/// What every kernel lets one write: `LOG_LINE_MAX` where each record names its caller.
const LONGEST: usize = 976;

/// Long records, so that few are needed.
const RECORD_LEN: usize = 900;

/// Nothing, and why, where the ring must not or cannot be filled.
pub(crate) fn may_run() -> Result<(), String> {
    let asked =
        |name| std::env::var(name).is_ok_and(|value| !matches!(&*value, "" | "0" | "false"));
    if !asked("CI") && !asked("OOMPARSE_FILL_KMSG") {
        return Err("it overwrites the kernel's log; set OOMPARSE_FILL_KMSG=1".to_owned());
    }
    open(true)
        .and_then(|_| open(false))
        .map(drop)
        .map_err(|error| format!("/dev/kmsg: {error}"))
}

fn open(writes: bool) -> std::io::Result<File> {
    let nonblock = i32::try_from(rustix::fs::OFlags::NONBLOCK.bits()).unwrap();
    OpenOptions::new()
        .read(!writes)
        .write(writes)
        .custom_flags(nonblock)
        .open("/dev/kmsg")
}

/// The numbers of the oldest and the newest record that the ring holds.
fn held() -> (u64, u64) {
    let ring = open(false).unwrap();
    let mut record = [0u8; 8192];
    let mut held: Option<(u64, u64)> = None;
    loop {
        let len = match rustix::io::read(&ring, &mut record) {
            Ok(len) => len,
            Err(Errno::PIPE) => continue,
            Err(error) => {
                assert_eq!(error, Errno::AGAIN);
                return held.expect("a record");
            }
        };
        let head = std::str::from_utf8(&record[..len.min(64)]).unwrap_or_default();
        let number = head.split(',').nth(1).and_then(|it| it.parse().ok());
        let number = number.expect("a record's number");
        held = Some((held.map_or(number, |(oldest, _)| oldest), number));
    }
}

/// The kernel's records that come from here on, up to the last one that is there when it is asked.
pub(crate) fn records_from_now() -> impl Iterator<Item = String> {
    let ring = open(false).unwrap();
    rustix::fs::seek(&ring, rustix::fs::SeekFrom::End(0)).unwrap();
    let mut record = [0u8; 8192];
    std::iter::from_fn(move || {
        let len = rustix::io::read(&ring, &mut record).ok()?;
        Some(String::from_utf8_lossy(&record[..len]).into_owned())
    })
}

/// Stops it until what happens then is overwritten; gives the last record that it could read, and the first that is
/// there when it goes on.
pub(crate) fn overrun(watch: &watch::Watch, meanwhile: impl FnOnce()) -> (u64, u64) {
    watch.signal(Signal::STOP);
    thread::sleep(Duration::from_millis(100));
    let (_, newest) = held();
    meanwhile();
    let (_, last) = held();
    let text = "x".repeat(RECORD_LEN);
    let end = Instant::now() + Duration::from_secs(60);
    while held().0 <= last + 50 {
        assert!(Instant::now() < end, "the ring does not run over");
        for _ in 0..16 {
            let mut ring = open(true).unwrap();
            for _ in 0..WRITES {
                let _ = ring.write(text.as_bytes());
            }
        }
    }
    let (oldest, _) = held();
    watch.signal(Signal::CONT);
    (newest, oldest)
}

/// Stopped, overrun, and let go on: it says how many records it did not see, no fewer than are gone
/// and no more than were written, and then goes on.
pub(crate) fn overwritten_records_are_counted() {
    let dir = tempfile::tempdir().unwrap();
    let textfile = dir.path().join("oomparse.prom");
    let watch = watch::start(&["--no-pods", "--textfile", textfile.to_str().unwrap()]);
    let (newest, oldest) = overrun(&watch, || {});
    thread::sleep(Duration::from_secs(1));
    watch.signal(Signal::TERM);
    let (status, _, stderr) = watch.end();
    assert!(status.success(), "{status}: {stderr}");
    let lost: u64 = stderr
        .split_once("/dev/kmsg: ")
        .and_then(|(_, rest)| rest.split_once(" records were overwritten before being read"))
        .and_then(|(number, _)| number.parse().ok())
        .unwrap_or_else(|| panic!("nothing is said of {newest}..{oldest}: {stderr}"));
    // The kernel may have written on its own account meanwhile.
    let gone = oldest - newest - 1;
    assert!(
        (gone..gone + 100).contains(&lost),
        "{gone} are gone: {stderr}"
    );
    assert_eq!(stderr.lines().count(), 1, "{stderr}");
    let counters = std::fs::read_to_string(&textfile).unwrap();
    assert!(
        counters.contains(&format!("\noomparse_records_lost_total {lost}\n")),
        "{counters}"
    );
    println!("    {lost} records overwritten, {gone} when it went on");
}

/// Writes records as long as the kernel takes them, full of what it gives out as `\x01`, and clears the
/// log as `dmesg --clear` does.
pub(crate) fn write_long_and_clear() {
    let (_, before) = held();
    for text in ["\u{1}".repeat(LONGEST), "\u{e9}".repeat(LONGEST / 2)] {
        // The kernel says EINVAL to a longer one.
        let written = open(true).unwrap().write(text.as_bytes());
        assert_eq!(written.unwrap(), text.len());
    }
    let cleared = Command::new("dmesg")
        .arg("-c")
        .stdout(Stdio::null())
        .status();
    assert!(cleared.unwrap().success());
    assert!(held().1 >= before + 2, "what was written is in the ring");
}
