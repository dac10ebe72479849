//! Archives that are on this machine already: `install --from`, and what is kept in `downloads/`. Nothing about them is
//! believed that is not proved, whoever put them there.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;

use nix::sys::stat::Mode;
use nix::unistd::mkfifo;

use crate::support::downloads::{self, Downloads, checksum, file_name};
use crate::support::goproxy::{Service, contents, install, is_archive, refused, without_downloads};
use crate::support::log::Log;
use crate::support::module::PLATFORM;
use crate::support::{Run, World};

const CHECKSUMS: &str = ".local/state/gowr/SHA256SUMS";
/// Nobody listens there.
const NOWHERE: &str = "http://127.0.0.1:1";

/// `gowr install` without a network.
fn offline(world: &World, log: &Log, words: &[&str]) -> Run {
    let run = world.gowr(["install"]).args(words).env("GOSUMDB", log.key());
    run.env("GOPROXY", "off").env("HTTPS_PROXY", NOWHERE)
}

/// What an install of this release leaves in `downloads/`, brought into another world's `brought/`: zip and proof.
fn brought(service: &Service, to: &World) -> (PathBuf, PathBuf) {
    let name = "1.22.3";
    let world = World::new();
    install(&world, &service.clone().start(), &service.log, &[name]).run().success();
    let downloads = world.gowr_home().join("downloads");
    let mut files: Vec<_> = names(&downloads);
    files.sort_by_key(|file| !is_archive(file));
    let [zip, proof] = &files[..] else { panic!("{files:?}") };
    assert!(zip.starts_with(&format!("go1.22.3.{PLATFORM}.h1-")), "{zip}");
    assert_eq!(proof.strip_suffix(".tlog-proof"), zip.strip_suffix(".zip"));
    fs::create_dir_all(to.path("brought")).unwrap();
    for file in &files {
        fs::copy(downloads.join(file), to.path("brought").join(file)).unwrap();
    }
    (to.path("brought").join(zip), to.path("brought").join(proof))
}

fn names(directory: &Path) -> Vec<String> {
    let entries = fs::read_dir(directory).into_iter().flatten();
    entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}

fn works(world: &World, name: &str) {
    let version = world.go(["version"]).env("GOWR_TOOLCHAIN", name).run();
    assert_eq!(version.quiet().stdout(), format!("go version {name} linux\n"));
}

#[test]
fn a_zip_and_its_proof_need_no_network() {
    let service = Service::new(&["go1.22.3"]);
    let world = World::new();
    let (zip, proof) = brought(&service, &world);
    for (words, uninstalled) in [
        (vec!["--from", zip.to_str().unwrap()], true),
        (vec!["1.22.3", "--from", zip.to_str().unwrap()], true),
        (vec!["1.22", "--from", "../brought"], true),
        (vec!["--from", "../brought"], true),
        (vec!["latest", "--from", "../brought"], false),
    ] {
        offline(&world, &service.log, &words).run().success();
        works(&world, "go1.22.3");
        // Kept as if it had been downloaded, with its proof.
        let kept = world.gowr_home().join("downloads");
        for file in [&zip, &proof] {
            let name = file.file_name().unwrap();
            assert_eq!(fs::read(kept.join(name)).unwrap(), fs::read(file).unwrap(), "{words:?}");
        }
        if uninstalled {
            world.gowr(["uninstall", "1.22.3"]).run().success();
            assert_eq!(names(&kept), [""; 0], "the archive goes with it, and its proof");
        }
    }
    assert!(
        world.read(".config/gowr/config.yaml").contains("1.22"),
        "the first one is the default"
    );
}

#[test]
fn what_a_project_asks_for_from_a_directory() {
    let mut service = Service::new(&["go1.22.3", "go1.23.4"]);
    let world = World::new();
    world.write("project/.go-version", "1.23\n");
    let directory = world.path("brought");
    fs::create_dir(&directory).unwrap();
    for module in &service.modules {
        fs::write(directory.join(format!("{}.zip", module.version)), module.zip()).unwrap();
    }
    service.modules.clear();
    let log = service.log.clone();
    let server = service.start();
    // The names are those of a module proxy. There is no proof: the database is asked, and no zip.
    install(&world, &server, &log, &["--from", "../brought"]).run().success();
    works(&world, "go1.23.4");
    assert!(!world.goroot("go1.22.3").exists());
    assert!(server.paths().iter().all(|path| path.contains("/sumdb/")), "{:?}", server.paths());
    // From now on there is.
    let kept = world.gowr_home().join("downloads");
    assert_eq!(names(&kept).iter().filter(|name| name.ends_with(".tlog-proof")).count(), 1);
    world.write("project/.go-version", "1.24\n");
    let outcome = install(&world, &server, &log, &["--from", "../brought"]).run();
    assert!(outcome.stderr().starts_with("gowr: there is no Go 1.24"), "{}", outcome.report());
}

