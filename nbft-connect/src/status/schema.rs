//! The status file: what came of each interface, path and namespace. Its schema is this module.

use crate::error::Error;
use crate::input::read_regular;
use crate::net::{Information, Lease};
use crate::output::json::{self, Secrets};
use crate::output::replace::{PUBLIC, replace};
use libnbft::plan::{
    DiscoveryController, DiscoveryMode, DiscoverySource, Namespace, Network, NetworkRef, Origin, Path, Plan,
};
use serde::{Deserialize, Serialize};
use serde_json::error::Category;
use std::io;
use std::path::Path as FsPath;

/// Where the status is kept.
pub const STATUS_FILE: &str = "/run/nbft/status.json";

/// Largest status file that is read, in bytes. A path takes about half a KiB of it, a namespace or an interface no more.
pub const MAX_SIZE: u64 = 16 << 20;

/// Version of the file's form; grows when a key changes its meaning.
pub const VERSION: u32 = 1;

/// The whole.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Status {
    /// Version of this form.
    pub version: u32,
    /// The version of nbft that wrote it.
    pub written_by: String,
    /// Names of the tables.
    pub tables: Vec<String>,
    /// Host NQN in use.
    pub hostnqn: Option<String>,
    /// Host ID in use.
    pub hostid: Option<String>,
    /// How it stands.
    pub outcome: Outcome,
    /// The same in a sentence.
    pub message: String,
    /// Process ID of `connect --stay`, while it runs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub service: Option<u32>,
    /// The most resident memory of the process that wrote this, in KiB.
    #[serde(default)]
    pub peak_memory_kib: u64,
    /// Milliseconds since the start of `connect` when this was written.
    pub elapsed_ms: u64,
    /// Milliseconds since the machine's start when `connect` started.
    pub started_uptime_ms: u64,
    /// One entry for each HFI's network.
    pub interfaces: Vec<HfiStatus>,
    /// One entry for each path.
    pub paths: Vec<PathStatus>,
    /// One entry for each namespace.
    pub namespaces: Vec<NamespaceStatus>,
    /// One entry for each discovery controller, in the plan or referred to.
    #[serde(default)]
    pub discovery: Vec<DiscoveryStatus>,
    /// Whether no boot namespace is in the tables: any namespace that is discovered stands for it.
    #[serde(default)]
    pub boots_by_discovery: bool,
    /// What the plan leaves out, in sentences.
    pub left_out: Vec<String>,
    /// How many of these are boot entries that firmware did not mark unavailable.
    #[serde(default)]
    pub boot_entries_left_out: usize,
}

/// How `connect` stands or ended.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    /// Still at work.
    #[default]
    Running,
    /// Each boot namespace is there and no path has failed so far.
    Ok,
    /// A boot namespace is missing.
    Failed,
    /// Each boot namespace is there, but a path that firmware had up has failed.
    Degraded,
    /// There is nothing to connect.
    Nothing,
}

/// Why something is not there: a code for programs, a sentence for people. In the JSON they are the keys `code` and `reason`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Reason {
    /// The stable code, in kebab-case; nbft-status(1) lists them.
    pub code: String,
    /// The sentence.
    pub text: String,
}

/// State of a network, path or namespace.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// Not yet.
    #[default]
    Pending,
    /// There.
    Up,
    /// Tried without success; it is tried again while `connect` runs.
    Failed,
}

/// The network of one HFI.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct HfiStatus {
    /// Name of the link: as planned until it is up, then as the kernel has it.
    pub name: String,
    /// MAC address of the NIC.
    pub mac: String,
    /// Table of the HFI.
    pub table: String,
    /// Index of the HFI.
    pub hfi: u16,
    /// How it stands.
    pub state: State,
    /// The address that it has.
    pub address: Option<String>,
    /// What a DHCP server granted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lease: Option<Lease>,
    /// What a DHCPv6 server told beside an address that a router advertisement gave.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub information: Option<Information>,
    /// Who renews the lease now; only `nbft status` says so, and nothing when nobody does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub renewed_by: Option<String>,
    /// What it waits for, or why it failed.
    pub reason: Option<String>,
    /// The code of `reason`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// Milliseconds from the start of `connect` until it could be used.
    pub ready_ms: Option<u64>,
}

