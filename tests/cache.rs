//! Go's build caches: shown, emptied and filled.

mod real;
mod stand_in;

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::thread;
use std::time::Duration;

use nix::sys::stat::{Mode, SFlag, makedev, mknod};
use nix::unistd::mkfifo;
use serde_json::Value;
use snapbox::{assert_data_eq, str};

use crate::support::tracer::Blow;
use crate::support::{Run, World, host_key, tool};
use stand_in::{DAY, HOUR, StandIn};

/// A world that knows this distro and Alpine 3.23, with caches of them and of one that is gone.
fn world() -> World {
    let world = World::with_fakes(&["go1.26.9"]);
    fs::create_dir_all(world.gowr_home().join("distros/alpine-3.23+box")).unwrap();
    cache(&world, &host_key(), 300, HOUR);
    cache(&world, "alpine-3.23", 75, 8 * DAY);
    cache(&world, "gone-1", 30, 40 * DAY);
    world
}

fn cache(world: &World, key: &str, actions: u16, age: Duration) -> PathBuf {
    let path = world.path(format!(".cache/go-build-{key}"));
    StandIn { actions, age }.lay_out(&path);
    path
}

/// Every path below a directory; links are not followed.
fn tree(directory: &Path) -> BTreeSet<PathBuf> {
    let mut found = BTreeSet::new();
    for entry in fs::read_dir(directory).into_iter().flatten().flatten() {
        if entry.file_type().unwrap().is_dir() {
            found.extend(tree(&entry.path()));
        }
        found.insert(entry.path());
    }
    found
}

fn by_distro<'a>(document: &'a Value, key: &str) -> &'a Value {
    let mut caches = document["caches"].as_array().unwrap().iter();
    caches.find(|cache| cache["distro"] == key).unwrap_or_else(|| panic!("no {key}: {document:#}"))
}

#[test]
fn every_cache_is_listed_with_whose_it_is() {
    let world = world();
    let archive = format!("go1.22.12.linux-{}.h1-abc.zip", std::env::consts::ARCH);
    let archive = archive.replace("x86_64", "amd64").replace("aarch64", "arm64");
    world.write(format!(".local/share/gowr/downloads/{archive}"), "PK");
    symlink(format!("go-build-{}", host_key()), world.path(".cache/go-build")).unwrap();
    let run = world.gowr(["cache", "list"]);
    let shown =
        run.run().quiet().stdout().replace(&host_key(), "this").replace(&archive, "archive");
    assert_data_eq!(
        shown.split_whitespace().collect::<Vec<_>>().join(" "),
        str![[
            r#"alpine-3.23 600.00 KiB ===== 150 entries used 8 days ago [HOME]/.cache/go-build-alpine-3.23 * this 2.34 MiB ==================== 600 entries used 60 minutes ago [HOME]/.cache/go-build-this gone-1 240.00 KiB == 60 entries used 6 weeks ago orphan [HOME]/.cache/go-build-gone-1 archives in [GOWR]/downloads go1.22.12 2 B archive"#
        ]]
    );
    let document = world.gowr(["cache", "list", "--json"]).run().quiet().json();
    let own = by_distro(&document, &host_key());
    assert_eq!(own["active"], true);
    assert_eq!((&own["entries"], &own["kind"]), (&600.into(), &"distro".into()));
    assert_eq!(own["size"], 600 * 4096);
    let gone = by_distro(&document, "gone-1");
    assert_eq!((&gone["orphan"], &gone["active"]), (&true.into(), &false.into()));
    assert_eq!(document["downloads"]["archives"][0]["name"], "go1.22.12");
    assert_eq!(document["caches"].as_array().unwrap().len(), 3, "a second name is no cache");
}

