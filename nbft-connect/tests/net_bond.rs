//! A bond over two NICs of one subnet, each a veth pair whose other end is a port of one bridge.

#![allow(clippy::disallowed_macros, clippy::disallowed_methods, clippy::unwrap_used)]

mod common;

use common::net::{NIC, Nic, outcome, plan_with, runtime, start_with, veth};
use common::{in_namespace, ip, ip_lines};
use libnbft::plan::{Options, Plan};
use nbft_connect::net::{BondOutcome, NetEvent, NetFailure, NetHandle, NetOptions};
use nix::sched::{CloneFlags, unshare};
use std::net::{SocketAddr, TcpListener};
use std::process::Command;
use std::sync::mpsc::channel;
use std::time::Duration;
use tokio::net::TcpSocket;
use tokio::sync::mpsc::UnboundedReceiver;

const SECOND: Nic = Nic { mac: 2, address: "192.0.2.3", prefix: 24, gateway: "::" };

fn bonded(nics: &[Nic]) -> Plan {
    plan_with(nics, &Options::default().with_bonds(vec!["bond0:nbft0,nbft1:active-backup:miimon=50".parse().unwrap()]))
}

/// The switch that the other ends are plugged into: a bridge with 192.0.2.1 in a network namespace of its own.
struct Switch(i32);

impl Switch {
    fn new() -> Self {
        let (tell, told) = channel();
        std::thread::spawn(move || {
            unshare(CloneFlags::CLONE_NEWNET).unwrap();
            // A program that a thread starts is in the thread's namespace.
            ip("link add switch type bridge");
            ip("address add 192.0.2.1/24 dev switch");
            ip("link set switch up");
            let target = TcpListener::bind("192.0.2.1:4420").unwrap();
            tell.send(nix::unistd::gettid().as_raw()).unwrap();
            while target.accept().is_ok() {}
        });
        Self(told.recv().unwrap())
    }

    fn ip(&self, words: &str) {
        let namespace = format!("--net=/proc/{}/task/{}/ns/net", std::process::id(), self.0);
        let output = Command::new("nsenter").arg(namespace).arg("ip").args(words.split(' ')).output().unwrap();
        assert!(output.status.success(), "ip {words}: {}", String::from_utf8_lossy(&output.stderr));
    }

    /// Makes a NIC, and plugs its other end in.
    fn plug(&self, name: &str, mac: u8) {
        veth(name, mac);
        ip(&format!("link set {name}-peer netns {}", self.0));
        self.ip(&format!("link set {name}-peer master switch up"));
    }
}

/// The link, the address, and what came of the bond of the next network that is ready.
async fn ready(events: &mut UnboundedReceiver<NetEvent>) -> (String, String, Option<BondOutcome>) {
    match outcome(events).await {
        NetEvent::Ready { link_name, address, bond, .. } => (link_name, address.to_string(), bond),
        other => panic!("{other:?}"),
    }
}

/// Both networks of the plan, in the order of their addresses.
async fn both(events: &mut UnboundedReceiver<NetEvent>) -> Vec<(String, String)> {
    let mut found = Vec::new();
    while found.len() < 2 {
        let (link, address, _) = ready(events).await;
        found.push((link, address));
    }
    found.sort();
    found
}

fn on_bond() -> Vec<(String, String)> {
    ["192.0.2.2", "192.0.2.3"].map(|address| ("bond0".to_owned(), address.to_owned())).to_vec()
}

fn ports() -> Vec<String> {
    let names = |line: String| line.split(['@', ':']).nth(1).unwrap().trim().to_owned();
    ip_lines("-o link show master bond0").into_iter().map(names).collect()
}

async fn reaches_target(source: &str) -> bool {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind(SocketAddr::new(source.parse().unwrap(), 0)).unwrap();
    let connected = socket.connect("192.0.2.1:4420".parse().unwrap());
    tokio::time::timeout(Duration::from_secs(4), connected).await.is_ok_and(|connected| connected.is_ok())
}

async fn start(plan: &Plan) -> (NetHandle, UnboundedReceiver<NetEvent>) {
    start_with(NetOptions::new("/".into()).maintaining(Vec::new()), plan).await
}

