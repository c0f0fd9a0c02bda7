//! Secrets that Redfish services hold, where a security profile's keypath leads: a program of ours fetches them.
//!
//! It takes seconds and needs a network, so whoever connects waits for it while other things go on.

use super::Keys;
use super::found::{Failure, Found};
use super::names::Name;
use super::secret::Secret;
use super::source::Secrets;
use libnbft::plan::Policy;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};
use tokio::io::AsyncReadExt;
use tokio::process::Command;
use zeroize::Zeroizing;

/// The program.
const PROGRAM: &str = "usr/libexec/nbft-redfish";

/// How long it may take; it has limits of its own below that.
const LIMIT: Duration = Duration::from_secs(45);

/// After what time a service that could not be reached is asked again.
const AGAIN: Duration = Duration::from_secs(5);

/// How much it may print, in bytes: room for a thousand keys.
const MAX_OUTPUT: usize = 512 << 10;

/// How much of its complaint is read.
const MAX_COMPLAINT: u64 = 4096;

/// Whether a keypath needs no interface of the table: the service is behind the machine's own host interface.
#[must_use]
pub fn is_at_host_interface(keypath: &str) -> bool {
    keypath.starts_with('/')
}

/// What came of one keypath.
#[derive(Debug)]
enum State {
    /// With the reason why it was in vain before.
    UnderWay(Option<String>),
    Found(Vec<Found>),
    /// Why not, and when it may be tried again.
    Failed(String, Option<Instant>),
}

/// All that was fetched.
#[derive(Debug)]
pub(super) struct Store {
    root: PathBuf,
    fetched: RefCell<BTreeMap<String, State>>,
}

/// Something to be fetched.
#[derive(Debug)]
pub struct Fetch {
    keypath: String,
    hostnqn: String,
    root: PathBuf,
}

/// What was fetched.
#[derive(Debug)]
pub struct Fetched {
    keypath: String,
    result: Result<Vec<Found>, Failure>,
}

impl Store {
    pub(super) fn new(root: &Path) -> Self {
        Self { root: root.to_path_buf(), fetched: RefCell::default() }
    }

    /// The secrets for a subsystem.
    pub(super) fn secrets(&self, nqn: &str, keypaths: &[String]) -> Result<Option<Secrets>, String> {
        for keypath in keypaths {
            match (self.key(keypath, Name::HostSecret, nqn)?, self.key(keypath, Name::ControllerSecret, nqn)?) {
                (Some(host), controller) => return Ok(Some(Secrets { host, controller })),
                (None, Some(_)) => {
                    return Err(format!(
                        "{keypath} has a secret of the controller and none of this host: the controller proves itself only to a host \
                         that does so too"
                    ));
                }
                (None, None) => {}
            }
        }
        Ok(None)
    }

    /// The configured PSK for a subsystem.
    pub(super) fn psk(&self, nqn: &str, keypaths: &[String]) -> Result<Option<Secret>, String> {
        keypaths.iter().find_map(|keypath| self.key(keypath, Name::TlsPsk, nqn).transpose()).transpose()
    }

    /// The subsystem's own key, else the one for all.
    fn key(&self, keypath: &str, name: Name, nqn: &str) -> Result<Option<Secret>, String> {
        let fetched = self.fetched.borrow();
        let Some(State::Found(found)) = fetched.get(keypath) else { return Ok(None) };
        let of = |subsystem: Option<&str>| {
            found.iter().find(|found| found.name == name && found.subsystem.as_deref() == subsystem)
        };
        let found = of(Some(nqn)).or_else(|| of(None));
        let secret = found.map(|found| found.secret.clone()).transpose();
        secret.map_err(|reason| format!("{}: {reason}", name.text()))
    }

    /// In words, what came of these keypaths.
    pub(super) fn words(&self, keypaths: &[String]) -> String {
        let fetched = self.fetched.borrow();
        let words = |keypath: &String| {
            let what = match fetched.get(keypath) {
                None => "it was not asked",
                Some(State::UnderWay(_)) => "no answer yet",
                Some(State::Found(_)) => "it has none for this subsystem",
                Some(State::Failed(reason, _)) => reason,
            };
            format!("; by Redfish from {keypath}: {what}")
        };
        keypaths.iter().map(words).collect()
    }
}

impl Keys {
    /// What is to be fetched before a subsystem can be connected, as its policy has it: secrets are wanted that lie nowhere else.
    /// Those are under way from now on.
    #[must_use]
    pub fn to_fetch(&self, nqn: &str, policy: &Policy) -> Vec<Fetch> {
        if policy.redfish.is_empty() || self.is_closed() || !self.lacks(nqn, policy) {
            return Vec::new();
        }
        let mut fetched = self.redfish.fetched.borrow_mut();
        let may_be_asked = |keypath: &&String| match fetched.get(*keypath) {
            None => true,
            Some(State::Failed(_, again)) => again.is_some_and(|again| again <= Instant::now()),
            Some(State::UnderWay(_) | State::Found(_)) => false,
        };
        let wanted: Vec<String> = policy.redfish.iter().filter(may_be_asked).cloned().collect();
        let fetch = |keypath: String| {
            let before = match fetched.remove(&keypath) {
                Some(State::Failed(reason, _)) => Some(reason),
                _ => None,
            };
            fetched.insert(keypath.clone(), State::UnderWay(before));
            Fetch { keypath, hostnqn: self.hostnqn().to_owned(), root: self.redfish.root.clone() }
        };
        wanted.into_iter().map(fetch).collect()
    }

