//! Two versions: their order is one, and what a request says of itself is that request.
#![no_main]

use libfuzzer_sys::fuzz_target;
use resolver::version::{Request, ToolchainName, Version, compare};

fuzz_target!(|content: &str| {
    let (left, right) = content.split_once('\n').unwrap_or((content, ""));
    assert_eq!(compare(left, right), compare(right, left).reverse());
    if let Some(version) = Version::parse(left) {
        assert_eq!(version.as_str(), left);
        let line = version.line();
        assert_eq!(line.line(), line);
        assert!(ToolchainName::parse(&version.release_name()).is_some());
        assert!(ToolchainName::parse(&version.switch_name()).is_some());
    }
    if let Some(request) = Request::parse(left) {
        let text = request.to_string();
        assert!(!text.contains(['/', '\0']) && text != "." && text != "..");
        match (Request::parse(&text), request) {
            // `1` and `1.0.0` are two spellings of one release, go1.
            (Some(Request::Exact(again)), Request::Exact(name)) => {
                assert_eq!(again.as_str(), name.as_str());
            }
            (again, request) => assert_eq!(again, Some(request)),
        }
    }
});
