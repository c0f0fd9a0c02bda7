//! What a connection must show, and whether it does.

use super::authentication::Proof;
use super::violation::Violation;
use super::words::{channel_of, does, requires};
use crate::nvme::explain::{self, AuthenticationLog, Cause, Refusal};
use crate::nvme::keys::{Secrets, Serial};
use crate::nvme::sysfs;
use libnbft::plan::{Need, Policy};
use serde::{Deserialize, Serialize};
use std::path::Path;

/// What a connection must show.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Requirements {
    pub(super) policy: Option<Policy>,
    /// Whether a secret was given at all.
    pub(super) given: bool,
    /// Whether the controller must prove itself too.
    pub(super) mutual: bool,
    /// The key by which it must be secured with TLS.
    pub(super) tls: Option<Channel>,
}

/// The secure channel that a connection must have.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Channel {
    /// The key by which it must be secured; `None`: any, for the kernel makes it.
    pub(super) key: Option<Serial>,
    /// What that is, in words.
    pub(super) words: String,
}

impl Requirements {
    /// For a connection with this policy and these secrets.
    #[must_use]
    pub fn new(policy: Option<&Policy>, secrets: Option<&Secrets>) -> Self {
        let mutual = secrets.is_some_and(|secrets| secrets.controller.is_some());
        // Where secrets lie is nothing for the process that writes.
        let mut policy = policy.cloned();
        policy.iter_mut().for_each(|policy| policy.redfish.clear());
        Self { policy, given: secrets.is_some(), mutual, tls: None }
    }

    /// The policy that the connection is held against, if there is one.
    fn binding(&self) -> Option<&Policy> {
        self.policy.as_ref().filter(|_| self.given)
    }

    /// Whether the kernel's log has to be read to verify a connection.
    #[must_use]
    pub fn needs_log(&self) -> bool {
        self.binding().is_some()
    }

    /// Verifies the authentication of a connection by what the kernel logged since it was begun; `controller` is `nvmeN`, where that is
    /// known.
    ///
    /// # Errors
    ///
    /// Which requirement is not met.
    pub fn verify(&self, controller: Option<&str>, logged: Option<&[String]>) -> Result<Option<Proof>, Violation> {
        let Some(policy) = self.binding() else { return Ok(None) };
        let logged = logged.ok_or(Violation::LogUnreadable)?;
        let Some(proof) = Proof::read(controller, logged) else {
            return match (policy.authentication.need, self.mutual) {
                (Need::Required, _) => Err(Violation::NotAuthenticated { requires: requires(policy) }),
                (_, true) => Err(Violation::ControllerNotAsked),
                _ => Ok(None),
            };
        };
        let refused = |chosen: String| Err(Violation::AlgorithmNotAllowed { chosen, does: does(policy) });
        let authentication = &policy.authentication;
        if authentication.hashes.as_ref().is_some_and(|only| !only.iter().any(|hash| hash.name() == proof.hash)) {
            return refused(proof.hash);
        }
        if authentication.groups.as_ref().is_some_and(|only| !only.iter().any(|group| group.name() == proof.group)) {
            return refused(format!("key exchange {}", proof.group));
        }
        if self.mutual && !proof.controller {
            return Err(Violation::ControllerUnproved);
        }
        Ok(Some(proof))
    }

    /// Why the target refused the connection, where authentication had a part in it.
    #[must_use]
    pub fn explain(&self, logged: &[String]) -> Option<Cause> {
        match explain::authentication(logged)? {
            AuthenticationLog::ControllerFailed => return Some(Cause::ControllerProofWrong),
            AuthenticationLog::Failed => {}
        }
        Some(match (self.given, &self.policy) {
            (true, _) => Cause::AuthenticationFailed,
            (_, None) => Cause::AuthenticationUnplanned,
            (_, Some(policy)) if policy.authentication.need == Need::NotSupported => {
                Cause::AuthenticationUnsupported(does(policy))
            }
            _ => Cause::AuthenticationWithoutSecret,
        })
    }

    /// Why the kernel refused the connection: the errno of the write, and what the kernel logged meanwhile.
    #[must_use]
    pub fn refusal(&self, errno: i32, logged: &[String]) -> Refusal {
        let known = self.explain(logged);
        let handshake = || Refusal::of_handshake(errno, logged, self.keeps_from_plaintext());
        match self.secure() && known.is_none() {
            true => handshake().unwrap_or_else(|| Refusal::of_write(errno, None, logged)),
            false => Refusal::of_write(errno, known, logged),
        }
    }
}

/// Whether sysfs shows of a controller, `nvmeN`, what a policy requires.
///
/// # Errors
///
/// What it lacks: a key, so that it is in plaintext, or a secret, so that it was not authenticated.
pub fn satisfies(policy: &Policy, root: &Path, controller: &str) -> Result<(), Violation> {
    if policy.secure_channel.need == Need::Required && sysfs::tls_key(root, controller).is_none() {
        return Err(Violation::Plaintext { controller: controller.into(), by: channel_of(policy) });
    }
    if policy.authentication.need == Need::Required && sysfs::has_secret(root, controller) == Some(false) {
        return Err(Violation::WithoutSecret { controller: controller.into(), requires: requires(policy) });
    }
    Ok(())
}
