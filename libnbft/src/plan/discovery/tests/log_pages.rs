//! Tests the paths that a plan takes from log pages.

use super::*;

#[test]
fn what_is_told_at_once_becomes_paths() {
    let mut table = two_nics();
    table.discovery = vec![discovery(1, 1, "nvme+tcp://192.0.2.1/")];
    let made = plan(&[&table]);
    let mut added = Additions::default();
    let asked = made.discovery[0].clone();
    let other = "nqn.2014-08.org.example:other";
    let told = log(&[
        (3, "192.0.2.1", "8009", DISCOVERY_NQN),
        (2, "0.0.0.0", "4420", NQN),
        (2, "198.51.100.1", "4421", NQN),
        (2, "2001:db8::1", "4420", NQN),
        (2, "203.0.113.1", "4420", other),
        (1, "192.0.2.9", "", DISCOVERY_NQN),
        (1, "192.0.2.9", "8009", ""),
        (2, "192.0.2.1", "4420", NQN),
    ]);
    let found = made.discover(&mut added, &asked, &told, &[]);
    let referral = DiscoveryController { traddr: ip("192.0.2.9").raw(), ..asked.clone() };
    let expected = Discovered {
        paths: vec![0, 1, 2],
        referrals: vec![referral],
        left_out: vec![entry_left_out(NQN, "2001:db8::1", 4420, no_hfi_of_family("2001:db8::1"))],
    };
    assert_eq!(found, expected);
    let expected = HOST.to_string()
        + INTERFACES
        + "
Paths
  192.0.2.1 port 4420 over nbft0 from 192.0.2.2, on the link
    nqn.2014-08.org.example:s (told of by the discovery controller at 192.0.2.1 port 8009 (NBFT1 discovery 1))
  198.51.100.1 port 4421 over nbft1 from 198.51.100.2, on the link
    nqn.2014-08.org.example:s (told of by the discovery controller at 192.0.2.1 port 8009 (NBFT1 discovery 1))
  203.0.113.1 port 4420 over nbft0 from 192.0.2.2, no route that the table tells
    nqn.2014-08.org.example:other (told of by the discovery controller at 192.0.2.1 port 8009 (NBFT1 discovery 1))

Namespaces
  any namespace of nqn.2014-08.org.example:s, 2 path(s), not waited for
  any namespace of nqn.2014-08.org.example:other, 1 path(s), not waited for

Discovery controllers
  192.0.2.1 port 8009 over nbft0 from 192.0.2.2, on the link
    nqn.2014-08.org.nvmexpress.discovery (NBFT1 discovery 1)
    asked at once: no subsystem that came from it is in the plan
";
    assert_eq!(made.with(&added).to_string(), expected);
    assert_eq!(made, plan(&[&table]), "the plan stays as it was made");
    let mut referred = added.clone();
    assert!(!referred.refer(&made, asked.clone()));
    assert!(referred.refer(&made, found.referrals[0].clone()));
    assert_eq!(made.with(&referred).discovery[1], found.referrals[0]);
    // The same page again adds nothing.
    let before = added.clone();
    assert_eq!(made.discover(&mut added, &asked, &told, &[]), found);
    assert_eq!(added, before);
}

#[test]
fn a_fall_back_gives_a_subsystem_other_addresses() {
    let mut table = two_nics();
    let mut stale = came_from_it("192.0.2.1");
    stale.transport_flags = crate::model::SsnsTransportFlags(3);
    table.ssns.push(stale);
    table.discovery = vec![discovery(1, 1, "nvme+tcp://192.0.2.1/")];
    let made = plan(&[&table]);
    let mut added = Additions::default();
    let asked = made.discovery[0].clone();
    let told = log(&[
        (2, "192.0.2.1", "4420", NQN),
        (2, "192.0.2.1", "4421", NQN),
        (2, "192.0.2.1", "4421", "nqn.2014-08.org.example:other"),
    ]);
    assert_eq!(made.discover(&mut added, &asked, &told, &[]), Discovered::default());
    let found = made.discover(&mut added, &asked, &told, &[NQN.into()]);
    assert_eq!(found, Discovered { paths: vec![0, 1], ..Discovered::default() });
    let planned = made.with(&added);
    let moved = Path { trsvcid: 4421, discovered: Some(asked.source()), ..planned.paths[0].clone() };
    assert_eq!(planned.paths, [planned.paths[0].clone(), moved]);
    assert!(planned.paths[1].hdr_digest);
    assert_eq!(planned.namespaces[0].paths, [0, 1]);
}

