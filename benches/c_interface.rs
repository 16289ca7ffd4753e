//! What a line costs through the C interface, beside the Rust call.
//!
//! The functions are called through pointers, as a program that links the library does.
#![allow(unsafe_code, reason = "the C interface is called as C does")]

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use oomparse::{
    oomparse_line_is_candidate, oomparse_parser, oomparse_parser_free, oomparse_parser_new,
    oomparse_parser_push, oomparse_parser_push_keyed, oomparse_result,
};
use oomparse_benches::ordinary_line;
use oomparse_core::Parser;
use rustix::time::{ClockId, clock_gettime};
use std::ffi::c_char;
use std::hint::black_box;
use std::mem::MaybeUninit;

type Push = unsafe extern "C" fn(Option<&oomparse_parser>, *const c_char, usize) -> oomparse_result;

/// Nanoseconds of the first, and what the second takes beyond it: the thread's own CPU time, in turns,
/// the middle of many rounds. So another program's work counts for neither.
fn compare(mut first: impl FnMut(), mut second: impl FnMut()) -> (f64, f64) {
    const CALLS: u32 = 20_000;
    let time = |call: &mut dyn FnMut()| {
        let now = || {
            let time = clock_gettime(ClockId::ThreadCPUTime);
            time.tv_sec as f64 * 1e9 + time.tv_nsec as f64
        };
        let start = now();
        (0..CALLS).for_each(|_| call());
        (now() - start) / f64::from(CALLS)
    };
    let middle = |mut numbers: Vec<f64>| {
        numbers.sort_by(f64::total_cmp);
        numbers[numbers.len() / 2]
    };
    let rounds: Vec<(f64, f64)> = (0..501)
        .map(|_| (time(&mut first), time(&mut second)))
        .collect();
    (
        middle(rounds.iter().map(|round| round.0).collect()),
        middle(rounds.iter().map(|round| round.1 - round.0).collect()),
    )
}

fn one_line(criterion: &mut Criterion) {
    let line = ordinary_line();
    let (data, len) = (line.as_ptr().cast::<c_char>(), line.len());
    let mut handle = MaybeUninit::uninit();
    assert_eq!(
        oomparse_parser_new(None, Some(&mut handle)),
        oomparse_result::Ok
    );
    // SAFETY: the call succeeded, so that a parser was written; it is given back below.
    let parser = unsafe { Box::from_raw(handle.assume_init()) };
    let mut group = criterion.benchmark_group("ordinary line");
    group.throughput(Throughput::Bytes(line.len() as u64));
    let mut core = Parser::new();
    group.bench_function("Rust", |b| b.iter(|| core.push_line(black_box(&line))));
    let push: Push = black_box(oomparse_parser_push);
    group.bench_function("C", |b| {
        // SAFETY: the line stands for the whole of the call.
        b.iter(|| unsafe { push(Some(&parser), black_box(data), black_box(len)) });
    });
    let keyed = black_box(oomparse_parser_push_keyed as unsafe extern "C" fn(_, _, _, _, _) -> _);
    group.bench_function("C, keyed", |b| {
        let key = c"/var/log/kern.log";
        // SAFETY: as above; so does the key.
        b.iter(|| unsafe {
            keyed(
                Some(&*parser),
                key.as_ptr(),
                key.count_bytes(),
                black_box(data),
                black_box(len),
            )
        });
    });
    let cost = compare(
        || {
            core.push_line(black_box(&line));
        },
        || {
            // SAFETY: as above.
            unsafe { push(Some(&parser), black_box(data), black_box(len)) };
        },
    );
    println!("ordinary line: Rust {:.1} ns, C {:+.1} ns", cost.0, cost.1);
    let candidate = black_box(oomparse_line_is_candidate as unsafe extern "C" fn(_, _) -> _);
    group.bench_function("C, oomparse_line_is_candidate", |b| {
        // SAFETY: as above.
        b.iter(|| unsafe { candidate(black_box(data), black_box(len)) });
    });
    group.finish();
    oomparse_parser_free(Some(parser));
}

criterion_group! {
    name = benches;
    config = Criterion::default().sample_size(50);
    targets = one_line
}
criterion_main!(benches);
