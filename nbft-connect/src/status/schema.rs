//! Defines the status file: the state of each interface, path and namespace. This module is its schema.

use super::timeline::Timeline;
use crate::net::{Information, Lease};
use crate::nvme::sysfs::AnaState;
use libnbft::plan::DiscoverySource;
use serde::{Deserialize, Serialize};

/// Where the status is kept.
pub const STATUS_FILE: &str = "/run/nbft/status.json";

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
    /// Where the time of the boot went.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timeline: Option<Timeline>,
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
    /// Not tried: the administrator has taken it out of service.
    Excluded,
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
    /// The ports of the bond that it is on, by name, once it is up.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ports: Vec<String>,
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
    /// The program that renews the lease now, if any; only `nbft status` shows it.
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
    /// The discovery controller that listed it, if it is not from the tables.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub discovered: Option<DiscoverySource>,
    /// Whether firmware marked it unavailable: its failure is quiet.
    pub unavailable: bool,
    /// Whether it needs a route from a router, and another path needs none: its failure is quiet.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub spare: bool,
    /// How it stands.
    pub state: State,
    /// `nvmeN`.
    pub controller: Option<String>,
    /// The kernel's state of that controller now; only `nbft status` says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub controller_state: Option<String>,
    /// The ANA state of its namespaces, if the controller has ANA: the best of the boot namespaces', else of all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ana_state: Option<AnaState>,
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
            /// Sets why it is missing; `None` removes the reason.
            pub fn set_reason(&mut self, reason: Option<Reason>) {
                (self.code, self.reason) = reason.map(|reason| (reason.code, reason.text)).unzip();
            }
        }
    )+};
}

with_reason!(HfiStatus, PathStatus, NamespaceStatus, DiscoveryStatus);

impl PathStatus {
    /// Whether its failure counts.
    pub(crate) const fn is_expected(&self) -> bool {
        !self.unavailable && !self.spare
    }

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
    /// Whether it is any namespace of a subsystem that only a discovery controller listed.
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
    /// How many subsystem entries its last answer lists.
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

    /// Takes over what servers told these interfaces in a former run: it is valid until they say otherwise.
    pub fn take_grants(&mut self, before: &Self) {
        for interface in &mut self.interfaces {
            let known = before.interface(&interface.table, interface.hfi);
            if let Some(known) = known.filter(|known| known.mac == interface.mac) {
                interface.lease.clone_from(&known.lease);
                interface.information.clone_from(&known.information);
            }
        }
    }
}

#[cfg(test)]
mod tests;
