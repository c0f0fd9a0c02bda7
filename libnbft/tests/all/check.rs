//! Tests which tables are refused as a whole, and how the rules work together.

use crate::support::fields;
use crate::support::tables::{self, ip, nqn, tcp};
use libnbft::model::{Nqn, SecurityFlags, SsnsFlags, Table};
use libnbft::{parse, repair_checksum, write};

fn written(table: &Table) -> Vec<u8> {
    write(table).expect("it can be written")
}

/// The messages about a table's bytes.
fn messages(bytes: &[u8]) -> Vec<String> {
    let parsed = parse(bytes).expect("it can be read");
    parsed.check().into_iter().map(|finding| format!("{}: {}", finding.rule, finding.message)).collect()
}

/// The messages about a table that was changed in the model.
fn about(mut table: Table, change: impl FnOnce(&mut Table)) -> Vec<String> {
    change(&mut table);
    messages(&written(&table))
}

#[test]
fn tables_that_are_refused_as_a_whole() {
    let refused = |change: fn(&mut Vec<u8>)| {
        let mut bytes = written(&tables::static4());
        change(&mut bytes);
        let error = parse(&bytes).expect_err("it cannot be used");
        (error.to_string(), error.is_not_nbft(), error.span())
    };
    let error = |text: &str, not_nbft, span| (format!("not a usable NBFT: {text}"), not_nbft, span);
    let few = "fewer than the 128 of header and control descriptor";
    assert_eq!(
        refused(|bytes| bytes[..4].copy_from_slice(b"FAC\x1b")),
        error("it begins with FAC\\x1b instead of “NBFT”", true, 0..4)
    );
    assert_eq!(refused(|bytes| bytes.truncate(127)), error(&format!("it has 127 bytes, {few}"), true, 0..127));
    assert_eq!(refused(Vec::clear), error(&format!("it has 0 bytes, {few}"), true, 0..0));
    assert_eq!(
        refused(|bytes| bytes[4..8].copy_from_slice(&[127, 0, 0, 0])),
        error(&format!("its header states a length of 127 bytes, {few}"), false, 4..8)
    );
    assert_eq!(refused(|bytes| bytes[8] = 2), error("its major revision is 2; only 1 is known", false, 8..9));
    assert_eq!(
        refused(|bytes| bytes[64] = 3),
        error("there is no control descriptor at offset 64: the structure ID there is 3, not 1", false, 64..65)
    );
    assert_eq!(refused(|bytes| bytes[70] = 0xfe), error("its control descriptor is not marked valid", false, 70..71));
    // What is just long enough is a table without anything.
    let mut head = written(&tables::static4())[..128].to_vec();
    head[4..8].copy_from_slice(&[128, 0, 0, 0]);
    head[36..50].fill(0);
    head[72..112].fill(0);
    repair_checksum(&mut head);
    assert_eq!(messages(&head), ["host-missing: there is no host descriptor"]);
}

#[test]
fn a_text_is_complained_of_once() {
    for (text, rule) in [("x\u{1b}y", "text-control"), ("x\u{85}y", "text-control")] {
        let mut all = about(tables::full(), |table| {
            table.host.as_mut().expect("there is one").nqn = Some(Nqn(text.into()));
            let ssns = &mut table.ssns[0];
            (ssns.nqn, ssns.trsvcid) = (Some(Nqn(text.into())), Some(text.into()));
            ssns.ext.as_mut().expect("there is one").dhcp_root_path = Some(text.into());
            let discovery = &mut table.discovery[0];
            (discovery.nqn, discovery.uri) = (Some(Nqn(text.into())), Some(text.into()));
            table.security[0].secret_keypath = Some(text.into());
        });
        let whose = [
            "host: the NQN",
            "SSNS 1: the transport service ID",
            "SSNS 1: the NQN",
            "SSNS 1: the DHCP root path",
            "security profile 3: the secret keypath",
            "discovery 4: the address",
            "discovery 4: the NQN",
        ];
        let mut expected: Vec<_> =
            whose.iter().map(|whose| format!("{rule}: {whose} holds a control character")).collect();
        all.sort();
        expected.sort();
        assert_eq!(all, expected);
    }
    // The first bytes of these strings are overwritten with what is not UTF-8.
    let mut bytes = written(&tables::full());
    for (structure, field) in [("host", "NQN"), ("SSNS 1", "transport service ID"), ("discovery 4", "address")] {
        let all = fields(&bytes);
        let found = all.iter().find(|found| found.structure == structure && found.field == field).expect("it is there");
        bytes[found.span.start] = 0xff;
    }
    repair_checksum(&mut bytes);
    let mut all = messages(&bytes);
    all.sort();
    let expected = [
        "text-utf8: SSNS 1: the transport service ID is not UTF-8",
        "text-utf8: discovery 4: the address is not UTF-8",
        "text-utf8: host: the NQN is not UTF-8",
    ];
    assert_eq!(all, expected);
}

