//! Tests replacement by example.

use super::Redactor;
use libnbft::model::*;

fn table(hfis: &[(&str, u8, &str)]) -> Table {
    let mut table = Table::default();
    for (n, (ip, prefix, gateway)) in hfis.iter().enumerate() {
        let mut tcp = HfiTcp::default();
        tcp.ip = address(ip);
        tcp.prefix = *prefix;
        tcp.gateway = address(gateway);
        tcp.mac = Mac([0x52, 0x54, 0, 0, 0, n as u8]);
        let mut hfi = Hfi::default();
        hfi.tcp = Some(tcp);
        table.hfis.push(hfi);
    }
    table
}

fn address(text: &str) -> Address {
    Address::from(text.parse::<std::net::IpAddr>().unwrap())
}

fn add_ssns(table: &mut Table, traddr: &str, nqn: &str, root_path: &str) {
    let mut ssns = Ssns::default();
    ssns.traddr = Some(address(traddr));
    ssns.nqn = Some(Nqn(nqn.into()));
    let mut ext = SsnsExt::default();
    ext.dhcp_root_path = Some(root_path.into());
    ssns.ext = Some(ext);
    table.ssns.push(ssns);
}

fn redact(table: &Table) -> Table {
    Redactor::new([table]).table(table)
}

fn addresses(table: &Table) -> Vec<String> {
    let hfis = table.hfis.iter().filter_map(|hfi| hfi.tcp.as_ref());
    let mut texts: Vec<_> = hfis.map(|tcp| format!("{}/{} via {}", tcp.ip, tcp.prefix, tcp.gateway)).collect();
    texts.extend(table.ssns.iter().filter_map(|ssns| ssns.traddr).map(|address| address.to_string()));
    texts
}

#[test]
fn subnets_stay_visible_and_unset_addresses_unset() {
    let mut table = table(&[
        ("10.1.2.3", 24, "10.1.2.1"),
        ("172.16.5.6", 16, "0.0.0.0"),
        ("10.1.2.4", 24, "::"),
        ("fd00:1::2", 64, "fe80::1"),
        ("fd00:2::2", 0, "::"),
        ("10.9.8.6", 31, "10.9.8.7"),
        ("10.7.7.7", 32, "10.1.2.1"),
    ]);
    for traddr in ["10.1.2.9", "172.16.200.1", "8.8.8.8", "fd00:1::9", "fd00:2::9", "2600::1", "127.0.0.1", "8.8.4.4"] {
        add_ssns(&mut table, traddr, "", "");
    }
    assert_eq!(
        addresses(&redact(&table)),
        [
            "192.0.2.1/24 via 192.0.2.2",
            "198.51.100.1/16 via 0.0.0.0",
            "192.0.2.3/24 via ::",
            "2001:db8:1::1/64 via fe80::1",
            "2001:db8:2::1/0 via ::",
            "198.18.0.0/31 via 198.18.0.1",
            "198.18.1.0/32 via 192.0.2.2",
            "192.0.2.4",
            "198.51.100.2",
            "203.0.113.1",
            "2001:db8:1::2",
            "2001:db8:2::2",
            "2001:db8:ffff::2",
            "127.0.0.1",
            "203.0.113.2",
        ]
    );
}

#[test]
fn a_subnet_that_is_full_goes_on_outside_without_collisions() {
    let hfis: Vec<_> = (0..=255).flat_map(|a| (1..=3).map(move |b| format!("10.0.{a}.{b}"))).collect();
    let table = table(&hfis.iter().map(|ip| (ip.as_str(), 16, "::")).collect::<Vec<_>>());
    let redacted = redact(&table);
    let distinct: std::collections::BTreeSet<_> =
        redacted.hfis.iter().filter_map(|hfi| hfi.tcp.as_ref()).map(|tcp| tcp.ip).collect();
    assert_eq!(distinct.len(), 768);
}

