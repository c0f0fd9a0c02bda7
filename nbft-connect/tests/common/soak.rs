//! A machine with one NIC for each way to get an address, and the harm that is done to it.

use super::dhcp::Server;
use super::granting::{Granting, Terms};
use super::net::veth;
use super::{ip, ip_lines};
use libnbft::model::{Hfi, HfiTcp, HfiTcpFlags, Host, IpOrigin, Mac, Nqn, Ssns, SsnsFlags, Table, TransportType, Uuid};
use std::collections::BTreeMap;
use std::net::IpAddr;
use std::process::Command;
use std::thread::sleep;
use std::time::Duration;

pub(crate) const NICS: [u8; 4] = [1, 2, 3, 4];

/// The same numbers for the same seed.
pub(crate) struct Lot(pub(crate) u64);

impl Lot {
    /// One of 0 up to, not including, `end` (splitmix64).
    pub(crate) fn draw(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % end
    }
}

/// One NIC for each way to get an address.
pub(crate) fn table() -> Table {
    let ways = [
        ("198.51.100.2", HfiTcpFlags::GLOBAL_ROUTE, IpOrigin::OTHER),
        ("::ffff:0.0.0.0", HfiTcpFlags::DHCP_OVERRIDE, IpOrigin::DHCP),
        ("::", HfiTcpFlags::DHCP_OVERRIDE, IpOrigin::DHCP),
        ("::", HfiTcpFlags::AUTOCONFIGURED, IpOrigin::OTHER),
    ];
    let mut table = Table::default();
    (table.header.major, table.control.major, table.control.flags) = (1, 1, 1);
    for (mac, (address, flags, origin)) in NICS.into_iter().zip(ways) {
        let mut tcp = HfiTcp::default();
        tcp.mac = Mac([2, 0, 0, 0, 0, mac]);
        tcp.ip = address.parse::<IpAddr>().unwrap().into();
        tcp.prefix = 24;
        (tcp.version, tcp.info_version, tcp.hfi_index) = (1, 1, mac.into());
        (tcp.flags, tcp.ip_origin) = (HfiTcpFlags::VALID.with(flags), origin);
        let mut hfi = Hfi::default();
        (hfi.index, hfi.flags.0, hfi.transport, hfi.tcp) = (mac, 1, TransportType::TCP, Some(tcp));
        table.hfis.push(hfi);
    }
    // A path, so that there is something to connect; nobody listens at the target.
    let (mut host, mut ssns) = (Host::default(), Ssns::default());
    (host.id, host.nqn) = (Uuid([7; 16]), Some(Nqn("nqn.2014-08.org.example:host".into())));
    host.flags.0 = 1;
    table.host = Some(host);
    (ssns.index, ssns.flags, ssns.transport, ssns.nsid, ssns.primary_hfi) = (1, SsnsFlags(1), TransportType::TCP, 1, 1);
    ssns.nqn = Some(Nqn("nqn.2014-08.org.example:root".into()));
    ssns.traddr = Some("198.51.100.1".parse::<IpAddr>().unwrap().into());
    table.ssns.push(ssns);
    table
}

