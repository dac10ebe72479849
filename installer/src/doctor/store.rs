//! gowr's own home: the rules of [`crate::invariants`], as problems.

use std::path::Path;

use resolver::machine::Machine;
use resolver::path::shell_quoted;
use resolver::version::ToolchainName;

use super::{Code, Examination, Finding, Mend, problem};
use crate::invariants::{self, Rule, Violation};
use crate::problem::{Evidence, Problem};
use crate::store::Home;

pub(super) fn check<M: Machine>(examination: &Examination<'_, M>) -> Vec<Finding> {
    let Some((home, key)) = examination.patient.home else { return Vec::new() };
    match invariants::check(home, key) {
        Ok(violations) => violations.into_iter().map(|it| finding(home, it)).collect(),
        Err(error) => {
            let message = format!("{} cannot be looked through", home.path().display());
            let mut text = error.to_string();
            let mut source = std::error::Error::source(&error);
            while let Some(cause) = source {
                text = format!("{text}: {cause}");
                source = cause.source();
            }
            let found = problem(Code::StoreUnreadable, message)
                .seen(Evidence::value(text))
                .fixed_by(format!("ls -lR {}", quoted(home.path())));
            vec![found.into()]
        }
    }
}

/// The code of a rule.
pub(super) const fn code(rule: Rule) -> Code {
    match rule {
        Rule::Toolchain => Code::StoreToolchain,
        Rule::Link => Code::StoreLink,
        Rule::SwitchingLink => Code::StoreSwitchingLink,
        Rule::Archive => Code::StoreArchive,
        Rule::Mode => Code::StoreMode,
        Rule::Unlinked => Code::StoreUnlinked,
        Rule::Outdated => Code::StoreOutdated,
        Rule::Leftover => Code::StoreLeftover,
        Rule::AdoptedGone => Code::AdoptedGone,
    }
}

fn finding(home: &Home, violation: Violation) -> Finding {
    let Violation { rule, path, found } = violation;
    let message = format!("{} {found}", path.display());
    let told = problem(code(rule), message).seen(Evidence::file(&path, &found));
    match rule {
        Rule::Toolchain => {
            let fix = fix_of_toolchain(home, &path);
            told.fixed_by(fix).into()
        }
        Rule::Archive => told.fixed_by(format!("rm -r {}", quoted(&path))).into(),
        Rule::Link | Rule::SwitchingLink if !path.is_symlink() && path.exists() => {
            told.fixed_by(format!("rm -r {}", quoted(&path))).into()
        }
        Rule::Link | Rule::SwitchingLink | Rule::Unlinked | Rule::Outdated => {
            Finding::mended_by(told, Mend::link_anew(path))
        }
        Rule::Mode => Finding::mended_by(told, Mend::close(path)),
        Rule::Leftover => Finding { mend: Some(Mend::sweep(path.clone())), ..swept(told, &path) },
        Rule::AdoptedGone => gone(told, path),
    }
}

/// What is nobody's can be removed by name; `--fix` does it for what gowr knows to be its own.
fn swept(told: Problem, path: &Path) -> Finding {
    told.fixed_by(format!("rm -rf {}", quoted(path))).into()
}

/// A version is forgotten, since the next `gowr adopt` finds it again; a name somebody has given.
fn gone(told: Problem, path: std::path::PathBuf) -> Finding {
    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    match ToolchainName::parse(&name) {
        Some(_) => Finding::mended_by(told, Mend::forget(path)),
        None => told.fixed_by(format!("gowr adopt --remove {name}")).into(),
    }
}

fn fix_of_toolchain(home: &Home, path: &Path) -> String {
    let below = path.strip_prefix(home.toolchains()).ok();
    let name = below.and_then(|below| below.components().next()?.as_os_str().to_str());
    match name.and_then(ToolchainName::parse) {
        Some(name) if home.toolchain(&name).is_dir() => {
            let version = name.version();
            format!("gowr uninstall {version} && gowr install {version}")
        }
        _ => format!("rm -r {}", quoted(path)),
    }
}

fn quoted(path: &Path) -> String {
    shell_quoted(path.as_os_str().as_encoded_bytes())
}
