//! Names of distros, as far as they are let near a command line.

use resolver::wsl::name::is_valid;

/// The name of a distro: `^[a-zA-Z0-9._-]+$`, as WSL has it, and no option.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DistroName(String);

impl DistroName {
    /// Parses a name.
    pub fn parse(text: &str) -> Option<Self> {
        let is_name = is_valid(text.as_bytes()) && !text.starts_with('-');
        is_name.then(|| Self(text.to_owned()))
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether Windows takes both for one.
    pub fn is(&self, other: &str) -> bool {
        self.0.eq_ignore_ascii_case(other)
    }

    /// Whether it is of a program that keeps a distro for itself: nobody works in it.
    pub fn is_of_a_program(&self) -> bool {
        let name = self.0.to_ascii_lowercase();
        matches!(&*name, "docker-desktop" | "docker-desktop-data")
            || ["rancher-desktop", "podman-machine-"].iter().any(|it| name.starts_with(it))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names() {
        for good in ["Ubuntu", "Ubuntu-24.04", "my_box.2"] {
            assert!(DistroName::parse(good).is_some(), "{good}");
        }
        for bad in ["", "-x", "--unregister", "a b", "a/b", "a\\b", "ä", "a\n", "a;b", "$(a)"] {
            assert!(DistroName::parse(bad).is_none(), "{bad}");
        }
        assert!(DistroName::parse("ubuntu").is_some_and(|name| name.is("Ubuntu")));
    }

    #[test]
    fn distros_of_programs() {
        for (name, expected) in [
            ("docker-desktop", true),
            ("docker-desktop-data", true),
            ("Docker-Desktop", true),
            ("rancher-desktop", true),
            ("rancher-desktop-data", true),
            ("podman-machine-default", true),
            ("docker", false),
            ("docker-desktop-mine", false),
            ("podman", false),
            ("Ubuntu", false),
        ] {
            let parsed = DistroName::parse(name).expect(name);
            assert_eq!(parsed.is_of_a_program(), expected, "{name}");
        }
    }
}
