//! Tables out of random bytes, for property tests and fuzzing: every table that can be written comes up.

use super::tables::make;
use arbitrary::{Arbitrary, Result, Unstructured};
use libnbft::model::{
    Address, Cipeec, Control, Diagnostics, Discovery, DiscoveryFlags, FixedText, Header, Hfi, HfiExt, HfiExtFlags,
    HfiFlags, HfiTcp, HfiTcpFlags, Host, HostFlags, IpOrigin, Mac, Naed, Nceec, NidType, Nqn, PolicyList, SecretType,
    SecurityFlags, SecurityProfile, Ssns, SsnsExt, SsnsExtFlags, SsnsFlags, SsnsTransportFlags, Table, TransportType,
    Uuid, VlanId,
};

/// Longest string and list that a table can hold, apart from the driver path.
const MAX: usize = 1024;

/// A table that can be written.
pub(crate) fn table(u: &mut Unstructured<'_>) -> Result<Table> {
    Ok(make!(Table {
        header: header(u)?,
        control: make!(Control { major: u.arbitrary()?, minor: u.arbitrary()?, flags: u.arbitrary::<u8>()? | 1 }),
        host: if u.arbitrary()? { Some(host(u)?) } else { None },
        hfis: list(u, hfi)?,
        ssns: list(u, ssns)?,
        security: list(u, profile)?,
        discovery: list(u, discovery)?,
    }))
}

fn list<T>(u: &mut Unstructured<'_>, one: fn(&mut Unstructured<'_>) -> Result<T>) -> Result<Vec<T>> {
    let count = if u.ratio(1, 64)? { 255 } else { u.int_in_range(0..=4)? };
    (0..count).map(|_| one(u)).collect()
}

fn text(u: &mut Unstructured<'_>, max: usize) -> Result<Option<String>> {
    let Some(text) = Option::<String>::arbitrary(u)? else { return Ok(None) };
    let mut text: String = text.chars().filter(|c| *c != '\0').collect();
    while text.len() > max {
        text.pop();
    }
    Ok(Some(text).filter(|text| !text.is_empty()))
}

fn bytes(u: &mut Unstructured<'_>, max: usize) -> Result<Vec<u8>> {
    let mut bytes = Vec::<u8>::arbitrary(u)?;
    bytes.truncate(max);
    Ok(bytes)
}

/// A list that is there only under its condition; an empty one is absent.
fn used(u: &mut Unstructured<'_>, condition: bool, max: usize) -> Result<Option<Vec<u8>>> {
    if condition { Ok(Some(bytes(u, max)?).filter(|bytes| !bytes.is_empty())) } else { Ok(None) }
}

fn nqn(u: &mut Unstructured<'_>) -> Result<Option<Nqn>> {
    Ok(text(u, MAX)?.map(Nqn))
}

fn address(u: &mut Unstructured<'_>) -> Result<Address> {
    if u.arbitrary()? {
        let v4: [u8; 4] = u.arbitrary()?;
        return Ok(std::net::Ipv4Addr::from(v4).into());
    }
    Ok(Address::from_bytes(u.arbitrary()?))
}

fn header(u: &mut Unstructured<'_>) -> Result<Header> {
    Ok(make!(Header {
        major: 1,
        minor: u.arbitrary()?,
        oem_id: FixedText(u.arbitrary()?),
        oem_table_id: FixedText(u.arbitrary()?),
        oem_revision: u.arbitrary()?,
        creator_id: FixedText(u.arbitrary()?),
        creator_revision: u.arbitrary()?,
        driver_path: text(u, usize::from(u16::MAX))?,
    }))
}

fn host(u: &mut Unstructured<'_>) -> Result<Host> {
    let flags = HostFlags(u.arbitrary()?).with(HostFlags::VALID);
    Ok(make!(Host { flags: flags, id: Uuid(u.arbitrary()?), nqn: nqn(u)? }))
}

fn hfi(u: &mut Unstructured<'_>) -> Result<Hfi> {
    let transport = if u.ratio(1, 16)? { TransportType(u.arbitrary()?) } else { TransportType::TCP };
    let with_info = transport == TransportType::TCP && !u.ratio(1, 16)?;
    Ok(make!(Hfi {
        index: u.arbitrary()?,
        flags: HfiFlags(u.arbitrary()?).with(HfiFlags::VALID),
        transport: transport,
        tcp: if with_info { Some(hfi_tcp(u)?) } else { None },
    }))
}

fn hfi_tcp(u: &mut Unstructured<'_>) -> Result<HfiTcp> {
    let info_version = u.arbitrary()?;
    let mut tcp = make!(HfiTcp {
        version: u.arbitrary()?,
        info_version: info_version,
        hfi_index: u.arbitrary()?,
        flags: HfiTcpFlags(u.arbitrary()?).with(HfiTcpFlags::VALID),
        routing_id: u.arbitrary()?,
        mac: Mac(u.arbitrary()?),
        vlan: VlanId(u.arbitrary()?),
        ip_origin: IpOrigin(u.arbitrary()?),
        ip: address(u)?,
        prefix: u.arbitrary()?,
        gateway: address(u)?,
        route_metric: u.arbitrary()?,
        primary_dns: address(u)?,
        secondary_dns: address(u)?,
        dhcp_server: address(u)?,
        host_name: text(u, MAX)?,
    });
    if info_version >= 2 {
        tcp.pcie_segment = u.arbitrary()?;
        if u.arbitrary()? {
            let flags = HfiExtFlags(u.arbitrary()?).with(HfiExtFlags::VALID);
            let identified = flags.dhcp_client_id();
            tcp.ext = Some(make!(HfiExt {
                version: u.arbitrary()?,
                hfi_index: u.arbitrary()?,
                flags: flags,
                iaid: if identified { u.arbitrary()? } else { None },
                duid: used(u, identified, 130)?,
            }));
        }
    }
    Ok(tcp)
}

