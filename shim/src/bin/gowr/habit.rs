//! Words that fingers know from other tools.

use clap::error::{ContextKind, ContextValue};

use crate::error::CommandError;

/// A word of another tool, what it is in gowr, and how that differs.
const HABITS: [(&str, &str, &str); 21] = [
    (
        "activate",
        "gowr setup",
        "gowr needs no hook in a shell, only its bin directory first on PATH",
    ),
    ("add", "gowr install VERSION", "what is installed is chosen by a pin or a default"),
    ("current", "gowr which --explain", "the path alone: gowr which"),
    ("exec-env", "gowr env", "the changes with their reasons: gowr env --diff"),
    ("global", "gowr default VERSION", "for one distro: gowr default VERSION --distro ID"),
    ("info", "gowr which --explain", "for programs: gowr which --json"),
    ("init", "gowr setup", "for the shell that is running: gowr setup --print SHELL"),
    ("local", "gowr pin VERSION", "what is pinned is installed, too"),
    ("ls", "gowr list", "what could be installed: gowr list --remote"),
    ("ls-remote", "gowr list --remote", "what is installed: gowr list"),
    (
        "prune",
        "gowr uninstall --unused",
        "what a newer release of its line replaces and nothing known asks for",
    ),
    ("rehash", "gowr which --explain", "there is nothing to rehash: one proxy serves all versions"),
    ("remove", "gowr uninstall VERSION", "a pin goes by gowr pin --remove"),
    ("rm", "gowr uninstall VERSION", "a pin goes by gowr pin --remove"),
    (
        "self",
        "gowr setup",
        "from a newer build it replaces the installed gowr; gowr setup --remove takes it off",
    ),
    (
        "shell",
        "export GOWR_TOOLCHAIN=VERSION",
        "for one command: gowr exec --go VERSION -- COMMAND",
    ),
    ("show", "gowr which --explain", "what is installed: gowr list"),
    ("update", "gowr upgrade", "the newest patch release of each line that is installed"),
    ("use", "gowr pin VERSION", "for everywhere: gowr default VERSION"),
    ("version", "gowr --version", "the version of Go: go version"),
    ("versions", "gowr list", "what could be installed: gowr list --remote"),
];

/// The hint for a verb that there is not; none where nobody would know it.
pub(crate) fn hint(error: &clap::Error) -> Option<CommandError> {
    let Some(ContextValue::String(word)) = error.get(ContextKind::InvalidSubcommand) else {
        return None;
    };
    let (word, ours, more) = HABITS.iter().find(|(habit, ..)| habit == word)?;
    Some(CommandError::user(format!("there is no gowr {word}")).caused_by(more).fixed_by(*ours))
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;
    use crate::cli::Cli;

    #[test]
    fn each_habit_gets_a_hint_and_is_no_verb() {
        for (word, ours, _) in HABITS {
            let error = Cli::try_parse_from(["gowr", word, "1.22"]).expect_err(word);
            let hint = hint(&error).unwrap_or_else(|| panic!("no hint for {word}"));
            assert!(hint.text().contains(ours), "{word}");
        }
        let error = Cli::try_parse_from(["gowr", "frobnicate"]).expect_err("no verb");
        assert!(hint(&error).is_none());
    }

    #[test]
    fn what_is_recommended_exists() {
        for (word, ours, _) in HABITS {
            let words = ours.replace("VERSION", "1.22");
            if words.starts_with("gowr") {
                match Cli::try_parse_from(words.split(' ')) {
                    Ok(_) => {}
                    Err(error) => assert!(!error.use_stderr(), "{word}: {error}"),
                }
            }
        }
    }
}
