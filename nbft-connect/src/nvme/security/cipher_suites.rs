//! Checks the cipher suites of a controller's connections against its policy.
//!
//! The `tlshd` of both sides choose a suite in each handshake. Linux cannot restrict the choice, so nbft checks the result.

use super::violation::{SuitesError, Violation};
use super::words::profiles;
use crate::nvme::sock_diag::{Since, Suite, TlsSocket};
use crate::nvme::sysfs::{self, Connections};
use libnbft::plan::{CipherSuite, Policy};
use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::path::Path;

/// The suites of the connections of a controller, `nvmeN`.
///
/// The kernel does not tell which sockets are a controller's. All TLS sockets that match count: to its address, from its source, opened
/// since its connection began. There must be at least as many as it has queues. If other programs' sockets match, count them too:
/// this errs on the strict side. The kernel makes no plaintext connection for a controller that has a key.
///
/// # Errors
///
/// Why they cannot be read.
pub(crate) fn suites(root: &Path, controller: &str, since: &Since<'_>) -> Result<BTreeSet<Suite>, SuitesError> {
    let expected = sysfs::connections(root, controller).ok_or(SuitesError::Hidden)?;
    let sockets = since.list()?;
    let matching: Vec<_> = sockets.iter().filter(|socket| matches(socket, &expected)).collect();
    let (seen, queues) = (matching.len(), expected.queues);
    if seen < queues {
        return Err(SuitesError::Fewer { queues, seen, peer: expected.peer });
    }
    Ok(matching.iter().map(|socket| socket.suite).collect())
}

fn matches(socket: &TlsSocket, expected: &Connections) -> bool {
    let without_scope = |address: SocketAddr| SocketAddr::new(address.ip(), address.port());
    without_scope(socket.peer) == expected.peer && expected.source.is_none_or(|source| socket.local.ip() == source)
}

/// Checks the suites of a controller against its policy. Returns their names as the end of a sentence about the channel. If the policy
/// allows any suite, unreadable suites are no error.
///
/// # Errors
///
/// Which suite is not allowed, or why the suites cannot be read.
pub(crate) fn check_cipher_suites(
    policy: Option<&Policy>,
    controller: &str,
    suites: Result<BTreeSet<Suite>, SuitesError>,
) -> Result<String, Violation> {
    let allowed = policy.and_then(|policy| Some((policy, policy.secure_channel.ciphers.as_deref()?)));
    let only = |(policy, allowed): (&Policy, &[CipherSuite])| {
        let verb = if policy.profiles.len() == 1 { "allows" } else { "allow" };
        format!("{} {verb} only {}", profiles(policy), joined(allowed))
    };
    let name = || controller.to_owned();
    let suites = match (suites, allowed) {
        (Ok(suites), _) => suites,
        (Err(why), None) => return Ok(format!("; its cipher suite cannot be seen: {why}")),
        (Err(why), Some(allowed)) => {
            return Err(Violation::SuiteUnseen { controller: name(), why, only: only(allowed) });
        }
    };
    if let Some(other) = suites.iter().find(|suite| !suite.is_tls_1_3()) {
        return Err(Violation::OtherVersion { controller: name(), suite: other.to_string() });
    }
    let fits = |suite: &Suite, (_, allowed): (&Policy, &[CipherSuite])| {
        suite.of_tls_1_3().is_some_and(|suite| allowed.contains(&suite))
    };
    let unfit = allowed.and_then(|allowed| Some((allowed, suites.iter().find(|suite| !fits(suite, allowed))?)));
    if let Some((allowed, other)) = unfit {
        return Err(Violation::SuiteNotAllowed { controller: name(), suite: other.to_string(), only: only(allowed) });
    }
    let plural = if suites.len() == 1 { "" } else { "s" };
    Ok(format!(", cipher suite{plural} {}", joined(&suites.into_iter().collect::<Vec<_>>())))
}

