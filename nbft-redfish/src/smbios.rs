//! Reads the machine's Redfish host interfaces from its SMBIOS table (DMTF DSP0134, type 42; DSP0270, Redfish over IP).

use libnbft::model::Mac;
use nom::bytes::complete::take;
use nom::multi::{count, length_count, length_data};
use nom::number::complete::{le_u8, le_u16, le_u32};
use nom::{IResult, Parser};
use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Management Controller Host Interface.
const HOST_INTERFACE: u8 = 42;
/// A host interface that is a network.
const NETWORK: u8 = 0x40;
/// The protocol record of Redfish over IP.
const REDFISH_OVER_IP: u8 = 4;

/// A host interface, with the service behind it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct HostInterface {
    /// The NIC.
    pub(crate) device: Device,
    /// How the host's end gets its address.
    pub(crate) assignment: Assignment,
    /// The host's address and prefix length, if the table has them.
    pub(crate) host: Option<(IpAddr, u8)>,
    /// The service's address, if the table has it.
    pub(crate) service: Option<IpAddr>,
    /// The service's port.
    pub(crate) port: u16,
    /// VLAN of the service; 0: none.
    pub(crate) vlan: u32,
    /// The service's name; may be an address in text form, or empty.
    pub(crate) name: String,
}

/// How the table identifies a NIC.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Device {
    /// A USB device: vendor and product, and its MAC if the table has it.
    Usb(u16, u16, Option<Mac>),
    /// A PCI device: vendor and device, and its MAC if the table has it.
    Pci(u16, u16, Option<Mac>),
    /// An unknown kind.
    Other(u8),
}

/// How an end of the interface gets its address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Assignment {
    /// The table has the address.
    Static,
    /// By DHCP.
    Dhcp,
    /// By IPv4 link-local addresses or SLAAC.
    Auto,
    /// The host chooses it.
    HostSelected,
    /// Unknown, or an undefined value.
    Unknown(u8),
}

impl From<u8> for Assignment {
    fn from(value: u8) -> Self {
        match value {
            1 => Self::Static,
            2 => Self::Dhcp,
            3 => Self::Auto,
            4 => Self::HostSelected,
            other => Self::Unknown(other),
        }
    }
}

/// All host interfaces with Redfish over IP in a table of SMBIOS structures, up to the first structure that cannot be read.
#[must_use]
pub(crate) fn host_interfaces(mut table: &[u8]) -> Vec<HostInterface> {
    let mut found = Vec::new();
    while let Ok((rest, (kind, data))) = structure(table) {
        if kind == HOST_INTERFACE {
            found.extend(host_interface(data).into_iter().flat_map(|(_, interfaces)| interfaces));
        }
        table = rest;
    }
    found
}

/// A structure's type and its formatted part after the header; skips the strings after it.
fn structure(table: &[u8]) -> IResult<&[u8], (u8, &[u8])> {
    let (rest, (kind, length)) = (le_u8, le_u8).parse(table)?;
    // The length includes the handle, which is not read yet.
    let (rest, formatted) = take(usize::from(length).saturating_sub(2))(rest)?;
    let end = rest.windows(2).position(|pair| pair == [0, 0]).map_or(rest.len(), |at| at + 2);
    Ok((&rest[end..], (kind, formatted.get(2..).unwrap_or_default())))
}

fn host_interface(data: &[u8]) -> IResult<&[u8], Vec<HostInterface>> {
    let (rest, (kind, device)) = (le_u8, length_data(le_u8)).parse(data)?;
    if kind != NETWORK {
        return Ok((rest, Vec::new()));
    }
    let (_, device) = self::device(device)?;
    let (rest, records) = length_count(le_u8, (le_u8, length_data(le_u8))).parse(rest)?;
    let of_redfish = records.into_iter().filter(|(kind, _)| *kind == REDFISH_OVER_IP);
    let read = of_redfish.filter_map(|(_, record)| redfish_over_ip(record, device.clone()).ok());
    Ok((rest, read.map(|(_, interface)| interface).collect()))
}

fn device(data: &[u8]) -> IResult<&[u8], Device> {
    let (rest, kind) = le_u8(data)?;
    match kind {
        2 => (le_u16, le_u16).map(|(vendor, product)| Device::Usb(vendor, product, None)).parse(rest),
        3 => (le_u16, le_u16).map(|(vendor, device)| Device::Pci(vendor, device, None)).parse(rest),
        // Length, vendor, product, the serial number's string, MAC.
        4 => (le_u8, le_u16, le_u16, le_u8, mac)
            .map(|(_, vendor, product, _, mac)| Device::Usb(vendor, product, mac))
            .parse(rest),
        // Length, vendor, device, those of the subsystem, MAC.
        5 => (le_u8, le_u16, le_u16, take(4_usize), mac)
            .map(|(_, vendor, device, _, mac)| Device::Pci(vendor, device, mac))
            .parse(rest),
        other => Ok((rest, Device::Other(other))),
    }
}

