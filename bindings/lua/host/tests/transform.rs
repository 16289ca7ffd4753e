//! The script of `integrations/vector/lua.yaml`, in a Lua that is built and called as Vector's transform does:
//! events as tables `{ log = { … } }`, hooks `init`, `process` and `shutdown`, and a timer.

use mlua::{Function, Table, Value};
use oomparse_lua_host::{Transform, UID, module_dir, pods};
use std::path::Path;
use std::process::Command;

/// Where the module and the listings are put.
const SCRATCH: &str = env!("CARGO_TARGET_TMPDIR");

const SUMMARY: &str = "oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=/,mems_allowed=0,oom_memcg=/kubepods/pod3962896b-ab69-4572-8f1d-ee756f9f3589,task_memcg=/kubepods/pod3962896b-ab69-4572-8f1d-ee756f9f3589/a2172e8d1101b4393d934a3a3fb902260c945c360ed278bbdef80cb45fbb9419,task=java,pid=77,uid=0";
const KILLED: &str = "Memory cgroup out of memory: Killed process 77 (java) total-vm:8kB, anon-rss:4kB, file-rss:0kB";

#[test]
fn a_kill_is_named_and_everything_passes_in_order() {
    let transform = Transform::new(&module_dir(SCRATCH, "dev"), &pods(SCRATCH, "lua-pods.csv"));
    assert_eq!(transform.take().len(), 0, "nothing is wrong at the start");
    for round in 0..3 {
        // A death is reported once: each time another process dies.
        let pid = 77 + round;
        let of = |text: &str| text.replace("77", &pid.to_string());
        for text in ["before", &of(SUMMARY), "between"] {
            let out = transform.process(text, "0");
            assert_eq!(out.len(), 1);
            assert_eq!(transform.path::<String>(&out[0], "log.message"), text);
            assert!(
                transform.path::<Value>(&out[0], "log.oom").is_nil(),
                "{round} {text}"
            );
        }
        let out = transform.process(&of(KILLED), "0");
        assert_eq!(out.len(), 1);
        assert_eq!(transform.path::<i64>(&out[0], "log.oom.victim.pid"), pid);
        assert_eq!(transform.path::<String>(&out[0], "log.oom.pod.uid"), UID);
        assert_eq!(
            transform.path::<String>(&out[0], "log.kubernetes.pod_name"),
            "web-0"
        );
        assert_eq!(
            transform.path::<String>(&out[0], "log.kubernetes.pod_namespace"),
            "shop"
        );
        assert_eq!(transform.path::<String>(&out[0], "log.oom.host"), "node-7");
    }
}

#[test]
fn a_programs_text_is_no_kill() {
    let transform = Transform::new(&module_dir(SCRATCH, "dev"), &pods(SCRATCH, "lua-user.csv"));
    let out = transform.process(KILLED, "1");
    assert!(transform.path::<Value>(&out[0], "log.oom").is_nil());
}

#[test]
fn late_events_come_with_the_timer_and_at_the_end() {
    let transform = Transform::new(&module_dir(SCRATCH, "dev"), &pods(SCRATCH, "lua-late.csv"));
    let invoked = "java invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0, oom_score_adj=968";
    transform.process(invoked, "0");
    transform.hook("oom_timer");
    assert_eq!(transform.take().len(), 0);
    transform.hook("oom_shutdown");
    let out = transform.take();
    assert_eq!(out.len(), 1);
    assert_eq!(transform.path::<String>(&out[0], "log.oom.type"), "report");
}

#[test]
fn an_error_inside_leaves_the_event_as_it_came() {
    let transform = Transform::new(&module_dir(SCRATCH, "dev"), &pods(SCRATCH, "lua-error.csv"));
    // A record whose text is not text, and one without a text at all.
    for script in [
        "return { log = { message = 12 } }",
        "return { log = {} }",
        "return { metric = {} }",
    ] {
        let event: Table = transform.lua.load(script).eval().unwrap();
        let hook: Function = transform.lua.globals().get("oom_process").unwrap();
        hook.call::<()>((event.clone(), transform.emit.clone()))
            .unwrap();
        assert_eq!(transform.take(), [event]);
    }
}

