//! Says what to do about a connection for which status.json has a reason.

use crate::commands::doctor::generator::Generator;

/// What status.json says of an attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ConnectReason {
    /// The sentence.
    pub(crate) text: String,
    /// The code; nbft-status(1) lists them.
    pub(crate) code: Option<String>,
    /// What the code stands for.
    pub(crate) fault: ConnectFault,
    /// The host NQN.
    pub(crate) host: String,
    pub(crate) generator: Generator,
}

impl ConnectReason {
    pub(crate) fn new(text: &str, code: Option<&str>, host: &str, generator: Generator) -> Self {
        // A file of another version may have a code that this one does not have.
        let fault = code.and_then(ConnectFault::of_code).unwrap_or(ConnectFault::Passing);
        Self { text: text.to_owned(), code: code.map(str::to_owned), fault, host: host.to_owned(), generator }
    }

    /// What to do, in a sentence.
    pub(super) fn remedy(&self) -> String {
        let host = &self.host;
        match self.fault {
            ConnectFault::HostRefused => {
                return format!("Allow the host NQN {host} on the target, and compare the subsystem NQN with the target's.");
            }
            ConnectFault::IdentityInUse => {
                "Disconnect what uses the other pair, or connect it by the NBFT's (/run/nbft/hostnqn, /run/nbft/hostid)."
            }
            ConnectFault::NumberTaken => {
                "Run nbft connect, which asks for another number; over TLS it cannot, so disconnect the controller that has \
                 lost its target (nbft status) first."
            }
            ConnectFault::TargetLost => {
                "The target answers now: the kernel connects it again within ten seconds; if it does not, dmesg says why."
            }
            ConnectFault::Unlisted => {
                return format!(
                    "Have the discovery controller list this port for the host NQN {host} again; nbft connect then tries it again."
                );
            }
            ConnectFault::BoundElsewhere => {
                "Boot with rd.nvmf.bind=address: connections then go on when a bridge takes the address. End this one by \
                 nvme disconnect -d, once another is up (nbft-bond(7))."
            }
            ConnectFault::Excluded => "No list excludes it now: run nbft connect.",
            ConnectFault::Setting => {
                "Change the setting where it is made: option, kernel parameter or /etc/nbft/connect.conf (nbft-connect.conf(5))."
            }
            ConnectFault::NoIoQueue => "Let the target give each host I/O queues; its limit may be reached.",
            ConnectFault::SecretMissing => return self.put("secret", "nbft.dhchap-secret"),
            ConnectFault::PskMissing => return self.put("PSK", "nbft.tls-psk"),
            ConnectFault::MissingAtRedfish => {
                return format!(
                    "Have the Redfish service give it (/usr/libexec/nbft-redfish KEYPATH {host} asks again; nbft-redfish(8)), or \
                     put the secret in one of the other places."
                );
            }
            ConnectFault::RedfishSettings => {
                "Mend the files in /etc/nbft/redfish, and make the initramfs anew; nbft-redfish(8) says what they hold."
            }
            ConnectFault::RedfishUnreachable => {
                "See that the service is up, and that the host reaches it; nbft-redfish(8) says how it finds the service."
            }
            ConnectFault::RedfishUntrusted => {
                "Look up the fingerprint at the service itself, for example on its web page. If it is the one above, add it as a \
                 line to /etc/nbft/redfish/fingerprint, and make the initramfs anew."
            }
            ConnectFault::RedfishDenied => {
                "Put a user who may read the keys in /etc/nbft/redfish/user and /etc/nbft/redfish/password, and make the \
                 initramfs anew. Try it by nbft-redfish only once: services lock users out."
            }
            ConnectFault::RedfishWithoutKeys => {
                return format!(
                    "Add the keys of the host NQN {host} to the Redfish service, or correct the keypath in the firmware's setup."
                );
            }
            ConnectFault::RedfishAnswer => "Read the log of the Redfish service: its answers are of no use.",
            ConnectFault::HostSecretMissingAtRedfish => {
                return format!("Add the secret of the host NQN {host} to the Redfish service, or remove the controller's.");
            }
            ConnectFault::SecretUnusable => {
                "Mend the file; nbft check-key says what is wrong with a key, and nbft-keys(7) how the files must be."
            }
            ConnectFault::UnusableAtRedfish => {
                "Mend the key at the Redfish service; nbft check-key says what is wrong with a key."
            }
            ConnectFault::SecretNotFetched => {
                "Mend /etc/nbft/key-command, or the Redfish service; nbft-keys(7) says what a key-command must do."
            }
            ConnectFault::NoTlshd => {
                "Install ktls-utils, and have tlshd run (systemctl status tlshd), in the initramfs too."
            }
            ConnectFault::HandshakeFailed => {
                return format!(
                    "Compare the PSK with the target's for the host NQN {host} (nbft check-key gives its identity), and see \
                     whether the target does TLS at this port; the log of tlshd may say more."
                );
            }
            ConnectFault::ClosedAfterHandshake => {
                "Read the log of the target's tlshd, and compare the cipher suites of both kernels."
            }
            ConnectFault::PskNotAllowed => {
                "Use a PSK of the other hash, or widen the security profile in the firmware's setup."
            }
            ConnectFault::NoTls => {
                "Boot a kernel with CONFIG_NVME_TCP_TLS, or change the security profile in the firmware's setup."
            }
            ConnectFault::Unsecured => "Disconnect it, and run nbft connect.",
            ConnectFault::AuthenticationFailed => {
                return format!("Compare the secret with the target's for the host NQN {host}; the target's log may say more.");
            }
            ConnectFault::ControllerUnproved => {
                "Compare the controller secret with the target's, or leave it out if the host alone is to prove itself."
            }
            ConnectFault::NotAuthenticated => {
                return format!(
                    "Have the target authenticate the host NQN {host}, or change the security profile in the firmware's setup."
                );
            }
            ConnectFault::AlgorithmNotAllowed => {
                "Have the target use what the security profile allows, or widen the profile in the firmware's setup."
            }
            ConnectFault::AuthenticationUnplanned => {
                "Let this host in without in-band authentication, or give the entry a security profile in the firmware's setup."
            }
            ConnectFault::SecurityUnmet => {
                "Correct the security profiles of the subsystem in the firmware's setup; nbft plan says what they require."
            }
            ConnectFault::Passing => {
                "Run nbft connect, which tries again; if it fails again, dmesg and the target's log have the other half."
            }
        }
        .into()
    }

