//! Another host has the address of the table for a while: nbft sets it again, and says who has it.

#![allow(clippy::disallowed_macros, clippy::disallowed_methods, clippy::unwrap_used)]

mod common;

use common::net::{AT, NIC, Nic, Root, outcome, plan, ready, runtime, start, start_with, veth};
use common::{in_namespace, ip};
use nbft_connect::net::{NetEvent, NetOptions};
use std::time::Duration;

/// The NIC, and another host that has its address.
fn set_up() -> libnbft::plan::Plan {
    veth("eth0", 1);
    ip("link set eth0-peer address 02:00:00:00:00:99");
    ip("-6 address add 2001:db8:1::2/64 dev eth0-peer nodad");
    ip("link set eth0-peer up");
    plan(&[Nic { address: "2001:db8:1::2", prefix: 64, ..NIC }])
}

const SENTENCE: &str = "another host, 02:00:00:00:00:99, uses 2001:db8:1::2: duplicate address detection failed";

/// The other host has the address until nbft has noticed it twice, or once.
fn ready_after(options: impl Fn() -> NetOptions, notices: usize) {
    let plan = set_up();
    runtime().block_on(async {
        let (_handle, mut events) = start_with(options(), &plan).await;
        for _ in 0..notices {
            match outcome(&mut events).await {
                NetEvent::Failed { at: AT, reason } => {
                    assert_eq!((reason.code(), reason.to_string().as_str()), ("address-duplicate", SENTENCE));
                }
                other => panic!("{other:?}"),
            }
        }
        ip("-6 address del 2001:db8:1::2/64 dev eth0-peer");
        // The failure may have been noticed once more before the address was removed.
        let ready = tokio::time::timeout(Duration::from_secs(60), async {
            loop {
                match outcome(&mut events).await {
                    NetEvent::Ready { at: AT, link_name, address, .. } => return (link_name, address.to_string()),
                    NetEvent::Failed { at: AT, reason } => assert_eq!(reason.code(), "address-duplicate"),
                    other => panic!("{other:?}"),
                }
            }
        });
        assert_eq!(ready.await.expect("in time"), ("nbft0".to_owned(), "2001:db8:1::2".to_owned()));
    });
    let shown = ip("-6 address show dev nbft0 scope global");
    assert!(shown.contains("inet6 2001:db8:1::2/64") && !shown.contains("dadfailed"), "{shown}");
}

#[test]
fn an_address_that_becomes_free_is_set_during_the_boot() {
    in_namespace("an_address_that_becomes_free_is_set_during_the_boot", || {
        ready_after(|| NetOptions::new("/".into()), 2);
    });
}

#[test]
fn the_resident_service_sets_an_address_that_becomes_free() {
    in_namespace("the_resident_service_sets_an_address_that_becomes_free", || {
        let root = Root::new("duplicate");
        ready_after(move || NetOptions::new(root.0.clone()).maintaining(Vec::new()), 1);
    });
}

#[test]
fn a_later_run_is_not_bound_to_what_a_former_one_found() {
    in_namespace("a_later_run_is_not_bound_to_what_a_former_one_found", || {
        let plan = set_up();
        runtime().block_on(async {
            let (_handle, mut events) = start(&plan).await;
            assert!(matches!(outcome(&mut events).await, NetEvent::Failed { at: AT, .. }));
        });
        ip("-6 address del 2001:db8:1::2/64 dev eth0-peer");
        let left = ip("-6 address show dev nbft0 scope global");
        assert!(left.contains("dadfailed"), "doctor finds it there: {left}");
        runtime().block_on(async {
            let (_handle, mut events) = start(&plan).await;
            assert_eq!(ready(&mut events).await.2.to_string(), "2001:db8:1::2");
        });
    });
}
