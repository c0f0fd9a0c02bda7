//! The rules: stable names, severities, and why each matters for booting. `man/nbft-rules.7` documents them.

use super::Severity;
use core::fmt;

/// Defines the rules from one table: variant, name, severity, what it says, why it matters.
macro_rules! rules {
    ($($variant:ident, $name:literal, $severity:ident, $summary:literal, $why:literal;)*) => {
        /// A rule, known by a name that does not change.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        pub enum Rule {
            $(#[doc = $summary] $variant,)*
        }

        impl Rule {
            /// Every rule, in the order of the manual page.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// The stable name, in kebab case.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }

            /// How much a finding by this rule matters.
            #[must_use]
            pub const fn severity(self) -> Severity {
                match self { $(Self::$variant => Severity::$severity,)* }
            }

            /// What a finding by this rule says, in one sentence.
            #[must_use]
            pub const fn summary(self) -> &'static str {
                match self { $(Self::$variant => $summary,)* }
            }

            /// Why it matters for booting.
            #[must_use]
            pub const fn why(self) -> &'static str {
                match self { $(Self::$variant => $why,)* }
            }
        }
    };
}

impl Rule {
    /// The rule of this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|rule| rule.name() == name)
    }
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(feature = "serde")]
impl serde::Serialize for Rule {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

rules! {
    // ---- the table as a whole
    FileShort, "file-short", Error,
        "The file ends before the length that the header states.",
        "Descriptors and heap objects beyond the end are lost, and the checksum cannot be judged.";
    FileLong, "file-long", Warning,
        "The file goes on after the length that the header states.",
        "The bytes behind the end are ignored; a reader that sums up the whole file rejects the table for its checksum.";
    Checksum, "checksum", Error,
        "The bytes of the table do not sum up to 0.",
        "The table was damaged or changed after it was made. It is used all the same, but any value in it may be wrong.";
    MinorRevision, "minor-revision", Note,
        "The minor revision is above those known here.",
        "What a later revision added is not shown; what is known stays readable. Other readers reject such a table.";
    ControlRevision, "control-revision", Warning,
        "The control descriptor's major revision is not 1.",
        "The lists are read as those of revision 1, which may not be what was meant.";
    ControlLength, "control-length", Warning,
        "The control descriptor's stated length is below 64 bytes.",
        "It is read as 64 bytes all the same; another reader may ignore the lists.";
    HeapOutside, "heap-outside", Error,
        "The heap reaches beyond the end of the table.",
        "Strings, addresses and transport infos beyond the end are lost, and with them interfaces and namespaces.";
    HeapOverlap, "heap-overlap", Warning,
        "The heap overlaps the header, the control or host descriptor, or a list.",
        "A string or address may be read out of a descriptor's bytes, and another reader may reject the table.";
    // ---- lists and descriptors
    ListOutside, "list-outside", Error,
        "A list reaches beyond the end of the table.",
        "Its descriptors beyond the end are lost.";
    ListInHeader, "list-in-header", Error,
        "A list begins inside the header or the control descriptor.",
        "The list cannot be used: its descriptors would be other structures' bytes.";
    ListStrideShort, "list-stride-short", Error,
        "The descriptors of a list are shorter than the specification's.",
        "The list cannot be used, since fields would be read out of the next descriptor.";
    ListStrideLong, "list-stride-long", Note,
        "The descriptors of a list are longer than those known here.",
        "What a later revision added at their end is not shown.";
    ListOverlap, "list-overlap", Warning,
        "Two lists, or a list and the host descriptor, overlap.",
        "The same bytes are read as two things; one of them is wrong.";
    HostMissing, "host-missing", Warning,
        "There is no host descriptor.",
        "The host has no identity from firmware; a target that grants access by host NQN will refuse it.";
    HostOutside, "host-outside", Error,
        "The host descriptor is not wholly inside the table, or lies in the header.",
        "The host's NQN and ID cannot be read; a target that grants access by host NQN will refuse the connection.";
    HostShort, "host-short", Error,
        "The host descriptor's stated length is below 32 bytes.",
        "The host's NQN and ID cannot be read; a target that grants access by host NQN will refuse the connection.";
    DescriptorId, "descriptor-id", Error,
        "A descriptor does not bear the structure ID of its list.",
        "The descriptor is left out: its bytes are something else.";
    DescriptorInvalid, "descriptor-invalid", Note,
        "A descriptor is not marked valid.",
        "The descriptor is left out, as the specification says; what firmware meant by it is not used.";
    TransportUnknown, "transport-unknown", Error,
        "The transport type is not NVMe/TCP, the only one that the specification defines.",
        "The interface or namespace cannot be used.";
    // ---- heap objects
    ObjectOutside, "object-outside", Error,
        "A reference that is in use points outside the heap.",
        "What it names cannot be read: an address, a name or a whole structure is missing.";
    ObjectShort, "object-short", Error,
        "A heap object is shorter than what must lie in it.",
        "It cannot be used, since fields would be read out of what follows it.";
    ObjectLong, "object-long", Error,
        "A heap object is longer than any valid value of its kind.",
        "It is not read: no kernel, resolver or target would take such a value.";
    ObjectId, "object-id", Error,
        "A structure in the heap does not bear its structure ID.",
        "The structure is left out: its bytes are something else.";
    ObjectInvalid, "object-invalid", Error,
        "A structure in the heap is not marked valid.",
        "The structure is left out, as the specification says: an interface without its transport info cannot be set up.";
    ObjectVersion, "object-version", Note,
        "A structure's version is not one that is known here.",
        "It is read as the version known here; what a later version added is not shown.";
    InfoMissing, "info-missing", Error,
        "An HFI has no transport info.",
        "The interface has neither MAC nor address: no NIC can be found for it, and its paths are lost.";
    TextNul, "text-nul", Warning,
        "A string holds a NUL before its end.",
        "The string is cut there; a reader that goes by the length sees more.";
    TextNulCounted, "text-nul-counted", Note,
        "A string's length counts its final NUL.",
        "The NUL is left out; a reader that goes by the length alone passes it on, and the kernel or a target refuses the name.";
    TextUnterminated, "text-unterminated", Note,
        "A string is not followed by a NUL.",
        "A reader that looks for the NUL instead of the length reads on into the next object.";
    TextUtf8, "text-utf8", Error,
        "A string is not UTF-8.",
        "It is shown with replacement characters, which are not what firmware meant: a target knows no such name.";
    TextControl, "text-control", Error,
        "A string holds control characters.",
        "It cannot be given to the kernel, a file or a terminal as it stands.";
    DriverPathGarbage, "driver-path-garbage", Note,
        "The driver path is not UTF-8 or holds control characters.",
        "Known of some firmware, whose length covers more than the text; the path is for information only.";
    CipherListOdd, "cipher-list-odd", Error,
        "A list of cipher suites has an odd number of bytes.",
        "Each suite takes two bytes: the list cannot be read, and a profile that restricts suites cannot be met.";
    IaidLength, "iaid-length", Error,
        "The DHCP IAID is not 4 bytes long.",
        "DHCP cannot present the client identifier of the firmware, and the lease, with it the address, may change.";
    // ---- references between descriptors
    IndexZero, "index-zero", Error,
        "A descriptor has index 0, which means \"none\".",
        "Nothing can refer to it.";
    IndexDuplicate, "index-duplicate", Error,
        "Two descriptors of a list have the same index.",
        "References mean the first one; the other is out of reach, and its paths or rules are lost.";
    SsnsNoHfi, "ssns-no-hfi", Error,
        "A namespace names no HFI.",
        "No interface leads to the namespace: it cannot be connected.";
    SsnsHfiMissing, "ssns-hfi-missing", Error,
        "A namespace names an HFI that does not exist.",
        "That path to the namespace is lost.";
    SsnsDiscoveryMissing, "ssns-discovery-missing", Warning,
        "A namespace names a discovery descriptor that does not exist.",
        "Nothing tells where the namespace was discovered, so paths found there later are not taken up.";
    SsnsSecurityMissing, "ssns-security-missing", Error,
        "A namespace wants a security profile that does not exist.",
        "The namespace is not connected: a connection in plaintext is not what was asked for.";
    SsnsSecurityUnused, "ssns-security-unused", Note,
        "A namespace names a security profile, but its flag says not to use it.",
        "The connection is made without the profile, which may not be what was meant.";
    DiscoveryHfiMissing, "discovery-hfi-missing", Error,
        "A discovery descriptor names no HFI, or one that does not exist.",
        "No interface leads to the discovery controller: nothing can be found there.";
    DiscoverySecurityMissing, "discovery-security-missing", Error,
        "A discovery descriptor names a security profile that does not exist.",
        "The discovery controller is not connected: a connection in plaintext is not what was asked for.";
    HfiUnused, "hfi-unused", Note,
        "No namespace and no discovery descriptor names this HFI.",
        "The interface is set up, but nothing is reached over it.";
    SecurityUnused, "security-unused", Note,
        "Nothing uses this security profile.",
        "The profile has no effect; perhaps a namespace should have named it.";
    InfoIndex, "info-index", Warning,
        "A transport or extended info names another HFI than the one that refers to it.",
        "Two interfaces may have been mixed up: addresses may be set on the wrong NIC.";
    SsnsExtIndex, "ssns-ext-index", Note,
        "An SSNS extended info names another SSNS than the one that refers to it.",
        "Known of some firmware, which counts one too far; other readers ignore such extended info.";
    // ---- host identity
    HostNqnMissing, "host-nqn-missing", Warning,
        "The host descriptor has no NQN.",
        "The host has no name from firmware; a target that grants access by host NQN will refuse it.";
    HostIdPlaceholder, "host-id-placeholder", Warning,
        "The host ID is all zero or all ones.",
        "It identifies no host: two such hosts disturb each other at the target, and the kernel refuses an all-zero ID.";
    HostIdSwapped, "host-id-swapped", Note,
        "The host ID is the UUID of the host NQN in the other byte order.",
        "Known of most firmware. The kernel wants NQN and ID always in the same pair: a tool that \"corrects\" one gets EINVAL.";
    HostIdDiffers, "host-id-differs", Warning,
        "The host ID is not the UUID of the host NQN, in either byte order.",
        "Specification 1.1 makes both from the machine's UUID; a tool that derives one from the other gets EINVAL from the kernel.";
    PrimaryAdminReserved, "primary-admin-reserved", Warning,
        "The primary administrative host field has its reserved value 3.",
        "With several tables it stays open which of them names the host.";
    SelectedHosts, "selected-hosts", Warning,
        "More than one table says that its host is the selected one.",
        "It stays open which of them names the host; the first is taken.";
    HostsDisagree, "hosts-disagree", Warning,
        "Tables name different hosts and none of them is selected.",
        "It stays open which of them names the host; the first is taken, and targets of the other may refuse it.";
    // ---- names
    NqnMissing, "nqn-missing", Error,
        "A namespace has no subsystem NQN.",
        "Nothing tells which subsystem to connect to.";
    NqnLength, "nqn-length", Error,
        "An NQN is longer than 223 bytes.",
        "The kernel refuses it.";
    NqnCharacter, "nqn-character", Error,
        "An NQN holds a comma or a blank.",
        "It cannot be given to the kernel: a comma ends its option there, and the rest would be taken for another option.";
    NqnSyntax, "nqn-syntax", Warning,
        "An NQN does not have the form of one.",
        "The kernel takes it, and some targets do; others know no such name.";
    // ---- interfaces
    MacZero, "mac-zero", Error,
        "The MAC address is all zero.",
        "A NIC can be found by its PCI address only, and only where that is right.";
    MacMulticast, "mac-multicast", Error,
        "The MAC address is a multicast address.",
        "No NIC has such an address: none can be found for this HFI by it.";
    VlanRange, "vlan-range", Error,
        "The VLAN ID is above 4094.",
        "There is no such VLAN: the interface cannot be set up.";
    PrefixLong, "prefix-long", Error,
        "The prefix length is above what the address has bits.",
        "The address cannot be set: the interface cannot be used.";
    Prefix4Zero, "prefix4-zero", Warning,
        "The prefix length of an IPv4 address is 0.",
        "It is read as 32: only what the gateway or a route of its own leads to can be reached.";
    Prefix6Zero, "prefix6-zero", Note,
        "The prefix length of an IPv6 address is 0.",
        "Known of some firmware; it is read as 64.";
    AddressUnset, "address-unset", Warning,
        "An HFI has no IP address.",
        "Nothing can be set from the table: the interface works only if DHCP or router advertisements answer.";
    AddressUnusable, "address-unusable", Error,
        "An HFI's IP address is a multicast, broadcast or loopback address.",
        "The kernel refuses it, or nothing can be reached from it.";
    GatewayFamily, "gateway-family", Warning,
        "The gateway is of another address family than the HFI's address.",
        "No route can be made of it: what lies behind a gateway cannot be reached.";
    GatewayOffLink, "gateway-off-link", Warning,
        "The gateway is not in the subnet of the HFI's address.",
        "The kernel takes such a route only with an on-link route to the gateway; other tools fail here.";
    UnsetMapped, "unset-mapped", Note,
        "An address that is not set is written as the IPv4-mapped 0.0.0.0.",
        "Known of most firmware; a reader that tests for all zero sets 0.0.0.0 as gateway or DNS server.";
    IpOriginUnknown, "ip-origin-unknown", Note,
        "The IP origin is none of the values 0 to 4.",
        "Known of some firmware; the field is ignored, so that DHCP is recognised by its other marks only.";
    DhcpNoServer, "dhcp-no-server", Note,
        "The DHCP override flag is set, but there is no DHCP server.",
        "Normal with DHCPv6; a reader that looks at the server alone takes such an interface for a static one.";
    DhcpServerUnflagged, "dhcp-server-unflagged", Note,
        "There is a DHCP server, but the DHCP override flag is not set.",
        "The server means nothing then; a reader that looks at the server alone asks for a lease.";
    DhcpOrigin, "dhcp-origin", Warning,
        "The DHCP override flag and the IP origin contradict each other.",
        "It stays open whether the address is a lease, which must be renewed, or a static one.";
    AutoconfDhcp, "autoconf-dhcp", Warning,
        "The address is marked autoconfigured, but as coming from DHCP or elsewhere as well.",
        "It stays open whether to wait for a router advertisement or to ask for a lease.";
    ClientIdOrigin, "client-id-origin", Warning,
        "There is a DHCP client identifier, but the IP origin is not DHCP.",
        "It stays open whether the address is a lease, which must be renewed under this identifier.";
    ClientIdMissing, "client-id-missing", Error,
        "The flag says that there is a DHCP client identifier, but IAID or DUID are missing.",
        "DHCP cannot present the client identifier of the firmware, and the lease, with it the address, may change.";
    DuidSyntax, "duid-syntax", Warning,
        "The DHCP DUID is of no known type, or its length does not fit its type.",
        "It is not clear in which byte order it must be sent, so the server may not recognise the machine.";
    GlobalRoutes, "global-routes", Note,
        "More than one HFI claims the default route of an address family.",
        "Known of most firmware; the first HFI's route comes first.";
    // ---- namespaces
    TraddrMissing, "traddr-missing", Error,
        "A namespace has no transport address.",
        "Nothing tells where the subsystem is.";
    TargetFamily, "target-family", Error,
        "The target's address is of another family than that of an HFI that should reach it.",
        "That path to the namespace cannot be used.";
    TargetOffLink, "target-off-link", Warning,
        "The target is in another subnet than an HFI that should reach it, and there is no gateway.",
        "There is no route: unless the network has one by other means, this path to the namespace fails.";
    PortMissing, "port-missing", Warning,
        "A namespace has no transport service ID.",
        "Port 4420 is taken.";
    PortSyntax, "port-syntax", Error,
        "The transport service ID is not a TCP port in decimal.",
        "Nothing tells at which port the subsystem listens.";
    NidTypeUnknown, "nid-type-unknown", Warning,
        "The type of the namespace identifier is not known.",
        "It cannot be checked whether the right namespace was found.";
    NidMissing, "nid-missing", Warning,
        "A namespace has neither a namespace identifier nor a namespace ID.",
        "It cannot be checked whether the right namespace was found; any of the subsystem's is taken.";
    NidTail, "nid-tail", Note,
        "Bytes of the NID field behind the identifier are not zero.",
        "They mean nothing; another reader may take them for part of the identifier.";
    SecondaryPadding, "secondary-padding", Note,
        "The list of secondary HFIs holds zeros.",
        "They name nothing and are skipped; another reader may drop the namespace.";
    SecondaryRepeats, "secondary-repeats", Note,
        "The list of secondary HFIs names an HFI twice, or the primary one again.",
        "Known of most firmware; a reader that does not notice makes the same connection twice.";
    SsnsUnavailable, "ssns-unavailable", Note,
        "Firmware could not reach the namespace, or did not try.",
        "The path is tried, but its failure is expected.";
    AvailabilityReserved, "availability-reserved", Warning,
        "The availability field has its reserved value 3.",
        "It stays open whether firmware could reach the namespace.";
    SsnsDiscoveryNqn, "ssns-discovery-nqn", Note,
        "A namespace's subsystem is the well-known discovery subsystem.",
        "Firmware failed before it could discover anything: there is no subsystem to connect to.";
    DigestUnused, "digest-unused", Note,
        "Digests are required, but the transport flags are not in use.",
        "The connection is made without digests, which may not be what was meant.";
    AsqszUnflagged, "asqsz-unflagged", Note,
        "There is an admin queue size, but the flag says that nobody configured it.",
        "Known of most firmware; the value is not asked for.";
    RootPathUnflagged, "root-path-unflagged", Note,
        "There is a DHCP root path, but the flag says that it was not used.",
        "Known of most firmware; the string is for information only.";
    RootPathSyntax, "root-path-syntax", Warning,
        "The DHCP root path does not have the form of one.",
        "What DHCP told the firmware cannot be compared with the namespace. Some firmware cuts off the last character.";
    // ---- discovery
    UriMissing, "uri-missing", Error,
        "A discovery descriptor has no address.",
        "Nothing tells where the discovery controller is.";
    UriSyntax, "uri-syntax", Error,
        "The discovery controller's address is not an nvme+tcp URI.",
        "Nothing tells where the discovery controller is.";
    // ---- security profiles
    SecurityReserved, "security-reserved", Error,
        "A field of a security profile's flags has its reserved value 3.",
        "It stays open what the profile asks for, so that it cannot be met.";
    SecurityListMissing, "security-list-missing", Error,
        "A security profile says that there is a list, but it is not there.",
        "Nothing can satisfy the profile: what uses it is not connected.";
    SecurityCode, "security-code", Warning,
        "A security profile lists a value that no specification known here defines.",
        "The value cannot be met; if it is the only one, what uses the profile is not connected.";
    KeypathSyntax, "keypath-syntax", Warning,
        "The secret keypath is not a URI.",
        "The secret cannot be fetched by it.";
    // ---- bytes without meaning
    ReservedNotZero, "reserved-not-zero", Note,
        "Reserved bytes are not zero.",
        "Known of some firmware. They are ignored; a reader of a later revision may take them for fields.";
    UnusedReference, "unused-reference", Note,
        "A reference that is not in use points outside the heap.",
        "It is ignored; a reader that looks at it without its condition rejects the table.";
}
