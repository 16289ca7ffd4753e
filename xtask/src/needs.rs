//! Which programs the commands of xtask and the tests of the workspace need.
//!
//! A command checks for all of them before it begins. Tests whose program is missing are skipped and reported;
//! with `--all` and in CI none is skipped.

use crate::lack::Lack;
use crate::steps::Steps;
use crate::system;

/// Programs that a command cannot do without; for the others its own code says what is missing.
const COMMANDS: &[(&str, &[&str])] = &[
    ("wasm", &["wasm-opt", "wasm-metadce"]),
    ("js", &["wasm-opt", "node", "npm"]),
    ("page", &["wasm-opt", "node", "npm"]),
    ("vrl", &["cc"]),
    ("bench", &["cc"]),
    ("big-file", &["cc"]),
    ("big-day", &["cc"]),
    ("fuzz", &["c++"]),
    ("sanitize", &["gcc", "g++"]),
    ("install-c", &["cc"]),
    ("fluent-bit-filter", &["cc"]),
    (
        "try-fluent-bit",
        &["cc", "wasm-opt", "wasm-metadce", "wasm-as", "luajit"],
    ),
    ("try-vector", &["cc"]),
    ("try-collector", &["cc"]),
    ("try-fluentd", &["cc"]),
    ("try-kubernetes", &["cc", "kubectl", "openssl", "curl"]),
    ("try-telemetry", &["cc", "prometheus", "promtool"]),
    ("live-storm", &["cc"]),
    ("live-vm", &["cc", "busybox"]),
    ("live-killers", &["cc"]),
];

/// Brings what a command needs, or says what is missing and what brings it.
pub(crate) fn check(command: &str) -> Result<(), Lack> {
    match COMMANDS.iter().find(|(name, _)| *name == command) {
        Some((_, programs)) => system::bring(programs),
        None => Ok(()),
    }
}

/// Tests of the workspace that need a program, by their whole names. Those without names find out at run
/// time.
struct Need {
    program: &'static str,
    what: &'static str,
    tests: &'static [&'static str],
}

const TESTS: &[Need] = &[
    Need {
        program: "g++",
        what: "the C interface's tests in C++",
        tests: &[
            "corpus_is_byte_equal_in_c_and_cxx",
            "null_and_nonsense",
            "lifetimes",
            "kills_that_wait",
            "versions_and_numbers_agree",
            "readme_program",
        ],
    },
    Need {
        program: "valgrind",
        what: "the C interface and Fluent Bit's filter under valgrind",
        tests: &[
            "corpus_is_byte_equal_under_valgrind",
            "two_threads_under_valgrind",
            "null_and_nonsense",
            "lifetimes",
            "kills_that_wait",
            "nothing_leaks_under_valgrind",
        ],
    },
    Need {
        program: "python3",
        what: "the C library from Python",
        tests: &[
            "corpus_is_byte_equal_in_python",
            "python_program_reads_files",
        ],
    },
    Need {
        program: "luajit",
        what: "the C library from Lua",
        tests: &[
            "storms_keys_and_names_in_lua",
            "corpus_gives_the_cores_keys_and_values_in_lua",
            "corpus_of_daemons_gives_the_cores_keys_and_values_in_lua",
            "the_scripts_give_the_events_that_they_must_in_lua",
        ],
    },
    Need {
        program: "promtool",
        what: "the counters under promtool",
        tests: &["both_forms_pass_promtool"],
    },
    Need {
        program: "prometheus",
        what: "`watch --listen` under a real Prometheus",
        tests: &["a_real_prometheus_scrapes_it"],
    },
    Need {
        program: "rsyslogd",
        what: "the configuration for rsyslog",
        tests: &[],
    },
];

/// The Lua module in Debian's Lua.
pub(crate) const LUA: (&str, &str) = ("lua5.4", "debians_lua_loads_it_too");

/// Arguments of the test programs, so that those whose programs are missing are passed over; each is noted.
pub(crate) fn passed_over(steps: &mut Steps) -> Vec<String> {
    let mut tests: Vec<&str> = Vec::new();
    if crate::in_ci() {
        return Vec::new();
    }
    for need in TESTS {
        if !steps.brought(need.what, || system::bring(&[need.program])) {
            tests.extend(need.tests);
        }
    }
    if !system::has_syslog_ng() {
        let how = "cargo xtask packages --install";
        let lack = Lack::command("syslog-ng is missing", how);
        steps.not_run("the configuration for syslog-ng", lack);
    }
    skip(&tests)
}

