//! Compares the JSON of random tables with an independent statement of what nvme-cli prints, which reads a table's bytes by offset
//! without the library. nvme-cli leaves out entries with a broken reference and tables of a later revision; the JSON has these
//! too, and otherwise the same.

use crate::support::random;
use arbitrary::Unstructured;
use libnbft::model::{Nqn, Table, TransportType};
use libnbft::{json, parse, write};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use serde_json::{Map, Value, json};

/// The bytes of a table, and what is read from them.
struct Bytes<'a>(&'a [u8]);

impl Bytes<'_> {
    fn at(&self, place: usize) -> u64 {
        self.0[place].into()
    }

    fn word(&self, place: usize) -> u64 {
        self.at(place) | self.at(place + 1) << 8
    }

    fn long(&self, place: usize) -> u64 {
        self.word(place) | self.word(place + 2) << 16
    }

    /// What a reference names, unless it is empty.
    fn object(&self, place: usize) -> Option<&[u8]> {
        let (start, length) = (self.long(place) as usize, self.word(place + 4) as usize);
        (length > 0).then(|| &self.0[start..start + length])
    }

    /// Where a reference leads, unless it is empty.
    fn place(&self, place: usize) -> Option<usize> {
        self.object(place).map(|_| self.long(place) as usize)
    }

    fn text(&self, place: usize) -> Option<String> {
        self.object(place).map(|bytes| String::from_utf8(bytes.to_vec()).expect("UTF-8 was written"))
    }

    fn address(&self, place: usize) -> String {
        let bytes: [u8; 16] = self.0[place..place + 16].try_into().expect("16 bytes");
        if bytes[..10] == [0; 10] && bytes[10..12] == [0xff; 2] {
            return bytes[12..].iter().map(ToString::to_string).collect::<Vec<_>>().join(".");
        }
        let ip = std::net::Ipv6Addr::from(bytes);
        match bytes[..12] == [0; 12] && bytes[12..14] != [0; 2] {
            true => format!("::{}.{}.{}.{}", bytes[12], bytes[13], bytes[14], bytes[15]),
            false => ip.to_string(),
        }
    }

    /// The places of a list's descriptors by the place of its reference in the control descriptor.
    fn list(&self, reference: usize) -> Vec<usize> {
        let (start, length) = (self.long(64 + reference) as usize, self.word(64 + reference + 4) as usize);
        (0..self.at(64 + reference + 7) as usize).map(|n| start + n * length).collect()
    }
}

fn hex(bytes: &[u8], between: &str) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().join(between)
}

fn uuid(bytes: &[u8]) -> String {
    let hex = hex(bytes, "");
    [&hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]].join("-")
}

fn bit(flags: u64, bit: u32) -> Value {
    (flags >> bit & 1).into()
}

fn add(json: &mut Value, key: &str, value: Option<impl Into<Value>>) {
    if let Some(value) = value {
        json[key] = value.into();
    }
}

fn duid(json: &mut Value, duid: &[u8]) {
    let word = |at: usize| duid.get(at..at + 2).map(|b| u16::from_le_bytes([b[0], b[1]]));
    let long = |at: usize| duid.get(at..at + 4).map(|b| u32::from_le_bytes([b[0], b[1], b[2], b[3]]));
    let rest = |at: usize| duid.get(at..).filter(|rest| !rest.is_empty()).map(|rest| hex(rest, ":"));
    // nvme-cli 3.1 gives one that is too short for a type the type 0.
    let kind = word(0).unwrap_or(0);
    json["dhcp_duid_type"] = match kind {
        1 => "DUID-LLT".into(),
        2 => "DUID-EN".into(),
        3 => "DUID-LL".into(),
        4 => "DUID-UUID".into(),
        other => format!("unknown({other})").into(),
    };
    match kind {
        1 => {
            add(json, "dhcp_duid_hwtype", word(2));
            add(json, "dhcp_duid_time", long(4));
            add(json, "dhcp_duid_lladdr", rest(8));
        }
        2 => {
            add(json, "dhcp_duid_enterprise", long(2));
            add(json, "dhcp_duid_id", rest(6));
        }
        3 => {
            add(json, "dhcp_duid_hwtype", word(2));
            add(json, "dhcp_duid_lladdr", rest(4));
        }
        4 => add(json, "dhcp_duid_uuid", duid.get(2..18).map(uuid)),
        _ => add(json, "dhcp_duid_raw", rest(0)),
    }
}

