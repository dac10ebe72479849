//! What gowr has on one machine, on another: toolchains without a network and without belief, and all else that was told.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, mpsc};
use std::thread;
use std::time::Duration;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::{Value, json};
use snapbox::{assert_data_eq, str};
use tar::{Archive, Builder, EntryType, Header};

use crate::support::downloads::{self, Downloads, file_name};
use crate::support::goproxy::{Service, contents, install, is_archive};
use crate::support::log::Log;
use crate::support::log::{hex, sha256};
use crate::support::module::{Module, PLATFORM};
use crate::support::server::Server;
use crate::support::stage::{difference, tree};
use crate::support::tracer::Blow;
use crate::support::{Outcome, Run, World, fakes};
use crate::transactions::{Dice, TestBed, on_all_processors, some_of_each};

/// Nobody listens there.
const NOWHERE: &str = "http://127.0.0.1:1";
const CONFIGURATION: &str = ".config/gowr/config.yaml";

/// `gowr snapshot` without a network.
fn snapshot(world: &World, log: &Log, words: &[&str]) -> Run {
    let run = world.gowr(["snapshot"]).args(words).env("GOSUMDB", log.key());
    run.env("GOPROXY", "off").env("HTTPS_PROXY", NOWHERE)
}

/// A machine with two toolchains, a default and a pin.
fn furnished(service: &Service) -> World {
    let world = World::new();
    let server = service.clone().start();
    install(&world, &server, &service.log, &["1.22.3", "1.23.4"]).run().success();
    world.write(CONFIGURATION, "# mine\ndefault: \"1.22\"\n");
    world.write("project/.go-version", "1.23\n");
    world
}

fn two() -> Service {
    Service::new(&["go1.22.3", "go1.23.4"])
}

fn runs(world: &World, version: &str) {
    let run = world.go(["version"]).run();
    assert_eq!(run.quiet().stdout(), format!("go version {version} linux\n"));
}

