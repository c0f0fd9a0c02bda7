//! Parses DHCP root paths: `nvme+tcp://T[:P]/SUBNQN/NID` (Boot Specification, DHCP root path).

use super::address::HostAddress;
use super::nqn::nqn_form;
use super::uri::{DISCOVERY_PORT, IO_PORT, prefix};
use crate::model::{Nid, Nqn, TextError};
use alloc::string::String;
use core::fmt;
use core::str::FromStr;

/// The namespace that a DHCP server told firmware to boot from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RootPath {
    /// Address or host name of the subsystem or discovery controller.
    pub address: HostAddress,
    /// TCP port, 1 to 65535, if the path names one.
    pub port: Option<u16>,
    /// The subsystem's NQN, or the well-known discovery NQN.
    pub nqn: Nqn,
    /// The namespace in the text of the path; `None` = any.
    pub namespace: Option<String>,
}

impl RootPath {
    /// The port of the path, or else 8009 for a discovery controller and 4420 for other subsystems.
    #[must_use]
    pub fn port_or_default(&self) -> u16 {
        self.port.unwrap_or(if self.nqn.is_discovery() { DISCOVERY_PORT } else { IO_PORT })
    }

    /// The namespace's identifier: a UUID, or 16 or 32 hex digits, with or without `urn:uuid:`, `uuid:`, `nguid:` or `eui64:`
    /// before it. `None` if the namespace has another form.
    #[must_use]
    pub fn nid(&self) -> Option<Nid> {
        let text = self.namespace.as_deref()?;
        let text = strip_no_case(text, "urn:").unwrap_or(text);
        for kind in ["uuid", "nguid", "eui64"] {
            if let Some(id) = strip_no_case(text, kind).and_then(|rest| rest.strip_prefix(':')) {
                return Nid::from_parts(kind, id).ok();
            }
        }
        ["uuid", "nguid", "eui64"].iter().find_map(|kind| Nid::from_parts(kind, text).ok())
    }
}

fn strip_no_case<'a>(text: &'a str, prefix: &str) -> Option<&'a str> {
    let head = text.get(..prefix.len())?;
    if head.eq_ignore_ascii_case(prefix) { text.get(prefix.len()..) } else { None }
}

impl FromStr for RootPath {
    type Err = TextError;

    fn from_str(text: &str) -> Result<Self, TextError> {
        let error =
            || TextError { text: text.into(), expected: "a root path of the form nvme+tcp://ADDRESS[:PORT]/NQN/NID" };
        let (path, (address, port)) = prefix(text).map_err(|_| error())?;
        let (nqn, namespace) = match path.split_once('/') {
            Some((nqn, "")) => (nqn, None),
            Some((nqn, namespace)) => (nqn, Some(namespace)),
            None => (path, None),
        };
        let unfit = |c: char| c == '/' || c == ',' || c.is_whitespace() || c.is_control();
        if nqn_form(nqn).is_err() || namespace.is_some_and(|namespace| namespace.contains(unfit)) {
            return Err(error());
        }
        Ok(Self { address, port, nqn: Nqn(nqn.into()), namespace: namespace.map(String::from) })
    }
}

impl fmt::Display for RootPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "nvme+tcp://{}", self.address)?;
        if let Some(port) = self.port {
            write!(f, ":{port}")?;
        }
        write!(f, "/{}", self.nqn)?;
        if let Some(namespace) = &self.namespace {
            write!(f, "/{namespace}")?;
        }
        Ok(())
    }
}
