//! Defines why no key was fetched, and whether another attempt may help.

use crate::settings::SettingsError;
use crate::smbios::{Assignment, Device};
use hyper::StatusCode;
use hyper::http;
use nbft_connect::json_error::JsonError;
use nbft_connect::net::NetFailure;
use nbft_connect::nvme::keys::{RedfishFault, keypath};
use nbft_connect::output::{cut, mask};
use rustls::client::VerifierBuilderError;
use std::io;
use std::net::IpAddr;
use std::path::PathBuf;

/// The longest message, in bytes; longer ones are cut.
const MAX_MESSAGE: usize = 1000;

/// Why no key was fetched.
#[derive(Debug, thiserror::Error)]
#[error("{}", cut(&mask(&.0.to_string()), MAX_MESSAGE))]
pub struct FetchError(#[from] FetchFault);

impl FetchError {
    /// Whether a later attempt may succeed. Otherwise it would fail too, or could do harm: services lock users out.
    #[must_use]
    pub fn is_temporary(&self) -> bool {
        self.0.is_temporary()
    }

    /// The kind of fault, by which a person chooses the remedy.
    #[must_use]
    pub fn kind(&self) -> RedfishFault {
        self.0.kind()
    }
}

/// Why no key was fetched. Display is a sentence that may contain a key from a library or service, so only [`FetchError`] is shown.
/// `resource` is a URL in a form that messages may show.
#[derive(Debug, thiserror::Error)]
pub(crate) enum FetchFault {
    /// The settings cannot be used.
    #[error(transparent)]
    Settings(#[from] SettingsError),
    /// The runtime or a signal handler cannot start.
    #[error("{0}")]
    Start(io::Error),
    /// The caller ended this program.
    #[error("nobody waits for it any more")]
    Ended,
    /// All answers together take too long.
    #[error("{service}: it takes longer than {seconds} s")]
    Slow { service: String, seconds: u64 },
    /// The keypath leads to no resource.
    #[error("{keypath}: {fault}")]
    Keypath { keypath: String, fault: KeypathFault },
    /// The SMBIOS table cannot be read.
    #[error("{}: {error}", path.display())]
    Smbios { path: PathBuf, error: io::Error },
    /// The SMBIOS table describes no host interface.
    #[error("the keypath is a path at the Redfish host interface, and the SMBIOS table describes none (type 42)")]
    NoHostInterface,
    /// The SMBIOS table lacks an address of the service.
    #[error("the Redfish host interface ({0}) has no address of the service in the SMBIOS table")]
    NoServiceAddress(Device),
    /// The NIC of the host interface does not exist.
    #[error("the NIC of the Redfish host interface is not there after {seconds} s: {device}")]
    NicMissing { device: Device, seconds: u64 },
    /// The kernel's network cannot be used.
    #[error("{0}")]
    Network(NetFailure),
    /// The host interface cannot be used.
    #[error("the Redfish host interface ({device}): {fault}")]
    HostInterface { device: Device, fault: InterfaceFault },
    /// TLS cannot be used.
    #[error("{0}")]
    Tls(rustls::Error),
    /// The certificates of authorities cannot be used.
    #[error("the certificates of authorities for Redfish: {0}")]
    Authorities(AuthoritiesFault),
    /// The service's certificate is not trusted.
    #[error("{service}: {distrust}")]
    Certificate { service: String, distrust: Distrust },
    /// A request cannot be made.
    #[error("{resource}: {error}")]
    Request { resource: String, error: http::Error },
    /// The login cannot be made.
    #[error("{0}")]
    Login(JsonError),
    /// The session has no token.
    #[error("{0}: the session has no token")]
    NoToken(String),
    /// A reference does not lead to this service; `to` is the service to which it leads, if that can be shown.
    #[error(
        "{service}: it leads to {}",
        to.as_ref().map_or_else(|| "something that is not a path of this service".to_owned(), |to| format!("{to}, which is another service"))
    )]
    Elsewhere { service: String, to: Option<String> },
    /// The connection failed; the library's message.
    #[error("{resource}: {error}")]
    Connection { resource: String, error: String },
    /// The service does not answer, or not to the end.
    #[error("{resource}: no {}answer within {seconds} s", if *has_begun { "whole " } else { "" })]
    NoAnswer { resource: String, seconds: u64, has_begun: bool },
    /// An answer is too long.
    #[error("{resource}: it is longer than {limit} bytes")]
    Long { resource: String, limit: usize },
    /// The service refuses.
    #[error("{resource}: {refusal}")]
    Refused { resource: String, refusal: Refusal },
    /// The service redirects without end.
    #[error("{0}: the service sends from one place to the next")]
    Redirects(String),
    /// An answer is not a resource.
    #[error("{resource}: not a Redfish resource: {error}")]
    NotAResource {
        resource: String,
        error: JsonError,
        /// Whether the answer ends too early; another attempt may get all of it.
        is_cut_off: bool,
    },
    /// A resource leads to no keys.
    #[error("{0}: it is neither a Key nor a collection of keys")]
    OtherResource(String),
    /// Too many resources belong to the keypath.
    #[error("{start}: more than {limit} resources belong to it")]
    TooMany { start: String, limit: usize },
    /// No key of the service is a secret.
    #[error("{start}: {none}")]
    NoKeys { start: String, none: NoKeys },
}

