//! From the controller to the namespace, and the machine as a whole, on trees that stand in for sysfs. The target answers
//! in each of them.

use crate::common::far::{Serve, far};
use crate::common::net::veth;
use crate::common::{in_namespace, ip};
use crate::support::{NID, NQN, Root, table};
use libnbft::model::{SecurityFlags, SecurityProfile, SsnsFlags, Table};
use nbft_connect::nvme::explain::Refusal;
use nbft_connect::status::schema::{Outcome, State};

/// A target that answers, and a root with this table.
pub(crate) fn root(test: &str, table: &Table) -> Root {
    root_at(test, table, Serve::Controller("192.0.2.1:4420"))
}

pub(crate) fn root_at(test: &str, table: &Table, serve: Serve) -> Root {
    veth("nbft0", 1);
    far("nbft0", &["192.0.2.1/24"], serve);
    ip("address add 192.0.2.2/24 dev nbft0");
    ip("link set nbft0 up");
    Root::new(test, table)
}

const FOUND: &str = "  works:    NIC nbft0, carrier, 192.0.2.2/24, route on the link, TCP port 4420, ICResp\n";
const ADDRESS: &str = "traddr=192.0.2.1,trsvcid=4420,host_traddr=192.0.2.2,host_iface=nbft0,src_addr=192.0.2.2";

/// What is said of a path whose controller is missing or not live.
fn stops(problem: &str, remedy: &str) -> String {
    format!(
        "path 192.0.2.1 port 4420 over nbft0: stops at the controller\n  wrong:    {problem}\n  do:       {remedy}\n{FOUND}"
    )
}

/// Each reason for which `nbft connect` failed, with what to do about it; `found` is what else has been found on the way.
fn each_has_its_remedy(root: &Root, table: &Table, cases: &[(&str, &str, &str)], found: fn(String) -> String) {
    for (code, reason, remedy) in cases {
        root.connect_left(table, State::Failed, Some((code, reason)), Outcome::Failed);
        let problem = format!("The target answers, but nbft connect failed: {reason}.");
        assert_eq!(root.path(""), found(stops(&problem, remedy)));
    }
}

#[test]
fn not_connected() {
    in_namespace("system::not_connected", || {
        let table = table();
        let root = root("not-connected", &table);
        assert_eq!(root.path(""), stops("The target answers, but nothing has connected it.", "Run nbft connect."));
        root.connect_left(&table, State::Pending, None, Outcome::Running);
        assert_eq!(
            root.path(""),
            stops("The target answers, and nbft connect is still at work on it.", "Ask again in a moment.")
        );
        root.connect_left(&table, State::Pending, None, Outcome::Failed);
        assert_eq!(
            root.path(""),
            stops("The target answers, but nbft connect ended before it had connected it.", "Run nbft connect.")
        );
        root.connect_left(&table, State::Up, None, Outcome::Ok);
        assert_eq!(
            root.path(""),
            stops(
                "nvme0 was connected and is gone, though the target answers.",
                "A program disconnected it, or the kernel gave it up (see dmesg); nbft connect makes it again."
            )
        );
        // The service of the running system, as long as its process is there.
        let file = root.0.join("run/nbft/status.json");
        let text = std::fs::read_to_string(&file).unwrap();
        std::fs::write(&file, text.replacen('{', "{\"service\": 77,", 1)).unwrap();
        assert!(root.path("").contains("nbft connect makes it again."));
        root.write("proc/77/comm", b"nbft\n");
        assert!(root.path("").contains("nbft connect is at work on it."));
    });
}

#[test]
fn refused_by_the_target() {
    in_namespace("system::refused_by_the_target", || {
        let table = table();
        let root = root("refused-by", &table);
        for (logged, remedy) in [
            (
                "nvme nvme0: Connect for subsystem x is not allowed, hostnqn: y",
                "Allow the host NQN nqn.2014-08.org.example:host on the target, and compare the subsystem NQN with the \
                 target's.",
            ),
            (
                "nvme nvme0: qid 0: authentication failed",
                "Let this host in without in-band authentication, or give the entry a security profile in the firmware's \
                 setup.",
            ),
            (
                "nvme_fabrics: found same hostid x but different hostnqn y",
                "Disconnect what uses the other pair, or connect it by the NBFT's (/run/nbft/hostnqn, /run/nbft/hostid).",
            ),
            (
                "nvme nvme0: something",
                "Run nbft connect, which tries again; if it fails again, dmesg and the target's log have the other half.",
            ),
        ] {
            let reason = Refusal::of_write(libc::EIO, None, &[logged.to_owned()]);
            root.connect_left(&table, State::Failed, Some((reason.code(), &reason.to_string())), Outcome::Failed);
            let problem = format!("The target answers, but nbft connect failed: {reason}.");
            assert_eq!(root.path(""), stops(&problem, remedy));
        }
    });
}

