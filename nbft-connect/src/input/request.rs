//! Reads what the kernel's command line asks for in place of a table: `rd.nvmf.connect=` and `rd.nvmf.iface=`.

use crate::kernel_command_line::KernelCommandLine;
use crate::output::escape;
use libnbft::model::{DISCOVERY_NQN, Mac};
use libnbft::plan::Method;
use libnbft::text::{HostAddress, NqnError, RootPath, nqn_form};
use std::net::IpAddr;

pub(crate) const CONNECT: &str = "rd.nvmf.connect";
const IFACE: &str = "rd.nvmf.iface";

/// What the kernel's command line asks for.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Request {
    /// The subsystems and discovery controllers that it names.
    pub(crate) targets: Vec<Target>,
    /// Whether a DHCP server names one, by its root path.
    pub(crate) by_root_path: bool,
    /// The NICs to use; none: those that have a carrier.
    pub(crate) nics: Vec<NicRequest>,
}

/// A subsystem or a discovery controller.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Target {
    pub(crate) address: IpAddr,
    /// Port, NQN and namespace.
    pub(crate) path: RootPath,
    /// NSID of the namespace; 0: any, or the one that the path names.
    pub(crate) nsid: u32,
    /// The NIC to use; `None`: each.
    pub(crate) nic: Option<NicName>,
    pub(crate) header_digest: bool,
    pub(crate) data_digest: bool,
}

/// Which NIC is meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum NicName {
    Mac(Mac),
    /// The name of its interface.
    Interface(String),
}

/// A NIC, and how its address is obtained.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct NicRequest {
    pub(crate) nic: NicName,
    pub(crate) vlan: Option<u16>,
    /// The static address and its prefix length.
    pub(crate) address: Option<(IpAddr, u8)>,
    pub(crate) gateway: Option<IpAddr>,
    /// How an address is obtained that is not static; `None`: DHCPv4 for IPv4 and SLAAC for IPv6.
    pub(crate) method: Option<Method>,
}

/// Why a parameter is not used. Display names the parameter and the part of it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{parameter}={}: {fault}", escape(.value))]
pub(crate) struct RequestError {
    parameter: &'static str,
    value: String,
    fault: Fault,
}

/// What is wrong with a part of a parameter.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Fault {
    #[error("{:?} is not ADDRESS or ADDRESS:PORT, with IPv6 addresses in brackets", escape(.0))]
    Address(String),
    #[error("{} is a name, and names are not resolved", escape(.0))]
    HostName(String),
    #[error("an NQN follows the address")]
    NqnMissing,
    #[error("NQN: {0}")]
    Nqn(NqnError),
    #[error("{:?} is neither a MAC address nor the name of an interface", escape(.0))]
    Nic(String),
    #[error("{} is unknown", escape(.0))]
    Key(String),
    #[error("{key}={:?} is not {expected}", escape(.text))]
    Value { key: &'static str, text: String, expected: &'static str },
}

impl RequestError {
    /// Whether the error concerns a NIC, which therefore is unknown.
    pub(crate) fn is_of_nic(&self) -> bool {
        self.parameter == IFACE
    }
}

impl Request {
    /// The request of a command line, and why parts of it are not used; `None` when it has no `rd.nvmf.connect=`.
    pub(crate) fn read(kernel: &KernelCommandLine) -> Option<(Self, Vec<RequestError>)> {
        let (mut request, mut errors) = (Self::default(), Vec::new());
        let mut asked = false;
        for value in kernel.values(CONNECT) {
            asked = true;
            match value {
                "dhcp" => request.by_root_path = true,
                _ => match target(value) {
                    Ok(target) => request.targets.push(target),
                    Err(fault) => errors.push(RequestError { parameter: CONNECT, value: value.into(), fault }),
                },
            }
        }
        if !asked {
            return None;
        }
        for value in kernel.values(IFACE) {
            match nic_request(value) {
                Ok(nic) => request.nics.push(nic),
                Err(fault) => errors.push(RequestError { parameter: IFACE, value: value.into(), fault }),
            }
        }
        request.add_nics_of_targets();
        Some((request, errors))
    }

    /// A target may name a NIC that no `rd.nvmf.iface=` names.
    fn add_nics_of_targets(&mut self) {
        for nic in self.targets.iter().filter_map(|target| target.nic.as_ref()) {
            if !self.nics.iter().any(|known| known.nic == *nic) {
                let nic = nic.clone();
                self.nics.push(NicRequest { nic, vlan: None, address: None, gateway: None, method: None });
            }
        }
    }
}

impl Target {
    /// The target of a DHCP root path.
    pub(crate) fn of_root_path(text: &str) -> Result<Self, Fault> {
        let expected = "a root path of the form nvme+tcp://ADDRESS[:PORT]/NQN/NID";
        let refused = || Fault::Value { key: "root path", text: text.into(), expected };
        let path: RootPath = text.parse().map_err(|_| refused())?;
        if path.namespace.is_some() && path.nid().is_none() {
            return Err(refused());
        }
        let address = ip(&path)?;
        Ok(Self { address, path, nsid: 0, nic: None, header_digest: false, data_digest: false })
    }
}

