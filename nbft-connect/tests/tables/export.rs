//! `nbft export`: one table with every way to get an address, in every format, with and without what `connect` got.

use crate::golden::check;
use crate::support::{Dir, nbft};
use libnbft::model::{
    Address, Hfi, HfiExt, HfiExtFlags, HfiFlags, HfiTcp, HfiTcpFlags, Host, HostFlags, IpOrigin, Mac, NidType, Nqn,
    Ssns, SsnsFlags, Table, TransportType, VlanId,
};
use libnbft::plan::{Options, Plan, Source};
use nbft_connect::cli::Handover;
use nbft_connect::dhcp_options::ClientOptions;
use nbft_connect::handover;
use nbft_connect::status::schema::{State, Status};
use std::net::IpAddr;
use std::path::Path;

pub(crate) fn ip(text: &str) -> Address {
    text.parse::<IpAddr>().unwrap().into()
}

pub(crate) fn hfi(index: u8, mac: u8, address: &str, prefix: u8) -> Hfi {
    let mut tcp = HfiTcp::default();
    tcp.mac = Mac([0x52, 0x54, 0, 0, 0, mac]);
    (tcp.version, tcp.info_version, tcp.hfi_index) = (1, 2, index.into());
    tcp.routing_id = u32::from(mac + 2) << 3;
    (tcp.ip, tcp.prefix) = (ip(address), prefix);
    tcp.flags = HfiTcpFlags::VALID.with(HfiTcpFlags::GLOBAL_ROUTE);
    let mut hfi = Hfi::default();
    (hfi.index, hfi.flags, hfi.transport, hfi.tcp) = (index, HfiFlags::VALID, TransportType::TCP, Some(tcp));
    hfi
}

pub(crate) fn ssns(index: u16, target: &str, hfi: u8) -> Ssns {
    let mut ssns = Ssns::default();
    (ssns.index, ssns.transport, ssns.nid_type) = (index, TransportType::TCP, NidType::NONE);
    ssns.traddr = Some(ip(target));
    ssns.nqn = Some(Nqn("nqn.2014-08.org.example:s".into()));
    ssns.flags = SsnsFlags::VALID;
    ssns.primary_hfi = hfi;
    ssns
}

/// Static with a gateway; a VLAN on the same NIC with IPv6; DHCPv4 by the table's identity; IPv6 autoconfigured; a NIC of
/// which only a VLAN is used.
pub(crate) fn table() -> Table {
    let mut table = Table::default();
    (table.header.major, table.header.minor) = (1, 1);
    (table.control.major, table.control.flags) = (1, 1);
    let mut one = hfi(1, 1, "192.0.2.2", 24);
    let tcp = one.tcp.as_mut().unwrap();
    (tcp.gateway, tcp.primary_dns) = (ip("192.0.2.254"), ip("192.0.2.53"));
    // Not a name: it would start a line of its own.
    tcp.host_name = Some("host\nAddress=203.0.113.66".into());
    let mut two = hfi(2, 1, "2001:db8:1::2", 64);
    let tcp = two.tcp.as_mut().unwrap();
    (tcp.vlan, tcp.host_name) = (VlanId(10), Some("node.example.org".into()));
    let mut three = hfi(3, 2, "198.51.100.7", 24);
    let tcp = three.tcp.as_mut().unwrap();
    tcp.flags = tcp.flags.with(HfiTcpFlags::DHCP_OVERRIDE);
    (tcp.ip_origin, tcp.host_name) = (IpOrigin::DHCP, Some("node-3".into()));
    let mut ext = HfiExt::default();
    (ext.version, ext.hfi_index) = (1, 3);
    ext.flags = HfiExtFlags::VALID.with(HfiExtFlags::DHCP_CLIENT_ID);
    (ext.iaid, ext.duid) = (Some(0x0102_0304), Some(vec![4, 0, 0xaa, 0xbb, 0xcc]));
    tcp.ext = Some(ext);
    let mut four = hfi(4, 3, "::", 0);
    let tcp = four.tcp.as_mut().unwrap();
    tcp.flags = HfiTcpFlags::VALID.with(HfiTcpFlags::AUTOCONFIGURED);
    let mut five = hfi(5, 4, "203.0.113.2", 24);
    five.tcp.as_mut().unwrap().vlan = VlanId(20);
    table.hfis = vec![one, two, three, four, five];
    table.ssns = vec![
        ssns(1, "198.18.0.1", 1),
        ssns(2, "2001:db8:1::1", 2),
        ssns(3, "198.51.100.1", 3),
        ssns(4, "2001:db8:3::1", 4),
        ssns(5, "203.0.113.1", 5),
    ];
    let mut host = Host::default();
    host.flags = HostFlags::VALID;
    host.nqn = Some(Nqn("nqn.2014-08.org.nvmexpress:uuid:11111111-2222-3333-4444-555555555555".into()));
    table.host = Some(host);
    table
}

