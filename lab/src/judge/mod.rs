//! Compares what a run left behind with what its scenario expects, and names each difference.

pub mod capture;
pub mod console;
mod exports;
pub mod guest;
mod handover;
pub mod report;
pub mod secrets;
pub mod wire;
