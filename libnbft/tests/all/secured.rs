//! Tests the plans of tables with security profiles, and compares the plans' text whole.

use crate::support::tables::{discovery, ip, make, nqn, ssns, static4};
use libnbft::discovery_log::{Entry, Header, Log};
use libnbft::model::{SecretType, SecurityFlags, SecurityProfile, Ssns, SsnsFlags, Table};
use libnbft::plan::{Additions, Options, Plan, Source};
use libnbft::{parse, write};

/// Bits of a profile's flags: authentication supported or required, its protocols listed; TLS supported or required, its versions
/// listed; cipher suites, groups and hashes restricted.
const SUPPORTED: u16 = 0x002;
const REQUIRED: u16 = 0x004;
const PROTOCOLS: u16 = 0x008;
const TLS_SUPPORTED: u16 = 0x020;
const TLS_REQUIRED: u16 = 0x040;
const TLS_VERSIONS: u16 = 0x080;
const CIPHERS: u16 = 0x200;
const GROUPS: u16 = 0x400;
const HASHES: u16 = 0x800;

fn asks(index: u8, flags: u16, hashes: &[u8], groups: &[u8]) -> SecurityProfile {
    let list = |flag: u16, values: &[u8]| (flags & flag != 0).then(|| values.to_vec());
    make!(SecurityProfile {
        index: index,
        flags: SecurityFlags(1 | flags),
        authentication_protocols: list(PROTOCOLS, &[1]),
        hashes: list(HASHES, hashes),
        kx_groups: list(GROUPS, groups),
    })
}

/// A profile for a secure channel alone.
fn channel(index: u8, flags: u16, versions: &[u8], ciphers: &[u16]) -> SecurityProfile {
    let mut profile = asks(index, flags, &[], &[]);
    profile.channel_algorithms = (flags & TLS_VERSIONS != 0).then(|| versions.to_vec());
    profile.cipher_suites = (flags & CIPHERS != 0).then(|| ciphers.to_vec());
    profile
}

fn secured(index: u16, profile: u8) -> Ssns {
    let mut entry = ssns(index, 1);
    (entry.security, entry.flags) = (profile, entry.flags.with(SsnsFlags::USE_SECURITY));
    entry.ext = None;
    entry.flags = SsnsFlags(entry.flags.0 & !SsnsFlags::EXTENDED_INFO.0);
    entry
}

/// A table with these entries and profiles.
fn table(entries: Vec<Ssns>, profiles: Vec<SecurityProfile>) -> Table {
    let mut table = static4();
    (table.ssns, table.security) = (entries, profiles);
    table
}

/// The plan of the table as it is read back from the bytes that are written for it.
fn plan(table: &Table) -> Plan {
    let bytes = write(table).expect("it can be written");
    let read = parse(&bytes).expect("it is a table").table;
    assert_eq!(read, *table);
    Plan::new(&[Source { name: "NBFT", table: &read }], &Options::default())
}

/// The sections on paths, discovery controllers and what is left out.
fn text(plan: &Plan) -> String {
    let text = plan.to_string();
    let wanted = |section: &&str| ["Paths", "Discovery", "Left out"].iter().any(|title| section.starts_with(title));
    text.split("\n\n").filter(wanted).map(|section| section.trim_end().to_owned() + "\n").collect()
}

const PATH: &str = "Paths
  192.0.2.1 port 4420 over nbft0 from 192.0.2.10, on the link
    nqn.2026-11.net.example:root (NBFT SSNS 1)
";

