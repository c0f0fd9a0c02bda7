//! Text forms that the table's strings have: NQNs, ports, discovery URIs, DHCP root paths.
//!
//! Each is parsed strictly and whole. What comes out can be given to the kernel: no control character, comma or blank gets in.

mod address;
mod nqn;
mod root_path;
mod uri;

pub use address::{HostAddress, parse_port};
pub use nqn::{NqnError, NqnForm, nqn_form};
pub use root_path::RootPath;
pub use uri::{DISCOVERY_PORT, DiscoveryUri, IO_PORT};
