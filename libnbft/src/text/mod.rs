//! Text forms that the table's strings have: NQNs, ports, discovery URIs, DHCP root paths; hex digits; and [`escape`] for the rest.
//!
//! Each form is parsed strictly and whole. What comes out can be given to the kernel: no control character, comma or blank gets in.

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
