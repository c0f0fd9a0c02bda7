//! The sentences for errno and log.

use super::{Cause, Refusal};

fn of_handshake(errno: i32, logged: &[String]) -> Option<String> {
    Refusal::of_handshake(errno, logged, false).map(|refusal| refusal.to_string())
}

fn of_write(errno: i32, known: Option<Cause>, logged: &[String]) -> String {
    Refusal::of_write(errno, known, logged).to_string()
}

#[test]
fn a_handshake_that_failed_has_one_sentence() {
    let refused = "the TLS handshake failed: the target has another PSK for this host, or none, or does not use TLS at this \
                   port";
    let cases = [
        (
            libc::ESRCH,
            "failed to start TLS: -3",
            "tlshd does not run, so there are no TLS handshakes (it comes with ktls-utils)",
        ),
        (
            libc::ETIMEDOUT,
            "TLS handshake failed, error -110",
            "the TLS handshake timed out: tlshd or the target does not answer",
        ),
        // GnuTLS has this number for a closed connection.
        (libc::ETIMEDOUT, "TLS handshake complete, error -110", refused),
        (libc::ENOKEY, "Invalid key 1234", "the TLS PSK is no longer in the kernel's keyring"),
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
        assert_eq!(of_handshake(errno, &[logged]).as_deref(), Some(expected.as_str()));
    }
    assert_eq!(of_handshake(libc::EKEYREJECTED, &[]).as_deref(), Some(refused));
    let other = |errno, logged: &str| of_handshake(errno, &[logged.to_owned()]);
    assert_eq!(other(libc::ETIMEDOUT, "nvme nvme0: failed to connect socket: -110"), None);
    assert_eq!(other(libc::EIO, "nvme nvme0: Connect Invalid Data Parameter"), None);
}

#[test]
fn a_setting_that_was_refused_is_named() {
    let refused = "the kernel refuses an option";
    for (logged, name) in [
        ("Invalid number of IOQs 0", "nr_io_queues"),
        ("Invalid nr_write_queues -1", "nr_write_queues"),
        ("Invalid nr_poll_queues 0", "nr_poll_queues"),
        ("Invalid queue_size 2000", "queue_size"),
        ("Invalid keep_alive_tmo -3", "keep_alive_tmo"),
        ("Invalid reconnect_delay 0", "reconnect_delay"),
        ("Invalid type of service -1", "tos"),
        ("unknown parameter or missing value 'fast_io_fail_tmo=3' in ctrl creation request", "fast_io_fail_tmo"),
    ] {
        let logged = format!("nvme_fabrics: {logged}");
        let refusal = Refusal::of_write(libc::EINVAL, None, std::slice::from_ref(&logged));
        let expected = format!("{refused}: the kernel refuses the value of {name}; the kernel logged: {logged}");
        assert_eq!((refusal.to_string(), refusal.code()), (expected, "setting-refused"));
    }
    for (field, name) in [
        ("starting byte offset: 44", "queue_size"),
        ("starting byte offset: 48", "keep_alive_tmo"),
        ("qid 9", "nr_io_queues"),
    ] {
        let refusal =
            Refusal::of_write(libc::EIO, None, &[format!("nvme nvme0: Connect Invalid SQE Parameter, {field}")]);
        let expected = format!(
            "the target refused the Connect command: the target refuses the value of \
             {name}: set another; the kernel logged: nvme nvme0: Connect Invalid SQE Parameter, {field}"
        );
        assert_eq!((refusal.to_string(), refusal.code()), (expected, "setting-refused-by-target"));
    }
    for other in
        ["nvme nvme0: Connect Invalid SQE Parameter, starting byte offset: 440", "nvme_fabrics: Invalid hostnqn x"]
    {
        assert_eq!(Refusal::of_write(libc::EINVAL, None, &[other.into()]).code(), "option-refused", "{other}");
    }
    let unmapped = Refusal::of_write(libc::EXDEV, None, &[]);
    assert_eq!(
        (unmapped.to_string().as_str(), unmapped.code()),
        (
            "an I/O queue has no online CPU: set nr_io_queues, nr_write_queues and nr_poll_queues to fewer queues than CPUs \
             are online (Invalid cross-device link (os error 18))",
            "queue-without-cpu"
        )
    );
}

#[test]
fn errno_and_log_become_a_sentence() {
    assert_eq!(
        of_write(libc::EIO, None, &["nvme nvme1: Connect Invalid Data Parameter, subsysnqn \"nqn.x\"".into()]),
        "the target refused the Connect command: the target does not know this \
         subsystem NQN, or refuses this host; the kernel logged: nvme nvme1: Connect Invalid Data Parameter, \
         subsysnqn \"nqn.x\""
    );
    // A cause in both errno and log appears once.
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
        of_write(libc::ENOKEY, Some(Cause::HostNotAllowed), &["nvme nvme0: qid 0: no key".into(), "more".into()]),
        "the subsystem does not allow this host NQN (Required key not available (os error 126)); the kernel logged: nvme nvme0: qid 0: no key; more"
    );
}