impl NicName {
    /// Whether the NIC with this MAC address and this name of its interface is meant.
    pub(crate) fn is(&self, mac: Mac, name: Option<&str>) -> bool {
        match self {
            Self::Mac(wanted) => *wanted == mac,
            Self::Interface(wanted) => Some(wanted.as_str()) == name,
        }
    }
}

impl From<&str> for NicName {
    fn from(text: &str) -> Self {
        text.parse().map_or_else(|_| Self::Interface(text.into()), Self::Mac)
    }
}

/// `ADDRESS[:PORT],NQN[,KEY[=VALUE]]...`.
fn target(value: &str) -> Result<Target, Fault> {
    let mut parts = value.split(',');
    let address = parts.next().unwrap_or_default();
    let path: Result<RootPath, _> = format!("nvme+tcp://{address}/{DISCOVERY_NQN}").parse();
    let mut path = path.map_err(|_| Fault::Address(address.into()))?;
    let address = ip(&path)?;
    let nqn = parts.next().filter(|nqn| !nqn.is_empty()).ok_or(Fault::NqnMissing)?;
    nqn_form(nqn).map_err(Fault::Nqn)?;
    path.nqn.0 = nqn.into();
    let mut target = Target { address, path, nsid: 0, nic: None, header_digest: false, data_digest: false };
    for part in parts {
        match part.split_once('=').unwrap_or((part, "")) {
            ("nid", text) => {
                target.path.namespace = Some(text.into());
                if target.path.nid().is_none() {
                    return Err(value_fault("nid", text, "a UUID, or the 32 or 16 hex digits of an NGUID or EUI-64"));
                }
            }
            ("nsid", text) => target.nsid = number("nsid", text, 1..=u32::MAX - 1, "a namespace ID, 1 or more")?,
            ("iface", text) => target.nic = Some(nic(text)?),
            ("hdr-digest", "") => target.header_digest = true,
            ("data-digest", "") => target.data_digest = true,
            _ => return Err(Fault::Key(part.into())),
        }
    }
    Ok(target)
}

/// `NIC[,KEY=VALUE]...`.
fn nic_request(value: &str) -> Result<NicRequest, Fault> {
    let mut parts = value.split(',');
    let nic = nic(parts.next().unwrap_or_default())?;
    let mut request = NicRequest { nic, vlan: None, address: None, gateway: None, method: None };
    for part in parts {
        match part.split_once('=').unwrap_or((part, "")) {
            ("vlan", text) => request.vlan = Some(number("vlan", text, 1..=4094, "a VLAN ID from 1 to 4094")? as u16),
            ("address", text) => request.address = Some(address(text)?),
            ("gateway", text) => {
                let gateway = text.parse().map_err(|_| value_fault("gateway", text, "an IP address"))?;
                request.gateway = Some(gateway);
            }
            ("method", text) => {
                request.method = Some(match text {
                    "dhcp4" => Method::Dhcp4,
                    "dhcp6" => Method::Dhcp6,
                    "slaac" => Method::Slaac,
                    _ => return Err(value_fault("method", text, "dhcp4, dhcp6 or slaac")),
                });
            }
            _ => return Err(Fault::Key(part.into())),
        }
    }
    Ok(request)
}

fn ip(path: &RootPath) -> Result<IpAddr, Fault> {
    match &path.address {
        HostAddress::Ip(ip) => Ok(*ip),
        HostAddress::Name(name) => Err(Fault::HostName(name.clone())),
    }
}

fn nic(text: &str) -> Result<NicName, Fault> {
    let is_name = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-');
    match NicName::from(text) {
        NicName::Interface(name) if name.is_empty() || name.len() > 15 || !name.bytes().all(is_name) => {
            Err(Fault::Nic(name))
        }
        NicName::Mac(mac) if mac.is_zero() || mac.is_multicast() => Err(Fault::Nic(text.into())),
        nic => Ok(nic),
    }
}

/// `ADDRESS/PREFIX`.
fn address(text: &str) -> Result<(IpAddr, u8), Fault> {
    let parts = text.split_once('/').and_then(|(ip, prefix)| Some((ip.parse().ok()?, prefix.parse().ok()?)));
    let fits = |(ip, prefix): &(IpAddr, u8)| (1..=if ip.is_ipv6() { 128 } else { 32 }).contains(prefix);
    parts.filter(fits).ok_or_else(|| value_fault("address", text, "an IP address with its prefix length"))
}

fn number(
    key: &'static str,
    text: &str,
    range: std::ops::RangeInclusive<u32>,
    expected: &'static str,
) -> Result<u32, Fault> {
    let number = text.parse().ok().filter(|number| range.contains(number));
    number.ok_or_else(|| value_fault(key, text, expected))
}

fn value_fault(key: &'static str, text: &str, expected: &'static str) -> Fault {
    Fault::Value { key, text: text.into(), expected }
}

#[cfg(test)]
mod tests;
