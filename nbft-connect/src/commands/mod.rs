//! Runs the commands, one module each.

pub mod build;
pub mod check;
pub mod check_key;
pub mod connect;
pub mod diff;
pub mod disconnect;
pub mod doctor;
pub mod export;
mod findings;
pub mod help;
mod hex;
mod host;
pub mod names;
pub mod plan;
pub mod show;
pub mod status;
mod subsystems;