/// What `connect` leaves behind when a server granted another address, and one told of DNS servers beside an advertised one.
const STATUS: &str = r#"{"version": 1, "written_by": "test", "tables": ["NBFT"], "hostnqn": null, "hostid": null,
    "outcome": "ok", "message": "", "elapsed_ms": 0, "started_uptime_ms": 0, "paths": [], "namespaces": [], "left_out": [],
    "interfaces": [{"name": "nbft1", "mac": "52:54:00:00:00:02", "table": "NBFT", "hfi": 3, "state": "up",
        "address": "198.51.100.50", "reason": null, "ready_ms": 1, "lease": {
            "address": "198.51.100.50", "prefix": 24, "server": "198.51.100.254", "seconds": 3600, "renew_seconds": 1800,
            "rebind_seconds": 3150, "dns": ["198.51.100.53"], "domains": ["example.org", "a b"], "ntp": [], "mtu": 1400,
            "routes": [{"destination": "0.0.0.0", "prefix": 0, "gateway": "198.51.100.254"}],
            "host_name": null, "root_path": null}},
        {"name": "nbft2", "mac": "52:54:00:00:00:03", "table": "NBFT", "hfi": 4, "state": "up",
        "address": "2001:db8:3::2", "reason": null, "ready_ms": 1, "information": {
            "server": "fe80::1", "dns": ["2001:db8:3::53"], "domains": ["example.net", "c d"], "ntp": ["2001:db8:3::54"],
            "boot_file_url": null}}]}"#;

fn exported(format: &str, status: Option<&str>) -> String {
    let (text, stderr) = exported_saying(format, status);
    assert_eq!(stderr, "", "{format}");
    text
}

/// The export, and what is said on standard error.
fn exported_saying(format: &str, status: Option<&str>) -> (String, String) {
    let dir = Dir::new(&format!("export-{format}-{}", status.is_some()));
    let tables = format!("{}/sys/firmware/acpi/tables", dir.path());
    std::fs::create_dir_all(&tables).unwrap();
    std::fs::write(format!("{tables}/NBFT"), libnbft::write(&table()).unwrap()).unwrap();
    if let Some(status) = status {
        std::fs::create_dir_all(format!("{}/run/nbft", dir.path())).unwrap();
        std::fs::write(format!("{}/run/nbft/status.json", dir.path()), status).unwrap();
    }
    let run = nbft(&["export", format, "--root", dir.path()]);
    assert_eq!(run.code, 0, "{format}");
    (run.text(), run.stderr)
}

#[test]
fn each_format_before_and_after_connect() {
    for format in ["udev", "networkd", "networkmanager", "wicked", "dracut"] {
        check(&format!("export-{format}.txt"), &exported(format, None));
    }
    for format in ["networkd", "networkmanager", "wicked", "dracut"] {
        check(&format!("export-{format}-lease.txt"), &exported(format, Some(STATUS)));
    }
}

