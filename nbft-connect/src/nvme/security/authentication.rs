//! Reads from the kernel's log how a connection was authenticated.
//!
//! The target decides whether the kernel authenticates, and chooses hash function and group. Only the kernel's log shows the result.

use libnbft::plan::{HashFunction, KxGroup};
use std::fmt;

/// How a connection was authenticated.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proof {
    pub(super) hash: String,
    pub(super) group: String,
    /// Whether the controller authenticated too.
    pub(super) controller: bool,
}

impl Proof {
    /// The proof in the kernel's lines for the admin queue; `None` where the connection was not authenticated.
    pub(super) fn read(controller: Option<&str>, logged: &[String]) -> Option<Self> {
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
