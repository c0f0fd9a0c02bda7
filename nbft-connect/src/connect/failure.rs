//! Lists the reasons why a path, a discovery controller or a namespace is missing.

use crate::nvme::discovery::LogPageError;
use crate::nvme::exclusions::Place;
use crate::nvme::explain::{Cause, Refusal};
use crate::nvme::fabrics::options::OptionError;
use crate::nvme::keys::{RedfishFault, SecretError, SecretSource};
use crate::nvme::module::ModuleError;
use crate::nvme::probe::ProbeFailure;
use crate::nvme::security::Violation;
use crate::nvme::sysfs::NoAccess;
use crate::status::live::PATH_INACCESSIBLE;
use crate::status::{FALLBACK_CODE, schema::Reason};
use crate::system_error::SystemError;
use crate::tunables::Tunables;
use libnbft::codes;

/// Why an attempt failed. Display is a sentence.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub(crate) enum ConnectFailure {
    /// The probe in user space failed.
    #[error(transparent)]
    Probe(#[from] ProbeFailure),
    /// The options cannot be given to the kernel.
    #[error(transparent)]
    Option(#[from] OptionError),
    /// The secrets cannot be had.
    #[error(transparent)]
    Secret(#[from] SecretError),
    /// The kernel or the target refused.
    #[error("{0}")]
    Refused(Refusal),
    /// The kernel or the target refused, and a setting may be the cause.
    #[error("{refusal}; it was given {given}")]
    RefusedWith {
        /// The refusal.
        refusal: Refusal,
        /// The settings that it was given.
        given: Box<Tunables>,
    },
    /// The connection does not meet its requirements.
    #[error(transparent)]
    Violation(#[from] Violation),
    /// The log page of a discovery controller is of no use.
    #[error(transparent)]
    LogPage(#[from] LogPageError),
    /// No table and no option names this host.
    #[error("no host NQN and host ID")]
    NoHost,
    /// The kernel says that the connection exists, and sysfs does not show it.
    #[error("the kernel has this connection already, but sysfs does not show it")]
    Unseen,
    /// Discovery no longer lists it.
    #[error("the discovery controller no longer lists it")]
    Unlisted,
    /// The kernel has removed the controller.
    #[error("the kernel has removed {controller}")]
    Removed {
        /// `nvmeN`.
        controller: String,
    },
    /// The controller is bound to a link that no longer has the path's address.
    #[error("{controller} is bound to {bound}, but {link} has the address now")]
    BoundElsewhere {
        /// `nvmeN`.
        controller: String,
        /// The link that it is bound to.
        bound: String,
        /// The link that has the address.
        link: String,
    },
}

codes!(ConnectFailure {
    Probe => "probe",
    Option => "option-unusable",
    Secret => "secret",
    Refused => "refused",
    RefusedWith => "refused",
    Violation => "violation",
    LogPage => "log-page",
    NoHost => "no-host-identity",
    Unseen => "connection-unseen",
    Unlisted => "no-longer-listed",
    Removed => "controller-removed",
    BoundElsewhere => "controller-bound-elsewhere",
});

impl ConnectFailure {
    /// The code for status.json: that of the cause, where one is known.
    pub(crate) fn cause_code(&self) -> &'static str {
        match self {
            Self::Probe(failure) => failure.cause_code(),
            Self::Option(OptionError::NoTls(_)) => "no-tls",
            Self::Option(OptionError::NoAuthentication(_)) => "no-authentication",
            Self::Secret(error) => error.cause_code(),
            Self::Refused(refusal) | Self::RefusedWith { refusal, .. } => refusal.code(),
            Self::Violation(violation) => violation.code(),
            Self::LogPage(error) => error.cause_code(),
            other => other.code(),
        }
    }

    /// For the status.
    pub(crate) fn reason(&self) -> Reason {
        Reason { code: self.cause_code().to_owned(), text: self.to_string() }
    }
}

/// Why nothing can be connected any more. Display is a sentence.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum FatalError {
    /// The driver cannot be loaded; why, and its code.
    #[error("{text}")]
    Module {
        /// The code.
        code: &'static str,
        /// Why.
        text: String,
    },
    /// The fabrics device cannot be used.
    #[error("{device}: {error}", device = crate::nvme::fabrics::DEVICE)]
    Device {
        /// What the system says.
        error: String,
    },
    /// The process that writes to the fabrics device has ended.
    #[error("{0}")]
    Helper(SystemError),
}

impl From<ModuleError> for FatalError {
    fn from(error: ModuleError) -> Self {
        Self::Module { code: error.code(), text: error.to_string() }
    }
}

impl FatalError {
    pub(crate) fn reason(&self) -> Reason {
        let code = match self {
            Self::Module { code, .. } => code,
            Self::Device { .. } => "fabrics-device",
            Self::Helper(_) => "helper-ended",
        };
        Reason { code: code.to_owned(), text: self.to_string() }
    }
}

/// Why something is missing although nothing has failed. Display is a sentence.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Waiting {
    /// Its interface is not ready.
    #[error("{interface}: {reason}")]
    Interface {
        /// Name of the link.
        interface: String,
        /// What the interface waits for, or why it failed.
        reason: String,
    },
    /// Its secrets are being fetched.
    #[error("waits for its secrets {0}")]
    Secrets(SecretSource),
    /// The target has not answered the kernel.
    #[error("the target has not answered the kernel yet{}", minute(*authenticates))]
    Answer {
        /// Whether it may authenticate.
        authenticates: bool,
    },
    /// Its controller has lost the target for long.
    #[error("{controller} has lost its target and keeps trying to connect; discovery is asked for other ways")]
    Stalled {
        /// `nvmeN`.
        controller: String,
    },
    /// The administrator has taken it out of service.
    #[error("it is excluded by {place}")]
    Excluded {
        /// The entry.
        place: Place,
    },
    /// No controller of the subsystem is connected.
    #[error("no controller of the subsystem is connected")]
    NoController,
    /// No controller of the subsystem is live.
    #[error("no controller of the subsystem is live: {controller} is {state}")]
    NotLive {
        /// `nvmeN`, one of them.
        controller: String,
        /// Its state.
        state: String,
    },
    /// No connected path gives access.
    #[error("{0}")]
    Inaccessible(NoAccess),
    /// The kernel has made no disk of the namespace.
    #[error("the subsystem is connected and shows it, and the kernel has made no disk of it")]
    NoDisk,
    /// The subsystem has no namespace for this host.
    #[error("the subsystem is connected and shows no namespace to this host")]
    NoNamespace,
    /// The subsystem has other namespaces.
    #[error("the subsystem is connected and has {0} instead")]
    OtherNamespaces(String),
}

const fn minute(authenticates: bool) -> &'static str {
    if authenticates { "; where the target refuses the secret, Linux may wait a minute for an answer" } else { "" }
}

