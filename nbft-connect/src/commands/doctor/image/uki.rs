//! Finds the sections of a unified kernel image, a PE file.

use std::fs::File;
use std::io::{self, Read, Seek as _, SeekFrom};
use std::path::Path;

/// Largest section that is read as text, in bytes.
const MAX_TEXT: u64 = 64 << 10;

/// What nbft asks of a UKI.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Uki {
    /// Where the initramfs lies, and how long it is.
    pub(crate) initrd: Option<(u64, u64)>,
    /// The kernel's command line.
    pub(crate) cmdline: Option<String>,
    /// The kernel's version.
    pub(crate) uname: Option<String>,
}

/// The UKI in the file; nothing if it is no PE file.
pub(crate) fn read(file: &Path) -> io::Result<Option<Uki>> {
    let mut file = File::open(file)?;
    let size = file.metadata()?.len();
    let mut start = Vec::new();
    // The section table lies within the first page or two of every PE file.
    file.by_ref().take(64 << 10).read_to_end(&mut start)?;
    let Some(sections) = sections(&start) else { return Ok(None) };
    let place = |name: &str| {
        let (_, at, length) = sections.iter().find(|(found, ..)| found == name)?;
        Some((u64::from(*at), u64::from(*length))).filter(|(at, length)| at + length <= size)
    };
    let mut text = |name: &str| {
        let (at, length) = place(name)?;
        let mut bytes = Vec::new();
        file.seek(SeekFrom::Start(at)).ok()?;
        file.by_ref().take(length.min(MAX_TEXT)).read_to_end(&mut bytes).ok()?;
        Some(String::from_utf8_lossy(&bytes).trim_matches(['\0', '\n', ' ']).to_owned())
    };
    Ok(Some(Uki { cmdline: text(".cmdline"), uname: text(".uname"), initrd: place(".initrd") }))
}

/// Name, offset and length of each section.
fn sections(start: &[u8]) -> Option<Vec<(String, u32, u32)>> {
    let word = |at: usize| Some(u32::from_le_bytes(start.get(at..at.checked_add(4)?)?.try_into().ok()?));
    let half = |at: usize| Some(usize::from(u16::from_le_bytes(start.get(at..at.checked_add(2)?)?.try_into().ok()?)));
    if !start.starts_with(b"MZ") {
        return None;
    }
    let header = usize::try_from(word(0x3c)?).ok().filter(|at| *at < start.len())?;
    if word(header)? != u32::from_le_bytes(*b"PE\0\0") {
        return None;
    }
    let table = header + 24 + half(header + 20)?;
    let each = (0..half(header + 6)?).map_while(|number| {
        let at = table + 40 * number;
        let name = start.get(at..at + 8)?;
        let name = String::from_utf8_lossy(name).trim_end_matches('\0').to_owned();
        // The size in the file includes padding, the size in memory does not.
        Some((name, word(at + 20)?, word(at + 8)?.min(word(at + 16)?)))
    });
    Some(each.collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A PE file with these sections and nothing else.
    fn uki(sections: &[(&str, &[u8])]) -> Vec<u8> {
        let mut bytes = vec![0; 0x40];
        bytes[..2].copy_from_slice(b"MZ");
        bytes[0x3c] = 0x40;
        bytes.extend(b"PE\0\0");
        bytes.extend([0x64, 0x86, sections.len() as u8, 0]);
        bytes.resize(0x40 + 24, 0);
        let mut at = bytes.len() + 40 * sections.len();
        for (name, content) in sections {
            let mut entry = [0; 40];
            entry[..name.len()].copy_from_slice(name.as_bytes());
            entry[8..12].copy_from_slice(&(content.len() as u32).to_le_bytes());
            entry[16..20].copy_from_slice(&(content.len() as u32).to_le_bytes());
            entry[20..24].copy_from_slice(&(at as u32).to_le_bytes());
            at += content.len();
            bytes.extend(entry);
        }
        sections.iter().for_each(|(_, content)| bytes.extend(*content));
        bytes
    }

    #[test]
    fn sections_are_found_and_a_cut_file_is_no_harm() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("uki.efi");
        let bytes = uki(&[(".cmdline", b"root=/dev/x\n\0"), (".uname", b"6.12.1"), (".initrd", b"070701")]);
        std::fs::write(&file, &bytes).unwrap();
        let whole = Uki {
            initrd: Some((bytes.len() as u64 - 6, 6)),
            cmdline: Some("root=/dev/x".into()),
            uname: Some("6.12.1".into()),
        };
        assert_eq!(read(&file).unwrap(), Some(whole));
        for length in 0..bytes.len() {
            std::fs::write(&file, &bytes[..length]).unwrap();
            assert!(read(&file).unwrap().is_none_or(|uki| uki.initrd.is_none()));
        }
    }
}
