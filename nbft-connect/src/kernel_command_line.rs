//! Reads parameters of the kernel's command line, and of the files that dracut treats as parts of it.

mod dhcp;

pub use dhcp::InvalidClientOption;

use nom::branch::alt;
use nom::bytes::complete::{is_not, tag, take_till};
use nom::character::complete::{char, multispace0, multispace1};
use nom::combinator::{all_consuming, eof, map, recognize};
use nom::multi::{many1, separated_list0};
use nom::sequence::delimited;
use nom::{IResult, Parser};
use std::path::Path;

/// The parameters, in order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct KernelCommandLine(Vec<(String, Option<String>)>);

impl KernelCommandLine {
    /// Reads `<root>/proc/cmdline`; nothing when it is not there.
    #[must_use]
    pub fn read(root: &Path) -> Self {
        std::fs::read_to_string(root.join("proc/cmdline")).map(|text| Self::parse(&text)).unwrap_or_default()
    }

    /// Splits at white space outside double quotes, as the kernel does.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        // Only an open quote can be wrong; it then ends with the line, as in the kernel.
        let words = words(text.trim_end_matches(['\n', '\0'])).map(|(_, words)| words).unwrap_or_default();
        Self(words.iter().filter(|word| !word.is_empty()).map(|word| split(word)).collect())
    }

    /// The last value given for any of these names (a deprecated one beside the current).
    #[must_use]
    pub fn value(&self, names: &[&str]) -> Option<String> {
        let given = self.0.iter().rev().filter(|(name, _)| names.contains(&name.as_str()));
        given.filter_map(|(_, value)| value.clone()).find(|value| !value.is_empty())
    }

    /// Each value given for this name, in order.
    pub fn values(&self, name: &str) -> impl Iterator<Item = &str> {
        let given = self.0.iter().filter(move |(given, _)| given == name);
        given.map(|(_, value)| value.as_deref().unwrap_or_default())
    }

    /// Whether a switch is on, as dracut reads booleans: present without a value or with any but `0`, `no` and `off`; the
    /// last one counts.
    #[must_use]
    pub fn switch(&self, name: &str) -> bool {
        let last = self.0.iter().rev().find(|(given, _)| given == name);
        last.is_some_and(|(_, value)| !matches!(value.as_deref(), Some("0" | "no" | "off")))
    }

    /// The MTU of the NBFT's interfaces (`rd.nvmf.mtu=`), from 576, which every IPv4 host takes, to 65535.
    ///
    /// # Errors
    ///
    /// [`InvalidMtu`] when something else was given.
    pub fn mtu(&self) -> Result<Option<u16>, InvalidMtu> {
        let Some(text) = self.value(&["rd.nvmf.mtu"]) else { return Ok(None) };
        match text.parse() {
            Ok(mtu @ 576..) => Ok(Some(mtu)),
            _ => Err(InvalidMtu(text)),
        }
    }

    /// The parameter by which the user switched the NBFT off, if any.
    #[must_use]
    pub fn nbft_off(&self) -> Option<&'static str> {
        ["rd.nvmf.nonbft", "rd.nonvmf"].into_iter().find(|name| self.switch(name))
    }

    /// Whether native NVMe multipath is switched off. The kernel reads a dash in a module's name as an underscore.
    #[must_use]
    pub fn multipath_off(&self) -> bool {
        let value = self.value(&["nvme_core.multipath", "nvme-core.multipath"]);
        value.is_some_and(|value| matches!(value.as_str(), "0" | "n" | "N" | "off" | "OFF" | "Off" | "f" | "F"))
    }
}

/// An invalid MTU on the kernel's command line. It holds what was given.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("rd.nvmf.mtu={0} is not a number of bytes from 576 to 65535")]
pub struct InvalidMtu(pub String);

fn words(text: &str) -> IResult<&str, Vec<String>> {
    all_consuming(delimited(multispace0, separated_list0(multispace1, word), multispace0)).parse(text)
}

fn word(text: &str) -> IResult<&str, String> {
    let quoted = delimited(char('"'), take_till(|c| c == '"'), alt((tag("\""), eof)));
    let plain = recognize(is_not(" \t\r\n\""));
    map(many1(alt((quoted, plain))), |parts| parts.concat()).parse(text)
}

fn split(word: &str) -> (String, Option<String>) {
    match word.split_once('=') {
        Some((name, value)) => (name.to_owned(), Some(value.to_owned())),
        None => (word.to_owned(), None),
    }
}

#[cfg(test)]
mod tests {
    use super::{InvalidMtu, KernelCommandLine};

    #[test]
    fn words_and_quotes() {
        let line = KernelCommandLine::parse("root=UUID=1-2  quiet \"rd.nvmf.hostnqn=nqn a\" x=\"y z\" \n");
        let expected =
            [("root", Some("UUID=1-2")), ("quiet", None), ("rd.nvmf.hostnqn", Some("nqn a")), ("x", Some("y z"))];
        let expected = expected.map(|(name, value)| (name.to_owned(), value.map(str::to_owned)));
        assert_eq!(line, KernelCommandLine(expected.to_vec()));
        assert_eq!(line.value(&["rd.nvmf.hostnqn"]).as_deref(), Some("nqn a"));
    }

    #[test]
    fn an_mtu_is_a_number_of_bytes_that_every_host_takes() {
        let mtu = |text: &str| KernelCommandLine::parse(text).mtu();
        assert_eq!(mtu("quiet rd.nvmf.mtu=9000"), Ok(Some(9000)));
        assert_eq!((mtu("rd.nvmf.mtu=576"), mtu("rd.nvmf.mtu=65535")), (Ok(Some(576)), Ok(Some(65535))));
        assert_eq!((mtu("quiet"), mtu("rd.nvmf.mtu")), (Ok(None), Ok(None)));
        for wrong in ["575", "65536", "jumbo", "-1"] {
            assert_eq!(mtu(&format!("rd.nvmf.mtu={wrong}")), Err(InvalidMtu(wrong.to_owned())));
        }
    }

    #[test]
    fn an_open_quote_ends_with_the_line() {
        let line = KernelCommandLine::parse("a \"b c");
        assert_eq!(line, KernelCommandLine(vec![("a".into(), None), ("b c".into(), None)]));
    }

    #[test]
    fn switches_respect_their_value() {
        let off = |text| KernelCommandLine::parse(text).nbft_off();
        assert_eq!(off("rd.nvmf.nonbft"), Some("rd.nvmf.nonbft"));
        assert_eq!(off("rd.nonvmf=1"), Some("rd.nonvmf"));
        assert_eq!(off("rd.nonvmf=0 rd.nvmf.nonbft=no"), None);
        assert_eq!(off("rd.nvmf.nonbft rd.nvmf.nonbft=0"), None);
        assert_eq!(off("quiet"), None);
    }

    #[test]
    fn multipath_is_off_by_the_last_word() {
        let off = |text| KernelCommandLine::parse(text).multipath_off();
        assert!(
            off("nvme_core.multipath=N")
                && off("nvme-core.multipath=0")
                && off("nvme_core.multipath=Y nvme_core.multipath=n")
        );
        assert!(!off("quiet") && !off("nvme_core.multipath=Y") && !off("nvme_core.multipath=N nvme_core.multipath=1"));
    }
}
