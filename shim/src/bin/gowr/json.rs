//! Bytes in JSON, which knows only text.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use resolver::path::Bytes;
use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};

/// A key whose value is bytes: U+FFFD stands for what is not UTF-8, and then `<key>_b64` has the exact bytes.
/// To be flattened into the object it belongs to.
pub(crate) struct Entry {
    key: &'static str,
    value: Option<Bytes>,
}

/// A key and its value; none is null.
pub(crate) const fn entry(key: &'static str, value: Option<Bytes>) -> Entry {
    Entry { key, value }
}

impl Entry {
    fn write<M: SerializeMap>(&self, map: &mut M) -> Result<(), M::Error> {
        map.serialize_entry(self.key, &self.value.map(String::from_utf8_lossy))?;
        match self.value.filter(|value| std::str::from_utf8(value).is_err()) {
            Some(value) => {
                map.serialize_entry(&format!("{}_b64", self.key), &STANDARD.encode(value))
            }
            None => Ok(()),
        }
    }
}

impl Serialize for Entry {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        self.write(&mut map)?;
        map.end()
    }
}

/// An object whose keys are not known beforehand, in their order.
pub(crate) struct Object(pub(crate) Vec<Entry>);

impl Serialize for Object {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        for entry in &self.0 {
            entry.write(&mut map)?;
        }
        map.end()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_that_are_no_text_are_kept() {
        let text = |value| serde_json::to_string(&entry("file", value)).expect("JSON");
        assert_eq!(text(None), r#"{"file":null}"#);
        assert_eq!(text(Some("/p/ä".as_bytes())), "{\"file\":\"/p/ä\"}");
        assert_eq!(text(Some(b"/p/\xff")), "{\"file\":\"/p/\u{fffd}\",\"file_b64\":\"L3Av/w==\"}");
    }

    #[test]
    fn objects_keep_their_order() {
        let object = Object(vec![entry("z", Some(b"1")), entry("a", None)]);
        assert_eq!(serde_json::to_string(&object).expect("JSON"), r#"{"z":"1","a":null}"#);
    }
}
