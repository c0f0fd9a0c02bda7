//! /dev/nvme-fabrics: one write makes a controller.
//!
//! The kernel makes one controller at a time and a write blocks as long as the target lets it: seconds to minutes, without
//! a way to interrupt it. So the writes are made by a child process: the parent can end, and the root be switched, while
//! the child hangs.

use super::discovery::{self, Asked};
use super::options::Supported;
use nix::unistd::{ForkResult, fork};
use std::fs::OpenOptions;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt};

/// What came of a write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Written {
    /// The controller's instance number: N of nvmeN.
    Controller(u32),
    /// The kernel refused, with this errno.
    Refused(i32),
}

/// Something that makes controllers: the device, or a stand-in for it in tests.
pub trait Fabrics {
    /// Writes an option string and tells what came of it.
    fn connect(&mut self, options: &str) -> impl Future<Output = io::Result<Written>>;

    /// Connects the discovery controller of an option string, reads its log page, and closes it.
    fn discover(&mut self, options: &str) -> impl Future<Output = io::Result<Asked>>;
}

/// The child process that writes.
#[derive(Debug)]
pub struct Helper {
    stream: UnixStream,
}

/// The helper, on the runtime.
#[derive(Debug)]
pub struct Device {
    reader: tokio::io::BufReader<tokio::net::unix::OwnedReadHalf>,
    writer: tokio::net::unix::OwnedWriteHalf,
}

/// Path of the device.
pub const DEVICE: &str = "/dev/nvme-fabrics";

/// Before the options of a discovery controller on their way to the child; no option string begins so.
const DISCOVER: &str = "discover ";

impl Helper {
    /// Starts the child, with `/dev` and `/sys` under `root`, which runs `prepare` first. Must be called while the process has
    /// one thread, before the runtime is made.
    ///
    /// # Errors
    ///
    /// When the kernel has no process or socket left.
    pub fn start(root: PathBuf, prepare: impl FnOnce()) -> io::Result<Self> {
        let (parent, child) = UnixStream::pair()?;
        // SAFETY: the process has a single thread here, so that the child's copy of it is whole; the child runs ordinary
        // code and leaves by `_exit`.
        match unsafe { fork() }? {
            ForkResult::Parent { .. } => Ok(Self { stream: parent }),
            ForkResult::Child => {
                drop(parent);
                prepare();
                let code = i32::from(serve(&root, &child).is_err());
                // SAFETY: `_exit` only ends the process; nothing of the parent's copy is to be flushed or dropped.
                unsafe { libc::_exit(code) }
            }
        }
    }

    /// Takes the helper onto the runtime.
    ///
    /// # Errors
    ///
    /// When the runtime cannot watch its socket.
    pub fn into_device(self) -> io::Result<Device> {
        self.stream.set_nonblocking(true)?;
        let (reader, writer) = tokio::net::UnixStream::from_std(self.stream)?.into_split();
        Ok(Device { reader: tokio::io::BufReader::new(reader), writer })
    }
}

impl Device {
    /// Sends a line and waits for the answer's.
    async fn ask(&mut self, line: &str) -> io::Result<String> {
        self.writer.write_all(line.as_bytes()).await?;
        let mut answer = String::new();
        self.reader.read_line(&mut answer).await?;
        Ok(answer)
    }
}

fn ended() -> io::Error {
    io::Error::other("the process that writes to the fabrics device has ended")
}

impl Fabrics for Device {
    async fn connect(&mut self, options: &str) -> io::Result<Written> {
        let answer = self.ask(&format!("{options}\n")).await?;
        parse_answer(&answer).ok_or_else(ended)
    }

    async fn discover(&mut self, options: &str) -> io::Result<Asked> {
        let answer = self.ask(&format!("{DISCOVER}{options}\n")).await?;
        Asked::from_line(&answer).ok_or_else(ended)
    }
}

fn parse_answer(answer: &str) -> Option<Written> {
    let (word, number) = answer.trim().split_once(' ')?;
    match word {
        "controller" => number.parse().ok().map(Written::Controller),
        "errno" => number.parse().ok().map(Written::Refused),
        _ => None,
    }
}

/// The child: a line in, a write, a line out, until the parent is gone.
fn serve(root: &Path, stream: &UnixStream) -> io::Result<()> {
    let device = root.join(&DEVICE[1..]);
    let mut answers = stream.try_clone()?;
    for line in BufReader::new(stream).lines() {
        let line = line?;
        let answer = match line.strip_prefix(DISCOVER) {
            Some(options) => discovery::ask(root, options).to_line(),
            None => match write_options(&device, &line) {
                Ok(instance) => format!("controller {instance}"),
                Err(error) => format!("errno {}", error.raw_os_error().unwrap_or(libc::EIO)),
            },
        };
        answers.write_all((answer + "\n").as_bytes())?;
    }
    Ok(())
}

/// Writes an option string and reads the instance number from the same open file.
pub(super) fn write_options(device: &Path, options: &str) -> io::Result<u32> {
    let mut file = OpenOptions::new().read(true).write(true).open(device)?;
    let written = file.write(options.as_bytes())?;
    if written != options.len() {
        return Err(io::Error::from_raw_os_error(libc::EIO));
    }
    let mut answer = [0; 256];
    let length = file.read(&mut answer)?;
    let answer = String::from_utf8_lossy(&answer[..length]);
    instance(&answer).ok_or_else(|| io::Error::from_raw_os_error(libc::EPROTO))
}

/// `N` of `instance=N,cntlid=M`.
fn instance(answer: &str) -> Option<u32> {
    answer.trim().split(',').find_map(|part| part.strip_prefix("instance="))?.parse().ok()
}

/// What the device says of the options that it knows.
///
/// # Errors
///
/// When it is not there. A kernel that gives no list is no error.
pub fn supported(device: &Path) -> io::Result<Supported> {
    let mut file = OpenOptions::new().read(true).write(true).open(device)?;
    let mut list = [0; 4096];
    Ok(file.read(&mut list).map_or_else(
        |_| Supported::default(),
        |length| Supported::from_list(&String::from_utf8_lossy(&list[..length])),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_instance_is_read_from_the_answer() {
        assert_eq!(instance("instance=3,cntlid=17\n"), Some(3));
        assert_eq!(instance("instance=-1,cntlid=-1"), None);
        assert_eq!(instance(""), None);
    }

    #[test]
    fn answers_are_told_apart() {
        assert_eq!(parse_answer("controller 2\n"), Some(Written::Controller(2)));
        assert_eq!(parse_answer("errno 111\n"), Some(Written::Refused(111)));
        assert_eq!(parse_answer(""), None);
    }
}
