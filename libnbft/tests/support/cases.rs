//! Makes for each rule a table, or two, that breaks this rule only.

use super::tables::{
    HOST, discovery, hfi, ip, make, nqn, profile, slaac6, ssns, static4, static6, tcp, with_discovery, with_security,
};
use libnbft::model::{
    Address, DISCOVERY_NQN, HfiExt, HfiExtFlags, HfiTcpFlags, HostFlags, IpOrigin, Mac, NidType, Nqn, SecurityFlags,
    SsnsExtFlags, SsnsFlags, SsnsTransportFlags, Table, TransportType, Uuid, VlanId,
};
use libnbft::{Rule, repair_checksum, write};
use std::net::Ipv4Addr;
use std::ops::Range;

/// A rule, and what breaks it.
pub(crate) struct Case {
    pub(crate) rule: Rule,
    /// One table, or several of one machine.
    pub(crate) tables: Vec<Vec<u8>>,
}

/// A case for each rule, in their order.
pub(crate) fn all() -> Vec<Case> {
    Rule::ALL.iter().map(|rule| Case { rule: *rule, tables: tables(*rule) }).collect()
}

/// A table that was changed in the model.
fn changed(mut table: Table, change: impl FnOnce(&mut Table)) -> Vec<Vec<u8>> {
    change(&mut table);
    vec![write(&table).expect("the table can be written")]
}

/// A table that was changed in its bytes.
pub(crate) fn patched(table: &Table, change: impl FnOnce(&mut Bytes)) -> Vec<Vec<u8>> {
    let mut bytes = Bytes(write(table).expect("the table can be written"));
    change(&mut bytes);
    repair_checksum(&mut bytes.0);
    vec![bytes.0]
}

/// A table's bytes, changed by the name of a field.
pub(crate) struct Bytes(pub(crate) Vec<u8>);

impl Bytes {
    pub(crate) fn find(&self, structure: &str, field: &str) -> Range<usize> {
        let fields = super::fields(&self.0);
        let found = fields.iter().find(|found| found.structure == structure && found.field == field);
        found.unwrap_or_else(|| panic!("there is no {structure}: {field}")).span.clone()
    }

    pub(crate) fn set(&mut self, structure: &str, field: &str, value: &[u8]) {
        let span = self.find(structure, field);
        self.0[span.start..span.start + value.len()].copy_from_slice(value);
    }

    /// Changes a little-endian number.
    pub(crate) fn add(&mut self, structure: &str, field: &str, more: i32) {
        let span = self.find(structure, field);
        let number = self.0[span.clone()].iter().rev().fold(0_u32, |number, byte| number << 8 | u32::from(*byte));
        let changed = number.wrapping_add_signed(more).to_le_bytes();
        self.0[span.clone()].copy_from_slice(&changed[..span.len()]);
    }

    /// Changes the length of a reference.
    pub(crate) fn set_length(&mut self, structure: &str, field: &str, length: impl FnOnce(u16) -> u16) {
        let at = self.find(structure, field).start + 4;
        let changed = length(u16::from_le_bytes([self.0[at], self.0[at + 1]])).to_le_bytes();
        self.0[at..at + 2].copy_from_slice(&changed);
    }

    pub(crate) fn set_list(&mut self, list: &str, offset: usize, length: u16, count: u8) {
        let mut value = (offset as u32).to_le_bytes().to_vec();
        value.extend_from_slice(&length.to_le_bytes());
        value.extend_from_slice(&[1, count]);
        self.set("control", list, &value);
    }
}

/// A second discovery list, of longer descriptors, behind the heap.
fn long_stride(bytes: &mut Bytes) {
    let first = bytes.find("discovery 1", "structure ID").start;
    let descriptor = bytes.0[first..first + 32].to_vec();
    let place = bytes.0.len();
    bytes.0.extend_from_slice(&descriptor);
    bytes.0.extend_from_slice(&[0; 8]);
    bytes.set_list("discovery list", place, 40, 1);
    bytes.add("header", "length", 40);
}

/// A host name that refers to the driver path, which may be long.
fn long_object() -> Vec<Vec<u8>> {
    let mut table = static4();
    table.header.driver_path = Some("x".repeat(1500));
    patched(&table, |bytes| {
        let path = bytes.find("header", "driver path reference");
        let reference = bytes.0[path].to_vec();
        bytes.set("HFI 1 transport info", "host name reference", &reference);
    })
}

