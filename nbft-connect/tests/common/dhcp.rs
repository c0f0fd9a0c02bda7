//! Servers that grant addresses, on the other end of a veth pair, and tables that ask for one.

use super::ip;
use super::net::{outcome, veth};
use libnbft::model::{Hfi, HfiExt, HfiTcp, HfiTcpFlags, IpOrigin, Mac, Table, TransportType};
use libnbft::plan::{Options, Plan, Source};
use nbft_connect::net::{Lease, NetEvent};
use std::fs;
use std::net::IpAddr;
use std::process::{Child, Command, Stdio};
use tempfile::TempDir;
use tokio::sync::mpsc::UnboundedReceiver;

pub(crate) const POOL: &str = "--dhcp-range=192.0.2.50,192.0.2.99,255.255.255.0,1h";

/// Options of a DHCPv6 server that advertises itself, and no prefix to make addresses of.
pub(crate) const POOL6: [&str; 3] =
    ["--dhcp-range=2001:db8:1::50,2001:db8:1::5f,64,1h", "--enable-ra", "--dhcp-authoritative"];

/// Half of the lease is over after so many seconds.
pub(crate) const RENEW: &str = "--dhcp-option=58,5";

pub(crate) async fn leased(events: &mut UnboundedReceiver<NetEvent>) -> (u32, Lease) {
    match outcome(events).await {
        NetEvent::Ready { ifindex, lease: Some(lease), .. } => (ifindex, *lease),
        other => panic!("{other:?}"),
    }
}

/// A server that ends with the test.
pub(crate) struct Server {
    child: Child,
    pub(crate) directory: TempDir,
}

impl Server {
    pub(crate) fn start(name: &str, program: &str, arguments: impl Fn(&str) -> Vec<String>) -> Self {
        let directory = tempfile::Builder::new().prefix(&format!("nbft-{name}-")).tempdir().unwrap();
        let mut command = Command::new(program);
        command.args(arguments(&directory.path().to_string_lossy())).stdin(Stdio::null()).stdout(Stdio::null());
        let log = fs::File::create(directory.path().join("log")).unwrap();
        let child = command.stderr(log).spawn().unwrap_or_else(|error| panic!("{program}: {error}"));
        Self { child, directory }
    }

    /// dnsmasq on the peer of eth0.
    pub(crate) fn dnsmasq(name: &str, options: &[&str]) -> Self {
        Self::dnsmasq_on("eth0-peer", name, options)
    }

    /// dnsmasq on a link.
    pub(crate) fn dnsmasq_on(link: &str, name: &str, options: &[&str]) -> Self {
        Self::start(name, "dnsmasq", |directory| {
            let common = ["--keep-in-foreground", "--conf-file=/dev/null", "--port=0", "--log-dhcp"];
            let own = ["--bind-interfaces", "--no-ping", "--log-facility=-", "--user=root"];
            let files = [
                format!("--interface={link}"),
                format!("--pid-file={directory}/pid"),
                format!("--dhcp-leasefile={directory}/leases"),
            ];
            common.iter().chain(&own).chain(options).map(|o| (*o).to_owned()).chain(files).collect()
        })
    }

    /// A router on a link that advertises a prefix to make addresses of, with these flags beside.
    pub(crate) fn radvd(link: &str, name: &str, flags: &str) -> Self {
        let config = format!(
            "interface {link} {{ AdvSendAdvert on; {flags} MinRtrAdvInterval 3; MaxRtrAdvInterval 4; \
             prefix 2001:db8:1::/64 {{ AdvOnLink on; AdvAutonomous on; }}; }};\n"
        );
        Self::start(name, "radvd", |directory| {
            let file = format!("{directory}/radvd.conf");
            fs::write(&file, &config).unwrap();
            let pid = format!("{directory}/pid");
            ["-n", "-m", "stderr", "-C", &file, "-p", &pid, "-u", "root"].map(str::to_owned).to_vec()
        })
    }

    /// The messages that the server logged, in order.
    pub(crate) fn messages(&self) -> Vec<String> {
        let log = fs::read_to_string(self.directory.path().join("log")).unwrap();
        let words = log.lines().filter_map(|line| line.split_whitespace().find(|word| word.starts_with("DHCP")));
        words.filter_map(|word| word.split_once('(')).map(|(message, _)| message.to_owned()).collect()
    }

    pub(crate) fn log(&self) -> String {
        fs::read_to_string(self.directory.path().join("log")).unwrap()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

pub(crate) fn plan(address: &str, flags: HfiTcpFlags, origin: IpOrigin, ext: Option<HfiExt>) -> Plan {
    Plan::new(&[Source { name: "NBFT", table: &table(address, flags, origin, ext) }], &Options::default())
}

/// A table with one HFI.
pub(crate) fn table(address: &str, flags: HfiTcpFlags, origin: IpOrigin, ext: Option<HfiExt>) -> Table {
    let mut tcp = HfiTcp::default();
    tcp.mac = Mac([2, 0, 0, 0, 0, 1]);
    tcp.ip = address.parse::<IpAddr>().unwrap().into();
    tcp.prefix = 24;
    (tcp.flags, tcp.ip_origin, tcp.ext) = (HfiTcpFlags::VALID.with(flags), origin, ext);
    let mut hfi = Hfi::default();
    (hfi.index, hfi.transport, hfi.tcp) = (1, TransportType::TCP, Some(tcp));
    let mut table = Table::default();
    table.hfis.push(hfi);
    table
}

pub(crate) fn link(server_address: &str) {
    veth("eth0", 1);
    // Client and server are one host here: each takes packets that come from the other's address.
    fs::write("/proc/sys/net/ipv4/conf/all/accept_local", "1").unwrap();
    ip(&format!("address add {server_address} dev eth0-peer nodad"));
    ip("link set eth0-peer up");
}
