//! What other programs learn of links, servers and names: in the initramfs while `connect` runs, and in the running system.

#![allow(clippy::disallowed_macros, clippy::disallowed_methods, clippy::unwrap_used)]

mod common;

use common::dhcp::{POOL, Server, link, table};
use common::in_namespace;
use common::net::{Root, outcome, runtime, start};
use common::networkd::run;
use common::networkmanager::NetworkManager;
use libnbft::model::{HfiTcpFlags, IpOrigin};
use libnbft::plan::{Options, Plan, Source};
use nbft_connect::cli::Handover;
use nbft_connect::dhcp_options::ClientOptions;
use nbft_connect::handover;
use nbft_connect::handover::names;
use nbft_connect::net::NetEvent;
use nbft_connect::status::schema::{State, Status};
use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

/// A plan of one NIC with a lease of a server that names two DNS servers, a domain and the host.
fn leased_status() -> (Plan, Status) {
    link("192.0.2.1/24");
    let told = ["--dhcp-option=6,192.0.2.53,192.0.2.54", "--dhcp-option=15,example.org", "--dhcp-option=12,db1"];
    let options: Vec<&str> = [POOL].into_iter().chain(told).collect();
    let _server = Server::dnsmasq("names", &options);
    let table = table("192.0.2.77", HfiTcpFlags::DHCP_OVERRIDE, IpOrigin::DHCP, None);
    let plan = Plan::new(&[Source { name: "NBFT", table: &table }], &Options::default());
    let mut status = Status::of_plan(&plan);
    runtime().block_on(async {
        let (_handle, mut events) = start(&plan).await;
        match outcome(&mut events).await {
            NetEvent::Ready { lease, .. } => status.interfaces[0].lease = lease.map(|lease| *lease),
            other => panic!("{other:?}"),
        }
    });
    status.interfaces[0].state = State::Up;
    (plan, status)
}

const RESOLV_CONF: &str = "# Made by nbft from the NVMe boot firmware table and DHCP.\nsearch example.org\n\
    nameserver 192.0.2.53\nnameserver 192.0.2.54\n";

#[test]
fn the_initramfs_resolves_names_unless_somebody_else_sees_to_it() {
    in_namespace("the_initramfs_resolves_names_unless_somebody_else_sees_to_it", || {
        let (plan, mut status) = leased_status();
        for (there, expected) in
            [(None, RESOLV_CONF), (Some(""), RESOLV_CONF), (Some("nameserver 9.9.9.9\n"), "nameserver 9.9.9.9\n")]
        {
            let root = Root::new("names");
            root.file("etc/initrd-release", "");
            if let Some(there) = there {
                root.file("etc/resolv.conf", there);
            }
            // Twice, as at each save of the status.
            names::tell(&plan, &status, &root.0);
            names::tell(&plan, &status, &root.0);
            let text = |file: &str| fs::read_to_string(root.0.join(file)).unwrap();
            assert_eq!(text("etc/resolv.conf"), expected, "{there:?}");
            assert_eq!(text("run/nbft/resolv.conf"), RESOLV_CONF);
            assert_eq!(text("run/nbft/hostname"), "db1\n");
            assert_eq!(text("run/nbft/online/nbft0"), "");
        }
        // Elsewhere nothing is told, but what the initramfs told is kept up to date.
        let root = Root::new("names");
        names::tell(&plan, &status, &root.0);
        assert!(!root.0.join("run").exists());
        root.file("run/nbft/resolv.conf", "nameserver 192.0.2.53\n");
        names::tell(&plan, &status, &root.0);
        assert_eq!(fs::read_to_string(root.0.join("run/nbft/resolv.conf")).unwrap(), RESOLV_CONF);
        assert!(!root.0.join("etc").exists() && !root.0.join("run/nbft/online").exists());
        // A link that is not up tells nothing.
        status.interfaces[0].state = State::Failed;
        let root = Root::new("names");
        root.file("etc/initrd-release", "");
        names::tell(&plan, &status, &root.0);
        assert!(!root.0.join("run").exists());
    });
}

#[test]
fn the_running_system_learns_servers_and_domains() {
    in_namespace("the_running_system_learns_servers_and_domains", || {
        let (plan, status) = leased_status();
        for others in [false, true] {
            let root = Root::new("handed");
            root.file("sys/class/net/nbft0/device/vendor", "");
            root.file("sys/class/net/lo/mtu", "");
            if others {
                root.file("sys/class/net/eth7/device/vendor", "");
            }
            handover::leave(&plan, &status, Some(Handover::Auto), &ClientOptions::default(), &root.0);
            let text = |file: &str| fs::read_to_string(root.0.join(file)).unwrap();
            let resolved = "[Resolve]\nDNS=192.0.2.53 192.0.2.54\nDomains=example.org\n";
            assert_eq!(text("run/systemd/resolved.conf.d/50-nbft.conf"), resolved);
            assert_eq!(text("run/nbft/resolv.conf"), RESOLV_CONF);
            assert_eq!(text("run/tmpfiles.d/zz-nbft.conf"), "L /etc/resolv.conf - - - - /run/nbft/resolv.conf\n");
            // With other NICs, NetworkManager has servers of its own to write.
            let unmanaged = "[device-nbft]\nmatch-device=interface-name:nbft0\nmanaged=0\n";
            let global =
                "\n[global-dns]\nsearches=example.org\n\n[global-dns-domain-*]\nservers=192.0.2.53,192.0.2.54\n";
            let expected = if others { unmanaged.to_owned() } else { format!("{unmanaged}{global}") };
            assert_eq!(text("run/NetworkManager/conf.d/50-nbft.conf"), expected);
        }
    });
}

#[test]
#[ignore = "needs root, NetworkManager and dbus-daemon"]
fn networkmanager_without_other_nics_writes_our_servers() {
    in_namespace("networkmanager_without_other_nics_writes_our_servers", || {
        NetworkManager::prepare();
        let (plan, status) = leased_status();
        let root = Root::new("handednm");
        root.file("sys/class/net/nbft0/device/vendor", "");
        handover::leave(&plan, &status, Some(Handover::Auto), &ClientOptions::default(), &root.0);
        fs::create_dir_all("/run/NetworkManager/conf.d").unwrap();
        let ours = root.0.join("run/NetworkManager/conf.d/50-nbft.conf");
        fs::copy(ours, "/run/NetworkManager/conf.d/50-nbft.conf").unwrap();
        let _manager = NetworkManager::with_config("dns=default\nrc-manager=unmanaged\n");
        run("nm-online", &["-s", "-q", "--timeout=20"]);
        // It is online before it has written.
        let file = Path::new("/run/NetworkManager/resolv.conf");
        let started = Instant::now();
        let written = || fs::read_to_string(file).unwrap_or_default();
        while !written().contains("nameserver") {
            assert!(started.elapsed() < Duration::from_secs(30), "{}", written());
            std::thread::sleep(Duration::from_millis(50));
        }
        let lines = written();
        let lines: Vec<_> = lines.lines().filter(|line| !line.starts_with('#')).collect();
        assert_eq!(lines, ["search example.org", "nameserver 192.0.2.53", "nameserver 192.0.2.54"]);
    });
}
