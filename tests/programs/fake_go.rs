//! A stand-in for the real `go` where a test asks what exactly the proxy hands on: it prints that and nothing else.
//!
//! Compiled by the tests themselves (`support/fakes.rs`) into one static program, so that it starts in a chroot with
//! nothing in it. It has no Rust runtime before `main`, because that would reopen closed descriptors and change signals.
//!
//! Its words: `exit N` and `raise N` end so; `sleep` waits to be killed; everything else prints what it was given,
//! to the file `FAKE_GO_OUTPUT` or else to stdout.
#![no_main]

use std::ffi::{CStr, OsString, c_char, c_int, c_ulong};
use std::os::unix::ffi::OsStringExt;

unsafe extern "C" {
    static environ: *const *const c_char;
    fn getauxval(kind: c_ulong) -> c_ulong;
    fn fcntl(descriptor: c_int, command: c_int, ...) -> c_int;
    fn raise(signal: c_int) -> c_int;
    fn pause() -> c_int;
}

const AT_EXECFN: c_ulong = 31;
const F_GETFD: c_int = 1;

unsafe fn strings(mut list: *const *const c_char) -> Vec<Vec<u8>> {
    let mut found = Vec::new();
    unsafe {
        while !(*list).is_null() {
            found.push(CStr::from_ptr(*list).to_bytes().to_vec());
            list = list.add(1);
        }
    }
    found
}

#[unsafe(no_mangle)]
extern "C" fn main(_count: c_int, arguments: *const *const c_char) -> c_int {
    let (arguments, environment, execution_path) = unsafe {
        let path = CStr::from_ptr(getauxval(AT_EXECFN) as *const c_char).to_bytes();
        (strings(arguments), strings(environ), path)
    };
    let word = |index: usize| arguments.get(index).map_or(&b""[..], Vec::as_slice);
    let number =
        || std::str::from_utf8(word(2)).ok().and_then(|text| text.parse().ok()).unwrap_or(0);
    match word(1) {
        b"exit" => return number(),
        b"raise" => return unsafe { raise(number()) },
        b"sleep" => loop {
            unsafe { pause() };
        },
        _ => {}
    }

    let mut text = format!("execution path: {}\n", execution_path.escape_ascii());
    for argument in &arguments {
        text += &format!("argument: {}\n", argument.escape_ascii());
    }
    match std::env::current_dir() {
        Ok(directory) => {
            let directory = directory.into_os_string().into_vec();
            text += &format!("directory: {}\n", directory.escape_ascii());
        }
        Err(error) => text += &format!("directory: {error}\n"),
    }
    let open: Vec<String> = (0..64)
        .filter(|descriptor| unsafe { fcntl(*descriptor, F_GETFD) } >= 0)
        .map(|descriptor| descriptor.to_string())
        .collect();
    text += &format!("descriptors: {}\n", open.join(" "));
    for entry in &environment {
        text += &format!("environment: {}\n", entry.escape_ascii());
    }

    let output = environment.iter().find_map(|entry| entry.strip_prefix(b"FAKE_GO_OUTPUT="));
    let written = match output {
        Some(path) => std::fs::write(OsString::from_vec(path.to_vec()), text),
        None => std::io::Write::write_all(&mut std::io::stdout(), text.as_bytes()),
    };
    c_int::from(written.is_err())
}
