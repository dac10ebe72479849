//! Debian's C compiler in Alpine: no registry of packages serves one of Alpine's own. It starts by its own loader and
//! libraries, which stay out of sight, and compiles and links for Alpine's musl.

use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;

use super::debian;
use crate::support::toolchains;

/// Where Debian's programs and libraries are in Alpine.
const DEBIAN: &str = "opt/debian";
const LIBRARIES: &str = "usr/lib/x86_64-linux-gnu";

/// Files of GCC, by version: headers and start files, and the programs that `gcc` runs.
const FILES: &str = "usr/lib/gcc/x86_64-linux-gnu";
const PROGRAMS: &str = "usr/libexec/gcc/x86_64-linux-gnu";

/// Brings the compiler of the userland at `from` into the Alpine at `root`.
pub(super) fn bring(from: &Path, root: &Path) {
    let own = root.join(DEBIAN);
    for directory in [LIBRARIES, "usr/bin", PROGRAMS] {
        toolchains::hard_link_tree(&from.join(directory), &own.join(directory));
    }
    toolchains::hard_link_tree(&from.join(FILES), &root.join(FILES));
    // Headers, start files and libraries of musl, and the specs by which gcc finds them.
    debian::unpack_alone("trixie", "musl-dev", root);
    symlink("/lib/ld-musl-x86_64.so.1", root.join("usr/lib/x86_64-linux-musl/libc.so.new"))
        .unwrap();
    let libc = root.join("usr/lib/x86_64-linux-musl");
    fs::rename(libc.join("libc.so.new"), libc.join("libc.so")).unwrap();

    let version = only_entry(&from.join(PROGRAMS));
    for name in ["as", "ld"] {
        wrap(root, &format!("usr/bin/{name}"), &format!("usr/bin/x86_64-linux-gnu-{name}"), "");
    }
    for name in ["cc1", "collect2"] {
        let program = format!("{PROGRAMS}/{version}/{name}");
        wrap(root, &program, &program, "");
    }
    // The plugin of the linker is for what is optimized as a whole: nothing here.
    let specs = "-fno-use-linker-plugin -specs=/usr/lib/x86_64-linux-musl/musl-gcc.specs";
    wrap(root, "usr/bin/gcc", &format!("usr/bin/x86_64-linux-gnu-gcc-{version}"), specs);
}

/// Writes a script that starts one of Debian's programs.
fn wrap(root: &Path, script: &str, program: &str, words: &str) {
    let path = root.join(script);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    let _ = fs::remove_file(&path);
    let text = format!(
        "#!/bin/sh\nexec /{DEBIAN}/{LIBRARIES}/ld-linux-x86-64.so.2 --library-path /{DEBIAN}/{LIBRARIES} \\\n    \
         --argv0 /{script} /{DEBIAN}/{program} {words} \"$@\"\n"
    );
    fs::write(&path, text).unwrap();
    fs::set_permissions(&path, Permissions::from_mode(0o755)).unwrap();
}

fn only_entry(directory: &Path) -> String {
    let entry = fs::read_dir(directory).unwrap().next().unwrap().unwrap();
    entry.file_name().into_string().unwrap()
}
