//! A program's text, in every format that shows that a program wrote it.

use serde_json::{Value, json};

/// Makes records of a text.
type Write = Box<dyn Fn(&str) -> Vec<u8>>;

/// A form, and the records that it makes of a text.
pub(crate) struct Program {
    pub(crate) name: String,
    /// A shipper's, as JSON.
    pub(crate) is_record: bool,
    write: Write,
}

impl Program {
    pub(crate) fn records(&self, text: &str) -> Vec<u8> {
        (self.write)(text)
    }
}

/// Names that programs have.
const NAMES: [&str; 14] = [
    "app[12]",
    "app",
    "a.b-c_d[12]",
    "kernel[12]",
    "Kernel",
    "a,b[12]",
    "a=b[12]",
    "a\"b[12]",
    "a:b[12]",
    "é[12]",
    "内核[12]",
    "a b[12]",
    "(sd-pam)[12]",
    "kernel kernel[12]",
];

/// All of them.
#[expect(clippy::too_many_lines, reason = "a table")]
pub(crate) fn programs() -> Vec<Program> {
    let mut all = Vec::new();
    let mut add = |name: String, write: Write| {
        let is_record = name.contains("null");
        all.push(Program {
            name,
            is_record,
            write,
        });
    };
    for facility in [1u32, 3, 16, 23] {
        let (priority, name) = (facility * 8 + 4, FACILITIES[facility as usize]);
        add(
            format!("kmsg {facility}"),
            Box::new(move |text| {
                format!("{priority},113,6597013,-;{}\n", kmsg_codes(text)).into_bytes()
            }),
        );
        add(
            format!("dmesg -x {name}"),
            Box::new(move |text| indented(&format!("{name:<6}:warn  : [    6.597013] "), text)),
        );
        add(
            format!("talos {name}"),
            Box::new(move |text| {
                by_line(text, |line| {
                    format!("{name}: warning: [2023-01-05T02:12:02.5Z]: {line}\n")
                })
            }),
        );
        add(
            format!("busybox {name}"),
            Box::new(move |text| {
                by_line(text, |line| {
                    format!("Jan  5 02:12:02 n1 {name}.warn kernel: {line}\n")
                })
            }),
        );
        add(
            format!("<{priority}> syslog"),
            Box::new(move |text| {
                with_codes(&format!("<{priority}>Jan  5 02:12:02 n1 kernel: "), text)
            }),
        );
        add(
            format!("<{priority}> 5424"),
            Box::new(move |text| {
                with_codes(
                    &format!("<{priority}>1 2023-01-05T02:12:02Z n1 kernel - - - "),
                    text,
                )
            }),
        );
        add(
            format!("<{priority}> dmesg"),
            Box::new(move |text| indented(&format!("<{priority}>[    6.597013] "), text)),
        );
        add(
            format!("dmesg --json {name}"),
            Box::new(move |text| {
                let text = json!(text);
                format!(
                    "{{\n   \"dmesg\": [\n      {{\n         \"fac\": \"{name}\",\n         \
                     \"time\": 6.597013,\n         \"msg\": {text}\n      }}\n   ]\n}}\n"
                )
                .into_bytes()
            }),
        );
    }
    for name in NAMES {
        for head in [
            "Jan  5 02:12:02 n1",
            "2023-01-05T02:12:02.123456+08:00 n1",
            "Jan  5 02:12:02",
        ] {
            // Without a host a name of two words is a host and a name.
            let is_plain = !name.contains(' ') && name != "Kernel";
            if head.ends_with("n1") || is_plain {
                add(
                    format!("{head} {name}"),
                    Box::new(move |text| with_codes(&format!("{head} {name}: "), text)),
                );
            }
        }
        if name.ends_with(']') {
            for head in [
                "Jan 05 02:12:02 n1",
                "Jan 05 02:12:02.123456 n1",
                "Thu 2023-01-05 02:12:02 CST n1",
                "2023-01-05T02:12:02+0800 n1",
                "1672884722.123456 n1",
            ] {
                add(
                    format!("{head} {name}"),
                    Box::new(move |text| indented(&format!("{head} {name}: "), text)),
                );
            }
        }
    }
    for hidden in [
        crate::kernel::killed(1, "init"),
        "usb 1-1: new device".into(),
        "a invoked oom-killer: gfp_mask=0x0".into(),
    ] {
        for head in [
            "Jan 05 02:12:02 n1 kernel: ",
            "Thu 2023-01-05 02:12:02 CST n1 kernel: ",
        ] {
            let head = format!("{head}{hidden}[12]: ");
            add(head.clone(), Box::new(move |text| indented(&head, text)));
        }
    }
    for app in ["app", "kernel-", "kernel[1]"] {
        add(
            format!("5424 {app}"),
            Box::new(move |text| {
                with_codes(&format!("<4>1 2023-01-05T02:12:02Z n1 {app} - - - "), text)
            }),
        );
    }
    add(
        "5424 with a process id".into(),
        Box::new(|text| with_codes("<4>1 2023-01-05T02:12:02Z n1 kernel 812 - - ", text)),
    );
    for stream in ["stdout F", "stderr P", "stdout F:x"] {
        add(
            format!("CRI {stream}"),
            Box::new(move |text| {
                by_line(text, |line| {
                    format!("2023-01-05T02:12:02.123456789Z {stream} {line}\n")
                })
            }),
        );
    }
    for (name, fields) in journals() {
        let export = fields.clone();
        add(
            format!("journal -o export {name}"),
            Box::new(move |text| exported(&export, text)),
        );
        let verbose = fields.clone();
        add(
            format!("journal -o verbose {name}"),
            Box::new(move |text| verbosely(&verbose, text)),
        );
        add(
            format!("journal -o json {name}"),
            Box::new(move |text| {
                let mut entry = json!({"__CURSOR": "s=1", "MESSAGE": text});
                for (key, value) in &fields {
                    entry[*key] = json!(value);
                }
                one_line(&entry)
            }),
        );
    }
    for record in records() {
        let name = record.to_string();
        for (front, after) in FRAMES {
            let record = record.clone();
            add(
                format!("{front}{name}{after}"),
                Box::new(move |text| {
                    let mut record = record.clone();
                    put(&mut record, text);
                    format!("{front}{record}{after}\n").into_bytes()
                }),
            );
        }
        // One that ends broken.
        for broken in BROKEN {
            let record = record.clone();
            add(
                format!("{name} {broken}"),
                Box::new(move |text| {
                    let mut record = record.clone();
                    put(&mut record, text);
                    let text = record.to_string();
                    let body = text.strip_suffix('}').unwrap();
                    format!("{body}{broken}\n").into_bytes()
                }),
            );
        }
    }
    for labels in [
        "container=\"a\"",
        "job=\"x\", pod=\"web-0\"",
        "stream=\"stderr\"",
        "unit=\"a.service\"",
        "filename=\"/var/log/pods/a_b_c/d/0.log\"",
        "transport=\"stdout\"",
        "syslog_identifier=\"app\"",
    ] {
        add(
            format!("logcli {labels}"),
            Box::new(move |text| {
                by_line(text, |line| {
                    format!("2023-01-05T02:12:02Z {{{labels}}} {line}\n")
                })
            }),
        );
    }
    for path in ["/var/log/pods/a_b_c/d/0.log", "/var/log/containers/a.log"] {
        add(
            format!("grep {path}"),
            Box::new(move |text| {
                by_line(text, |line| {
                    format!("{path}:2023-01-05T02:12:02Z stdout F {line}\n")
                })
            }),
        );
    }
    all
}

