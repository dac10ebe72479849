//! `automount.options`: how WSL mounts the drives of Windows.

/// The options that matter to programs on a drive.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// Each as written, in order.
    words: Vec<String>,
}

impl Options {
    /// Reads `metadata,umask=22,fmask=11`.
    pub fn parse(text: &str) -> Self {
        let words = text.split(',').map(str::trim).filter(|word| !word.is_empty());
        Self { words: words.map(str::to_owned).collect() }
    }

    /// Whether modes and owners are kept, in extended attributes of NTFS.
    pub fn metadata(&self) -> bool {
        self.words.iter().any(|word| word == "metadata")
    }

    /// The permission bits that files and directories do not get.
    pub fn umask(&self) -> Option<u32> {
        self.octal("umask")
    }

    /// Those that files do not get.
    pub fn fmask(&self) -> Option<u32> {
        self.octal("fmask")
    }

    /// Those that directories do not get.
    pub fn dmask(&self) -> Option<u32> {
        self.octal("dmask")
    }

    /// Whose all files are, where nothing else is kept: `uid`.
    pub fn user(&self) -> Option<u32> {
        self.value("uid")?.parse().ok()
    }

    /// The group all files have: `gid`.
    pub fn group(&self) -> Option<u32> {
        self.value("gid")?.parse().ok()
    }

    /// How directories tell capital letters from small ones: `off`, `dir` or `force`.
    pub fn case(&self) -> Option<&str> {
        self.value("case")
    }

    /// The mode of a file without one of its own: a mask is octal, and takes bits away.
    pub fn file_mode(&self) -> u32 {
        0o777 & !(self.umask().unwrap_or(0) | self.fmask().unwrap_or(0))
    }

    /// The same for a directory.
    pub fn directory_mode(&self) -> u32 {
        0o777 & !(self.umask().unwrap_or(0) | self.dmask().unwrap_or(0))
    }

    /// Whether nobody can run a program on a drive, not even its owner.
    pub fn drops_execution(&self) -> bool {
        self.file_mode() & 0o100 == 0
    }

    /// The same options, by which programs can be run: `fmask` takes no execute bit away, `umask` not the owner's.
    #[must_use]
    pub fn with_execution(mut self) -> Self {
        if !self.drops_execution() {
            return self;
        }
        self.change("fmask", |mask| mask & !0o111);
        self.change("umask", |mask| mask & !0o100);
        self
    }

    /// The same options, by which modes are kept.
    #[must_use]
    pub fn with_metadata(mut self) -> Self {
        if !self.metadata() {
            self.words.insert(0, String::from("metadata"));
        }
        self
    }

    fn value(&self, name: &str) -> Option<&str> {
        // As of mount options everywhere, the last one counts.
        self.words.iter().rev().find_map(|word| word.strip_prefix(name)?.strip_prefix('='))
    }

    fn octal(&self, name: &str) -> Option<u32> {
        u32::from_str_radix(self.value(name)?, 8).ok()
    }

    /// Gives a mask another value, or takes it out where that is 0.
    fn change(&mut self, name: &str, change: impl Fn(u32) -> u32) {
        let Some(old) = self.octal(name) else { return };
        let new = change(old);
        let is_it = |word: &str| word.strip_prefix(name).is_some_and(|it| it.starts_with('='));
        if new == 0 {
            self.words.retain(|word| !is_it(word));
        } else if new != old {
            for word in self.words.iter_mut().filter(|word| is_it(word)) {
                *word = format!("{name}={new:o}");
            }
        }
    }
}

impl std::fmt::Display for Options {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(&self.words.join(","))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mask_takes_bits_away() {
        for (options, file, directory) in [
            ("", 0o777, 0o777),
            ("metadata,umask=22,fmask=11", 0o744, 0o755),
            ("fmask=11", 0o766, 0o777),
            ("metadata,fmask=111", 0o666, 0o777),
            ("umask=077,fmask=0011,dmask=022", 0o700, 0o700),
            ("fmask=nonsense", 0o777, 0o777),
        ] {
            let options = Options::parse(options);
            assert_eq!((options.file_mode(), options.directory_mode()), (file, directory));
        }
    }

    #[test]
    fn programs_can_be_run_again() {
        for (options, expected) in [
            ("metadata,umask=22,fmask=11", "metadata,umask=22,fmask=11"),
            ("metadata,umask=22,fmask=111", "metadata,umask=22"),
            ("metadata, fmask=133 ,case=off", "metadata,fmask=22,case=off"),
            ("umask=177,uid=1000", "umask=77,uid=1000"),
            ("umask=111,fmask=111", "umask=11"),
        ] {
            let mended = Options::parse(options).with_execution();
            let is_changed = Options::parse(options).drops_execution();
            assert_eq!(if is_changed { mended.to_string() } else { options.to_owned() }, expected);
            assert!(!mended.drops_execution(), "{options}");
        }
    }

    #[test]
    fn modes_are_kept() {
        for (options, expected) in [
            ("", "metadata"),
            ("umask=22", "metadata,umask=22"),
            ("uid=1,metadata", "uid=1,metadata"),
        ] {
            assert_eq!(Options::parse(options).with_metadata().to_string(), expected);
        }
    }
}
