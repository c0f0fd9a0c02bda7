//! Lists the rules: stable name, severity, what a finding says, why it matters for booting. nbft-rules(7) is made from this list.

use super::Severity;
use super::define_rules::rules;
use core::fmt;

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
        "The file is shorter than the header states.",
        "Descriptors and heap objects beyond the end are lost, and nbft cannot verify the checksum.";
    FileLong, "file-long", Warning,
        "The file is longer than the header states.",
        "nbft ignores the bytes after the stated length. A reader that adds up the whole file finds a wrong checksum.";
    Checksum, "checksum", Error,
        "The bytes of the table do not add up to 0 modulo 256.",
        "Something damaged or changed the table. nbft uses it all the same, but any value in it may be wrong.";
    MinorRevision, "minor-revision", Note,
        "The minor revision is newer than those that nbft knows.",
        "nbft reads what it knows and does not show what a later revision added. Other readers reject such a table.";
    ControlRevision, "control-revision", Warning,
        "The control descriptor's major revision is not 1.",
        "nbft reads the lists as those of revision 1, which firmware may not have meant.";
    ControlLength, "control-length", Warning,
        "The control descriptor's stated length is below 64 bytes.",
        "nbft reads 64 bytes all the same. Another reader may ignore the lists.";
    HeapOutside, "heap-outside", Error,
        "The heap reaches beyond the end of the table.",
        "Strings, addresses and transport infos beyond the end are lost, and with them interfaces and namespaces.";
    HeapOverlap, "heap-overlap", Warning,
        "The heap overlaps the header, the control or host descriptor, or a list.",
        "A reader may take a descriptor's bytes for a string or an address, or reject the table.";
    // ---- lists and descriptors
    ListOutside, "list-outside", Error,
        "A list reaches beyond the end of the table.",
        "Its descriptors beyond the end are lost.";
    ListInHeader, "list-in-header", Error,
        "A list begins inside the header or the control descriptor.",
        "nbft ignores the list: its descriptors would be the bytes of other structures.";
    ListStrideShort, "list-stride-short", Error,
        "The descriptors of a list are shorter than the specification requires.",
        "nbft ignores the list: it would read fields out of the next descriptor.";
    ListStrideLong, "list-stride-long", Note,
        "The descriptors of a list are longer than those that nbft knows.",
        "nbft does not show what a later revision added at their end.";
    ListOverlap, "list-overlap", Warning,
        "Two lists, or a list and the host descriptor, overlap.",
        "The same bytes are read as two structures; one of them is wrong.";
    HostMissing, "host-missing", Warning,
        "There is no host descriptor.",
        "Firmware gives the host no identity. A target that grants access by host NQN will refuse it.";
    HostOutside, "host-outside", Error,
        "The host descriptor is not wholly inside the table, or lies in the header.",
        "nbft cannot read the host's NQN and ID. A target that grants access by host NQN will refuse the connection.";
    HostShort, "host-short", Error,
        "The host descriptor's stated length is below 32 bytes.",
        "nbft cannot read the host's NQN and ID. A target that grants access by host NQN will refuse the connection.";
    DescriptorId, "descriptor-id", Error,
        "A descriptor has the wrong structure ID for its list.",
        "nbft leaves the descriptor out: its bytes are another structure.";
    DescriptorInvalid, "descriptor-invalid", Note,
        "A descriptor is not marked valid.",
        "nbft leaves the descriptor out, as the specification requires.";
    TransportUnknown, "transport-unknown", Error,
        "The transport type is not NVMe/TCP, the only one that the specification defines.",
        "nbft cannot use the interface or namespace.";
    // ---- heap objects
    ObjectOutside, "object-outside", Error,
        "A reference that is in use points outside the heap.",
        "nbft cannot read the object: an address, a name or a whole structure is missing.";
    ObjectShort, "object-short", Error,
        "A heap object is shorter than its structure.",
        "nbft cannot use the object: it would read fields out of the bytes that follow.";
    ObjectLong, "object-long", Error,
        "A heap object is longer than any valid value of its field.",
        "nbft does not read it: no kernel, resolver or target accepts such a value.";
    ObjectId, "object-id", Error,
        "A structure in the heap has the wrong structure ID.",
        "nbft leaves the structure out: its bytes are another structure.";
    ObjectInvalid, "object-invalid", Error,
        "A structure in the heap is not marked valid.",
        "nbft leaves the structure out, as the specification requires. An interface without its transport info cannot be set up.";
    ObjectVersion, "object-version", Note,
        "A structure has a version that nbft does not know.",
        "nbft reads it as the version that it knows and does not show what a later version added.";
    InfoMissing, "info-missing", Error,
        "An HFI has no transport info.",
        "The interface has neither MAC nor address: nbft finds no NIC for it, and its paths are lost.";
    TextNul, "text-nul", Warning,
        "A string holds a NUL before its end.",
        "nbft cuts the string there. A reader that uses the length sees more.";
    TextNulCounted, "text-nul-counted", Note,
        "A string's length counts its final NUL.",
        "nbft leaves the NUL out. A reader that passes it on has the name refused by the kernel or a target.";
    TextUnterminated, "text-unterminated", Note,
        "A string is not followed by a NUL.",
        "A reader that looks for the NUL instead of the length reads on into the next object.";
    TextUtf8, "text-utf8", Error,
        "A string is not UTF-8.",
        "nbft shows replacement characters, which firmware did not mean: no target knows such a name.";
    TextControl, "text-control", Error,
        "A string holds control characters.",
        "nbft cannot give it to the kernel, a file or a terminal unchanged.";
    DriverPathGarbage, "driver-path-garbage", Note,
        "The driver path is not UTF-8 or holds control characters.",
        "Some firmware states a length that covers more than the text. The path is for information only.";
    CipherListOdd, "cipher-list-odd", Error,
        "A list of cipher suites has an odd number of bytes.",
        "Each suite takes two bytes: nbft cannot read the list, nor meet a profile that restricts suites.";
    IaidLength, "iaid-length", Error,
        "The DHCP IAID is not 4 bytes long.",
        "DHCP cannot present the firmware's client identifier, so the lease and its address may change.";
    // ---- references between descriptors
    IndexZero, "index-zero", Error,
        "A descriptor has index 0, which means \"none\".",
        "Nothing can refer to it.";
    IndexDuplicate, "index-duplicate", Error,
        "Two descriptors of a list have the same index.",
        "References mean the first one. Nothing can refer to the other, and its paths or rules are lost.";
    SsnsNoHfi, "ssns-no-hfi", Error,
        "A namespace names no HFI.",
        "No interface leads to the namespace: nbft cannot connect it.";
    SsnsHfiMissing, "ssns-hfi-missing", Error,
        "A namespace names an HFI that does not exist.",
        "That path to the namespace is lost.";
    SsnsDiscoveryMissing, "ssns-discovery-missing", Warning,
        "A namespace names a discovery descriptor that does not exist.",
        "nbft cannot tell which discovery controller found the namespace, and does not ask it for further paths.";
    SsnsSecurityMissing, "ssns-security-missing", Error,
        "A namespace requires a security profile that does not exist.",
        "nbft does not connect the namespace; it never falls back to plaintext.";
    SsnsSecurityUnused, "ssns-security-unused", Note,
        "A namespace names a security profile, but its flag says not to use it.",
        "nbft connects without the profile, which firmware may not have meant.";
    DiscoveryHfiMissing, "discovery-hfi-missing", Error,
        "A discovery descriptor names no HFI, or one that does not exist.",
        "No interface leads to the discovery controller: nbft cannot ask it.";
    DiscoverySecurityMissing, "discovery-security-missing", Error,
        "A discovery descriptor names a security profile that does not exist.",
        "nbft does not connect the discovery controller; it never falls back to plaintext.";
    HfiUnused, "hfi-unused", Note,
        "No namespace and no discovery descriptor names this HFI.",
        "nbft sets up the interface, but no path uses it.";
    SecurityUnused, "security-unused", Note,
        "No namespace and no discovery descriptor names this security profile.",
        "The profile has no effect; perhaps a namespace should name it.";
    InfoIndex, "info-index", Warning,
        "A transport or extended info states another HFI than the one that refers to it.",
        "Firmware may have mixed up two interfaces: nbft may set addresses on the wrong NIC.";
    SsnsExtIndex, "ssns-ext-index", Note,
        "An SSNS extended info states another SSNS than the one that refers to it.",
        "Some firmware counts one too far. Other readers ignore such extended info.";
    // ---- host identity
    HostNqnMissing, "host-nqn-missing", Warning,
        "The host descriptor has no NQN.",
        "Firmware gives the host no name. A target that grants access by host NQN will refuse it.";
    HostIdPlaceholder, "host-id-placeholder", Warning,
        "The host ID is all zero or all ones.",
        "It identifies no host: two such hosts disturb each other at the target, and the kernel refuses an all-zero ID.";
    HostIdSwapped, "host-id-swapped", Note,
        "The host ID is the UUID of the host NQN in the other byte order.",
        "Most firmware does this. The kernel accepts an NQN with one ID only: a tool that \"corrects\" either gets EINVAL.";
    HostIdDiffers, "host-id-differs", Warning,
        "The host ID is not the UUID of the host NQN, in either byte order.",
        "Specification 1.1 derives both from the machine's UUID. A tool that derives one from the other gets EINVAL.";
    PrimaryAdminReserved, "primary-admin-reserved", Warning,
        "The primary administrative host field has its reserved value 3.",
        "With several tables, nbft cannot tell which of them names the host.";
    SelectedHosts, "selected-hosts", Warning,
        "More than one table marks its host as selected.",
        "nbft cannot tell which of them names the host, and uses the first.";
    HostsDisagree, "hosts-disagree", Warning,
        "Tables name different hosts and none of them is selected.",
        "nbft cannot tell which of them names the host, and uses the first. Targets of the other may refuse it.";
    // ---- names
    NqnMissing, "nqn-missing", Error,
        "A namespace has no subsystem NQN.",
        "nbft cannot tell which subsystem to connect to.";
    NqnLength, "nqn-length", Error,
        "An NQN is longer than 223 bytes.",
        "The kernel refuses it.";
    NqnCharacter, "nqn-character", Error,
        "An NQN holds a comma or a blank.",
        "nbft cannot give it to the kernel: a comma ends the option there, and the rest would become another option.";
    NqnSyntax, "nqn-syntax", Warning,
        "An NQN does not have the form that the specification defines.",
        "The kernel accepts it, and so do some targets; others know no such name.";
    // ---- interfaces
    MacZero, "mac-zero", Error,
        "The MAC address is all zero.",
        "nbft can find the NIC by its PCI address only, and only if that is right.";
    MacMulticast, "mac-multicast", Error,
        "The MAC address is a multicast address.",
        "No NIC has such an address: nbft cannot find one for this HFI by it.";
    VlanRange, "vlan-range", Error,
        "The VLAN ID is above 4094.",
        "There is no such VLAN: nbft cannot set up the interface.";
    PrefixLong, "prefix-long", Error,
        "The prefix length is greater than the number of bits in the address.",
        "nbft cannot set the address, nor use the interface.";
    Prefix4Zero, "prefix4-zero", Warning,
        "The prefix length of an IPv4 address is 0.",
        "nbft reads it as 32: only the gateway, and what routes lead to, can be reached.";
    Prefix6Zero, "prefix6-zero", Note,
        "The prefix length of an IPv6 address is 0.",
        "Some firmware does this. nbft reads it as 64.";
    AddressUnset, "address-unset", Warning,
        "An HFI has no IP address.",
        "nbft has no address to set: the interface works only if DHCP or router advertisements answer.";
    AddressUnusable, "address-unusable", Error,
        "An HFI's IP address is a multicast, broadcast or loopback address.",
        "The kernel refuses it, or nothing can be reached from it.";
    GatewayFamily, "gateway-family", Warning,
        "The gateway is of another address family than the HFI's address.",
        "nbft cannot make a route of it: targets in other subnets cannot be reached.";
    GatewayOffLink, "gateway-off-link", Warning,
        "The gateway is not in the subnet of the HFI's address.",
        "The kernel accepts such a route only with an on-link route to the gateway. Other tools fail here.";
    UnsetMapped, "unset-mapped", Note,
        "An address that is not set is written as the IPv4-mapped 0.0.0.0.",
        "Most firmware does this. A reader that tests for all zero sets 0.0.0.0 as gateway or DNS server.";
    IpOriginUnknown, "ip-origin-unknown", Note,
        "The IP origin is not one of the values 0 to 4.",
        "Some firmware does this. nbft ignores the field and recognises DHCP by its other marks only.";
    DhcpNoServer, "dhcp-no-server", Note,
        "The DHCP override flag is set, but there is no DHCP server.",
        "This is normal with DHCPv6. A reader that looks at the server alone takes such an interface for a static one.";
    DhcpServerUnflagged, "dhcp-server-unflagged", Note,
        "There is a DHCP server, but the DHCP override flag is not set.",
        "The server means nothing then. A reader that looks at the server alone asks for a lease.";
    DhcpOrigin, "dhcp-origin", Warning,
        "The DHCP override flag and the IP origin contradict each other.",
        "nbft cannot tell whether the address is static or a lease, which must be renewed.";
    AutoconfDhcp, "autoconf-dhcp", Warning,
        "The table says of the address both that it is autoconfigured and that it comes from DHCP or elsewhere.",
        "nbft cannot tell whether to wait for a router advertisement or to ask for a lease.";
    ClientIdOrigin, "client-id-origin", Warning,
        "There is a DHCP client identifier, but the IP origin is not DHCP.",
        "nbft cannot tell whether the address is a lease, which must be renewed under this identifier.";
    ClientIdMissing, "client-id-missing", Error,
        "The flag says that there is a DHCP client identifier, but the IAID or the DUID is missing.",
        "DHCP cannot present the firmware's client identifier, so the lease and its address may change.";
    DuidSyntax, "duid-syntax", Warning,
        "The DHCP DUID has an unknown type, or its length does not fit its type.",
        "nbft cannot tell in which byte order to send it, so the server may not recognise the machine.";
    GlobalRoutes, "global-routes", Note,
        "More than one HFI claims the default route of an address family.",
        "Most firmware does this. The first HFI's route has priority.";
    // ---- namespaces
    TraddrMissing, "traddr-missing", Error,
        "A namespace has no transport address.",
        "nbft cannot tell where the subsystem is.";
    TargetFamily, "target-family", Error,
        "The target's address is of another family than the address of an HFI that should reach it.",
        "nbft cannot use that path to the namespace.";
    TargetOffLink, "target-off-link", Warning,
        "The target is in another subnet than an HFI that should reach it, and there is no gateway.",
        "There is no route: unless the network has one by other means, this path to the namespace fails.";
    PortMissing, "port-missing", Warning,
        "A namespace has no transport service ID.",
        "nbft uses port 4420.";
    PortSyntax, "port-syntax", Error,
        "The transport service ID is not a TCP port in decimal.",
        "nbft cannot tell at which port the subsystem listens.";
    NidTypeUnknown, "nid-type-unknown", Warning,
        "The type of the namespace identifier is unknown.",
        "nbft cannot verify that it found the right namespace.";
    NidMissing, "nid-missing", Warning,
        "A namespace has neither a namespace identifier nor a namespace ID.",
        "nbft cannot verify that it found the right namespace, and accepts any of the subsystem's.";
    NidTail, "nid-tail", Note,
        "Bytes of the NID field after the identifier are not zero.",
        "They mean nothing. Another reader may take them for part of the identifier.";
    SecondaryPadding, "secondary-padding", Note,
        "The list of secondary HFIs holds zeros.",
        "nbft skips them, as they name nothing. Another reader may drop the namespace.";
    SecondaryRepeats, "secondary-repeats", Note,
        "The list of secondary HFIs names an HFI twice, or the primary one again.",
        "Most firmware does this. A reader that does not notice makes the same connection twice.";
    SsnsUnavailable, "ssns-unavailable", Note,
        "Firmware could not reach the namespace, or did not try.",
        "nbft tries the path and expects it to fail.";
    AvailabilityReserved, "availability-reserved", Warning,
        "The availability field has its reserved value 3.",
        "nbft cannot tell whether firmware could reach the namespace.";
    SsnsDiscoveryNqn, "ssns-discovery-nqn", Note,
        "A namespace's subsystem is the well-known discovery subsystem.",
        "Firmware failed before discovery: there is no subsystem to connect to.";
    DigestUnused, "digest-unused", Note,
        "Digests are required, but the transport flags are not in use.",
        "nbft connects without digests, which firmware may not have meant.";
    AsqszUnflagged, "asqsz-unflagged", Note,
        "There is an admin queue size, but the flag says that no administrator configured it.",
        "Most firmware does this. nbft does not request this size.";
    RootPathUnflagged, "root-path-unflagged", Note,
        "There is a DHCP root path, but the flag says that firmware did not use it.",
        "Most firmware does this. The string is for information only.";
    RootPathSyntax, "root-path-syntax", Warning,
        "The DHCP root path does not have the form that the specification defines.",
        "nbft cannot compare it with the namespace. Some firmware cuts off the last character.";
    // ---- discovery
    UriMissing, "uri-missing", Error,
        "A discovery descriptor has no address.",
        "nbft cannot tell where the discovery controller is.";
    UriSyntax, "uri-syntax", Error,
        "The discovery controller's address is not an nvme+tcp URI.",
        "nbft cannot tell where the discovery controller is.";
    // ---- security profiles
    SecurityReserved, "security-reserved", Error,
        "A field of a security profile's flags has its reserved value 3.",
        "nbft cannot tell what the profile requires, and does not connect what uses it.";
    SecurityListMissing, "security-list-missing", Error,
        "A security profile says that there is a list, but the list is missing.",
        "No connection can satisfy the profile: nbft does not connect what uses it.";
    SecurityCode, "security-code", Warning,
        "A security profile lists a value that no known specification defines.",
        "No connection can satisfy the value. If it is the only one, nbft does not connect what uses the profile.";
    KeypathSyntax, "keypath-syntax", Warning,
        "The secret keypath is not a URI.",
        "nbft cannot fetch the secret from it.";
    // ---- bytes without meaning
    ReservedNotZero, "reserved-not-zero", Note,
        "Reserved bytes are not zero.",
        "Some firmware does this. nbft ignores them; a reader of a later revision may take them for fields.";
    UnusedReference, "unused-reference", Note,
        "A reference that is not in use points outside the heap.",
        "nbft ignores it. A reader that does not look at its condition rejects the table.";
}
