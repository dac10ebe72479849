use std::collections::BTreeMap;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::process::{Command, Stdio};

use proptest::prelude::*;

use super::*;

/// A person's home with gowr's own in it, and the programs to install.
struct Bed {
    directory: tempfile::TempDir,
    home: Home,
    user: User,
}

impl Bed {
    fn new() -> Self {
        Self::with_name("person")
    }

    fn with_name(name: &str) -> Self {
        let directory = tempfile::tempdir().expect("a directory");
        // zsh gives its own ZDOTDIR back with links resolved.
        let root = directory.path().canonicalize().expect("there");
        let person = root.join(name);
        let programs = root.join("programs");
        for directory in [&person, &programs, &root.join("system")] {
            fs::create_dir(directory).expect("made");
        }
        for program in ["go", "gowr"] {
            let file = programs.join(program);
            fs::write(&file, format!("#!/bin/sh\necho {program} of gowr\n")).expect("written");
            fs::set_permissions(&file, PermissionsExt::from_mode(0o755)).expect("executable");
        }
        let user = User {
            configuration: person.join(".config"),
            zsh_directories: vec![person.clone()],
            shells: Shell::ALL.to_vec(),
            system: root.join("system"),
            home: person.clone(),
        };
        let home = Home::new(person.join(".local/share/gowr")).expect("absolute");
        Self { directory, home, user }
    }

    fn programs(&self) -> PathBuf {
        self.directory.path().join("programs")
    }

    fn write(&self, name: &str, content: impl AsRef<[u8]>) {
        let file = self.user.home.join(name);
        create_directory(file.parent().expect("a parent")).expect("made");
        fs::write(file, content).expect("written");
    }

    fn read(&self, name: &str) -> String {
        fs::read_to_string(self.user.home.join(name)).expect("read")
    }

    fn apply(&self) -> Vec<Step> {
        apply(&self.home, &self.user, &self.programs()).expect("set up")
    }

    fn remove(&self) -> Vec<Step> {
        remove(&self.home, &self.user, false).expect("removed")
    }

    /// What a command says in an environment with nothing but HOME and this PATH.
    fn run(&self, command: &[&str], path: &str) -> String {
        let (program, arguments) = command.split_first().expect("a program");
        let output = Command::new(program)
            .args(arguments)
            .env_clear()
            .env("HOME", &self.user.home)
            .env("PATH", path)
            .env("TERM", "dumb")
            .stdin(Stdio::null())
            .output()
            .unwrap_or_else(|error| panic!("{program} is needed for this test: {error}"));
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{command:?}: {errors}");
        String::from_utf8(output.stdout).expect("text")
    }

    /// All below the person's home: kind, mode and content of each.
    fn tree(&self) -> BTreeMap<PathBuf, (u32, Vec<u8>)> {
        let mut tree = BTreeMap::new();
        let mut directories = vec![self.user.home.clone()];
        while let Some(directory) = directories.pop() {
            for entry in fs::read_dir(&directory).expect("listed") {
                let path = entry.expect("an entry").path();
                let metadata = fs::symlink_metadata(&path).expect("metadata");
                let content = if metadata.is_symlink() {
                    fs::read_link(&path).expect("a link").into_os_string().into_encoded_bytes()
                } else if metadata.is_dir() {
                    directories.push(path.clone());
                    Vec::new()
                } else {
                    fs::read(&path).expect("read")
                };
                tree.insert(path, (metadata.mode(), content));
            }
        }
        tree
    }
}

const PATH: &str = "/usr/local/go/bin:/usr/local/bin:/usr/bin:/bin";

/// Every way to start a shell that reads a file at all.
const STARTS: [&[&str]; 12] = [
    &["dash", "-l", "-c"],
    &["bash", "-l", "-c"],
    &["bash", "-i", "-c"],
    &["bash", "-l", "-i", "-c"],
    &["zsh", "-c"],
    &["zsh", "-l", "-c"],
    &["zsh", "-i", "-c"],
    &["zsh", "-l", "-i", "-c"],
    &["fish", "-c"],
    &["fish", "-l", "-c"],
    &["fish", "-i", "-c"],
    &["fish", "-l", "-i", "-c"],
];

fn assert_first_everywhere(bed: &Bed) {
    let go = bed.home.bin().join("go");
    for start in STARTS {
        let which = [start, &["command -v go"]].concat();
        assert_eq!(bed.run(&which, PATH).trim_end(), go.to_str().expect("text"), "{start:?}");
        let nested = format!("{} 'env'", start.join(" "));
        let environment = bed.run(&[start, &[&nested]].concat(), PATH);
        let path = environment.lines().find(|line| line.starts_with("PATH=")).expect("a PATH");
        let bin = bed.home.bin();
        let count = path["PATH=".len()..].split(':').filter(|it| Path::new(it) == bin).count();
        assert_eq!(count, 1, "{start:?}: {path}");
    }
}

