//! Writes the event of one line directly into a VRL object, without a report or an event in between.
//!
//! It handles only the three kinds of line that every report has, and only if the line is complete plain text;
//! all other lines take the long way, with the same result (`tests/same.rs` compares both over the corpus).

use bytes::Bytes;
use memchr::{memchr, memchr2, memmem};
use oomparse_core::line::{Invoked, Killed, Line, Message, Summary, parse_line};
use oomparse_core::{Frame, Framer, SCHEMA, WallTime, parse_cgroup_path};
use std::borrow::Cow;
use vrl::value::{ObjectMap, Value};

/// No kernel line has this many blanks in a row.
const FILL: &[u8] = b"                        ";

/// The event of this line; `None` if it must take the long way.
pub(crate) fn event(line: &Bytes) -> Option<Value> {
    // Without an early exit, many bytes are tested at a time.
    let is_plain = line
        .iter()
        .fold(true, |plain, byte| plain & (0x20..0x7f).contains(byte));
    // Longer than the kernel's longest record with a prefix: several records pasted together.
    if !is_plain || line.len() > 900 {
        return None;
    }
    // Rows that a terminal padded with blanks are repaired first.
    if memmem::find(line, FILL).is_some() {
        return None;
    }
    // So are characters that Markdown or a web page escapes.
    if memchr2(b'\\', b'&', line).is_some() {
        return None;
    }
    let frame = Framer::new().frame(line)?;
    if frame.author.is_program() || frame.boot_id.is_some() {
        return None;
    }
    // Line ends were lost: the event is not only about the first record.
    let mut records = 0;
    frame.each_record(&mut |_| records += 1);
    if records > 1 {
        return None;
    }
    // Text that had to be unescaped may contain anything.
    let Cow::Borrowed(message) = frame.message else {
        return None;
    };
    let fields = Fields::new(line);
    match parse_line(message) {
        Line::Killed(killed) => fields.killed(&frame, &killed),
        Line::Summary(summary) => fields.summary(&frame, &summary),
        Line::Invoked(invoked) => fields.invoked(&frame, &invoked),
        _ => None,
    }
}

/// Whether a summary ends with its last field, without another record on the same line.
fn ends_whole(message: &[u8]) -> bool {
    let digits = message
        .iter()
        .rev()
        .take_while(|byte| byte.is_ascii_digit());
    let len = message.len().saturating_sub(digits.count());
    message
        .get(..len)
        .is_some_and(|text| text.ends_with(b",uid="))
}

/// An object that is filled from its last key to its first: a map then finds the place of the next key with one
/// comparison.
struct Fields<'l> {
    line: &'l Bytes,
    object: ObjectMap,
}

impl<'l> Fields<'l> {
    fn new(line: &'l Bytes) -> Self {
        Self {
            line,
            object: ObjectMap::new(),
        }
    }

    fn put(&mut self, key: &'static str, value: Value) {
        self.object.insert(key.into(), value);
    }

    fn word(&mut self, key: &'static str, word: &'static str) {
        self.put(key, Bytes::from_static(word.as_bytes()).into());
    }

    /// A part of the line, without a copy if it is still in the line.
    fn text(&mut self, key: &'static str, text: Option<&[u8]>) {
        let Some(text) = text else { return };
        let (all, part) = (self.line.as_ptr_range(), text.as_ptr_range());
        let value = if all.start <= part.start && part.end <= all.end {
            self.line.slice_ref(text)
        } else {
            Bytes::copy_from_slice(text)
        };
        self.put(key, value.into());
    }

    fn number<T: Into<i64>>(&mut self, key: &'static str, number: Option<T>) {
        if let Some(number) = number {
            self.put(key, Value::Integer(number.into()));
        }
    }

    /// `None` if a number is too large for VRL.
    fn kib(&mut self, key: &'static str, kib: Option<u64>) -> Option<()> {
        if let Some(kib) = kib {
            let bytes = i64::try_from(kib.saturating_mul(1024)).ok()?;
            self.put(key, Value::Integer(bytes));
        }
        Some(())
    }

