//! The Linux machine, on real files.

use std::ffi::{CString, OsStr, OsString};
use std::fs::{self, File};
use std::io::Write;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::os::unix::net::UnixListener;
use std::path::Path;
use std::sync::mpsc;
use std::time::Duration;
use std::{env, iter, thread};

use nix::sys::stat::Mode;
use nix::unistd;
use resolver::machine::{Errno, Follow, Kind, Machine};
use shim::machine::{Directory, LinuxMachine};
use shim::sys::c_library;
use tempfile::TempDir;

fn machine() -> LinuxMachine {
    LinuxMachine::new(&c_library::process(iter::empty()))
}

fn temporary() -> TempDir {
    tempfile::tempdir().expect("a temporary directory")
}

fn bytes(path: &Path) -> &[u8] {
    path.as_os_str().as_bytes()
}

fn read(path: &Path, limit: usize) -> Result<resolver::machine::File, Errno> {
    machine().read_file(None, bytes(path), limit)
}

fn open(path: &Path) -> Directory {
    machine().open_directory(None, bytes(path)).expect("a directory")
}

#[test]
fn a_file_is_read_up_to_the_limit() {
    let directory = temporary();
    let path = directory.path().join("file");
    for size in [0_usize, 1, 255, 4095, 4096, 4097, 100_000] {
        let content: Vec<u8> = (0..=u8::MAX).cycle().take(size).collect();
        fs::write(&path, &content).expect("written");
        for limit in [0, 1, size.saturating_sub(1), size, size + 1, usize::MAX] {
            let file = read(&path, limit).expect("read");
            assert_eq!(file.content, &content[..size.min(limit)], "{size} bytes, limit {limit}");
            assert_eq!(file.truncated, size > limit, "{size} bytes, limit {limit}");
            assert_eq!(file.metadata.kind, Kind::File);
            assert_eq!(file.metadata.size, size as u64);
        }
    }
}

#[test]
fn a_file_whose_size_is_unknown_is_read_whole() {
    let release = Path::new("/proc/sys/kernel/osrelease");
    let file = read(release, 1 << 16).expect("read");
    assert_eq!(file.metadata.size, 0, "or this test shows nothing");
    assert_eq!(file.content, fs::read(release).expect("read"));

    // Larger than one piece. It changes while we look, so only its form can be compared.
    let maps = read(Path::new("/proc/self/smaps"), 1 << 22).expect("read");
    assert!(maps.content.len() > 2 * 4096 && maps.content.ends_with(b"\n"));
    let start = read(Path::new("/proc/self/smaps"), 5000).expect("read");
    assert!(start.truncated && start.content.len() == 5000);
}

#[test]
fn a_file_smaller_than_it_says_is_read_to_its_end() {
    let path = Path::new("/sys/kernel/mm/transparent_hugepage/enabled"); // says 4096
    let file = read(path, 1 << 16).expect("read");
    assert!(file.metadata.size > file.content.len() as u64, "or this test shows nothing");
    assert_eq!(file.content, fs::read(path).expect("read"));
}

#[test]
fn nothing_blocks_and_only_files_have_content() {
    let directory = temporary();
    let (fifo, socket) = (directory.path().join("fifo"), directory.path().join("socket"));
    unistd::mkfifo(&fifo, Mode::S_IRWXU).expect("a FIFO");
    let _listener = UnixListener::bind(&socket).expect("a socket");
    let subject = directory.path().to_owned();
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        for path in [&fifo, &socket, Path::new("/dev/zero"), Path::new("/dev/tty"), &subject] {
            let _ = sender.send((path.to_owned(), read(path, 100)));
        }
    });
    for expected in [Kind::Other, Kind::Other, Kind::Other, Kind::Other, Kind::Directory] {
        let (path, file) = receiver.recv_timeout(Duration::from_secs(10)).expect("it came back");
        match file {
            Ok(file) => {
                assert_eq!(file.metadata.kind, expected, "{}", path.display());
                assert!(file.content.is_empty() && !file.truncated);
            }
            // Without a terminal, and in some sandboxes without that device.
            Err(errno) => assert!(path.ends_with("tty"), "{}: {}", path.display(), errno.text()),
        }
    }
}

