//! Secure channels: what is given to the kernel and to its keyring, and what is never connected in plaintext.

use super::secured::{DIRECTORY, reason, root_of, secured};
use super::*;
use crate::nvme::keys::{Keyring, KeyringError, Serial};
use crate::nvme::sock_diag::{SocketsError, Suite, TlsSocket, TlsSockets};
use libnbft::discovery_log::Header;
use libnbft::model::SsnsFlags;

const PSK: &str = "NVMeTLSkey-1:01:VRLbtnN9AQb2WXW3c9+wEf/DRLz0QuLdbYvEhwtdWwNf9LrZ:";
const PSK_384: &str = "NVMeTLSkey-1:02:VRLbtnN9AQb2WXW3c9+wEf/DRLz0QuLdbYvEhwtdWwP/w0S89ELi3W2LxIcLXVsDn8kXZQ==:";

/// The secure channel as a profile's flags have it, and that its cipher suites are restricted.
const ALLOWED: u16 = 1 << 5;
const REQUIRED: u16 = 2 << 5;
const RESTRICTED: u16 = 1 << 9;

/// The options that a kernel with TLS lists besides.
const TLS: &str = "keyring=%d,tls_key=%d,tls";

/// A file of the root as the kernel's keyring; without the file there is no keyring.
#[derive(Debug)]
pub(super) struct InRoot(pub(super) PathBuf);

impl InRoot {
    fn file(&self) -> PathBuf {
        self.0.join("keyring")
    }
}

impl Keyring for InRoot {
    fn keys(&self) -> Result<Vec<(Serial, String)>, KeyringError> {
        let text = fs::read_to_string(self.file()).map_err(|_| KeyringError::Missing)?;
        Ok(text.lines().map(str::to_owned).enumerate().map(|(line, name)| (line as Serial + 1, name)).collect())
    }

    fn add(&self, name: &str, _: &[u8]) -> Result<Serial, KeyringError> {
        let text = fs::read_to_string(self.file()).map_err(|_| KeyringError::Missing)?;
        fs::write(self.file(), text.clone() + name + "\n").unwrap();
        Ok(text.lines().count() as Serial + 1)
    }
}

/// The kernel's sockets likewise: cookie, own address, peer and cipher of each.
impl TlsSockets for InRoot {
    fn list(&self) -> Result<Vec<TlsSocket>, SocketsError> {
        let text = fs::read_to_string(self.0.join("sockets"))?;
        let socket = |line: &str| {
            let [cookie, local, peer, cipher] = line.split(' ').collect::<Vec<_>>()[..] else { panic!("{line}") };
            TlsSocket {
                cookie: cookie.parse::<u64>().unwrap().to_ne_bytes(),
                local: local.parse().unwrap(),
                peer: peer.parse().unwrap(),
                suite: Suite { version: 0x304, cipher: cipher.parse().unwrap() },
            }
        };
        Ok(text.lines().map(socket).collect())
    }
}

/// Shows the connections of a controller with TLS: two queues, with the ciphers of the root's file `ciphers`.
pub(super) fn show_sockets(root: &Path, number: usize, port: &str) {
    fs::write(root.join(format!("sys/class/nvme/nvme{number}/queue_count")), "2\n").unwrap();
    let Ok(mut text) = fs::read_to_string(root.join("sockets")) else { return };
    for cipher in fs::read_to_string(root.join("ciphers")).unwrap().split(' ') {
        let cookie = text.lines().count();
        text += &format!("{cookie} 127.0.0.1:{} 127.0.0.1:{port} {cipher}\n", 40000 + cookie);
    }
    fs::write(root.join("sockets"), text).unwrap();
}

/// A root with a kernel that can do TLS, and these files with keys.
fn root(keys: &[(&str, &str)]) -> Root {
    let root = root_of(TLS, keys);
    fs::write(root.0.join("keyring"), "").unwrap();
    fs::write(root.0.join("sockets"), "").unwrap();
    fs::write(root.0.join("ciphers"), "51 51").unwrap();
    root
}

fn keyring(root: &Root) -> Vec<String> {
    let text = fs::read_to_string(root.0.join("keyring")).unwrap();
    text.lines().map(|name| name.rsplit_once(' ').unwrap().0.to_owned()).collect()
}

/// A table whose profile allows only this cipher suite.
fn restricted(flags: u16, cipher: u16) -> Table {
    let mut table = secured(flags | RESTRICTED);
    table.security[0].cipher_suites = Some(vec![cipher]);
    table
}

