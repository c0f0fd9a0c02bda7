//! Reads the parts of an initramfs as a stream: cpio archives one behind the other, padded with zeros, the last one compressed.
//!
//! No input makes it panic, read more than [`MAX_TOTAL`] bytes, or keep more than [`MAX_KEPT`]. The system's own programs decompress the
//! parts, since nbft is in the initramfs itself and must stay small.

use super::contents::Contents;
use std::fs::File;
use std::io::{self, Read, Seek as _, SeekFrom};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread::JoinHandle;

/// Most bytes that are read of one archive, uncompressed.
const MAX_TOTAL: u64 = 8 << 30;

/// Longest name of a file.
const MAX_NAME: u64 = 4096;

/// Length of a header of cpio's format "newc".
const HEADER: usize = 110;

/// Most archives in one stream: each costs little, but an endless row of them would never end.
const MAX_PARTS: usize = 4096;

/// Why an image cannot be read. Display is a sentence without its end.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ArchiveError {
    /// The file cannot be read.
    #[error("{0}")]
    Read(#[from] io::Error),
    /// It is no archive.
    #[error("no cpio archive, and not compressed by gzip, xz, zstd or lz4")]
    Form,
    /// A header is broken.
    #[error("a broken cpio header at byte {0} of an archive")]
    Header(u64),
    /// It is larger than any initramfs.
    #[error("larger than what is read of an image")]
    TooLarge,
    /// The program that undoes the compression is missing.
    #[error("{program}, which undoes its compression, cannot start: {source}")]
    NoProgram { program: &'static str, source: io::Error },
    /// The program that undoes the compression fails.
    #[error("{0} does not undo its compression")]
    Program(&'static str),
    /// The UKI has no initramfs.
    #[error("a UKI without a section .initrd")]
    NoInitrd,
    /// A compressed part lies in another.
    #[error("compressed twice")]
    Nested,
}

/// Reads `length` bytes at `start` of the file into `contents`.
pub(crate) fn read(file: &Path, (start, length): (u64, u64), contents: &mut Contents) -> Result<(), ArchiveError> {
    let mut file = File::open(file)?;
    file.seek(SeekFrom::Start(start))?;
    let mut stream = Stream { inner: Box::new(io::BufReader::new(file.take(length))), total: 0 };
    match parts(&mut stream, contents)? {
        None => Ok(()),
        Some((program, magic)) => {
            let mut unpacked = Unpacked::start(program, io::Cursor::new(magic).chain(stream.inner))?;
            let stdout = unpacked.stdout()?;
            let mut stream = Stream { inner: stdout, total: 0 };
            let end = parts(&mut stream, contents)?;
            if end.is_some() {
                return Err(ArchiveError::Nested);
            }
            drop(stream);
            // A later part with another compression ends up here, too.
            contents.cut_short = (!unpacked.has_succeeded()).then_some(program);
            if contents.cut_short.is_some() && contents.is_empty() {
                return Err(ArchiveError::Program(program));
            }
            Ok(())
        }
    }
}

/// Decompresses a small file, if it is compressed as modules are; returns at most `limit` bytes.
pub(crate) fn unpack(bytes: Vec<u8>, limit: u64) -> Result<Vec<u8>, ArchiveError> {
    let Some(program) = compression(&bytes) else { return Ok(bytes) };
    let mut unpacked = Unpacked::start(program, io::Cursor::new(bytes))?;
    let mut out = Vec::new();
    unpacked.stdout()?.take(limit).read_to_end(&mut out)?;
    Ok(out)
}

/// The program for the compression that begins with this magic.
fn compression(magic: &[u8]) -> Option<&'static str> {
    const MAGICS: [(&[u8], &str); 5] = [
        (&[0x1f, 0x8b], "gzip"),
        (&[0x28, 0xb5, 0x2f, 0xfd], "zstd"),
        (&[0xfd, b'7', b'z', b'X', b'Z'], "xz"),
        // The older frame, which the kernel's own compression makes, and the newer one.
        (&[0x02, 0x21, 0x4c, 0x18], "lz4"),
        (&[0x04, 0x22, 0x4d, 0x18], "lz4"),
    ];
    MAGICS.iter().find(|(start, _)| magic.starts_with(start)).map(|(_, program)| *program)
}

/// A compressed stream, and the program that decompresses it.
struct Unpacked {
    child: Child,
    feeder: Option<JoinHandle<()>>,
}

impl Unpacked {
    fn start(program: &'static str, mut input: impl Read + Send + 'static) -> Result<Self, ArchiveError> {
        let mut command = Command::new(program);
        command.arg("-dc").stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = command.spawn().map_err(|source| ArchiveError::NoProgram { program, source })?;
        let stdin = child.stdin.take();
        let feeder = std::thread::spawn(move || {
            if let Some(mut stdin) = stdin {
                // The program may have read enough, and then its pipe is closed.
                let _ = io::copy(&mut input, &mut stdin);
            }
        });
        Ok(Self { child, feeder: Some(feeder) })
    }

    fn stdout(&mut self) -> io::Result<Box<dyn Read + Send>> {
        // Padding is read byte by byte.
        self.child
            .stdout
            .take()
            .map(|out| Box::new(io::BufReader::new(out)) as _)
            .ok_or_else(|| io::ErrorKind::BrokenPipe.into())
    }

    fn has_succeeded(&mut self) -> bool {
        self.child.wait().is_ok_and(|status| status.success())
    }
}

impl Drop for Unpacked {
    fn drop(&mut self) {
        // Otherwise the feeder could wait forever on a pipe without a reader.
        let _ = self.child.kill();
        let _ = self.child.wait();
        if let Some(feeder) = self.feeder.take() {
            let _ = feeder.join();
        }
    }
}

struct Stream {
    inner: Box<dyn Read + Send>,
    total: u64,
}

impl Stream {
    /// Fills the buffer as far as the stream goes.
    fn fill(&mut self, buffer: &mut [u8]) -> Result<usize, ArchiveError> {
        let mut have = 0;
        while have < buffer.len() {
            match self.inner.read(&mut buffer[have..]) {
                Ok(0) => break,
                Ok(count) => have += count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error.into()),
            }
        }
        self.total += have as u64;
        if self.total > MAX_TOTAL { Err(ArchiveError::TooLarge) } else { Ok(have) }
    }

    fn exact(&mut self, buffer: &mut [u8]) -> Result<(), ArchiveError> {
        let have = self.fill(buffer)?;
        if have < buffer.len() { Err(io::Error::from(io::ErrorKind::UnexpectedEof).into()) } else { Ok(()) }
    }

    fn skip(&mut self, count: u64) -> Result<(), ArchiveError> {
        let skipped = io::copy(&mut self.inner.by_ref().take(count), &mut io::sink())?;
        self.total += skipped;
        if self.total > MAX_TOTAL {
            return Err(ArchiveError::TooLarge);
        }
        if skipped < count { Err(io::Error::from(io::ErrorKind::UnexpectedEof).into()) } else { Ok(()) }
    }
}

