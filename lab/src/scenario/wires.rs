//! Names the wires between host and target, and the MACs on them.

/// The existing wires: names, and the fifth byte of their MACs.
pub const WIRES: [(&str, u8); 3] = [("a", 0x0a), ("b", 0x0b), ("c", 0x0c)];

/// The MAC on a wire: the target's side ends in 01, the host's in 02.
pub fn mac(wire: &str, side: u8) -> String {
    let byte = WIRES.iter().find(|(name, _)| *name == wire).map_or(0xff, |(_, byte)| *byte);
    format!("52:54:00:00:{byte:02x}:{side:02x}")
}
