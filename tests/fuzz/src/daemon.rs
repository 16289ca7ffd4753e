//! Lines of other killers and bystanders: whatever they hold, each event is of a form that the record has, and the
//! same lines from a workload are nothing.

use super::MAX_INPUT;
use oomparse_core::{Accept, Daemon, EventType, OomEvent, Options, Parser};

/// Lines that are looked at.
const MAX_LINES: usize = 64;

/// The longest name that a process has, and its escapes in a kernel's line.
const LONGEST_COMM: usize = 75;

/// Heads after which a line is a workload's, or some other program's.
const OTHERS: [&str; 5] = [
    "2026-01-05T02:12:02.000000000Z stdout F ",
    "2026-01-05T02:12:02.000000000Z stderr F ",
    "Jan  5 02:12:02 n1 app[7]: ",
    "Jan  5 02:12:02 n1 app[7]: earlyoom[7]: ",
    "<14>Jan  5 02:12:02 n1 my-kubelet[7]: ",
];

/// Daemons' lines, with and without somebody to say whose they are.
///
/// # Panics
/// Where a promise is broken.
pub fn daemon(data: &[u8]) {
    let data = &data[..data.len().min(MAX_INPUT)];
    let origins = Daemon::ALL;
    let pick = usize::from(data.first().copied().unwrap_or(0)) % (origins.len() + 1);
    let mut options = all();
    options.origin = origins.get(pick).copied();
    let whole = events(&options, &mut core::iter::once(data));
    let size = usize::from(data.last().copied().unwrap_or(0)) % 97 + 1;
    let pieces = events(&options, &mut data.chunks(size));
    assert_eq!(whole, pieces, "chunks of {size}");
    whole.iter().for_each(has_its_form);
    let has_voices = |event: &OomEvent| {
        !matches!(
            event.event_type,
            EventType::Kill | EventType::NoVictim | EventType::Report
        )
    };
    let kernels = events(&Options::default(), &mut core::iter::once(data));
    assert!(
        !kernels.iter().any(has_voices),
        "nobody asked for the daemons"
    );
    OTHERS.iter().for_each(|head| is_nothing(data, head));
}

fn all() -> Options {
    let mut options = Options::default();
    options.accept = Accept::ANY.and_all_daemons();
    options
}

fn events(options: &Options, pieces: &mut dyn Iterator<Item = &[u8]>) -> Vec<OomEvent> {
    let mut parser = Parser::with_options(options.clone());
    for piece in pieces {
        parser.push_chunk(piece);
    }
    parser.finish();
    core::iter::from_fn(|| parser.next_event()).collect()
}

/// What the record promises of each type.
fn has_its_form(event: &OomEvent) {
    let json = event.to_json();
    let told = event.testimony.as_deref();
    match event.event_type {
        EventType::UserspaceKill => {
            let is_told = told.is_some_and(|it| it.killer.is_some() && it.stage.is_some());
            assert!(is_told, "whose, and how far: {json}");
        }
        EventType::Eviction => {
            let named = event.pod.as_ref();
            let named = named.is_some_and(|pod| pod.uid.is_some() || pod.name.is_some());
            assert!(named, "of no pod: {json}");
        }
        EventType::Notice => {
            assert!(
                told.is_some_and(|it| it.reporter.is_some()),
                "whose: {json}"
            );
        }
        _ => {}
    }
    let own = event.victim.iter().filter_map(|it| it.comm.as_ref());
    let list = told.map(|it| it.victims.as_slice()).unwrap_or_default();
    for comm in own.chain(list.iter().filter_map(|it| it.comm.as_ref())) {
        assert!(comm.as_bytes().len() <= LONGEST_COMM, "no comm: {json}");
    }
    if let Some(id) = event.container.as_ref().and_then(|it| it.id.as_deref()) {
        let is_hex = id.bytes().all(|byte| byte.is_ascii_hexdigit());
        assert!(id.len() >= 12 && is_hex, "no container's id: {json}");
    }
    let path = event.cgroup.as_ref().and_then(|it| it.task_memcg.as_ref());
    if let Some(path) = path {
        assert_eq!(path.as_bytes().first(), Some(&b'/'), "no path: {json}");
    }
    assert!(json.ends_with('}') && !json.contains('\n'));
    // A text may say so too, and a quote in it follows a backslash.
    let plain = json.replace(r"\\", "").replace(r#"\""#, "");
    assert!(!plain.contains(r#"":null"#), "{json}");
}

/// Line by line after a head that shows another author.
fn is_nothing(log: &[u8], head: &str) {
    let mut parser = Parser::with_options(all());
    for line in log.split(|byte| *byte == b'\n').take(MAX_LINES) {
        let shown: Vec<u8> = head.bytes().chain(line.iter().copied()).collect();
        parser.push_line(&shown);
    }
    parser.finish();
    if let Some(event) = parser.next_event() {
        panic!("another's text after `{head}`: {}", event.to_json());
    }
}
