//! Describes what a scenario expects of its run.

use serde::Deserialize;
use std::collections::BTreeMap;

/// How it ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    /// The root's init reports.
    Boots,
    /// It does not, and the console holds the reason.
    Fails,
}

/// What must come of it.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Expect {
    /// How it ends.
    pub outcome: Outcome,
    /// What the console must hold; all of them.
    #[serde(default)]
    pub reasons: Vec<String>,
    /// What the console must hold, each behind the one before.
    #[serde(default)]
    pub in_order: Vec<String>,
    /// What the console must not hold.
    #[serde(default)]
    pub never: Vec<String>,
    /// Words, and how many lines of the console may hold them at most.
    #[serde(default)]
    pub at_most: BTreeMap<String, usize>,
    /// What the target's console must hold.
    #[serde(default)]
    pub target: Vec<String>,
    /// Whether it is off at the end, because a step or the network manager's scenario told it so; then its connections must
    /// have been ended by itself, none left to the target's patience.
    #[serde(default)]
    pub off: bool,
    /// The network manager that must run and have left root's interfaces as they were.
    pub manager: Option<Handover>,
    /// What the firmware table's JSON says must be so: identity, addresses, controllers.
    #[serde(default)]
    pub as_json: bool,
    /// Host NQN of every controller; where nothing is said, a made table's.
    pub hostnqn: Option<String>,
    /// Host ID of every controller, likewise.
    pub hostid: Option<String>,
    /// Addresses of interfaces, link-local ones aside; no others may be there.
    #[serde(default)]
    pub addresses: BTreeMap<String, Vec<String>>,
    /// Gateway of the default route, by interface.
    #[serde(default)]
    pub gateways: BTreeMap<String, String>,
    /// Interfaces that must not be there.
    #[serde(default)]
    pub absent: Vec<String>,
    /// The controllers; these and no others, when the key is there.
    pub controllers: Option<Vec<Controller>>,
    /// Addresses to which the kernel may still be connecting: nothing is asked of those controllers.
    #[serde(default)]
    pub hanging: Vec<String>,
    /// Controllers that come after the report: judged by what goes over the wires.
    #[serde(default)]
    pub later: Vec<Controller>,
    /// What `nbft status` exits with.
    pub status: Option<i32>,
    /// Who renews the lease, by interface, as `nbft status` says at the report, which may come before a slow service. What it says later,
    /// a step tells.
    #[serde(default)]
    pub renewed_by: BTreeMap<String, String>,
    /// What the target's console must not hold.
    #[serde(default)]
    pub target_never: Vec<String>,
    /// What the packet captures must show.
    #[serde(default)]
    pub wire: WireSpec,
}

impl Expect {
    /// Nothing but how it ends.
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
    /// Whether NVMe commands go over the wires in plain text: on each connection, or on none.
    pub clear: Option<bool>,
    /// Whether TLS handshakes are begun: on each connection, or on none.
    pub tls: Option<bool>,
}

impl WireSpec {
    /// Whether anything is said at all.
    pub const fn any(self) -> bool {
        self.clear.is_some() || self.tls.is_some()
    }
}

/// Root's interfaces beside a network manager.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Handover {
    /// Its unit.
    pub unit: String,
    /// What it says of each interface: the state as `networkctl` or `nmcli` has it.
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
    /// Whether header digests must be asked for.
    #[serde(default)]
    pub header_digest: bool,
    /// Whether data digests must be asked for.
    #[serde(default)]
    pub data_digest: bool,
}

fn nvme_port() -> String {
    "4420".to_owned()
}
