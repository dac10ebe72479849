//! Toolchains whose `go` only shows what it was given: for what happens between the proxy and the real `go`.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use super::{Outcome, scratch};

/// The compiled `programs/fake_go.rs`, made once.
pub(crate) fn program() -> &'static Path {
    static PROGRAM: OnceLock<PathBuf> = OnceLock::new();
    PROGRAM.get_or_init(|| {
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/programs/fake_go.rs");
        let program = scratch().join("fake_go");
        // The linker writes it, not this process: a copy of ours, open in a child that another thread just forked,
        // would make it "text file busy".
        let output = Command::new("rustc")
            .args([
                "--edition=2024",
                "-Copt-level=2",
                "-Cstrip=symbols",
                "-Ctarget-feature=+crt-static",
                "-o",
            ])
            .args([&program, &source])
            .output()
            .unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        program
    })
}

/// Lays out the least that counts as a GOROOT at `root`, with [`program`] as its `go` and `gofmt`.
pub(crate) fn lay_out(root: &Path, version: &str) {
    fs::create_dir_all(root.join("bin")).unwrap();
    fs::create_dir_all(root.join("pkg/tool")).unwrap();
    fs::write(root.join("VERSION"), format!("{version}\ntime 2024-11-27T20:27:20Z\n")).unwrap();
    for name in ["go", "gofmt"] {
        fs::hard_link(program(), root.join("bin").join(name)).unwrap();
    }
}

/// What a stand-in was given, read back; bytes are escaped as in Rust.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Handed {
    /// The path it was executed by.
    pub(crate) execution_path: String,
    /// Its arguments, its own name first.
    pub(crate) arguments: Vec<String>,
    /// The current directory, or the error.
    pub(crate) directory: String,
    /// The open descriptors.
    pub(crate) descriptors: String,
    /// `NAME=value`, in the order in which they came.
    pub(crate) environment: Vec<String>,
}

impl Handed {
    /// Reads what `programs/fake_go.rs` prints.
    pub(crate) fn parse(text: &str) -> Self {
        let mut handed = Self::default();
        for line in text.lines() {
            let (what, value) =
                line.split_once(": ").unwrap_or_else(|| panic!("no stand-in printed this: {text}"));
            let value = value.to_owned();
            match what {
                "execution path" => handed.execution_path = value,
                "argument" => handed.arguments.push(value),
                "directory" => handed.directory = value,
                "descriptors" => handed.descriptors = value,
                "environment" => handed.environment.push(value),
                _ => panic!("no stand-in printed this: {text}"),
            }
        }
        handed
    }

    /// A variable's value.
    pub(crate) fn variable(&self, name: &str) -> Option<&str> {
        self.environment.iter().find_map(|entry| entry.strip_prefix(name)?.strip_prefix('='))
    }
}

impl Outcome {
    /// What a stand-in was given by a proxy that said nothing itself.
    pub(crate) fn handed(&self) -> Handed {
        Handed::parse(self.quiet().raw_stdout())
    }

    /// The environment that a stand-in was given, as sorted lines for a snapshot.
    pub(crate) fn handed_environment(&self) -> String {
        let mut lines = self.handed().environment;
        lines.sort();
        self.named(
            (lines.join(
                "
",
            ) + "
")
            .as_bytes(),
        )
    }
}
