//! Checks reserved bytes, and references that are not in use.

use super::Checker;
use crate::annotate::fields::{self, Definition};
use crate::annotate::values::Format;
use crate::finding::Rule;
use crate::parse::{CONTROL, Owner};
use crate::raw::{self, HeapRef, bytes_of};
use core::fmt::Display;
use core::mem::offset_of;
use core::ops::Range;

impl Checker<'_> {
    pub(super) fn check_reserved(&mut self) {
        let (table, offsets) = (self.table, self.offsets);
        self.check_structure(&"header", 0, fields::HEADER);
        self.check_structure(&"control descriptor", CONTROL, fields::CONTROL);
        if let Some(offset) = offsets.host {
            self.check_structure(&"host descriptor", offset, fields::HOST);
        }
        for (hfi, offset) in table.hfis.iter().zip(&offsets.hfis) {
            let owner = Owner::new("HFI", hfi.index);
            self.check_structure(&owner, *offset, fields::HFI);
            let Some((tcp, info)) = hfi.tcp.as_ref().zip(self.info_offset(*offset)) else { continue };
            if tcp.info_version >= 2 {
                self.check_structure(&format_args!("{owner} transport info"), info, fields::HFI_TCP);
            } else {
                // Version 1 reserves the bytes that version 2 uses for fields.
                let later = info + offset_of!(raw::HfiTcp, ext)..info + size_of::<raw::HfiTcp>();
                self.check_zero(&format_args!("{owner} transport info"), bytes_of!(info, HfiTcp.reserved53));
                self.check_zero(&format_args!("{owner} transport info"), later);
            }
            let ext = tcp.ext.as_ref().zip(self.hfi_ext_offset(info));
            let unused = ext.filter(|(ext, _)| !ext.flags.dhcp_client_id());
            if let Some((offset, raw)) = unused.and_then(|(_, offset)| Some((offset, self.raw::<raw::HfiExt>(offset)?)))
            {
                self.check_unused_reference(owner, "IAID", raw.iaid, bytes_of!(offset, HfiExt.iaid));
                self.check_unused_reference(owner, "DUID", raw.duid, bytes_of!(offset, HfiExt.duid));
            }
        }
        for (ssns, offset) in table.ssns.iter().zip(&offsets.ssns) {
            let owner = Owner::new("SSNS", ssns.index);
            self.check_structure(&owner, *offset, fields::SSNS);
            let Some(raw) = self.raw::<raw::Ssns>(*offset) else { continue };
            if !ssns.flags.extended_info() {
                self.check_unused_reference(owner, "extended info", raw.ext, bytes_of!(*offset, Ssns.ext));
            }
            let ext = ssns.ext.as_ref().and(self.ssns_ext_offset(*offset));
            let unused = ext.filter(|_| !ssns.flags.dhcp_root_path());
            if let Some((offset, raw)) = unused.and_then(|offset| Some((offset, self.raw::<raw::SsnsExt>(offset)?))) {
                self.check_unused_reference(
                    owner,
                    "DHCP root path",
                    raw.dhcp_root_path,
                    bytes_of!(offset, SsnsExt.dhcp_root_path),
                );
            }
        }
        for (profile, offset) in table.security.iter().zip(&offsets.security) {
            let owner = Owner::new("security profile", profile.index);
            self.check_structure(&owner, *offset, fields::SECURITY);
            self.check_unused_lists(owner, profile.flags, *offset);
        }
        for (discovery, offset) in table.discovery.iter().zip(&offsets.discovery) {
            self.check_structure(&Owner::new("discovery", discovery.index), *offset, fields::DISCOVERY);
        }
    }

    fn check_unused_lists(&mut self, owner: Owner, flags: crate::model::SecurityFlags, offset: usize) {
        use crate::model::PolicyList;
        let Some(raw) = self.raw::<raw::Security>(offset) else { return };
        let lists = [
            (
                flags.secure_channel_policy() == PolicyList::NONE,
                "secure channel algorithm list",
                raw.channel_algorithms,
                bytes_of!(offset, Security.channel_algorithms),
            ),
            (
                flags.authentication_policy() == PolicyList::NONE,
                "authentication protocol list",
                raw.authentication_protocols,
                bytes_of!(offset, Security.authentication_protocols),
            ),
            (
                !flags.cipher_suites_restricted(),
                "cipher suite list",
                raw.cipher_suites,
                bytes_of!(offset, Security.cipher_suites),
            ),
            (!flags.kx_groups_restricted(), "KX group list", raw.kx_groups, bytes_of!(offset, Security.kx_groups)),
            (!flags.hashes_restricted(), "hash function list", raw.hashes, bytes_of!(offset, Security.hashes)),
        ];
        for (unused, name, reference, at) in lists {
            if unused {
                self.check_unused_reference(owner, name, reference, at);
            }
        }
    }

    /// Checks the reserved fields of a structure.
    fn check_structure(&mut self, owner: &dyn Display, offset: usize, definitions: &[Definition]) {
        for definition in definitions.iter().filter(|definition| matches!(definition.format, Format::Reserved)) {
            let start = offset + definition.at;
            self.check_zero(owner, start..start + definition.length);
        }
    }

    /// Reports the bytes of `span` that are not zero.
    fn check_zero(&mut self, owner: &dyn Display, span: Range<usize>) {
        let Some(bytes) = self.bytes.get(span.clone()) else { return };
        let not_zero = |byte: &u8| *byte != 0;
        if let (Some(first), Some(last)) = (bytes.iter().position(not_zero), bytes.iter().rposition(not_zero)) {
            let span = span.start + first..span.start + last + 1;
            self.report(Rule::ReservedNotZero, format_args!("{owner}: reserved bytes are not zero"), span);
        }
    }

    fn check_unused_reference(&mut self, owner: Owner, name: &str, reference: HeapRef, at: Range<usize>) {
        if self.outside(reference) {
            self.report(
                Rule::UnusedReference,
                format_args!("{owner}: the {name} is not in use, and its reference points outside the heap"),
                at,
            );
        }
    }
}