const FACILITIES: [&str; 24] = [
    "kern", "user", "mail", "daemon", "auth", "syslog", "lpr", "news", "uucp", "cron", "authpriv",
    "ftp", "ntp", "security", "console", "clock", "local0", "local1", "local2", "local3", "local4",
    "local5", "local6", "local7",
];

/// What may stand around a record.
const FRAMES: [(&str, &str); 7] = [
    ("", ""),
    ("12:", ""),
    ("app.log:12:", ""),
    ("x-json.log-", ""),
    ("> ", ""),
    ("2023-01-05T02:12:02Z ", ""),
    ("", ","),
];

/// How a record may end.
const BROKEN: [&str; 6] = [",}", ",\"a\":NaN}", ",\"a\":", "", ",\"a\":\"b", "\n"];

/// What journald and its readers say of a program.
#[expect(clippy::too_many_lines, reason = "a table")]
fn journals() -> Vec<(String, Vec<(&'static str, &'static str)>)> {
    let of =
        |name: &str, fields: &[(&'static str, &'static str)]| (name.to_owned(), fields.to_vec());
    vec![
        of(
            "stdout",
            &[
                ("_TRANSPORT", "stdout"),
                ("SYSLOG_IDENTIFIER", "app"),
                ("_PID", "12"),
            ],
        ),
        of(
            "journal",
            &[
                ("_TRANSPORT", "journal"),
                ("SYSLOG_IDENTIFIER", "kernel"),
                ("SYSLOG_FACILITY", "0"),
            ],
        ),
        of(
            "syslog",
            &[
                ("_TRANSPORT", "syslog"),
                ("SYSLOG_IDENTIFIER", "kernel"),
                ("SYSLOG_FACILITY", "1"),
            ],
        ),
        of(
            "kmsg",
            &[
                ("_TRANSPORT", "kernel"),
                ("SYSLOG_IDENTIFIER", "kernel"),
                ("SYSLOG_FACILITY", "1"),
            ],
        ),
        of(
            "process",
            &[
                ("SYSLOG_IDENTIFIER", "kernel"),
                ("SYSLOG_FACILITY", "0"),
                ("_UID", "0"),
            ],
        ),
        of(
            "unit",
            &[
                ("SYSLOG_IDENTIFIER", "kernel"),
                ("_SYSTEMD_UNIT", "app.service"),
            ],
        ),
        of(
            "kubelet",
            &[
                ("_TRANSPORT", "stdout"),
                ("SYSLOG_IDENTIFIER", "kubelet"),
                ("_SYSTEMD_UNIT", "kubelet.service"),
            ],
        ),
        of(
            "docker",
            &[
                ("_TRANSPORT", "journal"),
                ("CONTAINER_NAME", "a"),
                ("SYSLOG_IDENTIFIER", "kernel"),
            ],
        ),
    ]
}

