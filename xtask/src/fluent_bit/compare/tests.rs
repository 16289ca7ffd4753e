use super::*;

fn body(pairs: Vec<(&str, Value)>) -> Vec<u8> {
    let map = pairs.into_iter().map(|(key, value)| (key.into(), value));
    let mut bytes = Vec::new();
    rmpv::encode::write_value(&mut bytes, &Value::Map(map.collect())).unwrap();
    bytes
}

fn event(pid: u64) -> Value {
    let victim = Value::Map(vec![("pid".into(), pid.into())]);
    Value::Map(vec![("schema".into(), 1.into()), ("victim".into(), victim)])
}

fn log(text: &str) -> (&'static str, Value) {
    ("log", Value::from(format!(" node-7 kernel: [{text}")))
}

fn input(uid: Option<&str>) -> Input {
    let uid = uid.map(str::to_owned);
    Input {
        name: "",
        path: "".into(),
        is_json: false,
        is_proven: true,
        lines: 2,
        kills: BTreeMap::from([(1, Kill { pid: 7, uid })]),
    }
}

fn of(input: &Input, before: &[&[u8]], after: &[&[u8]], way: Way) -> Result<Found, String> {
    let case = Case {
        filter: Filter::default(),
        way,
        names: false,
        through_json: false,
        takes_any: false,
    };
    check(input, before, after, &case)
}

#[test]
fn what_is_lost_changed_or_made_up_is_found() {
    let killed = || log(" process 7 (b)");
    let (a, b) = (body(vec![("log", "a".into())]), body(vec![killed()]));
    let enriched = body(vec![killed(), ("oom", event(7))]);
    let beside = body(vec![killed(), ("oom_event", event(7))]);
    let alone = body(vec![("oom", event(7))]);
    let input = input(None);
    let of = |after: &[&[u8]], way| of(&input, &[&a, &b], after, way);
    assert_eq!(of(&[&a, &enriched], Way::Appended).unwrap().events, 1);
    assert_eq!(of(&[&a, &beside], Way::Appended).unwrap().events, 1);
    assert!(
        of(&[&a, &b], Way::Appended)
            .unwrap_err()
            .contains("no event for 1 kills")
    );
    assert_eq!(of(&[&a, &b, &alone], Way::Alone).unwrap().events, 1);
    assert_eq!(of(&[&a, &enriched], Way::EachLine).unwrap().events, 1);
    assert!(of(&[&a, &b], Way::EachLine).is_err());
    let changed = body(vec![log(" process 8 ("), ("oom", event(7))]);
    let other = body(vec![killed(), ("oom", event(8))]);
    let early = body(vec![("log", "a".into()), ("oom", event(7))]);
    let more = body(vec![killed(), ("oom", event(7)), ("x", event(7))]);
    for after in [
        &[&enriched[..]][..],
        &[&b],
        &[&a, &changed],
        &[&a, &other],
        &[&a, &more],
        &[&early, &b],
        &[&a, &b, &b],
    ] {
        for way in [
            Way::Appended,
            Way::Alone,
            Way::Anywhere,
            Way::Dropped,
            Way::EachLine,
        ] {
            assert!(of(after, way).is_err(), "{way:?}");
        }
    }
    assert!(of(&[&a], Way::Appended).is_err());
}

#[test]
fn a_kill_in_a_pod_needs_its_event() {
    let uid = "3962896b-ab69-4572-8f1d-ee756f9f3589";
    let (first, last) = (body(vec![log("x")]), body(vec![log(" process 7 (")]));
    let enriched = body(vec![log(" process 7 ("), ("oom", event(7))]);
    let input = input(Some(uid));
    for after in [&last, &enriched] {
        assert!(of(&input, &[&first, &last], &[&first, after], Way::Appended).is_err());
    }
}

#[test]
fn only_lines_of_reports_may_be_left_out() {
    let ordinary = body(vec![("log", "a".into())]);
    let (first, last) = (body(vec![log("x")]), body(vec![log(" process 7 (")]));
    let enriched = body(vec![log(" process 7 ("), ("oom", event(7))]);
    let before: [&[u8]; 4] = [&first, &last, &ordinary, &first];
    let input = input(None);
    let of = |after: &[&[u8]]| self::of(&input, &before, after, Way::Dropped);
    let found = of(&[&enriched, &ordinary]).unwrap();
    assert_eq!((found.dropped, found.events), (2, 1));
    assert_eq!(of(&[&first, &enriched, &ordinary]).unwrap().dropped, 1);
    assert!(of(&[&enriched]).is_err());
    assert!(of(&[&ordinary, &enriched]).is_err());
    let before: [&[u8]; 2] = [&body(vec![log("1] audit: type=1400")]), &last];
    let input = self::input(None);
    assert!(self::of(&input, &before, &[&enriched], Way::Dropped).is_err());
}

#[test]
fn text_of_unknown_origin_needs_no_event() {
    let (a, b) = (body(vec![log("a")]), body(vec![log(" process 7 (")]));
    let enriched = body(vec![log(" process 7 ("), ("oom", event(7))]);
    let unproven = Input {
        is_proven: false,
        ..input(None)
    };
    let before: [&[u8]; 2] = [&a, &b];
    assert!(of(&unproven, &before, &before, Way::Appended).is_ok());
    assert!(of(&unproven, &before, &[&a, &enriched], Way::Appended).is_err());
}
