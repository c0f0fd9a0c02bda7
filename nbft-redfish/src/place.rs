//! Resolves a keypath to a service, a resource, and the machine's Redfish host interface if the service is behind it.

use crate::error::{FetchFault, KeypathFault};
use crate::smbios::{HostInterface, host_interfaces};
use hyper::Uri;
use hyper::http::uri::{Authority, PathAndQuery, Scheme};
use nbft_connect::input::read_regular;
use nbft_connect::nvme::keys::{is_at_host_interface, keypath};
use rustls::pki_types::ServerName;
use std::net::IpAddr;
use std::path::Path;

/// The file with the SMBIOS table.
const SMBIOS: &str = "sys/firmware/dmi/tables/DMI";

/// The largest SMBIOS table that is read, in bytes; common ones have 2 to 64 KiB.
const MAX_SMBIOS: u64 = 4 << 20;

/// A resource of a service.
#[derive(Debug)]
pub(crate) struct Place {
    /// Host and port.
    pub(crate) authority: Authority,
    /// Path of the resource.
    pub(crate) start: String,
    /// The name that the service's certificate must have, if it differs from the host.
    pub(crate) name: Option<ServerName<'static>>,
    /// The host interface in front of the service, with the service's address.
    pub(crate) interface: Option<(HostInterface, IpAddr)>,
}

impl Place {
    /// Resolves `keypath`: an https URI, or a path at the host interface.
    pub(crate) fn of(root: &Path, keypath: &str) -> Result<Self, FetchFault> {
        match is_at_host_interface(keypath) {
            true => Self::at_interface(root, keypath),
            false => Self::at_uri(root, keypath),
        }
    }

    fn at_interface(root: &Path, path: &str) -> Result<Self, FetchFault> {
        let file = root.join(SMBIOS);
        let table = read_regular(&file, MAX_SMBIOS).map_err(|error| FetchFault::Smbios { path: file, error })?;
        let all = host_interfaces(&table);
        let Some(first) = all.first().map(|interface| interface.device.clone()) else {
            return Err(FetchFault::NoHostInterface);
        };
        let Some((interface, address)) = with_address(all) else {
            return Err(FetchFault::NoServiceAddress(first));
        };
        let host = if address.is_ipv6() { format!("[{address}]") } else { address.to_string() };
        let authority = format!("{host}:{}", interface.port);
        let no_uri = |error| FetchFault::Keypath { keypath: authority.clone(), fault: KeypathFault::NoUri(error) };
        let authority = authority.parse().map_err(no_uri)?;
        // The certificate must name the address if the service has no valid name.
        let name = ServerName::try_from(interface.name.clone()).ok();
        Ok(Self { authority, start: path.to_owned(), name, interface: Some((interface, address)) })
    }

    fn at_uri(root: &Path, keypath: &str) -> Result<Self, FetchFault> {
        let failed = |fault| FetchFault::Keypath { keypath: keypath::shown(keypath).into_owned(), fault };
        if keypath::names_user(keypath) {
            return Err(failed(KeypathFault::NamesUser));
        }
        let uri: Uri = keypath.parse().map_err(|error| failed(KeypathFault::NoUri(error)))?;
        if uri.scheme() != Some(&Scheme::HTTPS) {
            return Err(failed(KeypathFault::Plaintext));
        }
        let authority = uri.authority().filter(|authority| !authority.host().is_empty());
        let authority = authority.ok_or_else(|| failed(KeypathFault::NoHost))?.clone();
        if !has_port(&authority) {
            return Err(failed(KeypathFault::Port));
        }
        let host = authority.host().trim_start_matches('[').trim_end_matches(']');
        let table = read_regular(&root.join(SMBIOS), MAX_SMBIOS).unwrap_or_default();
        // No lookup of names is needed here: only an address can match.
        let interface = with_address(host_interfaces(&table)).filter(|(_, address)| host.parse() == Ok(*address));
        let start = uri.path_and_query().map_or("/", PathAndQuery::as_str).to_owned();
        Ok(Self { authority, start, name: None, interface })
    }
}

/// Whether a valid port or nothing follows the host. The parser accepts any digits, and uses HTTP's port if there are too many.
fn has_port(authority: &Authority) -> bool {
    let port = authority.as_str().get(authority.host().len()..).unwrap_or_default();
    let digits = port.strip_prefix(':').unwrap_or_default();
    let number = || digits.bytes().all(|byte| byte.is_ascii_digit()).then(|| digits.parse().unwrap_or(0_u16));
    digits.is_empty() && port.len() <= 1 || number().is_some_and(|number| number != 0)
}

/// The first host interface with an address of its service.
fn with_address(all: Vec<HostInterface>) -> Option<(HostInterface, IpAddr)> {
    all.into_iter().find_map(|interface| interface.service.map(|address| (interface, address)))
}

#[cfg(test)]
mod tests {
    use crate::Place;
    use std::path::Path;

    /// Host and port, or why there is none.
    fn of(keypath: &str) -> Result<String, String> {
        let place = Place::of(Path::new("/nonexistent"), keypath);
        place.map(|place| place.authority.to_string()).map_err(|error| error.to_string())
    }

    #[test]
    fn ports_are_those_that_there_are() {
        for at in
            ["h", "h:", "h:1", "h:443", "h:00443", "h:65535", "192.0.2.9:8443", "[2001:db8::9]", "[2001:db8::9]:65535"]
        {
            assert_eq!(of(&format!("https://{at}/k")), Ok(at.to_owned()));
        }
        for at in ["h:0", "h:65536", "h:131515", "h:99999999999999999999", "[2001:db8::9]:65979"] {
            let said = format!("https://{at}/k: its port is not from 1 to 65535");
            assert_eq!(of(&format!("https://{at}/k")), Err(said));
        }
    }

    #[test]
    fn a_user_in_a_keypath_is_refused_and_not_shown() {
        for keypath in [
            "https://user:word@192.0.2.9/k",
            "https://user:word@192.0.2.9:99999/k",
            "https://user:wo rd@192.0.2.9/k",
            "https://user:wo/word@192.0.2.9/k",
            "http://word@192.0.2.9/k",
            "user:word@192.0.2.9/k",
            "ftp:user:word@",
        ] {
            let said = of(keypath).unwrap_err();
            assert!(said.contains("it names a user") && !said.contains("rd@"), "{said}");
        }
    }
}
