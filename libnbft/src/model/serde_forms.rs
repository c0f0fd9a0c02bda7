//! Implements serde for values whose serialized form is text.

use super::{FixedText, Mac, PciAddress, Uuid};
use alloc::string::String;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};

macro_rules! text_serde {
    ($($name:ty),*) => {$(
        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
            }
        }
    )*};
}
text_serde!(Mac, PciAddress, Uuid);

impl<const N: usize> Serialize for FixedText<N> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bytes(&self.0)
    }
}

impl<'de, const N: usize> Deserialize<'de> for FixedText<N> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let bytes = alloc::vec::Vec::<u8>::deserialize(deserializer)?;
        bytes.try_into().map(Self).map_err(|_| D::Error::custom("wrong length of a fixed field"))
    }
}
