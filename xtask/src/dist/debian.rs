//! Packages for Debian beside that of the program: files below a folder, and what dpkg needs to know of them.

use super::{copy_as, output, packages, read, stage, stage_dir, write};
use crate::reproducible::at_the_time;
use crate::{VERSION, steps, target_dir};
use std::path::PathBuf;
use std::process::Command;

/// What a package says of itself.
#[derive(Clone, Copy, Debug)]
pub(super) struct Package<'p> {
    pub(super) name: &'p str,
    /// `amd64`, or `all` where no file depends on the machine.
    pub(super) arch: &'p str,
    /// The lines of `control` from `Section` to the end of the description.
    pub(super) control: &'p str,
    /// lintian's complaints that cannot be resolved here, below the one that every package has.
    pub(super) overrides: &'p str,
}

/// The file of a package.
pub(super) fn file_name(package: &str, arch: &str) -> String {
    format!("{package}_{VERSION}-1_{arch}.deb")
}

/// The folder for a package's files.
pub(super) fn folder_of(package: &str) -> PathBuf {
    target_dir().join("dist/debian").join(package)
}

impl Package<'_> {
    /// Builds `dist/packages/NAME_VERSION-1_ARCH.deb` from the files in its folder.
    pub(super) fn pack(&self) -> Result<(), String> {
        let (name, dir) = (self.name, folder_of(self.name));
        let documents = dir.join("usr/share/doc").join(name);
        copy_as(&stage_dir().join("copyright"), &documents.join("copyright"))?;
        let changelog = read(&stage_dir().join("changelog"))?;
        let plain = target_dir().join("dist/changelog");
        let own = changelog.replacen("oomparse (", &format!("{name} ("), 1);
        write(&plain, own)?;
        stage::gzip(&plain, &documents.join("changelog.Debian.gz"))?;
        let overrides = format!(
            "# It comes from its authors, not from Debian's archive.\n\
             {name}: initial-upload-closes-no-bugs [usr/share/doc/{name}/changelog.Debian.gz:1]\n{}",
            self.overrides
        );
        write(
            &dir.join("usr/share/lintian/overrides").join(name),
            overrides,
        )?;
        let control = format!(
            "Package: {name}\nSource: oomparse\nVersion: {VERSION}-1\nArchitecture: {}\n\
             Maintainer: The oomparse authors <oomparse@users.noreply.github.com>\n\
             Homepage: https://github.com/oomparse/oomparse\nPriority: optional\n{}",
            self.arch, self.control
        );
        write(&dir.join("DEBIAN/control"), control)?;
        let shell =
            |script: &str| output(Command::new("sh").args(["-c", script]).current_dir(&dir));
        // What the machine's owner may change.
        let changed = shell("[ ! -d etc ] || find etc -type f -printf '/%p\\n' | LC_ALL=C sort")?;
        if !changed.is_empty() {
            write(&dir.join("DEBIAN/conffiles"), changed)?;
        }
        let sums = shell("find usr -type f -print0 | LC_ALL=C sort -z | xargs -0 md5sum")?;
        write(&dir.join("DEBIAN/md5sums"), sums)?;
        shell("chmod -R u=rwX,go=rX . && find usr -name '*.so*' -type f -exec chmod 644 {} +")?;
        shell("for file in DEBIAN/post* DEBIAN/pre*; do [ ! -e $file ] || chmod 755 $file; done")?;
        let mut build = Command::new("dpkg-deb");
        build
            .args(["--build", "--root-owner-group", "-Zgzip"])
            .arg(&dir);
        build.arg(packages().join(file_name(name, self.arch)));
        at_the_time(&mut build);
        steps::run(&mut build)
    }
}
