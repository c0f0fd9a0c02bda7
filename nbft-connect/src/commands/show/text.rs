//! Prints a table as text: every field, with codes in words.

use super::section::Section;
use super::{Parts, advice, names};
use libnbft::model::{
    Address, Control, Discovery, FixedText, Header, Hfi, HfiExt, HfiTcp, Host, Nqn, SecurityProfile, Ssns, SsnsExt,
    Table,
};
use libnbft::text::Hex;
use std::fmt::Display;

/// The header fields that the model leaves to the writer.
#[derive(Debug, Clone, Copy)]
pub(super) struct Computed {
    file: usize,
    length: u32,
    checksum: u8,
    heap_offset: u32,
    heap_length: u32,
}

impl Computed {
    /// From the bytes of a table; `None` when they are too few.
    pub(super) fn new(bytes: &[u8]) -> Option<Self> {
        let word = |at: usize| bytes.get(at..at + 4)?.try_into().ok().map(u32::from_le_bytes);
        Some(Self {
            file: bytes.len(),
            length: word(4)?,
            checksum: *bytes.get(9)?,
            heap_offset: word(36)?,
            heap_length: word(40)?,
        })
    }
}

/// The requested sections of `table`.
pub(super) fn sections(table: &Table, computed: Option<Computed>, parts: Parts) -> Vec<Section> {
    let mut sections = Vec::new();
    let none = |title: &str, empty: bool| (empty && !parts.rest).then(|| Section::new(title));
    if parts.rest {
        sections.push(header(&table.header, &table.control, computed));
        sections.extend(table.host.as_ref().map(host));
    }
    if parts.subsystems {
        sections.extend(none("No subsystems", table.ssns.is_empty()));
        sections.extend(table.ssns.iter().map(|entry| ssns(entry, table)));
    }
    if parts.hfis {
        sections.extend(none("No HFIs", table.hfis.is_empty()));
        sections.extend(table.hfis.iter().map(hfi));
    }
    if parts.discovery {
        sections.extend(none("No discovery controllers", table.discovery.is_empty()));
        sections.extend(table.discovery.iter().map(|entry| discovery(entry, table)));
    }
    if parts.rest {
        sections.extend(table.security.iter().map(security));
    }
    sections
}

fn yes_no(flag: bool) -> &'static str {
    if flag { "yes" } else { "no" }
}

/// A number and what it means.
fn coded(number: impl Display, words: impl Display) -> String {
    format!("{number} ({words})")
}

/// A code and its words, if it is known.
fn code(number: u8, words: Option<&str>) -> String {
    coded(number, words.unwrap_or("unknown"))
}

/// A fixed field; the quotes show its spaces.
fn quoted<const N: usize>(field: &FixedText<N>) -> String {
    format!("\"{}\"", field.text())
}

/// An index that refers to another descriptor.
fn reference(index: u8, found: bool) -> String {
    match (index, found) {
        (0, _) => "none".into(),
        (_, true) => index.to_string(),
        (_, false) => format!("{index} (not in this table)"),
    }
}

/// Adds lines only for unusual values.
fn unless_ordinary(section: &mut Section, valid: bool, reserved_flags: u32) {
    if !valid {
        section.line("valid", "no");
    }
    if reserved_flags != 0 {
        section.line("reserved flags", format!("{reserved_flags:#x}"));
    }
}

fn header(header: &Header, control: &Control, computed: Option<Computed>) -> Section {
    let mut section = Section::new("Header");
    let newer = if header.minor == 0 { "specification 1.0" } else { "specification 1.1 or later" };
    section.line("revision", coded(format_args!("{}.{}", header.major, header.minor), newer));
    section.line("OEM ID", quoted(&header.oem_id));
    section.line("OEM table ID", quoted(&header.oem_table_id));
    section.line("OEM revision", format!("{:#x}", header.oem_revision));
    section.line("creator ID", quoted(&header.creator_id));
    section.line("creator revision", format!("{:#x}", header.creator_revision));
    section.text("driver path", header.driver_path.as_deref());
    if let Some(computed) = computed {
        let file = if computed.length as usize == computed.file {
            String::new()
        } else {
            format!(" (the file has {})", computed.file)
        };
        section.line("length", format!("{} bytes{file}", computed.length));
        section.line("checksum byte", format!("{:#04x}", computed.checksum));
        section.line("heap", format!("{} bytes from offset {:#x}", computed.heap_length, computed.heap_offset));
    }
    section.line(
        "control descriptor",
        format!("revision {}.{}, flags {:#x}", control.major, control.minor, control.flags),
    );
    section
}

