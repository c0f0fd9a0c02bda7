//! Turns the fuzzer's bytes into DHCP answers, and checks the network that follows from them.

use arbitrary::{Arbitrary, Result, Unstructured};
use libnbft::address::{check_destination, check_gateway, check_granted, check_server, network_address};
use libnbft::model::{Hfi, HfiTcp, HfiTcpFlags, IpOrigin, Mac, Table, TransportType};
use libnbft::plan::{Network, Options, Plan, Source};
use nbft_connect::net::Lease;
use nbft_connect::net::fuzz::{self, DhcpV4ClasslessRoute, DhcpV4Lease, DhcpV6Lease, Outcome};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// No text is longer, in bytes, whatever a server says; as a whole, and in the log.
const MOST_TOLD: usize = 128 << 10;
const MOST_DROPPED: usize = 4096;

/// Transaction and DUID of the Information-request.
const TRANSACTION: u32 = 0x01_0203;
const DUID: [u8; 10] = [0, 3, 0, 1, 2, 0, 0, 0, 0, 1];

/// Addresses that are near to what no interface can have.
const ODD: [[u8; 4]; 12] = [
    [0, 0, 0, 0],
    [0, 0, 0, 1],
    [127, 0, 0, 1],
    [224, 0, 0, 1],
    [240, 1, 1, 1],
    [255, 255, 255, 255],
    [192, 0, 2, 0],
    [192, 0, 2, 1],
    [192, 0, 2, 127],
    [192, 0, 2, 255],
    [255, 255, 255, 0],
    [255, 0, 255, 0],
];

const ODD6: [&str; 9] = [
    "::",
    "::1",
    "::ffff:10.0.0.1",
    "::10.0.0.1",
    "fe80::99",
    "ff02::1",
    "2001:db8:1::",
    "2001:db8:1::1",
    "2001:db8::",
];

/// Makes a lease of the fuzzer's bytes, and looks at what follows from it.
pub fn follow(input: &[u8]) {
    let Some((kind, bytes)) = input.split_first() else { return };
    let _ = match kind % 4 {
        0 => v4(&mut Unstructured::new(bytes)),
        1 => v6(&mut Unstructured::new(bytes)),
        2 => stored(bytes),
        _ => {
            told(bytes);
            Ok(())
        }
    };
}

fn v4(bytes: &mut Unstructured<'_>) -> Result<()> {
    let planned = planned(bytes, false)?;
    let mut lease = DhcpV4Lease::default();
    (lease.yiaddr, lease.subnet_mask, lease.srv_id) = (ip4(bytes)?, ip4(bytes)?, ip4(bytes)?);
    (lease.t1_sec, lease.t2_sec, lease.lease_time_sec) = Arbitrary::arbitrary(bytes)?;
    lease.mtu = Arbitrary::arbitrary(bytes)?;
    (lease.dns_srvs, lease.gateways, lease.ntp_srvs) = (ips4(bytes)?, ips4(bytes)?, ips4(bytes)?);
    if bool::arbitrary(bytes)? {
        let route = |bytes: &mut Unstructured<'_>| {
            let (destination, router) = (ip4(bytes)?, ip4(bytes)?);
            // As far as the client lets them through.
            Ok(DhcpV4ClasslessRoute { destination, prefix_length: u8::arbitrary(bytes)? % 33, router })
        };
        lease.classless_routes = Some(several(bytes, route)?);
    }
    (lease.host_name, lease.domain_name, lease.domain_search) = Arbitrary::arbitrary(bytes)?;
    judge(fuzz::v4(&lease, &planned), &planned);
    Ok(())
}

fn v6(bytes: &mut Unstructured<'_>) -> Result<()> {
    let planned = planned(bytes, true)?;
    let mut lease = DhcpV6Lease::default();
    (lease.address, lease.srv_ip) = (ip6(bytes)?, ip6(bytes)?);
    (lease.t1_sec, lease.t2_sec) = Arbitrary::arbitrary(bytes)?;
    (lease.preferred_time_sec, lease.valid_time_sec) = Arbitrary::arbitrary(bytes)?;
    lease.dns_srvs = several(bytes, ip6)?;
    (lease.ntp_srvs, lease.domain_list) = Arbitrary::arbitrary(bytes)?;
    judge(fuzz::v6(&lease, &planned), &planned);
    Ok(())
}

/// As a status file holds it.
fn stored(bytes: &[u8]) -> Result<()> {
    let Ok(lease) = serde_json::from_slice(bytes) else { return Ok(()) };
    for ipv6 in [false, true] {
        let planned = planned(&mut Unstructured::new(&[]), ipv6)?;
        judge(fuzz::of(Lease::clone(&lease), &planned), &planned);
    }
    Ok(())
}

