//! Connections that an administrator has taken out of service.

use crate::common::far::Serve;
use crate::common::in_namespace;
use crate::support::{NID, NQN, hfi, ssns, table};
use crate::system::{half_up, root, root_at};
use nbft_connect::status::schema::{Outcome, State};

const LIST: &str = "etc/nvme/exclusions.conf";
const ENTRY: &[u8] = b"# maintenance\n[exclusions]\nexclusion = traddr=192.0.2.1;trsvcid=4420\n";

#[test]
fn the_list_and_its_line_are_said_before_all_else() {
    in_namespace("excluded::the_list_and_its_line_are_said_before_all_else", || {
        let table = table();
        // The port is closed, which does not matter while a list excludes the path.
        let root = root_at("excluded", &table, Serve::Nothing);
        let says = |place: &str, remedy: &str| {
            format!(
                "path 192.0.2.1 port 4420 over nbft0: stops at an exclusion list\n  \
                 wrong:    An administrator has taken this connection out of service: {place}.\n  \
                 do:       {remedy}\n  \
                 works:    NIC nbft0, carrier, 192.0.2.2/24\n"
            )
        };
        root.write(LIST, ENTRY);
        assert_eq!(
            root.path(""),
            says(
                "/etc/nvme/exclusions.conf line 3",
                "Remove line 3 of /etc/nvme/exclusions.conf, then run nbft connect; make the initramfs anew if it has a copy \
                 of this list."
            )
        );
        let (_, json) = root.doctor("-o json");
        let json: serde_json::Value = serde_json::from_str(&json).unwrap();
        let broken = &json["paths"][0]["broken"];
        assert_eq!((broken["step"].as_str(), broken["code"].as_str()), (Some("exclusion"), Some("excluded")));
        std::fs::remove_file(root.0.join(LIST)).unwrap();
        // By the address that the interface has.
        root.write("run/nbft/exclusions.conf", b"[exclusions]\nexclusion = host-traddr=192.0.2.2\n");
        assert_eq!(
            root.path(""),
            says(
                "/run/nbft/exclusions.conf line 2",
                "Run nbft connect, which removes this list of nbft disconnect and connects again."
            )
        );
    });
}

#[test]
fn an_excluded_path_makes_nothing_degraded() {
    in_namespace("excluded::an_excluded_path_makes_nothing_degraded", || {
        let mut table = table();
        table.hfis.push(hfi(2, 2, "198.51.100.2"));
        table.ssns.push(ssns(2, "198.51.100.1", 2));
        let root = half_up("excluded-half", &table);
        assert_eq!(root.doctor("").0, 4);
        root.write(LIST, b"[exclusions]\nexclusion = host-iface=nbft1\n");
        let (code, text) = root.doctor("");
        assert_eq!(code, 0, "{text}");
        assert!(text.contains("path 198.51.100.1 port 4420 over nbft1: stops at an exclusion list\n"), "{text}");
        // A connection that exists is left alone.
        root.write(LIST, ENTRY);
        assert!(root.doctor("").1.contains("path 192.0.2.1 port 4420 over nbft0: works\n"));
        assert!(text.contains(&format!("namespace uuid {NID} of {NQN}: /dev/nvme0n1\n")), "{text}");
    });
}

#[test]
fn a_list_that_has_been_changed_since() {
    in_namespace("excluded::a_list_that_has_been_changed_since", || {
        let table = table();
        let root = root("readmitted", &table);
        let reason = Some(("excluded", "it is excluded by /etc/nvme/exclusions.conf line 3"));
        root.connect_left(&table, State::Excluded, reason, Outcome::Failed);
        let text = root.path("");
        let lines: Vec<_> = text.lines().skip(1).take(2).collect();
        assert_eq!(
            lines,
            [
                "  wrong:    The target answers, but nbft connect left it out: it is excluded by /etc/nvme/exclusions.conf \
                 line 3.",
                "  do:       No list excludes it now: run nbft connect.",
            ]
        );
    });
}
