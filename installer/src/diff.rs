//! The difference between two contents of a file, as `git diff` shows it.

use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use similar::TextDiff;

/// What is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Contents of a file.
    File,
    /// Where a symbolic link leads.
    Link,
}

/// The unified diff of one file; empty where nothing changes. None stands for no file.
pub fn unified(path: &Path, kind: Kind, before: Option<&[u8]>, after: Option<&[u8]>) -> String {
    if before == after {
        return String::new();
    }
    let path = path.as_os_str().as_bytes();
    let path = String::from_utf8_lossy(path.strip_prefix(b"/").unwrap_or(path));
    let name = |side, content: Option<_>| match content {
        Some(_) => format!("{side}/{path}"),
        None => String::from("/dev/null"),
    };
    let (old, new) = (before.unwrap_or_default(), after.unwrap_or_default());
    let (old, new) = (String::from_utf8_lossy(old), String::from_utf8_lossy(new));
    let diff = TextDiff::from_lines(&*old, &*new);
    let diff = diff.unified_diff().header(&name("a", before), &name("b", after)).to_string();
    let bits = match kind {
        Kind::File => "100644",
        Kind::Link => "120000",
    };
    let mode = match (before, after) {
        (None, _) => format!("new file mode {bits}\n"),
        (_, None) => format!("deleted file mode {bits}\n"),
        _ => String::new(),
    };
    format!("diff --git a/{path} b/{path}\n{mode}{diff}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_git_shows_it() {
        let path = Path::new("/etc/wsl.conf");
        let text = unified(
            path,
            Kind::File,
            Some(b"[boot]\nsystemd=false\n"),
            Some(b"[boot]\nsystemd=true\n"),
        );
        let expected = "diff --git a/etc/wsl.conf b/etc/wsl.conf\n\
            --- a/etc/wsl.conf\n\
            +++ b/etc/wsl.conf\n\
            @@ -1,2 +1,2 @@\n \
             [boot]\n\
            -systemd=false\n\
            +systemd=true\n";
        assert_eq!(text, expected);
        let expected = "diff --git a/etc/wsl.conf b/etc/wsl.conf\n\
            new file mode 100644\n\
            --- /dev/null\n\
            +++ b/etc/wsl.conf\n\
            @@ -0,0 +1 @@\n\
            +[boot]\n";
        assert_eq!(unified(path, Kind::File, None, Some(b"[boot]\n")), expected);
        let expected = "diff --git a/etc/wsl.conf b/etc/wsl.conf\n\
            deleted file mode 100644\n\
            --- a/etc/wsl.conf\n\
            +++ /dev/null\n\
            @@ -1 +0,0 @@\n\
            -[boot]\n\
            \\ No newline at end of file\n";
        assert_eq!(unified(path, Kind::File, Some(b"[boot]"), None), expected);
        assert_eq!(unified(path, Kind::File, Some(b"a"), Some(b"a")), "");
    }
}
