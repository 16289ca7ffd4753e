//! The filter that a host makes: streams, names, late events.

use crate::pods;
use mlua::{
    Error, IntoLua, Lua, LuaSerdeExt as _, Result, SerializeOptions, Table, UserData,
    UserDataMethods, Value,
};
use oomparse_core::{KeyedParser, OomEvent, Options, PodTable, enrich};
use std::collections::VecDeque;
use std::path::PathBuf;

/// Keys that shippers put a record's text under, best first.
const TEXT_KEYS: [&str; 4] = ["message", "MESSAGE", "msg", "log"];

/// Late events that are kept for [`Filter::late`]; older ones go.
const MAX_LATE: usize = 1024;

/// Names that the host gives its options, and what is told of others.
const OPTIONS: [&str; 5] = ["trust", "key", "stream_key", "pods", "node_name"];

/// State of one transform.
pub(crate) struct Filter {
    parsers: KeyedParser,
    key: Option<String>,
    stream_key: Option<String>,
    table: PodTable,
    sources: Vec<PathBuf>,
    hungry: bool,
    late: VecDeque<OomEvent>,
    dropped: u64,
}

impl Filter {
    pub(crate) fn new(options: Option<&Table>) -> Result<Self> {
        let mut parser = Options::default();
        parser.proven_only = true;
        let mut filter = Self {
            parsers: KeyedParser::with_options(Options::default()),
            key: None,
            stream_key: None,
            table: PodTable::new(),
            sources: Vec::new(),
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
            parser.proven_only = match options.get::<Option<String>>("trust")?.as_deref() {
                None | Some("kernel") => true,
                Some("any") => false,
                Some(other) => {
                    return Err(Error::runtime(format!(
                        "oomparse.new: trust is `kernel` or `any`, not `{other}`"
                    )));
                }
            };
            filter.key = options.get("key")?;
            filter.stream_key = options.get("stream_key")?;
            parser.host = options
                .get::<Option<String>>("node_name")?
                .map(String::into_bytes);
            filter.sources = match options.get::<Value>("pods")? {
                Value::Nil => Vec::new(),
                Value::Table(list) => list
                    .sequence_values::<String>()
                    .map(|path| path.map(PathBuf::from))
                    .collect::<Result<_>>()?,
                Value::String(path) => vec![PathBuf::from(path.to_str()?.to_owned())],
                _ => {
                    return Err(Error::runtime(
                        "oomparse.new: pods is a path or a list of paths",
                    ));
                }
            };
        }
        filter.parsers = KeyedParser::with_options(parser);
        Ok(filter)
    }

    /// The event that this record completes.
    fn process(&mut self, lua: &Lua, record: &Table) -> Result<Value> {
        let text = match &self.key {
            Some(key) => record.get::<Value>(key.as_str())?,
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
            Some(key) => match record.get::<Value>(key.as_str())? {
                Value::String(value) => value.as_bytes().to_vec(),
                _ => Vec::new(),
            },
            None => Vec::new(),
        };
        let line = as_json(lua, record, &text, self.key.as_deref())?;
        self.parsers.push_line(&stream, line.as_bytes());
        self.parsers.give_waiting(&stream);
        let mut own = None;
        while let Some((_, event)) = self.parsers.next_event() {
            if event.is_told_by(&text.as_bytes()) {
                if let Some(earlier) = own.replace(event) {
                    self.keep_late(earlier);
                }
            } else {
                self.keep_late(event);
            }
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
        if !enrich(&mut event, &mut self.table) && !self.sources.is_empty() {
            // A pod that is new since the last time. What is wrong with a source, load_pods told.
            let _ = self.load_pods();
            enrich(&mut event, &mut self.table);
        }
        let options = SerializeOptions::new().set_array_metatable(false);
        lua.to_value_with(&event, options)
    }

    /// Reads every source again; one sentence for each that is in trouble.
    fn load_pods(&mut self) -> Vec<String> {
        let Self { sources, table, .. } = self;
        let trouble = sources.iter().filter_map(|path| {
            let sentence = pods::load(path, table).err()?;
            Some(format!("pods from {}: {sentence}", path.display()))
        });
        trouble.collect()
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
