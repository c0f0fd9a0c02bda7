//! What a status file makes the commands print and write.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| libnbft_fuzz::status::follow(input));
