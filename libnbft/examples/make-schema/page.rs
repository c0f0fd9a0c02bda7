//! Writes the list of keys for the manual page.

use serde_json::{Map, Value};
use std::fmt::Write as _;

const BEGIN: &str = ".\\\" BEGIN KEYS: written by the example make-schema\n";
const END: &str = ".\\\" END KEYS\n";

/// The page with its list brought up to date.
pub(crate) fn updated(page: &str, schema: &Value) -> String {
    let (head, rest) = page.split_once(BEGIN).expect("the page says where the list begins");
    let (_, tail) = rest.split_once(END).expect("the page says where the list ends");
    let mut list = String::new();
    let table = &schema["$defs"]["table"];
    for (key, property) in properties(table) {
        if definition(schema, property).is_none() {
            entry(&mut list, schema, key, property);
        }
    }
    for (key, property) in properties(table) {
        if let Some((kind, object)) = definition(schema, property) {
            section(&mut list, schema, key, kind, object);
        }
    }
    format!("{head}{BEGIN}{list}{END}{tail}")
}

fn properties(schema: &Value) -> impl Iterator<Item = (&String, &Value)> {
    schema["properties"].as_object().into_iter().flat_map(Map::iter)
}

/// The object that a key holds, by itself or in an array.
fn definition<'s>(schema: &'s Value, property: &'s Value) -> Option<(&'static str, &'s Value)> {
    let (kind, property) = match property.get("items") {
        Some(items) => ("array of objects", items),
        None => ("object", property),
    };
    let object = resolved(schema, property);
    (object["type"] == "object").then_some((kind, object))
}

/// What a reference leads to.
fn resolved<'s>(schema: &'s Value, property: &'s Value) -> &'s Value {
    match property["$ref"].as_str().and_then(|path| path.strip_prefix("#/$defs/")) {
        Some(name) => &schema["$defs"][name],
        None => property,
    }
}

fn section(list: &mut String, schema: &Value, key: &str, kind: &str, object: &Value) {
    let text = object["description"].as_str().unwrap_or_default();
    writeln!(list, ".SS {key}: {kind}\n{}", escaped(text)).expect("a string takes anything");
    for (inner, property) in properties(object) {
        entry(list, schema, inner, property);
    }
    for (inner, property) in properties(object) {
        if let Some((kind, object)) = definition(schema, property) {
            section(list, schema, &format!("{inner} of {key}"), kind, object);
        }
    }
}

fn entry(list: &mut String, schema: &Value, key: &str, property: &Value) {
    let described = property["description"].as_str().or_else(|| resolved(schema, property)["description"].as_str());
    let mut text = described.unwrap_or_default().to_owned();
    let resolved = resolved(schema, property);
    if let (Some(words), "string") = (resolved["enum"].as_array(), resolved["type"].as_str().unwrap_or_default()) {
        let words: Vec<_> = words.iter().map(ToString::to_string).collect();
        text += &format!(" One of: {}.", words.join(", "));
    }
    let form = escaped(&form(schema, property));
    writeln!(list, ".TP\n.BR {key} \" \\- {form}\"\n{}", escaped(&text)).expect("a string takes anything");
}

/// The form of a value in words.
fn form(schema: &Value, property: &Value) -> String {
    let value = resolved(schema, property);
    if definition(schema, property).is_some() {
        return "object".to_owned();
    }
    if value["const"].is_number() {
        return value["const"].to_string();
    }
    if let Some([first, second]) = value["enum"].as_array().map(Vec::as_slice).filter(|_| value["type"] == "integer") {
        return format!("{first} or {second}");
    }
    match (value["type"].as_str(), &value["minimum"], &value["maximum"]) {
        (Some("integer"), minimum, Value::Null) => format!("{minimum} or more"),
        (Some("integer"), minimum, maximum) => format!("{minimum}-{maximum}"),
        (Some("array"), ..) => "array of numbers".to_owned(),
        _ => "text".to_owned(),
    }
}

fn escaped(text: &str) -> String {
    text.replace('\\', "\\e").replace('-', "\\-")
}
