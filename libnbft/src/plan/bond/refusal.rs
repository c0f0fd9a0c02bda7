//! Names the requested bonds that are not in the plan, with the reasons.

use crate::codes::codes;
use alloc::string::String;
use core::fmt;
use core::net::IpAddr;

/// A bond that the user requested and the plan does not have. Its ports are planned as if it had not been requested.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct RefusedBond {
    /// Name of the bond.
    pub name: String,
    /// Why.
    pub reason: BondRefusal,
}

/// `bond bond0: why`.
impl fmt::Display for RefusedBond {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "bond {}: {}", self.name, self.reason)
    }
}

/// Why a bond is not in the plan. Display is a sentence.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(tag = "code", content = "detail", rename_all = "kebab-case")
)]
#[non_exhaustive]
pub enum BondRefusal {
    /// A link of the plan has the name of the bond.
    #[error("another link has this name")]
    BondNameTaken,
    /// The tables have none of its ports.
    #[error("the tables have none of its ports")]
    BondWithoutPorts,
    /// One of its ports is a port of another bond.
    #[error("{0} is a port of another bond")]
    BondPortTaken(String),
    /// Its ports are not in one subnet.
    #[error("its ports are not in one subnet: {port} has {address}, and no port before it has a network there")]
    BondSubnetsDiffer {
        /// The port.
        port: String,
        /// Its address.
        address: IpAddr,
    },
    /// Its ports have no VLAN in common.
    #[error("its ports are not in one VLAN: no port before {port} has the VLAN of {port}")]
    BondVlansDiffer {
        /// The port.
        port: String,
    },
}

codes!(BondRefusal {
    BondNameTaken => "bond-name-taken",
    BondWithoutPorts => "bond-without-ports",
    BondPortTaken => "bond-port-taken",
    BondSubnetsDiffer => "bond-subnets-differ",
    BondVlansDiffer => "bond-vlans-differ",
});

#[cfg(feature = "serde")]
mod form {
    //! Writes the reason to JSON in words and as values, and reads the values back.
    use super::{BondRefusal, RefusedBond};
    use alloc::string::{String, ToString};
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    #[derive(Serialize, Deserialize)]
    struct Form {
        name: String,
        #[serde(default)]
        reason: String,
        #[serde(flatten)]
        why: BondRefusal,
    }

    impl Serialize for RefusedBond {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            let Self { name, reason } = self.clone();
            Form { name, reason: reason.to_string(), why: reason }.serialize(serializer)
        }
    }

    impl<'de> Deserialize<'de> for RefusedBond {
        fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            let Form { name, why, .. } = Form::deserialize(deserializer)?;
            Ok(Self { name, reason: why })
        }
    }
}
