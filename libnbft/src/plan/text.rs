//! Prints the plan for people.

use super::{
    DiscoveryController, DiscoveryMode, Interface, Method, Namespace, Network, Origin, Path, Plan, Policy, Reach, Route,
};
use crate::text::Escaping;
use core::fmt::{self, Write};

/// Writes lines, with control characters of the tables escaped.
struct Lines<'a, 'b>(Escaping<&'a mut fmt::Formatter<'b>>);

impl Lines<'_, '_> {
    /// Writes to the current line.
    fn write_fmt(&mut self, part: fmt::Arguments<'_>) -> fmt::Result {
        self.0.write_fmt(part)
    }

    /// Ends the line.
    fn end(&mut self) -> fmt::Result {
        self.0.0.write_str("\n")
    }
}

/// Several lines, each escaped; the last one ends in a newline, too.
impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let f = &mut Lines(Escaping(f));
        match &self.host {
            Some(host) => {
                write!(f, "Host {}", host.nqn)?;
                f.end()?;
                write!(f, "     ID {} (from {})", host.id, host.why)?;
            }
            None => write!(f, "Host: no identity")?,
        }
        f.end()?;
        section(f, "Interfaces", &self.interfaces, interface)?;
        section(f, "Paths", &self.paths, path)?;
        section(f, "Namespaces", &self.namespaces, namespace)?;
        section(f, "Discovery controllers", &self.discovery, discovery)?;
        section(f, "Left out", &self.left_out, |f, left| {
            write!(f, "  {left}")?;
            f.end()
        })?;
        section(f, "Bonds that are not made", &self.refused_bonds, |f, refused| {
            write!(f, "  {refused}")?;
            f.end()
        })?;
        section(f, "Notes", &self.notes, |f, note| {
            write!(f, "  {note}")?;
            f.end()
        })
    }
}

/// `NQN at ADDRESS port PORT over LINK`.
impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} at {} port {} over {}", self.nqn, self.traddr, self.trsvcid, self.host_iface)
    }
}

/// `uuid 3f0c1e77-… of NQN`; the NSID if there is no NID.
impl fmt::Display for Namespace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.nid, self.nsid) {
            (Some(nid), _) => write!(f, "{} {nid}", nid.kind())?,
            (None, 0) => f.write_str("any namespace")?,
            (None, nsid) => write!(f, "NSID {nsid}")?,
        }
        write!(f, " of {}", self.nqn)
    }
}

/// `192.0.2.0/24 via 192.0.2.254`; `default` for prefix 0.
impl fmt::Display for Route {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.prefix {
            0 => f.write_str("default")?,
            prefix => write!(f, "{}/{prefix}", self.destination)?,
        }
        match self.gateway {
            Some(gateway) => write!(f, " via {gateway}"),
            None => f.write_str(" on the link"),
        }
    }
}

/// `static`, `DHCPv4`, `DHCPv6` or `SLAAC`.
impl fmt::Display for Method {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Static => "static",
            Self::Dhcp4 => "DHCPv4",
            Self::Dhcp6 => "DHCPv6",
            Self::Slaac => "SLAAC",
        })
    }
}

/// `static 192.0.2.10/24`.
impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.method.fmt(f)?;
        match self.address {
            Some(address) => write!(f, " {address}/{}", self.prefix),
            None => Ok(()),
        }
    }
}

fn section<T>(
    f: &mut Lines<'_, '_>,
    title: &str,
    items: &[T],
    mut each: impl FnMut(&mut Lines<'_, '_>, &T) -> fmt::Result,
) -> fmt::Result {
    if items.is_empty() {
        return Ok(());
    }
    f.end()?;
    write!(f, "{title}")?;
    f.end()?;
    items.iter().try_for_each(|item| each(f, item))
}

fn interface(f: &mut Lines<'_, '_>, interface: &Interface) -> fmt::Result {
    write!(f, "  {} MAC {}", interface.name, interface.mac)?;
    if let Some(pci) = interface.pci {
        write!(f, " PCI {pci}")?;
    }
    if let Some(bond) = &interface.bond {
        write!(f, " {bond}")?;
    }
    f.end()?;
    for link in &interface.links {
        for item in &link.networks {
            write!(f, "    {} ", link.name)?;
            network(f, item)?;
        }
    }
    Ok(())
}

