//! Describes the target, and writes the commands that set it up: wires, addresses, subsystems, ports.

use super::yes;
use crate::scenario::redfish::Service;
use crate::scenario::wires::{WIRES, mac};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::net::{Ipv4Addr, SocketAddr};

/// The target of a scenario; by default, all of fabrics A and B, IPv4 and IPv6, with one namespace.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Target {
    /// Addresses by interface: `a`, `b`, … are wires, `a.10` is VLAN 10 on wire a, `a+b` a switch with both wires. `lo` can be reached by
    /// routing only.
    pub addresses: BTreeMap<String, Vec<String>>,
    /// The addresses and ports where it listens.
    pub ports: Vec<SocketAddr>,
    /// The number of consecutive ports, beginning with each of `ports`.
    pub consecutive: u16,
    /// The subsystem's NQN.
    pub nqn: String,
    /// The number of subsystems at each port, named by [`numbered`]; they share the namespace except for its UUID.
    pub subsystems: u16,
    /// Host NQNs that may connect; empty for any.
    pub hosts: Vec<String>,
    /// In-band authentication that these hosts must pass.
    pub auth: Option<Auth>,
    /// TLS on its ports.
    pub tls: Option<Tls>,
    /// A Redfish service.
    pub redfish: Option<Service>,
    /// Whether there is a namespace.
    pub namespace: bool,
    /// Whether there is a second subsystem, [`HOME`], with /home.
    pub home: bool,
    /// Whether the namespace is an empty one of 16 MiB, in the target's memory, instead of the root disk.
    pub blank: bool,
    /// Whether the namespace is an empty disk of [`FREE`] MiB, which lasts as long as the run, instead of the root disk.
    pub free: bool,
    /// The namespace's ID.
    pub nsid: u32,
    /// The namespace's UUID.
    pub uuid: String,
    /// A DHCP server.
    pub dhcp: Option<Dhcp>,
    /// Options of a dnsmasq, for servers that busybox lacks: DHCPv6, router advertisements; with `--port=53` also DNS.
    pub dnsmasq: Vec<String>,
    /// Whether it serves the small root as a live image, /www/live.squashfs.
    pub live: bool,
    /// Seconds until it listens; the host starts without waiting for this.
    pub late: u64,
    /// Shell commands after the whole setup.
    pub commands: Vec<String>,
}

/// In-band authentication of the allowed hosts.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Auth {
    /// The hosts' secret.
    pub key: String,
    /// The controller's secret, if the controller must authenticate itself too.
    pub ctrl_key: Option<String>,
    /// The hash function, as the kernel names it.
    #[serde(default = "sha256")]
    pub hash: String,
    /// The key exchange group, as the kernel names it.
    #[serde(default = "null_group")]
    pub dhgroup: String,
}

/// TLS with a pre-shared key on all ports. The lab does not derive the key and its identity: another program derived them from the
/// configured PSK (RFC 5869 and 8446 in a few lines of Python's `hmac` and `hashlib`).
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tls {
    /// The TLS PSK in hexadecimal digits.
    pub psk: String,
    /// Its identity.
    pub identity: String,
    /// Whether connections without TLS are refused.
    #[serde(default = "yes")]
    pub required: bool,
}

fn sha256() -> String {
    "hmac(sha256)".to_owned()
}

fn null_group() -> String {
    "null".to_owned()
}

/// A DHCP server with a single address.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Dhcp {
    /// The interface on which it serves.
    pub on: String,
    /// The server's address on that interface; it is the router as well.
    pub server: Ipv4Addr,
    /// The address that it gives, in a /24.
    pub gives: Ipv4Addr,
    /// The lease time in seconds.
    #[serde(default = "ten_minutes")]
    pub seconds: u32,
}

const fn ten_minutes() -> u32 {
    600
}

impl Default for Target {
    fn default() -> Self {
        let list = |items: &[&str]| items.iter().map(|item| (*item).to_owned()).collect::<Vec<_>>();
        Self {
            addresses: BTreeMap::from([
                ("a".to_owned(), list(&["192.0.2.1/24", "2001:db8:1::1/64"])),
                ("b".to_owned(), list(&["198.51.100.1/24", "2001:db8:2::1/64"])),
            ]),
            ports: ["192.0.2.1:4420", "[2001:db8:1::1]:4420", "198.51.100.1:4420", "[2001:db8:2::1]:4420"]
                .iter()
                .filter_map(|port| port.parse().ok())
                .collect(),
            consecutive: 1,
            subsystems: 1,
            nqn: "nqn.2014-08.org.nvmexpress:uuid:00112233-4455-6677-8899-aabbccddeeff".to_owned(),
            hosts: Vec::new(),
            auth: None,
            tls: None,
            redfish: None,
            namespace: true,
            home: false,
            blank: false,
            free: false,
            nsid: 1,
            uuid: "cc3f2135-f931-4569-baea-0eee7113a521".to_owned(),
            dhcp: None,
            dnsmasq: Vec::new(),
            live: false,
            late: 0,
            commands: Vec::new(),
        }
    }
}

