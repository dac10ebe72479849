//! What comes along: toolchains with their proofs, the configuration, pins; and what is only told.

use std::fs;

use serde_json::json;
use snapbox::{assert_data_eq, str};

use super::{CONFIGURATION, furnished, is_refused, members, runs, snapshot, three_lines, two};
use crate::support::downloads::{self, Downloads, file_name};
use crate::support::goproxy::{Service, contents};
use crate::support::module::PLATFORM;
use crate::support::stage::{difference, tree};
use crate::support::{Run, World, fakes};

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
