//! A NIC that is a port of a bridge.

use crate::common::far::{Serve, far};
use crate::common::net::veth;
use crate::common::{in_namespace, ip};
use crate::support::{Root, table};

#[test]
fn a_port_of_a_bridge() {
    in_namespace("master::a_port_of_a_bridge", || {
        veth("nbft0", 1);
        far("nbft0", &["192.0.2.1/24"], Serve::Nothing);
        ip("link add br0 type bridge");
        ip("link set nbft0 master br0");
        ip("link set nbft0 up");
        ip("link set br0 up");
        let root = Root::new("port", &table());
        assert_eq!(
            root.path(""),
            "path 192.0.2.1 port 4420 over nbft0: stops at the address\n  \
             wrong:    nbft0 is a port of br0, which has no address 192.0.2.2.\n  \
             do:       Give br0 the address, or remove nbft0 from it; nbft sets none on a port.\n  \
             works:    NIC nbft0, carrier\n"
        );
        ip("address add 192.0.2.2/24 dev br0");
        let text = root.path("");
        assert!(text.starts_with("path 192.0.2.1 port 4420 over nbft0: stops at the TCP port\n"), "{text}");
        let found = "  works:    NIC nbft0, carrier, 192.0.2.2/24 on br0, route on the link\n";
        assert!(text.ends_with(found), "{text}");
    });
}
