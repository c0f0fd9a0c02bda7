//! The plan for people.

use super::{Ask, DiscoveryController, Interface, Method, Namespace, Network, Origin, Path, Plan, Policy, Reach};
use core::fmt;

impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.host {
            Some(host) => writeln!(f, "Host {}\n     ID {} (from {})", host.nqn, host.id, host.why)?,
            None => writeln!(f, "Host: no identity")?,
        }
        section(f, "Interfaces", &self.interfaces, interface)?;
        section(f, "Paths", &self.paths, path)?;
        section(f, "Namespaces", &self.namespaces, namespace)?;
        section(f, "Discovery controllers", &self.discovery, discovery)?;
        section(f, "Left out", &self.left_out, |f, left| {
            writeln!(f, "  {} {} {}: {}", left.origin.table, left.what, left.origin.index, left.reason)
        })?;
        section(f, "Notes", &self.notes, |f, note| writeln!(f, "  {note}"))
    }
}

fn section<T>(
    f: &mut fmt::Formatter<'_>,
    title: &str,
    items: &[T],
    mut each: impl FnMut(&mut fmt::Formatter<'_>, &T) -> fmt::Result,
) -> fmt::Result {
    if items.is_empty() {
        return Ok(());
    }
    writeln!(f, "\n{title}")?;
    items.iter().try_for_each(|item| each(f, item))
}

fn interface(f: &mut fmt::Formatter<'_>, interface: &Interface) -> fmt::Result {
    write!(f, "  {} MAC {}", interface.name, interface.mac)?;
    match interface.pci {
        Some(pci) => writeln!(f, " PCI {pci}")?,
        None => writeln!(f)?,
    }
    for link in &interface.links {
        for item in &link.networks {
            write!(f, "    {} ", link.name)?;
            network(f, item)?;
        }
    }
    Ok(())
}

fn network(f: &mut fmt::Formatter<'_>, network: &Network) -> fmt::Result {
    let method = match network.method {
        Method::Static => "static",
        Method::Dhcp4 => "DHCPv4",
        Method::Dhcp6 => "DHCPv6",
        Method::Slaac => "SLAAC",
    };
    write!(f, "{method}")?;
    if let Some(address) = network.address {
        write!(f, " {address}/{}", network.prefix)?;
    }
    writeln!(
        f,
        " ({} HFI {}, metric {}, route table {})",
        network.hfi.table, network.hfi.index, network.metric, network.route_table
    )?;
    for route in &network.routes {
        match route.prefix {
            0 => write!(f, "      route default")?,
            prefix => write!(f, "      route {}/{prefix}", route.destination)?,
        }
        match route.gateway {
            Some(gateway) => writeln!(f, " via {gateway}")?,
            None => writeln!(f, " on the link")?,
        }
    }
    Ok(())
}

fn path(f: &mut fmt::Formatter<'_>, path: &Path) -> fmt::Result {
    write!(f, "  {} port {} over {}", path.traddr, path.trsvcid, path.host_iface)?;
    if let Some(source) = path.host_traddr {
        write!(f, " from {source}")?;
    }
    reach(f, path.reach)?;
    for (set, words) in [
        (path.hdr_digest, "header digest"),
        (path.data_digest, "data digest"),
        (path.unavailable, "unavailable to firmware: tried, not waited for"),
    ] {
        if set {
            write!(f, ", {words}")?;
        }
    }
    write!(f, "\n    {} (", path.nqn)?;
    origins(f, &path.ssns, "SSNS")?;
    if let Some(teller) = &path.discovered {
        let before = if path.ssns.is_empty() { "" } else { "; " };
        write!(f, "{before}told of by the discovery controller at {teller}")?;
    }
    writeln!(f, ")")?;
    security(f, path.security.as_ref())
}

fn security(f: &mut fmt::Formatter<'_>, policy: Option<&Policy>) -> fmt::Result {
    let Some(policy) = policy else { return Ok(()) };
    write!(f, "    {policy} (")?;
    origins(f, &policy.profiles, "security profile")?;
    if policy.secure_channel.of_target {
        let comma = if policy.profiles.is_empty() { "" } else { ", " };
        write!(f, "{comma}its entry in the discovery log page")?;
    }
    writeln!(f, ")")?;
    for keypath in policy.redfish.iter().filter(|_| policy.authenticates() || policy.secures()) {
        writeln!(f, "    secrets by Redfish from {keypath}")?;
    }
    Ok(())
}

fn reach(f: &mut fmt::Formatter<'_>, reach: Reach) -> fmt::Result {
    f.write_str(match reach {
        Reach::OnLink => ", on the link",
        Reach::Gateway => ", through the gateway",
        Reach::Unknown => ", reach not known before the address is",
        Reach::NoRoute => ", no route that the table tells",
    })
}

fn origins(f: &mut fmt::Formatter<'_>, origins: &[Origin], what: &str) -> fmt::Result {
    for (i, origin) in origins.iter().enumerate() {
        let comma = if i == 0 { "" } else { ", " };
        write!(f, "{comma}{} {what} {}", origin.table, origin.index)?;
    }
    Ok(())
}

fn discovery(f: &mut fmt::Formatter<'_>, controller: &DiscoveryController) -> fmt::Result {
    write!(f, "  {} port {} over {}", controller.traddr, controller.trsvcid, controller.host_iface)?;
    if let Some(source) = controller.host_traddr {
        write!(f, " from {source}")?;
    }
    reach(f, controller.reach)?;
    write!(f, "\n    {} (", controller.nqn)?;
    origins(f, &controller.descriptors, "discovery")?;
    writeln!(f, ")")?;
    security(f, controller.security.as_ref())?;
    write!(f, "    ")?;
    match controller.ask {
        Ask::AtOnce => writeln!(f, "asked at once: no subsystem that came from it is in the plan"),
        Ask::FallBack => {
            write!(f, "asked when a subsystem that came from it does not answer (")?;
            origins(f, &controller.ssns, "SSNS")?;
            writeln!(f, ")")
        }
    }
}

fn namespace(f: &mut fmt::Formatter<'_>, namespace: &Namespace) -> fmt::Result {
    write!(f, "  ")?;
    match (namespace.nid, namespace.nsid) {
        (Some(nid), 0) => write!(f, "{} {nid}", nid.kind())?,
        (Some(nid), nsid) => write!(f, "{} {nid}, NSID {nsid}", nid.kind())?,
        (None, 0) => write!(f, "any namespace")?,
        (None, nsid) => write!(f, "NSID {nsid}")?,
    }
    let waits = if namespace.boot { "waited for" } else { "not waited for" };
    writeln!(f, " of {}, {} path(s), {waits}", namespace.nqn, namespace.paths.len())
}
