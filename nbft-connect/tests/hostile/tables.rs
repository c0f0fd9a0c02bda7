//! Hostile tables, made of those of `testdata/`.

use libnbft::model::{FixedText, Nqn, SsnsExt, Table};
use std::path::Path;

/// What ends a line and what a terminal obeys, and a line of its own between.
const LOUD: &str = "\u{1b}[2J\u{1b}]0;x\u{7}\r\nINJECTED=1\n[Injected]\n\u{9b}31m\u{85}\u{7f}, \t";

/// What is not seen or moves its neighbours, quotes, and what shells and formats take for more than itself: all that an NQN may
/// hold.
pub(crate) const QUIET: &str =
    "\u{202e}\u{200b}\u{e0041}\u{61c}\u{feff}\u{180e}\u{fff9}\u{ad}\u{fe0f}\"'%s$(id)`id`\\|<x>&{}*?#;=[x]";

/// Stands in a model for bytes that no `String` can hold.
const PLACEHOLDER: &[u8] = b"QQ";

/// How hostile the strings are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Strings {
    /// Everything.
    Loud,
    /// What a plan takes over.
    Quiet,
    /// Nothing: as a table that has no names but NQNs.
    None,
}

impl Strings {
    pub(crate) fn text(self) -> String {
        match self {
            Self::Loud => format!("x{LOUD}{QUIET}QQ"),
            Self::Quiet => format!("x{QUIET}"),
            Self::None => String::new(),
        }
    }

    fn nqn(self, nqn: &Nqn) -> Nqn {
        match self {
            Self::None => nqn.clone(),
            _ => Nqn(format!("{}{}", nqn.0, self.text())),
        }
    }

    fn optional(self) -> Option<String> {
        Some(self.text()).filter(|text| !text.is_empty())
    }
}

/// A table of `testdata/tables` with its strings replaced.
pub(crate) fn model(name: &str, strings: Strings) -> Table {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("../testdata/tables/{name}.nbft"));
    let mut table = libnbft::parse(&std::fs::read(path).unwrap()).unwrap().table;
    if strings == Strings::Loud {
        table.header.oem_id = FixedText(*b"\x1b[2J\n\"");
        table.header.oem_table_id = FixedText(*b"\x9b31m\xff\r,\0");
        table.header.creator_id = FixedText(*b"\x1b\n\xff\"");
    }
    table.header.driver_path = strings.optional();
    if let Some(host) = &mut table.host {
        host.nqn = host.nqn.as_ref().map(|nqn| strings.nqn(nqn));
    }
    for tcp in table.hfis.iter_mut().filter_map(|hfi| hfi.tcp.as_mut()) {
        tcp.host_name = strings.optional();
    }
    for ssns in &mut table.ssns {
        ssns.nqn = ssns.nqn.as_ref().map(|nqn| strings.nqn(nqn));
        if strings == Strings::Loud {
            ssns.trsvcid = Some(strings.text());
        }
        let mut ext = ssns.ext.take().unwrap_or_else(|| {
            let mut ext = SsnsExt::default();
            (ext.version, ext.ssns_index) = (1, ssns.index);
            ext
        });
        ext.dhcp_root_path = strings.optional();
        ssns.ext = Some(ext);
    }
    for discovery in &mut table.discovery {
        discovery.uri = discovery.uri.take().map(|uri| format!("{uri}/{}", strings.text()));
        discovery.nqn = discovery.nqn.as_ref().map(|nqn| strings.nqn(nqn));
    }
    for profile in &mut table.security {
        profile.secret_keypath = profile.secret_keypath.take().map(|path| format!("{path}/{}", strings.text()));
    }
    table
}

/// Its bytes; what no `String` can hold is put in here: bytes that are not UTF-8, or NULs.
pub(crate) fn bytes(table: &Table, instead: [u8; 2]) -> Vec<u8> {
    let mut bytes = libnbft::write(table).unwrap();
    let places: Vec<_> =
        bytes.windows(2).enumerate().filter(|(_, two)| *two == PLACEHOLDER).map(|(at, _)| at).collect();
    for at in places {
        bytes[at..at + 2].copy_from_slice(&instead);
    }
    libnbft::repair_checksum(&mut bytes);
    bytes
}

/// Names of tables of `testdata/tables` that have all kinds of strings between them.
pub(crate) const NAMES: [&str; 7] = ["full", "security", "discovery", "multipath", "vlan", "dhcp4", "failed"];

/// All of them as the files of a machine: loud ones with bytes that are not UTF-8, with NULs, and quiet ones.
pub(crate) fn machine() -> Vec<Vec<u8>> {
    let loud = |instead| NAMES.map(|name| bytes(&model(name, Strings::Loud), instead));
    let quiet = NAMES.map(|name| bytes(&model(name, Strings::Quiet), [b'Q'; 2]));
    quiet.into_iter().chain(loud([0xff, 0xfe])).chain(loud([0, b'A'])).collect()
}
