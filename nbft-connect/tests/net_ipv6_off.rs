//! A sysctl has switched IPv6 off, as hardening guides say.

#![allow(clippy::disallowed_macros, clippy::disallowed_methods, clippy::unwrap_used)]

mod common;

use common::net::{AT, NIC, Nic, Root, outcome, plan, ready, runtime, start, start_with, veth};
use common::{in_namespace, ip};
use libnbft::plan::Plan;
use nbft_connect::net::{NetEvent, NetOptions};
use std::fs;
use std::process::Command;

fn sysctl(link: &str) -> String {
    format!("/proc/sys/net/ipv6/conf/{link}/disable_ipv6")
}

/// A NIC on a machine that has IPv6 switched off everywhere.
fn hardened() -> Plan {
    veth("eth0", 1);
    for link in ["all", "default"] {
        fs::write(sysctl(link), "1").unwrap();
    }
    ip("link set eth0-peer up");
    plan(&[Nic { address: "2001:db8:1::2", prefix: 64, ..NIC }])
}

#[test]
fn ipv6_is_switched_on_for_the_interface_alone() {
    in_namespace("ipv6_is_switched_on_for_the_interface_alone", || {
        let plan = hardened();
        runtime().block_on(async {
            let (_handle, mut events) = start(&plan).await;
            assert_eq!(ready(&mut events).await.2.to_string(), "2001:db8:1::2");
        });
        let off: Vec<String> = ["nbft0", "all", "default", "eth0-peer", "lo"]
            .iter()
            .map(|link| fs::read_to_string(sysctl(link)).unwrap().trim().to_owned())
            .collect();
        assert_eq!(off, ["0", "1", "1", "1", "1"]);
    });
}

#[test]
fn the_resident_service_switches_it_on_again() {
    in_namespace("the_resident_service_switches_it_on_again", || {
        veth("eth0", 1);
        ip("link set eth0-peer up");
        let plan = plan(&[Nic { address: "2001:db8:1::2", prefix: 64, ..NIC }]);
        let root = Root::new("ipv6-off");
        runtime().block_on(async {
            let options = NetOptions::new(root.0.clone()).maintaining(Vec::new());
            let (_handle, mut events) = start_with(options, &plan).await;
            ready(&mut events).await;
            fs::write(sysctl("all"), "1").unwrap();
            assert_eq!(ready(&mut events).await.2.to_string(), "2001:db8:1::2");
        });
        assert_eq!(fs::read_to_string(sysctl("nbft0")).unwrap(), "0\n");
    });
}

#[test]
fn what_may_not_be_switched_on_is_named() {
    in_namespace("what_may_not_be_switched_on_is_named", || {
        let plan = hardened();
        // As in a container.
        for words in ["--bind /proc/sys /proc/sys", "-o remount,bind,ro /proc/sys"] {
            assert!(Command::new("mount").args(words.split(' ')).status().unwrap().success(), "mount {words}");
        }
        runtime().block_on(async {
            let (_handle, mut events) = start(&plan).await;
            match outcome(&mut events).await {
                NetEvent::Failed { at: AT, reason } => assert_eq!(
                    (reason.code(), reason.to_string().as_str()),
                    (
                        "ipv6-off",
                        "IPv6 is switched off, and the sysctl net.ipv6.conf.nbft0.disable_ipv6 cannot be set to 0: \
                         Read-only file system (os error 30)"
                    )
                ),
                other => panic!("{other:?}"),
            }
        });
    });
}
