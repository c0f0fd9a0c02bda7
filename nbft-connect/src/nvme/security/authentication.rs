//! What came of in-band authentication. The kernel authenticates where the target asks for it, with whatever hash function and
//! group the target chooses, and tells of it in its log alone: so a connection is held against its policy once it is there.

pub use super::channel::channel_of;
pub(crate) use super::cipher_suites::hold;

use super::channel::Channel;
use crate::nvme::keys::Secrets;
use crate::nvme::sysfs;
use libnbft::plan::{HashFunction, KxGroup, Need, Policy};
use serde::{Deserialize, Serialize};
use std::fmt;
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

/// How a connection was authenticated.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proof {
    hash: String,
    group: String,
    /// Whether the controller proved itself too.
    controller: bool,
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

    /// Whether the kernel's log has to be heard, to judge by it.
    #[must_use]
    pub fn bind(&self) -> bool {
        self.binding().is_some()
    }

    /// Holds what the kernel logged since the connection was begun against the requirements; `controller` is `nvmeN`, where that is known.
    ///
    /// # Errors
    ///
    /// In words, what of the requirements was not kept.
    pub fn judge(&self, controller: Option<&str>, logged: Option<&[String]>) -> Result<Option<Proof>, String> {
        let Some(policy) = self.binding() else { return Ok(None) };
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

/// Whether a controller, `nvmeN`, has by what sysfs shows of it what a policy requires.
///
/// # Errors
///
/// In words, what it lacks: it has no key, so that it is in plaintext, or no secret, so that it was not authenticated.
pub fn meets(policy: &Policy, root: &Path, controller: &str) -> Result<(), String> {
    if policy.secure_channel.need == Need::Required && sysfs::tls_key(root, controller).is_none() {
        let by = channel_of(policy);
        return Err(format!("{controller} has this connection in plaintext, but TLS is required by {by}"));
    }
    if policy.authentication.need == Need::Required && sysfs::has_secret(root, controller) == Some(false) {
        let profiles = requires(policy);
        return Err(format!("{controller} has this connection without a secret, but {profiles} authentication"));
    }
    Ok(())
}

/// The profiles of a policy by name.
#[must_use]
pub fn profiles(policy: &Policy) -> String {
    let names: Vec<_> =
        policy.profiles.iter().map(|of| format!("security profile {} of {}", of.index, of.table)).collect();
    names.join(" and ")
}

/// The profiles of a policy as the beginning of a sentence on what they require.
#[must_use]
pub fn requires(policy: &Policy) -> String {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nvme::keys::Secret;
    use libnbft::plan::{Authentication, Origin};

    /// What Linux 6.12 logs of an authentication that went well.
    const BOTH: [&str; 3] = [
        "nvme nvme0: qid 0: authenticated with hash hmac(sha384) dhgroup ffdhe2048",
        "nvme nvme0: qid 0: controller authenticated",
        "nvme nvme0: qid 0: authenticated",
    ];

    fn policy(need: Need, hashes: Option<Vec<HashFunction>>, groups: Option<Vec<KxGroup>>) -> Policy {
        let mut authentication = Authentication::default();
        (authentication.need, authentication.hashes, authentication.groups) = (need, hashes, groups);
        let mut policy = Policy::default();
        policy.authentication = authentication;
        policy.profiles = vec![Origin { table: "NBFT".into(), index: 1 }];
        policy
    }

    /// Requirements with a host secret, and a controller secret if both are to prove themselves.
    fn requirements(policy: &Policy, mutual: bool) -> Requirements {
        let secret = || Secret::parse("DHHC-1:00:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh+KfiaR:").unwrap();
        Requirements::new(Some(policy), Some(&Secrets { host: secret(), controller: mutual.then(secret) }))
    }

    fn lines(lines: &[&str]) -> Vec<String> {
        lines.iter().map(|line| (*line).to_owned()).collect()
    }

    fn judge(requirements: &Requirements, logged: &[&str]) -> Result<Option<String>, String> {
        requirements.judge(Some("nvme0"), Some(&lines(logged))).map(|proof| proof.map(|proof| proof.to_string()))
    }

    #[test]
    fn what_is_asked_for_must_be_in_the_log() {
        use HashFunction::{Sha256, Sha384, Sha512};
        let both = "DH-HMAC-CHAP with SHA-384, key exchange 2048-bit, both sides".to_owned();
        let required = |hashes, groups| policy(Need::Required, hashes, groups);
        let fits = required(Some(vec![Sha256, Sha384]), Some(vec![KxGroup::Ffdhe2048]));
        assert_eq!(judge(&requirements(&fits, true), &BOTH), Ok(Some(both.clone())));
        assert_eq!(judge(&requirements(&required(None, None), false), &BOTH), Ok(Some(both)));
        let hash = required(Some(vec![Sha256, Sha512]), None);
        let chose =
            |what: &str| Err(format!("the target chose {what}, which security profile 1 of NBFT does not allow"));
        assert_eq!(judge(&requirements(&hash, false), &BOTH), chose("SHA-384"));
        let group = required(None, Some(vec![KxGroup::Ffdhe3072]));
        assert_eq!(judge(&requirements(&group, false), &BOTH), chose("key exchange 2048-bit"));
        let unknown = ["nvme nvme0: qid 0: authenticated with hash hmac(sha3) dhgroup null"];
        assert_eq!(judge(&requirements(&hash, false), &unknown), chose("hmac(sha3)"));
        let unproved = Err("the controller did not prove that it has the controller secret".into());
        assert_eq!(judge(&requirements(&fits, true), &BOTH[..1]), unproved);
    }

    #[test]
    fn no_authentication_is_not_enough_where_it_is_required() {
        let required = policy(Need::Required, None, None);
        let said = Err("the target asked for no authentication, but security profile 1 of NBFT requires it".into());
        assert_eq!(judge(&requirements(&required, false), &[]), said);
        // Of another controller, and of an I/O queue.
        let others = [BOTH[0].replace("nvme0", "nvme1"), BOTH[0].replace("qid 0", "qid 1")];
        assert_eq!(judge(&requirements(&required, false), &[&others[0], &others[1]]), said);
        let allowed = policy(Need::Allowed, None, None);
        assert_eq!(judge(&requirements(&allowed, false), &[]), Ok(None));
        let wants =
            "the target asked for no authentication, but the controller secret wants the controller to prove itself";
        assert_eq!(judge(&requirements(&allowed, true), &[]), Err(wants.into()));
        let unreadable = requirements(&required, false).judge(Some("nvme0"), None);
        assert_eq!(
            unreadable,
            Err("/dev/kmsg cannot be read, and nothing else tells whether it was authenticated".into())
        );
        assert_eq!(Requirements::default().judge(Some("nvme0"), None), Ok(None));
        assert_eq!(Requirements::new(Some(&allowed), None).judge(Some("nvme0"), None), Ok(None));
    }

    #[test]
    fn a_refusal_is_explained_by_what_was_asked() {
        let no_key = lines(&["nvme nvme0: qid 0: no key", "nvme nvme0: qid 0: authentication setup failed"]);
        let says = |requirements: &Requirements| requirements.explain(&no_key);
        let unsaid = "the target requires authentication, but no security profile of the table says so for it";
        assert_eq!(says(&Requirements::default()).as_deref(), Some(unsaid));
        let not = policy(Need::NotSupported, None, None);
        let silent = "the target requires authentication, but security profile 1 of NBFT does not speak of it";
        assert_eq!(says(&Requirements::new(Some(&not), None)).as_deref(), Some(silent));
        let allowed = policy(Need::Allowed, None, None);
        let none = "the target requires authentication, and there is no secret for it";
        assert_eq!(says(&Requirements::new(Some(&allowed), None)).as_deref(), Some(none));
        let failed = lines(&["nvme nvme0: qid 0: authentication failed"]);
        let said = requirements(&allowed, false).explain(&failed).unwrap();
        assert!(said.starts_with("authentication failed: the target has another secret for this host"), "{said}");
        let controller = lines(&["nvme nvme0: qid 0: controller authentication failed"]);
        assert_eq!(
            requirements(&allowed, true).explain(&controller).as_deref(),
            Some("the controller's proof does not match the controller secret")
        );
        assert_eq!(Requirements::default().explain(&lines(&["nvme nvme0: Connect Invalid Host"])), None);
    }
}
