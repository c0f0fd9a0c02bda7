//! Tables that name discovery controllers.

use crate::common::far::{Serve, far};
use crate::common::net::veth;
use crate::common::{in_namespace, ip};
use crate::support::{NID, NQN, Root, plan, table};
use libnbft::model::{Discovery, DiscoveryFlags, SsnsFlags, Table};
use libnbft::plan::DiscoveryController;
use nbft_connect::status::schema::{Outcome, State, Status};

/// The usual table with a discovery controller at 192.0.2.1 port 8009, and its entry, if any, from there.
fn with_discovery(entry: bool) -> Table {
    let mut table = table();
    let mut discovery = Discovery::default();
    (discovery.flags, discovery.index, discovery.hfi) = (DiscoveryFlags::VALID, 1, 1);
    discovery.uri = Some("nvme+tcp://192.0.2.1:8009/".into());
    table.discovery.push(discovery);
    match entry {
        true => {
            let ssns = &mut table.ssns[0];
            (ssns.primary_discovery, ssns.flags) = (1, ssns.flags.with(SsnsFlags::DISCOVERED));
        }
        false => table.ssns.clear(),
    }
    table
}

fn set_up(serve: Serve) {
    veth("nbft0", 1);
    far("nbft0", &["192.0.2.1/24"], serve);
    ip("address add 192.0.2.2/24 dev nbft0");
    ip("link set nbft0 up");
}

/// What `connect` left, as changed.
fn left(root: &Root, table: &Table, change: impl FnOnce(&mut Status)) {
    let mut status = Status::of_plan(&plan(table));
    status.outcome = Outcome::Failed;
    change(&mut status);
    status.write(&root.0.join("run/nbft/status.json")).unwrap();
}

const FOUND: &str = "  works:    NIC nbft0, carrier, 192.0.2.2/24, route on the link, TCP port 8009, ICResp\n";

#[test]
fn nothing_but_a_discovery_controller() {
    in_namespace("discovery::nothing_but_a_discovery_controller", || {
        set_up(Serve::Controller("192.0.2.1:8009"));
        let table = with_discovery(false);
        let root = Root::new("discovery", &table);
        let says = |code, rest: &str| {
            let head = "NBFT: 0 of 0 paths work, no namespace that discovery lists is there\n\n";
            assert_eq!(
                root.doctor(""),
                (code, format!("{head}discovery controller 192.0.2.1 port 8009 over nbft0: {rest}"))
            );
        };
        let stops = |wrong: &str, remedy: &str| {
            format!("stops at discovery\n  wrong:    {wrong}\n  do:       {remedy}\n{FOUND}")
        };
        says(1, &stops("The discovery controller answers, but nothing has asked it.", "Run nbft connect."));
        left(&root, &table, |_| {});
        says(1, &stops("The discovery controller answers, but nbft connect has not asked it.", "Run nbft connect."));
        left(&root, &table, |status| {
            (status.discovery[0].state, status.discovery[0].reason) = (State::Failed, Some("no answer".into()));
        });
        says(
            1,
            &stops(
                "The discovery controller answers, but nbft connect failed to ask it: no answer.",
                "Run nbft connect, which asks again; the target's log has the other half.",
            ),
        );
        left(&root, &table, |status| {
            (status.discovery[0].state, status.discovery[0].ways) = (State::Up, Some(0));
        });
        says(
            1,
            &stops(
                "The discovery controller lists no subsystem for this host.",
                "Let the host NQN nqn.2014-08.org.example:host have a subsystem on the target.",
            ),
        );
        left(&root, &table, |status| {
            (status.discovery[0].state, status.discovery[0].ways) = (State::Up, Some(2));
        });
        let found = FOUND.replace("ICResp", "ICResp, lists 2 way(s) to subsystems");
        says(1, &format!("has answered\n{found}"));
    });
}

#[test]
fn what_was_discovered_is_there() {
    in_namespace("discovery::what_was_discovered_is_there", || {
        set_up(Serve::Controller("192.0.2.1:8009"));
        let table = with_discovery(false);
        let root = Root::new("discovered", &table);
        left(&root, &table, |status| {
            (status.discovery[0].state, status.discovery[0].ways) = (State::Up, Some(1));
            let mut path = nbft_connect::status::schema::PathStatus::default();
            (path.nqn, path.traddr, path.trsvcid) = (NQN.into(), "192.0.2.1".into(), 4420);
            path.discovered = plan(&table).discovery.first().map(DiscoveryController::source);
            path.host_iface = "nbft0".into();
            status.paths.push(path);
        });
        let address = "traddr=192.0.2.1,trsvcid=4420,host_traddr=192.0.2.2,host_iface=nbft0";
        root.controller("nvme0", address, "live", &[("nvme0c0n1", "nsid", "1"), ("nvme0c0n1", "uuid", NID)]);
        root.write("sys/block/nvme0n1/size", b"8\n");
        let found = FOUND.replace("ICResp", "ICResp, lists 1 way(s) to subsystems");
        assert_eq!(
            root.doctor(""),
            (
                0,
                format!(
                    "NBFT: 1 of 1 paths work, a discovered namespace is there\n\n\
                     path 192.0.2.1 port 4420 over nbft0: works\n  works:    nvme0 live, namespace\n\n\
                     discovery controller 192.0.2.1 port 8009 over nbft0: has answered\n{found}\n\
                     namespace (any) of {NQN}: /dev/nvme0n1\n"
                )
            )
        );
    });
}

#[test]
fn a_fall_back_is_asked_when_its_path_does_not_hold() {
    in_namespace("discovery::a_fall_back_is_asked_when_its_path_does_not_hold", || {
        set_up(Serve::Nothing);
        let table = with_discovery(true);
        let root = Root::new("fall-back", &table);
        let (code, text) = root.doctor("");
        assert_eq!(code, 1);
        assert!(
            text.contains("discovery controller 192.0.2.1 port 8009 over nbft0: stops at the TCP port\n"),
            "{text}"
        );
        let address = "traddr=192.0.2.1,trsvcid=4420,host_traddr=192.0.2.2,host_iface=nbft0";
        root.controller("nvme0", address, "live", &[("nvme0c0n1", "nsid", "1"), ("nvme0c0n1", "uuid", NID)]);
        root.write("sys/block/nvme0n1/size", b"8\n");
        let (code, text) = root.doctor("");
        assert_eq!(code, 0);
        assert!(!text.contains("discovery controller"), "{text}");
    });
}
