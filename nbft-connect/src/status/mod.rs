//! Defines the status file: its form, who may write it, and the outcome that it shows.

pub(crate) mod file;
pub(crate) mod live;
mod of_plan;
pub(crate) mod outcome;
mod read;
pub mod schema;
mod shown;
pub mod timeline;
mod validate;

pub(crate) use of_plan::{FALLBACK_CODE, discovery_status, names, namespace_status, path_status};
pub use read::{MAX_SIZE, ParseError};
