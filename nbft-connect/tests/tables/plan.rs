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
