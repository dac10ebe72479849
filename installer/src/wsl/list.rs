//! What `wsl.exe --list --verbose` prints.

use super::DistroName;

/// A distro that is registered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Registered {
    /// Its name.
    pub name: DistroName,
    /// `Running`, `Stopped`, `Installing`, `Uninstalling`, `Converting` or `Exporting`; in the wsl.exe of older releases of
    /// Windows, the user's word for it.
    pub state: String,
    /// The version of WSL it runs on: 1 or 2.
    pub version: u8,
    /// Whether `wsl` without a name starts it.
    pub is_default: bool,
}

impl Registered {
    /// Whether it runs.
    pub fn is_running(&self) -> bool {
        self.state == "Running"
    }
}

/// `* Ubuntu            Running         2`, after a line with the columns' names. Where a name is none, or the version is
/// no number, it is no distro's line.
pub(super) fn parse(output: &str) -> Vec<Registered> {
    output.lines().filter_map(row).collect()
}

fn row(line: &str) -> Option<Registered> {
    let line = line.trim();
    let (is_default, columns) = match line.strip_prefix('*') {
        Some(columns) => (true, columns.trim_start()),
        None => (false, line),
    };
    // A state may be two words in some languages; a name is one in all.
    let (name, columns) = columns.split_once(char::is_whitespace)?;
    let (state, version) = columns.rsplit_once(char::is_whitespace)?;
    let version = version.parse().ok().filter(|version| matches!(version, 1 | 2))?;
    let state = state.trim();
    let is_state = !state.is_empty() && !state.contains(char::is_control);
    let name = DistroName::parse(name).filter(|_| is_state)?;
    Some(Registered { name, state: state.to_owned(), version, is_default })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn rows(output: &str) -> Vec<(String, String, u8, bool)> {
        let rows = parse(output).into_iter();
        rows.map(|it| (it.name.as_str().to_owned(), it.state, it.version, it.is_default)).collect()
    }

    #[test]
    fn columns_states_and_the_mark() {
        let list = "  NAME                      STATE           VERSION\r\n\
            * Ubuntu-24.04              Running         2\r\n  \
              Debian                    Stopped         1\r\n  \
              docker-desktop            Installing      2\r\n  \
              a-name-longer-than-a-column Uninstalling    2\r\n  \
              Alpine                    Wird ausgeführt 2\r\n";
        let expected = [
            ("Ubuntu-24.04", "Running", 2, true),
            ("Debian", "Stopped", 1, false),
            ("docker-desktop", "Installing", 2, false),
            ("a-name-longer-than-a-column", "Uninstalling", 2, false),
            ("Alpine", "Wird ausgeführt", 2, false),
        ];
        let expected = expected.map(|(a, b, c, d)| (a.to_owned(), b.to_owned(), c, d));
        assert_eq!(rows(list), expected);
    }

    #[test]
    fn what_is_no_row() {
        for line in [
            "",
            "*",
            "NAME STATE VERSION",
            "名称 状态 版本",
            "* Ubuntu",
            "* Ubuntu Running",
            "Ubuntu Running two",
            "Ubuntu Running 3",
            "Ubuntu  2",
            "-x Running 2",
            "a/b Running 2",
            "Ubuntu Run\u{1b}[31mning 2",
            "没有已安装的分发版。",
            "Error code: Wsl/Service/E_FAIL",
        ] {
            assert_eq!(rows(line), [], "{line:?}");
        }
    }

    proptest! {
        #[test]
        fn a_row_comes_back(
            names in prop::collection::vec("[a-zA-Z0-9._][a-zA-Z0-9._-]{0,30}", 1..6),
            state in "Running|Stopped|Converting|Exporting",
            version in 1_u8..=2,
            default in 0_usize..6,
        ) {
            // As WslClient.cpp formats it: the name's column is four wider than the longest name.
            let width = names.iter().map(String::len).max().unwrap_or_default() + 4;
            let line = |index: usize, name: &str| {
                let mark = if index == default { '*' } else { ' ' };
                format!("{mark} {name:<width$}{state:<16}{version}\r\n")
            };
            let lines: String = names.iter().enumerate().map(|(at, name)| line(at, name)).collect();
            let list = format!("  {:<width$}{:<16}VERSION\r\n{lines}", "NAME", "STATE");
            let expected: Vec<_> = names
                .iter()
                .enumerate()
                .map(|(at, name)| (name.clone(), state.clone(), version, at == default))
                .collect();
            prop_assert_eq!(rows(&list), expected);
        }

        #[test]
        fn anything_is_read(text in any::<String>()) {
            for found in parse(&text) {
                prop_assert!(DistroName::parse(found.name.as_str()).is_some());
                prop_assert!(!found.state.contains(char::is_control));
            }
        }
    }
}
