//! Replaces what identifies a machine or a site, so that a table can go into a bug report.
//!
//! NQNs, addresses, MACs, UUIDs and other namespace identifiers, host names and client identifiers are replaced, the same
//! value by the same replacement in all tables of a run, in the order in which they come: the same tables give the same
//! output. Nothing is derived from the value itself, so nothing can be guessed back. What a bug report needs is kept:
//! which values are equal, which addresses share a subnet, which UUID is another in the other byte order, what is not set,
//! what is a placeholder, and whether a text has its expected form.

mod addresses;
mod identifiers;
mod text;

use addresses::Addresses;
use identifiers::Identifiers;
use libnbft::model::{Address, HfiExt, HfiTcp, NidType, Nqn, Ssns, Table, Uuid};

/// Replacements, kept for the whole run.
#[derive(Debug)]
pub(crate) struct Redactor {
    addresses: Addresses,
    identifiers: Identifiers,
    words: Vec<Word>,
}

/// A word that was replaced by its kind and a number.
#[derive(Debug)]
struct Word {
    kind: &'static str,
    original: String,
    replacement: String,
}

impl Redactor {
    /// For these tables; all of them must be known before the first is redacted, since their HFIs tell the subnets.
    pub(crate) fn new<'a>(tables: impl IntoIterator<Item = &'a Table>) -> Self {
        let infos = tables.into_iter().flat_map(|table| &table.hfis).filter_map(|hfi| hfi.tcp.as_ref());
        let networks = infos.filter_map(|tcp| Some((tcp.ip.get()?, tcp.prefix)));
        Self { addresses: Addresses::new(networks), identifiers: Identifiers::default(), words: Vec::new() }
    }

    /// The table with everything replaced.
    pub(crate) fn table(&mut self, table: &Table) -> Table {
        let mut table = table.clone();
        if let Some(path) = &mut table.header.driver_path {
            *path = text::device_path(path);
        }
        if let Some(host) = &mut table.host {
            host.id = self.identifiers.uuid(host.id);
            self.optional(&mut host.nqn, Self::nqn);
        }
        for tcp in table.hfis.iter_mut().filter_map(|hfi| hfi.tcp.as_mut()) {
            self.tcp(tcp);
        }
        for ssns in &mut table.ssns {
            self.ssns(ssns);
        }
        for discovery in &mut table.discovery {
            self.optional(&mut discovery.uri, |this, uri| this.uri(uri));
            self.optional(&mut discovery.nqn, Self::nqn);
        }
        for profile in &mut table.security {
            self.optional(&mut profile.secret_keypath, |this, uri| this.uri(uri));
        }
        table
    }

    fn optional<T>(&mut self, value: &mut Option<T>, replace: impl FnOnce(&mut Self, &T) -> T) {
        *value = value.take().map(|value| replace(self, &value));
    }

    fn tcp(&mut self, tcp: &mut HfiTcp) {
        tcp.mac = self.identifiers.mac(tcp.mac);
        for address in
            [&mut tcp.ip, &mut tcp.gateway, &mut tcp.primary_dns, &mut tcp.secondary_dns, &mut tcp.dhcp_server]
        {
            *address = self.address(*address);
        }
        self.optional(&mut tcp.host_name, |this, name| this.word("host", name));
        if let Some(HfiExt { iaid, duid, .. }) = &mut tcp.ext {
            *iaid = iaid.map(|iaid| self.identifiers.iaid(iaid));
            *duid = duid.take().map(|duid| self.identifiers.duid(&duid));
        }
    }

    fn ssns(&mut self, ssns: &mut Ssns) {
        ssns.traddr = ssns.traddr.map(|address| self.address(address));
        self.optional(&mut ssns.trsvcid, |this, port| this.port(port));
        ssns.nid = match ssns.nid_type {
            NidType::UUID => self.identifiers.uuid(Uuid(ssns.nid)).0,
            NidType::EUI64 => self.identifiers.eui64(ssns.nid),
            _ => self.identifiers.nid(ssns.nid),
        };
        self.optional(&mut ssns.nqn, Self::nqn);
        if let Some(ext) = &mut ssns.ext {
            self.optional(&mut ext.dhcp_root_path, |this, path| this.uri(path));
        }
    }

    fn address(&mut self, address: Address) -> Address {
        address.get().map_or(address, |ip| Address::from(self.addresses.replace(ip)))
    }

    fn nqn(&mut self, nqn: &Nqn) -> Nqn {
        Nqn(self.nqn_text(nqn.as_str()))
    }

    /// A word that no other rule covers: `KIND-1`, `KIND-2`, … A word in capitals equals the same word in small letters: firmware writes
    /// root paths in capitals.
    fn word(&mut self, kind: &'static str, word: &str) -> String {
        if word.is_empty() {
            return String::new();
        }
        let same = |known: &str| known == word || text::is_upper(word) && known.eq_ignore_ascii_case(word);
        let of_kind = || self.words.iter().filter(|known| known.kind == kind);
        if let Some(known) = of_kind().find(|known| same(&known.original)) {
            return known.replacement.clone();
        }
        let replacement = format!("{kind}-{}", of_kind().count() + 1);
        self.words.push(Word { kind, original: word.into(), replacement: replacement.clone() });
        replacement
    }
}

#[cfg(test)]
mod tests;