/// A path.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PathStatus {
    /// Subsystem NQN.
    pub nqn: String,
    /// Transport address.
    pub traddr: String,
    /// TCP port.
    pub trsvcid: u16,
    /// Interface.
    pub host_iface: String,
    /// Source address.
    pub host_traddr: Option<String>,
    /// `TABLE SSNS N` for each descriptor that asks for it.
    pub ssns: Vec<String>,
    /// Which discovery controller told of it, when it is not from the tables.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub discovered: Option<DiscoverySource>,
    /// Whether firmware marked it unavailable: its failure is quiet.
    pub unavailable: bool,
    /// How it stands.
    pub state: State,
    /// `nvmeN`.
    pub controller: Option<String>,
    /// What the tables ask for its security, in words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub security: Option<String>,
    /// How it was authenticated, when it was and this run saw it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub authenticated: Option<String>,
    /// How it is secured, when it is and this run saw it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secured: Option<String>,
    /// How often it was tried.
    pub attempts: u32,
    /// Why the last try failed.
    pub reason: Option<String>,
    /// The code of `reason`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// Milliseconds from the start of `connect` until the controller was there.
    pub connected_ms: Option<u64>,
}

/// Sets `reason` and `code` together.
macro_rules! with_reason {
    ($($status:ident),+) => {$(
        impl $status {
            /// Sets why it is not there; `None`: nothing is to be said.
            pub fn set_reason(&mut self, reason: Option<Reason>) {
                (self.code, self.reason) = reason.map(|reason| (reason.code, reason.text)).unzip();
            }
        }
    )+};
}

with_reason!(HfiStatus, PathStatus, NamespaceStatus, DiscoveryStatus);

impl PathStatus {
    /// How it was authenticated and is secured, as the end of a sentence.
    pub(crate) fn how(&self) -> String {
        let authenticated = self.authenticated.iter().map(|how| format!(", authenticated by {how}"));
        authenticated.chain(self.secured.iter().map(|how| format!(", secured by {how}"))).collect()
    }
}

/// A namespace.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct NamespaceStatus {
    /// Subsystem NQN.
    pub nqn: String,
    /// Namespace ID; 0 = by the NID alone.
    pub nsid: u32,
    /// Kind of the NID.
    pub nid_type: Option<String>,
    /// NID.
    pub nid: Option<String>,
    /// Whether booting waits for it.
    pub boot: bool,
    /// Whether it is any namespace of a subsystem that only a discovery controller told of.
    #[serde(default)]
    pub discovered: bool,
    /// How it stands.
    pub state: State,
    /// `/dev/nvmeXnY`.
    pub device: Option<String>,
    /// Why it is not there.
    pub reason: Option<String>,
    /// The code of `reason`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// Milliseconds from the start of `connect` until it was there.
    pub present_ms: Option<u64>,
}

/// A discovery controller.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DiscoveryStatus {
    /// Its NQN.
    pub nqn: String,
    /// Transport address.
    pub traddr: String,
    /// TCP port.
    pub trsvcid: u16,
    /// Interface.
    pub host_iface: String,
    /// `TABLE discovery N` for each descriptor that names it, or that led to it.
    pub descriptors: Vec<String>,
    /// Its controller (`nvmeN`), where it stays connected.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub controller: Option<String>,
    /// How it stands: up when it has answered.
    pub state: State,
    /// How often it was tried.
    pub attempts: u32,
    /// Why the last try failed, or why there was none.
    pub reason: Option<String>,
    /// The code of `reason`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// How many ways to subsystems its last answer tells of.
    pub ways: Option<u64>,
    /// What of its last answer is not used, and why.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub left_out: Vec<String>,
    /// Milliseconds from the start of `connect` until its last answer.
    pub answered_ms: Option<u64>,
}

impl Status {
    /// The empty status of a system on which `connect` has not run.
    #[must_use]
    pub(crate) fn without_run() -> Self {
        let (outcome, message) = (Outcome::Nothing, "nbft connect has not run".to_owned());
        Self { version: VERSION, outcome, message, ..Self::default() }
    }