#[test]
fn names_are_replaced_alike_wherever_they_stand() {
    let mut table = table(&[("10.1.2.3", 24, "::")]);
    let uuid = "4c4c4544-0044-4410-8030-b8c04f445833";
    let uuid_nqn = format!("nqn.2014-08.org.nvmexpress:uuid:{uuid}");
    let mut host = Host::default();
    host.id = uuid.parse::<Uuid>().unwrap().swapped();
    host.nqn = Some(Nqn(uuid_nqn.clone()));
    table.host = Some(host);
    let acme = "nqn.2020-01.com.acme:rack7.Array3";
    add_ssns(&mut table, "10.1.2.9", acme, "NVME+TCP://10.1.2.9:4420/NQN.2020-01.COM.ACME:RACK7.ARRAY3/1");
    add_ssns(&mut table, "10.1.2.9", &uuid_nqn, &format!("nvme+tcp://[fd00::9]/{uuid_nqn}/{uuid}"));
    add_ssns(&mut table, "10.1.2.9", DISCOVERY_NQN, "nvme+tcp://target.acme.com:8009/x/0011223344556677");
    add_ssns(&mut table, "10.1.2.9", "nqn.2020-01.com.acme:rack7.array3", "the root of acme");
    add_ssns(&mut table, "10.1.2.9", "acme", "");
    table.ssns[2].nid_type = NidType::EUI64;
    table.ssns[2].nid = [0, 0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77, 0, 0, 0, 0, 0, 0, 0, 0];
    let redacted = redact(&table);
    let host = redacted.host.unwrap();
    // The relation between ID and NQN is the finding that a bug report is about.
    assert_eq!(host.id, host.nqn.as_ref().unwrap().uuid().unwrap().swapped());
    let lines: Vec<_> = redacted
        .ssns
        .iter()
        .map(|ssns| {
            let path = ssns.ext.as_ref().and_then(|ext| ext.dhcp_root_path.clone()).unwrap();
            format!("{} {path}", ssns.nqn.as_ref().unwrap())
        })
        .collect();
    let id = host.nqn.unwrap().uuid().unwrap();
    assert_eq!(
        lines,
        [
            "nqn.2014-08.org.example:name-1 NVME+TCP://192.0.2.2:4420/NQN.2014-08.ORG.EXAMPLE:NAME-1/1".to_owned(),
            format!(
                "nqn.2014-08.org.nvmexpress:uuid:{id} nvme+tcp://[2001:db8:ffff::1]/nqn.2014-08.org.nvmexpress:uuid:{id}/{id}"
            ),
            format!("{DISCOVERY_NQN} nvme+tcp://host-1:8009/path-1/d0d0d0d000000001"),
            "nqn.2014-08.org.example:name-2 text-1".to_owned(),
            "no-nqn-name-3 ".to_owned(),
        ]
    );
    assert_eq!(redacted.ssns[2].nid().unwrap().to_string(), "d0d0d0d000000001");
}

#[test]
fn placeholders_and_faults_stay_what_they_are() {
    let mut table = table(&[("10.1.2.3", 24, "::"), ("10.1.2.3", 24, "::"), ("10.1.2.3", 24, "::")]);
    for (hfi, mac) in table.hfis.iter_mut().zip([[0; 6], [1, 2, 3, 4, 5, 6], [2, 2, 3, 4, 5, 6]]) {
        hfi.tcp.as_mut().unwrap().mac = Mac(mac);
    }
    let mut host = Host::default();
    host.id = Uuid([0xff; 16]);
    host.nqn = Some(Nqn(format!("nqn.2020-01.com.acme:{}", "y".repeat(300))));
    table.host = Some(host);
    let redacted = redact(&table);
    let macs: Vec<_> = redacted.hfis.iter().map(|hfi| hfi.tcp.as_ref().unwrap().mac.to_string()).collect();
    assert_eq!(macs, ["00:00:00:00:00:00", "01:00:5e:90:10:01", "00:00:5e:00:53:02"]);
    let host = redacted.host.unwrap();
    assert_eq!(host.id, Uuid([0xff; 16]));
    assert_eq!(host.nqn.unwrap().as_str().len(), 321);
}

#[test]
fn client_identifiers_keep_their_kind() {
    let mac = [0x52, 0x54, 0, 0, 0, 9];
    let replaced = [0, 0, 0x5e, 0, 0x53, 1];
    let uuid = [0x11; 16];
    let of = |parts: &[&[u8]]| parts.concat();
    let duids = [
        (of(&[&[1, 0, 1, 0, 7, 7, 7, 7], &mac]), of(&[&[1, 0, 1, 0, 0, 0, 0, 0], &replaced])),
        (of(&[&[3, 0, 1, 0], &mac]), of(&[&[3, 0, 1, 0], &replaced])),
        (of(&[&[2, 0, 9, 0, 0, 0], b"serial"]), of(&[&[2, 0, 9, 0, 0, 0, 0xd0, 0xd0], &[0, 0, 0, 3]])),
        (of(&[&[4, 0], &uuid]), of(&[&[4, 0], &[0xd0, 0xd1, 0xd2, 0xd3, 0, 0, 0x40, 0, 0x80, 0, 0, 0, 0, 0, 0, 1]])),
        (vec![9, 0, 7], vec![9, 0, 5]),
        (vec![1], vec![1]),
    ];
    let mut table = table(&[("10.1.2.3", 24, "::"); 6]);
    for (hfi, (duid, _)) in table.hfis.iter_mut().zip(&duids) {
        let mut ext = HfiExt::default();
        ext.iaid = Some(0xdead_beef);
        ext.duid = Some(duid.clone());
        let tcp = hfi.tcp.as_mut().unwrap();
        tcp.mac = Mac(mac);
        tcp.ext = Some(ext);
    }
    for (hfi, (_, expected)) in redact(&table).hfis.iter().zip(&duids) {
        let ext = hfi.tcp.as_ref().unwrap().ext.as_ref().unwrap();
        assert_eq!((ext.iaid, ext.duid.as_ref()), (Some(1), Some(expected)));
    }
}

#[test]
fn device_paths_keep_what_names_no_machine() {
    let mut table = Table::default();
    table.header.driver_path = Some(
        "PciRoot(0x0)/Pci(0x3,0x0)/MAC(525400000A02,0x1)/IPv4(10.1.2.3)/FvFile(EB487413-0480-4C92-9F17-D19482D325D5)/x y"
            .into(),
    );
    assert_eq!(
        redact(&table).header.driver_path.as_deref(),
        Some(
            "PciRoot(0x0)/Pci(0x3,0x0)/MAC(redacted)/IPv4(redacted)/FvFile(EB487413-0480-4C92-9F17-D19482D325D5)/redacted"
        )
    );
}
