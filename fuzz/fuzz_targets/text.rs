//! Parses text forms: each value that is read shows a text that reads the same and breaks no line or option.
#![no_main]

use libnbft::model::{Mac, Nid, Nqn, PciAddress, Uuid};
use libnbft::text::{DiscoveryUri, RootPath, nqn_form, parse_port};
use std::fmt::{Debug, Display};
use std::str::FromStr;

fn same<T: FromStr<Err: Debug> + Display + PartialEq + Debug>(text: &str) -> Option<T> {
    let value: T = text.parse().ok()?;
    let shown = value.to_string();
    assert!(!shown.contains(|c: char| c == ',' || c.is_whitespace() || c.is_control()), "{shown:?}");
    assert_eq!(shown.parse::<T>().expect("what was shown can be read"), value);
    Some(value)
}

libfuzzer_sys::fuzz_target!(|text: &str| {
    same::<DiscoveryUri>(text);
    if let Some(path) = same::<RootPath>(text) {
        let _ = (path.nid(), path.port_or_default());
    }
    same::<Mac>(text);
    same::<PciAddress>(text);
    same::<Uuid>(text);
    for kind in ["eui64", "nguid", "uuid"] {
        if let Ok(nid) = Nid::from_parts(kind, text) {
            assert_eq!(Nid::from_parts(nid.kind(), &nid.to_string()), Ok(nid));
        }
    }
    if let Ok(port) = parse_port(text) {
        assert_eq!(parse_port(&port.to_string()), Ok(port));
    }
    if nqn_form(text).is_ok() {
        assert!(
            !text.contains(|c: char| c == ',' || c.is_whitespace() || c.is_control()) && text.len() <= Nqn::MAX_LEN
        );
    }
});
