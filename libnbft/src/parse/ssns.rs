//! SSNS descriptors with their extended info.

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
    pub(super) fn all_ssns(&mut self, list: ListRef, offsets: &mut Vec<usize>) -> Vec<Ssns> {
        self.list(List::new::<raw::Ssns>("SSNS", list, offset_of!(raw::Control, ssns)), offsets, Self::ssns)
    }

    fn ssns(&mut self, raw: &raw::Ssns, place: usize) -> Option<Ssns> {
        let owner = Owner::new("SSNS", raw.index.get());
        let flags = SsnsFlags(raw.flags.get());
        if !self.descriptor_usable(owner, place, raw::id::SSNS, bytes_of!(place, Ssns.flags), flags.is_valid()) {
            return None;
        }
        let transport = TransportType(raw.transport);
        if transport != TransportType::TCP {
            self.transport_unknown(owner, raw.transport, bytes_of!(place, Ssns.transport));
        }
        let secondary = at!(place, Ssns.secondary_hfis);
        let ext = flags.extended_info().then(|| self.ssns_ext(owner, flags, raw.ext, at!(place, Ssns.ext)));
        Some(Ssns {
            index: raw.index.get(),
            flags,
            transport,
            transport_flags: SsnsTransportFlags(raw.transport_flags.get()),
            primary_discovery: raw.primary_discovery,
            traddr: self.address(owner, "transport address", raw.traddr, at!(place, Ssns.traddr)),
            trsvcid: self.text(owner, "transport service ID", raw.trsvcid, at!(place, Ssns.trsvcid), MAX_OBJECT),
            port_id: raw.port_id.get(),
            nsid: raw.nsid.get(),
            nid_type: NidType(raw.nid_type),
            nid: raw.nid,
            security: raw.security,
            primary_hfi: raw.primary_hfi,
            secondary_hfis: self
                .list_of_bytes(owner, "secondary HFI list", raw.secondary_hfis, secondary)
                .unwrap_or_default(),
            nqn: self.nqn(owner, raw.nqn, at!(place, Ssns.nqn)),
            ext: ext.flatten(),
        })
    }

    fn ssns_ext(&mut self, owner: Owner, ssns: SsnsFlags, reference: HeapRef, at: usize) -> Option<SsnsExt> {
        let (place, raw, rest) =
            self.structure::<raw::SsnsExt>(owner, "extended info", reference, at, raw::id::SSNS_EXT)?;
        let flags = SsnsExtFlags(raw.flags.get());
        if !flags.is_valid() {
            self.not_valid(owner, "extended info", bytes_of!(place, SsnsExt.flags));
            return None;
        }
        self.version(owner, "extended info", raw.version, 1..2, bytes_of!(place, SsnsExt.version));
        Some(SsnsExt {
            version: raw.version,
            ssns_index: raw.ssns_index.get(),
            flags,
            controller_id: raw.controller_id.get(),
            asqsz: raw.asqsz.get(),
            dhcp_root_path: self.root_path(owner, ssns, raw.dhcp_root_path, at!(place, SsnsExt.dhcp_root_path)),
            // Their presence shows in the object's length only: the structure's version is 1 in every revision.
            diagnostics: raw::Diagnostics::read_from_prefix(rest).ok().map(|(raw, _)| Diagnostics {
                naed: Naed(raw.naed),
                cipeec: Cipeec(raw.cipeec),
                connect_timeout: raw.connect_timeout.get(),
                nceec: Nceec(raw.nceec),
            }),
        })
    }

    /// The DHCP root path. Firmware writes it without setting the flag that puts it in use; then what is broken about it is
    /// no finding.
    fn root_path(&mut self, owner: Owner, ssns: SsnsFlags, reference: HeapRef, at: usize) -> Option<String> {
        let known = self.findings.len();
        let text = self.text(owner, "DHCP root path", reference, at, MAX_OBJECT);
        if !ssns.dhcp_root_path() {
            self.findings.truncate(known);
        }
        text
    }
}
