//! Names the fields of each raw structure, and the values that its references lead to.

use super::values::Format::{self, Address, Bytes, Flags, Hex, Mac, Number, Reference, Reserved, Text, Uuid, Words};
use super::values::ObjectFormat;
use crate::model::{self, HfiExtFlags, PolicyList, SecurityFlags};
use crate::raw::{self, size_of_field};
use alloc::string::ToString as _;
use core::mem::offset_of;
use zerocopy::FromBytes as _;

/// A field of a raw structure.
#[derive(Debug)]
pub(crate) struct Definition {
    pub(crate) at: usize,
    pub(crate) length: usize,
    pub(crate) name: &'static str,
    pub(crate) format: Format,
    /// For a reference to a single value: that value.
    pub(crate) object: Option<Object>,
}

/// A value in the heap.
#[derive(Debug)]
pub(crate) struct Object {
    pub(crate) format: ObjectFormat,
    /// Whether the structure with these bytes, which is marked valid, uses the value.
    pub(crate) is_used: fn(&[u8]) -> bool,
}

/// The fields in order: name of the raw field, name for people, format. After `=>`, a reference has its object, and after `if`, the
/// condition under which the object is in use.
macro_rules! definitions {
    ($raw:ident: $($field:ident $name:literal $format:expr $(=> $object:ident $(if $is_used:expr)?)?,)*) => {
        &[$(Definition {
            at: offset_of!(raw::$raw, $field),
            length: size_of_field(|structure: &raw::$raw| &structure.$field),
            name: $name,
            format: $format,
            object: object!($raw $($object $($is_used)?)?),
        },)*]
    };
}

macro_rules! object {
    ($raw:ident) => {
        None
    };
    ($raw:ident $format:ident) => {
        Some(Object { format: ObjectFormat::$format, is_used: |_| true })
    };
    ($raw:ident $format:ident $is_used:expr) => {
        Some(Object {
            format: ObjectFormat::$format,
            is_used: |bytes| {
                let is_used: fn(&raw::$raw) -> bool = $is_used;
                raw::$raw::ref_from_prefix(bytes).is_ok_and(|(structure, _)| is_used(structure))
            },
        })
    };
}

/// The meaning of a code in words.
macro_rules! words {
    ($code:ident) => {
        Words(|value| model::$code(value as _).to_string())
    };
}

const VALID: (u32, &str) = (1, "valid");

pub(crate) const HEADER: &[Definition] = definitions![Header:
    signature "signature" Text,
    length "length" Number,
    major "major revision" Number,
    checksum "checksum" Hex,
    oem_id "OEM ID" Text,
    oem_table_id "OEM table ID" Text,
    oem_revision "OEM revision" Hex,
    creator_id "creator ID" Text,
    creator_revision "creator revision" Hex,
    heap_offset "heap offset" Number,
    heap_length "heap length" Number,
    driver_path "driver path reference" Reference => Text,
    minor "minor revision" Number,
    reserved "reserved" Reserved,
];

pub(crate) const CONTROL: &[Definition] = definitions![Control:
    id "structure ID" Number,
    major "major revision" Number,
    minor "minor revision" Number,
    reserved3 "reserved" Reserved,
    length "length" Number,
    flags "flags" Flags(&[VALID]),
    reserved7 "reserved" Reserved,
    host "host descriptor reference" Reference,
    host_version "host descriptor version" Number,
    reserved15 "reserved" Reserved,
    hfis "HFI list" Format::List,
    ssns "SSNS list" Format::List,
    security "security list" Format::List,
    discovery "discovery list" Format::List,
    reserved48 "reserved" Reserved,
];

pub(crate) const HOST: &[Definition] = definitions![Host:
    id "structure ID" Number,
    flags "flags" Flags(&[
        VALID,
        (2, "host ID configured"),
        (4, "host NQN configured"),
        (8, "primary: unselected"),
        (16, "primary: selected"),
    ]),
    host_id "host ID" Uuid,
    nqn "NQN reference" Reference => Text,
    reserved "reserved" Reserved,
];

pub(crate) const HFI: &[Definition] = definitions![Hfi:
    id "structure ID" Number,
    index "index" Number,
    flags "flags" Flags(&[VALID]),
    transport "transport type" words!(TransportType),
    reserved4 "reserved" Reserved,
    info "transport info reference" Reference,
    reserved22 "reserved" Reserved,
];

pub(crate) const HFI_TCP: &[Definition] = definitions![HfiTcp:
    id "structure ID" Number,
    version "version" Number,
    transport "transport type" words!(TransportType),
    info_version "transport info version" Number,
    hfi_index "HFI index" Number,
    flags "flags" Flags(&[VALID, (2, "global route"), (4, "DHCP override"), (8, "autoconfigured")]),
    routing_id "PCIe routing ID" Format::RoutingId,
    mac "MAC address" Mac,
    vlan "VLAN ID" Number,
    ip_origin "IP origin" words!(IpOrigin),
    ip "IP address" Address,
    prefix "subnet mask prefix" Number,
    gateway "gateway" Address,
    reserved53 "reserved" Reserved,
    route_metric "route metric" Number,
    primary_dns "primary DNS" Address,
    secondary_dns "secondary DNS" Address,
    dhcp_server "DHCP server" Address,
    host_name "host name reference" Reference => Text,
    ext "extended info reference" Reference,
    pcie_segment "PCIe segment number" Number,
    reserved117 "reserved" Reserved,
];