#[test]
fn first_in_every_new_shell() {
    let bed = Bed::new();
    bed.apply();
    assert_first_everywhere(&bed);
    assert_eq!(bed.run(&["bash", "-l", "-c", "go; gofmt"], PATH), "go of gowr\n".repeat(2));
}

#[test]
fn first_also_after_what_the_files_say_themselves() {
    let bed = Bed::with_name("my 'own $HOME");
    let other = "export PATH=\"/usr/local/go/bin:$PATH\"";
    for file in [".bash_profile", ".profile", ".bashrc", ".zshenv", ".zprofile", ".zshrc"] {
        // Without a line end at the end.
        bed.write(file, other);
    }
    bed.write(".config/fish/config.fish", "set -gx PATH /usr/local/go/bin $PATH");
    bed.apply();
    assert_first_everywhere(&bed);
}

#[test]
fn the_code_is_right_in_strict_shells() {
    let bed = Bed::with_name("with space");
    bed.apply();
    let env = bed.home.path().join("env");
    let env = env.to_str().expect("text");
    let bin = bed.home.bin();
    let bin = bin.to_str().expect("text");
    for shell in ["dash", "bash", "zsh"] {
        for (path, rest) in [
            ("/usr/bin:/bin", ":/usr/bin:/bin"),
            (&format!("/usr/bin:{bin}:/bin"), ":/usr/bin:/bin"),
            (&format!("{bin}:{bin}:/usr/bin:{bin}:{bin}"), ":/usr/bin"),
            (bin, ""),
            (&format!("{bin}s:/a b*:/bin"), &format!(":{bin}s:/a b*:/bin")),
            (":/usr/bin::/bin", "::/usr/bin::/bin"),
        ] {
            let code = format!(". '{env}'; . '{env}'; echo \"$PATH ${{gowr_path-none}}\"");
            let shell = format!("/bin/{shell}");
            let shell =
                if Path::new(&shell).exists() { shell } else { shell.replace("/bin", "/usr/bin") };
            let output = bed.run(&[&shell, "-euc", &code], path);
            assert_eq!(output, format!("{bin}{rest} none\n"), "{shell} {path}");
        }
    }
    let fish_env = bed.home.path().join("env.fish");
    let code = format!("source '{0}'; source '{0}'; string join : $PATH", fish_env.display());
    let path = format!("/usr/bin:{bin}:/bin:{bin}");
    assert_eq!(
        bed.run(&["/usr/bin/fish", "-N", "-c", &code], &path),
        format!("{bin}:/usr/bin:/bin\n")
    );
}

#[test]
fn printed_code_works_in_a_running_shell() {
    let bed = Bed::new();
    bed.apply();
    for shell in Shell::ALL {
        let code = [&shell.code(&bed.home)[..], b"command -v go\n"].concat();
        let code = String::from_utf8(code).expect("text");
        let no_files = match shell {
            Shell::Bash => "--norc",
            Shell::Zsh => "-f",
            Shell::Fish => "-N",
        };
        let output = bed.run(&[shell.name(), no_files, "-c", &code], PATH);
        assert_eq!(Path::new(output.trim_end()), bed.home.bin().join("go"), "{shell:?}");
    }
}

#[test]
fn twice_is_once() {
    let bed = Bed::new();
    bed.write(".bashrc", "# mine");
    bed.apply();
    let tree = bed.tree();
    let steps = bed.apply();
    assert!(steps.iter().all(|step| matches!(step.outcome, Outcome::Unchanged)), "{steps:?}");
    assert_eq!(bed.tree(), tree);
}

#[test]
fn edits_survive_and_the_block_stays_last() {
    let bed = Bed::new();
    bed.write(".bashrc", "before");
    bed.apply();
    let content = bed.read(".bashrc");
    bed.write(".bashrc", format!("# added\n{content}eval \"$(other manager)\"\n"));
    bed.apply();
    assert!(bed.read(".bashrc").ends_with("# <<< gowr setup <<<\n"));
    bed.remove();
    assert_eq!(bed.read(".bashrc"), "# added\nbefore\neval \"$(other manager)\"\n");
}

