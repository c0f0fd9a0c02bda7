//! What `nbft connect` says that it waits for, to the log, to systemd and to a terminal, while a target is dead.

#![allow(clippy::disallowed_macros, clippy::disallowed_methods, clippy::unwrap_used)]

mod common;

use common::net::{veth, with_host};
use common::{in_namespace, ip};
use libnbft::model::{Hfi, HfiFlags, HfiTcp, HfiTcpFlags, Mac, NidType, Nqn, Ssns, SsnsFlags, Table, TransportType};
use std::fs;
use std::net::IpAddr;
use std::os::unix::net::UnixDatagram;
use std::path::Path;
use std::process::{Command, Output};
use std::time::Duration;
use tempfile::TempDir;

const DEAD: &str = "192.0.2.1 port 4420 over nbft0";

/// A root with a table of two ports of a target that is not there, over a NIC that has carrier.
fn root() -> TempDir {
    veth("eth0", 1);
    ip("link set eth0-peer up");
    let mut table = Table::default();
    with_host(&mut table);
    let mut tcp = HfiTcp::default();
    (tcp.version, tcp.info_version, tcp.hfi_index, tcp.flags) = (1, 2, 1, HfiTcpFlags::VALID);
    (tcp.mac, tcp.ip, tcp.prefix) = (Mac([2, 0, 0, 0, 0, 1]), "192.0.2.2".parse::<IpAddr>().unwrap().into(), 24);
    let mut hfi = Hfi::default();
    (hfi.index, hfi.flags, hfi.transport, hfi.tcp) = (1, HfiFlags::VALID, TransportType::TCP, Some(tcp));
    table.hfis.push(hfi);
    for (index, port) in [(1, "4420"), (2, "4421")] {
        let mut ssns = Ssns::default();
        (ssns.index, ssns.flags, ssns.transport) = (index, SsnsFlags::VALID, TransportType::TCP);
        ssns.primary_hfi = 1;
        ssns.traddr = Some("192.0.2.1".parse::<IpAddr>().unwrap().into());
        (ssns.trsvcid, ssns.nqn) = (Some(port.into()), Some(Nqn("nqn.2014-08.org.example:s".into())));
        (ssns.nsid, ssns.nid_type) = (1, NidType::NONE);
        table.ssns.push(ssns);
    }
    let root = tempfile::Builder::new().prefix("nbft-report-").tempdir().unwrap();
    for (file, content) in [
        ("sys/firmware/acpi/tables/NBFT", libnbft::write(&table).unwrap()),
        ("sys/module/nvme_tcp/refcnt", b"0\n".to_vec()),
        ("proc/cmdline", b"quiet\n".to_vec()),
        ("dev/nvme-fabrics", Vec::new()),
    ] {
        let path = root.path().join(file);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }
    root
}

fn words(root: &Path) -> Vec<String> {
    let root = root.to_str().unwrap();
    ["connect", "--timeout", "3", "--report-every", "1", "--root", root].map(str::to_owned).to_vec()
}

/// Runs it without a terminal.
fn connect(root: &Path, notify: Option<&str>) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_nbft"));
    // No modprobe: no test may load a driver into the machine that it runs on.
    command.args(words(root)).env("PATH", "/nonexistent").env("TERM", "xterm");
    command.env_remove("JOURNAL_STREAM").env_remove("NOTIFY_SOCKET");
    command.envs(notify.map(|name| ("NOTIFY_SOCKET", name))).output().unwrap()
}

/// What a terminal of 50 columns gets from it.
fn on_a_terminal(root: &Path, term: &str) -> String {
    let words = words(root).join(" ");
    let nbft = env!("CARGO_BIN_EXE_nbft");
    let line = format!("stty cols 50 rows 20; PATH=/nonexistent TERM={term} exec {nbft} {words}");
    let mut command = Command::new("script");
    command.args(["--quiet", "--return", "--command", &line, "/dev/null"]);
    for variable in ["JOURNAL_STREAM", "NOTIFY_SOCKET", "COLUMNS", "NO_COLOR", "LC_ALL", "LC_CTYPE", "LANG"] {
        command.env_remove(variable);
    }
    let output = command.env("SHELL", "/bin/sh").output().expect("script (package bsdutils)");
    assert_eq!(output.status.code(), Some(1), "no path came up");
    String::from_utf8(output.stdout).unwrap()
}

fn is_report(line: &str) -> bool {
    line.contains("waiting: ") && line.ends_with(" s left")
}

#[test]
fn the_log_gets_a_line_and_systemd_a_status() {
    in_namespace("the_log_gets_a_line_and_systemd_a_status", || {
        let root = root();
        let output = connect(root.path(), None);
        let log = String::from_utf8(output.stderr).unwrap();
        assert_eq!((output.status.code(), output.stdout.as_slice()), (Some(1), &b""[..]), "{log}");
        let reports: Vec<_> = log.lines().filter(|line| is_report(line)).collect();
        assert!((1..=3).contains(&reports.len()), "{log}");
        assert!(reports.iter().any(|line| line.starts_with("nbft: waiting: ") && line.contains(DEAD)), "{log}");
        assert!(!log.contains('\u{1b}'), "nothing is drawn: {log}");

        let socket = UnixDatagram::bind(root.path().join("notify")).unwrap();
        let path = root.path().join("notify");
        socket.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
        // Read meanwhile, as systemd does: its queue is short.
        let reader = std::thread::spawn(move || {
            let mut told = String::new();
            let mut buffer = vec![0; 65536];
            while !told.contains("READY=1") {
                let length = socket.recv(&mut buffer).unwrap();
                told += std::str::from_utf8(&buffer[..length]).unwrap();
            }
            told
        });
        let output = connect(root.path(), path.to_str());
        let log = String::from_utf8(output.stderr).unwrap();
        assert!(!log.lines().any(is_report), "systemd is told in the place of the log: {log}");
        let told = reader.join().unwrap();
        let is_status = |line: &str| line.starts_with("STATUS=waiting: ") && is_report(line) && line.contains(DEAD);
        assert!(told.lines().any(is_status), "{told}");
        let end: Vec<_> = told.lines().rev().take(2).collect();
        assert_eq!(end[0], "READY=1", "{told}");
        assert!(end[1].starts_with("STATUS=0 of 2 paths up, missing boot namespace: "), "{told}");
    });
}

#[test]
fn a_terminal_has_lines_that_are_drawn_in_place() {
    in_namespace("a_terminal_has_lines_that_are_drawn_in_place", || {
        let root = root();
        let text = on_a_terminal(root.path(), "xterm");
        assert!(text.contains("nbft connect: 0 of 2 paths up, "), "{text}");
        assert!(text.contains("\u{1b}[4A\r\u{1b}[J"), "the head, an interface and two paths: {text}");
        // The last of them is taken away before the log goes on, and the report is that of nbft status.
        let rest = &text[text.rfind("\u{1b}[J").unwrap()..];
        assert!(!rest.contains("nbft connect: ") && rest.contains("CONTROLLER"), "{rest}");
        for line in text.split("\r\n").filter(|line| line.contains("waits for ")) {
            let drawn: String = line.rsplit('\u{1b}').next().map(|end| end.trim_start_matches("[J").into()).unwrap();
            assert!(drawn.chars().count() < 50, "{line}");
        }
        let plain = on_a_terminal(root.path(), "dumb");
        assert!(!plain.contains('\u{1b}') && plain.lines().any(|line| is_report(line.trim_end())), "{plain}");
    });
}
