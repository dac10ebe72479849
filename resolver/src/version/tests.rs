use super::*;
use alloc::string::{String, ToString};

#[test]
fn go_order() {
    let less = [
        ("1.22.9", "1.22.10"),
        ("1.21", "1.21.0"),
        ("1.21", "1.21rc2"),
        ("1.21rc2", "1.21.0"),
        ("1.20rc1", "1.20"),
        ("1.25", "1.25beta1"),
        ("1.25beta1", "1.25rc1"),
        ("1.25rc1", "1.25.0"),
        ("1.25rc", "1.25rc1"),
        ("1.99", "1.100"),
        ("1.99999999998", "1.99999999999"),
        ("nonsense", "1"),
    ];
    for (left, right) in less {
        assert_eq!(compare(left, right), Ordering::Less, "{left} < {right}");
        assert_eq!(compare(right, left), Ordering::Greater, "{right} > {left}");
    }
    for (left, right) in [("1.20", "1.20.0"), ("1", "1.0.0"), ("1.0", "1"), ("x", "y")] {
        assert_eq!(compare(left, right), Ordering::Equal, "{left} == {right}");
    }
}

#[test]
fn what_is_no_version() {
    for text in
        ["", "go1.22", "1.", "1.22.", "01.2", "1.022", "1.22.03", "1.9.2rc2", "1.22.3rc1", "1.22.x"]
            .iter()
            .chain(&["1.22.3.4", "1.22+auto", "1.22.3 ", "1.22RC1", "1.22-x", "v1.22", "1.22rc01"])
    {
        assert_eq!(Version::parse(text), None, "{text:?}");
    }
    for text in ["1.25rc", "1.999testmod", "1", "0.0", "2"] {
        assert!(Version::parse(text).is_some(), "{text:?}");
    }
}

#[test]
fn names_of_releases() {
    let name = |text| Version::parse(text).map(Version::release_name);
    for (text, expected) in [
        ("1.20.0", "go1.20"),
        ("1.20", "go1.20"),
        ("1.20.1", "go1.20.1"),
        ("1.21.0", "go1.21.0"),
        ("1.20rc1", "go1.20rc1"),
        ("1.0.0", "go1"),
        ("1", "go1"),
        ("1.0.3", "go1.0.3"),
    ] {
        assert_eq!(name(text), Some(expected), "{text}");
    }
    let switch = |text| Version::parse(text).map(Version::switch_name);
    assert_eq!(switch("1.22"), Some("go1.22.0"));
    assert_eq!(switch("1.20"), Some("go1.20"));
    assert_eq!(switch("1.22.3"), Some("go1.22.3"));
}

#[test]
fn lines() {
    for (text, line) in
        [("1.22.3", "1.22"), ("1.22rc1", "1.22"), ("1.22", "1.22"), ("1", "1.0"), ("1.0.2", "1.0")]
    {
        let version = Version::parse(text).expect(text);
        assert_eq!(version.line().as_str(), line, "{text}");
    }
}

#[test]
fn requests() {
    for (text, expected) in [
        ("1.22", "line 1.22"),
        ("go1.22", "line 1.22"),
        ("1.22.x", "line 1.22"),
        ("1.22.3", "exact go1.22.3"),
        ("go1.22.3", "exact go1.22.3"),
        ("1.20.0", "exact go1.20"),
        ("1.21.0", "exact go1.21.0"),
        ("1.23rc1", "exact go1.23rc1"),
        ("1.22.3-custom", "exact go1.22.3-custom"),
        ("1", "exact go1"),
        ("work", "named work"),
        ("my-go2", "named my-go2"),
        ("gotip", "named gotip"),
        ("latest", "none"),
        ("system", "none"),
        ("stable", "none"),
        ("go1.22.3.4", "none"),
        ("../x", "none"),
        ("1.22/../..", "none"),
        ("1.22.3-a/b", "none"),
        ("1.22.3-", "none"),
        ("1.22.3.x", "none"),
        ("1.x", "none"),
        ("Work", "none"),
        ("-x", "none"),
        ("v1.22", "none"),
        ("", "none"),
        ("go", "named go"),
    ] {
        let got = match Request::parse(text) {
            Some(Request::Exact(name)) => String::from("exact ") + name.as_str(),
            Some(Request::Line(line)) => String::from("line ") + line.as_str(),
            Some(Request::Named(name)) => String::from("named ") + name.as_str(),
            None => "none".to_string(),
        };
        assert_eq!(got, expected, "{text:?}");
    }
}

#[test]
fn a_request_names_itself_without_go() {
    for (text, shown) in [("go1.22.3", "1.22.3"), ("1.20.0", "1.20.0"), ("1.22.x", "1.22")] {
        let request = Request::parse(text).expect(text);
        assert_eq!(request.to_string(), shown);
        assert_eq!(Request::parse(shown), Some(request));
    }
}