#[test]
fn a_profile_becomes_the_policy_of_its_path() {
    let cases = [
        (0, "authentication not supported; secure channel not supported"),
        (
            SUPPORTED,
            "authentication allowed with any hash function, key exchange by any group; secure channel not supported",
        ),
        (
            REQUIRED | PROTOCOLS | TLS_SUPPORTED,
            "authentication required with any hash function, key exchange by any group; secure channel allowed with TLS 1.3, \
             any cipher suite",
        ),
        (
            REQUIRED | HASHES | GROUPS,
            "authentication required with SHA-384 or SHA-512, key exchange NULL or 2048-bit or 8192-bit; secure channel not \
             supported",
        ),
    ];
    for (flags, policy) in cases {
        let planned = plan(&table(vec![secured(1, 1)], vec![asks(1, flags, &[3, 9, 2, 3], &[5, 0, 1, 77])]));
        assert_eq!(text(&planned), format!("{PATH}    {policy} (NBFT security profile 1)\n"));
    }
    let cases = [
        (TLS_SUPPORTED | TLS_VERSIONS, "allowed with TLS 1.3, any cipher suite"),
        (
            TLS_REQUIRED | TLS_VERSIONS | CIPHERS,
            "required with TLS 1.3, TLS_AES_128_GCM_SHA256 or TLS_AES_256_GCM_SHA384 or TLS_CHACHA20_POLY1305_SHA256 or \
             TLS_AES_128_CCM_SHA256",
        ),
    ];
    for (flags, policy) in cases {
        let profile = channel(1, flags, &[1, 2], &[0x1302, 0x1304, 0x1301, 0x1303, 0x1305]);
        let planned = plan(&table(vec![secured(1, 1)], vec![profile]));
        let policy = format!("authentication not supported; secure channel {policy}");
        assert_eq!(text(&planned), format!("{PATH}    {policy} (NBFT security profile 1)\n"));
    }
}

#[test]
fn the_policy_in_json() {
    let mut profile = asks(1, REQUIRED | HASHES | GROUPS | TLS_SUPPORTED | CIPHERS, &[2], &[1, 2, 3, 4, 5]);
    profile.cipher_suites = Some(vec![0x1302]);
    let planned = plan(&table(vec![secured(1, 1)], vec![profile]));
    let json = serde_json::to_value(&planned).expect("it is JSON");
    let expected = serde_json::json!({
        "profiles": [{"table": "NBFT", "index": 1}],
        "authentication": {
            "need": "required",
            "hashes": ["SHA-384"],
            "groups": ["2048-bit", "3072-bit", "4096-bit", "6144-bit", "8192-bit"],
        },
        "secure_channel": {"need": "allowed", "ciphers": ["TLS_AES_256_GCM_SHA384"]},
    });
    assert_eq!(json["paths"][0]["security"], expected);
    assert_eq!(json["secured"], serde_json::json!([{"nqn": "nqn.2026-11.net.example:root", "policy": expected}]));
    let back: Plan = serde_json::from_value(json).expect("it is a plan");
    assert_eq!(back, planned);
}

#[test]
fn redfish_keypaths_of_all_profiles_are_looked_at() {
    let with = |index, flags, kind: u8, keypath: &str| {
        let mut profile = asks(index, flags, &[], &[]);
        (profile.secret_type, profile.secret_keypath) = (SecretType(kind), Some(keypath.into()));
        profile
    };
    let (one, other) = ("/redfish/v1/KeyService/NVMeoFSecrets", "https://192.0.2.9/redfish/v1/Keys/1");
    let entries = PATH.replace("(NBFT SSNS 1)", "(NBFT SSNS 1, NBFT SSNS 2, NBFT SSNS 3)");
    let policy =
        "authentication required with any hash function, key exchange by any group; secure channel not supported";
    let of_all = "(NBFT security profile 1, NBFT security profile 2, NBFT security profile 3)";
    let profiles = vec![with(1, REQUIRED, 2, one), with(2, REQUIRED, 2, other), with(3, REQUIRED, 3, one)];
    let planned = plan(&table(vec![secured(1, 1), secured(2, 2), secured(3, 3)], profiles));
    let places = [one, other].map(|keypath| format!("    secrets by Redfish from {keypath}\n")).concat();
    assert_eq!(text(&planned), format!("{entries}    {policy} {of_all}\n{places}"));
    let json = serde_json::to_value(&planned).expect("it is JSON");
    assert_eq!(json["paths"][0]["security"]["redfish"], serde_json::json!([one, other]));
    // Of another kind, with characters that no URI has, or where no secret is wanted.
    for profile in [with(1, REQUIRED, 1, one), with(1, REQUIRED, 2, "/redfish v1"), with(1, 0, 2, one)] {
        let planned = plan(&table(vec![secured(1, 1)], vec![profile]));
        assert!(!planned.to_string().contains("Redfish"), "{planned}");
    }
}