fn host(host: &Host) -> Section {
    let by = |configured| if configured { "set by the administrator" } else { "the driver's default" };
    let mut section = Section::new("Host");
    section.text("host NQN", host.nqn.as_ref().map(Nqn::as_str));
    section.line("host NQN is", by(host.flags.host_nqn_configured()));
    section.line("host ID", host.id.to_string());
    section.line("host ID is", by(host.flags.host_id_configured()));
    section.line("primary host", host.flags.primary_admin().words().unwrap_or("reserved"));
    unless_ordinary(&mut section, host.flags.is_valid(), u32::from(host.flags.0 & 0xe0));
    section
}

fn address(address: Address) -> String {
    if address.is_set() { address.to_string() } else { format!("not set ({address})") }
}

fn hfi(hfi: &Hfi) -> Section {
    let mut section = Section::new(format!("HFI {}", hfi.index));
    section.line("transport", code(hfi.transport.0, hfi.transport.words()));
    unless_ordinary(&mut section, hfi.flags.is_valid(), u32::from(hfi.flags.0 & 0xfe));
    match &hfi.tcp {
        Some(tcp) => tcp_info(&mut section, hfi, tcp),
        None => section.line("transport info", "none"),
    }
    section
}

fn tcp_info(section: &mut Section, hfi: &Hfi, tcp: &HfiTcp) {
    section.line("PCI address", tcp.pci().to_string());
    if tcp.info_version >= 2 {
        let segment = format!("{} (routing ID: segment {})", tcp.pcie_segment, tcp.routing_id >> 16);
        section.line("PCIe segment", segment);
    }
    section.line("MAC address", tcp.mac.to_string());
    section.line(
        "VLAN",
        match tcp.vlan.0 {
            0 => "none".into(),
            id if tcp.vlan.is_invalid() => coded(id, "invalid"),
            id => id.to_string(),
        },
    );
    section.line("IP address", address(tcp.ip));
    section.line("prefix length", tcp.prefix.to_string());
    section.line("IP origin", code(tcp.ip_origin.0, tcp.ip_origin.words()));
    section.line("gateway", address(tcp.gateway));
    section.line(
        "route metric",
        match tcp.route_metric {
            0 => coded(0, "unused"),
            500 => coded(500, "routing supported, no metric configured"),
            metric => metric.to_string(),
        },
    );
    section.line("global route", yes_no(tcp.flags.global_route()));
    section.line("primary DNS", address(tcp.primary_dns));
    section.line("secondary DNS", address(tcp.secondary_dns));
    section.line("DHCP override", yes_no(tcp.flags.dhcp_override()));
    section.line("DHCP server", address(tcp.dhcp_server));
    section.line("autoconfigured", yes_no(tcp.flags.autoconfigured()));
    section.text("host name", tcp.host_name.as_deref());
    let belongs = if tcp.hfi_index == u16::from(hfi.index) { "" } else { " (another than the one that refers to it)" };
    let versions =
        format!("version {}, info version {}, of HFI {}{belongs}", tcp.version, tcp.info_version, tcp.hfi_index);
    section.line("transport info", versions);
    unless_ordinary(section, tcp.flags.is_valid(), u32::from(tcp.flags.0 & 0xf0));
    if let Some(ext) = &tcp.ext {
        hfi_ext(section, ext);
    }
}

fn hfi_ext(section: &mut Section, ext: &HfiExt) {
    section.line("extended info", format!("version {}, of HFI {}", ext.version, ext.hfi_index));
    section.line("DHCP client ID", yes_no(ext.flags.dhcp_client_id()));
    section.line("DHCP IAID", ext.iaid.map_or("none".into(), |iaid| format!("{iaid:#010x}")));
    section.line("DHCP DUID", ext.duid.as_deref().map_or("none".into(), duid));
    unless_ordinary(section, ext.flags.is_valid(), ext.flags.0 & !3);
}