#[test]
fn secrets_and_profiles_at_fault() {
    in_namespace("system::secrets_and_profiles_at_fault", || {
        let table = table();
        let root = root("secrets", &table);
        let cases = [
            (
                "secret-missing",
                "authentication is required by security profile 1 of NBFT, and there is no secret for it: nbft looked in /x",
                "Now: put the secret in one of these files, then run nbft connect. For the next boot: create the file on the machine that \
                 makes the initramfs, and set nbft_install_keys=yes in dracut.conf.d, then dracut --force; or pass the secret as the \
                 credential nbft.dhchap-secret.",
            ),
            (
                "secret-file-unusable",
                "/etc/nbft/keys/h/dhchap-secret: its checksum does not match: a character is wrong",
                "Mend the file; nbft check-key says what is wrong with a key, and nbft-keys(7) how the files must be.",
            ),
            (
                "authentication-failed",
                "authentication failed: the target has another secret for this host, or does without a group that is needed",
                "Compare the secret with the target's for the host NQN nqn.2014-08.org.example:host; the target's log may say \
                 more.",
            ),
            (
                "controller-unproved",
                "the controller did not prove that it has the controller secret",
                "Compare the controller secret with the target's, or leave it out if the host alone is to prove itself.",
            ),
            (
                "not-authenticated",
                "the target asked for no authentication, but security profile 1 of NBFT requires it",
                "Have the target authenticate the host NQN nqn.2014-08.org.example:host, or change the security profile in the \
                 firmware's setup.",
            ),
            (
                "algorithm-not-allowed",
                "the target chose SHA-256, which security profile 1 of NBFT does not allow",
                "Have the target use what the security profile allows, or widen the profile in the firmware's setup.",
            ),
            (
                "authentication-unplanned",
                "the target requires authentication, but the table has no security profile for it",
                "Let this host in without in-band authentication, or give the entry a security profile in the firmware's setup.",
            ),
        ];
        each_has_its_remedy(&root, &table, &cases, |stops| stops);
    });
}

/// The table with an entry that requires a secure channel.
fn secured_table() -> Table {
    let mut table = table();
    let mut profile = SecurityProfile::default();
    // Valid, a secure channel required.
    (profile.index, profile.flags) = (1, SecurityFlags(0x041));
    table.security.push(profile);
    (table.ssns[0].security, table.ssns[0].flags) = (1, table.ssns[0].flags.with(SsnsFlags::USE_SECURITY));
    table
}

