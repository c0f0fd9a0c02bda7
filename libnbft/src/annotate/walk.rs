//! Walks a table from structure to structure and collects their fields.

use super::Field;
use super::fields::{self, Definition};
use crate::heap::{Heap, Object};
use crate::model::{
    DiscoveryFlags, HfiExtFlags, HfiFlags, HfiTcpFlags, SecurityFlags, SsnsExtFlags, SsnsFlags, TransportType,
};
use crate::parse::{List, START, frame};
use crate::raw::{self, HeapRef, id};
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use zerocopy::{FromBytes, Immutable, KnownLayout, Unaligned};

/// All fields in the order of the walk; `None` when there is no table.
pub(super) fn walk(bytes: &[u8]) -> Option<Vec<Field>> {
    let (start, bytes, heap) = frame(bytes).ok()?;
    let mut walk = Walk { bytes, heap, fields: Vec::new() };
    walk.structure("header", 0, fields::HEADER);
    walk.objects("header", 0, fields::HEADER);
    walk.structure("control", START - size_of::<raw::Control>(), fields::CONTROL);
    walk.host(&start.control);
    let [hfi_list, ssns_list, security_list, discovery_list] = List::all(&start.control);
    walk.list(&hfi_list, id::HFI, fields::HFI, hfi);
    walk.list(&ssns_list, id::SSNS, fields::SSNS, ssns);
    walk.list(&security_list, id::SECURITY, fields::SECURITY, security);
    walk.list(&discovery_list, id::DISCOVERY, fields::DISCOVERY, discovery);
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

    /// Adds the objects to which the references of the structure at `offset` lead, if they are in use. The structure belongs to `owner`.
    fn objects(&mut self, owner: &str, offset: usize, definitions: &[Definition]) {
        let Some(structure) = self.bytes.get(offset..) else { return };
        for definition in definitions {
            let Some(value) = definition.object.as_ref().filter(|object| (object.is_used)(structure)) else { continue };
            let reference = structure.get(definition.at..).and_then(|rest| HeapRef::read_from_prefix(rest).ok());
            let Some(object) = reference.and_then(|(reference, _)| self.object(reference)) else { continue };
            let name = definition.name.strip_suffix(" reference").unwrap_or(definition.name);
            self.field(owner, name, object.start, object.bytes.len(), Some(value.format.value(object.bytes)));
        }
    }

    fn host(&mut self, control: &raw::Control) {
        let Ok(offset) = usize::try_from(control.host.offset.get()) else { return };
        let length = usize::from(control.host.length.get());
        let found = self.bytes.get(offset..).and_then(|rest| raw::Host::ref_from_prefix(rest).ok());
        let fits = length >= size_of::<raw::Host>() && offset >= START;
        if found.is_some_and(|(host, _)| fits && host.id == id::HOST) {
            self.structure("host", offset, fields::HOST);
            self.objects("host", offset, fields::HOST);
        }
    }

    /// Adds the descriptors of a list that have the right structure ID. For valid ones, adds the objects to which they refer, too.
    fn list<T: FromBytes + KnownLayout + Immutable + Unaligned>(
        &mut self,
        list: &List,
        id: u8,
        definitions: &[Definition],
        describe: fn(&T) -> Described<'a, T>,
    ) {
        let bytes = self.bytes;
        for number in 0..list.fitting(bytes.len()) {
            let offset = list.start() + number * list.stride();
            let Some((raw, _)) = bytes.get(offset..).and_then(|rest| T::ref_from_prefix(rest).ok()) else { continue };
            if bytes[offset] != id {
                continue;
            }
            let (name, is_valid, then) = describe(raw);
            self.structure(&name, offset, definitions);
            let known = offset + size_of::<T>();
            let end = (offset + list.stride()).min(bytes.len());
            if known < end {
                self.field(&name, "of a later revision", known, end - known, None);
            }
            if is_valid {
                self.objects(&name, offset, definitions);
                then(self, &name, raw);
            }
        }
    }

    fn follow_hfi(&mut self, name: &str, raw: &'a raw::Hfi) {
        let info = format!("{name} transport info");
        let found = self.heap_structure::<raw::HfiTcp>(&info, raw.info, id::HFI_TCP, fields::HFI_TCP);
        let Some((tcp, object)) = found.filter(|(tcp, _)| HfiTcpFlags(tcp.flags).is_valid()) else { return };
        self.objects(name, object.start, fields::HFI_TCP);
        if tcp.info_version < 2 {
            return;
        }
        let ext = format!("{name} extended info");
        let found = self.heap_structure::<raw::HfiExt>(&ext, tcp.ext, id::HFI_EXT, fields::HFI_EXT);
        if let Some((_, object)) = found.filter(|(ext, _)| HfiExtFlags(ext.flags.get()).is_valid()) {
            self.objects(name, object.start, fields::HFI_EXT);
        }
    }

    fn follow_ssns(&mut self, name: &str, raw: &'a raw::Ssns) {
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
                self.objects(name, object.start, fields::SSNS_EXT);
            }
        }
    }
}

/// The name of a descriptor, whether it is valid, and a function that adds the structures to which it refers.
type Described<'a, T> = (String, bool, fn(&mut Walk<'a>, &str, &'a T));

fn hfi<'a>(raw: &raw::Hfi) -> Described<'a, raw::Hfi> {
    let is_valid = HfiFlags(raw.flags).is_valid() && TransportType(raw.transport) == TransportType::TCP;
    (format!("HFI {}", raw.index), is_valid, Walk::follow_hfi)
}

fn ssns<'a>(raw: &raw::Ssns) -> Described<'a, raw::Ssns> {
    (format!("SSNS {}", raw.index), SsnsFlags(raw.flags.get()).is_valid(), Walk::follow_ssns)
}

fn security<'a>(raw: &raw::Security) -> Described<'a, raw::Security> {
    let is_valid = SecurityFlags(raw.flags.get()).is_valid();
    (format!("security profile {}", raw.index), is_valid, |_, _, _| ())
}

fn discovery<'a>(raw: &raw::Discovery) -> Described<'a, raw::Discovery> {
    (format!("discovery {}", raw.index), DiscoveryFlags(raw.flags).is_valid(), |_, _, _| ())
}
