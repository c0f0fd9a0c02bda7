use super::*;
use crate::net::Lease;
use crate::status::schema::{Outcome, State};

fn full() -> Status {
    let lease = Lease {
        address: "192.0.2.50".parse().unwrap(),
        prefix: 24,
        server: "192.0.2.1".parse().unwrap(),
        server_duid: Some("000300015254".into()),
        granted_at: 1,
        seconds: 3600,
        renew_seconds: 1800,
        rebind_seconds: 3000,
        routes: Vec::new(),
        dns: Vec::new(),
        domains: Vec::new(),
        ntp: Vec::new(),
        mtu: None,
        host_name: None,
        root_path: None,
    };
    Status {
        hostnqn: Some("nqn.2014-08.org.example:host".into()),
        hostid: Some("0a5bb1f2-4c1d-4b57-9c41-1f7a3c0de001".into()),
        outcome: Outcome::Ok,
        interfaces: vec![HfiStatus {
            name: "nbft0.100".into(),
            mac: "52:54:00:00:0a:02".into(),
            address: Some("192.0.2.50".into()),
            lease: Some(lease),
            ..HfiStatus::default()
        }],
        paths: vec![PathStatus {
            nqn: "nqn.2014-08.org.example:s".into(),
            traddr: "2001:db8::1".into(),
            host_iface: "nbft0".into(),
            controller: Some("nvme12".into()),
            state: State::Up,
            ..PathStatus::default()
        }],
        namespaces: vec![NamespaceStatus {
            nqn: "nqn.2014-08.org.example:s".into(),
            nid_type: Some("eui64".into()),
            nid: Some("0011223344556677".into()),
            device: Some("/dev/nvme12n1".into()),
            ..NamespaceStatus::default()
        }],
        discovery: vec![DiscoveryStatus {
            nqn: "nqn.2014-08.org.nvmexpress.discovery".into(),
            traddr: "192.0.2.1".into(),
            host_iface: "nbft0".into(),
            ..DiscoveryStatus::default()
        }],
        ..Status::default()
    }
}

#[test]
fn what_connect_writes_is_read_whole() {
    let status = full();
    let text = serde_json::to_vec_pretty(&status).unwrap();
    assert_eq!(Status::parse(&text), Ok((status, Vec::new())));
}