#[test]
fn secure_channels_at_fault() {
    in_namespace("system::secure_channels_at_fault", || {
        let table = secured_table();
        // It takes connections and would never answer an ICReq in plaintext: none is sent.
        let root = root_at("channels", &table, Serve::Silent("192.0.2.1:4420"));
        let cases = [
            (
                "psk-missing",
                "TLS is required by security profile 1 of NBFT, and there is no PSK for it: nbft looked in /x",
                "Now: put the PSK in one of these files, then run nbft connect. For the next boot: create the file on the machine that \
                 makes the initramfs, and set nbft_install_keys=yes in dracut.conf.d, then dracut --force; or pass the PSK as the \
                 credential nbft.tls-psk.",
            ),
            (
                "secret-file-unusable",
                "/etc/nbft/keys/h/tls-psk: its checksum does not match: a character is wrong",
                "Mend the file; nbft check-key says what is wrong with a key, and nbft-keys(7) how the files must be.",
            ),
            (
                "tlshd-missing",
                "tlshd does not run, so there are no TLS handshakes (it comes with ktls-utils)",
                "Install ktls-utils, and have tlshd run (systemctl status tlshd), in the initramfs too.",
            ),
            (
                "tls-handshake-failed",
                "the TLS handshake failed: the target has another PSK for this host",
                "Compare the PSK with the target's for the host NQN nqn.2014-08.org.example:host (nbft check-key gives its \
                 identity), and see whether the target does TLS at this port; the log of tlshd may say more.",
            ),
            (
                "psk-not-allowed",
                "the TLS PSK for it is one of SHA-256, which implies TLS_AES_128_GCM_SHA256",
                "Use a PSK of the other hash, or widen the security profile in the firmware's setup.",
            ),
            (
                "no-tls",
                "this kernel cannot do TLS: it does not know the option tls",
                "Boot a kernel with CONFIG_NVME_TCP_TLS, or change the security profile in the firmware's setup.",
            ),
            (
                "plaintext",
                "nvme7 has this connection in plaintext, but TLS is required by security profile 1 of NBFT",
                "Disconnect it, and run nbft connect.",
            ),
            (
                "psk-missing-redfish",
                "TLS is required by security profile 1 of NBFT, and there is no PSK for it: nbft looked in /x; the Redfish service gave none from /k: no user",
                "Have the Redfish service give it (/usr/libexec/nbft-redfish KEYPATH nqn.2014-08.org.example:host asks again; \
                 nbft-redfish(8)), or put the secret in one of the other places.",
            ),
        ];
        each_has_its_remedy(&root, &table, &cases, |stops| stops.replace(", ICResp", ""));
    });
}

#[test]
fn controllers_that_are_not_live() {
    in_namespace("system::controllers_that_are_not_live", || {
        let root = root("not-live", &table());
        root.controller("nvme3", ADDRESS, "connecting", &[]);
        assert_eq!(
            root.path(""),
            stops(
                "nvme3 is there, but its state is connecting.",
                "The kernel connects it again by itself, every ten seconds; dmesg says why it has not succeeded."
            )
        );
        root.controller("nvme3", ADDRESS, "dead", &[]);
        assert_eq!(
            root.path(""),
            stops(
                "nvme3 is there, but its state is dead.",
                "Look in dmesg for why; nbft connect makes it again once it is gone."
            )
        );
    });
}

#[test]
fn a_controller_that_has_lost_its_target() {
    in_namespace("system::a_controller_that_has_lost_its_target", || {
        let table = table();
        let root = root("lost", &table);
        root.controller("nvme0", ADDRESS, "connecting", &[]);
        let reason = "nvme0 has lost its target and keeps trying to connect";
        root.connect_left(&table, State::Up, Some(("target-lost", reason)), Outcome::Ok);
        assert_eq!(
            root.path(""),
            stops(
                &format!("nvme0 is there, but its state is connecting (nbft connect: {reason})."),
                "The target answers now: the kernel connects it again within ten seconds; if it does not, dmesg says why."
            )
        );
        let (_, json) = root.doctor("-o json");
        assert!(json.contains("\"reason_code\": \"target-lost\""), "{json}");
    });
}

#[test]
fn moved_targets_at_fault() {
    in_namespace("system::moved_targets_at_fault", || {
        let table = table();
        let root = root("moved", &table);
        let cases = [
            (
                "no-longer-listed",
                "the discovery controller no longer lists it",
                "Have the discovery controller list this port for the host NQN nqn.2014-08.org.example:host again; nbft connect \
                 then tries it again.",
            ),
            (
                "controller-number-taken",
                "the target gave the controller a number (CNTLID) that Linux keeps for another controller of the subsystem",
                "Run nbft connect, which asks for another number; over TLS it cannot, so disconnect the controller that has \
                 lost its target (nbft status) first.",
            ),
        ];
        each_has_its_remedy(&root, &table, &cases, |stops| stops);
    });
}

#[test]
fn a_controller_that_may_go_any_way() {
    in_namespace("system::a_controller_that_may_go_any_way", || {
        let root = root("unbound", &table());
        root.controller("nvme0", "traddr=192.0.2.1,trsvcid=4420,src_addr=192.0.2.2", "live", &[]);
        assert_eq!(
            root.path(""),
            stops(
                "nvme0 leads to this target and is bound to no interface: it may go any way.",
                "Connect it with its interface (nvme connect --host-iface), or run nbft connect, which makes one that has."
            )
        );
    });
}

