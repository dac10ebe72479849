use super::*;

fn check(content: &str, id: &str, version_id: Option<&str>, id_like: &[&str]) {
    let found = parse(content.as_bytes());
    assert_eq!(found.id, id, "{content:?}");
    assert_eq!(found.version_id, version_id, "{content:?}");
    assert!(found.id_like().eq(id_like.iter().copied()), "{content:?}: {found:?}");
}

const DEBIAN: &str = r#"PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"
NAME="Debian GNU/Linux"
VERSION_ID="12"
VERSION="12 (bookworm)"
VERSION_CODENAME=bookworm
ID=debian
HOME_URL="https://www.debian.org/"
SUPPORT_URL="https://www.debian.org/support"
BUG_REPORT_URL="https://bugs.debian.org/"
"#;

#[test]
fn distros_in_the_wild() {
    check(DEBIAN, "debian", Some("12"), &[]);
    check(
        "ID=ubuntu\nID_LIKE=debian\nVERSION_ID=\"24.04\"\n",
        "ubuntu",
        Some("24.04"),
        &["debian"],
    );
    check("ID=fedora\nVERSION_ID=40\n", "fedora", Some("40"), &[]);
    check(
        "VERSION_ID=\"10.0\"\nID=\"almalinux\"\nID_LIKE=\"rhel centos fedora\"",
        "almalinux",
        Some("10.0"),
        &["rhel", "centos", "fedora"],
    );
    check(
        "ID=\"opensuse-tumbleweed\"\nID_LIKE=\"opensuse suse\"\nVERSION_ID=\"20240112\"",
        "opensuse-tumbleweed",
        Some("20240112"),
        &["opensuse", "suse"],
    );
    check("ID=alpine\nVERSION_ID=3.23.2", "alpine", Some("3.23.2"), &[]);
    check("ID=arch\nVERSION_ID=TEMPLATE_VERSION_ID\n", "arch", Some("TEMPLATE_VERSION_ID"), &[]);
    check("ID=nixos\nID_LIKE=\"\"\nVERSION_ID=\"25.05\"\n", "nixos", Some("25.05"), &[]);
    check("ID=Deepin\n", "Deepin", None, &[]);
    check("ID=\"XCP-ng\"\n", "XCP-ng", None, &[]);
    check("ID=\"void\"\nNAME=\"void\"\n", "void", None, &[]);
}

#[test]
fn files_that_break_the_rules() {
    let linux = |content| check(content, "linux", None, &[]);
    linux("");
    linux("ID=\nVERSION_ID=''\n");
    linux("#ID=a\nNOT_ID=b\nIDX=c\nID =d\nid=e\n\0\n====\nID");
    check("\u{feff}ID=a\r\nVERSION_ID='1'\r\n", "a", Some("1"), &[]);
    check("NAME=x\rID=slackware\rVERSION_ID=\"15.0\"\r", "slackware", Some("15.0"), &[]);
    check("ID=a\nID=b", "b", None, &[]);
    check("  ID=a  \n\tVERSION_ID= \"1 \" junk", "a", Some("1 "), &[]);
    check("ID=a # not b\nVERSION_ID=1#2", "a", Some("1#2"), &[]);
    check("ID_LIKE=ubuntu  debian\nID=\"never closed", "never closed", None, &["ubuntu", "debian"]);
    check(r#"ID="\$\"\\\`\a"\n"#, r#"$"\`\a"#, None, &[]);
    check(r"ID='\$a'", r"\$a", None, &[]);
    check(r"ID=a\ b\", r"a b\", None, &[]);
    check("ID=\"a\"\"b\"", "a", None, &[]);
    assert_eq!(parse(b"ID=\xffx").id, "\u{fffd}");
}
