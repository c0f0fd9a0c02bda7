//! Tests hostile answers of targets and discovery controllers.

use crate::support::{files_below, harmless};
use crate::tables::{QUIET, Strings};
use libnbft::discovery_log::{Header, LEN, Log};
use libnbft::plan::{Additions, Options, Plan, Source};
use nbft_connect::output::Text;
use nbft_connect::output::json::{self, Secrets};
use nbft_connect::status::schema::Status;

/// A record of a discovery log page: type NVM subsystem, TCP, IPv4.
fn record(address: &str, port: &str, nqn: &[u8]) -> Vec<u8> {
    let mut bytes = vec![0; LEN];
    bytes[..3].copy_from_slice(&[3, 1, 2]);
    for (at, length, text) in [(32, 32, port.as_bytes()), (256, 256, nqn), (512, 256, address.as_bytes())] {
        let text = &text[..text.len().min(length)];
        bytes[at..at + text.len()].copy_from_slice(text);
    }
    bytes
}

#[test]
fn records_of_a_discovery_log_page() {
    let table = concat!(env!("CARGO_MANIFEST_DIR"), "/../testdata/tables/discovery.nbft");
    let table = libnbft::parse(&std::fs::read(table).unwrap()).unwrap().table;
    let plan = Plan::new(&[Source { name: "NBFT", table: &table }], &Options::default());
    let controller = plan.discovery[0].clone();
    let loud = Strings::Loud.text();
    let quiet = format!("nqn.2014-08.org.example:{QUIET}");
    let records = [
        record("192.0.2.77", "4420", quiet.as_bytes()),
        record("192.0.2.78", "4420", loud.as_bytes()),
        record("192.0.2.79", "4420", &[loud.as_bytes(), b"\xff\xfe"].concat()),
        record("192.0.2.80", &loud, b"nqn.2014-08.org.example:s"),
        record(&loud, "4420", b"nqn.2014-08.org.example:s"),
    ];
    let mut log = Log::new(Header { generation: 1, records: records.len() as u64 });
    records.iter().for_each(|record| log.take(record));
    let mut additions = Additions::default();
    let discovered = plan.discover(&mut additions, &controller, &log, std::slice::from_ref(&quiet));
    let plan = plan.with(&additions);
    assert!(discovered.left_out.len() >= 4, "{:?}", discovered.left_out);
    assert!(plan.paths.iter().any(|path| path.nqn == quiet), "what can be passed to the kernel is planned");
    harmless("the plan", Text::from_lines(&plan.to_string()).plain().as_bytes());
    harmless("the plan of the library", plan.to_string().as_bytes());
    let mut status = Status::of_plan(&plan);
    status.discovery[0].left_out = discovered.left_out.iter().map(ToString::to_string).collect();
    let text = json::text(&status, Secrets::Masked).unwrap();
    harmless("the status", text.as_bytes());
    assert_eq!(serde_json::from_str::<Status>(&text).unwrap(), status);
    let directory = tempfile::tempdir().unwrap();
    status.write(&directory.path().join("status.json")).unwrap();
    let files = files_below(directory.path());
    assert_eq!(files.len(), 1);
    assert_eq!(files[0].1, text);
}
