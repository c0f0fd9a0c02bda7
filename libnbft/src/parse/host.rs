//! Reads the host descriptor.

use super::offsets::Offsets;
use super::reader::{Owner, Reader, at};
use super::{CONTROL, START};
use crate::finding::Rule;
use crate::model::{Host, HostFlags, Uuid};
use crate::raw::{self, bytes_of};
use zerocopy::FromBytes as _;

impl Reader<'_> {
    /// Reads the host descriptor. The control descriptor refers to it like to a heap object, but it is before the heap.
    pub(super) fn read_host(&mut self, control: &raw::Control, offsets: &mut Offsets) -> Option<Host> {
        let reference = bytes_of!(CONTROL, Control.host);
        let (stated, length) = (control.host.offset.get(), usize::from(control.host.length.get()));
        if length == 0 {
            self.report(Rule::HostMissing, format_args!("there is no host descriptor"), reference);
            return None;
        }
        if length < size_of::<raw::Host>() {
            self.report(
                Rule::HostShort,
                format_args!("the host descriptor's stated length is {length} bytes; it has 32"),
                reference,
            );
            return None;
        }
        let offset = usize::try_from(stated).unwrap_or(usize::MAX);
        let bytes = self.bytes;
        let found =
            bytes.get(offset..).filter(|_| offset >= START).and_then(|rest| raw::Host::ref_from_prefix(rest).ok());
        let Some((raw, _)) = found else {
            let end = self.bytes.len();
            self.report(
                Rule::HostOutside,
                format_args!("the host descriptor lies at {stated}; it must lie between {START} and {end}"),
                reference,
            );
            return None;
        };
        let flags = HostFlags(raw.flags);
        if !self.descriptor_usable(Owner::HOST, offset, raw::id::HOST, bytes_of!(offset, Host.flags), flags.is_valid())
        {
            return None;
        }
        offsets.host = Some(offset);
        let nqn = self.nqn(Owner::HOST, raw.nqn, at!(offset, Host.nqn));
        Some(Host { flags, id: Uuid(raw.host_id), nqn })
    }
}
