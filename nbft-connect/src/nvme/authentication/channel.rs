//! The secure channel of a connection: sysfs tells by which key it is secured.

use super::{Terms, profiles};
use crate::nvme::keys::{Serial, TlsKey};
use crate::nvme::sysfs;
use libnbft::plan::Policy;
use serde::{Deserialize, Serialize};
use std::path::Path;

/// The secure channel that a connection must have.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Channel {
    /// The key by which it must be secured.
    key: Serial,
    /// What it is, in words.
    words: String,
}

impl Terms {
    /// Also secured with this key.
    #[must_use]
    pub fn with_tls(self, key: Option<&TlsKey>) -> Self {
        Self { tls: key.map(|key| Channel { key: key.serial, words: key.to_string() }), ..self }
    }

    /// In words, the secure channel of a connection that keeps to the terms.
    #[must_use]
    pub fn channel(&self) -> Option<&str> {
        self.tls.as_ref().map(|channel| channel.words.as_str())
    }

    /// Whether sysfs says that a controller, `nvmeN`, is secured as it was asked for.
    ///
    /// # Errors
    ///
    /// In words, what it says instead.
    pub fn judge_tls(&self, root: &Path, controller: &str) -> Result<(), String> {
        let Some(Channel { key: wanted, .. }) = self.tls else { return Ok(()) };
        match sysfs::tls_key(root, controller) {
            Some(used) if used == wanted => Ok(()),
            Some(used) => Err(format!(
                "{controller} is secured by key {used:08x} and not by {wanted:08x}, which the kernel was given"
            )),
            None => Err(format!("the kernel does not say that {controller} is secured by TLS")),
        }
    }
}

/// Who asks for the secure channel of a policy.
#[must_use]
pub fn channel_of(policy: &Policy) -> String {
    match policy.secure_channel.of_target {
        true => "the target's entry in the discovery log page".into(),
        false => profiles(policy),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nvme::keys::Identity;

    #[test]
    fn a_secure_channel_must_be_in_sysfs() {
        let root = std::env::temp_dir().join(format!("nbft-terms-{}", std::process::id()));
        let directory = root.join("sys/class/nvme/nvme3");
        std::fs::create_dir_all(&directory).unwrap();
        let identity = Identity::of_name("NVMe1R02 h s d", "h", "s").unwrap();
        let terms = Terms::default().with_tls(Some(&TlsKey { serial: 0x0123_abcd, identity }));
        assert_eq!(terms.channel(), Some("TLS 1.3 with a PSK of SHA-384"));
        let said = || terms.judge_tls(&root, "nvme3");
        let silent = Err("the kernel does not say that nvme3 is secured by TLS".to_owned());
        assert_eq!(said(), silent);
        for (text, expected) in [
            ("0123abcd\n", Ok(())),
            // Before Linux 6.12 no line ended there.
            ("0123abcd", Ok(())),
            ("", silent.clone()),
            ("00000000\n", silent.clone()),
            (
                "00000001\n",
                Err("nvme3 is secured by key 00000001 and not by 0123abcd, which the kernel was given".to_owned()),
            ),
        ] {
            std::fs::write(directory.join("tls_key"), text).unwrap();
            assert_eq!(said(), expected, "{text:?}");
            assert_eq!(Terms::default().judge_tls(&root, "nvme3"), Ok(()));
        }
        // The child has the same terms.
        let copy: Terms = serde_json::from_str(&serde_json::to_string(&terms).unwrap()).unwrap();
        std::fs::remove_dir_all(&root).unwrap();
        assert_eq!(copy, terms);
    }
}