codes!(Waiting {
    Interface => "interface-not-ready",
    Secrets => "waits-for-secrets",
    Answer => "waits-for-answer",
    Stalled => "target-lost",
    Excluded => "excluded",
    NoController => "no-controller",
    NotLive => "no-live-path",
    Inaccessible => "namespace-inaccessible",
    NoDisk => "namespace-no-disk",
    NoNamespace => "no-namespace",
    OtherNamespaces => "other-namespaces",
});

impl Waiting {
    pub(crate) fn reason(&self) -> Reason {
        Reason { code: self.code().to_owned(), text: self.to_string() }
    }
}

/// All codes that a path, a discovery controller or a namespace can have in status.json.
#[must_use]
pub fn codes() -> Vec<&'static str> {
    let single = ["no-tls", "no-authentication", "fabrics-device", "helper-ended", FALLBACK_CODE, PATH_INACCESSIBLE];
    let of_causes = [
        Cause::CODES,
        ProbeFailure::CODES,
        SecretError::CODES,
        &SecretError::REDFISH_CODES,
        RedfishFault::CODES,
        Violation::CODES,
        LogPageError::CODES,
        ModuleError::CODES,
        Waiting::CODES,
        ConnectFailure::CODES,
        &single,
    ];
    let groups = ["probe", "secret", "refused", "violation", "log-page", "probe-refused", "log-page-violation"];
    let mut codes: Vec<_> = of_causes.concat().into_iter().filter(|code| !groups.contains(code)).collect();
    codes.sort_unstable();
    codes.dedup();
    codes
}