/// Records of shippers; the text goes where `null` stands.
fn records() -> Vec<Value> {
    vec![
        json!({"log": null, "stream": "stdout", "time": "2023-01-05T02:12:02.5Z"}),
        json!({"stream": "stderr", "log": null}),
        json!({"log": null, "kubernetes": {"pod_name": "web-0"}}),
        json!({"message": null, "kubernetes.pod_name": "web-0"}),
        json!({"message": null, "k8s.pod.name": "web-0"}),
        json!({"message": null, "container": {"id": "a"}, "syslog": {"identifier": "kernel"}}),
        json!({"message": null, "docker": {"container_id": "a"}}),
        json!({"message": null, "k8s": {"pod": {"name": "web-0"}}}),
        json!({"message": null, "pod": {"name": "web-0"}}),
        json!({"message": null, "container_name": "a", "ident": "kernel"}),
        json!({"message": null, "logtag": "F"}),
        json!({"message": null, "systemd": {"transport": "journal"}, "syslog": {"identifier": "kernel"}}),
        json!({"message": null, "systemd.transport": "stdout", "syslog.identifier": "kernel"}),
        json!({"message": null, "log": {"syslog": {"facility": {"code": 1}, "appname": "kernel"}}}),
        json!({"message": null, "journald": {"pid": 7}, "syslog": {"identifier": "kernel"}}),
        json!({"message": null, "process": {"name": "app"}}),
        json!({"message": null, "input": {"type": "container"}}),
        json!({"message": null, "log": {"file": {"path": "/var/log/containers/a.log"}}}),
        json!({"message": null, "data_stream": {"dataset": "kubernetes.container_logs"}}),
        json!({"msg": null, "programname": "kernel", "inputname": "imuxsock"}),
        json!({"msg": null, "programname": "kernel", "syslogfacility": "1", "inputname": "imuxsock"}),
        json!({"msg": null, "syslogtag": "kernel:", "syslogfacility-text": "user"}),
        json!({"msg": null, "syslogtag": "kernel:", "pri-text": "daemon.err"}),
        json!({"msg": null, "programname": "kernel", "procid": "812"}),
        json!({"pri": "13", "ident": "kernel", "message": null}),
        json!({"facility": "user", "msg": null}),
        json!({"pri": 12, "time": 6.597_013, "msg": null}),
        json!({"priority": 14, "sequence": 7, "sec": 6, "usec": 7, "msg": null}),
        json!({"labels": {"container": "a"}, "line": null}),
        json!({"labels": {"filename": "/var/log/pods/a_b_c/d/0.log"}, "line": null}),
        json!({"resource": {"type": "k8s_container"}, "textPayload": null}),
        json!({"resource": {"type": "k8s_container"}, "jsonPayload": {"message": null}}),
        json!({"logName": "projects/p/logs/stderr", "textPayload": null}),
        json!({"body": null, "attributes": {"log.iostream": "stdout"}}),
        json!({"body": null, "attributes": [{"key": "k8s.pod.name", "value": {"stringValue": "a"}}]}),
        json!({"message": null, "source_type": "docker_logs"}),
        json!({"message": null, "ddtags": "env:a,pod_name:web-0"}),
        json!({"message": null, "tags": ["kube_namespace:a"]}),
        json!({"_source_": "stdout", "_container_name_": "a", "content": "x", "message": null}),
        json!({"LogEntrySource": "stdout", "ContainerID": "a", "message": null}),
        json!({"ecs_task_arn": "a", "log": null}),
        json!({"log": null, "source": "stderr", "container_id": "a"}),
        json!({"short_message": null, "_container_id": "a", "_image_name": "b"}),
        json!({"a": {"b": [{"c": {"container": {"name": "d"}}}]}, "message": null}),
        json!({"message": {"log": null, "stream": "stdout"}}),
        json!({"_source": {"message": null, "kubernetes": {"a": "b"}}}),
    ]
}

