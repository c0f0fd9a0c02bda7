//! Declares the exported functions: the function itself, which never unwinds into C, and its declaration for the header.

use std::panic::{AssertUnwindSafe, catch_unwind};

/// An exported function, described in C's terms.
#[derive(Clone, Copy, Debug)]
pub struct Declaration {
    /// Lines of its description.
    pub doc: &'static [&'static str],
    /// Its name.
    pub name: &'static str,
    /// Type and name of each parameter.
    pub parameters: &'static [(&'static str, &'static str)],
    /// Return type.
    pub returns: &'static str,
}

/// Returns the result of `body`, or `instead` if it panics: unwinding into C is undefined.
pub(crate) fn guard<T>(instead: T, body: impl FnOnce() -> T) -> T {
    catch_unwind(AssertUnwindSafe(body)).unwrap_or(instead)
}

/// Makes exported functions and the list of their declarations. `else` gives what is returned in place of a panic.
macro_rules! api {
    ($list:ident: $(
        $(#[doc = $doc:literal])+
        fn $name:ident($($arg:ident: $type:ty = $c:literal),* $(,)?) -> $returns:ty = $c_returns:literal, else $instead:expr;
        $body:block
    )+) => {
        $(
            $(#[doc = $doc])+
            ///
            /// # Safety
            ///
            /// Each pointer is null, or is one that this library gave and whose handle is not freed; a text ends in NUL.
            // SAFETY: no other library uses the prefix nbftc_.
            #[unsafe(no_mangle)]
            pub(crate) unsafe extern "C" fn $name($($arg: $type),*) -> $returns {
                $crate::declare::guard($instead, move || $body)
            }
        )+

        pub(crate) const $list: &[$crate::Declaration] = &[$($crate::Declaration {
            doc: &[$($doc),+],
            name: stringify!($name),
            parameters: &[$(($c, stringify!($arg))),*],
            returns: $c_returns,
        }),+];
    };
}
pub(crate) use api;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_ends_at_the_boundary() {
        assert_eq!(guard(-7, || -> i32 { std::panic::panic_any(()) }), -7);
    }
}
