//! Writes a table: model to bytes.

mod error;
mod heap;
mod objects;

pub use error::WriteError;

use crate::model::{Discovery, Header, Hfi, Host, SecurityProfile, Ssns, Table};
use crate::parse::Owner;
use crate::raw::{self, HeapRef, ListRef, id};
use alloc::vec::Vec;
use error::Problem;
use heap::HeapWriter;
use zerocopy::little_endian::{U16, U32};
use zerocopy::{FromZeros as _, Immutable, IntoBytes};

/// Writes a table.
///
/// `write` computes lengths, heap and checksum, and puts a NUL after every string, which the string's length does not count. The model's
/// versions decide what is written: HFI extended info and PCIe segment need a transport info version of 2 or more.
///
/// The bytes read back as the same model: `parse(&write(&table)?)?.table == table`. A model for which that fails is an error.
///
/// # Errors
///
/// If a value has no place in a table: a descriptor without its valid flag, extended info without the flag or version for it, an
/// empty string or one with a NUL, a string or list above 1024 bytes, a DUID above 130 bytes (RFC 8415), a driver path above
/// 65535 bytes, more than 255 descriptors in a list, or more than 4 GiB in all.
pub fn write(table: &Table) -> Result<Vec<u8>, WriteError> {
    head(table)?;
    let lists = [
        List::new::<raw::Hfi>(table.hfis.len(), "HFI")?,
        List::new::<raw::Ssns>(table.ssns.len(), "SSNS")?,
        List::new::<raw::Security>(table.security.len(), "security")?,
        List::new::<raw::Discovery>(table.discovery.len(), "discovery")?,
    ];
    // The host descriptor and the lists follow the control descriptor in the order of their structure IDs; then comes the heap.
    let host_at = size_of::<raw::Start>();
    let lists_at = host_at + if table.host.is_some() { size_of::<raw::Host>() } else { 0 };
    let heap_at = lists_at + lists.iter().map(|list| list.count * list.stride).sum::<usize>();

    let mut heap = HeapWriter::new(heap_at);
    let driver_path =
        heap.text(Owner::HEADER, "driver path", table.header.driver_path.as_deref(), usize::from(u16::MAX))?;
    let mut body = Vec::with_capacity(heap_at);
    if let Some(host) = &table.host {
        push(&mut body, &raw_host(host, &mut heap)?);
    }
    for hfi in &table.hfis {
        push(&mut body, &raw_hfi(hfi, &mut heap)?);
    }
    for ssns in &table.ssns {
        push(&mut body, &raw_ssns(ssns, &mut heap)?);
    }
    for profile in &table.security {
        push(&mut body, &raw_security(profile, &mut heap)?);
    }
    for discovery in &table.discovery {
        push(&mut body, &raw_discovery(discovery, &mut heap)?);
    }

    let heap = heap.bytes();
    let mut start = raw::Start { header: raw_header(&table.header, driver_path), control: raw::Control::new_zeroed() };
    let length = heap_at + heap.len();
    start.header.length =
        u32::try_from(length).map_err(|_| WriteError::new(Owner::HEADER, Problem::Size(length)))?.into();
    start.header.heap_offset = (heap_at as u32).into();
    start.header.heap_length = (heap.len() as u32).into();
    raw_control(table, host_at, lists_at, lists, &mut start.control);

    let mut bytes = Vec::with_capacity(length);
    push(&mut bytes, &start);
    bytes.extend_from_slice(&body);
    bytes.extend_from_slice(&heap);
    repair_checksum(&mut bytes);
    Ok(bytes)
}

/// Sets the checksum byte, offset 9, so that all bytes add up to 0 modulo 256. Does nothing to fewer than 10 bytes.
///
/// It is for tests and fuzzers of readers, which change a written table deliberately.
pub fn repair_checksum(bytes: &mut [u8]) {
    let sum = crate::parse::sum(bytes);
    if let Some(checksum) = bytes.get_mut(core::mem::offset_of!(raw::Header, checksum)) {
        *checksum = checksum.wrapping_sub(sum);
    }
}

/// Refuses a table that every reader would refuse.
fn head(table: &Table) -> Result<(), WriteError> {
    if table.header.major != 1 {
        return Err(WriteError::new(Owner::HEADER, Problem::Major(table.header.major)));
    }
    if table.control.flags & 1 == 0 {
        return Err(WriteError::new(Owner::CONTROL, Problem::NotValid));
    }
    Ok(())
}

/// The number and length of a list's descriptors.
#[derive(Clone, Copy)]
struct List {
    count: usize,
    stride: usize,
}

impl List {
    fn new<T>(count: usize, name: &'static str) -> Result<Self, WriteError> {
        if count > usize::from(u8::MAX) {
            return Err(WriteError::new(Owner { kind: name, index: None }, Problem::Count(count)));
        }
        Ok(Self { count, stride: size_of::<T>() })
    }
}

fn push(bytes: &mut Vec<u8>, structure: &(impl IntoBytes + Immutable)) {
    bytes.extend_from_slice(structure.as_bytes());
}

fn raw_header(header: &Header, driver_path: HeapRef) -> raw::Header {
    raw::Header {
        signature: *b"NBFT",
        major: header.major,
        oem_id: header.oem_id.0,
        oem_table_id: header.oem_table_id.0,
        oem_revision: header.oem_revision.into(),
        creator_id: header.creator_id.0,
        creator_revision: header.creator_revision.into(),
        driver_path,
        minor: header.minor,
        // Length, checksum and heap are set later.
        ..raw::Header::default()
    }
}

