//! Why the kernel refused a connection, in words.

/// A sentence for an errno of a write to /dev/nvme-fabrics: `known` is what is known better, `logged` what the kernel said meanwhile.
#[must_use]
pub fn of_write(errno: i32, known: Option<&str>, logged: &[String]) -> String {
    let words = match errno {
        libc::ECONNREFUSED => "the target refuses connections to this port",
        libc::ECONNRESET => "the target closed the connection",
        libc::ETIMEDOUT => "the target does not answer",
        libc::EAGAIN => "the target accepts the connection and stays silent",
        libc::EHOSTUNREACH => "no host answers at the target's address",
        libc::ENETUNREACH => "there is no route to the target",
        libc::EADDRNOTAVAIL => "the source address is not on this machine",
        libc::EADDRINUSE => "no source port is free",
        libc::ENODEV => "the interface is not there",
        libc::ENOENT | libc::ENXIO => "there is no /dev/nvme-fabrics: the kernel module nvme-fabrics is not loaded",
        libc::EACCES | libc::EPERM => "permission denied",
        libc::EINVAL => "the kernel refuses an option",
        libc::EAFNOSUPPORT => "the kernel does not support the address's family",
        libc::EIO => "the target refused the Connect command",
        libc::EKEYREJECTED | libc::ENOKEY => "the target asks for authentication",
        libc::EOPNOTSUPP => "the kernel or target does not support what was asked for",
        libc::EPROTO => "the answer cannot be understood",
        _ => "",
    };
    let os = std::io::Error::from_raw_os_error(errno);
    let words = known.unwrap_or(words);
    let mut text = if words.is_empty() { os.to_string() } else { format!("{words} ({os})") };
    let hint = hint(&logged.join("; ")).filter(|hint| known.is_none() && *hint != words);
    text.extend(hint.iter().flat_map(|hint| [": ", hint]));
    with_log(text, logged)
}

fn with_log(mut text: String, logged: &[String]) -> String {
    if !logged.is_empty() {
        text.push_str("; the kernel logged: ");
        text.push_str(&logged.join("; "));
    }
    text
}

/// A sentence for a write that ended in the TLS handshake, which the kernel has `tlshd` do; `None` where it did not.
///
/// What the kernel returns is shown only with what it logged: tlshd reports numbers of GnuTLS as if they were errnos, so that a
/// target that closes the connection (-110) looks like a time-out.
#[must_use]
pub fn of_handshake(errno: i32, logged: &[String]) -> Option<String> {
    const REFUSED: &str = "the TLS handshake failed: the target has another PSK for this host, or none, or does without TLS at \
                           this port";
    let says = |words: &str| logged.iter().any(|line| line.contains(words));
    let words = match errno {
        libc::ESRCH => "nobody does TLS handshakes here: tlshd does not run (it comes with ktls-utils)",
        // The kernel says "failed" of its own patience, and "complete" of what tlshd reports.
        libc::ETIMEDOUT if says("TLS handshake failed") => {
            "the TLS handshake was not done in time: tlshd or the target does not answer"
        }
        libc::ENOKEY if says("Invalid key") => "the TLS PSK is in the kernel's keyring no longer",
        libc::EACCES | libc::EKEYREJECTED => REFUSED,
        _ if says("TLS handshake") => REFUSED,
        _ if says("failed to start TLS") => "the kernel cannot begin the TLS handshake",
        libc::ECONNRESET => {
            "the target closed the connection after the TLS handshake: the log of its tlshd says why, such as a cipher suite that \
             its kernel lacks"
        }
        _ => return None,
    };
    Some(with_log(words.into(), logged))
}

