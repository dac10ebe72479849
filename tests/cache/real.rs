//! Caches that a real Go fills.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use crate::support::toolchains::{hard_link_tree, installed};
use crate::support::{NEW, World, host_key};

/// What cgo packages and tests need, and nothing more: building all of the standard library takes minutes.
const PACKAGES: [&str; 4] = ["os/user", "runtime/cgo", "testing", "testing/internal/testdeps"];

/// A real toolchain with a small standard library.
fn small(world: &World) {
    let real = installed(NEW);
    let goroot = world.goroot(NEW);
    let list = ["list", "-deps", "-f", "{{.Dir}}"];
    let listed = world
        .run(real.join("bin/go"))
        .args(list.iter().chain(&PACKAGES))
        .env("GOTOOLCHAIN", "local")
        .env("GOCACHE", world.path("listing"))
        .run();
    let directories = listed.quiet().stdout();
    fs::create_dir_all(goroot.join("src")).unwrap();
    for name in ["bin", "pkg"] {
        hard_link_tree(&real.join(name), &goroot.join(name));
    }
    for file in ["VERSION", "go.env", "src/go.mod", "src/go.sum"] {
        fs::hard_link(real.join(file), goroot.join(file)).unwrap();
    }
    fs::create_dir_all(goroot.join("src/vendor")).unwrap();
    let modules = "src/vendor/modules.txt";
    fs::hard_link(real.join(modules), goroot.join(modules)).unwrap();
    for directory in directories.lines().map(PathBuf::from) {
        let target = goroot.join(directory.strip_prefix(&real).unwrap());
        fs::create_dir_all(&target).unwrap();
        for entry in fs::read_dir(directory).unwrap().flatten() {
            let is_test = entry.file_name().to_string_lossy().ends_with("_test.go");
            if entry.file_type().unwrap().is_file() && !is_test {
                fs::hard_link(entry.path(), target.join(entry.file_name())).unwrap();
            }
        }
    }
}

/// Files by what they are on disk: device and inode.
type Files = BTreeSet<(u64, u64)>;

/// The files of a cache that Go alone made, and those that a C compiler had a part in.
fn outputs(cache: &Path) -> (Files, Files) {
    let (mut go, mut c) = (BTreeSet::new(), BTreeSet::new());
    for subdirectory in fs::read_dir(cache).unwrap().flatten() {
        for file in fs::read_dir(subdirectory.path()).into_iter().flatten().flatten() {
            let content = fs::read(file.path()).unwrap_or_default();
            let metadata = file.metadata().unwrap();
            let has_c = content.windows(4).any(|bytes| bytes == b"\x7fELF")
                || content.windows(8).any(|bytes| bytes == b"_cgo_run");
            if has_c { &mut c } else { &mut go }.insert((metadata.dev(), metadata.ino()));
        }
    }
    (go, c)
}

/// One warm cache for all that has to be said of one: it costs what building half of the standard library costs.
#[test]
fn a_warm_cache_leaves_nothing_to_wait_for_and_gives_another_distro_what_is_not_of_c() {
    let world = World::new();
    small(&world);
    world.write("project/go.mod", "module example.com/m\n\ngo 1.21\n");
    world.write("project/.go-version", &NEW[2..]);
    world.write(
        "project/main.go",
        "package main\n\nimport \"os/user\"\n\nfunc main() { user.Current() }\n",
    );
    world.write("project/c/c.go", "package c\n\n// int answer(void) { return 42; }\nimport \"C\"\n\nfunc Answer() int { return int(C.answer()) }\n");
    world.write("project/c/c_test.go", "package c\n\nimport \"testing\"\n\nfunc Test(t *testing.T) {\n\tif Answer() != 42 {\n\t\tt.Fatal()\n\t}\n}\n");
    let own = world.path(format!(".cache/go-build-{}", host_key()));
    let compiled = || {
        let run = world.go(["build", "-v", "-o", "/dev/null", "."]).run();
        run.success().stderr().lines().filter(|line| !line.starts_with("example.com")).count()
    };
    // The list alone makes nothing.
    world.go(["list", "std"]).run().quiet();
    let planned = world.go(["build", "-n", "."]).run().success().stderr();
    let missing = planned.lines().filter(|line| line.contains("/compile ")).count();
    assert!(missing > 20, "{planned}");

    let warmed = world.gowr(["cache", "warm"]).run();
    assert!(
        warmed.success().stderr().contains(&format!("{NEW} is warm in ")),
        "{}",
        warmed.report()
    );
    assert_eq!(compiled(), 0);
    // The dependencies of a test are vetted for the first one that imports them: now nothing is left but its own.
    let tested = world.go(["test", "-x", "./c"]).run();
    let vetted = tested.success().stderr().lines().filter(|line| line.contains("/vet ")).count();
    assert_eq!(vetted, 1, "{}", tested.report());
    assert!(world.go(["test", "./c"]).run().success().stdout().contains("(cached)"));
    let (_, c) = outputs(&own);
    assert!(c.len() >= 3, "runtime/cgo, os/user and c: {c:?}");

    // As if all this had happened in another distro.
    let other = world.path(".cache/go-build-fedora-41");
    fs::rename(&own, &other).unwrap();
    let damaged = damage_one(&other);
    let seeded = world.gowr(["cache", "warm", "--from", "fedora-41"]).run();
    let told = seeded.success().stderr();
    assert!(told.contains("1 entries are damaged, and are built anew"), "{told}");
    let ((go, _), (ours, our_c)) = (outputs(&other), outputs(&own));
    let shared = |set: &Files| set.intersection(&go).count();
    assert!(shared(&ours) > 30, "{} files are shared", shared(&ours));
    // Not one file of C, under whatever name, and no file that the other distro's C is in.
    assert!(our_c.len() >= 2, "runtime/cgo and os/user are built here: {our_c:?}");
    assert!(our_c.is_disjoint(&c) && ours.is_disjoint(&c));
    let [theirs, here] = [&other, &own].map(|cache| fs::read(cache.join(&damaged)).unwrap());
    assert!(theirs != here, "what is damaged was taken over");
    assert_eq!(compiled(), 0);
    // What a test said there is not said here.
    let tested = world.go(["test", "./c"]).run();
    assert!(!tested.success().stdout().contains("(cached)"), "{}", tested.report());
    assert!(fs::read_dir(world.path(".cache")).unwrap().count() == 2, "nothing is left beside");
}