fn raw_control(table: &Table, host_at: usize, lists_at: usize, lists: [List; 4], raw: &mut raw::Control) {
    raw.id = id::CONTROL;
    raw.major = table.control.major;
    raw.minor = table.control.minor;
    raw.length = (size_of::<raw::Control>() as u16).into();
    raw.flags = table.control.flags;
    if table.host.is_some() {
        raw.host = HeapRef { offset: (host_at as u32).into(), length: (size_of::<raw::Host>() as u16).into() };
        raw.host_version = 1;
    }
    let mut at = lists_at;
    for (list, reference) in lists.iter().zip([&mut raw.hfis, &mut raw.ssns, &mut raw.security, &mut raw.discovery]) {
        if list.count > 0 {
            *reference = ListRef {
                offset: U32::new(at as u32),
                length: U16::new(list.stride as u16),
                version: 1,
                count: list.count as u8,
            };
        }
        at += list.count * list.stride;
    }
}

fn raw_host(host: &Host, heap: &mut HeapWriter) -> Result<raw::Host, WriteError> {
    let owner = Owner { kind: "host", index: None };
    owner.require_valid(host.flags.is_valid())?;
    let nqn = heap.nqn(owner, host.nqn.as_ref())?;
    Ok(raw::Host { id: id::HOST, flags: host.flags.0, host_id: host.id.0, nqn, ..raw::Host::new_zeroed() })
}

fn raw_hfi(hfi: &Hfi, heap: &mut HeapWriter) -> Result<raw::Hfi, WriteError> {
    let owner = Owner::new("HFI", hfi.index);
    owner.require_valid(hfi.flags.is_valid())?;
    let info = match &hfi.tcp {
        Some(tcp) => heap.hfi_tcp(owner, hfi.transport, tcp)?,
        None => HeapRef::default(),
    };
    Ok(raw::Hfi {
        id: id::HFI,
        index: hfi.index,
        flags: hfi.flags.0,
        transport: hfi.transport.0,
        info,
        ..raw::Hfi::new_zeroed()
    })
}

fn raw_ssns(ssns: &Ssns, heap: &mut HeapWriter) -> Result<raw::Ssns, WriteError> {
    let owner = Owner::new("SSNS", ssns.index);
    owner.require_valid(ssns.flags.is_valid())?;
    let max = crate::parse::MAX_OBJECT;
    Ok(raw::Ssns {
        id: id::SSNS,
        index: ssns.index.into(),
        flags: ssns.flags.0.into(),
        transport: ssns.transport.0,
        transport_flags: ssns.transport_flags.0.into(),
        primary_discovery: ssns.primary_discovery,
        traddr: heap.address(ssns.traddr),
        trsvcid: heap.text(owner, "transport service ID", ssns.trsvcid.as_deref(), max)?,
        port_id: ssns.port_id.into(),
        nsid: ssns.nsid.into(),
        nid_type: ssns.nid_type.0,
        nid: ssns.nid,
        security: ssns.security,
        primary_hfi: ssns.primary_hfi,
        secondary_hfis: heap.list(owner, "secondary HFI list", &ssns.secondary_hfis)?,
        nqn: heap.nqn(owner, ssns.nqn.as_ref())?,
        ext: match &ssns.ext {
            Some(ext) => heap.ssns_ext(owner, ssns.flags, ext)?,
            None => HeapRef::default(),
        },
        ..raw::Ssns::new_zeroed()
    })
}

fn raw_security(profile: &SecurityProfile, heap: &mut HeapWriter) -> Result<raw::Security, WriteError> {
    use crate::model::PolicyList;
    let owner = Owner::new("security profile", profile.index);
    let flags = profile.flags;
    owner.require_valid(flags.is_valid())?;
    let channel = flags.secure_channel_policy() != PolicyList::NONE;
    let authentication = flags.authentication_policy() != PolicyList::NONE;
    Ok(raw::Security {
        id: id::SECURITY,
        index: profile.index,
        flags: flags.0.into(),
        secret_type: profile.secret_type.0,
        channel_algorithms: heap.used_list(
            owner,
            "secure channel algorithm list",
            channel,
            profile.channel_algorithms.as_deref(),
        )?,
        authentication_protocols: heap.used_list(
            owner,
            "authentication protocol list",
            authentication,
            profile.authentication_protocols.as_deref(),
        )?,
        cipher_suites: {
            let suites = profile.cipher_suites.as_ref();
            let bytes: Option<Vec<u8>> = suites.map(|list| list.iter().flat_map(|suite| suite.to_le_bytes()).collect());
            heap.used_list(owner, "cipher suite list", flags.cipher_suites_restricted(), bytes.as_deref())?
        },
        kx_groups: heap.used_list(
            owner,
            "KX group list",
            flags.kx_groups_restricted(),
            profile.kx_groups.as_deref(),
        )?,
        hashes: heap.used_list(owner, "hash function list", flags.hashes_restricted(), profile.hashes.as_deref())?,
        secret_keypath: heap.text(
            owner,
            "secret keypath",
            profile.secret_keypath.as_deref(),
            crate::parse::MAX_OBJECT,
        )?,
        ..raw::Security::new_zeroed()
    })
}

fn raw_discovery(discovery: &Discovery, heap: &mut HeapWriter) -> Result<raw::Discovery, WriteError> {
    let owner = Owner::new("discovery", discovery.index);
    owner.require_valid(discovery.flags.is_valid())?;
    Ok(raw::Discovery {
        id: id::DISCOVERY,
        flags: discovery.flags.0,
        index: discovery.index,
        hfi: discovery.hfi,
        security: discovery.security,
        uri: heap.text(owner, "address", discovery.uri.as_deref(), crate::parse::MAX_OBJECT)?,
        nqn: heap.nqn(owner, discovery.nqn.as_ref())?,
        ..raw::Discovery::new_zeroed()
    })
}
