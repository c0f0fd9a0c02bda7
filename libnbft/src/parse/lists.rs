//! Reads the descriptors of the four lists. Their stride is the length that the control descriptor states.

use super::reader::{Owner, Reader, at};
use super::{CONTROL, MAX_OBJECT, START};
use crate::finding::Rule;
use crate::model::{Discovery, DiscoveryFlags};
use crate::raw::{self, ListRef, bytes_of};
use alloc::vec::Vec;
use core::mem::offset_of;
use zerocopy::{FromBytes, Immutable, KnownLayout, Unaligned};

/// One of the four lists, as messages name it.
#[derive(Clone, Copy)]
pub(crate) struct List {
    pub(crate) name: &'static str,
    pub(crate) reference: ListRef,
    /// The offset of its reference.
    pub(crate) at: usize,
    /// The least length of a descriptor.
    pub(crate) least: usize,
}

impl List {
    /// All four, in the control descriptor's order.
    pub(crate) fn all(control: &raw::Control) -> [Self; 4] {
        [
            Self::new::<raw::Hfi>("HFI", control.hfis, offset_of!(raw::Control, hfis)),
            Self::new::<raw::Ssns>("SSNS", control.ssns, offset_of!(raw::Control, ssns)),
            Self::new::<raw::Security>("security", control.security, offset_of!(raw::Control, security)),
            Self::new::<raw::Discovery>("discovery", control.discovery, offset_of!(raw::Control, discovery)),
        ]
    }

    pub(crate) fn new<T>(name: &'static str, reference: ListRef, offset: usize) -> Self {
        Self { name, reference, at: CONTROL + offset, least: size_of::<T>() }
    }

    pub(crate) fn start(&self) -> usize {
        usize::try_from(self.reference.offset.get()).unwrap_or(usize::MAX)
    }

    pub(crate) fn stride(&self) -> usize {
        usize::from(self.reference.length.get())
    }

    pub(crate) fn count(&self) -> usize {
        usize::from(self.reference.count)
    }

    /// Whether there is a list whose descriptors can be read.
    pub(crate) fn is_usable(&self) -> bool {
        self.count() != 0 && self.stride() >= self.least && self.start() >= START
    }

    /// How many descriptors lie wholly inside a table of `length` bytes.
    pub(crate) fn fitting(&self, length: usize) -> usize {
        if !self.is_usable() {
            return 0;
        }
        let room = length.checked_sub(self.start()).and_then(|room| room.checked_sub(self.least));
        room.map_or(0, |room| self.count().min(room / self.stride() + 1))
    }
}

impl<'a> Reader<'a> {
    /// Reads each descriptor of a list, with the offsets of those that were usable.
    pub(super) fn read_list<T, M>(
        &mut self,
        list: List,
        offsets: &mut Vec<usize>,
        read: fn(&mut Self, &'a T, usize) -> Option<M>,
    ) -> Vec<M>
    where
        T: FromBytes + KnownLayout + Immutable + Unaligned + 'a,
    {
        if list.count() == 0 {
            return Vec::new();
        }
        self.check_bounds(&list);
        let fitting = list.fitting(self.bytes.len());
        let mut items = Vec::with_capacity(fitting);
        offsets.reserve_exact(fitting);
        let bytes = self.bytes;
        for number in 0..fitting {
            let offset = list.start() + number * list.stride();
            let raw = bytes.get(offset..).and_then(|rest| T::ref_from_prefix(rest).ok());
            if let Some(item) = raw.and_then(|(raw, _)| read(self, raw, offset)) {
                offsets.push(offset);
                items.push(item);
            }
        }
        items
    }

    /// Reports a list that is not wholly inside the table, or whose stride is not the known one.
    fn check_bounds(&mut self, list: &List) {
        let (name, stride, least) = (list.name, list.stride(), list.least);
        let at_length = bytes_of!(list.at, ListRef.length);
        if stride < least {
            self.report(
                Rule::ListStrideShort,
                format_args!("the descriptors of the {name} list have {stride} bytes; they take {least}"),
                at_length,
            );
            return;
        }
        if list.start() < START {
            let start = list.start();
            self.report(
                Rule::ListInHeader,
                format_args!("the {name} list begins at {start}, inside the header or the control descriptor"),
                bytes_of!(list.at, ListRef.offset),
            );
            return;
        }
        if stride > least {
            self.report(
                Rule::ListStrideLong,
                format_args!("the descriptors of the {name} list have {stride} bytes; {least} are known"),
                at_length,
            );
        }
        let end = list.start() as u64 + (stride * list.count()) as u64;
        let length = self.bytes.len();
        if end > length as u64 {
            let (fitting, count) = (list.fitting(length), list.count());
            self.report(
                Rule::ListOutside,
                format_args!("the {name} list ends at {end}, the table at {length}: {fitting} of {count} can be read"),
                list.at..list.at + size_of::<ListRef>(),
            );
        }
    }

    pub(super) fn read_discovery(&mut self, list: ListRef, offsets: &mut Vec<usize>) -> Vec<Discovery> {
        let list = List::new::<raw::Discovery>("discovery", list, offset_of!(raw::Control, discovery));
        self.read_list(list, offsets, Self::discovery)
    }

    fn discovery(&mut self, raw: &raw::Discovery, offset: usize) -> Option<Discovery> {
        let owner = Owner::new("discovery", raw.index);
        let flags = DiscoveryFlags(raw.flags);
        if !self.descriptor_usable(
            owner,
            offset,
            raw::id::DISCOVERY,
            bytes_of!(offset, Discovery.flags),
            flags.is_valid(),
        ) {
            return None;
        }
        Some(Discovery {
            flags,
            index: raw.index,
            hfi: raw.hfi,
            security: raw.security,
            uri: self.text(owner, "address", raw.uri, at!(offset, Discovery.uri), MAX_OBJECT),
            nqn: self.nqn(owner, raw.nqn, at!(offset, Discovery.nqn)),
        })
    }
}
