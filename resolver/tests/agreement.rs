//! Random machines: the proxy and `gowr which` agree, and what was asked for is what runs, or nothing does.

use proptest::prelude::*;
use resolver::Invocation;
use resolver::machine::Machine;
use resolver::machine::memory::MemoryMachine;
use resolver::version::Request;
use resolver::witness::Losers;

const NAMES: [&str; 5] = ["go1.19.8", "go1.20.14", "go1.22.10", "go1.22.12", "go1.27rc1"];
const REQUESTS: [&str; 9] =
    ["1.20", "1.22", "1.22.10", "1.22.11", "1.27", "system", "work", "latest", "1.22.x"];
const PLACES: [&str; 8] = [
    "/h/p/.gowr.yaml",
    "/h/p/.go-version",
    "/h/p/.tool-versions",
    "/h/.go-version",
    "/.go-version",
    "/h/.config/gowr/config.yaml",
    "/etc/gowr/config.yaml",
    "/h/p/go.mod",
];

/// What a file at one of those places says to ask for something.
fn content(place: &str, request: &str) -> String {
    match place.rsplit('/').next() {
        Some(".gowr.yaml") => format!("go: {request}\n"),
        Some("config.yaml") => format!("default: {request}\n"),
        Some(".tool-versions") => format!("golang {request}\n"),
        Some("go.mod") => format!("module m\ngo {request}\n"),
        _ => format!("{request}\n"),
    }
}

fn variables() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec![
        "GOTOOLCHAIN=go1.22.10",
        "GOTOOLCHAIN=go1.99.1+auto",
        "GOTOOLCHAIN=local",
        "GOWR_TOOLCHAIN=1.22",
        "GOWR_TOOLCHAIN=/usr/lib/go",
        "GOCACHE=/c",
        "GOROOT=/x",
        "GOWORK=off",
        "GO111MODULE=off",
        "PATH=/gowr/bin:/usr/bin",
        "XDG_CACHE_HOME=relative",
        "PWD=/h/p",
        "GOWR_CEILING_DIRS=/h",
    ])
}

#[derive(Clone, Debug)]
struct World {
    stored: Vec<&'static str>,
    has_links: bool,
    has_distro_go: bool,
    files: Vec<(&'static str, &'static str)>,
    variables: Vec<&'static str>,
    line: Vec<&'static str>,
}

fn worlds() -> impl Strategy<Value = World> {
    let names = prop::sample::subsequence(NAMES.to_vec(), 0..=NAMES.len());
    let place = prop::sample::select(PLACES.to_vec());
    let request = prop::sample::select(REQUESTS.to_vec());
    let lines = prop::sample::select(vec![
        vec!["build"],
        vec!["version"],
        vec!["+1.22", "build"],
        vec!["+1.21", "env"],
        vec!["install", "x@latest"],
        vec!["-C", "/h/p", "test"],
        vec![],
    ]);
    (
        names,
        any::<bool>(),
        any::<bool>(),
        prop::collection::vec((place, request), 0..5),
        prop::collection::vec(variables(), 0..4),
        lines,
    )
        .prop_map(|(stored, has_links, has_distro_go, files, variables, line)| World {
            stored,
            has_links,
            has_distro_go,
            files,
            variables,
            line,
        })
}

impl World {
    fn machine(&self) -> MemoryMachine {
        let mut machine = MemoryMachine::new()
            .file("/etc/os-release", "ID=debian\nVERSION_ID=12\n")
            .program("/gowr/bin/go", "gowr")
            .directory("/gowr/toolchains")
            .environment(["HOME=/h"])
            .current("/h/p");
        if self.has_distro_go {
            machine =
                machine.goroot("/usr/lib/go", "go1.19.8").link("/usr/bin/go", "/usr/lib/go/bin/go");
        }
        if self.has_links {
            machine = machine.directory("/gowr/distros/debian-12");
        }
        for name in &self.stored {
            machine = machine.goroot(&format!("/gowr/toolchains/{name}"), name);
            if self.has_links {
                let links = "/gowr/distros/debian-12";
                let request = Request::parse_version(name).expect("a version");
                let line = match &request {
                    Request::Exact(exact) => exact.version().line().to_string(),
                    _ => unreachable!("the names are releases"),
                };
                machine = machine
                    .link(&format!("{links}/{name}"), &format!("../../toolchains/{name}"))
                    .link(&format!("{links}/{line}"), name);
                if !name.contains("rc") {
                    machine = machine.link(&format!("{links}/newest"), name);
                }
            }
        }
        for (place, request) in &self.files {
            machine = machine.file(place, content(place, request));
        }
        for variable in &self.variables {
            machine = machine.environment([variable]);
        }
        machine
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 3000, ..ProptestConfig::default() })]

    #[test]
    fn the_proxy_and_gowr_agree(world in worlds()) {
        let machine = world.machine();
        let words: Vec<&[u8]> = world.line.iter().map(|word| word.as_bytes()).collect();
        let invocation = Invocation::parse(b"/gowr/bin/go", &words);
        let quick = resolver::resolve(&machine, &invocation, &mut ());
        let thorough = resolver::resolve(&machine, &invocation, &mut Losers::default());
        if let Ok(quick) = quick {
            let thorough = thorough.clone().expect("gowr finds what the proxy finds");
            prop_assert_eq!(quick.executable(), thorough.executable());
            prop_assert_eq!(quick.changes, thorough.changes);
            prop_assert_eq!(quick.source, thorough.source);
        }
        if let Ok(answer) = thorough {
            prop_assert!(machine.may_execute(answer.executable()).is_ok());
            // Go may switch away from GOTOOLCHAIN's; a row that names a version gets that version.
            let request = answer.source.request.and_then(|request| Request::parse_version(core::str::from_utf8(request).ok()?));
            if let (Some(request), Some(_), Some(name)) = (request, answer.source.row, answer.toolchain.version) {
                prop_assert!(request.accepts(name), "{} for {}", name, request);
            }
            if let (Some(need), None) = (answer.need, answer.source.row) {
                prop_assert!(answer.toolchain.satisfies(need.version));
            }
        }
    }
}
