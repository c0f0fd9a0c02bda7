//! Parses the strings of a table (NQNs, ports, discovery URIs, DHCP root paths), shows hex digits, and [escapes](escape()) any text.
//!
//! Each parser is strict and takes the whole text. Its result can be passed to the kernel: it has no control character, comma or
//! blank.

mod address;
mod escape;
mod nqn;
mod root_path;
mod uri;

pub use crate::hex::{Hex, bytes_from_hex};
pub use address::{HostAddress, parse_port};
pub use escape::{Escaping, escape, is_harmless};
pub use nqn::{NqnError, NqnForm, nqn_form};
pub use root_path::RootPath;
pub use uri::{DISCOVERY_PORT, DiscoveryUri, IO_PORT};
