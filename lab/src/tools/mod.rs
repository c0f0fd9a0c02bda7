//! Gives every room its errors, its directories, other programs, and an end on a signal.

pub mod error;
pub mod place;
pub mod shell;
pub mod signals;
