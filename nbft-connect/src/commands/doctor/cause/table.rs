//! Describes the failures of the tables.

use super::step::Step;
use libnbft::codes;
use libnbft::plan::Reason;

/// What is wrong with the tables. Display is a sentence.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum TableFault {
    /// A boot entry cannot be connected.
    #[error("The entry cannot be connected: {0}.")]
    EntryUnusable(Reason),
    /// The plan holds no network for the path.
    #[error("The plan holds no network for this path.")]
    PlanFault,
}

codes!(TableFault {
    EntryUnusable => "entry-unusable",
    PlanFault => "plan-fault",
});

impl TableFault {
    pub(super) const fn step(&self) -> Step {
        match self {
            Self::EntryUnusable(_) => Step::Table,
            Self::PlanFault => Step::Address,
        }
    }

    pub(super) fn remedy(&self) -> String {
        match self {
            Self::EntryUnusable(_) => {
                "Correct it in the firmware's setup; nbft check says more of what is wrong with the table."
            }
            Self::PlanFault => "Report this as a fault of nbft.",
        }
        .into()
    }

    pub(super) const fn reason_code(&self) -> Option<&'static str> {
        match self {
            Self::EntryUnusable(reason) => Some(reason.code()),
            Self::PlanFault => None,
        }
    }
}