/// Puts the text where `null` stands.
fn put(value: &mut Value, text: &str) {
    match value {
        Value::Null => *value = json!(text),
        Value::Object(members) => members.values_mut().for_each(|member| put(member, text)),
        _ => {}
    }
}

fn one_line(record: &Value) -> Vec<u8> {
    format!("{record}\n").into_bytes()
}

/// Each line of the text is a record of its own.
fn by_line(text: &str, write: impl Fn(&str) -> String) -> Vec<u8> {
    text.lines().map(write).collect::<String>().into_bytes()
}

/// What follows a line end is indented by the width of what stands before the text.
fn indented(head: &str, text: &str) -> Vec<u8> {
    let indent = format!("\n{}", " ".repeat(head.len()));
    format!("{head}{}\n", text.trim_end().replace('\n', &indent)).into_bytes()
}

/// As rsyslog writes control characters.
fn with_codes(head: &str, text: &str) -> Vec<u8> {
    format!("{head}{}\n", text.replace('\n', "#012")).into_bytes()
}

fn kmsg_codes(text: &str) -> String {
    text.replace('\\', "\\x5c").replace('\n', "\\x0a")
}

fn exported(fields: &[(&str, &str)], text: &str) -> Vec<u8> {
    let mut entry = b"__CURSOR=s=1\n".to_vec();
    if text.contains('\n') {
        entry.extend_from_slice(b"MESSAGE\n");
        entry.extend_from_slice(&(text.len() as u64).to_le_bytes());
        entry.extend_from_slice(text.as_bytes());
        entry.push(b'\n');
    } else {
        entry.extend_from_slice(format!("MESSAGE={text}\n").as_bytes());
    }
    for (key, value) in fields {
        entry.extend_from_slice(format!("{key}={value}\n").as_bytes());
    }
    entry.push(b'\n');
    entry
}

fn verbosely(fields: &[(&str, &str)], text: &str) -> Vec<u8> {
    let mut entry = b"Thu 2023-01-05 02:12:02.597013 UTC [s=ab;i=9;b=cd;m=1;t=2;x=3]\n".to_vec();
    entry.extend_from_slice(&indented("    MESSAGE=", text));
    for (key, value) in fields {
        entry.extend_from_slice(format!("    {key}={value}\n").as_bytes());
    }
    entry
}
