//! A real API server with its store, on loopback.

use crate::steps;
use serde_json::Value;
use std::fs::{self, File};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

/// How long the server may take to be ready, or the cluster to look as it should.
const PATIENCE: Duration = Duration::from_secs(60);

/// The password of the trial's own administrator: the server listens on loopback, for the trial alone.
pub(super) const ADMIN: &str = "trial";

/// The programs.
pub(super) struct Tools {
    pub(super) etcd: PathBuf,
    pub(super) server: PathBuf,
}

/// What runs; it ends with the trial.
pub(super) struct Cluster {
    tools: Tools,
    dir: PathBuf,
    pub(super) port: u16,
    etcd_port: u16,
    etcd: Child,
    server: Option<Child>,
}

impl Cluster {
    /// Starts both, with RBAC and nothing else that a cluster has.
    pub(super) fn start(tools: Tools, dir: &Path) -> Result<Self, String> {
        let (port, etcd_port, peer) = (free_port()?, free_port()?, free_port()?);
        let url = |port: u16| format!("http://127.0.0.1:{port}");
        let mut etcd = quiet(&tools.etcd, &dir.join("etcd.log"))?;
        etcd.arg("--data-dir").arg(dir.join("etcd"));
        etcd.args(["--listen-client-urls", &url(etcd_port)]);
        etcd.args(["--advertise-client-urls", &url(etcd_port)]);
        etcd.args(["--listen-peer-urls", &url(peer)]);
        let mut key = Command::new("openssl");
        key.args(["genrsa", "-out"])
            .arg(dir.join("sa.key"))
            .arg("2048");
        steps::run(key.stderr(Stdio::null()))?;
        write(
            &dir.join("tokens.csv"),
            &format!("{ADMIN},admin,admin,\"system:masters\"\n"),
        )?;
        let mut cluster = Self {
            etcd: etcd
                .spawn()
                .map_err(|e| format!("{}: {e}", tools.etcd.display()))?,
            tools,
            dir: dir.to_owned(),
            port,
            etcd_port,
            server: None,
        };
        cluster.start_server()?;
        Ok(cluster)
    }

    /// Starts the API server, and waits until it is ready.
    pub(super) fn start_server(&mut self) -> Result<(), String> {
        let mut server = quiet(&self.tools.server, &self.dir.join("server.log"))?;
        let path = |name: &str| self.dir.join(name);
        server.args([
            "--etcd-servers",
            &format!("http://127.0.0.1:{}", self.etcd_port),
        ]);
        server.args([
            "--bind-address=127.0.0.1",
            "--secure-port",
            &self.port.to_string(),
        ]);
        server.arg("--cert-dir").arg(path("certificates"));
        server
            .arg("--service-account-key-file")
            .arg(path("sa.key"))
            .arg("--service-account-signing-key-file")
            .arg(path("sa.key"));
        server.args([
            "--service-account-issuer=https://kubernetes.default.svc",
            "--authorization-mode=RBAC",
            "--service-cluster-ip-range=10.0.0.0/24",
        ]);
        server.arg("--token-auth-file").arg(path("tokens.csv"));
        let child = server.spawn();
        self.server = Some(child.map_err(|e| format!("{}: {e}", self.tools.server.display()))?);
        self.until("the API server is ready", |cluster| {
            cluster
                .kubectl(&["get", "--raw", "/readyz"])
                .is_ok_and(|ready| ready.trim() == "ok")
        })
    }

    /// Kills the API server as a machine's failure does.
    pub(super) fn kill_server(&mut self) {
        if let Some(mut server) = self.server.take() {
            _ = server.kill();
            _ = server.wait();
        }
    }

    /// Stops the API server where it stands, or lets it go on.
    pub(super) fn pause_server(&self, is_paused: bool) -> Result<(), String> {
        let server = self.server.as_ref().ok_or("the API server does not run")?;
        let signal = if is_paused { "-STOP" } else { "-CONT" };
        steps::run(
            Command::new("kill")
                .arg(signal)
                .arg(server.id().to_string()),
        )
    }

