use super::Unusable::*;
use super::*;
use alloc::string::ToString;

fn ip(text: &str) -> IpAddr {
    text.parse().expect("it is an address")
}

/// The only table of test addresses: the verdict on each as an interface's own address, as one that a server grants, as a gateway of
/// `own`, as a server's, and as a target's.
#[test]
fn addresses() {
    type Verdict = Result<(), Unusable>;
    const BAD: fn(Unusable) -> [Verdict; 4] = |why| [Err(why); 4];
    let ok = Ok(());
    // Address and prefix length, then: own, granted, server, target.
    let cases: [(&str, u8, [Verdict; 4]); 42] = [
        ("192.0.2.10", 24, [ok; 4]),
        ("10.0.0.1", 8, [ok; 4]),
        ("169.254.3.4", 16, [ok; 4]),
        ("0.0.0.0", 24, BAD(Unspecified)),
        ("0.0.0.0", 0, BAD(Unspecified)),
        ("0.1.2.3", 24, [Err(ThisNetwork), Err(ThisNetwork), Err(ThisNetwork), ok]),
        ("127.0.0.1", 8, [Err(Loopback), Err(Loopback), Err(Loopback), ok]),
        ("127.255.255.254", 32, [Err(Loopback), Err(Loopback), Err(Loopback), ok]),
        ("224.0.0.1", 24, BAD(Multicast)),
        ("239.255.255.255", 32, BAD(Multicast)),
        ("240.1.1.1", 24, [Err(Reserved), Err(Reserved), Err(Reserved), ok]),
        ("255.255.255.254", 32, [Err(Reserved), Err(Reserved), Err(Reserved), ok]),
        ("255.255.255.255", 24, BAD(Broadcast)),
        ("255.255.255.255", 32, BAD(Broadcast)),
        ("192.0.2.0", 24, [Err(SubnetItself(24)), Err(SubnetItself(24)), ok, ok]),
        ("192.0.2.255", 24, [Err(SubnetBroadcast(24)), Err(SubnetBroadcast(24)), ok, ok]),
        ("192.0.2.128", 25, [Err(SubnetItself(25)), Err(SubnetItself(25)), ok, ok]),
        ("192.0.2.127", 25, [Err(SubnetBroadcast(25)), Err(SubnetBroadcast(25)), ok, ok]),
        ("192.0.2.128", 24, [ok; 4]),
        ("192.0.2.4", 30, [Err(SubnetItself(30)), Err(SubnetItself(30)), ok, ok]),
        ("192.0.2.7", 30, [Err(SubnetBroadcast(30)), Err(SubnetBroadcast(30)), ok, ok]),
        ("192.0.2.0", 31, [ok; 4]),
        ("192.0.2.1", 31, [ok; 4]),
        ("192.0.2.0", 32, [ok; 4]),
        ("192.0.2.255", 32, [ok; 4]),
        ("192.0.2.10", 0, [ok; 4]),
        ("192.0.2.10", 33, [Err(Prefix(33)), Err(Prefix(33)), ok, ok]),
        ("2001:db8::10", 64, [ok; 4]),
        ("::", 64, BAD(Unspecified)),
        ("::1", 128, [Err(Loopback), Err(Loopback), Err(Loopback), ok]),
        ("ff02::1", 64, BAD(Multicast)),
        ("ff00::", 128, BAD(Multicast)),
        ("::ffff:10.0.0.1", 128, [Err(Ipv4InIpv6), Err(Ipv4InIpv6), Err(Ipv4InIpv6), ok]),
        ("::10.0.0.1", 96, [Err(Ipv4InIpv6), Err(Ipv4InIpv6), Err(Ipv4InIpv6), ok]),
        ("fe80::99", 64, [ok, Err(LinkLocal), ok, ok]),
        ("febf::99", 128, [ok, Err(LinkLocal), ok, ok]),
        ("2001:db8:1::", 64, [Err(RouterAnycast(64)), Err(RouterAnycast(64)), ok, ok]),
        ("2001:db8:1::", 126, [Err(RouterAnycast(126)), Err(RouterAnycast(126)), ok, ok]),
        ("2001:db8:1::", 127, [ok; 4]),
        ("2001:db8:1::", 128, [ok; 4]),
        ("2001:db8:1::", 32, [ok; 4]),
        ("2001:db8::10", 129, [Err(Prefix(129)), Err(Prefix(129)), ok, ok]),
    ];
    for (text, prefix, expected) in cases {
        let ip = ip(text);
        let found = [check_host(ip, prefix), check_granted(ip, prefix), check_server(ip), check_target(ip)];
        assert_eq!(found, expected, "{text}/{prefix}");
    }
}

