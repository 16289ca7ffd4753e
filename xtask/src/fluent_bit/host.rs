//! Runs of the user's Fluent Bit.

use super::input::Input;
use super::modules::{IDENTITY, Modules};
use super::write;
use crate::steps::{self, cargo};
use crate::{root, target_dir};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// An output that takes everything and does nothing.
pub(super) const NULL: &str = "[OUTPUT]\n    Name null\n    Match *\n";

/// A filter to run.
#[derive(Clone, Debug, Default)]
pub(super) struct Filter {
    pub(super) name: String,
    /// What to load, if it is not built in.
    pub(super) plugin: Option<PathBuf>,
    /// Loaded by a file of plugins, not by `-e`.
    pub(super) by_file: bool,
    /// Its section.
    pub(super) config: String,
}

/// The program, and what it is to load.
#[derive(Debug)]
pub(super) struct Host {
    pub(super) bin: PathBuf,
    pub(super) dir: PathBuf,
    oomparse: PathBuf,
    empty: PathBuf,
    pub(super) library: PathBuf,
    pub(super) modules: Modules,
}

impl Host {
    /// Builds the filter, the library, and an empty filter to compare with.
    pub(super) fn prepare(bin: &Path, dir: &Path) -> Result<Self, String> {
        let oomparse = super::filter()?;
        let library = ["build", "--release", "--package", "oomparse-ffi"];
        steps::run(&mut cargo(&library))?;
        let empty = dir.join("flb-filter_empty.so");
        let source = root().join("integrations/fluent-bit/native/tests/empty_filter.c");
        let mut cc = Command::new("cc");
        cc.args(["-O2", "-shared", "-fPIC", "-o"]);
        steps::run(cc.arg(&empty).arg(source))?;
        let parsers = "[PARSER]\n    Name json_record\n    Format json\n";
        write(&dir.join("parsers.conf"), parsers)?;
        write(
            &dir.join("identity.lua"),
            "function identity(tag, time, record)\n    return 0, 0, 0\nend\n",
        )?;
        Ok(Self {
            bin: bin.to_owned(),
            dir: dir.to_owned(),
            oomparse,
            empty,
            library: target_dir().join("release/liboomparse.so"),
            modules: Modules::prepare(dir)?,
        })
    }

    /// The line in which the program names itself.
    pub(super) fn version(&self) -> Result<String, String> {
        let output = Command::new(&self.bin).arg("--version").output();
        let output = output.map_err(|error| format!("{}: {error}", self.bin.display()))?;
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        Ok(text.lines().next().unwrap_or_default().to_owned())
    }

    /// Whether the program was built with an input.
    pub(super) fn has_input(&self, name: &str) -> Result<bool, String> {
        let output = Command::new(&self.bin).arg("--help").output();
        let output = output.map_err(|error| format!("{}: {error}", self.bin.display()))?;
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        Ok(text
            .lines()
            .any(|line| line.split_ascii_whitespace().next() == Some(name)))
    }

    /// The native filter.
    pub(super) fn oomparse(&self, mode: &'static str) -> Filter {
        Filter {
            name: format!("native, Mode {mode}"),
            plugin: Some(self.oomparse.clone()),
            by_file: mode == "events",
            config: format!(
                "[FILTER]\n    Name oomparse\n    Match *\n    Mode {mode}\n    Pods {}\n",
                self.pods().display()
            ),
        }
    }

    /// A file that names the native filter for the host to load.
    pub(super) fn plugins_file(&self) -> Result<String, String> {
        let file = self.dir.join("shipped-plugins.conf");
        let text = format!("[PLUGINS]\n    Path {}\n", self.oomparse.display());
        write(&file, &text)?;
        Ok(file.display().to_string())
    }

    /// The native filter that does nothing.
    pub(super) fn empty(&self) -> Filter {
        Filter {
            name: "native, empty".to_owned(),
            plugin: Some(self.empty.clone()),
            config: "[FILTER]\n    Name empty\n    Match *\n".to_owned(),
            ..Filter::default()
        }
    }

    /// A Lua filter.
    pub(super) fn lua(&self, name: &str, script: &Path, function: &str) -> Filter {
        Filter {
            name: name.to_owned(),
            config: format!(
                "[FILTER]\n    Name lua\n    Match *\n    script {}\n    call {function}\n",
                script.display()
            ),
            ..Filter::default()
        }
    }

    /// The script of this repository.
    pub(super) fn oomparse_lua(&self) -> Filter {
        let script = root().join("integrations/fluent-bit/oomparse.lua");
        self.lua("oomparse.lua", &script, "oomparse")
    }

