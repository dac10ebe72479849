//! What this userland has, for people and (through serde) for programs.

use std::collections::HashSet;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::thread;

use serde::Serialize;

use crate::error::Error;
use crate::link::{self, Origin};
use crate::store::{Home, Key, version_text};

/// The unit of `st_blocks`.
const BLOCK: u64 = 512;

/// One toolchain.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Toolchain {
    /// Its name: `go1.22.10`.
    pub name: String,
    /// The first line of its VERSION file; none where it has none or is gone.
    pub version_text: Option<String>,
    /// Where it is from.
    pub origin: Origin,
    /// Where it is.
    pub goroot: PathBuf,
    /// Bytes on disk; none for what is not gowr's.
    pub size: Option<u64>,
    /// Lines (`1.22`), `newest` and registered names that lead to it here.
    pub links: Vec<String>,
    /// Whether this userland can use it by name: there is a link, and it leads somewhere.
    pub usable: bool,
}

/// The toolchains of the store, those that are shared and those adopted in one userland, oldest first.
pub fn list(home: &Home, key: &Key) -> Result<Vec<Toolchain>, Error> {
    let links = link::read(home, key)?;
    let mut entries = links.toolchains;
    let linked: HashSet<_> = entries.iter().map(|entry| entry.name).collect();
    // Too old to run everywhere, and installed in another userland; or its links are missing.
    let unlinked = home.installed()?.into_iter().filter(|name| !linked.contains(name));
    entries.extend(unlinked.map(|name| link::Entry {
        goroot: home.toolchain(&name),
        name,
        origin: Origin::Store,
    }));
    entries.sort_by(|left, right| left.name.version().compare(right.name.version()));

    let sizes = sizes(&entries);
    let mut toolchains = Vec::with_capacity(entries.len());
    for (entry, size) in entries.into_iter().zip(sizes) {
        // What counts without a share is nothing to ask for.
        let names = links
            .derived
            .iter()
            .filter(|(name, to)| **to == entry.name.as_str() && !name.ends_with(link::LOCAL));
        let registered = links.named.iter().filter(|(_, to)| same(to, &entry.goroot));
        toolchains.push(Toolchain {
            version_text: version_text(&entry.goroot).unwrap_or_default(),
            origin: entry.origin,
            size,
            links: names
                .map(|(name, _)| name)
                .chain(registered.map(|(name, _)| name))
                .cloned()
                .collect(),
            usable: linked.contains(&entry.name) && entry.goroot.is_dir(),
            name: entry.name.to_string(),
            goroot: entry.goroot,
        });
    }
    Ok(toolchains)
}

fn same(left: &Path, right: &Path) -> bool {
    let identity =
        |path: &Path| fs::metadata(path).map(|metadata| (metadata.dev(), metadata.ino()));
    matches!((identity(left), identity(right)), (Ok(left), Ok(right)) if left == right)
}

fn size(entry: &link::Entry) -> Option<u64> {
    (entry.origin == Origin::Store).then(|| disk_usage(&entry.goroot))
}

/// Trees of ten thousand files each: measured side by side.
fn sizes(entries: &[link::Entry]) -> Vec<Option<u64>> {
    let workers = thread::available_parallelism().map_or(1, usize::from);
    let measure = |first: usize| -> Vec<_> {
        let own = entries.iter().enumerate().skip(first).step_by(workers);
        own.map(|(index, entry)| (index, size(entry))).collect()
    };
    let mut sizes = vec![None; entries.len()];
    thread::scope(|scope| {
        let threads: Vec<_> =
            (0..workers).map(|first| scope.spawn(move || measure(first))).collect();
        for (index, size) in
            threads.into_iter().flat_map(|thread| thread.join().unwrap_or_default())
        {
            sizes[index] = size;
        }
    });
    sizes
}

/// Bytes that a tree takes on disk, as `du` counts; what cannot be read counts nothing.
pub fn disk_usage(tree: &Path) -> u64 {
    let mut total = 0;
    let mut counted = HashSet::new();
    let mut directories = vec![tree.to_path_buf()];
    if let Ok(metadata) = fs::symlink_metadata(tree) {
        total += metadata.blocks() * BLOCK;
    }
    while let Some(directory) = directories.pop() {
        let Ok(entries) = fs::read_dir(&directory) else { continue };
        for entry in entries.flatten() {
            let Ok(metadata) = entry.metadata() else { continue };
            let is_new = metadata.nlink() < 2
                || metadata.is_dir()
                || counted.insert((metadata.dev(), metadata.ino()));
            if is_new {
                total += metadata.blocks() * BLOCK;
            }
            if metadata.is_dir() {
                directories.push(entry.path());
            }
        }
    }
    total
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use resolver::version::RegisteredName;

    use super::*;
    use crate::install::tests::{home, put, toolchain};

    #[test]
    fn everything_here_with_what_leads_to_it() {
        let (directory, home, here) = home();
        put(&home, &here, "go1.20.14");
        put(&home, &here, "go1.22.10");
        let adopted = directory.path().join("go-1.19");
        fs::create_dir(&adopted).expect("made");
        fs::write(adopted.join("VERSION"), "go1.19.8").expect("written");
        std::os::unix::fs::symlink(&adopted, home.distro(&here).join("go1.19.8")).expect("linked");
        let work = RegisteredName::parse("work").expect("a name");
        link::register(&home, &here, &work, &adopted).expect("registered");

        let listed = list(&home, &here).expect("listed");
        let summary: Vec<_> = listed
            .iter()
            .map(|toolchain| (toolchain.name.as_str(), toolchain.origin, toolchain.links.join(" ")))
            .collect();
        let expected = [
            ("go1.19.8", Origin::Adopted, "work"),
            ("go1.20.14", Origin::Store, "1.20"),
            ("go1.22.10", Origin::Store, "1.22 newest"),
        ]
        .map(|(name, origin, links)| (name, origin, links.to_owned()));
        assert_eq!(summary, expected);
        assert!(listed.iter().all(|toolchain| toolchain.usable));
        assert_eq!(listed[0].size, None);

        let json = serde_json::to_value(&listed[2]).expect("JSON");
        assert_eq!(json["origin"], "store");
        assert_eq!(json["version_text"], "go1.22.10");

        let elsewhere = list(&home, &Key::parse("alpine-3.23").expect("a key")).expect("listed");
        assert!(elsewhere.iter().all(|toolchain| !toolchain.usable), "no links there");
    }

    #[test]
    fn sizes_are_those_of_du() {
        let (_directory, home, here) = home();
        let installed = put(&home, &here, "go1.22.10");
        fs::write(installed.goroot.join("large"), vec![1; 100_000]).expect("written");
        fs::hard_link(installed.goroot.join("large"), installed.goroot.join("same"))
            .expect("linked");
        let du =
            Command::new("du").arg("-s").arg("-B1").arg(&installed.goroot).output().expect("du");
        let text = String::from_utf8(du.stdout).expect("text");
        let expected = text.split_whitespace().next().and_then(|word| word.parse().ok());
        assert_eq!(Some(disk_usage(&installed.goroot)), expected);
        let listed = list(&home, &here).expect("listed");
        assert_eq!(listed[0].name, toolchain("go1.22.10").as_str());
        assert_eq!(listed[0].size, expected);
    }
}
