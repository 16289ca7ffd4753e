//! The filter that a host creates: streams, names, late events.

use mlua::{
    Error, IntoLua, Lua, LuaSerdeExt as _, Result, SerializeOptions, Table, UserData,
    UserDataMethods, Value,
};
use oomparse_core::{Accept, Daemon, OomEvent, Options};
use oomparse_host::{self as host, Host, Key, Places, Pods, Sources, text_to_json};
use oomparse_pods::PodTable;
use std::borrow::Cow;

/// How many late events are kept for [`Filter::late`]; older ones are dropped.
const MAX_LATE: usize = 1024;

/// Maximum nesting of tables; deeper values prove nothing.
const MAX_DEPTH: u8 = 16;

/// The names of the options; any other name is an error.
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
    host: Host<Pods>,
    places: Places,
}

impl Filter {
    pub(crate) fn new(options: Option<&Table>) -> Result<Self> {
        let mut parser = Options::default();
        parser.accept = Accept::KERNEL;
        let (mut places, mut sources) = (Places::default(), Sources::default());
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
            places.text = key(options, "key")?.into_iter().collect();
            places.stream = key(options, "stream_key")?;
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
            sources = Sources::new(paths(options, "pods")?);
        }
        let mut host = Host::new(parser, Pods::of(sources, PodTable::new()));
        host.keep_late(MAX_LATE);
        Ok(Self { host, places })
    }

    /// The event that this record completes.
    fn process(&mut self, lua: &Lua, record: Table) -> Result<Value> {
        let record = Tabled {
            lua,
            value: Value::Table(record),
            depth: 0,
        };
        let text = self.places.text(&record);
        let Some(Value::String(text)) = text.map(|text| text.value) else {
            return Ok(Value::Nil);
        };
        let stream = self.places.stream(&record);
        if !self.host.wants_text(&stream, &text.as_bytes()) {
            self.host.pass_over(&stream, &text.as_bytes());
            return Ok(Value::Nil);
        }
        let Some(line) = self.places.line(&record) else {
            return Ok(Value::Nil);
        };
        match self.host.take(&stream, None, &line) {
            Some(event) => table(lua, &event),
            None => Ok(Value::Nil),
        }
    }

    fn take_late(&mut self, lua: &Lua) -> Result<Table> {
        let list = lua.create_table()?;
        while let Some((_, event)) = self.host.next_event(None) {
            list.push(table(lua, &event)?)?;
        }
        Ok(list)
    }
}

fn table(lua: &Lua, event: &OomEvent) -> Result<Value> {
    let options = SerializeOptions::new().set_array_metatable(false);
    lua.to_value_with(event, options)
}

/// A record, or a value in it.
#[derive(Clone)]
struct Tabled<'l> {
    lua: &'l Lua,
    value: Value,
    /// How deep it is nested in tables.
    depth: u8,
}

impl Tabled<'_> {
    /// A value in this one.
    fn inner(&self, value: Value) -> Self {
        Self {
            lua: self.lua,
            value,
            depth: self.depth + 1,
        }
    }
}

impl<'l> host::Value<'l> for Tabled<'l> {
    fn get(&self, key: &str) -> Option<Self> {
        match self.value.as_table()?.get(key) {
            Ok(Value::Nil) | Err(_) => None,
            Ok(value) => Some(self.inner(value)),
        }
    }

    fn is_text(&self) -> bool {
        self.value.is_string()
    }

    fn text(&self) -> Option<Cow<'l, [u8]>> {
        let text = self.value.as_string()?;
        Some(Cow::Owned(text.as_bytes().to_vec()))
    }

    fn all(&self, take: &mut dyn FnMut(&[u8], &Self) -> bool) -> bool {
        let Some(table) = self.value.as_table() else {
            return true;
        };
        let mut pairs = table.pairs::<Value, Value>().flatten();
        pairs.all(|(key, value)| match key {
            Value::String(key) => take(&key.as_bytes(), &self.inner(value)),
            _ => true,
        })
    }

    fn write_json(&self, out: &mut Vec<u8>) -> bool {
        match &self.value {
            Value::String(text) => text_to_json(&text.as_bytes(), out),
            Value::Table(_) if self.depth == MAX_DEPTH => out.extend_from_slice(b"null"),
            Value::Table(table) if table.raw_len() == 0 => {
                out.push(b'{');
                let start = out.len();
                self.all(&mut |key, value| {
                    if out.len() > start {
                        out.push(b',');
                    }
                    text_to_json(key, out);
                    out.push(b':');
                    value.write_json(out)
                });
                out.push(b'}');
            }
            // Times and other values that JSON does not have prove nothing.
            value => {
                let json = self.lua.from_value::<serde_json::Value>(value.clone());
                let json = json.unwrap_or_default();
                out.extend_from_slice(json.to_string().as_bytes());
            }
        }
        true
    }
}

impl UserData for Filter {
    fn add_methods<M: UserDataMethods<Self>>(methods: &mut M) {
        methods.add_method_mut("process", |lua, filter, record: Table| {
            filter.process(lua, record)
        });
        methods.add_method_mut("load_pods", |lua, filter, ()| {
            let trouble = filter.host.names().reload().into_iter();
            let trouble: Vec<_> = trouble
                .map(|sentence| format!("pods from {sentence}"))
                .collect();
            match trouble.as_slice() {
                [] => Ok(Value::Nil),
                all => all.join("; ").into_lua(lua),
            }
        });
        methods.add_method_mut("late", |lua, filter, ()| filter.take_late(lua));
        methods.add_method_mut("finish", |lua, filter, ()| {
            filter.host.finish();
            filter.take_late(lua)
        });
        methods.add_method("dropped", |_, filter, ()| Ok(filter.host.counts().dropped));
    }
}

/// The position of a value that an option names.
fn key(options: &Table, name: &str) -> Result<Option<Key>> {
    let written = options.get::<Option<String>>(name)?;
    let key = written.map(|written| written.parse::<Key>()).transpose();
    key.map_err(|error| Error::runtime(format!("oomparse.new: {name}: {error}")))
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
