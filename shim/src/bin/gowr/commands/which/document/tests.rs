use std::collections::BTreeSet;

use installer::doctor;
use resolver::distro::{ContainerKind, Libc};
use resolver::environment::Reason;
use resolver::source::SourceKind;
use resolver::toolchain::Origin;
use resolver::witness::LoserReason;
use serde_json::{Value, json};

use super::*;

fn schema() -> Value {
    let text = include_str!("../../../../../../../docs/which.schema.json");
    serde_json::from_str(text).expect("JSON")
}

/// The words that the schema allows at a pointer, in its order; null is none.
fn words(pointer: &str) -> Vec<String> {
    let schema = schema();
    let values = schema.pointer(pointer).and_then(Value::as_array);
    let values = values.unwrap_or_else(|| panic!("the schema has no {pointer}"));
    values.iter().filter_map(Value::as_str).map(str::to_owned).collect()
}

#[test]
fn the_schema_has_the_words_of_the_program() {
    let properties = |path: &str| words(&format!("/properties/{path}/enum"));
    assert_eq!(words("/$defs/source/enum"), SourceKind::ALL.map(SourceKind::as_str));
    assert_eq!(words("/$defs/code/enum"), ErrorCode::ALL.map(ErrorCode::as_str));
    assert_eq!(properties("origin/properties/kind"), Origin::ALL.map(Origin::as_str));
    assert_eq!(
        properties("losers/items/properties/reason/anyOf/0"),
        LoserReason::OWN.map(LoserReason::as_str)
    );
    assert_eq!(
        properties("gocache/properties/source/properties/kind"),
        CacheSource::ALL.map(CacheSource::as_str)
    );
    assert_eq!(properties("environment/items/properties/reason"), Reason::ALL.map(Reason::as_str));
    assert_eq!(properties("distro/properties/libc"), Libc::ALL.map(Libc::as_str));
    assert_eq!(
        properties("distro/properties/container/properties/kind"),
        ContainerKind::ALL.map(ContainerKind::as_str)
    );
    assert_eq!(
        properties("warnings/items/properties/code"),
        doctor::Code::WARNINGS.map(doctor::Code::as_str)
    );
    let exits = schema()["properties"]["error"]["properties"]["exit"]["enum"].clone();
    let statuses: BTreeSet<u8> = ErrorCode::ALL.iter().map(|code| code.exit_status()).collect();
    assert_eq!(exits, json!(statuses));
}

/// `additionalProperties: false` and `required` stand at every object of the schema.
#[test]
fn the_schema_is_closed() {
    fn check(schema: &Value, at: &str) {
        let Some(map) = schema.as_object() else { return };
        if let Some(properties) = map.get("properties").filter(|_| map.contains_key("required")) {
            assert_eq!(map["additionalProperties"], json!(false), "{at}");
            let required: BTreeSet<_> = map["required"]
                .as_array()
                .into_iter()
                .flatten()
                .filter_map(Value::as_str)
                .collect();
            let names: BTreeSet<_> = properties
                .as_object()
                .into_iter()
                .flatten()
                .map(|(name, _)| name.as_str())
                .collect();
            assert_eq!(required, names, "{at}");
        }
        let is_object = |kind: &Value| kind == "object" || kind == &json!(["object", "null"]);
        if map.get("type").is_some_and(is_object) && map.contains_key("properties") {
            assert!(map.contains_key("required"), "{at}");
        }
        for (name, value) in map {
            check(value, &format!("{at}/{name}"));
        }
    }
    check(&json!({ "schema": schema()["properties"] }), "");
    let document = schema();
    assert_eq!(document["additionalProperties"], json!(false));
}
