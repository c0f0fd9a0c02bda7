//! Exports the functions. Each accepts null for any pointer.

mod connection;
mod handle;
mod network;

pub(crate) use connection::CONNECTION;
pub(crate) use handle::HANDLE;
pub(crate) use network::NETWORK;

use crate::declare::api;
use crate::items::Handle;
use crate::load::{self, Code};
use std::ffi::{CStr, CString, OsStr, c_char};
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;
use std::ptr::null;

/// The object to which a pointer from C points.
fn reference<'a, T>(pointer: *const T) -> Option<&'a T> {
    // SAFETY: the caller gives null or a pointer that this library gave and whose handle lives; nothing changes an item.
    unsafe { pointer.as_ref() }
}

fn optional(text: Option<&CString>) -> *const c_char {
    text.map_or(null(), |text| text.as_ptr())
}

fn bytes(bytes: Option<&[u8]>, length: *mut usize) -> *const u8 {
    // SAFETY: the caller gives null or a place for a number.
    if let Some(length) = unsafe { length.as_mut() } {
        *length = bytes.map_or(0, <[u8]>::len);
    }
    bytes.map_or(null(), <[u8]>::as_ptr)
}

/// Hands a new handle to the caller.
fn give((code, handle): (Code, Handle), into: *mut *mut Handle) -> i32 {
    // SAFETY: the caller gives a place for a pointer, and `nbftc_open` or `nbftc_parse` has checked it for null.
    unsafe { into.write(Box::into_raw(Box::new(handle))) };
    code.number()
}

fn clear(into: *mut *mut Handle) {
    // SAFETY: the caller gives null or a place for a pointer.
    if let Some(into) = unsafe { into.as_mut() } {
        *into = std::ptr::null_mut();
    }
}

api! {
    MAIN:
    /// The version of the library. It belongs to the library and is never freed.
    fn nbftc_version() -> *const c_char = "const char *", else null(); {
        const VERSION: &str = concat!(env!("CARGO_PKG_VERSION"), "\0");
        VERSION.as_ptr().cast()
    }

    /// Reads the tables at `path` and plans from them: a directory, or one file; null means /sys/firmware/acpi/tables.
    /// Returns NBFTC_OK or a negative NBFTC_ERROR_*. `*handle` is set in both cases, for nbftc_message() and the findings, and must be
    /// freed; it is null after NBFTC_ERROR_ARGUMENT and NBFTC_ERROR_INTERNAL.
    fn nbftc_open(path: *const c_char = "const char *", handle: *mut *mut Handle = "struct nbftc **") -> i32 = "int", else Code::Internal.number(); {
        clear(handle);
        if handle.is_null() {
            return Code::Argument.number();
        }
        if path.is_null() {
            return give(load::open(None), handle);
        }
        // SAFETY: it is not null, and the caller gives a text that ends in NUL.
        let path = unsafe { CStr::from_ptr(path) };
        give(load::open(Some(Path::new(OsStr::from_bytes(path.to_bytes())))), handle)
    }

    /// Like nbftc_open(), but reads one table from memory. The bytes are not needed afterwards.
    fn nbftc_parse(table: *const u8 = "const void *", length: usize = "size_t", handle: *mut *mut Handle = "struct nbftc **") -> i32 = "int", else Code::Internal.number(); {
        clear(handle);
        if handle.is_null() || (table.is_null() && length > 0) || isize::try_from(length).is_err() {
            return Code::Argument.number();
        }
        if length == 0 {
            return give(load::read(&[]), handle);
        }
        // SAFETY: it is not null, and the caller gives that many bytes, which do not change meanwhile.
        give(load::read(unsafe { std::slice::from_raw_parts(table, length) }), handle)
    }

    /// Frees a handle and everything that belongs to it. Null is allowed.
    fn nbftc_free(handle: *mut Handle = "struct nbftc *") -> () = "void", else (); {
        if !handle.is_null() {
            // SAFETY: the caller gives a handle that this library made with Box, once.
            drop(unsafe { Box::from_raw(handle) });
        }
    }

    /// What a code means, in words. The text belongs to the library and is never freed.
    fn nbftc_strerror(code: i32 = "int") -> *const c_char = "const char *", else null(); {
        let text: &CStr = match code {
            0 => c"success",
            -1 => c"a null pointer or another wrong argument",
            -2 => c"nothing exists at the path",
            -3 => c"the caller may not read the table",
            -4 => c"the path cannot be read",
            -5 => c"no usable NBFT",
            -6 => c"no such value",
            -7 => c"internal error",
            _ => c"unknown code",
        };
        text.as_ptr()
    }
}
