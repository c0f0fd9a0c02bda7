//! `nbft doctor --image`: small images, each with one thing wrong, and images that are no images.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::disallowed_methods)]

use serde_json::Value;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

const VERSION: &str = "6.12.1";
const DEVICE: &str = "pci:v00008086d0000100Esv00001AF4sd00001100bc02sc00i00";

/// What an image that boots the machine below holds.
fn good() -> Vec<(String, Vec<u8>)> {
    let modules = format!("usr/lib/modules/{VERSION}");
    let mut elf = b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0\x02\0".to_vec();
    let machine: u16 = if cfg!(target_arch = "aarch64") { 183 } else { 62 };
    elf.extend(machine.to_le_bytes());
    let nvme = "kernel/drivers/nvme/host";
    let mut files = vec![
        ("usr/bin/nbft".to_owned(), elf),
        ("usr/lib/systemd/system/initrd.target.wants/nbft-connect.service".into(), b"x".to_vec()),
        (format!("{modules}/{nvme}/nvme-tcp.ko.xz"), b"x".to_vec()),
        (format!("{modules}/{nvme}/nvme-fabrics.ko.xz"), b"x".to_vec()),
        (format!("{modules}/kernel/net/8021q/8021q.ko"), b"x".to_vec()),
        (format!("{modules}/kernel/drivers/net/e1000.ko"), b"\x7fELF\0firmware=e1000/a.fw\0".to_vec()),
        ("usr/lib/firmware/e1000/a.fw.xz".into(), b"x".to_vec()),
    ];
    let texts = [
        ("modules.alias", "# Aliases.\nalias pci:v00008086d0000100Esv*sd*bc*sc*i* e1000\n".to_owned()),
        ("modules.dep", format!("{nvme}/nvme-tcp.ko.xz: {nvme}/nvme-fabrics.ko.xz\nkernel/drivers/net/e1000.ko:\n")),
        ("modules.builtin", "kernel/fs/ext4/ext4.ko\n".into()),
        ("modules.builtin.modinfo", "ext4.license=GPL\0".into()),
    ];
    files.extend(texts.map(|(name, text)| (format!("{modules}/{name}"), text.into_bytes())));
    files
}

/// A cpio archive in the format "newc".
fn cpio(files: &[(String, Vec<u8>)]) -> Vec<u8> {
    let mut bytes = Vec::new();
    let end = ("TRAILER!!!".to_owned(), Vec::new());
    for (name, content) in files.iter().chain([&end]) {
        let fields = [1, 0o100_755, 0, 0, 1, 0, content.len(), 0, 0, 0, 0, name.len() + 1, 0];
        bytes.extend(b"070701");
        fields.iter().for_each(|field| bytes.extend(format!("{field:08x}").bytes()));
        bytes.extend(name.bytes().chain([0]));
        bytes.resize(bytes.len().next_multiple_of(4), 0);
        bytes.extend(content);
        bytes.resize(bytes.len().next_multiple_of(4), 0);
    }
    bytes
}

struct Machine(tempfile::TempDir);

impl Machine {
    /// Its table names one NIC with a VLAN, which the machine has.
    fn new() -> Self {
        let machine = Self(tempfile::tempdir().unwrap());
        machine.write("proc/cmdline", b"root=/dev/x quiet\n");
        machine.write("proc/sys/kernel/osrelease", format!("{VERSION}\n").as_bytes());
        machine.write("sys/bus/pci/devices/0000:00:03.0/modalias", format!("{DEVICE}\n").as_bytes());
        let json = r#"{"host": {"nqn": "nqn.2014-08.org.example:h", "id": "11111111-2222-3333-4444-555555555555"},
            "hfi": [{"index": 1, "pci_address": "0000:00:03.0", "mac_addr": "52:54:00:00:0a:02", "vlan": 10,
                "ipaddr": "192.0.2.2", "subnet_mask_prefix": 24}],
            "subsystem": [{"index": 1, "hfis": [1], "traddr": "192.0.2.1", "trsvcid": "4420", "nsid": 1,
                "subsys_nqn": "nqn.2014-08.org.example:s"}]}"#;
        let json = machine.write("table.json", json.as_bytes());
        let table = nbft(&["build", json.to_str().unwrap()]).1;
        machine.write("sys/firmware/acpi/tables/NBFT", &table);
        machine
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn write(&self, name: &str, content: &[u8]) -> PathBuf {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, content).unwrap();
        path
    }

    /// Exit code and codes of what is wrong with an image.
    fn judge(&self, image: &[u8], options: &[&str]) -> (i32, Vec<String>) {
        let image = self.write("image", image);
        let root = self.0.path().to_str().unwrap();
        let args = ["doctor", "-o", "json", "--root", root, "--image", image.to_str().unwrap()];
        let (code, out, error) = nbft(&[&args, options].concat());
        let report: Value = serde_json::from_slice(&out).unwrap_or_else(|_| panic!("{error}"));
        let faults = report["faults"].as_array().unwrap().iter();
        (code, faults.map(|fault| fault["code"].as_str().unwrap().to_owned()).collect())
    }
}

