//! Switches IPv6 on for the interfaces that need it, where a sysctl has switched it off.

use super::error::{KernelError, NetFailure};
use std::path::{Path, PathBuf};

/// Why an interface has no IPv6.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ipv6Off {
    /// By its own sysctl.
    Interface,
    /// The kernel has none.
    Kernel,
}

/// Why an interface has no IPv6; `None` if it has.
pub(crate) fn ipv6_off(root: &Path, name: &str) -> Option<Ipv6Off> {
    match std::fs::read_to_string(disable_ipv6(root, name)) {
        Ok(text) => (text.trim() != "0").then_some(Ipv6Off::Interface),
        // Without /proc it is unknown.
        Err(_) => {
            let net = root.join("proc/sys/net");
            (net.join("ipv4").exists() && !net.join("ipv6").exists()).then_some(Ipv6Off::Kernel)
        }
    }
}

/// Switches IPv6 on for an interface, and for no other.
///
/// # Errors
///
/// When the kernel has no IPv6, or the sysctl cannot be written, as in a container.
#[expect(clippy::disallowed_methods, reason = "a sysctl gets a constant")]
pub(super) fn switch_on(root: &Path, name: &str) -> Result<(), NetFailure> {
    match ipv6_off(root, name) {
        None => Ok(()),
        Some(Ipv6Off::Kernel) => Err(NetFailure::NoIpv6),
        Some(Ipv6Off::Interface) => match std::fs::write(disable_ipv6(root, name), "0") {
            Ok(()) => {
                log::info!("{name}: IPv6 was switched off by the sysctl disable_ipv6; it is switched on");
                Ok(())
            }
            Err(error) => Err(NetFailure::Ipv6Off { name: name.to_owned(), error: KernelError::from(error) }),
        },
    }
}

fn disable_ipv6(root: &Path, name: &str) -> PathBuf {
    root.join("proc/sys/net/ipv6/conf").join(name).join("disable_ipv6")
}