    /// The status of a plan of which nothing is done yet.
    #[must_use]
    pub fn of_plan(plan: &Plan) -> Self {
        let interfaces = plan.networks().map(|(at, network)| HfiStatus {
            name: plan.link(at).map(|link| link.name.clone()).unwrap_or_default(),
            mac: mac(plan, at),
            table: network.hfi.table.clone(),
            hfi: network.hfi.index,
            ..HfiStatus::default()
        });
        Self {
            version: VERSION,
            written_by: concat!("nbft ", env!("CARGO_PKG_VERSION")).to_owned(),
            tables: plan.tables.clone(),
            hostnqn: plan.host.as_ref().map(|host| host.nqn.clone()),
            hostid: plan.host.as_ref().map(|host| host.id.to_string()),
            interfaces: interfaces.collect(),
            paths: plan.paths.iter().map(path_status).collect(),
            namespaces: plan.namespaces.iter().map(namespace_status).collect(),
            discovery: plan.discovery.iter().map(discovery_status).collect(),
            boots_by_discovery: plan.boots_by_discovery(),
            left_out: plan.left_out.iter().map(ToString::to_string).collect(),
            boot_entries_left_out: plan.left_out.iter().filter(|left| left.boot).count(),
            ..Self::default()
        }
    }

    /// Takes in the paths and namespaces that have come to the plan.
    pub fn extend(&mut self, plan: &Plan) {
        self.paths.extend(plan.paths.iter().skip(self.paths.len()).map(path_status));
        self.namespaces.extend(plan.namespaces.iter().skip(self.namespaces.len()).map(namespace_status));
    }

    /// What a former run left; `None` where there was none.
    ///
    /// What it names is of the form that the kernel and the tables have; an item that is not is left out, with a line in the
    /// log. Texts stay as they are: they are made harmless where they are shown.
    ///
    /// # Errors
    ///
    /// When there is a file that cannot be read, is no regular file, has more than [`MAX_SIZE`] bytes, or is no status file.
    pub fn read(file: &FsPath) -> Result<Option<Self>, Error> {
        let text = match read_regular(file, MAX_SIZE) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(source) => return Err(Error::Read { path: file.to_owned(), source }),
        };
        let (status, dropped) = Self::parse(&text).map_err(|why| Error::Other(format!("{}: {why}", file.display())))?;
        for item in dropped {
            log::warn!("{}: {item}", file.display());
        }
        Ok(Some(status))
    }

    /// The status in these bytes, and in words what of it is left out because it has not the form that it must have.
    ///
    /// # Errors
    ///
    /// In words, why the whole cannot be used. The bytes themselves are not quoted.
    pub fn parse(text: &[u8]) -> Result<(Self, Vec<String>), String> {
        let mut status: Self = serde_json::from_slice(text).map_err(|error| {
            let what = match error.classify() {
                Category::Eof if text.is_empty() => return "not a status file: it is empty".to_owned(),
                Category::Eof => "it ends too early",
                Category::Data => "a value is missing or of another type",
                Category::Syntax | Category::Io => "it is no JSON",
            };
            format!("not a status file: {what} (line {}, column {})", error.line(), error.column())
        })?;
        let dropped = super::validate::retain_valid(&mut status);
        Ok((status, dropped))
    }

    /// Whether any path has been up.
    #[must_use]
    pub fn has_connected(&self) -> bool {
        self.paths.iter().any(|path| path.state == State::Up || path.connected_ms.is_some())
    }

    /// What is known of an HFI.
    #[must_use]
    pub fn interface(&self, table: &str, hfi: u16) -> Option<&HfiStatus> {
        self.interfaces.iter().find(|known| known.table == table && known.hfi == hfi)
    }

    /// Takes over what a former run knew of the interfaces that both have, on the same NICs.
    pub fn take_interfaces(&mut self, before: &Self) {
        for interface in &mut self.interfaces {
            let known = before.interface(&interface.table, interface.hfi);
            if let Some(known) = known.filter(|known| known.mac == interface.mac) {
                interface.clone_from(known);
            }
        }
    }

    /// Takes the names of discovery controllers that have stayed connected since the run before; `is_there` knows which are.
    pub fn take_discovery(&mut self, before: &Self, is_there: impl Fn(&str) -> bool) {
        for controller in &mut self.discovery {
            let way = |of: &DiscoveryStatus| (of.traddr.clone(), of.trsvcid, of.descriptors.clone());
            let known = before.discovery.iter().find(|known| way(known) == way(controller));
            let name = known.and_then(|known| known.controller.clone());
            controller.controller = name.filter(|name| is_there(name));
        }
    }

    /// Takes over what servers granted and told these interfaces in a former run: it holds until they say otherwise.
    pub fn take_grants(&mut self, before: &Self) {
        for interface in &mut self.interfaces {
            let known = before.interface(&interface.table, interface.hfi);
            if let Some(known) = known.filter(|known| known.mac == interface.mac) {
                interface.lease.clone_from(&known.lease);
                interface.information.clone_from(&known.information);
            }
        }
    }

    /// The leases of a plan's networks, of those on the same NICs.
    #[must_use]
    pub fn leases(&self, plan: &Plan) -> Vec<(NetworkRef, Lease)> {
        let lease = |(at, network): (NetworkRef, &Network)| {
            let known = self.interface(&network.hfi.table, network.hfi.index)?;
            Some((at, known.lease.clone().filter(|_| known.mac == mac(plan, at))?))
        };
        plan.networks().filter_map(lease).collect()
    }

    /// Index in `interfaces` of a plan's network.
    #[must_use]
    pub fn interface_index(plan: &Plan, at: NetworkRef) -> Option<usize> {
        plan.networks().position(|(candidate, _)| candidate == at)
    }

    /// Writes the file so that a reader sees the old or the new one whole.
    ///
    /// # Errors
    ///
    /// When /run cannot be written.
    pub fn write(&self, file: &FsPath) -> io::Result<()> {
        replace(file, json::text(self, Secrets::Masked)?.as_bytes(), PUBLIC)
    }
}

