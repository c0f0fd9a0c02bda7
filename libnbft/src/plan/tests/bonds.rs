//! Tests which NICs become a bond, and which bonds are refused.

use super::choices::flagged;
use super::*;
use crate::model::IpOrigin;
use alloc::format;

fn planned(hfis: Vec<Hfi>, bonds: &[&str]) -> Plan {
    let indexes: Vec<u8> = hfis.iter().map(|hfi| hfi.index).collect();
    let table = table(hfis, vec![ssns(1, "192.0.2.1", indexes[0], &indexes[1..])]);
    let bonds = bonds.iter().map(|bond| bond.parse().unwrap()).collect();
    Plan::new(&[Source { name: "NBFT", table: &table }], &Options::default().with_bonds(bonds))
}

/// The interfaces and paths of a plan as text.
fn text(plan: &Plan) -> String {
    let text = plan.to_string();
    let of = |from: &str, to: &str| {
        let from = text.find(from).unwrap();
        let end = text[from..].find(to).map_or(text.len(), |to| from + to);
        text[from..end].to_string()
    };
    of("Interfaces", "\nPaths") + &of("Paths", "\nNamespaces")
}

fn tagged(mut hfi: Hfi, vlan: u16) -> Hfi {
    hfi.tcp.as_mut().unwrap().vlan = VlanId(vlan);
    hfi
}

fn dhcp(mut hfi: Hfi) -> Hfi {
    hfi.tcp.as_mut().unwrap().ip_origin = IpOrigin::DHCP;
    flagged(hfi, HfiTcpFlags::DHCP_OVERRIDE)
}

#[test]
fn two_nics_of_one_subnet_become_one_interface_with_both_addresses() {
    let hfis = vec![hfi(1, 3, "192.0.2.2", 24), hfi(2, 4, "198.51.100.2", 24), hfi(3, 5, "192.0.2.3", 24)];
    let plan = planned(hfis, &["bond0:nbft0,nbft2"]);
    let expected = "\
Interfaces
  bond0 MAC 52:54:00:00:00:03 bond of nbft0 and nbft2 (mode=active-backup,miimon=100)
    bond0 static 192.0.2.2/24 (NBFT HFI 1, metric 500, route table 20000)
    bond0 static 192.0.2.3/24 (NBFT HFI 3, metric 502, route table 20002)
  nbft1 MAC 52:54:00:00:00:04 PCI 0000:00:04.0
    nbft1 static 198.51.100.2/24 (NBFT HFI 2, metric 501, route table 20001)
Paths
  192.0.2.1 port 4420 over bond0 from 192.0.2.2, on the link
    nqn.2014-08.org.example:s (NBFT SSNS 1)
  192.0.2.1 port 4420 over bond0 from 192.0.2.3, on the link
    nqn.2014-08.org.example:s (NBFT SSNS 1)
";
    assert_eq!(text(&plan), expected);
    assert_eq!((plan.refused_bonds, plan.notes), (vec![], vec![]));
}

#[test]
fn vlans_lie_on_the_bond_and_one_lease_serves_all_its_ports() {
    let hfis = vec![dhcp(tagged(hfi(1, 3, "192.0.2.2", 24), 100)), dhcp(tagged(hfi(2, 4, "192.0.2.3", 24), 100))];
    let plan = planned(hfis, &["root:nbft1,nbft0:802.3ad:lacp_rate=fast"]);
    let expected = "\
Interfaces
  root MAC 52:54:00:00:00:04 bond of nbft1 and nbft0 (mode=802.3ad,miimon=100,lacp_rate=fast)
    root.100 DHCPv4 192.0.2.3/24 (NBFT HFI 2, metric 501, route table 20001)
Paths
  192.0.2.1 port 4420 over root.100, on the link
    nqn.2014-08.org.example:s (NBFT SSNS 1)
";
    assert_eq!(text(&plan), expected);
    assert_eq!(
        plan.notes,
        ["bond root: NBFT HFI 1 uses the address of NBFT HFI 2: the bond has one MAC address".to_string()]
    );
}

#[test]
fn a_port_that_the_tables_do_not_have_is_left_out() {
    let plan = planned(vec![hfi(1, 3, "192.0.2.2", 24)], &["bond0:nbft0,nbft1"]);
    assert!(text(&plan).contains("bond0 MAC 52:54:00:00:00:03 bond of nbft0 (mode"), "{plan}");
    assert_eq!(plan.notes, ["bond bond0: no HFI of the tables is on nbft1"]);
}

#[test]
fn a_bond_that_cannot_be_made_costs_itself_only() {
    let near = || vec![hfi(1, 3, "192.0.2.2", 24), hfi(2, 4, "192.0.2.3", 24)];
    let far = || vec![hfi(1, 3, "192.0.2.2", 24), hfi(2, 4, "198.51.100.2", 24)];
    let apart = || vec![hfi(1, 3, "192.0.2.2", 24), tagged(hfi(2, 4, "192.0.2.3", 24), 7)];
    let differ = "its ports are not in one subnet: nbft1 has 198.51.100.2, and no port before it has a network there";
    let vlans = "its ports are not in one VLAN: no port before nbft1 has the VLAN of nbft1";
    let cases: [(Vec<Hfi>, &[&str], &str, &str); 5] = [
        (far(), &["bond0:nbft0,nbft1"], "bond-subnets-differ", differ),
        (apart(), &["bond0:nbft0,nbft1"], "bond-vlans-differ", vlans),
        (near(), &["bond0:nbft5,nbft6"], "bond-without-ports", "the tables have none of its ports"),
        (near(), &["nbft0:nbft1,nbft2"], "bond-name-taken", "another link has this name"),
        (near(), &["b:nbft0,nbft1", "c:nbft0,nbft1"], "bond-port-taken", "nbft0 is a port of another bond"),
    ];
    for (hfis, bonds, code, sentence) in cases {
        let plan = planned(hfis.clone(), bonds);
        let refused: Vec<_> =
            plan.refused_bonds.iter().map(|refused| (refused.reason.code(), refused.reason.to_string())).collect();
        assert_eq!(refused, [(code, sentence.to_string())]);
        let without = planned(hfis, &bonds[..bonds.len() - 1]);
        assert_eq!((plan.interfaces.clone(), plan.paths.clone()), (without.interfaces, without.paths));
        let name = &plan.refused_bonds[0].name;
        assert!(plan.to_string().contains(&format!("Bonds that are not made\n  bond {name}: {sentence}\n")), "{plan}");
    }
}

#[cfg(feature = "serde")]
#[test]
fn a_plan_with_a_bond_reads_its_own_json() {
    let plan =
        planned(vec![hfi(1, 3, "192.0.2.2", 24), hfi(2, 4, "192.0.2.3", 24)], &["b:nbft0,nbft1", "c:nbft0,nbft1"]);
    let json = serde_json::to_value(&plan).unwrap();
    let bond = serde_json::json!({
        "mode": "active-backup",
        "miimon": 100,
        "ports": [
            {"name": "nbft0", "mac": "52:54:00:00:00:03", "pci": "0000:00:03.0"},
            {"name": "nbft1", "mac": "52:54:00:00:00:04", "pci": "0000:00:04.0"},
        ],
    });
    let refused = serde_json::json!([{
        "name": "c",
        "reason": "nbft0 is a port of another bond",
        "code": "bond-port-taken",
        "detail": "nbft0",
    }]);
    assert_eq!((&json["interfaces"][0]["bond"], &json["refused_bonds"]), (&bond, &refused));
    assert_eq!(serde_json::from_value::<Plan>(json).unwrap(), plan);
}
