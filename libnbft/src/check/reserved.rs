//! Bytes that mean nothing, and references that are not in use.

use super::Checker;
use crate::layout::fields::{self, Definition};
use crate::layout::values::Kind;
use crate::parse::{CONTROL, Owner};
use crate::raw::{self, HeapRef, bytes_of};
use crate::rule::Rule;
use core::fmt::Display;
use core::mem::offset_of;
use core::ops::Range;

impl Checker<'_> {
    pub(super) fn reserved(&mut self) {
        let (table, places) = (self.table, self.places);
        self.structure(&"header", 0, fields::HEADER);
        self.structure(&"control descriptor", CONTROL, fields::CONTROL);
        if let Some(place) = places.host {
            self.structure(&"host descriptor", place, fields::HOST);
        }
        for (hfi, place) in table.hfis.iter().zip(&places.hfis) {
            let owner = Owner::new("HFI", hfi.index);
            self.structure(&owner, *place, fields::HFI);
            let Some((tcp, info)) = hfi.tcp.as_ref().zip(self.info_place(*place)) else { continue };
            if tcp.info_version >= 2 {
                self.structure(&format_args!("{owner} transport info"), info, fields::HFI_TCP);
            } else {
                // What later became fields was reserved then.
                let later = info + offset_of!(raw::HfiTcp, ext)..info + size_of::<raw::HfiTcp>();
                self.zero(&format_args!("{owner} transport info"), bytes_of!(info, HfiTcp.reserved53));
                self.zero(&format_args!("{owner} transport info"), later);
            }
            let ext = tcp.ext.as_ref().zip(self.hfi_ext_place(info));
            let unused = ext.filter(|(ext, _)| !ext.flags.dhcp_client_id());
            if let Some((place, raw)) = unused.and_then(|(_, place)| Some((place, self.raw::<raw::HfiExt>(place)?))) {
                self.unused(owner, "IAID", raw.iaid, bytes_of!(place, HfiExt.iaid));
                self.unused(owner, "DUID", raw.duid, bytes_of!(place, HfiExt.duid));
            }
        }
        for (ssns, place) in table.ssns.iter().zip(&places.ssns) {
            let owner = Owner::new("SSNS", ssns.index);
            self.structure(&owner, *place, fields::SSNS);
            let Some(raw) = self.raw::<raw::Ssns>(*place) else { continue };
            if !ssns.flags.extended_info() {
                self.unused(owner, "extended info", raw.ext, bytes_of!(*place, Ssns.ext));
            }
            let ext = ssns.ext.as_ref().and(self.ssns_ext_place(*place));
            let unused = ext.filter(|_| !ssns.flags.dhcp_root_path());
            if let Some((place, raw)) = unused.and_then(|place| Some((place, self.raw::<raw::SsnsExt>(place)?))) {
                self.unused(owner, "DHCP root path", raw.dhcp_root_path, bytes_of!(place, SsnsExt.dhcp_root_path));
            }
        }
        for (profile, place) in table.security.iter().zip(&places.security) {
            let owner = Owner::new("security profile", profile.index);
            self.structure(&owner, *place, fields::SECURITY);
            self.unused_lists(owner, profile.flags, *place);
        }
        for (discovery, place) in table.discovery.iter().zip(&places.discovery) {
            self.structure(&Owner::new("discovery", discovery.index), *place, fields::DISCOVERY);
        }
    }

    fn unused_lists(&mut self, owner: Owner, flags: crate::model::SecurityFlags, place: usize) {
        use crate::model::PolicyList;
        let Some(raw) = self.raw::<raw::Security>(place) else { return };
        let lists = [
            (
                flags.secure_channel_policy() == PolicyList::NONE,
                "secure channel algorithm list",
                raw.channel_algorithms,
                bytes_of!(place, Security.channel_algorithms),
            ),
            (
                flags.authentication_policy() == PolicyList::NONE,
                "authentication protocol list",
                raw.authentication_protocols,
                bytes_of!(place, Security.authentication_protocols),
            ),
            (
                !flags.cipher_suites_restricted(),
                "cipher suite list",
                raw.cipher_suites,
                bytes_of!(place, Security.cipher_suites),
            ),
            (!flags.kx_groups_restricted(), "KX group list", raw.kx_groups, bytes_of!(place, Security.kx_groups)),
            (!flags.hashes_restricted(), "hash function list", raw.hashes, bytes_of!(place, Security.hashes)),
        ];
        for (unused, name, reference, at) in lists {
            if unused {
                self.unused(owner, name, reference, at);
            }
        }
    }

    /// The reserved fields of a structure.
    fn structure(&mut self, owner: &dyn Display, place: usize, definitions: &[Definition]) {
        for definition in definitions.iter().filter(|definition| matches!(definition.kind, Kind::Reserved)) {
            let start = place + definition.at;
            self.zero(owner, start..start + definition.length);
        }
    }

    /// Bytes that should be zero.
    fn zero(&mut self, owner: &dyn Display, span: Range<usize>) {
        let Some(bytes) = self.bytes.get(span.clone()) else { return };
        let not_zero = |byte: &u8| *byte != 0;
        if let (Some(first), Some(last)) = (bytes.iter().position(not_zero), bytes.iter().rposition(not_zero)) {
            let span = span.start + first..span.start + last + 1;
            self.report(Rule::ReservedNotZero, format_args!("{owner}: reserved bytes are not zero"), span);
        }
    }

    fn unused(&mut self, owner: Owner, name: &str, reference: HeapRef, at: Range<usize>) {
        if self.outside(reference) {
            self.report(
                Rule::UnusedReference,
                format_args!("{owner}: the {name} is not in use, and its reference points outside the heap"),
                at,
            );
        }
    }
}
