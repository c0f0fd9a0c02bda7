//! Reads a whole log page, again if it changes meanwhile.

use super::LogPageError;
use super::admin::LogPages;
use libnbft::discovery_log::{Header, LEN, LOG_PAGE, Log};
use std::time::{Duration, Instant};

/// Bytes in a read: every controller can transfer a page of memory.
const CHUNK: usize = 4096;

/// The number of reads of a changing page.
const READS: usize = 5;

/// The time limit for all reads: the helper process must serve other connections.
const LIMIT: Duration = Duration::from_secs(10);

/// Reads the whole page, again if its generation counter changed meanwhile.
pub(super) fn log(controller: &mut impl LogPages) -> Result<Log, LogPageError> {
    let end = Instant::now() + LIMIT;
    let mut before = header(controller)?;
    for _ in 0..READS {
        let log = entries(controller, before, end)?;
        let after = header(controller)?;
        if before == after {
            return Ok(log);
        }
        before = after;
    }
    Err(LogPageError::Changing(READS))
}

fn header(controller: &mut impl LogPages) -> Result<Header, LogPageError> {
    let mut bytes = [0; LEN];
    controller.read(LOG_PAGE, 0, &mut bytes).map_err(LogPageError::Refused)?;
    Ok(Header::parse(&bytes)?)
}

fn entries(controller: &mut impl LogPages, header: Header, end: Instant) -> Result<Log, LogPageError> {
    let mut log = Log::new(header);
    let mut buffer = [0; CHUNK];
    while !log.is_whole() {
        if Instant::now() > end {
            return Err(LogPageError::Slow(LIMIT.as_secs()));
        }
        let left = (header.to_read() - log.taken).saturating_mul(LEN as u64);
        let chunk = &mut buffer[..left.min(CHUNK as u64) as usize];
        // The header takes the place of one entry.
        controller.read(LOG_PAGE, (log.taken + 1) * LEN as u64, chunk).map_err(LogPageError::Refused)?;
        log.take(chunk);
    }
    Ok(log)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nvme::discovery::ReadFailure;

    /// A log page that becomes the next of `pages` at each number of reads in `turns`.
    struct Fake {
        pages: Vec<Vec<u8>>,
        turns: Vec<usize>,
        reads: Vec<(u64, usize)>,
    }

    impl Fake {
        fn new(pages: Vec<Vec<u8>>, turns: &[usize]) -> Self {
            Self { pages, turns: turns.to_vec(), reads: Vec::new() }
        }
    }

    impl LogPages for Fake {
        fn read(&mut self, page: u8, offset: u64, buffer: &mut [u8]) -> Result<(), ReadFailure> {
            assert_eq!(page, 0x70);
            let turn = self.turns.iter().filter(|turn| self.reads.len() >= **turn).count();
            self.reads.push((offset, buffer.len()));
            let bytes = &self.pages[turn.min(self.pages.len() - 1)];
            let from = (offset as usize).min(bytes.len());
            let length = buffer.len().min(bytes.len() - from);
            buffer.fill(0);
            buffer[..length].copy_from_slice(&bytes[from..from + length]);
            Ok(())
        }
    }

    fn page(generation: u8, ports: std::ops::Range<u16>) -> Vec<u8> {
        let mut bytes = vec![0; LEN];
        bytes[0] = generation;
        bytes[8..10].copy_from_slice(&(ports.len() as u16).to_le_bytes());
        for port in ports {
            let mut entry = vec![0; LEN];
            entry[..3].copy_from_slice(&[3, 1, 2]);
            for (at, text) in [(32, port.to_string().as_str()), (256, "nqn.x"), (512, "192.0.2.1")] {
                entry[at..at + text.len()].copy_from_slice(text.as_bytes());
            }
            bytes.extend(entry);
        }
        bytes
    }

    fn ports(log: &Log) -> Vec<u16> {
        log.entries.iter().map(|entry| entry.port).collect()
    }

    #[test]
    fn an_empty_page() {
        let mut fake = Fake::new(vec![page(1, 0..0)], &[]);
        assert_eq!(ports(&log(&mut fake).unwrap()), [0_u16; 0]);
        assert_eq!(fake.reads, [(0, 1024), (0, 1024)]);
    }

    #[test]
    fn a_page_longer_than_a_chunk() {
        let mut fake = Fake::new(vec![page(1, 1..10)], &[]);
        let read = log(&mut fake).unwrap();
        assert_eq!((ports(&read), read.skipped.len()), ((1..10).collect(), 0));
        assert_eq!(fake.reads, [(0, 1024), (1024, 4096), (5120, 4096), (9216, 1024), (0, 1024)]);
    }

    #[test]
    fn a_page_that_changes_is_read_again() {
        // The page changes after the first chunk, so the first reading mixes both.
        let mut fake = Fake::new(vec![page(1, 1..6), page(2, 101..104)], &[2]);
        assert_eq!(ports(&log(&mut fake).unwrap()), [101, 102, 103]);
        assert_eq!(fake.reads.len(), 6);
    }

    #[test]
    fn a_page_that_always_changes_is_an_error() {
        let pages = (0..200).map(|generation| page(generation, 1..2)).collect();
        let mut fake = Fake::new(pages, &(1..200).collect::<Vec<_>>());
        assert!(matches!(log(&mut fake), Err(LogPageError::Changing(READS))));
        assert_eq!(fake.reads.len(), 1 + 2 * READS);
    }

    #[test]
    fn entries_missing_from_a_short_page_are_skipped() {
        let mut bytes = page(1, 1..3);
        bytes[8] = 6;
        let read = log(&mut Fake::new(vec![bytes], &[])).unwrap();
        assert_eq!((ports(&read), read.skipped.len()), (vec![1, 2], 4));
    }

    #[test]
    fn a_page_with_a_huge_record_count_ends() {
        let mut bytes = page(1, 1..3);
        bytes[8..16].fill(0xff);
        let read = log(&mut Fake::new(vec![bytes], &[])).unwrap();
        assert_eq!(ports(&read), [1, 2]);
    }

    #[test]
    fn read_errors_are_returned() {
        struct Broken(ReadFailure);
        impl LogPages for Broken {
            fn read(&mut self, _: u8, _: u64, _: &mut [u8]) -> Result<(), ReadFailure> {
                Err(self.0)
            }
        }
        let os = std::io::Error::from_raw_os_error(libc::EAGAIN);
        for (failure, why) in [
            (ReadFailure::Errno(libc::EAGAIN), os.to_string()),
            (ReadFailure::Status(0x2109), "the controller answers Get Log Page with status 0x2109".into()),
        ] {
            let error = log(&mut Broken(failure)).unwrap_err();
            assert_eq!(error, LogPageError::Refused(failure));
            assert_eq!(error.to_string(), format!("the discovery log page cannot be read: {why}"));
        }
    }
}