fn nbft(args: &[&str]) -> (i32, Vec<u8>, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_nbft")).args(args).output().unwrap();
    (output.status.code().expect("no signal"), output.stdout, String::from_utf8_lossy(&output.stderr).into_owned())
}

fn compressed(program: &str, options: &[&str], bytes: &[u8]) -> Vec<u8> {
    let mut child = Command::new(program).args(options).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(bytes).unwrap();
    child.wait_with_output().unwrap().stdout
}

fn codes(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| format!("image-{name}")).collect()
}

#[test]
fn each_fault_is_told_and_nothing_else() {
    let machine = Machine::new();
    let without = |part: &str| {
        let mut files = good();
        files.retain(|(name, _)| !name.contains(part));
        cpio(&files)
    };
    let with = |name: &str, content: &str| {
        let mut files = good();
        files.push((name.into(), content.into()));
        cpio(&files)
    };
    let mut no_alias = good();
    no_alias.retain(|(name, _)| !name.ends_with("e1000.ko"));
    no_alias
        .iter_mut()
        .filter(|(name, _)| name.ends_with(".alias"))
        .for_each(|(_, text)| *text = b"alias x y\n".to_vec());
    for (image, code, expected) in [
        (cpio(&good()), 0, &[][..]),
        (without("bin/nbft"), 1, &["no-nbft"]),
        (with("usr/bin/nbft", "#!/bin/sh\n# Not the program for anything.\n"), 1, &["other-architecture"]),
        (without(".wants/"), 1, &["no-start"]),
        (without("nvme-tcp"), 1, &["no-nvme-tcp"]),
        (without("nvme-fabrics"), 1, &["no-module"]),
        (without("8021q"), 1, &["no-module"]),
        (without("e1000.ko"), 1, &["no-nic-driver"]),
        (cpio(&no_alias), 1, &["no-nic-driver"]),
        (without("modules.builtin"), 0, &[]),
        (without("firmware/"), 0, &["no-firmware"]),
        (without("lib/modules/"), 0, &["no-modules"]),
        (with("etc/nvme/hostnqn", "nqn.2014-08.org.example:golden\n"), 0, &["stale-identity"]),
        (with("etc/nvme/hostid", "11111111-2222-3333-4444-555555555555\n"), 0, &[]),
        (with("etc/cmdline.d/off.conf", "rd.nvmf.nonbft\n"), 1, &["switched-off"]),
    ] {
        assert_eq!(machine.judge(&image, &[]), (code, codes(expected)));
    }
    let image = cpio(&good());
    assert_eq!(machine.judge(&image, &["--cmdline", "quiet"]), (1, codes(&["no-root"])));
    machine.write("proc/sys/kernel/osrelease", b"6.13.0\n");
    assert_eq!(machine.judge(&image, &[]), (0, codes(&["other-kernel"])));
    fs::remove_dir_all(machine.path("sys/bus")).unwrap();
    assert_eq!(machine.judge(&image, &[]), (0, codes(&["other-kernel", "unknown-nic"])));
}

#[test]
fn what_starts_it_is_known_of_each_generator() {
    let machine = Machine::new();
    for start in [
        "usr/lib/dracut/hooks/pre-trigger/20-nbft-start.sh",
        "scripts/local-top/nbft",
        "hooks/nbft",
        // By a preset, as in an image of mkosi.
        "etc/systemd/system/initrd.target.wants/nbft-connect.service",
    ] {
        let mut files = good();
        files.retain(|(name, _)| !name.contains(".wants/"));
        files.push((start.into(), b"x".to_vec()));
        assert_eq!(machine.judge(&cpio(&files), &[]), (0, vec![]), "{start}");
    }
}