#[test]
fn gateways() {
    for (gateway, own, prefix, expected) in [
        ("192.0.2.254", "192.0.2.10", 24, Ok(())),
        ("198.51.100.1", "192.0.2.10", 24, Ok(())),
        ("198.51.100.255", "192.0.2.10", 24, Ok(())),
        ("192.0.2.255", "192.0.2.10", 24, Err(SubnetBroadcast(24))),
        ("192.0.2.0", "192.0.2.10", 24, Err(SubnetItself(24))),
        ("192.0.2.11", "192.0.2.10", 31, Ok(())),
        ("192.0.2.10", "192.0.2.10", 24, Err(Own)),
        ("255.255.255.255", "192.0.2.10", 24, Err(Broadcast)),
        ("127.0.0.1", "192.0.2.10", 24, Err(Loopback)),
        ("0.0.0.0", "192.0.2.10", 24, Err(Unspecified)),
        ("224.0.0.2", "192.0.2.10", 24, Err(Multicast)),
        ("fe80::1", "192.0.2.10", 24, Err(Family)),
        ("fe80::1", "2001:db8::10", 64, Ok(())),
        ("2001:db8::", "2001:db8::10", 64, Ok(())),
        ("2001:db8::10", "2001:db8::10", 128, Err(Own)),
        ("ff02::2", "2001:db8::10", 64, Err(Multicast)),
        ("::ffff:192.0.2.1", "2001:db8::10", 64, Err(Ipv4InIpv6)),
    ] {
        assert_eq!(check_gateway(ip(gateway), ip(own), prefix), expected, "{gateway} of {own}/{prefix}");
    }
}

#[test]
fn destinations() {
    for (text, prefix, gateway, expected) in [
        ("0.0.0.0", 0, true, Ok(())),
        ("0.0.0.0", 0, false, Err(Prefix(0))),
        ("::", 0, false, Err(Prefix(0))),
        ("::", 0, true, Ok(())),
        ("0.0.0.0", 1, true, Ok(())),
        ("0.0.0.0", 8, true, Err(ThisNetwork)),
        ("0.0.0.0", 32, true, Err(ThisNetwork)),
        ("127.0.0.0", 8, true, Err(Loopback)),
        ("224.0.0.0", 4, true, Ok(())),
        ("0.0.0.0", 1, false, Err(Prefix(1))),
        ("128.0.0.0", 1, false, Err(Prefix(1))),
        ("10.0.0.0", 8, false, Ok(())),
        ("8000::", 1, false, Err(Prefix(1))),
        ("255.255.255.255", 32, true, Err(Broadcast)),
        ("198.51.100.0", 24, false, Ok(())),
        ("198.51.100.0", 33, false, Err(Prefix(33))),
        ("2001:db8::", 32, true, Ok(())),
        ("::1", 128, true, Err(Loopback)),
        ("::ffff:0.0.0.0", 96, true, Err(Ipv4InIpv6)),
    ] {
        assert_eq!(check_destination(ip(text), prefix, gateway), expected, "{text}/{prefix}");
    }
}

#[test]
fn masks() {
    let of = |a, b, c, d| prefix_of_mask(Ipv4Addr::new(a, b, c, d));
    assert_eq!(of(0, 0, 0, 0), Some(0));
    assert_eq!(of(128, 0, 0, 0), Some(1));
    assert_eq!(of(255, 255, 255, 0), Some(24));
    assert_eq!(of(255, 255, 255, 255), Some(32));
    assert_eq!(of(255, 0, 255, 0), None);
    assert_eq!(of(0, 255, 255, 255), None);
    assert_eq!(of(0, 0, 0, 1), None);
}

#[test]
fn subnets() {
    let of = |text: &str, prefix| network_address(ip(text), prefix).to_string();
    assert_eq!(of("192.0.2.200", 25), "192.0.2.128");
    assert_eq!(of("192.0.2.200", 0), "0.0.0.0");
    assert_eq!(of("192.0.2.200", 32), "192.0.2.200");
    assert_eq!(of("192.0.2.200", 255), "192.0.2.200");
    assert_eq!(of("2001:db8:1::2", 64), "2001:db8:1::");
    assert_eq!(of("2001:db8:1::2", 0), "::");
}