/// The size of an empty disk, in MiB.
pub const FREE: u64 = 1200;

/// The NQN of the subsystem with /home, and the UUID of its namespace.
const HOME: &str = "nqn.2014-08.org.example:home";
const HOME_NAMESPACE: &str = "686f6d65-7370-4163-8500-000000000001";

/// The NQN of one of several subsystems; subsystem 0 keeps the NQN unchanged.
pub fn numbered(nqn: &str, number: u16) -> String {
    if number == 0 { nqn.to_owned() } else { format!("{nqn}-{number}") }
}

/// The UUID of the namespace of one of several subsystems: its last four digits are the number.
pub fn numbered_uuid(uuid: &str, number: u16) -> String {
    if number == 0 { uuid.to_owned() } else { format!("{}{number:04x}", &uuid[..uuid.len().saturating_sub(4)]) }
}

impl Target {
    /// The NQNs of its subsystems.
    pub fn nqns(&self) -> impl Iterator<Item = String> {
        let home = self.home.then(|| HOME.to_owned());
        (0..self.subsystems).map(|number| numbered(&self.nqn, number)).chain(home)
    }

    /// The setup commands, for the shell functions of `target-init.sh`.
    pub fn script(&self) -> String {
        let mut script = String::new();
        for (wire, _) in WIRES {
            let _ = writeln!(script, "nic {} {wire}", mac(wire, 1));
        }
        for (interface, addresses) in &self.addresses {
            if let Some((wire, id)) = interface.split_once('.') {
                let _ = writeln!(script, "vlan {wire} {id}");
            }
            if interface.contains('+') {
                let _ = writeln!(script, "switch {interface} {}", interface.replace('+', " "));
            }
            for address in addresses {
                let _ = writeln!(script, "ip addr add {address} dev {interface}");
            }
        }
        for number in 0..self.subsystems {
            self.subsystem(&mut script, number);
        }
        if self.home {
            let _ = writeln!(script, "subsystem {HOME}\nnamespace 1 /dev/vdb {HOME_NAMESPACE}");
        }
        if let Some(tls) = &self.tls {
            let need = if tls.required { "required" } else { "not required" };
            let _ = writeln!(script, "secure '{need}' {} '{}'", tls.psk, tls.identity);
        }
        let mut ports = String::new();
        let each = self.ports.iter().flat_map(|port| {
            let numbers = port.port()..port.port() + self.consecutive;
            numbers.map(|number| SocketAddr::new(port.ip(), number))
        });
        for (number, port) in (1..).zip(each) {
            let family = if port.is_ipv4() { "ipv4" } else { "ipv6" };
            let _ = writeln!(ports, "port {number} {family} {} {}", port.ip(), port.port());
        }
        if self.late > 0 {
            ports = format!("{{ sleep {}; {}; echo lab-late; }} &\n", self.late, ports.trim_end().replace('\n', "; "));
        }
        script.push_str(&ports);
        if let Some(service) = &self.redfish {
            let _ = writeln!(script, "redfish {}", service.at);
        }
        if let Some(dhcp) = &self.dhcp {
            let _ = writeln!(script, "dhcp {} {} {} {}", dhcp.on, dhcp.gives, dhcp.server, dhcp.seconds);
        }
        if !self.dnsmasq.is_empty() {
            let _ = writeln!(script, "dnsmasq {}", self.dnsmasq.join(" "));
        }
        for command in &self.commands {
            let _ = writeln!(script, "{command}");
        }
        script
    }

    fn subsystem(&self, script: &mut String, number: u16) {
        let _ = writeln!(script, "subsystem {} {}", numbered(&self.nqn, number), self.hosts.join(" "));
        if let Some(auth) = &self.auth {
            let (key, ctrl_key) = (&auth.key, auth.ctrl_key.as_deref().unwrap_or_default());
            let _ = writeln!(script, "authenticate '{}' {} {key} {ctrl_key}", auth.hash, auth.dhgroup);
        }
        if self.namespace {
            let device = match (self.blank, self.free) {
                (true, _) => "/run/blank",
                // The disk after the root disk. A target with /home has no empty disk.
                (false, true) => "/dev/vdb",
                (false, false) => "/dev/vda",
            };
            let _ = writeln!(script, "namespace {} {device} {}", self.nsid, numbered_uuid(&self.uuid, number));
        }
    }
}