#[test]
fn no_value_from_firmware_starts_a_line_of_its_own() {
    for format in ["udev", "networkd", "networkmanager", "wicked", "dracut"] {
        for status in [None, Some(STATUS)] {
            let text = exported(format, status);
            assert!(
                !text.contains("203.0.113.66") && !text.contains("a b") && !text.contains("c d"),
                "{format}:\n{text}"
            );
        }
    }
}

/// Names that a status file may hold: what the kernel allows and a format would make something else of, and what nobody allows.
#[test]
fn no_name_of_a_link_means_more_than_itself() {
    let names = [
        "a b",
        "e\n[Match]\nName=*",
        "eth*",
        "!eth0",
        "<eth0>",
        "a&b",
        "e\\n",
        "%i",
        "$(reboot)",
        "-e",
        "e;f",
        "",
        "\u{9b}",
    ];
    for format in ["networkd", "networkmanager", "wicked", "dracut"] {
        let plain = exported(format, Some(STATUS));
        // As if nothing were known of this HFI.
        let left_out = exported(format, Some(&STATUS.replace("\"hfi\": 3", "\"hfi\": 33")));
        for name in names {
            let status = STATUS.replace("\"nbft1\"", &serde_json::Value::from(name).to_string());
            let (text, stderr) = exported_saying(format, Some(&status));
            if ["a b", "e\n[Match]\nName=*", "", "\u{9b}"].contains(&name) {
                assert_eq!(text, left_out, "{format}: {name:?}");
                assert!(stderr.ends_with("interface 0 is left out: its name is not valid\n"), "{name:?}: {stderr}");
            } else {
                assert_eq!((text, stderr.as_str()), (plain.clone(), ""), "{format}: {name:?}");
            }
        }
    }
    let status = STATUS.replace("\"nbft1\"", "\"enp3s0f1np1_x-y\"");
    assert!(exported("networkd", Some(&status)).contains("Name=enp3s0f1np1_x-y\n"));
}

/// Each opened element is closed by its own name, and text holds nothing that means something.
#[test]
fn the_xml_of_wicked_is_well_formed() {
    for status in [None, Some(STATUS)] {
        let text = exported("wicked", status);
        let mut open = Vec::new();
        for part in text.split('<').skip(1) {
            let (tag, content) = part.split_once('>').expect(part);
            match (tag.strip_prefix('/'), tag.strip_suffix('/')) {
                (Some(name), _) => assert_eq!(open.pop(), Some(name), "{part}"),
                (None, Some(_)) => {}
                (None, None) => open.push(tag.split(' ').next().unwrap()),
            }
            assert!(!content.contains(['>', '&']), "{part}");
        }
        assert!(open.is_empty(), "{open:?}");
    }
}

/// Who keeps the kernel's names: nothing of a profile names an interface, the NIC is known by its MAC, a VLAN by its parent.
#[test]
fn networkmanager_without_our_names() {
    let dir = Dir::new("kernel-names");
    let path = dir.write("NBFT", &libnbft::write(&table()).unwrap());
    let run = nbft(&["export", "networkmanager", &path, "--kernel-names", "--root", dir.path()]);
    assert_eq!((run.code, run.stderr.as_str()), (0, ""));
    let text = run.text();
    let lines = || text.lines().filter(|line| !line.starts_with('#'));
    assert!(lines().all(|line| !line.contains("interface-name") && !line.contains("nbft")), "{text}");
    let ids = text.split("[connection]\n").skip(1);
    assert!(ids.clone().count() == 6 && ids.clone().all(|profile| profile.starts_with("id=NBFT connection HFI ")));
    assert_eq!(lines().filter(|line| line.starts_with("mac-address=")).count(), 4);
    let parents: Vec<_> = lines().filter_map(|line| line.strip_prefix("parent=")).collect();
    assert!(parents.iter().all(|parent| text.contains(&format!("uuid={parent}\ntype=ethernet"))), "{parents:?}");
    assert_eq!(parents.len(), 2);
    assert_eq!(nbft(&["export", "networkd", &path, "--kernel-names"]).code, 2);
}