/// What `ip` does where it may fail: a NIC may be gone, or have another name for a moment.
pub(crate) fn try_ip(words: &str) -> String {
    let output = Command::new("ip").args(words.split_whitespace()).output().unwrap();
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// The wires, and what is at their other ends.
pub(crate) struct Lab {
    pub(crate) granting: Granting,
    pub(crate) dhcp6: Option<Server>,
    router: Option<Server>,
}

const POOL6: [&str; 3] = ["--dhcp-range=2001:db8:1::50,2001:db8:1::5f,64,2m", "--enable-ra", "--dhcp-authoritative"];

fn dhcp6() -> Server {
    Server::dnsmasq_on("lan3", "soak6", &POOL6)
}

fn router() -> Server {
    Server::radvd("lan4", "soak-ra", "")
}

fn plug(nic: u8) {
    veth(&format!("eth{nic}"), nic);
    ip(&format!("link set eth{nic}-peer master lan{nic} up"));
}

/// The name that a NIC has now.
fn name_of(nic: u8) -> Option<String> {
    let all = try_ip("-o link show");
    let line = all.lines().find(|line| line.contains(&format!("link/ether 02:00:00:00:00:{nic:02x}")))?;
    line.split(": ").nth(1)?.split('@').next().map(str::to_owned)
}

impl Lab {
    pub(crate) fn new() -> Self {
        let addresses = ["198.51.100.1/24", "192.0.2.1/24", "2001:db8:1::1/64", "2001:db8:2::1/64"];
        for (nic, address) in NICS.into_iter().zip(addresses) {
            ip(&format!("link add lan{nic} address 02:00:00:00:01:{nic:02x} type bridge"));
            ip(&format!("address add {address} dev lan{nic} nodad"));
            ip(&format!("link set lan{nic} up"));
            plug(nic);
        }
        let granting = Granting::start("lan2", Terms { pool: [50, 200], seconds: 8, renew: 4 });
        granting.renew(true);
        Self { granting, dhcp6: Some(dhcp6()), router: Some(router()) }
    }

    /// One event, in words.
    pub(crate) fn harm(&mut self, lot: &mut Lot, restart: impl FnOnce(bool)) -> String {
        let nic = NICS[lot.draw(4) as usize];
        let name = name_of(nic).unwrap_or_default();
        let pause = Duration::from_millis(lot.draw(600));
        match lot.draw(11) {
            0 | 1 => {
                try_ip(&format!("link del {name}"));
                sleep(pause);
                if name_of(nic).is_none() {
                    plug(nic);
                }
                format!("NIC {nic} removed and back after {} ms", pause.as_millis())
            }
            2 => {
                let all = try_ip(&format!("-o address show dev {name} scope global"));
                let words: Vec<&str> = all.split_whitespace().filter(|word| word.contains('/')).collect();
                let Some(address) = words.first() else { return format!("NIC {nic} has no address to remove") };
                try_ip(&format!("address del {address} dev {name}"));
                format!("address {address} removed")
            }
            3 => {
                let family = if lot.draw(2) == 0 { "-4" } else { "-6" };
                let all = try_ip(&format!("{family} rule show priority 20000"));
                let rules: Vec<&str> = all.lines().filter_map(|line| line.split_once(":\t")).map(|(_, r)| r).collect();
                let Some(rule) = rules.get(lot.draw(rules.len().max(1) as u64) as usize) else {
                    return "no rule to remove".into();
                };
                let rule = rule.replace(" proto static", "").replace(" [detached]", "");
                try_ip(&format!("{family} rule del priority 20000 {rule}"));
                format!("rule removed: {rule}")
            }
            4 => {
                let staying = lot.draw(2) == 0;
                self.granting.renew(staying);
                format!("DHCPv4 server {}", if staying { "renews" } else { "moves the client" })
            }
            5 => {
                let silent = lot.draw(2) == 0;
                self.granting.be_silent(silent);
                format!("DHCPv4 server {}", if silent { "away" } else { "back" })
            }
            6 => match self.dhcp6.take() {
                Some(_) => "DHCPv6 server away".into(),
                None => {
                    self.dhcp6 = Some(dhcp6());
                    "DHCPv6 server back".into()
                }
            },
            7 => match self.router.take() {
                Some(_) => "router away".into(),
                None => {
                    self.router = Some(router());
                    "router back".into()
                }
            },
            8 => {
                try_ip(&format!("link set eth{nic}-peer down"));
                sleep(pause);
                try_ip(&format!("link set eth{nic}-peer up"));
                format!("carrier of NIC {nic} lost for {} ms", pause.as_millis())
            }
            9 => {
                try_ip(&format!("link set {name} down"));
                sleep(pause);
                try_ip(&format!("link set {name} up"));
                format!("NIC {nic} down for {} ms", pause.as_millis())
            }
            _ => {
                let torn = lot.draw(2) == 0;
                restart(torn);
                format!("service killed and started, its file {}", if torn { "torn" } else { "whole" })
            }
        }
    }

    /// All servers are there, and none moves a client.
    pub(crate) fn mend(&mut self) {
        self.granting.be_silent(false);
        self.granting.renew(true);
        self.dhcp6.get_or_insert_with(dhcp6);
        self.router.get_or_insert_with(router);
    }
}

/// Why the network is not as it ought to be; `None` when it is.
pub(crate) fn wrong(up: &BTreeMap<usize, IpAddr>) -> Option<String> {
    let mut rules: Vec<String> = Vec::new();
    for family in ["-4", "-6"] {
        rules.extend(ip_lines(&format!("{family} rule show priority 20000")));
    }
    let mut expected = Vec::new();
    for nic in NICS {
        let Some(address) = up.get(&(usize::from(nic) - 1)) else { return Some(format!("NIC {nic} is not up")) };
        // The status may be a second old: the NIC may be gone.
        let there = try_ip(&format!("-o address show dev nbft{} scope global", nic - 1));
        let there: Vec<_> = there.lines().collect();
        if there.len() != 1 || !there[0].contains(&format!(" {address}/")) {
            return Some(format!("{address} is told, there are {there:?}"));
        }
        let table = 20_000 + u32::from(nic) - 1;
        expected.push(format!("20000: from {address} lookup {table} proto static"));
        expected.push(format!("20000: from all oif nbft{} lookup {table} proto static", nic - 1));
        let family = if address.is_ipv4() { "-4" } else { "-6" };
        if try_ip(&format!("{family} route show table {table}")).trim().is_empty() {
            return Some(format!("table {table} is empty"));
        }
    }
    expected.sort();
    rules.sort();
    (rules != expected).then(|| format!("rules: {rules:#?}, not {expected:#?}"))
}