fn one_discovery() -> Table {
    let mut table = static4();
    table.discovery = vec![discovery(1, 1)];
    table
}

fn dhcp(table: &mut Table) {
    let tcp = tcp(table, 0);
    tcp.flags = tcp.flags.with(HfiTcpFlags::DHCP_OVERRIDE);
    (tcp.ip_origin, tcp.dhcp_server) = (IpOrigin::DHCP, ip("192.0.2.2"));
}

/// An HFI whose extended info holds a DHCP client identifier.
fn client_id() -> Table {
    let mut table = static4();
    dhcp(&mut table);
    tcp(&mut table, 0).ext = Some(make!(HfiExt {
        version: 1,
        hfi_index: 1,
        flags: HfiExtFlags::VALID.with(HfiExtFlags::DHCP_CLIENT_ID),
        iaid: Some(1),
        duid: Some(vec![3, 0, 1, 0, 2, 0, 0x5e, 0, 0x53, 1]),
    }));
    table
}

fn tables(rule: Rule) -> Vec<Vec<u8>> {
    let of_table = whole(rule).or_else(|| lists(rule)).or_else(|| objects(rule)).or_else(|| references(rule));
    let of_value = || hosts(rule).or_else(|| interfaces(rule)).or_else(|| namespaces(rule)).or_else(|| others(rule));
    of_table.or_else(of_value).unwrap_or_else(|| panic!("there is no table for {rule}"))
}

fn whole(rule: Rule) -> Option<Vec<Vec<u8>>> {
    Some(match rule {
        Rule::FileShort => patched(&static4(), |bytes| bytes.add("header", "length", 4)),
        Rule::FileLong => {
            let mut tables = changed(static4(), |_| ());
            tables[0].extend_from_slice(b"more");
            tables
        }
        Rule::Checksum => {
            let mut tables = changed(static4(), |_| ());
            tables[0][9] ^= 1;
            tables
        }
        Rule::MinorRevision => changed(static4(), |table| table.header.minor = 2),
        Rule::ControlRevision => changed(static4(), |table| table.control.major = 2),
        Rule::ControlLength => patched(&static4(), |bytes| bytes.set("control", "length", &[32, 0])),
        Rule::HeapOutside => patched(&static4(), |bytes| bytes.add("header", "heap length", 16)),
        Rule::HeapOverlap => patched(&static4(), |bytes| {
            bytes.add("header", "heap offset", -16);
            bytes.add("header", "heap length", 16);
        }),
        _ => return None,
    })
}

fn lists(rule: Rule) -> Option<Vec<Vec<u8>>> {
    Some(match rule {
        Rule::ListOutside => patched(&static4(), |bytes| bytes.set_list("discovery list", bytes.0.len() - 16, 32, 1)),
        Rule::ListInHeader => patched(&static4(), |bytes| bytes.set_list("discovery list", 64, 32, 1)),
        Rule::ListStrideShort => patched(&static4(), |bytes| bytes.set_list("discovery list", 128, 16, 1)),
        Rule::ListStrideLong => patched(&one_discovery(), long_stride),
        Rule::ListOverlap => patched(&static4(), |bytes| {
            // The HFI list reaches into the SSNS list that follows it.
            let hfis = bytes.find("HFI 1", "structure ID").start;
            bytes.set_list("HFI list", hfis, 48, 1);
        }),
        Rule::HostMissing => changed(static4(), |table| table.host = None),
        Rule::HostOutside => {
            patched(&static4(), |bytes| bytes.set("control", "host descriptor reference", &[64, 0, 0, 0]))
        }
        Rule::HostShort => {
            patched(&static4(), |bytes| bytes.set_length("control", "host descriptor reference", |_| 16))
        }
        Rule::DescriptorId => patched(&one_discovery(), |bytes| bytes.set("discovery 1", "structure ID", &[0x7f])),
        Rule::DescriptorInvalid => patched(&one_discovery(), |bytes| bytes.set("discovery 1", "flags", &[0])),
        Rule::TransportUnknown => changed(static4(), |table| table.ssns[0].transport = TransportType(9)),
        _ => return None,
    })
}

