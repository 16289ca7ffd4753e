//! What a daemon tells, back from its JSON.

use super::{Object, wall_time};
use oomparse_core::{
    Action, Cause, CauseKind, EventType, Init, KilledProcess, Killer, KubernetesEvent,
    KubernetesObject, Outcome, Percent, Reporter, Resource, Stage, System, Testimony,
};

/// What the record says beside a kill's fields; nothing in a record of the kernel's.
pub(super) fn testimony(all: Object<'_>, of: EventType) -> Option<Box<Testimony>> {
    let is_daemons = matches!(
        of,
        EventType::UserspaceKill | EventType::Eviction | EventType::Notice
    );
    if !is_daemons {
        return None;
    }
    let mut told = Testimony::default();
    told.killer = all.text("killer").and_then(Killer::from_word);
    told.reporter = all.text("reporter").and_then(Reporter::from_word);
    told.stage = all.text("stage").and_then(Stage::from_word);
    told.signal = signal(all.text("signal"));
    told.first_signal = signal(all.text("first_signal"));
    told.action = all.text("action").and_then(Action::from_word);
    told.outcome = all.text("outcome").and_then(Outcome::from_word);
    told.victims = all.objects("victims").filter_map(killed).collect();
    told.process_count = all.number("process_count");
    told.cause = all.object("cause").map(cause);
    told.system = all.object("system").map(system);
    told.unit = all.name("unit");
    told.unit_result = all.name("unit_result");
    told.resource = all.text("resource").and_then(Resource::from_word);
    told.init = all.object("init").map(init);
    told.event = all.object("event").map(event);
    told.count = all.number("count");
    Some(Box::new(told))
}

fn signal(word: Option<&str>) -> Option<&'static str> {
    ["SIGTERM", "SIGKILL"]
        .into_iter()
        .find(|known| Some(*known) == word)
}

fn killed(from: Object<'_>) -> Option<KilledProcess> {
    let mut killed = KilledProcess::default();
    killed.pid = from.number("pid")?;
    killed.comm = from.name("comm");
    Some(killed)
}

fn cause(from: Object<'_>) -> Cause {
    let mut cause = Cause::default();
    cause.kind = from.text("kind").and_then(CauseKind::from_word);
    cause.pressure_percent = from.percent("pressure_percent");
    cause.limit_percent = from.percent("limit_percent");
    cause.duration_us = from.number("duration_us");
    cause.monitored_cgroup = from.name("monitored_cgroup");
    cause
}

fn system(from: Object<'_>) -> System {
    let mut system = System::default();
    system.memory_used_bytes = from.number("memory_used_bytes");
    system.memory_total_bytes = from.number("memory_total_bytes");
    system.swap_used_bytes = from.number("swap_used_bytes");
    system.swap_total_bytes = from.number("swap_total_bytes");
    system
}

fn init(from: Object<'_>) -> Init {
    let mut init = Init::default();
    init.pid = from.number("pid");
    init.exit_code = from.signed("exit_code");
    init.time = from.text("time").and_then(wall_time);
    init
}

fn event(from: Object<'_>) -> KubernetesEvent {
    let mut event = KubernetesEvent::default();
    event.uid = from.string("uid");
    event.reason = from.string("reason");
    event.object = from.object("object").map(|from| {
        let mut object = KubernetesObject::default();
        object.kind = from.string("kind");
        object.name = from.string("name");
        object.namespace = from.string("namespace");
        object
    });
    event.component = from.string("component");
    event.verb = from.string("verb");
    event
}

impl Object<'_> {
    fn percent(self, key: &str) -> Option<Percent> {
        let value = self.0.get(key)?.as_f64()?;
        let hundredths = (value * 100.0).round();
        let is_sound = (0.0..f64::from(u32::MAX)).contains(&hundredths);
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "it is in range"
        )]
        is_sound.then(|| Percent::from_hundredths(hundredths as u32))
    }
}