impl FetchFault {
    fn kind(&self) -> RedfishFault {
        match self {
            Self::Settings(_) | Self::Authorities(_) | Self::Login(_) => RedfishFault::Settings,
            Self::Slow { .. }
            | Self::Smbios { .. }
            | Self::NoHostInterface
            | Self::NoServiceAddress(_)
            | Self::NicMissing { .. }
            | Self::Network(_)
            | Self::HostInterface { .. }
            | Self::Connection { .. }
            | Self::NoAnswer { .. } => RedfishFault::Unreachable,
            Self::Certificate { .. } => RedfishFault::Untrusted,
            Self::NoToken(_) => RedfishFault::Denied,
            Self::Refused { refusal, .. } => refusal.kind(),
            Self::Keypath { .. }
            | Self::Request { .. }
            | Self::OtherResource(_)
            | Self::TooMany { .. }
            | Self::NoKeys { .. } => RedfishFault::NoKeys,
            Self::Elsewhere { .. } | Self::Long { .. } | Self::Redirects(_) | Self::NotAResource { .. } => {
                RedfishFault::Answer
            }
            Self::Start(_) | Self::Ended | Self::Tls(_) => RedfishFault::Stopped,
        }
    }

    fn is_temporary(&self) -> bool {
        match self {
            Self::Start(_)
            | Self::Ended
            | Self::Slow { .. }
            | Self::NicMissing { .. }
            | Self::Network(_)
            | Self::Connection { .. }
            | Self::NoAnswer { .. } => true,
            Self::HostInterface { fault, .. } => matches!(fault, InterfaceFault::Network(_)),
            Self::Refused { refusal, .. } => refusal.is_temporary(),
            Self::NotAResource { is_cut_off, .. } => *is_cut_off,
            Self::Settings(_)
            | Self::Keypath { .. }
            | Self::Smbios { .. }
            | Self::NoHostInterface
            | Self::NoServiceAddress(_)
            | Self::Tls(_)
            | Self::Authorities(_)
            | Self::Certificate { .. }
            | Self::Request { .. }
            | Self::Login(_)
            | Self::NoToken(_)
            | Self::Elsewhere { .. }
            | Self::Long { .. }
            | Self::Redirects(_)
            | Self::OtherResource(_)
            | Self::TooMany { .. }
            | Self::NoKeys { .. } => false,
        }
    }
}

/// Why a keypath leads to no resource.
#[derive(Debug, thiserror::Error)]
pub(crate) enum KeypathFault {
    #[error("{}", keypath::NAMES_USER)]
    NamesUser,
    #[error("it is no URI: {0}")]
    NoUri(http::uri::InvalidUri),
    #[error("only https is used: secrets would be in plaintext on the wire")]
    Plaintext,
    #[error("it names no host")]
    NoHost,
    #[error("its port is not from 1 to 65535")]
    Port,
}

/// Why the host interface cannot be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum InterfaceFault {
    #[error("{0}")]
    Network(NetFailure),
    #[error("VLAN {0} is not set up here")]
    Vlan(u32),
    #[error(
        "{name} has no address in the subnet of {service}, and the SMBIOS table gives it none (assignment: {assignment})"
    )]
    NoAddress { name: String, service: IpAddr, assignment: Assignment },
}

/// Why a service refuses to return a resource.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Refusal {
    /// It requires a user; the text names the places of the settings.
    #[error("it wants a user and a password, and there are none: {0}, NAME being user and password")]
    NoUser(String),
    #[error("it does not take the user or the password")]
    OtherUser,
    #[error("the user may not read it")]
    Forbidden,
    #[error("there is no such resource")]
    NotFound,
    #[error("it answers with status {0}")]
    Status(StatusCode),
}

impl Refusal {
    const fn kind(&self) -> RedfishFault {
        match self {
            Self::NoUser(_) | Self::OtherUser | Self::Forbidden => RedfishFault::Denied,
            Self::NotFound => RedfishFault::NoKeys,
            Self::Status(_) => RedfishFault::Answer,
        }
    }

    /// Whether the fault is a server error.
    fn is_temporary(&self) -> bool {
        matches!(self, Self::Status(status) if status.is_server_error())
    }
}

/// None of a service's keys is a secret for this host.
#[derive(Debug, thiserror::Error)]
#[error("of {count} key(s) there none is a DH-HMAC-CHAP secret or TLS PSK{refused}")]
pub(crate) struct NoKeys {
    /// The number of its keys.
    pub(crate) count: usize,
    /// Why keys were skipped, each preceded by a semicolon.
    pub(crate) refused: String,
}

/// Why a service's certificate is not trusted. Display is a sentence.
#[derive(Debug, thiserror::Error)]
#[error("its certificate is not trusted: {why}; its SHA-256 fingerprint is {}", words(fingerprint))]
pub(crate) struct Distrust {
    pub(crate) why: DistrustReason,
    /// The certificate's SHA-256 fingerprint.
    pub(crate) fingerprint: [u8; 32],
}

/// The reason against trusting a certificate.
#[derive(Debug, thiserror::Error)]
pub(crate) enum DistrustReason {
    /// No authority has signed it; the library's message.
    #[error("no authority vouches for it ({0})")]
    Authority(String),
    /// There are no settings; the text names their places.
    #[error("nothing says which is right ({0}; NAME is ca or fingerprint)")]
    NoSettings(String),
    /// Other fingerprints are listed.
    #[error("its fingerprint is not listed")]
    Unlisted,
}

/// Why the certificates of authorities cannot be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum AuthoritiesFault {
    /// A text is not PEM.
    #[error("{0}")]
    Pem(&'static str),
    /// A certificate cannot be used.
    #[error("{0}")]
    Certificate(rustls::Error),
    /// No verifier can be made of them.
    #[error("{0}")]
    Verifier(VerifierBuilderError),
}

/// The fingerprint without the colons of `openssl x509 -fingerprint -sha256`. With colons it is wider than a console, which then shows
/// only its ends, so that nobody can compare it.
fn words(fingerprint: &[u8; 32]) -> String {
    fingerprint.map(|byte| format!("{byte:02X}")).concat()
}
