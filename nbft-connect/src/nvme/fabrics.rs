//! /dev/nvme-fabrics: one write makes a controller.
//!
//! The kernel makes one controller at a time and a write blocks as long as the target lets it: seconds to minutes, without
//! a way to interrupt it. So the writes are made by a child process: the parent can end, and the root be switched, while
//! the child hangs.

use super::authentication::{Proof, Terms};
use super::discovery::{self, Asked, Manner};
use super::kmsg::Kmsg;
use super::options::Supported;
use super::reason;
use super::tls_sockets::{self, Since, TlsSockets};
use crate::output::json;
use nix::unistd::{ForkResult, fork};
use serde::{Deserialize, Serialize};
use std::fs::{File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt};
use zeroize::{Zeroize, Zeroizing};

/// What came of a write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Written {
    /// A controller.
    Controller(Made),
    /// The kernel refused.
    Refused(Refusal),
    /// It did not keep to its terms, for this reason, and was taken away again.
    Unfit(String),
}

/// A controller that was made and keeps to its terms.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Made {
    /// Its instance number, N of nvmeN.
    pub instance: u32,
    /// In words, how it was authenticated, if it was.
    pub authenticated: Option<String>,
    /// In words, how it is secured, if it is.
    pub secured: Option<String>,
}

/// A refusal of the kernel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// The errno of the write.
    pub errno: i32,
    /// Why, in words.
    pub reason: String,
}

impl Refusal {
    fn new(error: &io::Error, terms: &Terms, kmsg: &mut Kmsg) -> Self {
        Self::of(error.raw_os_error().unwrap_or(libc::EIO), terms, &kmsg.nvme_lines().unwrap_or_default())
    }

    /// Of the errno of a write, what there is to say to it by the terms, and what the kernel logged meanwhile.
    pub(crate) fn of(errno: i32, terms: &Terms, logged: &[String]) -> Self {
        let known = terms.explain(logged);
        let handshake = reason::of_handshake(errno, logged).filter(|_| terms.secure() && known.is_none());
        let handshake = handshake.map(|reason| reason + terms.no_fall_back());
        Self { errno, reason: handshake.unwrap_or_else(|| reason::of_write(errno, known.as_deref(), logged)) }
    }

    /// `errno N REASON`, for the way between the processes.
    pub(super) fn to_line(&self) -> String {
        format!("errno {} {}", self.errno, self.reason.replace('\n', " "))
    }

    /// What follows `errno `.
    pub(super) fn from_rest(rest: &str) -> Option<Self> {
        let (errno, reason) = rest.split_once(' ')?;
        Some(Self { errno: errno.parse().ok()?, reason: reason.to_owned() })
    }
}

/// Something that makes controllers: the device, or a stand-in for it in tests.
pub trait Fabrics {
    /// What the kernel says of the options that it knows. It may have to wait for a write of another process to end.
    fn supported(&mut self) -> impl Future<Output = io::Result<Supported>>;

    /// Writes an option string and tells what came of it. A controller that does not keep to the terms does not stay.
    fn connect(&mut self, options: &str, terms: &Terms) -> impl Future<Output = io::Result<Written>>;

    /// Reads the log page of the discovery controller of an option string, or of one that is connected: `which` is as the manner
    /// has it. One that does not keep to the terms tells nothing.
    fn discover(&mut self, manner: Manner, which: &str, terms: &Terms) -> impl Future<Output = io::Result<Asked>>;
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

/// What the child is to do: the first word of a line. The terms as JSON follow, and the options, in which there is no space.
const CONNECT: &str = "connect";

/// A line that asks for the options that the kernel knows.
const SUPPORTED: &str = "supported";

/// No line to the child is longer, in bytes: the kernel takes a page.
const MAX_LINE: usize = 8192;

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
    async fn ask(&mut self, verb: &str, options: &str, terms: &Terms) -> io::Result<String> {
        let terms = json::compact(terms)?;
        // It may hold secrets, and is wiped. At its full length at once: a text that grows leaves copies behind.
        let mut line = Zeroizing::new(String::with_capacity(verb.len() + terms.len() + options.len() + 3));
        for part in [verb, " ", &terms, " ", options, "\n"] {
            line.push_str(part);
        }
        self.send(&line).await
    }

