//! `diff`: what it prints and how it ends.

use crate::golden;
use crate::support::{Dir, built, here, nbft};

fn firmware(name: &str) -> String {
    here(&format!("../testdata/firmware/{name}.bin")).to_str().unwrap().to_owned()
}

#[test]
fn fields_that_differ_are_shown_with_their_bytes() {
    let dir = Dir::new("diff");
    let read = |name| std::fs::read(firmware(name)).unwrap();
    let (a, b) = (dir.write("a", &read("static4")), dir.write("b", &read("vlan4")));
    let run = nbft(&["diff", &a, &b]);
    assert_eq!((run.code, run.stderr.as_str()), (1, ""));
    golden::check("diff-vlan.txt", &dir.neutral(&run.text()));
    let run = nbft(&["diff", "-o", "json", &a, &b]);
    assert_eq!((run.code, run.stderr.as_str()), (1, ""));
    golden::check("diff-vlan.json", &dir.neutral(&run.text()));
}

/// A longer heap moves everything behind it. Only what the table says differently is shown.
#[test]
fn a_reference_that_only_moved_is_counted() {
    let dir = Dir::new("diff-moved");
    let a = dir.write("a", &std::fs::read(firmware("mpath4")).unwrap());
    let json = nbft(&["show", "-o", "json", &a]).text();
    // The host NQN is the first text of the heap that both lists refer to.
    let longer = dir.write("b.json", json.replacen("\"nqn\": \"nqn.", "\"nqn\": \"nqn.1", 1).as_bytes());
    let b = format!("{}/b", dir.path());
    let same = format!("{}/same", dir.path());
    for (json, table) in [(dir.write("a.json", json.as_bytes()), &same), (longer, &b)] {
        assert_eq!(nbft(&["build", &json, "-o", table]).code, 0);
    }
    let run = nbft(&["diff", &same, &b]);
    assert_eq!((run.code, run.stderr.as_str()), (1, ""));
    golden::check("diff-moved.txt", &dir.neutral(&run.text()));
    let all = nbft(&["-v", "diff", &same, &b]).text();
    assert!(all.lines().filter(|line| line.ends_with(" reference")).count() > 3, "{all}");
}

#[test]
fn equal_tables_have_no_difference() {
    let dir = Dir::new("diff-same");
    let path = dir.write("NBFT", &built("full", &[]));
    let run = nbft(&["diff", &path, &path]);
    assert_eq!((run.code, run.stderr.as_str(), run.text().as_str()), (0, "", "no difference\n"));
    let run = nbft(&["diff", "-o", "json", &path, &path]);
    assert_eq!((run.code, run.json()["differences"].as_array().map(Vec::len)), (0, Some(0)));
}

#[test]
fn each_side_is_one_table() {
    let dir = Dir::new("diff-usage");
    let path = dir.write("several/NBFT1", &built("clean", &[]));
    dir.write("several/NBFT2", &built("full", &[]));
    let several = format!("{}/several", dir.path());
    let run = nbft(&["diff", &several, &path]);
    let expected = "nbft: DIR/several: 2 tables here; give one table file\n";
    assert_eq!((run.code, dir.neutral(&run.stderr).as_str()), (2, expected));
    let run = nbft(&["diff", &path, "/nonexistent"]);
    assert_eq!((run.code, run.text().as_str()), (1, ""));
    assert!(!run.stderr.is_empty());
}