fn told(bytes: &[u8]) {
    let head = [&[7, 1, 2, 3, 0, 1, 0, DUID.len() as u8][..], &DUID, &[0, 2, 0, 2, 0, 9]].concat();
    let Some(told) = fuzz::information(&[&head, bytes].concat(), TRANSACTION, &DUID) else { return };
    assert!(told.dns.iter().all(|dns| check_server(*dns).is_ok()), "{told:?}");
    assert!(serde_json::to_string(&told).expect("it has a JSON form").len() <= MOST_TOLD);
    assert!(!told.to_string().chars().any(char::is_control), "{told}");
}

/// What must hold of whatever would be set.
fn judge(outcome: std::result::Result<Outcome, String>, planned: &Network) {
    let Outcome { lease, network, dropped } = match outcome {
        Ok(outcome) => outcome,
        Err(why) => return assert!(why.len() < 200, "{why}"),
    };
    let (ip, prefix) = (lease.address, lease.prefix);
    assert_eq!(check_granted(ip, prefix), Ok(()), "{lease:?}");
    assert_eq!(ip.is_ipv6(), planned.is_ipv6());
    assert!(prefix >= 8 && (network.address, network.prefix) == (Some(ip), prefix), "{network:?}");
    if let IpAddr::V6(ip) = ip {
        let global = planned.prefix >= 127 || ip.to_bits() as u64 != 0;
        assert!(global && !ip.is_unicast_link_local() && ip.to_ipv4().is_none(), "{ip}");
    }
    for route in &network.routes {
        assert_eq!(check_destination(route.destination, route.prefix, route.gateway.is_some()), Ok(()), "{route:?}");
        assert_eq!(route.destination, network_address(route.destination, route.prefix), "{route:?}");
        assert_eq!(route.destination.is_ipv6(), ip.is_ipv6());
        let gateway = route.gateway.map_or(Ok(()), |gateway| check_gateway(gateway, ip, prefix));
        assert_eq!(gateway, Ok(()), "{route:?} of {ip}/{prefix}");
    }
    if let Some(gateway) = network.gateway {
        assert_eq!(check_gateway(gateway, ip, prefix), Ok(()), "{network:?}");
    }
    assert!(lease.dns.iter().all(|dns| check_server(*dns).is_ok()), "{lease:?}");
    assert!(lease.server.is_unspecified() || check_server(lease.server).is_ok(), "{lease:?}");
    assert!(lease.mtu.is_none_or(|mtu| mtu >= 576), "{lease:?}");
    assert!(lease.renew_seconds <= lease.rebind_seconds && lease.rebind_seconds <= lease.seconds, "{lease:?}");
    assert!(lease.renew_in().as_secs() <= lease.renew_seconds.into(), "{lease:?}");
    assert!(serde_json::to_string(&lease).expect("it has a JSON form").len() <= MOST_TOLD, "{lease:?}");
    assert!(dropped.iter().map(String::len).sum::<usize>() <= MOST_DROPPED, "{dropped:?}");
    assert!(!dropped.iter().any(|text| text.chars().any(char::is_control)), "{dropped:?}");
    // Stored and read again, it is the same, and nothing more is dropped.
    let again = fuzz::of(lease.clone(), planned).expect("what was taken once is taken again");
    assert_eq!((&again.lease, &again.network, again.dropped.len()), (&lease, &network, 0));
}

/// The network of a table's HFI that asks by DHCP.
fn planned(bytes: &mut Unstructured<'_>, ipv6: bool) -> Result<Network> {
    let unset: IpAddr = if ipv6 { Ipv6Addr::UNSPECIFIED.into() } else { Ipv4Addr::UNSPECIFIED.into() };
    let ip = |bytes: &mut Unstructured<'_>| -> Result<IpAddr> {
        Ok(if ipv6 { ip6(bytes)?.into() } else { ip4(bytes)?.into() })
    };
    let mut tcp = HfiTcp::default();
    tcp.mac = Mac([2, 0, 0, 0, 0, 1]);
    (tcp.flags, tcp.ip_origin) = (HfiTcpFlags::VALID.with(HfiTcpFlags::DHCP_OVERRIDE), IpOrigin::DHCP);
    (tcp.ip, tcp.gateway, tcp.dhcp_server) = (ip(bytes)?.into(), ip(bytes)?.into(), ip(bytes)?.into());
    tcp.prefix = u8::arbitrary(bytes)? % if ipv6 { 129 } else { 33 };
    let mut hfi = Hfi::default();
    (hfi.index, hfi.transport, hfi.tcp) = (1, TransportType::TCP, Some(tcp));
    let mut table = Table::default();
    // Without an address the gateway's family counts.
    let tcp = hfi.tcp.as_mut().expect("it was just put in");
    if tcp.ip.raw().is_ipv6() != ipv6 || tcp.gateway.raw().is_ipv6() != ipv6 {
        (tcp.ip, tcp.gateway) = (unset.into(), unset.into());
    }
    table.hfis.push(hfi);
    let plan = Plan::new(&[Source { name: "NBFT", table: &table }], &Options::default());
    let network = plan.networks().next().map(|(_, network)| network.clone());
    network.filter(|network| network.is_ipv6() == ipv6).ok_or(arbitrary::Error::IncorrectFormat)
}

