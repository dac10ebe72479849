//! Decides what is adopted, kept and forgotten; changes nothing.

use std::collections::HashMap;
use std::path::PathBuf;

use resolver::machine::{Follow, Machine};
use resolver::path::Bytes;
use resolver::version::ToolchainName;

use super::candidate::{self, Candidate, Reason};
use super::{Action, Outcome, to_bytes, to_path};
use crate::link::{Adoption, Links, Origin};

/// What is to be done, and what is to be said about it.
#[derive(Clone, Debug, Default)]
pub(super) struct Plan {
    pub(super) adoption: Adoption,
    pub(super) outcomes: Vec<Outcome>,
    /// The GOROOT that each name stands for.
    taken: HashMap<ToolchainName, Bytes>,
    /// What an adopted directory has become: another version.
    changed: Vec<Candidate>,
}

impl Plan {
    /// What is left of what was adopted. `stored` is what gowr has installed: those names are taken.
    pub(super) fn of<M: Machine>(
        machine: &M,
        links: &Links,
        stored: &[(ToolchainName, PathBuf)],
    ) -> Self {
        let mut plan = Self::default();
        plan.taken.extend(stored.iter().map(|(name, goroot)| (*name, to_bytes(goroot))));
        for entry in links.toolchains.iter().filter(|entry| entry.origin == Origin::Adopted) {
            plan.look_at_again(machine, entry.name, to_bytes(&entry.goroot));
        }
        for candidate in std::mem::take(&mut plan.changed) {
            plan.consider(&candidate);
        }
        plan
    }

    fn look_at_again<M: Machine>(&mut self, machine: &M, name: ToolchainName, goroot: Bytes) {
        let candidate = candidate::of(machine, goroot);
        let reason = defect(machine, &candidate, Some(name));
        let action = if reason.is_none() {
            self.taken.entry(name).or_insert(goroot);
            Action::Kept
        } else {
            self.adoption.remove.push(name);
            Action::Forgotten
        };
        self.outcomes.push(Outcome { name: Some(name), action, reason, ..outcome(&candidate) });
        if let Some(Reason::Changed(_)) = reason {
            self.changed.push(candidate);
        }
    }

    /// The same with what was found, in order of preference.
    pub(super) fn with_found(mut self, found: &[Candidate]) -> Self {
        for candidate in found {
            self.consider(candidate);
        }
        self
    }

    /// The same with what somebody asked for, in place of another that is adopted under its name.
    pub(super) fn with_asked_for(mut self, candidate: &Candidate) -> Self {
        let name = candidate.verdict.ok();
        if self.outcomes.iter().any(|it| it.name == name && it.action == Action::Kept) {
            self.taken.retain(|taken, _| Some(*taken) != name);
        }
        self.consider(candidate);
        self
    }

    fn consider(&mut self, candidate: &Candidate) {
        let mut is_known = false;
        for known in self.outcomes.iter_mut().filter(|it| it.goroot == candidate.goroot) {
            known.manager = known.manager.or(candidate.manager);
            // What is forgotten for a reason is not passed over for it as well.
            is_known |= known.action != Action::Forgotten || candidate.verdict.is_err();
        }
        if is_known {
            return;
        }
        let taken = |name| self.taken.get(&name).map(|other| Reason::Duplicate(other));
        let outcome = match candidate.verdict.and_then(|name| taken(name).map_or(Ok(name), Err)) {
            Err(reason) => Outcome { reason: Some(reason), ..outcome(candidate) },
            Ok(name) => {
                self.adopt(name, candidate.goroot);
                Outcome { action: Action::Adopted, ..outcome(candidate) }
            }
        };
        self.outcomes.push(outcome);
    }

    fn adopt(&mut self, name: ToolchainName, goroot: Bytes) {
        self.taken.insert(name, goroot);
        self.adoption.add.push((name, to_path(goroot).to_path_buf()));
        let had_the_name = |it: &&mut Outcome| it.name == Some(name) && it.action == Action::Kept;
        if let Some(replaced) = self.outcomes.iter_mut().find(had_the_name) {
            replaced.action = Action::Forgotten;
            replaced.reason = Some(Reason::Replaced(goroot));
        }
    }