#[test]
fn errors_are_the_kernels() {
    let directory = temporary();
    let path = |name: &str| directory.path().join(name);
    File::create(path("file")).expect("created");
    symlink("loop", path("loop")).expect("linked");
    for (name, errno) in [
        ("nothing", Errno::NOT_FOUND),
        ("file/below", Errno::NOT_A_DIRECTORY),
        ("loop", Errno::LOOP),
        (&"n".repeat(256), Errno::NAME_TOO_LONG),
        (&"n/".repeat(2048), Errno::NAME_TOO_LONG),
        ("a\0b", Errno::INVALID),
        (&["a\0", &"b".repeat(300)].concat(), Errno::INVALID),
        ("file\0", Errno::INVALID),
    ] {
        let path = [bytes(directory.path()), b"/", name.as_bytes()].concat();
        let short = &name[..name.len().min(20)];
        assert_eq!(machine().read_file(None, &path, 1).err(), Some(errno), "{short:?}");
        assert_eq!(machine().metadata(None, &path, Follow::Links).err(), Some(errno), "{short:?}");
        assert_eq!(machine().open_directory(None, &path).err(), Some(errno), "{short:?}");
        assert_eq!(machine().list(&path).err(), Some(errno), "{short:?}");
        assert_eq!(machine().may_execute(&path).err(), Some(errno), "{short:?}");
    }
    let unreadable = read(Path::new("/proc/self/mem"), 100).err(); // nothing is mapped at its start
    assert_eq!(unreadable, Some(Errno(5)));
    let file = bytes(&path("file")).to_vec();
    assert_eq!(machine().open_directory(None, &file).err(), Some(Errno::NOT_A_DIRECTORY));
    assert_eq!(machine().read_link(None, &file).err(), Some(Errno::INVALID));
}

#[test]
fn permissions_are_respected() {
    if unistd::geteuid().is_root() {
        return; // to root nothing is unreadable
    }
    let directory = temporary();
    let path = directory.path().join("file");
    fs::write(&path, "x").expect("written");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o000)).expect("changed");
    assert_eq!(read(&path, 1).err(), Some(Errno::PERMISSION));
}

#[test]
fn what_may_be_executed() {
    let directory = temporary();
    let path = directory.path().join("file");
    fs::write(&path, "x").expect("written");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).expect("changed");
    assert_eq!(machine().may_execute(bytes(&path)), Err(Errno::PERMISSION));
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).expect("changed");
    assert_eq!(machine().may_execute(bytes(&path)), Ok(()));
}

#[test]
fn names_and_paths_are_bytes_of_any_length() {
    let directory = temporary();
    let name = OsString::from_vec([b"\xFF\xFE ".as_slice(), &[b'n'; 252]].concat());
    let deep = directory.path().join(&name).join("d".repeat(200));
    fs::create_dir_all(&deep).expect("created");
    let path = deep.join(&name);
    File::create(&path).and_then(|mut file| file.write_all(b"content")).expect("written");
    assert!(bytes(&path).len() > 700);
    assert_eq!(read(&path, 100).expect("read").content, b"content");
    assert_eq!(machine().list(bytes(&deep)), Ok(vec![name.as_bytes()]));
}

#[test]
fn metadata_is_what_stat_says() {
    let directory = temporary();
    let path = |name: &str| directory.path().join(name);
    fs::write(path("file"), "12345").expect("written");
    fs::set_permissions(path("file"), fs::Permissions::from_mode(0o640)).expect("changed");
    symlink("file", path("link")).expect("linked");
    fs::create_dir(path("sticky")).expect("created");
    fs::set_permissions(path("sticky"), fs::Permissions::from_mode(0o1777)).expect("changed");
    let opened = open(directory.path());
    for name in ["file", "link", "sticky", "/dev/null"] {
        for follow in [Follow::Links, Follow::No] {
            let metadata =
                machine().metadata(Some(&opened), name.as_bytes(), follow).expect("it is there");
            let expected = match follow {
                Follow::Links => fs::metadata(path(name)),
                Follow::No => fs::symlink_metadata(path(name)),
            };
            let expected = expected.expect("it is there");
            let kind = match expected.file_type() {
                kind if kind.is_file() => Kind::File,
                kind if kind.is_dir() => Kind::Directory,
                kind if kind.is_symlink() => Kind::Link,
                _ => Kind::Other,
            };
            assert_eq!(metadata.kind, kind, "{name} {follow:?}");
            assert_eq!(metadata.identity, (expected.dev(), expected.ino()), "{name} {follow:?}");
            assert_eq!(metadata.owner, expected.uid(), "{name} {follow:?}");
            assert_eq!(metadata.mode, expected.mode() & 0o7777, "{name} {follow:?}");
            assert_eq!(metadata.size, expected.len(), "{name} {follow:?}");
            assert_eq!(metadata.is_sticky(), name == "sticky");
        }
    }
}