#[test]
fn a_file_of_the_go_projects() {
    let world = World::new();
    let archive = downloads::archive("go1.22.3");
    let path = world.write(format!("brought/{}", file_name("go1.22.3")), &archive);
    let log = Service::new(&[]).log;
    let before = contents(&world.gowr_home());
    let from = ["--from", path.to_str().unwrap()];
    let said = "cannot be proved";
    refused(&world, &offline(&world, &log, &from).run(), said, &before);
    // The index is asked where it may be.
    let online = |world: &World| {
        let go_dev = Downloads::new(&["go1.22.3"]).behind_go_dev(world);
        let run = go_dev.reached_by(world.gowr(["install"]).args(from));
        run.env("GOPROXY", "direct").run().success();
        assert_eq!(go_dev.server.paths(), ["/dl/?mode=json&include=all"]);
    };
    online(&world);
    works(&world, "go1.22.3");
    world.gowr(["uninstall", "1.22.3"]).run().success();
    // And not again.
    offline(&world, &log, &from).run().success();
    works(&world, "go1.22.3");
    let kept = format!("go1.22.3.{PLATFORM}.sha256-{}.tar.gz", checksum(&archive));
    assert_eq!(names(&world.gowr_home().join("downloads")), [kept]);
}

#[test]
#[cfg(target_arch = "x86_64")]
fn what_gowr_is_built_with_is_the_last_word() {
    let log = Service::new(&[]).log;
    let world = World::new();
    let archive = downloads::archive("go1.24.9");
    // Whatever the kept index says.
    let name = file_name("go1.24.9");
    world.write(CHECKSUMS, format!("{}  {name}\n", checksum(&archive)));
    let path = world.write(format!("brought/{name}"), archive);
    let before = contents(&world.gowr_home());
    let outcome = offline(&world, &log, &["--from", path.to_str().unwrap()]).run();
    let said = "go1.24.9 does not match the Go project's checksum: checksum mismatch";
    refused(&world, &outcome, said, &before);
}

#[test]
fn an_archive_that_was_changed() {
    let service = Service::new(&["go1.22.3", "go1.22.4"]);
    let world = World::new();
    let (zip, proof) = brought(&service, &world);
    let before = contents(&world.gowr_home());
    let from = ["--from", zip.to_str().unwrap()];
    // Another release's archive under its name.
    let other = service.modules[1].zip();
    fs::write(&zip, &other).unwrap();
    refused(&world, &offline(&world, &service.log, &from).run(), "module zip", &before);
    // A file in it.
    let mut changed = service.modules[0].clone();
    changed.files[20].1.push(b' ');
    fs::write(&zip, changed.zip()).unwrap();
    let said = "SECURITY ERROR: go1.22.3 does not match the checksum database";
    refused(&world, &offline(&world, &service.log, &from).run(), said, &before);
    let archive = downloads::archive("go1.22.4");
    let path = world.write(format!("brought/{}", file_name("go1.22.3")), &archive);
    world.write(CHECKSUMS, Downloads::new(&["go1.22.3", "go1.22.4"]).checksums());
    let from = ["--from", path.to_str().unwrap()];
    let said = "SECURITY ERROR: go1.22.3 does not match the Go project's checksum";
    refused(&world, &offline(&world, &service.log, &from).run(), said, &before);
    assert!(proof.exists());
}

