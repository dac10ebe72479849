//! Snapshots made by somebody who means harm: nothing in them is believed.

use std::fs;
use std::os::unix::fs::symlink;

use serde_json::{Value, json};
use tar::{Builder, EntryType, Header};

use super::{furnished, is_refused, members, snapshot, two};
use crate::support::World;
use crate::support::log::{hex, sha256};
use crate::support::module::Module;

/// A snapshot to be spoilt.
#[derive(Clone)]
struct Hostile {
    members: Vec<(String, Vec<u8>)>,
    manifest: Value,
}

impl Hostile {
    fn file(&self, index: usize) -> &Vec<u8> {
        &self.members[index].1
    }

    /// Gives a file another content, and lets the manifest agree.
    fn replace(&mut self, index: usize, content: Vec<u8>) {
        let file = &mut self.manifest["toolchains"][0]["files"][index];
        file["size"] = content.len().into();
        file["sha256"] = hex(&sha256(&content)).into();
        self.members[index].1 = content;
    }

    /// The same for a file's name.
    fn rename(&mut self, index: usize, name: &str) {
        self.manifest["toolchains"][0]["files"][index]["name"] = name.into();
        name.clone_into(&mut self.members[index].0);
    }

    fn tar(&self) -> Vec<u8> {
        let mut builder = Builder::new(Vec::new());
        for (name, content) in &self.members {
            append(&mut builder, EntryType::Regular, name, content.len() as u64, content);
        }
        let manifest = self.manifest.to_string();
        append(
            &mut builder,
            EntryType::Regular,
            "manifest.json",
            manifest.len() as u64,
            manifest.as_bytes(),
        );
        builder.into_inner().unwrap()
    }
}

/// Any name, kind and size.
fn append(builder: &mut Builder<Vec<u8>>, kind: EntryType, name: &str, size: u64, content: &[u8]) {
    let mut header = Header::new_ustar();
    header.as_old_mut().name[..name.len()].copy_from_slice(name.as_bytes());
    header.set_entry_type(kind);
    header.set_mode(0o644);
    header.set_size(size);
    header.set_cksum();
    builder.append(&header, content).unwrap();
}

/// Bytes of a tar file, changed after it was made.
type Spoil = fn(&Hostile) -> Vec<u8>;

fn with_entry(snapshot: &Hostile, kind: EntryType, name: &str, size: u64) -> Vec<u8> {
    let mut builder = Builder::new(snapshot.tar());
    builder.get_mut().truncate(snapshot.tar().len() - 1024);
    append(&mut builder, kind, name, size, b"");
    builder.into_inner().unwrap()
}

/// Tar files that are refused, and what is said of each.
const SPOILT: &[(&str, Spoil, &str)] = &[
    ("no tar", |_| b"PK\x03\x04 something else".repeat(100), "it is not a tar file"),
    ("empty", |_| Vec::new(), "there is no manifest.json in it"),
    ("cut off at an entry", |it| it.tar()[..512 * 3].to_vec(), "it ends within"),
    (
        "no end",
        |it| {
            let tar = it.tar();
            let end = tar.len() - 4096;
            tar[..end].to_vec()
        },
        "manifest.json",
    ),
    (
        "one more, climbing",
        |it| with_entry(it, EntryType::Regular, "../../more", 0),
        "`../../more` is in it",
    ),
    (
        "a link",
        |it| with_entry(it, EntryType::Symlink, "link", 0),
        "`link` in it is not a regular file",
    ),
    ("a long name", |it| with_entry(it, EntryType::GNULongName, "x", 0), "is not a regular file"),
    ("a device", |it| with_entry(it, EntryType::Char, "x", 0), "is not a regular file"),
    ("100 GB", |it| with_entry(it, EntryType::Regular, "x", 100 << 30), "larger than"),
    ("8 EiB", |it| with_entry(it, EntryType::Regular, "x", u64::MAX / 2), "larger than"),
    ("16 EiB", |it| with_entry(it, EntryType::Regular, "x", u64::MAX), ""),
];

/// What somebody may change before the tar file is made. Each is refused.
type Change = fn(&mut Hostile);

