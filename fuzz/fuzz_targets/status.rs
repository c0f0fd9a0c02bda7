//! Reads status files: what the commands print and write of them is safe.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| libnbft_fuzz::status::follow(input));
