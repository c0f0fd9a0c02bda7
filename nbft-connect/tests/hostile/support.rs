//! Roots, runs, and what no output may hold.

use crate::tables::QUIET;
use libnbft::plan::{Options, Plan};
use nbft_connect::status::schema::{State, Status};
use serde_json::{Value, json};
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use tempfile::TempDir;

pub(crate) struct Root(
    pub(crate) PathBuf,
    #[expect(dead_code, reason = "removes the directory when it is dropped")] TempDir,
);

impl Root {
    /// One that no other has, also where tests call it the same.
    pub(crate) fn new(name: &str) -> Self {
        let directory = tempfile::Builder::new().prefix(&format!("nbft-hostile-{name}-")).tempdir().unwrap();
        let root = directory.path().to_owned();
        for directory in ["sys/firmware/acpi/tables", "sys/module/nvme_tcp", "proc", "dev", "run/nbft"] {
            fs::create_dir_all(root.join(directory)).unwrap();
        }
        fs::write(root.join("proc/cmdline"), "quiet\n").unwrap();
        fs::write(root.join("dev/nvme-fabrics"), "").unwrap();
        Self(root, directory)
    }

    pub(crate) fn with_tables(self, tables: &[Vec<u8>]) -> Self {
        for (n, bytes) in tables.iter().enumerate() {
            fs::write(self.0.join(format!("sys/firmware/acpi/tables/NBFT{}", n + 1)), bytes).unwrap();
        }
        self
    }

    /// The plan of its tables, as `nbft plan` makes it.
    pub(crate) fn plan(&self) -> Plan {
        Plan::load(self.0.join("sys/firmware/acpi/tables"), &Options::default()).unwrap().plan
    }

    /// Runs `nbft` under it; what it prints is looked at before it is given back.
    pub(crate) fn nbft(&self, args: &[impl AsRef<OsStr>]) -> String {
        self.nbft_env(args, None).0
    }

    /// What it says on standard error.
    pub(crate) fn stderr(&self, args: &[impl AsRef<OsStr>]) -> String {
        self.nbft_env(args, None).1
    }

    /// Both, with somebody in systemd's place.
    pub(crate) fn nbft_env(&self, args: &[impl AsRef<OsStr>], notify: Option<&Path>) -> (String, String) {
        let mut command = Command::new(env!("CARGO_BIN_EXE_nbft"));
        // No modprobe: no test may load a driver into the machine that it runs on.
        command.args(args).arg("--root").arg(&self.0).env("PATH", "/nonexistent");
        command.env_remove("JOURNAL_STREAM").env_remove("NOTIFY_SOCKET");
        command.envs(notify.map(|path| ("NOTIFY_SOCKET", path)));
        let output = command.output().unwrap();
        let words: Vec<_> = args.iter().map(|word| word.as_ref().to_string_lossy()).collect();
        let stderr = harmless(&format!("standard error of {words:?}"), &output.stderr);
        (harmless(&format!("standard output of {words:?}"), &output.stdout), stderr)
    }
}

/// Looks at every character; gives the text.
pub(crate) fn harmless(what: &str, bytes: &[u8]) -> String {
    let text = std::str::from_utf8(bytes).unwrap_or_else(|error| panic!("{what} is no text: {error}"));
    // Not by the function that is tested alone.
    let hostile =
        |c: char| c != '\n' && (c.is_control() || !c.is_ascii() && QUIET.contains(c) || !libnbft::text::is_harmless(c));
    if let Some(at) = text.find(hostile) {
        let line = text[..at].rfind('\n').map_or(0, |end| end + 1);
        panic!("{what} holds {:?}: {:?}", text[at..].chars().next(), text[line..].lines().next());
    }
    let injected = text.lines().find(|line| {
        let line = line.trim_start_matches([' ', '"', '#', '-']);
        line.starts_with("INJECTED") || line.starts_with("[Injected]")
    });
    assert_eq!(injected, None, "{what} has a line that came from outside");
    text.to_owned()
}

