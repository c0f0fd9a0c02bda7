//! Reads and writes a NID in JSON: `{"type": "uuid", "value": "…"}`.

use crate::model::{Nid, TextError};
use alloc::string::{String, ToString};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};

#[derive(Serialize, Deserialize)]
struct Form {
    r#type: String,
    value: String,
}

pub(super) fn serialize<S: Serializer>(nid: &Option<Nid>, serializer: S) -> Result<S::Ok, S::Error> {
    nid.map(|nid| Form { r#type: nid.kind().into(), value: nid.to_string() }).serialize(serializer)
}

pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Nid>, D::Error> {
    Option::<Form>::deserialize(deserializer)?
        .map(|form| Nid::from_parts(&form.r#type, &form.value).map_err(|e: TextError| D::Error::custom(e)))
        .transpose()
}
