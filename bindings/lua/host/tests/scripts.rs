//! What every host of the parser is held to: `corpus/scripts`, record by record.

use mlua::{Lua, LuaOptions, LuaSerdeExt, StdLib, Table, Value};
use oomparse_lua_host::module_dir;
use oomparse_tests::{Script, events_in, scripts};

/// Where the module and the listings are put.
const SCRATCH: &str = env!("CARGO_TARGET_TMPDIR");

#[test]
fn the_scripts_give_the_events_that_they_must() {
    // As Vector: modules in C may be loaded.
    #[expect(unsafe_code, reason = "what Vector calls, so that C modules load")]
    let lua = unsafe { Lua::unsafe_new_with(StdLib::ALL_SAFE, LuaOptions::default()) };
    lua.load(format!(
        "package.cpath = \"{}/?.so;\" .. package.cpath",
        module_dir(SCRATCH, "dev").display()
    ))
    .exec()
    .unwrap();
    let mut tried = 0;
    for script in scripts().unwrap() {
        // Vector's sources make no text of numbers.
        if script.is_json_only {
            continue;
        }
        through(&lua, &script);
        tried += 1;
    }
    assert!(tried > 30, "{tried} scripts");
}

fn through(lua: &Lua, script: &Script) {
    let options = lua.create_table().unwrap();
    let trust = if script.trusts_any { "any" } else { "kernel" };
    options.set("trust", trust).unwrap();
    options.set("sources", script.sources.clone()).unwrap();
    options.set("origin", script.origin.clone()).unwrap();
    options
        .set("cgroup_roots", script.cgroup_roots.clone())
        .unwrap();
    options.set("stream_key", script.stream.clone()).unwrap();
    if let Some(pods) = &script.pods {
        let path = std::path::Path::new(env!("CARGO_TARGET_TMPDIR"));
        let path = path.join(format!("script-{}.csv", script.name));
        std::fs::write(&path, pods).unwrap();
        options.set("pods", path.to_str().unwrap()).unwrap();
    }
    let chunk = lua.load(
        "local options = ...
         local filter = require('oomparse').new(options)
         local trouble = filter:load_pods()
         assert(not trouble, trouble)
         return {
             process = function(record) return filter:process(record) end,
             finish = function() return filter:finish() end,
         }",
    );
    let filter: Table = chunk.call(options).unwrap();
    let json = |value: Value| -> serde_json::Value { lua.from_value(value).unwrap() };
    let mut given = Vec::new();
    for (at, record) in script.records.iter().enumerate() {
        let table = lua.to_value(record).unwrap();
        let found: Value = filter
            .get::<mlua::Function>("process")
            .unwrap()
            .call(table)
            .unwrap();
        if found.is_nil() {
            continue;
        }
        let mut after = record.clone();
        after["oom"] = json(found);
        let events = events_in(record, &after).unwrap();
        given.extend(events.into_iter().map(|event| (at, event)));
    }
    let late: Value = filter
        .get::<mlua::Function>("finish")
        .unwrap()
        .call(())
        .unwrap();
    let late = match json(late) {
        serde_json::Value::Array(late) => late,
        _ => Vec::new(),
    };
    script.check(&given, Some(&late)).unwrap();
}