#[test]
fn without_the_module_events_pass_and_one_sentence_says_why() {
    let transform = Transform::new(Path::new("/no/such/dir"), "/no/pods");
    let said = transform.take();
    assert_eq!(said.len(), 1);
    let sentence: String = transform.path(&said[0], "log.message");
    assert!(
        sentence.starts_with("oomparse: the module cannot be loaded, events pass unchanged: "),
        "{sentence}"
    );
    let out = transform.process(KILLED, "0");
    assert_eq!(out.len(), 1);
    assert!(transform.path::<Value>(&out[0], "log.oom").is_nil());
    transform.hook("oom_timer");
    transform.hook("oom_shutdown");
    assert_eq!(transform.take().len(), 0);
}

#[test]
fn wrong_options_are_told() {
    let transform = Transform::new(
        &module_dir(SCRATCH, "dev"),
        &pods(SCRATCH, "lua-options.csv"),
    );
    for (options, word) in [
        ("{ trust = 'all' }", "`any`"),
        ("{ pod = 'x' }", "no option `pod`"),
        ("{ pods = 1 }", "a path"),
        (
            "{ key = '$a[b]' }",
            "key: a key is written `log`, `a.b` or `$a['b']`, not `$a[b]`",
        ),
    ] {
        let script = format!("return select(2, pcall(require('oomparse').new, {options}))");
        let said: String = transform
            .lua
            .load(format!("return tostring((function() {script} end)())"))
            .eval()
            .unwrap();
        assert!(said.contains(word), "{said}");
    }
}

#[test]
fn all_kills_of_a_record_reach_it() {
    let transform = Transform::new(
        &module_dir(SCRATCH, "dev"),
        &pods(SCRATCH, "lua-several.csv"),
    );
    let script = r#"
        local text = "Out of memory: Killed process 7 (java) total-vm:8kB, anon-rss:4kB, file-rss:0kB\nOut of memory: Kill process 8 (sh) score 3 or sacrifice child\nKilled process 9 (php) total-vm:8kB, anon-rss:4kB, file-rss:0kB"
        local event = require("oomparse").new():process({ _TRANSPORT = "kernel", SYSLOG_FACILITY = "0", message = text })
        return event.victim.pid, #event.others, event.others[1].victim.pid, event.others[1].selected.pid"#;
    let several: Function = transform.lua.load(script).into_function().unwrap();
    let found: (u32, u32, u32, u32) = several.call(()).unwrap();
    assert_eq!(found, (7, 1, 9, 8));
}

/// What the kernel prints in a storm, with and without the uid that 4.14 lacks; the text may be in an object.
#[test]
fn every_bare_kill_has_its_event_at_once() {
    let transform = Transform::new(&module_dir(SCRATCH, "dev"), &pods(SCRATCH, "lua-storm.csv"));
    let script = r#"
        local options, nested = ...
        local filter = require("oomparse").new(options)
        local kills = 0
        for pid = 1000, 1999 do
            local rest = pid % 2 == 0 and ", UID:0 pgtables:8kB oom_score_adj:0" or ""
            local text = ("Memory cgroup out of memory: Killed process %d (java) total-vm:8kB, anon-rss:4kB, file-rss:0kB, shmem-rss:0kB%s"):format(pid, rest)
            local log = { _TRANSPORT = "kernel", SYSLOG_FACILITY = "0", message = text }
            if nested then log.message, log.j = "other", { text = text, message = "another" } end
            local event = filter:process(log)
            if event and event.victim.pid == pid and not filter:process(log) then kills = kills + 1 end
        end
        return kills, #filter:late(), #filter:finish()"#;
    let storm: Function = transform.lua.load(script).into_function().unwrap();
    for (key, nested) in [("nil", false), ("'j.text'", true), ("\"$j['text']\"", true)] {
        let options = format!("return {{ key = {key} }}");
        let options: Table = transform.lua.load(options).eval().unwrap();
        let counts: (u32, u32, u32) = storm.call((options, nested)).unwrap();
        assert_eq!(counts, (1000, 0, 0), "{key}");
    }
}

#[test]
fn debians_lua_loads_it_too() {
    let dir = module_dir(SCRATCH, "dev");
    let script = format!(
        "package.cpath = '{}/?.so'; local f = require('oomparse').new {{ trust = 'any' }}; \
         local e = f:process {{ message = 'Killed process 7 (java) total-vm:8kB, anon-rss:4kB, file-rss:0kB' }}; print(e.type, e.victim.pid)",
        dir.display()
    );
    let output = Command::new("lua5.4").args(["-e", &script]).output();
    let output = output.expect("lua5.4 is installed; `cargo xtask test` names the package");
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(
        String::from_utf8_lossy(&output.stdout),
        "kill\t7\n",
        "{said}"
    );
}
