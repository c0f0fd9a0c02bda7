//! A path at the host interface: the NIC is found by what SMBIOS says of it, used, and left as it was.

use crate::common::far::far_with;
use crate::common::net::veth;
use crate::common::{in_namespace, ip, ip_lines};
use crate::service::{Certificate, json, serve};
use crate::{COLLECTION, Root, collection, failed, key, lines};
use std::fs;
use std::sync::mpsc::channel;

/// An SMBIOS table with a host interface: a USB NIC with MAC 02:00:00:00:00:01, host and service with these last bytes of
/// 192.0.2.0/24 (0: none), assigned like this.
fn smbios(assignment: u8, host: u8, service: u8, vlan: u8) -> Vec<u8> {
    let end = |assignment, last| {
        let address = if last == 0 { [0; 4] } else { [192, 0, 2, last] };
        [&[assignment, 1][..], &address, &[0; 12], &[255, 255, 255, 0], &[0; 12]].concat()
    };
    let name = b"bmc.example";
    let record = [
        &[7; 16],
        &end(assignment, host)[..],
        &end(1, service),
        &443_u16.to_le_bytes(),
        &[vlan, 0, 0, 0, name.len() as u8],
        name,
    ]
    .concat();
    let device = [4, 0x11, 0x28, 0x0d, 4, 2, 0, 2, 0, 0, 0, 0, 1, 0, 0, 0, 0];
    let body = [&[0x40, device.len() as u8], &device[..], &[1, 4, record.len() as u8], &record].concat();
    let structure = [&[42, body.len() as u8 + 4, 1, 0], &body[..], &[0, 0]].concat();
    [&[1, 4, 0, 0, b'x', 0, 0], &structure[..], &[127, 4, 2, 0, 0, 0]].concat()
}

fn root(name: &str, table: &[u8]) -> Root {
    let root = Root::new(name);
    fs::create_dir_all(root.0.join("sys/firmware/dmi/tables")).unwrap();
    fs::write(root.0.join("sys/firmware/dmi/tables/DMI"), table).unwrap();
    root
}

/// The service on the other end of eth0, by the name that SMBIOS has for it.
fn service() -> Certificate {
    veth("eth0", 1);
    let (tell, told) = channel();
    far_with("eth0", &["192.0.2.10/24", "198.51.100.10/24"], move |ready| {
        let certificate = Certificate::new(&["bmc.example"]);
        serve("0.0.0.0:443", &certificate, |request| match request.line.strip_prefix("GET ").unwrap() {
            COLLECTION => json(&collection(&["Host", "Target", "Psk"])),
            path => json(&key(path.rsplit('/').next().unwrap()).unwrap()),
        });
        tell.send(certificate).unwrap();
        ready();
    });
    told.recv().unwrap()
}

/// What `ip` says of the machine's network.
fn network() -> Vec<String> {
    // What queues the packets is the kernel's choice, made when it is first up.
    let links =
        ip_lines("-oneline link show dev eth0").into_iter().map(|line| line.replace("qdisc noop ", "qdisc noqueue "));
    [links.collect(), ip_lines("-oneline address"), ip_lines("route show table all")].concat()
}

#[test]
fn the_nic_is_set_up_while_it_is_needed() {
    in_namespace("host_interface::the_nic_is_set_up_while_it_is_needed", || {
        let certificate = service();
        let before = network();
        let root = root("usb", &smbios(1, 9, 10, 0)).with_user().with("ca", &certificate.pem);
        assert_eq!(root.fetch(COLLECTION), (0, lines(), String::new()));
        assert_eq!(network(), before);
        // As a URI, for whose host the certificate is not.
        let root = root.with("fingerprint", &certificate.fingerprint);
        assert_eq!(root.fetch(&format!("https://192.0.2.10{COLLECTION}")), (0, lines(), String::new()));
        assert_eq!(network(), before);
        // As it is used by others already, with an address of theirs and with routes elsewhere.
        ip("address add 192.0.2.77/24 dev eth0");
        ip("link set eth0 up");
        let before = network();
        assert_eq!(root.fetch(COLLECTION).0, 0);
        assert_eq!(network(), before);
    });
}

#[test]
fn what_is_missing_is_said() {
    in_namespace("host_interface::what_is_missing_is_said", || {
        let refused = |name: &str, table: &[u8], code: i32, error: &str| {
            let (ended, output, said) = root(name, table).fetch(COLLECTION);
            assert_eq!((ended, output, said.trim_end()), (code, failed("unreachable"), error));
        };
        let none = "the keypath is a path at the Redfish host interface, and the SMBIOS table describes none (type 42)";
        refused("nothing", &[127, 4, 0, 0, 0, 0], 1, none);
        let device = "USB device 0d28:0204 with MAC 02:00:00:00:00:01";
        let no_service =
            format!("the Redfish host interface ({device}) has no address of the service in the SMBIOS table");
        refused("no-service", &smbios(1, 9, 0, 0), 1, &no_service);
        let missing = format!("the NIC of the Redfish host interface is not there after 10 s: {device}");
        refused("no-nic", &smbios(1, 9, 10, 0), 75, &missing);
        let certificate = service();
        let before = network();
        let said = |what: &str| format!("the Redfish host interface ({device}): {what}");
        let by_dhcp =
            "eth0 has no address in the subnet of 192.0.2.10, and the SMBIOS table gives it none (assignment: DHCP)";
        refused("dhcp", &smbios(2, 9, 10, 0), 1, &said(by_dhcp));
        let unsaid = by_dhcp.replace("DHCP", "automatic");
        refused("unsaid", &smbios(3, 0, 10, 0), 1, &said(&unsaid));
        refused("vlan", &smbios(1, 9, 10, 5), 1, &said("VLAN 5 is not set up here"));
        // Nobody is there, and the NIC is left as it was all the same.
        let (code, _, error) = root("silent", &smbios(1, 9, 11, 0)).with("ca", &certificate.pem).fetch(COLLECTION);
        assert!(code == 75 && error.starts_with("https://192.0.2.11:443/redfish/v1/"), "{error}");
        assert_eq!(network(), before);
    });
}
