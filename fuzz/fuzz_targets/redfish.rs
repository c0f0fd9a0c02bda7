//! Reads the answers of a Redfish service, the lines of `nbft-redfish`, and the frames between our own processes.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| libnbft_fuzz::redfish::read(input));
