//! `cargo xtask image`: the container image, as an OCI layout in `dist/image`, without a container engine.
//!
//! It contains only the static program and the two files that name its user; its digest depends only on these
//! bytes and the commit's time.

mod layout;
mod look;

use crate::VERSION;
use crate::reproducible::{epoch, tar};
use crate::root;
use crate::static_program::{self, ARM, Machine, X86};
use layout::Platform;
use std::path::{Path, PathBuf};

/// Where it is: `skopeo copy --all oci:dist/image:VERSION docker://…`.
fn place() -> PathBuf {
    root().join("dist/image")
}

const PLATFORMS: [(Machine, &str); 2] = [(X86, "amd64"), (ARM, "arm64")];

/// Builds the static programs and the image of them, and looks at it.
pub(crate) fn run() -> Result<(), String> {
    static_program::bring_compilers(&static_program::MACHINES)?;
    let mut platforms = Vec::new();
    for (machine, architecture) in PLATFORMS {
        platforms.push(Platform {
            architecture,
            program: static_program::build_alone(machine)?,
        });
    }
    of(&platforms)
}

/// The image of programs that are built: `--program amd64=PATH --program arm64=PATH`.
pub(crate) fn of_programs(args: &[&str]) -> Result<(), String> {
    let usage = "usage: image [--program amd64=PATH] [--program arm64=PATH]";
    let mut platforms = Vec::new();
    for pair in args.chunks(2) {
        let ["--program", value] = pair else {
            return Err(usage.to_owned());
        };
        let (name, path) = value.split_once('=').ok_or(usage)?;
        let known = PLATFORMS.iter().find(|(_, known)| *known == name);
        let (_, architecture) = known.ok_or(usage)?;
        platforms.push(Platform {
            architecture,
            program: PathBuf::from(path),
        });
    }
    of(&platforms)
}

fn of(platforms: &[Platform]) -> Result<(), String> {
    let (image, again) = (place(), root().join("dist/image-again"));
    let digest = layout::write(&image, VERSION, &epoch(), platforms)?;
    let second = layout::write(&again, VERSION, &epoch(), platforms)?;
    remove(&again)?;
    if digest != second {
        return Err(format!(
            "two images of the same programs: {digest}, {second}"
        ));
    }
    look::at(&image, VERSION, platforms)?;
    println!("{}\n{digest}", image.display());
    println!(
        "skopeo copy --all oci:{}:{VERSION} docker://…",
        image.display()
    );
    Ok(())
}

/// Writes the image of the programs that are built as `oci-archive`, a tar of its layout, which skopeo, podman and
/// containerd read.
pub(crate) fn archive(of: impl Fn(Machine) -> PathBuf, out: &Path) -> Result<(), String> {
    let platforms = PLATFORMS.map(|(machine, architecture)| Platform {
        architecture,
        program: of(machine),
    });
    let image = place();
    layout::write(&image, VERSION, &epoch(), &platforms)?;
    tar(&image, &[".".as_ref()], &out.join(archive_name()))
}

/// The name of the image's archive.
pub(crate) fn archive_name() -> String {
    format!("oomparse-image-{VERSION}.tar")
}

/// Looks at the image in an archive, and runs its program.
pub(crate) fn look_at(archive: &Path, of: impl Fn(Machine) -> PathBuf) -> Result<(), String> {
    let image = root().join("dist/image-again");
    remove(&image)?;
    std::fs::create_dir_all(&image).map_err(|e| format!("{}: {e}", image.display()))?;
    let mut tar = std::process::Command::new("tar");
    crate::steps::run(tar.arg("-C").arg(&image).arg("-xf").arg(archive))?;
    let platforms = PLATFORMS.map(|(machine, architecture)| Platform {
        architecture,
        program: of(machine),
    });
    look::at(&image, VERSION, &platforms)?;
    remove(&image)
}

fn remove(dir: &Path) -> Result<(), String> {
    match std::fs::remove_dir_all(dir) {
        Err(e) if e.kind() != std::io::ErrorKind::NotFound => {
            Err(format!("{}: {e}", dir.display()))
        }
        _ => Ok(()),
    }
}
