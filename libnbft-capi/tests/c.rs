//! Compiles C programs against the library and runs them: plain, under valgrind and with AddressSanitizer.
#![expect(clippy::unwrap_used, reason = "a test")]

use libnbft::plan::{Options, Plan};
use nbft::header::{declarations, header, version_script};
use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::fs;
use std::path::PathBuf;
use std::process::{Command, Output};
use std::sync::LazyLock;
use tempfile::TempDir;

const CRATE: &str = env!("CARGO_MANIFEST_DIR");

/// The libraries, linked once as they are shipped but for the profile.
static BUILT: LazyLock<TempDir> = LazyLock::new(|| {
    let built = TempDir::new().unwrap();
    let mut link = Command::new(format!("{CRATE}/link"));
    succeed(link.arg(built.path()).arg("dev"));
    built
});

fn succeed(command: &mut Command) -> Output {
    let output = command.output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    assert!(output.status.success(), "{command:?}: {}\n{}", output.status, text(&output.stderr));
    output
}

/// Every table of testdata, by name.
fn tables() -> Vec<PathBuf> {
    let mut all = Vec::new();
    for folder in ["tables", "rules", "firmware"] {
        let entries = fs::read_dir(format!("{CRATE}/../testdata/{folder}")).unwrap();
        let files = entries.map(|entry| entry.unwrap().path());
        let is_table = |path: &PathBuf| path.extension().is_some_and(|end| end == "nbft" || end == "bin");
        all.extend(files.filter(is_table));
    }
    all.sort();
    assert!(all.len() > 50, "testdata has {} tables", all.len());
    all
}

fn compile(source: &str, name: &str, flags: &[&str]) -> PathBuf {
    let program = BUILT.path().join(name);
    let mut cc = Command::new("cc");
    cc.args(["-std=gnu99", "-g", "-Wall", "-Wextra", "-Werror", "-I"]).arg(format!("{CRATE}/include"));
    succeed(cc.arg(format!("{CRATE}/{source}")).arg("-o").arg(&program).arg("-L").arg(BUILT.path()).args(flags));
    program
}

/// Runs a program with the library, on all tables.
fn run(program: &[&OsStr], mutations: &str) -> String {
    let mut command = Command::new(program[0]);
    command.args(&program[1..]).arg(mutations).args(tables()).env("LD_LIBRARY_PATH", BUILT.path());
    String::from_utf8(succeed(&mut command).stdout).unwrap()
}

#[test]
fn header_and_version_script_are_as_the_declarations_make_them() {
    assert_eq!(fs::read_to_string(format!("{CRATE}/include/nbft.h")).unwrap(), header());
    assert_eq!(fs::read_to_string(format!("{CRATE}/libnbft.map")).unwrap(), version_script());
}

#[test]
fn the_page_describes_each_function() {
    let page = fs::read_to_string(format!("{CRATE}/../man/nbftc.3")).unwrap();
    let missing: Vec<_> =
        declarations().map(|one| one.name).filter(|name| !page.contains(&format!("{name}("))).collect();
    assert_eq!(missing, [""; 0]);
}

#[test]
fn the_library_exports_the_declared_names_and_no_other() {
    let library = BUILT.path().join("libnbft.so.0");
    let output = succeed(Command::new("nm").args(["-D", "--defined-only"]).arg(&library));
    let text = String::from_utf8(output.stdout).unwrap();
    let exported: BTreeSet<_> = text.lines().filter_map(|line| line.split_whitespace().nth(2)).collect();
    let declared: BTreeSet<_> = declarations().map(|one| format!("{}@@LIBNBFT_0", one.name)).collect();
    let version = "LIBNBFT_0".to_owned();
    let expected: BTreeSet<_> = declared.iter().chain([&version]).map(String::as_str).collect();
    assert_eq!(exported, expected);
    let dynamic = String::from_utf8(succeed(Command::new("readelf").arg("-d").arg(&library)).stdout).unwrap();
    assert!(dynamic.contains("Library soname: [libnbft.so.0]"), "{dynamic}");
}

#[test]
fn c_sees_the_plan_of_each_table() {
    let program = compile("tests/dump.c", "dump", &["-lnbft"]);
    let printed = run(&[program.as_os_str()], "40");
    let mut expected = String::new();
    for path in tables() {
        let loaded = Plan::load(&path, &Options::default()).unwrap();
        let plan = &loaded.plan;
        for nic in &plan.interfaces {
            for link in &nic.links {
                expected += &format!("{} {} {}\n", link.name, nic.mac, link.vlan.unwrap_or(0));
                for network in &link.networks {
                    let address = network.address.map(|ip| ip.to_string()).unwrap_or_default();
                    let gateway = network.gateway.map(|ip| ip.to_string()).unwrap_or_default();
                    expected +=
                        &format!("{} {address} {} {gateway} {}\n", network.hfi.index, network.prefix, network.metric);
                    for route in &network.routes {
                        let gateway = route.gateway.map(|ip| ip.to_string()).unwrap_or_default();
                        expected += &format!("{} {} {gateway}\n", route.destination, route.prefix);
                    }
                }
            }
        }
        for path in &plan.paths {
            expected += &format!("{} {} {} {}\n", path.nqn, path.traddr, path.trsvcid, path.host_iface);
        }
        for one in &plan.discovery {
            expected += &format!("{} {} {} {}\n", one.nqn, one.traddr, one.trsvcid, one.host_iface);
        }
        for item in &plan.left_out {
            expected += &format!("{}\n", item.reason.code());
        }
    }
    assert_eq!(shortened(&printed), expected);
}

