//! What gowr installed and adopted, the distro's own, and what runs here if that is none of them.

use std::cell::OnceCell;
use std::env;
use std::ops::ControlFlow;
use std::path::Path;

use installer::adopt::{self, Managers, Reason};
use installer::doctor::{Code, code_of_share};
use installer::share::Share;
use installer::{link, list};
use resolver::distro_go;
use resolver::invocation::Program;
use resolver::path::Bytes;
use resolver::policy;
use resolver::real_path::real_path;
use resolver::toolchain::{self, Origin, Toolchain};
use resolver::version::compare;

use super::local::{GoEnv, Row};
use super::support::Support;
use crate::context::{Context, to_bytes};
use crate::error::CommandError;
use crate::installation::Installation;
use crate::json::entry;

/// All of them, oldest first.
pub(super) fn find(
    context: &Context,
    installation: &Installation<'_>,
    active: Option<&Toolchain>,
) -> Result<Vec<Row>, CommandError> {
    let mut rows = Rows {
        context,
        active_root: active.and_then(|active| active.root).map(|root| real(context, root)),
        managers: OnceCell::new(),
        found: Vec::new(),
    };
    rows.add_linked(installation)?;
    rows.add_named(installation)?;
    distro_go::each_root(context.machine, &context.distro(), &mut |root| {
        let toolchain = toolchain::goroot(context.machine, root, Program::Go, Origin::Distro);
        if let Ok(toolchain) = toolchain {
            rows.add_other(toolchain);
        }
        ControlFlow::Continue(())
    });
    if let Some(active) = active {
        rows.add_other(active);
    }
    let version =
        |row: &Row| row.name.as_deref().unwrap_or("go").trim_start_matches("go").to_owned();
    rows.found.sort_by(|left, right| compare(&version(left), &version(right)));
    Ok(rows.found)
}

struct Rows<'a> {
    context: &'a Context,
    active_root: Option<Bytes>,
    managers: OnceCell<Managers>,
    found: Vec<Row>,
}

impl Rows<'_> {
    fn row(&self, root: Bytes, origin: &'static str) -> Row {
        let real_root = real(self.context, root);
        Row {
            name: None,
            version_text: None,
            origin,
            shared: false,
            manager: None,
            goroot: entry("goroot", Some(root)),
            root,
            real_root,
            size: None,
            links: Vec::new(),
            go_env: policy::read(self.context.machine, root).map(GoEnv::new),
            usable: true,
            reason: None,
            detail: None,
            active: self.active_root == Some(real_root),
            support: Support::default(),
        }
    }

    /// Somebody else's may have changed since it was adopted.
    fn adopted(&self, row: Row, reason: Option<Reason>) -> Row {
        let machine = self.context.machine;
        let managers =
            self.managers.get_or_init(|| Managers::find(machine, &|name| env::var_os(name)));
        Row {
            manager: managers.of(row.real_root),
            usable: row.usable && reason.is_none(),
            reason: reason.map(|reason| reason.code()),
            detail: reason.map(|reason| reason.detail()),
            ..row
        }
    }

    /// What has a link by its version.
    fn add_linked(&mut self, installation: &Installation<'_>) -> Result<(), CommandError> {
        let machine = self.context.machine;
        let share = link::share::of(&installation.home)?;
        let share = share.map(|share| Share::look(machine, &installation.home, to_bytes(&share)));
        for toolchain in list::list(&installation.home, &installation.key)? {
            let origin = match toolchain.origin {
                link::Origin::Store | link::Origin::Share => Origin::Store,
                link::Origin::Adopted => Origin::Adopted,
            };
            let reason = (origin == Origin::Adopted)
                .then(|| adopt::defect(machine, &toolchain.goroot, Some(&toolchain.name)));
            let shared = toolchain.origin == link::Origin::Share;
            let problem = share.as_ref().filter(|_| shared);
            let problem = problem.and_then(|share| share.flaw_of(machine, &toolchain.goroot));
            let row = Row {
                name: Some(toolchain.name),
                version_text: toolchain.version_text,
                size: toolchain.size,
                links: toolchain.links,
                shared,
                usable: toolchain.usable && problem.is_none(),
                reason: problem
                    .as_ref()
                    .and_then(|(state, _)| code_of_share(*state))
                    .map(Code::as_str),
                detail: problem.map(|(_, detail)| detail),
                ..self.row(to_bytes(Path::new(&toolchain.goroot)), origin.as_str())
            };
            let row = match reason {
                Some(reason) => self.adopted(row, reason),
                None => row,
            };
            self.found.push(row);
        }
        Ok(())
    }

    /// What has a registered name, and no link by its version.
    fn add_named(&mut self, installation: &Installation<'_>) -> Result<(), CommandError> {
        let machine = self.context.machine;
        for (name, goroot) in link::read(&installation.home, &installation.key)?.named {
            if self.found.iter().any(|row| row.links.contains(&name)) {
                continue;
            }
            let reason = adopt::defect(machine, &goroot, None);
            let version_text = toolchain::first_line_of_version(machine, to_bytes(&goroot));
            let version = version_text.and_then(toolchain::version_of);
            let row = Row {
                name: version.map(|name| name.to_string()),
                version_text: version_text.map(str::to_owned),
                links: vec![name],
                ..self.row(to_bytes(&goroot), Origin::Adopted.as_str())
            };
            let row = self.adopted(row, reason);
            self.found.push(row);
        }
        Ok(())
    }

    /// What is gowr's in no way, unless it is listed already.
    fn add_other(&mut self, toolchain: &Toolchain) {
        let root = toolchain.root.unwrap_or(toolchain.executable);
        let real_root = real(self.context, root);
        if self.found.iter().any(|known| known.real_root == real_root) {
            return;
        }
        let row = Row {
            name: toolchain.version.map(|name| name.to_string()),
            version_text: toolchain.version_text.map(str::to_owned),
            ..self.row(root, toolchain.origin.as_str())
        };
        self.found.push(row);
    }
}

fn real(context: &Context, root: Bytes) -> Bytes {
    real_path(context.machine, root).unwrap_or(root)
}