    async fn send(&mut self, line: &str) -> io::Result<String> {
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
    async fn supported(&mut self) -> io::Result<Supported> {
        let answer = self.send(&format!("{SUPPORTED}\n")).await?;
        supported(&answer)
    }

    async fn connect(&mut self, options: &str, terms: &Terms) -> io::Result<Written> {
        let answer = self.ask(CONNECT, options, terms).await?;
        Written::from_line(&answer).ok_or_else(ended)
    }

    async fn discover(&mut self, manner: Manner, which: &str, terms: &Terms) -> io::Result<Asked> {
        let answer = self.ask(manner.word(), which, terms).await?;
        Asked::from_line(&answer).ok_or_else(ended)
    }
}

/// What the child answers to the question for the options; a list without any is that of an old kernel.
fn supported(answer: &str) -> io::Result<Supported> {
    match answer.trim_end_matches('\n').split_once(' ') {
        Some((SUPPORTED, list)) => Ok(Supported::from_list(list)),
        Some((_, errno)) => Err(io::Error::from_raw_os_error(errno.parse().unwrap_or(libc::EIO))),
        None => Err(ended()),
    }
}

impl Written {
    /// One line, for the way between the processes.
    fn to_line(&self) -> String {
        match self {
            // Numbers and words: they always become JSON.
            Self::Controller(made) => format!("controller {}", json::compact(made).unwrap_or_default()),
            Self::Refused(refusal) => refusal.to_line(),
            Self::Unfit(reason) => format!("unfit {reason}"),
        }
    }

    fn from_line(line: &str) -> Option<Self> {
        let (word, rest) = line.trim_end().split_once(' ')?;
        match word {
            "controller" => serde_json::from_str(rest).ok().map(Self::Controller),
            "errno" => Refusal::from_rest(rest).map(Self::Refused),
            "unfit" => Some(Self::Unfit(rest.to_owned())),
            _ => None,
        }
    }
}

/// The child: a line in, a write, a line out, until the parent is gone.
fn serve(root: &Path, stream: &UnixStream) -> io::Result<()> {
    let (mut questions, mut answers) = (stream, stream);
    // One for all lines, wiped after each: they may hold secrets.
    let mut buffer = Zeroizing::new([0; MAX_LINE]);
    let mut kmsg = Kmsg::open(root);
    while let Some(line) = read_line(&mut questions, &mut buffer)? {
        let answer = answer(root, line, &mut kmsg, &tls_sockets::Kernel)
            .ok_or_else(|| io::Error::from(io::ErrorKind::InvalidData))?;
        buffer.zeroize();
        answers.write_all((answer + "\n").as_bytes())?;
    }
    Ok(())
}

/// Does what a line says.
fn answer(root: &Path, line: &str, kmsg: &mut Kmsg, sockets: &dyn TlsSockets) -> Option<String> {
    if line == SUPPORTED {
        return Some(match list(&root.join(&DEVICE[1..])) {
            Ok(list) => format!("{SUPPORTED} {}", list.trim().replace('\n', ",")),
            Err(error) => format!("errno {}", error.raw_os_error().unwrap_or(libc::EIO)),
        });
    }
    let (verb, rest) = line.split_once(' ')?;
    let (terms, options) = rest.rsplit_once(' ')?;
    let terms: Terms = serde_json::from_str(terms).ok()?;
    let manner = Manner::of_word(verb);
    if manner == Some(Manner::Again) {
        return Some(discovery::ask(root, options, Manner::Again).to_line());
    }
    kmsg.mark();
    let since = terms.before(sockets);
    Some(match (manner, write_options(&root.join(&DEVICE[1..]), options)) {
        (Some(_), Err(error)) => Asked::Refused(Refusal::new(&error, &terms, kmsg)).to_line(),
        (None, Err(error)) => Written::Refused(Refusal::new(&error, &terms, kmsg)).to_line(),
        (Some(manner), Ok(instance)) => ask_if_fit(root, instance, manner, &terms, (kmsg, &since)).to_line(),
        (None, Ok(instance)) => keep_if_fit(root, instance, &terms, (kmsg, &since)).to_line(),
    })
}

/// Where it shows whether terms were kept: the kernel's log and its sockets, since the connection was begun.
type Signs<'a> = (&'a mut Kmsg, &'a Since<'a>);

