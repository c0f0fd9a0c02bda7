//! A probe of a path in user space: TCP from the HFI's address through its interface, then ICReq and ICResp; where TLS may be
//! used, TCP alone.
//!
//! The kernel connects one controller at a time, and a dead target keeps it from the next for seconds. A path that is
//! proved first costs nobody else anything.

use super::icresp::{self, Digests, IC_PDU_LEN};
use std::io;
use std::net::{IpAddr, SocketAddr, SocketAddrV6};
use std::time::Duration;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpSocket;

const PDU_TYPE_ICREQ: u8 = 0;

/// Where to and from where.
#[derive(Debug, Clone)]
pub struct Probe {
    /// Target.
    pub target: IpAddr,
    /// Port.
    pub port: u16,
    /// Source address.
    pub source: Option<IpAddr>,
    /// Interface: name and index (the scope of link-local addresses).
    pub interface: (String, u32),
    /// Header digest wanted.
    pub hdr_digest: bool,
    /// Data digest wanted.
    pub data_digest: bool,
    /// Whether it may be for TLS: then nothing is sent, since all that could be would be in plaintext.
    pub tls: bool,
}

/// How far a probe is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// TCP is being connected.
    Connect,
    /// ICReq was sent, or is being sent.
    Initialize,
}

/// Tries the path within `limit`.
///
/// # Errors
///
/// What the network said; `TimedOut` when it said nothing.
pub async fn probe(probe: &Probe, limit: Duration) -> io::Result<()> {
    trace(probe, limit).await.map_err(|(_, error)| error)
}

/// Tries the path within `limit`, and tells how far it came.
///
/// # Errors
///
/// As [`prove`], with the stage that failed.
pub async fn trace(probe: &Probe, limit: Duration) -> Result<(), (Stage, io::Error)> {
    let mut stage = Stage::Connect;
    let attempt = tokio::time::timeout(limit, attempt(probe, &mut stage)).await;
    attempt.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into())).map_err(|error| (stage, error))
}

async fn attempt(probe: &Probe, stage: &mut Stage) -> io::Result<()> {
    let socket = if probe.target.is_ipv6() { TcpSocket::new_v6()? } else { TcpSocket::new_v4()? };
    socket.bind_device(Some(probe.interface.0.as_bytes()))?;
    if let Some(source) = probe.source {
        socket.bind(probe.scoped(source, 0))?;
    }
    let mut stream = socket.connect(probe.scoped(probe.target, probe.port)).await?;
    if probe.tls {
        return Ok(());
    }
    *stage = Stage::Initialize;
    stream.write_all(&icreq(probe)).await?;
    icresp::read(&mut stream, Digests { header: probe.hdr_digest, data: probe.data_digest }).await
}

impl Probe {
    fn scoped(&self, address: IpAddr, port: u16) -> SocketAddr {
        match address {
            IpAddr::V6(v6) if v6.is_unicast_link_local() => SocketAddrV6::new(v6, port, 0, self.interface.1).into(),
            _ => SocketAddr::new(address, port),
        }
    }
}

/// PDU header (type, flags, header length, data offset, PDU length), PDU format version 0, alignment 0, digests, one R2T.
fn icreq(probe: &Probe) -> [u8; IC_PDU_LEN] {
    let mut pdu = [0; IC_PDU_LEN];
    pdu[0] = PDU_TYPE_ICREQ;
    pdu[2] = IC_PDU_LEN as u8;
    pdu[4] = IC_PDU_LEN as u8;
    pdu[11] = u8::from(probe.hdr_digest) | u8::from(probe.data_digest) << 1;
    pdu
}
