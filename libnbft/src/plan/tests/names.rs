//! Tests the names of interfaces if firmware leaves a port out.

use super::*;

/// `name: paths' interfaces` of the plan with these names.
fn names(hfis: Vec<Hfi>, names: Names) -> (Vec<String>, Vec<String>) {
    let target = ssns(1, "192.0.2.1", 1, &[2]);
    let table = table(hfis, vec![target]);
    let plan = Plan::new(&[Source { name: "NBFT", table: &table }], &Options::default().with_names(names));
    let interfaces = plan.interfaces.iter().map(|interface| interface.name.clone()).collect();
    (interfaces, plan.paths.into_iter().map(|path| path.host_iface).collect())
}

fn tagged() -> Hfi {
    let mut second = hfi(2, 4, "192.0.2.3", 24);
    second.tcp.as_mut().unwrap().vlan = VlanId(100);
    second
}

#[test]
fn a_name_by_pci_does_not_move_when_firmware_leaves_a_port_out() {
    let both = || vec![hfi(1, 3, "192.0.2.2", 24), tagged()];
    let text = |names: &[&str]| names.iter().map(ToString::to_string).collect::<Vec<_>>();
    let by_pci = (text(&["nbftp00030", "nbftp00040"]), text(&["nbftp00030", "nbftp00040.100"]));
    assert_eq!(names(both(), Names::Pci), by_pci);
    assert_eq!(names(vec![tagged()], Names::Pci), (text(&["nbftp00040"]), text(&["nbftp00040.100"])));
    // Named by the tables' order, the interface gets another name.
    assert_eq!(names(both(), Names::Table), (text(&["nbft0", "nbft1"]), text(&["nbft0", "nbft1.100"])));
    assert_eq!(names(vec![tagged()], Names::Table), (text(&["nbft0"]), text(&["nbft0.100"])));
}
