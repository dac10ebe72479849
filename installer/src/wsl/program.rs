//! Running WSL's programs, and reading what they say.
//!
//! `wsl.exe` writes UTF-16 without a byte order mark, unless `WSL_UTF8=1`, and its errors too, on standard output and in
//! the user's language (<https://github.com/microsoft/WSL/issues/4607>).

use std::ffi::OsStr;
use std::fs::File;
use std::io::{self, Read, Seek};
use std::process::{Command, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use crate::error::Error;

/// How often one looks whether a program has ended.
const PAUSE: Duration = Duration::from_millis(5);
/// So many lines of what a program says are an error message; after that comes how to use it.
const MOST_LINES: usize = 5;

/// What a program wrote to standard output; an error where it fails, or takes longer than it may.
pub(super) fn run(
    program: &'static str,
    arguments: &[&OsStr],
    limit: Option<Duration>,
) -> Result<Vec<u8>, Error> {
    let ended = start(program, arguments, limit).map_err(|error| not_run(program, error))?;
    let first = arguments.first().map(|word| word.display().to_string()).unwrap_or_default();
    let Some((status, output)) = ended else {
        return Err(Error::Windows {
            message: format!("{program} {first} does not end"),
            cause: "Windows does not answer".into(),
            fix: Some(String::from("ls -l \"$WSL_INTEROP\" /run/WSL")),
        });
    };
    let [stdout, stderr] = output;
    if status.success() {
        return Ok(stdout);
    }
    let said = first_lines(&[stdout, stderr].map(|it| decode(&it)).join("\n"));
    Err(Error::Windows {
        message: format!("{program} {first} has failed"),
        cause: if said.is_empty() { status.to_string().into() } else { said.into() },
        fix: Some(String::from("wsl.exe --list --verbose")),
    })
}

/// How it ended, and what it wrote; none where it had to be stopped.
///
/// It writes into files: to read two pipes and watch a clock would take threads.
fn start(
    program: &str,
    arguments: &[&OsStr],
    limit: Option<Duration>,
) -> io::Result<Option<(ExitStatus, [Vec<u8>; 2])>> {
    let output = [tempfile::tempfile()?, tempfile::tempfile()?];
    let mut child = Command::new(program)
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(output[0].try_clone()?)
        .stderr(output[1].try_clone()?)
        .spawn()?;
    let begun = Instant::now();
    let status = loop {
        match (child.try_wait()?, limit) {
            (Some(status), _) => break status,
            (None, None) => break child.wait()?,
            (None, Some(limit)) if begun.elapsed() >= limit => {
                child.kill()?;
                child.wait()?;
                return Ok(None);
            }
            (None, Some(_)) => thread::sleep(PAUSE),
        }
    };
    let [stdout, stderr] = output.map(content);
    Ok(Some((status, [stdout?, stderr?])))
}

fn content(mut file: File) -> io::Result<Vec<u8>> {
    let mut content = Vec::new();
    file.rewind()?;
    file.read_to_end(&mut content)?;
    Ok(content)
}

fn not_run(program: &str, error: io::Error) -> Error {
    match error.kind() {
        io::ErrorKind::NotFound => Error::Windows {
            message: format!("there is no {program} on PATH"),
            cause: "WSL puts it there, unless wsl.conf says appendWindowsPath=false".into(),
            fix: Some(String::from("export PATH=\"$PATH:$(wslpath 'C:\\Windows\\System32')\"")),
        },
        _ => Error::Windows {
            message: format!("cannot run {program}"),
            cause: error.into(),
            fix: Some(String::from("cat /etc/wsl.conf /proc/sys/fs/binfmt_misc/WSLInterop")),
        },
    }
}

/// Text of a program of Windows: UTF-16 where a byte order mark or a NUL byte says so, else UTF-8.
pub(super) fn decode(bytes: &[u8]) -> String {
    let (bytes, is_wide) = match bytes {
        [0xff, 0xfe, rest @ ..] => (rest, true),
        [0xef, 0xbb, 0xbf, rest @ ..] => (rest, false),
        _ => (bytes, bytes.contains(&0)),
    };
    if !is_wide {
        return String::from_utf8_lossy(bytes).into_owned();
    }
    let units: Vec<_> = bytes
        .chunks(2)
        .map(|pair| u16::from_le_bytes([pair[0], *pair.get(1).unwrap_or(&0)]))
        .collect();
    String::from_utf16_lossy(&units)
}

/// The first lines of what a program says to people, as one line that changes no terminal.
pub(super) fn first_lines(text: &str) -> String {
    let lines = text.lines().map(|line| line.replace(char::is_control, " ").trim().to_owned());
    let lines: Vec<_> = lines.filter(|line| !line.is_empty()).take(MOST_LINES).collect();
    lines.join(" / ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wide(text: &str) -> Vec<u8> {
        text.encode_utf16().flat_map(u16::to_le_bytes).collect()
    }

    fn shell(script: &str, limit: Option<Duration>) -> Result<Vec<u8>, Error> {
        run("sh", &["-c", script].map(OsStr::new), limit)
    }

    #[test]
    fn text_in_every_encoding() {
        let list = "  NAME    STATE    VERSION\r\n* Ubuntu  Running  2\r\n";
        let bytes = wide(list);
        assert_eq!(bytes[..6], [0x20, 0, 0x20, 0, 0x4e, 0], "as wsl.exe begins");
        for bytes in [bytes.clone(), [b"\xff\xfe", &bytes[..]].concat(), list.into()] {
            assert_eq!(decode(&bytes), list);
        }
        assert_eq!(decode(b""), "");
        assert_eq!(decode(b"\xff\xfe"), "");
        assert_eq!(decode(&wide("存在しません。\r\n")), "存在しません。\r\n");
        assert_eq!(decode(b"\xef\xbb\xbfx"), "x");
        assert_eq!(decode(&[0x41, 0, 0x42]), "AB", "an odd end");
    }

    #[test]
    fn what_is_said_becomes_one_line() {
        assert_eq!(first_lines("\r\n a \r\n\r\n\tb\u{1b}[31mc\u{7}\r\n"), "a / b [31mc");
        assert_eq!(first_lines("1\n2\n3\n4\n5\n6\n7"), "1 / 2 / 3 / 4 / 5");
        assert_eq!(first_lines(" \r\n"), "");
    }

    #[test]
    fn errors_are_those_of_the_program() {
        let failed = |script: &str| match shell(script, None) {
            Err(Error::Windows { message, cause, .. }) => format!("{message}: {cause}"),
            other => panic!("{other:?}"),
        };
        assert_eq!(failed("echo a; echo b >&2; exit 1"), "sh -c has failed: a / b");
        assert_eq!(failed("exit 7"), "sh -c has failed: exit status: 7");
        assert_eq!(shell("echo a; echo b >&2", None).expect("it ends well"), b"a\n");
    }

    #[test]
    fn what_does_not_end_is_stopped() {
        let begun = Instant::now();
        let error = shell("exec sleep 60", Some(Duration::from_millis(50))).expect_err("too long");
        assert_eq!(error.to_string(), "sh -c does not end");
        assert!(begun.elapsed() < Duration::from_secs(30));
    }
}