#[test]
fn lookups_are_relative_to_an_open_directory() {
    let directory = temporary();
    let inner = directory.path().join("inner");
    fs::create_dir(&inner).expect("created");
    fs::write(inner.join("file"), "here").expect("written");
    symlink("any text", inner.join("link")).expect("linked");

    let outer = open(directory.path());
    let opened = machine().open_directory(Some(&outer), b"inner").expect("a directory");
    let file = machine().read_file(Some(&opened), b"file", 100).expect("read");
    assert_eq!(file.content, b"here");
    assert_eq!(machine().read_link(Some(&opened), b"link"), Ok(&b"any text"[..]));
    let itself = machine().metadata(Some(&opened), b"", Follow::Links).expect("it is there");
    let expected = fs::metadata(&inner).expect("it is there");
    assert_eq!(itself.identity, (expected.dev(), expected.ino()));
    assert_eq!(
        machine().metadata(None, b"", Follow::Links).err(),
        Some(Errno::NOT_FOUND),
        "an empty path alone is nothing"
    );
}

#[test]
fn a_directory_is_closed_when_dropped() {
    let directory = temporary();
    let count = || {
        let open = fs::read_dir("/proc/self/fd").expect("listed");
        let targets = open.filter_map(|entry| fs::read_link(entry.ok()?.path()).ok());
        targets.filter(|target| target == directory.path()).count()
    };
    let opened = [open(directory.path()), open(directory.path())];
    assert_eq!(count(), 2);
    drop(opened);
    assert_eq!(count(), 0);
}

#[test]
fn a_large_directory_is_listed_whole() {
    let directory = temporary();
    let mut expected: Vec<Vec<u8>> =
        (0..3000).map(|index| format!("a name of some length {index}").into_bytes()).collect();
    for name in &expected {
        File::create(directory.path().join(OsStr::from_bytes(name))).expect("created");
    }
    let mut names = machine().list(bytes(directory.path())).expect("listed");
    names.sort();
    expected.sort();
    assert_eq!(names, expected);
}

#[test]
fn a_long_link_is_read_whole() {
    let directory = temporary();
    let target = "t".repeat(4095);
    symlink(&target, directory.path().join("link")).expect("linked");
    let text = machine().read_link(None, bytes(&directory.path().join("link")));
    assert_eq!(text, Ok(target.as_bytes()));
}

#[test]
fn the_process_is_as_the_standard_library_sees_it() {
    let process = c_library::process([CString::from(c"name"), CString::from(c"-v")].into_iter());
    let arguments = process.arguments.iter().map(|argument| argument.to_bytes());
    assert_eq!(arguments.collect::<Vec<_>>(), [&b"name"[..], b"-v"]);
    let machine = LinuxMachine::new(&process);
    let environment =
        env::vars_os().map(|(name, value)| [name.as_bytes(), b"=", value.as_bytes()].concat());
    assert_eq!(machine.environment().collect::<Vec<_>>(), environment.collect::<Vec<_>>());
    assert!(machine.environment().next().is_some());
    assert_eq!(machine.effective_user(), unistd::geteuid().as_raw());
    let started = Path::new(OsStr::from_bytes(machine.execution_path()));
    let this = env::current_exe().expect("this program");
    assert_eq!(fs::canonicalize(started).expect("it is there"), this);
    assert!(!process.secure);
    let here = env::current_dir().expect("the current directory");
    assert_eq!(machine.current_directory(), Ok(bytes(&here)));
}
