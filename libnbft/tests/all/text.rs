//! Tests which texts the parsers of text forms accept, and that they read back what they show.

use libnbft::model::{DISCOVERY_NQN, Nid, Nqn, Uuid};
use libnbft::text::{DiscoveryUri, HostAddress, NqnError, NqnForm, RootPath, nqn_form, parse_port};

const UUID: &str = "f81d4fae-7dec-11d0-a765-00a0c91e6bf6";

#[test]
fn ports() {
    for (text, port) in [("1", 1), ("4420", 4420), ("8009", 8009), ("65535", 65535), ("04420", 4420)] {
        assert_eq!(parse_port(text), Ok(port), "{text}");
    }
    for text in ["", "0", "00000", "65536", "99999", "123456", "+1", "-1", " 1", "1 ", "0x1", "4420,x", "４"] {
        let error = parse_port(text).expect_err(text);
        assert_eq!(error.to_string(), format!("{text:?} is not a TCP port (1 to 65535)"));
    }
}

#[test]
fn discovery_uris() {
    let ip = |text: &str| HostAddress::Ip(text.parse().expect("it is an address"));
    let cases = [
        ("nvme+tcp://192.0.2.1:8009/", ip("192.0.2.1"), 8009, "nvme+tcp://192.0.2.1:8009/"),
        ("nvme+tcp://192.0.2.1", ip("192.0.2.1"), 8009, "nvme+tcp://192.0.2.1:8009/"),
        ("NVME+TCP://[2001:DB8::1]:4420/", ip("2001:db8::1"), 4420, "nvme+tcp://[2001:db8::1]:4420/"),
        ("nvme+tcp://[2001:db8::1]/", ip("2001:db8::1"), 8009, "nvme+tcp://[2001:db8::1]:8009/"),
        (
            "nvme+tcp://cdc.example.net.:1/",
            HostAddress::Name("cdc.example.net.".into()),
            1,
            "nvme+tcp://cdc.example.net.:1/",
        ),
    ];
    for (text, address, port, shown) in cases {
        let uri: DiscoveryUri = text.parse().unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(uri, DiscoveryUri { address, port });
        assert_eq!(uri.to_string(), shown);
        assert_eq!(shown.parse(), Ok(uri));
    }
    let long_label = format!("nvme+tcp://{}/", "a".repeat(64));
    let long_name = format!("nvme+tcp://{}/", "abc.".repeat(64));
    for text in [
        "",
        "192.0.2.1",
        "nvme+rdma://192.0.2.1/",
        "nvme+tcp:/192.0.2.1/",
        "nvme+tcp://",
        "nvme+tcp:///",
        "nvme+tcp://192.0.2/",
        "nvme+tcp://192.0.2.256/",
        "nvme+tcp://2001:db8::1/",
        "nvme+tcp://[2001:db8::1/",
        "nvme+tcp://[192.0.2.1]/",
        "nvme+tcp://[]/",
        "nvme+tcp://192.0.2.1:/",
        "nvme+tcp://192.0.2.1:0/",
        "nvme+tcp://192.0.2.1:65536/",
        "nvme+tcp://192.0.2.1:8009/x",
        "nvme+tcp://192.0.2.1:8009//",
        "nvme+tcp://user@192.0.2.1/",
        "nvme+tcp://a,b/",
        "nvme+tcp://a b/",
        "nvme+tcp://-a/",
        "nvme+tcp://a-/",
        "nvme+tcp://a..b/",
        " nvme+tcp://192.0.2.1/",
        long_label.as_str(),
        long_name.as_str(),
    ] {
        assert!(text.parse::<DiscoveryUri>().is_err(), "{text}");
    }
}

