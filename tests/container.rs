//! `gowr container run`: real podman as root and as a user, and docker's client on podman's socket, with images made of
//! Debian and of Alpine that hold no Go.

use std::fs;
use std::io::{BufRead, BufReader};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::Path;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use snapbox::{assert_data_eq, str};

use crate::support::module::{Entry, Zip};
use crate::support::podman::{Podman, Service};
use crate::support::{NEW, OLD, Run, World, tool};
use crate::userland::Root;

const ALPINE: &str = "localhost/alpine";
const DEBIAN: &str = "localhost/debian";

const SOURCE: &str =
    "package main\n\nimport \"runtime\"\n\nfunc main() { println(runtime.Version()) }\n";

/// One user's podman, and a project of that user's.
struct Bed {
    podman: Podman,
    service: Option<Service>,
    world: World,
}

impl Bed {
    /// A project pinned to a real toolchain.
    fn new(podman: Podman) -> Self {
        let bed = Self::without_go(podman);
        bed.world.real(NEW);
        bed
    }

    fn without_go(podman: Podman) -> Self {
        let world = podman.world();
        let bed = Self { podman, service: None, world };
        bed.write("project/go.mod", "module example.com/m\n\ngo 1.21\n");
        bed.write("project/main.go", SOURCE);
        bed.write("project/.go-version", "1.26\n");
        bed
    }

    fn write(&self, path: &str, content: impl AsRef<[u8]>) {
        let path = self.world.write(path, content);
        self.podman.give(&path);
        self.podman.give(path.parent().unwrap());
    }

    /// `gowr container run`, as the user.
    fn run<const COUNT: usize>(&self, words: [&str; COUNT]) -> Run {
        let run = self.world.gowr(["container", "run", "--network=none"]);
        let directory = tool("podman").parent().unwrap().display().to_string();
        let run = match &self.service {
            None => run.args(["--engine=podman"]).env("PATH", directory),
            Some(service) => {
                let docker = tool("docker").parent().unwrap().display().to_string();
                let run = run.args(["--engine=docker"]).env("PATH", docker);
                run.env("DOCKER_HOST", service.address())
            }
        };
        self.podman.with(run.args(words)).name(self.podman.path("").as_path(), "[PODMAN]")
    }

    /// What a shell in the container says.
    fn said(&self, image: &str, script: &str) -> String {
        self.run([image, "--", "sh", "-c", script]).run().success().stdout()
    }
}

/// A program is built in the image and runs there; what was written is the caller's; what must not be written cannot.
fn builds_in(bed: &Bed, image: &str, key: &str) {
    let name = format!("m-{key}");
    bed.run([image, "--", "go", "build", "-o", &name, "."]).run().success();
    let built = fs::metadata(bed.world.path("project").join(&name)).unwrap();
    assert_eq!((built.uid(), built.gid()), bed.podman.ids(), "{image}");
    let said = bed.run([image, "--", &format!("./{name}")]).run();
    assert_eq!(said.success().stderr().lines().last(), Some(NEW), "{image}");

    let goroot = bed.world.goroot(NEW);
    let script = format!(
        "id -u; id -g; echo \"GOROOT=$GOROOT\"; go env GOCACHE GOTOOLCHAIN GOVERSION GOFLAGS; pwd; \
         {go} env GOVERSION; \
         for d in {goroot} /usr/local/go / /usr; do touch $d/x 2>/dev/null && [ $(id -u) != 0 ] && echo $d; done; \
         touch $HOME/x /tmp/y && cat $HOME/x",
        go = goroot.join("bin/go").display(),
        goroot = goroot.display(),
    );
    let (user, group) = bed.podman.ids();
    let project = bed.world.path("project");
    let expected = format!(
        "{user}\n{group}\nGOROOT=\n/var/cache/go-build-{key}\nlocal\n{NEW}\n\n{}\n{NEW}\n",
        project.display()
    );
    let run = bed.run([image, "--", "sh", "-c", &script]).env("GOFLAGS", "-nosuchflag");
    assert_eq!(run.run().success().raw_stdout(), expected, "{image}");
    for path in [goroot.join("x"), Path::new("/usr/local/go/x").to_owned()] {
        assert!(!path.exists(), "{} is read-only", path.display());
    }
}

/// The names of the volumes that there are.
fn volumes(bed: &Bed) -> Vec<String> {
    let listed = bed.podman.run(["volume", "ls", "--format={{.Name}}"]).run().success().stdout();
    listed.lines().map(str::to_owned).collect()
}