fn objects(rule: Rule) -> Option<Vec<Vec<u8>>> {
    const INFO: &str = "HFI 1 transport info";
    const NAME: &str = "host name reference";
    Some(match rule {
        Rule::ObjectOutside => {
            patched(&one_discovery(), |bytes| bytes.set("discovery 1", "address reference", &[1, 0, 0, 0]))
        }
        Rule::ObjectShort => {
            patched(&static4(), |bytes| bytes.set_length("SSNS 1", "transport address reference", |_| 4))
        }
        Rule::ObjectLong => long_object(),
        Rule::ObjectId => patched(&static4(), |bytes| bytes.set("SSNS 1 extended info", "structure ID", &[8])),
        Rule::ObjectInvalid => patched(&static4(), |bytes| bytes.set("SSNS 1 extended info", "flags", &[0])),
        Rule::ObjectVersion => changed(static4(), |table| tcp(table, 0).version = 2),
        Rule::InfoMissing => changed(static4(), |table| {
            table.hfis.push(hfi(2));
            table.hfis[1].tcp = None;
            table.ssns[0].secondary_hfis = vec![2];
        }),
        Rule::TextNul => patched(&static4(), |bytes| bytes.set("HFI 1", "host name", b"disk\0")),
        Rule::TextNulCounted => patched(&static4(), |bytes| bytes.set_length(INFO, NAME, |length| length + 1)),
        Rule::TextUnterminated => patched(&static4(), |bytes| bytes.set_length(INFO, NAME, |length| length - 1)),
        Rule::TextUtf8 => patched(&static4(), |bytes| bytes.set("HFI 1", "host name", b"di\xff")),
        Rule::TextControl => changed(static4(), |table| tcp(table, 0).host_name = Some("disk\u{1b}[2Jless".into())),
        Rule::DriverPathGarbage => changed(static4(), |table| table.header.driver_path = Some("Fv(1)\u{1}".into())),
        Rule::CipherListOdd => patched(&with_security(), |bytes| {
            bytes.set_length("security profile 1", "cipher suite list reference", |length| length - 1);
        }),
        Rule::IaidLength => {
            patched(&client_id(), |bytes| bytes.set_length("HFI 1 extended info", "IAID reference", |_| 2))
        }
        _ => return None,
    })
}

fn references(rule: Rule) -> Option<Vec<Vec<u8>>> {
    Some(match rule {
        Rule::IndexZero => changed(one_discovery(), |table| table.discovery[0].index = 0),
        Rule::IndexDuplicate => changed(with_discovery(), |table| table.discovery[1].index = 1),
        Rule::SsnsNoHfi => changed(static4(), |table| table.ssns.push(ssns(2, 0))),
        Rule::SsnsHfiMissing => changed(static4(), |table| table.ssns[0].secondary_hfis = vec![9]),
        Rule::SsnsDiscoveryMissing => changed(static4(), |table| table.ssns[0].primary_discovery = 9),
        Rule::SsnsSecurityMissing => changed(static4(), |table| {
            table.ssns[0].flags = table.ssns[0].flags.with(SsnsFlags::USE_SECURITY);
            table.ssns[0].security = 9;
        }),
        Rule::SsnsSecurityUnused => changed(static4(), |table| {
            table.security = vec![profile(1)];
            table.ssns[0].security = 1;
        }),
        Rule::DiscoveryHfiMissing => changed(one_discovery(), |table| table.discovery[0].hfi = 9),
        Rule::DiscoverySecurityMissing => changed(one_discovery(), |table| table.discovery[0].security = 9),
        Rule::HfiUnused => changed(static4(), |table| table.hfis.push(hfi(2))),
        Rule::SecurityUnused => changed(static4(), |table| table.security = vec![profile(1)]),
        Rule::InfoIndex => changed(static4(), |table| tcp(table, 0).hfi_index = 2),
        Rule::SsnsExtIndex => {
            changed(static4(), |table| table.ssns[0].ext.as_mut().expect("there is one").ssns_index = 2)
        }
        _ => return None,
    })
}

