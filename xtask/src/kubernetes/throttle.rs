//! The server refuses the agent's requests for want of capacity: 429 with Retry-After.
//!
//! The agent shares a level of priority, which has room for one request, with a request that lasts: an admission
//! webhook that never answers holds it.

use super::server::{ADMIN, Cluster};
use super::trial::{STORM, Trial};
use serde_json::json;
use std::net::TcpListener;
use std::process::{Command, Stdio};
use std::thread;
use std::time::Duration;

const NAME: &str = "oomparse-full";

/// Whose request lasts.
const SLOW: &str = "slow";

const AGENT: &str = "system:serviceaccount:oomparse:oomparse";

/// How long the server waits for the webhook.
const SECONDS: u64 = 20;

impl Trial {
    pub(super) fn throttled(&mut self) -> Result<(), String> {
        // It takes connections, and nobody speaks.
        let webhook = TcpListener::bind("127.0.0.1:0").map_err(|e| e.to_string())?;
        let address = webhook.local_addr().map_err(|e| e.to_string())?;
        for (kind, object) in objects(&format!("https://{address}/")) {
            self.cluster
                .apply(&format!("{kind}.json"), &object.to_string(), false)?;
        }
        let rights = ["--clusterrole=cluster-admin", "--user", SLOW];
        let bind = [&["create", "clusterrolebinding", SLOW], &rights[..]].concat();
        self.cluster.kubectl(&bind)?;
        // The server reads its own configuration.
        thread::sleep(Duration::from_secs(2));
        let mut slow = self.cluster.kubectl_command("kubectl");
        slow.args(["create", "configmap", NAME, "--as", SLOW]);
        let slow = slow.stdout(Stdio::null()).stderr(Stdio::null()).spawn();
        let mut slow = slow.map_err(|e| format!("kubectl: {e}"))?;
        let refused = self.cluster.until("the server refuses", |cluster| {
            status(cluster).is_ok_and(|status| status == "429")
        });
        let written = refused.and_then(|()| self.kill(717));
        thread::sleep(Duration::from_secs(3));
        for (kind, _) in objects("") {
            self.cluster.kubectl(&["delete", kind, NAME])?;
        }
        slow.wait().map_err(|e| format!("kubectl: {e}"))?;
        written?;
        self.counted(4 + STORM)?;
        self.said("429")
    }
}

/// The level, who is on it, and the webhook: each by its kind.
fn objects(url: &str) -> [(&'static str, serde_json::Value); 3] {
    let flow = "flowcontrol.apiserver.k8s.io/v1";
    let subjects = json!([
        {"kind": "ServiceAccount", "serviceAccount": {"name": "oomparse", "namespace": "oomparse"}},
        {"kind": "User", "user": {"name": SLOW}},
    ]);
    let all = json!({"verbs": ["*"], "apiGroups": ["*"], "resources": ["*"], "namespaces": ["*"], "clusterScope": true});
    let level = json!({
        "apiVersion": flow, "kind": "PriorityLevelConfiguration", "metadata": {"name": NAME},
        // Without any share it lets in one request at a time.
        "spec": {"type": "Limited", "limited": {
            "nominalConcurrencyShares": 0, "lendablePercent": 0, "borrowingLimitPercent": 0,
            "limitResponse": {"type": "Reject"}}},
    });
    let schema = json!({
        "apiVersion": flow, "kind": "FlowSchema", "metadata": {"name": NAME},
        "spec": {"priorityLevelConfiguration": {"name": NAME}, "matchingPrecedence": 100,
                 "rules": [{"subjects": subjects, "resourceRules": [all]}]},
    });
    let webhook = json!({
        "apiVersion": "admissionregistration.k8s.io/v1", "kind": "ValidatingWebhookConfiguration",
        "metadata": {"name": NAME},
        "webhooks": [{
            "name": "full.oomparse.example", "clientConfig": {"url": url}, "failurePolicy": "Ignore",
            "timeoutSeconds": SECONDS, "sideEffects": "None", "admissionReviewVersions": ["v1"],
            "rules": [{"operations": ["CREATE"], "apiGroups": [""], "apiVersions": ["v1"], "resources": ["configmaps"]}],
        }],
    });
    [
        ("prioritylevelconfiguration", level),
        ("flowschema", schema),
        ("validatingwebhookconfiguration", webhook),
    ]
}

/// What the agent's requests are answered with. kubectl would try again by itself.
fn status(cluster: &Cluster) -> Result<String, String> {
    let mut curl = Command::new("curl");
    curl.args(["--silent", "--insecure", "--output", "/dev/null"]);
    curl.args(["--write-out", "%{http_code}", "--header"]);
    curl.arg(format!("Authorization: Bearer {ADMIN}"));
    curl.args(["--header", &format!("Impersonate-User: {AGENT}")]);
    let output = curl.arg(cluster.url("/api/v1/pods?limit=1")).output();
    let output = output.map_err(|e| format!("curl: {e}"))?;
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}