#[test]
fn a_proof_that_proves_nothing() {
    let service = Service::new(&["go1.22.3", "go1.22.4"]);
    let world = World::new();
    let (zip, proof) = brought(&service, &world);
    let good = fs::read_to_string(&proof).unwrap();
    let before = contents(&world.gowr_home());
    let from = ["--from", zip.to_str().unwrap()];
    // A zip with a file changed, and a record that says its hash.
    let mut changed = service.modules[0].clone();
    changed.files[20].1.push(b' ');
    let genuine = fs::read(&zip).unwrap();
    let forgery = Service::of(vec![changed.clone()]);
    let elsewhere = World::new();
    let other_key = Service { log: forgery.log.clone().with_seed(9), ..forgery };
    let (_, forged) = brought(&other_key, &elsewhere);
    let forged = fs::read_to_string(forged).unwrap();
    let middle = |text: &str| text.split("\n\n").next().unwrap().to_owned();
    let head = |text: &str| text.split_once("\n\n").unwrap().1.to_owned();
    fs::write(&zip, changed.zip()).unwrap();
    for text in [
        forged.clone(),
        // The record of the forger with the head of the real log.
        format!("{}\n\n{}", middle(&forged), head(&good)),
        good.replace("index ", "index 1"),
        String::new(),
        String::from("c2sp.org/tlog-proof@v1\n"),
    ] {
        fs::write(&proof, text).unwrap();
        let outcome = offline(&world, &service.log, &from).run();
        refused(&world, &outcome, "cannot be proved", &before);
    }
    // The real zip needs only that somebody can be asked.
    fs::write(&zip, genuine).unwrap();
    let server = service.clone().start();
    install(&world, &server, &service.log, &from).run().success();
    works(&world, "go1.22.3");
}

#[test]
fn what_is_not_an_archive_of_a_release() {
    let service = Service::new(&["go1.22.3"]);
    let world = World::new();
    let (zip, proof) = brought(&service, &world);
    let before = contents(&world.gowr_home());
    let run = |words: &[&str]| offline(&world, &service.log, words).run();
    fs::create_dir(world.path("empty")).unwrap();
    refused(&world, &run(&["--from", "../empty"]), "there is no archive of Go for linux-", &before);
    refused(&world, &run(&["--from", "../absent"]), "cannot read ../absent", &before);
    world.write("tree/pkg/tool/x", "");
    let outcome = run(&["--from", "../tree"]);
    refused(&world, &outcome, "run: gowr adopt ../tree", &before);
    world.write("go1.22.3.zip", "neither");
    refused(
        &world,
        &run(&["1.22.3", "--from", "../go1.22.3.zip"]),
        "neither a module zip nor",
        &before,
    );
    let said = "named as go1.22.3, not as go1.22.4";
    refused(&world, &run(&["1.22.4", "--from", zip.to_str().unwrap()]), said, &before);
    // Named by nobody: then by whoever asks, and proved all the same.
    let unnamed = world.path("brought/go.zip");
    fs::rename(&zip, &unnamed).unwrap();
    let outcome = run(&["--from", "../brought/go.zip"]);
    refused(&world, &outcome, "run: gowr install VERSION --from", &before);
    fs::rename(&proof, world.path("brought/go.tlog-proof")).unwrap();
    run(&["1.22.3", "--from", "../brought/go.zip"]).success();
    works(&world, "go1.22.3");
    // What is here already is not installed again, whatever it would be.
    world.write("brought/go.zip", "neither");
    run(&["1.22.3", "--from", "../brought"]).stderr();
}

#[test]
fn what_was_downloaded_needs_no_network_again() {
    let service = Service::new(&["go1.22.3", "go1.22.4"]);
    let log = service.log.clone();
    let server = service.start();
    let world = World::new();
    install(&world, &server, &log, &["1.22.3"]).run().success();
    // As after `rm -r`, or when another distro has this directory as its `downloads`.
    fs::remove_dir_all(world.goroot("go1.22.3")).unwrap();
    let asked = server.paths().len();
    offline(&world, &log, &["1.22.3"]).run().success();
    works(&world, "go1.22.3");
    fs::remove_dir_all(world.goroot("go1.22.3")).unwrap();
    // A line is then the newest that is here: nobody else may be asked.
    offline(&world, &log, &["1.22"]).run().success();
    works(&world, "go1.22.3");
    fs::remove_dir_all(world.goroot("go1.22.3")).unwrap();
    // With a network, too.
    install(&world, &server, &log, &["1.22.3"]).run().success();
    assert_eq!(server.paths().len(), asked, "nobody was asked");
    fs::remove_dir_all(world.goroot("go1.22.3")).unwrap();
    // Where somebody should have been asked and is not there, it says so, and what would do.
    let outcome = install(&world, &server, &log, &["1.22"]).env("GOPROXY", NOWHERE).run();
    assert_eq!(outcome.code(), Some(1));
    assert!(outcome.stderr().ends_with("run: gowr install 1.22.3\n"), "{}", outcome.report());

    install(&world, &server, &log, &["1.22.3"]).run().success();
    world.gowr(["uninstall", "1.22.3"]).run().success();
    let before = contents(&world.gowr_home());
    for version in ["1.22.3", "1.22"] {
        let outcome = offline(&world, &log, &[version]).run();
        refused(&world, &outcome, "downloads are switched off by GOPROXY=off", &before);
    }
}

