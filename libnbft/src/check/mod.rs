//! Checks a table by every [`Rule`] that needs more than its structure: references, values, known quirks of firmware.

mod discovery;
mod hosts;
mod interfaces;
mod namespaces;
mod references;
mod reserved;
mod security;

use crate::finding::Rule;
use crate::finding::{Finding, Quoted};
use crate::heap::Heap;
use crate::model::{Nqn, Table};
use crate::parse::{Offsets, Owner, Parsed, frame};
use crate::raw::HeapRef;
use crate::text::NqnError;
use alloc::vec::Vec;
use core::fmt;
use core::ops::Range;
use namespaces::reported;
use zerocopy::{FromBytes, Immutable, KnownLayout, Unaligned};

pub use hosts::{Together, check_together};

impl Parsed<'_> {
    /// Checks the table by every [`Rule`] that a single table can break, and returns the findings in the order of their bytes.
    ///
    /// These include the findings of [`parse`](crate::parse()). The rules that need several tables are in [`check_together`].
    #[must_use]
    pub fn check(&self) -> Vec<Finding> {
        let mut findings = self.findings.clone();
        if let Ok((_, bytes, heap)) = frame(self.bytes()) {
            let mut checker = Checker { table: &self.table, offsets: &self.offsets, bytes, heap, findings: Vec::new() };
            checker.check_references();
            checker.check_host();
            checker.check_interfaces();
            checker.check_namespaces();
            checker.check_discovery();
            checker.check_security();
            checker.check_reserved();
            findings.append(&mut checker.findings);
        }
        findings.retain(|finding| finding.span.end <= self.bytes().len());
        findings.sort_by_key(|finding| finding.span.start);
        findings
    }
}

/// A table during its check: the model has the values; bytes and offsets say where they are.
struct Checker<'a> {
    table: &'a Table,
    offsets: &'a Offsets,
    bytes: &'a [u8],
    heap: Heap<'a>,
    findings: Vec<Finding>,
}

impl<'a> Checker<'a> {
    fn report(&mut self, rule: Rule, message: fmt::Arguments<'_>, span: Range<usize>) {
        self.findings.push(Finding::new(rule, message, span));
    }

    /// The raw structure at `offset`.
    fn raw<T: FromBytes + KnownLayout + Immutable + Unaligned>(&self, offset: usize) -> Option<&'a T> {
        T::ref_from_prefix(self.bytes.get(offset..)?).ok().map(|(raw, _)| raw)
    }

    /// The bytes of the object to which `reference` refers; if it is unusable, `at`, the bytes of the reference itself.
    fn object(&self, reference: HeapRef, at: Range<usize>) -> Range<usize> {
        self.heap.get(reference).ok().flatten().map_or(at, |object| object.span())
    }

    /// Whether `reference` points outside the heap.
    fn outside(&self, reference: HeapRef) -> bool {
        self.heap.get(reference).is_err()
    }

    /// Checks the form of the NQN at `span`.
    fn check_nqn(&mut self, owner: Owner, nqn: &Nqn, span: Range<usize>) {
        if reported(&nqn.0) {
            return;
        }
        let Err(error) = nqn.form() else { return };
        let rule = match error {
            NqnError::Long(_) => Rule::NqnLength,
            NqnError::Character(_) => Rule::NqnCharacter,
            NqnError::Date | NqnError::Domain | NqnError::Uuid => Rule::NqnSyntax,
        };
        self.report(rule, format_args!("{owner}: invalid NQN {}: {error}", Quoted(&nqn.0)), span);
    }
}
