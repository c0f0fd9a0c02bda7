//! Where each path stands, and whether a controller is the path's.

use super::target::{LinkEndpoint, Target};
use crate::nvme::sysfs::Controller;
use libnbft::plan::Path;
use std::net::IpAddr;

/// A path's way to its controller.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Phase {
    /// The interface is not ready.
    WaitNetwork,
    /// Its trial in user space is under way.
    Probing,
    /// Proved; waits for the device.
    Queued,
    /// Proved; its secrets are being fetched.
    WaitKeys,
    /// Its option string is being written.
    Writing,
    /// Failed; waits for its next try.
    Pause,
    /// Its controller is there.
    Up,
}

/// Whether `controller` is the connection that this path would make.
pub(crate) fn is_path(controller: &Controller, path: &Path, ready: Option<&LinkEndpoint>) -> bool {
    controller.nqn == path.nqn && leads_to(controller, &Target::from(path), ready)
}

/// Whether `controller` goes to this target's address by the same way, whatever its NQN.
pub(crate) fn leads_to(controller: &Controller, target: &Target<'_>, ready: Option<&LinkEndpoint>) -> bool {
    let same_address = |text: &str, ip: IpAddr| text.parse() == Ok(ip);
    let source = ready.map(|ready| ready.address).or(target.host_traddr);
    let iface = ready.map_or(target.host_iface, |ready| &ready.link_name);
    controller.transport == "tcp"
        && controller.trsvcid.parse() == Ok(target.trsvcid)
        && same_address(&controller.traddr, target.traddr)
        && (controller.host_traddr.is_empty() || source.is_none_or(|ip| same_address(&controller.host_traddr, ip)))
        && (controller.host_iface.is_empty() || controller.host_iface == iface)
        // Without either nothing tells by which interface it goes.
        && !(controller.host_traddr.is_empty() && controller.host_iface.is_empty())
        && !controller.is_deleting()
}
