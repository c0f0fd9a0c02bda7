//! Reads damaged tables whose head and checksum are right: the fuzzer's bytes with these mended, or a table made from the bytes
//! and changed in places.
#![no_main]

use libnbft_fuzz::{damaged, mend, read};

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let Some((first, rest)) = bytes.split_first() else { return };
    if first & 1 == 0 {
        let mut bytes = rest.to_vec();
        mend(&mut bytes);
        read(&bytes);
    } else if let Some(bytes) = damaged(rest) {
        read(&bytes);
    }
});