/// Asks a discovery controller; what it tells does not count when it does not keep to the terms.
fn ask_if_fit(root: &Path, instance: u32, manner: Manner, terms: &Terms, (kmsg, since): Signs<'_>) -> Asked {
    let name = format!("nvme{instance}");
    if let Err(reason) = terms.judge_tls(root, &name, since) {
        discovery::close_or_warn(root, &name);
        return Asked::Silent(reason);
    }
    match discovery::ask(root, &name, manner) {
        Asked::Told(log, kept) => match judge(terms, None, kmsg) {
            Ok(_) => Asked::Told(log, kept),
            Err(reason) => {
                kept.iter().for_each(|name| discovery::close_or_warn(root, name));
                Asked::Silent(reason)
            }
        },
        other => other,
    }
}

/// Holds what is connected against the terms, if there are any: who is held against nothing need not be listened to.
fn judge(terms: &Terms, controller: Option<&str>, kmsg: &mut Kmsg) -> Result<Option<Proof>, String> {
    let logged = if terms.bind() { kmsg.nvme_lines() } else { None };
    terms.judge(controller, logged.as_deref())
}

/// Takes a controller away again at once when it does not keep to the terms.
fn keep_if_fit(root: &Path, instance: u32, terms: &Terms, (kmsg, since): Signs<'_>) -> Written {
    let name = format!("nvme{instance}");
    let secured = terms.judge_tls(root, &name, since);
    match secured.and_then(|secured| Ok((secured, judge(terms, Some(&name), kmsg)?))) {
        Ok((secured, proof)) => {
            Written::Controller(Made { instance, authenticated: proof.map(|proof| proof.to_string()), secured })
        }
        Err(reason) => match discovery::close(root, &name) {
            Ok(()) => Written::Unfit(reason),
            Err(error) => Written::Unfit(format!("{reason}; {name} cannot be taken away: {error}")),
        },
    }
}

