//! Runs the helper process that writes to the fabrics device, and talks to it.
//!
//! The kernel makes one controller at a time. A write blocks for seconds to minutes, as long as the target lets it, and cannot be
//! interrupted. So a child process writes: the parent can end, and the root can be switched, while the child hangs.

use super::options::Supported;
use super::protocol::{self, Answer, Question};
use super::{DEVICE, Fabrics, NewController, Written};
use crate::nvme::discovery::{self, DiscoveryConnection, DiscoveryResult, LogPageError};
use crate::nvme::explain::Refusal;
use crate::nvme::kmsg::Kmsg;
use crate::nvme::security::authentication::Proof;
use crate::nvme::security::{Requirements, Violation};
use crate::nvme::sock_diag::{self, Since, TlsSockets};
use crate::nvme::sysfs;
use nix::unistd::{ForkResult, fork};
use std::fs::{File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};

/// The helper process, not yet on the runtime.
#[derive(Debug)]
pub struct Helper {
    stream: UnixStream,
}

/// The helper process, on the runtime.
#[derive(Debug)]
pub struct Device {
    stream: tokio::net::UnixStream,
}

impl Helper {
    /// Starts the helper, which runs `prepare` first. `/dev` and `/sys` are under `root`. Call it before the runtime is made, while
    /// the process has one thread.
    ///
    /// # Errors
    ///
    /// When the kernel gives no process or socket.
    pub fn start(root: PathBuf, prepare: impl FnOnce()) -> io::Result<Self> {
        let (parent, child) = UnixStream::pair()?;
        // SAFETY: the process has one thread here, so the child's copy is complete; the child runs ordinary code and leaves by
        // `_exit`.
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

    /// Moves the helper onto the runtime.
    ///
    /// # Errors
    ///
    /// When the runtime cannot watch its socket.
    pub fn into_device(self) -> io::Result<Device> {
        self.stream.set_nonblocking(true)?;
        Ok(Device { stream: tokio::net::UnixStream::from_std(self.stream)? })
    }
}

impl Device {
    /// Sends a question with its options and waits for the answer. If either cannot be sent or read, the answer is
    /// [`Answer::Malformed`]: this fails one connection and no other.
    async fn send(&mut self, question: &Question, options: &str) -> io::Result<Answer> {
        let Some(question) = protocol::content(question).filter(|_| options.len() <= protocol::MAX_FRAME) else {
            return Ok(Answer::Malformed);
        };
        protocol::send(&mut self.stream, &question).await?;
        protocol::send(&mut self.stream, options.as_bytes()).await?;
        let answer = protocol::receive(&mut self.stream).await?.ok_or_else(ended)?;
        Ok(Answer::parse(&answer).unwrap_or(Answer::Malformed))
    }
}

fn ended() -> io::Error {
    io::Error::other("the process that writes to the fabrics device has ended")
}

impl Fabrics for Device {
    async fn supported(&mut self) -> io::Result<Supported> {
        match self.send(&Question::Supported, "").await? {
            // An old kernel gives an empty list.
            Answer::Supported(Ok(list)) => Ok(Supported::from_list(&list)),
            Answer::Supported(Err(errno)) => Err(io::Error::from_raw_os_error(errno)),
            _ => Err(io::Error::other(Refusal::of_helper().to_string())),
        }
    }

    async fn connect(&mut self, options: &str, requirements: &Requirements) -> io::Result<Written> {
        Ok(match self.send(&Question::Connect(requirements.clone()), options).await? {
            Answer::Written(written) => written,
            _ => Written::Refused(Refusal::of_helper()),
        })
    }

