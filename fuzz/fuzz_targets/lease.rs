//! What DHCP servers say, and what would be set of it.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| libnbft_fuzz::lease::follow(input));