    fn object(&mut self, key: &'static str, fields: Fields<'_>) {
        if !fields.object.is_empty() {
            self.put(key, Value::Object(fields.object));
        }
    }

    /// Keys from `type` to `evidence`, both those that every event has and those that only some have.
    fn common(&mut self, frame: &Frame<'_>, of: Kind<'_>) -> Option<()> {
        let id = frame.id().map(Bytes::from);
        self.word("type", of.event_type);
        if let Some(time) = frame.wall.filter(WallTime::is_complete) {
            self.put("time", time.to_string().into());
        }
        if let Some(scope) = of.scope {
            self.word("scope", scope);
        }
        self.word("schema", SCHEMA);
        if let Some(id) = &id {
            self.put("report_id", id.clone().into());
        }
        if let Some(pod) = of.pod {
            self.object("pod", pod);
        }
        let is_proven = frame.author.is_kernel();
        self.word("origin", if is_proven { "kernel" } else { "unknown" });
        if let Some(time) = frame.kernel_time_us {
            self.put("kernel_time_us", Value::Integer(i64::try_from(time).ok()?));
        }
        if let Some(invoker) = of.invoker {
            self.object("invoker", invoker);
        }
        if let Some(id) = id {
            self.put("id", id.into());
        }
        let host = frame.host.as_deref();
        self.text("host", host.filter(|host| !host.is_empty()));
        let evidence = Bytes::from_static(of.evidence.as_bytes());
        self.put("evidence", Value::Array(vec![evidence.into()]));
        Some(())
    }

    fn killed(mut self, frame: &Frame<'_>, line: &Killed<'_>) -> Option<Value> {
        let is_whole = line.cut.is_none() && line.comm.is_some() && line.total_vm_kib.is_some();
        // OpenVZ prints more, in a rare line.
        let is_openvz = line.ve.is_some() || line.rss_kib.is_some() || line.oom_score.is_some();
        // Its own text has no such character: something is quoted, or a summary follows.
        if !is_whole || is_openvz || memchr(b'=', &frame.message).is_some() {
            return None;
        }
        let scope = match line.message {
            Some(Message::Memcg) => Some("memcg"),
            Some(Message::Global) => Some("global"),
            Some(_) => return None,
            None => None,
        };
        let mut victim = Fields::new(self.line);
        victim.number("uid", line.uid);
        victim.kib("total_vm_bytes", line.total_vm_kib)?;
        victim.kib("shmem_rss_bytes", line.shmem_rss_kib)?;
        victim.number("pid", Some(line.pid));
        victim.kib("pgtables_bytes", line.pgtables_kib)?;
        victim.number("oom_score_adj", line.oom_score_adj);
        victim.kib("file_rss_bytes", line.file_rss_kib)?;
        victim.text("comm", line.comm);
        victim.kib("anon_rss_bytes", line.anon_rss_kib)?;
        self.object("victim", victim);
        let kind = Kind {
            scope,
            ..Kind::new("kill", "killed")
        };
        self.common(frame, kind)?;
        Some(Value::Object(self.object))
    }

    fn summary(mut self, frame: &Frame<'_>, line: &Summary<'_>) -> Option<Value> {
        let is_whole = line.cut.is_none() && line.is_whole() && line.path_and_comm.is_none();
        let is_quoted = !line.constraint.starts_with(b"CONSTRAINT_");
        if !is_whole || is_quoted || !ends_whole(&frame.message) {
            return None;
        }
        let scope = if line.oom_memcg.is_some() || line.task_memcg.is_some() && !line.global_oom {
            "memcg"
        } else {
            match line.constraint {
                b"CONSTRAINT_CPUSET" => "cpuset",
                b"CONSTRAINT_MEMORY_POLICY" => "memory_policy",
                b"CONSTRAINT_MEMCG" => "memcg",
                _ => "global",
            }
        };
        let mut victim = Fields::new(self.line);
        victim.number("uid", line.uid);
        victim.number("pid", line.pid);
        victim.text("comm", line.comm);
        self.object("victim", victim);
        let Cgroups {
            cgroup,
            pod,
            container,
        } = Cgroups::new(self.line, line);
        let kind = Kind {
            scope: Some(scope),
            pod: Some(pod),
            ..Kind::new("kill", "summary")
        };
        self.common(frame, kind)?;
        self.object("container", container);
        self.text("constraint", Some(line.constraint));
        self.object("cgroup", cgroup);
        Some(Value::Object(self.object))
    }

