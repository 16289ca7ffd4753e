//! `lua.yaml` after the sources of kernel text: `journald` unchanged (with a program instead of journalctl that
//! prints a generated journal), `file`, and records like those of `kubernetes_logs`, which are a container's and
//! never make an event.

use super::{Found, Trial, Vector};
use serde_json::{Value, json};
use std::fs::{self, File, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::process::Stdio;

/// The source that `lua.yaml` has.
const SOURCE: &str = "    type: journald\n    # Without it the source reads only what services write.\n    \
    include_matches:\n      _TRANSPORT: [kernel]\n    current_boot_only: true\n";

/// One source.
struct Shape {
    name: &'static str,
    /// In place of the one above.
    source: String,
    /// The texts that must come out, in this order.
    texts: Vec<String>,
    kills: usize,
    stdin: Stdio,
}

impl Trial {
    /// All of them.
    pub(super) fn shapes(&self) -> Result<(), String> {
        for shape in [self.journald()?, self.file(), self.containers()?] {
            let name = shape.name;
            self.shape(shape)
                .map_err(|error| format!("lua.yaml after {name}: {error}"))?;
        }
        Ok(())
    }

    fn journald(&self) -> Result<Shape, String> {
        let entries = self.lines.iter().enumerate();
        let entries: Vec<Value> = entries.map(|(n, line)| journal_entry(n, line)).collect();
        let text: Vec<String> = entries.iter().map(Value::to_string).collect();
        self.write("journal.json", &(text.join("\n") + "\n"))?;
        let program = format!(
            "#!/bin/sh\n[ \"$1\" = --version ] && {{ echo 'systemd 252 (252)'; exit; }}\ncat '{}'\nexec sleep 600\n",
            self.path("journal.json")
        );
        self.write("journalctl", &program)?;
        let runs = Permissions::from_mode(0o755);
        fs::set_permissions(self.dir.join("journalctl"), runs).map_err(|e| e.to_string())?;
        let kernels = entries
            .iter()
            .filter(|entry| entry["_TRANSPORT"] == "kernel");
        let texts = kernels.filter_map(|entry| entry["MESSAGE"].as_str().map(str::to_owned));
        Ok(Shape {
            name: "journald",
            source: format!("{SOURCE}    journalctl_path: {}\n", self.path("journalctl")),
            texts: texts.collect(),
            kills: self.kills,
            stdin: Stdio::null(),
        })
    }

    fn file(&self) -> Shape {
        Shape {
            name: "file",
            source: format!(
                "    type: file\n    include: [{}]\n    read_from: beginning\n",
                self.path("in.log")
            ),
            texts: self.lines.clone(),
            kills: self.kills,
            stdin: Stdio::null(),
        }
    }

    fn containers(&self) -> Result<Shape, String> {
        let printed = self
            .lines
            .iter()
            .filter_map(|line| line.split_once(" kernel: "));
        let texts: Vec<String> = printed.map(|(_, text)| text.to_owned()).collect();
        let record = |text: &String| {
            json!({
                "message": text, "stream": "stdout", "source_type": "kubernetes_logs",
                "file": "/var/log/pods/shop_web-0_3962896b-ab69-4572-8f1d-ee756f9f3589/app/0.log",
                "kubernetes": {"pod_name": "web-0", "pod_namespace": "shop", "container_name": "app"},
            })
        };
        let records: Vec<String> = texts.iter().map(|text| record(text).to_string()).collect();
        self.write("containers.json", &(records.join("\n") + "\n"))?;
        let file = File::open(self.dir.join("containers.json")).map_err(|e| e.to_string())?;
        Ok(Shape {
            name: "containers",
            source: "    type: stdin\n    decoding: { codec: json }\n".to_owned(),
            texts,
            kills: 0,
            stdin: file.into(),
        })
    }

    fn shape(&self, shape: Shape) -> Result<(), String> {
        let modules = format!("{}/?.so", self.path("modules"));
        let changes = [
            ("/usr/local/lib/oomparse/?.so", modules.as_str()),
            ("/var/log/pods", &self.path("pods.csv")),
            (SOURCE, &shape.source),
        ];
        let sinks = [("oom", "out.json")];
        let config = self.configure("lua.yaml", shape.name, &changes, &sinks)?;
        let vector = Vector::start(&self.bin, &[&config], shape.stdin)?;
        let out = self.dir.join(shape.name).join("out.json");
        let out = vector.records(&out, |out| out.len() >= shape.texts.len())?;
        if let Some(trouble) = out.iter().find(|record| record["oomparse_trouble"] == true) {
            return Err(trouble["message"].to_string());
        }
        // The transform emits late events as records of their own.
        let own: Vec<&Value> = out
            .iter()
            .filter(|record| record["source_type"].is_string())
            .collect();
        for (at, (before, after)) in shape.texts.iter().zip(&own).enumerate() {
            if after["message"] != **before {
                return Err(format!("record {at} is another: {after}"));
            }
        }
        let found = Found::of(&out);
        let name = format!("lua.yaml after {}", shape.name);
        found.print(&name, shape.texts.len(), own.len(), shape.kills);
        let is_named = found.unnamed == 0 && (found.named > 0) == (shape.kills > 0);
        if own.len() != shape.texts.len() || found.kills != shape.kills || !is_named {
            return Err("that is not what went in".to_owned());
        }
        Ok(())
    }
}

/// A line of the log as journald has it.
fn journal_entry(n: usize, line: &str) -> Value {
    let mut entry = json!({
        "__CURSOR": format!("s=1;i={n:x}"), "__REALTIME_TIMESTAMP": (1_700_000_000_000_000_u64 + n as u64).to_string(),
        "_BOOT_ID": "0123456789abcdef0123456789abcdef", "_HOSTNAME": "node-7", "PRIORITY": "6", "N": n.to_string(),
    });
    let (message, own) = match line.split_once(" kernel: ") {
        Some((_, printed)) => {
            let (message, micros) = without_stamp(printed);
            let own = json!({
                "_TRANSPORT": "kernel", "SYSLOG_FACILITY": "0", "SYSLOG_IDENTIFIER": "kernel",
                "_SOURCE_MONOTONIC_TIMESTAMP": micros.unwrap_or_default(),
            });
            (message, own)
        }
        None => (line, json!({"_TRANSPORT": "syslog"})),
    };
    entry["MESSAGE"] = message.into();
    if let (Some(all), Value::Object(own)) = (entry.as_object_mut(), own) {
        all.extend(own);
    }
    entry
}

/// What the kernel printed without its own stamp, which journald has in a field of its own, in microseconds.
fn without_stamp(printed: &str) -> (&str, Option<String>) {
    let split = || {
        let (stamp, message) = printed.strip_prefix('[')?.split_once("] ")?;
        // A task table's rows begin with a whole number.
        let (seconds, fraction) = stamp.trim().split_once('.')?;
        let micros: u64 = format!("{seconds}{fraction}").parse().ok()?;
        (fraction.len() == 6).then(|| (message, Some(micros.to_string())))
    };
    split().unwrap_or((printed, None))
}

#[cfg(test)]
mod tests {
    use super::*;
    use oomparse_benches::sparse_log;

    #[test]
    fn journald_has_no_stamp_in_a_message() {
        let line = "Jan  5 02:12:02 node-7 kernel: [  598.206856] Killed process 7 (a)";
        let entry = journal_entry(3, line);
        assert_eq!(entry["MESSAGE"], "Killed process 7 (a)");
        assert_eq!(entry["_SOURCE_MONOTONIC_TIMESTAMP"], "598206856");
        let log = String::from_utf8(sparse_log(1 << 20).0).unwrap();
        let kernels = log.lines().filter(|line| line.contains(" kernel: "));
        let entries: Vec<_> = kernels.map(|line| journal_entry(0, line)).collect();
        assert!(entries.len() > 100);
        for entry in entries {
            let message = entry["MESSAGE"].as_str().unwrap();
            assert_eq!(without_stamp(message), (message, None));
            assert_ne!(entry["_SOURCE_MONOTONIC_TIMESTAMP"], "", "{entry}");
        }
    }
}
