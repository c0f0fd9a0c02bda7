//! The status file: its form, who may write it, and the outcome that it shows.

pub(crate) mod file;
pub(crate) mod outcome;
pub mod schema;
mod validate;
