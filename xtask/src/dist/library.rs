//! liboomparse: an archive, and Debian's pair of packages; RPM's are in `library_rpm.rs`.

use super::debian::{self, Package};
use super::{archive, copy_as, read, shippers, write};
use crate::VERSION;
use crate::c_library::soname;
use crate::static_program::X86;
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

/// The archive, and Debian's packages.
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
    debian_development()
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
    super::create(&lib_dir)?;
    static_library(&lib_dir.join("liboomparse.a"))?;
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

/// The static library as a linker needs it: without debug information, and without the compiler's own code beside the
/// machine's, which are six sevenths of it.
fn static_library(to: &Path) -> Result<(), String> {
    let mut objcopy = Command::new("objcopy");
    objcopy.args(["--enable-deterministic-archives", "--strip-debug"]);
    objcopy.args(["--remove-section=.llvmbc", "--remove-section=.llvmcmd"]);
    steps::run(objcopy.arg(shippers::library("liboomparse.a")).arg(to))
}

fn link(to: &str, at: &Path) -> Result<(), String> {
    symlink(to, at).map_err(|e| format!("{}: {e}", at.display()))
}

fn debian_shared() -> Result<(), String> {
    let (package, soname) = (package(), soname());
    let root = emptied(&package);
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
    let overrides = format!(
        "# The names of functions stay, for backtraces; the rest is stripped.\n\
         {package}: unstripped-binary-or-object [usr/lib/{DEBIANS}/liboomparse.so.{VERSION}]\n"
    );
    let package = Package {
        name: &package,
        arch: X86.deb,
        control,
        overrides: &overrides,
    };
    package.pack()
}

fn debian_development() -> Result<(), String> {
    let name = "liboomparse-dev";
    let root = emptied(name);
    development(&root, &format!("lib/{DEBIANS}"), "/usr", "usr")?;
    let control = format!(
        "Section: libdevel\nDepends: {} (= {VERSION}-1)\n\
         Description: Linux OOM killer reports as typed events, for C and C++\n \
         Reads kernel logs in any carrier and says which process of which pod was\n \
         killed, at which limit. This package has the header, the static library and\n \
         what pkg-config reads.\n",
        package()
    );
    let package = Package {
        name,
        arch: X86.deb,
        control: &control,
        overrides: "",
    };
    package.pack()
}

/// The folder for a package's files, emptied.
fn emptied(package: &str) -> PathBuf {
    let dir = debian::folder_of(package);
    _ = fs::remove_dir_all(&dir);
    dir
}
