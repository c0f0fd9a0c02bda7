//! Reads security profile descriptors. The flags say which lists are in use; the parser ignores the others.

use super::MAX_OBJECT;
use super::lists::List;
use super::reader::{Owner, Reader, at};
use crate::finding::Rule;
use crate::model::{PolicyList, SecretType, SecurityFlags, SecurityProfile};
use crate::raw::{self, HeapRef, ListRef, bytes_of};
use alloc::vec::Vec;
use core::mem::offset_of;
use nom::Parser as _;
use nom::combinator::all_consuming;
use nom::multi::many1;
use nom::number::complete::le_u16;

impl Reader<'_> {
    pub(super) fn read_profiles(&mut self, list: ListRef, offsets: &mut Vec<usize>) -> Vec<SecurityProfile> {
        let list = List::new::<raw::Security>("security", list, offset_of!(raw::Control, security));
        self.read_list(list, offsets, Self::profile)
    }

    fn profile(&mut self, raw: &raw::Security, offset: usize) -> Option<SecurityProfile> {
        let owner = Owner::new("security profile", raw.index);
        let flags = SecurityFlags(raw.flags.get());
        if !self.descriptor_usable(
            owner,
            offset,
            raw::id::SECURITY,
            bytes_of!(offset, Security.flags),
            flags.is_valid(),
        ) {
            return None;
        }
        let mut list = |used: bool, field, reference: HeapRef, at| {
            if used { self.list_of_bytes(owner, field, reference, at) } else { None }
        };
        let channel_algorithms = list(
            flags.secure_channel_policy() != PolicyList::NONE,
            "secure channel algorithm list",
            raw.channel_algorithms,
            at!(offset, Security.channel_algorithms),
        );
        let authentication_protocols = list(
            flags.authentication_policy() != PolicyList::NONE,
            "authentication protocol list",
            raw.authentication_protocols,
            at!(offset, Security.authentication_protocols),
        );
        let kx_groups =
            list(flags.kx_groups_restricted(), "KX group list", raw.kx_groups, at!(offset, Security.kx_groups));
        let hashes = list(flags.hashes_restricted(), "hash function list", raw.hashes, at!(offset, Security.hashes));
        let cipher_suites = flags
            .cipher_suites_restricted()
            .then(|| self.cipher_suites(owner, raw.cipher_suites, at!(offset, Security.cipher_suites)))
            .flatten();
        let keypath = at!(offset, Security.secret_keypath);
        Some(SecurityProfile {
            index: raw.index,
            flags,
            secret_type: SecretType(raw.secret_type),
            channel_algorithms,
            authentication_protocols,
            cipher_suites,
            kx_groups,
            hashes,
            secret_keypath: self.text(owner, "secret keypath", raw.secret_keypath, keypath, MAX_OBJECT),
        })
    }

    fn cipher_suites(&mut self, owner: Owner, reference: HeapRef, at: usize) -> Option<Vec<u16>> {
        let object = self.object(owner, "cipher suite list", reference, at, MAX_OBJECT)?;
        let suites: nom::IResult<&[u8], Vec<u16>> = all_consuming(many1(le_u16)).parse(object.bytes);
        if let Ok((_, suites)) = suites {
            return Some(suites);
        }
        let length = object.bytes.len();
        self.report(
            Rule::CipherListOdd,
            format_args!("{owner}: the cipher suite list has {length} bytes, an odd number"),
            object.span(),
        );
        None
    }
}
