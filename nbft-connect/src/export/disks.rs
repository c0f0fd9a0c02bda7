//! udev rules that link the namespaces of the tables under /dev/disk/by-nbft.
//!
//! A namespace is known by what sysfs says of its disk and of what holds it: the subsystem under native multipath, else the
//! controller. Nothing is run for that, and text from firmware only stands in the rules where udev reads it as it is.

use libnbft::model::{Nid, Uuid};
use libnbft::plan::{Namespace, Path, Plan};
use std::fmt::Write;
use std::net::IpAddr;

/// Priority of the links of a disk that is the first path of its namespace, where multipath is off; each further one's is
/// lower by one, and what is no path of ours has 0.
const FIRST_PRIORITY: usize = 10;

const HEAD: &str = r#"# Made by nbft: links to the namespaces that the NVMe Boot Firmware Table names.
ACTION=="remove", GOTO="nbft_disks_end"
SUBSYSTEM!="block", GOTO="nbft_disks_end"
KERNEL!="nvme*", GOTO="nbft_disks_end"
"#;

const TAIL: &str = r#"
ENV{DEVTYPE}=="partition", IMPORT{parent}="ID_NBFT*"
ENV{DEVTYPE}=="disk", ENV{ID_NBFT}=="?*", SYMLINK+="disk/by-nbft/$env{ID_NBFT}"
ENV{DEVTYPE}=="disk", ENV{ID_NBFT_NAME}=="?*", SYMLINK+="disk/by-nbft/$env{ID_NBFT_NAME}"
ENV{DEVTYPE}=="partition", ENV{ID_NBFT}=="?*", SYMLINK+="disk/by-nbft/$env{ID_NBFT}-part%n"
ENV{DEVTYPE}=="partition", ENV{ID_NBFT_NAME}=="?*", SYMLINK+="disk/by-nbft/$env{ID_NBFT_NAME}-part%n"
LABEL="nbft_disks_end"
"#;

/// The rules.
pub(super) fn rules(plan: &Plan) -> String {
    let mut text = HEAD.to_owned();
    let mut number = 0;
    for namespace in &plan.namespaces {
        let counted = namespace.boot && (namespace.nid.is_some() || namespace.nsid != 0);
        number += usize::from(counted);
        let _ = write!(text, "\n{}", of_namespace(plan, namespace, counted.then_some(number)));
    }
    text + TAIL
}