#[test]
#[ignore = "needs the kernel module bonding"]
fn bonding_gives_both_addresses_and_outlives_one_port() {
    in_namespace("bonding_gives_both_addresses_and_outlives_one_port", || {
        let switch = Switch::new();
        switch.plug("eth0", 1);
        switch.plug("eth1", 2);
        runtime().block_on(async {
            let plan = bonded(&[NIC, SECOND]);
            let (handle, mut events) = start(&plan).await;
            assert_eq!(both(&mut events).await, on_bond());
            tokio::time::sleep(Duration::from_secs(1)).await;
            assert_eq!(ports(), ["nbft0", "nbft1"]);
            let link = ip("-d link show bond0");
            assert!(link.contains("mode active-backup") && link.contains("miimon 50"), "{link}");
            assert!(link.contains("link/ether 02:00:00:00:00:01"), "{link}");
            assert_eq!(
                (ip("address show dev nbft0").contains("inet "), reaches_target("192.0.2.2").await),
                (false, true)
            );
            for (cut, back) in [("eth0", "eth1"), ("eth1", "eth0")] {
                switch.ip(&format!("link set {back}-peer up"));
                tokio::time::sleep(Duration::from_secs(1)).await;
                switch.ip(&format!("link set {cut}-peer down"));
                tokio::time::sleep(Duration::from_secs(1)).await;
                assert!(reaches_target("192.0.2.2").await && reaches_target("192.0.2.3").await, "{cut} is cut");
            }
            // A second run changes nothing, though one port has lost its cable.
            drop((handle, events));
            let before = (ip_lines("-o link show"), ip_lines("address show dev bond0"), ip_lines("rule show"));
            let (_handle, mut events) = start(&plan).await;
            assert_eq!(both(&mut events).await, on_bond());
            let after = (ip_lines("-o link show"), ip_lines("address show dev bond0"), ip_lines("rule show"));
            assert_eq!(before, after);
        });
    });
}

#[test]
#[ignore = "needs the kernel module bonding"]
fn bonding_takes_a_port_that_comes_later() {
    in_namespace("bonding_takes_a_port_that_comes_later", || {
        let switch = Switch::new();
        switch.plug("eth1", 2);
        runtime().block_on(async {
            let (_handle, mut events) = start(&bonded(&[NIC, SECOND])).await;
            assert_eq!(both(&mut events).await, on_bond());
            assert_eq!(ports(), ["nbft1"]);
            switch.plug("eth0", 1);
            tokio::time::sleep(Duration::from_secs(2)).await;
            assert_eq!(ports(), ["nbft0", "nbft1"]);
            // A NIC that is taken out and put back joins again.
            ip("link del nbft1");
            switch.plug("eth1", 2);
            tokio::time::sleep(Duration::from_secs(2)).await;
            assert_eq!(ports(), ["nbft0", "nbft1"]);
            assert!(reaches_target("192.0.2.3").await);
        });
    });
}

#[test]
fn where_the_name_is_taken_one_port_is_used_alone() {
    in_namespace("where_the_name_is_taken_one_port_is_used_alone", || {
        let switch = Switch::new();
        switch.plug("eth0", 1);
        switch.plug("eth1", 2);
        switch.ip("link set eth0-peer down");
        // Neither of a kernel with bonds nor of one without: a link of another kind has the name.
        ip("link add bond0 type bridge");
        runtime().block_on(async {
            let (_handle, mut events) = start(&bonded(&[NIC, SECOND])).await;
            let mut found = [ready(&mut events).await, ready(&mut events).await];
            found.sort_by(|one, other| one.1.cmp(&other.1));
            // The port that has a carrier.
            let expected = ["192.0.2.2", "192.0.2.3"].map(|address| {
                let failure = NetFailure::BondNameTaken("bond0".into());
                ("nbft1".to_owned(), address.to_owned(), Some(BondOutcome::Without(failure)))
            });
            match &found[0].2 {
                // A kernel without bonds says that first.
                Some(BondOutcome::Without(failure @ NetFailure::BondRefused { .. })) => {
                    assert_eq!(failure.code(), "bond-refused");
                    assert_eq!(found.map(|(link, address, _)| (link, address)), expected.map(|(l, a, _)| (l, a)));
                }
                _ => assert_eq!(found, expected),
            }
            assert!(reaches_target("192.0.2.2").await && reaches_target("192.0.2.3").await);
        });
    });
}