#[test]
fn what_must_be_secured_is_not_connected_in_the_clear() {
    let mut table = two_nics();
    let mut secured = came_from_it("192.0.2.1");
    secured.flags = SsnsFlags(5);
    table.ssns.push(secured);
    table.discovery = vec![discovery(1, 1, "nvme+tcp://192.0.2.1/")];
    let made = plan(&[&table]);
    let mut added = Additions::default();
    let asked = made.discovery[0].clone();
    let mut told = log(&[(2, "192.0.2.1", "4420", NQN), (2, "192.0.2.1", "4420", "nqn.2014-08.org.example:other")]);
    told.entries[1].secure_channel_required = true;
    let expected = Discovered {
        left_out: vec![entry_left_out(
            NQN,
            "192.0.2.1",
            4420,
            EntryReason::SecurityUnmet(PolicyError::ProfileMissing(0)),
        )],
        paths: vec![0],
        ..Discovered::default()
    };
    assert_eq!(made.discover(&mut added, &asked, &told, &[]), expected);
    let planned = made.with(&added);
    let policy = planned.paths[0].security.as_ref().map(ToString::to_string);
    assert_eq!(
        policy.as_deref(),
        Some("authentication not supported; secure channel required with TLS 1.3, any cipher suite")
    );
    assert!(planned.to_string().contains("any cipher suite (its entry in the discovery log page)\n"), "{planned}");
}

#[test]
fn who_tells_without_end_is_not_followed() {
    let mut table = two_nics();
    table.discovery = vec![discovery(1, 1, "nvme+tcp://192.0.2.1/")];
    let made = plan(&[&table]);
    let mut added = Additions::default();
    let asked = made.discovery[0].clone();
    let ports: Vec<_> = (1..=log_page::MAX_DISCOVERED + 2).map(|port| port.to_string()).collect();
    let told = log(&ports.iter().map(|port| (2, "192.0.2.1", port.as_str(), NQN)).collect::<Vec<_>>());
    let found = made.discover(&mut added, &asked, &told, &[]);
    assert_eq!((found.paths.len(), added.paths.len()), (log_page::MAX_DISCOVERED, log_page::MAX_DISCOVERED));
    let reasons =
        ["1025", "1026"].map(|port| format!("{NQN} at 192.0.2.1 port {port}: there are 1024 discovered paths already"));
    assert_eq!(found.left_out.iter().map(ToString::to_string).collect::<Vec<_>>(), reasons);
}

#[test]
fn a_referral_may_lead_to_another_nic() {
    let mut table = two_nics();
    table.hfis[1].tcp.as_mut().unwrap().gateway = ip("198.51.100.254");
    table.discovery = vec![discovery(1, 1, "nvme+tcp://192.0.2.1/")];
    let made = plan(&[&table]);
    let mut added = Additions::default();
    let asked = made.discovery[0].clone();
    let (near, far) = ("nqn.2014-08.org.example:near", "nqn.2014-08.org.example:far");
    let told = log(&[
        (1, "198.51.100.9", "8010", near),
        (1, "203.0.113.9", "", far),
        (1, "2001:db8::9", "8009", far),
        (1, "198.51.100.9", "8010", near),
    ]);
    let found = made.discover(&mut added, &asked, &told, &[]);
    let second = NetworkRef { interface: 1, link: 0, network: 0 };
    let referral = |nqn: &str, traddr, trsvcid, reach| DiscoveryController {
        descriptors: asked.descriptors.clone(),
        nqn: nqn.into(),
        traddr: ip(traddr).raw(),
        trsvcid,
        network: second,
        host_iface: "nbft1".into(),
        host_traddr: ip("198.51.100.2").get(),
        reach,
        mode: DiscoveryMode::Immediate,
        ssns: vec![],
        security: None,
    };
    let expected = Discovered {
        paths: vec![],
        referrals: vec![
            referral(near, "198.51.100.9", 8010, Reach::OnLink),
            referral(far, "203.0.113.9", 8009, Reach::Gateway),
        ],
        left_out: vec![entry_left_out(far, "2001:db8::9", 8009, no_hfi_of_family("2001:db8::9"))],
    };
    assert_eq!(found, expected);
    assert!(added.refer(&made, found.referrals[0].clone()));
    assert!(added.refer(&made, found.referrals[1].clone()));
    assert!(!added.refer(&made, found.referrals[1].clone()));
    let orphan = DiscoveryController { descriptors: vec![], ..found.referrals[0].clone() };
    let shown = [&found.referrals[0], &orphan].map(DiscoveryController::to_string);
    assert_eq!(shown, ["198.51.100.9 port 8010 (NBFT1 discovery 1)", "198.51.100.9 port 8010"]);
}