    /// Only what somebody wants to have forgotten.
    pub(super) fn forgetting<M: Machine>(
        machine: &M,
        links: &Links,
        names: &[ToolchainName],
    ) -> Self {
        let mut plan = Self::default();
        for entry in links.toolchains.iter().filter(|entry| entry.origin == Origin::Adopted) {
            if names.contains(&entry.name) {
                let candidate = candidate::of(machine, to_bytes(&entry.goroot));
                plan.adoption.remove.push(entry.name);
                plan.outcomes.push(Outcome {
                    name: Some(entry.name),
                    action: Action::Forgotten,
                    reason: Some(Reason::Removed),
                    ..outcome(&candidate)
                });
            }
        }
        plan
    }
}

/// What is known of a candidate before anything is decided.
pub(super) fn outcome(candidate: &Candidate) -> Outcome {
    Outcome {
        goroot: candidate.goroot,
        name: candidate.verdict.ok(),
        version_text: candidate.version_text,
        manager: candidate.manager,
        action: Action::PassedOver,
        reason: None,
    }
}

/// Why what is adopted as `name` cannot be used as that; none where it can. Under a registered name (none here) any
/// version will do.
pub(super) fn defect<M: Machine>(
    machine: &M,
    candidate: &Candidate,
    name: Option<ToolchainName>,
) -> Option<Reason> {
    let is_there = || machine.metadata(None, candidate.goroot, Follow::Links).is_ok();
    match candidate.verdict {
        Ok(found) if name.is_none_or(|name| name == found) => None,
        Ok(found) => Some(Reason::Changed(found)),
        Err(Reason::NoVersion) if name.is_none() => None,
        Err(Reason::Unusable(_)) if !is_there() => Some(Reason::Gone),
        Err(reason) => Some(reason),
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use resolver::machine::memory::MemoryMachine;

    use super::*;
    use crate::link::Entry;

    fn name(text: &str) -> ToolchainName {
        ToolchainName::parse(text).expect("a name")
    }

    fn links(adopted: &[(&str, &str)]) -> Links {
        let entry = |(version, goroot): &(&str, &str)| Entry {
            name: name(version),
            goroot: PathBuf::from(goroot),
            origin: Origin::Adopted,
        };
        Links { toolchains: adopted.iter().map(entry).collect(), ..Links::default() }
    }

    fn candidates(machine: &MemoryMachine, goroots: &[&str]) -> Vec<Candidate> {
        goroots.iter().map(|goroot| candidate::of(machine, to_bytes(Path::new(goroot)))).collect()
    }

    /// `adopted /a go1.22.3`, `passed-over /b go1.22.3 duplicate`, one a line.
    fn story(plan: &Plan) -> Vec<String> {
        let line = |outcome: &Outcome| {
            let goroot = String::from_utf8_lossy(outcome.goroot);
            let name = outcome.name.map_or("-", ToolchainName::as_str);
            let reason = outcome.reason.map(|reason| format!(" {}", reason.code()));
            format!("{} {goroot} {name}{}", outcome.action.as_str(), reason.unwrap_or_default())
        };
        plan.outcomes.iter().map(line).collect()
    }

    fn added(plan: &Plan) -> Vec<(&str, &str)> {
        let add = plan.adoption.add.iter();
        add.map(|(name, goroot)| (name.as_str(), goroot.to_str().expect("text"))).collect()
    }

    fn removed(plan: &Plan) -> Vec<&str> {
        plan.adoption.remove.iter().map(|name| name.as_str()).collect()
    }

    #[test]
    fn of_one_version_the_store_comes_first_then_what_is_adopted_then_the_first_found() {
        let machine = ["/a", "/b", "/c", "/d", "/e"]
            .iter()
            .fold(MemoryMachine::new(), |it, root| it.goroot(root, "go1.22.3\n"));
        let machine = machine.goroot("/x", "go1.21.1\n").goroot("/y", "go1.21.1\n");
        let found = candidates(&machine, &["/a", "/b", "/x", "/y"]);

        let plan = Plan::of(&machine, &links(&[]), &[]).with_found(&found);
        assert_eq!(added(&plan), [("go1.22.3", "/a"), ("go1.21.1", "/x")]);
        let plan = Plan::of(&machine, &links(&[("go1.22.3", "/b")]), &[]).with_found(&found);
        assert_eq!(
            story(&plan),
            [
                "kept /b go1.22.3",
                "passed-over /a go1.22.3 duplicate",
                "adopted /x go1.21.1",
                "passed-over /y go1.21.1 duplicate"
            ]
        );
        let stored = [(name("go1.22.3"), PathBuf::from("/store/go1.22.3"))];
        let plan = Plan::of(&machine, &links(&[]), &stored).with_found(&found);
        assert_eq!(added(&plan), [("go1.21.1", "/x")]);
        assert_eq!(
            plan.outcomes[0].reason,
            Some(Reason::Duplicate(b"/store/go1.22.3")),
            "and it says which"
        );
    }

    #[test]
    fn what_is_adopted_is_looked_at_again() {
        let machine = MemoryMachine::new()
            .goroot("/kept", "go1.22.3\n")
            .goroot("/upgraded", "go1.24.6\n")
            .goroot("/off", "go1.21.1\n")
            .mode("/off/bin/go", 0o644)
            .directory("/emptied/bin")
            .goroot("/nameless", "devel go1.28-3f\n");
        let before = links(&[
            ("go1.22.3", "/kept"),
            ("go1.24.4", "/upgraded"),
            ("go1.21.1", "/off"),
            ("go1.20.1", "/emptied"),
            ("go1.19.8", "/gone"),
            ("go1.28.0", "/nameless"),
        ]);
        let plan = Plan::of(&machine, &before, &[]);
        assert_eq!(
            story(&plan),
            [
                "kept /kept go1.22.3",
                "forgotten /upgraded go1.24.4 changed",
                "forgotten /off go1.21.1 not-executable",
                "forgotten /emptied go1.20.1 not-a-goroot",
                "forgotten /gone go1.19.8 gone",
                "forgotten /nameless go1.28.0 no-version",
                "adopted /upgraded go1.24.6",
            ]
        );
        assert_eq!(added(&plan), [("go1.24.6", "/upgraded")]);
        assert_eq!(removed(&plan).len(), 5);
        // What is found there again is not told twice.
        let again = plan.with_found(&candidates(&machine, &["/off", "/upgraded"]));
        assert_eq!(story(&again).len(), 7);
    }

    #[test]
    fn a_name_that_became_free_goes_to_the_next() {
        let machine = MemoryMachine::new().goroot("/new", "go1.22.3\n");
        let plan = Plan::of(&machine, &links(&[("go1.22.3", "/old")]), &[]);
        let plan = plan.with_found(&candidates(&machine, &["/new"]));
        assert_eq!(story(&plan), ["forgotten /old go1.22.3 gone", "adopted /new go1.22.3"]);
    }

    #[test]
    fn what_somebody_asks_for_takes_the_place_of_another() {
        let machine = MemoryMachine::new().goroot("/a", "go1.22.3\n").goroot("/b", "go1.22.3\n");
        let asked = candidates(&machine, &["/b"]).remove(0);
        let plan = Plan::of(&machine, &links(&[("go1.22.3", "/a")]), &[]).with_asked_for(&asked);
        assert_eq!(story(&plan), ["forgotten /a go1.22.3 replaced", "adopted /b go1.22.3"]);
        assert_eq!(added(&plan), [("go1.22.3", "/b")]);
        let again = Plan::of(&machine, &links(&[("go1.22.3", "/b")]), &[]).with_asked_for(&asked);
        assert_eq!(story(&again), ["kept /b go1.22.3"]);
        // Not the place of what gowr has installed meanwhile.
        let stored = [(name("go1.22.3"), PathBuf::from("/store/go1.22.3"))];
        let late = Plan::of(&machine, &links(&[]), &stored).with_asked_for(&asked);
        assert_eq!(story(&late), ["passed-over /b go1.22.3 duplicate"]);
        assert!(again.adoption.is_nothing());
    }

    #[test]
    fn only_what_is_named_is_forgotten() {
        let machine = MemoryMachine::new().goroot("/a", "go1.22.3\n");
        let before = links(&[("go1.22.3", "/a"), ("go1.21.1", "/gone")]);
        let plan = Plan::forgetting(&machine, &before, &[name("go1.22.3")]);
        assert_eq!(story(&plan), ["forgotten /a go1.22.3 removed"]);
        assert_eq!(removed(&plan), ["go1.22.3"]);
    }
}
