//! Reads the guest's report (`image/guest/guest-report.sh`).

use crate::vm::Line;
use std::collections::HashMap;
use std::time::Duration;

/// The guest's report.
#[derive(Debug, Default, Clone)]
pub struct Report {
    values: HashMap<String, Vec<String>>,
    blocks: HashMap<String, (Vec<String>, i32)>,
    open: Option<(String, Vec<String>)>,
    /// When its first line (`uptime`) arrived, from QEMU's start.
    pub at: Duration,
    /// Whether its last line has arrived.
    pub complete: bool,
}

impl Report {
    /// Adds a line of the machine; returns true once the report is complete.
    pub fn take(&mut self, line: &Line) -> bool {
        if !line.report {
            return self.complete;
        }
        let text = line.text.as_str();
        if let Some((name, mut lines)) = self.open.take() {
            match text.strip_prefix("@end ") {
                Some(status) => {
                    self.blocks.insert(name, (lines, status.trim().parse().unwrap_or(-1)));
                }
                None => {
                    lines.push(text.to_owned());
                    self.open = Some((name, lines));
                }
            }
        } else if let Some((key, value)) = text.strip_prefix('@').and_then(|rest| rest.split_once(' ')) {
            if key == "uptime" {
                self.at = line.at;
            }
            match (key, value) {
                ("begin", name) => self.open = Some((name.to_owned(), Vec::new())),
                ("report", _) => self.complete = true,
                _ => self.values.entry(key.to_owned()).or_default().push(value.to_owned()),
            }
        }
        self.complete
    }

    /// All values of a key.
    pub fn all(&self, key: &str) -> &[String] {
        self.values.get(key).map_or(&[], Vec::as_slice)
    }

    /// A key's value as a number.
    pub fn number(&self, key: &str) -> Option<f64> {
        self.all(key).first()?.trim().parse().ok()
    }

    /// A block's lines.
    pub fn block(&self, name: &str) -> &[String] {
        self.blocks.get(name).map_or(&[], |(lines, _)| lines.as_slice())
    }

    /// The names of all blocks.
    pub fn blocks(&self) -> impl Iterator<Item = &str> {
        self.blocks.keys().map(String::as_str)
    }

    /// The exit status of a block's command.
    pub fn status(&self, name: &str) -> Option<i32> {
        self.blocks.get(name).map(|(_, status)| *status)
    }

    /// The lowest block devices below the root: name, transport, UUID.
    pub fn leaves(&self) -> Vec<(&str, &str, &str)> {
        self.all("leaf")
            .iter()
            .filter_map(|line| {
                let mut words = line.split_whitespace();
                Some((words.next()?, words.next()?, words.next().unwrap_or("")))
            })
            .collect()
    }

    /// The controllers, each with its attributes of sysfs.
    pub fn controllers(&self) -> Vec<HashMap<&str, &str>> {
        let mut found: Vec<(&str, HashMap<&str, &str>)> = Vec::new();
        for line in self.block("controllers") {
            let mut words = line.splitn(3, ' ');
            let (Some(name), Some(key), value) = (words.next(), words.next(), words.next().unwrap_or("")) else {
                continue;
            };
            match found.iter_mut().find(|(known, _)| *known == name) {
                Some((_, attributes)) => {
                    attributes.insert(key, value);
                }
                None => found.push((name, HashMap::from([("name", name), (key, value)]))),
            }
        }
        found.into_iter().map(|(_, attributes)| attributes).collect()
    }

    /// Addresses of an interface with their prefix lengths, link-local ones aside.
    pub fn addresses(&self, interface: &str) -> Vec<&str> {
        self.block("addresses")
            .iter()
            .filter_map(|line| {
                let mut words = line.split_whitespace().skip(1);
                let name = words.next()?.split('@').next()?;
                let family = words.next()?;
                let address = words.next()?;
                let wanted = name == interface && family.starts_with("inet") && !address.starts_with("fe80:");
                wanted.then_some(address)
            })
            .collect()
    }

    /// The names of all interfaces.
    pub fn interfaces(&self) -> Vec<&str> {
        let name = |line: &'_ String| -> Option<std::ops::Range<usize>> {
            let start = line.find(": ")? + 2;
            let length = line[start..].find([':', '@'])?;
            Some(start..start + length)
        };
        self.block("links").iter().filter_map(|line| Some(&line[name(line)?])).collect()
    }

    /// The time in the kernel's log of the first message that `wanted` accepts.
    pub fn kernel_time(&self, wanted: impl Fn(&str) -> bool) -> Option<f64> {
        self.block("dmesg").iter().find_map(|line| {
            let (time, text) = line.strip_prefix('[')?.split_once("] ")?;
            if wanted(text) { time.trim().parse().ok() } else { None }
        })
    }
}
