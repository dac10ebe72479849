use proptest::prelude::*;

use super::document::Reason;
use super::edit::{remove, set};
use super::mend::{Mend, plan, plan_plain_text};
use super::*;

/// All that a parser can trip over.
const EVERYTHING: &str = r#"# fixture: everything a parser can trip over
[automount]
enabled = True
root = /windir
options = "metadata,uid=1003,gid=1003,umask=077,fmask=11,case=off"
mountFsTab=false
[Interop]
appendWindowsPath = 0
[user]
default=DemoUser
[boot]
systemd=true
command = "mkdir -p /mnt/wsl/gowr && \
 mount --bind /opt/gowr /mnt/wsl/gowr"
[unknown]
key = ignored
"#;

fn pairs(content: &str) -> Vec<(String, String, u32)> {
    let entries = Document::parse(content.as_bytes()).entries;
    let pair =
        |entry: Entry| (entry.name, String::from_utf8(entry.value).expect("text"), entry.line);
    entries.into_iter().map(pair).collect()
}

fn edited(content: &str, name: &str, value: &str) -> String {
    let content = set(content.as_bytes(), name, value, None).expect("written");
    String::from_utf8(content).expect("text")
}

fn warnings(content: &str) -> Vec<String> {
    let conf = WslConf::parse(content.as_bytes());
    conf.warnings.iter().map(|warning| format!("{}: {}", warning.line, warning.kind)).collect()
}

#[test]
fn everything_a_parser_can_trip_over() {
    let conf = WslConf::parse(EVERYTHING.as_bytes());
    let setting = |value, line| Setting { value, line: Some(line) };
    assert_eq!(conf.automount.enabled, setting(true, 3));
    assert_eq!(conf.automount.root.value, "/windir/");
    let options = &conf.automount.options.value;
    assert!(options.metadata() && options.file_mode() == 0o700 && !options.drops_execution());
    assert_eq!((options.user(), options.group()), (Some(1003), Some(1003)));
    assert_eq!(options.case(), Some("off"));
    assert_eq!(conf.interop.append_windows_path, setting(false, 8));
    assert_eq!(conf.interop.enabled, Setting { value: true, line: None });
    assert_eq!(conf.default_user.value.as_deref(), Some("DemoUser"));
    assert_eq!(conf.boot.systemd, setting(true, 12));
    assert_eq!(
        conf.boot.command,
        Setting {
            value: Some(
                "mkdir -p /mnt/wsl/gowr &&  mount --bind /opt/gowr /mnt/wsl/gowr".to_owned()
            ),
            line: Some(13)
        }
    );
    assert_eq!(warnings(EVERYTHING), ["16: WSL knows no unknown.key and skips it"]);
}

#[test]
fn the_usual_files() {
    let conf = WslConf::parse(b"[boot]\nsystemd=true\n");
    assert!(conf.boot.systemd.value && conf.interop.append_windows_path.value);
    let conf = WslConf::parse(b"[automount]\nroot = /\noptions = \"metadata,umask=22,fmask=11\"\n");
    assert_eq!(conf.automount.root.value, "/");
    assert_eq!(conf.automount.options.value.file_mode(), 0o744);
    let conf = WslConf::parse(b"[interop]\nenabled = false\nappendWindowsPath = false\n");
    assert!(!conf.interop.enabled.value && !conf.interop.append_windows_path.value);
    let conf = WslConf::parse(b"[boot]\ncommand = service docker start\n");
    assert_eq!(conf.boot.command.value.as_deref(), Some("service docker start"));
    let conf = WslConf::default();
    assert_eq!(conf.automount.root.value, "/mnt/");
    assert!(conf.automount.enabled.value && !conf.boot.systemd.value && conf.warnings.is_empty());
}

