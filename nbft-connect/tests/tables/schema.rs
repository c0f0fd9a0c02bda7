//! The JSON Schema: every table's output obeys it, and it says nothing that no output has.

use crate::support::{Dir, built, here, nbft, public, testdata};
use regex_lite::Regex;
use serde_json::Value;
use std::collections::BTreeSet;

fn schema() -> Value {
    let path = here("../libnbft/schema/nbft-show.schema.json");
    serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
}

/// What is wrong with `value`, each with its place.
fn check(value: &Value) -> Vec<String> {
    let validator = jsonschema::validator_for(&schema()).unwrap();
    validator.iter_errors(value).map(|error| format!("{}: {error}", error.instance_path())).collect()
}

/// The output for every table of the repository, by name.
fn outputs(test: &str) -> Vec<(String, Value)> {
    let dir = Dir::new(test);
    let mut paths: Vec<_> = testdata().into_iter().map(|path| path.display().to_string()).collect();
    paths.extend(["full", "minimal", "strange", "duids"].map(|name| dir.write(name, &built(name, &[]))));
    paths.into_iter().map(output).collect()
}

fn output(path: String) -> (String, Value) {
    let run = nbft(&["show", "-o", "json", "--nbft-path", &path]);
    (path, run.json())
}

#[test]
#[ignore = "needs NBFT_CORPUS"]
fn every_output_for_public_tables_obeys_the_schema() {
    for (name, output) in public().into_iter().map(|(path, _)| output(path.display().to_string())) {
        assert_eq!(check(&output), [""; 0], "{name}");
    }
}

#[test]
fn every_output_obeys_the_schema() {
    for (name, output) in outputs("schema-obeyed") {
        assert_eq!(check(&output), [""; 0], "{name}");
    }
    for part in ["-s", "-H", "-d"] {
        let dir = Dir::new(&format!("schema{part}"));
        let path = dir.write("NBFT", &built("full", &[]));
        assert_eq!(check(&nbft(&["show", part, "-o", "json", "--nbft-path", &path]).json()), [""; 0], "{part}");
    }
}

#[test]
fn the_schema_would_notice() {
    let dir = Dir::new("schema-notice");
    let path = dir.write("NBFT", &built("full", &[]));
    let good = nbft(&["show", "-o", "json", "--nbft-path", &path]).json();
    assert_eq!(check(&good), [""; 0]);
    let breaks: &[(&str, Value)] = &[
        ("/0/header/minor", 256.into()),
        ("/0/header/oem_id", "\u{e9}".into()),
        ("/0/host/host_id_configured", true.into()),
        ("/0/host/id", "123".into()),
        ("/0/host/primary_admin_host_flag", "chosen".into()),
        ("/0/hfi/0/ipaddr", "".into()),
        ("/0/hfi/0/pcidev", "0000:00:03.0".into()),
        ("/0/hfi/0/transport", "rdma".into()),
        ("/0/subsystem/0/nsid", (-1).into()),
        ("/0/subsystem/0/hfis", "1".into()),
        ("/0/filename", Value::Null),
    ];
    for (pointer, value) in breaks {
        let mut broken = good.clone();
        *broken.pointer_mut(pointer).unwrap() = value.clone();
        assert!(!check(&broken).is_empty(), "{pointer} = {value}");
    }
    let mut extra = good.clone();
    extra[0]["hfi"][0]["speed"] = 10.into();
    assert_eq!(check(&extra).len(), 1);
    let mut less = good;
    less[0]["subsystem"][0].as_object_mut().unwrap().remove("nsid");
    assert_eq!(check(&less).len(), 1);
}

/// Every key of every object of `value`, as `object.key`, by the names of the schema's definitions.
fn keys(root: &Value, schema: &Value, name: &str, value: &Value, found: &mut BTreeSet<String>) {
    if let Some(reference) = schema["$ref"].as_str() {
        let name = reference.strip_prefix("#/$defs/").unwrap();
        return keys(root, &root["$defs"][name], name, value, found);
    }
    for item in value.as_array().into_iter().flatten() {
        keys(root, &schema["items"], name, item, found);
    }
    for (key, value) in value.as_object().into_iter().flatten() {
        found.insert(format!("{name}.{key}"));
        let inner =
            if schema["properties"][key]["properties"].is_object() { format!("{name}.{key}") } else { key.clone() };
        keys(root, &schema["properties"][key], &inner, value, found);
    }
}

/// Every key that the schema has.
fn schema_keys(schema: &Value, name: &str, found: &mut BTreeSet<String>) {
    for (key, property) in schema["properties"].as_object().into_iter().flatten() {
        found.insert(format!("{name}.{key}"));
        schema_keys(property, &format!("{name}.{key}"), found);
    }
}

#[test]
fn every_key_of_the_schema_is_in_some_output() {
    let schema = schema();
    let mut of_schema = BTreeSet::new();
    for (name, definition) in schema["$defs"].as_object().unwrap() {
        schema_keys(definition, name, &mut of_schema);
    }
    let mut of_outputs = BTreeSet::new();
    for (_, output) in outputs("schema-keys") {
        keys(&schema, &schema, "", &output, &mut of_outputs);
    }
    // A reader leaves out what is not valid, so that no output of `show` can have these.
    for name in ["host", "hfi", "subsystem", "discovery", "security"] {
        of_outputs.insert(format!("{name}.valid"));
    }
    of_outputs.extend(["hfi.tcp_valid", "hfi_extended_info.valid", "subsystem_extended_info.valid"].map(str::to_owned));
    let unseen: Vec<_> = of_schema.difference(&of_outputs).collect();
    assert!(unseen.is_empty(), "no output has {unseen:?}");
}

#[test]
fn the_manual_page_names_every_key() {
    let page = std::fs::read_to_string(here("../man/nbft-show.1")).unwrap().replace("\\-", "-");
    let mut keys = BTreeSet::new();
    for definition in schema()["$defs"].as_object().unwrap().values() {
        schema_keys(definition, "", &mut keys);
    }
    for key in keys {
        let key = key.rsplit('.').next().unwrap();
        let word = Regex::new(&format!("(^|[^A-Za-z0-9_-]){key}($|[^A-Za-z0-9_-])")).unwrap();
        assert!(word.is_match(&page), "nbft-show.1 does not name {key}");
    }
}
