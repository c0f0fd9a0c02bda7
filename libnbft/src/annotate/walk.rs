//! Walks a table from structure to structure and collects their fields.

use super::Field;
use super::fields::{self, Definition};
use super::values;
use crate::heap::{Heap, Object};
use crate::model::{
    Address, DiscoveryFlags, HfiExtFlags, HfiFlags, HfiTcpFlags, PolicyList, SecurityFlags, SsnsExtFlags, SsnsFlags,
    TransportType,
};
use crate::parse::{List, START, frame};
use crate::raw::{self, HeapRef, id};
use alloc::format;
use alloc::string::{String, ToString as _};
use alloc::vec::Vec;
use zerocopy::{FromBytes, Immutable, KnownLayout, Unaligned};

/// All fields in the order of the walk; `None` when there is no table.
pub(super) fn walk(bytes: &[u8]) -> Option<Vec<Field>> {
    let (start, bytes, heap) = frame(bytes).ok()?;
    let mut walk = Walk { bytes, heap, fields: Vec::new() };
    walk.structure("header", 0, fields::HEADER);
    walk.text("header", "driver path", start.header.driver_path);
    walk.structure("control", START - size_of::<raw::Control>(), fields::CONTROL);
    walk.host(&start.control);
    let [hfis, ssns, security, discovery] = List::all(&start.control);
    walk.list(&hfis, id::HFI, fields::HFI, Walk::hfi);
    walk.list(&ssns, id::SSNS, fields::SSNS, Walk::ssns);
    walk.list(&security, id::SECURITY, fields::SECURITY, Walk::security);
    walk.list(&discovery, id::DISCOVERY, fields::DISCOVERY, Walk::discovery);
    Some(walk.fields)
}

struct Walk<'a> {
    /// The table: the input, cut at the length that the header states.
    bytes: &'a [u8],
    heap: Heap<'a>,
    fields: Vec<Field>,
}

impl<'a> Walk<'a> {
    /// The fields of the structure at `offset`, which lies inside the table.
    fn structure(&mut self, name: &str, offset: usize, definitions: &[Definition]) {
        for definition in definitions {
            let at = offset + definition.at;
            if let Some(bytes) = self.bytes.get(at..at + definition.length) {
                self.field(name, definition.name, at, definition.length, definition.format.value(bytes));
            }
        }
    }

    fn field(&mut self, structure: &str, field: &'static str, at: usize, length: usize, value: Option<String>) {
        self.fields.push(Field { span: at..at + length, structure: structure.into(), field, value });
    }

