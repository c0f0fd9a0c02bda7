//! Writes `schema/nbft-show.schema.json` and the list of keys in `man/nbft-show.1` from the types of `libnbft::json`:
//! `cargo run -p libnbft --features schema --example make-schema`.

#[path = "make-schema/page.rs"]
mod page;

use libnbft::json::Table;
use schemars::generate::SchemaSettings;
use schemars::transform::RecursiveTransform;
use schemars::{JsonSchema, Schema};
use serde_json::{Value, json};
use std::path::Path;

/// The array that `nbft show -o json` prints.
#[derive(JsonSchema)]
#[schemars(title = "nbft show -o json")]
#[expect(dead_code, reason = "for its schema")]
struct Output(Vec<Table>);

const DESCRIPTION: &str = "What nbft show -o json prints: one element for each table, in natural order. The keys of nvme nbft show -o \
     json are there with the same values. nbft build reads the same keys; there every key may be left out.";

fn main() -> std::io::Result<()> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let schema = schema();
    let mut text = serde_json::to_string_pretty(&schema)?;
    text.push('\n');
    std::fs::write(root.join("libnbft/schema/nbft-show.schema.json"), text)?;
    let manual = root.join("man/nbft-show.1");
    let text = std::fs::read_to_string(&manual)?;
    std::fs::write(manual, page::updated(&text, &schema))
}

fn schema() -> Value {
    let settings = SchemaSettings::draft2020_12().for_serialize().with_transform(RecursiveTransform(tidy));
    let mut schema = settings.into_generator().into_root_schema_for::<Output>();
    schema.insert("description".into(), DESCRIPTION.into());
    schema.to_value()
}

/// What is left out is left out, never null, and stands for no value of its own. A range says what a number format of Rust does.
fn tidy(schema: &mut Schema) {
    let Some(object) = schema.as_object_mut() else { return };
    object.remove("default");
    if object.remove("format").is_some_and(|format| format == "uint32") {
        object.insert("maximum".into(), u32::MAX.into());
    }
    if let Some(Value::String(text)) = object.get_mut("description") {
        *text = text.replace('\n', " ");
    }
    if let Some(Value::Array(words)) = object.get_mut("enum") {
        words.retain(|word| !word.is_null());
    }
    if let Some(Value::Array(types)) = object.get_mut("type") {
        types.retain(|name| name != "null");
        if let [only] = &types[..] {
            let only = only.clone();
            object.insert("type".into(), only);
        }
    }
    let Some(Value::Array(choices)) = object.get_mut("anyOf") else { return };
    choices.retain(|choice| *choice != json!({ "type": "null" }));
    if let [Value::Object(only)] = &choices[..] {
        let only = only.clone();
        object.remove("anyOf");
        object.extend(only);
    }
}
