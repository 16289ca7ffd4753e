//! liboomparse for machines with RPM: the library, and what a compiler needs.

use super::library::{development, shared};
use super::{copy_as, create, packages, stage, stage_dir, write};
use crate::VERSION;
use crate::c_library::soname;
use crate::reproducible::epoch;
use crate::static_program::X86;
use crate::{steps, target_dir};
use std::fs;
use std::path::PathBuf;
use std::process::Command;

/// Where these distributions keep libraries of 64 bits.
const LIB: &str = "lib64";

const NAMES: [&str; 2] = ["liboomparse", "liboomparse-devel"];

/// The packages' files.
pub(super) fn files() -> [PathBuf; 2] {
    NAMES.map(|name| packages().join(format!("{name}-{VERSION}-1.{}.rpm", X86.rpm)))
}

/// Lays the files, and makes the packages of them.
pub(super) fn pack() -> Result<(), String> {
    let dir = target_dir().join("dist/rpm");
    _ = fs::remove_dir_all(&dir);
    let laid = dir.join("laid");
    shared(&laid.join("usr").join(LIB))?;
    development(&laid, LIB, "/usr", "usr")?;
    for name in stage::LICENCES {
        let to = laid.join("usr/share/licenses/liboomparse").join(name);
        copy_as(&stage_dir().join(name), &to)?;
    }
    steps::run(Command::new("chmod").args(["-R", "u=rwX,go=rX"]).arg(&laid))?;
    let spec = dir.join("liboomparse.spec");
    write(&spec, self::spec(&laid.display().to_string()))?;
    let made = dir.join("made");
    create(&made)?;
    let mut build = Command::new("rpmbuild");
    build.args(["-bb", "--quiet", "--target", X86.rpm, "--nodeps"]);
    build
        .arg("--define")
        .arg(format!("_topdir {}", dir.join("top").display()));
    build
        .arg("--define")
        .arg(format!("_rpmdir {}", made.display()));
    build.env("SOURCE_DATE_EPOCH", epoch()).env("TZ", "UTC");
    steps::run(build.arg(&spec))?;
    for file in files() {
        let name = file.file_name().unwrap_or_default();
        copy_as(&made.join(X86.rpm).join(name), &file)?;
    }
    Ok(())
}

/// Nothing in it is of this machine, of its user, or of today.
fn spec(laid: &str) -> String {
    let soname = soname();
    format!(
        "\
%global debug_package %{{nil}}
%global _build_id_links none
%global __os_install_post %{{nil}}
%global _buildhost reproducible
%global _binary_payload w9.gzdio
%global use_source_date_epoch_as_buildtime 1
%global clamp_mtime_to_source_date_epoch 1
Name: liboomparse
Version: {VERSION}
Release: 1
Summary: Linux OOM killer reports as typed events, shared library
License: MIT OR Apache-2.0
URL: https://github.com/oomparse/oomparse
%description
Reads kernel logs in any carrier and says which process of which pod was
killed, at which limit. This package has the shared library.
%package devel
Summary: Linux OOM killer reports as typed events, for C and C++
Requires: liboomparse = %{{version}}-%{{release}}
%description devel
Reads kernel logs in any carrier and says which process of which pod was
killed, at which limit. This package has the header, the static library and
what pkg-config reads.
%install
cp -a '{laid}/.' %{{buildroot}}/
%post -p /sbin/ldconfig
%postun -p /sbin/ldconfig
%files
%defattr(644,root,root,755)
%license /usr/share/licenses/liboomparse/*
%dir /usr/share/licenses/liboomparse
%attr(755,root,root) /usr/{LIB}/liboomparse.so.{VERSION}
/usr/{LIB}/{soname}
%files devel
%defattr(644,root,root,755)
/usr/include/oomparse.h
/usr/{LIB}/liboomparse.a
/usr/{LIB}/liboomparse.so
/usr/{LIB}/pkgconfig/oomparse.pc
"
    )
}
