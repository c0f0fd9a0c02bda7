//! Reads SSNS descriptors with their extended info.

use super::MAX_OBJECT;
use super::lists::List;
use super::reader::{Owner, Reader, at};
use crate::model::{
    Cipeec, Diagnostics, Naed, Nceec, NidType, Ssns, SsnsExt, SsnsExtFlags, SsnsFlags, SsnsTransportFlags,
    TransportType,
};
use crate::raw::{self, HeapRef, ListRef, bytes_of};
use alloc::string::String;
use alloc::vec::Vec;
use core::mem::offset_of;
use zerocopy::FromBytes as _;

impl Reader<'_> {
    pub(super) fn read_ssns(&mut self, list: ListRef, offsets: &mut Vec<usize>) -> Vec<Ssns> {
        self.read_list(List::new::<raw::Ssns>("SSNS", list, offset_of!(raw::Control, ssns)), offsets, Self::ssns)
    }

    fn ssns(&mut self, raw: &raw::Ssns, offset: usize) -> Option<Ssns> {
        let owner = Owner::new("SSNS", raw.index.get());
        let flags = SsnsFlags(raw.flags.get());
        if !self.descriptor_usable(owner, offset, raw::id::SSNS, bytes_of!(offset, Ssns.flags), flags.is_valid()) {
            return None;
        }
        let transport = TransportType(raw.transport);
        if transport != TransportType::TCP {
            self.report_transport(owner, raw.transport, bytes_of!(offset, Ssns.transport));
        }
        let secondary = at!(offset, Ssns.secondary_hfis);
        let ext = flags.extended_info().then(|| self.ssns_ext(owner, flags, raw.ext, at!(offset, Ssns.ext)));
        Some(Ssns {
            index: raw.index.get(),
            flags,
            transport,
            transport_flags: SsnsTransportFlags(raw.transport_flags.get()),
            primary_discovery: raw.primary_discovery,
            traddr: self.address(owner, "transport address", raw.traddr, at!(offset, Ssns.traddr)),
            trsvcid: self.text(owner, "transport service ID", raw.trsvcid, at!(offset, Ssns.trsvcid), MAX_OBJECT),
            port_id: raw.port_id.get(),
            nsid: raw.nsid.get(),
            nid_type: NidType(raw.nid_type),
            nid: raw.nid,
            security: raw.security,
            primary_hfi: raw.primary_hfi,
            secondary_hfis: self
                .list_of_bytes(owner, "secondary HFI list", raw.secondary_hfis, secondary)
                .unwrap_or_default(),
            nqn: self.nqn(owner, raw.nqn, at!(offset, Ssns.nqn)),
            ext: ext.flatten(),
        })
    }

    fn ssns_ext(&mut self, owner: Owner, ssns: SsnsFlags, reference: HeapRef, at: usize) -> Option<SsnsExt> {
        let (offset, raw, rest) =
            self.structure::<raw::SsnsExt>(owner, "extended info", reference, at, raw::id::SSNS_EXT)?;
        let flags = SsnsExtFlags(raw.flags.get());
        if !flags.is_valid() {
            self.report_not_valid(owner, "extended info", bytes_of!(offset, SsnsExt.flags));
            return None;
        }
        self.check_version(owner, "extended info", raw.version, 1..2, bytes_of!(offset, SsnsExt.version));
        Some(SsnsExt {
            version: raw.version,
            ssns_index: raw.ssns_index.get(),
            flags,
            controller_id: raw.controller_id.get(),
            asqsz: raw.asqsz.get(),
            dhcp_root_path: self.root_path(owner, ssns, raw.dhcp_root_path, at!(offset, SsnsExt.dhcp_root_path)),
            // Only the object's length shows whether the diagnostics exist: the structure's version is 1 in every revision.
            diagnostics: raw::Diagnostics::read_from_prefix(rest).ok().map(|(raw, _)| Diagnostics {
                naed: Naed(raw.naed),
                cipeec: Cipeec(raw.cipeec),
                connect_timeout: raw.connect_timeout.get(),
                nceec: Nceec(raw.nceec),
            }),
        })
    }

    /// The DHCP root path. Much firmware writes it without setting its flag; then errors in it are no findings.
    fn root_path(&mut self, owner: Owner, ssns: SsnsFlags, reference: HeapRef, at: usize) -> Option<String> {
        let known = self.findings.len();
        let text = self.text(owner, "DHCP root path", reference, at, MAX_OBJECT);
        if !ssns.dhcp_root_path() {
            self.findings.truncate(known);
        }
        text
    }
}
