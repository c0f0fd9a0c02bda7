//! `nbft export initrd-needs`: what hooks read, by key.

use crate::support::{Dir, built, nbft};
use std::os::unix::fs::symlink;

fn needs(root: &Dir, options: &[&str]) -> Vec<String> {
    let run = nbft(&[&["export", "initrd-needs", "--root", root.path()], options].concat());
    assert_eq!((run.code, run.stderr.as_str()), (0, ""));
    run.text().lines().map(str::to_owned).collect()
}

fn of(lines: &[String], key: &str) -> Vec<String> {
    let values = lines.iter().filter_map(|line| line.split_once(' ')).filter(|(found, _)| *found == key);
    values.map(|(_, value)| value.to_owned()).collect()
}

fn root(test: &str, json: &str) -> Dir {
    let dir = Dir::new(test);
    let file = dir.write("table.json", json.as_bytes());
    let table = nbft(&["build", &file]);
    assert_eq!((table.code, table.stderr.as_str()), (0, ""));
    dir.write("sys/firmware/acpi/tables/NBFT", &table.stdout);
    dir
}

fn table(security: &str, ssns: &str) -> String {
    format!(
        r#"{{"host": {{"nqn": "nqn.2014-08.org.example:h", "id": "11111111-2222-3333-4444-555555555555"}},
        "hfi": [
            {{"index": 1, "pci_address": "0000:00:03.0", "mac_addr": "52:54:00:00:0a:02", "ipaddr": "192.0.2.2", "subnet_mask_prefix": 24}},
            {{"index": 2, "pci_address": "0000:00:04.0", "mac_addr": "52:54:00:00:0b:02", "vlan": 10, "ipaddr": "2001:db8::2", "subnet_mask_prefix": 64}}],
        "subsystem": [
            {{"index": 1, "hfis": [1], "traddr": "192.0.2.1", "trsvcid": "4420", "nsid": 1, "subsys_nqn": "nqn.2014-08.org.example:s"{ssns}}},
            {{"index": 2, "hfis": [2], "traddr": "2001:db8::1", "trsvcid": "4420", "nsid": 1, "subsys_nqn": "nqn.2014-08.org.example:s"}},
            {{"index": 3, "primary_hfi": 9, "traddr": "198.51.100.9", "trsvcid": "4420", "nsid": 1, "subsys_nqn": "nqn.2014-08.org.example:t"}}],
        "discovery": [{{"index": 1, "hfi": 1, "uri": "nvme+tcp://192.0.2.99:8009/"}}],
        "security": [{security}]}}"#
    )
}

