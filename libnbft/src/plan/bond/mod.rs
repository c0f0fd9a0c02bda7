//! Merges the NICs of one subnet into the bonds that the user requests.

mod merge;
mod refusal;
mod request;
mod settings;

pub use refusal::{BondRefusal, RefusedBond};
pub use request::{BondError, BondRequest};
pub use settings::{Bond, BondMode, BondPort, BondSettings, LacpRate, XmitHashPolicy};

pub(super) use merge::plan;
