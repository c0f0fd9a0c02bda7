//! Makes values of any type that serde reads, out of choices. A new field of the model needs no line here.

use libnbft::model::{Mac, Uuid};
use serde::de::value::{Error, U32Deserializer};
use serde::de::{
    DeserializeOwned, DeserializeSeed, Deserializer, EnumAccess, Error as _, IntoDeserializer as _, SeqAccess,
    VariantAccess, Visitor,
};

/// Where a value stands: in which field of which structure.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Place {
    /// The structure's name in the model.
    pub(crate) structure: &'static str,
    /// The field's name.
    pub(crate) field: &'static str,
    /// Which value of the field it is, where the field has several.
    pub(crate) nth: usize,
    /// Whether the value could have been left out.
    pub(crate) is_optional: bool,
}

/// Chooses what values are made of.
pub(crate) trait Choices {
    /// Whether an optional value is there.
    fn is_there(&mut self, place: Place) -> arbitrary::Result<bool>;
    /// The length of a list.
    fn count(&mut self, place: Place) -> arbitrary::Result<usize>;
    /// A number from 0 to `max`.
    fn number(&mut self, place: Place, max: u32) -> arbitrary::Result<u32>;
    /// A text.
    fn text(&mut self, place: Place) -> arbitrary::Result<String>;
}

/// Makes a value.
///
/// # Panics
///
/// When a field that must have a form, or a length, is not known by its name: then it wants a line in `Maker`.
pub(crate) fn value<T: DeserializeOwned>(choices: &mut impl Choices) -> T {
    T::deserialize(Maker { choices, place: Place::default() }).expect("serde reads what was made")
}

struct Maker<'c, C> {
    choices: &'c mut C,
    place: Place,
}

impl<C: Choices> Maker<'_, C> {
    fn number(&mut self, max: u32) -> Result<u32, Error> {
        self.choices.number(self.place, max).map_err(Error::custom)
    }

    fn bytes<const N: usize>(&mut self) -> Result<[u8; N], Error> {
        let mut bytes = [0; N];
        for (nth, byte) in bytes.iter_mut().enumerate() {
            self.place.nth = nth;
            *byte = self.number(u8::MAX.into())? as u8;
        }
        Ok(bytes)
    }

    /// A text: of the form that the field has, if it has one.
    fn text(&mut self) -> Result<String, Error> {
        match self.place.field {
            "mac" => Ok(Mac(self.bytes()?).to_string()),
            "id" => Ok(Uuid(self.bytes()?).to_string()),
            _ => self.choices.text(self.place).map_err(Error::custom),
        }
    }

    /// How many values a list has: a certain number, if the field has a fixed width.
    fn count(&mut self) -> Result<usize, Error> {
        match self.place.field {
            "oem_id" => Ok(6),
            "oem_table_id" => Ok(8),
            "creator_id" => Ok(4),
            _ => self.choices.count(self.place).map_err(Error::custom),
        }
    }
}

macro_rules! numbers {
    ($($deserialize:ident $visit:ident $number:ident,)*) => {$(
        fn $deserialize<V: Visitor<'de>>(mut self, visitor: V) -> Result<V::Value, Error> {
            let number = self.number($number::MAX.into())?;
            visitor.$visit(number as $number)
        }
    )*};
}

impl<'de, C: Choices> Deserializer<'de> for Maker<'_, C> {
    type Error = Error;

    /// Addresses are then numbers and no text.
    fn is_human_readable(&self) -> bool {
        false
    }

    numbers! {
        deserialize_u8 visit_u8 u8,
        deserialize_u16 visit_u16 u16,
        deserialize_u32 visit_u32 u32,
    }

    fn deserialize_str<V: Visitor<'de>>(mut self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_string(self.text()?)
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.deserialize_str(visitor)
    }

    fn deserialize_option<V: Visitor<'de>>(mut self, visitor: V) -> Result<V::Value, Error> {
        self.place.is_optional = true;
        if self.choices.is_there(self.place).map_err(Error::custom)? {
            visitor.visit_some(self)
        } else {
            visitor.visit_none()
        }
    }

    fn deserialize_seq<V: Visitor<'de>>(mut self, visitor: V) -> Result<V::Value, Error> {
        let len = self.count()?;
        self.deserialize_tuple(len, visitor)
    }

    fn deserialize_tuple<V: Visitor<'de>>(self, len: usize, visitor: V) -> Result<V::Value, Error> {
        let places = (0..len).map(|nth| Place { nth, is_optional: false, ..self.place });
        visitor.visit_seq(Places { choices: self.choices, places })
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        structure: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        let places = fields.iter().map(|field| Place { structure, field, nth: 0, is_optional: false });
        visitor.visit_seq(Places { choices: self.choices, places })
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        visitor.visit_enum(self)
    }

    fn deserialize_any<V: Visitor<'de>>(self, _: V) -> Result<V::Value, Error> {
        Err(Error::custom(format_args!("{:?} has a type that nothing here makes", self.place)))
    }

    serde::forward_to_deserialize_any! {
        bool i8 i16 i32 i64 u64 f32 f64 char bytes byte_buf unit unit_struct map tuple_struct identifier ignored_any
    }
}

/// The values of a structure or a list, one after the other.
struct Places<'c, C, I> {
    choices: &'c mut C,
    places: I,
}

impl<'de, C: Choices, I: Iterator<Item = Place>> SeqAccess<'de> for Places<'_, C, I> {
    type Error = Error;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, Error> {
        let Some(place) = self.places.next() else { return Ok(None) };
        seed.deserialize(Maker { choices: self.choices, place }).map(Some)
    }
}

/// An enum of two variants with one value each: an IP address is one.
impl<'de, C: Choices> EnumAccess<'de> for Maker<'_, C> {
    type Error = Error;
    type Variant = Self;

    fn variant_seed<V: DeserializeSeed<'de>>(mut self, seed: V) -> Result<(V::Value, Self), Error> {
        let variant: U32Deserializer<Error> = (self.number(u32::MAX)? % 2).into_deserializer();
        Ok((seed.deserialize(variant)?, self))
    }
}

impl<'de, C: Choices> VariantAccess<'de> for Maker<'_, C> {
    type Error = Error;

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<T::Value, Error> {
        seed.deserialize(self)
    }

    fn unit_variant(self) -> Result<(), Error> {
        Err(Error::custom("no enum of the model has such a variant"))
    }

    fn tuple_variant<V: Visitor<'de>>(self, _: usize, _: V) -> Result<V::Value, Error> {
        Err(Error::custom("no enum of the model has such a variant"))
    }

    fn struct_variant<V: Visitor<'de>>(self, _: &'static [&'static str], _: V) -> Result<V::Value, Error> {
        Err(Error::custom("no enum of the model has such a variant"))
    }
}
