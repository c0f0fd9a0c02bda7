//! `nbft doctor`, whole outputs: against real links and targets in network namespaces, and against trees that stand in for
//! sysfs. Each run is checked to have changed nothing.

#![allow(clippy::disallowed_macros, clippy::disallowed_methods, clippy::unwrap_used)]

#[path = "../common/mod.rs"]
mod common;
mod discovery;
mod excluded;
mod ipv6;
mod master;
mod network;
mod outcome;
mod support;
mod system;
mod warnings;
