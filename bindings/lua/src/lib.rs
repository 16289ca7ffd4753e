//! `require "oomparse"`: OOM events for the records that a Lua host hands over.
//!
//! ```lua
//! local oomparse = require "oomparse"
//! local filter = oomparse.new { pods = "/var/log/pods" }
//! local event = filter:process(record)   -- nil, or the event that this record completes
//! for _, event in ipairs(filter:late()) do … end
//! ```
//!
//! A record is a table as in Vector: the text under `message`, and next to it the fields that prove its author.
//! An ordinary record costs one search of its text.

// luaopen_oomparse is called from C; mlua's macro writes it.
#![allow(unsafe_code, reason = "the entry point that mlua's macro writes")]

mod filter;

use filter::Filter;
use mlua::{Lua, Result, Table};

#[mlua::lua_module(name = "oomparse")]
fn module(lua: &Lua) -> Result<Table> {
    let module = lua.create_table()?;
    module.set("version", env!("CARGO_PKG_VERSION"))?;
    module.set(
        "new",
        lua.create_function(|_, options: Option<Table>| Filter::new(options.as_ref()))?,
    )?;
    Ok(module)
}
