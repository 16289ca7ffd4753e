//! `parse_oom_line`.

use crate::{kinds, roots, value};
use oomparse_core::{CgroupRoots, OomEvent, Parser};
use std::cell::RefCell;
use vrl::compiler::prelude::*;

thread_local! {
    /// Made once per thread: building its search takes longer than reading a line.
    static PARSER: RefCell<Parser> = RefCell::new(Parser::new());
}

fn parse(value: Value, roots: CgroupRoots) -> Resolved {
    let line = value.try_bytes()?;
    let event = if roots.is_empty() {
        PARSER.with_borrow_mut(|parser| event_of(parser, &line))
    } else {
        event_of(&mut Parser::with_options(roots::options(roots)), &line)
    };
    event.ok_or_else(|| "no line of the OOM killer that makes an event".into())
}

/// The result for a log that consists of this line alone.
fn event_of(parser: &mut Parser, line: &[u8]) -> Option<Value> {
    if !parser.is_candidate(line) {
        return None;
    }
    parser.push_line(line);
    parser.finish();
    let event = OomEvent::of_record(std::iter::from_fn(|| parser.next_event()));
    event.map(|event| value::event(&event))
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct ParseOomLine;

impl Function for ParseOomLine {
    fn identifier(&self) -> &'static str {
        "parse_oom_line"
    }

    fn summary(&self) -> &'static str {
        "the event of one line of an OOM report"
    }

    fn usage(&self) -> &'static str {
        "Parses one line of the Linux OOM killer, with or without the prefix that dmesg, syslog or a shipper put before it. The summary line shows the pod, the `Killed process` line the sizes: for both in one event put the report together first and use `parse_oom_report`."
    }

    fn category(&self) -> &'static str {
        Category::Parse.as_ref()
    }

    fn internal_failure_reasons(&self) -> &'static [&'static str] {
        &["`value` is not a line that makes an event by itself."]
    }

    fn return_kind(&self) -> u16 {
        kind::OBJECT
    }

    fn notices(&self) -> &'static [&'static str] {
        &["Stateless: what other lines of the report say is not in the event."]
    }

    fn parameters(&self) -> &'static [Parameter] {
        const PARAMETERS: &[Parameter] = &[
            Parameter::required("value", kind::BYTES, "The line."),
            roots::PARAMETER,
        ];
        PARAMETERS
    }

    fn examples(&self) -> &'static [Example] {
        &[
            example! {
                title: "A kill",
                source: r#"parse_oom_line!("[12.5] Out of memory: Killed process 4021 (mysqld) total-vm:8kB, anon-rss:4kB, file-rss:0kB").victim"#,
                result: Ok(r#"{"pid": 4021, "comm": "mysqld", "total_vm_bytes": 8192, "anon_rss_bytes": 4096, "file_rss_bytes": 0}"#),
            },
            example! {
                title: "No line of the OOM killer",
                source: r#"parse_oom_line!("all is well")"#,
                result: Err(r#"function call error for "parse_oom_line" at (0:30): no line of the OOM killer that makes an event"#),
            },
        ]
    }

    fn compile(
        &self,
        _: &state::TypeState,
        _: &mut FunctionCompileContext,
        arguments: ArgumentList,
    ) -> Compiled {
        let value = arguments.required("value");
        let roots = arguments.optional("cgroup_roots");
        Ok(ParseOomLineFn { value, roots }.as_expr())
    }
}

#[derive(Clone, Debug)]
struct ParseOomLineFn {
    value: Box<dyn Expression>,
    roots: Option<Box<dyn Expression>>,
}

impl FunctionExpression for ParseOomLineFn {
    fn resolve(&self, ctx: &mut Context) -> Resolved {
        let roots = roots::resolve(self.roots.as_deref(), ctx)?;
        parse(self.value.resolve(ctx)?, roots)
    }

    fn type_def(&self, _: &state::TypeState) -> TypeDef {
        TypeDef::object(kinds::event_kind()).fallible()
    }
}
