//! A machine whose firmware left no table: `nbft connect` by the kernel's command line and by a DHCP root path.

#![allow(clippy::disallowed_macros, clippy::disallowed_methods, clippy::unwrap_used)]

mod common;

use common::dhcp::{POOL, Server, link};
use common::{in_namespace, ip};
use serde_json::Value;
use std::fs;
use std::io::{Read, Write};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::Command;

const NQN: &str = "nqn.2014-08.org.example:root";
const NID: &str = "cc3f2135-f931-4569-baea-0eee7113a521";
const HOST: &str = "4c4c4544-0043-4a10-8053-b4c04f4d3132";

/// A root with the command line, the machine's UUID, and a file in the place of the fabrics device.
fn root(directory: &tempfile::TempDir, cmdline: &str) -> PathBuf {
    let root = directory.path().to_owned();
    for directory in
        ["sys/module/nvme_tcp", "sys/class/nvme", "sys/class/dmi/id", "sys/block", "proc", "dev", "run", "etc"]
    {
        fs::create_dir_all(root.join(directory)).unwrap();
    }
    fs::write(root.join("dev/nvme-fabrics"), "").unwrap();
    fs::write(root.join("etc/initrd-release"), "").unwrap();
    fs::write(root.join("proc/cmdline"), format!("quiet {cmdline}\n")).unwrap();
    fs::write(root.join("sys/class/dmi/id/product_uuid"), format!("{}\n", HOST.to_ascii_uppercase())).unwrap();
    root
}

/// Answers each ICReq with an ICResp, as a target does.
fn serve(listener: TcpListener) {
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let (mut stream, mut request) = (stream.unwrap(), [0; 128]);
            if stream.read_exact(&mut request).is_ok() {
                let mut response = [0; 128];
                (response[0], response[2], response[4]) = (1, 128, 128);
                let _ = stream.write_all(&response);
            }
        }
    });
}

fn nbft(root: &Path, arguments: &[&str]) -> (i32, String, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_nbft"));
    let output = command
        .args(arguments)
        .arg("--root")
        .arg(root)
        .env("COLUMNS", "1000")
        .env_remove("JOURNAL_STREAM")
        .output()
        .unwrap();
    let [out, said] = [output.stdout, output.stderr].map(|text| String::from_utf8(text).unwrap());
    (output.status.code().unwrap(), out, said)
}

fn status(root: &Path) -> Value {
    serde_json::from_slice(&fs::read(root.join("run/nbft/status.json")).unwrap()).unwrap()
}

/// What the fabrics device was asked for, without what each kernel has of its own.
fn asked(root: &Path) -> String {
    fs::read_to_string(root.join("dev/nvme-fabrics")).unwrap()
}

