//! What goes between the process that connects and its child that writes to the fabrics device.
//!
//! Each message is a frame: its length in bytes (four, little endian), then so many bytes. A question is two of them, what is to be
//! done as JSON and the option string as it is: secrets are in the second alone, which is wiped. An answer is one, as JSON.

use super::Written;
use crate::nvme::discovery::{DiscoveryConnection, DiscoveryResult};
use crate::nvme::security::Requirements;
use serde::{Deserialize, Serialize};
use std::io::{self, Read, Write};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use zeroize::Zeroizing;

/// The longest frame, in bytes: the log page of a discovery controller with all records that are read.
pub(super) const MAX_FRAME: usize = 16 << 20;

/// What the child is to do.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Question {
    /// Say which options the kernel knows.
    Supported,
    /// Write the option string, and hold what comes of it against the requirements.
    Connect(Requirements),
    /// Read the log page of a discovery controller, likewise.
    Discover(DiscoveryConnection, Requirements),
}

/// What came of it.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Answer {
    /// The kernel's list, or the errno of reading it.
    Supported(Result<String, i32>),
    /// To [`Question::Connect`].
    Written(Written),
    /// To [`Question::Discover`].
    LogPage(DiscoveryResult),
    /// The question cannot be read.
    Malformed,
}

impl Question {
    /// The first frame of a question.
    pub(crate) fn parse(frame: &[u8]) -> Option<Self> {
        serde_json::from_slice(frame).ok()
    }
}

impl Answer {
    /// From its frame.
    pub(crate) fn parse(frame: &[u8]) -> Option<Self> {
        serde_json::from_slice(frame).ok()
    }
}

/// A value as the content of a frame; `None` when it is too long for one.
#[expect(clippy::disallowed_methods, reason = "for the other process alone, which reads it as it was")]
pub(crate) fn content(value: &impl Serialize) -> Option<Vec<u8>> {
    serde_json::to_vec(value).ok().filter(|json| json.len() <= MAX_FRAME)
}

/// The next frame; `None` when the other side is gone, also in the middle of one.
pub(crate) fn read(stream: &mut impl Read) -> io::Result<Option<Zeroizing<Vec<u8>>>> {
    let mut length = [0; 4];
    if !arrived(stream.read_exact(&mut length))? {
        return Ok(None);
    }
    // At its full length at once: what grows leaves copies behind.
    let mut frame = Zeroizing::new(vec![0; checked(length)?]);
    Ok(arrived(stream.read_exact(&mut frame))?.then_some(frame))
}

/// Writes a frame.
pub(super) fn write(stream: &mut impl Write, frame: &[u8]) -> io::Result<()> {
    stream.write_all(&prefix(frame)?)?;
    stream.write_all(frame)
}

/// As [`read`], on the runtime.
pub(super) async fn receive(stream: &mut (impl AsyncRead + Unpin)) -> io::Result<Option<Zeroizing<Vec<u8>>>> {
    let mut length = [0; 4];
    if !arrived(stream.read_exact(&mut length).await)? {
        return Ok(None);
    }
    let mut frame = Zeroizing::new(vec![0; checked(length)?]);
    Ok(arrived(stream.read_exact(&mut frame).await)?.then_some(frame))
}

/// As [`write`], on the runtime.
pub(super) async fn send(stream: &mut (impl AsyncWrite + Unpin), frame: &[u8]) -> io::Result<()> {
    stream.write_all(&prefix(frame)?).await?;
    stream.write_all(frame).await
}

/// Whether something was read; the end of the stream is no error.
fn arrived<T>(read: io::Result<T>) -> io::Result<bool> {
    match read {
        Ok(_) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(false),
        Err(error) => Err(error),
    }
}

fn prefix(frame: &[u8]) -> io::Result<[u8; 4]> {
    let length = u32::try_from(frame.len()).ok().filter(|_| frame.len() <= MAX_FRAME);
    length.map(u32::to_le_bytes).ok_or_else(too_long)
}

