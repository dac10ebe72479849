use std::ffi::OsString;

use super::*;
use crate::go_settings::GoSettings;

fn database(gosumdb: &str) -> Result<ChecksumDatabase, Error> {
    let settings = GoSettings::read_with(&|name| match name {
        "GOSUMDB" => Some(OsString::from(gosumdb)),
        "GOENV" => Some(OsString::from("off")),
        _ => None,
    });
    ChecksumDatabase::new(&settings.expect("settings").gosumdb, Path::new("/nowhere"))
}

#[test]
fn named() {
    let key = services::DEFAULT_GOSUMDB_KEY;
    for (gosumdb, address) in [
        ("", None),
        ("off", None),
        ("sum.golang.org", None),
        (key, None),
        ("sum.golang.google.cn", Some("https://sum.golang.google.cn/")),
        ("sum.golang.org https://mirror.example/db", Some("https://mirror.example/db")),
        (&format!("  {key}   file:///db "), Some("file:///db")),
    ] {
        let database = database(gosumdb).expect(gosumdb);
        assert_eq!(database.name(), "sum.golang.org", "{gosumdb}");
        assert_eq!(database.direct.to_string(), "https://sum.golang.org/");
        assert_eq!(
            database.address.map(|address| address.to_string()).as_deref(),
            address,
            "{gosumdb}"
        );
    }
}

#[test]
fn refused() {
    for (gosumdb, problem) in [
        ("on", "malformed verifier id"),
        (" ", "no checksum database is named"),
        ("a b c", "too many fields"),
        (
            "sum.golang.org+033de0af+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8",
            "invalid verifier hash",
        ),
        ("sum.golang.org ftp://x", "\"ftp://x\" does not begin with https, http or file"),
    ] {
        let error = database(gosumdb).expect_err(gosumdb);
        assert_eq!(error.to_string(), format!("GOSUMDB cannot be used: {problem}"));
        assert_eq!(error.kind(), Kind::Configuration);
        assert_eq!(error.fix().as_deref(), Some("unset GOSUMDB"));
    }
}

#[test]
fn only_an_address_is_a_name() {
    for (name, is) in [
        ("sum.example", true),
        ("localhost:8080", true),
        ("sum.example/path/x", true),
        ("", false),
        ("/etc", false),
        ("sum.example/", false),
        ("sum.example/../..", false),
        ("../x", false),
        ("a@b", false),
        ("a?b", false),
        ("a b", false),
    ] {
        assert_eq!(is_address(name), is, "{name}");
    }
}