/// Changes a byte of an output of Go alone in its place, as a failing disk does, and says which.
fn damage_one(cache: &Path) -> PathBuf {
    let mut candidates: Vec<_> = Vec::new();
    for subdirectory in fs::read_dir(cache).unwrap().flatten() {
        for file in fs::read_dir(subdirectory.path()).into_iter().flatten().flatten() {
            let content = fs::read(file.path()).unwrap_or_default();
            let has = |word: &str| content.windows(word.len()).any(|it| it == word.as_bytes());
            let is_ours = ["warm", "example.com", "_testmain.go", "/project"].into_iter().any(has);
            let is_go = content.starts_with(b"!<arch>\n__.PKGDEF") && !has("\x7fELF") && !is_ours;
            if is_go {
                candidates.push((content.len(), file.path()));
            }
        }
    }
    candidates.sort();
    let (_, path) = candidates.remove(candidates.len() / 2);
    let mut content = fs::read(&path).unwrap();
    *content.last_mut().unwrap() ^= 1;
    fs::write(&path, content).unwrap();
    path.strip_prefix(cache).unwrap().to_owned()
}

/// The goals, with the whole standard library: minutes of both processors.
#[cfg(feature = "long")]
#[test]
fn the_whole_standard_library() {
    use crate::support::{OLD, tool};

    for version in [OLD, NEW] {
        let world = World::with(&[version]);
        world.write("project/.go-version", &version[2..]);
        world.write("project/go.mod", "module example.com/m\n\ngo 1.21\n");
        world.write(
            "project/hello/main.go",
            "package main\n\nimport \"fmt\"\n\nfunc main() { fmt.Println() }\n",
        );
        world.write(
            "project/web/main.go",
            "package main\n\nimport \"net/http\"\n\nfunc main() { http.Get(\"x\") }\n",
        );
        let processor_seconds = |words: &[&str]| {
            let script = "TIMEFORMAT='%U %S'; time \"$0\" \"$@\" > /dev/null 2>&1";
            let gowr = world.gowr_home().join("bin/gowr");
            let run = world.run(tool("bash")).args(["-c", script]).args([gowr]).args(words).run();
            let text = run.success().stderr();
            text.split_whitespace().map(|word| word.parse::<f64>().unwrap()).sum::<f64>()
        };
        let compiled = |package: &str| {
            let run = world.go(["build", "-v", "-o", "/dev/null", package]).run();
            run.success().stderr().lines().filter(|it| !it.starts_with("example.com")).count()
        };
        let cold = processor_seconds(&["cache", "warm"]);
        assert_eq!((compiled("./hello"), compiled("./web")), (0, 0));
        let own = world.path(format!(".cache/go-build-{}", host_key()));
        fs::rename(&own, world.path(".cache/go-build-fedora-41")).unwrap();
        let seeded = processor_seconds(&["cache", "warm", "--from", "fedora-41"]);
        println!("{version}: cold {cold:.1} s, from another cache {seeded:.1} s of processor time");
        assert!(seeded <= 0.35 * cold, "{seeded} s of {cold} s");
        assert_eq!((compiled("./hello"), compiled("./web")), (0, 0));
        world.gowr(["cache", "warm", "--race"]).run().success();
        let run = world.go(["build", "-race", "-v", "-o", "/dev/null", "./web"]).run();
        let packages = run.success().stderr();
        assert_eq!(
            packages.lines().filter(|it| !it.starts_with("example.com")).count(),
            0,
            "{packages}"
        );
    }
}