fn hfi(bytes: &Bytes<'_>, at: usize) -> Option<Value> {
    if bytes.at(at + 2) & 1 == 0 || bytes.at(at + 3) != 3 {
        return None;
    }
    let tcp = bytes.place(at + 16)?;
    let flags = bytes.at(tcp + 6);
    if flags & 1 == 0 || bytes.at(tcp + 1) != 1 {
        return None;
    }
    let routing = bytes.word(tcp + 7);
    let mut json = json!({
        "index": bytes.at(at + 1), "transport": "tcp",
        "pcidev": format!("0:{:x}:{:x}.{:x}", routing >> 8, routing >> 3 & 0x1f, routing & 7),
        "mac_addr": hex(&bytes.0[tcp + 11..tcp + 17], ":"), "vlan": bytes.word(tcp + 17), "ip_origin": bytes.at(tcp + 19),
        "ipaddr": bytes.address(tcp + 20), "subnet_mask_prefix": bytes.at(tcp + 36),
        "gateway_ipaddr": bytes.address(tcp + 37), "route_metric": bytes.word(tcp + 54),
        "primary_dns_ipaddr": bytes.address(tcp + 56), "secondary_dns_ipaddr": bytes.address(tcp + 72),
        "dhcp_server_ipaddr": if flags & 4 != 0 { bytes.address(tcp + 88) } else { String::new() },
        "this_hfi_is_default_route": bit(flags, 1), "dhcp_override": bit(flags, 2), "ipaddr_autoconf": bit(flags, 3),
    });
    add(&mut json, "host_name", bytes.text(tcp + 104));
    if bytes.at(tcp + 3) >= 2 {
        add(&mut json, "pcie_seg_num", Some(bytes.at(tcp + 116)).filter(|segment| *segment != 0));
        let ext = bytes.place(tcp + 110).filter(|ext| bytes.at(ext + 1) == 1 && bytes.long(ext + 4) & 3 == 3);
        if let Some((ext, id)) = ext.and_then(|ext| Some((ext, bytes.object(ext + 14)?))) {
            add(&mut json, "dhcp_iaid", Some(bytes.place(ext + 8).map_or(0, |iaid| bytes.long(iaid))));
            duid(&mut json, id);
        }
    }
    Some(json)
}

fn ssns(bytes: &Bytes<'_>, at: usize, hfis: &[u64], profiles: &[u64]) -> Option<Value> {
    let flags = bytes.word(at + 3);
    if flags & 1 == 0 || bytes.at(at + 5) != 3 {
        return None;
    }
    let security = bytes.at(at + 45);
    let (primary, secondary) = (bytes.at(at + 46), bytes.object(at + 48)?);
    if security != 0 && !profiles.contains(&security) || !hfis.contains(&primary) {
        return None;
    }
    let mut used = vec![primary];
    for index in secondary.iter().map(|index| u64::from(*index)) {
        if hfis.contains(&index) && !used.contains(&index) {
            used.push(index);
        }
    }
    let nid = &bytes.0[at + 29..at + 45];
    let (kind, nid) = match bytes.at(at + 28) {
        1 => (Some("eui64"), hex(&nid[..8], "")),
        2 => (Some("nguid"), hex(nid, "")),
        3 => (Some("uuid"), uuid(nid)),
        _ => (None, String::new()),
    };
    let digests = bytes.word(at + 6);
    let mut json = json!({
        "index": bytes.word(at + 1), "num_hfis": used.len(), "hfis": used, "transport": "tcp",
        "traddr": bytes.address(bytes.place(at + 10)?), "trsvcid": bytes.text(at + 16)?,
        "subsys_port_id": bytes.word(at + 22), "nsid": bytes.long(at + 24), "nid": nid,
        "subsys_nqn": bytes.text(at + 54)?, "controller_id": 0, "asqsz": 0, "connection_timeout": 0,
        "pdu_header_digest_required": bit(digests, 1), "data_digest_required": bit(digests, 2),
        "discovered": bit(flags, 6), "unavailable": bit(flags, 8),
    });
    add(&mut json, "nid_type", kind);
    let ext = bytes.place(at + 60).filter(|_| flags & 0x10 != 0);
    let ext = ext.filter(|ext| bytes.at(ext + 1) == 1 && bytes.word(ext + 2) == bytes.word(at + 1));
    if let Some(ext) = ext.filter(|ext| bytes.long(ext + 4) & 1 != 0) {
        json["controller_id"] = bytes.word(ext + 8).into();
        add(&mut json, "asqsz", Some(bytes.word(ext + 10)).filter(|_| bytes.long(ext + 4) & 2 != 0));
        add(&mut json, "dhcp_root_path_string", bytes.text(ext + 12));
        if bytes.word(at + 64) >= 23 {
            json["connection_timeout"] = bytes.word(ext + 20).into();
            for (key, at) in [("naed", 18), ("cipeec", 19), ("nceec", 22)] {
                add(&mut json, key, Some(bytes.at(ext + at)).filter(|code| *code != 0));
            }
        }
    }
    Some(json)
}

