//! Writes the seed corpus: `cargo +nightly run --manifest-path fuzz/Cargo.toml --example seed`.

use std::path::Path;

/// Texts that are near to what the text forms take.
const TEXTS: &[&str] = &[
    "4420",
    "nvme+tcp://192.0.2.1:8009/",
    "nvme+tcp://[2001:db8::1]/",
    "nvme+tcp://cdc.example.net.:1/",
    "nvme+tcp://192.0.2.1:4420/nqn.2026-01.net.example:disk/f81d4fae-7dec-11d0-a765-00a0c91e6bf6",
    "nvme+tcp://host/nqn.2014-08.org.nvmexpress.discovery/urn:uuid:f81d4fae-7dec-11d0-a765-00a0c91e6bf6",
    "nqn.2014-08.org.nvmexpress:uuid:f81d4fae-7dec-11d0-a765-00a0c91e6bf6",
    "02:00:5e:00:53:01",
    "0001:e1:00.3",
    "0025385b71001234",
];

fn main() -> std::io::Result<()> {
    let corpus = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/corpus"));
    let put = |target: &str, name: &str, content: &[u8]| -> std::io::Result<()> {
        let folder = corpus.join(target);
        std::fs::create_dir_all(&folder)?;
        std::fs::write(folder.join(name), content)
    };
    for (path, content) in libnbft_fuzz::seeds()? {
        let name = path.to_string_lossy().replace('/', "-");
        put("parse", &name, &content)?;
        // The first byte of this target's input chooses between bytes as they are and a table made from them.
        put("damaged", &name, &[&[0], content.as_slice()].concat())?;
        put("damaged", &format!("{name}-made"), &[&[1], content.as_slice()].concat())?;
        put("roundtrip", &name, &content)?;
    }
    for (number, input) in libnbft_fuzz::lease::seeds().iter().enumerate() {
        put("lease", &format!("input-{number}"), input)?;
    }
    for (number, page) in libnbft_fuzz::pages().iter().enumerate() {
        put("discovery", &format!("page-{number}"), page)?;
    }
    for (number, input) in libnbft_fuzz::redfish::seeds().iter().enumerate() {
        put("redfish", &format!("input-{number}"), input)?;
    }
    for (number, input) in libnbft_fuzz::status::seeds().iter().enumerate() {
        put("status", &format!("input-{number}"), input)?;
    }
    for (number, text) in TEXTS.iter().enumerate() {
        put("text", &format!("text-{number}"), text.as_bytes())?;
    }
    Ok(())
}
