//! The cipher suites of a controller's connections. The `tlshd` of the two sides choose one in each handshake, by their
//! configuration and libraries, and Linux can be told no list: so what they chose is held against the policy.

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
/// Nothing says which sockets are a controller's. Those that may be: with TLS, to its address, from its own, and come since it was
/// begun. Connections in plain text are not among them, for the kernel makes none for a controller that has a key. There must be as
/// many as it has queues; where somebody else's connections are among them, theirs count too, so that nothing is taken for better
/// than it is.
///
/// # Errors
///
/// Why they cannot be seen.
pub(crate) fn suites(root: &Path, controller: &str, since: &Since<'_>) -> Result<BTreeSet<Suite>, SuitesError> {
    let known = sysfs::connections(root, controller).ok_or(SuitesError::Hidden)?;
    let sockets = since.list()?;
    let its: Vec<_> = sockets.iter().filter(|socket| may_be(socket, &known)).collect();
    let (seen, queues) = (its.len(), known.queues);
    if seen < queues {
        return Err(SuitesError::Fewer { queues, seen, peer: known.peer });
    }
    Ok(its.iter().map(|socket| socket.suite).collect())
}

fn may_be(socket: &TlsSocket, known: &Connections) -> bool {
    let without_scope = |address: SocketAddr| SocketAddr::new(address.ip(), address.port());
    without_scope(socket.peer) == known.peer && known.source.is_none_or(|source| socket.local.ip() == source)
}

/// Checks the suites of a controller against its policy, and says which they are, as the rest of a sentence on how it is secured.
/// Where the policy allows any, it is no error that they cannot be seen.
///
/// # Errors
///
/// Which suite is not allowed, or that this cannot be known.
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
    use std::fs;

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
    fn only_connections_that_may_be_the_controllers_count() {
        let root = std::env::temp_dir().join(format!("nbft-suites-{}", std::process::id()));
        show(&root, "nvme0", 2);
        let sockets = InMemory::default();
        // Of another controller to the same port.
        sockets.add(socket(1, 40000, 54));
        let since = Since::now(&sockets);
        let seen = |count| {
            let expected =
                format!("it has 2 queues, and the kernel shows {count} connections with TLS to 192.0.2.1:4420");
            assert_eq!(suites(&root, "nvme0", &since).map_err(|error| error.to_string()), Err(expected));
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
        assert_eq!(suites(&root, "nvme0", &since), Ok(set(&[(0x304, 51)])));
        // What may be its own counts.
        sockets.add(socket(7, 40005, 52));
        assert_eq!(suites(&root, "nvme0", &since), Ok(set(&[(0x304, 51), (0x304, 52)])));
        assert_eq!(suites(&root, "nvme0", &Since::ever(&sockets)).unwrap().len(), 3);
        assert_eq!(suites(&root, "nvme1", &since), Err(SuitesError::Hidden));
        sockets.set(None);
        let gone = Err(SuitesError::Sockets(SocketsError::Refused(libc::ENOENT)));
        assert_eq!(suites(&root, "nvme0", &since), gone);
        let since = Since::now(&sockets);
        sockets.set(Some(vec![socket(1, 40000, 51), socket(2, 40001, 51)]));
        assert_eq!(suites(&root, "nvme0", &since), gone, "which are new is not known");
        fs::remove_dir_all(&root).unwrap();
    }

    #[test]
    fn suites_are_held_against_the_policy() {
        use CipherSuite::{Aes128GcmSha256, Aes256GcmSha384, Chacha20Poly1305Sha256};
        let held = |ciphers: Option<&[CipherSuite]>, suites: Result<&[(u16, u16)], SuitesError>| {
            let policy = policy(ciphers.map(<[_]>::to_vec));
            check_cipher_suites(Some(&policy), "nvme0", suites.map(set)).map_err(|violation| violation.to_string())
        };
        let (one, both) = ([(0x304, 54)], [(0x304, 54), (0x304, 51)]);
        let said = |what: &str| Ok(what.to_owned());
        assert_eq!(held(None, Ok(&one)), said(", cipher suite TLS_CHACHA20_POLY1305_SHA256"));
        let two = ", cipher suites TLS_AES_128_GCM_SHA256 and TLS_CHACHA20_POLY1305_SHA256";
        assert_eq!(held(None, Ok(&both)), said(two));
        assert_eq!(held(Some(&[Chacha20Poly1305Sha256, Aes128GcmSha256]), Ok(&both)), said(two));
        let only = "security profile 1 of NBFT allows only TLS_AES_128_GCM_SHA256 and TLS_AES_256_GCM_SHA384";
        let restricted: Option<&[_]> = Some(&[Aes128GcmSha256, Aes256GcmSha384]);
        let chosen =
            "the cipher suite of nvme0 is TLS_CHACHA20_POLY1305_SHA256, as tlshd and the target agreed on, and ";
        assert_eq!(held(restricted, Ok(&one)), Err(format!("{chosen}{only}")));
        assert_eq!(held(restricted, Ok(&both)), Err(format!("{chosen}{only}")));
        let unknown = "the cipher suite of nvme0 is cipher 55 of linux/tls.h, as tlshd and the target agreed on, and ";
        assert_eq!(held(restricted, Ok(&[(0x304, 55)])), Err(format!("{unknown}{only}")));
        let old = "nvme0 is secured by TLS 1.2 and cipher 51 of linux/tls.h, and NVMe/TCP allows only TLS 1.3";
        assert_eq!(held(restricted, Ok(&[(0x303, 51)])), Err(old.into()));
        assert_eq!(held(None, Ok(&[(0x303, 51)])), Err(old.into()));
        let unseen = "the cipher suite of nvme0 cannot be seen: sysfs does not show its connections; ";
        assert_eq!(held(restricted, Err(SuitesError::Hidden)), Err(format!("{unseen}{only}")));
        assert_eq!(
            held(None, Err(SuitesError::Hidden)),
            said("; its cipher suite cannot be seen: sysfs does not show its connections")
        );
        assert_eq!(
            check_cipher_suites(None, "nvme0", Ok(set(&one))).map_err(|violation| violation.to_string()),
            said(", cipher suite TLS_CHACHA20_POLY1305_SHA256")
        );
    }
}