fn discovery(bytes: &Bytes<'_>, at: usize, hfis: &[u64], profiles: &[u64]) -> Option<Value> {
    let (hfi, security) = (bytes.at(at + 3), bytes.at(at + 4));
    if bytes.at(at + 1) & 1 == 0 || !hfis.contains(&hfi) || security != 0 && !profiles.contains(&security) {
        return None;
    }
    let mut json = json!({"index": bytes.at(at + 2), "hfi": hfi, "uri": bytes.text(at + 6)?});
    add(&mut json, "nqn", bytes.text(at + 12));
    add(&mut json, "security", Some(security).filter(|security| *security != 0));
    Some(json)
}

/// What nvme-cli prints of a table, without the file's name; nothing of one that it refuses.
fn nvme_cli(bytes: &Bytes<'_>) -> Option<Value> {
    let host = bytes.place(64 + 8)?;
    let flags = bytes.at(host + 1);
    if bytes.at(8) != 1 || bytes.at(50) > 1 || flags & 1 == 0 {
        return None;
    }
    let primary = ["not indicated", "unselected", "selected", "reserved"][(flags >> 3 & 3) as usize];
    let hfi_json: Vec<_> = bytes.list(16).into_iter().filter_map(|at| hfi(bytes, at)).collect();
    let hfis: Vec<_> = hfi_json.iter().filter_map(|hfi| hfi["index"].as_u64()).collect();
    let profiles: Vec<_> = bytes.list(32).into_iter().map(|at| bytes.at(at + 1)).collect();
    let namespaces = bytes.list(24).into_iter().filter_map(|at| ssns(bytes, at, &hfis, &profiles));
    let controllers = bytes.list(40).into_iter().filter_map(|at| discovery(bytes, at, &hfis, &profiles));
    Some(json!({
        "host": {
            "nqn": bytes.text(host + 18)?, "id": uuid(&bytes.0[host + 2..host + 18]),
            "host_id_configured": bit(flags, 1), "host_nqn_configured": bit(flags, 2), "primary_admin_host_flag": primary,
        },
        "subsystem": namespaces.collect::<Vec<_>>(), "discovery": controllers.collect::<Vec<_>>(), "hfi": hfi_json,
    }))
}

/// The first key of theirs that ours has not, or has with another value.
fn difference(ours: &Value, theirs: &Map<String, Value>) -> Option<String> {
    let differs = |(key, value): &(&String, &Value)| ours.get(key) != Some(value);
    theirs.iter().find(differs).map(|(key, value)| format!("{key}: {:?} for {value}", ours.get(key)))
}

/// Each of theirs must be among ours, in their order.
fn differences(name: &str, ours: &Value, theirs: &Value) -> Option<String> {
    let mut ours = ours.as_array().expect("a list").iter();
    for their in theirs.as_array().expect("a list") {
        let their = their.as_object().expect("an object");
        let same = |our: &Value| our["index"] == their["index"] && difference(our, their).is_none();
        if !ours.clone().any(same) {
            let near = ours.find(|our| our["index"] == their["index"]);
            return Some(format!("{name} {their:?}: {:?}", near.and_then(|our| difference(our, their))));
        }
        ours.by_ref().find(|our| same(our));
    }
    None
}

