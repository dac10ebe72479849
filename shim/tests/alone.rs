//! The proxy without a `gowr` beside it, and what its file says.

use std::fs;
use std::os::unix::fs::symlink;
use std::process::Command;

use resolver::elf;
use shim::proxy_version;

const GO: &str = env!("CARGO_BIN_EXE_go");

#[test]
fn it_says_one_line_where_nobody_can_say_more() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let path = |name: &str| directory.path().join(name);
    fs::create_dir_all(path("real")).expect("created");
    fs::create_dir_all(path("project")).expect("created");
    fs::create_dir_all(path("home")).expect("created");
    fs::copy(GO, path("real/go")).expect("copied");
    symlink("real/go", path("go")).expect("linked");
    fs::write(path("project/.gowr.yaml"), "go: \"1.3\"\n").expect("written");
    let output = Command::new(path("go"))
        .arg("version")
        .current_dir(path("project"))
        .env_clear()
        .env("HOME", path("home"))
        .output()
        .expect("started");
    assert_eq!(output.status.code(), Some(127));
    assert!(output.stdout.is_empty());
    let line = String::from_utf8(output.stderr).expect("text");
    assert!(line.starts_with("gowr: go 1.3 is not installed"), "{line}");
    assert!(line.contains("run: gowr install 1.3"), "{line}");
    let file = fs::canonicalize(path("real/go")).expect("it is there");
    let note = format!(
        "({} cannot explain more: no such file or directory)\n",
        file.with_file_name("gowr").display()
    );
    assert!(line.ends_with(&note), "{line}");
    assert_eq!(line.matches('\n').count(), 1, "{line}");
}

#[test]
fn it_needs_no_loader_and_names_its_version() {
    let image = fs::read(GO).expect("read");
    let elf = elf::parse(&image[..4096]).expect("a program");
    assert_eq!(elf.interpreter, None);
    assert_eq!(proxy_version::find(&image), Some(env!("CARGO_PKG_VERSION")));
    assert_eq!(
        proxy_version::find(b"GOWR_PROXY_VERSION, GOWR_PROXY_VERSION=1.2.3\0x"),
        Some("1.2.3")
    );
    assert_eq!(proxy_version::find(b"another program"), None);
}