/// The values of C's lines that are compared with the plan.
fn shortened(printed: &str) -> String {
    let value = |line: &str, key: &str| {
        let after = line.split_once(&format!(" {key}=")).map_or("", |(_, after)| after);
        after.split(' ').next().unwrap_or_default().to_owned()
    };
    let keys: [(&str, &[&str]); 5] = [
        (" link=", &["link", "mac", "vlan"]),
        ("  network=", &["hfi", "address", "prefix", "gateway", "metric"]),
        ("   route=", &["route", "prefix", "gateway"]),
        (" connection=", &["nqn", "traddr", "trsvcid", "host-iface"]),
        (" left-out=", &["code"]),
    ];
    let lines = printed.lines().filter_map(|line| {
        let (_, keys) = keys.iter().find(|(begin, _)| line.starts_with(begin))?;
        let values: Vec<_> = keys.iter().map(|key| value(line, key)).collect();
        Some(values.join(" ") + "\n")
    });
    lines.collect()
}

#[test]
fn every_table_and_its_mutations_are_clean_with_address_sanitizer() {
    let program = compile("tests/dump.c", "dump-asan", &["-fsanitize=address", "-fno-omit-frame-pointer", "-lnbft"]);
    run(&[program.as_os_str()], "100");
}

#[test]
#[ignore = "needs valgrind"]
fn every_table_and_its_mutations_are_clean_under_valgrind() {
    let program = compile("tests/dump.c", "dump-valgrind", &["-lnbft"]);
    let valgrind =
        ["valgrind", "--quiet", "--error-exitcode=9", "--leak-check=full", "--show-leak-kinds=all"].map(OsStr::new);
    let kinds = OsStr::new("--errors-for-leak-kinds=definite,indirect,possible");
    run(&[&valgrind[..], &[kinds, program.as_os_str()]].concat(), "12");
}

#[test]
fn a_program_finds_what_is_installed_by_pkg_config() {
    let installed = TempDir::new().unwrap();
    let mut install = Command::new(format!("{CRATE}/../packaging/install"));
    // Not where a compiler looks by itself.
    install.args(["--part", "capi", "--part", "capi-dev"]).env("DESTDIR", installed.path()).env("PREFIX", "/opt/nbft");
    succeed(install.env("LIBRARY", BUILT.path()));
    let libraries = installed.path().join("opt/nbft/lib");
    let mut flags = Command::new("pkg-config");
    flags.args(["--cflags", "--libs", "libnbft"]).env("PKG_CONFIG_SYSROOT_DIR", installed.path());
    let flags = succeed(flags.env("PKG_CONFIG_PATH", libraries.join("pkgconfig"))).stdout;
    let flags = String::from_utf8(flags).unwrap();
    let source = installed.path().join("names.c");
    fs::write(&source, NAMES).unwrap();
    let program = installed.path().join("names");
    let mut cc = Command::new("cc");
    succeed(cc.args(["-Wall", "-Werror"]).arg(&source).arg("-o").arg(&program).args(flags.split_whitespace()));
    let mut command = Command::new(&program);
    let command = command.arg(format!("{CRATE}/../testdata/firmware/mpath4.bin")).env("LD_LIBRARY_PATH", &libraries);
    let expected = format!("{}\nnbft0\nnbft1\n", env!("CARGO_PKG_VERSION"));
    assert_eq!(String::from_utf8(succeed(command).stdout).unwrap(), expected);
}

/// Prints the library's version and the interfaces of a table.
const NAMES: &str = r"#include <nbft.h>
#include <stdio.h>

int main(int argc, char **argv)
{
	struct nbftc *plan;

	puts(nbftc_version());
	if (argc != 2 || nbftc_open(argv[1], &plan) != NBFTC_OK)
		return 1;
	for (size_t i = 0; i < nbftc_link_count(plan); i++)
		puts(nbftc_link_name(nbftc_link(plan, i)));
	nbftc_free(plan);
	return 0;
}
";

#[test]
fn the_example_prints_network_managers_fields() {
    let program = compile("examples/nm-print.c", "nm-print", &["-ldl"]);
    let print = |table: &str| {
        let mut command = Command::new(&program);
        command.arg(format!("{CRATE}/../testdata/{table}")).env("LD_LIBRARY_PATH", BUILT.path());
        String::from_utf8(succeed(&mut command).stdout).unwrap()
    };
    let expected = "connection.id: NBFT connection HFI 1 VLAN 10\nconnection.type: vlan\nconnection.interface-name: nbft0.10\n\
                    vlan.id: 10\nvlan.parent: nbft0\nipv4.method: manual\nipv4.addresses: 203.0.113.2/24\nipv4.route-metric: 500\n";
    assert_eq!(print("firmware/vlan4.bin"), expected);
    let expected = "connection.id: NBFT connection HFI 1\nconnection.type: 802-3-ethernet\nconnection.interface-name: nbft0\n\
                    802-3-ethernet.mac-address: 52:54:00:00:0a:02\nipv4.method: auto\nipv4.route-metric: 500\n\
                    ipv4.dns: 192.0.2.1\n";
    assert_eq!(print("firmware/dhcp4.bin"), expected);
}
