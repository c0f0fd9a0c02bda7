//! Carries messages between nbft and its helper process, which writes to the fabrics device.
//!
//! Each message is a frame: its length in bytes (four bytes, little endian), then the content. A question is two frames: the action
//! as JSON, then the option string. Only the second frame holds secrets, and it is wiped. An answer is one frame, as JSON.

use super::Written;
use crate::nvme::discovery::{DiscoveryConnection, DiscoveryResult};
use crate::nvme::security::Requirements;
use serde::{Deserialize, Serialize};
use std::io::{self, Read, Write};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use zeroize::Zeroizing;

/// The longest frame, in bytes: a log page with as many records as nbft reads.
pub(super) const MAX_FRAME: usize = 16 << 20;

/// What the helper must do.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Question {
    /// List the options that the kernel supports.
    Supported,
    /// Write the option string, and verify the new controller.
    Connect(Requirements),
    /// Read the log page of a discovery controller, and verify the controller.
    Discover(DiscoveryConnection, Requirements),
}

/// The result of a question.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Answer {
    /// The answer to [`Question::Supported`]: the kernel's list, or the errno of reading it.
    Supported(Result<String, i32>),
    /// The answer to [`Question::Connect`].
    Written(Written),
    /// The answer to [`Question::Discover`].
    LogPage(DiscoveryResult),
    /// The question cannot be read.
    Malformed,
}

impl Question {
    /// Reads the first frame of a question.
    pub(crate) fn parse(frame: &[u8]) -> Option<Self> {
        serde_json::from_slice(frame).ok()
    }
}

impl Answer {
    /// Reads the frame of an answer.
    pub(crate) fn parse(frame: &[u8]) -> Option<Self> {
        serde_json::from_slice(frame).ok()
    }
}

/// A value as the content of a frame; `None` when it is too long for one.
#[expect(clippy::disallowed_methods, reason = "only for the other process, which needs the exact bytes")]
pub(crate) fn content(value: &impl Serialize) -> Option<Vec<u8>> {
    serde_json::to_vec(value).ok().filter(|json| json.len() <= MAX_FRAME)
}

/// Reads the next frame; `None` when the other side is gone, even within a frame.
pub(crate) fn read(stream: &mut impl Read) -> io::Result<Option<Zeroizing<Vec<u8>>>> {
    let mut length = [0; 4];
    if !arrived(stream.read_exact(&mut length))? {
        return Ok(None);
    }
    // Allocated at full length: a growing buffer would leave copies of secrets behind.
    let mut frame = Zeroizing::new(vec![0; checked(length)?]);
    Ok(arrived(stream.read_exact(&mut frame))?.then_some(frame))
}

/// Writes a frame.
pub(super) fn write(stream: &mut impl Write, frame: &[u8]) -> io::Result<()> {
    stream.write_all(&prefix(frame)?)?;
    stream.write_all(frame)
}

/// Like [`read`], on the runtime.
pub(super) async fn receive(stream: &mut (impl AsyncRead + Unpin)) -> io::Result<Option<Zeroizing<Vec<u8>>>> {
    let mut length = [0; 4];
    if !arrived(stream.read_exact(&mut length).await)? {
        return Ok(None);
    }
    let mut frame = Zeroizing::new(vec![0; checked(length)?]);
    Ok(arrived(stream.read_exact(&mut frame).await)?.then_some(frame))
}

/// Like [`write`], on the runtime.
pub(super) async fn send(stream: &mut (impl AsyncWrite + Unpin), frame: &[u8]) -> io::Result<()> {
    stream.write_all(&prefix(frame)?).await?;
    stream.write_all(frame).await
}

/// Whether something was read. The end of the stream is not an error.
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
    use crate::nvme::discovery::{LogPageError, ReadFailure};
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
        // Cut off in the length and in the content.
        assert_eq!((read(&mut &stream[..3]).unwrap(), read(&mut &stream[..9]).unwrap()), (None, None));
        // A length above the limit allocates nothing.
        assert_eq!(read(&mut [0xff; 8].as_slice()).unwrap_err().kind(), io::ErrorKind::InvalidData);
        assert!(write(&mut Vec::new(), &vec![0; MAX_FRAME + 1]).is_err());
    }

    #[test]
    fn messages_survive_serialization() {
        let mut log = Log::new(Header { generation: u64::MAX, records: 2 });
        let mut page = [0; 2 * LEN];
        page[..3].copy_from_slice(&[3, 1, 2]);
        for (at, text) in [(32, "4420"), (256, "nqn.2014-08.org.example:\u{e9}"), (512, "192.0.2.1")] {
            page[at..at + text.len()].copy_from_slice(text.as_bytes());
        }
        log.take(&page);
        assert_eq!((log.entries.len(), log.skipped.len()), (1, 1));
        let (authenticated, secured) = (Some("DH-HMAC-CHAP with SHA-256".to_owned()), Some("TLS 1.3".to_owned()));
        let refusal = || Refusal::of_write(111, None, &["the target refuses:\nit says \"no\"".into()]);
        let answers = [
            Answer::Supported(Ok("transport=%s,nqn=%s,".into())),
            Answer::Supported(Err(2)),
            Answer::Written(Written::Controller(NewController { instance: 3, authenticated, secured })),
            Answer::Written(Written::Refused(refusal())),
            Answer::Written(Written::PolicyViolation(Violation::NotAuthenticated {
                requires: "the target asked\nfor none".into(),
            })),
            Answer::LogPage(DiscoveryResult::LogPage(log.clone(), Some("nvme3".into()))),
            Answer::LogPage(DiscoveryResult::LogPage(log, None)),
            Answer::LogPage(DiscoveryResult::Refused(refusal())),
            Answer::LogPage(DiscoveryResult::Unreadable(LogPageError::Refused(ReadFailure::Status(0x2109)))),
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
