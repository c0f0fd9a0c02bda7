//! Reads and checks a target's answer to ICReq.
//!
//! A path passes if Linux would take the answer: the kernel's own checks, and the header length, which the specification fixes
//! (NVMe/TCP Transport Specification, Initialize Connection Response).

use std::io;
use tokio::io::{AsyncRead, AsyncReadExt};

/// Length of ICReq and ICResp, in bytes.
pub(super) const IC_PDU_LEN: usize = 128;

/// Length of the common header of all PDUs, in bytes.
const COMMON_HEADER: usize = 8;

/// Length of a C2HTermReq without its data, in bytes.
const TERM_REQ_LEN: usize = 24;

const PDU_TYPE_ICRESP: u8 = 1;
const PDU_TYPE_C2H_TERM_REQ: u8 = 3;

/// The only PDU format version.
const PDU_FORMAT: u16 = 0;

/// The least allowed MAXH2CDATA, in bytes.
const LEAST_MAXH2CDATA: u32 = 4096;

/// The digests that ICReq requests.
#[derive(Debug, Clone, Copy)]
pub(super) struct Digests {
    pub(super) header: bool,
    pub(super) data: bool,
}

/// Why an answer cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadAnswer {
    /// Another PDU type.
    #[error("the target answers ICReq with PDU type {0:#x}: it is not an NVMe/TCP controller")]
    Type(u8),
    /// C2HTermReq, with its fatal error status.
    #[error("the target refuses ICReq and ends the connection: {}", fatal_error(*.0))]
    Terminated(u16),
    /// The answer is too short, in bytes.
    #[error("the target closed the connection after {0} of the {IC_PDU_LEN} bytes of its answer to ICReq")]
    Short(usize),
    /// Another header length, in bytes.
    #[error("the target's answer to ICReq has header length {0} instead of {IC_PDU_LEN}")]
    HeaderLength(u8),
    /// Another PDU length, in bytes.
    #[error("the target's answer to ICReq has length {0} instead of {IC_PDU_LEN}")]
    Length(u32),
    /// Another PDU format version.
    #[error("the target answers with PDU format version {0}; Linux has version {PDU_FORMAT} only")]
    Format(u16),
    /// Data alignment that Linux lacks.
    #[error("the target requires PDU data alignment (CPDA {0}), which Linux lacks")]
    Alignment(u8),
    /// A digest that is required is off.
    #[error("the target has the {0} digest off, but it is required")]
    DigestOff(&'static str),
    /// A digest that was not requested is on.
    #[error("the target turns the {0} digest on, but it was not requested")]
    DigestOn(&'static str),
    /// MAXH2CDATA below 4096, in bytes.
    #[error("the target takes {0} bytes of data at once (MAXH2CDATA); at least {LEAST_MAXH2CDATA} are required")]
    MaxData(u32),
}

impl BadAnswer {
    /// The bad answer in an error of [`read`], if it holds one.
    pub(crate) fn of(error: &io::Error) -> Option<Self> {
        error.get_ref()?.downcast_ref().copied()
    }
}

/// The fatal error status of a C2HTermReq.
fn fatal_error(status: u16) -> String {
    match status {
        1 => "invalid PDU header field".to_owned(),
        2 => "PDU sequence error".to_owned(),
        3 => "header digest error".to_owned(),
        4 => "data transfer out of range".to_owned(),
        5 => "data transfer limit exceeded".to_owned(),
        6 => "unsupported parameter".to_owned(),
        _ => format!("fatal error status {status:#x}"),
    }
}

/// Reads the answer and checks it.
///
/// # Errors
///
/// The network's error, or a [`BadAnswer`].
pub(super) async fn read(stream: &mut (impl AsyncRead + Unpin), requested: Digests) -> io::Result<()> {
    let mut pdu = [0; IC_PDU_LEN];
    fill(stream, &mut pdu, 0..COMMON_HEADER).await?;
    match pdu[0] {
        PDU_TYPE_ICRESP => fill(stream, &mut pdu, COMMON_HEADER..IC_PDU_LEN).await?,
        PDU_TYPE_C2H_TERM_REQ => {
            fill(stream, &mut pdu, COMMON_HEADER..TERM_REQ_LEN).await?;
            return Err(io::Error::other(BadAnswer::Terminated(u16::from_le_bytes([pdu[8], pdu[9]]))));
        }
        other => return Err(io::Error::other(BadAnswer::Type(other))),
    }
    check(&pdu, requested).map_err(io::Error::other)
}

/// Reads these bytes of the PDU, even if the target sends them one by one.
async fn fill(
    stream: &mut (impl AsyncRead + Unpin),
    pdu: &mut [u8; IC_PDU_LEN],
    bytes: std::ops::Range<usize>,
) -> io::Result<()> {
    let mut at = bytes.start;
    while at < bytes.end {
        match stream.read(&mut pdu[at..bytes.end]).await? {
            0 => return Err(io::Error::new(io::ErrorKind::UnexpectedEof, BadAnswer::Short(at))),
            read => at += read,
        }
    }
    Ok(())
}

/// Checks an ICResp against the requested digests, in the kernel's order.
fn check(pdu: &[u8; IC_PDU_LEN], requested: Digests) -> Result<(), BadAnswer> {
    let word = |at: usize| u32::from_le_bytes([pdu[at], pdu[at + 1], pdu[at + 2], pdu[at + 3]]);
    if usize::from(pdu[2]) != IC_PDU_LEN {
        return Err(BadAnswer::HeaderLength(pdu[2]));
    }
    if word(4) as usize != IC_PDU_LEN {
        return Err(BadAnswer::Length(word(4)));
    }
    let format = u16::from_le_bytes([pdu[8], pdu[9]]);
    if format != PDU_FORMAT {
        return Err(BadAnswer::Format(format));
    }
    for (bit, name, required) in [(1, "header", requested.header), (2, "data", requested.data)] {
        match (pdu[11] & bit != 0, required) {
            (false, true) => return Err(BadAnswer::DigestOff(name)),
            (true, false) => return Err(BadAnswer::DigestOn(name)),
            _ => {}
        }
    }
    if pdu[10] != 0 {
        return Err(BadAnswer::Alignment(pdu[10]));
    }
    if word(12) < LEAST_MAXH2CDATA {
        return Err(BadAnswer::MaxData(word(12)));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;
    use tokio::io::AsyncWriteExt;

    const NONE: Digests = Digests { header: false, data: false };
    const BOTH: Digests = Digests { header: true, data: true };

    /// An answer of Linux's target.
    fn good() -> [u8; IC_PDU_LEN] {
        let mut pdu = [0; IC_PDU_LEN];
        (pdu[0], pdu[2], pdu[4]) = (PDU_TYPE_ICRESP, 128, 128);
        pdu[12..16].copy_from_slice(&0x0002_0000_u32.to_le_bytes());
        pdu
    }

    /// The verdict on an answer that comes in pieces of `piece` bytes, after which the target closes.
    fn verdict(answer: &[u8], requested: Digests, piece: usize) -> String {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let (mut target, mut host) = tokio::io::duplex(1);
            let send = async move {
                for part in answer.chunks(piece) {
                    if target.write_all(part).await.is_err() {
                        break;
                    }
                    tokio::task::yield_now().await;
                }
            };
            let read = async {
                let result = read(&mut host, requested).await;
                drop(host);
                result
            };
            let ((), read) =
                tokio::time::timeout(Duration::from_secs(20), async { tokio::join!(send, read) }).await.unwrap();
            read.map_or_else(|error| error.to_string(), |()| "good".to_owned())
        })
    }

    #[test]
    fn a_good_answer_passes_in_pieces_of_any_size() {
        for piece in [1, 3, 128] {
            assert_eq!(verdict(&good(), NONE, piece), "good");
        }
        let mut pdu = good();
        pdu[11] = 3;
        assert_eq!(verdict(&pdu, BOTH, 128), "good");
    }

    #[test]
    fn each_wrong_field_has_its_message() {
        type Change = fn(&mut [u8; IC_PDU_LEN]);
        let cases: [(Change, Digests, &str); 12] = [
            (|pdu| pdu[0] = 5, NONE, "the target answers ICReq with PDU type 0x5: it is not an NVMe/TCP controller"),
            (|pdu| pdu[0] = 0, NONE, "the target answers ICReq with PDU type 0x0: it is not an NVMe/TCP controller"),
            (|pdu| pdu[2] = 24, NONE, "the target's answer to ICReq has header length 24 instead of 128"),
            (|pdu| pdu[5] = 1, NONE, "the target's answer to ICReq has length 384 instead of 128"),
            (|pdu| pdu[4] = 0, NONE, "the target's answer to ICReq has length 0 instead of 128"),
            (|pdu| pdu[9] = 1, NONE, "the target answers with PDU format version 256; Linux has version 0 only"),
            (|pdu| pdu[10] = 31, NONE, "the target requires PDU data alignment (CPDA 31), which Linux lacks"),
            (|pdu| pdu[11] = 2, BOTH, "the target has the header digest off, but it is required"),
            (|pdu| pdu[11] = 1, BOTH, "the target has the data digest off, but it is required"),
            (|pdu| pdu[11] = 1, NONE, "the target turns the header digest on, but it was not requested"),
            (|pdu| pdu[11] = 2, NONE, "the target turns the data digest on, but it was not requested"),
            (
                |pdu| pdu[12..16].copy_from_slice(&4095_u32.to_le_bytes()),
                NONE,
                "the target takes 4095 bytes of data at once (MAXH2CDATA); at least 4096 are required",
            ),
        ];
        for (change, requested, expected) in cases {
            let mut pdu = good();
            change(&mut pdu);
            assert_eq!(verdict(&pdu, requested, 128), expected);
        }
    }

    #[test]
    fn a_foreign_protocol_is_told_from_a_refusal() {
        let http = b"HTTP/1.1 400 Bad Request\r\n\r\n";
        assert_eq!(
            verdict(http, NONE, 7),
            "the target answers ICReq with PDU type 0x48: it is not an NVMe/TCP controller"
        );
        let alert = [21, 3, 3, 0, 2, 2, 10, 0];
        assert_eq!(
            verdict(&alert, NONE, 8),
            "the target answers ICReq with PDU type 0x15: it is not an NVMe/TCP controller"
        );
        let mut refusal = [0; TERM_REQ_LEN];
        (refusal[0], refusal[2], refusal[4], refusal[8]) = (PDU_TYPE_C2H_TERM_REQ, 24, 24, 6);
        let ended = "the target refuses ICReq and ends the connection: ";
        assert_eq!(verdict(&refusal, NONE, 24), format!("{ended}unsupported parameter"));
        refusal[9] = 1;
        assert_eq!(verdict(&refusal, NONE, 24), format!("{ended}fatal error status 0x106"));
    }

    #[test]
    fn a_target_that_closes_early_is_reported_with_the_bytes_received() {
        for length in [0, 1, 8, 64, 127] {
            let expected =
                format!("the target closed the connection after {length} of the 128 bytes of its answer to ICReq");
            assert_eq!(verdict(&good()[..length], NONE, 5), expected);
        }
    }
}
