use super::*;

/// Takes the fields of a record, name and value.
fn decided(fields: &[(&str, &str)]) -> Author {
    let mut seen = Provenance::default();
    for (name, value) in fields {
        seen.text(Parent::Any.place(name.as_bytes()).0, value.as_bytes());
    }
    seen.decide()
}

const fn author(source: Source, trust: Trust) -> Author {
    Author { source, trust }
}

const PROVEN: Author = author(Source::Kernel, Trust::Proven);

#[test]
#[expect(clippy::too_many_lines, reason = "a table")]
fn what_the_fields_of_a_journal_prove() {
    let kubelet = |trust| author(Source::Daemon(Daemon::Kubelet), trust);
    for (fields, expected) in [
        (
            &[("_TRANSPORT", "kernel"), ("SYSLOG_FACILITY", "0")][..],
            PROVEN,
        ),
        (&[("_TRANSPORT", "kernel")], Author::KERNEL),
        (&[("SYSLOG_IDENTIFIER", "kernel")], Author::KERNEL),
        (
            &[("_TRANSPORT", "kernel"), ("SYSLOG_FACILITY", "1")],
            author(Source::KmsgWriter, Trust::Proven),
        ),
        (
            &[
                ("_TRANSPORT", "kernel"),
                ("SYSLOG_FACILITY", "1"),
                ("_PID", "7"),
            ],
            Author::PROGRAM,
        ),
        (
            &[("_TRANSPORT", "stdout"), ("SYSLOG_IDENTIFIER", "kernel")],
            Author::PROGRAM,
        ),
        (
            &[("_TRANSPORT", "stdout"), ("TRANSPORT", "kernel")],
            Author::PROGRAM,
        ),
        (
            &[("TRANSPORT", "kernel"), ("_TRANSPORT", "stdout")],
            Author::PROGRAM,
        ),
        (
            &[("SYSLOG_IDENTIFIER", "kernel"), ("_PID", "7")],
            Author::PROGRAM,
        ),
        (
            &[
                ("SYSLOG_IDENTIFIER", "kernel"),
                ("_SYSTEMD_UNIT", "a.service"),
            ],
            Author::PROGRAM,
        ),
        (&[("SYSLOG_IDENTIFIER", "kubelet")], kubelet(Trust::Claimed)),
        (
            &[
                ("SYSLOG_IDENTIFIER", "kubelet"),
                ("_SYSTEMD_UNIT", "kubelet.service"),
                ("_PID", "7"),
            ],
            kubelet(Trust::Proven),
        ),
        (
            &[
                ("SYSLOG_IDENTIFIER", "kubelet"),
                ("_SYSTEMD_UNIT", "a.service"),
            ],
            Author::PROGRAM,
        ),
        (
            &[
                ("SYSLOG_IDENTIFIER", "kubelet"),
                ("_SYSTEMD_UNIT", "a.service"),
                ("_COMM", "kubelet"),
            ],
            kubelet(Trust::Claimed),
        ),
        (
            &[
                ("SYSLOG_IDENTIFIER", "kubelet"),
                ("_SYSTEMD_UNIT", "docker-7.scope"),
                ("_COMM", "kubelet"),
            ],
            Author::PROGRAM,
        ),
        (
            &[
                ("SYSLOG_IDENTIFIER", "kubelet"),
                ("_SYSTEMD_UNIT", "crio.service"),
            ],
            Author::PROGRAM,
        ),
        (
            &[
                ("SYSLOG_IDENTIFIER", "kubelet"),
                ("_SYSTEMD_CGROUP", "/kubepods.slice/pod7/kubelet.service"),
            ],
            Author::PROGRAM,
        ),
        (
            &[
                ("SYSLOG_IDENTIFIER", "kubelet"),
                (
                    "_SYSTEMD_CGROUP",
                    "/user.slice/user-7.slice/kubelet.service",
                ),
            ],
            Author::PROGRAM,
        ),
        (&[("SYSLOG_FACILITY", "0")], Author::KERNEL),
        (
            &[("_TRANSPORT", "kernel"), ("syslog_priority", "4")],
            Author::KERNEL,
        ),
        (&[], Author::UNKNOWN),
    ] {
        assert_eq!(decided(fields), expected, "{fields:?}");
        let mut turned = fields.to_vec();
        turned.reverse();
        assert_eq!(decided(&turned), expected, "{turned:?}");
    }
}