fn hosts(rule: Rule) -> Option<Vec<Vec<u8>>> {
    fn host(table: &mut Table) -> &mut libnbft::model::Host {
        table.host.as_mut().expect("there is one")
    }
    let id: Uuid = HOST.parse().expect("it is a UUID");
    let selected = |table: &mut Table| host(table).flags.0 |= 0x10;
    Some(match rule {
        Rule::HostNqnMissing => changed(static4(), |table| host(table).nqn = None),
        Rule::HostIdPlaceholder => changed(static4(), |table| host(table).id = Uuid([0xff; 16])),
        Rule::HostIdSwapped => changed(static4(), |table| host(table).id = id.swapped()),
        Rule::HostIdDiffers => changed(static4(), |table| host(table).id.0[15] ^= 1),
        Rule::PrimaryAdminReserved => changed(static4(), |table| host(table).flags = HostFlags(0x1f)),
        Rule::SelectedHosts => [changed(static4(), selected), changed(static6(), selected)].concat(),
        Rule::HostsDisagree => {
            let other = changed(static6(), |table| host(table).nqn = Some(nqn("other-host")));
            [changed(static4(), |_| ()), other].concat()
        }
        _ => return None,
    })
}

fn interfaces(rule: Rule) -> Option<Vec<Vec<u8>>> {
    let unset4: Address = Ipv4Addr::UNSPECIFIED.into();
    Some(match rule {
        Rule::MacZero => changed(static4(), |table| tcp(table, 0).mac = Mac::default()),
        Rule::MacMulticast => changed(static4(), |table| tcp(table, 0).mac.0[0] = 1),
        Rule::VlanRange => changed(static4(), |table| tcp(table, 0).vlan = VlanId(4095)),
        Rule::PrefixLong => changed(static4(), |table| tcp(table, 0).prefix = 33),
        Rule::Prefix4Zero => changed(static4(), |table| tcp(table, 0).prefix = 0),
        Rule::Prefix6Zero => changed(static6(), |table| tcp(table, 0).prefix = 0),
        Rule::AddressUnset => changed(static4(), |table| tcp(table, 0).ip = Address::UNSET),
        Rule::AddressUnusable => changed(static4(), |table| {
            tcp(table, 0).ip = ip("127.0.0.2");
            table.ssns[0].traddr = Some(ip("127.0.0.1"));
        }),
        Rule::GatewayFamily => changed(static4(), |table| tcp(table, 0).gateway = ip("2001:db8:1::1")),
        Rule::GatewayOffLink => changed(static4(), |table| tcp(table, 0).gateway = ip("198.51.100.1")),
        Rule::UnsetMapped => changed(static4(), |table| tcp(table, 0).secondary_dns = unset4),
        Rule::IpOriginUnknown => changed(static4(), |table| tcp(table, 0).ip_origin = IpOrigin(63)),
        Rule::DhcpNoServer => changed(static4(), |table| {
            dhcp(table);
            tcp(table, 0).dhcp_server = Address::UNSET;
        }),
        Rule::DhcpServerUnflagged => changed(static4(), |table| tcp(table, 0).dhcp_server = ip("192.0.2.2")),
        Rule::DhcpOrigin => changed(static4(), |table| {
            dhcp(table);
            tcp(table, 0).ip_origin = IpOrigin::MANUAL;
        }),
        Rule::AutoconfDhcp => changed(slaac6(), |table| tcp(table, 0).ip_origin = IpOrigin::MANUAL),
        Rule::ClientIdOrigin => changed(client_id(), |table| {
            let tcp = tcp(table, 0);
            (tcp.flags, tcp.ip_origin, tcp.dhcp_server) = (HfiTcpFlags::VALID, IpOrigin::MANUAL, Address::UNSET);
        }),
        Rule::ClientIdMissing => {
            changed(client_id(), |table| tcp(table, 0).ext.as_mut().expect("there is one").iaid = None)
        }
        Rule::DuidSyntax => changed(client_id(), |table| {
            tcp(table, 0).ext.as_mut().expect("there is one").duid = Some(vec![0, 4, 1, 2, 3]);
        }),
        Rule::GlobalRoutes => changed(static4(), |table| {
            table.hfis.push(hfi(2));
            table.ssns[0].secondary_hfis = vec![2];
            for number in 0..2 {
                tcp(table, number).flags = HfiTcpFlags::VALID.with(HfiTcpFlags::GLOBAL_ROUTE);
            }
        }),
        _ => return None,
    })
}

