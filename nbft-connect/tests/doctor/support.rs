//! Tables, roots, runs.

use crate::common::ip;
use libnbft::model::{
    Cipeec, Control, Diagnostics, Header, Hfi, HfiFlags, HfiTcp, HfiTcpFlags, Host, HostFlags, IpOrigin, Mac, Naed,
    Nceec, NidType, Nqn, Ssns, SsnsExt, SsnsExtFlags, SsnsFlags, SsnsTransportFlags, Table, TransportType, Uuid,
};
use libnbft::plan::{Options, Plan, Source};
use nbft_connect::status::schema::{Outcome, Reason, State, Status};
use std::collections::BTreeMap;
use std::fs;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::process::Command;
use tempfile::TempDir;

pub(crate) const NQN: &str = "nqn.2014-08.org.example:subsystem";
pub(crate) const NID: &str = "cc3f2135-f931-4569-baea-0eee7113a521";

/// A table with an HFI at 02:00:00:00:00:01, 192.0.2.2/24, and a boot entry at 192.0.2.1 port 4420.
pub(crate) fn table() -> Table {
    let mut table = Table::default();
    let mut header = Header::default();
    (header.major, header.minor) = (1, 1);
    let mut control = Control::default();
    (control.major, control.minor, control.flags) = (1, 1, 1);
    let mut host = Host::default();
    host.flags = HostFlags::VALID.with(HostFlags::HOST_ID_CONFIGURED).with(HostFlags::HOST_NQN_CONFIGURED);
    host.id = Uuid([0x22; 16]);
    host.nqn = Some(Nqn("nqn.2014-08.org.example:host".into()));
    (table.header, table.control, table.host) = (header, control, Some(host));
    table.hfis.push(hfi(1, 1, "192.0.2.2"));
    table.ssns.push(ssns(1, "192.0.2.1", 1));
    table
}

pub(crate) fn hfi(index: u8, mac: u8, address: &str) -> Hfi {
    let mut tcp = HfiTcp::default();
    (tcp.version, tcp.info_version, tcp.hfi_index) = (1, 2, index.into());
    (tcp.flags, tcp.ip_origin) = (HfiTcpFlags::VALID, IpOrigin::MANUAL);
    tcp.mac = Mac([2, 0, 0, 0, 0, mac]);
    let ip: IpAddr = address.parse().unwrap();
    (tcp.ip, tcp.prefix) = (ip.into(), if ip.is_ipv6() { 64 } else { 24 });
    let mut hfi = Hfi::default();
    (hfi.index, hfi.flags, hfi.transport, hfi.tcp) = (index, HfiFlags::VALID, TransportType::TCP, Some(tcp));
    hfi
}

pub(crate) fn ssns(index: u16, target: &str, hfi: u8) -> Ssns {
    let mut ssns = Ssns::default();
    (ssns.index, ssns.flags, ssns.transport) = (index, SsnsFlags::VALID, TransportType::TCP);
    ssns.transport_flags = SsnsTransportFlags::IN_USE;
    ssns.traddr = Some(target.parse::<IpAddr>().unwrap().into());
    ssns.trsvcid = Some("4420".into());
    ssns.nqn = Some(Nqn(NQN.into()));
    (ssns.nsid, ssns.nid_type, ssns.nid) = (1, NidType::UUID, NID.parse::<Uuid>().unwrap().0);
    ssns.primary_hfi = hfi;
    ssns
}

/// What firmware says of its attempt.
pub(crate) fn diagnose(ssns: &mut Ssns, naed: Naed, nceec: Nceec) {
    let mut diagnostics = Diagnostics::default();
    (diagnostics.naed, diagnostics.cipeec, diagnostics.nceec) = (naed, Cipeec::NONE, nceec);
    diagnostics.connect_timeout = 0xffff;
    let mut ext = SsnsExt::default();
    (ext.version, ext.ssns_index, ext.flags) = (1, ssns.index, SsnsExtFlags::VALID);
    ext.diagnostics = Some(diagnostics);
    ssns.ext = Some(ext);
    ssns.flags = ssns.flags.with(SsnsFlags::EXTENDED_INFO);
}

pub(crate) fn plan(table: &Table) -> Plan {
    Plan::new(&[Source { name: "NBFT", table }], &Options::default())
}

/// A root with a table, the driver and the fabrics device.
pub(crate) struct Root(
    pub(crate) PathBuf,
    #[expect(dead_code, reason = "removes the directory when it is dropped")] TempDir,
);

