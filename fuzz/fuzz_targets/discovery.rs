//! A discovery log page, as a controller may send it: what is kept can be given to the kernel, and made into paths.
#![no_main]

libfuzzer_sys::fuzz_target!(|page: &[u8]| libnbft_fuzz::discover(page));
