//! `parse_pod_cgroup`.

use crate::roots;
use oomparse_core::CgroupRoots;
use std::collections::BTreeMap;
use vrl::compiler::prelude::*;
use vrl::value::kind::Collection;

#[expect(clippy::needless_pass_by_value, reason = "as the others take them")]
fn parse(value: Value, roots: CgroupRoots) -> Resolved {
    let path = value.try_bytes()?;
    let found = roots.parse(&path);
    if found.pod_uid.is_none() && found.container_id.is_none() {
        return Err("no path of a pod or a container".into());
    }
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).to_ascii_lowercase();
    let (mut pod, mut container) = (ObjectMap::new(), ObjectMap::new());
    if let Some(uid) = found.pod_uid {
        pod.insert("uid".into(), text(uid).replace('_', "-").into());
    }
    if let Some(class) = found.qos_class {
        pod.insert("qos_class".into(), class.as_str().into());
    }
    if found.nested {
        pod.insert("nested".into(), true.into());
    }
    if let Some(id) = found.container_id {
        container.insert("id".into(), text(id).into());
    }
    if let Some(runtime) = found.runtime {
        container.insert("runtime".into(), runtime.as_str().into());
    }
    let mut out = ObjectMap::new();
    for (key, object) in [("pod", pod), ("container", container)] {
        if !object.is_empty() {
            out.insert(key.into(), object.into());
        }
    }
    if let Some(driver) = found.driver {
        out.insert("driver".into(), driver.as_str().into());
    }
    out.insert("level".into(), found.level.as_str().into());
    Ok(out.into())
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct ParsePodCgroup;

impl Function for ParsePodCgroup {
    fn identifier(&self) -> &'static str {
        "parse_pod_cgroup"
    }

    fn summary(&self) -> &'static str {
        "the pod and the container that a cgroup belongs to"
    }

    fn usage(&self) -> &'static str {
        "Parses a cgroup's path as the kernel prints it: pod uid, class, container id, runtime, who names the cgroups, and what kind of cgroup it is."
    }

    fn category(&self) -> &'static str {
        Category::Parse.as_ref()
    }

    fn internal_failure_reasons(&self) -> &'static [&'static str] {
        &["`value` is not a path of a pod or a container."]
    }

    fn return_kind(&self) -> u16 {
        kind::OBJECT
    }

    fn parameters(&self) -> &'static [Parameter] {
        const PARAMETERS: &[Parameter] = &[
            Parameter::required("value", kind::BYTES, "The path."),
            roots::PARAMETER,
        ];
        PARAMETERS
    }

    fn examples(&self) -> &'static [Example] {
        &[
            example! {
                title: "A container of a pod",
                source: r#"parse_pod_cgroup!("/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod3962896b_ab69_4572_8f1d_ee756f9f3589.slice/cri-containerd-a2172e8d1101b4393d934a3a3fb902260c945c360ed278bbdef80cb45fbb9419.scope")"#,
                result: Ok(r#"{"container": {"id": "a2172e8d1101b4393d934a3a3fb902260c945c360ed278bbdef80cb45fbb9419", "runtime": "containerd"}, "driver": "systemd", "level": "container", "pod": {"qos_class": "Burstable", "uid": "3962896b-ab69-4572-8f1d-ee756f9f3589"}}"#),
            },
            example! {
                title: "A cluster without root",
                source: r#"parse_pod_cgroup!("/user.slice/a.service/kubepods/pod3962896b-ab69-4572-8f1d-ee756f9f3589", cgroup_roots: ["/user.slice/a.service"]).pod.uid"#,
                result: Ok(r#""3962896b-ab69-4572-8f1d-ee756f9f3589""#),
            },
            example! {
                title: "Nobody's",
                source: r#"parse_pod_cgroup!("/user.slice")"#,
                result: Err(r#"function call error for "parse_pod_cgroup" at (0:32): no path of a pod or a container"#),
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
        Ok(ParsePodCgroupFn { value, roots }.as_expr())
    }
}

#[derive(Clone, Debug)]
struct ParsePodCgroupFn {
    value: Box<dyn Expression>,
    roots: Option<Box<dyn Expression>>,
}

impl FunctionExpression for ParsePodCgroupFn {
    fn resolve(&self, ctx: &mut Context) -> Resolved {
        let roots = roots::resolve(self.roots.as_deref(), ctx)?;
        parse(self.value.resolve(ctx)?, roots)
    }

    fn type_def(&self, _: &state::TypeState) -> TypeDef {
        let part = || Kind::object(Collection::any()).or_undefined();
        let fields: BTreeMap<_, _> = [
            ("pod".into(), part()),
            ("container".into(), part()),
            ("driver".into(), Kind::bytes().or_undefined()),
            ("level".into(), Kind::bytes()),
        ]
        .into();
        TypeDef::object(Collection::from(fields)).fallible()
    }
}