#[test]
fn what_cannot_be_met_is_not_connected() {
    let reserved_channel = asks(1, 0x060, &[], &[]);
    let mut other_protocol = asks(1, REQUIRED | PROTOCOLS, &[], &[]);
    other_protocol.authentication_protocols = Some(vec![2]);
    let mut no_list = asks(1, REQUIRED | HASHES, &[], &[]);
    no_list.hashes = None;
    let cases = [
        (
            channel(1, TLS_REQUIRED | TLS_VERSIONS, &[1], &[]),
            "its security profile 1 requires a secure channel, but not by TLS 1.3, the only one that Linux has",
        ),
        (
            channel(1, TLS_REQUIRED | TLS_VERSIONS | CIPHERS, &[1, 2], &[0x1305]),
            "its security profile 1 requires a secure channel, and restricts the cipher suites to none that is known here",
        ),
        (reserved_channel, "its security profile 1 has the reserved value 3 for the secure channel"),
        (asks(1, 0x006, &[], &[]), "its security profile 1 has the reserved value 3 for authentication"),
        (
            other_protocol,
            "its security profile 1 requires authentication, but not by DH-HMAC-CHAP, the only protocol known here",
        ),
        (
            asks(1, REQUIRED | HASHES, &[0, 4], &[]),
            "its security profile 1 requires authentication, and restricts the hash functions to none that is known here",
        ),
        (
            no_list,
            "its security profile 1 requires authentication, and restricts the hash functions to none that is known here",
        ),
        (
            asks(1, REQUIRED | GROUPS, &[], &[6]),
            "its security profile 1 requires authentication, and restricts the key exchange groups to none that is known here",
        ),
        (asks(2, REQUIRED, &[], &[]), "it names security profile 1, which the table does not hold"),
    ];
    for (profile, reason) in cases {
        let planned = plan(&table(vec![secured(1, 1)], vec![profile]));
        assert_eq!(text(&planned), format!("Left out\n  NBFT SSNS 1: {reason}; it is not connected in plaintext\n"));
        assert!(planned.left_out[0].boot, "{reason}");
    }
}

#[test]
fn what_is_only_allowed_and_cannot_be_done_is_not_done() {
    let planned = plan(&table(vec![secured(1, 1)], vec![asks(1, SUPPORTED | HASHES, &[9], &[])]));
    let policy = "authentication not supported; secure channel not supported";
    assert_eq!(text(&planned), format!("{PATH}    {policy} (NBFT security profile 1)\n"));
    let old = channel(1, TLS_SUPPORTED | TLS_VERSIONS, &[1], &[]);
    assert_eq!(
        text(&plan(&table(vec![secured(1, 1)], vec![old]))),
        format!("{PATH}    {policy} (NBFT security profile 1)\n")
    );
}

#[test]
fn entries_for_one_port_are_held_to_the_strictest() {
    let profiles = vec![asks(1, SUPPORTED | HASHES, &[1, 2], &[]), asks(2, REQUIRED | HASHES | GROUPS, &[2, 3], &[1])];
    let mut plain = ssns(3, 1);
    plain.nsid = 2;
    let mut elsewhere = plain.clone();
    (elsewhere.index, elsewhere.trsvcid) = (4, Some("4421".into()));
    for entry in [&mut plain, &mut elsewhere] {
        entry.ext = None;
        entry.flags = SsnsFlags::VALID;
    }
    let planned = plan(&table(vec![secured(1, 1), secured(2, 2), plain.clone(), elsewhere], profiles.clone()));
    assert_eq!(
        text(&planned),
        "Paths
  192.0.2.1 port 4420 over nbft0 from 192.0.2.10, on the link
    nqn.2026-11.net.example:root (NBFT SSNS 1, NBFT SSNS 2, NBFT SSNS 3)
    authentication required with SHA-384, key exchange 2048-bit; secure channel not supported (NBFT security profile 1, \
         NBFT security profile 2)
  192.0.2.1 port 4421 over nbft0 from 192.0.2.10, on the link
    nqn.2026-11.net.example:root (NBFT SSNS 4)
"
    );
    // One of them that cannot be met costs all of the port.
    let mut unmet = profiles.clone();
    unmet[0].flags.0 |= TLS_REQUIRED | TLS_VERSIONS;
    unmet[0].channel_algorithms = Some(vec![1]);
    let reason = "its security profile 1 requires a secure channel, but not by TLS 1.3, the only one that Linux has; it is not \
                  connected in plaintext";
    assert_eq!(
        text(&plan(&table(vec![secured(1, 1), plain], unmet))),
        format!("Left out\n  NBFT SSNS 1: {reason}\n  NBFT SSNS 3: {reason}\n")
    );
    let mut apart = profiles;
    apart[0].hashes = Some(vec![1]);
    let planned = plan(&table(vec![secured(1, 1), secured(2, 2)], apart));
    let reason = "its security profiles NBFT 1, NBFT 2 allow no hash function or key exchange group alike; it is not connected \
                  in plaintext";
    assert_eq!(text(&planned), format!("Left out\n  NBFT SSNS 1: {reason}\n  NBFT SSNS 2: {reason}\n"));
}

