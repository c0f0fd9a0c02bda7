//! Reads the contents of a handle: the host, and the lists.

use super::{optional, reference};
use crate::declare::api;
use crate::items::{Connection, FindingItem, Handle, LeftOutItem, LinkItem};
use std::ffi::c_char;
use std::ptr::null;

api! {
    HANDLE:
    /// What went wrong, as a sentence; empty after success.
    fn nbftc_message(handle: *const Handle = "const struct nbftc *") -> *const c_char = "const char *", else null(); {
        reference(handle).map_or(null(), |of| of.message.as_ptr())
    }

    /// The host NQN by which this machine connects; null if the tables give no identity.
    fn nbftc_host_nqn(handle: *const Handle = "const struct nbftc *") -> *const c_char = "const char *", else null(); {
        optional(reference(handle).and_then(|of| of.host_nqn.as_ref()))
    }

    /// The host ID, a UUID; null if the tables give no identity.
    fn nbftc_host_id(handle: *const Handle = "const struct nbftc *") -> *const c_char = "const char *", else null(); {
        optional(reference(handle).and_then(|of| of.host_id.as_ref()))
    }

    /// The number of links (NICs and VLANs) of the plan; 0 for a null pointer.
    fn nbftc_link_count(handle: *const Handle = "const struct nbftc *") -> usize = "size_t", else 0; {
        reference(handle).map_or(0, |of| of.links.len())
    }

    /// One of the links (NICs and VLANs) of the plan; null if `index` is out of range.
    fn nbftc_link(handle: *const Handle = "const struct nbftc *", index: usize = "size_t") -> *const LinkItem = "const struct nbftc_link *", else null(); {
        reference(handle).and_then(|of| of.links.get(index)).map_or(null(), std::ptr::from_ref)
    }

    /// The number of connections of the plan: subsystems first, then discovery controllers; 0 for a null pointer.
    fn nbftc_connection_count(handle: *const Handle = "const struct nbftc *") -> usize = "size_t", else 0; {
        reference(handle).map_or(0, |of| of.connections.len())
    }

    /// One of the connections of the plan: subsystems first, then discovery controllers; null if `index` is out of range.
    fn nbftc_connection(handle: *const Handle = "const struct nbftc *", index: usize = "size_t") -> *const Connection = "const struct nbftc_connection *", else null(); {
        reference(handle).and_then(|of| of.connections.get(index)).map_or(null(), std::ptr::from_ref)
    }

    /// The number of findings in the tables; there are some after a failure, too; 0 for a null pointer.
    fn nbftc_finding_count(handle: *const Handle = "const struct nbftc *") -> usize = "size_t", else 0; {
        reference(handle).map_or(0, |of| of.findings.len())
    }

    /// One of the findings in the tables; there are some after a failure, too; null if `index` is out of range.
    fn nbftc_finding(handle: *const Handle = "const struct nbftc *", index: usize = "size_t") -> *const FindingItem = "const struct nbftc_finding *", else null(); {
        reference(handle).and_then(|of| of.findings.get(index)).map_or(null(), std::ptr::from_ref)
    }

    /// The number of items of the tables that the plan does not use; 0 for a null pointer.
    fn nbftc_left_out_count(handle: *const Handle = "const struct nbftc *") -> usize = "size_t", else 0; {
        reference(handle).map_or(0, |of| of.left_out.len())
    }

    /// One of the items of the tables that the plan does not use; null if `index` is out of range.
    fn nbftc_left_out(handle: *const Handle = "const struct nbftc *", index: usize = "size_t") -> *const LeftOutItem = "const struct nbftc_left_out *", else null(); {
        reference(handle).and_then(|of| of.left_out.get(index)).map_or(null(), std::ptr::from_ref)
    }
}
