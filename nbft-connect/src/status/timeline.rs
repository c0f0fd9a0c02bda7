//! Works out where the time of a boot went.

use serde::{Deserialize, Serialize};

/// When each step ended, in milliseconds from the start of the `connect` that connected the boot namespaces. If it still runs or has
/// failed, as far as it got. The service keeps this.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Timeline {
    /// Milliseconds since the machine's start when `connect` started.
    pub started_uptime_ms: u64,
    /// When this was written last.
    pub ended_ms: u64,
    /// One entry for each HFI's network.
    pub interfaces: Vec<InterfaceTimes>,
    /// One entry for each path.
    pub paths: Vec<PathTimes>,
    /// One entry for each namespace.
    pub namespaces: Vec<NamespaceTimes>,
}

/// The network of an HFI.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct InterfaceTimes {
    /// Name of the link.
    pub name: String,
    /// When the search for the NIC began.
    pub begin_ms: Option<u64>,
    /// When the NIC was there.
    pub nic_ms: Option<u64>,
    /// When udev had handled it, and it had its name and was up.
    pub udev_ms: Option<u64>,
    /// When it had carrier.
    pub carrier_ms: Option<u64>,
    /// When its address could be used.
    pub address_ms: Option<u64>,
}

/// A path.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PathTimes {
    /// Transport address.
    pub traddr: String,
    /// TCP port.
    pub trsvcid: u16,
    /// Interface.
    pub host_iface: String,
    /// Subsystem NQN.
    pub nqn: String,
    /// How often it was tried.
    pub attempts: u32,
    /// When the first probe began.
    pub probe_ms: Option<u64>,
    /// When the last probe had passed.
    pub probed_ms: Option<u64>,
    /// When the kernel was given the path for the last time.
    pub connect_ms: Option<u64>,
    /// When the controller was there.
    pub connected_ms: Option<u64>,
}

/// A namespace.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct NamespaceTimes {
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
    /// When the first path to it was connected.
    pub connected_ms: Option<u64>,
    /// When it was there.
    pub present_ms: Option<u64>,
}

impl InterfaceTimes {
    /// Notes that a step was over, and with it those before it.
    pub(crate) fn reach(&mut self, step: InterfaceStep, now: u64) {
        let (nic, udev, carrier) = (&mut self.nic_ms, &mut self.udev_ms, &mut self.carrier_ms);
        for (at, reached) in [(nic, InterfaceStep::Nic), (udev, InterfaceStep::Udev), (carrier, InterfaceStep::Carrier)]
        {
            if reached <= step {
                at.get_or_insert(now);
            }
        }
    }
}

/// The steps that end when the next wait begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum InterfaceStep {
    /// The NIC is there.
    Nic,
    /// udev is done with it.
    Udev,
    /// It has carrier.
    Carrier,
}

impl Timeline {
    /// Whether this run booted the machine: each boot namespace came or, if there is none, any namespace.
    pub(crate) fn is_of_boot(&self) -> bool {
        let is_there = |namespace: &NamespaceTimes| namespace.present_ms.is_some();
        let mut boot = self.namespaces.iter().filter(|namespace| namespace.boot).peekable();
        match boot.peek() {
            Some(_) => boot.all(is_there),
            None => self.namespaces.iter().any(is_there),
        }
    }
}
