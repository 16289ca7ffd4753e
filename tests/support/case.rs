//! Case folders: reading them, and complaining about what is missing in them.

use oomparse_core::{Accept, Daemon, Options};
use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};
use toml::Table;

/// One folder of `corpus/cases` or `corpus/negative`.
#[derive(Clone, Debug)]
pub struct Case {
    /// The folder's name, `NNN-slug`.
    pub name: String,
    /// The folder.
    pub dir: PathBuf,
    /// `input.log`, byte for byte.
    pub input: Vec<u8>,
    /// `case.toml`.
    pub about: Table,
    /// The parser's options for this case (`[options]` of `case.toml`).
    pub options: Options,
    /// A listing of pods in the folder (`pods = "FILE"`), which the events get their names from.
    pub pods: Option<Vec<u8>>,
}

impl Case {
    /// Whether the line above alone shows who wrote a line of this log (`needs = "the line above"`): where each
    /// line is a record of its own, only what trusts nobody is right.
    #[must_use]
    pub fn needs_line_above(&self) -> bool {
        self.word("needs") == Some("the line above")
    }

    /// Whether a build of the core without the feature `carriers` gives other events (`carriers = true`).
    #[must_use]
    pub fn needs_carriers(&self) -> bool {
        self.about.get("carriers").and_then(toml::Value::as_bool) == Some(true)
    }

    /// Whether it asks for more than the kernel's lines.
    #[must_use]
    pub fn reads_others(&self) -> bool {
        self.options.accept.has_daemons() || self.options.origin.is_some()
    }

    /// The events of this case, one JSON text each.
    #[must_use]
    pub fn events(&self) -> Vec<String> {
        match &self.pods {
            Some(pods) => crate::parse_with_names(&self.options, &self.input, pods),
            None => crate::parse_whole(&self.options, &self.input),
        }
    }

    /// `truth.json`: the events as a person read them, in the order of output, and their number.
    ///
    /// # Errors
    /// Says what is wrong with the file.
    pub fn truth(&self) -> Result<(Vec<Value>, usize), String> {
        let path = self.dir.join("truth.json");
        let text = fs::read_to_string(&path).map_err(|e| format!("{}: {e}", path.display()))?;
        let truth: Value =
            serde_json::from_str(&text).map_err(|e| format!("{}: {e}", path.display()))?;
        let events = truth
            .get("events")
            .and_then(Value::as_array)
            .ok_or_else(|| format!("{}: no array `events`", path.display()))?;
        let count = truth
            .get("count")
            .and_then(Value::as_u64)
            .and_then(|count| usize::try_from(count).ok())
            .ok_or_else(|| format!("{}: no number `count`", path.display()))?;
        if events.len() > count {
            return Err(format!("{}: more events than `count`", path.display()));
        }
        Ok((events.clone(), count))
    }

    /// `snapshot.json`, if it was written.
    #[must_use]
    pub fn snapshot(&self) -> Option<String> {
        fs::read_to_string(self.dir.join("snapshot.json")).ok()
    }

    /// A word of `case.toml`.
    #[must_use]
    pub fn word(&self, key: &str) -> Option<&str> {
        self.about.get(key)?.as_str()
    }
}

/// `corpus/` of the repository.
#[must_use]
pub fn corpus_dir() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../corpus")
}

/// The cases that give events, by name.
///
/// # Errors
/// Says which folder or file cannot be read.
pub fn cases() -> Result<Vec<Case>, String> {
    folders(&corpus_dir().join("cases"))
}

/// The cases that must give no kill, by name.
///
/// # Errors
/// Says which folder or file cannot be read.
pub fn negatives() -> Result<Vec<Case>, String> {
    folders(&corpus_dir().join("negative"))
}