#[test]
fn a_damaged_download_is_fetched_again() {
    let service = Service::new(&["go1.22.3"]);
    let log = service.log.clone();
    let genuine = service.modules[0].zip();
    let server = service.start();
    let world = World::new();
    install(&world, &server, &log, &["1.22.3"]).run().success();
    let kept = world.gowr_home().join("downloads");
    let zip = names(&kept).into_iter().find(|name| is_archive(name)).unwrap();
    for damage in [
        |content: &mut Vec<u8>| content.truncate(content.len() / 2),
        |content: &mut Vec<u8>| content.clear(),
        |content: &mut Vec<u8>| {
            let middle = content.len() / 2;
            content[middle] ^= 1;
        },
    ] {
        let mut content = genuine.clone();
        damage(&mut content);
        fs::write(kept.join(&zip), &content).unwrap();
        fs::remove_dir_all(world.goroot("go1.22.3")).unwrap();
        let before = without_downloads(&world.gowr_home());
        let outcome = offline(&world, &log, &["1.22.3"]).run();
        assert_eq!(outcome.code(), Some(1), "{}", outcome.report());
        assert!(outcome.stderr().contains(" is not used: "), "{}", outcome.report());
        assert!(outcome.stderr().contains("switched off by GOPROXY=off"), "{}", outcome.report());
        assert_eq!(without_downloads(&world.gowr_home()), before);
        let outcome = install(&world, &server, &log, &["1.22.3"]).run();
        assert!(outcome.success().stderr().contains(" is not used: "), "{}", outcome.report());
        works(&world, "go1.22.3");
        assert!(fs::read(kept.join(&zip)).unwrap() == genuine);
    }
}

#[test]
fn two_homes_share_a_directory_of_downloads() {
    let service = Service::new(&["go1.22.3"]);
    let log = service.log.clone();
    let server = service.start();
    let (first, second) = (World::new(), World::new());
    let shared = first.path("shared");
    for world in [&first, &second] {
        let configuration = format!("downloads: {}\n", shared.display());
        world.write(".config/gowr/config.yaml", configuration);
    }
    install(&first, &server, &log, &["1.22.3"]).run().success();
    let asked = server.paths().len();
    install(&second, &server, &log, &["1.22.3"]).run().success();
    offline(&second, &log, &["1.22.3"]).run().success();
    works(&second, "go1.22.3");
    assert_eq!(server.paths().len(), asked, "one download for both");
    assert!(!second.gowr_home().join("downloads").exists());
}