#[test]
fn a_root_path_is_a_plan() {
    in_namespace("a_root_path_is_a_plan", || {
        link("192.0.2.1/24");
        serve(TcpListener::bind("192.0.2.1:4421").unwrap());
        let root_path = format!("--dhcp-option=17,nvme+tcp://192.0.2.1:4421/{NQN}/{NID}");
        let server = Server::dnsmasq("root-path", &[POOL, "--dhcp-authoritative", &root_path]);
        let directory = tempfile::tempdir().unwrap();
        let root = root(&directory, "rd.nvmf.connect=dhcp");
        assert_eq!(nbft(&root, &["plan", "-v"]).0, 3, "before connect nobody knows the target");
        let (code, _, said) = nbft(&root, &["connect", "--timeout", "15"]);
        // The stand-in for the device makes no controller.
        assert_eq!(code, 1, "{said}\n{}", server.log());
        let status = status(&root);
        let (interface, path) = (&status["interfaces"][0], &status["paths"][0]);
        assert_eq!(
            (&status["tables"][0], status["paths"].as_array().unwrap().len()),
            (&Value::from("NBFT-cmdline"), 1)
        );
        assert_eq!(
            (&interface["state"], &interface["mac"]),
            (&Value::from("up"), &Value::from("02:00:00:00:00:01")),
            "{said}"
        );
        assert_eq!((&path["traddr"], &path["trsvcid"], &path["nqn"]), (&"192.0.2.1".into(), &4421.into(), &NQN.into()));
        assert_eq!((&status["hostid"], &status["namespaces"][0]["nid"]), (&HOST.into(), &NID.into()));
        let own = interface["address"].as_str().unwrap().split('/').next().unwrap();
        let options = asked(&root);
        for option in [
            format!("nqn={NQN},"),
            "traddr=192.0.2.1,".into(),
            "trsvcid=4421,".into(),
            format!("hostnqn=nqn.2014-08.org.nvmexpress:uuid:{HOST}"),
        ] {
            assert!(options.contains(&option), "{option} in {options}\n{said}");
        }
        // The address of the search is asked for again: no other one is taken from the pool.
        assert_eq!(fs::read_to_string(server.directory.path().join("leases")).unwrap().lines().count(), 1);
        // Later commands work on the same table.
        let (code, plan, said) = nbft(&root, &["plan", "-v"]);
        assert_eq!(code, 0, "{said}");
        assert!(plan.contains("192.0.2.1 port 4421 over nbft0") && plan.contains("(NBFT-cmdline HFI 1"), "{plan}");
        assert!(plan.contains(own), "{plan}");
        for command in [&["doctor", "-v", "--timeout", "1"][..], &["status", "-v"]] {
            let (code, text, said) = nbft(&root, command);
            assert!(code == 1 && text.contains("192.0.2.1 port 4421 over nbft0"), "{code} {text}{said}");
        }
        let (code, findings, _) = nbft(&root, &["check", "--strict", "--nbft-path", "/run/nbft/tables"]);
        assert_eq!(code, 0, "{findings}");
        assert!(
            fs::read_to_string(root.join("run/udev/rules.d/70-nbft-names.rules")).unwrap().contains("NAME=\"nbft0\"")
        );
    });
}

#[test]
fn a_target_of_the_command_line_is_a_plan() {
    in_namespace("a_target_of_the_command_line_is_a_plan", || {
        link("192.0.2.1/24");
        serve(TcpListener::bind("192.0.2.1:4420").unwrap());
        let directory = tempfile::tempdir().unwrap();
        let connect = format!("rd.nvmf.connect=192.0.2.1,{NQN},nsid=1,hdr-digest");
        let root = root(&directory, &format!("{connect} rd.nvmf.iface=eth0,address=192.0.2.9/24"));
        let (code, _, said) = nbft(&root, &["connect", "--timeout", "5"]);
        assert_eq!(code, 1, "{said}");
        let status = status(&root);
        assert_eq!(status["interfaces"][0]["address"], "192.0.2.9", "{said}");
        assert_eq!((&status["namespaces"][0]["nsid"], &status["hostid"]), (&1.into(), &HOST.into()));
        let options = asked(&root);
        assert!(options.contains("host_traddr=192.0.2.9") && options.contains("trsvcid=4420"), "{options}\n{said}");
        // The interface was named eth0 when it was asked for, and has another name now.
        let (code, plan, _) = nbft(&root, &["plan", "-v"]);
        assert!(code == 0 && plan.contains("nbft0 static 192.0.2.9/24 (NBFT-cmdline HFI 1"), "{plan}");
    });
}

#[test]
fn without_an_answer_it_is_said_what_was_asked_for() {
    in_namespace("without_an_answer_it_is_said_what_was_asked_for", || {
        link("192.0.2.1/24");
        for (cmdline, message) in [
            (
                "rd.nvmf.connect=dhcp",
                "no DHCP server has named a root path of the form nvme+tcp://ADDRESS[:PORT]/NQN/NID (option 17)",
            ),
            (
                "rd.nvmf.connect=192.0.2.1,nqn.2014-08.org.example:s rd.nvmf.iface=eth7",
                "no NIC that rd.nvmf.iface= or rd.nvmf.connect= names is there",
            ),
            ("rd.nvmf.connect=192.0.2.1", "rd.nvmf.connect=192.0.2.1: an NQN follows the address"),
        ] {
            let directory = tempfile::tempdir().unwrap();
            let root = root(&directory, cmdline);
            let (code, _, said) = nbft(&root, &["connect", "--timeout", "2"]);
            assert_eq!((code, status(&root)["message"].as_str()), (1, Some(message)), "{said}");
        }
        // Nobody asks for anything: nothing is done.
        let directory = tempfile::tempdir().unwrap();
        let root = root(&directory, "rd.nvmf.iface=eth0");
        assert_eq!(nbft(&root, &["connect"]).0, 3);
        assert!(!root.join("run/nbft").exists());
    });
}

