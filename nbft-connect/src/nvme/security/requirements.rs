//! Gathers the security requirements of a connection, and says whether it meets them.

use super::authentication::Proof;
use super::violation::Violation;
use super::words::{channel_of, does, requires};
use crate::nvme::explain::{self, AuthenticationLog, Cause, Refusal};
use crate::nvme::keys::{Secrets, Serial};
use crate::nvme::sysfs;
use libnbft::plan::{Need, Policy};
use serde::{Deserialize, Serialize};
use std::path::Path;

/// The security requirements of a connection.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Requirements {
    pub(super) policy: Option<Policy>,
    /// Whether the kernel gets a secret.
    pub(super) has_secret: bool,
    /// Whether the controller must authenticate too.
    pub(super) mutual: bool,
    /// The required TLS channel, if any.
    pub(super) tls: Option<Channel>,
}

/// The secure channel that a connection must have.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Channel {
    /// The required key; `None`: any, since the kernel makes it.
    pub(super) key: Option<Serial>,
    /// A description of the channel, for messages.
    pub(super) description: String,
}

impl Requirements {
    /// For a connection with this policy and these secrets.
    #[must_use]
    pub fn new(policy: Option<&Policy>, secrets: Option<&Secrets>) -> Self {
        let mutual = secrets.is_some_and(|secrets| secrets.controller.is_some());
        // The helper process does not need the secrets' places.
        let mut policy = policy.cloned();
        policy.iter_mut().for_each(|policy| policy.redfish.clear());
        Self { policy, has_secret: secrets.is_some(), mutual, tls: None }
    }

    /// The policy whose authentication must be verified, if any.
    fn binding(&self) -> Option<&Policy> {
        self.policy.as_ref().filter(|_| self.has_secret)
    }

    /// Whether [`Requirements::verify`] needs the kernel's log.
    #[must_use]
    pub fn needs_log(&self) -> bool {
        self.binding().is_some()
    }

    /// Verifies the authentication of a connection. `logged` is what the kernel logged since the connection began; `controller` is
    /// `nvmeN`, where that is known.
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

    /// Why the target refused the connection, if authentication caused it.
    #[must_use]
    pub fn explain(&self, logged: &[String]) -> Option<Cause> {
        match explain::authentication(logged)? {
            AuthenticationLog::ControllerFailed => return Some(Cause::ControllerProofWrong),
            AuthenticationLog::Failed => {}
        }
        Some(match (self.has_secret, &self.policy) {
            (true, _) => Cause::AuthenticationFailed,
            (_, None) => Cause::AuthenticationUnplanned,
            (_, Some(policy)) if policy.authentication.need == Need::NotSupported => {
                Cause::AuthenticationUnsupported(does(policy))
            }
            _ => Cause::AuthenticationWithoutSecret,
        })
    }

    /// Why the kernel refused the connection, from the errno of the write and the kernel's log of that time.
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

/// Checks in sysfs that a controller, `nvmeN`, satisfies a policy.
///
/// # Errors
///
/// What it lacks: a key, so it is in plaintext, or a secret, so it was not authenticated.
pub fn satisfies(policy: &Policy, root: &Path, controller: &str) -> Result<(), Violation> {
    if policy.secure_channel.need == Need::Required && sysfs::tls_key(root, controller).is_none() {
        return Err(Violation::Plaintext { controller: controller.into(), by: channel_of(policy) });
    }
    if policy.authentication.need == Need::Required && sysfs::has_secret(root, controller) == Some(false) {
        return Err(Violation::WithoutSecret { controller: controller.into(), requires: requires(policy) });
    }
    Ok(())
}