    async fn discover(
        &mut self,
        connection: DiscoveryConnection,
        which: &str,
        requirements: &Requirements,
    ) -> io::Result<DiscoveryResult> {
        Ok(match self.send(&Question::Discover(connection, requirements.clone()), which).await? {
            Answer::LogPage(result) => result,
            _ => DiscoveryResult::Unreadable(LogPageError::HelperFailed),
        })
    }
}

/// The main loop of the helper: reads a question, acts, answers, until the parent is gone.
fn serve(root: &Path, stream: &UnixStream) -> io::Result<()> {
    let (mut questions, mut answers) = (stream, stream);
    let mut kmsg = Kmsg::open(root);
    while let Some(question) = protocol::read(&mut questions)? {
        // The options may hold secrets, so they are wiped before the next question.
        let Some(options) = protocol::read(&mut questions)? else { return Ok(()) };
        let parsed = Question::parse(&question).zip(std::str::from_utf8(&options).ok());
        let answer = parsed.map_or(Answer::Malformed, |(question, options)| {
            answer(root, &question, options, &mut kmsg, &sock_diag::Kernel)
        });
        let content = protocol::content(&answer).or_else(|| protocol::content(&Answer::Malformed));
        protocol::write(&mut answers, &content.unwrap_or_default())?;
    }
    Ok(())
}

/// Acts on a question.
fn answer(root: &Path, question: &Question, options: &str, kmsg: &mut Kmsg, sockets: &dyn TlsSockets) -> Answer {
    let device = root.join(&DEVICE[1..]);
    let (connection, requirements) = match question {
        Question::Supported => {
            let list = list(&device).map(|list| list.trim().replace('\n', ","));
            return Answer::Supported(list.map_err(|error| error.raw_os_error().unwrap_or(libc::EIO)));
        }
        Question::Discover(DiscoveryConnection::Existing, _) => {
            return Answer::LogPage(discovery::read_log(root, options, DiscoveryConnection::Existing));
        }
        Question::Discover(connection, requirements) => (Some(*connection), requirements),
        Question::Connect(requirements) => (None, requirements),
    };
    kmsg.mark();
    let since = requirements.before(sockets);
    match (connection, write_options(&device, options)) {
        (Some(_), Err(error)) => Answer::LogPage(DiscoveryResult::Refused(refusal(&error, requirements, kmsg))),
        (None, Err(error)) => Answer::Written(Written::Refused(refusal(&error, requirements, kmsg))),
        (Some(connection), Ok(instance)) => {
            Answer::LogPage(read_if_verified(root, instance, connection, requirements, (kmsg, &since)))
        }
        (None, Ok(instance)) => Answer::Written(keep_if_verified(root, instance, requirements, (kmsg, &since))),
    }
}

/// Why the kernel refused a write.
fn refusal(error: &io::Error, requirements: &Requirements, kmsg: &mut Kmsg) -> Refusal {
    requirements.refusal(error.raw_os_error().unwrap_or(libc::EIO), &kmsg.nvme_lines().unwrap_or_default())
}

/// The kernel's log and its sockets since the connection began: the evidence for verification.
type Evidence<'a> = (&'a mut Kmsg, &'a Since<'a>);

/// Reads the log page of a new discovery controller, unless the controller violates the requirements.
fn read_if_verified(
    root: &Path,
    instance: u32,
    connection: DiscoveryConnection,
    requirements: &Requirements,
    (kmsg, since): Evidence<'_>,
) -> DiscoveryResult {
    let name = format!("nvme{instance}");
    if let Err(violation) = requirements.verify_tls(root, &name, since) {
        discovery::close_or_warn(root, &name);
        return DiscoveryResult::Unreadable(LogPageError::Violation(violation));
    }
    match discovery::read_log(root, &name, connection) {
        DiscoveryResult::LogPage(log, kept) => match verify(requirements, None, kmsg) {
            Ok(_) => DiscoveryResult::LogPage(log, kept),
            Err(violation) => {
                kept.iter().for_each(|name| discovery::close_or_warn(root, name));
                DiscoveryResult::Unreadable(LogPageError::Violation(violation))
            }
        },
        other => other,
    }
}

/// Verifies the authentication of a connection. Reads the kernel's log only if that is needed.
fn verify(requirements: &Requirements, controller: Option<&str>, kmsg: &mut Kmsg) -> Result<Option<Proof>, Violation> {
    let logged = if requirements.needs_log() { kmsg.nvme_lines() } else { None };
    requirements.verify(controller, logged.as_deref())
}