pub(crate) const HFI_EXT: &[Definition] = definitions![HfiExt:
    id "structure ID" Number,
    version "version" Number,
    hfi_index "HFI index" Number,
    flags "flags" Flags(&[VALID, (2, "DHCP client identifier")]),
    iaid "IAID reference" Reference => Bytes if |ext| HfiExtFlags(ext.flags.get()).dhcp_client_id(),
    duid "DUID reference" Reference => Bytes if |ext| HfiExtFlags(ext.flags.get()).dhcp_client_id(),
];

pub(crate) const SSNS: &[Definition] = definitions![Ssns:
    id "structure ID" Number,
    index "index" Number,
    flags "flags" Flags(&[
        VALID,
        (0x02, "non-bootable"),
        (0x04, "use security profile"),
        (0x08, "DHCP root path"),
        (0x10, "extended info"),
        (0x20, "separate discovery controller"),
        (0x40, "discovered"),
        (0x80, "available"),
        (0x100, "unavailable"),
    ]),
    transport "transport type" words!(TransportType),
    transport_flags "transport flags" Flags(&[(1, "in use"), (2, "header digest"), (4, "data digest")]),
    primary_discovery "primary discovery index" Number,
    reserved9 "reserved" Reserved,
    traddr "transport address reference" Reference => Address,
    trsvcid "transport service ID reference" Reference => Text,
    port_id "subsystem port ID" Number,
    nsid "namespace ID" Number,
    nid_type "NID type" words!(NidType),
    nid "NID" Bytes,
    security "security profile index" Number,
    primary_hfi "primary HFI index" Number,
    reserved47 "reserved" Reserved,
    secondary_hfis "secondary HFI list reference" Reference => Bytes,
    nqn "NQN reference" Reference => Text,
    ext "extended info reference" Reference,
    reserved66 "reserved" Reserved,
];

pub(crate) const SSNS_EXT: &[Definition] = definitions![SsnsExt:
    id "structure ID" Number,
    version "version" Number,
    ssns_index "SSNS index" Number,
    flags "flags" Flags(&[VALID, (2, "ASQSZ configured")]),
    controller_id "controller ID" Number,
    asqsz "admin submission queue size" Number,
    dhcp_root_path "DHCP root path reference" Reference => Text,
];

pub(crate) const DIAGNOSTICS: &[Definition] = definitions![Diagnostics:
    naed "NAED" words!(Naed),
    cipeec "CIPEEC" words!(Cipeec),
    connect_timeout "connect timeout" Number,
    nceec "NCEEC" words!(Nceec),
];

const fn flags(profile: &raw::Security) -> SecurityFlags {
    SecurityFlags(profile.flags.get())
}

pub(crate) const SECURITY: &[Definition] = definitions![Security:
    id "structure ID" Number,
    index "index" Number,
    flags "flags" Flags(&[
        VALID,
        (0x002, "authentication supported"),
        (0x004, "authentication required"),
        (0x008, "driver's authentication list"),
        (0x010, "administrator's authentication list"),
        (0x020, "secure channel supported"),
        (0x040, "secure channel required"),
        (0x080, "driver's channel list"),
        (0x100, "administrator's channel list"),
        (0x200, "cipher suites restricted"),
        (0x400, "KX groups restricted"),
        (0x800, "hash functions restricted"),
    ]),
    secret_type "secret type" Flags(&[(2, "Redfish host interface URI")]),
    reserved5 "reserved" Reserved,
    channel_algorithms "secure channel algorithm list reference" Reference => Bytes
        if |profile| flags(profile).secure_channel_policy() != PolicyList::NONE,
    authentication_protocols "authentication protocol list reference" Reference => Bytes
        if |profile| flags(profile).authentication_policy() != PolicyList::NONE,
    cipher_suites "cipher suite list reference" Reference => Bytes if |profile| flags(profile).cipher_suites_restricted(),
    kx_groups "KX group list reference" Reference => Bytes if |profile| flags(profile).kx_groups_restricted(),
    hashes "hash function list reference" Reference => Bytes if |profile| flags(profile).hashes_restricted(),
    secret_keypath "secret keypath reference" Reference => Text,
    reserved42 "reserved" Reserved,
];

pub(crate) const DISCOVERY: &[Definition] = definitions![Discovery:
    id "structure ID" Number,
    flags "flags" Flags(&[VALID]),
    index "index" Number,
    hfi "HFI index" Number,
    security "security profile index" Number,
    reserved5 "reserved" Reserved,
    uri "address reference" Reference => Text,
    nqn "NQN reference" Reference => Text,
    reserved18 "reserved" Reserved,
];

#[cfg(test)]
mod tests {
    use super::*;

    /// Each byte of a structure belongs to exactly one field.
    #[test]
    fn fields_cover_their_structures() {
        let structures: [(&[Definition], usize); 11] = [
            (HEADER, 64),
            (CONTROL, 64),
            (HOST, 32),
            (HFI, 32),
            (HFI_TCP, 128),
            (HFI_EXT, 20),
            (SSNS, 128),
            (SSNS_EXT, 18),
            (DIAGNOSTICS, 5),
            (SECURITY, 64),
            (DISCOVERY, 32),
        ];
        for (fields, size) in structures {
            let mut end = 0;
            for field in fields {
                assert_eq!(field.at, end, "{field:?}");
                end += field.length;
            }
            assert_eq!(end, size, "{:?}", fields[0]);
        }
    }
}