fn ssns(u: &mut Unstructured<'_>) -> Result<Ssns> {
    let flags = SsnsFlags(u.arbitrary()?).with(SsnsFlags::VALID);
    Ok(make!(Ssns {
        index: u.arbitrary()?,
        flags: flags,
        transport: if u.ratio(1, 16)? { TransportType(u.arbitrary()?) } else { TransportType::TCP },
        transport_flags: SsnsTransportFlags(u.arbitrary()?),
        primary_discovery: u.arbitrary()?,
        traddr: if u.ratio(1, 16)? { None } else { Some(address(u)?) },
        trsvcid: text(u, MAX)?,
        port_id: u.arbitrary()?,
        nsid: u.arbitrary()?,
        nid_type: NidType(u.arbitrary()?),
        nid: u.arbitrary()?,
        security: u.arbitrary()?,
        primary_hfi: u.arbitrary()?,
        secondary_hfis: bytes(u, MAX)?,
        nqn: nqn(u)?,
        ext: if flags.extended_info() && !u.ratio(1, 16)? { Some(ssns_ext(u)?) } else { None },
    }))
}

fn ssns_ext(u: &mut Unstructured<'_>) -> Result<SsnsExt> {
    let diagnosed = u.arbitrary()?;
    Ok(make!(SsnsExt {
        version: u.arbitrary()?,
        ssns_index: u.arbitrary()?,
        flags: SsnsExtFlags(u.arbitrary()?).with(SsnsExtFlags::VALID),
        controller_id: u.arbitrary()?,
        asqsz: u.arbitrary()?,
        dhcp_root_path: text(u, MAX)?,
        diagnostics: if diagnosed {
            Some(make!(Diagnostics {
                naed: Naed(u.arbitrary()?),
                cipeec: Cipeec(u.arbitrary()?),
                connect_timeout: u.arbitrary()?,
                nceec: Nceec(u.arbitrary()?),
            }))
        } else {
            None
        },
    }))
}

fn profile(u: &mut Unstructured<'_>) -> Result<SecurityProfile> {
    let flags = SecurityFlags(u.arbitrary()?).with(SecurityFlags::VALID);
    let suites = used(u, flags.cipher_suites_restricted(), MAX)?.unwrap_or_default();
    let suites: Vec<_> = suites.chunks_exact(2).map(|pair| u16::from_le_bytes([pair[0], pair[1]])).collect();
    Ok(make!(SecurityProfile {
        index: u.arbitrary()?,
        flags: flags,
        secret_type: SecretType(u.arbitrary()?),
        channel_algorithms: used(u, flags.secure_channel_policy() != PolicyList::NONE, MAX)?,
        authentication_protocols: used(u, flags.authentication_policy() != PolicyList::NONE, MAX)?,
        cipher_suites: Some(suites).filter(|suites| !suites.is_empty()),
        kx_groups: used(u, flags.kx_groups_restricted(), MAX)?,
        hashes: used(u, flags.hashes_restricted(), MAX)?,
        secret_keypath: text(u, MAX)?,
    }))
}

fn discovery(u: &mut Unstructured<'_>) -> Result<Discovery> {
    Ok(make!(Discovery {
        flags: DiscoveryFlags(u.arbitrary()?).with(DiscoveryFlags::VALID),
        index: u.arbitrary()?,
        hfi: u.arbitrary()?,
        security: u.arbitrary()?,
        uri: text(u, MAX)?,
        nqn: nqn(u)?,
    }))
}

/// A table with its bytes changed at random, but its head in order: what a reader meets behind signature and checksum.
pub(crate) fn damaged(u: &mut Unstructured<'_>) -> Result<Vec<u8>> {
    let mut bytes = libnbft::write(&table(u)?).expect("every table made here can be written");
    let changes = u.int_in_range(0..=16)?;
    for _ in 0..changes {
        // Most of what steers a reader lies in the first bytes.
        let range = if u.arbitrary()? { bytes.len().min(512) } else { bytes.len() };
        let at = u.int_in_range(0..=range - 1)?;
        bytes[at] = u.arbitrary()?;
    }
    if u.ratio(1, 8)? {
        let length = u.int_in_range(128..=bytes.len())?;
        bytes.truncate(length);
    }
    mend(&mut bytes);
    Ok(bytes)
}

/// Puts right what would end the reading at once: signature, major revision, control descriptor, checksum.
pub(crate) fn mend(bytes: &mut [u8]) {
    if bytes.len() >= 128 {
        bytes[..4].copy_from_slice(b"NBFT");
        bytes[8] = 1;
        bytes[64] = 1;
        bytes[70] |= 1;
        libnbft::repair_checksum(bytes);
    }
}