#[test]
fn a_target_is_reached_or_not() {
    // A router announces itself; a gateway of the other family leads nowhere; another HFI of the NIC has the right family.
    assert_eq!(about(tables::slaac6(), |_| ()), [""; 0]);
    let both = about(tables::static4(), |table| {
        table.ssns[0].traddr = Some(ip("198.51.100.1"));
        tcp(table, 0).gateway = ip("2001:db8::1");
    });
    let expected = [
        "gateway-family: HFI 1: the address is 192.0.2.10, the gateway 2001:db8::1",
        "target-off-link: SSNS 1: HFI 1 (192.0.2.10/24) has no gateway to the target 198.51.100.1",
    ];
    assert_eq!(both, expected);
    let dual_stack = |vlan: u16| {
        about(tables::static4(), |table| {
            table.hfis.push(tables::hfi(2));
            let mac = tcp(table, 0).mac;
            let tcp = tcp(table, 1);
            (tcp.mac, tcp.ip, tcp.prefix, tcp.vlan.0) = (mac, ip("2001:db8:1::10"), 64, vlan);
            table.ssns[0].traddr = Some(ip("2001:db8:1::1"));
            table.ssns.push(tables::ssns(2, 1));
            table.ssns[1].secondary_hfis = vec![2];
        })
    };
    assert_eq!(dual_stack(0), [""; 0]);
    let expected = [
        "target-family: SSNS 1: the target is 2001:db8:1::1, HFI 1 has the address 192.0.2.10",
        "target-family: SSNS 2: the target is 192.0.2.1, HFI 2 has the address 2001:db8:1::10",
    ];
    assert_eq!(dual_stack(7), expected);
}

#[test]
fn a_failed_attempt_need_not_name_its_namespace() {
    let without = |flags: u16, name: &str| {
        about(tables::static4(), |table| {
            let ssns = &mut table.ssns[0];
            (ssns.flags, ssns.nsid, ssns.nid, ssns.nqn) = (SsnsFlags(flags), 0, [0; 16], Some(Nqn(name.into())));
        })
    };
    let named = nqn("root").0;
    assert_eq!(without(0x091, &named), ["nid-missing: SSNS 1 names neither a NID nor a namespace ID"]);
    assert_eq!(without(0x111, &named), ["ssns-unavailable: SSNS 1 was unavailable to the firmware"]);
    let discovery = "ssns-discovery-nqn: SSNS 1: the subsystem is the well-known discovery subsystem";
    assert_eq!(without(0x091, libnbft::model::DISCOVERY_NQN), [discovery]);
    let failed = "ssns-unavailable: SSNS 1 was unavailable to the firmware: connection timeout";
    assert_eq!(about(tables::failed(), |_| ()), [failed]);
}

#[test]
fn missing_hfis_are_counted() {
    let missing = |secondary: Vec<u8>| about(tables::static4(), |table| table.ssns[0].secondary_hfis = secondary);
    assert_eq!(missing(vec![9]), ["ssns-hfi-missing: SSNS 1: there is no HFI 9"]);
    assert_eq!(missing(vec![9, 8]), ["ssns-hfi-missing: SSNS 1: there is no HFI 9, nor another one that it names"]);
    assert_eq!(missing(vec![9, 8, 7]), ["ssns-hfi-missing: SSNS 1: there is no HFI 9, nor 2 others that it names"]);
    let primary = about(tables::static4(), |table| {
        table.ssns.push(tables::ssns(2, 5));
        table.ssns[1].secondary_hfis = vec![5, 1];
    });
    let expected = [
        "ssns-hfi-missing: SSNS 2: there is no HFI 5",
        "secondary-repeats: SSNS 2: the list of secondary HFIs names HFI 5 again",
    ];
    assert_eq!(primary, expected);
}

#[test]
fn every_field_of_a_profile_is_judged() {
    let profile = |change: fn(&mut libnbft::model::SecurityProfile)| {
        about(tables::with_security(), |table| change(&mut table.security[0]))
    };
    let reserved = profile(|profile| profile.flags = SecurityFlags(profile.flags.0 | 0x1fe));
    let fields = ["authentication", "authentication policy list", "secure channel", "secure channel policy list"];
    let expected = fields
        .map(|field| format!("security-reserved: security profile 1: the {field} field has the reserved value 3"));
    assert_eq!(reserved, expected);
    let empty = profile(|profile| {
        (profile.channel_algorithms, profile.authentication_protocols, profile.cipher_suites) = (None, None, None);
        (profile.kx_groups, profile.hashes) = (None, None);
    });
    let lists = ["secure channel algorithm", "authentication protocol", "cipher suite", "KX group", "hash function"];
    let expected = lists.map(|list| format!("security-list-missing: security profile 1: there is no {list} list"));
    assert_eq!(empty, expected);
    let unknown = profile(|profile| {
        (profile.channel_algorithms, profile.kx_groups) = (Some(vec![1, 2, 0]), Some(vec![0, 5, 6]));
        profile.authentication_protocols = Some(vec![1, 2]);
        profile.hashes = Some(vec![4, 1]);
    });
    let codes = ["secure channel algorithm 0", "authentication protocol 2", "KX group 6", "hash function 4"];
    assert_eq!(unknown, codes.map(|code| format!("security-code: security profile 1: the {code} is unknown")));
}

