//! Tests tables on which other readers fail: each is read right, with the right finding.

use crate::support::tables::{self, discovery, ip};
use libnbft::model::{Nqn, Table, Uuid};
use libnbft::{parse, repair_checksum, write};

fn written(table: &Table) -> Vec<u8> {
    write(table).expect("it can be written")
}

/// What is read from these bytes, and the names of the rules that they break.
fn read(bytes: &[u8]) -> (Table, Vec<&'static str>) {
    let parsed = parse(bytes).expect("it can be read");
    let rules = parsed.check().iter().map(|finding| finding.rule.name()).collect();
    (parsed.table, rules)
}

/// Where a field lies.
fn field(bytes: &[u8], structure: &str, field: &str) -> usize {
    let fields = parse(bytes).expect("it can be read").fields();
    let found = fields.iter().find(|found| found.structure == structure && found.field == field);
    found.expect("there is such a field").span.start
}

#[test]
fn a_discovery_descriptor_without_nqn() {
    let mut table = tables::static4();
    table.discovery = vec![discovery(1, 1)];
    let (read_table, rules) = read(&written(&table));
    assert_eq!((read_table, rules.as_slice()), (table, [].as_slice()));
}

#[test]
fn an_ssns_without_secondary_hfis() {
    let table = tables::static4();
    let (read_table, rules) = read(&written(&table));
    assert_eq!(read_table.ssns[0].hfi_indexes(), [1]);
    assert_eq!(rules, [""; 0]);
}

#[test]
fn the_first_of_two_discovery_descriptors_names_a_missing_hfi() {
    let mut table = tables::static4();
    table.discovery = vec![discovery(1, 9), discovery(2, 1)];
    let (read_table, rules) = read(&written(&table));
    assert_eq!((read_table, rules.as_slice()), (table, ["discovery-hfi-missing"].as_slice()));
}

#[test]
fn a_minor_revision_to_come() {
    let mut table = tables::full();
    table.header.minor = 2;
    let (read_table, rules) = read(&written(&table));
    assert_eq!((read_table, rules.as_slice()), (table, ["minor-revision"].as_slice()));
}

#[test]
fn a_file_that_goes_on_after_the_table() {
    let table = tables::full();
    let mut bytes = written(&table);
    bytes.push(0x55);
    let (read_table, rules) = read(&bytes);
    assert_eq!((read_table, rules.as_slice()), (table, ["file-long"].as_slice()));
}

#[test]
fn a_transport_address_of_four_bytes() {
    let table = tables::multipath();
    let mut bytes = written(&table);
    let reference = field(&bytes, "SSNS 1", "transport address reference");
    bytes[reference + 4] = 4;
    repair_checksum(&mut bytes);
    let (read_table, rules) = read(&bytes);
    assert_eq!(rules, ["object-short"]);
    assert_eq!(read_table.ssns[0].traddr, None);
    assert_eq!(read_table.ssns[1], table.ssns[1]);
}

#[test]
fn a_host_id_that_begins_with_zero() {
    let mut table = tables::static4();
    let id: Uuid = "00112233-4455-6677-8899-aabbccddeeff".parse().expect("it is a UUID");
    let host = table.host.as_mut().expect("there is one");
    (host.id, host.nqn) = (id, Some(Nqn(format!("nqn.2014-08.org.nvmexpress:uuid:{id}"))));
    let (read_table, rules) = read(&written(&table));
    assert_eq!(read_table.host.expect("it is there").id, id);
    assert_eq!(rules, [""; 0]);
}

#[test]
fn a_host_without_nqn_and_nothing_else() {
    let mut table = tables::host_only();
    let host = table.host.as_mut().expect("there is one");
    (host.id, host.nqn) = (Uuid::default(), None);
    let (read_table, rules) = read(&written(&table));
    assert_eq!((read_table, rules.as_slice()), (table, ["host-id-placeholder", "host-nqn-missing"].as_slice()));
}

#[test]
fn a_pcie_segment() {
    let mut table = tables::static4();
    let tcp = tables::tcp(&mut table, 0);
    (tcp.routing_id, tcp.pcie_segment) = (0x0002_e11b, 0);
    let (read_table, _) = read(&written(&table));
    let tcp = read_table.hfis[0].tcp.as_ref().expect("it is there");
    assert_eq!(tcp.pci().to_string(), "0002:e1:03.3");
    tables::tcp(&mut table, 0).pcie_segment = 5;
    let (read_table, _) = read(&written(&table));
    assert_eq!(read_table.hfis[0].tcp.as_ref().expect("it is there").pci().to_string(), "0005:e1:03.3");
}

#[test]
fn garbage_where_a_later_revision_has_fields() {
    let table = tables::spec_1_0();
    let mut bytes = written(&table);
    let ext = field(&bytes, "HFI 1 transport info", "extended info reference");
    bytes[ext..ext + 8].copy_from_slice(&[0x1b, 0x57, 0x87, 0x52, 0x68, 0xa7, 0x39, 0x64]);
    repair_checksum(&mut bytes);
    let (read_table, rules) = read(&bytes);
    assert_eq!((read_table, rules.as_slice()), (table, ["reserved-not-zero"].as_slice()));
}

#[test]
fn a_higher_structure_version_is_read_as_the_highest_known() {
    let mut table = tables::full();
    let tcp = tables::tcp(&mut table, 0);
    (tcp.version, tcp.info_version) = (4, 9);
    let (read_table, rules) = read(&written(&table));
    assert_eq!((read_table, rules.as_slice()), (table, ["object-version"; 2].as_slice()));
}

#[test]
fn a_higher_descriptor_version_is_read_as_the_highest_known() {
    let raised = |table: &Table, places: &[usize]| {
        let mut bytes = written(table);
        for place in places {
            bytes[64 + place] = 2;
        }
        repair_checksum(&mut bytes);
        bytes
    };
    let table = tables::full();
    // The host's and the HFI list's.
    let bytes = raised(&table, &[14, 22]);
    let (read_table, rules) = read(&bytes);
    let spans: Vec<_> =
        parse(&bytes).expect("it can be read").findings.iter().map(|finding| finding.span.clone()).collect();
    assert_eq!(spans, [78..79, 86..87]);
    assert_eq!((read_table, rules.as_slice()), (table, ["object-version"; 2].as_slice()));
    // That of a list that is not there means nothing.
    assert_eq!(read(&raised(&tables::static4(), &[38])).1, [] as [&str; 0]);
}

#[test]
fn every_field_that_is_not_set_is_told_from_one_that_is() {
    let mut table = tables::static4();
    let unset = std::net::Ipv4Addr::UNSPECIFIED.into();
    let tcp = tables::tcp(&mut table, 0);
    (tcp.gateway, tcp.primary_dns, tcp.secondary_dns, tcp.dhcp_server) = (unset, unset, ip("192.0.2.53"), unset);
    let (read_table, rules) = read(&written(&table));
    let tcp = read_table.hfis[0].tcp.as_ref().expect("it is there");
    let set = [tcp.gateway, tcp.primary_dns, tcp.secondary_dns, tcp.dhcp_server].map(|address| address.is_set());
    assert_eq!(set, [false, false, true, false]);
    assert_eq!(rules, ["unset-mapped"; 3]);
}
