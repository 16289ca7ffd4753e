//! `scan --range`: a part of one large file.

mod support;

use std::fs;
use support::{directory, root, run, stderr, stdout};

#[test]
fn the_parts_of_a_file_give_what_the_whole_gives() {
    let path = directory("parts").join("kern.log");
    let path = path.to_str().unwrap();
    let mut log = Vec::new();
    for case in ["077-rhel9-crio", "477-captured-6-12-group-pod"] {
        log.extend(fs::read(root().join(format!("corpus/cases/{case}/input.log"))).unwrap());
    }
    fs::write(path, &log).unwrap();
    let scan = |range: &[&str]| {
        let args = [&["scan", "--format", "json", path], range].concat();
        stdout(&run(&args)).to_owned()
    };
    let whole = scan(&[]);
    assert!(whole.lines().count() > 2, "{whole}");
    for middle in (0..=log.len()).step_by(971) {
        let parts = [
            scan(&["--range", &format!("0-{middle}")]),
            scan(&["--range", &format!("{middle}-")]),
        ];
        assert_eq!(parts.concat(), whole, "cut at {middle}");
    }
}

#[test]
fn a_part_of_what_is_packed_is_refused() {
    let path = directory("packed-parts").join("kern.log.gz");
    fs::write(&path, [0x1f, 0x8b, 0x08, 0, 0, 0, 0, 0]).unwrap();
    let path = path.to_str().unwrap();
    for (args, said) in [
        (
            &["scan", "--range", "0-9", path][..],
            "cannot be read in parts; read it whole",
        ),
        (&["scan", "--range", "0-9"], "is of one file"),
        (
            &["scan", "--range", "9-1", path],
            "a range must not end before its start",
        ),
    ] {
        let output = run(args);
        let said_here = stderr(&output);
        assert_eq!(output.status.code(), Some(2), "{said_here}");
        assert!(said_here.contains(said), "{said_here}");
    }
}