/// The DUID's bytes and what kind it is (RFC 8415, section 11; the number is little endian in the table).
fn duid(bytes: &[u8]) -> String {
    let kind = match bytes.first_chunk().map(|number| u16::from_le_bytes(*number)) {
        Some(1) => "link-layer address and time",
        Some(2) => "enterprise number",
        Some(3) => "link-layer address",
        Some(4) => "UUID",
        _ => "unknown kind",
    };
    coded(Hex::separated(bytes, ":").to_string(), kind)
}

fn ssns(ssns: &Ssns, table: &Table) -> Section {
    let mut section = Section::new(format!("Subsystem and namespace {}", ssns.index));
    section.text("subsystem NQN", ssns.nqn.as_ref().map(Nqn::as_str));
    if ssns.nqn.as_ref().is_some_and(Nqn::is_discovery) {
        section.explain(
            "The well-known discovery NQN: a boot attempt that failed before discovery, no subsystem to connect to.",
        );
    }
    section.line("transport", code(ssns.transport.0, ssns.transport.words()));
    section.line("address", ssns.traddr.map_or("none".into(), address));
    section.text("service ID (port)", ssns.trsvcid.as_deref());
    section.line("subsystem port ID", ssns.port_id.to_string());
    section.line(
        "namespace ID",
        match ssns.nsid {
            0 => coded(0, "unspecified, the NID decides"),
            nsid => nsid.to_string(),
        },
    );
    section.line("NID", nid(ssns));
    section.line("primary HFI", reference(ssns.primary_hfi, table.hfi(ssns.primary_hfi).is_some()));
    // Zeros are padding and are shown as what they are.
    let secondary: Vec<_> = ssns
        .secondary_hfis
        .iter()
        .map(|index| match index {
            0 => "0".into(),
            _ => reference(*index, table.hfi(*index).is_some()),
        })
        .collect();
    section.line("secondary HFIs", if secondary.is_empty() { "none".into() } else { secondary.join(", ") });
    section.line("availability", ssns.flags.availability().words().unwrap_or("reserved"));
    section.line("boot entry", yes_no(!ssns.flags.non_bootable()));
    section.line("found by discovery", yes_no(ssns.flags.discovered()));
    section.line("separate discovery", yes_no(ssns.flags.separate_discovery()));
    let found = table.discovery_controller(ssns.primary_discovery).is_some();
    section.line("discovery controller", reference(ssns.primary_discovery, found));
    section.line("header digest", if ssns.transport_flags.header_digest() { "required" } else { "not required" });
    section.line("data digest", if ssns.transport_flags.data_digest() { "required" } else { "not required" });
    section.line("transport flags", if ssns.transport_flags.in_use() { "in use" } else { "not in use" });
    let profile = reference(ssns.security, table.security_profile(ssns.security).is_some());
    section.line(
        "security profile",
        match (ssns.security, ssns.flags.use_security()) {
            (0, true) => "none (although one is to be used)".into(),
            (0, false) => profile,
            (_, true) => format!("{profile}, to be used"),
            (_, false) => format!("{profile}, not to be used"),
        },
    );
    section.line("DHCP root path used", yes_no(ssns.flags.dhcp_root_path()));
    if ssns.transport_flags.0 & !7 != 0 {
        section.line("reserved trsp. flags", format!("{:#x}", ssns.transport_flags.0 & !7));
    }
    unless_ordinary(&mut section, ssns.flags.is_valid(), u32::from(ssns.flags.0 & 0xfe00));
    match (&ssns.ext, ssns.flags.extended_info()) {
        (Some(ext), _) => ssns_ext(&mut section, ssns, ext),
        (None, true) => section.line("extended info", "none that can be read (although it is said to be in use)"),
        (None, false) => section.line("extended info", "none"),
    }
    section
}

fn nid(ssns: &Ssns) -> String {
    let bytes = Hex::new(&ssns.nid);
    match (ssns.nid(), ssns.nid_type.words()) {
        (Some(nid), _) => format!("{} {nid}", nid.kind()),
        (None, _) if ssns.nid == [0; 16] && ssns.nid_type.0 == 0 => "none".into(),
        (None, Some(words)) => format!("type {words}, bytes {bytes}"),
        (None, None) => format!("type {:#x} (unknown), bytes {bytes}", ssns.nid_type.0),
    }
}

