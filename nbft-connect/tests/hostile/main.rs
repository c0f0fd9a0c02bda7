//! Text from outside stays text: tables, DHCP answers and a status file whose every string holds what a terminal would obey, what
//! ends a line or a word, what is not seen and what is no text, through every command, every format and every file.

#![allow(clippy::disallowed_macros, clippy::disallowed_methods, clippy::unwrap_used)]

mod answers;
mod commands;
#[path = "../common/mod.rs"]
mod common;
mod files;
mod secrets;
mod support;
mod tables;
