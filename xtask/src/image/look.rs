//! Checks the image with other tools: skopeo reads and copies it, umoci unpacks it, and the program runs there.

use super::layout::Platform;
use crate::system;
use std::path::Path;
use std::process::Command;

/// What this machine can run.
const OURS: &str = if cfg!(target_arch = "aarch64") {
    "arm64"
} else {
    "amd64"
};

/// Looks at the image; needs skopeo and umoci.
pub(super) fn at(image: &Path, version: &str, platforms: &[Platform]) -> Result<(), String> {
    system::bring(&["skopeo", "umoci"])?;
    for platform in platforms {
        inspect(image, version, platform)?;
    }
    if !platforms.iter().any(|it| it.architecture == OURS) {
        return Err(format!("no program is for {OURS}: nothing was run"));
    }
    let work = crate::target_dir().join("image-look");
    super::remove(&work)?;
    std::fs::create_dir_all(&work).map_err(|e| format!("{}: {e}", work.display()))?;
    copy(image, version, &work)?;
    unpack(image, version, &work)?;
    podman(&work)
}

fn inspect(image: &Path, version: &str, platform: &Platform) -> Result<(), String> {
    let reference = format!("oci:{}:{version}", image.display());
    let text = output(Command::new("skopeo").args([
        "inspect",
        "--override-arch",
        platform.architecture,
        "--override-os=linux",
        &reference,
    ]))?;
    let seen: serde_json::Value = serde_json::from_str(&text).map_err(|e| e.to_string())?;
    let label = &seen["Labels"]["org.opencontainers.image.version"];
    let wanted = (platform.architecture, version);
    if (seen["Architecture"].as_str(), label.as_str()) != (Some(wanted.0), Some(wanted.1)) {
        return Err(format!("skopeo sees another image than {wanted:?}: {text}"));
    }
    println!(
        "skopeo inspect: {} {}",
        platform.architecture, seen["Layers"]
    );
    Ok(())
}

/// As `docker load` takes it.
fn copy(image: &Path, version: &str, work: &Path) -> Result<(), String> {
    let from = format!("oci:{}:{version}", image.display());
    let to = format!(
        "docker-archive:{}:oomparse:{version}",
        work.join("image.tar").display()
    );
    let text = output(Command::new("skopeo").args(["copy", "--quiet", &from, &to]))?;
    println!("skopeo copy to a docker-archive: ok {text}");
    Ok(())
}

/// Unpacks it and runs the program with that folder as its root.
fn unpack(image: &Path, version: &str, work: &Path) -> Result<(), String> {
    let bundle = work.join("bundle");
    let mut umoci = Command::new("umoci");
    umoci.args(["unpack", "--rootless", "--image"]);
    umoci.arg(format!("{}:{version}-{OURS}", image.display()));
    output(umoci.arg(&bundle))?;
    let log = crate::root().join("corpus/cases/077-rhel9-crio/input.log");
    let log = std::fs::File::open(&log).map_err(|e| format!("{}: {e}", log.display()))?;
    let mut chroot = Command::new("chroot");
    chroot
        .arg("--userspec=65532:65532")
        .arg(bundle.join("rootfs"));
    let text = output(chroot.args(["/usr/bin/oomparse", "scan"]).stdin(log))?;
    if !text.contains(r#""type":"kill""#) {
        return Err(format!("the program in the image found no kill: {text}"));
    }
    println!("umoci unpack, chroot, scan as 65532: a kill");
    Ok(())
}

/// `podman run`, where podman is and can start: it needs namespaces and a storage driver.
fn podman(work: &Path) -> Result<(), String> {
    if system::find("podman").is_none() {
        println!("!!! NOT RUN: podman run: there is no podman");
        return Ok(());
    }
    let storage = work.join("podman");
    let mut podman = Command::new("podman");
    podman.arg("--root").arg(storage.join("root"));
    podman.arg("--runroot").arg(storage.join("run"));
    podman.args([
        "--storage-driver=vfs",
        "--cgroup-manager=cgroupfs",
        "run",
        "--rm",
    ]);
    podman.args([
        "--network=none",
        "--ulimit=host",
        "--cgroups=disabled",
        "--read-only",
    ]);
    podman.arg(format!(
        "docker-archive:{}",
        work.join("image.tar").display()
    ));
    match output(podman.arg("--version")) {
        Ok(text) => println!("podman run: {}", text.trim()),
        Err(sentence) => println!("!!! NOT RUN: podman run: {sentence}"),
    }
    Ok(())
}

fn output(command: &mut Command) -> Result<String, String> {
    let program = command.get_program().to_string_lossy().into_owned();
    let output = command.output().map_err(|e| format!("{program}: {e}"))?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    let said = String::from_utf8_lossy(&output.stderr);
    Err(format!("{program}: {}: {}", output.status, said.trim()))
}
