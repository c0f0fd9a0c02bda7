//! Checks whether the target of an SSNS (NQN, address, port) can be passed to the kernel.

use super::Reason;
use crate::address::check_target;
use crate::codes::codes;
use crate::model::{Nqn, Ssns, TransportType};
use crate::text::{IO_PORT, parse_port};
use alloc::string::String;
use core::net::IpAddr;

/// The subsystem port of an SSNS.
pub(super) struct Target {
    pub(super) nqn: String,
    pub(super) traddr: IpAddr,
    pub(super) trsvcid: u16,
}

/// The target of an SSNS, or why it cannot be connected.
pub(super) fn target(ssns: &Ssns) -> Result<Target, Reason> {
    if ssns.transport != TransportType::TCP {
        return Err(Reason::TransportOther(ssns.transport.0));
    }
    let nqn = ssns.nqn.as_ref().ok_or(Reason::NqnMissing)?;
    if nqn.is_discovery() {
        return Err(Reason::NqnOfDiscovery);
    }
    check_nqn(nqn.as_str()).map_err(Reason::NqnUnusable)?;
    let traddr = ssns.traddr.and_then(|traddr| traddr.get()).ok_or(Reason::TraddrMissing)?;
    check_target(traddr).map_err(|why| Reason::TraddrUnusable { ip: traddr, why })?;
    let trsvcid = match ssns.trsvcid.as_deref() {
        None | Some("") => IO_PORT,
        Some(text) => parse_port(text).map_err(|_| Reason::TrsvcidUnusable(text.into()))?,
    };
    Ok(Target { nqn: nqn.0.clone(), traddr, trsvcid })
}

/// Why an NQN cannot be passed to the kernel. Display is a sentence whose subject is the item with the NQN.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "kebab-case"))]
#[non_exhaustive]
pub enum NqnFault {
    /// It is empty.
    #[error("its NQN is empty")]
    Empty,
    /// It is longer than [`Nqn::MAX_LEN`]; its length in bytes.
    #[error("its NQN is {0} bytes long, above {max}", max = Nqn::MAX_LEN)]
    Long(usize),
    /// It holds a control character, a blank or a comma.
    #[error("its NQN holds {0:?}, which cannot be passed to the kernel")]
    Character(char),
}

codes!(NqnFault {
    Empty => "nqn-empty",
    Long => "nqn-long",
    Character => "nqn-character",
});

/// Checks whether an NQN can be passed to the kernel: 1 to [`Nqn::MAX_LEN`] bytes, no control character, no blank, no comma. The kernel
/// splits its options at commas, so an NQN with a comma could add an option.
///
/// # Errors
///
/// Why this NQN cannot be passed to the kernel.
pub fn check_nqn(text: &str) -> Result<(), NqnFault> {
    if text.is_empty() {
        return Err(NqnFault::Empty);
    }
    if text.len() > Nqn::MAX_LEN {
        return Err(NqnFault::Long(text.len()));
    }
    match text.chars().find(|c| c.is_control() || c.is_whitespace() || matches!(c, ',' | '\u{fffd}')) {
        Some(c) => Err(NqnFault::Character(c)),
        None => Ok(()),
    }
}