#[test]
fn of_all_nics_those_are_used_that_a_server_answers() {
    in_namespace("of_all_nics_those_are_used_that_a_server_answers", || {
        link("192.0.2.1/24");
        // One without a carrier, and one with a carrier and no server.
        ip("link add eth1 address 02:00:00:00:00:02 type veth peer name eth1-peer");
        ip("link add eth2 address 02:00:00:00:00:03 type veth peer name eth2-peer");
        ip("link set eth2-peer up");
        let _server = Server::dnsmasq("all-nics", &[POOL, "--dhcp-authoritative"]);
        let directory = tempfile::tempdir().unwrap();
        let root = root(&directory, &format!("rd.nvmf.connect=192.0.2.1,{NQN}"));
        let (code, _, said) = nbft(&root, &["connect", "--timeout", "8"]);
        assert_eq!(code, 1, "{said}");
        let status = status(&root);
        let macs: Vec<_> = status["interfaces"].as_array().unwrap().iter().map(|nic| nic["mac"].clone()).collect();
        assert_eq!(macs, ["02:00:00:00:00:01"], "{said}");
        // The search leaves the others as they were.
        let up = |name: &str| ip(&format!("-o link show {name}")).contains(",UP");
        assert!(!up("eth1") && !up("eth2") && up("nbft0"), "{}", ip("link"));
    });
}

const MACS: &str = "rd.nvmf.iface=02:00:00:00:00:01 rd.nvmf.iface=02:00:00:00:00:02,address=2001:db8:1::9/64,gateway=2001:db8:1::fe,vlan=10";

#[test]
fn the_plan_is_that_of_a_table() {
    let directory = tempfile::tempdir().unwrap();
    let discovery = "nqn.2014-08.org.nvmexpress.discovery";
    let targets = format!(
        "rd.nvmf.connect=192.0.2.1,{NQN},nid={NID} rd.nvmf.connect=[2001:db8:2::1]:4421,{NQN},nid={NID},data-digest \
         rd.nvmf.connect=192.0.2.8,{discovery}"
    );
    let root = root(&directory, &format!("{targets} {MACS}"));
    let (code, plan, said) = nbft(&root, &["plan", "-v"]);
    let expected = format!(
        "Host nqn.2014-08.org.nvmexpress:uuid:{HOST}
     ID {HOST} (from NBFT-cmdline's host descriptor)

Interfaces
  nbft0 MAC 02:00:00:00:00:01
    nbft0 DHCPv4 (NBFT-cmdline HFI 1, metric 500, route table 20000)
    nbft0 SLAAC (NBFT-cmdline HFI 2, metric 501, route table 20001)
  nbft1 MAC 02:00:00:00:00:02
    nbft1.10 static 2001:db8:1::9/64 (NBFT-cmdline HFI 3, metric 502, route table 20002)
      route 2001:db8:2::1/128 via 2001:db8:1::fe
      route default via 2001:db8:1::fe

Paths
  192.0.2.1 port 4420 over nbft0, reach not known before the address is
    {NQN} (NBFT-cmdline SSNS 1)
  2001:db8:2::1 port 4421 over nbft1.10 from 2001:db8:1::9, through the gateway, data digest
    {NQN} (NBFT-cmdline SSNS 2)
  2001:db8:2::1 port 4421 over nbft0, reach not known before the address is, data digest
    {NQN} (NBFT-cmdline SSNS 2)

Namespaces
  uuid {NID} of {NQN}, 3 path(s), waited for

Discovery controllers
  192.0.2.8 port 8009 over nbft0, reach not known before the address is
    {discovery} (NBFT-cmdline discovery 1)
    asked at once: no subsystem that came from it is in the plan
"
    );
    assert_eq!((code, plan), (0, expected), "{said}");
}
