//! Where the time of a boot went, by `nbft status --timeline`.

use crate::golden;
use crate::support::{Dir, nbft};
use nbft_connect::status::schema::Status;
use nbft_connect::status::timeline::{InterfaceTimes, NamespaceTimes, PathTimes, Timeline};
use std::path::Path;
use std::process::Command;

const NQN: &str = "nqn.2014-08.org.nvmexpress:uuid:00112233-4455-6677-8899-aabbccddeeff";

/// Two NICs and two paths; the second NIC waits for carrier, the first path took three tries.
fn timeline() -> Timeline {
    let first = InterfaceTimes {
        name: "nbft0".into(),
        begin_ms: Some(6),
        nic_ms: Some(640),
        udev_ms: Some(820),
        carrier_ms: Some(3120),
        address_ms: Some(3650),
    };
    let second = InterfaceTimes { name: "nbft1".into(), carrier_ms: None, address_ms: None, ..first.clone() };
    let path = PathTimes {
        traddr: "192.0.2.1".into(),
        trsvcid: 4420,
        host_iface: "nbft0".into(),
        nqn: NQN.into(),
        attempts: 3,
        probe_ms: Some(3650),
        probed_ms: Some(4700),
        connect_ms: Some(4720),
        connected_ms: Some(4810),
    };
    let unused = PathTimes { probe_ms: None, probed_ms: None, connect_ms: None, connected_ms: None, ..path.clone() };
    let other = PathTimes { traddr: "198.51.100.1".into(), host_iface: "nbft1".into(), attempts: 0, ..unused };
    let namespace = NamespaceTimes {
        nqn: NQN.into(),
        nsid: 1,
        nid_type: Some("uuid".into()),
        nid: Some("cc3f2135-f931-4569-baea-0eee7113a521".into()),
        boot: true,
        connected_ms: Some(4810),
        present_ms: Some(4870),
    };
    let (interfaces, paths, namespaces) = (vec![first, second], vec![path, other], vec![namespace]);
    Timeline { started_uptime_ms: 2412, ended_ms: 4872, interfaces, paths, namespaces }
}

fn root(timeline: Option<Timeline>) -> Dir {
    let dir = Dir::new("timeline");
    let status = Status { version: 1, timeline, ..Status::default() };
    status.write(Path::new(&format!("{}/run/nbft/status.json", dir.path()))).unwrap();
    dir
}

#[test]
fn it_is_drawn_for_a_terminal_and_as_a_picture() {
    let dir = root(Some(timeline()));
    let words = ["status", "--timeline", "--root", dir.path()];
    let drawn = |width: &str| {
        let output = Command::new(env!("CARGO_BIN_EXE_nbft")).args(words).env("COLUMNS", width).output().unwrap();
        assert!(output.status.success());
        String::from_utf8(output.stdout).unwrap()
    };
    let (narrow, wide) = (drawn("80"), drawn("200"));
    for (text, width) in [(&narrow, 80), (&wide, 200)] {
        assert!(text.lines().all(|line| line.chars().count() <= width), "{text}");
    }
    golden::check("timeline-80.txt", &narrow);
    let file = format!("{}/boot.svg", dir.path());
    let run = nbft(&[&words[..], &["--svg", &file]].concat());
    assert_eq!((run.code, run.text().as_str(), run.stderr.as_str()), (0, "", ""));
    golden::check("timeline.svg", &std::fs::read_to_string(&file).unwrap());
    let json = nbft(&[&words[..], &["-o", "json"]].concat()).json();
    assert_eq!(json, serde_json::to_value(timeline()).unwrap());
}

#[test]
fn without_times_there_is_nothing_to_draw() {
    let said = |dir: &Dir| {
        let run = nbft(&["status", "--timeline", "--root", dir.path()]);
        (run.code, run.text(), dir.neutral(&run.stderr))
    };
    let wanted = "nbft: DIR/run/nbft/status.json: no run of nbft connect has left its times\n";
    assert_eq!(said(&root(None)), (3, String::new(), wanted.to_owned()));
    assert_eq!(said(&Dir::new("no-run")), (3, String::new(), wanted.to_owned()));
    let dir = root(Some(timeline()));
    for words in [&["--svg", "x.svg"][..], &["--timeline", "--watch"], &["--timeline", "--svg", "x.svg", "-o", "json"]]
    {
        assert_eq!(nbft(&[&["status", "--root", dir.path()], words].concat()).code, 2, "{words:?}");
    }
}