#[test]
fn whatever_somebody_put_into_a_shared_directory() {
    let service = Service::new(&["go1.22.3"]);
    let log = service.log.clone();
    let genuine = service.modules[0].zip();
    let server = service.start();
    let world = World::new();
    let shared = world.path("shared");
    fs::create_dir(&shared).unwrap();
    world.write(".config/gowr/config.yaml", format!("downloads: {}\n", shared.display()));
    let stem = format!("go1.22.3.{PLATFORM}");
    mkfifo(&shared.join(format!("{stem}.h1-pipe.zip")), Mode::S_IRWXU).unwrap();
    mkfifo(&shared.join(format!("{stem}.h1-proof.tlog-proof")), Mode::S_IRWXU).unwrap();
    fs::write(shared.join(format!("{stem}.h1-proof.zip")), "x").unwrap();
    symlink("/dev/zero", shared.join(format!("{stem}.tar.gz"))).unwrap();
    symlink("loop.zip", shared.join("loop.zip")).unwrap();
    symlink(format!("{stem}.h1-loop.zip"), shared.join(format!("{stem}.h1-loop.zip"))).unwrap();
    fs::create_dir(shared.join(format!("{stem}.h1-directory.zip"))).unwrap();
    fs::write(shared.join(format!("{stem}.h1-other.zip")), &genuine).unwrap();
    fs::write(shared.join("..zip"), &genuine).unwrap();
    for number in 0..50 {
        fs::write(shared.join(format!("{stem}.h1-{number}.zip")), &genuine).unwrap();
    }
    install(&world, &server, &log, &["1.22.3"]).run().success();
    works(&world, "go1.22.3");
    let paths = server.paths();
    let lookups = paths.iter().filter(|path| path.contains("/lookup/")).count();
    assert!(lookups <= 2, "asked {lookups} times");
    // Without a network, what is genuine is found among all of this.
    fs::remove_dir_all(world.goroot("go1.22.3")).unwrap();
    offline(&world, &log, &["1.22.3"]).run().success();
    works(&world, "go1.22.3");
    let fetched = server.paths().iter().any(|path| is_archive(path));
    assert!(fetched, "an archive whose name speaks of another hash is not it");
    assert_eq!(names(&shared).iter().filter(|name| name.contains(".gowr-")).count(), 0);
}

#[test]
fn a_directory_of_downloads_that_belongs_to_somebody_else() {
    // Root may write everywhere: then it is one who is not root that this is about.
    let is_root = nix::unistd::geteuid().is_root();
    let as_user = |run: Run| {
        let user = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"];
        if is_root { run.under(user) } else { run }
    };
    let world = World::new();
    let service = Service::new(&["go1.22.3", "go1.22.4"]);
    let log = service.log.clone();
    let giver = World::new();
    let (zip, proof) = brought(&service, &giver);
    let shared = giver.path("brought");
    for file in [&zip, &proof] {
        fs::set_permissions(file, fs::Permissions::from_mode(0o444)).unwrap();
    }
    // Up to the root of the giver's world everybody may look.
    for directory in shared.ancestors().take(3) {
        let mode = if directory == shared { 0o555 } else { 0o755 };
        fs::set_permissions(directory, fs::Permissions::from_mode(mode)).unwrap();
    }
    fs::set_permissions(world.home(), fs::Permissions::from_mode(0o755)).unwrap();
    let configuration = format!("downloads: {}\n", shared.display());
    world.write(".config/gowr/config.yaml", configuration);
    if is_root {
        let mut owner = Command::new("chown");
        let status = owner.args(["-R", "65534:65534"]).arg(world.home()).status().unwrap();
        assert!(status.success());
    }
    let server = service.start();
    as_user(offline(&world, &log, &["1.22.3"])).run().success();
    // Downloaded, and not kept: that is no error.
    as_user(install(&world, &server, &log, &["1.22.4"])).run().success();
    let here = |name: &str| world.goroot(name).join("VERSION").exists();
    assert!(here("go1.22.3") && here("go1.22.4"));
    assert_eq!(names(&shared).len(), 2);
    let left = contents(&world.gowr_home());
    assert!(left.iter().all(|name| !name.starts_with("staging/")), "{left:?}");
    fs::set_permissions(&shared, fs::Permissions::from_mode(0o755)).unwrap();
}

#[cfg(feature = "long")]
#[test]
fn a_release_for_real() {
    // Packed anew from the real tree: no registry has the file itself. The tree is the larger part of what counts.
    let world = World::new();
    let name = crate::support::NEW;
    let goroot = crate::support::toolchains::installed(name);
    let path = world.path(file_name(name));
    let status = Command::new("tar")
        .args(["--transform", &format!("s/^{name}/go/"), "-I", "gzip -1", "-cf"])
        .arg(&path)
        .arg("-C")
        .arg(goroot.parent().unwrap())
        .arg(name)
        .status()
        .unwrap();
    assert!(status.success());
    let sum = checksum(&fs::read(&path).unwrap());
    world.write(CHECKSUMS, format!("{sum}  {}\n", file_name(name)));
    let log = Service::new(&[]).log;
    offline(&world, &log, &["--from", path.to_str().unwrap()]).run().success();
    let compared =
        world.run("/usr/bin/diff").args(["-r"]).args([&goroot, &world.goroot(name)]).run();
    compared.quiet();
    world.go(["version"]).run().quiet();
}