fn mac(data: &[u8]) -> IResult<&[u8], Option<Mac>> {
    let (rest, bytes) = count(le_u8, 6).parse(data)?;
    let mac = Mac(bytes.try_into().unwrap_or_default());
    Ok((rest, Some(mac).filter(|mac| !mac.is_zero())))
}

fn redfish_over_ip(record: &[u8], device: Device) -> IResult<&[u8], HostInterface> {
    let (rest, _uuid) = take(16_usize)(record)?;
    let (rest, (assignment, host)) = end(rest)?;
    let (rest, (_, service)) = end(rest)?;
    let (rest, (port, vlan)) = (le_u16, le_u32).parse(rest)?;
    // Firmware counts the name's length in different ways, so the end of the record also limits the name.
    let (rest, length) = le_u8(rest)?;
    let name = &rest[..rest.len().min(length.into())];
    let name = name.split(|byte| *byte == 0).next().unwrap_or_default();
    let interface = HostInterface {
        device,
        assignment,
        host,
        service: service.map(|(address, _)| address),
        port,
        vlan,
        name: String::from_utf8_lossy(name).into_owned(),
    };
    Ok((rest, interface))
}

type End = (Assignment, Option<(IpAddr, u8)>);

/// One end: how it gets its address, the address's family, the address, its mask.
fn end(data: &[u8]) -> IResult<&[u8], End> {
    let (rest, (assignment, format)) = (le_u8, le_u8).parse(data)?;
    let (rest, (address, mask)) = (take(16_usize), take(16_usize)).parse(rest)?;
    let address = match format {
        1 => address.first_chunk::<4>().map(|bytes| (IpAddr::V4(Ipv4Addr::from(*bytes)), prefix4(mask))),
        2 => address.first_chunk::<16>().map(|bytes| (IpAddr::V6(Ipv6Addr::from(*bytes)), prefix6(mask))),
        _ => None,
    };
    Ok((rest, (assignment.into(), address.filter(|(address, _)| !address.is_unspecified()))))
}

/// The prefix length of an IPv4 mask; a mask with gaps counts up to its first gap.
fn prefix4(mask: &[u8]) -> u8 {
    mask.first_chunk().map_or(0, |bytes| u32::from_be_bytes(*bytes).leading_ones() as u8)
}

/// The prefix length of an IPv6 mask; likewise.
fn prefix6(mask: &[u8]) -> u8 {
    mask.first_chunk().map_or(0, |bytes| u128::from_be_bytes(*bytes).leading_ones() as u8)
}

impl fmt::Display for Device {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (bus, vendor, product, mac) = match self {
            Self::Usb(vendor, product, mac) => ("USB", vendor, product, mac),
            Self::Pci(vendor, device, mac) => ("PCI", vendor, device, mac),
            Self::Other(kind) => return write!(f, "device of type {kind}"),
        };
        write!(f, "{bus} device {vendor:04x}:{product:04x}")?;
        mac.map_or(Ok(()), |mac| write!(f, " with MAC {mac}"))
    }
}