#[tokio::test(flavor = "current_thread")]
async fn the_key_is_put_into_the_keyring_and_named_to_the_kernel() {
    let root = root(&[("tls-psk", PSK)]);
    let table = restricted(REQUIRED, 0x1301);
    let ran = run_in(&root, &table, vec![], 5).await;
    assert_eq!((ran.exit, ran.written), (Exit::Ok, vec![format!("{},tls,tls_key=1", options(4420))]));
    assert_eq!(keyring(&root), [format!("NVMe1R01 nqn.2014-08.org.example:host {NQN}")]);
    let path = &ran.status.paths[0];
    assert_eq!(
        (path.security.as_deref(), path.secured.as_deref()),
        (
            Some("authentication not supported; secure channel required with TLS 1.3, TLS_AES_128_GCM_SHA256"),
            Some("TLS 1.3 with a PSK of SHA-256, cipher suite TLS_AES_128_GCM_SHA256")
        )
    );
    assert!(!fs::read_to_string(root.0.join(STATUS)).unwrap().contains("VRLbtnN9"));
    // A second run finds both there.
    let ran = run_in(&root, &table, vec![], 5).await;
    assert_eq!((ran.exit, ran.written.len(), keyring(&root).len()), (Exit::Ok, 0, 1));
}

#[tokio::test(flavor = "current_thread")]
async fn what_is_only_allowed_is_done_where_it_can_be() {
    let with = format!("{},tls,tls_key=1", options(4420));
    let ran = run_in(&root(&[("tls-psk", PSK_384)]), &secured(ALLOWED), vec![], 5).await;
    assert_eq!((ran.exit, ran.written), (Exit::Ok, vec![with.clone()]));
    let seen = "TLS 1.3 with a PSK of SHA-384, cipher suite TLS_AES_128_GCM_SHA256";
    assert_eq!(ran.status.paths[0].secured.as_deref(), Some(seen));
    // A key that another program has put into the keyring.
    let there = root(&[]);
    fs::write(there.0.join("keyring"), format!("NVMe0R02 nqn.2014-08.org.example:host {NQN}\n")).unwrap();
    let ran = run_in(&there, &secured(ALLOWED), vec![], 5).await;
    assert_eq!((ran.exit, ran.written), (Exit::Ok, vec![with]));
    let incapable = root_of("dhchap_secret=%s", &[("tls-psk", PSK)]);
    for (root, flags) in [(root(&[]), ALLOWED), (incapable, ALLOWED), (root(&[("tls-psk", PSK)]), 0)] {
        let ran = run_in(&root, &secured(flags), vec![], 5).await;
        assert_eq!((ran.exit, ran.written), (Exit::Ok, vec![options(4420)]));
        assert_eq!(ran.status.paths[0].secured, None);
    }
}

#[tokio::test(flavor = "current_thread")]
async fn without_a_psk_authentication_makes_the_key_where_the_kernel_can() {
    const SECRET: &str = "DHHC-1:00:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh+KfiaR:";
    const BOTH: u16 = REQUIRED | 2 << 1;
    let root = |known: &str, keys: &[(&str, &str)]| {
        let root = root_of(&format!("{TLS},dhchap_secret=%s{known}"), keys);
        for file in ["keyring", "sockets"] {
            fs::write(root.0.join(file), "").unwrap();
        }
        fs::write(root.0.join("ciphers"), "51 51").unwrap();
        root
    };
    let secret = ("dhchap-secret", SECRET);
    let ran = run_in(&root(",concat", &[secret]), &secured(BOTH), vec![], 5).await;
    assert_eq!((ran.exit, ran.written), (Exit::Ok, vec![format!("{},concat,dhchap_secret={SECRET}", options(4420))]));
    let made = "TLS 1.3 with a key made by authentication, cipher suite TLS_AES_128_GCM_SHA256";
    assert_eq!(ran.status.paths[0].secured.as_deref(), Some(made));
    // A PSK takes precedence; TLS that is only allowed does not use this way.
    let ran = run_in(&root(",concat", &[secret, ("tls-psk", PSK)]), &secured(BOTH), vec![], 5).await;
    let by_psk = format!("{},tls,tls_key=1,dhchap_secret={SECRET}", options(4420));
    assert_eq!((ran.exit, ran.written), (Exit::Ok, vec![by_psk]));
    let ran = run_in(&root(",concat", &[secret]), &secured(ALLOWED | 2 << 1), vec![], 5).await;
    assert_eq!((ran.exit, ran.written), (Exit::Ok, vec![format!("{},dhchap_secret={SECRET}", options(4420))]));
    // A kernel without the option, and a root without a secret.
    for root in [root("", &[secret]), root(",concat", &[])] {
        let reason = reason(&root, &secured(BOTH & !(1 << 1)), vec![Answer::Broken]).await;
        assert!(reason.contains(" required by security profile 1 of NBFT, and there is no "), "{reason}");
    }
}

