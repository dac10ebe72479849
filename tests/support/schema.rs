//! The JSON schema of `gowr which --json` in docs/, which every document in these tests must match.

use std::path::Path;
use std::sync::OnceLock;

use jsonschema::Validator;
use serde_json::Value;

/// Fails the test where a document is not what docs/which.schema.json promises.
pub(crate) fn check(document: &Value) {
    static VALIDATOR: OnceLock<Validator> = OnceLock::new();
    let validator = VALIDATOR.get_or_init(|| {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/which.schema.json");
        let text =
            std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        jsonschema::validator_for(&serde_json::from_slice(&text).unwrap()).unwrap()
    });
    let errors: Vec<String> = validator
        .iter_errors(document)
        .map(|error| format!("{}: {error}", error.instance_path))
        .collect();
    assert!(errors.is_empty(), "{}\n{document:#}", errors.join("\n"));
}