/// See [`SPOILT`].
const CHANGED: &[(&str, Change, &str)] = &[
    ("newer", |it| it.manifest = json!({"schema": 2}), "for a newer gowr (schema 2)"),
    ("schema 0", |it| it.manifest["schema"] = 0.into(), "the schema 0"),
    ("schema of text", |it| it.manifest["schema"] = "1".into(), "cannot be understood"),
    ("no JSON", |it| it.manifest = Value::Null, "cannot be understood"),
    (
        "huge manifest",
        |it| it.manifest["distro"] = "x".repeat(2 << 20).into(),
        "its manifest is larger",
    ),
    ("other machine", |it| it.manifest["platform"] = "plan9-arm".into(), "it is for plan9-arm"),
    (
        "climbing name",
        |it| it.manifest["toolchains"][0]["name"] = "../../../evil".into(),
        "is not the name of a release",
    ),
    (
        "absolute name",
        |it| it.manifest["toolchains"][0]["name"] = "/etc/evil".into(),
        "is not the name of a release",
    ),
    (
        "name with a suffix",
        |it| it.manifest["toolchains"][0]["name"] = "go1.22.3-x".into(),
        "is not the name of a release",
    ),
    (
        "twice",
        |it| {
            let one = it.manifest["toolchains"][0].clone();
            it.manifest["toolchains"] = json!([one, one]);
        },
        "names go1.22.3 twice",
    ),
    ("climbing file", |it| it.rename(0, "../../evil.zip"), "files that no release has"),
    ("absolute file", |it| it.rename(0, "/tmp/evil.zip"), "files that no release has"),
    ("other proof", |it| it.rename(1, "VERSION"), "files that no release has"),
    ("manifest as file", |it| it.rename(1, "manifest.json"), "twice"),
    ("missing", |it| _ = it.members.remove(1), "is not in it"),
    ("one more", |it| it.members.push((String::from("more"), Vec::new())), "`more` is in it"),
    (
        "size of a lie",
        |it| it.manifest["toolchains"][0]["files"][0]["size"] = 5.into(),
        "and its manifest says 5",
    ),
    (
        "size of a large lie",
        |it| {
            it.manifest["toolchains"][0]["files"][0]["size"] = (1_u64 << 40).into();
        },
        "larger than",
    ),
    (
        "other hash",
        |it| {
            it.manifest["toolchains"][0]["files"][0]["sha256"] = "0".repeat(64).into();
        },
        "is damaged",
    ),
    ("other bytes", |it| it.members[0].1[3000] ^= 1, "is damaged"),
    (
        "other bytes, agreed",
        |it| {
            let mut zip = it.file(0).clone();
            zip[3000] ^= 1;
            it.replace(0, zip);
        },
        "",
    ),
    ("another release", |it| it.replace(0, Module::toolchain("go1.23.4").zip()), ""),
    (
        "another tree",
        |it| {
            let mut module = Module::toolchain("go1.22.3");
            module.files[0].1.push(b'\n');
            it.replace(0, module.zip());
        },
        "SECURITY ERROR",
    ),
    ("no proof", |it| it.replace(1, b"nothing".to_vec()), "cannot be proved"),
    (
        "configuration",
        |it| it.manifest["configuration"] = "run: me\n".into(),
        "the configuration in it cannot be used",
    ),
    (
        "huge configuration",
        |it| it.manifest["configuration"] = "# x\n".repeat(200_000).into(),
        "the configuration in it cannot be used",
    ),
    (
        "pin file",
        |it| it.manifest["pins"][0]["file"] = "../.bashrc".into(),
        "is not the name of a pin file",
    ),
    (
        "pin",
        |it| it.manifest["pins"][0]["request"] = "path:/evil".into(),
        "is not a version or a name",
    ),
    (
        "registered name",
        |it| {
            it.manifest["adopted"] =
                json!([{"name": null, "registered": ["../x"], "goroot": "/", "manager": null}]);
        },
        "is not a name",
    ),
];

#[test]
fn hostile_snapshots() {
    let service = two();
    let here = furnished(&service);
    here.gowr(["uninstall", "1.23.4"]).run().success();
    snapshot(&here, &service.log, &["save", "../x.tar"]).run().success();
    let mut members = members(&fs::read(here.path("x.tar")).unwrap());
    let manifest = serde_json::from_slice(&members.pop().unwrap().1).unwrap();
    let good = Hostile { members, manifest };

    let world = World::new();
    world.write("x.tar", good.tar());
    let loads = |path: &str| {
        snapshot(&world, &service.log, &["load", path, "--dry-run"]).run().success();
    };
    loads("../x.tar");
    let refused = |tar: Vec<u8>, what, said| {
        world.write("x.tar", tar);
        is_refused(&world, &service.log, "../x.tar", what, said);
    };
    for (what, spoil, said) in SPOILT {
        refused(spoil(&good), what, said);
    }
    for (what, change, said) in CHANGED {
        let mut changed = good.clone();
        change(&mut changed);
        refused(changed.tar(), what, said);
    }

    let directory = world.path("x");
    snapshot(&here, &service.log, &["save", directory.to_str().unwrap()]).run().success();
    loads("../x");
    for (what, name, said) in [
        ("a link", "link", "`link` in it is not a regular file"),
        ("a directory", "below", "`below` in it is not a regular file"),
        ("one more", "more", "`more` is in it"),
    ] {
        let path = directory.join(name);
        match what {
            "a link" => symlink("manifest.json", &path).unwrap(),
            "a directory" => fs::create_dir(&path).unwrap(),
            _ => fs::write(&path, "").unwrap(),
        }
        is_refused(&world, &service.log, "../x", what, said);
        let _ = fs::remove_file(&path).or_else(|_| fs::remove_dir(&path));
    }
    loads("../x");
    is_refused(&world, &service.log, "../nowhere.tar", "none", "cannot read ../nowhere.tar");
}
