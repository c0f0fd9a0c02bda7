//! `nbft plan`, whole.

use crate::golden;
use crate::support::{Dir, here, nbft};

#[test]
fn discovery_controllers() {
    let dir = Dir::new("plan-discovery");
    let fall_back = std::fs::read(here("../testdata/tables/discovery.nbft")).unwrap();
    dir.write("NBFT1", &fall_back);
    // The same firmware on another NIC, whose discovery failed: nothing came from the controller.
    let mut table = libnbft::parse(&fall_back).unwrap().table;
    table.ssns.clear();
    let tcp = table.hfis[0].tcp.as_mut().unwrap();
    (tcp.mac.0[5], tcp.routing_id) = (2, 2 << 3);
    dir.write("NBFT2", &libnbft::write(&table).unwrap());
    for (format, name) in [("text", "plan-discovery.txt"), ("json", "plan-discovery.json")] {
        // Nothing of this machine's own command line counts under a root of the test's.
        let run = nbft(&["plan", "-o", format, "--root", dir.path(), "--nbft-path", "/"]);
        assert_eq!((run.code, run.stderr.as_str()), (0, ""));
        golden::check(name, &run.text());
    }
}

#[test]
fn settings_of_connections_are_notes() {
    let dir = Dir::new("plan-settings");
    dir.write("NBFT", &std::fs::read(here("../testdata/tables/discovery.nbft")).unwrap());
    dir.write("proc/cmdline", b"quiet rd.nvmf.tos=8 rd.nvmf.queue_size=8\n");
    let table = ["--root", dir.path(), "--nbft-path", "/NBFT", "-o", "json"];
    let plan = |words: &[&str]| nbft(&[words, &table[..]].concat());
    let json = plan(&["plan"]).json();
    let nqn = json["paths"][0]["nqn"].as_str().unwrap().to_owned();
    let conf = format!("[global]\nqueue_size = 64\ntos = 4\nlost = 1\n[{nqn}]\nnr_io_queues = 4\nqueue_size = 32\n");
    dir.write("etc/nbft/connect.conf", conf.as_bytes());
    let note = |settings: &str| format!("{nqn} is connected with {settings}");
    let notes = |run: &crate::support::Run| run.json()["notes"].as_array().unwrap().clone();
    let run = plan(&["plan"]);
    assert!(notes(&run).contains(&note("nr_io_queues=4, queue_size=32, tos=8").into()), "{:?}", notes(&run));
    assert_eq!(
        run.stderr,
        "nbft: rd.nvmf.queue_size=: queue_size is a whole number from 16 to 1024, not “8”: it is not used\n\
         nbft: /etc/nbft/connect.conf: line 4: there is no setting “lost”\n"
    );
    let run = plan(&["connect", "--dry-run", "--nr-io-queues", "2", "--fast_io_fail_tmo=-1"]);
    let expected = note("nr_io_queues=2, queue_size=32, fast_io_fail_tmo=-1, tos=8");
    assert!(notes(&run).contains(&expected.into()), "{:?}", notes(&run));
}

#[test]
fn settings_out_of_range_are_refused() {
    for (option, name, range) in [
        ("--nr-io-queues=0", "nr_io_queues", "from 1 on"),
        ("--nr-write-queues=0", "nr_write_queues", "from 1 on"),
        ("--nr-poll-queues=-1", "nr_poll_queues", "from 1 on"),
        ("--queue-size=2000", "queue_size", "from 16 to 1024"),
        ("--keep-alive-tmo=-1", "keep_alive_tmo", "from 0 on"),
        ("--reconnect-delay=0", "reconnect_delay", "from 1 on"),
        ("--tos=256", "tos", "from 0 to 255"),
    ] {
        let run = nbft(&["connect", "--dry-run", option]);
        assert_eq!(run.code, 2, "{option}");
        let sentence = format!("{name} is a whole number {range}, not “{}”", option.split_once('=').unwrap().1);
        assert!(run.stderr.contains(&sentence), "{}", run.stderr);
    }
}
