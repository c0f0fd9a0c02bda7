//! Describes what a scenario expects of its run.

use serde::Deserialize;
use std::collections::BTreeMap;

/// How a run ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    /// The root's init sends its report.
    Boots,
    /// No report arrives, and the console contains the reason.
    Fails,
}

/// The expected result of a run.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Expect {
    /// How the run ends.
    pub outcome: Outcome,
    /// Texts that the console must contain.
    #[serde(default)]
    pub reasons: Vec<String>,
    /// Texts that the console must contain in this order.
    #[serde(default)]
    pub in_order: Vec<String>,
    /// Texts that the console must not contain.
    #[serde(default)]
    pub never: Vec<String>,
    /// Texts, and the largest number of console lines that may contain each.
    #[serde(default)]
    pub at_most: BTreeMap<String, usize>,
    /// Texts that the target's console must contain.
    #[serde(default)]
    pub target: Vec<String>,
    /// Whether the host is off at the end, because a step or the network manager's scenario switches it off. Then the host must have
    /// ended all connections itself, before the target's timeout.
    #[serde(default)]
    pub off: bool,
    /// The network manager that must run and have left root's interfaces as they were.
    pub manager: Option<Handover>,
    /// Whether to check what the firmware table's JSON contains: identity, addresses, controllers.
    #[serde(default)]
    pub as_json: bool,
    /// Host NQN of every controller; by default, that of a generated table.
    pub hostnqn: Option<String>,
    /// Host ID of every controller, likewise.
    pub hostid: Option<String>,
    /// Addresses of interfaces without link-local ones; these interfaces may have no others.
    #[serde(default)]
    pub addresses: BTreeMap<String, Vec<String>>,
    /// Gateway of the default route, by interface.
    #[serde(default)]
    pub gateways: BTreeMap<String, String>,
    /// Interfaces that must not exist.
    #[serde(default)]
    pub absent: Vec<String>,
    /// The expected controllers; if the key exists, there must be no others.
    pub controllers: Option<Vec<Controller>>,
    /// Addresses to which the kernel may still be connecting; their controllers are not checked.
    #[serde(default)]
    pub hanging: Vec<String>,
    /// Controllers that appear after the report; only the packet captures show them.
    #[serde(default)]
    pub later: Vec<Controller>,
    /// The exit status of `nbft status`.
    pub status: Option<i32>,
    /// Who renews the lease, by interface, according to `nbft status` in the report. The report may precede a slow service; a step then
    /// checks the later state.
    #[serde(default)]
    pub renewed_by: BTreeMap<String, String>,
    /// Texts that the target's console must not contain.
    #[serde(default)]
    pub target_never: Vec<String>,
    /// What the packet captures must show.
    #[serde(default)]
    pub wire: WireSpec,
}

impl Expect {
    /// An expectation about the end of the run only.
    pub const fn outcome(outcome: Outcome) -> Self {
        Self {
            outcome,
            reasons: Vec::new(),
            in_order: Vec::new(),
            never: Vec::new(),
            at_most: BTreeMap::new(),
            target: Vec::new(),
            off: false,
            manager: None,
            as_json: false,
            hostnqn: None,
            hostid: None,
            addresses: BTreeMap::new(),
            gateways: BTreeMap::new(),
            absent: Vec::new(),
            controllers: None,
            hanging: Vec::new(),
            later: Vec::new(),
            status: None,
            renewed_by: BTreeMap::new(),
            target_never: Vec::new(),
            wire: WireSpec { clear: None, tls: None },
        }
    }
}

/// What the packet captures must show.
#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct WireSpec {
    /// Whether NVMe commands are in plain text: on each connection (true), or on none (false).
    pub clear: Option<bool>,
    /// Whether TLS handshakes begin: on each connection (true), or on none (false).
    pub tls: Option<bool>,
}

impl WireSpec {
    /// Whether the captures are checked at all.
    pub const fn any(self) -> bool {
        self.clear.is_some() || self.tls.is_some()
    }
}

/// What a network manager must say of root's interfaces.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Handover {
    /// The network manager's unit.
    pub unit: String,
    /// The expected state of each interface, as `networkctl` or `nmcli` prints it.
    pub states: BTreeMap<String, String>,
}

/// A controller of the host.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Controller {
    /// The target's address.
    pub traddr: String,
    /// The target's port.
    #[serde(default = "nvme_port")]
    pub trsvcid: String,
    /// The interface that it must be bound to.
    pub host_iface: Option<String>,
    /// The source address on the wire.
    pub source: Option<String>,
    /// Whether the host must request header digests.
    #[serde(default)]
    pub header_digest: bool,
    /// Whether the host must request data digests.
    #[serde(default)]
    pub data_digest: bool,
}

fn nvme_port() -> String {
    "4420".to_owned()
}