#[test]
fn nqns() {
    let uuid: Uuid = UUID.parse().expect("it is a UUID");
    assert_eq!(nqn_form(DISCOVERY_NQN), Ok(NqnForm::Discovery));
    let text = format!("nqn.2014-08.org.nvmexpress:uuid:{UUID}");
    assert_eq!(Nqn(text).form(), Ok(NqnForm::Uuid(uuid)));
    let domain = |date, domain, name| Ok(NqnForm::Domain { date, domain, name });
    assert_eq!(nqn_form("nqn.2026-12.net.example:disk:1"), domain((2026, 12), "net.example", "disk:1"));
    assert_eq!(nqn_form("nqn.1988-11.com.dell:PowerEdge.R760.1"), domain((1988, 11), "com.dell", "PowerEdge.R760.1"));
    let longest = format!("nqn.2026-01.net.example:{}", "x".repeat(223 - 24));
    assert_eq!(longest.len(), 223);
    assert!(nqn_form(&longest).is_ok());
    assert_eq!(nqn_form(&(longest + "x")), Err(NqnError::Long(224)));
    for (text, error) in [
        ("", NqnError::Date),
        ("disk", NqnError::Date),
        ("nqn.2026-13.net.example:a", NqnError::Date),
        ("nqn.2026-00.net.example:a", NqnError::Date),
        ("nqn.226-01.net.example:a", NqnError::Date),
        ("nqn.2026-01.", NqnError::Domain),
        ("nqn.2026-01.net.example", NqnError::Domain),
        ("nqn.2026-01.net.example:", NqnError::Domain),
        ("nqn.2026-01.net..example:a", NqnError::Domain),
        ("nqn.2026-01.net_example:a", NqnError::Domain),
        ("nqn.2014-08.org.nvmexpress:uuid:", NqnError::Uuid),
        ("nqn.2014-08.org.nvmexpress:uuid:f81d4fae", NqnError::Uuid),
        ("nqn.2026-01.net.example:a,traddr=192.0.2.9", NqnError::Character(',')),
        ("nqn.2026-01.net.example:a b", NqnError::Character(' ')),
        ("nqn.2026-01.net.example:a\n", NqnError::Character('\n')),
        ("nqn.2026-01.net.example:a\u{1b}[2J", NqnError::Character('\u{1b}')),
    ] {
        assert_eq!(nqn_form(text), Err(error), "{text:?}");
        assert_eq!(error.is_usable(), matches!(error, NqnError::Date | NqnError::Domain | NqnError::Uuid));
    }
}

#[test]
fn root_paths() {
    let text = format!("nvme+tcp://192.0.2.1:4420/nqn.2026-01.net.example:disk/{UUID}");
    let path: RootPath = text.parse().expect("it is one");
    assert_eq!(path.address, HostAddress::Ip([192, 0, 2, 1].into()));
    assert_eq!((path.port, path.port_or_default()), (Some(4420), 4420));
    assert_eq!(path.nqn, Nqn("nqn.2026-01.net.example:disk".into()));
    let uuid = Some(Nid::Uuid(UUID.parse().expect("it is a UUID")));
    assert_eq!(path.nid(), uuid);
    assert_eq!(path.to_string(), text);

    let nid = |namespace: &str| {
        let text = format!("NVME+TCP://[2001:db8::1]/{DISCOVERY_NQN}/{namespace}");
        let path: RootPath = text.parse().expect("it is one");
        assert_eq!((path.port, path.port_or_default()), (None, 8009));
        assert_eq!(path.to_string(), text.replace("NVME+TCP", "nvme+tcp"));
        path.nid()
    };
    assert_eq!(nid(&format!("urn:uuid:{UUID}")), uuid);
    assert_eq!(nid(&format!("UUID:{UUID}")), uuid);
    assert_eq!(
        nid("nguid:000102030405060708090a0b0c0d0e0f"),
        Nid::from_parts("nguid", "000102030405060708090a0b0c0d0e0f").ok()
    );
    assert_eq!(nid("0011223344556677"), Some(Nid::Eui64([0, 0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77])));
    assert_eq!(nid("17"), None);

    let without: RootPath = "nvme+tcp://host/nqn.2026-01.net.example:disk/".parse().expect("it is one");
    assert_eq!((without.namespace.as_deref(), without.nid(), without.port_or_default()), (None, None, 4420));
    assert_eq!(without.to_string(), "nvme+tcp://host/nqn.2026-01.net.example:disk");
    for text in [
        "",
        "nvme+tcp://192.0.2.1:4420",
        "nvme+tcp://192.0.2.1:4420/",
        "nvme+tcp://192.0.2.1:4420//x",
        "nvme+tcp://192.0.2.1/disk/x",
        "nvme+tcp://192.0.2.1/nqn.2026-01.net.example:disk/a/b",
        "nvme+tcp://192.0.2.1/nqn.2026-01.net.example:disk/a,b",
        "nvme+tcp://192.0.2.1/nqn.2026-01.net.example:disk/a b",
        "iscsi:192.0.2.1::::iqn.2026-01.net.example:disk",
    ] {
        assert!(text.parse::<RootPath>().is_err(), "{text}");
    }
}
