//! Reads HFI descriptors with their transport and extended info.

use super::MAX_OBJECT;
use super::lists::List;
use super::reader::{Owner, Reader, at, reference_at};
use crate::finding::Rule;
use crate::model::{
    Address, Hfi, HfiExt, HfiExtFlags, HfiFlags, HfiTcp, HfiTcpFlags, IpOrigin, Mac, TransportType, VlanId,
};
use crate::raw::{self, HeapRef, ListRef, bytes_of};
use alloc::vec::Vec;
use core::mem::offset_of;
use core::ops::Range;

/// Longest DUID (RFC 8415: type and at most 128 bytes).
const MAX_DUID: usize = 130;

impl Reader<'_> {
    pub(super) fn read_hfis(&mut self, list: ListRef, offsets: &mut Vec<usize>) -> Vec<Hfi> {
        self.read_list(List::new::<raw::Hfi>("HFI", list, offset_of!(raw::Control, hfis)), offsets, Self::hfi)
    }

    fn hfi(&mut self, raw: &raw::Hfi, offset: usize) -> Option<Hfi> {
        let owner = Owner::new("HFI", raw.index);
        let flags = HfiFlags(raw.flags);
        if !self.descriptor_usable(owner, offset, raw::id::HFI, bytes_of!(offset, Hfi.flags), flags.is_valid()) {
            return None;
        }
        let transport = TransportType(raw.transport);
        let tcp = if transport == TransportType::TCP {
            self.hfi_tcp(owner, raw.info, at!(offset, Hfi.info))
        } else {
            self.report_transport(owner, raw.transport, bytes_of!(offset, Hfi.transport));
            None
        };
        Some(Hfi { index: raw.index, flags, transport, tcp })
    }

    #[cold]
    pub(super) fn report_transport(&mut self, owner: Owner, transport: u8, span: Range<usize>) {
        self.report(
            Rule::TransportUnknown,
            format_args!("{owner}: the transport type is {transport}; only 3 (NVMe/TCP) is defined"),
            span,
        );
    }

    fn hfi_tcp(&mut self, owner: Owner, reference: HeapRef, at: usize) -> Option<HfiTcp> {
        if reference.length.get() == 0 {
            self.report(Rule::InfoMissing, format_args!("{owner} has no transport info"), reference_at(at));
            return None;
        }
        let (offset, raw, _) =
            self.structure::<raw::HfiTcp>(owner, "transport info", reference, at, raw::id::HFI_TCP)?;
        let flags = HfiTcpFlags(raw.flags);
        if !flags.is_valid() {
            self.report_not_valid(owner, "transport info", bytes_of!(offset, HfiTcp.flags));
            return None;
        }
        if raw.transport != TransportType::TCP.0 {
            self.report_transport(owner, raw.transport, bytes_of!(offset, HfiTcp.transport));
            return None;
        }
        self.check_version(owner, "transport info", raw.version, 1..2, bytes_of!(offset, HfiTcp.version));
        self.check_version(
            owner,
            "transport info's fields",
            raw.info_version,
            1..3,
            bytes_of!(offset, HfiTcp.info_version),
        );
        // Info version 2 defines bytes 110-116; firmware of version 1 leaves garbage there.
        let extended = raw.info_version >= 2;
        let ext = if extended { self.hfi_ext(owner, raw.ext, at!(offset, HfiTcp.ext)) } else { None };
        Some(HfiTcp {
            version: raw.version,
            info_version: raw.info_version,
            hfi_index: raw.hfi_index.get(),
            flags,
            routing_id: raw.routing_id.get(),
            mac: Mac(raw.mac),
            vlan: VlanId(raw.vlan.get()),
            ip_origin: IpOrigin(raw.ip_origin),
            ip: Address::from_bytes(raw.ip),
            prefix: raw.prefix,
            gateway: Address::from_bytes(raw.gateway),
            route_metric: raw.route_metric.get(),
            primary_dns: Address::from_bytes(raw.primary_dns),
            secondary_dns: Address::from_bytes(raw.secondary_dns),
            dhcp_server: Address::from_bytes(raw.dhcp_server),
            host_name: self.text(owner, "host name", raw.host_name, at!(offset, HfiTcp.host_name), MAX_OBJECT),
            ext,
            pcie_segment: if extended { raw.pcie_segment } else { 0 },
        })
    }

    fn hfi_ext(&mut self, owner: Owner, reference: HeapRef, at: usize) -> Option<HfiExt> {
        let (offset, raw, _) =
            self.structure::<raw::HfiExt>(owner, "extended info", reference, at, raw::id::HFI_EXT)?;
        let flags = HfiExtFlags(raw.flags.get());
        if !flags.is_valid() {
            self.report_not_valid(owner, "extended info", bytes_of!(offset, HfiExt.flags));
            return None;
        }
        self.check_version(owner, "extended info", raw.version, 1..2, bytes_of!(offset, HfiExt.version));
        let (mut iaid, mut duid) = (None, None);
        if flags.dhcp_client_id() {
            iaid = self.iaid(owner, raw.iaid, at!(offset, HfiExt.iaid));
            let at = at!(offset, HfiExt.duid);
            duid = self.object(owner, "DUID", raw.duid, at, MAX_DUID).map(|object| object.bytes.to_vec());
        }
        Some(HfiExt { version: raw.version, hfi_index: raw.hfi_index.get(), flags, iaid, duid })
    }

    fn iaid(&mut self, owner: Owner, reference: HeapRef, at: usize) -> Option<u32> {
        let object = self.object(owner, "IAID", reference, at, usize::from(u16::MAX))?;
        if let Ok(bytes) = object.bytes.try_into() {
            return Some(u32::from_le_bytes(bytes));
        }
        let length = object.bytes.len();
        self.report(Rule::IaidLength, format_args!("{owner}: the IAID has {length} bytes; it takes 4"), object.span());
        None
    }
}
