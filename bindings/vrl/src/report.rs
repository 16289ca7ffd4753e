//! `parse_oom_report`.

use crate::{kinds, roots, value};
use oomparse_core::{CgroupRoots, Parser};
use vrl::compiler::prelude::*;
use vrl::value::kind::Collection;

fn parse(value: Value, roots: CgroupRoots) -> Resolved {
    let text = value.try_bytes()?;
    let mut parser = Parser::with_options(roots::options(roots));
    parser.push_chunk(&text);
    parser.finish();
    let events: Vec<Value> = std::iter::from_fn(|| parser.next_event())
        .map(|event| value::event(&event))
        .collect();
    if events.is_empty() {
        return Err("no report of the OOM killer".into());
    }
    Ok(Value::Array(events))
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct ParseOomReport;

impl Function for ParseOomReport {
    fn identifier(&self) -> &'static str {
        "parse_oom_report"
    }

    fn summary(&self) -> &'static str {
        "the events of whole OOM reports"
    }

    fn usage(&self) -> &'static str {
        "Parses the lines of one report of the Linux OOM killer or of several, joined with newlines: one event for each killed process."
    }

    fn category(&self) -> &'static str {
        Category::Parse.as_ref()
    }

    fn internal_failure_reasons(&self) -> &'static [&'static str] {
        &["`value` holds no report."]
    }

    fn return_kind(&self) -> u16 {
        kind::ARRAY
    }

    fn notices(&self) -> &'static [&'static str] {
        &["Stateless: a report of many events must be joined before, with `reduce` in Vector."]
    }

    fn parameters(&self) -> &'static [Parameter] {
        const PARAMETERS: &[Parameter] = &[
            Parameter::required("value", kind::BYTES, "The report's text."),
            roots::PARAMETER,
        ];
        PARAMETERS
    }

    fn examples(&self) -> &'static [Example] {
        &[
            example! {
                title: "The pod and the sizes, from two lines",
                source: r#"
                    events = parse_oom_report!("[1.0] oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=/,mems_allowed=0,oom_memcg=/kubepods/pod3962896b-ab69-4572-8f1d-ee756f9f3589,task_memcg=/kubepods/pod3962896b-ab69-4572-8f1d-ee756f9f3589/a2172e8d1101,task=java,pid=7,uid=0\n[1.1] Memory cgroup out of memory: Killed process 7 (java) total-vm:8kB, anon-rss:4kB, file-rss:0kB")
                    [length(events), events[0].pod.uid, events[0].victim.anon_rss_bytes]
                "#,
                result: Ok(r#"[1, "3962896b-ab69-4572-8f1d-ee756f9f3589", 4096]"#),
            },
            example! {
                title: "Something else",
                source: r#"parse_oom_report!("all is well")"#,
                result: Err(r#"function call error for "parse_oom_report" at (0:32): no report of the OOM killer"#),
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
        Ok(ParseOomReportFn { value, roots }.as_expr())
    }
}

#[derive(Clone, Debug)]
struct ParseOomReportFn {
    value: Box<dyn Expression>,
    roots: Option<Box<dyn Expression>>,
}

impl FunctionExpression for ParseOomReportFn {
    fn resolve(&self, ctx: &mut Context) -> Resolved {
        let roots = roots::resolve(self.roots.as_deref(), ctx)?;
        parse(self.value.resolve(ctx)?, roots)
    }

    fn type_def(&self, _: &state::TypeState) -> TypeDef {
        TypeDef::array(Collection::from_unknown(Kind::object(kinds::event_kind()))).fallible()
    }
}
