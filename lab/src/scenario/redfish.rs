//! Describes a Redfish service on the target, and the SMBIOS host interface that leads the host to it.

use crate::scenario::wires::mac;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};

/// The port of HTTPS.
pub const HTTPS: u16 = 443;

/// A Redfish service: openssl's web server, which has no user accounts.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Service {
    /// The address and port where it listens.
    pub at: SocketAddr,
    /// Its resources, by path without the first `/`.
    pub resources: BTreeMap<String, String>,
}

/// A host interface: a NIC of the host and the service behind it.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HostInterface {
    /// The wire of the NIC.
    pub wire: String,
    /// The host's address, in a /24.
    pub host: Ipv4Addr,
    /// The service's address.
    pub service: Ipv4Addr,
}

impl HostInterface {
    /// The SMBIOS structure (DMTF DSP0134, type 42; DSP0270): a PCI NIC by its MAC, Redfish over IP, static addresses.
    pub fn smbios(&self) -> Vec<u8> {
        let mac = mac(&self.wire, 2);
        let mac = mac.split(':').filter_map(|byte| u8::from_str_radix(byte, 16).ok());
        // PCI device, version 2: length; vendor, device, subsystem (virtio's); MAC; segment, bus, device; characteristics and handle of
        // credential bootstrapping, which the service lacks.
        let mut device = vec![5, 24, 0xf4, 0x1a, 0, 0x10, 0xf4, 0x1a, 1, 0];
        device.extend(mac.chain([0, 0, 0, 0, 0, 0, 0xff, 0xff]));
        let end = |address: Ipv4Addr| {
            let mut bytes = vec![1, 1];
            for part in [address.octets(), [255, 255, 255, 0]] {
                bytes.extend(part);
                bytes.extend([0; 12]);
            }
            bytes
        };
        let mut record = vec![0; 16];
        record.extend(end(self.host).into_iter().chain(end(self.service)).chain(HTTPS.to_le_bytes()));
        // No VLAN, no name.
        record.extend([0; 5]);
        let length = |bytes: &[u8]| u8::try_from(bytes.len()).unwrap_or(u8::MAX);
        let mut body = vec![0x40, length(&device)];
        body.extend(device);
        body.extend([1, 4, length(&record)]);
        body.extend(record);
        let mut structure = vec![42, length(&body) + 4, 0, 0x2a];
        structure.extend(body);
        structure.extend([0, 0]);
        structure
    }
}