/// The inputs that once broke something or are made to, by file name.
///
/// # Errors
/// Says which file cannot be read.
pub fn crashers() -> Result<Vec<(String, Vec<u8>)>, String> {
    let mut found = Vec::new();
    for path in entries(&corpus_dir().join("crashers"))? {
        if path.is_file() && path.extension().is_none_or(|end| end != "md") {
            let bytes = fs::read(&path).map_err(|e| format!("{}: {e}", path.display()))?;
            found.push((file_name(&path), bytes));
        }
    }
    Ok(found)
}

fn folders(dir: &Path) -> Result<Vec<Case>, String> {
    entries(dir)?
        .into_iter()
        .filter(|path| path.is_dir())
        .map(|path| load(&path))
        .collect()
}

fn entries(dir: &Path) -> Result<Vec<PathBuf>, String> {
    let complain = |e: std::io::Error| format!("{}: {e}", dir.display());
    let mut found = Vec::new();
    for entry in fs::read_dir(dir).map_err(complain)? {
        found.push(entry.map_err(complain)?.path());
    }
    found.sort();
    Ok(found)
}

fn file_name(path: &Path) -> String {
    path.file_name()
        .map(|name| name.to_string_lossy().into_owned())
        .unwrap_or_default()
}

fn load(dir: &Path) -> Result<Case, String> {
    let read = |name: &str| {
        let path = dir.join(name);
        fs::read(&path).map_err(|e| format!("{}: {e}", path.display()))
    };
    let name = file_name(dir);
    let about = String::from_utf8(read("case.toml")?).map_err(|e| format!("{name}: {e}"))?;
    let about: Table = about
        .parse()
        .map_err(|e| format!("{name}/case.toml: {e}"))?;
    let options = options(&about).map_err(|e| format!("{name}/case.toml: {e}"))?;
    let pods = match about.get("pods").map(|file| file.as_str()) {
        Some(file) => Some(read(
            file.ok_or(format!("{name}: `pods` is not a file name"))?,
        )?),
        None => None,
    };
    Ok(Case {
        input: read("input.log")?,
        dir: dir.to_path_buf(),
        name,
        about,
        options,
        pods,
    })
}

fn options(about: &Table) -> Result<Options, String> {
    let mut options = Options::default();
    let Some(given) = about.get("options") else {
        return Ok(options);
    };
    let given = given.as_table().ok_or("`options` is not a table")?;
    let daemon = |name: &str| Daemon::from_name(name).ok_or(format!("no daemon `{name}` is known"));
    for (key, value) in given {
        let wrong = || format!("`options.{key}` cannot be {value}");
        let bytes = || value.as_str().map(|text| text.as_bytes().to_vec());
        let number = || value.as_integer();
        match key.as_str() {
            "tasks" => options.tasks = value.as_bool().ok_or_else(wrong)?,
            "trust" => {
                options.accept = match value.as_str().ok_or_else(wrong)? {
                    "kernel" => Accept::KERNEL,
                    "any" => Accept::ANY,
                    _ => return Err(wrong()),
                };
            }
            "sources" => {
                options.accept = match value.as_str().ok_or_else(wrong)? {
                    "all" => options.accept.and_all_daemons(),
                    names => names.split(',').try_fold(options.accept, |accept, name| {
                        Ok::<_, String>(accept.and(daemon(name)?))
                    })?,
                };
            }
            "origin" => options.origin = Some(daemon(value.as_str().ok_or_else(wrong)?)?),
            "host" => options.host = Some(bytes().ok_or_else(wrong)?),
            "boot_id" => options.boot_id = Some(bytes().ok_or_else(wrong)?),
            "year" => {
                let year = number().and_then(|year| u16::try_from(year).ok());
                options.year = Some(year.ok_or_else(wrong)?);
            }
            "utc_offset_minutes" => {
                let offset = number().and_then(|offset| i16::try_from(offset).ok());
                options.utc_offset_minutes = Some(offset.ok_or_else(wrong)?);
            }
            _ => return Err(format!("unknown option `{key}`")),
        }
    }
    Ok(options)
}
