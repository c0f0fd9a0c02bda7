//! Provides errors, directories, other programs and signal handling to all rooms.

pub mod error;
pub mod place;
pub mod shell;
pub mod signals;
