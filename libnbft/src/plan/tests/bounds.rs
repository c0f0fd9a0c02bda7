//! Tests how a plan cuts tables that request too much, and how it reports the cut.

use super::*;
use crate::model::{Discovery, SecretType, SecurityFlags, SecurityProfile, SsnsFlags};
use crate::plan::limits::{MAX_NAMED, MAX_PAIRS, MAX_SSNS};
use alloc::format;

/// This many HFIs in one subnet, each of its own NIC; `subnet` distinguishes tables.
fn hfis(count: u8, subnet: u8) -> Vec<Hfi> {
    let nic = |number: u8| {
        let mut hfi = hfi(number, number, &format!("198.18.{subnet}.{number}"), 16);
        hfi.tcp.as_mut().unwrap().mac.0[4] = subnet;
        hfi
    };
    (1..=count).map(nic).collect()
}

/// An entry over the first `hfis` HFIs, with its own subsystem.
fn own(table: u8, index: u16, hfis: u8) -> Ssns {
    let mut ssns = ssns(index, "198.18.255.1", 1, &(2..=hfis).collect::<Vec<_>>());
    ssns.nqn = Some(Nqn(format!("nqn.2014-08.org.example:{table}-{index}")));
    ssns
}

fn not_bootable(mut ssns: Ssns) -> Ssns {
    ssns.flags = ssns.flags.with(SsnsFlags::NON_BOOTABLE);
    ssns
}

/// A table of 255 entries over each of 255 HFIs.
fn full(number: u8) -> Table {
    table(hfis(255, number), (1..=255).map(|index| own(number, index, 255)).collect())
}

#[test]
fn what_fits_is_not_touched() {
    // Each entry names one HFI too many, but together they lead to few paths.
    let entries = (1..=255).map(|index| ssns(index, "198.18.255.1", 1, &[2, 3, 4, 5])).collect();
    let planned = plan(&[&table(hfis(5, 0), entries)]);
    assert_eq!((planned.paths.len(), planned.left_out.len(), planned.namespaces[0].ssns.len()), (5, 0, 255));
    assert!(planned.paths.iter().all(|path| path.ssns.len() == 255));
    let fits = plan(&[&table(hfis(4, 0), (1..=255).map(|index| own(0, index, 4)).collect())]);
    assert_eq!((fits.paths.len(), fits.left_out.len()), (1020, 0));
}

#[test]
fn boot_entries_come_first_whatever_their_place() {
    let mut entries: Vec<_> = (1..=250).map(|index| not_bootable(own(0, index, 255))).collect();
    entries.extend((251..=255).map(|index| own(0, index, 255)));
    let planned = plan(&[&table(hfis(255, 0), entries)]);
    assert_eq!(planned.paths.len(), MAX_PATHS);
    // Of 16384 pairs, each of 255 entries gets 64; the 5 boot entries get all of theirs.
    let boot: Vec<_> = planned.namespaces.iter().filter(|namespace| namespace.boot).collect();
    assert_eq!(boot.iter().map(|namespace| namespace.paths.len()).collect::<Vec<_>>(), [64; 5]);
    // The other entries share the remaining paths in turns.
    let others: Vec<_> = planned.namespaces.iter().filter(|namespace| !namespace.boot).collect();
    assert_eq!(others.len(), 250);
    assert!(others.iter().all(|namespace| matches!(namespace.paths.len(), 2 | 3)));
    assert!(planned.left_out.iter().all(|left| !left.boot));
    assert_eq!(
        (planned.left_out.len(), planned.left_out[254].to_string()),
        (255, "NBFT1 SSNS 255 over 191 HFIs: the tables ask for more than 1024 paths".into())
    );
}

#[test]
fn the_bound_holds_for_all_tables_together() {
    let tables: Vec<_> = (0..6).map(full).collect();
    let planned = plan(&tables.iter().collect::<Vec<_>>());
    assert_eq!((planned.paths.len(), planned.namespaces.len()), (MAX_PATHS, MAX_PATHS));
    // One item for each entry that lost some or all of its paths; the last item counts those that are not listed.
    let lost = planned.left_out.iter().filter(|left| left.boot).count();
    assert_eq!((planned.left_out.len(), lost), (MAX_LEFT_OUT + 1, 6 * 255 - MAX_PATHS));
    let last = planned.left_out.last().unwrap().to_string();
    assert_eq!(last, "NBFT3 SSNS 9 and 505 more: left out too: the list has 1024 items");
    // Non-bootable entries do not displace others, even if their tables come first.
    let mut tables = tables;
    for table in &mut tables[..2] {
        table.ssns = table.ssns.drain(..).map(not_bootable).collect();
    }
    let planned = plan(&tables.iter().collect::<Vec<_>>());
    let boot = planned.namespaces.iter().filter(|namespace| namespace.boot).count();
    // Four boot entries have a second path, so nothing is left for the others.
    assert_eq!((boot, planned.namespaces.len(), planned.paths.len()), (4 * 255, 4 * 255, MAX_PATHS));
    assert!(planned.left_out.iter().all(|left| !left.boot));
}

