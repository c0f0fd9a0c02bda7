//! Verifies the TLS channel of a connection: its key in sysfs, its cipher suite on its sockets.

use super::cipher_suites::{check_cipher_suites, suites};
use super::requirements::{Channel, Requirements};
use super::violation::Violation;
use crate::nvme::keys::Tls;
use crate::nvme::sock_diag::{Since, TlsSockets};
use crate::nvme::sysfs;
use libnbft::plan::Need;
use std::path::Path;

impl Requirements {
    /// The same requirements, and this TLS channel.
    #[must_use]
    pub fn with_tls(self, tls: Option<&Tls>) -> Self {
        let key = |tls: &Tls| match tls {
            Tls::Psk(key) => Some(key.serial),
            Tls::Concatenation => None,
        };
        Self { tls: tls.map(|tls| Channel { key: key(tls), description: tls.to_string() }), ..self }
    }

    /// Remembers the sockets that exist before a connection is made, if [`Requirements::verify_tls`] will need them.
    #[must_use]
    pub fn before<'s>(&self, sockets: &'s dyn TlsSockets) -> Since<'s> {
        if self.tls.is_some() { Since::now(sockets) } else { Since::ever(sockets) }
    }

    /// Whether a connection must use TLS.
    #[must_use]
    pub const fn secure(&self) -> bool {
        self.tls.is_some()
    }

    /// Whether the policy allows plaintext and nbft uses TLS because a PSK exists. It does not fall back to plaintext: otherwise
    /// anybody who disturbs a handshake could force plaintext.
    #[must_use]
    pub(super) fn keeps_from_plaintext(&self) -> bool {
        self.tls.is_some() && self.policy.as_ref().is_some_and(|policy| policy.secure_channel.need == Need::Allowed)
    }

    /// Verifies the TLS channel of a controller, `nvmeN`, by sysfs and its sockets. Returns a description of the channel; `None`
    /// where none is required. `since` comes from [`Requirements::before`], called before the controller was made.
    ///
    /// # Errors
    ///
    /// Which requirement is not met or cannot be verified.
    pub fn verify_tls(&self, root: &Path, controller: &str, since: &Since<'_>) -> Result<Option<String>, Violation> {
        let Some(Channel { key: required, description }) = &self.tls else { return Ok(None) };
        match (sysfs::tls_key(root, controller), *required) {
            (Some(_), None) => {}
            (Some(used), Some(required)) if used == required => {}
            (Some(used), Some(required)) => {
                return Err(Violation::OtherKey { controller: controller.into(), used, required });
            }
            (None, _) => return Err(Violation::NotSecured { controller: controller.into() }),
        }
        let suites = check_cipher_suites(self.policy.as_ref(), controller, suites(root, controller, since))?;
        Ok(Some(format!("{description}{suites}")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nvme::keys::{Identity, TlsKey};
    use crate::nvme::sock_diag::fake::{InMemory, show, socket};

    #[test]
    fn a_secure_channel_must_be_in_sysfs() {
        let directory = tempfile::tempdir().unwrap();
        let root = directory.path();
        show(root, "nvme3", 1);
        let sockets = InMemory::default();
        let identity = Identity::of_name("NVMe1R02 h s d", "h", "s").unwrap();
        let requirements = Requirements::default().with_tls(Some(&Tls::Psk(TlsKey { serial: 0x0123_abcd, identity })));
        let concatenated = Requirements::default().with_tls(Some(&Tls::Concatenation));
        let before = requirements.before(&sockets);
        sockets.add(socket(1, 40000, 52));
        let verify = || requirements.verify_tls(root, "nvme3", &before).map_err(|violation| violation.to_string());
        let silent = Err("the kernel does not say that nvme3 is secured by TLS".to_owned());
        assert_eq!(verify(), silent);
        let secured = Ok(Some("TLS 1.3 with a PSK of SHA-384, cipher suite TLS_AES_256_GCM_SHA384".to_owned()));
        for (text, expected) in [
            ("0123abcd\n", secured.clone()),
            // Before Linux 6.12 the attribute had no line end.
            ("0123abcd", secured),
            ("", silent.clone()),
            ("00000000\n", silent.clone()),
            ("00000001\n", Err("nvme3 is secured by key 00000001, not by key 0123abcd as required".to_owned())),
        ] {
            std::fs::write(root.join("sys/class/nvme/nvme3/tls_key"), text).unwrap();
            assert_eq!(verify(), expected, "{text:?}");
            assert_eq!(Requirements::default().verify_tls(root, "nvme3", &before), Ok(None));
            let made = "TLS 1.3 with a key made by authentication, cipher suite TLS_AES_256_GCM_SHA384";
            let any = if expected == silent { silent.clone() } else { Ok(Some(made.to_owned())) };
            assert_eq!(
                concatenated.verify_tls(root, "nvme3", &before).map_err(|violation| violation.to_string()),
                any,
                "{text:?}"
            );
        }
        // The helper process gets the same requirements.
        let copy: Requirements = serde_json::from_str(&serde_json::to_string(&requirements).unwrap()).unwrap();
        assert_eq!(copy, requirements);
    }
}
