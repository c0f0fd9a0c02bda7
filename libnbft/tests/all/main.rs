//! Tests the crate's public API, in one program so that each change links only once.

#[path = "../common/mod.rs"]
mod common;
#[path = "../support/mod.rs"]
mod support;

mod check;
mod corpus;
mod drop_in;
mod fields;
mod files;
mod interfaces;
mod json;
mod model;
mod peers;
mod properties;
mod secured;
mod structure;
mod testdata;
mod text;
mod values;
mod write;
