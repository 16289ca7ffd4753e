//! A host that calls the script of `integrations/vector/lua.yaml` like Vector's lua transform.

use mlua::{Function, Lua, LuaOptions, StdLib, Table};
use std::cell::RefCell;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::rc::Rc;

pub const UID: &str = "3962896b-ab69-4572-8f1d-ee756f9f3589";

/// The module, built by this repository's cargo, in a folder of its own below `scratch` under the name that Lua looks for.
pub fn module_dir(scratch: &str, profile: &str) -> PathBuf {
    let dir = Path::new(scratch).join("module");
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../..");
    let target = dir.join("target");
    let target = std::env::var_os("OOMPARSE_TARGET_DIR").map_or(target, PathBuf::from);
    let status = Command::new(env!("CARGO"))
        .args([
            "build",
            "--locked",
            "--package",
            "oomparse-lua",
            "--profile",
            profile,
        ])
        .current_dir(root)
        .env("CARGO_TARGET_DIR", &target)
        .status()
        .unwrap();
    assert!(status.success());
    let place = dir.join(format!("{:?}", std::thread::current().id()));
    std::fs::create_dir_all(&place).unwrap();
    std::fs::copy(
        target
            .join(if profile == "dev" { "debug" } else { profile })
            .join("liboomparse_lua.so"),
        place.join("oomparse.so"),
    )
    .unwrap();
    place
}

/// Vector's lua transform, as far as scripts see it.
pub struct Transform {
    pub lua: Lua,
    pub emit: Function,
    out: Rc<RefCell<Vec<Table>>>,
}

impl Transform {
    pub fn new(modules: &Path, pods: &str) -> Self {
        let text = include_str!("../../../../integrations/vector/lua.yaml");
        let config: serde_json::Value = serde_yaml_ng::from_str(text).unwrap();
        let oom = &config["transforms"]["oom"];
        assert_eq!(oom["hooks"]["process"], "oom_process");
        assert_eq!(oom["timers"][0]["handler"], "oom_timer");
        let source = oom["source"].as_str().unwrap();
        assert!(
            source.contains("/usr/local/lib/oomparse/") && source.contains("\"/var/log/pods\"")
        );
        let source = source
            .replace(
                "/usr/local/lib/oomparse/",
                &format!("{}/", modules.display()),
            )
            .replace("/var/log/pods", pods);
        // Like Vector: modules in C may be loaded.
        #[expect(unsafe_code, reason = "what Vector calls, so that C modules load")]
        let lua = unsafe { Lua::unsafe_new_with(StdLib::ALL_SAFE, LuaOptions::default()) };
        lua.load(source).exec().unwrap();
        let out = Rc::new(RefCell::new(Vec::new()));
        let sent = SendRc(Rc::clone(&out));
        let emit = lua.create_function(move |_, event: Table| {
            sent.push(event);
            Ok(())
        });
        let transform = Self {
            emit: emit.unwrap(),
            lua,
            out,
        };
        transform.hook("oom_init");
        transform
    }

    pub fn hook(&self, name: &str) {
        let hook: Function = self.lua.globals().get(name).unwrap();
        hook.call::<()>(self.emit.clone()).unwrap();
    }

    /// An event as Vector passes it.
    pub fn event(&self, message: &str, facility: &str) -> Table {
        let log = self.lua.create_table().unwrap();
        log.set("message", message).unwrap();
        log.set("_TRANSPORT", "kernel").unwrap();
        log.set("SYSLOG_FACILITY", facility).unwrap();
        log.set("host", "node-7").unwrap();
        let event = self.lua.create_table().unwrap();
        event.set("log", log).unwrap();
        event
    }

    /// The results for a record.
    pub fn process(&self, message: &str, facility: &str) -> Vec<Table> {
        let event = self.event(message, facility);
        let hook: Function = self.lua.globals().get("oom_process").unwrap();
        hook.call::<()>((event, self.emit.clone())).unwrap();
        self.take()
    }

    pub fn take(&self) -> Vec<Table> {
        self.out.borrow_mut().drain(..).collect()
    }

    pub fn path<T: mlua::FromLua>(&self, event: &Table, path: &str) -> T {
        let get: Function = self
            .lua
            .load(format!("local e = ... return e.{path}"))
            .into_function()
            .unwrap();
        get.call(event).unwrap()
    }
}

/// mlua with `send` requires it; the tests call from one thread.
struct SendRc(Rc<RefCell<Vec<Table>>>);

#[expect(unsafe_code, reason = "never leaves its thread")]
// SAFETY: each test makes and uses its Lua in one thread.
unsafe impl Send for SendRc {}

impl SendRc {
    fn push(&self, event: Table) {
        self.0.borrow_mut().push(event);
    }
}

/// A table with one pod.
pub fn pods(scratch: &str, name: &str) -> String {
    let path = Path::new(scratch).join(name);
    std::fs::write(&path, format!("pod_uid,namespace,pod\n{UID},shop,web-0\n")).unwrap();
    path.to_string_lossy().into_owned()
}