#[test]
fn entries_of_one_path_have_a_bound_too() {
    let same = |_| table(hfis(255, 0), (1..=255).map(|index| ssns(index, "198.18.255.1", 1, &ALL)).collect());
    const ALL: [u8; 254] = {
        let mut all = [0; 254];
        let mut at = 0;
        while at < all.len() {
            all[at] = at as u8 + 2;
            at += 1;
        }
        all
    };
    let tables: Vec<Table> = (0..4).map(same).collect();
    let planned = plan(&tables.iter().collect::<Vec<_>>());
    let pairs: usize = planned.paths.iter().map(|path| path.ssns.len()).sum();
    assert!(pairs <= MAX_PAIRS && pairs > MAX_PAIRS / 2, "{pairs}");
    assert_eq!(planned.namespaces.len(), 1);
    assert!(planned.left_out.iter().all(|left| !left.boot));
}

#[test]
fn equal_reasons_are_one_item_where_there_are_many() {
    let mut nics = hfis(254, 0);
    for hfi in &mut nics[100..] {
        // No route to the target and no gateway.
        hfi.tcp.as_mut().unwrap().prefix = 24;
    }
    let planned = plan(&[&table(nics, (1..=255).map(|index| own(0, index, 255)).collect())]);
    let of_first: Vec<_> =
        planned.left_out.iter().filter(|left| left.origin.index == 1).map(ToString::to_string).collect();
    assert_eq!(
        of_first,
        [
            "NBFT1 SSNS 1 over HFI 255: HFI 255 cannot be used: it is not in the table",
            "NBFT1 SSNS 1 over HFI 101 and 153 others: HFI 101 has no route to 198.18.255.1 and another HFI has",
            "NBFT1 SSNS 1 over 95 HFIs: the tables ask for more than 1024 paths",
        ]
    );
    // Unreachable targets do not displace others.
    assert_eq!(planned.paths.len(), MAX_PATHS);
    assert!(planned.paths.iter().all(|path| path.reach == Reach::OnLink));
}

#[test]
fn discovery_controllers_and_their_lists_have_bounds() {
    let mut crowded = table(hfis(1, 0), vec![]);
    crowded.ssns = (1..=255).map(|index| Ssns { primary_discovery: 1, ..own(0, index, 1) }).collect();
    // All have one index, so that each entry came from each of them.
    let discovery = |port: u16| Discovery {
        index: 1,
        hfi: 1,
        uri: Some(format!("nvme+tcp://198.18.255.1:{port}/")),
        ..Discovery::default()
    };
    crowded.discovery = (8001..=8255).map(discovery).collect();
    let planned = plan(&[&crowded]);
    assert_eq!(planned.discovery.len(), MAX_DISCOVERY);
    assert!(
        planned
            .discovery
            .iter()
            .all(|controller| controller.ssns.len() == 255 && controller.mode == DiscoveryMode::Fallback)
    );
    assert_eq!(planned.left_out.len(), 255 - MAX_DISCOVERY);
    assert_eq!(
        planned.left_out[0].to_string(),
        "NBFT1 discovery 1: the tables name more than 64 discovery controllers"
    );
    crowded.discovery = vec![discovery(8009); 255];
    let planned = plan(&[&crowded]);
    let [controller] = &planned.discovery[..] else { panic!("{:?}", planned.discovery) };
    assert_eq!((controller.descriptors.len(), controller.ssns.len()), (MAX_NAMED, MAX_SSNS));
    let note = "not all descriptors that name the discovery controller at 198.18.255.1 port 8009, or came from it, are listed: \
                there are more than 16 or 256";
    assert_eq!(planned.notes, [note]);
}

#[test]
fn profiles_of_one_port_are_all_obeyed_and_not_all_listed() {
    let mut secured = table(hfis(1, 0), vec![]);
    let profile = |index: u8| SecurityProfile {
        index,
        // Only the last one requires authentication; the others support it.
        flags: SecurityFlags(1 | if index == 200 { 0x04 } else { 0x02 }),
        secret_type: SecretType::REDFISH,
        secret_keypath: Some(format!("/redfish/v1/Keys/{index}")),
        ..SecurityProfile::default()
    };
    secured.security = (1..=200).map(profile).collect();
    let entry = |index: u8| {
        let mut ssns = ssns(index.into(), "198.18.255.1", 1, &[]);
        (ssns.security, ssns.flags) = (index, ssns.flags.with(SsnsFlags::USE_SECURITY));
        ssns
    };
    secured.ssns = (1..=200).map(entry).collect();
    let planned = plan(&[&secured]);
    let policy = planned.paths[0].security.as_ref().unwrap();
    assert_eq!(policy.authentication.need, Need::Required);
    assert_eq!((policy.profiles.len(), policy.redfish.len()), (MAX_NAMED, MAX_NAMED));
    let note =
        format!("more than 16 security profiles are named for {NQN}: all are obeyed, 16 and their keypaths are listed");
    assert_eq!(planned.notes, [note]);
    // No note if all profiles are listed.
    secured.ssns.truncate(MAX_NAMED);
    assert_eq!(plan(&[&secured]).notes, [""; 0]);
}

#[test]
fn notes_have_a_bound() {
    let mut noted = full(0);
    for ssns in &mut noted.ssns {
        ssns.secondary_hfis.clear();
        ssns.ext = Some(crate::model::SsnsExt { controller_id: 1, ..Default::default() });
    }
    let tables = vec![&noted; 5];
    let planned = plan(&tables);
    assert_eq!(planned.notes.len(), MAX_LEFT_OUT + 1);
    assert_eq!(planned.notes.last().unwrap(), "251 more notes are not listed");
}
