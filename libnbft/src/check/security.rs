//! Checks the values of security profiles.

use super::Checker;
use super::namespaces::reported;
use crate::finding::Rule;
use crate::finding::{Quoted, one_byte};
use crate::model::{PolicyList, SecurityProfile};
use crate::parse::Owner;
use crate::raw::{self, bytes_of};
use core::ops::RangeInclusive;

impl Checker<'_> {
    pub(super) fn check_security(&mut self) {
        let table = self.table;
        for (profile, offset) in table.security.iter().zip(&self.offsets.security) {
            let Some(raw) = self.raw::<raw::Security>(*offset) else { continue };
            let owner = Owner::new("security profile", profile.index);
            self.check_levels(owner, profile, *offset);
            self.check_lists(owner, profile, raw, *offset);
            let keypath = profile.secret_keypath.as_ref();
            if let Some(text) = keypath.filter(|text| !is_uri(text) && !reported(text)) {
                let span = self.object(raw.secret_keypath, bytes_of!(*offset, Security.secret_keypath));
                self.report(Rule::KeypathSyntax, format_args!("{owner}: {} is not a URI", Quoted(text)), span);
            }
        }
    }

    /// Checks the fields of two bits, whose value 3 is reserved.
    fn check_levels(&mut self, owner: Owner, profile: &SecurityProfile, offset: usize) {
        let flags = profile.flags;
        let fields = [
            ("authentication", flags.authentication().words()),
            ("authentication policy list", flags.authentication_policy().words()),
            ("secure channel", flags.secure_channel().words()),
            ("secure channel policy list", flags.secure_channel_policy().words()),
        ];
        for (name, words) in fields {
            if words.is_none() {
                self.report(
                    Rule::SecurityReserved,
                    format_args!("{owner}: the {name} field has the reserved value 3"),
                    bytes_of!(offset, Security.flags),
                );
            }
        }
    }

    fn check_lists(&mut self, owner: Owner, profile: &SecurityProfile, raw: &raw::Security, offset: usize) {
        let flags = profile.flags;
        // Known values: SECTYPE of NVMe/TCP; AUTHID (1 is DH-HMAC-CHAP), groups and hashes of the base specification.
        let lists: [(_, _, _, _, Option<&[u8]>, RangeInclusive<u8>); 4] = [
            (
                "secure channel algorithm",
                flags.secure_channel_policy() != PolicyList::NONE,
                raw.channel_algorithms,
                bytes_of!(offset, Security.channel_algorithms),
                profile.channel_algorithms.as_deref(),
                1..=2,
            ),
            (
                "authentication protocol",
                flags.authentication_policy() != PolicyList::NONE,
                raw.authentication_protocols,
                bytes_of!(offset, Security.authentication_protocols),
                profile.authentication_protocols.as_deref(),
                1..=1,
            ),
            (
                "KX group",
                flags.kx_groups_restricted(),
                raw.kx_groups,
                bytes_of!(offset, Security.kx_groups),
                profile.kx_groups.as_deref(),
                0..=5,
            ),
            (
                "hash function",
                flags.hashes_restricted(),
                raw.hashes,
                bytes_of!(offset, Security.hashes),
                profile.hashes.as_deref(),
                1..=3,
            ),
        ];
        for (name, used, reference, at, values, known) in lists {
            let mut values = values.into_iter().flatten().enumerate();
            if used && reference.length.get() == 0 {
                self.report(Rule::SecurityListMissing, format_args!("{owner}: there is no {name} list"), at);
            } else if let Some((number, value)) = values.find(|(_, value)| !known.contains(value)) {
                let offset = one_byte(self.object(reference, at).start + number);
                self.report(Rule::SecurityCode, format_args!("{owner}: the {name} {value} is unknown"), offset);
            }
        }
        // IANA adds cipher suites at any time: this crate has no list of them.
        if flags.cipher_suites_restricted() && raw.cipher_suites.length.get() == 0 {
            self.report(
                Rule::SecurityListMissing,
                format_args!("{owner}: there is no cipher suite list"),
                bytes_of!(offset, Security.cipher_suites),
            );
        }
    }
}

/// Whether the text has the form of a URI (RFC 3986) or of a path at the Redfish host interface.
fn is_uri(text: &str) -> bool {
    let graphic = text.bytes().all(|byte| byte.is_ascii_graphic());
    let scheme = |scheme: &str| {
        scheme.starts_with(|c: char| c.is_ascii_alphabetic())
            && scheme.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte))
    };
    graphic
        && (text.starts_with('/') || text.split_once(':').is_some_and(|(head, rest)| scheme(head) && !rest.is_empty()))
}

#[cfg(test)]
mod tests {
    use super::is_uri;

    #[test]
    fn uris() {
        for text in ["https://192.0.2.1/redfish/v1/K/1", "a:b", "x-1.+:y", "/redfish/v1/K/1", "/"] {
            assert!(is_uri(text), "{text}");
        }
        for text in ["", "redfish", ":x", "a:", "1a:b", "a_b:c", "a b:c", "/a b", "/\u{e9}", "https://\n"] {
            assert!(!is_uri(text), "{text}");
        }
    }
}