/// The same of each file below a directory; gives their names and contents.
pub(crate) fn files_below(directory: &Path) -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    let Ok(entries) = fs::read_dir(directory) else { return found };
    for entry in entries.map(|entry| entry.unwrap().path()) {
        harmless("a file's name", entry.as_os_str().as_encoded_bytes());
        if entry.is_dir() {
            found.extend(files_below(&entry));
        } else if entry.is_file() {
            let text = harmless(&entry.display().to_string(), &fs::read(&entry).unwrap());
            found.push((entry, text));
        }
    }
    found.sort();
    found
}

/// A status of the plan in which every text is `text`, with a lease and what a DHCPv6 server told.
pub(crate) fn status(plan: &Plan, text: &str) -> Status {
    let lease = json!({"address": "192.0.2.9", "prefix": 24, "server": "192.0.2.254", "server_duid": text, "granted_at": 1,
        "seconds": 3600, "renew_seconds": 1800, "rebind_seconds": 3000, "routes": [], "dns": [], "domains": [text, "net.example"],
        "ntp": [text], "mtu": null, "host_name": text, "root_path": text});
    let told = json!({"server": "fe80::1", "dns": [], "domains": [text], "ntp": [text], "boot_file_url": text});
    let mut status = Status::of_plan(plan);
    let some = || Some(text.to_owned());
    (status.written_by, status.message) = (text.into(), text.into());
    (status.hostnqn, status.hostid) = (some(), some());
    status.tables.push(text.into());
    status.left_out.push(text.into());
    for interface in &mut status.interfaces {
        (interface.name, interface.state, interface.address, interface.reason) =
            (text.into(), State::Up, some(), some());
        interface.lease = Some(serde_json::from_value(lease.clone()).unwrap());
        interface.information = Some(serde_json::from_value(told.clone()).unwrap());
    }
    for path in &mut status.paths {
        (path.host_iface, path.state, path.host_traddr, path.controller) = (text.into(), State::Up, some(), some());
        (path.nqn, path.traddr, path.ssns) = (text.into(), text.into(), vec![text.into()]);
        (path.security, path.authenticated, path.secured, path.reason) = (some(), some(), some(), some());
        path.code = some();
    }
    for namespace in &mut status.namespaces {
        (namespace.nqn, namespace.nid_type, namespace.nid) = (text.into(), some(), some());
        (namespace.device, namespace.reason) = (some(), some());
    }
    for controller in &mut status.discovery {
        (controller.nqn, controller.traddr, controller.host_iface) = (text.into(), text.into(), text.into());
        (controller.controller, controller.reason, controller.left_out) = (some(), some(), vec![text.into()]);
    }
    status
}

/// The status with each value that must have a form in it, and the texts as they are.
pub(crate) fn in_form(mut status: Status, plan: &Plan) -> Status {
    let planned = Status::of_plan(plan);
    (status.hostnqn, status.hostid) = (planned.hostnqn, planned.hostid);
    for (interface, planned) in status.interfaces.iter_mut().zip(planned.interfaces) {
        (interface.name, interface.address) = (planned.name, Some("192.0.2.9".into()));
        interface.lease.as_mut().unwrap().server_duid = Some("00030001".into());
    }
    for (path, planned) in status.paths.iter_mut().zip(planned.paths) {
        (path.nqn, path.traddr, path.host_iface) = (planned.nqn, planned.traddr, planned.host_iface);
        (path.host_traddr, path.controller) = (planned.host_traddr, Some("nvme7".into()));
        path.code = Some("port-closed".into());
    }
    for (namespace, planned) in status.namespaces.iter_mut().zip(planned.namespaces) {
        (namespace.nqn, namespace.nid_type, namespace.nid) = (planned.nqn, planned.nid_type, planned.nid);
        namespace.device = Some("/dev/nvme7n1".into());
    }
    for (controller, planned) in status.discovery.iter_mut().zip(planned.discovery) {
        (controller.nqn, controller.traddr, controller.host_iface) = (planned.nqn, planned.traddr, planned.host_iface);
        controller.controller = Some("nvme8".into());
    }
    status
}

/// As another program might write it: without any care.
pub(crate) fn leave_raw(root: &Root, status: &Status) -> Value {
    fs::write(root.0.join("run/nbft/status.json"), serde_json::to_string(status).unwrap()).unwrap();
    serde_json::to_value(status).unwrap()
}