#[test]
fn values_are_read_as_wsl_reads_them() {
    for (written, value) in [
        ("plain words  # comment", "plain words"),
        ("#nothing", ""),
        ("", ""),
        ("\" spaces \" \t", " spaces "),
        ("a\"b # c\"d#e", "ab # cd"),
        (r#"\"x\" \\ \t\n|"#, "\"x\" \\ \t\n|"),
        ("one \\\n  two", "one   two"),
        ("; no comment", "; no comment"),
        ("cut\0off", "cut"),
        ("a=b", "a=b"),
    ] {
        let content = format!("[boot]\r\n  Command\t=  {written}\r\n[user]\ndefault=u");
        let pairs = pairs(&content);
        let line = 3 + u32::try_from(written.matches('\n').count()).expect("few");
        assert_eq!(pairs[0], ("boot.Command".to_owned(), value.to_owned(), 2), "{written:?}");
        assert_eq!(pairs[1], ("user.default".to_owned(), "u".to_owned(), line + 1), "{written:?}");
    }
    // A carriage return ends a line by itself, and no comment.
    assert_eq!(pairs("a=1\rb=2#x\rc=3").len(), 2);
    assert_eq!(pairs("key = before any section")[0].0, "key");
}

#[test]
fn wsl_reads_no_further_than_the_first_line_it_does_not_understand() {
    for (bad, reason) in [
        ("; comment", Reason::Semicolon),
        ("static_ip = 1.2.3.4", Reason::NoEqualsSign),
        ("key", Reason::NoEqualsSign),
        ("= value", Reason::NoKey),
        ("1key = value", Reason::NoKey),
        ("[my-section]", Reason::SectionName),
        ("[ boot ]", Reason::SectionName),
        ("[]", Reason::SectionName),
        ("[boot", Reason::SectionName),
        ("[boot] x", Reason::AfterSection),
        ("command = \\x7f", Reason::Escape),
        ("command = a \\\r\n b", Reason::Escape),
        ("command = \"a", Reason::OpenQuote),
        ("command = \"a\\\nb", Reason::OpenQuote),
    ] {
        let content = format!("[boot]\nsystemd = true\n{bad}\n[user]\ndefault = u\n");
        let document = Document::parse(content.as_bytes());
        let line = if bad.contains("\\\n") { 4 } else { 3 };
        assert_eq!(document.stop, Some(Stop { line, reason }), "{bad}");
        assert!(document.first("boot.systemd").is_some(), "{bad}");
        assert!(document.first("user.default").is_none(), "{bad}");
    }
    let document = Document::parse(b"\xef\xbb\xbf[boot]\n");
    assert_eq!(document.stop.map(|stop| stop.reason), Some(Reason::ByteOrderMark));
    for (content, reason) in [("a = \"b", Reason::OpenQuote), ("a = \\", Reason::Escape)] {
        assert_eq!(Document::parse(content.as_bytes()).stop, Some(Stop { line: 1, reason }));
    }
}

#[test]
fn what_nobody_says() {
    let content = "[boot]\nsystemd = yes\nSystemd = true\n[wsl2]\nmemory = 4GB\n\
        [automount]\ncrossDistro = true\noption = metadata\n[network]\nsystemd = 1\n\
        hostname = h\r\n; over\n[user]\ndefault = u\r\n";
    let expected = [
        "2: boot.systemd is neither true nor false: yes",
        "3: boot.Systemd stands in line 2, too, and that one counts",
        "5: WSL knows no wsl2.memory and skips it",
        "7: WSL knows no automount.crossDistro and skips it",
        "8: WSL knows no automount.option and skips it; it knows automount.options",
        "10: WSL knows no network.systemd and skips it; it knows boot.systemd",
        "11: the lines end as those of Windows do, and older releases of WSL stop to read at the first one",
        "12: WSL reads no further: `;` begins no comment here, `#` does",
    ];
    assert_eq!(warnings(content), expected);
    assert!(!WslConf::parse(content.as_bytes()).boot.systemd.value);
}

#[test]
fn a_key_is_set_where_it_counts() {
    for (content, expected) in [
        ("", "[boot]\nsystemd = true\n"),
        ("# mine", "# mine\n[boot]\nsystemd = true"),
        ("[boot]\nx = 1\\\n", "[boot]\nx = 1\\\n\nsystemd = true"),
        ("[boot]\n", "[boot]\nsystemd = true\n"),
        ("[Boot]# c", "[Boot]# c\nsystemd = true"),
        ("[boot]\r\n\r\n[user]\r\n", "[boot]\r\nsystemd = true\r\n\r\n[user]\r\n"),
        (
            "[boot]\ncommand = a \\\n b # c\n# about users\n[user]\ndefault=u",
            "[boot]\ncommand = a \\\n b # c\nsystemd = true\n# about users\n[user]\ndefault=u",
        ),
        ("[boot]\nSYSTEMD=\"false\" # why\n", "[boot]\nSYSTEMD=\"true\" # why\n"),
        ("[boot]\nsystemd = false\nsystemd = 1\n", "[boot]\nsystemd = true\nsystemd = 1\n"),
        ("[boot]\nsystemd =\n", "[boot]\nsystemd =true\n"),
        ("[boot]\nsystemd =   true\n", "[boot]\nsystemd =   true\n"),
        ("[boot]\na=1\n; bad\n[user]\n", "[boot]\na=1\nsystemd = true\n; bad\n[user]\n"),
        (
            "[boot]\na=1\n[user]\nb=2\n[boot]\n",
            "[boot]\na=1\nsystemd = true\n[user]\nb=2\n[boot]\n",
        ),
    ] {
        assert_eq!(edited(content, "boot.systemd", "true"), expected, "{content:?}");
    }
    for content in ["; bad\n", "\u{feff}[boot]\n", "[user]\nx_y = 1\n[boot]\n"] {
        let refusal = set(content.as_bytes(), "boot.systemd", "true", None);
        assert!(matches!(refusal, Err(Refusal::Unread(_))), "{content:?}");
    }
    for value in ["\r", "\0", "ü"] {
        let refusal = set(b"", "boot.command", value, None);
        assert!(matches!(refusal, Err(Refusal::Value(_))), "{value:?}");
    }
}

#[test]
fn a_key_is_taken_out_wherever_it_stands() {
    let content = b"[boot]\ncommand = a \\\n b\nsystemd = 1 # why\n# c\nsystemd = 0";
    assert_eq!(remove(content, "boot.systemd"), b"[boot]\ncommand = a \\\n b\n# why\n# c");
    assert_eq!(remove(content, "boot.command"), b"[boot]\nsystemd = 1 # why\n# c\nsystemd = 0");
    assert_eq!(remove(content, "user.default"), content);
}

#[test]
fn what_is_mended_is_shown_and_a_backup_is_kept() {
    let root = tempfile::tempdir().expect("a directory");
    let etc = root.path().join("etc");
    std::fs::create_dir(&etc).expect("made");
    let file = etc.join("wsl.conf");
    let before = "[automount]\noptions = \"umask=22,fmask=111\" # for git\n";
    std::fs::write(&file, before).expect("written");
    let mends = [Mend::WindowsPath, Mend::Execution, Mend::Metadata, Mend::Systemd];
    let plan_now = plan(root.path(), &mends).expect("a plan");
    let expected = "@@ -1,2 +1,6 @@\n \
         [automount]\n\
        -options = \"umask=22,fmask=111\" # for git\n\
        +options = \"metadata,umask=22\" # for git\n\
        +[interop]\n\
        +appendWindowsPath = false\n\
        +[boot]\n\
        +systemd = true\n";
    assert!(plan_now.diff().ends_with(expected), "{}", plan_now.diff());
    plan_now.carry_out().expect("done");
    assert!(plan(root.path(), &mends).expect("a plan").is_empty(), "nothing is left to mend");
    let backup = std::fs::read_to_string(etc.join("wsl.conf.gowr-backup")).expect("kept");
    assert_eq!(backup, before);
    let now = std::fs::read(&file).expect("read");
    assert!(!WslConf::parse(&now).interop.append_windows_path.value);

    std::fs::write(&file, "\u{feff}[boot]\r\nsystemd=1\r\n").expect("written");
    let refused = plan(root.path(), &[Mend::WindowsPath]).expect_err("unread");
    assert!(refused.to_string().contains("stops at line 1, a byte order mark"), "{refused}");
    plan_plain_text(root.path()).expect("a plan").carry_out().expect("done");
    assert_eq!(std::fs::read(&file).expect("read"), b"[boot]\nsystemd=1\n");
    assert!(plan_plain_text(root.path()).expect("a plan").is_empty());
}

/// Files that are mostly such as WSL reads.
fn file() -> impl Strategy<Value = Vec<u8>> {
    let line = prop_oneof![
        4 => "[ \t]{0,2}(systemd|Command|enabled|x)[ \t]{0,2}=[ \t]{0,2}[a-z\"#\\\\ ;nt\u{e9}]{0,12}",
        2 => "\\[(boot|Boot|user|a1)\\][ \t]{0,2}(# why)?",
        1 => "# [a-z\"\\\\]{0,8}",
        1 => "",
        1 => "[ -~]{0,10}",
    ];
    let end = prop_oneof![4 => Just("\n"), 1 => Just("\r\n"), 1 => Just("\\\n"), 1 => Just("\r")];
    let lines = proptest::collection::vec((line, end), 0..12);
    (lines, any::<bool>()).prop_map(|(lines, is_ended)| {
        let mut content: String = lines.into_iter().map(|(line, end)| line + end).collect();
        if !is_ended {
            content.truncate(content.trim_end_matches(['\r', '\n']).len());
        }
        content.into_bytes()
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2048))]

    #[test]
    fn what_is_written_is_read_back_and_nothing_else_changes(
        content in file(), value in "[ -~\n\t]{0,20}", is_command in any::<bool>(),
    ) {
        let name = if is_command { "boot.command" } else { "interop.enabled" };
        let Ok(after) = set(&content, name, &value, None) else { return Ok(()) };
        let (old, new) = (Document::parse(&content), Document::parse(&after));
        prop_assert_eq!(new.first(name).map(|entry| &*entry.value), Some(value.as_bytes()));
        prop_assert_eq!(new.stop.map(|stop| stop.reason), old.stop.map(|stop| stop.reason));
        let others = |document: &Document| -> Vec<_> {
            let first = document.first(name).map(|entry| entry.whole.clone());
            let others = document.entries.iter().filter(|entry| Some(&entry.whole) != first.as_ref());
            others.map(|entry| (entry.name.clone(), entry.value.clone())).collect()
        };
        prop_assert_eq!(others(&old), others(&new));
        // One stretch of bytes is new; all before and behind it are the old ones.
        let same = content.iter().zip(&after).take_while(|(old, new)| old == new).count();
        let entry = new.first(name).expect("set");
        let is_inside = same >= entry.raw.start || old.first(name).is_none();
        prop_assert!(is_inside || content == after);
        prop_assert_eq!(set(&after, name, &value, None), Ok(after.clone()));
        if old.first(name).is_none() {
            // Lines alone were added.
            prop_assert!(after.len() > content.len());
            let behind = content.len() - same;
            prop_assert!(after.ends_with(&content[content.len() - behind..]));
        } else {
            let old_entry = old.first(name).expect("there");
            prop_assert_eq!(&content[..old_entry.raw.start], &after[..entry.raw.start]);
            prop_assert_eq!(&content[old_entry.raw.end..], &after[entry.raw.end..]);
        }
    }

    #[test]
    fn any_bytes_are_read(content in proptest::collection::vec(any::<u8>(), 0..200)) {
        let conf = WslConf::parse(&content);
        prop_assert!(conf.automount.root.value.ends_with('/'));
    }
}
