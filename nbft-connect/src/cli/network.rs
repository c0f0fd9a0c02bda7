//! Options of `nbft connect` for the network.

use crate::dhcp_options::{ClientOptions, class, host_name};
use clap::{Args, ValueEnum};

/// Options for the network.
#[derive(Debug, Clone, Default, Args)]
pub struct NetworkArgs {
    /// Vendor class for DHCP servers (also rd.nvmf.dhcp.vendor-class=)
    #[arg(long, value_name = "CLASS", value_parser = class)]
    pub dhcp_vendor_class: Option<String>,
    /// Host name for DHCP servers (also rd.nvmf.dhcp.hostname=) [default: the table's]
    #[arg(long, value_name = "NAME", value_parser = host_name)]
    pub dhcp_hostname: Option<String>,
    /// User class for DHCP servers (also rd.nvmf.dhcp.user-class=)
    #[arg(long, value_name = "CLASS", value_parser = class)]
    pub dhcp_user_class: Option<String>,
    /// What connections are bound to (also rd.nvmf.bind=) [default: interface]
    #[arg(long, value_enum)]
    pub bind: Option<Bind>,
}

impl NetworkArgs {
    /// The options by which the DHCP client describes itself.
    #[must_use]
    pub fn client_options(&self) -> ClientOptions {
        ClientOptions {
            vendor_class: self.dhcp_vendor_class.clone(),
            host_name: self.dhcp_hostname.clone(),
            user_class: self.dhcp_user_class.clone(),
        }
    }
}

/// What a connection is bound to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum Bind {
    /// Source address only: the connection outlives a move of the address to a bridge.
    Address,
    /// Source address and interface.
    #[default]
    Interface,
}
