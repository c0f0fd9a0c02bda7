//! Which NIC answers ARP for which address: a real host at the other end asks.

#![allow(clippy::disallowed_macros, clippy::disallowed_methods, clippy::unwrap_used)]

mod common;

use common::far::far_with;
use common::net::{NIC, Nic, Root, plan, ready, runtime, start, start_with, veth};
use common::{in_namespace, ip};
use nbft_connect::net::NetOptions;
use std::fs;
use std::net::UdpSocket;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::{Duration, Instant};

/// A host at the other end of eth0 that asks by ARP for each address that it is sent, and sends back who has it.
fn asker() -> (Sender<&'static str>, Receiver<String>) {
    let (ask, asked) = channel::<&'static str>();
    let (answer, answers) = channel();
    far_with("eth0", &["192.0.2.1/24"], move |ready| {
        ready();
        while let Ok(address) = asked.recv() {
            ip(&format!("route replace {address}/32 dev eth0-peer"));
            let socket = UdpSocket::bind("192.0.2.1:0").unwrap();
            let started = Instant::now();
            let found = loop {
                socket.send_to(b"?", (address, 9)).ok();
                let shown = ip(&format!("neigh show {address} dev eth0-peer"));
                if shown.contains("lladdr") || shown.contains("FAILED") || started.elapsed().as_secs() > 10 {
                    break shown;
                }
                std::thread::sleep(Duration::from_millis(50));
            };
            let words: Vec<&str> = found.split_whitespace().collect();
            let at = words.iter().position(|word| *word == "lladdr");
            answer.send(at.map_or("nobody", |at| words[at + 1]).to_owned()).unwrap();
        }
    });
    (ask, answers)
}

fn sysctls(link: &str) -> Vec<String> {
    let read = |key| fs::read_to_string(format!("/proc/sys/net/ipv4/conf/{link}/{key}")).unwrap().trim().to_owned();
    ["arp_ignore", "arp_announce"].map(read).to_vec()
}

#[test]
fn a_service_address_on_lo_answers() {
    in_namespace("a_service_address_on_lo_answers", || {
        veth("eth0", 1);
        let (ask, answers) = asker();
        ip("address add 198.51.100.7/32 dev lo");
        runtime().block_on(async {
            let (_handle, mut events) = start(&plan(&[NIC])).await;
            ready(&mut events).await;
        });
        for address in ["192.0.2.2", "198.51.100.7"] {
            ask.send(address).unwrap();
            assert_eq!(answers.recv().unwrap(), "02:00:00:00:00:01", "{address}");
        }
    });
}

#[test]
fn nics_of_one_subnet_answer_for_themselves() {
    in_namespace("nics_of_one_subnet_answer_for_themselves", || {
        veth("eth0", 1);
        veth("eth1", 2);
        ip("link set eth1-peer up");
        let (ask, answers) = asker();
        runtime().block_on(async {
            let (_handle, mut events) = start(&plan(&[NIC, Nic { mac: 2, address: "192.0.2.3", ..NIC }])).await;
            ready(&mut events).await;
            ready(&mut events).await;
        });
        for (address, owner) in [("192.0.2.2", "02:00:00:00:00:01"), ("192.0.2.3", "nobody")] {
            ask.send(address).unwrap();
            assert_eq!(answers.recv().unwrap(), owner, "{address}");
        }
        assert_eq!((sysctls("nbft0"), sysctls("nbft1")), (sysctls("nbft1"), vec!["1".to_owned(), "2".to_owned()]));
    });
}

#[test]
fn a_nic_beside_the_tables_counts_when_it_comes() {
    in_namespace("a_nic_beside_the_tables_counts_when_it_comes", || {
        veth("eth0", 1);
        veth("lan0", 7);
        ip("link set eth0-peer up");
        let root = Root::new("arp");
        runtime().block_on(async {
            let options = NetOptions::new(root.0.clone()).maintaining(Vec::new());
            let (_handle, mut events) = start_with(options, &plan(&[NIC])).await;
            ready(&mut events).await;
            ip("address add 198.51.100.7/32 dev lo");
            ip("address add 203.0.113.7/24 dev lan0");
            tokio::time::sleep(Duration::from_millis(500)).await;
            assert_eq!(sysctls("nbft0"), ["0", "0"]);
            ip("address add 192.0.2.77/24 dev lan0");
            let started = Instant::now();
            while sysctls("nbft0") != ["1", "2"] {
                assert!(started.elapsed().as_secs() < 10, "{:?}", sysctls("nbft0"));
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        });
        assert_eq!(sysctls("lan0"), ["0", "0"], "it is not nbft's");
    });
}