    /// A function of a WebAssembly module.
    pub(super) fn wasm(&self, name: &str, module: &Path, function: &str) -> Filter {
        Filter {
            name: name.to_owned(),
            config: format!(
                "[FILTER]\n    Name wasm\n    Match *\n    wasm_path {}\n    function_name {function}\n",
                module.display()
            ),
            ..Filter::default()
        }
    }

    /// A function of this repository's module.
    pub(super) fn oomparse_wasm(&self, function: &str) -> Filter {
        let name = format!("oomparse.wasm, {function}");
        self.wasm(&name, &self.modules.oomparse, function)
    }

    /// A function of the module that looks up names.
    pub(super) fn oomparse_pods_wasm(&self, function: &str) -> Filter {
        let name = format!("oomparse-pods.wasm, {function}");
        let mut filter = self.wasm(&name, &self.modules.oomparse_pods, function);
        let pods = format!("    accessible_paths {}\n", self.pods().display());
        filter.config.push_str(&pods);
        filter
    }

    /// A module that gives each record back as it is.
    pub(super) fn wasm_identity(&self) -> Filter {
        self.wasm("wasm identity", &self.modules.identity, IDENTITY)
    }

    /// The same, with memory for records of any size.
    pub(super) fn wasm_identity_with_malloc(&self) -> Filter {
        let module = &self.modules.identity_with_malloc;
        self.wasm("wasm identity with malloc and free", module, IDENTITY)
    }

    /// The directory as /var/log/pods.
    pub(super) fn pods(&self) -> PathBuf {
        self.dir.join("pods")
    }

    /// Runs a log through a filter; returns the program's CPU seconds and what it said.
    pub(super) fn run(
        &self,
        input: &Input,
        filter: &Filter,
        output: &str,
    ) -> Result<(f64, String), String> {
        let plugins = self.dir.join("plugins.conf");
        let mut service = format!(
            "[SERVICE]\n    Flush 0.2\n    Grace 60\n    Log_Level info\n    HTTP_Server Off\n    \
             Parsers_File {}\n",
            self.dir.join("parsers.conf").display()
        );
        let mut by_option = None;
        if let Some(plugin) = &filter.plugin {
            if filter.by_file {
                let text = format!("[PLUGINS]\n    Path {}\n", plugin.display());
                write(&plugins, &text)?;
                service.push_str(&format!("    Plugins_File {}\n", plugins.display()));
            } else {
                by_option = Some(plugin);
            }
        }
        let parser = if input.is_json {
            "    Parser json_record\n"
        } else {
            ""
        };
        let config = self.dir.join("fluent-bit.conf");
        let text = format!(
            "{service}\n[INPUT]\n    Name tail\n    Tag kernel.mixed\n    Path {}\n{parser}    \
             Read_from_Head true\n    Exit_On_Eof true\n    Buffer_Max_Size 4M\n\n{}\n{output}\n",
            input.path.display(),
            filter.config
        );
        write(&config, &text)?;
        // The shell's `times` is the program's own CPU time, and nothing else's.
        let times = self.dir.join("times");
        let mut command = Command::new("bash");
        command.args([
            "-c",
            "\"$@\"; code=$?; times > \"$TIMES\"; exit $code",
            "bash",
        ]);
        command.arg(&self.bin).arg("-c").arg(&config);
        if let Some(plugin) = by_option {
            command.arg("-e").arg(plugin);
        }
        command
            .env("TIMES", &times)
            .env("OOMPARSE_LIB", &self.library)
            .env("OOMPARSE_PODS", self.pods());
        let output = command.output().map_err(|error| format!("bash: {error}"))?;
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        if !output.status.success() {
            return Err(format!("{}: {}\n{said}", self.bin.display(), output.status));
        }
        let times =
            fs::read_to_string(&times).map_err(|error| format!("{}: {error}", times.display()))?;
        let seconds = children_seconds(&times).ok_or("`times` printed something else")?;
        Ok((seconds, said))
    }
}

/// User and system time of the children, in the second line that `times` prints: `0m1.234s 0m0.056s`.
fn children_seconds(times: &str) -> Option<f64> {
    let seconds = |text: &str| {
        let (minutes, seconds) = text.trim_end_matches('s').split_once('m')?;
        Some(minutes.parse::<f64>().ok()? * 60.0 + seconds.parse::<f64>().ok()?)
    };
    let (user, system) = times.lines().nth(1)?.split_once(' ')?;
    Some(seconds(user)? + seconds(system)?)
}

#[cfg(test)]
mod tests {
    #[test]
    fn times_of_the_children() {
        let seconds = super::children_seconds("0m0.001s 0m0.002s\n1m1.500s 0m0.250s\n").unwrap();
        assert!((seconds - 61.75).abs() < 1e-9);
    }
}
