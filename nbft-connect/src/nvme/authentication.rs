//! What came of in-band authentication. The kernel authenticates where the target asks for it, with whatever hash function and
//! group the target chooses, and tells of it in its log alone: so a connection is held against its policy once it is there.

use super::keys::Secrets;
use libnbft::plan::{HashFunction, KxGroup, Need, Policy};
use serde::{Deserialize, Serialize};
use std::fmt;

/// What a connection must show.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Terms {
    policy: Option<Policy>,
    /// Whether a secret was given at all.
    given: bool,
    /// Whether the controller must prove itself too.
    mutual: bool,
}

/// How a connection was authenticated.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proof {
    hash: String,
    group: String,
    /// Whether the controller proved itself too.
    controller: bool,
}

impl Terms {
    /// For a connection with this policy and these secrets.
    #[must_use]
    pub fn new(policy: Option<&Policy>, secrets: Option<&Secrets>) -> Self {
        let mutual = secrets.is_some_and(|secrets| secrets.controller.is_some());
        Self { policy: policy.cloned(), given: secrets.is_some(), mutual }
    }

    /// Holds what the kernel logged since the connection was begun against the terms; `controller` is `nvmeN`, where that is known.
    ///
    /// # Errors
    ///
    /// In words, what of the terms was not kept.
    pub fn judge(&self, controller: Option<&str>, logged: Option<&[String]>) -> Result<Option<Proof>, String> {
        let Some(policy) = self.policy.as_ref().filter(|_| self.given) else { return Ok(None) };
        let logged = logged.ok_or("/dev/kmsg cannot be read, and nothing else tells whether it was authenticated")?;
        let Some(proof) = Proof::read(controller, logged) else {
            return match (policy.authentication.need, self.mutual) {
                (Need::Required, _) => Err(format!("the target asked for no authentication, but {} it", requires(policy))),
                (_, true) => Err("the target asked for no authentication, but the controller secret wants the controller to prove itself".into()),
                _ => Ok(None),
            };
        };
        let refused = |what: &str| Err(format!("the target chose {what}, which {} not allow", does(policy)));
        let authentication = &policy.authentication;
        if authentication.hashes.as_ref().is_some_and(|only| !only.iter().any(|hash| hash.name() == proof.hash)) {
            return refused(&proof.hash);
        }
        if authentication.groups.as_ref().is_some_and(|only| !only.iter().any(|group| group.name() == proof.group)) {
            return refused(&format!("key exchange {}", proof.group));
        }
        if self.mutual && !proof.controller {
            return Err("the controller did not prove that it has the controller secret".into());
        }
        Ok(Some(proof))
    }

    /// What there is to say to a refusal in which authentication had a part.
    #[must_use]
    pub fn explain(&self, logged: &[String]) -> Option<String> {
        let says = |words: &str| logged.iter().any(|line| line.contains(words));
        if says("controller authentication failed") {
            return Some("the controller's proof does not match the controller secret".into());
        }
        let failed = says("authentication setup failed") || says("authentication failed") || says("no key");
        match (failed, self.given, &self.policy) {
            (false, ..) => None,
            (_, true, _) => Some(
                "authentication failed: the target has another secret for this host, or does without a hash function or group that \
                 is needed"
                    .into(),
            ),
            (_, _, None) => {
                Some("the target requires authentication, but no security profile of the table says so for it".into())
            }
            (_, _, Some(policy)) if policy.authentication.need == Need::NotSupported => {
                Some(format!("the target requires authentication, but {} not speak of it", does(policy)))
            }
            _ => Some("the target requires authentication, and there is no secret for it".into()),
        }
    }
}

/// The profiles of a policy by name.
#[must_use]
pub fn profiles(policy: &Policy) -> String {
    let names: Vec<_> =
        policy.profiles.iter().map(|of| format!("security profile {} of {}", of.index, of.table)).collect();
    names.join(" and ")
}

fn requires(policy: &Policy) -> String {
    format!("{} require{}", profiles(policy), if policy.profiles.len() == 1 { "s" } else { "" })
}

fn does(policy: &Policy) -> String {
    format!("{} do{}", profiles(policy), if policy.profiles.len() == 1 { "es" } else { "" })
}

impl Proof {
    /// From the kernel's lines on the admin queue.
    fn read(controller: Option<&str>, logged: &[String]) -> Option<Self> {
        let ours = |line: &&String| controller.is_none_or(|name| line.starts_with(&format!("nvme {name}: ")));
        let mut lines = logged.iter().filter(ours);
        let (hash, group) = lines
            .clone()
            .rev()
            .find_map(|line| line.split_once("qid 0: authenticated with hash ")?.1.split_once(" dhgroup "))?;
        let hash_known = [HashFunction::Sha256, HashFunction::Sha384, HashFunction::Sha512]
            .into_iter()
            .zip(["hmac(sha256)", "hmac(sha384)", "hmac(sha512)"])
            .find(|(_, name)| *name == hash);
        let group_known = [
            (KxGroup::Null, "null"),
            (KxGroup::Ffdhe2048, "ffdhe2048"),
            (KxGroup::Ffdhe3072, "ffdhe3072"),
            (KxGroup::Ffdhe4096, "ffdhe4096"),
            (KxGroup::Ffdhe6144, "ffdhe6144"),
            (KxGroup::Ffdhe8192, "ffdhe8192"),
        ]
        .into_iter()
        .find(|(_, name)| *name == group);
        Some(Self {
            hash: hash_known.map_or_else(|| hash.to_owned(), |(hash, _)| hash.to_string()),
            group: group_known.map_or_else(|| group.to_owned(), |(group, _)| group.to_string()),
            controller: lines.any(|line| line.ends_with("qid 0: controller authenticated")),
        })
    }
}

impl fmt::Display for Proof {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DH-HMAC-CHAP with {}, key exchange {}", self.hash, self.group)?;
        if self.controller { f.write_str(", both sides") } else { Ok(()) }
    }
}