/// The lines that know a namespace and its paths.
fn of_namespace(plan: &Plan, namespace: &Namespace, number: Option<usize>) -> String {
    let mut rule = String::from(r#"ENV{DEVTYPE}=="disk", "#);
    // Writing to a String cannot fail.
    let _ = write!(rule, r#"ATTRS{{subsysnqn}}=="{}", "#, pattern(&namespace.nqn));
    match (namespace.nid, namespace.nsid) {
        (Some(Nid::Uuid(uuid)), _) => drop(write!(rule, r#"ATTR{{uuid}}=="{uuid}", "#)),
        (Some(Nid::Nguid(bytes)), _) => {
            let _ = write!(rule, r#"ATTR{{nguid}}=="{}", "#, Uuid(bytes));
        }
        (Some(Nid::Eui64(bytes)), _) => {
            let bytes: Vec<_> = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
            let _ = write!(rule, r#"ATTR{{eui}}=="{}", "#, bytes.join(" "));
        }
        (_, 0) => {}
        (_, nsid) => drop(write!(rule, r#"ATTR{{nsid}}=="{nsid}", "#)),
    }
    let paths = rule.clone();
    if let Some(number) = number {
        let _ = write!(rule, r#"ENV{{ID_NBFT}}="{number}", "#);
    }
    let _ = writeln!(rule, r#"ENV{{ID_NBFT_NAME}}="{}-$attr{{nsid}}""#, encode(&namespace.nqn));
    // Of native multipath's disk the parent is the subsystem, which has no address.
    for (place, path) in
        namespace.paths.iter().filter_map(|path| plan.paths.get(*path)).enumerate().take(FIRST_PRIORITY)
    {
        let _ = writeln!(
            rule,
            r#"{paths}ATTRS{{address}}=="{}", OPTIONS+="link_priority={}""#,
            address(path),
            FIRST_PRIORITY - place
        );
    }
    rule
}

/// A controller's address as sysfs has it, for a pattern: `traddr=...,trsvcid=...,host_traddr=...,host_iface=...`.
fn address(path: &Path) -> String {
    let scope = match path.traddr {
        IpAddr::V6(ip) if ip.is_unicast_link_local() => "%*",
        _ => "",
    };
    let begin = format!("traddr={}{scope},trsvcid={},*host_iface={}", path.traddr, path.trsvcid, path.host_iface);
    format!("{begin}|{begin},*")
}

const fn is_plain(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b':' | b'_' | b'-')
}

/// A text as a pattern: what would end the string or mean something in it may be anything.
fn pattern(text: &str) -> String {
    let mut pattern = String::new();
    for c in text.chars() {
        if u8::try_from(c).is_ok_and(is_plain) {
            pattern.push(c);
        } else if !pattern.ends_with('*') {
            pattern.push('*');
        }
    }
    pattern
}

/// A text as part of a link's name, as udev itself writes what it does not let stand there.
fn encode(text: &str) -> String {
    let each = text.bytes().map(|byte| match is_plain(byte) {
        true => char::from(byte).to_string(),
        false => format!("\\x{byte:02x}"),
    });
    each.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use libnbft::model::{Hfi, HfiTcp, Mac, NidType, Nqn, Ssns, SsnsFlags, Table, TransportType};
    use libnbft::plan::{Options, Source};

    fn ssns(index: u16, nqn: &str, target: &str, kind: NidType, nsid: u32) -> Ssns {
        let mut ssns = Ssns::default();
        (ssns.index, ssns.transport, ssns.nqn) = (index, TransportType::TCP, Some(Nqn(nqn.into())));
        ssns.traddr = Some(target.parse::<IpAddr>().unwrap().into());
        (ssns.nsid, ssns.nid_type, ssns.nid) = (nsid, kind, [0x1a; 16]);
        (ssns.primary_hfi, ssns.secondary_hfis) = (1, vec![2]);
        ssns
    }

    fn plan(entries: Vec<Ssns>) -> Plan {
        let mut table = Table::default();
        for (index, address) in [(1, "192.0.2.2"), (2, "192.0.2.3")] {
            let mut tcp = HfiTcp::default();
            (tcp.mac, tcp.prefix) = (Mac([2, 0, 0, 0, 0, index]), 24);
            tcp.ip = address.parse::<IpAddr>().unwrap().into();
            let mut hfi = Hfi::default();
            (hfi.index, hfi.transport, hfi.tcp) = (index, TransportType::TCP, Some(tcp));
            table.hfis.push(hfi);
        }
        table.ssns = entries;
        Plan::new(&[Source { name: "NBFT", table: &table }], &Options::default())
    }

    /// The rules between head and tail.
    fn body(entries: Vec<Ssns>) -> String {
        let rules = rules(&plan(entries));
        rules.strip_prefix(HEAD).unwrap().strip_suffix(TAIL).unwrap().trim().to_owned()
    }

    #[test]
    fn one_namespace_over_two_paths() {
        let known = r#"ENV{DEVTYPE}=="disk", ATTRS{subsysnqn}=="nqn.2014-08.org.example:s", ATTR{uuid}=="1a1a1a1a-1a1a-1a1a-1a1a-1a1a1a1a1a1a", "#;
        let path = |name: &str| {
            let begin = format!("traddr=192.0.2.1,trsvcid=4420,*host_iface={name}");
            format!(r#"ATTRS{{address}}=="{begin}|{begin},*", OPTIONS+="link_priority="#)
        };
        assert_eq!(
            body(vec![ssns(1, "nqn.2014-08.org.example:s", "192.0.2.1", NidType::UUID, 1)]),
            format!(
                "{known}ENV{{ID_NBFT}}=\"1\", ENV{{ID_NBFT_NAME}}=\"nqn.2014-08.org.example:s-$attr{{nsid}}\"\n\
                 {known}{}10\"\n{known}{}9\"",
                path("nbft0"),
                path("nbft1")
            )
        );
    }

    #[test]
    fn each_kind_of_identifier_as_sysfs_writes_it() {
        let mut later = ssns(4, "nqn.s", "192.0.2.1", NidType::NONE, 4);
        later.flags = SsnsFlags::NON_BOOTABLE;
        let rules = body(vec![
            ssns(1, "nqn.s", "192.0.2.1", NidType::NGUID, 1),
            ssns(2, "nqn.s", "192.0.2.1", NidType::EUI64, 2),
            ssns(3, "nqn.s", "192.0.2.1", NidType::NONE, 3),
            later,
            ssns(5, "nqn.any", "192.0.2.1", NidType::NONE, 0),
        ]);
        let known: Vec<_> = rules.lines().filter(|line| line.contains("ID_NBFT_NAME")).collect();
        let line = |nqn: &str, rest: &str| {
            format!(
                r#"ENV{{DEVTYPE}}=="disk", ATTRS{{subsysnqn}}=="{nqn}", {rest}ENV{{ID_NBFT_NAME}}="{nqn}-$attr{{nsid}}""#
            )
        };
        assert_eq!(
            known,
            [
                line("nqn.s", r#"ATTR{nguid}=="1a1a1a1a-1a1a-1a1a-1a1a-1a1a1a1a1a1a", ENV{ID_NBFT}="1", "#),
                line("nqn.s", r#"ATTR{eui}=="1a 1a 1a 1a 1a 1a 1a 1a", ENV{ID_NBFT}="2", "#),
                line("nqn.s", r#"ATTR{nsid}=="3", ENV{ID_NBFT}="3", "#),
                line("nqn.s", r#"ATTR{nsid}=="4", "#),
                line("nqn.any", ""),
            ]
        );
    }

    #[test]
    fn no_name_ends_its_string_or_means_something_in_it() {
        assert_eq!(pattern(r#"nqn.a"|b*$c\ü/d"#), "nqn.a*b*c*d");
        assert_eq!(encode(r#"nqn.a"*$/ü"#), r"nqn.a\x22\x2a\x24\x2f\xc3\xbc");
        let rules = body(vec![ssns(1, "nqn.x\"RUN+=\"sh|%k$$", "192.0.2.1", NidType::NONE, 1)]);
        let known = r#"ENV{DEVTYPE}=="disk", ATTRS{subsysnqn}=="nqn.x*RUN*sh*k*", ATTR{nsid}=="1", "#;
        let names = r#"ENV{ID_NBFT}="1", ENV{ID_NBFT_NAME}="nqn.x\x22RUN\x2b\x3d\x22sh\x7c\x25k\x24\x24-$attr{nsid}""#;
        assert_eq!(rules.lines().next(), Some(format!("{known}{names}").as_str()));
    }
}
