//! One line for each incident.

use crate::sink::screen::Screen;
use crate::sink::wide::{cut, pad};
use oomparse_core::{Killer, OomEvent};
use oomparse_report::incident::{Incident, victims};
use oomparse_report::{clock, cut_id, on_screen, pod_name, printable};
use std::io::{self, Write};

pub(super) fn head(out: &mut impl Write, screen: Screen) -> io::Result<()> {
    row(
        out,
        screen,
        ["TIME", "KILLER", "KUBERNETES", "VOICES", "VICTIM"],
        "POD CONTAINER",
    )
}

pub(super) fn write(out: &mut impl Write, screen: Screen, incident: &Incident) -> io::Result<()> {
    let Some(event) = incident.best_event() else {
        return Ok(());
    };
    let killer = incident.killer.map_or("-", Killer::as_str);
    let voices = incident.testimonies.len().to_string();
    row(
        out,
        screen,
        [
            &time(incident),
            killer,
            incident.kubernetes.as_str(),
            &voices,
            &victim(event),
        ],
        &place(incident),
    )
}

fn row(out: &mut impl Write, screen: Screen, cells: [&str; 5], place: &str) -> io::Result<()> {
    let [time, killer, kubernetes, voices, victim] = cells;
    let victim = pad(&cut(victim, 24), 24);
    let line = format!("{time:19} {killer:13} {kubernetes:10} {voices:>6} {victim} {place}");
    let line = on_screen(&line);
    let line = match screen.terminal {
        true => cut(&line, screen.width),
        false => line.into(),
    };
    writeln!(out, "{}", line.trim_end())
}

/// `2026-01-05T02:12:02`, in UTC.
fn time(incident: &Incident) -> String {
    let first = incident.testimonies.iter().find_map(|it| it.time_us);
    let time = first
        .and_then(|micros| u64::try_from(micros).ok())
        .and_then(oomparse_core::WallTime::from_unix_micros);
    time.map_or_else(
        || "-".to_owned(),
        |time| clock(&time).chars().take(19).collect(),
    )
}

/// The killed process; `-` if no process is named.
pub(super) fn victim(event: &OomEvent) -> String {
    victims(event).unwrap_or_else(|| "-".to_owned())
}

/// Pod and container, else the unit or the cgroup.
pub(super) fn place(incident: &Incident) -> String {
    let pod = incident.proven().find_map(|event| {
        event.pod.as_ref()?.name.as_ref()?;
        pod_name(event)
    });
    let pod = pod.or_else(|| incident.proven().find_map(pod_name));
    let container = incident.proven().find_map(|event| {
        let container = event.container.as_ref()?;
        let id = container.id.as_deref().or(container.id_prefix.as_deref());
        let name = container.name.as_deref().map(printable);
        name.or_else(|| id.map(|id| cut_id(id).to_owned()))
    });
    let unit = || {
        let unit = incident.proven().find_map(|event| {
            event
                .testimony
                .as_deref()?
                .unit
                .as_ref()
                .map(ToString::to_string)
        });
        let path = || {
            let path =
                |event: &OomEvent| Some(event.cgroup.as_ref()?.task_memcg.as_ref()?.to_string());
            incident.proven().find_map(path)
        };
        unit.or_else(path).map(|unit| printable(&unit))
    };
    match (pod, container) {
        (Some(pod), Some(container)) => format!("{pod} {container}"),
        (Some(one), None) | (None, Some(one)) => one,
        (None, None) => unit().unwrap_or_default(),
    }
}