#[test]
fn files_are_written_whole_with_the_modes_their_readers_want() {
    use std::os::unix::fs::PermissionsExt;
    let dir = Dir::new("export-modes");
    dir.write("NBFT", &libnbft::write(&table()).unwrap());
    let out = format!("{}/out", dir.path());
    for (format, mode) in [("networkmanager", 0o600), ("networkd", 0o644)] {
        for _ in 0..2 {
            let run = nbft(&["export", format, "--root", dir.path(), "--nbft-path", "/NBFT", "--output", &out]);
            assert_eq!((run.code, run.stderr.as_str(), run.stdout.as_slice()), (0, "", &b""[..]), "{format}");
        }
        let mut names = Vec::new();
        for entry in std::fs::read_dir(&out).unwrap() {
            let entry = entry.unwrap();
            assert_eq!(entry.metadata().unwrap().permissions().mode() & 0o777, mode, "{:?}", entry.path());
            names.push(entry.file_name().into_string().unwrap());
        }
        names.sort();
        let expected: &[&str] = match format {
            "networkd" => &[
                "05-nbft0.10.netdev",
                "05-nbft0.10.network",
                "05-nbft0.link",
                "05-nbft0.network",
                "05-nbft1.link",
                "05-nbft1.network",
                "05-nbft2.link",
                "05-nbft2.network",
                "05-nbft3.20.netdev",
                "05-nbft3.20.network",
                "05-nbft3.link",
                "05-nbft3.network",
            ],
            _ => &[
                "nbft0.10.nmconnection",
                "nbft0.nmconnection",
                "nbft1.nmconnection",
                "nbft2.nmconnection",
                "nbft3.20.nmconnection",
                "nbft3.nmconnection",
            ],
        };
        assert_eq!(names, expected);
        std::fs::remove_dir_all(&out).unwrap();
    }
}

/// Every file under a directory, with its path.
pub(crate) fn tree(directory: &Path, under: &str) -> String {
    let mut entries: Vec<_> = std::fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path()).collect();
    entries.sort();
    let each = entries.iter().map(|path| match path.is_dir() {
        true => tree(path, under),
        false => {
            let name = path.to_str().unwrap().strip_prefix(under).unwrap();
            format!("# {name}\n{}\n", std::fs::read_to_string(path).unwrap())
        }
    });
    each.collect()
}

#[test]
fn the_running_system_is_left_what_keeps_it_from_harm() {
    let plan = Plan::new(&[Source { name: "NBFT", table: &table() }], &Options::default());
    for (golden, how) in [("handover-auto.txt", Handover::Auto), ("handover-leave.txt", Handover::Leave)] {
        let dir = Dir::new(golden);
        handover::leave(&plan, &Status::of_plan(&plan), Some(how), &ClientOptions::default(), Path::new(dir.path()));
        check(golden, &tree(Path::new(dir.path()), dir.path()));
    }
}

#[test]
fn renewals_by_a_manager_ask_with_the_same_classes() {
    let dir = Dir::new("export-classes");
    dir.write("sys/firmware/acpi/tables/NBFT", &libnbft::write(&table()).unwrap());
    let line = "rd.nvmf.dhcp.vendor-class=Boot:1 rd.nvmf.dhcp.user-class=rack rd.nvmf.dhcp.hostname=n1";
    dir.write("proc/cmdline", line.as_bytes());
    let exported = |format: &str| nbft(&["export", format, "--root", dir.path()]).text();
    let (networkd, manager) = (exported("networkd"), exported("networkmanager"));
    let expected = "\nDUIDRawData=aa:bb:cc\nVendorClassIdentifier=Boot:1\nUserClass=rack\nHostname=n1\n";
    assert!(networkd.contains(expected), "{networkd}");
    assert!(manager.contains("\ndhcp-hostname=n1\ndhcp-vendor-class-identifier=Boot:1\n"), "{manager}");
}

