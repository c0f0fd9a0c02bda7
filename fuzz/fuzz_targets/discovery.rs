//! Reads discovery log pages: every entry that is kept fits the kernel's options and can become a path.
#![no_main]

libfuzzer_sys::fuzz_target!(|page: &[u8]| libnbft_fuzz::discover(page));
