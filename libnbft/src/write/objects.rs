//! Writes the structures in the heap.

use super::error::{Problem, WriteError};
use super::heap::HeapWriter;
use crate::model::{HfiExt, HfiTcp, SsnsExt, SsnsFlags, TransportType};
use crate::parse::MAX_OBJECT;
use crate::parse::Owner;
use crate::raw::{self, HeapRef, id};
use zerocopy::{FromZeros as _, IntoBytes as _};

/// Longest DUID (RFC 8415: type and at most 128 bytes).
const MAX_DUID: usize = 130;

impl HeapWriter {
    pub(super) fn hfi_tcp(
        &mut self,
        owner: Owner,
        transport: TransportType,
        tcp: &HfiTcp,
    ) -> Result<HeapRef, WriteError> {
        owner.require_used("transport info", transport == TransportType::TCP, "the transport type is not NVMe/TCP")?;
        owner.require_object_valid("transport info", tcp.flags.is_valid())?;
        let extended = tcp.info_version >= 2;
        let condition = "the transport info version is below 2";
        owner.require_used("PCIe segment number", extended || tcp.pcie_segment == 0, condition)?;
        let ext = match &tcp.ext {
            Some(ext) => {
                owner.require_used("extended info", extended, condition)?;
                self.hfi_ext(owner, ext)?
            }
            None => HeapRef::default(),
        };
        let host_name = self.text(owner, "host name", tcp.host_name.as_deref(), MAX_OBJECT)?;
        Ok(self.structure(&raw::HfiTcp {
            id: id::HFI_TCP,
            version: tcp.version,
            transport: TransportType::TCP.0,
            info_version: tcp.info_version,
            hfi_index: tcp.hfi_index.into(),
            flags: tcp.flags.0,
            routing_id: tcp.routing_id.into(),
            mac: tcp.mac.0,
            vlan: tcp.vlan.0.into(),
            ip_origin: tcp.ip_origin.0,
            ip: tcp.ip.to_bytes(),
            prefix: tcp.prefix,
            gateway: tcp.gateway.to_bytes(),
            route_metric: tcp.route_metric.into(),
            primary_dns: tcp.primary_dns.to_bytes(),
            secondary_dns: tcp.secondary_dns.to_bytes(),
            dhcp_server: tcp.dhcp_server.to_bytes(),
            host_name,
            ext,
            pcie_segment: tcp.pcie_segment,
            ..raw::HfiTcp::new_zeroed()
        }))
    }

    fn hfi_ext(&mut self, owner: Owner, ext: &HfiExt) -> Result<HeapRef, WriteError> {
        owner.require_object_valid("extended info", ext.flags.is_valid())?;
        let (used, condition) = (ext.flags.dhcp_client_id(), "the flag for the DHCP client identifier is not set");
        let iaid = match ext.iaid {
            Some(iaid) => {
                owner.require_used("IAID", used, condition)?;
                self.structure(&iaid.to_le_bytes())
            }
            None => HeapRef::default(),
        };
        let duid = match ext.duid.as_deref() {
            Some(duid) => {
                owner.require_used("DUID", used, condition)?;
                if duid.is_empty() {
                    return Err(WriteError::new(owner, Problem::Empty("DUID")));
                }
                if duid.len() > MAX_DUID {
                    let problem = Problem::Long { field: "DUID", length: duid.len(), max: MAX_DUID };
                    return Err(WriteError::new(owner, problem));
                }
                self.list(owner, "DUID", duid)?
            }
            None => HeapRef::default(),
        };
        Ok(self.structure(&raw::HfiExt {
            id: id::HFI_EXT,
            version: ext.version,
            hfi_index: ext.hfi_index.into(),
            flags: ext.flags.0.into(),
            iaid,
            duid,
        }))
    }

    pub(super) fn ssns_ext(&mut self, owner: Owner, ssns: SsnsFlags, ext: &SsnsExt) -> Result<HeapRef, WriteError> {
        owner.require_used("extended info", ssns.extended_info(), "the flag for it is not set")?;
        owner.require_object_valid("extended info", ext.flags.is_valid())?;
        let known = raw::SsnsExt {
            id: id::SSNS_EXT,
            version: ext.version,
            ssns_index: ext.ssns_index.into(),
            flags: ext.flags.0.into(),
            controller_id: ext.controller_id.into(),
            asqsz: ext.asqsz.into(),
            dhcp_root_path: self.text(owner, "DHCP root path", ext.dhcp_root_path.as_deref(), MAX_OBJECT)?,
        };
        let Some(diagnostics) = &ext.diagnostics else { return Ok(self.structure(&known)) };
        let diagnostics = raw::Diagnostics {
            naed: diagnostics.naed.0,
            cipeec: diagnostics.cipeec.0,
            connect_timeout: diagnostics.connect_timeout.into(),
            nceec: diagnostics.nceec.0,
        };
        Ok(self.structures(&[known.as_bytes(), diagnostics.as_bytes()]))
    }
}