/// A change to a good status, and what is said then.
type Case = (fn(&mut Status), &'static str);

#[test]
fn an_item_with_a_value_of_a_wrong_form_costs_itself() {
    let cases: [Case; 24] = [
        (|s| s.interfaces[0].name = "nbft0\nManaged=no".into(), "interface 0 is left out: its name"),
        (|s| s.interfaces[0].name = "a name".into(), "interface 0 is left out: its name"),
        (|s| s.interfaces[0].name = "nbft/0".into(), "interface 0 is left out: its name"),
        (|s| s.interfaces[0].name = "..".into(), "interface 0 is left out: its name"),
        (|s| s.interfaces[0].name = "sixteen-letters0".into(), "interface 0 is left out: its name"),
        (|s| s.interfaces[0].name = String::new(), "interface 0 is left out: its name"),
        (|s| s.interfaces[0].mac = "52:54:00:00:0a".into(), "interface 0 is left out: its MAC address"),
        (|s| s.interfaces[0].address = Some("192.0.2.1/33".into()), "interface 0 is left out: its address"),
        (|s| s.interfaces[0].address = Some("home".into()), "interface 0 is left out: its address"),
        (|s| s.interfaces[0].lease.as_mut().unwrap().prefix = 33, "the lease of interface 0 is left out: a prefix"),
        (
            |s| s.interfaces[0].lease.as_mut().unwrap().server_duid = Some("no".into()),
            "the lease of interface 0 is left out: a prefix length or DUID",
        ),
        (|s| s.paths[0].nqn = "nqn.x,hostnqn=y".into(), "path 0 is left out: its NQN"),
        (|s| s.paths[0].nqn = "x".repeat(224), "path 0 is left out: its NQN"),
        (|s| s.paths[0].traddr = "192.0.2.256".into(), "path 0 is left out: its transport address"),
        (|s| s.paths[0].host_iface = "a\tb".into(), "path 0 is left out: its interface"),
        (|s| s.paths[0].host_traddr = Some("::g".into()), "path 0 is left out: its source address"),
        (|s| s.paths[0].controller = Some("../nvme0".into()), "path 0 is left out: its controller"),
        (|s| s.paths[0].controller = Some("nvme".into()), "path 0 is left out: its controller"),
        (|s| s.namespaces[0].nqn = "a b".into(), "namespace 0 is left out: its NQN"),
        (|s| s.namespaces[0].nid = Some("0011\n".into()), "namespace 0 is left out: its NID"),
        (|s| s.namespaces[0].nid_type = None, "namespace 0 is left out: its NID"),
        (|s| s.namespaces[0].device = Some("/dev/sda".into()), "namespace 0 is left out: its device"),
        (|s| s.discovery[0].traddr = "tcp".into(), "discovery controller 0 is left out: its transport address"),
        (|s| s.hostid = Some("1".into()), "the host identity is left out"),
    ];
    for (change, expected) in cases {
        let mut status = full();
        change(&mut status);
        let text = serde_json::to_vec(&status).unwrap();
        let (read, said) = Status::parse(&text).unwrap();
        assert!(said.len() == 1 && said[0].starts_with(expected), "{said:?}, not {expected}");
        let items = |s: &Status| s.interfaces.len() + s.paths.len() + s.namespaces.len() + s.discovery.len();
        let lost = usize::from(!expected.starts_with("the "));
        assert_eq!(items(&read), 4 - lost, "{expected}");
        let lease = read.interfaces.first().and_then(|interface| interface.lease.as_ref());
        assert_eq!(lease.is_none(), expected.contains("interface 0"), "{expected}");
    }
}

#[test]
fn many_are_counted() {
    let mut status = full();
    status.paths = vec![PathStatus::default(); 5000];
    let (read, said) = Status::parse(&serde_json::to_vec(&status).unwrap()).unwrap();
    assert_eq!((read.paths.len(), said.len()), (0, MAX_NAMED + 1));
    assert_eq!(said[MAX_NAMED], "4984 more are left out");
}

#[test]
fn what_is_no_status_file_is_said_without_its_content() {
    let whole = serde_json::to_string(&full()).unwrap();
    let cases = [
        ("", "not a status file: it is empty"),
        (&whole[..whole.len() / 2], "not a status file: it ends too early (line 1, column "),
        ("\u{1b}[2J", "not a status file: it is not JSON (line 1, column 1)"),
        (
            "{\"version\": \"\\u001bsecret\"}",
            "not a status file: a value is missing or has the wrong type (line 1, column ",
        ),
        ("[]", "not a status file: a value is missing or has the wrong type"),
    ];
    for (text, expected) in cases {
        let why = Status::parse(text.as_bytes()).unwrap_err().to_string();
        assert!(why.starts_with(expected) && !why.contains("secret") && !why.contains('\u{1b}'), "{why}");
    }
    assert!(Status::parse(&b"[".repeat(100_000)).is_err());
}

#[test]
fn a_code_of_another_form_is_none() {
    let mut status = Status { paths: vec![PathStatus::default(); 3], ..Status::default() };
    for (path, code) in status.paths.iter_mut().zip(["no-route", "no route", "\u{1b}[2J"]) {
        (path.nqn, path.traddr, path.host_iface) = ("nqn.x:y".into(), "192.0.2.1".into(), "nbft0".into());
        path.code = Some(code.into());
    }
    assert_eq!(retain_valid(&mut status), [""; 0]);
    let codes: Vec<_> = status.paths.iter().map(|path| path.code.as_deref()).collect();
    assert_eq!(codes, [Some("no-route"), None, None]);
}
