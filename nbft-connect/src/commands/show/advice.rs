//! Explains firmware's diagnostic codes and gives the remedy.

use libnbft::model::{Cipeec, Naed, Nceec};

/// What to do about a namespace availability diagnostic; `None` for "no error" and for unknown codes.
pub(crate) fn naed(code: Naed) -> Option<&'static str> {
    Some(match code {
        Naed::NETWORK => {
            "The interface or the target's address cannot work as configured. Compare the HFI's address, prefix, gateway \
             and VLAN with the subsystem's address in the firmware's setup."
        }
        Naed::CONNECTION => {
            "No connection to the subsystem came about. See the network code below; check that the target listens at this \
             address and port and that no firewall is between."
        }
        Naed::INVALID_PARAMETERS => {
            "The subsystem answered and refused the Connect command's parameters. See the connect code below; most often \
             the subsystem NQN is misspelt or the controller ID is no longer there."
        }
        Naed::INVALID_HOST => {
            "The subsystem does not admit this host NQN. Add the host NQN of this table to the subsystem's allowed hosts."
        }
        Naed::TIMEOUT => {
            "The subsystem did not answer in time. Check the way to it (VLAN, gateway, MTU) and that the target is up; \
             firmware may need a longer timeout than it was given."
        }
        Naed::DISCOVERY_TIMEOUT => {
            "The discovery controller answered too slowly or its log is too long. Check the discovery controller, or \
             configure the subsystem without discovery."
        }
        Naed::NAMESPACE_MISSING => {
            "The subsystem is there, the namespace is not. Check that it is still mapped to this host and that its NSID \
             and NID are those of this table."
        }
        Naed::NAMESPACE_NOT_READY => {
            "The namespace is there and not ready yet. If it stays so, look at the storage system; the operating system \
             tries again by itself."
        }
        Naed::REDFISH => {
            "The secret could not be fetched from the management controller. Check the Redfish host interface and the \
             secret keypath of the security profile."
        }
        Naed::SECURE_CHANNEL => {
            "TLS could not be negotiated. Compare the security profile's algorithms and cipher suites with the target's, \
             and the pre-shared key on both sides."
        }
        Naed::AUTHENTICATION_FAILED => {
            "The secrets of host and subsystem do not match, or no hash function or group is common to both."
        }
        Naed::AUTHENTICATION_REQUIRED => {
            "The subsystem wants in-band authentication and this entry has none. Give it a security profile, or let the \
             host in without."
        }
        Naed::DHCP => "No lease could be had. Check the DHCP server, the relay and the VLAN of the HFI.",
        Naed::DHCP_ROOT_PATH => {
            "The DHCP root path could not be used. It must read nvme+tcp://ADDRESS[:PORT]/SUBNQN/NID; correct it in the \
             DHCP server."
        }
        _ => return None,
    })
}

/// What to do about a connect parameters code.
pub(crate) fn cipeec(code: Cipeec) -> Option<&'static str> {
    Some(match code {
        Cipeec::GENERAL => "The target gave no closer reason; its log may have one.",
        Cipeec::INVALID_ATTRIBUTES => {
            "What the target answered does not fit what was asked for: a fault of the target's or the firmware's."
        }
        Cipeec::DH_MISMATCH => "Host and target have no key exchange group in common; see the security profile.",
        Cipeec::INVALID_CONTROLLER_ID => {
            "A controller ID was asked for that the subsystem does not have. Leave the choice to the subsystem (FFFFh)."
        }
        Cipeec::IO_CONTROLLER_DISABLED => "The controller does no I/O; enable it on the target.",
        _ => return None,
    })
}

/// What to do about a network code.
pub(crate) fn nceec(code: Nceec) -> Option<&'static str> {
    Some(match code {
        Nceec::LINK => "The link did not come up: cable, transceiver, speed or switch port.",
        Nceec::CARRIER => "No carrier: nothing answers at the other end of the cable.",
        Nceec::REFUSED => {
            "The host is there, but nothing listens on this port: check the port and the target's service."
        }
        Nceec::NO_ROUTE => "No way to the target's network: check gateway and prefix length.",
        Nceec::FRAGMENTATION => "Packets were fragmented: somewhere on the way the MTU is smaller than at this end.",
        Nceec::MTU => "The MTU does not fit the other end's: set the same on NIC, switch and target.",
        Nceec::NAME_RESOLUTION => "A name could not be resolved: check the DNS servers, or use an address.",
        _ => return None,
    })
}
