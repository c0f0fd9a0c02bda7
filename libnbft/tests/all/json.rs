//! Tests that the JSON form loses nothing of any model.

use crate::support::{folder, random, whole};
use arbitrary::Unstructured;
use libnbft::json;
use libnbft::model::Table;
use proptest::collection::vec;
use proptest::prelude::*;

/// A byte out of two random ones. Zero, small numbers and the highest come up more often: they are special in most fields.
fn special(random: u16) -> u8 {
    let [choice, byte] = random.to_be_bytes();
    match choice >> 4 {
        0..=4 => 0,
        5..=9 => byte & 7,
        10 => 0xff,
        _ => byte,
    }
}

/// JSON → model, as a program that reads the JSON of another one does it.
fn read(text: &str) -> Result<Table, TestCaseError> {
    let json: json::Table = serde_json::from_str(text).map_err(|error| TestCaseError::fail(error.to_string()))?;
    Table::try_from(&json).map_err(|error| TestCaseError::fail(format!("{error}:\n{text}")))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn nothing_of_any_model_is_lost(random in vec(any::<u16>(), 0..2048)) {
        let seed: Vec<u8> = random.into_iter().map(special).collect();
        let table = random::any_table(&mut Unstructured::new(&seed)).expect("bytes never run out");
        let text = serde_json::to_string_pretty(&json::Table::from(&table)).expect("every model has a JSON form");
        prop_assert_eq!(read(&text)?, table);
    }
}

#[test]
fn the_whole_form_is_read() {
    let text = std::fs::read_to_string(folder().join("whole/whole.json")).expect("testdata can be read");
    assert_eq!(read(&text).expect("it is the form of a table"), whole::table());
}
