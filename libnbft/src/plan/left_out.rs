//! Names items of the tables that the plan does not use.

use super::{Origin, Reason};
use alloc::string::String;
use core::fmt;

/// An item of the tables that the plan does not use.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct LeftOut {
    /// The item.
    pub item: Item,
    /// Its table and index.
    pub origin: Origin,
    /// Why.
    pub reason: Reason,
    /// Whether it is a boot entry without a path in the plan. Entries that firmware marked unavailable do not count.
    pub boot: bool,
}

/// An item that is left out. Display is its kind and, for an SSNS, the HFIs: `SSNS over HFI 2 and 8 others`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "kebab-case"))]
#[non_exhaustive]
pub enum Item {
    /// An HFI.
    Hfi,
    /// An SSNS, over each HFI.
    Ssns,
    /// An SSNS over one HFI, and over others for the same reason.
    SsnsOver {
        /// Index of the HFI.
        hfi: u8,
        /// How many others.
        others: usize,
    },
    /// An SSNS over some of its HFIs.
    SsnsOverSome {
        /// How many.
        hfis: usize,
    },
    /// A discovery controller.
    Discovery,
    /// The last item of a list that is too long: it stands for one item and a number of others.
    Rest {
        /// The kind of the first of them.
        kind: DescriptorKind,
        /// How many others.
        others: usize,
    },
}

/// The kind of descriptor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "kebab-case"))]
#[non_exhaustive]
pub enum DescriptorKind {
    /// An HFI descriptor.
    Hfi,
    /// An SSNS descriptor.
    Ssns,
    /// A discovery descriptor.
    Discovery,
}

impl Item {
    /// The kind of its descriptor.
    #[must_use]
    pub const fn kind(self) -> DescriptorKind {
        match self {
            Self::Hfi => DescriptorKind::Hfi,
            Self::Ssns | Self::SsnsOver { .. } | Self::SsnsOverSome { .. } => DescriptorKind::Ssns,
            Self::Discovery => DescriptorKind::Discovery,
            Self::Rest { kind, .. } => kind,
        }
    }

    /// Whether it is a subsystem or a discovery controller, not an interface.
    #[must_use]
    pub const fn is_target(self) -> bool {
        !matches!(self.kind(), DescriptorKind::Hfi)
    }

    /// The text after the kind and index.
    fn suffix(self) -> Suffix {
        Suffix(self)
    }
}

/// The part of an item's name that follows its kind and index.
struct Suffix(Item);

impl fmt::Display for Suffix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Item::SsnsOver { hfi, others } => {
                write!(f, " over HFI {hfi}")?;
                if others > 0 { write!(f, " and {others} others") } else { Ok(()) }
            }
            Item::SsnsOverSome { hfis } => write!(f, " over {hfis} HFIs"),
            Item::Rest { others, .. } if others > 0 => write!(f, " and {others} more"),
            _ => Ok(()),
        }
    }
}

impl fmt::Display for DescriptorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Hfi => "HFI",
            Self::Ssns => "SSNS",
            Self::Discovery => "discovery",
        })
    }
}

impl fmt::Display for Item {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.kind(), self.suffix())
    }
}

impl LeftOut {
    pub(super) fn new(item: Item, origin: &Origin, reason: Reason, boot: bool) -> Self {
        Self { item, origin: origin.clone(), reason, boot }
    }

    /// The kind, index and HFI: `SSNS 2 over HFI 1`.
    #[must_use]
    pub fn name(&self) -> String {
        alloc::format!("{} {}{}", self.item.kind(), self.origin.index, self.item.suffix())
    }
}

/// `NBFT SSNS 2 over HFI 1: why`.
impl fmt::Display for LeftOut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}: {}", self.origin.table, self.name(), self.reason)
    }
}

#[cfg(feature = "serde")]
mod form {
    //! Writes the item and the reason to JSON in words and as values, and reads the values back.
    use super::{Item, LeftOut, Origin, Reason};
    use alloc::string::{String, ToString};
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    #[derive(Serialize, Deserialize)]
    struct Form {
        #[serde(default)]
        what: String,
        item: Item,
        origin: Origin,
        #[serde(default)]
        reason: String,
        #[serde(flatten)]
        why: Reason,
        boot: bool,
    }

    impl Serialize for LeftOut {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            let Self { item, origin, reason, boot } = self.clone();
            Form { what: item.to_string(), item, origin, reason: reason.to_string(), why: reason, boot }
                .serialize(serializer)
        }
    }

    impl<'de> Deserialize<'de> for LeftOut {
        fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            let Form { item, origin, why, boot, .. } = Form::deserialize(deserializer)?;
            Ok(Self { item, origin, reason: why, boot })
        }
    }
}
