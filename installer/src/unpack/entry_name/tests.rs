use proptest::prelude::*;

use super::*;

const PREFIX: &str = "golang.org/toolchain@v0.0.1-go1.22.3.linux-amd64/";

fn parse(path: &str) -> Result<EntryName, NameError> {
    EntryName::parse(format!("{PREFIX}{path}").as_bytes(), PREFIX)
}

#[test]
fn where_files_go() {
    for (path, directory, file, is_executable) in [
        ("VERSION", "", "VERSION", false),
        ("bin/go", "bin", "go", true),
        ("bin/x/y", "bin/x", "y", true),
        ("pkg/tool/linux_amd64/compile", "pkg/tool/linux_amd64", "compile", true),
        ("pkg/include/x.h", "pkg/include", "x.h", false),
        ("lib/wasm/go_js_wasm_exec", "lib/wasm", "go_js_wasm_exec", true),
        ("lib/go_a_b_exec", "lib", "go_a_b_exec", true),
        ("lib/wasm/go_js_exec", "lib/wasm", "go_js_exec", false),
        ("lib/wasm/go__exec", "lib/wasm", "go__exec", false),
        ("lib/wasm/go_a__exec", "lib/wasm", "go_a__exec", false),
        ("lib/wasm/go__a_exec", "lib/wasm", "go__a_exec", false),
        ("misc/wasm/go_js_wasm_exec", "misc/wasm", "go_js_wasm_exec", false),
        ("src/_go.mod", "src", "go.mod", false),
        ("_go.mod", "", "go.mod", false),
        ("go.mod", "", "go.mod", false),
        ("src/x_go.mod", "src", "x_go.mod", false),
        ("src/..x/...y", "src/..x", "...y", false),
        ("src/a b/é名.go", "src/a b", "é名.go", false),
    ] {
        let name = parse(path).expect(path);
        let found = (name.directory(), name.file(), name.is_executable());
        assert_eq!(found, (directory, file, is_executable), "{path}");
        assert_eq!(name.as_str(), format!("{PREFIX}{path}"));
    }
}

#[test]
fn where_files_of_a_tar_file_go() {
    for (name, directory, file) in [
        ("go/VERSION", "", "VERSION"),
        ("go/src/cmd/go.mod", "src/cmd", "go.mod"),
        ("go/src/_go.mod", "src", "_go.mod"),
        ("go/go/go", "go", "go"),
    ] {
        let parsed = EntryName::parse_in_release(name.as_bytes()).expect(name);
        assert_eq!((parsed.directory(), parsed.file()), (directory, file), "{name}");
    }
    for (name, problem) in [
        (&b"go"[..], NameError::OtherDirectory),
        (b"VERSION", NameError::OtherDirectory),
        (b"/go/x", NameError::OtherDirectory),
        (b"go/", NameError::NotClean),
        (b"go//x", NameError::NotClean),
        (b"go/../x", NameError::NotClean),
        (b"go/\xff", NameError::NotText),
    ] {
        assert_eq!(EntryName::parse_in_release(name).expect_err("refused"), problem);
    }
}

#[test]
fn refused() {
    for (path, problem) in [
        ("", NameError::NotClean),
        ("/", NameError::NotClean),
        ("/etc/passwd", NameError::NotClean),
        (&"x".repeat(256), NameError::TooLong),
        (&"x/".repeat(257), NameError::TooLong),
        ("..", NameError::NotClean),
        ("../x", NameError::NotClean),
        ("a/../../x", NameError::NotClean),
        ("a/..", NameError::NotClean),
        ("a/./b", NameError::NotClean),
        ("./a", NameError::NotClean),
        ("a//b", NameError::NotClean),
        ("a/", NameError::NotClean),
        ("a/.../b", NameError::NotClean),
        ("a\\..\\b", NameError::Character),
        ("a\0b", NameError::Character),
        ("a\nb", NameError::Character),
        ("a\x1b[2J", NameError::Character),
        ("c:/x", NameError::Character),
        ("a*", NameError::Character),
        ("a\u{202e}b", NameError::Character),
        ("a\u{2215}b", NameError::Character),
        ("src/go.mod", NameError::GoMod),
        ("GO.MOD", NameError::GoMod),
    ] {
        assert_eq!(parse(path).expect_err(path), problem, "{path:?}");
    }
    for (name, problem) in [
        (&b"bin/go"[..], NameError::OtherModule),
        (b"golang.org/toolchain@v0.0.1-go1.22.4.linux-amd64/bin/go", NameError::OtherModule),
        (b"/golang.org/toolchain@v0.0.1-go1.22.3.linux-amd64/bin/go", NameError::OtherModule),
        (b"golang.org/toolchain@v0.0.1-go1.22.3.linux-amd64/bin/\xff", NameError::NotText),
    ] {
        assert_eq!(EntryName::parse(name, PREFIX), Err(problem));
    }
}

#[test]
fn paths_that_are_one() {
    let take = |paths: &[&str]| {
        let mut taken = TakenPaths::default();
        paths
            .iter()
            .try_for_each(|path| taken.take(&parse(path).expect(path)))
            .map(|()| taken.directories())
    };
    assert_eq!(
        take(&["a/b/c", "a/b/d", "a/e", "f", "a-b/c"]).expect("distinct"),
        ["a", "a-b", "a/b"]
    );
    assert_eq!(take(&["a", "a"]), Err(NameError::Twice));
    assert_eq!(take(&["go.mod", "_go.mod"]), Err(NameError::Twice));
    assert_eq!(take(&["a/b", "A/c"]), Err(NameError::CaseTwin));
    assert_eq!(take(&["a/É", "a/é"]), Err(NameError::CaseTwin));
    assert_eq!(take(&["a", "a/b"]), Err(NameError::FileAndDirectory));
    assert_eq!(take(&["a/b/c", "a/b"]), Err(NameError::FileAndDirectory));
    assert_eq!(take(&["a/b/c", "a"]), Err(NameError::FileAndDirectory));
}

proptest! {
    #[test]
    fn what_is_accepted_stays_below(path in "(\\.|/|\\\\|[a-z]|\\PC){0,12}") {
        if let Ok(name) = parse(&path) {
            let path = std::path::Path::new(name.directory()).join(name.file());
            let is_plain = |part| matches!(part, std::path::Component::Normal(_));
            prop_assert!(path.components().all(is_plain));
            prop_assert!(!name.file().is_empty() && !name.file().contains('/'));
        }
    }
}
