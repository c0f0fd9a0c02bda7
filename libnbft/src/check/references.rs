//! Checks the indexes by which descriptors refer to each other.

use super::Checker;
use crate::finding::Rule;
use crate::finding::one_byte;
use crate::model::Ssns;
use crate::parse::Owner;
use crate::raw::{self, bytes_of};
use alloc::vec::Vec;
use core::fmt;
use core::ops::Range;

/// The number of missing HFIs beyond the one that a message names; shows nothing for 0.
struct Others(usize);

impl fmt::Display for Others {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            0 => Ok(()),
            1 => f.write_str(", nor another one that it names"),
            more => write!(f, ", nor {more} others that it names"),
        }
    }
}

impl Checker<'_> {
    pub(super) fn check_references(&mut self) {
        self.check_indexes();
        let table = self.table;
        for (ssns, offset) in table.ssns.iter().zip(&self.offsets.ssns) {
            self.check_ssns_references(ssns, *offset);
        }
        for (discovery, offset) in table.discovery.iter().zip(&self.offsets.discovery) {
            let owner = Owner::new("discovery", discovery.index);
            if table.hfi(discovery.hfi).is_none() || discovery.hfi == 0 {
                self.report(
                    Rule::DiscoveryHfiMissing,
                    format_args!("{owner}: there is no HFI {}", discovery.hfi),
                    bytes_of!(*offset, Discovery.hfi),
                );
            }
            if discovery.security != 0 && table.security_profile(discovery.security).is_none() {
                self.report(
                    Rule::DiscoverySecurityMissing,
                    format_args!("{owner}: there is no security profile {}", discovery.security),
                    bytes_of!(*offset, Discovery.security),
                );
            }
        }
        self.check_unused();
        self.check_stated_indexes();
    }

    /// Reports indexes that are 0 or occur twice.
    fn check_indexes(&mut self) {
        let (table, offsets) = (self.table, self.offsets);
        let hfis = table.hfis.iter().zip(&offsets.hfis).map(|(hfi, at)| (hfi.index.into(), bytes_of!(*at, Hfi.index)));
        self.check_list_indexes("HFI", hfis.collect());
        let ssns = table.ssns.iter().zip(&offsets.ssns).map(|(ssns, at)| (ssns.index, bytes_of!(*at, Ssns.index)));
        self.check_list_indexes("SSNS", ssns.collect());
        let security = table.security.iter().zip(&offsets.security);
        let security = security.map(|(profile, at)| (profile.index.into(), bytes_of!(*at, Security.index)));
        self.check_list_indexes("security profile", security.collect());
        let discovery = table.discovery.iter().zip(&offsets.discovery);
        let discovery = discovery.map(|(discovery, at)| (discovery.index.into(), bytes_of!(*at, Discovery.index)));
        self.check_list_indexes("discovery", discovery.collect());
    }

    fn check_list_indexes(&mut self, kind: &'static str, indexes: Vec<(u16, Range<usize>)>) {
        for (number, (index, span)) in indexes.iter().enumerate() {
            if *index == 0 {
                self.report(Rule::IndexZero, format_args!("the {kind} descriptor has index 0"), span.clone());
            } else if indexes[..number].iter().any(|(earlier, _)| earlier == index) {
                self.report(
                    Rule::IndexDuplicate,
                    format_args!("there is more than one {kind} descriptor with index {index}"),
                    span.clone(),
                );
            }
        }
    }

    fn check_ssns_references(&mut self, ssns: &Ssns, offset: usize) {
        let (table, owner) = (self.table, Owner::new("SSNS", ssns.index));
        let primary = bytes_of!(offset, Ssns.primary_hfi);
        if ssns.hfi_indexes().is_empty() {
            self.report(Rule::SsnsNoHfi, format_args!("{owner} names no HFI"), primary.clone());
        }
        if ssns.primary_hfi != 0 && table.hfi(ssns.primary_hfi).is_none() {
            self.report(Rule::SsnsHfiMissing, format_args!("{owner}: there is no HFI {}", ssns.primary_hfi), primary);
        }
        // At most one finding for the list: a table may name hundreds of missing HFIs in few bytes.
        let is_missing = |index: &u8| *index != 0 && *index != ssns.primary_hfi && table.hfi(*index).is_none();
        if let Some(number) = ssns.secondary_hfis.iter().position(is_missing) {
            let missing = ssns.hfi_indexes().iter().filter(|index| is_missing(index)).count();
            let (index, at) = (ssns.secondary_hfis[number], self.secondary_list(offset).start + number);
            let others = Others(missing - 1);
            self.report(Rule::SsnsHfiMissing, format_args!("{owner}: there is no HFI {index}{others}"), one_byte(at));
        }
        let discovery = ssns.primary_discovery;
        if discovery != 0 && table.discovery_controller(discovery).is_none() {
            self.report(
                Rule::SsnsDiscoveryMissing,
                format_args!("{owner}: there is no discovery descriptor {discovery}"),
                bytes_of!(offset, Ssns.primary_discovery),
            );
        }
        let (security, span) = (ssns.security, bytes_of!(offset, Ssns.security));
        if ssns.flags.use_security() && (security == 0 || table.security_profile(security).is_none()) {
            self.report(
                Rule::SsnsSecurityMissing,
                format_args!("{owner}: there is no security profile {security}"),
                span,
            );
        } else if !ssns.flags.use_security() && security != 0 {
            self.report(
                Rule::SsnsSecurityUnused,
                format_args!("{owner} names security profile {security}, but does not use it"),
                span,
            );
        }
    }

    /// The bytes of the secondary HFI list of the SSNS at `offset`.
    pub(super) fn secondary_list(&self, offset: usize) -> Range<usize> {
        let reference = self.raw::<raw::Ssns>(offset).map(|raw| raw.secondary_hfis).unwrap_or_default();
        self.object(reference, bytes_of!(offset, Ssns.secondary_hfis))
    }

    /// Reports HFIs and security profiles that no descriptor names.
    fn check_unused(&mut self) {
        let table = self.table;
        let mut named = [false; 256];
        for index in table.ssns.iter().flat_map(Ssns::hfi_indexes) {
            named[usize::from(index)] = true;
        }
        for discovery in &table.discovery {
            named[usize::from(discovery.hfi)] = true;
        }
        for (hfi, offset) in table.hfis.iter().zip(&self.offsets.hfis) {
            if !named[usize::from(hfi.index)] && hfi.index != 0 {
                self.report(
                    Rule::HfiUnused,
                    format_args!("HFI {}: no descriptor names it", hfi.index),
                    bytes_of!(*offset, Hfi.index),
                );
            }
        }
        for (profile, offset) in table.security.iter().zip(&self.offsets.security) {
            let named = table.ssns.iter().any(|ssns| ssns.security == profile.index)
                || table.discovery.iter().any(|discovery| discovery.security == profile.index);
            if !named && profile.index != 0 {
                self.report(
                    Rule::SecurityUnused,
                    format_args!("security profile {}: no descriptor names it", profile.index),
                    bytes_of!(*offset, Security.index),
                );
            }
        }
    }

    /// Compares the index that a heap structure states with that of the descriptor that refers to it.
    fn check_stated_indexes(&mut self) {
        let table = self.table;
        for (hfi, offset) in table.hfis.iter().zip(&self.offsets.hfis) {
            let owner = Owner::new("HFI", hfi.index);
            let Some((tcp, info)) = hfi.tcp.as_ref().zip(self.info_offset(*offset)) else { continue };
            if tcp.hfi_index != u16::from(hfi.index) {
                self.report(
                    Rule::InfoIndex,
                    format_args!("{owner}: the transport info states HFI {}", tcp.hfi_index),
                    bytes_of!(info, HfiTcp.hfi_index),
                );
            }
            let Some((ext, offset)) = tcp.ext.as_ref().zip(self.hfi_ext_offset(info)) else { continue };
            if ext.hfi_index != u16::from(hfi.index) {
                self.report(
                    Rule::InfoIndex,
                    format_args!("{owner}: the extended info states HFI {}", ext.hfi_index),
                    bytes_of!(offset, HfiExt.hfi_index),
                );
            }
        }
        for (ssns, offset) in table.ssns.iter().zip(&self.offsets.ssns) {
            let Some((ext, at)) = ssns.ext.as_ref().zip(self.ssns_ext_offset(*offset)) else { continue };
            if ext.ssns_index != ssns.index {
                let owner = Owner::new("SSNS", ssns.index);
                self.report(
                    Rule::SsnsExtIndex,
                    format_args!("{owner}: the extended info states SSNS {}", ext.ssns_index),
                    bytes_of!(at, SsnsExt.ssns_index),
                );
            }
        }
    }

    /// The offset of the transport info of the HFI at `offset`.
    pub(super) fn info_offset(&self, offset: usize) -> Option<usize> {
        usize::try_from(self.raw::<raw::Hfi>(offset)?.info.offset.get()).ok()
    }

    /// The offset of the extended info for the transport info at `offset`.
    pub(super) fn hfi_ext_offset(&self, offset: usize) -> Option<usize> {
        usize::try_from(self.raw::<raw::HfiTcp>(offset)?.ext.offset.get()).ok()
    }

    /// The offset of the extended info of the SSNS at `offset`.
    pub(super) fn ssns_ext_offset(&self, offset: usize) -> Option<usize> {
        usize::try_from(self.raw::<raw::Ssns>(offset)?.ext.offset.get()).ok()
    }
}