/// Keeps a new controller if it meets the requirements, and disconnects it otherwise.
fn keep_if_verified(root: &Path, instance: u32, requirements: &Requirements, (kmsg, since): Evidence<'_>) -> Written {
    let name = format!("nvme{instance}");
    let secured = requirements.verify_tls(root, &name, since);
    match secured.and_then(|secured| Ok((secured, verify(requirements, Some(&name), kmsg)?))) {
        Ok((secured, proof)) => Written::Controller(NewController {
            instance,
            authenticated: proof.map(|proof| proof.to_string()),
            secured,
        }),
        Err(violation) => match sysfs::disconnect(root, &name) {
            Ok(()) => Written::PolicyViolation(violation),
            Err(error) => Written::PolicyViolation(Violation::Stays {
                violation: Box::new(violation),
                controller: name,
                error: error.to_string(),
            }),
        },
    }
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

/// The list of options that the device supports; empty for a kernel that gives none. Only the helper may call this: while another
/// process writes, the kernel blocks the reader, and no signal interrupts it.
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
    use crate::nvme::sock_diag::fake::{InMemory, show, socket};
    use libnbft::plan::{CipherSuite, Need, Origin, Policy, SecureChannel};

    #[test]
    fn the_instance_is_read_from_the_answer() {
        assert_eq!(instance("instance=3,cntlid=17\n"), Some(3));
        assert_eq!(instance("instance=-1,cntlid=-1"), None);
        assert_eq!(instance(""), None);
    }

    /// A helper on a thread, whose device is a file under `root`.
    fn helper(root: &Path) -> Device {
        std::fs::create_dir_all(root.join("dev")).unwrap();
        std::fs::write(root.join("dev/nvme-fabrics"), "transport=%s,nqn=%s\n").unwrap();
        let (parent, child) = UnixStream::pair().unwrap();
        let root = root.to_path_buf();
        std::thread::spawn(move || serve(&root, &child));
        Helper { stream: parent }.into_device().unwrap()
    }

    #[tokio::test(flavor = "current_thread")]
    async fn a_question_that_is_too_long_or_malformed_fails_alone() {
        let directory = tempfile::tempdir().unwrap();
        let root = directory.path();
        let mut device = helper(root);
        let known = Supported::from_list("transport=%s,nqn=%s");
        assert_eq!(device.supported().await.unwrap(), known);
        // Ten keypaths, more profiles than there can be, and options of more than a page.
        let mut policy = Policy::default();
        policy.redfish = (0..10).map(|number| format!("https://192.0.2.9/{number}{}", "k".repeat(990))).collect();
        policy.profiles = (0..255).map(|index| Origin { table: "NBFT".repeat(20), index }).collect();
        let requirements = Requirements::new(Some(&policy), None);
        assert!(!format!("{requirements:?}").contains("192.0.2.9"), "the helper gets no keypaths");
        let options = "o".repeat(9000);
        let refusal = |written: Written| match written {
            Written::Refused(refusal) => refusal,
            other => panic!("{other:?}"),
        };
        // The file takes the options and returns no instance.
        assert_eq!(refusal(device.connect(&options, &requirements).await.unwrap()).errno, libc::EPROTO);
        let huge = "o".repeat(protocol::MAX_FRAME + 1);
        assert_eq!(refusal(device.connect(&huge, &requirements).await.unwrap()), Refusal::of_helper());
        assert_eq!(
            device.discover(DiscoveryConnection::Transient, &huge, &requirements).await.unwrap(),
            DiscoveryResult::Unreadable(LogPageError::HelperFailed)
        );
        for question in [&b"connect x"[..], b"\xff", b""] {
            protocol::send(&mut device.stream, question).await.unwrap();
            protocol::send(&mut device.stream, b"nqn=a").await.unwrap();
            let answer = protocol::receive(&mut device.stream).await.unwrap().unwrap();
            assert_eq!(Answer::parse(&answer), Some(Answer::Malformed));
        }
        assert!(device.supported().await.is_ok());
        std::fs::remove_file(root.join("dev/nvme-fabrics")).unwrap();
        assert_eq!(device.supported().await.unwrap_err().raw_os_error(), Some(libc::ENOENT));
        // The helper is gone.
        let (parent, child) = UnixStream::pair().unwrap();
        drop(child);
        let mut alone = Helper { stream: parent }.into_device().unwrap();
        assert!(alone.connect("", &requirements).await.is_err());
    }

    #[test]
    fn a_controller_with_a_wrong_cipher_suite_is_disconnected() {
        let directory = tempfile::tempdir().unwrap();
        let root = directory.path();
        show(root, "nvme0", 1);
        let controller = root.join("sys/class/nvme/nvme0");
        std::fs::write(controller.join("tls_key"), "00000001\n").unwrap();
        let (mut policy, mut channel) = (Policy::default(), SecureChannel::default());
        (channel.need, channel.ciphers) = (Need::Required, Some(vec![CipherSuite::Aes128GcmSha256]));
        (policy.secure_channel, policy.profiles) = (channel, vec![Origin { table: "NBFT".into(), index: 1 }]);
        let identity = Identity::of_name("NVMe1R01 h s d", "h", "s").unwrap();
        let requirements =
            Requirements::new(Some(&policy), None).with_tls(Some(&Tls::Psk(TlsKey { serial: 1, identity })));
        let mut kmsg = Kmsg::open(root);
        for (cipher, fits) in [(51, true), (54, false)] {
            let is_disconnected = || std::fs::read_to_string(controller.join("delete_controller")).unwrap() == "1";
            let begin = || std::fs::write(controller.join("delete_controller"), "").unwrap();
            let sockets = InMemory::default();
            let since = requirements.before(&sockets);
            sockets.add(socket(1, 40000, cipher));
            begin();
            let reason = "the cipher suite of nvme0 is TLS_CHACHA20_POLY1305_SHA256, as tlshd and the target agreed on, and \
                          security profile 1 of NBFT allows only TLS_AES_128_GCM_SHA256";
            let violation = Violation::SuiteNotAllowed {
                controller: "nvme0".into(),
                suite: "TLS_CHACHA20_POLY1305_SHA256".into(),
                only: "security profile 1 of NBFT allows only TLS_AES_128_GCM_SHA256".into(),
            };
            let secured = "TLS 1.3 with a PSK of SHA-256, cipher suite TLS_AES_128_GCM_SHA256".to_owned();
            let expected = match fits {
                true => Written::Controller(NewController { instance: 0, authenticated: None, secured: Some(secured) }),
                false => Written::PolicyViolation(violation.clone()),
            };
            assert_eq!(violation.to_string(), reason);
            assert_eq!(keep_if_verified(root, 0, &requirements, (&mut kmsg, &since)), expected);
            assert_eq!(is_disconnected(), !fits);
            // The log page of a discovery controller is not read; here it could not be.
            begin();
            let result = read_if_verified(root, 0, DiscoveryConnection::Persistent, &requirements, (&mut kmsg, &since));
            let expected = DiscoveryResult::Unreadable(LogPageError::Violation(violation));
            assert_eq!(result == expected, !fits, "{result:?}");
            assert!(is_disconnected());
        }
    }
}
