//! Reads and removes the kernel's rules that choose an HFI's own routing table.

use super::requests::{RULE_PRIORITY, errno};
use rtnetlink::packet_route::AddressFamily;
use rtnetlink::packet_route::rule::{RuleAction, RuleAttribute, RuleMessage};
use rtnetlink::{Handle, IpVersion};
use std::net::IpAddr;

/// Which packets a rule applies to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Selector {
    /// Packets from this address.
    From(IpAddr),
    /// Packets that leave by the link of this name.
    Out(String),
}

/// A rule that has nbft's priority.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Rule {
    pub(super) ipv6: bool,
    pub(super) table: u32,
    pub(super) selector: Selector,
}

impl Rule {
    /// The rules of a network that has this address, on the link of this name.
    pub(super) fn all(ip: IpAddr, name: &str, table: u32) -> [Self; 2] {
        let rule = |selector| Self { ipv6: ip.is_ipv6(), table, selector };
        [rule(Selector::From(ip)), rule(Selector::Out(name.to_owned()))]
    }

    /// The rule of a message, if nbft makes such rules.
    pub(super) fn of(message: &RuleMessage) -> Option<Self> {
        let ipv6 = match message.header.family {
            AddressFamily::Inet => false,
            AddressFamily::Inet6 => true,
            _ => return None,
        };
        let (mut table, mut priority, mut selector) = (u32::from(message.header.table), 0, None);
        for attribute in &message.attributes {
            match attribute {
                RuleAttribute::Table(id) => table = *id,
                RuleAttribute::Priority(number) => priority = *number,
                RuleAttribute::Source(ip) if message.header.src_len == length(*ip) => {
                    selector = Some(Selector::From(*ip));
                }
                RuleAttribute::Oifname(name) => selector = Some(Selector::Out(name.clone())),
                _ => {}
            }
        }
        let ours = priority == RULE_PRIORITY && message.header.action == RuleAction::ToTable;
        Some(Self { ipv6, table, selector: selector.filter(|_| ours)? })
    }

    fn message(&self) -> RuleMessage {
        let mut message = RuleMessage::default();
        message.header.family = if self.ipv6 { AddressFamily::Inet6 } else { AddressFamily::Inet };
        message.header.action = RuleAction::ToTable;
        message.attributes = vec![RuleAttribute::Table(self.table), RuleAttribute::Priority(RULE_PRIORITY)];
        message.attributes.push(match &self.selector {
            Selector::From(ip) => {
                message.header.src_len = length(*ip);
                RuleAttribute::Source(*ip)
            }
            Selector::Out(name) => RuleAttribute::Oifname(name.clone()),
        });
        message
    }

    /// Removes it. A rule that does not exist is no error.
    pub(super) async fn remove(&self, handle: &Handle) -> Result<(), rtnetlink::Error> {
        match handle.rule().del(self.message()).execute().await {
            Err(error) if errno(&error) == Some(libc::ENOENT) => Ok(()),
            result => result,
        }
    }
}

const fn length(ip: IpAddr) -> u8 {
    if ip.is_ipv6() { 128 } else { 32 }
}

/// The messages of all rules; none if the kernel has no policy routing.
pub(super) async fn dump(handle: &Handle) -> Vec<RuleMessage> {
    use futures_util::StreamExt;
    let mut all = Vec::new();
    for version in [IpVersion::V4, IpVersion::V6] {
        let mut rules = Box::pin(handle.rule().get(version).execute());
        while let Some(Ok(rule)) = rules.next().await {
            all.push(rule);
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rule_that_is_written_reads_the_same() {
        for ip in ["192.0.2.2", "2001:db8::2"] {
            for rule in Rule::all(ip.parse().unwrap(), "nbft0", 20_003) {
                assert_eq!(Rule::of(&rule.message()), Some(rule.clone()));
                let mut other_priority = rule.message();
                other_priority.attributes[1] = RuleAttribute::Priority(100);
                assert_eq!(Rule::of(&other_priority), None);
            }
        }
    }
}
