//! Reads `rd.nvmf.dhcp.*`, the options by which the DHCP client describes itself.

use super::KernelCommandLine;
use crate::dhcp_options::{ClientOptionError, ClientOptions, class, host_name};

/// A parameter whose value is not used. It holds its name, its value and why.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}={1} is not used: {2}")]
pub struct InvalidClientOption(pub &'static str, pub String, pub ClientOptionError);

impl KernelCommandLine {
    /// The options that are given, and those that cannot be used.
    #[must_use]
    pub fn client_options(&self) -> (ClientOptions, Vec<InvalidClientOption>) {
        let mut invalid = Vec::new();
        let mut read = |name: &'static str, check: fn(&str) -> Result<String, ClientOptionError>| {
            let text = self.value(&[name])?;
            check(&text).map_err(|why| invalid.push(InvalidClientOption(name, text, why))).ok()
        };
        let options = ClientOptions {
            vendor_class: read("rd.nvmf.dhcp.vendor-class", class),
            host_name: read("rd.nvmf.dhcp.hostname", host_name),
            user_class: read("rd.nvmf.dhcp.user-class", class),
        };
        (options, invalid)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_invalid_parameter_costs_itself_only() {
        let line =
            "rd.nvmf.dhcp.vendor-class=Boot:1 rd.nvmf.dhcp.hostname=node_1 \"rd.nvmf.dhcp.user-class=two words\"";
        let (options, invalid) = KernelCommandLine::parse(line).client_options();
        assert_eq!(options, ClientOptions { vendor_class: Some("Boot:1".into()), ..ClientOptions::default() });
        let expected = [
            InvalidClientOption("rd.nvmf.dhcp.hostname", "node_1".into(), ClientOptionError::HostName),
            InvalidClientOption("rd.nvmf.dhcp.user-class", "two words".into(), ClientOptionError::Class),
        ];
        assert_eq!(invalid, expected);
    }
}