impl fmt::Display for Assignment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Static => f.write_str("static"),
            Self::Dhcp => f.write_str("DHCP"),
            Self::Auto => f.write_str("automatic"),
            Self::HostSelected => f.write_str("selected by the host"),
            Self::Unknown(value) => write!(f, "of unknown kind {value}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MAC: [u8; 6] = [0x72, 0x45, 0x77, 1, 2, 3];

    fn usb() -> Vec<u8> {
        [&[4, 0x11, 0x28, 0x0d, 4, 2, 0][..], &MAC, &[1, 0, 0xff, 0xff]].concat()
    }

    fn address(format: u8, address: &[u8], mask: &[u8]) -> Vec<u8> {
        let mut bytes = vec![1, format];
        for part in [address, mask] {
            bytes.extend(part);
            bytes.resize(bytes.len() + 16 - part.len(), 0);
        }
        bytes
    }

    fn record(host: &[u8], service: &[u8], name: &[u8]) -> Vec<u8> {
        let port = [0xbb, 1, 0, 0, 0, 0, name.len() as u8];
        [&[7; 16], host, service, &port, name].concat()
    }

    /// A structure of type 42 with one record, between another structure and the table's end.
    fn table(device: &[u8], record: &[u8]) -> Vec<u8> {
        let mut body = vec![NETWORK, device.len() as u8];
        body.extend(device);
        body.extend([1, REDFISH_OVER_IP, record.len() as u8]);
        body.extend(record);
        let mut table = vec![1, 5, 0, 0, 9, b'n', b'a', b'm', b'e', 0, 0, HOST_INTERFACE, body.len() as u8 + 4, 4, 0];
        table.extend(body);
        table.extend([0, 0, 127, 4, 0, 0, 0, 0]);
        table
    }

    fn v4() -> Vec<u8> {
        let end = |last| address(1, &[192, 0, 2, last], &[255, 255, 255, 0]);
        record(&end(9), &end(10), b"bmc.example")
    }

    #[test]
    fn a_host_interface_is_read() {
        let expected = HostInterface {
            device: Device::Usb(0x0d28, 0x0204, Some(Mac(MAC))),
            assignment: Assignment::Static,
            host: Some(("192.0.2.9".parse().unwrap(), 24)),
            service: Some("192.0.2.10".parse().unwrap()),
            port: 443,
            vlan: 0,
            name: "bmc.example".into(),
        };
        assert_eq!(host_interfaces(&table(&usb(), &v4())), [expected]);
        let v6 = |last| address(2, &[0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, last], &[255; 8]);
        let read = host_interfaces(&table(&[3, 1, 0, 2, 0, 0, 0, 0, 0], &record(&v6(1), &v6(2), b"")));
        assert_eq!(read[0].device, Device::Pci(1, 2, None));
        assert_eq!((read[0].host, read[0].service), (Some(("fe80::1".parse().unwrap(), 64)), "fe80::2".parse().ok()));
    }

    #[test]
    fn absent_values_are_none() {
        let none = address(0, &[], &[]);
        let read = host_interfaces(&table(&usb(), &record(&none, &none, b"a\0b")));
        assert_eq!((read[0].host, read[0].service, read[0].name.as_str()), (None, None, "a"));
        // Not a network; another protocol; a name that is longer than the record.
        let mut other = table(&usb(), &v4());
        other[15] = 0x41;
        assert_eq!(host_interfaces(&other), []);
        let mut other = table(&usb(), &v4());
        other[15 + 2 + 17 + 1] = 2;
        assert_eq!(host_interfaces(&other), []);
        let mut long = v4();
        let at = long.len() - b"bmc.example".len() - 1;
        long[at] = 200;
        assert_eq!(host_interfaces(&table(&usb(), &long))[0].name, "bmc.example");
    }

    #[test]
    fn no_damaged_table_panics() {
        let whole = table(&usb(), &v4());
        for length in 0..whole.len() {
            let _ = host_interfaces(&whole[..length]);
        }
        for at in 0..whole.len() {
            for value in [0, 1, 0x7f, 0xff] {
                let mut changed = whole.clone();
                changed[at] = value;
                let _ = host_interfaces(&changed);
            }
        }
    }

    /// A random number generator with the same numbers in each run (xorshift64*).
    struct Numbers(u64);

    impl Numbers {
        fn next(&mut self) -> usize {
            self.0 ^= self.0 >> 12;
            self.0 ^= self.0 << 25;
            self.0 ^= self.0 >> 27;
            (self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33) as usize
        }

        fn bytes(&mut self, length: usize) -> Vec<u8> {
            (0..length).map(|_| self.next() as u8).collect()
        }
    }

    /// Random tables, damaged ones, and ones with garbage structures yield no more interfaces than they can hold, and in little time.
    #[test]
    fn garbage_neither_panics_nor_gives_too_many_interfaces() {
        let mut numbers = Numbers(0x6e62_6674);
        let whole = table(&usb(), &v4());
        for round in 0..60_000 {
            let table = match round % 3 {
                0 => {
                    let length = numbers.next() % 600;
                    numbers.bytes(length)
                }
                1 => {
                    let mut table = whole.clone();
                    for _ in 0..=numbers.next() % 8 {
                        let at = numbers.next() % table.len();
                        table[at] = numbers.next() as u8;
                    }
                    table.truncate(numbers.next() % table.len() + 1);
                    table
                }
                _ => {
                    // The right type, with lengths that often exceed the end.
                    let (length, rest) = (numbers.next() as u8, numbers.next() % 300);
                    [&[HOST_INTERFACE, length, 0, 0, NETWORK][..], &numbers.bytes(rest), &[0, 0], &whole].concat()
                }
            };
            let found = host_interfaces(&table);
            // A record has at least 91 bytes.
            assert!(found.len() <= table.len() / 91, "{} of {}", found.len(), table.len());
            for interface in found {
                assert!(interface.host.is_none_or(|(_, prefix)| prefix <= 128));
                assert!(interface.name.chars().count() <= 255);
                assert!(!interface.device.to_string().contains(char::is_control));
            }
        }
        // As long as a table can be in practice, made of the smallest structures.
        assert_eq!(host_interfaces(&[1, 4, 0, 0, 0, 0].repeat(100_000)), []);
        assert_eq!(host_interfaces(&[1; 1_000_000]), []);
    }

    #[test]
    fn masks() {
        for (mask, prefix) in [([255, 255, 255, 0], 24), ([255, 240, 0, 0], 12), ([0, 255, 0, 0], 0)] {
            assert_eq!(prefix4(&mask), prefix);
        }
        assert_eq!((prefix6(&[255; 16]), prefix6(&[0; 16])), (128, 0));
    }
}
