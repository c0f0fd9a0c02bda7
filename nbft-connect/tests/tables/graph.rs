//! `nbft plan --graph`: the picture of each table, whole, and as programs read it.

use crate::golden;
use crate::support::{Dir, Run, here, nbft, testdata};
use libnbft::model::{Nqn, Table};
use libnbft::plan::{DiscoverySource, Options, Plan, Source};
use nbft_connect::status::schema::{Reason, State, Status};
use roxmltree::{Document, ParsingOptions};
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

/// A root whose machine has these tables, and nothing of the machine that tests run on.
fn root(tables: &[Table]) -> Dir {
    let dir = Dir::new("graph");
    for (n, table) in tables.iter().enumerate() {
        dir.write(&format!("sys/firmware/acpi/tables/NBFT{}", n + 1), &libnbft::write(table).unwrap());
    }
    dir.write("proc/cmdline", b"quiet\n");
    dir
}

fn table(name: &str) -> Table {
    libnbft::parse(&std::fs::read(here(&format!("../testdata/{name}"))).unwrap()).unwrap().table
}

fn plan(tables: &[Table]) -> Plan {
    let names: Vec<String> = (1..=tables.len()).map(|n| format!("NBFT{n}")).collect();
    let sources: Vec<_> = names.iter().zip(tables).map(|(name, table)| Source { name, table }).collect();
    Plan::new(&sources, &Options::default())
}

fn drawn(dir: &Dir, form: &str) -> String {
    let run = nbft(&["plan", form, "--root", dir.path()]);
    assert_eq!((run.code, run.stderr.as_str()), (0, ""), "{form}");
    run.text()
}

/// Compares both forms.
fn compare(dir: &Dir, name: &str) {
    golden::check(&format!("graph-{name}.svg"), &drawn(dir, "--graph"));
    golden::check(&format!("graph-{name}.dot"), &drawn(dir, "--graph=dot"));
}

#[test]
fn two_paths_of_which_firmware_named_one_hfi_too_many() {
    compare(&root(&[table("firmware/mpath4.bin")]), "mpath");
}

#[test]
fn a_gateway_and_two_namespaces() {
    compare(&root(&[table("tables/multipath.nbft")]), "gateway");
}

#[test]
fn a_vlan_and_a_table_of_which_nothing_is_left() {
    compare(&root(&[table("firmware/vlan4.bin"), table("rules/vlan-range.nbft")]), "vlan");
}

#[test]
fn discovery_controllers() {
    compare(&root(&[table("tables/discovery.nbft")]), "discovery");
}

#[test]
fn a_bond() {
    let mut one = table("firmware/static4.bin");
    let mut other = one.clone();
    other.hfis[0].tcp.as_mut().unwrap().mac.0[5] ^= 1;
    other.hfis[0].tcp.as_mut().unwrap().routing_id = 5 << 3;
    one.hfis.truncate(1);
    let dir = root(&[one, other]);
    let run = nbft(&["plan", "--graph", "--bond", "bond0:nbft0,nbft1", "--root", dir.path()]);
    golden::check("graph-bond.svg", &run.text());
}

/// A run of which the first path is up, the second failed, the third is not there yet, the fourth is taken out of service.
fn status(plan: &Plan, dir: &Dir) {
    let mut status = Status::of_plan(plan);
    status.interfaces.iter_mut().for_each(|interface| interface.state = State::Up);
    for (n, path) in status.paths.iter_mut().enumerate() {
        path.state = [State::Up, State::Failed, State::Pending, State::Excluded][n % 4];
        path.controller = (path.state == State::Up).then(|| "nvme0".to_owned());
        let reason = Reason { code: "refused".into(), text: "connection refused: nothing listens on this port".into() };
        path.set_reason((path.state == State::Failed).then_some(reason));
    }
    for namespace in &mut status.namespaces {
        namespace.state = if namespace.boot { State::Up } else { State::Pending };
    }
    let files =
        [("state", "live\n"), ("transport", "tcp\n"), ("subsysnqn", &plan.paths[0].nqn), ("nvme0n1/nsid", "1\n")];
    for (file, text) in files {
        dir.write(&format!("sys/class/nvme/nvme0/{file}"), text.as_bytes());
    }
    let uuid = plan.namespaces[0].nid.unwrap().to_string();
    dir.write("sys/block/nvme0n1/uuid", uuid.as_bytes());
    dir.write("sys/class/nvme/nvme0/nvme0n1/uuid", uuid.as_bytes());
    status.write(Path::new(&format!("{}/run/nbft/status.json", dir.path()))).unwrap();
}

#[test]
fn as_it_is_now_where_a_run_has_carried_out_this_plan() {
    let tables = [table("tables/multipath.nbft")];
    let dir = root(&tables);
    let planned = drawn(&dir, "--graph");
    status(&plan(&tables), &dir);
    compare(&dir, "status");
    // Another plan than that of the run.
    let run = nbft(&["plan", "--graph", "--hostnqn", "nqn.2014-08.org.example:other", "--root", dir.path()]);
    assert!(run.text().contains("as planned") && planned.contains("as planned"), "{}", run.text());
}

#[test]
fn what_a_discovery_controller_told_of() {
    let tables = [table("tables/discovery.nbft")];
    let (dir, plan) = (root(&tables), plan(&tables));
    let mut status = Status::of_plan(&plan);
    let mut told = status.paths[0].clone();
    told.traddr = "2001:db8:7::1".into();
    let teller = &plan.discovery[0];
    told.discovered = Some(DiscoverySource {
        nqn: teller.nqn.clone(),
        traddr: teller.traddr,
        trsvcid: teller.trsvcid,
        descriptors: Vec::new(),
    });
    told.state = State::Failed;
    told.set_reason(Some(Reason { code: "refused".into(), text: "nothing listens".into() }));
    let mut namespace = status.namespaces[0].clone();
    (namespace.discovered, namespace.boot, namespace.nsid) = (true, false, 7);
    namespace.nid = Some("3f0c1e77-902b-4d5a-8e61-000000000007".into());
    status.paths.push(told);
    status.namespaces.push(namespace);
    status.write(Path::new(&format!("{}/run/nbft/status.json", dir.path()))).unwrap();
    compare(&dir, "discovered");
}