#[test]
fn only_files_that_some_shell_reads() {
    let mut bed = Bed::new();
    bed.user.shells.clear();
    bed.write(".zshrc", "");
    bed.write(".bash_login", "");
    bed.apply();
    let names: Vec<_> = crate::store::names(&bed.user.home).expect("listed");
    let mut names: Vec<_> = names.iter().map(String::as_str).collect();
    names.sort_unstable();
    assert_eq!(names, [".bash_login", ".local", ".profile", ".zshrc"]);
    assert!(bed.read(".bash_login").contains(">>> gowr setup >>>"), "the one that bash reads");
}

#[test]
fn zsh_is_asked_where_its_files_are() {
    let mut bed = Bed::new();
    bed.write(".zshenv", "echo noise\nZDOTDIR=$HOME/zsh\n");
    bed.write("zsh/.zshrc", "");
    let directory =
        zsh::ask_directory(&bed.user.home).expect("an answer: zsh is needed for this test");
    assert_eq!(directory, bed.user.home.join("zsh"));
    bed.user.zsh_directories = vec![directory];
    let tree = bed.tree();
    bed.apply();
    let which = ["zsh", "-i", "-c", "command -v go"];
    let output = bed.run(&which, PATH);
    assert_eq!(output.lines().last().map(Path::new), Some(&*bed.home.bin().join("go")));
    assert!(!bed.user.home.join(".zshrc").exists(), "nobody reads that one");
    bed.remove();
    fs::remove_dir_all(bed.user.home.join(".local")).expect("removed");
    assert_eq!(bed.tree(), tree);
}

#[test]
fn a_zsh_that_hangs_is_not_waited_for() {
    let bed = Bed::new();
    bed.write(".zshenv", "sleep 60\n");
    let start = std::time::Instant::now();
    assert_eq!(zsh::ask_directory(&bed.user.home), None);
    assert!(start.elapsed() < std::time::Duration::from_secs(30));
}

#[test]
fn a_file_that_cannot_be_changed_stops_nothing_else() {
    let bed = Bed::new();
    fs::create_dir(bed.user.home.join(".bashrc")).expect("made");
    bed.write(".zshrc", "# >>> gowr setup >>>\nbroken\n");
    let steps = bed.apply();
    let failed: Vec<_> = steps
        .iter()
        .filter_map(|step| match &step.outcome {
            Outcome::Failed(error) => Some(error.to_string()),
            _ => None,
        })
        .collect();
    let expected = [
        format!("{} is not a file", bed.user.home.join(".bashrc").display()),
        format!(
            "{}:1: gowr's lines begin here and do not end",
            bed.user.home.join(".zshrc").display()
        ),
    ];
    assert_eq!(failed, expected);
    assert!(bed.read(".profile").contains("gowr setup"));
    // And gowr's own files stay while something may still run them.
    bed.remove();
    assert!(bed.home.path().join("env").exists());
}

#[test]
fn programs_are_replaced_while_they_run() {
    let bed = Bed::new();
    bed.apply();
    let go = bed.home.bin().join("go");
    fs::remove_file(&go).expect("removed");
    let sleep = ["/bin/sleep", "/usr/bin/sleep"].into_iter().find(|it| Path::new(it).exists());
    fs::copy(sleep.expect("sleep"), &go).expect("copied");
    let mut running = Command::new(&go).arg("60").spawn().expect("started");
    let steps = bed.apply();
    assert!(steps.iter().any(|step| step.file == go && matches!(step.outcome, Outcome::Changed)));
    assert_eq!(bed.run(&["bash", "-l", "-c", "go"], PATH), "go of gowr\n");
    assert!(running.try_wait().expect("asked").is_none(), "it still runs");
    running.kill().expect("killed");
    running.wait().expect("gone");
    // From its own home there is nothing to copy.
    let steps = apply(&bed.home, &bed.user, &bed.home.bin()).expect("set up");
    assert!(steps.iter().all(|step| matches!(step.outcome, Outcome::Unchanged)), "{steps:?}");
}

#[test]
fn a_real_go_is_not_taken_for_ours() {
    let bed = Bed::new();
    let root = bed.directory.path().join("go1");
    fs::create_dir_all(root.join("pkg/tool")).expect("made");
    fs::rename(bed.programs(), root.join("bin")).expect("moved");
    let error = apply(&bed.home, &bed.user, &root.join("bin")).expect_err("a real Go");
    assert!(error.to_string().starts_with("the go beside gowr is a real Go"), "{error}");
    let error = apply(&bed.home, &bed.user, &root).expect_err("nothing there");
    assert!(error.to_string().starts_with("gowr's go is not beside gowr"), "{error}");
    assert!(!bed.user.home.join(".profile").exists());
}

