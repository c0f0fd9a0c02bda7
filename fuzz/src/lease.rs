//! Turns the fuzzer's bytes into DHCP answers, and checks the network that follows from them.

use arbitrary::{Arbitrary, Result, Unstructured};
use libnbft::address::{check_destination, check_gateway, check_granted, check_server, network_address};
use libnbft::model::{Hfi, HfiTcp, HfiTcpFlags, IpOrigin, Mac, Table, TransportType};
use libnbft::plan::{Network, Options, Plan, Source};
use nbft_connect::net::Lease;
use nbft_connect::net::fuzz::{self, Outcome};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// No text is longer, in bytes, whatever a server says; as a whole, and in the log.
const MOST_TOLD: usize = 128 << 10;
const MOST_DROPPED: usize = 4096;

/// Transaction, DUID and association of the client.
const TRANSACTION: u32 = 0x01_0203;
const DUID: [u8; 10] = [0, 3, 0, 1, 2, 0, 0, 0, 0, 1];
const IAID: u32 = 7;

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
    let _ = match kind % 6 {
        0 => v4(&mut Unstructured::new(bytes)),
        1 => v6(&mut Unstructured::new(bytes)),
        2 => stored(bytes),
        3 => {
            told(bytes);
            Ok(())
        }
        4 => {
            // Whatever a link carries.
            let message = fuzz::packet(bytes).unwrap_or(bytes);
            reply4(message, &mut Unstructured::new(&[]))
        }
        _ => reply6(bytes, &mut Unstructured::new(&[])),
    };
}

/// A DHCPv4 reply with options that are whole, each with a content that is near to what it may have.
fn v4(bytes: &mut Unstructured<'_>) -> Result<()> {
    const NUMBERS: [u8; 3] = [51, 58, 59];
    const ADDRESSES: [u8; 5] = [1, 3, 6, 42, 54];
    const TEXTS: [u8; 4] = [12, 15, 17, 119];
    let mut message = vec![0; 236];
    message[0] = 2;
    message[4..8].copy_from_slice(&TRANSACTION.to_be_bytes());
    message[16..20].copy_from_slice(&ip4(bytes)?.octets());
    message.extend([99, 130, 83, 99, 53, 1, 5]);
    for option in several(bytes, |bytes| {
        Ok(match u8::arbitrary(bytes)? % 6 {
            0 => (*bytes.choose(&NUMBERS)?, u32::arbitrary(bytes)?.to_be_bytes().to_vec()),
            1 => (*bytes.choose(&ADDRESSES)?, several(bytes, ip4)?.iter().flat_map(|ip| ip.octets()).collect()),
            2 => (*bytes.choose(&TEXTS)?, Vec::arbitrary(bytes)?),
            3 => (26, u16::arbitrary(bytes)?.to_be_bytes().to_vec()),
            4 => (*bytes.choose(&[121, 249])?, several(bytes, route4)?.concat()),
            _ => Arbitrary::arbitrary(bytes)?,
        })
    })? {
        for part in option.1.chunks(255) {
            message.extend([option.0, part.len() as u8]);
            message.extend(part);
        }
    }
    reply4(&message, bytes)
}

/// A classless route, host bits and all.
fn route4(bytes: &mut Unstructured<'_>) -> Result<Vec<u8>> {
    let prefix = u8::arbitrary(bytes)? % 33;
    let destination = ip4(bytes)?.octets();
    Ok([&[prefix], &destination[..usize::from(prefix.div_ceil(8))], &ip4(bytes)?.octets()].concat())
}

fn reply4(message: &[u8], bytes: &mut Unstructured<'_>) -> Result<()> {
    let planned = planned(bytes, false)?;
    if let Some(outcome) = fuzz::v4(message, TRANSACTION, &planned) {
        judge(outcome.map_err(|why| why.to_string()), &planned);
    }
    Ok(())
}

