//! The texts and what finds an event's lines again, over every log of the corpus.

use oomparse_core::{OomEvent, Options, Parser};
use oomparse_report::{
    Anonymiser, Lang, Tail, advice, markdown, marks, read_event, row, sentence, view,
};
use std::fs;
use std::path::Path;

/// Each log of the corpus with its events and where their lines stand.
fn each(mut take: impl FnMut(&str, &[u8], &OomEvent, Option<&[u8]>)) {
    let cases = Path::new(env!("CARGO_MANIFEST_DIR")).join("../corpus/cases");
    let mut names: Vec<_> = fs::read_dir(cases).unwrap().flatten().collect();
    names.sort_by_key(fs::DirEntry::file_name);
    assert!(names.len() > 300);
    for case in names {
        let name = case.file_name().into_string().unwrap();
        let log = fs::read(case.path().join("input.log")).unwrap();
        let mut options = Options::default();
        options.tasks = true;
        let mut parser = Parser::with_options(options);
        let mut tail = Tail::default();
        let mut give = |parser: &mut Parser, tail: &mut Tail| {
            while let Some(event) = parser.next_event() {
                let range = tail.find(&event);
                take(
                    &name,
                    &log,
                    &event,
                    range.as_ref().and_then(|range| tail.text(range)),
                );
            }
        };
        for piece in log.chunks(1 << 16) {
            tail.push(piece);
            parser.push_chunk(piece);
            give(&mut parser, &mut tail);
        }
        parser.finish();
        give(&mut parser, &mut tail);
    }
}

#[test]
fn events_come_back_from_their_json() {
    let mut events = 0;
    each(|name, _, event, _| {
        let json = event.to_json();
        let back = read_event(&json).unwrap_or_else(|| panic!("{name}: {json}"));
        assert_eq!(back.to_json(), json, "{name}");
        events += 1;
    });
    assert!(events > 300, "{events}");
}

#[test]
fn what_is_no_event_is_none() {
    for text in [
        "",
        "{}",
        "[]",
        "7",
        r#"{"schema":"oomparse.event/2","type":"kill"}"#,
    ] {
        assert!(read_event(text).is_none(), "{text}");
    }
}

#[test]
fn the_lines_of_an_event_give_the_same_event_again() {
    let (mut events, mut found, mut same) = (0u32, 0u32, 0u32);
    let mut others = Vec::new();
    each(|name, _, event, excerpt| {
        events += 1;
        let Some(excerpt) = excerpt else {
            others.push(format!("{name}: not found"));
            return;
        };
        found += 1;
        let mut options = Options::default();
        options.tasks = true;
        let mut parser = Parser::with_options(options);
        parser.push_chunk(excerpt);
        parser.finish();
        let mut again = std::iter::from_fn(|| parser.next_event());
        let is_same = again.any(|again| {
            again.victim == event.victim
                && again.memory == event.memory
                && again.cgroup == event.cgroup
                && again.tasks == event.tasks
                && again.memcg_stats == event.memcg_stats
        });
        same += u32::from(is_same);
        if !is_same {
            others.push(format!("{name}: another event"));
        }
        let marks = marks(excerpt, event);
        let lines = excerpt.trim_ascii_end().split(|byte| *byte == b'\n');
        assert!(marks.len() >= lines.count(), "{name}");
    });
    println!(
        "{events} events, {found} found, {same} the same\n{}",
        others.join("\n")
    );
    assert!(
        same * 100 >= events * 99,
        "{same} of {events}: {}",
        others.join("\n")
    );
}

#[test]
fn every_event_has_a_sentence_in_each_language() {
    each(|name, _, event, _| {
        let (en, zh) = (
            sentence(event, Lang::En).text(),
            sentence(event, Lang::Zh).text(),
        );
        assert!(en.ends_with('.') && zh.ends_with('。'), "{name}: {en} {zh}");
        for text in [&en, &zh] {
            assert!(!text.chars().any(char::is_control), "{name}: {text:?}");
        }
        for lang in [Lang::En, Lang::Zh] {
            let view = view(event, lang);
            let spans: String = view["sentence"]
                .as_array()
                .unwrap()
                .iter()
                .map(|span| span[0].as_str().unwrap())
                .collect();
            assert!(
                sentence(event, lang).text().ends_with(&spans),
                "{name}: {spans}"
            );
        }
        assert!(row(event).is_object());
        assert!(markdown(event, Lang::Zh).contains('。'));
    });
}

#[test]
fn advice_never_lowers_a_limit_and_says_how_it_reckons() {
    let mut limits = 0;
    each(|name, _, event, _| {
        let Some(limit) = advice(event, Lang::En).and_then(|advice| advice.limit) else {
            return;
        };
        limits += 1;
        let usage = event
            .memory
            .and_then(|memory| memory.usage_bytes)
            .unwrap_or(0);
        let had = event
            .memory
            .and_then(|memory| memory.limit_bytes)
            .unwrap_or(0);
        assert!(limit.bytes > had && limit.bytes > usage, "{name}");
        assert!(
            limit.reckoned.contains(" in use"),
            "{name}: {}",
            limit.reckoned
        );
    });
    assert!(limits > 100, "{limits}");
}

#[test]
fn nothing_private_is_left_of_an_anonymised_event() {
    each(|name, _, event, _| {
        let mut anonymous = event.clone();
        Anonymiser::default().event(&mut anonymous);
        let json = anonymous.to_json();
        let comms = event.tasks.iter().filter_map(|row| row.comm.as_ref());
        let comms = comms.chain(
            event
                .victim
                .as_ref()
                .and_then(|victim| victim.comm.as_ref()),
        );
        let hosts = event.host.iter();
        for text in comms.chain(hosts).filter(|text| text.as_bytes().len() > 5) {
            let text = text.to_display();
            // Words of the schema are not names.
            if !json.contains("process-") || text.contains("system") {
                continue;
            }
            let quoted = format!(":\"{text}\"");
            assert!(!json.contains(&quoted), "{name}: {text}: {json}");
        }
        let ids = [
            event.pod.as_ref().and_then(|pod| pod.uid.clone()),
            event
                .container
                .as_ref()
                .and_then(|container| container.id.clone()),
        ];
        for id in ids.into_iter().flatten() {
            assert!(
                !json.contains(id.get(..12).unwrap_or(&id)),
                "{name}: {id}: {json}"
            );
        }
    });
}
