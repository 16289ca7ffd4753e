//! Packages for Debian with what a log shipper loads, in the places where its own package looks for it.

use super::debian::{Package, folder_of};
use super::shippers::library;
use super::{copy_as, read, write};
use crate::VERSION;
use crate::root;
use crate::static_program::X86;
use std::fs;

/// Of which shippers there is a package.
pub(super) const SHIPPERS: [(&str, &str); 4] = [
    ("oomparse-rsyslog", "all"),
    ("oomparse-syslog-ng", "all"),
    ("oomparse-vector", X86.deb),
    ("oomparse-fluent-bit", X86.deb),
];

/// Where files of the archives are installed by hand, and where the packages have them.
const PLACES: [(&str, &str); 8] = [
    ("/usr/local/bin/oomparse", "/usr/bin/oomparse"),
    ("in /usr/local/bin,", "in /usr/bin,"),
    ("/usr/local/lib/oomparse/", "/usr/lib/oomparse/"),
    // Vector's own user may write there.
    ("/var/lib/oomparse/", "/var/lib/vector/oomparse/"),
    // Modules, but not the directory of options.
    ("/etc/fluent-bit/oomparse.", "/usr/lib/fluent-bit/oomparse."),
    ("/etc/fluent-bit/oomparse-", "/usr/lib/fluent-bit/oomparse-"),
    (
        "/etc/fluent-bit/plugins.conf",
        "/etc/fluent-bit/oomparse-plugins.conf",
    ),
    (
        "Change the three paths to yours.",
        "Change the paths to yours.",
    ),
];

/// Makes all.
pub(super) fn pack() -> Result<(), String> {
    for (name, _) in SHIPPERS {
        _ = fs::remove_dir_all(folder_of(name));
    }
    rsyslog()?;
    syslog_ng()?;
    vector()?;
    fluent_bit()
}

/// A configuration of the repository with the packages' paths, at a place of the machine.
fn configuration(package: &str, from: &str, to: &str) -> Result<(), String> {
    let mut text = read(&root().join("integrations").join(from))?;
    for (by_hand, packaged) in PLACES {
        text = text.replace(by_hand, packaged);
    }
    write(&folder_of(package).join(to), text)
}

fn example(package: &str, from: &str) -> Result<(), String> {
    let name = from.rsplit('/').next().unwrap_or(from);
    let to = format!("usr/share/doc/{package}/examples/{name}");
    configuration(package, from, &to)
}

/// A script for when it is installed or removed: what `do_it` says where systemd runs.
fn scripts(package: &str, configured: &str) -> Result<(), String> {
    let restart = |when: &str, what: &str| {
        format!("#!/bin/sh\nset -e\nif [ \"$1\" = {when} ]; then\n{what}fi\nexit 0\n")
    };
    let dir = folder_of(package).join("DEBIAN");
    write(&dir.join("postinst"), restart("configure", configured))
}

/// Restarts a service that runs; one that does not run is left alone.
fn restart(service: &str) -> String {
    format!(
        "    if [ -d /run/systemd/system ]; then\n        \
         deb-systemd-invoke try-restart {service}.service >/dev/null || :\n    fi\n"
    )
}

/// The fields of every such package.
fn control(depends: &str, what: &str, text: &str) -> String {
    format!(
        "Section: admin\n{depends}\nDescription: Linux OOM kills as events in {what}\n \
         When the kernel kills a process for want of memory, it prints a report.\n \
         oomparse adds what the report says, and the pod's name, to the record.\n{text}"
    )
}

fn rsyslog() -> Result<(), String> {
    let name = "oomparse-rsyslog";
    configuration(
        name,
        "rsyslog/oomparse.conf",
        "etc/rsyslog.d/60-oomparse.conf",
    )?;
    // Its own package restarts it, by dpkg's trigger for that folder.
    let control = control(
        &format!("Depends: oomparse (>= {VERSION}), rsyslog"),
        "rsyslog",
        " rsyslog reads /etc/rsyslog.d/60-oomparse.conf when it starts.\n",
    );
    let package = Package {
        name,
        arch: "all",
        control: &control,
        overrides: "",
    };
    package.pack()
}

fn syslog_ng() -> Result<(), String> {
    let name = "oomparse-syslog-ng";
    configuration(
        name,
        "syslog-ng/oomparse.conf",
        "etc/syslog-ng/conf.d/oomparse.conf",
    )?;
    scripts(name, &restart("syslog-ng"))?;
    let control = control(
        &format!("Depends: oomparse (>= {VERSION}), syslog-ng-core"),
        "syslog-ng",
        " syslog-ng reads /etc/syslog-ng/conf.d/oomparse.conf when it starts.\n",
    );
    let package = Package {
        name,
        arch: "all",
        control: &control,
        overrides: "",
    };
    package.pack()
}