/// What the kernel's terse words mean for whoever runs this machine.
fn hint(logged: &str) -> Option<&'static str> {
    const HINTS: [(&str, &str); 8] = [
        ("is not allowed, hostnqn", "the subsystem is not open to this host NQN"),
        ("does not allow host", "the subsystem is not open to this host NQN"),
        ("Connect Invalid Host", "the subsystem is not open to this host NQN"),
        ("Connect Invalid Data Parameter", "the target does not know this subsystem NQN, or refuses this host"),
        ("found same hostid", "another connection uses this host ID with a different host NQN"),
        ("found same hostnqn", "another connection uses this host NQN with a different host ID"),
        ("invalid interface", "the interface of host_iface is not there"),
        ("uthentication", "the target asks for authentication"),
    ];
    HINTS.iter().find(|(words, _)| logged.contains(words)).map(|(_, hint)| *hint)
}

/// A sentence for an error of the trial connection in user space.
#[must_use]
pub fn of_trial(error: &std::io::Error) -> String {
    match error.raw_os_error() {
        Some(errno) => of_write(errno, None, &[]),
        None => match error.kind() {
            std::io::ErrorKind::TimedOut => "the target does not answer".into(),
            _ => error.to_string(),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::{of_handshake, of_write};

    #[test]
    fn a_handshake_that_failed_has_one_sentence() {
        let refused = "the TLS handshake failed: the target has another PSK for this host, or none, or does without TLS at this \
                       port";
        let cases = [
            (
                libc::ESRCH,
                "failed to start TLS: -3",
                "nobody does TLS handshakes here: tlshd does not run (it comes with ktls-utils)",
            ),
            (
                libc::ETIMEDOUT,
                "TLS handshake failed, error -110",
                "the TLS handshake was not done in time: tlshd or the target does not answer",
            ),
            // GnuTLS has this number for a connection that was closed.
            (libc::ETIMEDOUT, "TLS handshake complete, error -110", refused),
            (libc::ENOKEY, "Invalid key 1234", "the TLS PSK is in the kernel's keyring no longer"),
            (libc::EACCES, "TLS handshake complete, error -13", refused),
            (libc::EIO, "TLS handshake complete, error 5", refused),
            (libc::EINVAL, "failed to start TLS: -22", "the kernel cannot begin the TLS handshake"),
            (
                libc::ECONNRESET,
                "failed to receive icresp, error -104",
                "the target closed the connection after the TLS handshake: the log of its tlshd says why, such as a cipher suite \
                 that its kernel lacks",
            ),
        ];
        for (errno, logged, expected) in cases {
            let logged = format!("nvme nvme0: queue 0: {logged}");
            let expected = format!("{expected}; the kernel logged: {logged}");
            assert_eq!(of_handshake(errno, &[logged]), Some(expected));
        }
        assert_eq!(of_handshake(libc::EKEYREJECTED, &[]).as_deref(), Some(refused));
        let other = |errno, logged: &str| of_handshake(errno, &[logged.to_owned()]);
        assert_eq!(other(libc::ETIMEDOUT, "nvme nvme0: failed to connect socket: -110"), None);
        assert_eq!(other(libc::EIO, "nvme nvme0: Connect Invalid Data Parameter"), None);
    }

    #[test]
    fn errno_and_log_become_a_sentence() {
        assert_eq!(
            of_write(libc::EIO, None, &["nvme nvme1: Connect Invalid Data Parameter, subsysnqn \"nqn.x\"".into()]),
            "the target refused the Connect command (Input/output error (os error 5)): the target does not know this \
             subsystem NQN, or refuses this host; the kernel logged: nvme nvme1: Connect Invalid Data Parameter, \
             subsysnqn \"nqn.x\""
        );
        // What the errno and the log both tell of is said once.
        assert_eq!(
            of_write(libc::EKEYREJECTED, None, &["nvme nvme0: qid 0: Authentication failed".into()]),
            "the target asks for authentication (Key was rejected by service (os error 129)); the kernel logged: nvme nvme0: \
             qid 0: Authentication failed"
        );
        assert_eq!(
            of_write(libc::ECONNREFUSED, None, &[]),
            "the target refuses connections to this port (Connection refused (os error 111))"
        );
        assert_eq!(
            of_write(libc::ENOKEY, Some("known better"), &["nvme nvme0: qid 0: no key".into(), "more".into()]),
            "known better (Required key not available (os error 126)); the kernel logged: nvme nvme0: qid 0: no key; more"
        );
    }
}
