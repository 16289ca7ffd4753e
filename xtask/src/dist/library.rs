//! liboomparse: an archive, and Debian's pair of packages; RPM's are in `library_rpm.rs`.

use super::{
    VERSION, X86, archive, at_the_time, copy_as, library_rpm, output, packages, read, shippers,
    stage_dir, write,
};
use crate::c_library::soname;
use crate::{root, steps, target_dir};
use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;

const DEBIANS: &str = "x86_64-linux-gnu";

/// The package with the library: its name changes when programs must be linked again.
pub(super) fn package() -> String {
    soname().replace(".so.", "")
}

/// The archive, and the packages.
pub(super) fn archive() -> Result<(), String> {
    let name = format!("liboomparse-{VERSION}-{DEBIANS}");
    let dir = target_dir().join("dist").join(&name);
    _ = fs::remove_dir_all(&dir);
    shared(&dir.join("lib"))?;
    development(&dir, "lib", "${pcfiledir}/../..", "")?;
    for (from, to) in archive::documents() {
        copy_as(&from, &dir.join(to))?;
    }
    archive::pack(&name)?;
    debian_shared()?;
    debian_development()?;
    library_rpm::pack()
}

/// The library and the name that programs look for.
pub(super) fn shared(to: &Path) -> Result<(), String> {
    let full = format!("liboomparse.so.{VERSION}");
    copy_as(&shippers::library("liboomparse.so"), &to.join(&full))?;
    link(&full, &to.join(soname()))
}

/// What a compiler needs: header, static library, the linker's name, pkg-config's file.
pub(super) fn development(dir: &Path, lib: &str, prefix: &str, exec: &str) -> Result<(), String> {
    let lib_dir = dir.join(exec).join(lib);
    let header = root().join("oomparse-ffi/include/oomparse.h");
    copy_as(&header, &dir.join(exec).join("include/oomparse.h"))?;
    copy_as(
        &shippers::library("liboomparse.a"),
        &lib_dir.join("liboomparse.a"),
    )?;
    link(
        &format!("liboomparse.so.{VERSION}"),
        &lib_dir.join("liboomparse.so"),
    )?;
    let template = read(&root().join("oomparse-ffi/oomparse.pc.in"))?;
    let file = template
        .replace("@prefix@", prefix)
        .replace("@version@", VERSION)
        .replace("${prefix}/lib", &format!("${{prefix}}/{lib}"));
    write(&lib_dir.join("pkgconfig/oomparse.pc"), file)
}

fn link(to: &str, at: &Path) -> Result<(), String> {
    symlink(to, at).map_err(|e| format!("{}: {e}", at.display()))
}

fn debian_shared() -> Result<(), String> {
    let (package, soname) = (package(), soname());
    let root = root_of(&package);
    shared(&root.join("usr/lib").join(DEBIANS))?;
    let version = soname.replace("liboomparse.so.", "");
    write(
        &root.join("DEBIAN/shlibs"),
        format!("liboomparse {version} {package} (>= {VERSION})\n"),
    )?;
    write(&root.join("DEBIAN/triggers"), "activate-noawait ldconfig\n")?;
    let control = "Section: libs\nMulti-Arch: same\nDepends: libc6 (>= 2.34), libgcc-s1\n\
                   Description: Linux OOM killer reports as typed events, shared library\n \
                   Reads kernel logs in any carrier and says which process of which pod was\n \
                   killed, at which limit. This package has the shared library.\n";
    debian(&package, control)
}

fn debian_development() -> Result<(), String> {
    let package = "liboomparse-dev";
    let root = root_of(package);
    development(&root, &format!("lib/{DEBIANS}"), "/usr", "usr")?;
    let control = format!(
        "Section: libdevel\nDepends: {} (= {VERSION}-1)\n\
         Description: Linux OOM killer reports as typed events, for C and C++\n \
         Reads kernel logs in any carrier and says which process of which pod was\n \
         killed, at which limit. This package has the header, the static library and\n \
         what pkg-config reads.\n",
        self::package()
    );
    debian(package, &control)
}

/// lintian's complaints that cannot be resolved here.
fn overrides_of(package: &str) -> String {
    let mut text = format!(
        "# It comes from its authors, not from Debian's archive.\n\
         {package}: initial-upload-closes-no-bugs [usr/share/doc/{package}/changelog.Debian.gz:1]\n"
    );
    if package == self::package() {
        text.push_str(&format!(
            "# The names of functions stay, for backtraces; the rest is stripped.\n\
             {package}: unstripped-binary-or-object [usr/lib/{DEBIANS}/liboomparse.so.{VERSION}]\n"
        ));
    }
    text
}

/// The folder for a package's files, emptied.
fn root_of(package: &str) -> PathBuf {
    let dir = target_dir().join("dist/debian").join(package);
    _ = fs::remove_dir_all(&dir);
    dir
}

/// Builds `dist/packages/PACKAGE_VERSION-1_amd64.deb` from that folder.
fn debian(package: &str, rest: &str) -> Result<(), String> {
    let dir = target_dir().join("dist/debian").join(package);
    let documents = dir.join("usr/share/doc").join(package);
    copy_as(&stage_dir().join("copyright"), &documents.join("copyright"))?;
    let changelog = read(&stage_dir().join("changelog"))?;
    let plain = target_dir().join("dist/changelog");
    write(
        &plain,
        changelog.replacen("oomparse (", &format!("{package} ("), 1),
    )?;
    super::stage::gzip(&plain, &documents.join("changelog.Debian.gz"))?;
    let overrides = dir.join("usr/share/lintian/overrides").join(package);
    write(&overrides, overrides_of(package))?;
    let control = format!(
        "Package: {package}\nSource: oomparse\nVersion: {VERSION}-1\nArchitecture: {}\n\
         Maintainer: The oomparse authors <oomparse@users.noreply.github.com>\n\
         Homepage: https://github.com/oomparse/oomparse\nPriority: optional\n{rest}",
        X86.deb
    );
    write(&dir.join("DEBIAN/control"), control)?;
    let sums = "find usr -type f -print0 | LC_ALL=C sort -z | xargs -0 md5sum";
    let sums = output(Command::new("sh").args(["-c", sums]).current_dir(&dir))?;
    write(&dir.join("DEBIAN/md5sums"), sums)?;
    steps::run(Command::new("chmod").args(["-R", "u=rwX,go=rX"]).arg(&dir))?;
    for file in fs::read_dir(dir.join("usr/lib").join(DEBIANS))
        .into_iter()
        .flatten()
        .flatten()
    {
        if file.path().is_file() && !file.path().is_symlink() {
            steps::run(Command::new("chmod").arg("644").arg(file.path()))?;
        }
    }
    let mut build = Command::new("dpkg-deb");
    build
        .args(["--build", "--root-owner-group", "-Zgzip"])
        .arg(&dir);
    build.arg(packages().join(format!("{package}_{VERSION}-1_{}.deb", X86.deb)));
    at_the_time(&mut build);
    steps::run(&mut build)
}