#[test]
fn a_home_that_cannot_be_on_path_is_refused() {
    let bed = Bed::new();
    let home = Home::new(bed.user.home.join("a:b")).expect("absolute");
    apply(&home, &bed.user, &bed.programs()).expect_err("a colon");
    assert!(bed.tree().is_empty());
}

#[test]
fn toolchains_stay_unless_purged() {
    let bed = Bed::new();
    bed.apply();
    let toolchain = bed.home.toolchains().join("go1.22.10");
    fs::create_dir(&toolchain).expect("made");
    bed.write(".local/share/gowr/mine", "");
    bed.remove();
    assert!(toolchain.exists() && !bed.home.bin().exists());
    remove(&bed.home, &bed.user, true).expect("purged");
    assert_eq!(crate::store::names(bed.home.path()).expect("listed"), ["mine"]);
}

#[test]
fn leftovers_of_the_killed_go_too() {
    let bed = Bed::new();
    bed.write(".bashrc", "mine\n");
    let tree = bed.tree();
    bed.write(".bashrc.gowr-other", "not of that shape");
    bed.write("..bashrc.gowr-Ab12Cd", "half");
    bed.remove();
    fs::remove_file(bed.user.home.join(".bashrc.gowr-other")).expect("still there");
    assert_eq!(bed.tree(), tree);
}

#[test]
fn findings_name_file_and_line() {
    let bed = Bed::new();
    bed.write(".bashrc", "# mine\nexport GOROOT=/usr/local/go\n");
    bed.write(".config/fish/config.fish", "  set -gx GOROOT /usr/local/go\n");
    bed.write("../system/etc/profile.d/go.sh", "export PATH=$PATH:/usr/local/go/bin\n");
    bed.write(".zshrc", "eval \"$(goenv init -)\"\n");
    bed.apply();
    let found: Vec<_> = findings::find(&bed.user)
        .into_iter()
        .map(|it| (it.file.file_name().expect("a name").to_owned(), it.line, it.what, it.text))
        .collect();
    let expected = [
        ("go.sh", 1, findings::What::Path, "export PATH=$PATH:/usr/local/go/bin"),
        (".bashrc", 2, findings::What::Goroot, "export GOROOT=/usr/local/go"),
        (".zshrc", 1, findings::What::Manager("goenv"), "eval \"$(goenv init -)\""),
        ("config.fish", 1, findings::What::Goroot, "set -gx GOROOT /usr/local/go"),
    ]
    .map(|(file, line, what, text)| (file.into(), line, what, text.to_owned()));
    assert_eq!(found, expected);
}

/// A person's file: absent, or with any content, or a link to one elsewhere.
fn rc_file() -> impl Strategy<Value = Option<(Vec<u8>, bool, u32)>> {
    let byte = prop_oneof![Just(b'\n'), Just(b'\r'), Just(b'#'), any::<u8>()];
    let content = proptest::collection::vec(byte, 0..60);
    let mode = prop_oneof![Just(0o644), Just(0o600), Just(0o755)];
    proptest::option::of((content, any::<bool>(), mode))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn removing_leaves_no_trace(files in proptest::collection::vec(rc_file(), 9), again in any::<bool>()) {
        let names = [
            ".profile", ".bash_profile", ".bash_login", ".bashrc", ".zshenv", ".zprofile", ".zshrc",
            ".config/fish/config.fish", ".config/fish/conf.d/gowr.fish",
        ];
        let bed = Bed::new();
        for (name, file) in names.iter().zip(files) {
            let Some((content, is_link, mode)) = file else { continue };
            let path = bed.user.home.join(name);
            create_directory(path.parent().expect("a parent")).expect("made");
            let real = if is_link {
                let real = format!("dotfiles/{}", name.replace('/', "-"));
                create_directory(&bed.user.home.join("dotfiles")).expect("made");
                symlink(bed.user.home.join(&real), &path).expect("linked");
                bed.user.home.join(real)
            } else {
                path
            };
            // An empty link target is left out now and then: a link to nothing.
            if !(is_link && content.is_empty()) {
                fs::write(&real, content).expect("written");
                fs::set_permissions(&real, PermissionsExt::from_mode(mode)).expect("mode");
            }
        }
        let tree = bed.tree();
        bed.apply();
        if again {
            bed.apply();
        }
        let steps = bed.remove();
        prop_assert!(!steps.iter().any(|step| matches!(step.outcome, Outcome::Failed(_))), "{:?}", steps);
        let gowr = bed.user.home.join(".local");
        let left: BTreeMap<_, _> =
            bed.tree().into_iter().filter(|(path, _)| !path.starts_with(&gowr)).collect();
        prop_assert_eq!(left, tree);
    }
}