/// What mkinitcpio makes: lists of modules in binary form only, hooks at the top, and in an image with systemd its units.
fn of_mkinitcpio(has_systemd: bool) -> Vec<(String, Vec<u8>)> {
    let mut files = good();
    files.retain(|(name, _)| !name.contains("/modules.") && !name.contains(".wants/"));
    let modules = ["dep.bin", "alias.bin", "builtin.bin", "softdep"];
    files.extend(modules.map(|file| (format!("usr/lib/modules/{VERSION}/modules.{file}"), b"x".to_vec())));
    let start = match has_systemd {
        true => &["usr/lib/systemd/systemd", "usr/lib/systemd/system/initrd.target.wants/nbft-connect.service"][..],
        false => &["init_functions", "hooks/udev", "hooks/nbft"],
    };
    let every = ["VERSION", "buildconfig", "config", "etc/initrd-release", "init", "usr/bin/busybox"];
    files.extend(every.iter().chain(start).map(|name| ((*name).to_owned(), b"x".to_vec())));
    files
}

#[test]
fn an_image_of_mkinitcpio_is_understood() {
    let machine = Machine::new();
    let driver = machine.path("sys/bus/pci/devices/0000:00:03.0/driver");
    std::os::unix::fs::symlink("drivers/e1000", driver).unwrap();
    for has_systemd in [false, true] {
        for (missing, code, expected) in [
            ("nothing", 0, None),
            ("bin/nbft", 1, Some("no-nbft")),
            (if has_systemd { ".wants/" } else { "hooks/nbft" }, 1, Some("no-start")),
            ("nvme-tcp", 1, Some("no-nvme-tcp")),
            // It may be built in: no list says so in words.
            ("e1000.ko", 0, Some("unknown-driver")),
        ] {
            let mut files = of_mkinitcpio(has_systemd);
            files.retain(|(name, _)| !name.contains(missing));
            let image = compressed("zstd", &["-c"], &cpio(&files));
            let case = format!("{missing}, systemd: {has_systemd}");
            assert_eq!(machine.judge(&image, &[]), (code, codes(expected.as_slice())), "{case}");
            if missing == "bin/nbft" {
                let (root, image) = (machine.0.path(), machine.path("image"));
                let paths = [root, &image].map(|path| path.to_str().unwrap());
                let text = String::from_utf8(nbft(&["doctor", "--root", paths[0], "--image", paths[1]]).1).unwrap();
                assert!(text.contains("mkinitcpio -P"), "{case}: {text}");
            }
        }
    }
}

#[test]
fn parts_and_compressions_are_read() {
    let machine = Machine::new();
    let early = [cpio(&[("kernel/x86/microcode/x.bin".into(), vec![1; 5000])]), vec![0; 512]].concat();
    let whole = cpio(&good());
    for (program, options) in [
        ("gzip", &["-c"][..]),
        ("xz", &["-c", "--check=crc32"]),
        ("zstd", &["-c"]),
        ("lz4", &["-lc"]),
        ("lz4", &["-c"]),
    ] {
        let image = [early.clone(), compressed(program, options, &whole)].concat();
        assert_eq!(machine.judge(&image, &[]), (0, vec![]), "{program} {options:?}");
    }
    let cut = compressed("gzip", &["-c"], &[whole.clone(), cpio(&[("later".into(), vec![])])].concat());
    assert_eq!(machine.judge(&[cut, b"rubbish".repeat(9)].concat(), &[]).0, 0);
}