/// A DHCPv6 reply that grants addresses, with options that are whole.
fn v6(bytes: &mut Unstructured<'_>) -> Result<()> {
    let option = |code: u16, content: &[u8]| {
        let content = &content[..content.len().min(4096)];
        [&code.to_be_bytes(), &(content.len() as u16).to_be_bytes(), content].concat()
    };
    let address = |bytes: &mut Unstructured<'_>| {
        let (ip, times): (_, [u32; 2]) = (ip6(bytes)?, Arbitrary::arbitrary(bytes)?);
        Ok(option(5, &[ip.octets().as_slice(), &times.map(u32::to_be_bytes).concat()].concat()))
    };
    let times: [u32; 2] = Arbitrary::arbitrary(bytes)?;
    let numbers = [IAID, times[0], times[1]].map(u32::to_be_bytes).concat();
    let mut message = reply_to(7);
    message.extend(option(3, &[numbers, several(bytes, address)?.concat()].concat()));
    for (code, content) in several(bytes, |bytes| {
        Ok(match u8::arbitrary(bytes)? % 4 {
            0 => (23, several(bytes, ip6)?.iter().flat_map(|ip| ip.octets()).collect()),
            1 => (12, ip6(bytes)?.octets().to_vec()),
            2 => (*bytes.choose(&[13, 24, 56, 59])?, Vec::arbitrary(bytes)?),
            _ => Arbitrary::arbitrary(bytes)?,
        })
    })? {
        message.extend(option(code, &content));
    }
    reply6(&message, bytes)
}

fn reply6(message: &[u8], bytes: &mut Unstructured<'_>) -> Result<()> {
    let planned = planned(bytes, true)?;
    if let Some(outcome) = fuzz::v6(message, TRANSACTION, (&DUID, IAID), &planned) {
        judge(outcome.map_err(|why| why.to_string()), &planned);
    }
    Ok(())
}

/// The head of a reply to the client, from a server that has a name.
fn reply_to(kind: u8) -> Vec<u8> {
    [&[kind, 1, 2, 3, 0, 1, 0, DUID.len() as u8][..], &DUID, &[0, 2, 0, 2, 0, 9]].concat()
}

/// As a status file holds it.
fn stored(bytes: &[u8]) -> Result<()> {
    let Ok(lease) = serde_json::from_slice(bytes) else { return Ok(()) };
    for ipv6 in [false, true] {
        let planned = planned(&mut Unstructured::new(&[]), ipv6)?;
        judge(fuzz::of(Lease::clone(&lease), &planned).map_err(|why| why.to_string()), &planned);
    }
    Ok(())
}

fn told(bytes: &[u8]) {
    let message = [&reply_to(7), bytes].concat();
    let Some(told) = fuzz::information(&message, TRANSACTION, &DUID) else { return };
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
    let mut v4 = vec![0; 236];
    v4[0] = 2;
    v4[4..8].copy_from_slice(&TRANSACTION.to_be_bytes());
    v4[16..20].copy_from_slice(&[192, 0, 2, 77]);
    v4.extend(b"\x63\x82\x53\x63\x35\x01\x05\x01\x04\xff\xff\xff\0\x33\x04\0\0\x0e\x10\x36\x04\xc0\0\x02\x01\xff");
    let total = u16::try_from(28 + v4.len()).expect("it is short").to_be_bytes();
    let udp = u16::try_from(8 + v4.len()).expect("it is short").to_be_bytes();
    let ip = [&[0x45, 0, total[0], total[1], 0, 0, 0, 0, 64, 17][..], &[0; 10]].concat();
    let packet = [&[4][..], &ip, &[0, 67, 0, 68, udp[0], udp[1], 0, 0], &v4].concat();
    let granted = [
        &[0, 3, 0, 40, 0, 0, 0, IAID as u8, 0, 0, 2, 0, 0, 0, 3, 0, 0, 5, 0, 24][..],
        &Ipv6Addr::new(0x2001, 0xdb8, 1, 0, 0, 0, 0, 0x99).octets(),
        &[0, 0, 4, 0, 0, 0, 8, 0],
    ];
    let v6 = [&[5], reply_to(7).as_slice(), &granted.concat()].concat();
    made.chain(whole).chain([packet, v6]).collect()
}