fn joined<T: ToString>(items: &[T]) -> String {
    items.iter().map(ToString::to_string).collect::<Vec<_>>().join(" and ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nvme::sock_diag::SocketsError;
    use crate::nvme::sock_diag::fake::{InMemory, show, socket};
    use libnbft::plan::Origin;

    fn policy(ciphers: Option<Vec<CipherSuite>>) -> Policy {
        let mut policy = Policy::default();
        policy.profiles = vec![Origin { table: "NBFT".into(), index: 1 }];
        policy.secure_channel.ciphers = ciphers;
        policy
    }

    fn set(suites: &[(u16, u16)]) -> BTreeSet<Suite> {
        suites.iter().map(|&(version, cipher)| Suite { version, cipher }).collect()
    }

    #[test]
    fn only_matching_connections_count() {
        let directory = tempfile::tempdir().unwrap();
        let root = directory.path();
        show(root, "nvme0", 2);
        let sockets = InMemory::default();
        // A connection of another controller to the same port.
        sockets.add(socket(1, 40000, 54));
        let since = Since::now(&sockets);
        let seen = |count| {
            let expected =
                format!("it has 2 queues, and the kernel shows {count} connections with TLS to 192.0.2.1:4420");
            assert_eq!(suites(root, "nvme0", &since).map_err(|error| error.to_string()), Err(expected));
        };
        seen(0);
        sockets.add(socket(2, 40001, 51));
        seen(1);
        // To other ports and machines, and from another address.
        sockets.add(TlsSocket { peer: "192.0.2.1:4421".parse().unwrap(), ..socket(3, 40002, 54) });
        sockets.add(TlsSocket { peer: "192.0.2.2:4420".parse().unwrap(), ..socket(4, 40003, 54) });
        sockets.add(TlsSocket { local: "192.0.2.18:40001".parse().unwrap(), ..socket(5, 40001, 54) });
        seen(1);
        sockets.add(socket(6, 40004, 51));
        assert_eq!(suites(root, "nvme0", &since), Ok(set(&[(0x304, 51)])));
        // A matching connection counts.
        sockets.add(socket(7, 40005, 52));
        assert_eq!(suites(root, "nvme0", &since), Ok(set(&[(0x304, 51), (0x304, 52)])));
        assert_eq!(suites(root, "nvme0", &Since::ever(&sockets)).unwrap().len(), 3);
        assert_eq!(suites(root, "nvme1", &since), Err(SuitesError::Hidden));
        sockets.set(None);
        let gone: Result<BTreeSet<Suite>, _> = Err(SuitesError::Sockets(SocketsError::Refused(libc::ENOENT)));
        assert_eq!(suites(root, "nvme0", &since), gone);
        assert_eq!(gone.clone().unwrap_err().to_string(), "sock_diag: No such file or directory (os error 2)");
        let since = Since::now(&sockets);
        sockets.set(Some(vec![socket(1, 40000, 51), socket(2, 40001, 51)]));
        assert_eq!(suites(root, "nvme0", &since), gone, "the new ones cannot be told from the old ones");
    }

    #[test]
    fn suites_are_checked_against_the_policy() {
        use CipherSuite::{Aes128GcmSha256, Aes256GcmSha384, Chacha20Poly1305Sha256};
        let check = |ciphers: Option<&[CipherSuite]>, suites: Result<&[(u16, u16)], SuitesError>| {
            let policy = policy(ciphers.map(<[_]>::to_vec));
            check_cipher_suites(Some(&policy), "nvme0", suites.map(set)).map_err(|violation| violation.to_string())
        };
        let (one, both) = ([(0x304, 54)], [(0x304, 54), (0x304, 51)]);
        let said = |what: &str| Ok(what.to_owned());
        assert_eq!(check(None, Ok(&one)), said(", cipher suite TLS_CHACHA20_POLY1305_SHA256"));
        let two = ", cipher suites TLS_AES_128_GCM_SHA256 and TLS_CHACHA20_POLY1305_SHA256";
        assert_eq!(check(None, Ok(&both)), said(two));
        assert_eq!(check(Some(&[Chacha20Poly1305Sha256, Aes128GcmSha256]), Ok(&both)), said(two));
        let only = "security profile 1 of NBFT allows only TLS_AES_128_GCM_SHA256 and TLS_AES_256_GCM_SHA384";
        let restricted: Option<&[_]> = Some(&[Aes128GcmSha256, Aes256GcmSha384]);
        let chosen =
            "the cipher suite of nvme0 is TLS_CHACHA20_POLY1305_SHA256, as tlshd and the target agreed on, and ";
        assert_eq!(check(restricted, Ok(&one)), Err(format!("{chosen}{only}")));
        assert_eq!(check(restricted, Ok(&both)), Err(format!("{chosen}{only}")));
        let unknown = "the cipher suite of nvme0 is cipher 55 of linux/tls.h, as tlshd and the target agreed on, and ";
        assert_eq!(check(restricted, Ok(&[(0x304, 55)])), Err(format!("{unknown}{only}")));
        let old = "nvme0 is secured by TLS 1.2 and cipher 51 of linux/tls.h, and NVMe/TCP allows only TLS 1.3";
        assert_eq!(check(restricted, Ok(&[(0x303, 51)])), Err(old.into()));
        assert_eq!(check(None, Ok(&[(0x303, 51)])), Err(old.into()));
        let unseen = "the cipher suite of nvme0 cannot be seen: sysfs does not show its connections; ";
        assert_eq!(check(restricted, Err(SuitesError::Hidden)), Err(format!("{unseen}{only}")));
        assert_eq!(
            check(None, Err(SuitesError::Hidden)),
            said("; its cipher suite cannot be seen: sysfs does not show its connections")
        );
        assert_eq!(
            check_cipher_suites(None, "nvme0", Ok(set(&one))).map_err(|violation| violation.to_string()),
            said(", cipher suite TLS_CHACHA20_POLY1305_SHA256")
        );
    }
}
