use super::*;
use crate::failure::Code;
use crate::path::concat;
use crate::version::Request;
use std::vec;

fn config(content: &str) -> &'static Config {
    parse(concat(&[content.as_bytes()])).unwrap_or_else(|error| panic!("{content:?}: {error:?}"))
}

/// What a setting means and where it was written.
fn parts<T: Copy>(setting: &Setting<T>) -> (T, &'static str, u32, &'static str) {
    (setting.value, setting.request(), setting.line(), setting.text())
}

#[test]
fn a_whole_file() {
    let found = config(
        "# mine\nformat: 1\ndefault: \"1.22\" # c\ndistros:\n  alpine: '1.21.3'\n  debian-12: system\n\
         cache: per-version\ncache-dir: ~/.cache/go\nwindows-path: drop\ndownloads: /mnt/wsl/gowr\n\
         sources: https://mirror.example/dl, goproxy,files\nx-note: anything\n",
    );
    let request = |text| Choice::Request(Request::parse(text).expect("it is a version"));
    assert_eq!(
        found.default.as_ref().map(parts),
        Some((request("1.22"), "1.22", 3, "default: \"1.22\" # c"))
    );
    let distros: Vec<_> = found.distros.iter().map(|(name, it)| (*name, parts(it))).collect();
    let expected = [
        ("alpine", (request("1.21.3"), "1.21.3", 5, "alpine: '1.21.3'")),
        ("debian-12", (Choice::System, "system", 6, "debian-12: system")),
    ];
    assert_eq!(distros, expected);
    assert_eq!(
        found.cache.as_ref().map(parts),
        Some((CacheMode::PerVersion, "per-version", 7, "cache: per-version"))
    );
    let in_home = Directory::InHome(".cache/go");
    assert_eq!(
        found.cache_directory.as_ref().map(parts),
        Some((in_home, "~/.cache/go", 8, "cache-dir: ~/.cache/go"))
    );
    assert_eq!(
        found.windows_path.as_ref().map(parts),
        Some((WindowsPath::Drop, "drop", 9, "windows-path: drop"))
    );
    let directory = Directory::Absolute("/mnt/wsl/gowr");
    assert_eq!(
        found.downloads.as_ref().map(parts),
        Some((directory, "/mnt/wsl/gowr", 10, "downloads: /mnt/wsl/gowr"))
    );
    let sources: &[_] =
        &[Source::Mirror("https://mirror.example/dl"), Source::GoProxy, Source::Files];
    let written = "https://mirror.example/dl, goproxy,files";
    let line = "sources: https://mirror.example/dl, goproxy,files";
    assert_eq!(found.sources.as_ref().map(parts), Some((sources, written, 11, line)));
}

#[test]
fn what_is_not_said_is_none() {
    for content in ["", "---\n", "format: '1'", "distros:\n  # none\n", "x-y: z"] {
        assert_eq!(*config(content), Config::default(), "{content:?}");
    }
}

#[test]
fn directories() {
    let directory = |text: &str| {
        let config = config(&["downloads: \"", text, "\""].concat());
        config.downloads.map(|setting| setting.value)
    };
    assert_eq!(directory("~"), Some(Directory::InHome("")));
    assert_eq!(directory("~//a b"), Some(Directory::InHome("a b")));
    assert_eq!(directory("/"), Some(Directory::Absolute("/")));
    assert_eq!(directory("/ä"), Some(Directory::Absolute("/ä")));
}

#[test]
fn what_is_refused_and_where() {
    let path = Some("write a path that starts with / or ~/");
    let source = Some("write goproxy, files or the base URL of a mirror, with commas between");
    let keys =
        "the keys are cache, cache-dir, default, distros, downloads, format, sources, windows-path";
    let modes = Some("write distro, plain or per-version");
    let version = Some("write a version such as 1.22 or 1.22.3");
    let cases = [
        ("default: 1.22\ndefault: 1", 2, 1, "`default` is there twice", None),
        (
            "defaults: 1",
            1,
            1,
            "`defaults` is not a key of this file",
            Some("did you mean `default`?"),
        ),
        (
            "cache_dir: /a",
            1,
            1,
            "`cache_dir` is not a key of this file",
            Some("did you mean `cache-dir`?"),
        ),
        ("go: 1.22", 1, 1, "`go` is not a key of this file", Some(keys)),
        ("default:", 1, 1, "`default` has no value", None),
        ("default: newest", 1, 10, "`newest` is neither a version nor a name", version),
        (
            "distros:\n  a: /go",
            2,
            6,
            "`/go` is neither a version nor a name",
            Some("run gowr adopt DIR --name NAME, then write NAME"),
        ),
        ("distros: a", 1, 1, "`distros` has a value where keys below it belong", None),
        ("cache: yes", 1, 8, "`yes` is no way to keep caches", modes),
        ("cache:\n  a: b", 1, 1, "`cache` has keys below it where one value belongs", None),
        ("windows-path: no", 1, 15, "`no` is neither keep nor drop", Some("write keep or drop")),
        ("cache-dir: a/b", 1, 12, "`a/b` is not an absolute path", path),
        ("cache-dir: ~bob/go", 1, 12, "`~bob/go` is not an absolute path", path),
        ("cache-dir: $HOME/go", 1, 12, "`$HOME/go` is not an absolute path", path),
        ("downloads: ''", 1, 12, "`` is not an absolute path", path),
        ("sources: ''", 1, 10, "`` is not a source", source),
        ("sources: files,", 1, 10, "`` is not a source", source),
        ("sources: goproxy files", 1, 10, "`goproxy files` is not a source", source),
        ("sources: direct", 1, 10, "`direct` is not a source", source),
        ("sources: ftp://a", 1, 10, "`ftp://a` is not a source", source),
        ("sources: https://", 1, 10, "`https://` is not a source", source),
        ("sources: file://a", 1, 10, "`file://a` is not a source", source),
        ("format: one", 1, 9, "`one` is not a format", Some("write format: 1")),
    ];
    for (content, line, column, message, hint) in cases {
        let error = parse(concat(&[content.as_bytes()])).expect_err(content);
        let (found_message, found_hint) = (error.message(), error.hint());
        let found = (error.line, error.column, &*found_message, found_hint.as_deref());
        assert_eq!(found, (line, Some(column), message, hint), "{content:?}");
        assert_eq!(error.code, Code::BadPin, "{content:?}");
    }
}

#[test]
fn whole_files() {
    let newer = parse(b"sources: [a]\nformat: 3").expect_err("newer");
    assert_eq!((newer.code, newer.line), (Code::NewerFormat, 2));
    let large = parse(vec![b' '; SIZE_LIMIT + 1].leak()).expect_err("large");
    assert_eq!((large.line, large.message), (0, "is too large for a configuration"));
}
