//! However a log reaches the parser, the events are the same: at once, line by line, in chunks cut anywhere, with
//! ordinary lines in between.

use libtest_mimic::{Arguments, Failed, Trial};
use oomparse_tests::{
    Case, cases, lines, negatives, parse_frames, parse_in_chunks, parse_lines, parse_pieces,
    parse_whole, with_noise,
};

/// Chunk sizes: every cut, cuts inside every number and name, page and pipe sizes.
const SIZES: &[usize] = &[1, 2, 3, 5, 7, 13, 31, 64, 127, 512, 1021, 4096, 65_536];

/// Logs whose lines are put back into shape before they are framed.
const PASTED: [&str; 3] = ["-quoted-printable", "-glued-", "-wrapped-"];

fn main() {
    let arguments = Arguments::from_args();
    let all = cases().and_then(|mut all| {
        all.extend(negatives()?);
        Ok(all)
    });
    let all = all.unwrap_or_else(|error| {
        eprintln!("{error}");
        std::process::exit(1)
    });
    if all.is_empty() {
        eprintln!("no cases found");
        std::process::exit(1);
    }
    let trials = all.into_iter().flat_map(tests_of).collect();
    libtest_mimic::run(&arguments, trials).exit();
}

fn tests_of(case: Case) -> Vec<Trial> {
    let mut trials = Vec::new();
    let mut test = |what: &str, run: fn(&Case) -> Result<(), Failed>| {
        let case = case.clone();
        trials.push(Trial::test(format!("{what}::{}", case.name), move || {
            run(&case)
        }));
    };
    test("lines", line_by_line);
    let is_pasted = PASTED.iter().any(|how| case.name.contains(how));
    // What a terminal broke is joined, and a daemon's own form and an object are read, before a line is framed.
    let needs_lines = case.word("needs") == Some("whole lines");
    if !is_pasted && !needs_lines {
        test("frames", by_frames);
    }
    test("chunks", in_chunks);
    test("line_ends", with_other_line_ends);
    if with_noise(&case, 1).is_some() {
        test("noise", among_noise);
    }
    trials
}

fn same(what: &str, whole: &[String], other: &[String]) -> Result<(), Failed> {
    if whole == other {
        return Ok(());
    }
    Err(format!("{what}\n  at once: {whole:#?}\n  now:     {other:#?}").into())
}

fn line_by_line(case: &Case) -> Result<(), Failed> {
    same(
        "line by line",
        &parse_whole(&case.options, &case.input),
        &parse_lines(&case.options, &case.input),
    )
}

fn by_frames(case: &Case) -> Result<(), Failed> {
    same(
        "line by line, framed before",
        &parse_whole(&case.options, &case.input),
        &parse_frames(&case.options, &case.input),
    )
}

fn in_chunks(case: &Case) -> Result<(), Failed> {
    let whole = parse_whole(&case.options, &case.input);
    for &size in SIZES {
        let cut = parse_in_chunks(&case.options, &case.input, size);
        same(&format!("chunks of {size}"), &whole, &cut)?;
    }
    // Two pieces, cut at each line end and on both sides of it.
    let mut end = 0;
    for line in case.input.split_inclusive(|&byte| byte == b'\n') {
        end += line.len();
        for cut in [end - 1, end, (end + 1).min(case.input.len())] {
            let (head, tail) = case.input.split_at(cut);
            let both = parse_pieces(&case.options, [head, tail]);
            same(&format!("cut at byte {cut}"), &whole, &both)?;
        }
    }
    Ok(())
}

fn with_other_line_ends(case: &Case) -> Result<(), Failed> {
    let mut crlf = Vec::new();
    for line in lines(&case.input) {
        crlf.extend_from_slice(line);
        crlf.extend_from_slice(b"\r\n");
    }
    same(
        "CRLF",
        &parse_whole(&case.options, &case.input),
        &parse_whole(&case.options, &crlf),
    )?;
    let bare = case.input.strip_suffix(b"\n").unwrap_or(&case.input);
    same(
        "no last line end",
        &parse_whole(&case.options, &case.input),
        &parse_whole(&case.options, bare),
    )
}

fn among_noise(case: &Case) -> Result<(), Failed> {
    let whole = parse_whole(&case.options, &case.input);
    for every in [1, 2, 3, 7] {
        let Some(noisy) = with_noise(case, every) else {
            continue;
        };
        let events = parse_whole(&case.options, &noisy);
        same(&format!("noise after every {every} lines"), &whole, &events)?;
    }
    Ok(())
}