    fn put(&self, what: &str, credential: &str) -> String {
        let initramfs = self.generator.with_keys();
        format!(
            "Now: put the {what} in one of these files, then run nbft connect. For the next boot: create the file on the machine that \
             makes the initramfs, and set {initramfs}; or pass the {what} as the credential {credential}."
        )
    }
}

/// What a code of status.json stands for: a variant for each remedy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ConnectFault {
    /// The target refuses the host, or does not know the subsystem.
    HostRefused,
    /// Another connection uses half of the host's identity.
    IdentityInUse,
    /// The target gave the controller an ID that another one has.
    NumberTaken,
    /// The controller has lost its target for long.
    TargetLost,
    /// The discovery controller no longer lists the port.
    Unlisted,
    /// The controller is bound to a link that no longer has the address.
    BoundElsewhere,
    /// A list excluded the connection.
    Excluded,
    /// The kernel or the target refuses a setting.
    Setting,
    /// The target gives the host no I/O queue.
    NoIoQueue,
    /// There is no secret.
    SecretMissing,
    /// There is no PSK.
    PskMissing,
    /// The Redfish service does not have the secret.
    MissingAtRedfish,
    /// The settings for Redfish cannot be used.
    RedfishSettings,
    /// The Redfish service is not reached.
    RedfishUnreachable,
    /// The certificate of the Redfish service is not trusted.
    RedfishUntrusted,
    /// The Redfish service does not let the user read the keys.
    RedfishDenied,
    /// The Redfish service has no keys at the keypath.
    RedfishWithoutKeys,
    /// The answers of the Redfish service are of no use.
    RedfishAnswer,
    /// The Redfish service has only the controller's secret.
    HostSecretMissingAtRedfish,
    /// A secret cannot be used.
    SecretUnusable,
    /// A key of the Redfish service cannot be used.
    UnusableAtRedfish,
    /// A program did not give the secret.
    SecretNotFetched,
    /// tlshd does not answer.
    NoTlshd,
    /// The TLS handshake failed.
    HandshakeFailed,
    /// The target closed the connection after the TLS handshake.
    ClosedAfterHandshake,
    /// The PSK implies a cipher suite that is not allowed.
    PskNotAllowed,
    /// The kernel cannot do TLS.
    NoTls,
    /// A connection without the required security is in the way.
    Unsecured,
    /// The target has another secret.
    AuthenticationFailed,
    /// The controller did not authenticate.
    ControllerUnproved,
    /// The target did not authenticate the host.
    NotAuthenticated,
    /// The target chose an algorithm, cipher suite or version that is not allowed.
    AlgorithmNotAllowed,
    /// The target requires authentication, and no profile has it.
    AuthenticationUnplanned,
    /// The requirements of the tables cannot be met.
    SecurityUnmet,
    /// The target answers now, so another try may do.
    Passing,
}

