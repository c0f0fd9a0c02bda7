//! The secure channel of a connection: sysfs tells by which key it is secured, the sockets by which cipher suite.

use super::authentication::{Requirements, profiles};
use super::cipher_suites::{hold, suites};
use crate::nvme::keys::{Serial, Tls};
use crate::nvme::sock_diag::{Since, TlsSockets};
use crate::nvme::sysfs;
use libnbft::plan::{Need, Policy};
use serde::{Deserialize, Serialize};
use std::path::Path;

/// The secure channel that a connection must have.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Channel {
    /// The key by which it must be secured; `None`: any, for the kernel makes it.
    key: Option<Serial>,
    /// What that is, in words.
    words: String,
}

impl Requirements {
    /// Also secured in this way.
    #[must_use]
    pub fn with_tls(self, tls: Option<&Tls>) -> Self {
        let key = |tls: &Tls| match tls {
            Tls::Psk(key) => Some(key.serial),
            Tls::Concatenation => None,
        };
        Self { tls: tls.map(|tls| Channel { key: key(tls), words: tls.to_string() }), ..self }
    }

    /// Remembers the sockets that are there before a connection is made by these requirements, where that will matter.
    #[must_use]
    pub fn before<'s>(&self, sockets: &'s dyn TlsSockets) -> Since<'s> {
        if self.tls.is_some() { Since::now(sockets) } else { Since::ever(sockets) }
    }

    /// Whether a connection must be secured.
    #[must_use]
    pub const fn secure(&self) -> bool {
        self.tls.is_some()
    }

    /// What to say after the reason why a handshake failed: where TLS is only allowed, that nothing is connected in plaintext
    /// instead. Whoever can disturb a handshake could have the connection for himself in that way.
    #[must_use]
    pub fn no_fall_back(&self) -> &'static str {
        let need = self.policy.as_ref().map(|policy| policy.secure_channel.need);
        match need {
            Some(Need::Allowed) if self.tls.is_some() => {
                "; TLS is allowed and not required here, but with a PSK nothing is connected in plaintext, since anybody on the wire \
                 could force that: for a target without TLS, remove the PSK"
            }
            _ => "",
        }
    }

    /// Holds what sysfs says of a controller, `nvmeN`, and what its sockets say against the requirements; in words, how it is secured,
    /// `None` where it need not be. `since` is what [`Requirements::before`] gave before it was made.
    ///
    /// # Errors
    ///
    /// In words, what of the requirements was not kept, or cannot be seen to be kept.
    pub fn judge_tls(&self, root: &Path, controller: &str, since: &Since<'_>) -> Result<Option<String>, String> {
        let Some(Channel { key: wanted, words }) = &self.tls else { return Ok(None) };
        match (sysfs::tls_key(root, controller), *wanted) {
            (Some(_), None) => {}
            (Some(used), Some(wanted)) if used == wanted => {}
            (Some(used), Some(wanted)) => {
                return Err(format!(
                    "{controller} is secured by key {used:08x} and not by {wanted:08x}, which the kernel was given"
                ));
            }
            (None, _) => return Err(format!("the kernel does not say that {controller} is secured by TLS")),
        }
        let suites = hold(self.policy.as_ref(), controller, suites(root, controller, since))?;
        Ok(Some(format!("{words}{suites}")))
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
    use crate::nvme::keys::{Identity, TlsKey};
    use crate::nvme::sock_diag::fake::{InMemory, show, socket};

    #[test]
    fn a_secure_channel_must_be_in_sysfs() {
        let root = std::env::temp_dir().join(format!("nbft-requirements-{}", std::process::id()));
        show(&root, "nvme3", 1);
        let sockets = InMemory::default();
        let identity = Identity::of_name("NVMe1R02 h s d", "h", "s").unwrap();
        let requirements = Requirements::default().with_tls(Some(&Tls::Psk(TlsKey { serial: 0x0123_abcd, identity })));
        let concatenated = Requirements::default().with_tls(Some(&Tls::Concatenation));
        let before = requirements.before(&sockets);
        sockets.add(socket(1, 40000, 52));
        let said = || requirements.judge_tls(&root, "nvme3", &before);
        let silent = Err("the kernel does not say that nvme3 is secured by TLS".to_owned());
        assert_eq!(said(), silent);
        let secured = Ok(Some("TLS 1.3 with a PSK of SHA-384, cipher suite TLS_AES_256_GCM_SHA384".to_owned()));
        for (text, expected) in [
            ("0123abcd\n", secured.clone()),
            // Before Linux 6.12 no line ended there.
            ("0123abcd", secured),
            ("", silent.clone()),
            ("00000000\n", silent.clone()),
            (
                "00000001\n",
                Err("nvme3 is secured by key 00000001 and not by 0123abcd, which the kernel was given".to_owned()),
            ),
        ] {
            std::fs::write(root.join("sys/class/nvme/nvme3/tls_key"), text).unwrap();
            assert_eq!(said(), expected, "{text:?}");
            assert_eq!(Requirements::default().judge_tls(&root, "nvme3", &before), Ok(None));
            let made = "TLS 1.3 with a key made by authentication, cipher suite TLS_AES_256_GCM_SHA384";
            let any = if expected == silent { silent.clone() } else { Ok(Some(made.to_owned())) };
            assert_eq!(concatenated.judge_tls(&root, "nvme3", &before), any, "{text:?}");
        }
        // The child has the same requirements.
        let copy: Requirements = serde_json::from_str(&serde_json::to_string(&requirements).unwrap()).unwrap();
        std::fs::remove_dir_all(&root).unwrap();
        assert_eq!(copy, requirements);
    }
}
