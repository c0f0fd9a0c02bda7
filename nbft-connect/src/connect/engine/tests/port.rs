//! A link that becomes a port of a bridge, which takes its address.

use super::*;
use crate::cli::Bind;
use crate::net::{BondOutcome, KernelError, NetEvent, NetFailure};

/// The same network, whose address is on the bridge now.
fn ready_over_bridge() -> NetEvent {
    let NetEvent::Ready { at, ifindex, address, lease, timings, link_name, .. } = ready() else { unreachable!() };
    NetEvent::Ready {
        at,
        link_name: "br0".into(),
        ifindex: ifindex + 1,
        address,
        lease,
        timings,
        port: Some(link_name),
        bond: None,
    }
}

/// A service with one path that is up, bound like this, and the options of its connection.
fn connected_path(root: &Root, bind: Bind) -> (StateMachine, String) {
    let plan = Plan::new(&[Source { name: "NBFT", table: &table(&[4420]) }], &Options::default());
    let mut settings = settings(root, RunMode::Resident, None);
    settings.bind = bind;
    let mut machine = StateMachine::new(plan, Additions::default(), settings);
    machine.begin();
    machine.step(Event::Module(Ok(())));
    machine.step(Event::Supported(Ok(Supported::from_list(""))));
    machine.step(Event::Network(ready()));
    let effects = machine.step(Event::Probed(PATH, Ok(())));
    let options = writes(&effects)[0].1.clone();
    machine.step(connected(root, PATH, 0, &options));
    assert_eq!(machine.attempts[PATH].phase, Phase::Up);
    (machine, options)
}

#[test]
fn the_status_names_the_port_and_its_master() {
    let root = Root::new();
    let (mut machine, _) = connected_path(&root, Bind::Address);
    machine.step(Event::Network(ready_over_bridge()));
    let status = machine.status().interfaces[0].clone();
    assert_eq!((status.name.as_str(), status.state), ("lo", State::Up));
    assert_eq!(status.code.as_deref(), Some("link-has-master"));
    assert_eq!(status.reason.as_deref(), Some("lo is a port of br0, which has the address"));
    machine.step(Event::Network(ready()));
    assert_eq!(machine.status().interfaces[0].code, None);
}

#[test]
fn the_status_names_the_ports_of_a_bond_or_why_there_is_none() {
    let root = Root::new();
    let (mut machine, _) = connected_path(&root, Bind::Address);
    let mut step = |outcome: BondOutcome| {
        let NetEvent::Ready { at, link_name, ifindex, address, lease, timings, port, .. } = ready() else {
            unreachable!()
        };
        let bond = Some(outcome);
        machine.step(Event::Network(NetEvent::Ready { at, link_name, ifindex, address, lease, timings, port, bond }));
        let status = machine.status().interfaces[0].clone();
        (status.state, status.ports, status.code, status.reason)
    };
    let ports = vec!["nbft0".to_owned(), "nbft1".to_owned()];
    assert_eq!(step(BondOutcome::Ports(ports.clone())), (State::Up, ports, None, None));
    let error = KernelError::Errno(libc::EOPNOTSUPP);
    let (state, ports, code, reason) =
        step(BondOutcome::Without(NetFailure::BondRefused { bond: "bond0".into(), error }));
    assert_eq!((state, ports, code.as_deref()), (State::Up, vec![], Some("bond-refused")));
    let expected = "the kernel cannot make bond0 (kernel module bonding): Operation not supported (os error 95); lo is used \
                    without the bond";
    assert_eq!(reason.as_deref(), Some(expected));
}

#[test]
fn a_connection_bound_to_its_address_goes_on_over_the_bridge() {
    let root = Root::new();
    let (mut machine, options) = connected_path(&root, Bind::Address);
    assert!(options.contains(",host_traddr=127.0.0.1,") && !options.contains("host_iface"), "{options}");
    let effects = machine.step(Event::Network(ready_over_bridge()));
    assert_eq!((probed(&effects), writes(&effects)), (vec![], vec![]));
    assert_eq!(machine.attempts[PATH].phase, Phase::Up);
}

#[test]
fn a_connection_bound_to_the_port_is_made_again_over_the_bridge() {
    let root = Root::new();
    let (mut machine, options) = connected_path(&root, Bind::Interface);
    assert!(options.contains(",host_iface=lo,"), "{options}");
    let mut effects = machine.step(Event::Network(ready_over_bridge()));
    if writes(&effects).is_empty() {
        assert_eq!(probed(&effects), [PATH]);
        effects = machine.step(Event::Probed(PATH, Ok(())));
    }
    let written = writes(&effects);
    assert!(written.len() == 1 && written[0].1.contains(",host_iface=br0,"), "{written:?}");
}