#[test]
fn who_answered_through_a_network_is_believed_to_mean_it() {
    let mut table = table(vec![hfi(1, 3, "192.0.2.2", 24), hfi(2, 4, "192.0.2.3", 24)], vec![]);
    table.discovery = vec![discovery(1, 2, "nvme+tcp://192.0.2.1/"), discovery(2, 1, "nvme+tcp://192.0.2.1/")];
    let made = plan(&[&table]);
    let mut added = Additions::default();
    for (number, iface) in [(0, "nbft1"), (1, "nbft0")] {
        let asked = made.discovery[number].clone();
        let found = made.discover(&mut added, &asked, &log(&[(2, "192.0.2.7", "4420", NQN)]), &[]);
        assert_eq!(found.paths, [number]);
        assert_eq!(added.paths[number].host_iface, iface);
    }
}

#[test]
fn a_discovered_path_is_like_its_siblings_in_the_table() {
    let other = "nqn.2014-08.org.example:other";
    let entry = |index: u16, nsid: u32, flags: u16, digests: u16, nqn: &str| Ssns {
        index,
        nsid,
        nid: [nsid as u8; 16],
        flags: SsnsFlags(flags),
        transport_flags: crate::model::SsnsTransportFlags(digests),
        nqn: Some(Nqn(nqn.into())),
        ..came_from_it("192.0.2.1")
    };
    let mut table = two_nics();
    // Two namespaces of one subsystem over one path, one of them not from the controller. Another subsystem requires a digest.
    let mut by_hand = entry(2, 2, 0x101, 1, NQN);
    by_hand.primary_discovery = 0;
    table.ssns = vec![entry(1, 1, 0x101, 5, NQN), by_hand, entry(3, 1, 0x101, 1, NQN), entry(4, 1, 1, 3, other)];
    table.ssns[2].traddr = Some(ip("198.51.100.1"));
    (table.ssns[2].primary_hfi, table.ssns[2].index) = (2, 1);
    table.discovery = vec![discovery(1, 1, "nvme+tcp://192.0.2.1/")];
    let made = plan(&[&table]);
    let mut added = Additions::default();
    assert_eq!(made.paths.len(), 3);
    let asked = made.discovery[0].clone();
    let wanted = [NQN.into(), other.into()];
    let told = log(&[(2, "192.0.2.8", "4420", NQN), (2, "192.0.2.9", "4420", other)]);
    assert_eq!(made.discover(&mut added, &asked, &told, &wanted).paths, [3, 4]);
    let like = |path: &Path| {
        let origins: Vec<_> = path.ssns.iter().map(|origin| origin.index).collect();
        (origins, path.hdr_digest, path.data_digest, path.unavailable)
    };
    let planned = made.with(&added);
    assert_eq!(like(&planned.paths[3]), (vec![1], false, true, true));
    assert_eq!(like(&planned.paths[4]), (vec![4], true, false, false));
    let told = log(&[(2, "192.0.2.10", "4420", "nqn.2014-08.org.example:new")]);
    let at_once = DiscoveryController { mode: DiscoveryMode::Immediate, ..asked };
    assert_eq!(made.discover(&mut added, &at_once, &told, &[]).paths, [5]);
    let planned = made.with(&added);
    assert_eq!(like(&planned.paths[5]), (vec![], false, false, false));
    let namespaces: Vec<_> = planned.namespaces.iter().map(|n| (n.nqn.as_str(), n.paths.clone())).collect();
    let expected =
        [(NQN, vec![0, 1, 3]), (NQN, vec![0, 3]), (other, vec![2, 4]), ("nqn.2014-08.org.example:new", vec![5])];
    assert_eq!(namespaces, expected);
}
