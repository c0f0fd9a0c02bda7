//! Makes tables out of random bytes, for property tests and fuzzing.

use super::choices::{self, Choices, Place};
use arbitrary::{Arbitrary as _, Result, Unstructured};
use libnbft::model::{HfiExt, HfiTcp, PolicyList, SecurityProfile, Table, TransportType};

/// Longest string that a table can hold, apart from the driver path.
const MAX: usize = 1024;

/// Longest DUID that a table can hold.
const MAX_DUID: usize = 130;

/// Characters that JSON, a terminal or a kernel option treats in its own way.
const SPECIAL: [char; 13] = ['a', 'Z', '0', ':', '.', '-', ',', '"', '\\', '\n', '\u{1b}', '\u{e9}', '\u{202e}'];

/// A table that `write` takes: what it returns reads the same.
pub(crate) fn table(u: &mut Unstructured<'_>) -> Result<Table> {
    let mut table: Table = choices::value(&mut Random { u, scope: Scope::Writable });
    leave_out_unused(&mut table);
    Ok(table)
}

/// A table with anything that the model can hold, also what no bytes can say: flags without "valid", empty and unused lists.
pub(crate) fn any_table(u: &mut Unstructured<'_>) -> Result<Table> {
    Ok(choices::value(&mut Random { u, scope: Scope::Any }))
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Scope {
    Writable,
    Any,
}

struct Random<'u, 'b> {
    u: &'u mut Unstructured<'b>,
    scope: Scope,
}

impl Choices for Random<'_, '_> {
    fn is_there(&mut self, _: Place) -> Result<bool> {
        // Without further bytes, nothing.
        Ok(!self.u.ratio(1, 16)?)
    }

    fn count(&mut self, place: Place) -> Result<usize> {
        // Once in a while the longest list of descriptors that a table can hold. Without further bytes, none.
        let count = match self.u.arbitrary::<u8>()? {
            0xfe => 255,
            byte => usize::from(byte % 5),
        };
        // An empty list is absent.
        Ok(count.max(usize::from(place.is_optional && self.scope == Scope::Writable)))
    }

    fn number(&mut self, place: Place, max: u32) -> Result<u32> {
        if place.field == "transport" && !self.u.ratio(1, 16)? {
            return Ok(TransportType::TCP.0.into());
        }
        // As many bytes as the number has.
        let number = match max {
            0xff => self.u.arbitrary::<u8>()?.into(),
            0xffff => self.u.arbitrary::<u16>()?.into(),
            _ => self.u.arbitrary()?,
        };
        // In a table that can be written, each structure is valid: bit 0 of its flags.
        Ok(if place.field == "flags" && self.scope == Scope::Writable { number | 1 } else { number })
    }

    fn text(&mut self, _: Place) -> Result<String> {
        let text = if self.u.arbitrary()? {
            String::arbitrary(self.u)?
        } else {
            let count = self.u.int_in_range(0..=3)?;
            (0..count).map(|_| self.u.choose(&SPECIAL).copied()).collect::<Result<String>>()?
        };
        if self.scope == Scope::Any {
            return Ok(text);
        }
        let mut text: String = text.chars().filter(|c| *c != '\0').collect();
        while text.len() > MAX {
            text.pop();
        }
        Ok(if text.is_empty() { "x".into() } else { text })
    }
}

/// Takes out what a reader would not look at, so that the table can be written.
pub(crate) fn leave_out_unused(table: &mut Table) {
    table.header.major = 1;
    for hfi in &mut table.hfis {
        hfi.tcp.take_if(|_| hfi.transport != TransportType::TCP);
        hfi.tcp.iter_mut().for_each(leave_out_of_tcp);
    }
    for ssns in &mut table.ssns {
        ssns.ext.take_if(|_| !ssns.flags.extended_info());
    }
    table.security.iter_mut().for_each(leave_out_of_profile);
}

fn leave_out_of_tcp(tcp: &mut HfiTcp) {
    if tcp.info_version < 2 {
        (tcp.ext, tcp.pcie_segment) = (None, 0);
    }
    let Some(HfiExt { flags, iaid, duid, .. }) = &mut tcp.ext else { return };
    if !flags.dhcp_client_id() {
        (*iaid, *duid) = (None, None);
    }
    duid.iter_mut().for_each(|duid| duid.truncate(MAX_DUID));
}

fn leave_out_of_profile(profile: &mut SecurityProfile) {
    let flags = profile.flags;
    profile.channel_algorithms.take_if(|_| flags.secure_channel_policy() == PolicyList::NONE);
    profile.authentication_protocols.take_if(|_| flags.authentication_policy() == PolicyList::NONE);
    profile.cipher_suites.take_if(|_| !flags.cipher_suites_restricted());
    profile.kx_groups.take_if(|_| !flags.kx_groups_restricted());
    profile.hashes.take_if(|_| !flags.hashes_restricted());
}

/// A table with its bytes changed at random, but its head in order: what a reader meets behind signature and checksum.
pub(crate) fn damaged(u: &mut Unstructured<'_>) -> Result<Vec<u8>> {
    let mut bytes = libnbft::write(&table(u)?).expect("every table made here can be written");
    let changes = u.int_in_range(0..=16)?;
    for _ in 0..changes {
        // Most of what steers a reader lies in the first bytes.
        let range = if u.arbitrary()? { bytes.len().min(512) } else { bytes.len() };
        let at = u.int_in_range(0..=range - 1)?;
        bytes[at] = u.arbitrary()?;
    }
    if u.ratio(1, 8)? {
        let length = u.int_in_range(128..=bytes.len())?;
        bytes.truncate(length);
    }
    mend(&mut bytes);
    Ok(bytes)
}

/// Puts right what would end the reading at once: signature, major revision, control descriptor, checksum.
pub(crate) fn mend(bytes: &mut [u8]) {
    if bytes.len() >= 128 {
        bytes[..4].copy_from_slice(b"NBFT");
        bytes[8] = 1;
        bytes[64] = 1;
        bytes[70] |= 1;
        libnbft::repair_checksum(bytes);
    }
}
