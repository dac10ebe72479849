//! Stable paths of a GOROOT ([`crate::goroot_link`]): an IDE that was told one of them has no other Go.

use resolver::machine::Machine;

use super::{Code, Examination, Finding, note, problem};
use crate::error::quoted;
use crate::goroot_link::{Follows, GorootLink, GorootLinks, Kind, State};
use crate::problem::Evidence;

pub(super) fn check<M: Machine>(examination: &Examination<'_, M>) -> Vec<Finding> {
    let Some((home, here)) = examination.patient.home else { return Vec::new() };
    let machine = examination.view().machine;
    let links = GorootLinks { machine, home, here }.list().unwrap_or_default();
    links.iter().filter_map(finding).collect()
}

fn finding(link: &GorootLink) -> Option<Finding> {
    let path = link.path.display();
    let evidence =
        Evidence::file(&link.path, format!("was made to lead to {}", link.goroot.display()));
    let found = match link.state() {
        State::Right => return None,
        State::Changed => note(Code::GorootLink, format!("{path} was changed by somebody else"))
            .fixed_by(format!("gowr link --remove {}", quoted(&link.path))),
        State::Gone => {
            problem(Code::GorootLink, format!("{path}, which led to a GOROOT, is not there"))
                .fixed_by(again(link))
        }
        State::Astray => {
            problem(Code::GorootLink, format!("{path} does not lead to a GOROOT any more"))
                .fixed_by(again(link))
        }
    };
    Some(found.seen(evidence).into())
}

/// The command that makes it once more.
fn again(link: &GorootLink) -> String {
    let bind = if link.kind == Kind::Bind { "--bind " } else { "" };
    let path = quoted(&link.path);
    match link.follows {
        Follows::Default => format!("gowr link {bind}{path}"),
        follows @ Follows::Request(_) => format!("gowr link {bind}{path} {follows}"),
    }
}