/// Tables that are cut off anywhere: what can be read of them is checked, and each finding lies inside.
#[test]
fn spans_lie_inside_a_table_that_is_cut_off() {
    for case in &crate::support::cases::all() {
        let bytes = &case.tables[0];
        for length in [128, 129, 200, 400, 600, bytes.len()].map(|length| length.min(bytes.len())) {
            let parsed = parse(&bytes[..length]).expect("it can be read");
            for finding in parsed.check() {
                assert!(finding.span.start < finding.span.end && finding.span.end <= length, "{finding} in {length}");
            }
        }
    }
}

#[test]
fn text_of_firmware_stands_in_messages_escaped_and_cut() {
    let port = |text: &str| about(tables::static4(), |table| table.ssns[0].trsvcid = Some(text.into()));
    let message = |shown: &str| [format!("port-syntax: SSNS 1: “{shown}” is not a TCP port")];
    assert_eq!(port("4\u{202e}2\\0\u{200b}é"), message("4\\u{202e}2\\\\0\\u{200b}é"));
    assert_eq!(port(&"x".repeat(96)), message(&"x".repeat(96)));
    assert_eq!(port(&"x".repeat(97)), message(&("x".repeat(96) + "…")));
}

/// Findings with the bytes that they mark.
fn spans(bytes: &[u8]) -> Vec<(&'static str, std::ops::Range<usize>)> {
    let parsed = parse(bytes).expect("it can be read");
    parsed.check().into_iter().map(|finding| (finding.rule.name(), finding.span)).collect()
}

/// Where a field lies.
fn field(bytes: &[u8], structure: &str, field: &str) -> std::ops::Range<usize> {
    let all = fields(bytes);
    all.into_iter().find(|one| one.structure == structure && one.field == field).expect("it is there").span
}

#[test]
fn the_host_s_nqn_reference_is_marked_and_not_another_place() {
    let mut bytes = written(&tables::static4());
    let reference = field(&bytes, "host", "NQN reference");
    bytes[reference.start..reference.start + 4].copy_from_slice(&u32::MAX.to_le_bytes());
    repair_checksum(&mut bytes);
    let found = spans(&bytes);
    assert!(found.iter().any(|(_, span)| *span == reference), "{found:?}, not {reference:?}");
}

#[test]
fn a_prefix_may_be_all_of_the_address() {
    let prefix = |mut table: Table, prefix: u8| {
        tcp(&mut table, 0).prefix = prefix;
        // A single address reaches nobody on its link.
        let found = about(table, |_| ());
        found.into_iter().filter(|line| line.starts_with("prefix")).collect::<Vec<_>>()
    };
    assert_eq!((prefix(tables::static4(), 32), prefix(tables::static6(), 128)), (vec![], vec![]));
    let long = |ip: &str, prefix: u8, bits: u8| {
        vec![format!("prefix-long: HFI 1: the prefix length of {ip} is {prefix}; the highest is {bits}")]
    };
    let six = tcp(&mut tables::static6(), 0).ip.to_string();
    assert_eq!(prefix(tables::static4(), 33), long("192.0.2.10", 33, 32));
    assert_eq!(prefix(tables::static6(), 129), long(&six, 129, 128));
}

#[test]
fn the_zero_in_the_list_is_marked_and_not_its_first_byte() {
    let mut table = tables::multipath();
    table.ssns[0].secondary_hfis = vec![2, 0];
    let bytes = written(&table);
    let list = field(&bytes, "SSNS 1", "secondary HFI list reference");
    let list = u32::from_le_bytes(bytes[list.start..list.start + 4].try_into().expect("four bytes")) as usize;
    assert_eq!(spans(&bytes), [("secondary-padding", list + 1..list + 2)]);
}

#[test]
fn a_profile_is_used_by_whoever_names_it() {
    let unused = |of_ssns: u8, of_discovery: u8| {
        let found = about(tables::with_security(), |table| {
            table.discovery = vec![tables::discovery(1, 1)];
            table.discovery[0].security = of_discovery;
            table.ssns[0].security = of_ssns;
            if of_ssns == 0 {
                table.ssns[0].flags.0 &= !SsnsFlags::USE_SECURITY.0;
            }
        });
        found.iter().any(|line| line.starts_with("security-unused"))
    };
    assert_eq!((unused(1, 1), unused(1, 0), unused(0, 1), unused(0, 0)), (false, false, false, true));
}
