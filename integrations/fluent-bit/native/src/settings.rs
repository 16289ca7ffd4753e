//! The options of the `[FILTER]` section.

use oomparse_core::{Accept, Daemon, Options};
use oomparse_host::{Key, Places};
use std::time::Duration;

/// What becomes of events.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Mode {
    /// The event goes into the record that completes it.
    #[default]
    Enrich,
    /// Each event is a record of its own.
    Events,
}

/// The names of the options, as they are written in the documentation. Fluent Bit has `Match`, `Alias`,
/// `Log_Level` and its like itself.
pub const OPTIONS: [&str; 16] = [
    "Key",
    "Pods",
    "Labels",
    "Mode",
    "Trust",
    "Sources",
    "Origin",
    "Event_Key",
    "Drop_Report",
    "Since",
    "Tasks",
    "Host",
    "Boot_Id",
    "Utc_Offset",
    "Cgroup_Roots",
    "Counts_Every",
];

/// Where a node's kubelet keeps the logs of its pods: read for names unless `Pods` says otherwise.
const POD_LOGS: &str = "/var/log/pods";

/// What a `[FILTER]` section says.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    /// The record's keys that may hold the text, first come first; empty for the usual ones.
    pub places: Places,
    /// Where names of pods stand.
    pub pods: Vec<String>,
    /// Nobody named it: the node's own directory.
    pub pods_by_default: bool,
    /// Labels to keep.
    pub labels: Vec<String>,
    /// What becomes of events.
    pub mode: Mode,
    /// Where the event goes; `oom`.
    pub event_key: String,
    /// Leave out the records that events were made of (mode `events`).
    pub drop_report: bool,
    /// Kills of before the filter's start are not emitted: an input may read again what another run read.
    pub since_start: bool,
    /// How often a record with the counts is emitted.
    pub counts_every: Option<Duration>,
    /// The parser's options.
    pub parser: Options,
}

impl Settings {
    /// Reads the options; `get` gives an option's value.
    ///
    /// # Errors
    /// A sentence that names the option.
    pub fn read(get: impl Fn(&str) -> Option<String>) -> Result<Self, String> {
        let list = |name: &str| items(&get(name).unwrap_or_default());
        let word = |name: &str| get(name).map(|word| word.trim().to_ascii_lowercase());
        let settings = Self {
            places: Places {
                text: keys(&list("Key"))?,
                stream: None,
            },
            pods: match word("Pods").as_deref() {
                None => std::path::Path::new(POD_LOGS)
                    .is_dir()
                    .then(|| POD_LOGS.to_owned())
                    .into_iter()
                    .collect(),
                Some("none" | "off") => Vec::new(),
                Some(_) => list("Pods"),
            },
            pods_by_default: get("Pods").is_none(),
            labels: list("Labels"),
            mode: match word("Mode").as_deref() {
                None | Some("enrich") => Mode::Enrich,
                Some("events") => Mode::Events,
                Some(other) => return Err(format!("Mode is `enrich` or `events`, not `{other}`")),
            },
            event_key: get("Event_Key").unwrap_or_else(|| "oom".to_owned()),
            drop_report: is_on("Drop_Report", word("Drop_Report"))?,
            since_start: match word("Since").as_deref() {
                None | Some("all") => false,
                Some("start") => true,
                Some(other) => return Err(format!("Since is `all` or `start`, not `{other}`")),
            },
            counts_every: counts_every(get("Counts_Every"))?,
            parser: parser_options(&get)?,
        };
        if settings.event_key.is_empty() {
            return Err("Event_Key must not be empty".to_owned());
        }
        if settings.event_key == "kubernetes" {
            return Err("Event_Key must not be `kubernetes`: the pod's names go there".to_owned());
        }
        if settings.drop_report && settings.mode != Mode::Events {
            return Err("Drop_Report needs `Mode events`".to_owned());
        }
        Ok(settings)
    }

    /// The option that is none, if there is one among these names.
    #[must_use]
    pub fn unknown<'n>(names: impl IntoIterator<Item = &'n str>) -> Option<&'n str> {
        // Fluent Bit's own, which it leaves in the list or not, depending on its version.
        const HOSTS: [&str; 7] = [
            "name",
            "match",
            "match_regex",
            "alias",
            "log_level",
            "log_suppress_interval",
            "active",
        ];
        names.into_iter().find(|name| {
            let is = |known: &&str| known.eq_ignore_ascii_case(name);
            !OPTIONS.iter().any(&is) && !HOSTS.iter().any(&is)
        })
    }
}

/// The parser's options.
fn parser_options(get: impl Fn(&str) -> Option<String>) -> Result<Options, String> {
    let list = |name: &str| items(&get(name).unwrap_or_default());
    let word = |name: &str| get(name).map(|word| word.trim().to_ascii_lowercase());
    let mut options = Options::default();
    options.accept = match word("Trust").as_deref() {
        None | Some("kernel") => Accept::KERNEL,
        Some("any") => Accept::ANY,
        Some(other) => return Err(format!("Trust is `kernel` or `any`, not `{other}`")),
    };
    for name in list("Sources") {
        options.accept = match name.as_str() {
            "all" => options.accept.and_all_daemons(),
            name => options.accept.and(daemon("Sources", name)?),
        };
    }
    options.origin = match get("Origin") {
        None => None,
        Some(name) => Some(daemon("Origin", name.trim())?),
    };
    options.tasks = is_on("Tasks", word("Tasks"))?;
    options.host = get("Host").map(String::into_bytes);
    options.boot_id = get("Boot_Id").map(String::into_bytes);
    for root in list("Cgroup_Roots") {
        if !options.cgroup_roots.add(root.as_bytes()) {
            return Err(format!(
                "Cgroup_Roots are paths that begin with `/`, not `{root}`"
            ));
        }
    }
    options.utc_offset_minutes = match get("Utc_Offset") {
        None => None,
        Some(text) => {
            let minutes = offset(&text);
            Some(minutes.ok_or(format!("Utc_Offset is as `+02:00` or `Z`, not `{text}`"))?)
        }
    };
    Ok(options)
}