/// A root, a table, and why nothing is connected.
async fn refused(root: Root, table: &Table, expected: &str) {
    assert_eq!(reason(&root, table, vec![Answer::Broken]).await, expected);
}

#[tokio::test(flavor = "current_thread")]
async fn nothing_is_written_without_what_is_required() {
    let places = format!("/{DIRECTORY}/{NQN}/tls-psk, /{DIRECTORY}/tls-psk, the kernel's keyring .nvme");
    let none = format!(
        "TLS is required by security profile 1 of NBFT, and there is no PSK for it: nbft looked in {places}; nbft got \
         no credentials"
    );
    refused(root(&[]), &secured(REQUIRED), &none).await;
    let malformed = format!("/{DIRECTORY}/tls-psk: its checksum does not match: a character is wrong");
    refused(root(&[("tls-psk", &PSK.replace("LrZ", "LrY"))]), &secured(REQUIRED), &malformed).await;
    let unfit = "the TLS PSK for it is one of SHA-256, which implies TLS_AES_128_GCM_SHA256; its security profile allows \
                 only TLS_AES_256_GCM_SHA384";
    refused(root(&[("tls-psk", PSK)]), &restricted(REQUIRED, 0x1302), unfit).await;
    let needs = "(it needs CONFIG_NVME_TCP_TLS, from Linux 6.7 on)";
    let incapable = root_of("dhchap_secret=%s", &[("tls-psk", PSK)]);
    let said = format!("this kernel cannot do TLS: it does not know the option tls {needs}");
    refused(incapable, &secured(REQUIRED), &said).await;
    let no_keyring = root(&[("tls-psk", PSK)]);
    fs::remove_file(no_keyring.0.join("keyring")).unwrap();
    let said = format!("the kernel has no keyring .nvme: it cannot do TLS {needs}");
    refused(no_keyring, &secured(REQUIRED), &said).await;
}

#[tokio::test(flavor = "current_thread")]
async fn a_handshake_that_fails_has_its_reason() {
    for (errno, expected) in [
        (libc::ESRCH, "tlshd does not run, so there are no TLS handshakes (it comes with ktls-utils)"),
        (
            libc::EACCES,
            "the TLS handshake failed: the target has another PSK for this host, or none, or does not use TLS at this port",
        ),
    ] {
        let root = root(&[("tls-psk", PSK)]);
        let answers = (0..9).map(|_| Answer::Errno(errno)).collect();
        assert_eq!(reason(&root, &secured(REQUIRED), answers).await, expected);
    }
}

#[tokio::test(flavor = "current_thread")]
async fn a_handshake_that_fails_is_not_replaced_by_a_connection_in_the_clear() {
    let answers = (0..9).map(|_| Answer::Errno(libc::EACCES)).collect();
    let ran = run_in(&root(&[("tls-psk", PSK)]), &secured(ALLOWED), answers, 1).await;
    let with = format!("{},tls,tls_key=1", options(4420));
    assert!(!ran.written.is_empty() && ran.written.iter().all(|written| *written == with), "{:?}", ran.written);
    let expected = "the TLS handshake failed: the target has another PSK for this host, or none, or does not use TLS at this port; \
                    TLS is allowed and not required here, but with a PSK nothing is connected in plaintext, since anybody on the \
                    wire could force that: for a target without TLS, remove the PSK";
    assert_eq!((ran.exit, ran.status.paths[0].reason.as_deref()), (Exit::Failed, Some(expected)));
}

#[tokio::test(flavor = "current_thread")]
async fn a_trial_sends_nothing_in_the_clear() {
    let listener = tokio::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let heard = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut bytes = Vec::new();
        stream.read_to_end(&mut bytes).await.unwrap();
        bytes
    });
    let mut table = secured(REQUIRED);
    table.ssns[0].trsvcid = Some(port.to_string());
    // A second path, since a single path is not probed.
    let mut dead = table.ssns[0].clone();
    (dead.index, dead.trsvcid) = (2, Some(closed_port().await.to_string()));
    table.ssns.push(dead);
    let ran = run_in(&root(&[("tls-psk", PSK)]), &table, vec![], 5).await;
    assert_eq!(ran.written, [format!("{},tls,tls_key=1", options(port))]);
    assert_eq!(heard.await.unwrap(), [0_u8; 0]);
}