impl Root {
    pub(crate) fn new(test: &str, table: &Table) -> Self {
        let directory = tempfile::Builder::new().prefix(&format!("nbft-doctor-{test}-")).tempdir().unwrap();
        let root = Self(directory.path().to_owned(), directory);
        root.write("sys/firmware/acpi/tables/NBFT", &libnbft::write(table).unwrap());
        root.write("sys/module/nvme_tcp/refcnt", b"0\n");
        root.write("dev/nvme-fabrics", b"");
        root.write("proc/cmdline", b"quiet\n");
        root
    }

    pub(crate) fn write(&self, file: &str, content: &[u8]) {
        let path = self.0.join(file);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }

    pub(crate) fn remove(&self, path: &str) {
        fs::remove_dir_all(self.0.join(path)).unwrap();
    }

    /// What `connect` left of this table's only path.
    pub(crate) fn connect_left(&self, table: &Table, state: State, reason: Option<(&str, &str)>, outcome: Outcome) {
        let mut status = Status::of_plan(&plan(table));
        let path = &mut status.paths[0];
        path.state = state;
        path.set_reason(reason.map(|(code, text)| Reason { code: code.into(), text: text.into() }));
        path.controller = (state == State::Up).then(|| "nvme0".to_owned());
        status.outcome = outcome;
        status.write(&self.0.join("run/nbft/status.json")).unwrap();
    }

    /// A controller of the subsystem, and its namespaces as (directory, file, content).
    pub(crate) fn controller(&self, name: &str, address: &str, state: &str, namespaces: &[(&str, &str, &str)]) {
        let directory = format!("sys/class/nvme/{name}");
        for (file, text) in [("transport", "tcp"), ("state", state), ("subsysnqn", NQN), ("address", address)] {
            self.write(&format!("{directory}/{file}"), format!("{text}\n").as_bytes());
        }
        for (namespace, file, text) in namespaces {
            self.write(&format!("{directory}/{namespace}/{file}"), format!("{text}\n").as_bytes());
        }
    }

    /// Exit code and output of `nbft doctor WORDS`, which must have changed nothing.
    pub(crate) fn doctor(&self, words: &str) -> (i32, String) {
        let before = (tree(&self.0), network());
        let output = Command::new(env!("CARGO_BIN_EXE_nbft"))
            .args(["doctor", "-v"])
            .env("COLUMNS", "1000")
            .args(words.split_whitespace())
            .arg("--root")
            .arg(&self.0)
            .env("PATH", "/nonexistent")
            .env_remove("JOURNAL_STREAM")
            .output()
            .unwrap();
        assert_eq!(String::from_utf8(output.stderr).unwrap(), "", "doctor {words}");
        assert!((tree(&self.0), network()) == before, "doctor {words} has changed something");
        (output.status.code().unwrap(), String::from_utf8(output.stdout).unwrap())
    }

    /// As [`Self::doctor`], with what is said of the only path alone: the rest must be as it always is when the path is all
    /// that is wrong.
    pub(crate) fn path(&self, words: &str) -> String {
        let (code, text) = self.doctor(words);
        let head = "NBFT: 0 of 1 paths work, 0 of 1 boot namespaces there\n\n";
        let tail = format!("\nnamespace uuid {NID} of {NQN}: missing, and booting waits for it\n");
        assert_eq!(code, 1, "{text}");
        let path = text.strip_prefix(head).and_then(|text| text.strip_suffix(&tail));
        path.unwrap_or_else(|| panic!("{text}")).to_owned()
    }
}

/// Every file under a directory and what it holds.
fn tree(directory: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut files = BTreeMap::new();
    for entry in fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path()) {
        if entry.is_dir() {
            files.extend(tree(&entry));
        } else {
            let content = fs::read(&entry).unwrap();
            files.insert(entry, content);
        }
    }
    files
}

/// Links, addresses, routes and rules, without what settles by itself after a link came up: its operational state and IPv6.
fn network() -> Vec<String> {
    let columns = |line: &str, keep: &[usize]| {
        let words: Vec<_> = line.split_whitespace().collect();
        keep.iter().filter_map(|number| words.get(*number).copied()).collect::<Vec<_>>().join(" ")
    };
    let links = ip("-brief link");
    let links = links.lines().map(|line| format!("{} {}", columns(line, &[0, 2]), line.contains(",UP")));
    let addresses = ip("-4 -brief address");
    let addresses = addresses.lines().map(|line| columns(line, &[0, 2, 3, 4]));
    let routes = ip("-4 route show table all").replace(" linkdown", "");
    let mut all: Vec<String> = links.chain(addresses).collect();
    all.extend([routes, ip("-4 rule")]);
    all
}