/// All texts of a picture; each letter of what the tables say is one of the picture's.
fn texts(svg: &str) -> Vec<String> {
    // Graphviz names a DTD.
    let options = ParsingOptions { allow_dtd: true, ..ParsingOptions::default() };
    let document = Document::parse_with_options(svg, options).unwrap_or_else(|error| panic!("{error}: {svg}"));
    let texts = document.descendants().filter(|node| node.has_tag_name("text"));
    texts.map(|node| node.text().unwrap_or_default().to_owned()).collect()
}

/// What Graphviz says of this.
fn graphviz(dot: &str) -> String {
    let mut child = Command::new("dot")
        .arg("-Tsvg")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap_or_else(|error| panic!("dot: {error}"));
    child.stdin.take().unwrap().write_all(dot.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!((output.status.code(), String::from_utf8_lossy(&output.stderr).as_ref()), (Some(0), ""), "{dot}");
    String::from_utf8(output.stdout).unwrap()
}

/// The pictures of every table of `testdata/` for which there is a plan.
fn of_testdata(form: &str) -> Vec<String> {
    let mut drawn = Vec::new();
    for table in testdata() {
        let Run { code, stdout, .. } = nbft(&["plan", form, table.to_str().unwrap()]);
        if code == 0 {
            drawn.push(String::from_utf8(stdout).unwrap());
        } else {
            assert!(stdout.is_empty(), "{}", table.display());
        }
    }
    assert!(drawn.len() > 80, "{} tables have a picture", drawn.len());
    drawn
}

#[test]
fn each_picture_is_xml_and_has_the_host() {
    for svg in of_testdata("--graph=svg") {
        let texts = texts(&svg);
        assert!(texts.iter().any(|text| text == "HOST"), "{svg}");
    }
}

#[test]
#[ignore = "needs graphviz"]
fn graphviz_takes_each_graph() {
    for dot in of_testdata("--graph=dot") {
        assert!(texts(&graphviz(&dot)).iter().any(|text| text == "HOST"), "{dot}");
    }
}

/// NQNs that a language of ours or of Graphviz would read as its own. The kernel would take the first and the last.
fn hostile() -> Dir {
    let nqns = [
        "nqn.2014-08.org.example:</text>\"&lt;'\\N\\\"]}".to_owned(),
        "nqn.2014-08.org.example:\u{1b}[2J\n<a>\u{202e}\u{ffff}".to_owned(),
        format!("nqn.2014-08.org.example:{}", "<&\"".repeat(66)),
    ];
    let tables = nqns.map(|nqn| {
        let mut table = table("firmware/static4.bin");
        table.ssns[0].nqn = Some(Nqn(nqn));
        table
    });
    root(&tables)
}

/// What a picture of [`hostile`] says of its subsystems.
fn harmless(texts: &[String]) {
    for name in ["</text>\"&lt;'\\N\\\"]}", "<&\"<&\"<&\"<&\"\u{2026}\"<&\"<&\"<&\"<&\""] {
        assert!(texts.iter().any(|text| text == name), "{name}: {texts:?}");
    }
    let escaped = texts.iter().find(|text| text.starts_with("\\u{1b}[2J")).expect("an escaped control character");
    assert!(escaped.ends_with("\\u{ffff}"), "{escaped}");
    assert!(texts.iter().all(|text| text.chars().all(libnbft::text::is_harmless)), "{texts:?}");
}

#[test]
fn hostile_names_stay_texts() {
    let svg = drawn(&hostile(), "--graph");
    harmless(&texts(&svg));
    let document = Document::parse(&svg).unwrap();
    let known = ["svg", "title", "style", "rect", "path", "text", "g"];
    for node in document.descendants().filter(roxmltree::Node::is_element) {
        assert!(known.contains(&node.tag_name().name()), "{}", node.tag_name().name());
    }
    // Whole beside the pointer.
    let titles = document.descendants().filter(|node| node.has_tag_name("title"));
    let whole = format!("nqn.2014-08.org.example:{}", "<&\"".repeat(66));
    assert_eq!(titles.filter(|title| title.text().unwrap_or_default().starts_with(&whole)).count(), 1);
}

#[test]
#[ignore = "needs graphviz"]
fn hostile_names_stay_texts_for_graphviz() {
    harmless(&texts(&graphviz(&drawn(&hostile(), "--graph=dot"))));
}

#[test]
fn without_a_table_there_is_no_picture() {
    let dir = root(&[]);
    std::fs::create_dir_all(format!("{}/sys/firmware/acpi/tables", dir.path())).unwrap();
    let run = nbft(&["plan", "--graph", "--root", dir.path()]);
    assert_eq!((run.code, run.stdout.as_slice()), (3, b"".as_slice()));
}

#[test]
fn the_form_belongs_to_the_option() {
    let table = here("../testdata/firmware/static4.bin");
    let table = table.to_str().unwrap();
    assert!(nbft(&["plan", "--graph", table]).text().starts_with("<svg "));
    assert!(nbft(&["plan", "--graph=dot", table]).text().starts_with("digraph "));
    assert_eq!(nbft(&["plan", "--graph=png", table]).code, 2);
    assert_eq!(nbft(&["plan", "--graph", "-o", "json", table]).code, 2);
}
