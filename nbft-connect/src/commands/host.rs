//! Writes the host in a line.

use crate::output::{Screen, Text};
use libnbft::model::Uuid;

/// Adds the host's identity. The ID gets a line only if the NQN does not contain it, in this byte order or in that of SMBIOS.
pub(super) fn write(out: &mut Text, nqn: Option<&str>, id: Option<Uuid>, screen: Screen) {
    out.wrapped(screen, 5, format_args!("Host {}", nqn.unwrap_or("without an NQN")));
    let named = nqn.and_then(|nqn| nqn.rsplit_once("uuid:")).and_then(|(_, uuid)| uuid.parse::<Uuid>().ok());
    if let Some(id) = id.filter(|id| named.is_none_or(|named| named != *id && named.swapped() != *id)) {
        out.wrapped(screen, 5, format_args!("  ID {id}"));
    }
}
