//! Writes and reads models: model → bytes → model → bytes, and model → JSON → model lose nothing.
#![no_main]

use libnbft::model::Table;
use libnbft::{json, parse, write};
use libnbft_fuzz::{any_table, table};

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    if let Some(table) = any_table(bytes) {
        let text = serde_json::to_string(&json::Table::from(&table)).expect("every model has a JSON form");
        let read: json::Table = serde_json::from_str(&text).expect("the JSON can be read");
        assert_eq!(Table::try_from(&read).expect("the JSON describes a table"), table);
    }
    let Some(table) = table(bytes) else { return };
    let written = write(&table).expect("it can be written");
    let parsed = parse(&written).expect("it can be read");
    assert_eq!(parsed.table, table);
    assert_eq!(write(&parsed.table).expect("it can be written again"), written);
});
