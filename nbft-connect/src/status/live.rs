//! Puts the state of controllers, as sysfs shows it, into the status of their paths.

use super::schema::{NamespaceStatus, PathStatus, Reason, State};
use crate::nvme::sysfs::{AnaState, Controller};
use libnbft::model::Nid;

/// The code of a path that is connected and gives no access to its namespace.
pub(crate) const PATH_INACCESSIBLE: &str = "path-inaccessible";

impl NamespaceStatus {
    /// Its NID.
    pub(crate) fn parsed_nid(&self) -> Option<Nid> {
        Nid::from_parts(self.nid_type.as_deref()?, self.nid.as_deref()?).ok()
    }
}

impl PathStatus {
    /// Whether its controller is connected, with or without access to the namespace.
    pub(crate) fn is_connected(&self) -> bool {
        self.state == State::Up || self.code.as_deref() == Some(PATH_INACCESSIBLE)
    }

    /// The path as it is counted: a connected path without access is not up.
    pub(crate) fn without_access_failed(mut self) -> Self {
        if let (State::Up, Some(ana)) = (self.state, self.ana_state.filter(|ana| !ana.is_usable())) {
            self.state = State::Failed;
            let text = format!("the ANA state of its namespace is {ana}");
            self.set_reason(Some(Reason { code: PATH_INACCESSIBLE.to_owned(), text }));
        }
        self
    }
}

/// The best ANA state that a path's controller gives the expected namespaces, if it has ANA: the boot namespaces if there are
/// any, else all.
pub(crate) fn ana_state<'n>(
    controller: &Controller,
    expected: impl Iterator<Item = &'n NamespaceStatus> + Clone,
) -> Option<AnaState> {
    let expected = expected.filter(|namespace| namespace.nqn == controller.nqn);
    let any_boot = expected.clone().any(|namespace| namespace.boot);
    let wanted = expected.filter(|namespace| namespace.boot || !any_boot);
    let seen = wanted.flat_map(|wanted| {
        let nid = wanted.parsed_nid();
        controller.namespaces.iter().filter(move |seen| seen.is(wanted.nsid, nid))
    });
    seen.map(|seen| seen.ana).min().flatten()
}
