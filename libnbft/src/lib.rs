//! The ACPI NVMe Boot Firmware Table (NBFT): bytes ⇄ model ⇄ plan.
//!
//! Firmware that boots a machine over NVMe/TCP leaves this table behind. It holds the identity of the host, the interfaces that
//! firmware set up, and the namespaces that it reached over them. This crate reads every revision of the table, reports its
//! faults down to the byte, writes tables, and plans the network and the connections of the booted system.
//!
//! ```text
//!   0 ┌──────────────────────┐
//!     │ header            64 │ length, checksum, where the heap lies
//!  64 ├──────────────────────┤
//!     │ control descriptor   │ where everything else lies
//!     │                   64 │
//!     ├──────────────────────┤
//!     │ host descriptor   32 │ host ID, host NQN ──────────────┐
//!     ├──────────────────────┤                                 │
//!     │ HFI list     n ×  32 │ interfaces ── transport info ───┤
//!     │ SSNS list    n × 128 │ namespaces ── address, NQN … ───┤  heap references:
//!     │ security     n ×  64 │ profiles ──── lists, keypath ───┤  offset and length
//!     │ discovery    n ×  32 │ controllers ─ URI, NQN ─────────┤
//!     ├──────────────────────┤                                 │
//!     │ heap                 │ ◀───────────────────────────────┘
//!     │  strings, addresses, │ HFI transport info (128) ─▶ host name, extended info (20) ─▶ IAID, DUID
//!     │  further structures  │ SSNS extended info (18 or 23) ─▶ DHCP root path
//!     └──────────────────────┘
//! ```
//!
//! Descriptors refer to each other by their indexes: an SSNS names its HFIs, its security profile and the discovery controller
//! that returned it. Names of structures and fields are those of the NVM Express Boot Specification,
//! revisions 1.0 to 1.3.
//!
//! # The tables of this machine
//!
#![cfg_attr(feature = "std", doc = "```no_run")]
#![cfg_attr(not(feature = "std"), doc = "```ignore")]
//! use libnbft::files;
//! use std::path::Path;
//!
//! fn main() -> Result<(), Box<dyn std::error::Error>> {
//!     for file in files::find(Path::new(files::DEFAULT_PATH))? {
//!         let bytes = file.read()?;
//!         let parsed = libnbft::parse(&bytes)?;
//!         println!("{} has {} HFIs and {} SSNSs", file.name, parsed.table.hfis.len(), parsed.table.ssns.len());
//!         for finding in parsed.check() {
//!             println!("{}: {finding}", file.name);
//!         }
//!     }
//!     Ok(())
//! }
//! ```
//!
//! # A network manager: which interfaces belong to the firmware?
//!
//! The plan has one interface for each NIC of all tables. A network manager leaves these interfaces alone. On a machine, the
//! path is [`files::DEFAULT_PATH`].
//!
#![cfg_attr(all(feature = "std", feature = "plan"), doc = "```")]
#![cfg_attr(not(all(feature = "std", feature = "plan")), doc = "```ignore")]
//! use libnbft::plan::{Method, Options, Plan};
//!
//! fn main() -> Result<(), libnbft::files::FileError> {
//!     let path = concat!(env!("CARGO_MANIFEST_DIR"), "/testdata/tables/multipath.nbft");
//!     let loaded = Plan::load(path, &Options::default())?;
//!     for (file, error) in &loaded.unusable {
//!         eprintln!("{}: {error}", file.display());
//!     }
//!     let nic = &loaded.plan.interfaces[1];
//!     assert_eq!((nic.name.as_str(), nic.mac.to_string().as_str()), ("nbft1", "02:00:5e:00:53:02"));
//!     let network = &nic.links[0].networks[0];
//!     assert_eq!(network.method, Method::Static);
//!     assert_eq!(network.to_string(), "static 198.51.100.11/24");
//!     assert_eq!((network.prefix, network.gateway.is_some()), (24, true));
//!     Ok(())
//! }
//! ```
//!
//! # A connector: which controllers, over which interfaces?
//!
#![cfg_attr(feature = "plan", doc = "```")]
#![cfg_attr(not(feature = "plan"), doc = "```ignore")]
//! use libnbft::plan::{Options, Plan, Source};
//!
//! let bytes = include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/testdata/tables/multipath.nbft"));
//! let parsed = libnbft::parse(bytes).expect("the table is usable");
//! let plan = Plan::new(&[Source { name: "NBFT", table: &parsed.table }], &Options::default());
//! let host = plan.host.as_ref().expect("the table names the host");
//! assert_eq!(host.nqn, "nqn.2014-08.org.nvmexpress:uuid:5a0e3c2d-1b4f-4e6a-9c8d-7f6e5d4c3b2a");
//! for path in &plan.paths {
//!     println!("connect {path}");
//! }
//! let nqn = "nqn.2026-11.net.example:root";
//! assert_eq!(plan.paths[0].to_string(), format!("{nqn} at 192.0.2.1 port 4420 over nbft0"));
//! for left_out in &plan.left_out {
//!     println!("{left_out} ({})", left_out.reason.code());
//! }
//! // The namespace is there when this identifier is, over either path.
//! let nid = plan.namespaces[0].nid.expect("the table names the namespace");
//! assert_eq!(nid.to_string(), "3f0c1e77-902b-4d5a-8e61-223344556677");
//! ```
//!
//! # A linter: what is wrong with the table that my driver wrote?
//!
//! ```
//! use libnbft::{Rule, Severity};
//!
//! let bytes = include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/testdata/rules/prefix-long.nbft"));
//! let parsed = libnbft::parse(bytes).expect("one wrong value does not make a table unreadable");
//! for finding in parsed.check() {
//!     assert_eq!((finding.rule, finding.severity), (Rule::PrefixLong, Severity::Error));
//!     assert_eq!(finding.message, "HFI 1: the prefix length of 192.0.2.10 is 33; the highest is 32");
//!     let fields = parsed.fields();
//!     let marked = fields.iter().find(|field| field.span == finding.span).expect("one field is wrong");
//!     assert_eq!((marked.structure.as_str(), marked.field), ("HFI 1 transport info", "subnet mask prefix"));
//! }
//! ```
//!
//! # What it promises
//!
//! * No input panics. Allocations are in proportion to the input, whatever its references point at.
//! * A broken descriptor costs only itself: the rest stays usable, and a [`Finding`] names the loss. Only a [`ParseError`] makes
//!   a table unusable as a whole.
//! * Unknown codes, flags and revisions survive as numbers.
//! * `parse(&write(&table)?)?.table == table` for every model that [`write()`] takes.
//! * Text from a table may hold any character but NUL: [escape](text::escape) it before it reaches a terminal or a file.
//!   [`text`] has the forms for the kernel.
//!
//! # Features
//!
//! All are on by default, and each works alone. Without any of them the crate is the parser and the rules, `no_std` with
//! `alloc`.
//!
//! * `std`: [`files`], which finds and reads table files.
//! * `serde`: the model in serde's terms, and [`json`], the form that `nbft show -o json` prints.
//! * `write`: [`write()`] and [`repair_checksum`].
//! * `plan`: [`plan`], and [`discovery_log`], the log page of discovery controllers.
#![cfg_attr(not(feature = "std"), no_std)]
#![forbid(unsafe_code)]
#![deny(missing_docs)]

extern crate alloc;

pub mod address;
mod annotate;
mod check;
mod codes;
#[cfg(feature = "plan")]
pub mod discovery_log;
mod error;
#[cfg(feature = "std")]
pub mod files;
mod finding;
mod heap;
mod hex;
#[cfg(feature = "serde")]
pub mod json;
pub mod model;
mod parse;
#[cfg(feature = "plan")]
pub mod plan;
mod raw;
mod subnet;
pub mod text;
#[cfg(feature = "write")]
mod write;

pub use annotate::Field;
pub use check::{Together, check_together};
pub use error::ParseError;
pub use finding::{Finding, Rule, Severity};
pub use parse::{Parsed, parse};
#[cfg(feature = "write")]
pub use write::{WriteError, repair_checksum, write};