    fn invoked(mut self, frame: &Frame<'_>, line: &Invoked<'_>) -> Option<Value> {
        // Its nodes may be in the next record.
        let message = &frame.message;
        let is_whole = !message.ends_with(b"nodemask=") && !message.ends_with(b"nodemask=(null)");
        let is_quoted = line.gfp_mask.is_none_or(|mask| mask.starts_with(b"3D"));
        if !is_whole || is_quoted {
            return None;
        }
        let mut invoker = Fields::new(self.line);
        invoker.number("order", line.order);
        invoker.number("oom_score_adj", line.oom_score_adj);
        invoker.text("nodemask", line.nodemask);
        invoker.text("gfp_mask", line.gfp_mask);
        invoker.text("gfp_flags", line.gfp_flags);
        invoker.text("comm", Some(line.comm));
        let kind = Kind {
            invoker: Some(invoker),
            ..Kind::new("report", "invoked")
        };
        self.common(frame, kind)?;
        Some(Value::Object(self.object))
    }
}

/// The differences between the kinds of line, in the fields that all may have.
struct Kind<'l> {
    event_type: &'static str,
    evidence: &'static str,
    scope: Option<&'static str>,
    pod: Option<Fields<'l>>,
    invoker: Option<Fields<'l>>,
}

impl Kind<'_> {
    fn new(event_type: &'static str, evidence: &'static str) -> Self {
        Self {
            event_type,
            evidence,
            scope: None,
            pod: None,
            invoker: None,
        }
    }
}

/// The data of a summary's paths.
struct Cgroups<'l> {
    cgroup: Fields<'l>,
    pod: Fields<'l>,
    container: Fields<'l>,
}

impl<'l> Cgroups<'l> {
    fn new(whole: &'l Bytes, line: &Summary<'_>) -> Self {
        let [mut cgroup, mut pod, mut container] = [(); 3].map(|()| Fields::new(whole));
        let limit = line.oom_memcg.map(parse_cgroup_path);
        let task = line.task_memcg.map(parse_cgroup_path);
        cgroup.text("task_memcg", line.task_memcg);
        cgroup.text("oom_memcg", line.oom_memcg);
        if let Some(limit) = &limit {
            cgroup.word("limit_level", limit.level.as_str());
        }
        let driver = task.as_ref().and_then(|task| task.driver);
        if let Some(driver) = driver.or(limit.and_then(|limit| limit.driver)) {
            cgroup.word("driver", driver.as_str());
        }
        if let Some(task) = task {
            let is_written_so = |byte: &u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f' | b'-');
            match task.pod_uid {
                // In most paths, uids have the same spelling as in an event.
                Some(uid) if uid.len() == 36 && uid.iter().all(is_written_so) => {
                    pod.text("uid", Some(uid));
                }
                Some(_) => {
                    if let Some(uid) = task.pod_uid_text() {
                        pod.put("uid", uid.into());
                    }
                }
                None => {}
            }
            if let Some(class) = task.qos_class {
                pod.word("qos_class", class.as_str());
            }
            if task.nested {
                pod.put("nested", true.into());
            }
            if let Some(runtime) = task.runtime {
                container.word("runtime", runtime.as_str());
            }
            if let Some(id) = task.container_id {
                if id.iter().any(u8::is_ascii_uppercase) {
                    container.put("id", id.to_ascii_lowercase().into());
                } else {
                    container.text("id", Some(id));
                }
            }
        }
        Self {
            cgroup,
            pod,
            container,
        }
    }
}
