//! The filter that a host makes: streams, names, late events.

use mlua::{
    Error, IntoLua, Lua, LuaSerdeExt as _, Result, SerializeOptions, Table, UserData,
    UserDataMethods, Value,
};
use oomparse_core::{Accept, Daemon, KeyedParser, OomEvent, Options};
use oomparse_host::{Key, Sources};
use oomparse_pods::PodTable;
use std::collections::VecDeque;

/// Keys that shippers put a record's text under, best first.
const TEXT_KEYS: [&str; 4] = ["message", "MESSAGE", "msg", "log"];

/// Late events that are kept for [`Filter::late`]; older ones go.
const MAX_LATE: usize = 1024;

/// Names that the host gives its options, and what is told of others.
const OPTIONS: [&str; 8] = [
    "trust",
    "sources",
    "origin",
    "key",
    "stream_key",
    "pods",
    "node_name",
    "cgroup_roots",
];

/// State of one transform.
pub(crate) struct Filter {
    parsers: KeyedParser,
    key: Option<Key>,
    stream_key: Option<Key>,
    table: PodTable,
    sources: Sources,
    hungry: bool,
    late: VecDeque<OomEvent>,
    dropped: u64,
}

impl Filter {
    pub(crate) fn new(options: Option<&Table>) -> Result<Self> {
        let mut parser = Options::default();
        parser.accept = Accept::KERNEL;
        let mut filter = Self {
            parsers: KeyedParser::with_options(Options::default()),
            key: None,
            stream_key: None,
            table: PodTable::new(),
            sources: Sources::default(),
            hungry: false,
            late: VecDeque::new(),
            dropped: 0,
        };
        if let Some(options) = options {
            for pair in options.pairs::<String, Value>() {
                let (name, _) = pair?;
                if !OPTIONS.contains(&name.as_str()) {
                    let known = OPTIONS.join(", ");
                    return Err(Error::runtime(format!(
                        "oomparse.new: there is no option `{name}`; there are {known}"
                    )));
                }
            }
            parser.accept = match options.get::<Option<String>>("trust")?.as_deref() {
                None | Some("kernel") => Accept::KERNEL,
                Some("any") => Accept::ANY,
                Some(other) => {
                    return Err(Error::runtime(format!(
                        "oomparse.new: trust is `kernel` or `any`, not `{other}`"
                    )));
                }
            };
            for name in paths(options, "sources")? {
                parser.accept = match name.as_str() {
                    "all" => parser.accept.and_all_daemons(),
                    name => parser.accept.and(daemon(name)?),
                };
            }
            if let Some(name) = options.get::<Option<String>>("origin")? {
                parser.origin = Some(daemon(&name)?);
            }
            filter.key = key(options, "key")?;
            filter.stream_key = key(options, "stream_key")?;
            parser.host = options
                .get::<Option<String>>("node_name")?
                .map(String::into_bytes);
            for root in paths(options, "cgroup_roots")? {
                if !parser.cgroup_roots.add(root.as_bytes()) {
                    return Err(Error::runtime(format!(
                        "oomparse.new: cgroup_roots are paths that begin with `/`, not `{root}`"
                    )));
                }
            }
            filter.sources = Sources::new(paths(options, "pods")?);
        }
        filter.parsers = KeyedParser::with_options(parser);
        Ok(filter)
    }

    /// The event that this record completes.
    fn process(&mut self, lua: &Lua, record: &Table) -> Result<Value> {
        let text = match &self.key {
            Some(key) => at(record, key),
            None => first_text(record)?,
        };
        let Value::String(text) = text else {
            return Ok(Value::Nil);
        };
        let matters = self.hungry || self.parsers.is_candidate(&text.as_bytes());
        if !matters {
            return Ok(Value::Nil);
        }
        let stream = match &self.stream_key {
            Some(key) => match at(record, key) {
                Value::String(value) => value.as_bytes().to_vec(),
                _ => Vec::new(),
            },
            None => Vec::new(),
        };
        let key = self
            .key
            .as_ref()
            .map(|key| key.at_top().unwrap_or_default());
        let line = as_json(lua, record, &text, key)?;
        let mut late = Vec::new();
        let own = self
            .parsers
            .push_record(&stream, line.as_bytes(), |_, event| late.push(event));
        for event in late {
            self.keep_late(event);
        }
        self.hungry = self.parsers.any_wants_every_line();
        match own {
            Some(event) => self.named(lua, event),
            None => Ok(Value::Nil),
        }
    }

    fn keep_late(&mut self, event: OomEvent) {
        if self.late.len() == MAX_LATE {
            self.late.pop_front();
            self.dropped += 1;
        }
        self.late.push_back(event);
    }

