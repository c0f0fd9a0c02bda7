//! Writes udev rules that link the namespaces of the tables under /dev/disk/by-nbft.
//!
//! A rule recognizes a namespace by sysfs attributes of its disk and of the disk's parent: the subsystem under native multipath, else the
//! controller. The rules run no program, and hold text from firmware only where udev reads it literally.

use libnbft::model::{Nid, Uuid};
use libnbft::plan::{Names, Namespace, Path, Plan};
use libnbft::text::Hex;
use std::fmt::Write;
use std::net::IpAddr;

/// If multipath is off, the link priority of the disk that is the first path of its namespace. Each further path's disk has one less, and a
/// disk that is no path of nbft's has 0.
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
        let rule = match is_literal(&namespace.nqn) {
            true => of_namespace(plan, namespace, counted.then_some(number)),
            false => without_rule(namespace),
        };
        let _ = write!(text, "\n{rule}");
    }
    text + TAIL
}

/// The lines that match a namespace and its paths.
fn of_namespace(plan: &Plan, namespace: &Namespace, number: Option<usize>) -> String {
    let mut rule = String::from(r#"ENV{DEVTYPE}=="disk", "#);
    // Writing to a String cannot fail.
    let _ = write!(rule, r#"ATTRS{{subsysnqn}}=="{}", "#, namespace.nqn);
    match (namespace.nid, namespace.nsid) {
        (Some(Nid::Uuid(uuid)), _) => drop(write!(rule, r#"ATTR{{uuid}}=="{uuid}", "#)),
        (Some(Nid::Nguid(bytes)), _) => {
            let _ = write!(rule, r#"ATTR{{nguid}}=="{}", "#, Uuid(bytes));
        }
        (Some(Nid::Eui64(bytes)), _) => {
            let _ = write!(rule, r#"ATTR{{eui}}=="{}", "#, Hex::separated(&bytes, " "));
        }
        (_, 0) => {}
        (_, nsid) => drop(write!(rule, r#"ATTR{{nsid}}=="{nsid}", "#)),
    }
    let paths = rule.clone();
    if let Some(number) = number {
        let _ = write!(rule, r#"ENV{{ID_NBFT}}="{number}", "#);
    }
    let _ = writeln!(rule, r#"ENV{{ID_NBFT_NAME}}="{}-$attr{{nsid}}""#, encode(&namespace.nqn));
    // Under native multipath, the disk's parent is the subsystem, which has no address.
    for (place, path) in
        namespace.paths.iter().filter_map(|path| plan.paths.get(*path)).enumerate().take(FIRST_PRIORITY)
    {
        let _ = writeln!(
            rule,
            r#"{paths}ATTRS{{address}}=="{}", OPTIONS+="link_priority={}""#,
            address(path, plan.names),
            FIRST_PRIORITY - place
        );
    }
    rule
}

/// A controller's address as sysfs has it, for a pattern: `traddr=...,trsvcid=...,host_traddr=...,host_iface=...`.
fn address(path: &Path, names: Names) -> String {
    let scope = match path.traddr {
        IpAddr::V6(ip) if ip.is_unicast_link_local() => "%*",
        _ => "",
    };
    let mut begin = format!("traddr={}{scope},trsvcid={}", path.traddr, path.trsvcid);
    if names != Names::Kernel {
        // Writing to a String cannot fail.
        let _ = write!(begin, ",*host_iface={}", path.host_iface);
    }
    format!("{begin}|{begin},*")
}

const fn is_plain(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b':' | b'_' | b'-')
}

/// Whether udev compares a text in a rule's quotes literally. It reads `*`, `?` and `[` as patterns and `|` as "or", and a quote ends the
/// text; the meaning of a backslash depends on udev's version.
fn is_literal(text: &str) -> bool {
    let literal =
        |c: char| c.is_ascii_graphic() && !matches!(c, '"' | '\\' | '*' | '?' | '[' | '|') || c.is_alphanumeric();
    !text.is_empty() && text.chars().all(literal)
}

/// The comment in place of a rule that could match another namespace.
fn without_rule(namespace: &Namespace) -> String {
    log::warn!(
        "udev cannot compare the NQN {} as it is: its namespaces get no link in /dev/disk/by-nbft",
        namespace.nqn
    );
    // Encoded, so that the line is ASCII and never ends with a backslash.
    format!("# No link: udev cannot compare this NQN as it is: {}\n", encode(&namespace.nqn))
}

/// A text as part of a link's name; special characters are encoded as udev does it.
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
    fn what_udev_does_not_let_stand_in_a_name_is_encoded() {
        assert_eq!(encode(r#"nqn.a"*$/ü"#), r"nqn.a\x22\x2a\x24\x2f\xc3\xbc");
        let rules = body(vec![ssns(1, "nqn.x/%k$$+ü", "192.0.2.1", NidType::NONE, 1)]);
        let known = r#"ENV{DEVTYPE}=="disk", ATTRS{subsysnqn}=="nqn.x/%k$$+ü", ATTR{nsid}=="1", "#;
        let names = r#"ENV{ID_NBFT}="1", ENV{ID_NBFT_NAME}="nqn.x\x2f\x25k\x24\x24\x2b\xc3\xbc-$attr{nsid}""#;
        assert_eq!(rules.lines().next(), Some(format!("{known}{names}").as_str()));
    }

    #[test]
    fn what_cannot_be_matched_literally_gets_no_rule_and_keeps_its_number() {
        for nqn in ["*", "nqn.a*", "nqn.?", "nqn.[ab]", "nqn.a|nqn.b", "nqn.a\"RUN+=\"sh", "nqn.a\\"] {
            let rules = body(vec![
                ssns(1, nqn, "192.0.2.1", NidType::NONE, 1),
                ssns(2, "nqn.b", "192.0.2.1", NidType::NONE, 1),
            ]);
            let lines: Vec<_> = rules.lines().filter(|line| !line.is_empty()).collect();
            assert!(
                lines[0].starts_with("# No link") && lines[0].is_ascii() && !lines[0].ends_with('\\'),
                "{nqn}: {rules}"
            );
            assert!(lines[1].contains(r#"=="nqn.b""#) && lines[1].contains(r#"ENV{ID_NBFT}="2""#), "{nqn}: {rules}");
            assert!(lines[1..].iter().all(|line| line.contains(r#"=="nqn.b""#)), "{nqn}: {rules}");
        }
        // The one that matched every disk: a single character that stood for anything.
        assert!(body(vec![ssns(1, "/", "192.0.2.1", NidType::NONE, 1)]).contains(r#"ATTRS{subsysnqn}=="/", "#));
    }

    /// How udev reads a rule's quoted value: up to the next quote; a backslash before a quote keeps it.
    fn quoted(rule: &str) -> Option<(String, &str)> {
        let mut value = String::new();
        let mut rest = rule.strip_prefix('"')?.char_indices();
        while let Some((at, c)) = rest.next() {
            match c {
                '"' => return Some((value, &rule[at + 2..])),
                '\\' if rule[at + 2..].starts_with('"') => value.extend(rest.next().map(|(_, c)| c)),
                c => value.push(c),
            }
        }
        None
    }

    /// udev's match: alternatives at `|`, each a shell pattern if it holds `*`, `?` or `[`, else the text itself.
    fn matches(value: &str, text: &str) -> bool {
        value.split('|').any(|value| match value.contains(['*', '?', '[']) {
            true => glob(&value.chars().collect::<Vec<_>>(), &text.chars().collect::<Vec<_>>()),
            false => value == text,
        })
    }

    fn glob(pattern: &[char], text: &[char]) -> bool {
        match (pattern, text) {
            ([], []) => true,
            (['*', rest @ ..], _) => glob(rest, text) || !text.is_empty() && glob(pattern, &text[1..]),
            (['?', rest @ ..], [_, text @ ..]) => glob(rest, text),
            // A bracket that matches anything: enough to see that it is there.
            (['[', rest @ ..], [_, text @ ..]) => {
                rest.iter().position(|c| *c == ']').is_some_and(|end| glob(&rest[end + 1..], text))
            }
            (['\\', c, rest @ ..], [d, text @ ..]) | ([c, rest @ ..], [d, text @ ..]) => c == d && glob(rest, text),
            _ => false,
        }
    }

    /// For any NQN, its rule matches this NQN and nothing else, and holds no assignment that the NQN could inject.
    #[test]
    fn a_rule_matches_its_own_nqn_and_no_other() {
        const PARTS: [&str; 22] = [
            "a", "B", "1", ".", ":", "-", "/", "*", "?", "[", "]", "|", "\"", "\\", "$", "%", "{", "}", "#", "=", "+",
            "ü",
        ];
        let mut state = 0x2545_f491_4f6c_dd1d_u64;
        let mut next = |bound: usize| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            usize::try_from(state % 1_000_003).unwrap() % bound
        };
        let mut nqns: Vec<String> = PARTS.iter().map(|part| (*part).to_owned()).collect();
        nqns.extend((0..400).map(|_| (0..=next(5)).map(|_| PARTS[next(PARTS.len())]).collect::<String>()));
        nqns.extend(["nqn.other", "RUN+=", "abc", "nqn.2014-08.org.nvmexpress:uuid:x"].map(str::to_owned));
        let mut with_rule = 0;
        for nqn in &nqns {
            let rules = body(vec![ssns(1, nqn, "192.0.2.1", NidType::NONE, 1)]);
            for line in rules.lines().filter(|line| !line.starts_with('#')) {
                let rest = line.strip_prefix(r#"ENV{DEVTYPE}=="disk", ATTRS{subsysnqn}=="#).expect(line);
                let (value, rest) = quoted(rest).expect(line);
                assert!(rest.starts_with(r#", ATTR{nsid}=="1", "#), "{line}");
                let matched: Vec<_> = nqns.iter().filter(|text| matches(&value, text)).collect();
                assert!(!matched.is_empty() && matched.iter().all(|text| *text == nqn), "{line} matches {matched:?}");
                with_rule += 1;
            }
        }
        assert!(with_rule > 100, "{with_rule}");
    }
}