/// MAC of the NIC that a network is on.
fn mac(plan: &Plan, at: NetworkRef) -> String {
    plan.interfaces.get(at.interface).map(|interface| interface.mac.to_string()).unwrap_or_default()
}

/// The descriptors by name: `TABLE SSNS N`.
pub(crate) fn names(origins: &[Origin], what: &str) -> Vec<String> {
    origins.iter().map(|origin| format!("{} {what} {}", origin.table, origin.index)).collect()
}

fn path_status(path: &Path) -> PathStatus {
    PathStatus {
        nqn: path.nqn.clone(),
        traddr: path.traddr.to_string(),
        trsvcid: path.trsvcid,
        host_iface: path.host_iface.clone(),
        host_traddr: path.host_traddr.map(|ip| ip.to_string()),
        ssns: names(&path.ssns, "SSNS"),
        discovered: path.discovered.clone(),
        unavailable: path.unavailable,
        security: path.security.as_ref().map(ToString::to_string),
        ..PathStatus::default()
    }
}

fn namespace_status(namespace: &Namespace) -> NamespaceStatus {
    NamespaceStatus {
        nqn: namespace.nqn.clone(),
        nsid: namespace.nsid,
        nid_type: namespace.nid.map(|nid| nid.kind().to_owned()),
        nid: namespace.nid.map(|nid| nid.to_string()),
        boot: namespace.boot,
        discovered: namespace.ssns.is_empty(),
        ..NamespaceStatus::default()
    }
}

/// Why a fallback was not asked, and its code.
const FALLBACK: &str = "a fall-back: asked when a subsystem that came from it does not answer";
pub(crate) const FALLBACK_CODE: &str = "fallback-not-needed";

/// The status of a discovery controller that has not been asked.
pub(crate) fn discovery_status(controller: &DiscoveryController) -> DiscoveryStatus {
    let is_fallback = controller.mode == DiscoveryMode::Fallback;
    DiscoveryStatus {
        nqn: controller.nqn.clone(),
        traddr: controller.traddr.to_string(),
        trsvcid: controller.trsvcid,
        host_iface: controller.host_iface.clone(),
        descriptors: names(&controller.descriptors, "discovery"),
        code: is_fallback.then(|| FALLBACK_CODE.to_owned()),
        reason: is_fallback.then(|| FALLBACK.to_owned()),
        ..DiscoveryStatus::default()
    }
}

#[cfg(test)]
mod tests;
