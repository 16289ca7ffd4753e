//! `oomparse npd`: a custom plugin of node-problem-detector.
//!
//! Its protocol: exit status 0 means healthy, 1 a problem, 2 unknown; the message is one line of at most 80
//! bytes, or NPD cuts it. Each run reports the kills since the run before, which is recorded in a file.

use crate::Found;
use crate::pods::{PodArgs, Which};
use crate::replace::{Lasting, replace};
use crate::watch::{Feed as _, Kmsg, Next, Start};
use oomparse_core::{EventType, OomEvent, Options, Parser, Scope, enrich};
use oomparse_report::units::bytes;
use oomparse_report::{name_of, on_screen, pod_name, printable, unix_seconds};
use std::fs;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

const EXAMPLES: &str = "\
Example, as a rule of a custom plugin's configuration (deploy/npd/oomparse.json):
  {\"type\": \"temporary\", \"reason\": \"PodOOMKilling\", \"path\": \"/usr/bin/oomparse\",
   \"args\": [\"npd\", \"--state\", \"/var/lib/oomparse/npd\"], \"timeout\": \"5s\"}

Exit status, as node-problem-detector wants it: 0 no new kill, 1 kills, 2 the log could not be read.";

/// Tell the kills since the last run, as a custom plugin of node-problem-detector.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct NpdArgs {
    /// A log to read instead of /dev/kmsg; `-` is standard input
    #[arg(value_name = "FILE")]
    file: Option<PathBuf>,

    /// Remember here what was reported; without it each run reports all that the kernel still holds
    #[arg(long, value_name = "FILE")]
    state: Option<PathBuf>,

    /// The longest message, in bytes: NPD's max_output_length
    #[arg(long, value_name = "BYTES", default_value_t = 80, value_parser = clap::value_parser!(u16).range(20..=4096))]
    max_length: u16,

    #[command(flatten)]
    pods: PodArgs,
}

/// Reads, reports and remembers.
pub(crate) fn run(args: &NpdArgs) -> io::Result<Found> {
    let (boot, kills) = match read(args) {
        Ok(read) => read,
        // NPD shows the standard output.
        Err(sentence) => {
            println!("{}", shorten(&on_screen(&sentence), args.max_length.into()));
            return Ok(Found::Trouble);
        }
    };
    let reported = args
        .state
        .as_deref()
        .map_or(0, |path| reported(path, &boot));
    let new: Vec<&OomEvent> = kills.iter().filter(|event| at(event) > reported).collect();
    let Some(last) = new.last() else {
        return Ok(Found::Some);
    };
    let latest = new.iter().map(|event| at(event)).max().unwrap_or(reported);
    if let Some(path) = &args.state {
        let text = format!("oomparse.npd/1 {boot} {latest}\n");
        if let Err(error) = replace(path, text.as_bytes(), Lasting::Run) {
            crate::complain(&path.display().to_string(), &error);
        }
    }
    let more = match new.len() {
        1 => String::new(),
        n => format!("{n} OOM kills, last "),
    };
    let message = format!("{more}{}", message(last));
    println!("{}", shorten(&on_screen(&message), args.max_length.into()));
    Ok(Found::Problem)
}