#[test]
fn a_secure_channel_is_needed_as_the_profiles_say() {
    for (channels, expected) in [
        (&[][..], "no"),
        (&["not supported"], "no"),
        (&["supported, not required"], "optional"),
        (&["supported, not required", "required"], "yes"),
    ] {
        let profile = |(n, channel)| format!(r#"{{"index": {}, "secure_channel": "{channel}"}}"#, n + 1);
        let profiles: Vec<_> = channels.iter().enumerate().map(profile).collect();
        let root = root("needs-tls", &table(&profiles.join(","), ""));
        let lines = needs(&root, &[]);
        assert_eq!(of(&lines, "tls"), [expected], "{channels:?}");
        assert_eq!(of(&lines, "redfish"), ["no"]);
    }
}

#[test]
fn secrets_at_a_redfish_service_are_said() {
    let profile = r#"{"index": 1, "authentication": "required", "secret_type": 2,
        "secret_keypath": "https://192.0.2.200/redfish/v1/KeyService/NVMeoFKeyPolicies/1"}"#;
    let lines = needs(&root("needs-redfish", &table(profile, r#", "use_security": 1, "security": 1"#)), &[]);
    let plan = root("needs-redfish-plan", &table(profile, r#", "use_security": 1, "security": 1"#));
    let plan = nbft(&["plan", "-o", "json", "--root", plan.path()]).json();
    let said = plan["paths"].as_array().unwrap().iter().any(|path| path["security"]["redfish"].is_array());
    assert_eq!(of(&lines, "redfish"), [if said { "yes" } else { "no" }]);
    assert!(said, "{plan}");
}

#[test]
fn nics_are_those_of_this_machine_by_their_own_mac_and_their_pci_address() {
    let root = root("needs-nics", &table("", ""));
    let link =
        |name: &str, mac: &str| root.write(&format!("sys/class/net/{name}/address"), format!("{mac}\n").as_bytes());
    for (name, mac) in [("eth0", "52:54:00:00:0a:02"), ("eth1", "02:00:00:00:00:01"), ("vlan7", "52:54:00:00:0a:02")] {
        link(name, mac);
        if name != "vlan7" {
            root.write(&format!("sys/class/net/{name}/device/uevent"), b"");
        }
    }
    // A bond lends its ports another MAC.
    link("eth2", "02:00:00:00:00:09");
    root.write("sys/class/net/eth2/device/uevent", b"");
    root.write("sys/class/net/eth2/bonding_slave/perm_hwaddr", b"52:54:00:00:0b:02\n");
    symlink("/sys/bus/virtio/drivers/virtio_net", format!("{}/sys/class/net/eth0/device/driver", root.path())).unwrap();
    root.write("sys/bus/pci/devices/0000:00:03.0/class", b"0x020000\n");
    root.write("sys/bus/pci/devices/0000:00:04.0/class", b"0x060400\n");
    let lines = needs(&root, &[]);
    assert_eq!(of(&lines, "nic-mac"), ["52:54:00:00:0a:02", "52:54:00:00:0b:02"]);
    assert_eq!(of(&lines, "nic-pci"), ["0000:00:03.0", "0000:00:04.0"]);
    let nics: Vec<_> =
        lines.iter().filter(|line| line.starts_with("nic-device") || line.starts_with("nic-n")).collect();
    assert_eq!(
        nics,
        [
            "nic-device /sys/class/net/eth0",
            "nic-name eth0",
            "nic-device /sys/class/net/eth2",
            "nic-name eth2",
            "nic-device /sys/bus/pci/devices/0000:00:03.0"
        ]
    );
    assert_eq!(of(&lines, "nic-driver"), ["virtio_net"]);
    assert_eq!(of(&lines, "interface"), ["nbft0", "nbft1.10"]);
}

#[test]
fn targets_are_whole_addresses() {
    let root = root("needs-targets", &table("", ""));
    let spelled = [
        "2.0.2.1",
        "192.0.2.1",
        "192.0.2.11",
        "2001:0DB8::0:1",
        "db8::1",
        "::ffff:192.0.2.99",
        "target",
        "198.51.100.9",
    ];
    let options: Vec<String> = spelled.iter().map(|address| format!("--compare={address}")).collect();
    let lines = needs(&root, &options.iter().map(String::as_str).collect::<Vec<_>>());
    assert_eq!(of(&lines, "target"), ["192.0.2.1", "192.0.2.99", "198.51.100.9", "2001:db8::1"]);
    assert_eq!(of(&lines, "same-target"), ["192.0.2.1", "2001:0DB8::0:1", "::ffff:192.0.2.99", "198.51.100.9"]);
    assert_eq!(nbft(&["export", "json", "--compare", "192.0.2.1", "--root", root.path()]).code, 2);
}

/// Whatever stands in the tables: a line is a key of ours and one word.
#[test]
fn every_line_is_a_key_and_a_word() {
    let dir = Dir::new("needs-strange");
    for (n, name) in ["strange", "full", "duids", "minimal", "clean"].iter().enumerate() {
        dir.write(&format!("sys/firmware/acpi/tables/NBFT{}", n + 1), &built(name, &[]));
    }
    let odd = "sys/class/net/a b*$(x)";
    dir.write(&format!("{odd}/address"), b"02:00:5e:10:00:01\n");
    dir.write(&format!("{odd}/device/uevent"), b"");
    let run = nbft(&["export", "initrd-needs", "--root", dir.path(), "--compare", "a b\nc"]);
    assert_eq!(run.code, 0, "{}", run.stderr);
    let keys = [
        "tls",
        "redfish",
        "nic-mac",
        "nic-pci",
        "nic-device",
        "nic-name",
        "nic-driver",
        "interface",
        "target",
        "same-target",
    ];
    for line in run.text().lines() {
        let (key, value) = line.split_once(' ').expect(line);
        assert!(keys.contains(&key), "{line}");
        let plain = |c: char| c.is_ascii_alphanumeric() || "._:/@+-,=%[]\\".contains(c);
        assert!(!value.is_empty() && value.chars().all(plain), "{line}");
    }
    assert!(run.text().contains(r"nic-name a\x20b\x2a\x24\x28x\x29"), "{}", run.text());
}
