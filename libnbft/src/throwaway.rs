//! A stand-in until the parser is here.
#![allow(missing_docs, missing_debug_implementations, clippy::unwrap_used)]
use crate::model::*;
use std::path::{Path, PathBuf};
pub mod files {
    use super::*;
    pub struct F {
        pub name: String,
        p: PathBuf,
    }
    impl F {
        pub fn read(&self) -> std::io::Result<Vec<u8>> {
            std::fs::read(&self.p)
        }
    }
    pub fn find(p: &Path) -> std::io::Result<Vec<F>> {
        if p.is_file() {
            return Ok(vec![F { name: "NBFT".into(), p: p.into() }]);
        }
        let mut v: Vec<F> = std::fs::read_dir(p)?
            .flatten()
            .filter_map(|e| {
                let n = e.file_name().into_string().ok()?;
                n.starts_with("NBFT").then(|| F { name: n, p: e.path() })
            })
            .collect();
        v.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(v)
    }
}
pub struct Parsed {
    pub table: Table,
    pub findings: Vec<Finding>,
}
pub struct Finding {
    pub message: String,
}
pub fn parse(b: &[u8]) -> Result<Parsed, String> {
    if b.len() < 128 || &b[..4] != b"NBFT" {
        return Err("not an NBFT".into());
    }
    let u16a = |o: usize| u16::from_le_bytes([b[o], b[o + 1]]);
    let u32a = |o: usize| u32::from_le_bytes([b[o], b[o + 1], b[o + 2], b[o + 3]]);
    let r = |o: usize| {
        let (a, l) = (u32a(o) as usize, u16a(o + 4) as usize);
        (l > 0 && a + l <= b.len()).then_some((a, l))
    };
    let s = |o: usize| r(o).map(|(a, l)| String::from_utf8_lossy(&b[a..a + l]).trim_end_matches('\0').to_owned());
    let ip = |o: usize| Address::from_bytes(b[o..o + 16].try_into().unwrap());
    let mut t = Table::default();
    let c = 64;
    let h = u32a(c + 8) as usize;
    t.host = Some(Host {
        flags: HostFlags(b[h + 1]),
        id: Uuid(b[h + 2..h + 18].try_into().unwrap()),
        nqn: s(h + 18).map(Nqn),
    });
    let list = |o: usize| (0..b[o + 7] as usize).map(move |i| u32a(o) as usize + i * u16a(o + 4) as usize);
    for o in list(c + 16) {
        let tcp = r(o + 16).map(|(a, _)| HfiTcp {
            flags: HfiTcpFlags(b[a + 6]),
            routing_id: u32a(a + 7),
            mac: Mac(b[a + 11..a + 17].try_into().unwrap()),
            vlan: VlanId(u16a(a + 17)),
            ip_origin: IpOrigin(b[a + 19]),
            ip: ip(a + 20),
            prefix: b[a + 36],
            gateway: ip(a + 37),
            route_metric: u16a(a + 54),
            primary_dns: ip(a + 56),
            secondary_dns: ip(a + 72),
            dhcp_server: ip(a + 88),
            ..HfiTcp::default()
        });
        t.hfis.push(Hfi { index: b[o + 1], flags: HfiFlags(b[o + 2]), transport: TransportType(b[o + 3]), tcp });
    }
    for o in list(c + 24) {
        t.ssns.push(Ssns {
            index: u16a(o + 1),
            flags: SsnsFlags(u16a(o + 3)),
            transport: TransportType(b[o + 5]),
            transport_flags: SsnsTransportFlags(u16a(o + 6)),
            traddr: r(o + 10).map(|(a, _)| ip(a)),
            trsvcid: s(o + 16),
            nsid: u32a(o + 24),
            nid_type: NidType(b[o + 28]),
            nid: b[o + 29..o + 45].try_into().unwrap(),
            security: b[o + 45],
            primary_hfi: b[o + 46],
            secondary_hfis: r(o + 48).map(|(a, l)| b[a..a + l].to_vec()).unwrap_or_default(),
            nqn: s(o + 54).map(Nqn),
            ..Ssns::default()
        });
    }
    Ok(Parsed { table: t, findings: vec![] })
}
