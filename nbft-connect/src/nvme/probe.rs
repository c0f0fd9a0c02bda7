//! Probes a path in user space: it connects TCP from the HFI's address through its interface, then exchanges ICReq and ICResp. If
//! the path may use TLS, it only connects TCP.
//!
//! The kernel connects one controller at a time, and a dead target blocks the next one for seconds. Probing a path first avoids
//! this.

use super::explain::Refusal;
use super::icresp::{self, BadAnswer, Digests, IC_PDU_LEN};
use crate::system_error::SystemError;
use libnbft::codes;
use std::io;
use std::net::{IpAddr, SocketAddr, SocketAddrV6};
use std::time::Duration;
use tokio::io::AsyncWriteExt;
use tokio::net::{TcpSocket, TcpStream};

const PDU_TYPE_ICREQ: u8 = 0;

/// The parameters of a probe.
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
    /// Whether to request the header digest.
    pub hdr_digest: bool,
    /// Whether to request the data digest.
    pub data_digest: bool,
    /// Whether the path may use TLS. Then the probe sends nothing, since it would send plaintext.
    pub tls: bool,
}

/// Why a probe failed. Display is a sentence.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ProbeFailure {
    /// The network or the target refused.
    #[error("{0}")]
    Refused(Refusal),
    /// Nobody answered in time.
    #[error("the target does not answer")]
    TimedOut,
    /// The answer to ICReq is not one that Linux takes.
    #[error("{0}")]
    BadAnswer(BadAnswer),
    /// Another error of the system.
    #[error("{0}")]
    Other(SystemError),
}

codes!(ProbeFailure {
    Refused => "probe-refused",
    TimedOut => "no-answer",
    BadAnswer => "bad-icresp",
    Other => "probe-failed",
});

impl ProbeFailure {
    /// The stable code; a refusal's is its own.
    #[must_use]
    pub fn cause_code(&self) -> &'static str {
        match self {
            Self::Refused(refusal) => refusal.code(),
            other => other.code(),
        }
    }
}

impl From<io::Error> for ProbeFailure {
    fn from(error: io::Error) -> Self {
        match (error.raw_os_error(), BadAnswer::of(&error)) {
            (Some(errno), _) => Self::Refused(Refusal::of_write(errno, None, &[])),
            (None, Some(answer)) => Self::BadAnswer(answer),
            (None, None) if error.kind() == io::ErrorKind::TimedOut => Self::TimedOut,
            (None, None) => Self::Other(error.into()),
        }
    }
}

/// The stage of a probe.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// Connecting TCP.
    Connect,
    /// Exchanging ICReq and ICResp.
    Initialize,
}

/// Probes the path within `limit`.
///
/// # Errors
///
/// Why it failed; `TimedOut` when nobody answered.
pub async fn probe(probe: &Probe, limit: Duration) -> Result<(), ProbeFailure> {
    trace(probe, limit).await.map_err(|(_, error)| error)
}

/// Probes the path within `limit`, like [`probe`](probe()), and returns the stage that failed.
///
/// # Errors
///
/// The stage that failed, and why.
pub async fn trace(probe: &Probe, limit: Duration) -> Result<(), (Stage, ProbeFailure)> {
    let mut stage = Stage::Connect;
    let attempt = tokio::time::timeout(limit, attempt(probe, &mut stage)).await;
    attempt.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into())).map_err(|error| (stage, error.into()))
}

async fn attempt(probe: &Probe, stage: &mut Stage) -> io::Result<()> {
    let mut stream = probe.connect().await?;
    if probe.tls {
        return Ok(());
    }
    *stage = Stage::Initialize;
    probe.initialize(&mut stream).await
}

impl Probe {
    /// A connection over which commands can be sent.
    pub(super) async fn open(&self) -> io::Result<TcpStream> {
        let mut stream = self.connect().await?;
        self.initialize(&mut stream).await?;
        Ok(stream)
    }

    async fn connect(&self) -> io::Result<TcpStream> {
        let socket = if self.target.is_ipv6() { TcpSocket::new_v6()? } else { TcpSocket::new_v4()? };
        socket.bind_device(Some(self.interface.0.as_bytes()))?;
        if let Some(source) = self.source {
            socket.bind(self.scoped(source, 0))?;
        }
        socket.connect(self.scoped(self.target, self.port)).await
    }

    async fn initialize(&self, stream: &mut TcpStream) -> io::Result<()> {
        stream.write_all(&icreq(self)).await?;
        icresp::read(stream, Digests { header: self.hdr_digest, data: self.data_digest }).await
    }

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