    /// Whether something is being fetched that a subsystem may need.
    #[must_use]
    pub fn is_fetching(&self, nqn: &str, policy: &Policy) -> bool {
        let fetched = self.redfish.fetched.borrow();
        let under_way = |keypath: &String| matches!(fetched.get(keypath), Some(State::UnderWay(_)));
        policy.redfish.iter().any(under_way) && self.lacks(nqn, policy)
    }

    /// Whether a secret is wanted for a subsystem and lies nowhere.
    fn lacks(&self, nqn: &str, policy: &Policy) -> bool {
        policy.authenticates() && matches!(self.find(nqn, &policy.redfish), Ok(None))
            || policy.secures() && !self.prepare_tls(nqn, &policy.redfish)
    }

    /// Takes in what was fetched.
    pub fn take(&self, fetched: Fetched) {
        let Fetched { keypath, result } = fetched;
        let mut all = self.redfish.fetched.borrow_mut();
        let state = match result {
            Ok(found) => {
                log::info!("{} secret(s) by Redfish from {keypath}", found.len());
                State::Found(found)
            }
            Err(failure) => {
                let reason = failure.to_string();
                // Nobody wants the same line every few seconds.
                let again_so = matches!(all.get(&keypath), Some(State::UnderWay(Some(before))) if *before == reason);
                let level = if again_so { log::Level::Debug } else { log::Level::Warn };
                log::log!(level, "no secret by Redfish: {reason}");
                let again = matches!(failure, Failure::ForNow(_)).then(|| Instant::now() + AGAIN);
                State::Failed(reason, again)
            }
        };
        all.insert(keypath, state);
    }
}

impl Fetch {
    /// Fetches it.
    pub async fn run(self) -> Fetched {
        let late = || Err(Failure::now(format_args!("/{PROGRAM} takes longer than {} s", LIMIT.as_secs())));
        let result = tokio::time::timeout(LIMIT, self.ask()).await.unwrap_or_else(|_| late());
        Fetched { keypath: self.keypath, result }
    }

    async fn ask(&self) -> Result<Vec<Found>, Failure> {
        let program = self.root.join(PROGRAM);
        let said = |what: &dyn std::fmt::Display| format!("{}: {what}", program.display());
        if !program.exists() {
            return Err(Failure::ForGood(said(&"it is not there, and fetches what a Redfish service holds")));
        }
        let mut command = Command::new(&program);
        command.arg("--print").arg("--root").arg(&self.root).args(["--", &self.keypath, &self.hostnqn]).env_clear();
        if let Some(credentials) = std::env::var_os("CREDENTIALS_DIRECTORY") {
            command.env("CREDENTIALS_DIRECTORY", credentials);
        }
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().map_err(|error| Failure::ForNow(said(&error)))?;
        let mut running = Running(child.id());
        // As long as it may become, so that no copy is left behind when it grows.
        let (mut output, mut complaint) = (Zeroizing::new(Vec::with_capacity(MAX_OUTPUT)), Vec::new());
        let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
        let read = async {
            if let Some(stdout) = stdout {
                stdout.take(MAX_OUTPUT as u64).read_to_end(&mut output).await?;
            }
            Ok::<_, std::io::Error>(())
        };
        let complain = async {
            if let Some(stderr) = stderr {
                stderr.take(MAX_COMPLAINT).read_to_end(&mut complaint).await?;
            }
            Ok::<_, std::io::Error>(())
        };
        let (read, complained) = tokio::join!(read, complain);
        read.and(complained).map_err(|error| Failure::ForNow(said(&error)))?;
        let status = child.wait().await.map_err(|error| Failure::ForNow(said(&error)))?;
        running.0 = None;
        let complaint = String::from_utf8_lossy(&complaint);
        match (status.success(), complaint.trim()) {
            (true, _) => parse(&output).ok_or_else(|| Failure::ForGood(said(&"what it prints are no keys"))),
            (false, "") => Err(Failure::ForNow(said(&status))),
            (false, reason) if status.code() == Some(Failure::STATUS_FOR_NOW.into()) => Err(Failure::now(reason)),
            (false, reason) => Err(Failure::good(reason)),
        }
    }
}

/// A program that is told to end when nobody waits for it any more: it leaves the NIC of the host interface as it was.
struct Running(Option<u32>);

impl Drop for Running {
    fn drop(&mut self) {
        if let Some(pid) = self.0 {
            // Nobody has waited for it, so the number is still its own.
            let _ = kill(Pid::from_raw(pid as i32), Signal::SIGTERM);
        }
    }
}

/// The lines of the program.
fn parse(output: &[u8]) -> Option<Vec<Found>> {
    std::str::from_utf8(output).ok()?.lines().map(Found::parse).collect()
}