/// A line without its end; `None` when the parent is gone. Nothing is behind it: the parent waits for each answer.
fn read_line<'b>(stream: &mut impl Read, buffer: &'b mut [u8; MAX_LINE]) -> io::Result<Option<&'b str>> {
    let mut length = 0;
    while !buffer[..length].ends_with(b"\n") {
        match stream.read(&mut buffer[length..]) {
            // Also when the buffer is full.
            Ok(0) => return Ok(None),
            Ok(more) => length += more,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    std::str::from_utf8(&buffer[..length - 1]).map(Some).map_err(io::Error::other)
}

#[expect(clippy::disallowed_methods, reason = "the kernel's device, whose options have a quoting of their own")]
fn open(device: &Path) -> io::Result<File> {
    OpenOptions::new().read(true).write(true).open(device)
}

/// Writes an option string and reads the instance number from the same open file.
fn write_options(device: &Path, options: &str) -> io::Result<u32> {
    let mut file = open(device)?;
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

/// What the device says of the options that it knows; a kernel that gives no list is no error. While another process writes, the
/// kernel has the reader wait, and no signal ends that: for the child only.
fn list(device: &Path) -> io::Result<String> {
    let mut file = open(device)?;
    let mut list = [0; 4096];
    let length = file.read(&mut list).unwrap_or(0);
    Ok(String::from_utf8_lossy(&list[..length]).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nvme::keys::{Identity, Tls, TlsKey};
    use crate::nvme::tls_sockets::fake::{InMemory, show, socket};
    use libnbft::plan::{CipherSuite, Need, Origin, Policy, SecureChannel};

    #[test]
    fn the_instance_is_read_from_the_answer() {
        assert_eq!(instance("instance=3,cntlid=17\n"), Some(3));
        assert_eq!(instance("instance=-1,cntlid=-1"), None);
        assert_eq!(instance(""), None);
    }

    #[test]
    fn options_are_known_refused_or_not_listed() {
        let list = "transport=%s,nqn=%s,";
        assert_eq!(supported(&format!("supported {list}\n")).unwrap(), Supported::from_list(list));
        assert_eq!(supported("supported \n").unwrap(), Supported::default());
        assert_eq!(supported("errno 2\n").unwrap_err().raw_os_error(), Some(2));
        assert_eq!(supported("").unwrap_err().to_string(), ended().to_string());
    }

    #[test]
    fn answers_are_told_apart() {
        let (how, secured) = (Some("DH-HMAC-CHAP with SHA-256".to_owned()), Some("TLS 1.3".to_owned()));
        for written in [
            Written::Controller(Made { instance: 2, ..Made::default() }),
            Written::Controller(Made { instance: 0, authenticated: how.clone(), secured: None }),
            Written::Controller(Made { instance: 3, authenticated: how, secured }),
            Written::Refused(Refusal { errno: 111, reason: "the target refuses: it says \"no\"".into() }),
            Written::Unfit("the target asked for none".into()),
        ] {
            assert_eq!(Written::from_line(&format!("{}\n", written.to_line())), Some(written));
        }
        assert_eq!(Written::from_line(""), None);
        assert_eq!(Written::from_line("controller x\n"), None);
        assert_eq!(Written::from_line("errno 111\n"), None);
    }

    #[test]
    fn lines_are_read_whole() {
        let mut buffer = [0; MAX_LINE];
        let mut pieces = b"nqn=a,".chain(&b"transport=tcp\n"[..]);
        assert_eq!(read_line(&mut pieces, &mut buffer).unwrap(), Some("nqn=a,transport=tcp"));
        assert_eq!(read_line(&mut pieces, &mut buffer).unwrap(), None);
        assert_eq!(read_line(&mut [b'x'; MAX_LINE + 1].as_slice(), &mut buffer).unwrap(), None);
    }

    #[test]
    fn a_controller_with_another_cipher_suite_is_taken_away() {
        let root = std::env::temp_dir().join(format!("nbft-fabrics-{}", std::process::id()));
        show(&root, "nvme0", 1);
        let controller = root.join("sys/class/nvme/nvme0");
        std::fs::write(controller.join("tls_key"), "00000001\n").unwrap();
        let (mut policy, mut channel) = (Policy::default(), SecureChannel::default());
        (channel.need, channel.ciphers) = (Need::Required, Some(vec![CipherSuite::Aes128GcmSha256]));
        (policy.secure_channel, policy.profiles) = (channel, vec![Origin { table: "NBFT".into(), index: 1 }]);
        let identity = Identity::of_name("NVMe1R01 h s d", "h", "s").unwrap();
        let terms = Terms::new(Some(&policy), None).with_tls(Some(&Tls::Psk(TlsKey { serial: 1, identity })));
        let mut kmsg = Kmsg::open(&root);
        for (cipher, fits) in [(51, true), (54, false)] {
            let taken_away = || std::fs::read_to_string(controller.join("delete_controller")).unwrap() == "1";
            let begin = || std::fs::write(controller.join("delete_controller"), "").unwrap();
            let sockets = InMemory::default();
            let since = terms.before(&sockets);
            sockets.add(socket(1, 40000, cipher));
            begin();
            let reason = "the cipher suite of nvme0 is TLS_CHACHA20_POLY1305_SHA256, as tlshd and the target agreed on, and \
                          security profile 1 of NBFT allows only TLS_AES_128_GCM_SHA256";
            let secured = "TLS 1.3 with a PSK of SHA-256, cipher suite TLS_AES_128_GCM_SHA256".to_owned();
            let expected = match fits {
                true => Written::Controller(Made { instance: 0, authenticated: None, secured: Some(secured) }),
                false => Written::Unfit(reason.into()),
            };
            assert_eq!(keep_if_fit(&root, 0, &terms, (&mut kmsg, &since)), expected);
            assert_eq!(taken_away(), !fits);
            // A discovery controller is not even asked: here it could not be.
            begin();
            let asked = ask_if_fit(&root, 0, Manner::Lasting, &terms, (&mut kmsg, &since));
            assert_eq!(asked == Asked::Silent(reason.into()), !fits, "{asked:?}");
            assert!(taken_away());
        }
        std::fs::remove_dir_all(&root).unwrap();
    }
}