/// A module that is downloaded in a container is there for this machine.
fn shares_modules(bed: &Bed, image: &str) {
    let mut zip = Zip::default();
    let module = b"module example.com/dep\n\ngo 1.21\n";
    zip.add(&Entry::new("example.com/dep@v1.0.0/go.mod", module));
    zip.add(&Entry::new("example.com/dep@v1.0.0/dep.go", b"package dep\n"));
    let proxy = "project/proxy/example.com/dep/@v";
    bed.write(&format!("{proxy}/v1.0.0.zip"), zip.finish());
    bed.write(&format!("{proxy}/v1.0.0.mod"), module);
    bed.write(&format!("{proxy}/v1.0.0.info"), "{\"Version\":\"v1.0.0\"}");
    let address = format!("GOPROXY=file://{}", bed.world.path("project/proxy").display());
    let options = ["-e", &address, "-e", "GONOSUMDB=*", "-e", "GOFLAGS=-modcacherw"];
    let command = [image, "--", "go", "mod", "download", "example.com/dep@v1.0.0"];
    bed.run([]).args(options).args(command).run().success();
    let found = bed.world.path("go/pkg/mod/example.com/dep@v1.0.0/dep.go");
    assert_eq!(fs::metadata(found).unwrap().uid(), bed.podman.ids().0);
}

/// Exit codes are the command's, and so are signals.
fn ends_as_the_command(bed: &Bed, image: &str) {
    let code = |words: &[&str]| bed.run([image, "--"]).args(words).run().code();
    assert_eq!(code(&["sh", "-c", "exit 42"]), Some(42));
    assert_eq!(code(&["no-such-command"]), Some(127));
    // For its first moment podman lets no signal through.
    let script = "trap 'exit 7' TERM; sleep 1; echo ready; while :; do sleep 0.1; done";
    let mut child = bed.run([image, "--", "sh", "-c", script]).command().spawn().unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    assert_eq!(line, "ready\n");
    kill(Pid::from_raw(i32::try_from(child.id()).unwrap()), Signal::SIGTERM).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(7));
}

#[test]
fn podman_of_root() {
    let bed = Bed::new(Podman::own());
    bed.world.real(OLD);
    bed.podman.import_without_go(&Root::alpine(), ALPINE);
    bed.podman.import_without_go(&Root::trixie(), DEBIAN);
    for (image, key) in [(ALPINE, "alpine-3.23"), (DEBIAN, "debian-13")] {
        builds_in(&bed, image, key);
    }
    let user = bed.podman.ids().0;
    let names = ["alpine-3.23", "debian-13"].map(|key| format!("gowr-{user}-go-build-{key}"));
    assert_eq!(volumes(&bed), names);
    shares_modules(&bed, DEBIAN);
    ends_as_the_command(&bed, ALPINE);

    // Of the two toolchains the one that is asked for, and of the environment what is asked for.
    let run = bed.run(["--go=1.22", "-e", "GREETING", "-e", "GOFLAGS=-v", ALPINE]);
    let run = run.args(["--", "sh", "-c", "go env GOVERSION GOFLAGS; echo $GREETING"]);
    assert_eq!(
        run.env("GREETING", "hello").run().success().stdout(),
        format!("{OLD}\n-v\nhello\n")
    );

    // A volume of one's own, what goes in through a pipe, and a directory below the project.
    let mounted = format!("{}:/mounted:ro", bed.world.path("project").display());
    let run = bed.run(["-v", &mounted, ALPINE, "--", "cat", "/mounted/.go-version"]);
    assert_eq!(run.run().success().stdout(), "1.26\n");
    bed.write("project/below/file", "");
    let run = bed.run([ALPINE, "--", "pwd"]).at(bed.world.path("project/below"));
    assert!(run.run().success().stdout().ends_with("/project/below\n"));
    in_a_matrix(&bed);
}

/// Each version in each image, as `gowr container run` has it.
fn in_a_matrix(bed: &Bed) {
    let places = format!("{ALPINE}:latest,{DEBIAN}:latest");
    let script = ". /etc/os-release; echo $ID; go env GOVERSION; [ $ID = debian ]";
    let words = ["matrix", "--go=1.22,1.26", "--in", &places, "--keep-going", "--json", "--"];
    let path = tool("podman").parent().unwrap().display().to_string();
    let run = bed.podman.with(bed.world.gowr(words).args(["sh", "-c", script]).env("PATH", path));
    let outcome = run.run();
    assert_eq!(outcome.code(), Some(1), "{}", outcome.report());
    let document = outcome.json();
    let runs = document["runs"].as_array().unwrap().iter().map(|run| {
        let output = run["output"].as_str().unwrap_or_default().replace('\n', " ");
        format!("{} {} {}: {output}", run["go"], run["in"], run["exit"]).replace('"', "")
    });
    let (alpine, debian) = (format!("{ALPINE}:latest"), format!("{DEBIAN}:latest"));
    let expected = [
        format!("{OLD} {alpine} 1: alpine {OLD} "),
        format!("{NEW} {alpine} 1: alpine {NEW} "),
        format!("{OLD} {debian} 0: "),
        format!("{NEW} {debian} 0: "),
    ];
    assert_eq!(runs.collect::<Vec<_>>(), expected);
}

