use super::*;

fn read(variables: &[(&str, &str)]) -> GoSettings {
    let find = |name: &str| variables.iter().find(|(key, _)| *key == name).map(|(_, v)| *v);
    GoSettings::read_with(&|name| find(name).map(OsString::from)).expect("settings")
}

#[test]
fn the_environment_then_the_file_then_the_default() {
    let home = tempfile::tempdir().expect("a directory");
    let file = home.path().join(".config/go/env");
    fs::create_dir_all(file.parent().expect("a parent")).expect("made");
    fs::write(
        &file,
        "GOPROXY=https://file.example\nGOSUMDB=\nGOPRIVATE=*.corp\nGOAUTH=off\nNETRC=/x\n",
    )
    .expect("written");
    let home = home.path().to_str().expect("text");

    let settings = read(&[("HOME", home)]);
    assert_eq!(
        settings.goproxy.to_string(),
        format!("{}:1: GOPROXY=https://file.example", file.display())
    );
    assert_eq!(settings.goproxy.fix(), Some(format!("${{EDITOR:-vi}} {}", file.display())));
    assert_eq!(settings.gosumdb.to_string(), "GOSUMDB=sum.golang.org by default");
    assert!(settings.is_direct("x.corp/y") && !settings.is_direct("golang.org/toolchain"));
    assert_eq!(settings.netrc(), None);

    let settings = read(&[
        ("HOME", home),
        ("GOPROXY", "off"),
        ("GONOPROXY", "golang.org"),
        ("GOAUTH", "git /x; netrc"),
    ]);
    assert_eq!(settings.goproxy.to_string(), "GOPROXY=off in the environment");
    assert!(!settings.is_direct("x.corp/y") && settings.is_direct("golang.org/toolchain"));
    assert_eq!(settings.netrc(), Some(&PathBuf::from(home).join(".netrc")));

    // An empty variable is none, to Go.
    let settings = read(&[("HOME", home), ("GOPROXY", ""), ("NETRC", "/n"), ("GOAUTH", "netrc")]);
    assert_eq!(settings.goproxy.value(), "https://file.example");
    assert_eq!(settings.netrc(), Some(&PathBuf::from("/n")));
}

#[test]
fn another_goproxy_asks_others() {
    for (asked, other) in [
        ("", "direct"),
        ("https://proxy.golang.org", "direct"),
        (" https://proxy.golang.org | https://other.example", "direct"),
        ("https://other.example,https://proxy.golang.org", services::DEFAULT_GOPROXY),
        ("direct", services::DEFAULT_GOPROXY),
    ] {
        assert_eq!(read(&[("GOPROXY", asked)]).other_goproxy(), other, "{asked}");
    }
}

#[test]
fn where_the_file_is() {
    let path = |variables: &[(&str, &str)]| {
        let find = |name: &str| variables.iter().find(|(key, _)| *key == name).map(|(_, v)| *v);
        goenv_path(&|name| find(name).map(OsString::from)).map(|path| path.display().to_string())
    };
    for (variables, expected) in [
        (&[("HOME", "/h")][..], Some("/h/.config/go/env")),
        (&[("HOME", "/h"), ("XDG_CONFIG_HOME", "/x")], Some("/x/go/env")),
        (&[("HOME", "/h"), ("XDG_CONFIG_HOME", "x")], None),
        (&[("HOME", "/h"), ("GOENV", "/e")], Some("/e")),
        (&[("HOME", "/h"), ("GOENV", "off")], None),
        (&[], None),
    ] {
        assert_eq!(path(variables).as_deref(), expected, "{variables:?}");
    }
}

#[test]
fn what_is_not_text_is_named() {
    use std::os::unix::ffi::OsStringExt;
    let error = GoSettings::read_with(&|name| {
        (name == "GOPROXY").then(|| OsString::from_vec(b"https://\xff".to_vec()))
    });
    assert_eq!(error.expect_err("refused").to_string(), "GOPROXY cannot be used: it is not UTF-8");
}
