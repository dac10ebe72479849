use super::*;
use alloc::vec::Vec;

#[test]
fn the_last_one_counts() {
    let content = b"GOROOT=/a\n# a comment=1\nGOTOOLCHAIN=local\r\nGOROOT=/b\n";
    let goroot = lookup(content, "GOROOT").expect("it is there");
    assert_eq!((goroot.line, goroot.value, goroot.text), (4, &b"/b"[..], &b"GOROOT=/b"[..]));
    let toolchain = lookup(content, "GOTOOLCHAIN").expect("it is there");
    assert_eq!(toolchain.value, b"local\r", "Go keeps the carriage return");
    assert_eq!(toolchain.text, b"GOTOOLCHAIN=local");
    assert_eq!(lookup(content, "GOROO"), None);
    assert_eq!(lookup(content, "GOROOT=/a"), None);
}

#[test]
fn what_is_a_setting() {
    type Settings = &'static [(&'static [u8], &'static [u8])];
    let cases: &[(&[u8], Settings)] = &[
        (b"", &[]),
        (b"\n\n=x\n GOROOT=/a\n\tGOROOT=/a\ngoroot=/a\n_X=1\nGOROOT\n", &[]),
        (b"A=", &[(b"A", b"")]),
        (b"A==b=c", &[(b"A", b"=b=c")]),
        (b"GOFLAGS=\"-v\" ", &[(b"GOFLAGS", b"\"-v\" ")]),
        (b"export GOROOT=/a\nGO ROOT=/a", &[(b"GO ROOT", b"/a")]),
        (b"\xef\xbb\xbfGOROOT=/a\nA=\xff", &[(b"A", b"\xff")]),
    ];
    for (content, expected) in cases {
        let found: Vec<_> = settings(content).map(|it| (it.name, it.value)).collect();
        assert_eq!(found, *expected, "{}", content.escape_ascii());
    }
}