/// `--exact --skip=NAME …`, for a test program.
pub(crate) fn skip(tests: &[&str]) -> Vec<String> {
    if tests.is_empty() {
        return Vec::new();
    }
    let skips = tests.iter().map(|test| format!("--skip={test}"));
    ["--exact".to_owned()].into_iter().chain(skips).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::root;
    use std::collections::BTreeSet;
    use std::fs;
    use std::path::Path;

    /// What is on every machine that runs the tests, comes with gcc, or is asked for at run time.
    const EVERYWHERE: [&str; 8] = [
        "sh",
        "cp",
        "nm",
        "readelf",
        "gcc",
        "dmesg",
        "journalctl",
        "cargo",
    ];

    #[test]
    fn each_program_has_a_package() {
        let of_commands = COMMANDS.iter().flat_map(|(_, programs)| *programs);
        let of_tests = TESTS.iter().map(|need| &need.program);
        for program in of_commands.chain(of_tests).chain([&LUA.0]) {
            assert!(system::package_of(program).is_some(), "{program}");
        }
    }

    #[test]
    fn what_is_skipped_is_named_exactly() {
        assert!(skip(&[]).is_empty());
        assert_eq!(skip(&["a"]), ["--exact", "--skip=a"]);
    }

    /// A test that starts a program which a machine may lack stands in the tables above, and what stands
    /// there is a test.
    #[test]
    fn every_test_that_needs_a_program_is_known() {
        let mut sources = Vec::new();
        for folder in [
            "tests",
            "oomparse-cli/tests",
            "oomparse-ffi/tests",
            "bindings/lua/host/tests",
            "integrations",
        ] {
            read(&root().join(folder), &mut sources);
        }
        let text = sources.concat();
        let started: BTreeSet<&str> = text
            .split("Command::new(\"")
            .skip(1)
            .filter_map(|rest| rest.split('"').next())
            .collect();
        let known = |program: &&str| {
            EVERYWHERE.contains(program)
                || *program == LUA.0
                || TESTS.iter().any(|need| need.program == *program)
        };
        let unknown: Vec<&str> = started
            .iter()
            .copied()
            .filter(|program| !known(program))
            .collect();
        assert!(unknown.is_empty(), "no one says what brings {unknown:?}");
        assert!(started.len() > 5, "{started:?}");
        for test in TESTS.iter().flat_map(|need| need.tests).chain([&LUA.1]) {
            assert!(
                text.contains(&format!("fn {test}()")),
                "no test is called {test}"
            );
        }
        for need in TESTS.iter().filter(|need| !need.tests.is_empty()) {
            for test in sources.iter().flat_map(|file| starters(file, need.program)) {
                let is_test = text.contains(&format!("#[test]\nfn {test}()"));
                let program = need.program;
                assert!(!is_test || need.tests.contains(&test), "{test}: {program}");
            }
        }
    }

    /// The functions of a file that start a program, by themselves or through each other.
    fn starters<'t>(file: &'t str, program: &str) -> BTreeSet<&'t str> {
        let functions = file.split("\nfn ").skip(1);
        let functions: Vec<_> = functions.filter_map(|it| it.split_once('(')).collect();
        let starts = [
            format!("Command::new(\"{program}\")"),
            format!("{program}("),
        ];
        let mut found = BTreeSet::new();
        loop {
            let before = found.len();
            for (name, body) in &functions {
                let calls = |known: &&str| body.contains(&format!("{known}("));
                if starts.iter().any(|start| body.contains(start)) || found.iter().any(calls) {
                    found.insert(*name);
                }
            }
            if found.len() == before {
                return found;
            }
        }
    }

    fn read(dir: &Path, into: &mut Vec<String>) {
        for entry in fs::read_dir(dir).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() && path.file_name().is_some_and(|name| name != "target") {
                read(&path, into);
            } else if path.extension().is_some_and(|end| end == "rs") {
                into.push(fs::read_to_string(&path).unwrap());
            }
        }
    }
}