/// Vector is not a package of Debian's: its own has the same name, and a user `vector`.
fn vector() -> Result<(), String> {
    let name = "oomparse-vector";
    configuration(name, "vector/exec.yaml", "etc/vector/oomparse.yaml")?;
    for file in ["vector/lua.yaml", "vector/incidents.yaml"] {
        example(name, file)?;
    }
    let module = folder_of(name).join("usr/lib/oomparse/oomparse.so");
    copy_as(&library("liboomparse_lua.so"), &module)?;
    // The table of names must be there when Vector starts; on no node it has the first line alone.
    let table = "    dir=/var/lib/vector/oomparse\n    mkdir -p $dir\n    \
                 [ -e $dir/pods.csv ] || oomparse pods --format csv >$dir/pods.csv 2>/dev/null || :\n    \
                 ! getent passwd vector >/dev/null || chown vector: $dir $dir/pods.csv\n";
    scripts(name, table)?;
    let purge = "#!/bin/sh\nset -e\nif [ \"$1\" = purge ]; then\n    rm -rf /var/lib/vector/oomparse\nfi\nexit 0\n";
    write(&folder_of(name).join("DEBIAN/postrm"), purge)?;
    let control = control(
        &format!("Depends: oomparse (>= {VERSION}), libc6 (>= 2.34), libgcc-s1\nEnhances: vector"),
        "Vector",
        " Vector reads /etc/vector/oomparse.yaml with VECTOR_CONFIG=/etc/vector/*.yaml\n \
         in /etc/default/vector. The module for its lua transform is there too.\n",
    );
    let package = Package {
        name,
        arch: X86.deb,
        control: &control,
        overrides: &unstripped(name, &["usr/lib/oomparse/oomparse.so"]),
    };
    package.pack()
}

/// Fluent Bit is not a package of Debian 12's: its own has the same name, and the program in /opt.
fn fluent_bit() -> Result<(), String> {
    let (name, lib) = ("oomparse-fluent-bit", "usr/lib/fluent-bit");
    let dir = folder_of(name);
    configuration(
        name,
        "fluent-bit/native/kmsg.yaml",
        "etc/fluent-bit/oomparse.yaml",
    )?;
    write(
        &dir.join("etc/fluent-bit/oomparse-plugins.conf"),
        "# The native filter, for `plugins_file`.\n[PLUGINS]\n    Path /usr/lib/fluent-bit/flb-filter_oomparse.so\n",
    )?;
    for file in ["native/output.yaml", "native/routing.yaml"] {
        example(name, &format!("fluent-bit/{file}"))?;
    }
    for file in [
        "kmsg-pods.yaml",
        "tail.yaml",
        "systemd.yaml",
        "systemd-sources.yaml",
        "kmsg.conf",
    ] {
        example(name, &format!("fluent-bit/wasm/{file}"))?;
    }
    copy_as(
        &library("libflb_filter_oomparse.so"),
        &dir.join(lib).join("flb-filter_oomparse.so"),
    )?;
    for module in crate::wasm::names() {
        copy_as(
            &root().join("dist").join(module),
            &dir.join(lib).join(module),
        )?;
    }
    let script = root().join("integrations/fluent-bit/oomparse.lua");
    copy_as(&script, &dir.join(lib).join("oomparse.lua"))?;
    let control = control(
        &format!(
            "Depends: libc6 (>= 2.34), libgcc-s1\nSuggests: {} (= {VERSION}-1)\nEnhances: fluent-bit",
            super::library::package()
        ),
        "Fluent Bit",
        " The native filter, three WASM modules and the Lua script, and a configuration:\n \
         fluent-bit -c /etc/fluent-bit/oomparse.yaml\n",
    );
    let package = Package {
        name,
        arch: X86.deb,
        control: &control,
        overrides: &unstripped(name, &["usr/lib/fluent-bit/flb-filter_oomparse.so"]),
    };
    package.pack()
}

fn unstripped(package: &str, files: &[&str]) -> String {
    let mut text =
        "# The names of functions stay, for backtraces; the rest is stripped.\n".to_owned();
    for file in files {
        text.push_str(&format!(
            "{package}: unstripped-binary-or-object [{file}]\n"
        ));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every path by hand is one that the files really have: else a package would keep another's.
    #[test]
    fn paths_of_packages_stand_in_the_files() {
        let mut texts = String::new();
        for file in [
            "rsyslog/oomparse.conf",
            "syslog-ng/oomparse.conf",
            "vector/exec.yaml",
            "vector/lua.yaml",
            "fluent-bit/native/kmsg.yaml",
            "fluent-bit/wasm/tail.yaml",
            "fluent-bit/wasm/systemd-sources.yaml",
        ] {
            let mut text = read(&root().join("integrations").join(file)).unwrap();
            texts.push_str(&text);
            for (by_hand, packaged) in PLACES {
                text = text.replace(by_hand, packaged);
            }
            assert!(!text.contains("/usr/local/"), "{file}");
            // Of what is in /usr/lib nothing is written by an administrator.
            assert!(!text.contains("/usr/lib/fluent-bit/oomparse,"), "{file}");
        }
        for (by_hand, _) in PLACES {
            assert!(texts.contains(by_hand), "{by_hand}");
        }
    }
}
