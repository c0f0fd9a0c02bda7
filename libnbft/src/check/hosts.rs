//! Checks the host's identity, in one table and between several.

use super::Checker;
use crate::finding::Rule;
use crate::finding::{Finding, Quoted};
use crate::model::{Host, Nqn, PrimaryAdminHost};
use crate::parse::{Owner, Parsed};
use crate::raw::{self, bytes_of};
use alloc::vec::Vec;

impl Checker<'_> {
    pub(super) fn check_host(&mut self) {
        let Some((host, offset)) = self.table.host.as_ref().zip(self.offsets.host) else { return };
        let Some(raw) = self.raw::<raw::Host>(offset) else { return };
        let reference = bytes_of!(offset, Host.nqn);
        if raw.nqn.length.get() == 0 {
            self.report(Rule::HostNqnMissing, format_args!("the host descriptor has no NQN"), reference);
        } else if let Some(nqn) = &host.nqn {
            let span = self.object(raw.nqn, reference);
            self.check_nqn(Owner::HOST, nqn, span);
        }
        let (id, span) = (host.id, bytes_of!(offset, Host.host_id));
        let named = host.nqn.as_ref().and_then(Nqn::uuid);
        if id.is_placeholder() {
            self.report(Rule::HostIdPlaceholder, format_args!("the host ID is {id}"), span);
        } else if let Some(named) = named.filter(|named| *named != id) {
            if named == id.swapped() {
                self.report(
                    Rule::HostIdSwapped,
                    format_args!("the host ID is {id}, the UUID of the host NQN {named}: the same in two byte orders"),
                    span,
                );
            } else {
                self.report(
                    Rule::HostIdDiffers,
                    format_args!("the host ID is {id}, the UUID of the host NQN {named}"),
                    span,
                );
            }
        }
        if host.flags.primary_admin().words().is_none() {
            self.report(
                Rule::PrimaryAdminReserved,
                format_args!("the primary administrative host field is {}", host.flags.primary_admin().0),
                bytes_of!(offset, Host.flags),
            );
        }
    }
}

/// Checks the tables of one machine against each other. Each finding comes with the number, from 0, of its table in `tables`.
#[must_use]
pub fn check_together(tables: &[&Parsed<'_>]) -> Vec<(usize, Finding)> {
    let mut together = Together::default();
    tables.iter().for_each(|parsed| together.add(parsed));
    together.findings()
}

/// Like [`check_together`], for tables that come one by one: it keeps only the host descriptor of each, so the table can be dropped.
#[derive(Clone, Debug, Default)]
pub struct Together {
    /// How many tables were added.
    count: usize,
    /// The number of the table, its host, and the offset of the host's descriptor in bytes.
    hosts: Vec<(usize, Host, usize)>,
}

impl Together {
    /// Adds a table.
    pub fn add(&mut self, parsed: &Parsed<'_>) {
        if let (Some(offset), Some(host)) = (parsed.offsets.host, &parsed.table.host) {
            self.hosts.push((self.count, host.clone(), offset));
        }
        self.count += 1;
    }

    /// The findings between the tables added so far, each with the number of its table, from 0 in the order of adding.
    #[must_use]
    pub fn findings(&self) -> Vec<(usize, Finding)> {
        findings(&self.hosts)
    }
}

fn findings(hosts: &[(usize, Host, usize)]) -> Vec<(usize, Finding)> {
    let mut findings = Vec::new();
    let selected: Vec<_> =
        hosts.iter().filter(|(_, host, _)| host.flags.primary_admin() == PrimaryAdminHost::SELECTED).collect();
    for (number, host, offset) in selected.iter().skip(1) {
        findings.push((
            *number,
            Finding::new(
                Rule::SelectedHosts,
                format_args!("the host {} is marked as selected, but so is that of an earlier table", name(host)),
                bytes_of!(*offset, Host.flags),
            ),
        ));
    }
    if let ([(_, first, _), rest @ ..], true) = (hosts, selected.is_empty()) {
        for (number, host, offset) in rest.iter().filter(|(_, host, _)| (&host.nqn, host.id) != (&first.nqn, first.id))
        {
            let span =
                if host.id == first.id { bytes_of!(*offset, Host.nqn) } else { bytes_of!(*offset, Host.host_id) };
            let (is, other) = (name(host), name(first));
            findings.push((
                *number,
                Finding::new(
                    Rule::HostsDisagree,
                    format_args!(
                        "the host is {is} with ID {}, in an earlier table {other} with ID {}",
                        host.id, first.id
                    ),
                    span,
                ),
            ));
        }
    }
    findings
}

fn name(host: &Host) -> Quoted<'_> {
    Quoted(host.nqn.as_ref().map_or("", Nqn::as_str))
}
