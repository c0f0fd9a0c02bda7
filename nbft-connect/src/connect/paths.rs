//! Tells whether a controller in sysfs is the connection that a target would make.

use super::target::{LinkEndpoint, Target};
use crate::nvme::sysfs::Controller;
use libnbft::plan::Path;
use std::net::IpAddr;

/// Whether `controller` is the connection that this path would make.
pub(crate) fn is_path(controller: &Controller, path: &Path, endpoint: Option<&LinkEndpoint>) -> bool {
    controller.nqn == path.nqn && leads_to(controller, &Target::from(path), endpoint)
}

/// Whether `controller` goes to this target's address over the same interface, whatever its NQN.
pub(crate) fn leads_to<'a>(controller: &Controller, target: &Target<'a>, endpoint: Option<&'a LinkEndpoint>) -> bool {
    let same_address = |text: &str, ip: IpAddr| text.parse() == Ok(ip);
    let (source, iface) = (target.source(endpoint), target.iface(endpoint));
    controller.transport == "tcp"
        && controller.trsvcid.parse() == Ok(target.trsvcid)
        && same_address(&controller.traddr, target.traddr)
        && (controller.host_traddr.is_empty() || source.is_none_or(|ip| same_address(&controller.host_traddr, ip)))
        && (controller.host_iface.is_empty() || controller.host_iface == iface)
        // Without both, nothing tells which interface it uses.
        && !(controller.host_traddr.is_empty() && controller.host_iface.is_empty())
        && !controller.is_deleting()
}