#[test]
fn podman_of_a_user() {
    let bed = Bed::new(Podman::rootless());
    bed.podman.import_without_go(&Root::alpine(), ALPINE);
    builds_in(&bed, ALPINE, "alpine-3.23");
    shares_modules(&bed, ALPINE);
    ends_as_the_command(&bed, ALPINE);
}

#[test]
fn docker_for_a_user_and_for_root() {
    // Not every distro that has podman has docker's client by itself.
    let path = std::env::var_os("PATH").unwrap_or_default();
    if !std::env::split_paths(&path).any(|directory| directory.join("docker").is_file()) {
        eprintln!("docker's client is not here: nothing was tried with it");
        return;
    }
    // A user who may ask root's daemon, as the group `docker` may; and that user's own.
    let daemon = Podman::own();
    daemon.import_without_go(&Root::alpine(), ALPINE);
    let bed = Bed { service: Some(daemon.serve()), ..Bed::new(Podman::rootless()) };
    daemon.admit(bed.service.as_ref().unwrap(), &bed.podman);
    // podman's service says 0 of every container that is removed at its end, so exit codes tell nothing here.
    builds_in(&bed, ALPINE, "alpine-3.23");
    drop(bed);

    let podman = Podman::rootless();
    podman.import_without_go(&Root::alpine(), ALPINE);
    let bed = Bed { service: Some(podman.serve()), ..Bed::without_go(podman) };
    bed.world.fake(NEW);
    assert_eq!(bed.said(ALPINE, "id -u; touch mine"), "0\n");
    let mine = fs::metadata(bed.world.path("project/mine")).unwrap();
    assert_eq!(mine.uid(), bed.podman.ids().0);
}

