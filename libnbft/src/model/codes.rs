//! Defines the table's codes. They are open: an unknown value survives as a number.

/// Defines an open code: a newtype over an integer with named values and a phrase for each.
macro_rules! open_code {
    ($(#[$meta:meta])* $name:ident($int:ty) { $($(#[$vmeta:meta])* $konst:ident = $value:literal, $words:literal;)* }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
        #[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(transparent))]
        pub struct $name(pub $int);

        impl $name {
            $($(#[$vmeta])* pub const $konst: Self = Self($value);)*

            /// The meaning of the value in words; `None` if no known specification defines it.
            #[must_use]
            pub const fn words(self) -> Option<&'static str> {
                match self.0 {
                    $($value => Some($words),)*
                    _ => None,
                }
            }
        }

        impl core::fmt::Debug for $name {
            fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                write!(f, concat!(stringify!($name), "({:#x})"), self.0)
            }
        }

        impl core::fmt::Display for $name {
            fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                match self.words() {
                    Some(words) => f.write_str(words),
                    None => write!(f, "unknown ({:#x})", self.0),
                }
            }
        }
    };
}

open_code! {
    /// Transport type (Boot Specification, HFI and SSNS descriptors).
    TransportType(u8) {
        /// NVMe over TCP, the only transport that the specification defines.
        TCP = 3, "tcp";
    }
}

open_code! {
    /// Where an HFI's address came from (HFI transport info, offset 19; Windows `NL_PREFIX_ORIGIN`).
    IpOrigin(u8) {
        /// Not stated.
        OTHER = 0, "other";
        /// Configured by an administrator.
        MANUAL = 1, "manual";
        /// A well-known source.
        WELL_KNOWN = 2, "well-known";
        /// DHCP: the OS should request the address again, not reuse it.
        DHCP = 3, "DHCP";
        /// An IPv6 router advertisement.
        ROUTER_ADVERTISEMENT = 4, "router advertisement";
    }
}

open_code! {
    /// Type of a namespace identifier (SSNS descriptor, offset 28).
    NidType(u8) {
        /// No identifier.
        NONE = 0, "none";
        /// IEEE EUI-64, 8 bytes.
        EUI64 = 1, "eui64";
        /// Namespace Globally Unique Identifier, 16 bytes.
        NGUID = 2, "nguid";
        /// UUID, 16 bytes.
        UUID = 3, "uuid";
    }
}

open_code! {
    /// Whether this table, of several, names the primary host (host descriptor flags, bits 3-4).
    PrimaryAdminHost(u8) {
        /// Nothing is indicated.
        NOT_INDICATED = 0, "not indicated";
        /// This table's host is not the primary one.
        UNSELECTED = 1, "unselected";
        /// This table's host is the primary one.
        SELECTED = 2, "selected";
    }
}

open_code! {
    /// Whether firmware could reach a namespace (SSNS flags, bits 7-8).
    Availability(u8) {
        /// Nothing is indicated.
        NOT_INDICATED = 0, "not indicated";
        /// Firmware reached it.
        AVAILABLE = 1, "available";
        /// Configured, but not reached or not attempted by firmware.
        UNAVAILABLE = 2, "unavailable";
    }
}

open_code! {
    /// Namespace Availability Enhanced Diagnostic (SSNS extended info, offset 18; 1.1 and later).
    Naed(u8) {
        /// No error.
        NONE = 0x0, "none";
        /// The HFI or the destination is invalid.
        NETWORK = 0x1, "network error";
        /// The connection failed.
        CONNECTION = 0x2, "connection failure";
        /// Connect was answered with Invalid Parameters.
        INVALID_PARAMETERS = 0x3, "connect invalid parameters";
        /// Connect was answered with Invalid Host.
        INVALID_HOST = 0x4, "connect invalid host";
        /// Connecting took too long.
        TIMEOUT = 0x5, "connection timeout";
        /// Walking the discovery log page took too long.
        DISCOVERY_TIMEOUT = 0x6, "discovery log page traversal timeout";
        /// No such namespace.
        NAMESPACE_MISSING = 0x7, "namespace missing";
        /// The namespace is not ready.
        NAMESPACE_NOT_READY = 0x8, "namespace not ready";
        /// The secret could not be fetched by Redfish.
        REDFISH = 0x9, "Redfish secret keypath failure";
        /// TLS could not be negotiated.
        SECURE_CHANNEL = 0x10, "secure channel negotiation error";
        /// In-band authentication failed.
        AUTHENTICATION_FAILED = 0x11, "authentication failure";
        /// The target requires authentication.
        AUTHENTICATION_REQUIRED = 0x12, "authentication required";
        /// DHCP failed.
        DHCP = 0x13, "DHCP failure";
        /// The DHCP root path of the SSNS is wrong.
        DHCP_ROOT_PATH = 0x14, "SSNS DHCP root-path";
    }
}

open_code! {
    /// Connect Invalid Parameters Extended Error Code (SSNS extended info, offset 19; 1.1 and later).
    Cipeec(u8) {
        /// No error.
        NONE = 0, "none";
        /// General error, without a more specific reason.
        GENERAL = 1, "general";
        /// The Connect response held invalid attributes.
        INVALID_ATTRIBUTES = 2, "invalid attributes in connect response";
        /// The Diffie-Hellman groups do not match.
        DH_MISMATCH = 3, "Diffie-Hellman mismatch";
        /// The controller ID does not exist.
        INVALID_CONTROLLER_ID = 4, "invalid controller ID";
        /// The I/O controller is disabled.
        IO_CONTROLLER_DISABLED = 5, "I/O controller disabled";
    }
}

open_code! {
    /// Network and Connection Extended Error Code (SSNS extended info, offset 22; 1.1 and later).
    Nceec(u8) {
        /// No error.
        NONE = 0, "none";
        /// The link is down.
        LINK = 1, "link";
        /// No carrier.
        CARRIER = 2, "carrier";
        /// The target refused the connection.
        REFUSED = 3, "connection refused";
        /// No route to the target.
        NO_ROUTE = 4, "no route to host";
        /// Packets were fragmented.
        FRAGMENTATION = 5, "packet fragmentation";
        /// The MTU does not fit.
        MTU = 6, "MTU mismatch";
        /// A name could not be resolved.
        NAME_RESOLUTION = 7, "name resolution";
    }
}

open_code! {
    /// Whether a security feature is required (security profile flags, bits 1-2 and 5-6).
    Requirement(u8) {
        /// Not supported.
        NOT_SUPPORTED = 0, "not supported";
        /// Supported, not required.
        SUPPORTED = 1, "supported, not required";
        /// Required.
        REQUIRED = 2, "required";
    }
}

open_code! {
    /// Who made a policy list (security profile flags, bits 3-4 and 7-8).
    PolicyList(u8) {
        /// There is no list.
        NONE = 0, "none";
        /// The driver's default list.
        DRIVER = 1, "driver's";
        /// The administrator's list.
        ADMINISTRATOR = 2, "administrator's";
    }
}