/// Reads archives until the end, or until a compressed one begins: its program, and the bytes that were read of it.
fn parts(stream: &mut Stream, contents: &mut Contents) -> Result<Option<(&'static str, Vec<u8>)>, ArchiveError> {
    for part in 0..MAX_PARTS {
        let mut magic = [0; 6];
        while magic[0] == 0 {
            if stream.fill(&mut magic[..1])? == 0 {
                return if part == 0 { Err(ArchiveError::Form) } else { Ok(None) };
            }
        }
        let have = 1 + stream.fill(&mut magic[1..])?;
        if let Some(program) = compression(&magic[..have]) {
            return Ok(Some((program, magic[..have].to_vec())));
        }
        if !is_newc(&magic) {
            return Err(ArchiveError::Form);
        }
        archive(stream, magic, contents)?;
    }
    Err(ArchiveError::TooLarge)
}

fn is_newc(magic: &[u8; 6]) -> bool {
    magic == b"070701" || magic == b"070702"
}

/// Reads one archive, whose magic was read, up to its trailer.
fn archive(stream: &mut Stream, magic: [u8; 6], contents: &mut Contents) -> Result<(), ArchiveError> {
    let mut header = [0; HEADER];
    header[..6].copy_from_slice(&magic);
    stream.exact(&mut header[6..])?;
    let mut at = HEADER as u64;
    loop {
        let broken = ArchiveError::Header(at - HEADER as u64);
        if header[..6] != magic {
            return Err(broken);
        }
        let field = |number: usize| {
            let digits = header.get(6 + 8 * number..14 + 8 * number)?;
            let text = std::str::from_utf8(digits).ok().filter(|text| text.bytes().all(|b| b.is_ascii_hexdigit()))?;
            u32::from_str_radix(text, 16).ok()
        };
        let (Some(mode), Some(size), Some(length)) = (field(1), field(6), field(11)) else { return Err(broken) };
        let (size, length) = (u64::from(size), u64::from(length));
        if length == 0 || length > MAX_NAME {
            return Err(broken);
        }
        let mut name = vec![0; length as usize];
        stream.exact(&mut name)?;
        at += length;
        at += pad(stream, at)?;
        let name = String::from_utf8_lossy(name.strip_suffix(b"\0").unwrap_or(&name)).into_owned();
        if name == "TRAILER!!!" {
            return Ok(());
        }
        let keep = contents.enter(&name, mode, size).ok_or(ArchiveError::TooLarge)?;
        let mut bytes = Vec::new();
        if keep > 0 {
            stream.inner.by_ref().take(keep).read_to_end(&mut bytes)?;
            stream.total += bytes.len() as u64;
        }
        stream.skip(size - bytes.len() as u64)?;
        contents.keep(&name, bytes);
        at += size;
        at += pad(stream, at)?;
        stream.exact(&mut header)?;
        at += HEADER as u64;
    }
}

/// Skips to the next multiple of four.
fn pad(stream: &mut Stream, at: u64) -> Result<u64, ArchiveError> {
    let count = at.wrapping_neg() % 4;
    stream.skip(count)?;
    Ok(count)
}
