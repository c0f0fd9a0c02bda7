//! Reads DHCP answers: what follows from them is safe to set.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| libnbft_fuzz::lease::follow(input));