#[test]
fn a_described_machine_stands_in_for_this_one() {
    let machine = Machine::new();
    let (code, description, error) = nbft(&["doctor", "--collect", "--root", machine.0.path().to_str().unwrap()]);
    assert_eq!((code, error.as_str()), (0, ""));
    let description = machine.write("machine.json", &description);
    let image = machine.write("image", &cpio(&good()));
    let args = ["doctor", "--image", image.to_str().unwrap(), "--machine", description.to_str().unwrap()];
    let (code, out, error) = nbft(&args);
    let text = "11 files: 0 faults keep the machine from booting by this image, 0 warnings\n";
    assert_eq!((code, String::from_utf8(out).unwrap().as_str(), error.as_str()), (0, text, ""));
    machine.write("machine.json", br#"{"version": 9, "arch": "", "pci": [], "tables": []}"#);
    assert_eq!(nbft(&args).0, 1);
}

#[test]
fn no_bytes_make_it_panic_or_hang() {
    let machine = Machine::new();
    let whole = cpio(&good());
    let root = machine.0.path().to_str().unwrap().to_owned();
    let mut seed = 7_u64;
    let mut random = move || {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (seed >> 33) as usize
    };
    for round in 0..60 {
        let mut bytes = whole.clone();
        for _ in 0..=round % 5 {
            let at = random() % bytes.len();
            bytes[at] = [b'f', b'0', 0, 0xff, 0x1f][random() % 5];
        }
        bytes.truncate(bytes.len() - random() % (bytes.len() / 2));
        let image = machine.write("image", &bytes);
        let (code, _, error) = nbft(&["doctor", "--root", &root, "--image", image.to_str().unwrap()]);
        assert!((0..=1).contains(&code) && !error.contains("panicked"), "round {round}: {error}");
    }
    for bytes in [&b""[..], b"\0\0\0", b"MZ", b"\x1f\x8b", b"\x28\xb5\x2f\xfd", b"not an image"] {
        let image = machine.write("image", bytes);
        let (code, out, error) = nbft(&["doctor", "--root", &root, "--image", image.to_str().unwrap()]);
        assert_eq!((code, out), (1, vec![]), "{error}");
    }
}

#[test]
fn an_installed_system_gets_the_identity_and_keeps_another() {
    let machine = Machine::new();
    let target = machine.path("target");
    let root = machine.0.path().to_str().unwrap();
    let args = ["export", "identity", "--root", root, "--output", target.to_str().unwrap()];
    let read = |name: &str| fs::read_to_string(target.join("etc/nvme").join(name)).unwrap();
    let pair = || (read("hostnqn"), read("hostid"));
    let expected = ("nqn.2014-08.org.example:h\n".to_owned(), "11111111-2222-3333-4444-555555555555\n".to_owned());
    assert_eq!(nbft(&args).0, 0);
    assert_eq!(pair(), expected);
    // Again, and over another spelling.
    assert_eq!(nbft(&args).0, 0);
    let other = "nqn.2014-08.org.example:golden\n";
    fs::write(target.join("etc/nvme/hostnqn"), other).unwrap();
    fs::remove_file(target.join("etc/nvme/hostid")).unwrap();
    let (code, _, error) = nbft(&args);
    assert!(code == 1 && error.contains("golden") && error.contains("--force"), "{error}");
    assert!(read("hostnqn") == other && !Path::new(&target.join("etc/nvme/hostid")).exists());
    assert_eq!(nbft(&[&args[..], &["--force"]].concat()).0, 0);
    assert_eq!(pair(), expected);
    assert_eq!(nbft(&["export", "udev", "--root", root, "--force"]).0, 2);
}

/// The commands of a guide: its indented lines, without remarks.
fn commands(page: &str) -> Vec<String> {
    let page = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs").join(page)).unwrap();
    let lines = page.lines().filter_map(|line| line.strip_prefix("    "));
    lines.map(|line| line.split(" #").next().unwrap().trim().to_owned()).collect()
}

/// Programs of the guides that belong to others. `connect` is what the lab does.
const OF_OTHERS: [&str; 3] = ["systemctl enable --now nbft-stay", "journalctl -b -t nbft", "dracut --no-hostonly"];

#[test]
fn the_commands_of_the_guides_work_as_they_stand_there() {
    let machine = Machine::new();
    let root = machine.0.path().to_str().unwrap();
    let image = machine.write("image", &cpio(&good()));
    let program = format!("#!/bin/sh\nexec '{}' \"$@\" --root '{root}'\n", env!("CARGO_BIN_EXE_nbft"));
    let program = machine.write("bin/nbft", program.as_bytes());
    fs::set_permissions(&program, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    let path = format!("{root}/bin:{}", std::env::var("PATH").unwrap());
    let all = [commands("real-machines.md"), commands("golden-images.md")].concat();
    let (others, ours): (Vec<_>, Vec<_>) =
        all.iter().partition(|command| OF_OTHERS.iter().any(|other| command.starts_with(other)));
    assert_eq!((others.len(), ours.len()), (OF_OTHERS.len(), 10), "{all:?}");
    for command in ours {
        let here = command.replace("/sys/", &format!("{root}/sys/"));
        let here = here.replace("/boot/INITRAMFS", "INITRAMFS").replace("INITRAMFS", image.to_str().unwrap());
        let output = Command::new("sh").args(["-c", &here]).current_dir(root).env("PATH", &path).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        // Nothing was connected here.
        let expected = if command.starts_with("nbft status") { 3 } else { 0 };
        assert_eq!(output.status.code(), Some(expected), "{command}: {said}");
    }
    assert!(machine.path("table-without-names").exists());
}