/// The boot of the log, `-` if it is not certainly the current one, and its kills with names.
fn read(args: &NpdArgs) -> Result<(String, Vec<OomEvent>), String> {
    let mut parser = Parser::with_options(Options::default());
    let boot = match &args.file {
        Some(path) => {
            let failed = |error| format!("{}: {}", path.display(), crate::sentence(&error));
            let mut log = Vec::new();
            if path.as_os_str() == "-" {
                io::stdin().read_to_end(&mut log).map_err(failed)?;
            } else {
                fs::File::open(path)
                    .and_then(|mut file| file.read_to_end(&mut log))
                    .map_err(failed)?;
            }
            parser.push_chunk(&log);
            "-".to_owned()
        }
        None => {
            read_kmsg(&mut parser)
                .map_err(|error| format!("/dev/kmsg: {}", crate::sentence(&error)))?;
            let id = fs::read_to_string("/proc/sys/kernel/random/boot_id");
            id.map_or_else(|_| "-".to_owned(), |id| id.trim().to_owned())
        }
    };
    parser.finish();
    let mut kills: Vec<OomEvent> = std::iter::from_fn(|| parser.next_event())
        .filter(|event| event.event_type == EventType::Kill)
        .collect();
    if !kills.is_empty() {
        let table = Mutex::new(args.pods.table());
        args.pods.loader().silent().load(Which::All, &table);
        let mut table = table.into_inner().unwrap_or_else(PoisonError::into_inner);
        for event in &mut kills {
            enrich(event, &mut table);
        }
    }
    Ok((boot, kills))
}

fn read_kmsg(parser: &mut Parser) -> io::Result<()> {
    let mut kmsg = Kmsg::open(&Start::Beginning)?;
    let mut line = Vec::new();
    while !matches!(kmsg.next(&mut line)?, Next::Empty) {
        parser.push_line(&line);
    }
    Ok(())
}

/// When the kernel printed it: microseconds since the boot, else since 1970.
fn at(event: &OomEvent) -> u64 {
    let wall = || {
        let seconds = unix_seconds(event.time.as_ref()?)?;
        u64::try_from(seconds).ok()?.checked_mul(1_000_000)
    };
    event.kernel_time_us.or_else(wall).unwrap_or(u64::MAX)
}

/// The time of the last reported kill of this boot; 0 if the file is about another boot.
fn reported(path: &Path, boot: &str) -> u64 {
    let text = fs::read_to_string(path).unwrap_or_default();
    let mut words = text.split_whitespace();
    let (head, of) = (words.next(), words.next());
    let time = words.next().and_then(|time| time.parse().ok());
    time.filter(|_| head == Some("oomparse.npd/1") && of == Some(boot))
        .unwrap_or(0)
}

/// `shop/web-0 app: java (pid 7) OOM killed at 512.0 MiB`: the least important part comes last, because it may be
/// cut.
fn message(event: &OomEvent) -> String {
    let victim = event.victim.as_ref();
    let who = victim.map_or_else(
        || "a process".to_owned(),
        |victim| {
            format!(
                "{} (pid {})",
                name_of(victim.comm.as_ref(), victim.pid),
                victim.pid
            )
        },
    );
    let container = event.container.as_ref();
    let container = container.and_then(|container| container.name.as_deref().map(printable));
    let place = match (pod_name(event), container) {
        (Some(pod), Some(container)) => format!("{pod} {container}: "),
        (Some(pod), None) => format!("{pod}: "),
        (None, _) => String::new(),
    };
    let limit = event.memory.as_ref().and_then(|memory| memory.limit_bytes);
    let why = match (event.scope, limit) {
        (Some(Scope::Global), _) => ", node out of memory".to_owned(),
        (_, Some(limit)) => format!(" at {}", bytes(limit)),
        (_, None) => String::new(),
    };
    format!("{place}{who} OOM killed{why}")
}

/// At most this many bytes, with `...` for the missing part.
fn shorten(text: &str, most: usize) -> String {
    if text.len() <= most {
        return text.to_owned();
    }
    let room = most.saturating_sub(3);
    let ends = text
        .char_indices()
        .map(|(at, letter)| at + letter.len_utf8());
    let end = ends.take_while(|end| *end <= room).last().unwrap_or(0);
    format!("{}...", text.get(..end).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_are_cut_at_a_letter_and_say_so() {
        assert_eq!(shorten("abc", 3), "abc");
        assert_eq!(shorten("abcdefgh", 7), "abcd...");
        assert_eq!(shorten("内存泄漏", 9), "内存...");
        assert!(shorten(&"内".repeat(99), 80).len() <= 80);
    }
}
