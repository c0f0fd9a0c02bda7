//! Sorts the failures of `nbft-redfish` by what a person does about them.

use libnbft::codes;

/// Why `nbft-redfish` has no keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RedfishFault {
    /// Its settings cannot be used.
    Settings,
    /// It does not reach the service.
    Unreachable,
    /// It does not trust the service's certificate.
    Untrusted,
    /// The service does not let the user read the keys.
    Denied,
    /// The keypath leads to no keys.
    NoKeys,
    /// The service's answers are of no use.
    Answer,
    /// The system stops it.
    Stopped,
}

codes!(RedfishFault {
    Settings => "redfish-settings",
    Unreachable => "redfish-unreachable",
    Untrusted => "redfish-untrusted",
    Denied => "redfish-denied",
    NoKeys => "redfish-no-keys",
    Answer => "redfish-answer",
    Stopped => "redfish-stopped",
});

impl RedfishFault {
    const ALL: [Self; 7] =
        [Self::Settings, Self::Unreachable, Self::Untrusted, Self::Denied, Self::NoKeys, Self::Answer, Self::Stopped];

    /// The fault of a code.
    pub(super) fn of_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|fault| fault.code() == code)
    }
}

#[cfg(test)]
mod tests {
    use super::RedfishFault;

    #[test]
    fn every_code_has_its_fault() {
        let codes: Vec<_> =
            RedfishFault::CODES.iter().map(|code| RedfishFault::of_code(code).unwrap().code()).collect();
        assert_eq!(codes, RedfishFault::CODES);
        assert_eq!(RedfishFault::of_code("key-hidden"), None);
    }
}
