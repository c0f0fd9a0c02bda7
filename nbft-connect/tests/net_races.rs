//! Races: with udev, with a connection that is bound to a name, with an earlier run that was cut short.

#![allow(clippy::disallowed_macros, clippy::disallowed_methods, clippy::unwrap_used)]

mod common;

use common::net::{AT, NIC, Nic, Root, next, outcome, plan, ready, runtime, start, start_under, start_with, veth};
use common::{in_namespace, ip, ip_lines};
use nbft_connect::net::{NetEvent, NetOptions, Waiting};
use nix::sys::socket::{AddressFamily, MsgFlags, NetlinkAddr, SockFlag, SockProtocol, SockType, sendto, socket};
use std::net::UdpSocket;
use std::os::fd::AsRawFd;

/// Sends the event that udevd sends when it has handled a device.
fn udev_is_done_with(name: &str) {
    let flags = SockFlag::SOCK_CLOEXEC;
    let socket = socket(AddressFamily::Netlink, SockType::Raw, flags, SockProtocol::NetlinkKObjectUEvent).unwrap();
    let mut message = b"libudev\0\xfe\xed\xca\xfe\x28\0\0\0\x28\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0".to_vec();
    message.extend_from_slice(format!("ACTION=add\0DEVPATH=/devices/virtual/net/{name}\0SUBSYSTEM=net\0").as_bytes());
    sendto(socket.as_raw_fd(), &message, &NetlinkAddr::new(0, 2), MsgFlags::empty()).unwrap();
}

fn index(name: &str) -> u32 {
    ip(&format!("-o link show {name}")).split(':').next().unwrap().parse().unwrap()
}

#[test]
fn the_nic_is_left_alone_until_udev_is_done_with_it() {
    in_namespace("the_nic_is_left_alone_until_udev_is_done_with_it", || {
        veth("eth0", 1);
        ip("link set eth0-peer up");
        let root = Root::new("udev");
        root.file("run/udev/control", "");
        let plan = plan(&[NIC]);
        runtime().block_on(async {
            let (_handle, mut events) = start_under(&root.0, &plan).await;
            let NetEvent::Waiting { at: AT, for_what: Waiting::Udev } = next(&mut events).await else {
                panic!("udev is first")
            };
            // An event of another device changes nothing.
            root.file(&format!("run/udev/data/n{}", index("lo")), "");
            udev_is_done_with("lo");
            let early = tokio::time::timeout(std::time::Duration::from_millis(200), events.recv()).await;
            assert!(early.is_err(), "touched before udev was done: {early:?}");
            assert!(ip("-o link show eth0").contains("state DOWN"), "not up before udev was done");
            // udev's own order: name, database, event.
            ip("link set eth0 name lan0");
            root.file(&format!("run/udev/data/n{}", index("lan0")), "");
            udev_is_done_with("lan0");
            assert_eq!(ready(&mut events).await, (AT, "nbft0".to_owned(), "192.0.2.2".parse().unwrap()));
        });
    });
}

#[test]
fn a_link_that_a_connection_is_bound_to_keeps_its_name() {
    in_namespace("a_link_that_a_connection_is_bound_to_keeps_its_name", || {
        veth("lan0", 1);
        ip("link set lan0-peer up");
        let root = Root::new("bound");
        root.file("sys/class/nvme/nvme0/transport", "tcp\n");
        root.file("sys/class/nvme/nvme0/state", "live\n");
        root.file("sys/class/nvme/nvme0/subsysnqn", "nqn.2014-08.org.example:s\n");
        root.file("sys/class/nvme/nvme0/address", "traddr=203.0.113.1,trsvcid=4420,host_iface=lan0\n");
        let plan = plan(&[NIC]);
        runtime().block_on(async {
            let (_handle, mut events) = start_under(&root.0, &plan).await;
            assert_eq!(ready(&mut events).await.1, "lan0");
        });
        assert_eq!(ip_lines("-4 -brief address show lan0"), ["lan0@lan0-peer UP 192.0.2.2/24 metric 500"]);
    });
}