#[tokio::test(flavor = "current_thread")]
async fn a_controller_that_somebody_made_in_the_clear_is_not_taken_over() {
    let root = root(&[("tls-psk", PSK)]);
    show_controller(&root.0, 7, &options(4420), NID);
    let answers = (0..9).map(|_| Answer::Errno(libc::EALREADY)).collect();
    let ran = run_in(&root, &secured(REQUIRED), answers, 1).await;
    let expected = "nvme7 has this connection in plaintext, but TLS is required by security profile 1 of NBFT";
    let (path, namespace) = (&ran.status.paths[0], &ran.status.namespaces[0]);
    assert_eq!((path.controller.as_deref(), path.reason.as_deref()), (None, Some(expected)));
    // Its namespace does not count either.
    assert_eq!(
        (ran.exit, namespace.state, namespace.reason.clone()),
        (Exit::Failed, State::Pending, Some(format!("127.0.0.1 port 4420: {expected}")))
    );
    fs::write(root.0.join("sys/class/nvme/nvme7/tls_key"), "00000001\n").unwrap();
    let ran = run_in(&root, &secured(REQUIRED), vec![], 5).await;
    assert_eq!((ran.exit, ran.written.len(), ran.status.paths[0].controller.as_deref()), (Exit::Ok, 0, Some("nvme7")));
}

#[tokio::test(flavor = "current_thread")]
async fn a_namespace_by_another_way_in_the_clear_is_not_there() {
    let elsewhere = options(4499);
    let in_the_clear = "nvme7 has this connection in plaintext, but TLS is required by security profile 1 of NBFT";
    for (flags, unprotected, expected) in [
        (REQUIRED, "", Some(in_the_clear)),
        // TLS that is only allowed requires nothing.
        (ALLOWED, "", None),
        (REQUIRED, ",tls,tls_key=9", None),
    ] {
        let root = root(&[("tls-psk", PSK)]);
        show_controller(&root.0, 7, &format!("{elsewhere}{unprotected}"), NID);
        let answers = (0..9).map(|_| Answer::Errno(libc::ECONNREFUSED)).collect();
        let ran = run_in(&root, &secured(flags), answers, 1).await;
        let namespace = &ran.status.namespaces[0];
        let refused =
            "127.0.0.1 port 4420: the target refuses connections to this port (Connection refused (os error 111))";
        let expected = expected.map(|expected| format!("{refused}; {expected}"));
        let (exit, state) =
            if expected.is_some() { (Exit::Failed, State::Pending) } else { (Exit::Degraded, State::Up) };
        assert_eq!((ran.exit, namespace.state, namespace.reason.clone()), (exit, state, expected), "{flags}");
    }
    // Once the path is up, it provides the namespace.
    let root = root(&[("tls-psk", PSK)]);
    show_controller(&root.0, 7, &elsewhere, NID);
    let ran = run_in(&root, &secured(REQUIRED), vec![], 5).await;
    assert_eq!((ran.exit, ran.status.namespaces[0].state), (Exit::Ok, State::Up));
}

#[tokio::test(flavor = "current_thread")]
async fn an_entry_that_asks_for_nothing_may_have_it_in_the_clear() {
    // One port must be secured, the other not; the other one provides the namespace.
    let mut table = secured(REQUIRED);
    let mut open = table.ssns[0].clone();
    (open.index, open.security, open.flags, open.trsvcid) = (2, 0, SsnsFlags(1), Some("4499".into()));
    table.ssns.push(open);
    let root = root(&[]);
    show_controller(&root.0, 7, &options(4499), NID);
    let ran = run_in(&root, &table, vec![], 1).await;
    assert_eq!((ran.exit, ran.status.namespaces[0].state), (Exit::Degraded, State::Up));
}

/// The sentence on a profile that allows only TLS_AES_128_GCM_SHA256.
const ONLY: &str = "security profile 1 of NBFT allows only TLS_AES_128_GCM_SHA256";

#[tokio::test(flavor = "current_thread")]
async fn a_cipher_suite_that_is_not_allowed_or_not_seen_fails() {
    let chosen = "is TLS_CHACHA20_POLY1305_SHA256, as tlshd and the target agreed on, and";
    let fewer = "cannot be seen: it has 2 queues, and the kernel shows 1 connections with TLS to 127.0.0.1:";
    let unlisted = "cannot be seen: sock_diag: No such file or directory (os error 2); security profile 1";
    for (flags, ciphers, why) in [
        (REQUIRED, Some("54 54"), chosen),
        (ALLOWED, Some("51 54"), chosen),
        (REQUIRED, Some("51"), fewer),
        (ALLOWED, None, unlisted),
    ] {
        let root = root(&[("tls-psk", PSK)]);
        match ciphers {
            Some(ciphers) => fs::write(root.0.join("ciphers"), ciphers).unwrap(),
            None => fs::remove_file(root.0.join("sockets")).unwrap(),
        }
        // Each try is another controller.
        let reason = reason(&root, &restricted(flags, 0x1301), vec![]).await;
        assert!(reason.starts_with("the cipher suite of nvme"), "{reason}");
        assert!(reason.contains(why) && reason.ends_with(ONLY), "{reason}");
    }
}