fn ssns_ext(section: &mut Section, ssns: &Ssns, ext: &SsnsExt) {
    let belongs = if ext.ssns_index == ssns.index { "" } else { " (another than the one that refers to it)" };
    section.line("extended info", format!("version {}, of entry {}{belongs}", ext.version, ext.ssns_index));
    section.line("controller ID", ext.controller_id.to_string());
    let configured = if ext.flags.admin_asqsz() { "set by the administrator" } else { "not configured" };
    section.line("admin queue size", coded(ext.asqsz, configured));
    section.text("DHCP root path", ext.dhcp_root_path.as_deref());
    unless_ordinary(section, ext.flags.is_valid(), ext.flags.0 & !3);
    let Some(diagnostics) = &ext.diagnostics else { return };
    section.line(
        "connect timeout",
        match diagnostics.connect_timeout {
            0xffff => "not specified".into(),
            seconds => format!("{seconds} s"),
        },
    );
    let (naed, cipeec, nceec) = (diagnostics.naed, diagnostics.cipeec, diagnostics.nceec);
    diagnostic(section, "availability (NAED)", naed.0, naed.words(), advice::naed(naed));
    diagnostic(section, "connect (CIPEEC)", cipeec.0, cipeec.words(), advice::cipeec(cipeec));
    diagnostic(section, "network (NCEEC)", nceec.0, nceec.words(), advice::nceec(nceec));
}

fn diagnostic(section: &mut Section, label: &'static str, number: u8, words: Option<&str>, advice: Option<&str>) {
    section.line(label, code(number, words));
    if let Some(advice) = advice {
        section.explain(advice);
    }
}

fn discovery(discovery: &Discovery, table: &Table) -> Section {
    let mut section = Section::new(format!("Discovery controller {}", discovery.index));
    section.text("URI", discovery.uri.as_deref());
    match &discovery.nqn {
        Some(nqn) => section.line("NQN", nqn.as_str()),
        None => section.line("NQN", "none (the well-known discovery NQN)"),
    }
    section.line("HFI", reference(discovery.hfi, table.hfi(discovery.hfi).is_some()));
    section
        .line("security profile", reference(discovery.security, table.security_profile(discovery.security).is_some()));
    unless_ordinary(&mut section, discovery.flags.is_valid(), u32::from(discovery.flags.0 & 0xfe));
    section
}

fn security(profile: &SecurityProfile) -> Section {
    let mut section = Section::new(format!("Security profile {}", profile.index));
    let flags = profile.flags;
    let reserved = "reserved";
    section.line("authentication", flags.authentication().words().unwrap_or(reserved));
    section.line("protocol list is", flags.authentication_policy().words().unwrap_or(reserved));
    section.line("protocols", list(profile.authentication_protocols.as_deref(), names::authentication_protocol));
    section.line("secure channel", flags.secure_channel().words().unwrap_or(reserved));
    section.line("algorithm list is", flags.secure_channel_policy().words().unwrap_or(reserved));
    section.line("algorithms", list(profile.channel_algorithms.as_deref(), names::channel_algorithm));
    let restricted = |flag, values| if flag { format!("restricted to {values}") } else { "not restricted".into() };
    let ciphers = list(profile.cipher_suites.as_deref(), names::cipher_suite);
    section.line("cipher suites", restricted(flags.cipher_suites_restricted(), ciphers));
    let groups = list(profile.kx_groups.as_deref(), names::kx_group);
    section.line("key exchange groups", restricted(flags.kx_groups_restricted(), groups));
    let hashes = list(profile.hashes.as_deref(), names::hash_function);
    section.line("hash functions", restricted(flags.hashes_restricted(), hashes));
    let redfish = if profile.secret_type.is_redfish() { "Redfish host interface URI" } else { "no kind known" };
    section.line("secret type", coded(format_args!("{:#x}", profile.secret_type.0), redfish));
    section.text("secret keypath", profile.secret_keypath.as_deref());
    unless_ordinary(&mut section, flags.is_valid(), u32::from(flags.0 & 0xf000));
    section
}

fn list<T: Copy + std::fmt::LowerHex>(values: Option<&[T]>, name: impl Fn(T) -> Option<&'static str>) -> String {
    let one = |value: &T| match name(*value) {
        Some(name) => name.into(),
        None => format!("{value:#x}"),
    };
    match values {
        None => "none".into(),
        Some([]) => "an empty list".into(),
        Some(values) => values.iter().map(one).collect::<Vec<String>>().join(", "),
    }
}
