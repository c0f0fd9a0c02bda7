//! Defines the table's flag words. They are open: unknown bits survive.

use super::{Availability, PolicyList, PrimaryAdminHost, Requirement};

/// Defines a flag word: a newtype over an integer whose undefined bits survive.
macro_rules! flag_word {
    ($(#[$meta:meta])* $name:ident($int:ty) { $($(#[$vmeta:meta])* $konst:ident = $value:literal, $test:ident;)* }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash, Default)]
        #[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(transparent))]
        pub struct $name(pub $int);

        impl $name {
            $($(#[$vmeta])* pub const $konst: Self = Self($value);)*

            /// Whether every bit of `bits` is set.
            #[must_use]
            pub const fn contains(self, bits: Self) -> bool {
                self.0 & bits.0 == bits.0
            }

            /// This word with the bits of `bits` set.
            #[must_use]
            pub const fn with(self, bits: Self) -> Self {
                Self(self.0 | bits.0)
            }

            $($(#[$vmeta])* #[must_use] pub const fn $test(self) -> bool { self.contains(Self::$konst) })*
        }

        impl core::fmt::Debug for $name {
            fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                write!(f, concat!(stringify!($name), "({:#x})"), self.0)
            }
        }
    };
}

flag_word! {
    /// Flags of the host descriptor (offset 1).
    HostFlags(u8) {
        /// The descriptor is valid.
        VALID = 0x01, is_valid;
        /// An administrator configured the host ID (clear: the driver's default).
        HOST_ID_CONFIGURED = 0x02, host_id_configured;
        /// An administrator configured the host NQN (clear: the driver's default).
        HOST_NQN_CONFIGURED = 0x04, host_nqn_configured;
    }
}

impl HostFlags {
    /// Primary administrative host, bits 3-4.
    #[must_use]
    pub const fn primary_admin(self) -> PrimaryAdminHost {
        PrimaryAdminHost((self.0 >> 3) & 3)
    }
}

flag_word! {
    /// Flags of the HFI descriptor (offset 2).
    HfiFlags(u8) {
        /// The descriptor is valid.
        VALID = 0x01, is_valid;
    }
}

flag_word! {
    /// Flags of the NVMe/TCP transport info (offset 6).
    HfiTcpFlags(u8) {
        /// The descriptor is valid.
        VALID = 0x01, is_valid;
        /// This interface held the default route.
        GLOBAL_ROUTE = 0x02, global_route;
        /// The values came from DHCP.
        DHCP_OVERRIDE = 0x04, dhcp_override;
        /// The address was autoconfigured (SLAAC or ND; 1.1 and later).
        AUTOCONFIGURED = 0x08, autoconfigured;
    }
}

flag_word! {
    /// Flags of the HFI extended info (offset 4; 1.1 and later).
    HfiExtFlags(u32) {
        /// The descriptor is valid.
        VALID = 0x01, is_valid;
        /// The DHCP client identifier (IAID and DUID) is present.
        DHCP_CLIENT_ID = 0x02, dhcp_client_id;
    }
}

flag_word! {
    /// Flags of the SSNS descriptor (offset 3).
    SsnsFlags(u16) {
        /// The descriptor is valid.
        VALID = 0x001, is_valid;
        /// Not a boot entry: data that the OS needs later.
        NON_BOOTABLE = 0x002, non_bootable;
        /// The security profile index is in use.
        USE_SECURITY = 0x004, use_security;
        /// The values came from a DHCP root path.
        DHCP_ROOT_PATH = 0x008, dhcp_root_path;
        /// The extended info is in use.
        EXTENDED_INFO = 0x010, extended_info;
        /// The discovery controller is a separate one.
        SEPARATE_DISCOVERY = 0x020, separate_discovery;
        /// The namespace was found by discovery.
        DISCOVERED = 0x040, discovered;
    }
}

impl SsnsFlags {
    /// Availability, bits 7-8.
    #[must_use]
    pub const fn availability(self) -> Availability {
        Availability(((self.0 >> 7) & 3) as u8)
    }
}

flag_word! {
    /// Transport flags of the SSNS descriptor (offset 6).
    SsnsTransportFlags(u16) {
        /// The word is in use.
        IN_USE = 0x01, in_use;
        /// A PDU header digest is required.
        HEADER_DIGEST = 0x02, header_digest;
        /// A data digest is required.
        DATA_DIGEST = 0x04, data_digest;
    }
}

flag_word! {
    /// Flags of the SSNS extended info (offset 4).
    SsnsExtFlags(u32) {
        /// The descriptor is valid.
        VALID = 0x01, is_valid;
        /// An administrator configured ASQSZ.
        ADMIN_ASQSZ = 0x02, admin_asqsz;
    }
}

flag_word! {
    /// Flags of the security profile descriptor (offset 2).
    SecurityFlags(u16) {
        /// The descriptor is valid.
        VALID = 0x001, is_valid;
        /// Only the listed cipher suites may be used.
        CIPHER_SUITES_RESTRICTED = 0x200, cipher_suites_restricted;
        /// Only the listed key exchange groups may be used.
        KX_GROUPS_RESTRICTED = 0x400, kx_groups_restricted;
        /// Only the listed hash functions may be used.
        HASHES_RESTRICTED = 0x800, hashes_restricted;
    }
}

impl SecurityFlags {
    /// In-band authentication, bits 1-2.
    #[must_use]
    pub const fn authentication(self) -> Requirement {
        Requirement(((self.0 >> 1) & 3) as u8)
    }

    /// Authentication policy list, bits 3-4.
    #[must_use]
    pub const fn authentication_policy(self) -> PolicyList {
        PolicyList(((self.0 >> 3) & 3) as u8)
    }

    /// Secure channel, bits 5-6.
    #[must_use]
    pub const fn secure_channel(self) -> Requirement {
        Requirement(((self.0 >> 5) & 3) as u8)
    }

    /// Secure channel policy list, bits 7-8.
    #[must_use]
    pub const fn secure_channel_policy(self) -> PolicyList {
        PolicyList(((self.0 >> 7) & 3) as u8)
    }
}

flag_word! {
    /// Flags of the discovery descriptor (offset 1).
    DiscoveryFlags(u8) {
        /// The descriptor is valid.
        VALID = 0x01, is_valid;
    }
}

flag_word! {
    /// Secret type (security profile, offset 4).
    SecretType(u8) {
        /// The keypath is a Redfish host interface URI.
        REDFISH = 0x02, is_redfish;
    }
}
