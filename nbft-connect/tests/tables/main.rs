//! The commands that look at tables: `show`, `check`, `build`; their JSON, their text, their manual pages.

#![allow(
    clippy::disallowed_macros,
    clippy::disallowed_methods,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stderr
)]

mod bond;
mod build;
mod check;
mod check_key;
mod command_line;
#[path = "../../examples/names/mod.rs"]
mod completions;
mod diff;
mod export;
mod files;
mod golden;
mod graph;
mod guide;
mod help;
mod journal;
mod json;
mod layout;
mod memory;
mod names;
mod needs;
mod plan;
mod redact;
mod schema;
mod show;
mod support;
mod timeline;
