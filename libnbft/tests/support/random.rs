//! Makes tables out of random bytes, for property tests and fuzzing.

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

/// Characters that JSON, a terminal or a kernel option treats in its own way.
const SPECIAL: [char; 13] = ['a', 'Z', '0', ':', '.', '-', ',', '"', '\\', '\n', '\u{1b}', '\u{e9}', '\u{202e}'];

/// A table that `write` takes: what it returns reads the same.
pub(crate) fn table(u: &mut Unstructured<'_>) -> Result<Table> {
    Generator { u, scope: Scope::Writable }.table()
}

/// A table with anything that the model can hold, also what no bytes can say: flags without "valid", empty and unused lists.
pub(crate) fn any_table(u: &mut Unstructured<'_>) -> Result<Table> {
    Generator { u, scope: Scope::Any }.table()
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Scope {
    Writable,
    Any,
}

struct Generator<'u, 'b> {
    u: &'u mut Unstructured<'b>,
    scope: Scope,
}

/// Any flags; in a table that can be written, with "valid" among them.
macro_rules! flags {
    ($generator:ident, $flags:ident) => {{
        let flags = $flags($generator.u.arbitrary()?);
        if $generator.is_any() { flags } else { flags.with($flags::VALID) }
    }};
}

impl Generator<'_, '_> {
    fn is_any(&self) -> bool {
        self.scope == Scope::Any
    }

    fn table(&mut self) -> Result<Table> {
        let writable = u8::from(!self.is_any());
        Ok(make!(Table {
            header: self.header()?,
            control: make!(Control {
                major: self.u.arbitrary()?,
                minor: self.u.arbitrary()?,
                flags: self.u.arbitrary::<u8>()? | writable,
            }),
            host: if self.u.arbitrary()? { Some(self.host()?) } else { None },
            hfis: self.list(Self::hfi)?,
            ssns: self.list(Self::ssns)?,
            security: self.list(Self::profile)?,
            discovery: self.list(Self::discovery)?,
        }))
    }

    fn list<T>(&mut self, one: fn(&mut Self) -> Result<T>) -> Result<Vec<T>> {
        // Once in a while the longest list that a table can hold. Without further bytes, none.
        let count = match self.u.arbitrary::<u8>()? {
            0xfe => 255,
            byte => byte % 5,
        };
        (0..count).map(|_| one(self)).collect()
    }

    fn text(&mut self, max: usize) -> Result<Option<String>> {
        let text = match self.u.arbitrary::<Option<bool>>()? {
            None => return Ok(None),
            Some(true) => String::arbitrary(self.u)?,
            Some(false) => {
                let count = self.u.int_in_range(0..=3)?;
                (0..count).map(|_| self.u.choose(&SPECIAL).copied()).collect::<Result<String>>()?
            }
        };
        if self.is_any() {
            return Ok(Some(text));
        }
        let mut text: String = text.chars().filter(|c| *c != '\0').collect();
        while text.len() > max {
            text.pop();
        }
        Ok(Some(text).filter(|text| !text.is_empty()))
    }

    fn bytes(&mut self, max: usize) -> Result<Vec<u8>> {
        let mut bytes = Vec::<u8>::arbitrary(self.u)?;
        bytes.truncate(max);
        Ok(bytes)
    }

    /// A list that is there only under its condition; an empty one is absent.
    fn used(&mut self, condition: bool, max: usize) -> Result<Option<Vec<u8>>> {
        if self.is_any() {
            return self.u.arbitrary();
        }
        if condition { Ok(Some(self.bytes(max)?).filter(|bytes| !bytes.is_empty())) } else { Ok(None) }
    }

    /// Whether something is there: seldom not, when `condition` holds, and never without it unless anything goes.
    fn is_there(&mut self, condition: bool) -> Result<bool> {
        Ok((condition || self.is_any()) && !self.u.ratio(1, 16)?)
    }

    fn nqn(&mut self) -> Result<Option<Nqn>> {
        Ok(self.text(MAX)?.map(Nqn))
    }

    fn address(&mut self) -> Result<Address> {
        if self.u.arbitrary()? {
            let v4: [u8; 4] = self.u.arbitrary()?;
            return Ok(std::net::Ipv4Addr::from(v4).into());
        }
        Ok(Address::from_bytes(self.u.arbitrary()?))
    }

    fn transport(&mut self) -> Result<TransportType> {
        Ok(if self.u.ratio(1, 16)? { TransportType(self.u.arbitrary()?) } else { TransportType::TCP })
    }

    fn header(&mut self) -> Result<Header> {
        Ok(make!(Header {
            major: if self.is_any() { self.u.arbitrary()? } else { 1 },
            minor: self.u.arbitrary()?,
            oem_id: FixedText(self.u.arbitrary()?),
            oem_table_id: FixedText(self.u.arbitrary()?),
            oem_revision: self.u.arbitrary()?,
            creator_id: FixedText(self.u.arbitrary()?),
            creator_revision: self.u.arbitrary()?,
            driver_path: self.text(usize::from(u16::MAX))?,
        }))
    }

    fn host(&mut self) -> Result<Host> {
        Ok(make!(Host { flags: flags!(self, HostFlags), id: Uuid(self.u.arbitrary()?), nqn: self.nqn()? }))
    }

    fn hfi(&mut self) -> Result<Hfi> {
        let transport = self.transport()?;
        let with_info = self.is_there(transport == TransportType::TCP)?;
        Ok(make!(Hfi {
            index: self.u.arbitrary()?,
            flags: flags!(self, HfiFlags),
            transport: transport,
            tcp: if with_info { Some(self.hfi_tcp()?) } else { None },
        }))
    }

    fn hfi_tcp(&mut self) -> Result<HfiTcp> {
        let info_version = self.u.arbitrary()?;
        let mut tcp = make!(HfiTcp {
            version: self.u.arbitrary()?,
            info_version: info_version,
            hfi_index: self.u.arbitrary()?,
            flags: flags!(self, HfiTcpFlags),
            routing_id: self.u.arbitrary()?,
            mac: Mac(self.u.arbitrary()?),
            vlan: VlanId(self.u.arbitrary()?),
            ip_origin: IpOrigin(self.u.arbitrary()?),
            ip: self.address()?,
            prefix: self.u.arbitrary()?,
            gateway: self.address()?,
            route_metric: self.u.arbitrary()?,
            primary_dns: self.address()?,
            secondary_dns: self.address()?,
            dhcp_server: self.address()?,
            host_name: self.text(MAX)?,
        });
        if info_version >= 2 || self.is_any() {
            tcp.pcie_segment = self.u.arbitrary()?;
            if self.u.arbitrary()? {
                tcp.ext = Some(self.hfi_ext()?);
            }
        }
        Ok(tcp)
    }

    fn hfi_ext(&mut self) -> Result<HfiExt> {
        let flags = flags!(self, HfiExtFlags);
        let identified = flags.dhcp_client_id();
        Ok(make!(HfiExt {
            version: self.u.arbitrary()?,
            hfi_index: self.u.arbitrary()?,
            flags: flags,
            iaid: if identified || self.is_any() { self.u.arbitrary()? } else { None },
            duid: self.used(identified, 130)?,
        }))
    }

    fn ssns(&mut self) -> Result<Ssns> {
        let flags = flags!(self, SsnsFlags);
        Ok(make!(Ssns {
            index: self.u.arbitrary()?,
            flags: flags,
            transport: self.transport()?,
            transport_flags: SsnsTransportFlags(self.u.arbitrary()?),
            primary_discovery: self.u.arbitrary()?,
            traddr: if self.u.ratio(1, 16)? { None } else { Some(self.address()?) },
            trsvcid: self.text(MAX)?,
            port_id: self.u.arbitrary()?,
            nsid: self.u.arbitrary()?,
            nid_type: NidType(self.u.arbitrary()?),
            nid: self.u.arbitrary()?,
            security: self.u.arbitrary()?,
            primary_hfi: self.u.arbitrary()?,
            secondary_hfis: self.bytes(MAX)?,
            nqn: self.nqn()?,
            ext: if self.is_there(flags.extended_info())? { Some(self.ssns_ext()?) } else { None },
        }))
    }

    fn ssns_ext(&mut self) -> Result<SsnsExt> {
        let diagnosed = self.u.arbitrary()?;
        Ok(make!(SsnsExt {
            version: self.u.arbitrary()?,
            ssns_index: self.u.arbitrary()?,
            flags: flags!(self, SsnsExtFlags),
            controller_id: self.u.arbitrary()?,
            asqsz: self.u.arbitrary()?,
            dhcp_root_path: self.text(MAX)?,
            diagnostics: if diagnosed { Some(self.diagnostics()?) } else { None },
        }))
    }

    fn diagnostics(&mut self) -> Result<Diagnostics> {
        Ok(make!(Diagnostics {
            naed: Naed(self.u.arbitrary()?),
            cipeec: Cipeec(self.u.arbitrary()?),
            connect_timeout: self.u.arbitrary()?,
            nceec: Nceec(self.u.arbitrary()?),
        }))
    }

    fn profile(&mut self) -> Result<SecurityProfile> {
        let flags = flags!(self, SecurityFlags);
        let suites = self.used(flags.cipher_suites_restricted(), MAX)?;
        let pairs = |bytes: Vec<u8>| bytes.chunks_exact(2).map(|pair| u16::from_le_bytes([pair[0], pair[1]])).collect();
        let suites: Option<Vec<u16>> = suites.map(pairs);
        Ok(make!(SecurityProfile {
            index: self.u.arbitrary()?,
            flags: flags,
            secret_type: SecretType(self.u.arbitrary()?),
            channel_algorithms: self.used(flags.secure_channel_policy() != PolicyList::NONE, MAX)?,
            authentication_protocols: self.used(flags.authentication_policy() != PolicyList::NONE, MAX)?,
            cipher_suites: suites.filter(|suites| self.is_any() || !suites.is_empty()),
            kx_groups: self.used(flags.kx_groups_restricted(), MAX)?,
            hashes: self.used(flags.hashes_restricted(), MAX)?,
            secret_keypath: self.text(MAX)?,
        }))
    }

    fn discovery(&mut self) -> Result<Discovery> {
        Ok(make!(Discovery {
            flags: flags!(self, DiscoveryFlags),
            index: self.u.arbitrary()?,
            hfi: self.u.arbitrary()?,
            security: self.u.arbitrary()?,
            uri: self.text(MAX)?,
            nqn: self.nqn()?,
        }))
    }
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
