//! Model → bytes → model → bytes: nothing is lost on the way.
#![no_main]

use libnbft::{parse, write};

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let Some(table) = libnbft_fuzz::table(bytes) else { return };
    let written = write(&table).expect("it can be written");
    let parsed = parse(&written).expect("it can be read");
    assert_eq!(parsed.table, table);
    assert_eq!(write(&parsed.table).expect("it can be written again"), written);
});