#[test]
fn namespaces_that_are_not_there() {
    in_namespace("system::namespaces_that_are_not_there", || {
        let root = Root::new("namespaces", &table());
        let stops = |problem: &str, remedy: &str| {
            format!(
                "path 192.0.2.1 port 4420 over nbft0: stops at the namespace\n  wrong:    {problem}\n  do:       {remedy}\n  \
                 works:    nvme0 live\n"
            )
        };
        root.controller("nvme0", ADDRESS, "live", &[]);
        assert_eq!(
            root.path(""),
            stops(
                &format!("nvme0 is connected and shows this host no namespace; uuid {NID} is expected."),
                "Map the namespace to the host NQN nqn.2014-08.org.example:host on the target."
            )
        );
        let other = "11111111-2222-3333-4444-555555555555";
        root.controller("nvme0", ADDRESS, "live", &[("nvme0c0n1", "nsid", "1"), ("nvme0c0n1", "uuid", other)]);
        assert_eq!(
            root.path(""),
            stops(
                &format!("nvme0 is connected and has NSID 1 uuid {other}, not uuid {NID}."),
                "Map the namespace to the host NQN nqn.2014-08.org.example:host on the target, or choose in the firmware's \
                 setup what is there."
            )
        );
        let own = [("nvme0c0n1", "nsid", "1"), ("nvme0c0n1", "uuid", NID), ("nvme0c0n1", "ana_state", "inaccessible")];
        root.controller("nvme0", ADDRESS, "live", &own);
        assert_eq!(
            root.path(""),
            stops(
                &format!("uuid {NID} is there, but its ANA state through nvme0 is inaccessible."),
                "Look at the storage system: it serves the namespace through other controllers, or through none."
            )
        );
        // A disk that is there already changes nothing.
        root.write("sys/block/nvme0n1/size", b"8\n");
        let (exit, report) = root.doctor("");
        assert!(report.starts_with("NBFT: 0 of 1 paths work, 0 of 1 boot namespaces there\n"), "{report}");
        assert!(report.contains("its ANA state through nvme0 is inaccessible."), "{report}");
        assert_eq!(exit, 1);
        std::fs::remove_dir_all(root.0.join("sys/block/nvme0n1")).unwrap();
        root.write("sys/class/nvme/nvme0/nvme0c0n1/ana_state", b"optimized\n");
        assert_eq!(
            root.path(""),
            stops(
                &format!("uuid {NID} is there, but the kernel has made no disk nvme0n1 of it."),
                "Look in dmesg for why: an unknown format or a missing command set are the usual reasons."
            )
        );
        root.write("sys/block/nvme0n1/size", b"8\n");
        assert_eq!(
            root.doctor(""),
            (
                0,
                format!(
                    "NBFT: 1 of 1 paths work, 1 of 1 boot namespaces there\n\n\
                     path 192.0.2.1 port 4420 over nbft0: works\n  works:    nvme0 live, namespace\n\n\
                     namespace uuid {NID} of {NQN}: /dev/nvme0n1\n"
                )
            )
        );
    });
}

#[test]
fn a_namespace_behind_a_connection_in_the_clear() {
    in_namespace("system::a_namespace_behind_a_connection_in_the_clear", || {
        let table = secured_table();
        let root = half_up("in-the-clear", &table);
        let wrong = "nvme0 has this connection in plaintext, but TLS is required by security profile 1 of NBFT.";
        let (code, text) = root.doctor("");
        assert_eq!(code, 1, "{text}");
        assert!(text.starts_with("NBFT: 0 of 1 paths work, 0 of 1 boot namespaces there\n"), "{text}");
        assert!(
            text.contains(&format!("wrong:    {wrong}\n  do:       Disconnect it, and run nbft connect.\n")),
            "{text}"
        );
        root.write("sys/class/nvme/nvme0/tls_key", b"0123abcd\n");
        assert_eq!(root.doctor("").0, 0);
    });
}

/// Two paths, the first one up.
pub(crate) fn half_up(test: &str, table: &Table) -> Root {
    let root = Root::new(test, table);
    root.controller("nvme0", ADDRESS, "live", &[("nvme0c0n1", "nsid", "1"), ("nvme0c0n1", "uuid", NID)]);
    root.write("sys/block/nvme0n1/size", b"8\n");
    root
}
