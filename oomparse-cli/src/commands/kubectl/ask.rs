//! Requests to kubectl, and its answers.

use super::KubectlArgs;
use serde_json::Value;
use std::io::{self, BufReader};
use std::process::{Command, Stdio};

/// Selects the Events that may be the agent's; their names are checked afterwards.
const SELECTOR: &str = "--field-selector=reason=OOMKilling";

/// kubectl with the user's context and namespace.
#[derive(Debug)]
pub(super) struct Kubectl {
    program: String,
    common: Vec<String>,
    namespace: Vec<String>,
}

impl Kubectl {
    pub(super) fn new(args: &KubectlArgs) -> Self {
        let mut common = Vec::new();
        for (flag, value) in [
            ("--context", &args.context),
            ("--kubeconfig", &args.kubeconfig),
        ] {
            common.extend(value.iter().map(|value| format!("{flag}={value}")));
        }
        let namespace = match &args.namespace {
            _ if args.all_namespaces => vec!["--all-namespaces".to_owned()],
            Some(name) => vec![format!("--namespace={name}")],
            None => Vec::new(),
        };
        Self {
            program: std::env::var("KUBECTL").unwrap_or_else(|_| "kubectl".to_owned()),
            common,
            namespace,
        }
    }

    fn command(&self, args: &[&str], namespace: &[String]) -> Command {
        let mut command = Command::new(&self.program);
        command.args(args).args(namespace).args(&self.common);
        command
    }

    fn answer(&self, args: &[&str], namespace: &[String]) -> Result<String, String> {
        let output = self.command(args, namespace).output();
        let output = output.map_err(|error| self.cannot_start(&error))?;
        if output.status.success() {
            return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
        }
        let said = String::from_utf8_lossy(&output.stderr);
        Err(format!("{}: {}", args.join(" "), said.trim()))
    }

    fn cannot_start(&self, error: &io::Error) -> String {
        format!(
            "{} cannot be started: {}",
            self.program,
            crate::sentence(error)
        )
    }

    fn json(&self, args: &[&str]) -> Result<Value, String> {
        let text = self.answer(args, &self.namespace)?;
        serde_json::from_str(&text).map_err(|error| format!("{}: {error}", args.join(" ")))
    }

    /// The Events of kills, as core/v1 shows them.
    pub(super) fn events(&self) -> Result<Value, String> {
        self.json(&["get", "events", SELECTOR, "--output=json"])
    }

    /// The pods.
    pub(super) fn pods(&self) -> Result<Value, String> {
        self.json(&["get", "pods", "--output=json"])
    }

    /// Passes on each new Event, until kubectl ends.
    pub(super) fn each_event(
        &self,
        mut take: impl FnMut(Value) -> io::Result<()>,
    ) -> Result<(), String> {
        let args = ["get", "events", SELECTOR, "--output=json", "--watch-only"];
        let mut child = self
            .command(&args, &self.namespace)
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|error| self.cannot_start(&error))?;
        let Some(stdout) = child.stdout.take() else {
            return Ok(());
        };
        let values = serde_json::Deserializer::from_reader(BufReader::new(stdout));
        for value in values.into_iter::<Value>() {
            let value = value.map_err(|error| format!("get events --watch: {error}"))?;
            if let Err(error) = take(value) {
                // The reader of our output is gone.
                let _ = child.kill();
                return Err(error.to_string());
            }
        }
        match child.wait() {
            Ok(status) if status.success() => Ok(()),
            Ok(status) => Err(format!("get events --watch ended with {status}")),
            Err(error) => Err(error.to_string()),
        }
    }

    /// The output of the agent on a node: one event per line.
    pub(super) fn agent_log(&self, node: &str) -> Result<String, String> {
        let on_node = format!("--field-selector=spec.nodeName={node}");
        let all = ["--all-namespaces".to_owned()];
        let found = self.answer(
            &[
                "get",
                "pods",
                "--selector=app.kubernetes.io/name=oomparse",
                &on_node,
                "--output=jsonpath={range .items[*]}{.metadata.namespace} {.metadata.name}{\"\\n\"}{end}",
            ],
            &all,
        )?;
        let agent = found.lines().next().and_then(|line| line.split_once(' '));
        let Some((namespace, pod)) = agent else {
            return Err(format!("no pod of the agent's is on {node}"));
        };
        let namespace = [format!("--namespace={namespace}")];
        self.answer(&["logs", pod, "--container=oomparse"], &namespace)
    }
}

/// `90s`, `30m`, `1h`, `2d` as seconds.
pub(super) fn duration(text: &str) -> Result<i64, String> {
    let wrong = || format!("`{text}` is not a time such as 30m, 1h or 2d");
    let unit = text.chars().next_back().ok_or_else(wrong)?;
    let seconds = match unit {
        's' => 1,
        'm' => 60,
        'h' => 3_600,
        'd' => 86_400,
        _ => return Err(wrong()),
    };
    let number = text.strip_suffix(unit).unwrap_or_default();
    let number: u32 = number.parse().map_err(|_| wrong())?;
    Ok(i64::from(number).saturating_mul(seconds))
}

#[cfg(test)]
mod tests {
    use super::duration;

    #[test]
    fn times_have_a_number_and_a_unit() {
        assert_eq!(duration("90s"), Ok(90));
        assert_eq!(duration("1h"), Ok(3_600));
        assert_eq!(duration("2d"), Ok(172_800));
        for text in ["", "h", "1", "-1h", "1w", "1.5h", "\u{4e2d}"] {
            assert!(duration(text).is_err(), "{text}");
        }
    }
}