    fn object(&self, reference: HeapRef) -> Option<Object<'a>> {
        self.heap.get(reference).ok().flatten()
    }

    /// A structure of the heap with its fields.
    fn heap_structure<T: FromBytes + KnownLayout + Immutable + Unaligned>(
        &mut self,
        name: &str,
        reference: HeapRef,
        id: u8,
        definitions: &[Definition],
    ) -> Option<(&'a T, Object<'a>)> {
        let object = self.object(reference)?;
        let (raw, _) = T::ref_from_prefix(object.bytes).ok()?;
        if object.bytes[0] != id {
            return None;
        }
        self.structure(name, object.start, definitions);
        Some((raw, object))
    }

    fn text(&mut self, structure: &str, field: &'static str, reference: HeapRef) {
        if let Some(object) = self.object(reference) {
            self.field(structure, field, object.start, object.bytes.len(), Some(values::text(object.bytes)));
        }
    }

    fn blob(&mut self, structure: &str, field: &'static str, reference: HeapRef) {
        if let Some(object) = self.object(reference) {
            self.field(structure, field, object.start, object.bytes.len(), Some(values::hex(object.bytes)));
        }
    }

    fn address(&mut self, structure: &str, field: &'static str, reference: HeapRef) {
        if let Some(object) = self.object(reference) {
            let value = match object.bytes.first_chunk() {
                Some(bytes) => Address::from_bytes(*bytes).to_string(),
                None => values::hex(object.bytes),
            };
            self.field(structure, field, object.start, object.bytes.len(), Some(value));
        }
    }

    fn host(&mut self, control: &raw::Control) {
        let Ok(offset) = usize::try_from(control.host.offset.get()) else { return };
        let length = usize::from(control.host.length.get());
        let found = self.bytes.get(offset..).and_then(|rest| raw::Host::ref_from_prefix(rest).ok());
        let fits = length >= size_of::<raw::Host>() && offset >= START;
        if let Some((host, _)) = found.filter(|(host, _)| fits && host.id == id::HOST) {
            self.structure("host", offset, fields::HOST);
            self.text("host", "NQN", host.nqn);
        }
    }

    /// The descriptors of a list that have the right structure ID, and for valid ones the objects that they refer to.
    fn list<T: FromBytes + KnownLayout + Immutable + Unaligned>(
        &mut self,
        list: &List,
        id: u8,
        definitions: &[Definition],
        follow: fn(&mut Self, &'a T) -> Described<'a, T>,
    ) {
        let bytes = self.bytes;
        for number in 0..list.fitting(bytes.len()) {
            let offset = list.start() + number * list.stride();
            let Some((raw, _)) = bytes.get(offset..).and_then(|rest| T::ref_from_prefix(rest).ok()) else { continue };
            if bytes[offset] != id {
                continue;
            }
            let (name, then) = follow(self, raw);
            self.structure(&name, offset, definitions);
            let known = offset + size_of::<T>();
            let end = (offset + list.stride()).min(bytes.len());
            if known < end {
                self.field(&name, "of a later revision", known, end - known, None);
            }
            if let Some(then) = then {
                then(self, &name, raw);
            }
        }
    }

    fn hfi(&mut self, raw: &'a raw::Hfi) -> Described<'a, raw::Hfi> {
        let follow = HfiFlags(raw.flags).is_valid() && TransportType(raw.transport) == TransportType::TCP;
        (format!("HFI {}", raw.index), follow.then_some(Self::follow_hfi))
    }

    fn follow_hfi(&mut self, name: &str, raw: &'a raw::Hfi) {
        let info = format!("{name} transport info");
        let Some((tcp, _)) = self.heap_structure::<raw::HfiTcp>(&info, raw.info, id::HFI_TCP, fields::HFI_TCP) else {
            return;
        };
        if !HfiTcpFlags(tcp.flags).is_valid() {
            return;
        }
        self.text(name, "host name", tcp.host_name);
        if tcp.info_version < 2 {
            return;
        }
        let ext = format!("{name} extended info");
        let found = self.heap_structure::<raw::HfiExt>(&ext, tcp.ext, id::HFI_EXT, fields::HFI_EXT);
        if let Some((ext, _)) = found {
            let flags = HfiExtFlags(ext.flags.get());
            if flags.is_valid() && flags.dhcp_client_id() {
                self.blob(name, "IAID", ext.iaid);
                self.blob(name, "DUID", ext.duid);
            }
        }
    }

    fn ssns(&mut self, raw: &'a raw::Ssns) -> Described<'a, raw::Ssns> {
        let valid = SsnsFlags(raw.flags.get()).is_valid();
        (format!("SSNS {}", raw.index), valid.then_some(Self::follow_ssns))
    }

    fn follow_ssns(&mut self, name: &str, raw: &'a raw::Ssns) {
        self.address(name, "transport address", raw.traddr);
        self.text(name, "transport service ID", raw.trsvcid);
        self.blob(name, "secondary HFI list", raw.secondary_hfis);
        self.text(name, "NQN", raw.nqn);
        if !SsnsFlags(raw.flags.get()).extended_info() {
            return;
        }
        let ext = format!("{name} extended info");
        let found = self.heap_structure::<raw::SsnsExt>(&ext, raw.ext, id::SSNS_EXT, fields::SSNS_EXT);
        if let Some((raw, object)) = found {
            let known = size_of::<raw::SsnsExt>();
            if object.bytes.len() >= known + size_of::<raw::Diagnostics>() {
                self.structure(&ext, object.start + known, fields::DIAGNOSTICS);
            }
            if SsnsExtFlags(raw.flags.get()).is_valid() {
                self.text(name, "DHCP root path", raw.dhcp_root_path);
            }
        }
    }

    fn security(&mut self, raw: &'a raw::Security) -> Described<'a, raw::Security> {
        let valid = SecurityFlags(raw.flags.get()).is_valid();
        (format!("security profile {}", raw.index), valid.then_some(Self::follow_security))
    }

    fn follow_security(&mut self, name: &str, raw: &'a raw::Security) {
        let flags = SecurityFlags(raw.flags.get());
        let lists = [
            (
                flags.secure_channel_policy() != PolicyList::NONE,
                "secure channel algorithm list",
                raw.channel_algorithms,
            ),
            (
                flags.authentication_policy() != PolicyList::NONE,
                "authentication protocol list",
                raw.authentication_protocols,
            ),
            (flags.cipher_suites_restricted(), "cipher suite list", raw.cipher_suites),
            (flags.kx_groups_restricted(), "KX group list", raw.kx_groups),
            (flags.hashes_restricted(), "hash function list", raw.hashes),
        ];
        for (used, field, reference) in lists {
            if used {
                self.blob(name, field, reference);
            }
        }
        self.text(name, "secret keypath", raw.secret_keypath);
    }

    fn discovery(&mut self, raw: &'a raw::Discovery) -> Described<'a, raw::Discovery> {
        let valid = DiscoveryFlags(raw.flags).is_valid();
        (format!("discovery {}", raw.index), valid.then_some(Self::follow_discovery))
    }

    fn follow_discovery(&mut self, name: &str, raw: &'a raw::Discovery) {
        self.text(name, "address", raw.uri);
        self.text(name, "NQN", raw.nqn);
    }
}

/// The name of a descriptor, and what to follow from it when it is valid.
type Described<'a, T> = (String, Option<Follow<'a, T>>);

/// Goes on to what a valid descriptor refers to.
type Follow<'a, T> = fn(&mut Walk<'a>, &str, &'a T);
