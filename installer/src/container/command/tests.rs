use super::*;

fn engine(name: Name, identity: Identity) -> Engine {
    Engine { name, program: PathBuf::from("/usr/bin/x"), identity }
}

fn image() -> Image {
    Image {
        key: "alpine-3.23".to_owned(),
        libc: None,
        architecture: None,
        path: Some("/usr/bin:/bin".to_owned()),
        misleading: Vec::new(),
        has_temporary: true,
        defect: None,
    }
}

const CALLER: Caller<'_> = Caller { user: 1000, group: 100, labelled_home: None };

/// A run of `go test` in a project in the home directory, with a Go of gowr's own.
fn run(command: &[OsString]) -> Run<'_> {
    Run {
        caller: CALLER,
        goroot: Path::new("/home/u/go1.22.12"),
        targets: &[],
        module_cache: Path::new("/home/u/go/pkg/mod"),
        project: Path::new("/home/u/p"),
        directory: Path::new("/home/u/p/x"),
        is_pinned: false,
        has_terminal: false,
        network: None,
        variables: &[],
        volumes: &[],
        has_init: false,
        command,
    }
}

/// The words of a command line, those that `expected` has and those that it must not have.
fn check(run: &Run<'_>, engine: &Engine, image: &Image, wanted: &[&str], unwanted: &[&str]) {
    let words = run.arguments(engine, "i", image).expect("a command line");
    let words: Vec<_> = words.iter().map(|word| word.to_str().expect("text")).collect();
    for word in wanted {
        assert!(words.contains(word), "{word} is not in {words:#?}");
    }
    for word in unwanted {
        assert!(!words.iter().any(|it| it.starts_with(word)), "{word} is in {words:#?}");
    }
}

#[test]
fn a_whole_command_line() {
    let command = ["go", "test", "./..."].map(OsString::from);
    let line = run(&command)
        .arguments(&engine(Name::Podman, Identity::KeepId), "docker.io/library/alpine", &image())
        .expect("a command line");
    let expected = [
        "run",
        "--rm",
        "--userns=keep-id",
        "--user=1000:100",
        "--interactive",
        "--volume=/home/u/go1.22.12:/home/u/go1.22.12:ro",
        "--volume=/home/u/go1.22.12:/usr/local/go:ro",
        "--volume=/home/u/p:/home/u/p",
        "--volume=/home/u/go/pkg/mod:/home/u/go/pkg/mod",
        "--volume=gowr-1000-go-build-alpine-3.23:/var/cache/go-build-alpine-3.23",
        "--workdir=/home/u/p/x",
        "--env=PATH=/usr/local/go/bin:/usr/bin:/bin",
        "--env=HOME=/tmp",
        "--env=GOCACHE=/var/cache/go-build-alpine-3.23",
        "--env=GOMODCACHE=/home/u/go/pkg/mod",
        "--entrypoint=go",
        "docker.io/library/alpine",
        "test",
        "./...",
    ];
    assert_eq!(line, expected);
}

#[test]
fn the_caller_is_the_same_inside() {
    let command = [OsString::from("true")];
    let run = run(&command);
    for (name, identity, wanted, unwanted) in [
        (Name::Podman, Identity::Same, "--user=1000:100", "--userns"),
        (Name::Podman, Identity::KeepId, "--userns=keep-id", "--privileged"),
        (Name::Docker, Identity::Same, "--user=1000:100", "--userns"),
        (Name::Docker, Identity::Root, "--user=0:0", "--userns"),
    ] {
        check(&run, &engine(name, identity), &image(), &[wanted], &[unwanted]);
    }
}