fn ip4(bytes: &mut Unstructured<'_>) -> Result<Ipv4Addr> {
    Ok(match u8::arbitrary(bytes)? {
        0..=127 => Ipv4Addr::from(*bytes.choose(&ODD)?),
        128..=191 => Ipv4Addr::new(192, 0, 2, u8::arbitrary(bytes)?),
        _ => Ipv4Addr::from_bits(u32::arbitrary(bytes)?),
    })
}

fn ip6(bytes: &mut Unstructured<'_>) -> Result<Ipv6Addr> {
    Ok(match u8::arbitrary(bytes)? {
        0..=127 => bytes.choose(&ODD6)?.parse().expect("it is an address"),
        128..=191 => Ipv6Addr::new(0x2001, 0xdb8, 1, 0, 0, 0, 0, u16::arbitrary(bytes)?),
        _ => Ipv6Addr::from_bits(u128::arbitrary(bytes)?),
    })
}

fn ips4(bytes: &mut Unstructured<'_>) -> Result<Option<Vec<Ipv4Addr>>> {
    if bool::arbitrary(bytes)? { several(bytes, ip4).map(Some) } else { Ok(None) }
}

fn several<T>(bytes: &mut Unstructured<'_>, one: impl Fn(&mut Unstructured<'_>) -> Result<T>) -> Result<Vec<T>> {
    let mut all = Vec::new();
    while !bytes.is_empty() && all.len() < 400 && u8::arbitrary(bytes)? % 8 != 0 {
        all.push(one(bytes)?);
    }
    Ok(all)
}

/// Leases and answers as they are when all is well, and nearly well.
pub fn seeds() -> Vec<Vec<u8>> {
    let stored = r#"{"address":"192.0.2.77","prefix":24,"server":"192.0.2.1","granted_at":9,"seconds":3600,"renew_seconds":1800,
        "rebind_seconds":3150,"routes":[{"destination":"198.51.100.0","prefix":24,"gateway":"192.0.2.254"},
        {"destination":"0.0.0.0","prefix":0,"gateway":"203.0.113.254"}],"dns":["192.0.2.5"],"domains":["example.org"],
        "ntp":["192.0.2.6","ntp.example"],"mtu":1400,"host_name":"host","root_path":"nvme+tcp://192.0.2.9/"}"#;
    let six = r#"{"address":"2001:db8:1::99","prefix":128,"server":"::","server_duid":"0003000102","granted_at":0,"seconds":4294967295,
        "renew_seconds":0,"rebind_seconds":0,"routes":[],"dns":["2001:db8::5"],"domains":[],"ntp":[],"mtu":null,
        "host_name":null,"root_path":null}"#;
    let options = [
        &[0, 23, 0, 16][..],
        &Ipv6Addr::LOCALHOST.octets(),
        b"\0\x18\0\x0d\x07example\x03org\0",
        &[0, 32, 0, 4, 0, 0, 14, 16, 0, 56, 0, 20, 0, 1, 0, 16],
        &Ipv6Addr::UNSPECIFIED.octets(),
        b"\0\x3b\0\x19tftp://[2001:db8::9]/boot",
    ];
    let ascending: Vec<u8> = (0..=255).chain(0..=255).collect();
    let descending: Vec<u8> = ascending.iter().rev().copied().collect();
    let made =
        [0, 1].into_iter().flat_map(|kind| [&ascending, &descending].map(|bytes| [&[kind], bytes.as_slice()].concat()));
    let whole = [
        [&[2], stored.as_bytes()].concat(),
        [&[2], six.as_bytes()].concat(),
        [&[3], options.concat().as_slice()].concat(),
    ];
    made.chain(whole).collect()
}