#[test]
fn only_an_initramfs_that_connected_something_hands_over_untold() {
    let plan = Plan::new(&[Source { name: "NBFT", table: &table() }], &Options::default());
    for (initramfs, connected) in [(false, false), (false, true), (true, false), (true, true)] {
        let dir = Dir::new(&format!("handover-{initramfs}-{connected}"));
        let root = Path::new(dir.path());
        let mut status = Status::of_plan(&plan);
        if connected {
            status.paths[0].state = State::Up;
        }
        if initramfs {
            std::fs::create_dir_all(root.join("etc")).unwrap();
            std::fs::write(root.join("etc/initrd-release"), "").unwrap();
        }
        handover::leave(&plan, &status, None, &ClientOptions::default(), root);
        let left = root.join("run/systemd/network").exists();
        assert_eq!(left, initramfs && connected, "initramfs {initramfs}, connected {connected}");
    }
}

/// Every command takes the names from the same place: the option, then the kernel's command line, then the order of the tables.
#[test]
fn names_come_from_where_the_command_line_says() {
    let dir = Dir::new("names");
    let root = Path::new(dir.path());
    let file = |path: &str, content: &[u8]| {
        let path = root.join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, content).unwrap();
    };
    let mut table = table();
    // Firmware has left the first port out.
    table.hfis.drain(..2);
    file("sys/firmware/acpi/tables/NBFT", &libnbft::write(&table).unwrap());
    file("sys/class/net/eno4/address", b"52:54:00:00:00:04\n");
    file("sys/class/net/eno4/device/class", b"");
    let text = |arguments: &[&str]| {
        let run = nbft(&[arguments, &["--root", dir.path()]].concat());
        assert_eq!(run.code, 0, "{arguments:?}: {}", run.stderr);
        run.text()
    };
    let udev_names = |arguments: &[&str]| {
        let text = text(&[&["export", "udev"], arguments].concat());
        let names = text.split("NAME=\"").skip(1).filter(|rest| !rest.starts_with('='));
        names.map(|rest| rest.split('"').next().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(udev_names(&[])[..3], ["nbft0", "nbft1", "nbft2"]);
    file("proc/cmdline", b"quiet rd.nvmf.names=pci\n");
    assert_eq!(udev_names(&[])[..3], ["nbftp00040", "nbftp00050", "nbftp00060"]);
    assert_eq!(udev_names(&["--names", "table"])[..3], ["nbft0", "nbft1", "nbft2"]);
    assert!(text(&["plan", "-v"]).contains("over nbftp00060.20 "));
    assert!(text(&["connect", "--dry-run"]).contains("nbftp00060.20"));
    for (format, expected) in [
        ("networkd", "[NetDev]\nName=nbftp00060.20\n"),
        ("networkmanager", "interface-name=nbftp00060.20\n"),
        ("wicked", "<name>nbftp00060.20</name>"),
        ("dracut", "vlan=nbftp00060.20:nbftp00060\n"),
    ] {
        assert!(text(&["export", format]).contains(expected), "{format}");
    }
    file("proc/cmdline", b"rd.nvmf.names=kernel\n");
    let udev = text(&["export", "udev"]);
    assert!(!udev.contains(" NAME=\"") && !udev.contains("host_iface"), "{udev}");
    let networkd = text(&["export", "networkd"]);
    assert!(networkd.contains("Name=eno4.20\n") && !networkd.contains(".link"), "{networkd}");
    let dracut = text(&["export", "dracut"]);
    assert!(dracut.contains("vlan=eno4.20:eno4\n") && !dracut.contains("ifname="), "{dracut}");
    // A typing error must not cost the boot.
    file("proc/cmdline", b"rd.nvmf.names=slot\n");
    let run = nbft(&["export", "udev", "--root", dir.path()]);
    assert!(run.code == 0 && run.text().contains("NAME=\"nbft0\""));
    assert_eq!(run.stderr, "nbft: rd.nvmf.names=slot is not table, pci or kernel: table is used\n");
}
