//! Tables with anything in them.

use crate::model::*;
use alloc::string::String;
use alloc::vec::Vec;

/// A small generator (xorshift64*), so that a failure repeats.
pub(super) struct Random(pub(super) u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    pub(super) fn byte(&mut self) -> u8 {
        // Small numbers, zero and the highest are more likely to be special than others.
        match self.next() >> 60 {
            0..=4 => 0,
            5..=9 => (self.next() >> 61) as u8,
            10 => 0xff,
            _ => (self.next() >> 56) as u8,
        }
    }

    fn word(&mut self) -> u16 {
        u16::from(self.byte()) << 8 | u16::from(self.byte())
    }

    fn long(&mut self) -> u32 {
        u32::from(self.word()) << 16 | u32::from(self.word())
    }

    fn bytes<const N: usize>(&mut self) -> [u8; N] {
        core::array::from_fn(|_| self.byte())
    }

    fn chance(&mut self) -> bool {
        self.next() >> 63 == 1
    }

    fn maybe<T>(&mut self, make: impl FnOnce(&mut Self) -> T) -> Option<T> {
        self.chance().then(|| make(self))
    }

    fn list<T>(&mut self, mut make: impl FnMut(&mut Self) -> T) -> Vec<T> {
        (0..self.next() >> 62).map(|_| make(self)).collect()
    }

    fn text(&mut self) -> String {
        const CHARACTERS: &[char] = &['a', 'Z', '0', ':', '.', '-', '"', '\\', '\n', '\u{1b}', '\u{e9}', '\u{202e}'];
        self.list(|random| CHARACTERS[random.next() as usize % CHARACTERS.len()]).into_iter().collect()
    }

    fn address(&mut self) -> Address {
        match self.next() >> 62 {
            0 => Address::UNSET,
            1 => Address::from(core::net::Ipv4Addr::from(self.bytes::<4>())),
            _ => Address::from_bytes(self.bytes()),
        }
    }

    fn hfi(&mut self) -> Hfi {
        Hfi {
            index: self.byte(),
            flags: HfiFlags(self.byte()),
            transport: TransportType(if self.chance() { 3 } else { self.byte() }),
            tcp: self.maybe(Self::tcp),
        }
    }

    fn tcp(&mut self) -> HfiTcp {
        HfiTcp {
            version: self.byte(),
            info_version: self.byte(),
            hfi_index: self.word(),
            flags: HfiTcpFlags(self.byte()),
            routing_id: self.long(),
            mac: Mac(self.bytes()),
            vlan: VlanId(self.word()),
            ip_origin: IpOrigin(self.byte()),
            ip: self.address(),
            prefix: self.byte(),
            gateway: self.address(),
            route_metric: self.word(),
            primary_dns: self.address(),
            secondary_dns: self.address(),
            dhcp_server: self.address(),
            host_name: self.maybe(Self::text),
            ext: self.maybe(|random| HfiExt {
                version: random.byte(),
                hfi_index: random.word(),
                flags: HfiExtFlags(random.long()),
                iaid: random.maybe(Self::long),
                duid: random.maybe(|random| random.list(Self::byte)),
            }),
            pcie_segment: self.byte(),
        }
    }

    fn ssns(&mut self) -> Ssns {
        Ssns {
            index: self.word(),
            flags: SsnsFlags(self.word()),
            transport: TransportType(if self.chance() { 3 } else { self.byte() }),
            transport_flags: SsnsTransportFlags(self.word()),
            primary_discovery: self.byte(),
            traddr: self.maybe(Self::address),
            trsvcid: self.maybe(Self::text),
            port_id: self.word(),
            nsid: self.long(),
            nid_type: NidType(self.byte()),
            nid: self.bytes(),
            security: self.byte(),
            primary_hfi: self.byte(),
            secondary_hfis: self.list(Self::byte),
            nqn: self.maybe(Self::text).map(Nqn),
            ext: self.maybe(|random| SsnsExt {
                version: random.byte(),
                ssns_index: random.word(),
                flags: SsnsExtFlags(random.long()),
                controller_id: random.word(),
                asqsz: random.word(),
                dhcp_root_path: random.maybe(Self::text),
                diagnostics: random.maybe(|random| Diagnostics {
                    naed: Naed(random.byte()),
                    cipeec: Cipeec(random.byte()),
                    connect_timeout: random.word(),
                    nceec: Nceec(random.byte()),
                }),
            }),
        }
    }

    fn security(&mut self) -> SecurityProfile {
        SecurityProfile {
            index: self.byte(),
            flags: SecurityFlags(self.word()),
            secret_type: SecretType(self.byte()),
            channel_algorithms: self.maybe(|random| random.list(Self::byte)),
            authentication_protocols: self.maybe(|random| random.list(Self::byte)),
            cipher_suites: self.maybe(|random| random.list(Self::word)),
            kx_groups: self.maybe(|random| random.list(Self::byte)),
            hashes: self.maybe(|random| random.list(Self::byte)),
            secret_keypath: self.maybe(Self::text),
        }
    }

    pub(super) fn table(&mut self) -> Table {
        Table {
            header: Header {
                major: self.byte(),
                minor: self.byte(),
                oem_id: FixedText(self.bytes()),
                oem_table_id: FixedText(self.bytes()),
                oem_revision: self.long(),
                creator_id: FixedText(self.bytes()),
                creator_revision: self.long(),
                driver_path: self.maybe(Self::text),
            },
            control: Control { major: self.byte(), minor: self.byte(), flags: self.byte() },
            host: self.maybe(|random| Host {
                flags: HostFlags(random.byte()),
                id: Uuid(random.bytes()),
                nqn: random.maybe(Self::text).map(Nqn),
            }),
            hfis: self.list(Self::hfi),
            ssns: self.list(Self::ssns),
            security: self.list(Self::security),
            discovery: self.list(|random| Discovery {
                flags: DiscoveryFlags(random.byte()),
                index: random.byte(),
                hfi: random.byte(),
                security: random.byte(),
                uri: random.maybe(Self::text),
                nqn: random.maybe(Self::text).map(Nqn),
            }),
        }
    }
}
