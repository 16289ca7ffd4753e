//! An OCI image layout: blobs by their SHA-256, and an index that names them.

use flate2::{Compression, GzBuilder};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

/// The user that the program runs as where the kernel lets it read without root: distroless' `nonroot`.
const USER: u32 = 65532;

/// A program and the machine it is for, by OCI's name.
#[derive(Clone, Debug)]
pub(super) struct Platform {
    pub(super) architecture: &'static str,
    pub(super) program: PathBuf,
}

/// Writes the layout and says the digest of its image. `epoch` is seconds since 1970.
pub(super) fn write(
    dir: &Path,
    version: &str,
    epoch: &str,
    platforms: &[Platform],
) -> Result<String, String> {
    super::remove(dir)?;
    let failed = |e: io::Error| format!("{}: {e}", dir.display());
    fs::create_dir_all(dir.join("blobs/sha256")).map_err(failed)?;
    let seconds: u64 = epoch.parse().map_err(|_| format!("no time: `{epoch}`"))?;
    let mut manifests = Vec::new();
    for platform in platforms {
        let program = fs::read(&platform.program)
            .map_err(|e| format!("{}: {e}", platform.program.display()))?;
        let layer = layer(&program, seconds).map_err(failed)?;
        let mut manifest = manifest(dir, version, seconds, platform, &layer).map_err(failed)?;
        manifest["platform"] = json!({"architecture": platform.architecture, "os": "linux"});
        manifests.push(manifest);
    }
    let all = json!({
        "schemaVersion": 2,
        "mediaType": "application/vnd.oci.image.index.v1+json",
        "manifests": manifests,
        "annotations": labels(version, seconds),
    });
    let of_all =
        blob(dir, all["mediaType"].as_str(), all.to_string().as_bytes()).map_err(failed)?;
    let digest = of_all["digest"].as_str().unwrap_or_default().to_owned();
    // The whole image by its version; each machine's too, for tools that do not choose one.
    let mut named = vec![name(of_all, version)];
    for (manifest, platform) in manifests.into_iter().zip(platforms) {
        named.push(name(
            manifest,
            &format!("{version}-{}", platform.architecture),
        ));
    }
    let index = json!({"schemaVersion": 2, "mediaType": "application/vnd.oci.image.index.v1+json", "manifests": named});
    fs::write(dir.join("index.json"), index.to_string()).map_err(failed)?;
    fs::write(dir.join("oci-layout"), r#"{"imageLayoutVersion":"1.0.0"}"#).map_err(failed)?;
    Ok(digest)
}

fn name(mut descriptor: Value, name: &str) -> Value {
    descriptor["annotations"] = json!({"org.opencontainers.image.ref.name": name});
    descriptor
}

/// The files, in a tar whose bytes say nothing of who made it.
fn layer(program: &[u8], seconds: u64) -> io::Result<Vec<u8>> {
    let mut tar = tar::Builder::new(Vec::new());
    let passwd = format!(
        "root:x:0:0:root:/:/sbin/nologin\nnonroot:x:{USER}:{USER}:nonroot:/:/sbin/nologin\n"
    );
    let group = format!("root:x:0:\nnonroot:x:{USER}:\n");
    for (path, mode, content) in [
        ("etc/", 0o755, None),
        ("etc/group", 0o644, Some(group.as_bytes())),
        ("etc/passwd", 0o644, Some(passwd.as_bytes())),
        ("usr/", 0o755, None),
        ("usr/bin/", 0o755, None),
        ("usr/bin/oomparse", 0o755, Some(program)),
    ] {
        let mut header = tar::Header::new_ustar();
        header.set_path(path)?;
        header.set_mode(mode);
        header.set_uid(0);
        header.set_gid(0);
        header.set_mtime(seconds);
        header.set_entry_type(match content {
            Some(_) => tar::EntryType::Regular,
            None => tar::EntryType::Directory,
        });
        let content = content.unwrap_or_default();
        header.set_size(content.len() as u64);
        header.set_cksum();
        tar.append(&header, content)?;
    }
    tar.into_inner()
}

/// Writes layer, configuration and manifest; the manifest's descriptor.
fn manifest(
    dir: &Path,
    version: &str,
    seconds: u64,
    platform: &Platform,
    layer: &[u8],
) -> io::Result<Value> {
    // Neither a name nor a time stands in the gzip header.
    let mut packed = GzBuilder::new().write(Vec::new(), Compression::best());
    packed.write_all(layer)?;
    let of_layer = blob(
        dir,
        Some("application/vnd.oci.image.layer.v1.tar+gzip"),
        &packed.finish()?,
    )?;
    let labels = labels(version, seconds);
    let config = json!({
        "created": labels["org.opencontainers.image.created"],
        "architecture": platform.architecture,
        "os": "linux",
        "config": {
            "User": format!("{USER}:{USER}"),
            "Env": ["PATH=/usr/bin"],
            "Entrypoint": ["/usr/bin/oomparse"],
            "Cmd": ["watch"],
            "WorkingDir": "/",
            "Labels": labels,
        },
        "rootfs": {"type": "layers", "diff_ids": [digest(layer)]},
        "history": [{
            "created": labels["org.opencontainers.image.created"],
            "created_by": "cargo xtask image",
        }],
    });
    let of_config = blob(
        dir,
        Some("application/vnd.oci.image.config.v1+json"),
        config.to_string().as_bytes(),
    )?;
    let manifest = json!({
        "schemaVersion": 2,
        "mediaType": "application/vnd.oci.image.manifest.v1+json",
        "config": of_config,
        "layers": [of_layer],
        "annotations": labels,
    });
    blob(
        dir,
        manifest["mediaType"].as_str(),
        manifest.to_string().as_bytes(),
    )
}

fn labels(version: &str, seconds: u64) -> Value {
    json!({
        "org.opencontainers.image.title": "oomparse",
        "org.opencontainers.image.description": "Names the pod and container of each OOM kill",
        "org.opencontainers.image.version": version,
        "org.opencontainers.image.created": timestamp(seconds),
        "org.opencontainers.image.source": "https://github.com/oomparse/oomparse",
        "org.opencontainers.image.licenses": "MIT OR Apache-2.0",
    })
}

/// RFC 3339, in UTC.
fn timestamp(seconds: u64) -> String {
    // Days of the civil calendar, with March as the first month.
    let days = seconds / 86_400 + 719_468;
    let (era, of_era) = (days / 146_097, days % 146_097);
    let of_era_year = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * of_era_year + of_era_year / 4 - of_era_year / 100);
    let from_march = (5 * of_year + 2) / 153;
    let day = of_year - (153 * from_march + 2) / 5 + 1;
    let month = if from_march < 10 {
        from_march + 3
    } else {
        from_march - 9
    };
    let year = of_era_year + era * 400 + u64::from(month <= 2);
    let (hour, minute, second) = (seconds / 3_600 % 24, seconds / 60 % 60, seconds % 60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z")
}

fn digest(bytes: &[u8]) -> String {
    let hash = Sha256::digest(bytes);
    let digits = hash.iter().map(|byte| format!("{byte:02x}"));
    format!("sha256:{}", digits.collect::<String>())
}

/// Writes a blob; its descriptor.
fn blob(dir: &Path, media_type: Option<&str>, bytes: &[u8]) -> io::Result<Value> {
    let digest = digest(bytes);
    fs::write(dir.join("blobs").join(digest.replace(':', "/")), bytes)?;
    Ok(json!({"mediaType": media_type, "digest": digest, "size": bytes.len()}))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn image(name: &str, program: &[u8]) -> (PathBuf, String) {
        let dir = crate::target_dir().join("image-test").join(name);
        fs::create_dir_all(&dir).unwrap();
        let path = dir.join("program");
        fs::write(&path, program).unwrap();
        let platforms = ["amd64", "arm64"].map(|architecture| Platform {
            architecture,
            program: path.clone(),
        });
        let layout = dir.join("layout");
        let digest = write(&layout, "1.2.3", "1700000000", &platforms).unwrap();
        (layout, digest)
    }

    fn read(layout: &Path, descriptor: &Value) -> Value {
        let name = descriptor["digest"].as_str().unwrap();
        let bytes = fs::read(layout.join("blobs").join(name.replace(':', "/"))).unwrap();
        assert_eq!(digest(&bytes), name);
        assert_eq!(descriptor["size"], bytes.len());
        serde_json::from_slice(&bytes).unwrap()
    }

    #[test]
    fn the_same_program_gives_the_same_digest_and_another_another() {
        let (_, first) = image("first", b"program");
        let (_, second) = image("second", b"program");
        let (_, other) = image("other", b"programs");
        assert_eq!(first, second);
        assert_ne!(first, other);
    }

    #[test]
    fn every_blob_is_what_its_descriptor_says() {
        let (layout, digest) = image("blobs", b"program");
        let index: Value =
            serde_json::from_slice(&fs::read(layout.join("index.json")).unwrap()).unwrap();
        assert_eq!(index["manifests"][0]["digest"], digest);
        let all = read(&layout, &index["manifests"][0]);
        assert_eq!(all["manifests"].as_array().unwrap().len(), 2);
        for manifest in all["manifests"].as_array().unwrap() {
            let manifest_of = read(&layout, manifest);
            let config = read(&layout, &manifest_of["config"]);
            assert_eq!(config["architecture"], manifest["platform"]["architecture"]);
            assert_eq!(config["config"]["User"], "65532:65532");
            let label = &config["config"]["Labels"]["org.opencontainers.image.created"];
            assert_eq!(label, "2023-11-14T22:13:20Z");
            assert_eq!(config["rootfs"]["diff_ids"].as_array().unwrap().len(), 1);
        }
    }

    #[test]
    fn times_of_the_calendar() {
        assert_eq!(timestamp(0), "1970-01-01T00:00:00Z");
        assert_eq!(timestamp(1_709_164_800), "2024-02-29T00:00:00Z");
        assert_eq!(timestamp(1_735_689_599), "2024-12-31T23:59:59Z");
    }
}