fn network(f: &mut Lines<'_, '_>, network: &Network) -> fmt::Result {
    write!(f, "{network}")?;
    write!(
        f,
        " ({} HFI {}, metric {}, route table {})",
        network.hfi.table, network.hfi.index, network.metric, network.route_table
    )?;
    f.end()?;
    for route in &network.routes {
        write!(f, "      route {route}")?;
        f.end()?;
    }
    Ok(())
}

fn path(f: &mut Lines<'_, '_>, path: &Path) -> fmt::Result {
    write!(f, "  {} port {} over {}", path.traddr, path.trsvcid, path.host_iface)?;
    if let Some(source) = path.host_traddr {
        write!(f, " from {source}")?;
    }
    reach(f, path.reach)?;
    for (set, words) in [
        (path.hdr_digest, "header digest"),
        (path.data_digest, "data digest"),
        (path.unavailable, "unavailable to firmware: tried, not waited for"),
        (path.spare, "a router may tell one: tried, not waited for"),
    ] {
        if set {
            write!(f, ", {words}")?;
        }
    }
    f.end()?;
    write!(f, "    {} (", path.nqn)?;
    origins(f, &path.ssns, "SSNS")?;
    if let Some(source) = &path.discovered {
        let before = if path.ssns.is_empty() { "" } else { "; " };
        write!(f, "{before}told of by the discovery controller at {source}")?;
    }
    write!(f, ")")?;
    f.end()?;
    security(f, path.security.as_ref())
}

fn security(f: &mut Lines<'_, '_>, policy: Option<&Policy>) -> fmt::Result {
    let Some(policy) = policy else { return Ok(()) };
    write!(f, "    {policy} (")?;
    origins(f, &policy.profiles, "security profile")?;
    if policy.secure_channel.of_target {
        let comma = if policy.profiles.is_empty() { "" } else { ", " };
        write!(f, "{comma}its entry in the discovery log page")?;
    }
    write!(f, ")")?;
    f.end()?;
    for keypath in policy.redfish.iter().filter(|_| policy.authenticates() || policy.secures()) {
        write!(f, "    secrets by Redfish from {keypath}")?;
        f.end()?;
    }
    Ok(())
}

fn reach(f: &mut Lines<'_, '_>, reach: Reach) -> fmt::Result {
    let words = match reach {
        Reach::OnLink => ", on the link",
        Reach::Gateway => ", through the gateway",
        Reach::Unknown => ", reach not known before the address is",
        Reach::NoRoute => ", no route that the table tells",
    };
    write!(f, "{words}")
}

fn origins(f: &mut Lines<'_, '_>, origins: &[Origin], what: &str) -> fmt::Result {
    for (i, origin) in origins.iter().enumerate() {
        let comma = if i == 0 { "" } else { ", " };
        write!(f, "{comma}{} {what} {}", origin.table, origin.index)?;
    }
    Ok(())
}

fn discovery(f: &mut Lines<'_, '_>, controller: &DiscoveryController) -> fmt::Result {
    write!(f, "  {} port {} over {}", controller.traddr, controller.trsvcid, controller.host_iface)?;
    if let Some(source) = controller.host_traddr {
        write!(f, " from {source}")?;
    }
    reach(f, controller.reach)?;
    f.end()?;
    write!(f, "    {} (", controller.nqn)?;
    origins(f, &controller.descriptors, "discovery")?;
    write!(f, ")")?;
    f.end()?;
    security(f, controller.security.as_ref())?;
    write!(f, "    ")?;
    match controller.mode {
        DiscoveryMode::Immediate => write!(f, "asked at once: no subsystem that came from it is in the plan")?,
        DiscoveryMode::Fallback => {
            write!(f, "asked when a subsystem that came from it does not answer (")?;
            origins(f, &controller.ssns, "SSNS")?;
            write!(f, ")")?;
        }
    }
    f.end()
}

fn namespace(f: &mut Lines<'_, '_>, namespace: &Namespace) -> fmt::Result {
    write!(f, "  ")?;
    match (namespace.nid, namespace.nsid) {
        (Some(nid), 0) => write!(f, "{} {nid}", nid.kind())?,
        (Some(nid), nsid) => write!(f, "{} {nid}, NSID {nsid}", nid.kind())?,
        (None, 0) => write!(f, "any namespace")?,
        (None, nsid) => write!(f, "NSID {nsid}")?,
    }
    let waits = if namespace.boot { "waited for" } else { "not waited for" };
    write!(f, " of {}, {} path(s), {waits}", namespace.nqn, namespace.paths.len())?;
    f.end()
}