fn namespaces(rule: Rule) -> Option<Vec<Vec<u8>>> {
    let change = |change: fn(&mut libnbft::model::Ssns)| changed(static4(), |table| change(&mut table.ssns[0]));
    let change_ext = |change: fn(&mut libnbft::model::SsnsExt)| {
        changed(static4(), |table| change(table.ssns[0].ext.as_mut().expect("there is one")))
    };
    Some(match rule {
        Rule::NqnMissing => change(|ssns| ssns.nqn = None),
        Rule::NqnLength => change(|ssns| ssns.nqn = Some(nqn(&"x".repeat(200)))),
        Rule::NqnCharacter => change(|ssns| ssns.nqn = Some(nqn("root,traddr=192.0.2.66"))),
        Rule::NqnSyntax => change(|ssns| ssns.nqn = Some(Nqn("disk".into()))),
        Rule::TraddrMissing => change(|ssns| ssns.traddr = None),
        Rule::TargetFamily => change(|ssns| ssns.traddr = Some(ip("2001:db8:1::1"))),
        Rule::TargetOffLink => change(|ssns| ssns.traddr = Some(ip("198.51.100.1"))),
        Rule::PortMissing => change(|ssns| ssns.trsvcid = None),
        Rule::PortSyntax => change(|ssns| ssns.trsvcid = Some("nvme".into())),
        Rule::NidTypeUnknown => change(|ssns| ssns.nid_type = NidType(9)),
        Rule::NidMissing => change(|ssns| (ssns.nsid, ssns.nid) = (0, [0; 16])),
        Rule::NidTail => change(|ssns| ssns.nid_type = NidType::EUI64),
        Rule::SecondaryPadding => change(|ssns| ssns.secondary_hfis = vec![0, 0]),
        Rule::SecondaryRepeats => change(|ssns| ssns.secondary_hfis = vec![1]),
        Rule::SsnsUnavailable => change(|ssns| ssns.flags = SsnsFlags(0x111)),
        Rule::AvailabilityReserved => change(|ssns| ssns.flags = SsnsFlags(0x191)),
        Rule::SsnsDiscoveryNqn => change(|ssns| ssns.nqn = Some(Nqn(DISCOVERY_NQN.into()))),
        Rule::DigestUnused => change(|ssns| ssns.transport_flags = SsnsTransportFlags::DATA_DIGEST),
        Rule::AsqszUnflagged => change_ext(|ext| ext.flags = SsnsExtFlags::VALID),
        Rule::RootPathUnflagged => change_ext(|ext| {
            ext.dhcp_root_path = Some("nvme+tcp://192.0.2.1/nqn.2026-11.net.example:root".into());
        }),
        Rule::RootPathSyntax => change(|ssns| {
            ssns.flags = ssns.flags.with(SsnsFlags::DHCP_ROOT_PATH);
            ssns.ext.as_mut().expect("there is one").dhcp_root_path = Some("192.0.2.1:/srv/root".into());
        }),
        _ => return None,
    })
}

fn others(rule: Rule) -> Option<Vec<Vec<u8>>> {
    let profile = |change: fn(&mut libnbft::model::SecurityProfile)| {
        changed(with_security(), |table| change(&mut table.security[0]))
    };
    Some(match rule {
        Rule::UriMissing => changed(one_discovery(), |table| table.discovery[0].uri = None),
        Rule::UriSyntax => changed(one_discovery(), |table| table.discovery[0].uri = Some("192.0.2.1:8009".into())),
        Rule::SecurityReserved => profile(|profile| profile.flags = SecurityFlags(profile.flags.0 | 0x006)),
        Rule::SecurityListMissing => profile(|profile| profile.hashes = None),
        Rule::SecurityCode => profile(|profile| profile.hashes = Some(vec![1, 9])),
        Rule::KeypathSyntax => profile(|profile| profile.secret_keypath = Some("key in the drawer".into())),
        Rule::ReservedNotZero => patched(&static4(), |bytes| bytes.set("HFI 1 transport info", "reserved", &[1])),
        Rule::UnusedReference => patched(&one_discovery(), |bytes| {
            // The extended info goes out of use with its flag.
            let flags = SsnsFlags::VALID.with(SsnsFlags(0x80));
            bytes.set("SSNS 1", "flags", &flags.0.to_le_bytes());
            bytes.set("SSNS 1", "extended info reference", &[0xff, 0xff, 0xff, 0xff]);
        }),
        _ => return None,
    })
}
