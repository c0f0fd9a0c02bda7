//! Gives each variant of an error enum a stable code.

/// Implements `code()` and the list `CODES` for an enum: each variant with its code, a name in kebab-case that never changes.
///
/// Only for the programs of this repository; not part of the stable API.
#[doc(hidden)]
#[macro_export]
macro_rules! codes {
    ($name:ident { $($variant:ident => $code:literal,)+ }) => {
        impl $name {
            /// All codes, in the order of the variants.
            pub const CODES: &'static [&'static str] = &[$($code),+];

            /// The stable code, in kebab-case.
            #[must_use]
            pub const fn code(&self) -> &'static str {
                match self {
                    $(Self::$variant { .. } => $code,)+
                }
            }
        }
    };
}

#[cfg(feature = "plan")]
pub(crate) use codes;