impl ConnectFault {
    /// The codes in status.json for which another try alone does not help.
    const OF_CODES: &'static [(&'static str, Self)] = &[
        ("host-not-allowed", Self::HostRefused),
        ("subsystem-unknown", Self::HostRefused),
        ("host-id-in-use", Self::IdentityInUse),
        ("host-nqn-in-use", Self::IdentityInUse),
        ("controller-number-taken", Self::NumberTaken),
        ("target-lost", Self::TargetLost),
        ("no-longer-listed", Self::Unlisted),
        ("controller-bound-elsewhere", Self::BoundElsewhere),
        ("excluded", Self::Excluded),
        ("queue-without-cpu", Self::Setting),
        ("setting-refused", Self::Setting),
        ("setting-refused-by-target", Self::Setting),
        ("option-refused", Self::Setting),
        ("no-io-queue", Self::NoIoQueue),
        ("secret-missing", Self::SecretMissing),
        ("authentication-without-secret", Self::SecretMissing),
        ("psk-missing", Self::PskMissing),
        ("secret-missing-redfish", Self::MissingAtRedfish),
        ("psk-missing-redfish", Self::MissingAtRedfish),
        ("redfish-settings", Self::RedfishSettings),
        ("redfish-unreachable", Self::RedfishUnreachable),
        ("redfish-untrusted", Self::RedfishUntrusted),
        ("redfish-denied", Self::RedfishDenied),
        ("redfish-no-keys", Self::RedfishWithoutKeys),
        ("redfish-answer", Self::RedfishAnswer),
        ("redfish-stopped", Self::MissingAtRedfish),
        ("secret-redfish-controller-alone", Self::HostSecretMissingAtRedfish),
        ("secret-file-unusable", Self::SecretUnusable),
        ("secret-controller-alone", Self::SecretUnusable),
        ("secret-unusable", Self::UnusableAtRedfish),
        ("secret-fetch-failed", Self::SecretNotFetched),
        ("secret-not-asked", Self::SecretNotFetched),
        ("tlshd-missing", Self::NoTlshd),
        ("tls-handshake-slow", Self::NoTlshd),
        ("tls-handshake-failed", Self::HandshakeFailed),
        ("closed-after-tls-handshake", Self::ClosedAfterHandshake),
        ("psk-not-allowed", Self::PskNotAllowed),
        ("no-tls", Self::NoTls),
        ("keyring-unusable", Self::NoTls),
        ("plaintext", Self::Unsecured),
        ("without-secret", Self::Unsecured),
        ("other-key", Self::Unsecured),
        ("not-secured", Self::Unsecured),
        ("violation-stays", Self::Unsecured),
        ("authentication-failed", Self::AuthenticationFailed),
        ("controller-proof-wrong", Self::ControllerUnproved),
        ("controller-unproved", Self::ControllerUnproved),
        ("not-authenticated", Self::NotAuthenticated),
        ("controller-not-asked", Self::NotAuthenticated),
        ("algorithm-not-allowed", Self::AlgorithmNotAllowed),
        ("cipher-suite-not-allowed", Self::AlgorithmNotAllowed),
        ("tls-version-not-allowed", Self::AlgorithmNotAllowed),
        ("authentication-wanted", Self::AuthenticationUnplanned),
        ("authentication-unplanned", Self::AuthenticationUnplanned),
        ("authentication-unsupported", Self::AuthenticationUnplanned),
        ("no-authentication", Self::AuthenticationUnplanned),
        ("security-unmet", Self::SecurityUnmet),
    ];

    fn of_code(code: &str) -> Option<Self> {
        Self::OF_CODES.iter().find(|(known, _)| *known == code).map(|(_, fault)| *fault)
    }
}

#[cfg(test)]
mod tests {
    use super::ConnectFault;

    /// The codes for which another try may help, or that no failed attempt has.
    const PASSING: [&str; 48] = [
        "answer-malformed",
        "bad-icresp",
        "cipher-suite-unseen",
        "connect-refused",
        "connection-closed",
        "connection-unseen",
        "controller-removed",
        "fabrics-device",
        "fallback-not-needed",
        "family-unsupported",
        "helper-ended",
        "helper-failed",
        "host-unreachable",
        "interface-missing",
        "interface-not-ready",
        "kernel-log-unreadable",
        "kernel-refused",
        "log-page-changing",
        "log-page-malformed",
        "log-page-no-device",
        "log-page-refused",
        "log-page-slow",
        "modprobe-failed",
        "module-refused",
        "namespace-inaccessible",
        "namespace-no-disk",
        "no-answer",
        "no-controller",
        "no-fabrics-device",
        "no-host-identity",
        "no-live-path",
        "no-modprobe",
        "no-namespace",
        "no-route",
        "no-source-port",
        "option-unusable",
        "other-namespaces",
        "path-inaccessible",
        "permission-denied",
        "port-closed",
        "probe-failed",
        "psk-gone",
        "source-address-missing",
        "target-silent",
        "tls-handshake-not-begun",
        "unsupported",
        "waits-for-answer",
        "waits-for-secrets",
    ];

    #[test]
    fn each_code_of_an_attempt_has_its_remedy() {
        let mut known: Vec<_> = ConnectFault::OF_CODES.iter().map(|(code, _)| *code).chain(PASSING).collect();
        known.sort_unstable();
        assert_eq!(known, crate::connect::failure_codes());
    }
}
