//! Gives the JSON Schema of values that have a form of their own (feature `schema`).

use super::duid_type::DuidType;
use super::values::{Bit, Fixed, IpText, Transport, Word, Words};
use crate::model::{Cipeec, IpOrigin, Mac, Naed, Nceec, Nqn, PciAddress, SecretType, Uuid, VlanId};
use alloc::borrow::Cow;
use alloc::vec::Vec;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};

/// A flag that is only written when it is 0.
pub(super) struct Clear;

/// A kind of NID.
pub(super) struct NidKind;

/// Gives types their schema, each in the place where it is used.
macro_rules! inline {
    ($($name:ident: $schema:tt),+ $(,)?) => {$(
        impl JsonSchema for $name {
            fn inline_schema() -> bool {
                true
            }

            fn schema_name() -> Cow<'static, str> {
                stringify!($name).into()
            }

            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                json_schema!($schema)
            }
        }
    )+};
}

inline! {
    Transport: { "type": "string", "enum": ["tcp", "unknown"] },
    Clear: { "type": "integer", "const": 0 },
    NidKind: { "type": "string", "enum": ["eui64", "nguid", "uuid"] },
    Cipeec: { "type": "integer", "minimum": 0, "maximum": 255 },
    IpOrigin: { "type": "integer", "minimum": 0, "maximum": 255 },
    Naed: { "type": "integer", "minimum": 0, "maximum": 255 },
    Nceec: { "type": "integer", "minimum": 0, "maximum": 255 },
    SecretType: { "type": "integer", "minimum": 0, "maximum": 255 },
    VlanId: { "type": "integer", "minimum": 0, "maximum": 65535 },
    Nqn: { "type": "string" },
    Mac: { "type": "string", "pattern": "^([0-9a-f]{2}:){5}[0-9a-f]{2}$" },
    PciAddress: { "type": "string", "pattern": "^[0-9a-f]{4}:[0-9a-f]{2}:[0-9a-f]{2}\\.[0-7]$" },
    DuidType: { "type": "string", "pattern": "^(DUID-LLT|DUID-EN|DUID-LL|DUID-UUID|unknown\\([0-9]+\\))$" },
}

/// Gives types their schema under a name.
macro_rules! named {
    ($($type:ty, $name:literal: $schema:tt),+ $(,)?) => {$(
        impl JsonSchema for $type {
            fn schema_name() -> Cow<'static, str> {
                $name.into()
            }

            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                json_schema!($schema)
            }
        }
    )+};
}

named! {
    Bit, "bit": { "type": "integer", "enum": [0, 1] },
    Uuid, "uuid": { "type": "string", "pattern": "^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$" },
    IpText, "address": { "type": "string", "pattern": "^([0-9]{1,3}(\\.[0-9]{1,3}){3}|[0-9a-f:]*:[0-9a-f:]*)$" },
}

/// An address, or the empty text where there is none.
pub(super) struct AddressOrEmpty;

impl JsonSchema for AddressOrEmpty {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "address_or_empty".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        json_schema!({ "anyOf": [generator.subschema_for::<IpText>(), { "const": "" }] })
    }
}

impl<const N: usize> JsonSchema for Fixed<N> {
    fn schema_name() -> Cow<'static, str> {
        "fixed_text".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "pattern": "^[ -~]*$" })
    }
}

impl<C: Words> JsonSchema for Word<C> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "word".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let words: Vec<&str> = (0..4).map(|code| Self(C::from_code(code)).text()).collect();
        json_schema!({ "type": "string", "enum": words })
    }
}