#[tokio::test(flavor = "current_thread")]
async fn a_cipher_suite_that_nobody_restricts_is_shown() {
    for (ciphers, shown) in [
        (Some("54 54"), ", cipher suite TLS_CHACHA20_POLY1305_SHA256"),
        (None, "; its cipher suite cannot be seen: sock_diag: No such file or directory (os error 2)"),
    ] {
        let root = root(&[("tls-psk", PSK)]);
        match ciphers {
            Some(ciphers) => fs::write(root.0.join("ciphers"), ciphers).unwrap(),
            None => fs::remove_file(root.0.join("sockets")).unwrap(),
        }
        let ran = run_in(&root, &secured(REQUIRED), vec![], 5).await;
        let expected = format!("TLS 1.3 with a PSK of SHA-256{shown}");
        assert_eq!((ran.exit, ran.status.paths[0].secured.as_deref()), (Exit::Ok, Some(expected.as_str())));
    }
}

#[tokio::test(flavor = "current_thread")]
async fn a_controller_of_somebody_elses_is_held_against_the_suites_too() {
    let with = format!("{},tls,tls_key=9", options(4420));
    let root = root(&[("tls-psk", PSK)]);
    fs::write(root.0.join("ciphers"), "54 54").unwrap();
    show_controller(&root.0, 7, &with, NID);
    let answers = (0..9).map(|_| Answer::Errno(libc::EALREADY)).collect();
    let ran = run_in(&root, &restricted(REQUIRED, 0x1301), answers, 1).await;
    let chosen = "the cipher suite of nvme7 is TLS_CHACHA20_POLY1305_SHA256, as tlshd and the target agreed on, and ";
    assert_eq!(ran.status.paths[0].reason, Some(format!("{chosen}{ONLY}")));
    fs::remove_file(root.0.join(STATUS)).unwrap();
    let ran = run_in(&root, &restricted(REQUIRED, 0x1303), vec![], 5).await;
    let shown = "TLS 1.3, cipher suite TLS_CHACHA20_POLY1305_SHA256";
    assert_eq!((ran.exit, ran.written.len(), ran.status.paths[0].secured.as_deref()), (Exit::Ok, 0, Some(shown)));
}

#[tokio::test(flavor = "current_thread")]
async fn discovery_controllers_and_what_they_tell_of() {
    let mut table = secured(REQUIRED);
    table.ssns.clear();
    table.discovery.push(discovery_at(target().await, 1));
    let ran = run_in(&root(&[("tls-psk", PSK)]), &table, vec![], 1).await;
    assert!(ran.written[0].starts_with("discover nqn="), "{:?}", ran.written);
    assert!(ran.written[0].ends_with(",tls,tls_key=1"), "{:?}", ran.written);
    let ran = run_in(&root(&[]), &table, vec![], 1).await;
    assert_eq!(ran.written, [""; 0]);
    // A discovery controller in plaintext lists a subsystem that accepts nothing but TLS.
    table.discovery[0].security = 0;
    let told = || {
        let mut log = Log::new(Header { generation: 1, records: 1 });
        let mut entry = libnbft::discovery_log::Entry::subsystem(Nqn(NQN.into()), Ipv4Addr::LOCALHOST.into(), 4420);
        entry.secure_channel_required = true;
        log.entries = vec![entry];
        vec![Answer::Tell(DiscoveryResult::LogPage(log, None))]
    };
    let ran = run_in(&root(&[("tls-psk", PSK)]), &table, told(), 1).await;
    assert_eq!(ran.written[1..], [format!("{},tls,tls_key=1", options(4420))]);
    let ran = run_in(&root(&[]), &table, told(), 1).await;
    let reason = ran.status.paths[0].reason.as_deref().unwrap();
    let expected =
        "TLS is required by the target's entry in the discovery log page, and there is no PSK for it: nbft looked in ";
    assert!(ran.written.len() == 1 && reason.starts_with(expected), "{:?} {reason}", ran.written);
}
