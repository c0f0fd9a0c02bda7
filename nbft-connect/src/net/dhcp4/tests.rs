use super::*;

const TRANSACTION: u32 = 7;

fn ip(text: &str) -> IpAddr {
    text.parse().unwrap()
}

/// What a reply with these options grants.
fn granted_by(options: &[&[u8]]) -> Granted {
    let mut bytes = vec![0; 236];
    bytes[0] = 2;
    bytes[4..8].copy_from_slice(&TRANSACTION.to_be_bytes());
    bytes[16..20].copy_from_slice(&[192, 0, 2, 77]);
    bytes.extend([99, 130, 83, 99, 53, 1, 5]);
    bytes.extend(options.concat());
    granted(&message::reply(&bytes, TRANSACTION).unwrap())
}

fn route(destination: &str, prefix: u8, gateway: Option<&str>) -> Route {
    Route { destination: ip(destination), prefix, gateway: gateway.map(ip) }
}

#[test]
fn a_lease_whole() {
    let Granted { lease, findings } = granted_by(&[
        &[1, 4, 255, 255, 255, 0],
        &[3, 8, 192, 0, 2, 254, 192, 0, 2, 253],
        &[6, 8, 192, 0, 2, 5, 192, 0, 2, 6],
        b"\x0c\x05host\0",
        b"\x0f\x07example",
        b"\x11\x02nv",
        &[26, 2, 5, 120],
        &[42, 4, 192, 0, 2, 7],
        &[51, 4, 0, 0, 14, 16, 54, 4, 192, 0, 2, 1, 58, 4, 0, 0, 2, 88, 59, 4, 0, 0, 7, 8],
        b"\x77\x05\x01a\0\xc0\0",
    ]);
    assert!(lease.granted_at <= seconds_since_start());
    let expected = Lease {
        address: ip("192.0.2.77"),
        prefix: 24,
        server: ip("192.0.2.1"),
        server_duid: None,
        granted_at: lease.granted_at,
        seconds: 3600,
        renew_seconds: 600,
        rebind_seconds: 1800,
        routes: vec![route("0.0.0.0", 0, Some("192.0.2.254"))],
        dns: vec![ip("192.0.2.5"), ip("192.0.2.6")],
        domains: vec!["a".into(), "a".into()],
        ntp: vec!["192.0.2.7".into()],
        mtu: Some(1400),
        host_name: Some("host".into()),
        root_path: Some("nv".into()),
    };
    assert_eq!((lease, findings), (expected, Vec::new()));
}

#[test]
fn odd_options_cost_themselves() {
    let Granted { lease, findings } = granted_by(&[
        &[1, 2, 255, 255],
        &[3, 3, 192, 0, 2],
        &[6, 6, 192, 0, 2, 5, 192, 0],
        &[12, 1, 0xff],
        b"\x0f\x01d",
        &[26, 1, 5],
        &[51, 3, 0, 14, 16],
        &[54, 1, 192],
        b"\x77\x02\xc0\x07",
        &[121, 1, 33],
    ]);
    assert_eq!((lease.prefix, lease.routes.len(), lease.mtu, &lease.host_name), (0, 0, None, &None));
    assert_eq!((lease.dns, lease.server), (vec![ip("192.0.2.5")], ip("0.0.0.0")));
    assert_eq!(lease.domains, ["d"], "as if there were no list");
    assert_eq!((lease.seconds, lease.renew_seconds, lease.rebind_seconds), (3600, 1800, 3150));
    assert_eq!(findings, ["the server names no lease time for 192.0.2.77: 3600 s are used"]);
    assert_eq!(granted_by(&[&[1, 4, 255, 0, 255, 0]]).lease.prefix, 0, "a mask with a hole");
}

#[test]
fn classless_routes_go_before_routers() {
    let router: &[u8] = &[3, 4, 192, 0, 2, 254];
    let direct: &[u8] = &[121, 14, 32, 10, 1, 2, 3, 0, 0, 0, 0, 0, 192, 0, 2, 253];
    let of = |options: &[&[u8]]| granted_by(options).lease.routes;
    let both = [route("10.1.2.3", 32, None), route("0.0.0.0", 0, Some("192.0.2.253"))];
    assert_eq!(of(&[router, direct]), both);
    let microsoft = [&[249], &direct[1..]].concat();
    assert_eq!(of(&[router, &microsoft]), both);
    // If both options exist, the standard one counts; an empty option means no routes.
    assert_eq!(of(&[&[121, 6, 8, 10, 192, 0, 2, 252], &microsoft]), [route("10.0.0.0", 8, Some("192.0.2.252"))]);
    assert_eq!(of(&[router, &[121, 0]]), []);
    let usual = [route("0.0.0.0", 0, Some("192.0.2.254"))];
    for not in [&[121, 5, 33, 192, 0, 2, 1][..], &[121, 5, 8, 10, 192, 0, 2], &[121, 1, 24]] {
        assert_eq!(of(&[router, not]), usual, "{not:?}");
    }
}

#[test]
fn what_is_asked_first() {
    let plan = |address: &str| {
        let mut network = crate::net::usable::tests::planned("192.0.2.10", 24);
        network.address = Some(ip(address));
        network
    };
    let address = Ipv4Addr::new(192, 0, 2, 77);
    let mut held = granted_by(&[&[54, 4, 192, 0, 2, 1]]).lease;
    let server = Ipv4Addr::new(192, 0, 2, 1);
    let mut planned = plan("192.0.2.10");
    assert_eq!(first_state(&planned, None), State::Rebooting { address: Ipv4Addr::new(192, 0, 2, 10) });
    assert_eq!(first_state(&planned, Some(&held)), State::Renewing { address, server });
    held.rebind_seconds = 0;
    assert_eq!(first_state(&planned, Some(&held)), State::Rebinding { address });
    (held.rebind_seconds, held.server) = (3150, ip("0.0.0.0"));
    assert_eq!(first_state(&planned, Some(&held)), State::Rebinding { address });
    held.seconds = 0;
    assert_eq!(first_state(&planned, Some(&held)), State::Rebooting { address });
    planned.address = None;
    assert_eq!(first_state(&planned, None), State::Selecting);
}