#[test]
fn options_and_what_an_image_asks_for() {
    let podman = engine(Name::Podman, Identity::Same);
    let command = [OsString::from("true")];
    let plain = run(&command);
    check(&plain, &podman, &image(), &[], &["--tty", "--init", "--tmpfs", "--env=GOTOOLCHAIN"]);

    let terminal = Run { has_terminal: true, has_init: true, ..plain.clone() };
    check(&terminal, &podman, &image(), &["--interactive", "--tty", "--init"], &[]);

    let pinned = Run { is_pinned: true, network: Some("host"), ..plain.clone() };
    check(&pinned, &podman, &image(), &["--env=GOTOOLCHAIN=local", "--network=host"], &[]);

    let odd = Image {
        misleading: vec!["GOROOT".to_owned()],
        has_temporary: false,
        path: None,
        key: "c+-1.0".to_owned(),
        ..image()
    };
    let path = format!("--env=PATH=/usr/local/go/bin:{DEFAULT_PATH}");
    let wanted = [
        "--env=GOROOT=",
        "--tmpfs=/tmp:exec,mode=1777",
        path.as_str(),
        "--volume=gowr-1000-go-build-c_-1.0:/var/cache/go-build-c+-1.0",
    ];
    check(&plain, &podman, &odd, &wanted, &[]);

    // What the caller says comes last, and so counts.
    let (variables, volumes) = (["GOFLAGS".into(), "HOME=/x".into()], ["/a:/b:ro".into()]);
    let given = Run { variables: &variables, volumes: &volumes, ..plain };
    let line = given.arguments(&podman, "i", &image()).expect("a command line");
    let place = |word: &str| line.iter().position(|it| it == word).expect(word);
    assert!(place("--env=HOME=/tmp") < place("--env=HOME=/x"));
    assert!(place("--env=GOFLAGS") < place("--volume=/a:/b:ro"));
}

#[test]
fn labels_change_only_on_what_is_the_callers() {
    let podman = engine(Name::Podman, Identity::KeepId);
    let command = [OsString::from("true")];
    let home = Path::new("/home/u");
    let labelled = Run { caller: Caller { labelled_home: Some(home), ..CALLER }, ..run(&command) };
    let wanted =
        ["--volume=/home/u/p:/home/u/p:z", "--volume=/home/u/go1.22.12:/usr/local/go:ro,z"];
    check(&labelled, &podman, &image(), &wanted, &["--security-opt"]);
    let disabled = ["--security-opt=label=disable"];
    for other in [
        Run { goroot: Path::new("/usr/lib/golang"), ..labelled.clone() },
        Run { project: home, ..labelled.clone() },
        Run { project: Path::new("/srv/p"), ..labelled.clone() },
    ] {
        check(&other, &podman, &image(), &disabled, &[]);
        let line = other.arguments(&podman, "i", &image()).expect("a command line");
        let relabels = |word: &OsString| word.as_encoded_bytes().ends_with(b"z");
        assert!(!line.iter().any(relabels), "{line:?}");
    }
    let look = Look { caller: labelled.caller, program: home, goroot: home, targets: &[] };
    let line = look.arguments(&podman, "i").expect("a command line");
    assert!(line.contains(&disabled[0].into()), "{line:?}");
}

#[test]
fn a_place_is_mounted_once() {
    let podman = engine(Name::Podman, Identity::Same);
    let command = [OsString::from("true")];
    let usual = Run { goroot: Path::new(USUAL_GOROOT), ..run(&command) };
    let line = usual.arguments(&podman, "i", &image()).expect("a command line");
    let count = line.iter().filter(|it| *it == "--volume=/usr/local/go:/usr/local/go:ro").count();
    assert_eq!(count, 1);
    let inside = Run { module_cache: Path::new("/home/u/p/go/pkg/mod"), ..run(&command) };
    let mounted = "--volume=/home/u/p/go/pkg/mod";
    check(&inside, &podman, &image(), &["--env=GOMODCACHE=/home/u/p/go/pkg/mod"], &[mounted]);
    let target =
        |source: &str, target: &str| Target { source: source.into(), target: target.into() };
    let targets = [target("/usr/share/go-1.24/src", "/usr/share/go-1.24/src")];
    let split = Run { targets: &targets, ..run(&command) };
    let wanted = "--volume=/usr/share/go-1.24/src:/usr/share/go-1.24/src:ro";
    check(&split, &podman, &image(), &[wanted], &[]);
}

#[test]
fn what_cannot_be_mounted() {
    let podman = engine(Name::Podman, Identity::Same);
    let command = [OsString::from("true")];
    for (path, message) in [
        ("/home/u/a:b", "/home/u/a:b cannot be mounted into a container"),
        ("/", "/ cannot be mounted into a container"),
    ] {
        let run = Run { project: Path::new(path), ..run(&command) };
        let error = run.arguments(&podman, "i", &image()).expect_err("refused");
        assert_eq!((error.kind(), error.to_string().as_str()), (Kind::User, message));
    }
}
