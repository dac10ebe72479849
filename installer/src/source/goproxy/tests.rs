use std::ffi::OsString;

use super::*;
use crate::go_settings::GoSettings;

fn list(goproxy: &str) -> Result<ProxyList, Error> {
    let settings = GoSettings::read_with(&|name| match name {
        "GOPROXY" => Some(OsString::from(goproxy)),
        "GOENV" => Some(OsString::from("off")),
        _ => None,
    });
    ProxyList::parse(&settings.expect("settings").goproxy)
}

/// What is asked, when the first three letters of a proxy's host say how it answers: `yes`, `404`, else an error.
fn asked(goproxy: &str) -> (Vec<String>, Result<(), Error>) {
    let mut asked = Vec::new();
    let result = list(goproxy).expect(goproxy).try_each(|location| {
        let location = location.map_or_else(|| String::from("direct"), ToString::to_string);
        asked.push(location.clone());
        let cause = "x".into();
        match location.trim_start_matches("https://").get(..3) {
            Some("yes") => Ok(()),
            Some("404") => Err(Error::Absent { location, cause }),
            _ => Err(Error::Network { location, cause }),
        }
    });
    (asked, result)
}

#[test]
fn who_is_asked_next() {
    for (goproxy, expected, error) in [
        ("https://yes.example", &["https://yes.example/"][..], None),
        ("404.example,yes.example", &["https://404.example/", "https://yes.example/"], None),
        (
            "503.example,yes.example",
            &["https://503.example/"],
            Some("cannot read https://503.example/"),
        ),
        ("503.example|yes.example", &["https://503.example/", "https://yes.example/"], None),
        (
            "404.example|503.example,yes.example",
            &["https://404.example/", "https://503.example/"],
            Some("cannot read https://503.example/"),
        ),
        (
            "503.example|404.example",
            &["https://503.example/", "https://404.example/"],
            Some("cannot read https://503.example/"),
        ),
        (
            "404.example,404.other",
            &["https://404.example/", "https://404.other/"],
            Some("there is no https://404.example/"),
        ),
        (
            "503.example|direct,yes.example",
            &["https://503.example/", "direct"],
            Some("cannot read direct"),
        ),
        ("404.example,off", &["https://404.example/"], Some("there is no https://404.example/")),
        ("off,yes.example", &[], Some("downloads are switched off by GOPROXY=off")),
        (
            " , 404.example/a/ ,, yes.example:81 ",
            &["https://404.example/a/", "https://yes.example:81/"],
            None,
        ),
        ("", &["https://proxy.golang.org/"], Some("cannot read https://proxy.golang.org/")),
    ] {
        let (asked, result) = asked(goproxy);
        assert_eq!(asked, expected, "{goproxy}");
        assert_eq!(result.err().map(|error| error.to_string()).as_deref(), error, "{goproxy}");
    }
}

#[test]
fn refused() {
    for (goproxy, problem) in [
        (",", "the list has no entries"),
        ("noproxy", "\"noproxy\" is no address: it has no scheme"),
        ("/srv/proxy", "\"/srv/proxy\" is no address: it has no scheme"),
        ("ftp://u:secret@h", "\"ftp://h\" does not begin with https, http or file"),
        (
            "http://u:secret@h",
            "\"http://h\" is no address: a password must not go to an insecure address",
        ),
    ] {
        let error = list(goproxy).expect_err(goproxy);
        assert_eq!(error.to_string(), format!("GOPROXY cannot be used: {problem}"));
    }
}

#[test]
fn off_says_who_said_so() {
    let error = list("off").expect("a list").off();
    assert_eq!(error.kind(), Kind::Configuration);
    let cause = std::error::Error::source(&error).expect("a cause").to_string();
    assert_eq!(cause, "GOPROXY=off in the environment");
    assert_eq!(error.fix().as_deref(), Some("unset GOPROXY"));
    assert!(
        list("off").expect("a list").is_off() && !list("x.example,off").expect("a list").is_off()
    );
}

#[test]
fn versions_oldest_first_without_what_is_none() {
    let list = b"v0.0.1-go1.22.10.linux-amd64\nv0.0.1-go1.9.2rc2.linux-amd64\nv0.0.1-go1.22.9.linux-amd64 2024-01-01T00:00:00Z\n\
        v0.0.1-go1.22.9.linux-arm64\nv0.0.1-go1.21rc2.linux-amd64\nv0.0.1-go1.21.0.linux-amd64\nv0.0.1-go1.20.linux-amd64\n\
        v0.0.1-go1.22.9.linux-amd64\nv0.0.2-go1.1.linux-amd64\nv0.0.1-go1.23.0-x.linux-amd64\nv0.0.1-../x.linux-amd64\n\xff\n";
    let names = parse_versions(list, "linux-amd64");
    let names: Vec<_> = names.iter().map(|name| name.as_str()).collect();
    assert_eq!(names, ["go1.20", "go1.21rc2", "go1.21.0", "go1.22.9", "go1.22.10", "go1.23.0-x"]);
}

#[test]
fn the_public_services_have_addresses() {
    assert_eq!(direct().to_string(), "https://go.dev/dl/mod");
}