    /// Where the server answers.
    pub(super) fn url(&self, path: &str) -> String {
        format!("https://127.0.0.1:{}{path}", self.port)
    }

    /// What kubectl writes, as the administrator.
    pub(super) fn kubectl(&self, args: &[&str]) -> Result<String, String> {
        let mut kubectl = self.kubectl_command("kubectl");
        let output = kubectl.args(args).output();
        let output = output.map_err(|e| format!("kubectl: {e}"))?;
        if !output.status.success() {
            let said = String::from_utf8_lossy(&output.stderr).into_owned();
            return Err(format!("kubectl {}: {said}", args.join(" ")));
        }
        String::from_utf8(output.stdout).map_err(|e| e.to_string())
    }

    /// kubectl, or what runs it, as the administrator.
    pub(super) fn kubectl_command(&self, program: &str) -> Command {
        let config = self.dir.join("kubeconfig");
        let text = format!(
            "{{\"apiVersion\":\"v1\",\"kind\":\"Config\",\"current-context\":\"trial\",\
             \"clusters\":[{{\"name\":\"trial\",\"cluster\":{{\"server\":\"https://127.0.0.1:{}\",\"insecure-skip-tls-verify\":true}}}}],\
             \"users\":[{{\"name\":\"trial\",\"user\":{{\"token\":\"{ADMIN}\"}}}}],\
             \"contexts\":[{{\"name\":\"trial\",\"context\":{{\"cluster\":\"trial\",\"user\":\"trial\"}}}}]}}",
            self.port
        );
        _ = fs::write(&config, text);
        let mut command = Command::new(program);
        command.env("KUBECONFIG", config);
        command
    }

    /// Makes what a file's text or a template says; the server checks it.
    pub(super) fn apply(&self, name: &str, objects: &str, dry: bool) -> Result<(), String> {
        let path = self.dir.join(name);
        write(&path, objects)?;
        let path = path.display().to_string();
        let mut args = vec!["apply", "-f", &path];
        if dry {
            args.push("--dry-run=server");
        }
        self.kubectl(&args).map(drop)
    }

    /// All Events.
    pub(super) fn events(&self) -> Result<Vec<Value>, String> {
        let text = self.kubectl(&["get", "events.events.k8s.io", "-A", "-o", "json"])?;
        let list: Value = serde_json::from_str(&text).map_err(|e| e.to_string())?;
        Ok(list["items"].as_array().cloned().unwrap_or_default())
    }

    /// Waits for what must come.
    pub(super) fn until(&self, what: &str, is: impl Fn(&Self) -> bool) -> Result<(), String> {
        let end = Instant::now() + PATIENCE;
        while !is(self) {
            if Instant::now() > end {
                let dir = self.dir.display();
                return Err(format!("it never came: {what}; see {dir}"));
            }
            thread::sleep(Duration::from_millis(200));
        }
        Ok(())
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        self.kill_server();
        _ = self.etcd.kill();
        _ = self.etcd.wait();
    }
}

/// A program that writes into a file alone.
pub(super) fn quiet(program: &Path, log: &Path) -> Result<Command, String> {
    let failed = |e: std::io::Error| format!("{}: {e}", log.display());
    let file = File::create(log).map_err(failed)?;
    let mut command = Command::new(program);
    command
        .stdin(Stdio::null())
        .stdout(file.try_clone().map_err(failed)?)
        .stderr(file);
    Ok(command)
}

pub(super) fn write(path: &Path, text: &str) -> Result<(), String> {
    fs::write(path, text).map_err(|e| format!("{}: {e}", path.display()))
}

fn free_port() -> Result<u16, String> {
    let listener = TcpListener::bind("127.0.0.1:0").map_err(|e| e.to_string())?;
    let address = listener.local_addr().map_err(|e| e.to_string())?;
    Ok(address.port())
}