#[test]
fn what_cannot_run_is_refused_before() {
    let bed = Bed::without_go(Podman::own());
    bed.world.fake(NEW);
    bed.podman.import_without_go(&Root::alpine(), ALPINE);

    // Debian 12's `go` needs glibc's loader.
    let root = bed.world.path("sdk/go1.19.8");
    for directory in ["pkg/tool", "bin"] {
        fs::create_dir_all(root.join(directory)).unwrap();
    }
    bed.write("sdk/go1.19.8/VERSION", "go1.19.8");
    let go = Root::bookworm().outside("/usr/lib/go-1.19/bin/go");
    fs::copy(go, root.join("bin/go")).unwrap();
    let run = bed.run([ALPINE, "--", "touch", "reached"]).env("GOWR_TOOLCHAIN", &root);
    assert_data_eq!(
        run.run().snapshot(),
        str![[r#"
------- stderr -------
gowr: [HOME]/sdk/go1.19.8/bin/go cannot run in localhost/alpine
  wrong-libc: it needs /lib64/ld-linux-x86-64.so.2, and alpine-3.23 (musl) has none
  run: gowr install VERSION, and add --go VERSION
[exit status: 126]

"#]]
    );

    // A shell for another machine tells what an image is for.
    let arm = Root::bare("ID=arm\n");
    let mut header = fs::read(Root::alpine().outside("/bin/busybox")).unwrap();
    header[18..20].copy_from_slice(&183_u16.to_le_bytes());
    arm.write("/bin/sh", &header[..4096]);
    fs::set_permissions(arm.changeable("/bin/sh"), fs::Permissions::from_mode(0o755)).unwrap();
    bed.podman.import(&arm, "localhost/arm", &[]);
    let run = bed.run(["localhost/arm", "--", "touch", "reached"]);
    assert_data_eq!(
        run.run().snapshot(),
        str![[r#"
------- stderr -------
gowr: [GOWR]/toolchains/go1.26.9/bin/go cannot run in localhost/arm
  wrong-arch: it is for amd64, and the image for arm64
  run: podman pull --platform linux/amd64 localhost/arm
[exit status: 126]

"#]]
    );
    assert!(!bed.world.path("project/reached").exists());

    // Void Linux keeps its programs elsewhere.
    let split = bed.world.path("sdk/split");
    fs::create_dir_all(split.join("pkg/tool")).unwrap();
    std::os::unix::fs::symlink(bed.world.goroot(NEW).join("bin"), split.join("bin")).unwrap();
    let run = bed.run([ALPINE, "--", "touch", "reached"]).env("GOWR_TOOLCHAIN", &split);
    assert_eq!(run.run().code(), Some(126));

    // An image that is not there.
    let run = bed.run(["localhost/nothing", "--", "true"]).run();
    assert_eq!(run.code(), Some(125), "{}", run.report());
    assert!(run.stderr().contains("gowr: podman cannot run the image localhost/nothing\n"));

    // No engine.
    let run =
        bed.world.gowr(["container", "run", ALPINE, "--", "true"]).env("PATH", "/nonexistent");
    assert_data_eq!(
        run.run().snapshot(),
        str![[r#"
------- stderr -------
gowr: neither podman nor docker is here
  a container engine is looked for in the directories of PATH
  run: see https://podman.io/docs/installation
[exit status: 127]

"#]]
    );
    assert_eq!(bed.world.gowr(["container", "run", ALPINE]).run().code(), Some(2));
}

#[test]
fn images_with_little_in_them_and_trees_that_are_split() {
    let bed = Bed::new(Podman::own());
    let bare = Root::bare("ID=void\n");
    bare.remove("/tmp");
    bed.podman.import(&bare, "localhost/bare", &[]);
    let run = bed.run(["localhost/bare", "--", "go", "env", "GOVERSION"]);
    assert_eq!(run.run().success().stdout(), format!("{NEW}\n"));
    let words = ["--dry-run", "-e", "A=b c", "localhost/bare", "--", "go", "test", "./..."];
    assert_data_eq!(
        bed.run(words).run().quiet().stdout(),
        str![[r#"
/usr/bin/podman run --rm '--user=0:0' --interactive '--network=none' '--volume=[GOWR]/toolchains/go1.26.9:[GOWR]/toolchains/go1.26.9:ro' '--volume=[GOWR]/toolchains/go1.26.9:/usr/local/go:ro' '--volume=[HOME]/project:[HOME]/project' '--volume=[HOME]/go/pkg/mod:[HOME]/go/pkg/mod' '--volume=gowr-0-go-build-void:/var/cache/go-build-void' '--tmpfs=/tmp:exec,mode=1777' '--workdir=[HOME]/project' '--env=PATH=/usr/local/go/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin' '--env=HOME=/tmp' '--env=GOCACHE=/var/cache/go-build-void' '--env=GOMODCACHE=[HOME]/go/pkg/mod' '--env=GOTOOLCHAIN=local' '--env=A=b c' '--entrypoint=go' localhost/bare test ./...

"#]]
    );

    // Debian links what is the same for all architectures: at its own path as at the usual one, the links lead there.
    bed.podman.import_without_go(&Root::alpine(), ALPINE);
    let goroot = Root::trixie().outside("/usr/lib/go-1.24");
    let script = format!(
        "for go in go {}/bin/go; do $go list -f '{{{{len .GoFiles}}}}' errors; done",
        goroot.display()
    );
    let run = bed.run([ALPINE, "--", "sh", "-c", &script]).env("GOWR_TOOLCHAIN", &goroot);
    let said = run.run().success().stdout();
    let [usual, own] = said.lines().collect::<Vec<_>>()[..] else { panic!("{said}") };
    assert!(usual == own && usual != "0", "{said}");
}

#[cfg(feature = "long")]
#[test]
fn what_c_compilers_made_stays_in_its_distro() {
    let bed = Bed::new(Podman::own());
    // One compiler, to the letter of what Go asks it, for two C libraries.
    bed.podman.import_without_go(&Root::trixie_with_gcc(), DEBIAN);
    bed.podman.import_without_go(&Root::alpine_with_gcc(), ALPINE);
    bed.write(
        "project/main.go",
        "package main\n\n\
         // #include <features.h>\n\
         // #ifdef __GLIBC__\n\
         // enum { glibc = 1 };\n\
         // #else\n\
         // enum { glibc = 0 };\n\
         // #endif\n\
         // int library(void) { return glibc; }\n\
         import \"C\"\n\n\
         func main() { println(C.library()) }\n",
    );
    let script = "CGO_ENABLED=1 go build -o m . && ./m";
    for (image, expected) in [(DEBIAN, "1"), (ALPINE, "0"), (DEBIAN, "1")] {
        let run = bed.run([image, "--", "sh", "-c", script]).run();
        assert_eq!(run.success().stderr().lines().last(), Some(expected), "{}", run.report());
    }
    let user = bed.podman.ids().0;
    let names = ["alpine-3.23", "debian-13"].map(|key| format!("gowr-{user}-go-build-{key}"));
    assert_eq!(volumes(&bed), names);
}