#[test]
fn saved_on_one_machine_and_loaded_on_another() {
    let service = two();
    for name in ["moved.tar", "moved"] {
        let (here, there) = (furnished(&service), World::new());
        let path = format!("../{name}");
        let saved = snapshot(&here, &service.log, &["save", &path]).run();
        assert_eq!(saved.success().stdout(), format!("{path}\n"));
        fs::rename(here.path(name), there.path(name)).unwrap();

        let before = tree(there.home());
        let dry = snapshot(&there, &service.log, &["load", &path, "--dry-run"]).run();
        assert!(
            dry.success().stderr().contains("go1.22.3 would be installed in"),
            "{}",
            dry.report()
        );
        assert_eq!(difference(&before, &tree(there.home())), "", "{}", dry.report());

        let loaded = snapshot(&there, &service.log, &["load", &path, "--pins"]).run();
        assert_data_eq!(
            loaded.success().snapshot(),
            str![[r#"
------- stderr -------
go1.22.3 is installed in [GOWR]/toolchains/go1.22.3
go1.23.4 is installed in [GOWR]/toolchains/go1.23.4
[HOME]/.config/gowr/config.yaml is the snapshot's configuration
go 1.23 is pinned in [HOME]/project/.go-version

"#]]
        );
        assert_eq!(there.read(CONFIGURATION), "# mine\ndefault: \"1.22\"\n");
        assert_eq!(there.read("project/.go-version"), "1.23\n");
        assert_eq!(
            contents(&here.gowr_home()),
            contents(&there.gowr_home()),
            "archives and proofs too"
        );
        runs(&there, "go1.23.4");
        fs::remove_file(there.path("project/.go-version")).unwrap();
        runs(&there, "go1.22.3");

        let again = snapshot(&there, &service.log, &["load", &path]).run();
        assert!(again.success().stderr().contains("is already in"), "{}", again.report());
    }
}

#[test]
fn a_snapshot_is_whole_and_always_the_same() {
    let service = two();
    let world = furnished(&service);
    let save = |words: &[&str]| {
        snapshot(&world, &service.log, &["save"]).args(words).run().success().clone()
    };
    assert_eq!(save(&[]).stdout(), "gowr-snapshot.tar\n");
    let one = fs::read(world.path("project/gowr-snapshot.tar")).unwrap();
    let document = save(&["--json"]).json();
    assert!(one == fs::read(world.path("project/gowr-snapshot.tar")).unwrap());
    let mut names: Vec<_> = members(&one).into_iter().map(|(name, _)| name).collect();
    assert_eq!(names.pop().as_deref(), Some("manifest.json"));
    let expected = ["go1.22.3", "go1.23.4"].map(|name| {
        ["zip", "tlog-proof"].map(|extension| format!("{name}.{PLATFORM}.{extension}"))
    });
    assert_eq!(names, expected.concat());
    assert_eq!(document["schema"], 1);
    assert_eq!(document["snapshot"], "gowr-snapshot.tar");
    assert_eq!(document["complete"], true);
    assert_eq!(document["configuration"], true);
    assert_eq!(document["toolchains"][1]["name"], "go1.23.4");
    assert_eq!(document["toolchains"][1]["files"][0]["name"], expected[1][0]);
    let pin = json!({"place": "project", "directory": world.path("project"), "file": ".go-version",
                     "request": "1.23"});
    assert_eq!(document["pins"], json!([pin]));

    // A directory is one to install from, too; and none is replaced.
    save(&["../kept"]);
    let again = snapshot(&world, &service.log, &["save", "../kept"]).run();
    three_lines(&again, "replaced", "is there already");
    let other = World::new();
    fs::rename(world.path("kept"), other.path("kept")).unwrap();
    let from =
        other.gowr(["install", "1.22", "--from", "../kept"]).env("GOSUMDB", service.log.key());
    from.env("GOPROXY", "off").run().success();
}

#[test]
fn what_cannot_be_packed() {
    let service = two();
    let world = furnished(&service);
    let downloads = world.gowr_home().join("downloads");
    // One is damaged, the other is gone.
    for entry in fs::read_dir(&downloads).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap();
        if name.starts_with("go1.22.3.") && !name.ends_with(".tlog-proof") {
            let mut content = fs::read(&path).unwrap();
            content[5000] ^= 1;
            fs::write(&path, content).unwrap();
        } else if name.starts_with("go1.23.4.") {
            fs::remove_file(&path).unwrap();
        }
    }
    let before = tree(world.home());
    let refused = snapshot(&world, &service.log, &["save", "../x.tar"]).run();
    assert_data_eq!(
        refused.snapshot(),
        str![[r#"
------- stderr -------
gowr: the archive of go1.22.3 cannot be packed
  downloads are switched off by GOPROXY=off: GOPROXY=off in the environment
  run: gowr snapshot save ../x.tar --incomplete
[exit status: 1]

"#]]
    );
    assert_eq!(difference(&before, &tree(world.home())), "", "{}", refused.report());

    // Where there is a network, it is asked.
    let server = service.clone().start();
    let online = |words: &[&str]| {
        let run = world.gowr(["snapshot"]).args(words).env("GOSUMDB", service.log.key());
        run.env("GOPROXY", server.url()).run()
    };
    online(&["save", "../whole.tar"]).success();
    assert_eq!(members(&fs::read(world.path("whole.tar")).unwrap()).len(), 5);

    let saved =
        snapshot(&world, &service.log, &["save", "../x.tar", "--incomplete", "--json"]).run();
    assert_eq!(saved.success().json()["complete"], false);
    let there = World::new();
    fs::rename(world.path("x.tar"), there.path("x.tar")).unwrap();
    let loaded = snapshot(&there, &service.log, &["load", "../x.tar"]).run();
    for line in [
        "go1.22.3 is not in the snapshot, only listed\n  run: gowr install 1.22.3",
        "run: gowr install 1.23.4",
    ] {
        assert!(loaded.success().stderr().contains(line), "{}", loaded.report());
    }
}

#[test]
fn an_archive_of_the_go_projects() {
    let log = Service::new(&[]).log;
    let (here, there) = (World::new(), World::new());
    let name = file_name("go1.22.3");
    let path = here.write(format!("brought/{name}"), downloads::archive("go1.22.3"));
    let online = |world: &World, run: Run| {
        let go_dev = Downloads::new(&["go1.22.3"]).behind_go_dev(world);
        go_dev.reached_by(run).env("GOPROXY", "direct").run()
    };
    let from = here.gowr(["install", "--from", path.to_str().unwrap()]);
    online(&here, from).success();
    let saved = snapshot(&here, &log, &["save", "../x.tar", "--json"]).run();
    assert_eq!(saved.success().json()["toolchains"][0]["files"][0]["name"], name);
    fs::rename(here.path("x.tar"), there.path("x.tar")).unwrap();
    // Nobody there knows its hash, and the snapshot is not believed.
    is_refused(&there, &log, "../x.tar", "not proved", "cannot be proved");
    online(&there, there.gowr(["snapshot", "load", "../x.tar"])).success();
    runs(&there, "go1.22.3");
}

#[test]
fn interrupted_it_leaves_nothing() {
    let service = two();
    let world = furnished(&service);
    fs::remove_dir_all(world.gowr_home().join("downloads")).unwrap();
    let (sender, asked) = mpsc::channel();
    let (sender, log) = (Mutex::new(sender), service.log.clone());
    let server = Server::start(move |request| {
        if is_archive(&request.path) {
            sender.lock().unwrap().send(()).unwrap();
            thread::sleep(Duration::from_secs(5));
        }
        service.answer(request)
    });
    let before = tree(world.home());
    for target in ["../x.tar", "../x"] {
        let run = world.gowr(["snapshot", "save", target]).env("GOSUMDB", log.key());
        let mut child = run.env("GOPROXY", server.url()).command().spawn().unwrap();
        asked.recv_timeout(Duration::from_mins(1)).unwrap();
        kill(Pid::from_raw(i32::try_from(child.id()).unwrap()), Signal::SIGINT).unwrap();
        let status = child.wait().unwrap();
        assert!(!status.success(), "{status}");
        assert_eq!(difference(&before, &tree(world.home())), "", "{target}");
    }
}

#[test]
fn what_others_installed_is_told() {
    let service = Service::new(&[]);
    let (here, there) = (World::new(), World::new());
    for (path, version) in [(".goenv/versions/1.21.5", "go1.21.5"), ("mine", "go1.20.7")] {
        fakes::lay_out(&here.path(path), version);
    }
    here.gowr(["adopt", "../.goenv/versions/1.21.5"]).run().success();
    here.gowr(["adopt", "../mine", "--name", "work"]).run().success();
    let saved = snapshot(&here, &service.log, &["save", "../x.tar"]).run();
    assert_data_eq!(
        saved.success().snapshot(),
        str![[r#"
../x.tar
------- stderr -------
gowr has installed no toolchain here: none is packed
go1.21.5 is adopted from [HOME]/.goenv/versions/1.21.5: listed and not packed
work is adopted from [HOME]/mine: listed and not packed

"#]]
    );
    fs::copy(here.path("x.tar"), there.path("x.tar")).unwrap();
    let load = snapshot(&there, &service.log, &["load", "../x.tar"]).name(here.home(), "[THERE]");
    assert_data_eq!(
        load.run().success().snapshot(),
        str![[r#"
------- stderr -------
gowr: warning: go1.21.5 was adopted from [THERE]/.goenv/versions/1.21.5 (goenv), and is not here
  run: gowr adopt
gowr: warning: work was adopted from [THERE]/mine, and is not here
  run: gowr adopt DIR --name work

"#]]
    );
    // What is here by then needs no word.
    assert_eq!(snapshot(&here, &service.log, &["load", "../x.tar"]).run().success().snapshot(), "");
}

#[test]
fn a_configuration_is_taken_over_where_there_is_none() {
    let service = Service::new(&[]);
    let (here, there) = (World::new(), World::new());
    let whole = "default: system\ndownloads: /somewhere # big\ncache: plain\nsources: files\n";
    here.write(CONFIGURATION, whole);
    here.write(".tool-versions", "nodejs 20\ngolang 1.22 1.21\n");
    here.write("project/.gowr.yaml", "go: system\n");
    snapshot(&here, &service.log, &["save", "../x.tar"]).run().success();
    fs::rename(here.path("x.tar"), there.path("x.tar")).unwrap();
    let load = |words: &[&str]| {
        let run = snapshot(&there, &service.log, &["load", "../x.tar"]).args(words);
        run.name(here.home(), "[THERE]").run().success().stderr()
    };
    let first = load(&[]);
    assert_data_eq!(
        first,
        str![[r#"
gowr: warning: [HOME]/.config/gowr/config.yaml is the snapshot's configuration without downloads, sources, which name places of the machine it comes from
  run: gowr snapshot load ../x.tar --replace-configuration
the project [THERE]/project was pinned to go system; to pin it in [HOME]/project, run: gowr snapshot load ../x.tar --pins
the home directory was pinned to go 1.22; to pin it in [HOME], run: gowr snapshot load ../x.tar --pins

"#]]
    );
    assert_eq!(there.read(CONFIGURATION), "default: system\ncache: plain\n");
    there.write(CONFIGURATION, "default: system\n");
    assert!(load(&[]).contains("config.yaml stays as it is: the snapshot has another one"));
    assert_eq!(there.read(CONFIGURATION), "default: system\n");
    load(&["--replace-configuration", "--dry-run"]);
    assert_eq!(there.read(CONFIGURATION), "default: system\n");
    there.write("project/.go-version", "system\n");
    load(&["--replace-configuration", "--pins"]);
    assert_eq!(there.read(CONFIGURATION), whole);
    assert!(!there.path("project/.gowr.yaml").exists(), "something is pinned here");
    assert_eq!(there.read(".tool-versions"), "golang 1.22\n");
}

/// What a tar file has in it.
fn members(tar: &[u8]) -> Vec<(String, Vec<u8>)> {
    let mut archive = Archive::new(tar);
    let entries = archive.entries().unwrap();
    let member = |entry: std::io::Result<tar::Entry<'_, &[u8]>>| {
        let mut entry = entry.unwrap();
        let mut content = Vec::new();
        std::io::Read::read_to_end(&mut entry, &mut content).unwrap();
        (entry.path().unwrap().to_str().unwrap().to_owned(), content)
    };
    entries.map(member).collect()
}

/// A snapshot to be spoilt.
#[derive(Clone)]
struct Hostile {
    members: Vec<(String, Vec<u8>)>,
    manifest: Value,
}

impl Hostile {
    fn file(&self, index: usize) -> &Vec<u8> {
        &self.members[index].1
    }

    /// Gives a file another content, and lets the manifest agree.
    fn replace(&mut self, index: usize, content: Vec<u8>) {
        let file = &mut self.manifest["toolchains"][0]["files"][index];
        file["size"] = content.len().into();
        file["sha256"] = hex(&sha256(&content)).into();
        self.members[index].1 = content;
    }

    /// The same for a file's name.
    fn rename(&mut self, index: usize, name: &str) {
        self.manifest["toolchains"][0]["files"][index]["name"] = name.into();
        name.clone_into(&mut self.members[index].0);
    }

    fn tar(&self) -> Vec<u8> {
        let mut builder = Builder::new(Vec::new());
        for (name, content) in &self.members {
            append(&mut builder, EntryType::Regular, name, content.len() as u64, content);
        }
        let manifest = self.manifest.to_string();
        append(
            &mut builder,
            EntryType::Regular,
            "manifest.json",
            manifest.len() as u64,
            manifest.as_bytes(),
        );
        builder.into_inner().unwrap()
    }
}

/// Any name, kind and size.
fn append(builder: &mut Builder<Vec<u8>>, kind: EntryType, name: &str, size: u64, content: &[u8]) {
    let mut header = Header::new_ustar();
    header.as_old_mut().name[..name.len()].copy_from_slice(name.as_bytes());
    header.set_entry_type(kind);
    header.set_mode(0o644);
    header.set_size(size);
    header.set_cksum();
    builder.append(&header, content).unwrap();
}

/// Bytes of a tar file, changed after it was made.
type Spoil = fn(&Hostile) -> Vec<u8>;

fn changed(snapshot: &Hostile, change: impl FnOnce(&mut Hostile)) -> Vec<u8> {
    let mut snapshot = snapshot.clone();
    change(&mut snapshot);
    snapshot.tar()
}

fn with_entry(snapshot: &Hostile, kind: EntryType, name: &str, size: u64) -> Vec<u8> {
    let mut builder = Builder::new(snapshot.tar());
    builder.get_mut().truncate(snapshot.tar().len() - 1024);
    append(&mut builder, kind, name, size, b"");
    builder.into_inner().unwrap()
}

/// What is refused, and what is said of it.
const HOSTILE: &[(&str, Spoil, &str)] = &[
    ("no tar", |_| b"PK\x03\x04 something else".repeat(100), "it is not a tar file"),
    ("empty", |_| Vec::new(), "there is no manifest.json in it"),
    ("cut off at an entry", |it| it.tar()[..512 * 3].to_vec(), "it ends within"),
    (
        "no end",
        |it| {
            let tar = it.tar();
            let end = tar.len() - 4096;
            tar[..end].to_vec()
        },
        "manifest.json",
    ),
    (
        "newer",
        |it| changed(it, |it| it.manifest = json!({"schema": 2})),
        "for a newer gowr (schema 2)",
    ),
    ("schema 0", |it| changed(it, |it| it.manifest["schema"] = 0.into()), "the schema 0"),
    (
        "schema of text",
        |it| changed(it, |it| it.manifest["schema"] = "1".into()),
        "cannot be understood",
    ),
    ("no JSON", |it| changed(it, |it| it.manifest = Value::Null), "cannot be understood"),
    (
        "huge manifest",
        |it| changed(it, |it| it.manifest["distro"] = "x".repeat(2 << 20).into()),
        "its manifest is larger",
    ),
    (
        "other machine",
        |it| changed(it, |it| it.manifest["platform"] = "plan9-arm".into()),
        "it is for plan9-arm",
    ),
    (
        "climbing name",
        |it| changed(it, |it| it.manifest["toolchains"][0]["name"] = "../../../evil".into()),
        "is not the name of a release",
    ),
    (
        "absolute name",
        |it| changed(it, |it| it.manifest["toolchains"][0]["name"] = "/etc/evil".into()),
        "is not the name of a release",
    ),
    (
        "name with a suffix",
        |it| changed(it, |it| it.manifest["toolchains"][0]["name"] = "go1.22.3-x".into()),
        "is not the name of a release",
    ),
    (
        "twice",
        |it| {
            changed(it, |it| {
                let one = it.manifest["toolchains"][0].clone();
                it.manifest["toolchains"] = json!([one, one]);
            })
        },
        "names go1.22.3 twice",
    ),
    (
        "climbing file",
        |it| changed(it, |it| it.rename(0, "../../evil.zip")),
        "files that no release has",
    ),
    (
        "absolute file",
        |it| changed(it, |it| it.rename(0, "/tmp/evil.zip")),
        "files that no release has",
    ),
    ("other proof", |it| changed(it, |it| it.rename(1, "VERSION")), "files that no release has"),
    ("manifest as file", |it| changed(it, |it| it.rename(1, "manifest.json")), "twice"),
    ("missing", |it| changed(it, |it| _ = it.members.remove(1)), "is not in it"),
    (
        "one more",
        |it| changed(it, |it| it.members.push((String::from("more"), Vec::new()))),
        "`more` is in it",
    ),
    (
        "one more, climbing",
        |it| with_entry(it, EntryType::Regular, "../../more", 0),
        "`../../more` is in it",
    ),
    (
        "a link",
        |it| with_entry(it, EntryType::Symlink, "link", 0),
        "`link` in it is not a regular file",
    ),
    ("a long name", |it| with_entry(it, EntryType::GNULongName, "x", 0), "is not a regular file"),
    ("a device", |it| with_entry(it, EntryType::Char, "x", 0), "is not a regular file"),
    ("100 GB", |it| with_entry(it, EntryType::Regular, "x", 100 << 30), "larger than"),
    ("8 EiB", |it| with_entry(it, EntryType::Regular, "x", u64::MAX / 2), "larger than"),
    ("16 EiB", |it| with_entry(it, EntryType::Regular, "x", u64::MAX), ""),
    (
        "size of a lie",
        |it| changed(it, |it| it.manifest["toolchains"][0]["files"][0]["size"] = 5.into()),
        "and its manifest says 5",
    ),
    (
        "size of a large lie",
        |it| {
            changed(it, |it| {
                it.manifest["toolchains"][0]["files"][0]["size"] = (1_u64 << 40).into();
            })
        },
        "larger than",
    ),
    (
        "other hash",
        |it| {
            changed(it, |it| {
                it.manifest["toolchains"][0]["files"][0]["sha256"] = "0".repeat(64).into();
            })
        },
        "is damaged",
    ),
    ("other bytes", |it| changed(it, |it| it.members[0].1[3000] ^= 1), "is damaged"),
    (
        "other bytes, agreed",
        |it| {
            changed(it, |it| {
                let mut zip = it.file(0).clone();
                zip[3000] ^= 1;
                it.replace(0, zip);
            })
        },
        "",
    ),
    (
        "another release",
        |it| changed(it, |it| it.replace(0, Module::toolchain("go1.23.4").zip())),
        "",
    ),
    (
        "another tree",
        |it| {
            changed(it, |it| {
                let mut module = Module::toolchain("go1.22.3");
                module.files[0].1.push(b'\n');
                it.replace(0, module.zip());
            })
        },
        "SECURITY ERROR",
    ),
    ("no proof", |it| changed(it, |it| it.replace(1, b"nothing".to_vec())), "cannot be proved"),
    (
        "configuration",
        |it| changed(it, |it| it.manifest["configuration"] = "run: me\n".into()),
        "the configuration in it cannot be used",
    ),
    (
        "huge configuration",
        |it| changed(it, |it| it.manifest["configuration"] = "# x\n".repeat(200_000).into()),
        "the configuration in it cannot be used",
    ),
    (
        "pin file",
        |it| changed(it, |it| it.manifest["pins"][0]["file"] = "../.bashrc".into()),
        "is not the name of a pin file",
    ),
    (
        "pin",
        |it| changed(it, |it| it.manifest["pins"][0]["request"] = "path:/evil".into()),
        "is not a version or a name",
    ),
    (
        "registered name",
        |it| {
            changed(it, |it| {
                it.manifest["adopted"] =
                    json!([{"name": null, "registered": ["../x"], "goroot": "/", "manager": null}]);
            })
        },
        "is not a name",
    ),
];

fn is_refused(world: &World, log: &Log, snapshot_path: &str, what: &str, said: &str) {
    let before = tree(world.home());
    let run = snapshot(world, log, &["load", snapshot_path, "--pins", "--replace-configuration"]);
    let outcome = run.under(["prlimit", "--as=1000000000", "timeout", "60"]).run();
    three_lines(&outcome, what, said);
    let mut difference = difference(&before, &tree(world.home()));
    // The tree head of a proof that proves something else is remembered, as always.
    let is_head = |line: &str| line.starts_with("left behind: .local/state");
    difference = difference.split_inclusive('\n').filter(|line| !is_head(line)).collect();
    assert_eq!(difference, "", "{what}: {}", outcome.report());
}

fn three_lines(outcome: &Outcome, what: &str, said: &str) {
    let (code, report) = (outcome.code(), outcome.report());
    assert_eq!(code, Some(1), "{what}: {report}");
    let stderr = outcome.stderr();
    let is_error = |line: &&str| line.starts_with("gowr: ") || line.starts_with("  ");
    assert_eq!(stderr.lines().filter(is_error).count(), 3, "{what}: {report}");
    assert!(stderr.contains(said), "{what}: no {said:?}: {report}");
}

#[test]
fn hostile_snapshots() {
    let service = two();
    let here = furnished(&service);
    here.gowr(["uninstall", "1.23.4"]).run().success();
    snapshot(&here, &service.log, &["save", "../x.tar"]).run().success();
    let mut members = members(&fs::read(here.path("x.tar")).unwrap());
    let manifest = serde_json::from_slice(&members.pop().unwrap().1).unwrap();
    let good = Hostile { members, manifest };

    let world = World::new();
    world.write("x.tar", good.tar());
    let loads = |path: &str| {
        snapshot(&world, &service.log, &["load", path, "--dry-run"]).run().success();
    };
    loads("../x.tar");
    for (what, spoil, said) in HOSTILE {
        world.write("x.tar", spoil(&good));
        is_refused(&world, &service.log, "../x.tar", what, said);
    }

    let directory = world.path("x");
    snapshot(&here, &service.log, &["save", directory.to_str().unwrap()]).run().success();
    loads("../x");
    for (what, name, said) in [
        ("a link", "link", "`link` in it is not a regular file"),
        ("a directory", "below", "`below` in it is not a regular file"),
        ("one more", "more", "`more` is in it"),
    ] {
        let path = directory.join(name);
        match what {
            "a link" => symlink("manifest.json", &path).unwrap(),
            "a directory" => fs::create_dir(&path).unwrap(),
            _ => fs::write(&path, "").unwrap(),
        }
        is_refused(&world, &service.log, "../x", what, said);
        let _ = fs::remove_file(&path).or_else(|_| fs::remove_dir(&path));
    }
    loads("../x");
    is_refused(&world, &service.log, "../nowhere.tar", "none", "cannot read ../nowhere.tar");
}

#[test]
fn saving_is_killed() {
    let bed = TestBed::new();
    let before = bed.stage.world();
    for version in ["1.22.3", "1.21.13"] {
        bed.gowr(&before, &["install", version]).run().success();
    }
    for target in ["../x.tar", "../x"] {
        let words = ["snapshot", "save", target];
        let whole = bed.stage.copy(&before);
        let calls = bed.gowr(&whole, &words).calls();
        calls.outcome.success();
        let end = tree(whole.home());
        let below = |home: &Path| home.join(target.trim_start_matches("../"));
        let read = |path: PathBuf| if path.is_dir() { tree(&path) } else { tree_of_file(&path) };
        let saved = read(below(whole.home()));
        let numbers = some_of_each(&calls.calls, 4, &mut Dice(31));
        let tried = numbers.len();
        let killed = on_all_processors(numbers.into_iter(), |number| {
            let world = bed.stage.copy(&before);
            let traced = bed.gowr(&world, &words).traced(number, Blow::Kill);
            if traced.hit.is_none() {
                return false;
            }
            let report = format!("call {number}, {:?}", traced.hit);
            let path = below(world.home());
            assert!(!path.exists() || read(path) == saved, "{report}");
            // Where it came to its end, a directory is there, and is not replaced.
            let again = bed.gowr(&world, &words).run();
            let is_there = again.stderr().contains("is there already");
            assert!(again.status().success() || is_there, "{report}: {}", again.report());
            assert_eq!(difference(&end, &tree(world.home())), "", "{report}");
            true
        });
        println!(
            "snapshot save {target}: killed {killed} times, at some of {} calls",
            calls.calls.len()
        );
        assert!(killed > tried / 2, "{killed} of {tried}");
    }
}

fn tree_of_file(path: &Path) -> crate::support::stage::Tree {
    let mode = fs::metadata(path).unwrap().permissions().mode();
    [(PathBuf::new(), (mode, fs::read(path).unwrap()))].into()
}

/// Stand-ins for the programs of WSL, and the distros that they know; see there for what they do.
struct Windows {
    world: World,
}

impl Windows {
    fn new() -> Self {
        let world = World::new();
        for (name, program) in [
            ("wsl.exe", include_str!("programs/wsl.sh")),
            ("wslpath", include_str!("programs/wslpath.sh")),
        ] {
            let path = world.write(format!("wsl/bin/{name}"), program);
            fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
        }
        for (name, state) in
            [("Debian", "Running"), ("Alpine", "Stopped"), ("Ubuntu-24.04", "Running")]
        {
            world.write(format!("wsl/distros/{name}"), format!("{state}\n"));
        }
        Self { world }
    }

    /// `gowr snapshot`, in the distro Debian.
    fn run(&self, words: &[&str]) -> Outcome {
        let path = format!("{}:/usr/bin:/bin", self.world.path("wsl/bin").display());
        let run = self.world.gowr(["snapshot"]).args(words).env("PATH", path);
        run.env("WSL", self.world.path("wsl")).env("WSL_DISTRO_NAME", "Debian").run()
    }

    fn calls(&self) -> String {
        let calls = fs::read_to_string(self.world.path("wsl/calls")).unwrap_or_default();
        let _ = fs::remove_file(self.world.path("wsl/calls"));
        calls
    }
}

#[test]
fn whole_distros_by_a_stand_in_for_wsl() {
    let windows = Windows::new();
    let world = &windows.world;
    let saved = windows.run(&["save", "../alpine.tar", "--distro", "alpine"]);
    assert_data_eq!(
        saved.snapshot(),
        str![[r#"
../alpine.tar
------- stderr -------
exporting Alpine, its whole root file system

"#]]
    );
    let calls = windows.calls();
    let home = world.home().display().to_string().replace('/', "\\");
    let export = format!("--export Alpine \\\\wsl.localhost\\Debian{home}\\");
    assert!(calls.starts_with("--list --verbose\n") && calls.contains(&export), "{calls}");

    let loaded =
        windows.run(&["load", "../alpine.tar", "--distro", "Copy", "--location", "../disks/copy"]);
    assert!(loaded.success().stderr().contains("its user is root"), "{}", loaded.report());
    assert_eq!(world.read("disks/copy/ext4.vhdx"), world.read("alpine.tar"));
    let import = format!("--import Copy \\\\wsl.localhost\\Debian{home}\\disks\\copy \\\\");
    assert!(windows.calls().contains(&import));
    assert_eq!(world.read("wsl/distros/Copy"), "Stopped\n");

    world.write("text", "no tar");
    let before = tree(world.home());
    for (words, said) in [
        (vec!["save", "../x.tar", "--distro", "debian"], "debian is the distro that this runs in"),
        (
            vec!["save", "../x.tar", "--distro", "Ubuntu-24.04"],
            "run: wsl.exe --terminate Ubuntu-24.04",
        ),
        (vec!["save", "../x.tar", "--distro", "Void"], "no distro of WSL is called Void"),
        (vec!["save", "../x.tar", "--distro", "a b"], "is not the name of a distro of WSL"),
        (vec!["save", "../x.tar", "--distro=--unregister"], "is not the name of a distro of WSL"),
        (vec!["save", "../wsl", "--distro", "Alpine"], "is not a file"),
        (vec!["load", "../alpine.tar", "--distro", "copy", "--location", "../y"], "already"),
        (vec!["load", "../none.tar", "--distro", "New", "--location", "../y"], "is not a file"),
        (
            vec!["load", "../text", "--distro", "New", "--location", "../y"],
            "unrecognized archive format",
        ),
    ] {
        let outcome = windows.run(&words);
        three_lines(&outcome, &words.join(" "), said);
        windows.calls();
        assert_eq!(difference(&before, &tree(world.home())), "", "{}", outcome.report());
    }

    // What fails in the middle leaves nothing, and its own words are shown, whatever the language.
    world.write("wsl/full", "");
    let before = tree(world.home());
    let outcome = windows.run(&["save", "../alpine.tar", "--distro", "Alpine"]);
    three_lines(&outcome, "full", "磁盘空间不足");
    windows.calls();
    assert_eq!(difference(&before, &tree(world.home())), "", "{}", outcome.report());

    let elsewhere = world.gowr(["snapshot", "save", "../x.tar", "--distro", "Alpine"]).run();
    three_lines(&elsewhere, "no WSL", "there is no wsl.exe on PATH");
    let usage = windows.run(&["load", "../alpine.tar", "--distro", "New"]);
    assert_eq!(usage.code(), Some(2), "{}", usage.report());
}
