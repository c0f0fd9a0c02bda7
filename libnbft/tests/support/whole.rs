//! Makes the table that has a value in every field: a new field of the model needs no line here.

use super::choices::{self, Choices, Place};
use super::random;
use libnbft::model::{HfiTcpFlags, NidType, SsnsExtFlags, SsnsFlags, Table, TransportType};

/// A table that says something in every field, much of it odd. Each value follows from the name of its field, so that a new field
/// changes no other value.
///
/// The second HFI and the second SSNS are made for those keys of the JSON form that others exclude: a DHCP server without DHCP,
/// extended info of this very entry, a known NID, a transport without a name.
pub(crate) fn table() -> Table {
    let mut table: Table = choices::value(&mut ByName);
    random::leave_out_unused(&mut table);
    let [hfi, other_hfi] = &mut table.hfis[..] else { unreachable!("each list has two") };
    let [ssns, other_ssns] = &mut table.ssns[..] else { unreachable!("each list has two") };
    hfi.tcp.iter_mut().for_each(|tcp| tcp.flags = HfiTcpFlags(0xff));
    other_hfi.index += 1;
    other_hfi.tcp.iter_mut().for_each(|tcp| tcp.flags = HfiTcpFlags::VALID);
    ssns.secondary_hfis.extend([hfi.index, other_hfi.index, hfi.index]);
    other_ssns.index += 1;
    other_ssns.flags = SsnsFlags::VALID.with(SsnsFlags::EXTENDED_INFO);
    other_ssns.nid_type = NidType::EUI64;
    other_ssns.transport = TransportType(1);
    if let Some(ext) = &mut other_ssns.ext {
        (ext.version, ext.ssns_index, ext.flags) = (1, other_ssns.index, SsnsExtFlags::VALID);
    }
    table
}

/// Chooses by names.
struct ByName;

impl Choices for ByName {
    fn is_there(&mut self, _: Place) -> arbitrary::Result<bool> {
        Ok(true)
    }

    fn count(&mut self, place: Place) -> arbitrary::Result<usize> {
        // A DUID's first two bytes are its kind.
        Ok(if place.field == "duid" { 8 } else { 2 })
    }

    /// Never 0, which would be the default.
    fn number(&mut self, place: Place, max: u32) -> arbitrary::Result<u32> {
        let Place { structure, field, nth, .. } = place;
        Ok(match field {
            "flags" => max,
            "transport" => TransportType::TCP.0.into(),
            _ => 1 + hash(&format!("{structure}.{field}.{nth}")) % max,
        })
    }

    fn text(&mut self, Place { structure, field, .. }: Place) -> arbitrary::Result<String> {
        Ok(format!("{structure}.{field}"))
    }
}

/// FNV-1a: the same on every machine and with every compiler.
fn hash(text: &str) -> u32 {
    text.bytes().fold(0x811c_9dc5, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193))
}
