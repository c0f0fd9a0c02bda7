//! The static emulator of sushy-tools, a program that serves a Redfish mock-up. It knows no users.

use crate::common::dhcp::Server;
use crate::service::Certificate;
use crate::{COLLECTION, Root, collection, key, lines};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::time::{Duration, Instant};
use std::{fs, io};

/// Where `.ci/test` installs it.
const EMULATOR: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../target/sushy-tools/bin/sushy-static");

/// How long it may take to start.
const LIMIT: Duration = Duration::from_secs(30);

/// Writes a resource of the mock-up.
fn resource(mockup: &Path, path: &str, value: &serde_json::Value) -> io::Result<()> {
    let directory = mockup.join(path.strip_prefix("/redfish/v1").unwrap().trim_start_matches('/'));
    fs::create_dir_all(&directory)?;
    fs::write(directory.join("index.json"), value.to_string())
}

#[test]
#[ignore = "needs the Redfish emulator, which .ci/test installs"]
fn the_keys_of_a_mock_up_are_fetched() {
    assert!(Path::new(EMULATOR).exists(), "no {EMULATOR}: .ci/test installs it");
    let certificate = Certificate::new(&["127.0.0.1"]);
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let emulator = Server::start("sushy", EMULATOR, |directory| {
        let mockup = Path::new(directory).join("mockup");
        let service = serde_json::json!({"Id": "KeyService", "NVMeoFSecrets": {"@odata.id": COLLECTION}});
        resource(&mockup, "/redfish/v1/KeyService", &service).unwrap();
        resource(&mockup, COLLECTION, &collection(&["Host", "Target", "Psk"])).unwrap();
        for id in ["Host", "Target", "Psk"] {
            resource(&mockup, &format!("{COLLECTION}/{id}"), &key(id).unwrap()).unwrap();
        }
        fs::write(mockup.join("certificate"), &certificate.pem).unwrap();
        fs::write(mockup.join("key"), &certificate.key_pem).unwrap();
        let mockup = mockup.to_str().unwrap();
        let files = ["--mockup-files", mockup, "--ssl-certificate"].map(str::to_owned);
        let files =
            files.into_iter().chain([format!("{mockup}/certificate"), "--ssl-key".into(), format!("{mockup}/key")]);
        let at = ["--interface", "127.0.0.1", "--port"].map(str::to_owned);
        files.chain(at).chain([port.to_string()]).collect()
    });
    let start = Instant::now();
    while TcpStream::connect(("127.0.0.1", port)).is_err() {
        assert!(start.elapsed() < LIMIT, "{}", emulator.log());
        std::thread::sleep(Duration::from_millis(50));
    }
    let root = Root::new("emulator").with_user().with("ca", &certificate.pem);
    for path in [COLLECTION, "/redfish/v1/KeyService"] {
        assert_eq!(
            root.fetch(&format!("https://127.0.0.1:{port}{path}")),
            (0, lines(), String::new()),
            "{}",
            emulator.log()
        );
    }
}