#[test]
fn a_run_that_was_cut_short_is_completed() {
    in_namespace("a_run_that_was_cut_short_is_completed", || {
        veth("eth0", 1);
        ip("link set eth0-peer up");
        let plan = plan(&[Nic { gateway: "192.0.2.254", ..NIC }]);
        let set_up = || {
            runtime().block_on(async {
                let (_handle, mut events) = start(&plan).await;
                ready(&mut events).await;
            });
        };
        let look = || ["-4 -brief address show nbft0", "-4 route show table all", "-4 rule show"].map(ip_lines);
        set_up();
        let expected = look();
        assert!(expected[1].iter().any(|route| route.starts_with("default via 192.0.2.254")), "{expected:?}");
        // As a run leaves it after each step: named, up, with its address, with one route, with one rule.
        let steps: [&[&str]; 4] = [
            &["-4 address flush dev nbft0", "route flush table 20000", "rule flush priority 20000"],
            &["route del default", "route flush table 20000", "-4 rule del priority 20000 oif nbft0"],
            &["route del 203.0.113.1", "route del default", "route del default table 20000"],
            &["-4 rule del priority 20000 oif nbft0"],
        ];
        for undo in steps {
            for words in undo {
                ip(words);
            }
            assert_ne!(look(), expected, "{undo:?} takes something away");
            set_up();
            assert_eq!(look(), expected, "after {undo:?}");
        }
        // An address that would expire under the root file system becomes permanent.
        ip("address change 192.0.2.2/24 dev nbft0 metric 500 valid_lft 60 preferred_lft 60");
        assert!(ip("-4 address show nbft0").contains("valid_lft 60sec"));
        set_up();
        assert!(ip("-4 address show nbft0").contains("valid_lft forever"), "{}", ip("-4 address show nbft0"));
        assert_eq!(look(), expected);
    });
}

#[test]
fn a_nic_without_carrier_delays_no_other() {
    in_namespace("a_nic_without_carrier_delays_no_other", || {
        veth("eth0", 1);
        veth("eth1", 2);
        // eth0 never gets a carrier, eth1 has one.
        ip("link set eth1-peer up");
        let plan = plan(&[NIC, Nic { mac: 2, address: "198.51.100.2", ..NIC }]);
        runtime().block_on(async {
            let (_handle, mut events) = start(&plan).await;
            assert_eq!(ready(&mut events).await.1, "nbft1");
        });
        assert!(ip("-brief address show nbft0").contains("DOWN"));
    });
}

fn sent(name: &str) -> u64 {
    let shown: serde_json::Value = serde_json::from_str(&ip(&format!("-j -s link show {name}"))).unwrap();
    shown[0]["stats64"]["tx"]["packets"].as_u64().unwrap()
}