    /// The event as a table, with the names that the sources know.
    fn named(&mut self, lua: &Lua, mut event: OomEvent) -> Result<Value> {
        self.sources.name(&mut event, &mut self.table);
        for other in &mut event.others {
            self.sources.name(other, &mut self.table);
        }
        let options = SerializeOptions::new().set_array_metatable(false);
        lua.to_value_with(&event, options)
    }

    /// Reads every source that looks different; one sentence for each that is in trouble.
    fn load_pods(&mut self) -> Vec<String> {
        let trouble = self.sources.load(&mut self.table).into_iter();
        trouble
            .map(|sentence| format!("pods from {sentence}"))
            .collect()
    }

    fn take_late(&mut self, lua: &Lua) -> Result<Table> {
        let list = lua.create_table()?;
        while let Some(event) = self.late.pop_front() {
            list.push(self.named(lua, event)?)?;
        }
        Ok(list)
    }
}

impl UserData for Filter {
    fn add_methods<M: UserDataMethods<Self>>(methods: &mut M) {
        methods.add_method_mut("process", |lua, filter, record: Table| {
            filter.process(lua, &record)
        });
        methods.add_method_mut("load_pods", |lua, filter, ()| {
            let trouble = filter.load_pods();
            match trouble.as_slice() {
                [] => Ok(Value::Nil),
                all => all.join("; ").into_lua(lua),
            }
        });
        methods.add_method_mut("late", |lua, filter, ()| filter.take_late(lua));
        methods.add_method_mut("finish", |lua, filter, ()| {
            filter.parsers.finish();
            while let Some((_, event)) = filter.parsers.next_event() {
                filter.keep_late(event);
            }
            filter.hungry = false;
            filter.take_late(lua)
        });
        methods.add_method("dropped", |_, filter, ()| Ok(filter.dropped));
    }
}

/// The place of a value that an option names.
fn key(options: &Table, name: &str) -> Result<Option<Key>> {
    let written = options.get::<Option<String>>(name)?;
    let key = written.map(|written| written.parse::<Key>()).transpose();
    key.map_err(|error| Error::runtime(format!("oomparse.new: {name}: {error}")))
}

/// What stands there in a record.
fn at(record: &Table, key: &Key) -> Value {
    let get = |value: &Value, key: &str| match value.as_table()?.get(key) {
        Ok(Value::Nil) | Err(_) => None,
        Ok(value) => Some(value),
    };
    key.find(Value::Table(record.clone()), get)
        .unwrap_or_default()
}

/// The daemon of this name.
fn daemon(name: &str) -> Result<Daemon> {
    Daemon::from_name(name).ok_or_else(|| {
        let known: Vec<&str> = Daemon::ALL.iter().map(|daemon| daemon.name()).collect();
        let known = known.join(", ");
        Error::runtime(format!(
            "oomparse.new: no daemon `{name}` is known; known are {known}"
        ))
    })
}

/// An option that is a path or a list of them.
fn paths(options: &Table, name: &str) -> Result<Vec<String>> {
    match options.get::<Value>(name)? {
        Value::Nil => Ok(Vec::new()),
        Value::Table(list) => list.sequence_values::<String>().collect(),
        Value::String(path) => Ok(vec![path.to_str()?.to_owned()]),
        _ => Err(Error::runtime(format!(
            "oomparse.new: {name} is a path or a list of paths"
        ))),
    }
}

fn first_text(record: &Table) -> Result<Value> {
    for key in TEXT_KEYS {
        let value: Value = record.get(key)?;
        if !value.is_nil() {
            return Ok(value);
        }
    }
    Ok(Value::Nil)
}

/// The record as the core reads it: the text, and the values beside it that tell whose it is.
fn as_json(lua: &Lua, record: &Table, text: &mlua::String, key: Option<&str>) -> Result<String> {
    let mut object = serde_json::Map::new();
    for pair in record.pairs::<Value, Value>() {
        let (Value::String(name), value) = pair? else {
            continue;
        };
        let name = name.to_string_lossy();
        let is_text = key.map_or(TEXT_KEYS.contains(&name.as_str()), |key| key == name);
        let value = match value {
            _ if is_text => continue,
            Value::String(text) => text.to_string_lossy().into(),
            // Times and whatever else JSON has no word for prove nothing.
            value => match lua.from_value::<serde_json::Value>(value) {
                Ok(value) => value,
                Err(_) => continue,
            },
        };
        object.insert(name, value);
    }
    // Of several texts the one under `message` counts.
    object.insert("message".to_owned(), text.to_string_lossy().into());
    Ok(serde_json::Value::Object(object).to_string())
}
