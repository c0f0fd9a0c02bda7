//! Stands in for the fabrics device: answers as told, and shows in the test's root directory what sysfs would.

use super::{NID, tls};
use crate::nvme::discovery::{DiscoveryConnection, DiscoveryResult};
use crate::nvme::fabrics::options::Supported;
use crate::nvme::fabrics::{Fabrics, NewController, Written};
use crate::nvme::security::{Requirements, Violation};
use libnbft::discovery_log::Log;
use std::cell::RefCell;
use std::collections::VecDeque;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::time::Duration;

/// Shows a controller with one namespace as sysfs would.
pub(in crate::connect) fn show_controller(root: &Path, number: usize, options: &str, nid: &str) {
    let option =
        |key: &str| options.split(',').find_map(|o| o.strip_prefix(key)?.strip_prefix('=')).unwrap_or_default();
    let directory = root.join(format!("sys/class/nvme/nvme{number}"));
    let namespace = directory.join(format!("nvme0c{number}n1"));
    fs::create_dir_all(&namespace).unwrap();
    fs::create_dir_all(root.join("sys/block/nvme0n1")).unwrap();
    let address = format!(
        "traddr={},trsvcid={},host_traddr={},host_iface={}\n",
        option("traddr"),
        option("trsvcid"),
        option("host_traddr"),
        option("host_iface")
    );
    for (file, text) in
        [("transport", "tcp\n"), ("state", "live\n"), ("subsysnqn", option("nqn")), ("address", address.as_str())]
    {
        fs::write(directory.join(file), text).unwrap();
    }
    // The kernel has a number of its own for a key that it has made.
    let made = options.split(',').any(|option| option == "concat").then_some(0x00c0_ffee);
    if let Some(serial) = option("tls_key").parse::<i32>().ok().or(made) {
        fs::write(directory.join("tls_key"), format!("{serial:08x}\n")).unwrap();
        tls::show_sockets(root, number, option("trsvcid"));
    }
    fs::write(namespace.join("nsid"), "1\n").unwrap();
    fs::write(namespace.join("uuid"), format!("{nid}\n")).unwrap();
}

/// What the stand-in does for each write, in turn; when it has no more answers, it connects.
pub(super) enum Answer {
    /// A controller whose namespace has this UUID.
    Connect(&'static str),
    Errno(i32),
    /// The child is gone.
    Broken,
    Hang,
    /// It did not keep to its requirements.
    PolicyViolation(Violation),
    /// The same, and for a while it was there for all to see.
    ViolationLater(Violation),
    /// Only for a discovery controller; when it has no more of these, it has nothing to tell.
    Tell(DiscoveryResult),
}

pub(super) struct Fake {
    pub(super) root: PathBuf,
    pub(super) answers: VecDeque<Answer>,
    pub(super) written: Rc<RefCell<Vec<String>>>,
}

impl Fabrics for Fake {
    async fn supported(&mut self) -> io::Result<Supported> {
        Ok(Supported::from_list(&fs::read_to_string(self.root.join("dev/nvme-fabrics"))?))
    }

    async fn connect(&mut self, options: &str, requirements: &Requirements) -> io::Result<Written> {
        let number = self.written.borrow().len();
        self.written.borrow_mut().push(options.to_owned());
        let next = self.answers.iter().position(|answer| !matches!(answer, Answer::Tell(_)));
        match next.and_then(|next| self.answers.remove(next)).unwrap_or(Answer::Connect(NID)) {
            Answer::Connect(nid) => {
                let sockets = tls::InRoot(self.root.clone());
                let since = requirements.before(&sockets);
                show_controller(&self.root, number, options, nid);
                Ok(match requirements.verify_tls(&self.root, &format!("nvme{number}"), &since) {
                    Ok(secured) => {
                        Written::Controller(NewController { instance: number as u32, authenticated: None, secured })
                    }
                    Err(reason) => {
                        fs::remove_dir_all(self.root.join(format!("sys/class/nvme/nvme{number}")))?;
                        Written::PolicyViolation(reason)
                    }
                })
            }
            Answer::Errno(errno) => Ok(Written::Refused(requirements.refusal(errno, &[]))),
            Answer::PolicyViolation(violation) => Ok(Written::PolicyViolation(violation)),
            Answer::ViolationLater(violation) => {
                show_controller(&self.root, number, options, NID);
                tokio::time::sleep(Duration::from_millis(300)).await;
                fs::remove_dir_all(self.root.join(format!("sys/class/nvme/nvme{number}")))?;
                Ok(Written::PolicyViolation(violation))
            }
            Answer::Broken => Err(io::Error::other("gone")),
            Answer::Hang => std::future::pending().await,
            Answer::Tell(_) => unreachable!("passed over above"),
        }
    }

    async fn discover(
        &mut self,
        kind: DiscoveryConnection,
        which: &str,
        _: &Requirements,
    ) -> io::Result<DiscoveryResult> {
        let number = self.written.borrow().len();
        let verb = match kind {
            DiscoveryConnection::Transient => "discover",
            DiscoveryConnection::Persistent => "keep",
            DiscoveryConnection::Existing => "again",
        };
        self.written.borrow_mut().push(format!("{verb} {which}"));
        if kind == DiscoveryConnection::Persistent {
            show_controller(&self.root, number, which, NID);
            fs::write(self.root.join(format!("sys/class/nvme/nvme{number}/cntrltype")), "discovery\n")?;
        }
        let name = match kind {
            DiscoveryConnection::Persistent => Some(format!("nvme{number}")),
            DiscoveryConnection::Transient | DiscoveryConnection::Existing => None,
        };
        let next = self.answers.iter().position(|answer| matches!(answer, Answer::Tell(_)));
        match next.and_then(|next| self.answers.remove(next)) {
            Some(Answer::Tell(DiscoveryResult::LogPage(log, _))) => Ok(DiscoveryResult::LogPage(log, name)),
            Some(Answer::Tell(asked)) => Ok(asked),
            _ => Ok(DiscoveryResult::LogPage(Log::default(), name)),
        }
    }
}