fn checked(length: [u8; 4]) -> io::Result<usize> {
    let length = u32::from_le_bytes(length) as usize;
    if length > MAX_FRAME { Err(too_long()) } else { Ok(length) }
}

fn too_long() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, "a message between two processes of nbft is too long")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nvme::discovery::LogPageError;
    use crate::nvme::explain::Refusal;
    use crate::nvme::fabrics::NewController;
    use crate::nvme::security::Violation;
    use libnbft::discovery_log::{Header, LEN, Log};

    #[test]
    fn frames_are_read_whole_or_not_at_all() {
        let mut stream = Vec::new();
        write(&mut stream, b"nqn=a,transport=tcp\n").unwrap();
        write(&mut stream, b"").unwrap();
        let (first, rest) = stream.split_at(7);
        let mut pieces = Read::chain(first, rest);
        assert_eq!(read(&mut pieces).unwrap().as_deref().map(Vec::as_slice), Some(&b"nqn=a,transport=tcp\n"[..]));
        assert_eq!(read(&mut pieces).unwrap().as_deref().map(Vec::as_slice), Some(&b""[..]));
        assert_eq!(read(&mut pieces).unwrap(), None);
        // Cut off in the length and in what follows.
        assert_eq!((read(&mut &stream[..3]).unwrap(), read(&mut &stream[..9]).unwrap()), (None, None));
        // Nothing is allocated for a length that no frame has.
        assert_eq!(read(&mut [0xff; 8].as_slice()).unwrap_err().kind(), io::ErrorKind::InvalidData);
        assert!(write(&mut Vec::new(), &vec![0; MAX_FRAME + 1]).is_err());
    }

    #[test]
    fn answers_survive_the_way_between_the_processes() {
        let mut log = Log::new(Header { generation: u64::MAX, records: 2 });
        let mut page = [0; 2 * LEN];
        page[..3].copy_from_slice(&[3, 1, 2]);
        for (at, text) in [(32, "4420"), (256, "nqn.2014-08.org.example:\u{e9}"), (512, "192.0.2.1")] {
            page[at..at + text.len()].copy_from_slice(text.as_bytes());
        }
        log.take(&page);
        assert_eq!((log.entries.len(), log.skipped.len()), (1, 1));
        let (how, secured) = (Some("DH-HMAC-CHAP with SHA-256".to_owned()), Some("TLS 1.3".to_owned()));
        let refusal = || Refusal::of_write(111, None, &["the target refuses:\nit says \"no\"".into()]);
        let answers = [
            Answer::Supported(Ok("transport=%s,nqn=%s,".into())),
            Answer::Supported(Err(2)),
            Answer::Written(Written::Controller(NewController { instance: 3, authenticated: how, secured })),
            Answer::Written(Written::Refused(refusal())),
            Answer::Written(Written::PolicyViolation(Violation::NotAuthenticated {
                requires: "the target asked\nfor none".into(),
            })),
            Answer::LogPage(DiscoveryResult::LogPage(log.clone(), Some("nvme3".into()))),
            Answer::LogPage(DiscoveryResult::LogPage(log, None)),
            Answer::LogPage(DiscoveryResult::Refused(refusal())),
            Answer::LogPage(DiscoveryResult::Unreadable(LogPageError::Refused("it says nothing".into()))),
            Answer::Malformed,
        ];
        for answer in answers {
            assert_eq!(Answer::parse(&content(&answer).unwrap()), Some(answer));
        }
        let questions =
            [DiscoveryConnection::Transient, DiscoveryConnection::Persistent, DiscoveryConnection::Existing]
                .map(|of| Question::Discover(of, Requirements::default()));
        for question in questions.into_iter().chain([Question::Supported, Question::Connect(Requirements::default())]) {
            assert_eq!(Question::parse(&content(&question).unwrap()), Some(question));
        }
        for frame in [&b""[..], b"controller x", b"{\"Written\":{}}", b"\xff"] {
            assert_eq!((Answer::parse(frame), Question::parse(frame)), (None, None));
        }
    }
}
