//! Answers of a Redfish service, the lines of `nbft-redfish`, and the frames between the process that connects and the one that writes.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| libnbft_fuzz::redfish::read(input));