/// What nvme-cli reads of a structure only when its version and the index in it are right, which random bytes seldom are.
fn in_order(table: &mut Table) {
    (table.header.major, table.header.minor) = (1, table.header.minor & 1);
    // An HFI of which nothing is known but its index is an HFI here, and to nvme-cli none.
    table.hfis.retain(|hfi| hfi.tcp.is_some() && hfi.transport == TransportType::TCP);
    for hfi in &mut table.hfis {
        let Some(tcp) = &mut hfi.tcp else { continue };
        (tcp.version, tcp.info_version, tcp.hfi_index) = (1, tcp.info_version.clamp(1, 2), hfi.index.into());
        if let Some(ext) = &mut tcp.ext {
            (ext.version, ext.hfi_index) = (1, hfi.index.into());
        }
    }
    for ssns in table.ssns.iter_mut().filter(|ssns| ssns.nsid % 4 != 0) {
        if let Some(ext) = &mut ssns.ext {
            (ext.version, ext.ssns_index) = (1, ssns.index);
        }
    }
    // Enough of the references lead somewhere.
    let (hfis, profiles) = (table.hfis.len(), table.security.len());
    for (n, hfi) in table.hfis.iter_mut().enumerate() {
        hfi.index = u8::try_from(n + 1).expect("a list has at most 255");
        if let Some(tcp) = &mut hfi.tcp {
            tcp.hfi_index = hfi.index.into();
        }
    }
    if let Some(host) = &mut table.host {
        host.nqn.get_or_insert_with(|| Nqn("nqn.2014-08.org.example:h".into()));
    }
    for (n, ssns) in table.ssns.iter_mut().enumerate().filter(|_| hfis > 0) {
        ssns.traddr.get_or_insert_with(|| std::net::Ipv4Addr::new(192, 0, 2, 1).into());
        ssns.trsvcid.get_or_insert_with(|| "4420".into());
        ssns.nqn.get_or_insert_with(|| Nqn("nqn.2014-08.org.example:s".into()));
        if ssns.secondary_hfis.is_empty() {
            ssns.secondary_hfis.push(1);
        }
        if let Some(path) = ssns.ext.as_mut().map(|ext| &mut ext.dhcp_root_path) {
            path.get_or_insert_with(|| "nvme+tcp://192.0.2.1/".into());
        }
        ssns.primary_hfi = u8::try_from(n % hfis + 1).expect("as above");
        ssns.security = if profiles == 0 { 0 } else { table.security[n % profiles].index };
    }
}

#[test]
fn every_key_of_nvme_cli_for_random_tables() {
    let mut seen = [0_usize; 4];
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let mut compare = |input: Vec<u8>| {
        let Ok(mut table) = random::table(&mut Unstructured::new(&input)) else { return };
        in_order(&mut table);
        let Ok(bytes) = write(&table) else { return };
        let Some(theirs) = nvme_cli(&Bytes(&bytes)) else { return };
        let read = parse(&bytes).expect("nvme-cli reads it").table;
        let ours = serde_json::to_value(json::Table::from(&read)).expect("it has a JSON form");
        let host = theirs["host"].as_object().expect("an object");
        assert_eq!(difference(&ours["host"], host), None, "{table:#?}");
        for name in ["subsystem", "hfi", "discovery"] {
            assert_eq!(differences(name, &ours[name], &theirs[name]), None, "{table:#?}");
        }
        let kinds = theirs["hfi"].as_array().into_iter().flatten().filter(|hfi| hfi.get("dhcp_duid_type").is_some());
        let ways = theirs["subsystem"].as_array().into_iter().flatten();
        let [tables, duids, paths, unavailable] = &mut seen;
        *tables += 1;
        *duids += kinds.count();
        *paths += ways.clone().filter(|ssns| ssns.get("dhcp_root_path_string").is_some()).count();
        *unavailable += ways.filter(|ssns| ssns["unavailable"] == 1).count();
    };
    for _ in 0..1_000 {
        let input = vec(any::<u8>(), 200..6000).new_tree(&mut runner).expect("bytes").current();
        compare(input);
    }
    let [tables, duids, paths, unavailable] = seen;
    assert!(tables >= 300 && duids >= 40 && paths >= 40 && unavailable >= 40, "{seen:?}: too few to say anything");
}
