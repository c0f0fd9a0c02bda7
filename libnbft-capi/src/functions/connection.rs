//! Reads the fields of a connection, a finding and an item left out.

use super::{optional, reference};
use crate::declare::api;
use crate::items::{Connection, FindingItem, LeftOutItem};
use crate::load::Code;
use std::ffi::c_char;
use std::ptr::null;

api! {
    CONNECTION:
    /// One of NBFTC_DISCOVERY_*: a subsystem, or a discovery controller and when to ask it.
    fn nbftc_connection_discovery(connection: *const Connection = "const struct nbftc_connection *") -> i32 = "int", else Code::Internal.number(); {
        reference(connection).map_or(Code::Argument.number(), |of| of.discovery)
    }

    /// The NQN of the subsystem or of the discovery controller.
    fn nbftc_connection_nqn(connection: *const Connection = "const struct nbftc_connection *") -> *const c_char = "const char *", else null(); {
        reference(connection).map_or(null(), |of| of.nqn.as_ptr())
    }

    /// The transport address, an IP address.
    fn nbftc_connection_traddr(connection: *const Connection = "const struct nbftc_connection *") -> *const c_char = "const char *", else null(); {
        reference(connection).map_or(null(), |of| of.traddr.as_ptr())
    }

    /// The TCP port.
    fn nbftc_connection_trsvcid(connection: *const Connection = "const struct nbftc_connection *") -> i32 = "int", else Code::Internal.number(); {
        reference(connection).map_or(Code::Argument.number(), |of| of.trsvcid)
    }

    /// The name of the link that it uses.
    fn nbftc_connection_host_iface(connection: *const Connection = "const struct nbftc_connection *") -> *const c_char = "const char *", else null(); {
        reference(connection).map_or(null(), |of| of.host_iface.as_ptr())
    }

    /// The source address; null if the table does not fix it.
    fn nbftc_connection_host_traddr(connection: *const Connection = "const struct nbftc_connection *") -> *const c_char = "const char *", else null(); {
        optional(reference(connection).and_then(|of| of.host_traddr.as_ref()))
    }

    /// 1 if the header digest is required, else 0.
    fn nbftc_connection_hdr_digest(connection: *const Connection = "const struct nbftc_connection *") -> i32 = "int", else Code::Internal.number(); {
        reference(connection).map_or(Code::Argument.number(), |of| of.hdr_digest.into())
    }

    /// 1 if the data digest is required, else 0.
    fn nbftc_connection_data_digest(connection: *const Connection = "const struct nbftc_connection *") -> i32 = "int", else Code::Internal.number(); {
        reference(connection).map_or(Code::Argument.number(), |of| of.data_digest.into())
    }

    /// 1 if firmware could not reach it, else 0.
    fn nbftc_connection_unavailable(connection: *const Connection = "const struct nbftc_connection *") -> i32 = "int", else Code::Internal.number(); {
        reference(connection).map_or(Code::Argument.number(), |of| of.unavailable.into())
    }

    /// 1 if a boot namespace is reached by it, else 0.
    fn nbftc_connection_boot(connection: *const Connection = "const struct nbftc_connection *") -> i32 = "int", else Code::Internal.number(); {
        reference(connection).map_or(Code::Argument.number(), |of| of.boot.into())
    }

    /// How far TLS is required: one of NBFTC_NEED_*.
    fn nbftc_connection_tls(connection: *const Connection = "const struct nbftc_connection *") -> i32 = "int", else Code::Internal.number(); {
        reference(connection).map_or(Code::Argument.number(), |of| of.tls)
    }

    /// How far in-band authentication is required: one of NBFTC_NEED_*.
    fn nbftc_connection_authentication(connection: *const Connection = "const struct nbftc_connection *") -> i32 = "int", else Code::Internal.number(); {
        reference(connection).map_or(Code::Argument.number(), |of| of.authentication)
    }

    /// The name of the table.
    fn nbftc_finding_table(finding: *const FindingItem = "const struct nbftc_finding *") -> *const c_char = "const char *", else null(); {
        reference(finding).map_or(null(), |of| of.table.as_ptr())
    }

    /// The severity: one of NBFTC_SEVERITY_*.
    fn nbftc_finding_severity(finding: *const FindingItem = "const struct nbftc_finding *") -> i32 = "int", else Code::Internal.number(); {
        reference(finding).map_or(Code::Argument.number(), |of| of.severity)
    }

    /// The name of the rule, as in nbft-rules(7); "unusable" if nothing of the table can be used.
    fn nbftc_finding_rule(finding: *const FindingItem = "const struct nbftc_finding *") -> *const c_char = "const char *", else null(); {
        reference(finding).map_or(null(), |of| of.rule.as_ptr())
    }

    /// What is wrong, as a sentence.
    fn nbftc_finding_message(finding: *const FindingItem = "const struct nbftc_finding *") -> *const c_char = "const char *", else null(); {
        reference(finding).map_or(null(), |of| of.message.as_ptr())
    }

    /// The table and the descriptor: "NBFT SSNS 2 over HFI 1".
    fn nbftc_left_out_what(left_out: *const LeftOutItem = "const struct nbftc_left_out *") -> *const c_char = "const char *", else null(); {
        reference(left_out).map_or(null(), |of| of.what.as_ptr())
    }

    /// The stable code of the reason, as in nbft-plan(1).
    fn nbftc_left_out_code(left_out: *const LeftOutItem = "const struct nbftc_left_out *") -> *const c_char = "const char *", else null(); {
        reference(left_out).map_or(null(), |of| of.code.as_ptr())
    }

    /// The reason, as a sentence.
    fn nbftc_left_out_message(left_out: *const LeftOutItem = "const struct nbftc_left_out *") -> *const c_char = "const char *", else null(); {
        reference(left_out).map_or(null(), |of| of.message.as_ptr())
    }

    /// 1 if it is a boot entry without a path in the plan, else 0.
    fn nbftc_left_out_boot(left_out: *const LeftOutItem = "const struct nbftc_left_out *") -> i32 = "int", else Code::Internal.number(); {
        reference(left_out).map_or(Code::Argument.number(), |of| of.boot.into())
    }
}
