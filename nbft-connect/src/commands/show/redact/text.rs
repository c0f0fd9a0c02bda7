//! Replaces texts: NQNs, URIs, DHCP root paths, device paths.

use super::Redactor;
use libnbft::model::{DISCOVERY_NQN, Nqn, Uuid};
use libnbft::text::{Hex, bytes_from_hex};
use std::net::IpAddr;

const UUID_NQN: &str = "nqn.2014-08.org.nvmexpress:uuid:";

impl Redactor {
    /// An NQN. The well-known discovery NQN stays, as does the form; a text that is no NQN becomes another such text.
    pub(super) fn nqn_text(&mut self, nqn: &str) -> String {
        if nqn == DISCOVERY_NQN || nqn.is_empty() {
            return nqn.into();
        }
        let lower = nqn.to_ascii_lowercase();
        let replacement = match lower.strip_prefix(UUID_NQN).map(str::parse::<Uuid>) {
            Some(Ok(uuid)) => format!("{UUID_NQN}{}", self.identifiers.uuid(uuid)),
            _ if lower == DISCOVERY_NQN => lower.clone(),
            _ => {
                let name = self.word("name", nqn);
                let domain = if lower.starts_with("nqn.") { "nqn.2014-08.org.example:" } else { "no-nqn-" };
                let mut name = format!("{domain}{name}");
                // One that is too long stays so.
                let missing = if nqn.len() > Nqn::MAX_LEN { nqn.len().saturating_sub(name.len()) } else { 0 };
                name.extend(std::iter::repeat_n('x', missing));
                name
            }
        };
        if is_upper(nqn) { replacement.to_ascii_uppercase() } else { replacement }
    }

    /// A port stays, however oddly the number is written: that may be what the report is about.
    pub(super) fn port(&mut self, port: &str) -> String {
        let is_numeral = |byte: u8| byte.is_ascii_hexdigit() || b"xX+- ".contains(&byte);
        if port.len() <= 8 && port.bytes().all(is_numeral) { port.into() } else { self.word("port", port) }
    }

    /// A URI or root path: scheme, port and short numbers stay, every other part is replaced by what it is.
    pub(super) fn uri(&mut self, uri: &str) -> String {
        let Some((scheme, rest)) = uri.split_once("://") else {
            return self.word("text", uri);
        };
        let is_scheme = |c: char| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.');
        if scheme.len() > 16 || !scheme.chars().all(is_scheme) {
            return self.word("text", uri);
        }
        let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
        let authority = self.authority(authority);
        let path: Vec<_> = path.split('/').map(|segment| self.segment(segment)).collect();
        format!("{scheme}://{authority}{}", path.join("/"))
    }

    fn authority(&mut self, authority: &str) -> String {
        if let Some((inside, port)) = authority.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
            let host = self.host(inside);
            let port = port.strip_prefix(':').map_or(String::new(), |port| format!(":{}", self.port(port)));
            return format!("[{host}]{port}");
        }
        match authority.rsplit_once(':') {
            // More than one colon without brackets: an IPv6 address as it should not be written.
            Some((host, port)) if !host.contains(':') => format!("{}:{}", self.host(host), self.port(port)),
            _ => self.host(authority),
        }
    }

    fn host(&mut self, host: &str) -> String {
        match host.parse::<IpAddr>() {
            Ok(ip) => {
                let text = self.addresses.replace(ip).to_string();
                if is_upper(host) { text.to_ascii_uppercase() } else { text }
            }
            Err(_) => self.word("host", host),
        }
    }

    /// One segment of a path: an NQN, a UUID, another identifier in hex digits, a number, or a word.
    fn segment(&mut self, segment: &str) -> String {
        if segment.is_empty() || is_number(segment) {
            return segment.into();
        }
        let lower = segment.to_ascii_lowercase();
        let replacement = if lower.starts_with("nqn.") {
            self.nqn_text(segment)
        } else if let Ok(uuid) = lower.parse() {
            self.identifiers.uuid(uuid).to_string()
        } else if let Some(nid) = nid(&lower) {
            let bytes = self.identifiers.nid(nid);
            Hex::new(&bytes[..lower.len() / 2]).to_string()
        } else {
            self.word("path", segment)
        };
        if is_upper(segment) { replacement.to_ascii_uppercase() } else { replacement }
    }
}

/// Whether a text has letters and no small ones.
pub(super) fn is_upper(text: &str) -> bool {
    text.bytes().any(|byte| byte.is_ascii_uppercase()) && !text.bytes().any(|byte| byte.is_ascii_lowercase())
}

/// A port, an NSID: a number that identifies nobody.
fn is_number(text: &str) -> bool {
    (1..=10).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// An EUI-64 or NGUID in hex digits.
fn nid(text: &str) -> Option<[u8; 16]> {
    let mut bytes = bytes_from_hex(text).filter(|bytes| matches!(bytes.len(), 8 | 16))?;
    bytes.resize(16, 0);
    bytes.try_into().ok()
}

/// A UEFI device path: nodes that name firmware files and positions on a bus stay, of others only the name does.
pub(super) fn device_path(path: &str) -> String {
    const HARMLESS: &[&str] = &["Fv", "FvFile", "VenHw", "VenMsg", "PciRoot", "Pci", "Acpi", "Ctrl", "Offset"];
    let node = |node: &str| match node.split_once('(') {
        Some((name, inside)) if HARMLESS.contains(&name) && inside.ends_with(')') && is_plain(inside) => node.into(),
        Some((name, _)) if name.len() <= 16 && name.bytes().all(|byte| byte.is_ascii_alphanumeric()) => {
            format!("{name}(redacted)")
        }
        _ if node.is_empty() => String::new(),
        _ => "redacted".into(),
    };
    path.split('/').map(node).collect::<Vec<_>>().join("/")
}

/// GUIDs, numbers and commas: what the harmless nodes hold.
fn is_plain(inside: &str) -> bool {
    let inside = inside.strip_suffix(')').unwrap_or(inside);
    inside.len() <= 48 && inside.bytes().all(|byte| byte.is_ascii_hexdigit() || b"-x,X".contains(&byte))
}