#[test]
fn what_keys_and_labels_prove() {
    for (name, value) in [
        ("kubernetes.pod_name", "web-0"),
        ("k8s.pod.name", "web-0"),
        ("k8s.deployment.name", "web"),
        ("k8s-pod/app", "web"),
        ("container.id", "a"),
        ("_container_name_", "a"),
        ("ContainerID", "a"),
        ("docker.container_id", "a"),
        ("pod", "web-0"),
        ("PodName", "web-0"),
        ("stream", "stderr"),
        ("log.iostream", "stdout"),
        ("LogEntrySource", "stdout"),
        ("source", "stderr"),
        ("filename", "/var/log/pods/a_b_c/d/0.log"),
        ("log.file.path", "/var/lib/docker/containers/a/a-json.log"),
        ("resource.type", "k8s_container"),
        ("logName", "projects/p/logs/stdout"),
        ("source_type", "kubernetes_logs"),
        ("input.type", "container"),
        ("data_stream.dataset", "kubernetes.container_logs"),
        ("ddtags", "env:x,pod_name:web-0"),
        ("tags", "kube_namespace:a"),
        ("key", "k8s.container.name"),
        ("inputname", "imuxsock"),
        ("syslogfacility", "1"),
        ("syslogfacility-text", "user"),
        ("pri-text", "user.notice"),
        ("log.syslog.facility.code", "1"),
        ("log.syslog.priority", "13"),
        ("log.syslog.appname", "app"),
        ("systemd.transport", "journal"),
        ("systemd.unit", "app.service"),
        ("journald.pid", "7"),
        ("process.pid", "7"),
        ("procid", "7"),
        ("unit", "app.service"),
        ("systemd.slice", "a.slice"),
        ("systemd.session", "3"),
        ("systemd.owner_uid", "1000"),
        ("systemd.invocation_id", "5d1b0c4e"),
        ("systemd.cgroup", "/system.slice/app.service"),
        ("_SYSTEMD_SLICE", "a.slice"),
        ("_SYSTEMD_INVOCATION_ID", "5d1b0c4e"),
    ] {
        for kernels in [("programname", "kernel"), ("SYSLOG_FACILITY", "0")] {
            let author = decided(&[kernels, (name, value)]);
            assert_eq!(author.origin(), Origin::UserSpace, "{name}: {value}");
            assert_eq!(
                decided(&[(name, value), kernels]),
                author,
                "{name}: {value}"
            );
        }
    }
}

#[test]
fn what_proves_nothing() {
    for (name, value) in [
        ("host.containerized", "false"),
        ("agent.name", "web-0"),
        ("data_stream.namespace", "default"),
        ("k8s.node.name", "n1"),
        ("k8s.cluster.uid", "a"),
        ("resource.type", "k8s_node"),
        ("logName", "projects/p/logs/kern"),
        ("filename", "/var/log/kern.log"),
        ("network.transport", "udp"),
        ("container_name", ""),
        ("pid", "-"),
        ("pid", "0"),
        ("unit", "kB"),
        ("inputname", "imtcp"),
        ("input.type", "journald"),
        ("oom.pod.uid", "a"),
        ("tags", "kube_node:n1,cluster_name:c"),
    ] {
        assert_eq!(
            decided(&[(name, value)]),
            Author::UNKNOWN,
            "{name}: {value}"
        );
    }
}

#[test]
fn every_daemon_is_found_by_its_names() {
    for daemon in [
        Daemon::Kubelet,
        Daemon::Containerd,
        Daemon::Crio,
        Daemon::Dockerd,
    ] {
        assert_eq!(Daemon::of_tag(daemon.name().as_bytes()), Some(daemon));
        assert_eq!(Daemon::of_comm(daemon.name().as_bytes()), Some(daemon));
    }
    assert_eq!(Daemon::of_unit(b"docker"), Some(Daemon::Dockerd));
    assert_eq!(Daemon::of_unit(b"rke2-agent"), Some(Daemon::Rke2));
    assert_eq!(Daemon::of_unit(b"docker-nginx"), None);
}