#[test]
fn two_nics_in_one_subnet_each_send_their_own_traffic() {
    in_namespace("two_nics_in_one_subnet_each_send_their_own_traffic", || {
        // The target is another host: it answers on one bridge for both.
        std::process::Command::new("mount").args(["-t", "tmpfs", "none", "/run"]).status().unwrap();
        ip("netns add target");
        ip("-n target link add br0 type bridge");
        for (name, mac) in [("eth0", 1), ("eth1", 2)] {
            veth(name, mac);
            ip(&format!("link set {name}-peer netns target"));
            ip(&format!("-n target link set {name}-peer master br0 up"));
        }
        ip("-n target address add 192.0.2.9/24 dev br0");
        ip("-n target link set br0 up");
        let plan = plan(&[NIC, Nic { mac: 2, address: "192.0.2.3", ..NIC }]);
        runtime().block_on(async {
            let (_handle, mut events) = start(&plan).await;
            ready(&mut events).await;
            ready(&mut events).await;
        });
        const PACKETS: u64 = 200;
        for (source, own, other) in [("192.0.2.2", "nbft0", "nbft1"), ("192.0.2.3", "nbft1", "nbft0")] {
            let socket = UdpSocket::bind((source, 0)).unwrap();
            // The kernel queues only a few packets while it resolves the neighbour.
            let end = std::time::Instant::now() + std::time::Duration::from_secs(10);
            while !ip(&format!("neigh show 192.0.2.9 dev {own}")).contains("lladdr") {
                assert!(std::time::Instant::now() < end, "{own} does not find the target");
                socket.send_to(b"data", "192.0.2.9:9").unwrap();
                std::thread::sleep(std::time::Duration::from_millis(50));
            }
            let before = (sent(own), sent(other));
            for _ in 0..PACKETS {
                socket.send_to(b"data", "192.0.2.9:9").unwrap();
                std::thread::sleep(std::time::Duration::from_millis(1));
            }
            let (through_own, through_other) = (sent(own) - before.0, sent(other) - before.1);
            assert!(through_own >= PACKETS * 9 / 10, "{own}: {through_own} of {PACKETS}");
            assert!(through_other < PACKETS / 10, "{other}: {through_other} from {source}");
        }
        // Only the NIC that has an address answers for it.
        for (mac, address) in [("02:00:00:00:00:01", "192.0.2.2"), ("02:00:00:00:00:02", "192.0.2.3")] {
            let known = ip(&format!("-n target neigh show {address}"));
            assert!(known.contains(mac), "{known}");
        }
    });
}

#[test]
fn a_refused_address_leaves_the_others() {
    in_namespace("a_refused_address_leaves_the_others", || {
        veth("eth0", 1);
        ip("-6 address add 2001:db8:1::2/64 dev eth0-peer nodad");
        ip("link set eth0-peer up");
        // Two HFIs of one NIC: the IPv6 one is a duplicate.
        let plan = plan(&[NIC, Nic { address: "2001:db8:1::2", prefix: 64, ..NIC }]);
        assert_eq!(plan.interfaces.len(), 1);
        runtime().block_on(async {
            let (_handle, mut events) = start(&plan).await;
            assert_eq!(ready(&mut events).await, (AT, "nbft0".to_owned(), "192.0.2.2".parse().unwrap()));
            let NetEvent::Failed { reason, .. } = outcome(&mut events).await else { panic!("a duplicate") };
            assert_eq!(reason.code(), "address-duplicate", "{reason}");
        });
    });
}

#[test]
fn the_state_is_read_again_when_events_are_lost() {
    in_namespace("the_state_is_read_again_when_events_are_lost", || {
        const COUNT: u8 = 40;
        let addresses: Vec<String> = (1..=COUNT).map(|number| format!("10.0.{number}.2")).collect();
        let nics: Vec<Nic> = (1..=COUNT)
            .zip(&addresses)
            .map(|(mac, address)| Nic { mac, address: address.clone().leak(), ..NIC })
            .collect();
        let up = |number: u8| format!("link set e{number}-peer up");
        (1..=COUNT).for_each(|number| veth(&format!("e{number}"), number));
        let plan = plan(&nics);
        runtime().block_on(async {
            // Two events fill the buffer: events alone would leave the interface waiting for ever.
            let options = NetOptions::new("/".into()).with_event_buffer(4096);
            let (_handle, mut events) = start_with(options, &plan).await;
            // All wait; then every carrier comes while no task reads events.
            for _ in 0..COUNT {
                let NetEvent::Waiting { for_what: Waiting::Carrier, .. } = next(&mut events).await else {
                    panic!("no carrier yet")
                };
            }
            (1..=COUNT).for_each(|number| drop(ip(&up(number))));
            for _ in 0..COUNT {
                ready(&mut events).await;
            }
        });
        let shown = ip("-4 -brief address show");
        for address in &addresses {
            assert!(shown.contains(&format!("{address}/24")), "{address}");
        }
    });
}
