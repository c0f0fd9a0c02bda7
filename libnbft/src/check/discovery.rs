//! Checks the values of discovery descriptors.

use super::Checker;
use super::namespaces::reported;
use crate::finding::Quoted;
use crate::finding::Rule;
use crate::parse::Owner;
use crate::raw::{self, bytes_of};
use crate::text::DiscoveryUri;

impl Checker<'_> {
    pub(super) fn check_discovery(&mut self) {
        let table = self.table;
        for (discovery, offset) in table.discovery.iter().zip(&self.offsets.discovery) {
            let Some(raw) = self.raw::<raw::Discovery>(*offset) else { continue };
            let owner = Owner::new("discovery", discovery.index);
            let reference = bytes_of!(*offset, Discovery.uri);
            if raw.uri.length.get() == 0 {
                self.report(Rule::UriMissing, format_args!("{owner} has no address"), reference);
            } else if let Some(text) =
                discovery.uri.as_ref().filter(|text| text.parse::<DiscoveryUri>().is_err() && !reported(text))
            {
                let span = self.object(raw.uri, reference);
                self.report(Rule::UriSyntax, format_args!("{owner}: {} is not an nvme+tcp URI", Quoted(text)), span);
            }
            // A missing NQN stands for the well-known one.
            if let Some(nqn) = &discovery.nqn {
                let span = self.object(raw.nqn, bytes_of!(*offset, Discovery.nqn));
                self.check_nqn(owner, nqn, span);
            }
        }
    }
}
