//! Maintains networks in the resident service.

#![allow(clippy::disallowed_macros, clippy::disallowed_methods, clippy::unwrap_used)]

mod common;

use common::net::{AT, NIC, outcome, plan, ready, runtime, start_with, veth};
use common::{in_namespace, ip, ip_lines};
use nbft_connect::net::{NetEvent, NetFailure, NetOptions};

#[test]
fn addresses_carrier_and_nic_are_restored() {
    in_namespace("addresses_carrier_and_nic_are_restored", || {
        veth("eth0", 1);
        ip("link set eth0-peer up");
        let plan = plan(&[NIC]);
        runtime().block_on(async {
            let options = NetOptions::new("/".into()).maintaining(Vec::new());
            let (_handle, mut events) = start_with(options, &plan).await;
            ready(&mut events).await;
            let routes = || {
                let mut routes = ip_lines("route show table all");
                // The other end's own address comes when its duplicate address detection ends.
                routes.retain(|route| !route.contains("eth0-peer"));
                routes
            };
            let all = || (ip_lines("-4 address show dev nbft0"), routes(), ip_lines("rule"));
            let before = all();

            ip("address del 192.0.2.2/24 dev nbft0");
            ready(&mut events).await;
            assert_eq!(all(), before);

            // A carrier that comes back is reported: paths are then tried at once.
            ip("link set eth0-peer down");
            ip("link set eth0-peer up");
            ready(&mut events).await;
            assert_eq!(all(), before);

            ip("link del nbft0");
            match outcome(&mut events).await {
                NetEvent::Failed { at: AT, reason: NetFailure::LinkGone } => {}
                other => panic!("{other:?}"),
            }
            veth("eth1", 1);
            ip("link set eth1-peer up");
            let (at, name, address) = ready(&mut events).await;
            assert_eq!((at, name.as_str(), address.to_string().as_str()), (AT, "nbft0", "192.0.2.2"));
        });
    });
}