#[test]
fn the_daemons_of_another_choice_come_without_its_kernel() {
    let both = Accept::of(&[Source::Program], Trust::Claimed)
        .and_daemons_of(Accept::of(&[Source::Kernel], Trust::Claimed).and(Daemon::Kubelet));
    assert!(both.has_daemon(Daemon::Kubelet));
    assert!(!both.has_daemon(Daemon::Crio));
    assert!(!both.takes(author(Source::Kernel, Trust::Claimed)));
    assert!(!both.takes(Author::UNKNOWN));
}

#[test]
fn what_a_users_manager_proves() {
    const TAG: (&str, &str) = ("SYSLOG_IDENTIFIER", "systemd");
    const COMM: (&str, &str) = ("_COMM", "systemd");
    const MANAGER: (&str, &str) = ("_SYSTEMD_UNIT", "user@1000.service");
    const OF_USER: (&str, &str) = ("_SYSTEMD_USER_UNIT", "init.scope");
    let claimed = author(Source::Daemon(Daemon::Systemd), Trust::Claimed);
    assert_eq!(decided(&[TAG, COMM, MANAGER, OF_USER]), claimed);
    for fields in [
        &[TAG, MANAGER, OF_USER][..],
        &[COMM, MANAGER, OF_USER],
        &[TAG, ("_COMM", "bash"), MANAGER, OF_USER],
        &[("SYSLOG_IDENTIFIER", "kubelet"), COMM, MANAGER, OF_USER],
        &[TAG, COMM, ("_SYSTEMD_USER_UNIT", "app.service")],
        &[TAG, COMM, ("_SYSTEMD_UNIT", "kubelet.service"), OF_USER],
    ] {
        assert_eq!(decided(fields), Author::PROGRAM, "{fields:?}");
    }
}

#[test]
fn what_inputs_and_the_first_process_prove() {
    assert_eq!(decided(&[("inputname", "imklog")]), Author::KERNEL);
    assert_eq!(decided(&[("inputname", "imkmsg")]), Author::KERNEL);
    assert_eq!(decided(&[("process.name", "kernel")]), Author::KERNEL);
    let fields = [
        ("SYSLOG_IDENTIFIER", "systemd"),
        ("_SYSTEMD_UNIT", "init.scope"),
    ];
    let proven = author(Source::Daemon(Daemon::Systemd), Trust::Proven);
    assert_eq!(decided(&fields), proven);
    let mut seen = Provenance::default();
    seen.number(Field::Stream, 1);
    assert_eq!(seen.decide(), Author::PROGRAM);
}

#[test]
fn doubt_leaves_no_kernel_and_no_daemon() {
    for (source, left) in [
        (Source::Kernel, Author::UNKNOWN),
        (Source::Daemon(Daemon::Kubelet), Author::PROGRAM),
        (Source::Program, Author::PROGRAM),
    ] {
        assert_eq!(author(source, Trust::Claimed).doubted().source, left.source);
    }
    assert_eq!(Author::UNKNOWN.doubted(), Author::UNKNOWN);
}

#[test]
fn a_daemon_is_found_by_the_name_that_a_user_gives() {
    assert_eq!(Daemon::from_name("earlyoom"), Some(Daemon::EarlyOom));
    assert_eq!(Daemon::from_name("sh"), None);
}

#[test]
fn an_author_is_found_by_its_word_in_the_record() {
    for (word, origin) in [
        ("kernel", Origin::Kernel),
        ("user", Origin::User),
        ("claimed", Origin::Claimed),
        ("unknown", Origin::Unknown),
    ] {
        assert_eq!(Origin::from_word(word), Some(origin));
        assert_eq!(origin.as_str(), word);
    }
    assert_eq!(Origin::from_word("Kernel"), None);
}
