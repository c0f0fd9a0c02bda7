//! Checks the values of SSNS descriptors and their extended info.

use super::Checker;
use super::interfaces::on_link;
use crate::finding::Rule;
use crate::finding::{Quoted, one_byte};
use crate::model::{Availability, HfiTcp, IpOrigin, NidType, Ssns, SsnsExt, TransportType};
use crate::parse::Owner;
use crate::raw::{self, bytes_of};
use crate::text::{RootPath, parse_port};
use core::net::IpAddr;

impl Checker<'_> {
    pub(super) fn check_namespaces(&mut self) {
        let table = self.table;
        for (ssns, offset) in table.ssns.iter().zip(&self.offsets.ssns) {
            let Some(raw) = self.raw::<raw::Ssns>(*offset) else { continue };
            let owner = Owner::new("SSNS", ssns.index);
            if ssns.transport == TransportType::TCP {
                self.check_target(owner, ssns, raw, *offset);
                self.check_port(owner, ssns, raw, *offset);
            }
            self.check_subsystem(owner, ssns, raw, *offset);
            self.check_nid(owner, ssns, *offset);
            self.check_secondary(owner, ssns, *offset);
            self.check_state(owner, ssns, *offset);
            if let Some((ext, offset)) = ssns.ext.as_ref().zip(self.ssns_ext_offset(*offset)) {
                self.check_ssns_ext(owner, ssns, ext, offset);
            }
        }
    }

    fn check_target(&mut self, owner: Owner, ssns: &Ssns, raw: &raw::Ssns, offset: usize) {
        let reference = bytes_of!(offset, Ssns.traddr);
        let absent = raw.traddr.length.get() == 0;
        let span = self.object(raw.traddr, reference);
        let Some(target) = ssns.traddr.and_then(|address| address.get()) else {
            // The parser has reported an object that it could not read.
            if absent || ssns.traddr.is_some() {
                self.report(Rule::TraddrMissing, format_args!("{owner} has no transport address"), span);
            }
            return;
        };
        // At most one finding by each rule: a table may name hundreds of HFIs in few bytes.
        let (mut family, mut route) = (false, false);
        for index in ssns.hfi_indexes() {
            let Some(tcp) = self.table.hfi(index).and_then(|hfi| hfi.tcp.as_ref()) else { continue };
            let Some(ip) = tcp.ip.get() else { continue };
            if ip.is_ipv4() != target.is_ipv4() {
                if !family && !self.nic_has_family(tcp, target) {
                    family = true;
                    self.report(
                        Rule::TargetFamily,
                        format_args!("{owner}: the target is {target}, HFI {index} has the address {ip}"),
                        span.clone(),
                    );
                }
            } else if !route && on_link(tcp, target) == Some(false) && !has_route(tcp, ip) {
                route = true;
                let prefix = tcp.prefix;
                self.report(
                    Rule::TargetOffLink,
                    format_args!("{owner}: HFI {index} ({ip}/{prefix}) has no gateway to the target {target}"),
                    span.clone(),
                );
            }
        }
    }

    /// Whether another HFI of the same NIC and VLAN has an address of the target's family.
    fn nic_has_family(&self, tcp: &HfiTcp, target: IpAddr) -> bool {
        let others = self.table.hfis.iter().filter_map(|hfi| hfi.tcp.as_ref());
        let mut same = others.filter(|other| other.mac == tcp.mac && other.vlan == tcp.vlan);
        same.any(|other| other.ip.get().is_some_and(|ip| ip.is_ipv4() == target.is_ipv4()))
    }

    fn check_port(&mut self, owner: Owner, ssns: &Ssns, raw: &raw::Ssns, offset: usize) {
        let reference = bytes_of!(offset, Ssns.trsvcid);
        if raw.trsvcid.length.get() == 0 {
            self.report(Rule::PortMissing, format_args!("{owner} has no transport service ID"), reference);
        } else if let Some(text) = ssns.trsvcid.as_ref().filter(|text| parse_port(text).is_err() && !reported(text)) {
            let span = self.object(raw.trsvcid, reference);
            self.report(Rule::PortSyntax, format_args!("{owner}: {} is not a TCP port", Quoted(text)), span);
        }
    }

    fn check_subsystem(&mut self, owner: Owner, ssns: &Ssns, raw: &raw::Ssns, offset: usize) {
        let reference = bytes_of!(offset, Ssns.nqn);
        if raw.nqn.length.get() == 0 {
            self.report(Rule::NqnMissing, format_args!("{owner} has no subsystem NQN"), reference);
        } else if let Some(nqn) = &ssns.nqn {
            let span = self.object(raw.nqn, reference);
            if nqn.is_discovery() {
                self.report(
                    Rule::SsnsDiscoveryNqn,
                    format_args!("{owner}: the subsystem is the well-known discovery subsystem"),
                    span,
                );
            } else {
                self.check_nqn(owner, nqn, span);
            }
        }
    }

    fn check_nid(&mut self, owner: Owner, ssns: &Ssns, offset: usize) {
        let (kind, nid) = (bytes_of!(offset, Ssns.nid_type), bytes_of!(offset, Ssns.nid));
        // If firmware's attempt failed, firmware found no namespace.
        let failed = ssns.nqn.as_ref().is_some_and(|nqn| nqn.is_discovery())
            || ssns.flags.availability() == Availability::UNAVAILABLE;
        if ssns.nid_type.words().is_none() {
            self.report(Rule::NidTypeUnknown, format_args!("{owner}: the NID type is {}", ssns.nid_type.0), kind);
        } else if ssns.nid().is_none() && ssns.nsid == 0 && !failed {
            self.report(
                Rule::NidMissing,
                format_args!("{owner} names neither a NID nor a namespace ID"),
                kind.start..nid.end,
            );
        }
        let used = match ssns.nid_type {
            NidType::NONE => 0,
            NidType::EUI64 => 8,
            _ => 16,
        };
        if ssns.nid[used..].iter().any(|byte| *byte != 0) {
            self.report(
                Rule::NidTail,
                format_args!("{owner}: the NID takes {used} bytes, but the bytes after it are not zero"),
                nid.start + used..nid.end,
            );
        }
    }

    fn check_secondary(&mut self, owner: Owner, ssns: &Ssns, offset: usize) {
        let list = &ssns.secondary_hfis;
        let span = self.secondary_list(offset);
        if let Some(first) = list.iter().position(|index| *index == 0) {
            self.report(
                Rule::SecondaryPadding,
                format_args!("{owner}: the list of secondary HFIs holds zeros"),
                one_byte(span.start + first),
            );
        }
        let mut seen = [false; 256];
        seen[usize::from(ssns.primary_hfi)] = true;
        let again = |index: &u8| core::mem::replace(&mut seen[usize::from(*index)], true) && *index != 0;
        if let Some(number) = list.iter().position(again) {
            self.report(
                Rule::SecondaryRepeats,
                format_args!("{owner}: the list of secondary HFIs names HFI {} again", list[number]),
                one_byte(span.start + number),
            );
        }
    }

    fn check_state(&mut self, owner: Owner, ssns: &Ssns, offset: usize) {
        let flags = bytes_of!(offset, Ssns.flags);
        let availability = ssns.flags.availability();
        if availability == Availability::UNAVAILABLE {
            let diagnostics = ssns.ext.as_ref().and_then(|ext| ext.diagnostics);
            match diagnostics.filter(|diagnostics| diagnostics.naed.0 != 0) {
                Some(diagnostics) => {
                    self.report(
                        Rule::SsnsUnavailable,
                        format_args!("{owner} was unavailable to the firmware: {}", diagnostics.naed),
                        flags,
                    );
                }
                None => {
                    self.report(Rule::SsnsUnavailable, format_args!("{owner} was unavailable to the firmware"), flags)
                }
            }
        } else if availability.words().is_none() {
            self.report(
                Rule::AvailabilityReserved,
                format_args!("{owner}: the availability field is {}", availability.0),
                flags,
            );
        }
        let digests = ssns.transport_flags;
        if (digests.header_digest() || digests.data_digest()) && !digests.in_use() {
            self.report(
                Rule::DigestUnused,
                format_args!("{owner}: digests are required, but the transport flags are not in use"),
                bytes_of!(offset, Ssns.transport_flags),
            );
        }
    }

    fn check_ssns_ext(&mut self, owner: Owner, ssns: &Ssns, ext: &SsnsExt, offset: usize) {
        if ext.asqsz != 0 && !ext.flags.admin_asqsz() {
            self.report(
                Rule::AsqszUnflagged,
                format_args!("{owner}: the admin queue size is {}, but no administrator configured it", ext.asqsz),
                bytes_of!(offset, SsnsExt.asqsz),
            );
        }
        let (Some(text), Some(raw)) = (&ext.dhcp_root_path, self.raw::<raw::SsnsExt>(offset)) else { return };
        let span = self.object(raw.dhcp_root_path, bytes_of!(offset, SsnsExt.dhcp_root_path));
        if !ssns.flags.dhcp_root_path() {
            self.report(
                Rule::RootPathUnflagged,
                format_args!("{owner}: firmware did not use the DHCP root path {}", Quoted(text)),
                span,
            );
        } else if text.parse::<RootPath>().is_err() && !reported(text) {
            self.report(
                Rule::RootPathSyntax,
                format_args!("{owner}: {} is not an NVMe/TCP root path", Quoted(text)),
                span,
            );
        }
    }
}

/// Whether there may be a route to another subnet.
fn has_route(tcp: &HfiTcp, ip: IpAddr) -> bool {
    // Router advertisements that configure the address also announce a router.
    let announced = tcp.flags.autoconfigured() || tcp.ip_origin == IpOrigin::ROUTER_ADVERTISEMENT;
    announced || tcp.gateway.get().is_some_and(|gateway| gateway.is_ipv4() == ip.is_ipv4())
}

/// Whether the parser has already reported the text: it is not UTF-8 or contains control characters.
pub(super) fn reported(text: &str) -> bool {
    text.contains(|c: char| c == char::REPLACEMENT_CHARACTER || c.is_control())
}
