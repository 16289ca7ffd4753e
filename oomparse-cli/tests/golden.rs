//! What people read, as the program writes it at 80 and 160 columns.
//!
//! `OOMPARSE_BLESS=1 cargo test -p oomparse-cli --test golden` writes the files anew.

mod support;

use std::env;
use std::fs;
use std::path::Path;
use support::{cases, oomparse, stdout};

fn check(name: &str, columns: &str, args: &[&str]) {
    let output = oomparse(args)
        .env("COLUMNS", columns)
        .current_dir(support::root())
        .output()
        .unwrap();
    let text = stdout(&output);
    let width: usize = columns.parse().unwrap();
    for line in text.lines() {
        assert!(line.chars().count() <= width, "{name}: {line}");
        assert_eq!(line.trim_end(), line, "{name}");
        assert!(!line.chars().any(char::is_control), "{name}: {line:?}");
    }
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/golden/{name}.txt"));
    if env::var_os("OOMPARSE_BLESS").is_some() {
        fs::write(&path, text).unwrap();
    }
    let expected = fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(text, expected, "{name}: read the difference, then bless it");
}

fn check_both(name: &str, begin: &[&str], format: &str) {
    let logs: Vec<String> = begin.iter().flat_map(|begin| cases(begin)).collect();
    assert!(!logs.is_empty(), "{name}");
    let mut args = vec!["scan", "--format", format];
    args.extend(logs.iter().map(String::as_str));
    for columns in ["80", "160"] {
        check(&format!("{name}-{columns}"), columns, &args);
    }
}

#[test]
fn golden_container_limit() {
    check_both("container-limit", &["077"], "report");
}

#[test]
fn golden_pod_limit_and_group() {
    check_both("group", &["477", "048"], "report");
}

#[test]
fn golden_machine() {
    check_both("machine", &["481", "479", "064"], "report");
}

#[test]
fn golden_shmem_and_swap() {
    check_both("shmem-and-swap", &["473", "471"], "report");
}

#[test]
fn golden_rate_limited() {
    check_both("rate-limited", &["489"], "report");
}

#[test]
fn golden_nobody_killed() {
    let begin = [
        "120-", "121-", "122-", "123-", "124-", "125-", "126-", "127-", "128-", "129-",
    ];
    check_both("nobody-killed", &begin, "report");
}

#[test]
fn golden_hostile_names() {
    check_both("hostile-names", &["25", "441", "442"], "report");
}

#[test]
fn golden_table() {
    check_both("table", &["40", "41", "48"], "table");
}

#[test]
fn ascii_where_the_locale_is() {
    let logs = cases("477");
    let output = oomparse(&["scan", "--format", "report", &logs[0]])
        .env("LC_ALL", "C")
        .output()
        .unwrap();
    assert!(stdout(&output).is_ascii(), "{}", stdout(&output));
    assert!(stdout(&output).contains("limit      #####"));
}