/// The items of a list with commas.
fn items(text: &str) -> Vec<String> {
    let items = text.split(',').map(str::trim);
    items
        .filter(|item| !item.is_empty())
        .map(str::to_owned)
        .collect()
}

fn daemon(option: &str, name: &str) -> Result<Daemon, String> {
    Daemon::from_name(name).ok_or_else(|| {
        format!(
            "{option}: `{name}` is not a daemon whose lines are read, as `earlyoom` or `kubelet`"
        )
    })
}

fn keys(written: &[String]) -> Result<Vec<Key>, String> {
    let key = |text: &String| text.parse().map_err(|error| format!("Key: {error}"));
    written.iter().map(key).collect()
}

fn is_on(name: &str, word: Option<String>) -> Result<bool, String> {
    match word.as_deref() {
        Some("on" | "true" | "yes" | "1") => Ok(true),
        None | Some("off" | "false" | "no" | "0") => Ok(false),
        Some(other) => Err(format!("{name} is `on` or `off`, not `{other}`")),
    }
}

/// Seconds between two records of counts; none is never.
fn counts_every(text: Option<String>) -> Result<Option<Duration>, String> {
    let Some(text) = text else { return Ok(None) };
    match text.trim().parse() {
        Ok(0) => Ok(None),
        Ok(seconds) => Ok(Some(Duration::from_secs(seconds))),
        Err(_) => Err(format!("Counts_Every is a number of seconds, not `{text}`")),
    }
}

/// `+02:00`, `-0330`, `Z` as minutes east of UTC.
fn offset(text: &str) -> Option<i16> {
    let text = text.trim();
    if text.eq_ignore_ascii_case("z") || text.eq_ignore_ascii_case("utc") {
        return Some(0);
    }
    let (sign, digits) = match text.split_at_checked(1)? {
        ("+", digits) => (1, digits),
        ("-", digits) => (-1, digits),
        _ => return None,
    };
    let digits = digits.replace(':', "");
    if digits.len() != 4 || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let (hours, minutes) = digits.split_at(2);
    let (hours, minutes): (i16, i16) = (hours.parse().ok()?, minutes.parse().ok()?);
    (hours < 24 && minutes < 60).then_some(sign * (hours * 60 + minutes))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(options: &[(&str, &str)]) -> Result<Settings, String> {
        Settings::read(|name| {
            let found = options
                .iter()
                .find(|(key, _)| key.eq_ignore_ascii_case(name));
            found.map(|(_, value)| (*value).to_owned())
        })
    }

    #[test]
    fn defaults_take_only_the_kernels_word() {
        let settings = read(&[]).unwrap();
        assert_eq!(settings.parser.accept, Accept::KERNEL);
        assert_eq!(settings.event_key, "oom");
        assert_eq!(settings.mode, Mode::Enrich);
    }

    #[test]
    fn daemons_are_read_where_they_are_asked_for() {
        let settings = read(&[("Sources", "earlyoom, kubelet"), ("Origin", "nohang")]).unwrap();
        let kernel = Accept::KERNEL.and(Daemon::EarlyOom).and(Daemon::Kubelet);
        assert_eq!(settings.parser.accept, kernel);
        assert_eq!(settings.parser.origin, Some(Daemon::Nohang));
        let all = read(&[("sources", "all"), ("trust", "any")]).unwrap();
        assert_eq!(all.parser.accept, Accept::ANY.and_all_daemons());
    }

    #[test]
    fn what_makes_no_sense_is_refused_with_a_sentence() {
        for (option, value) in [
            ("mode", "event"),
            ("trust", "all"),
            ("sources", "earlyoom, sh"),
            ("origin", "all"),
            ("tasks", "maybe"),
            ("cgroup_roots", "user.slice"),
            ("utc_offset", "2"),
            ("utc_offset", "+24:00"),
            ("event_key", ""),
            ("event_key", "kubernetes"),
            ("drop_report", "on"),
            ("key", "$a[b]"),
            ("since", "boot"),
            ("counts_every", "1m"),
        ] {
            let sentence = read(&[(option, value)]).unwrap_err();
            assert!(
                sentence.to_ascii_lowercase().starts_with(option),
                "{sentence}"
            );
        }
        assert_eq!(Settings::unknown(["Match", "key", "Mdoe"]), Some("Mdoe"));
        assert_eq!(Settings::unknown(["log_level", "PODS"]), None);
    }

    #[test]
    fn a_nodes_own_pods_are_the_default() {
        let of = |options: &[(&str, &str)]| read(options).unwrap().pods;
        let here = std::path::Path::new(POD_LOGS).is_dir();
        assert_eq!(of(&[]), if here { &[POD_LOGS][..] } else { &[] });
        assert!(of(&[("Pods", "None")]).is_empty());
        assert_eq!(of(&[("pods", "/A/b, c")]), ["/A/b", "c"]);
    }

    #[test]
    fn offsets() {
        for (text, minutes) in [("+08:00", 480), ("-0330", -210), ("z", 0)] {
            assert_eq!(offset(text), Some(minutes));
        }
    }
}