#[test]
fn secure_channels_of_one_port_are_held_to_the_strictest() {
    let both = |one: SecurityProfile, other: SecurityProfile| {
        text(&plan(&table(vec![secured(1, 1), secured(2, 2)], vec![one, other])))
    };
    let one = channel(1, TLS_SUPPORTED | CIPHERS, &[], &[0x1301]);
    let entries = PATH.replace("(NBFT SSNS 1)", "(NBFT SSNS 1, NBFT SSNS 2)");
    let of_two = "(NBFT security profile 1, NBFT security profile 2)";
    let policy =
        |channel: &str| format!("{entries}    authentication not supported; secure channel {channel} {of_two}\n");
    assert_eq!(
        both(one.clone(), channel(2, TLS_REQUIRED | CIPHERS, &[], &[0x1301, 0x1302])),
        policy("required with TLS 1.3, TLS_AES_128_GCM_SHA256")
    );
    assert_eq!(both(one.clone(), channel(2, TLS_SUPPORTED | CIPHERS, &[], &[0x1302])), policy("not supported"));
    let reason = "its security profiles NBFT 1, NBFT 2 allow no cipher suite alike; it is not connected in plaintext";
    assert_eq!(
        both(one, channel(2, TLS_REQUIRED | CIPHERS, &[], &[0x1302])),
        format!("Left out\n  NBFT SSNS 1: {reason}\n  NBFT SSNS 2: {reason}\n")
    );
}

#[test]
fn discovery_controllers_and_what_they_tell_of() {
    let mut table = table(
        vec![secured(1, 1)],
        vec![asks(1, REQUIRED | HASHES, &[3], &[]), channel(2, TLS_REQUIRED | TLS_VERSIONS, &[1], &[])],
    );
    // The subsystem's own address is of no use: what is told of it must do what its entry says all the same.
    table.ssns[0].traddr = Some(ip("2001:db8::1"));
    table.discovery = vec![discovery(1, 1), discovery(2, 1)];
    (table.discovery[0].security, table.discovery[1].security) = (1, 2);
    let planned = plan(&table);
    let policy = "authentication required with SHA-512, key exchange by any group; secure channel not supported";
    assert_eq!(
        text(&planned),
        format!(
            "Discovery controllers
  192.0.2.1 port 8009 over nbft0 from 192.0.2.10, on the link
    nqn.2014-08.org.nvmexpress.discovery (NBFT discovery 1)
    {policy} (NBFT security profile 1)
    asked at once: no subsystem that came from it is in the plan
Left out
  NBFT SSNS 1 over HFI 1: HFI 1 has no address of 2001:db8::1's family
  NBFT SSNS 1: no HFI is left over which it can be reached
  NBFT discovery 2: its security profile 2 requires a secure channel, but not by TLS 1.3, the only one that Linux has; it is \
             not asked in plaintext
"
        )
    );
    let mut log = Log::new(Header { generation: 1, records: 2 });
    log.entries = ["root", "other"].map(|name| Entry::subsystem(nqn(name), "192.0.2.1".parse().unwrap(), 4420)).into();
    let from = planned.discovery[0].clone();
    let mut added = Additions::default();
    planned.discover(&mut added, &from, &log, &[]);
    let told = "told of by the discovery controller at 192.0.2.1 port 8009 (NBFT discovery 1)";
    assert_eq!(
        text(&planned.with(&added)).split("Discovery").next().unwrap(),
        format!(
            "Paths
  192.0.2.1 port 4420 over nbft0 from 192.0.2.10, on the link
    nqn.2026-11.net.example:root ({told})
    {policy} (NBFT security profile 1)
  192.0.2.1 port 4420 over nbft0 from 192.0.2.10, on the link
    nqn.2026-11.net.example:other ({told})
    {} (NBFT security profile 1)
",
            policy.replace("required", "allowed")
        )
    );
}