#[test]
fn orphans_are_pruned_after_they_were_shown() {
    let world = world();
    let before = tree(&world.path(".cache"));
    let rehearsed = world.gowr(["cache", "prune", "--dry-run"]).run();
    assert_data_eq!(
        rehearsed.success().stderr(),
        str![[r#"
[HOME]/.cache/go-build-gone-1 would be removed: an orphan (60 entries, 240.00 KiB)
240.00 KiB would be given back

"#]]
    );
    assert_eq!(tree(&world.path(".cache")), before);
    let document = world.gowr(["cache", "prune", "--json"]).run().success().json();
    let gone = document["caches"].as_array().unwrap().iter().find(|it| it["action"] == "removed");
    assert_eq!(gone.unwrap()["reason"], "orphan");
    assert_eq!((&document["dry_run"], &document["freed"]), (&false.into(), &(60 * 4096).into()));
    let left: BTreeSet<_> = fs::read_dir(world.path(".cache"))
        .unwrap()
        .flatten()
        .collect::<Vec<_>>()
        .iter()
        .map(fs::DirEntry::file_name)
        .collect();
    assert_eq!(left.len(), 2, "{left:?}");
    let again = world.gowr(["cache", "prune"]).run();
    assert_eq!(again.success().stderr(), "there is nothing to prune\n");
}

#[test]
fn what_is_old_and_what_is_too_much_is_pruned() {
    let world = world();
    let entries = |key: &str| {
        let document = world.gowr(["cache", "list", "--json"]).run().quiet().json();
        by_distro(&document, key)["entries"].as_u64().unwrap()
    };
    let archive =
        format!(".local/share/gowr/downloads/go1.22.12.{}.h1-x.zip", stand_in::platform());
    world.write(&archive, "PK");
    world.gowr(["cache", "prune", "--max-size", "2.5M"]).run().success();
    assert_eq!((entries("alpine-3.23"), entries(&host_key())), (40, 600), "the older go first");
    let warned = world.gowr(["cache", "prune", "--max-size", "1M"]).run();
    assert!(
        warned.success().stderr().contains("was used within a day stays"),
        "{}",
        warned.report()
    );
    assert_eq!((entries("alpine-3.23"), entries(&host_key())), (0, 600));
    assert!(world.path(&archive).exists());
    world.gowr(["cache", "prune", "--older-than", "1w", "--downloads"]).run().success();
    assert!(!world.path(&archive).exists());
    assert!(!world.path(".cache/go-build-gone-1").exists());
    for (words, told) in [
        (["--older-than", "30"], "write an age such as 30d, 12h or 2w"),
        (["--max-size", "much"], "write a size such as 5G or 500M"),
    ] {
        let refused = world.gowr([&["cache", "prune"][..], &words].concat()).run();
        assert_eq!(refused.code(), Some(2));
        assert!(refused.stderr().contains(told), "{}", refused.report());
    }
}

/// What a stranger may have put into a cache, or called one.
#[test]
fn nothing_but_go_caches_is_touched() {
    let world = world();
    let precious = world.write("precious/file", "kept");
    let caches = world.path(".cache");
    // Names of caches that are none.
    for (name, file) in [("go-build-mine-1", "notes"), ("go-build-mine-2", "trim.txt")] {
        world.write(format!(".cache/{name}/{file}"), "mine");
    }
    world.write(".cache/go-build-mine-3/README", "This directory is mine.");
    world.write(".cache/go-build-mine-3/00/x", "mine");
    symlink(world.path("precious"), caches.join("go-build-mine-4")).unwrap();
    symlink("/dev/zero", caches.join("go-build-mine-5")).unwrap();
    world.write(".cache/.go-build", "mine");
    world.write(".cache/.x.gowr-1/file", "mine");
    // A link to a cache, and a cache full of traps.
    let elsewhere = world.path("elsewhere/cache");
    StandIn { actions: 4, age: 90 * DAY }.lay_out(&elsewhere);
    symlink(&elsewhere, caches.join("go-build-gone-2")).unwrap();
    let trapped = cache(&world, "gone-3", 4, 90 * DAY);
    let id = "ab".repeat(32);
    symlink(world.path("precious"), trapped.join(format!("ab/{id}-d"))).unwrap();
    symlink(&precious, trapped.join(format!("ab/{id}-a"))).unwrap();
    mkfifo(&trapped.join("ab/fifo"), Mode::S_IRWXU).unwrap();
    fs::remove_dir_all(trapped.join("cc")).unwrap();
    symlink(world.path("precious"), trapped.join("cc")).unwrap();
    // Only root may make one.
    let _ = mknod(&trapped.join("ab/device"), SFlag::S_IFCHR, Mode::S_IRWXU, makedev(1, 5));

    let kept: BTreeSet<_> = tree(world.home())
        .into_iter()
        .filter(|path| {
            let path = path.display().to_string();
            ["mine", "precious", "elsewhere", "/.go-build", ".x.gowr-1", "ab/fifo", "ab/device"]
                .iter()
                .any(|part| path.contains(part))
        })
        .collect();
    let run =
        world.gowr(["cache", "prune", "--older-than", "1d", "--max-size", "0"]).bounded().run();
    run.success();
    assert!(kept.is_subset(&tree(world.home())), "{}", run.report());
    assert!(run.stderr().contains("go-build-gone-2 is kept: it is a link"), "{}", run.report());
    // With a link in it that is none of Go's it is only emptied.
    assert!(
        run.stderr().contains("go-build-gone-3 is trimmed: an orphan (8 entries"),
        "{}",
        run.report()
    );
    assert!(trapped.join(format!("ab/{id}-a")).is_symlink());
    let listed = world.gowr(["cache", "list", "--json"]).bounded().run().quiet().json();
    assert_eq!(by_distro(&listed, "gone-2")["link"], elsewhere.to_str().unwrap());

    // Without that link all of it is Go's to remove, and what its links lead to is not.
    fs::remove_file(trapped.join("cc")).unwrap();
    StandIn { actions: 4, age: 90 * DAY }.lay_out(&trapped);
    world.gowr(["cache", "prune"]).bounded().run().success();
    assert!(!trapped.exists());
    assert_eq!(fs::read_to_string(precious).unwrap(), "kept");
}

#[test]
fn killed_anywhere_the_next_one_does_the_rest() {
    let world = || {
        let world = World::with_fakes(&["go1.26.9"]);
        cache(&world, &host_key(), 3, HOUR);
        cache(&world, "gone-1", 4, 40 * DAY);
        world
    };
    let prune = |world: &World| world.gowr(["cache", "prune", "--older-than", "30d"]);
    let first = world();
    let calls = prune(&first).calls();
    calls.outcome.success();
    let end = tree(&first.path(".cache")).len();
    let count = calls.calls.len();
    assert!(count > 20, "{:?}", calls.calls);
    let step = (count / 6).max(1);
    for number in (0..count).step_by(step) {
        let world = world();
        let struck = prune(&world).traced(number, Blow::Kill);
        // The cache is in its place and whole, or out of it.
        let place = world.path(".cache/go-build-gone-1");
        let inside = tree(&place).len();
        assert!(inside == 0 || inside == 256 + 2 + 8, "{inside} at call {number}: {struck:?}");
        prune(&world).run().success();
        let left = tree(&world.path(".cache"));
        assert_eq!(left.len(), end, "{left:#?} at call {number}");
        assert!(!place.exists());
    }
}

#[test]
fn a_cache_in_use_is_kept() {
    let world = world();
    let orphan = world.path(".cache/go-build-gone-1");
    // Something called go, which sleeps: what counts is the program and its environment.
    let go = world.path("sdk/bin/go");
    fs::create_dir_all(go.parent().unwrap()).unwrap();
    fs::copy(tool("sleep"), &go).unwrap();
    let mut build = Run::new(&go).args(["60"]).env("GOCACHE", &orphan).command();
    let mut build = build.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let prune = || world.gowr(["cache", "prune", "--older-than", "1d"]).run();
    // Until it is what it will be.
    while fs::read_link(format!("/proc/{}/exe", build.id())).is_ok_and(|program| program != go) {
        thread::sleep(Duration::from_millis(10));
    }
    let kept = prune();
    let told = format!("go-build-gone-1 is kept: go uses it, process {}", build.id());
    assert!(kept.success().stderr().contains(&told), "{}", kept.report());
    let listed = world.gowr(["cache", "list", "--json"]).run().quiet().json();
    assert_eq!(by_distro(&listed, "gone-1")["user"]["process"], build.id());
    build.kill().unwrap();
    build.wait().unwrap();
    assert!(orphan.exists());
    prune().success();
    assert!(!orphan.exists());
}

#[test]
fn what_cannot_be_warmed_is_said() {
    let world = world();
    world.write(".config/gowr/config.yaml", "default: 1.26\n");
    let adopted = world.path("adopted");
    crate::support::fakes::lay_out(&adopted, "go1.25.3");
    world.gowr(["adopt", adopted.to_str().unwrap()]).run().success();
    let snapshot = |words: &[&str]| {
        let words = [&["cache", "warm"][..], words].concat();
        world.gowr(words).run().snapshot().replace(&host_key(), "this")
    };
    assert_data_eq!(
        snapshot(&["1.19"]),
        str![[r#"
------- stderr -------
gowr: go 1.19 is not installed
  asked for by the argument 1.19
  run: gowr install 1.19
[exit status: 1]

"#]]
    );
    assert_data_eq!(
        snapshot(&["--from", "nowhere"]),
        str![[r#"
------- stderr -------
gowr: there is no build cache of nowhere
  asked for by --from nowhere
  run: gowr cache list
[exit status: 1]

"#]]
    );
    assert_data_eq!(
        snapshot(&["--from", &host_key()]),
        str![[r#"
------- stderr -------
gowr: [HOME]/.cache/go-build-this is the cache to be filled
  asked for by --from this
  run: gowr cache list
[exit status: 1]

"#]]
    );
    assert_data_eq!(
        snapshot(&["1.25.3", "--from", "alpine-3.23"]),
        str![[r#"
------- stderr -------
gowr: go1.25.3 may be another Go on alpine-3.23
  only a release since 1.21 that gowr installed is the same in every distro
  run: gowr install 1.25.3, or gowr cache warm 1.25.3 without --from
[exit status: 1]

"#]]
    );
}
