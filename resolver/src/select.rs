//! The choice: eleven rows, the first that answers wins, and go.mod may raise a default.

use alloc::boxed::Box;
use alloc::format;
use alloc::string::{String, ToString};
use core::cell::OnceCell;

use crate::config::Config;
use crate::failure::{Code, Failure};
use crate::floor::{self, Raised};
use crate::installed::{Found, Installed};
use crate::invocation::Command;
use crate::machine::Machine;
use crate::pin::Choice;
use crate::places::SYSTEM_CONFIGURATION;
use crate::project::{self, Need, PinFile, Pins};
use crate::settings::{shown, system_configuration};
use crate::source::{Row, Source, SourceKind};
use crate::survey::Survey;
use crate::toolchain::{self, Origin, Toolchain, Unusable};
use crate::variables::Name;
use crate::version::{Request, ToolchainName};
use crate::witness::{Loser, LoserReason, Witness};
use crate::{defaults, path};

/// A toolchain, and who asked for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Selection {
    /// The toolchain.
    pub toolchain: Toolchain,
    /// The row that answered; where go.mod raised it, the row of the default it raised.
    pub row: Row,
    /// Who asked.
    pub source: Source,
    /// What go.mod or go.work needs, where that was looked at.
    pub need: Option<Need>,
}

/// An answer of one row.
pub(crate) struct Answer {
    pub(crate) toolchain: Toolchain,
    pub(crate) source: Source,
}

/// Chooses.
pub fn select<M: Machine, W: Witness>(
    survey: &Survey<'_, M>,
    witness: &mut W,
) -> Result<Selection, Failure> {
    let rows = Rows::new(survey, W::IS_THOROUGH);
    let mut winner: Option<(Row, Answer)> = None;
    for row in Row::ALL {
        match rows.answer(row, witness) {
            Ok(None) => {}
            Ok(Some(answer)) => match &winner {
                None => winner = Some((row, answer)),
                Some(_) => witness.lost(|| shadowed(answer.source)),
            },
            Err(failure) => match &winner {
                None => return Err(*failure),
                Some(_) => {
                    if let Some(source) = failure.source.clone() {
                        let reason = LoserReason::Failed(failure.code);
                        witness.lost(|| Loser { source: *source, reason, detail: failure.message });
                    }
                }
            },
        }
        if winner.is_some() && !W::IS_THOROUGH {
            break;
        }
    }
    let is_asked_for = winner.as_ref().is_some_and(|(row, _)| !row.is_default());
    if is_asked_for && !W::IS_THOROUGH {
        return winner.map(|(row, answer)| chosen(row, answer, None)).ok_or_else(nothing_found);
    }
    let need = survey.project.need(survey.machine, &survey.variables, |name| {
        survey.settings.go_variable(&survey.variables, name)
    });
    if is_asked_for {
        return winner.map(|(row, answer)| chosen(row, answer, need)).ok_or_else(nothing_found);
    }
    rows.settle(winner, need, witness)
}

fn chosen(row: Row, answer: Answer, need: Option<Need>) -> Selection {
    Selection { toolchain: answer.toolchain, row, source: answer.source, need }
}

fn shadowed(source: Source) -> Loser {
    let detail = String::from("something before it answers");
    Loser { source, reason: LoserReason::Shadowed, detail }
}

fn nothing_found() -> Failure {
    Failure::new(Code::NothingFound, String::from("no Go was found"))
        .because(String::from(
            "nothing asks for one, this distro has none of its own, and PATH leads to none",
        ))
        .fixed_by(String::from("gowr install"))
}

/// A result of a row; boxed, as a failure is large and rare.
type RowResult = Result<Option<Answer>, Box<Failure>>;

/// The rows of the table over one survey.
struct Rows<'a, M: Machine> {
    survey: &'a Survey<'a, M>,
    installed: Installed<'a, M>,
    is_thorough: bool,
    pins: OnceCell<Pins>,
}

impl<'a, M: Machine> Rows<'a, M> {
    fn new(survey: &'a Survey<'a, M>, is_thorough: bool) -> Self {
        let installed = Installed::new(
            survey.machine,
            &survey.places,
            &survey.distro,
            survey.invocation.program,
            is_thorough,
        );
        Self { survey, installed, is_thorough, pins: OnceCell::new() }
    }

    fn answer<W: Witness>(&self, row: Row, witness: &mut W) -> RowResult {
        match row {
            Row::Argument => self.argument(),
            Row::GowrToolchain => self.gowr_toolchain(),
            Row::GoToolchain => self.go_toolchain(witness),
            Row::ProjectPin => self.project_pin(witness),
            Row::GoEnvFile => self.go_env_file(witness),
            Row::HomePin => self.home_pin(witness),
            Row::UserConfiguration => {
                let file = self.survey.places.user_configuration.as_deref().unwrap_or_default();
                self.configured(&self.survey.settings.user, row, file)
            }
            Row::SystemConfiguration => {
                let configuration = system_configuration(self.survey.machine)?;
                self.configured(&configuration, row, SYSTEM_CONFIGURATION)
            }
            Row::Distro => Ok(defaults::distro(self.survey, witness)),
            Row::Newest => self.newest(),
            Row::Path => Ok(defaults::next_on_path(self.survey, witness)),
        }
    }

    fn argument(&self) -> RowResult {
        let Some(argument) = self.survey.invocation.toolchain else { return Ok(None) };
        let request = String::from_utf8_lossy(argument).into_owned();
        let source = Source {
            text: Some(format!("+{request}")),
            request: Some(request),
            ..Source::row(Row::Argument, SourceKind::Argument)
        };
        self.written(argument, source)
    }

    fn gowr_toolchain(&self) -> RowResult {
        let Some(value) = self.survey.variables.get(Name::GowrToolchain) else { return Ok(None) };
        let source = variable_source(Row::GowrToolchain, SourceKind::GowrToolchain, value);
        if !path::is_absolute(value) {
            return self.written(value, source);
        }
        let program = self.survey.invocation.program;
        match toolchain::goroot(self.survey.machine, value, program, Origin::Explicit) {
            Ok(toolchain) => Ok(Some(Answer { toolchain, source })),
            Err(unusable) => Err(failed(unusable, source).into()),
        }
    }

    /// What was written outright, as an argument or in a variable: a version or a registered name.
    fn written(&self, value: &[u8], source: Source) -> RowResult {
        if let Some(request) = core::str::from_utf8(value).ok().and_then(Request::parse) {
            return self.by_choices(&[Choice::Request(request)], source);
        }
        let written = source.request.as_deref().unwrap_or_default();
        let message = format!("`{written}` is neither a version nor a name");
        let failure = Failure::new(Code::BadPin, message).fixed_by(String::from("gowr list"));
        Err(failure.asked_for_by(source).into())
    }

    fn go_toolchain<W: Witness>(&self, witness: &mut W) -> RowResult {
        let Some(value) = self.survey.variables.by_user(Name::GoToolchain) else {
            return Ok(None);
        };
        let source = variable_source(Row::GoToolchain, SourceKind::GoToolchain, value);
        self.switched_to(value, source, witness)
    }

    fn go_env_file<W: Witness>(&self, witness: &mut W) -> RowResult {
        if self.survey.variables.by_user(Name::GoToolchain).is_some() {
            return Ok(None);
        }
        let Some((file, setting)) = self.survey.settings.go_env(Name::GoToolchain) else {
            return Ok(None);
        };
        let source = Source {
            file: Some(file.to_vec()),
            line: Some(setting.line),
            text: Some(shown(setting.text)),
            request: Some(shown(setting.value)),
            ..Source::row(Row::GoEnvFile, SourceKind::GoEnvFile)
        };
        self.switched_to(setting.value, source, witness)
    }

    /// `GOTOOLCHAIN=go1.22.3` is answered only by an installed toolchain that calls itself exactly that.
    fn switched_to<W: Witness>(&self, value: &[u8], source: Source, witness: &mut W) -> RowResult {
        let Some(name) = switch_target(value) else { return Ok(None) };
        let (reason, detail) = match self.installed.exactly(&name) {
            Found::Usable(toolchain) => {
                let whole_line = toolchain.version_text.as_deref();
                if whole_line.is_none_or(|line| line == name.as_str()) {
                    return Ok(Some(Answer { toolchain, source }));
                }
                let line = whole_line.unwrap_or_default();
                (LoserReason::Stale, format!("the one installed calls itself {line}"))
            }
            Found::Unusable(unusable) => (LoserReason::Failed(unusable.code), unusable.detail),
            Found::Absent => {
                let detail = format!("{name} is not installed here; Go itself may fetch it");
                (LoserReason::Failed(Code::NotInstalled), detail)
            }
            Found::Unknown => return Err(not_installed(&Request::Exact(name), source).into()),
        };
        witness.lost(|| Loser { source, reason, detail });
        Ok(None)
    }

    fn pins(&self) -> &Pins {
        let survey = self.survey;
        self.pins.get_or_init(|| {
            survey.project.pins(survey.machine, &survey.variables, &survey.distro, self.is_thorough)
        })
    }

    fn project_pin<W: Witness>(&self, witness: &mut W) -> RowResult {
        let pins = self.pins();
        for path in &pins.foreign {
            witness.lost(|| Loser {
                source: Source {
                    file: Some(path.clone()),
                    ..Source::row(Row::ProjectPin, kind_of_file(path))
                },
                reason: LoserReason::ForeignSticky,
                detail: String::from("somebody else put it in a directory where anyone may write"),
            });
        }
        self.first_pin(&pins.project, Row::ProjectPin, witness)
    }

    fn home_pin<W: Witness>(&self, witness: &mut W) -> RowResult {
        let survey = self.survey;
        let seen = self.pins();
        let probed;
        let pins = if seen.home.is_empty() {
            probed = project::home_pins(
                survey.machine,
                &survey.variables,
                &survey.distro,
                seen,
                self.is_thorough,
            );
            &probed
        } else {
            &seen.home
        };
        self.first_pin(pins, Row::HomePin, witness)
    }

    fn first_pin<W: Witness>(&self, pins: &[PinFile], row: Row, witness: &mut W) -> RowResult {
        let Some((first, others)) = pins.split_first() else { return Ok(None) };
        let answer = match &first.content {
            Ok(pin) => self.by_choices(&pin.choices, pin_source(first, row)),
            Err(failure) => Err(failure.clone().asked_for_by(pin_source(first, row)).into()),
        };
        for other in others {
            witness.lost(|| shadowed(pin_source(other, row)));
        }
        answer
    }

    fn configured(&self, configuration: &Config, row: Row, file: &[u8]) -> RowResult {
        let distros = configuration.distros.iter().map(|(name, setting)| (name, setting));
        let entry = self.survey.distro.names().choose(distros).or(configuration.default.as_ref());
        let Some(entry) = entry else { return Ok(None) };
        let kind = match row {
            Row::SystemConfiguration => SourceKind::SystemConfiguration,
            _ => SourceKind::UserConfiguration,
        };
        let source = Source {
            file: Some(file.to_vec()),
            line: Some(entry.line),
            text: Some(entry.text.clone()),
            request: Some(entry.request.clone()),
            ..Source::row(row, kind)
        };
        self.by_choices(core::slice::from_ref(&entry.value), source)
    }

    fn newest(&self) -> RowResult {
        let source = Source::row(Row::Newest, SourceKind::Newest);
        match self.installed.newest() {
            Found::Usable(toolchain) => Ok(Some(Answer { toolchain, source })),
            Found::Unknown => Err(nothing_found().into()),
            Found::Unusable(_) | Found::Absent => Ok(None),
        }
    }

    /// The first of several that is installed; `system` among them means no wish at all.
    fn by_choices(&self, choices: &[Choice], source: Source) -> RowResult {
        let mut missing = None;
        for choice in choices {
            let request = match choice {
                Choice::System => return Ok(None),
                Choice::Request(request) => request,
            };
            match self.installed.find(request) {
                Found::Usable(toolchain) => return Ok(Some(Answer { toolchain, source })),
                Found::Unusable(unusable) => return Err(failed(unusable, source).into()),
                Found::Unknown => return Err(not_installed(request, source).into()),
                Found::Absent => {
                    missing.get_or_insert(request);
                }
            }
        }
        match missing {
            Some(request) => Err(not_installed(request, source).into()),
            None => Ok(None),
        }
    }

    /// Makes a default what it must be: new enough to switch where GOTOOLCHAIN asks for that, and not below what
    /// go.mod needs.
    fn settle<W: Witness>(
        &self,
        winner: Option<(Row, Answer)>,
        need: Option<Need>,
        witness: &mut W,
    ) -> Result<Selection, Failure> {
        if let Some(replaced) = self.able_to_switch(winner.as_ref().map(|(_, answer)| answer))? {
            if let Some((_, default)) = winner {
                let detail = String::from("it is too old to switch to what GOTOOLCHAIN names");
                let reason = LoserReason::Failed(Code::NotInstalled);
                witness.lost(|| Loser { source: default.source, reason, detail });
            }
            return Ok(chosen(Row::Newest, replaced, need));
        }
        let Some(need) = need else {
            return winner.map(|(row, answer)| chosen(row, answer, None)).ok_or_else(nothing_found);
        };
        let default = winner.as_ref().map(|(_, answer)| &answer.toolchain);
        match floor::raise(&self.installed, default, &need) {
            Raised::Satisfied => {}
            Raised::To(toolchain) => return Ok(raised(toolchain, winner, need, witness)),
            Raised::Unknown => return Err(floor_unmet(&need)),
            Raised::Unmet => {
                let Some(default) = default else { return Err(floor_unmet(&need)) };
                let loads_module = self.survey.invocation.command == Command::Module;
                if default.cannot_switch() && loads_module && !floor::old_go_may_try(&need) {
                    return Err(floor_unmet(&need));
                }
            }
        }
        winner.map(|(row, answer)| chosen(row, answer, Some(need))).ok_or_else(nothing_found)
    }

    /// Where GOTOOLCHAIN names a version that is not here, Go itself fetches it, if it is new enough to know how:
    /// the toolchain to run instead of a default that is not.
    fn able_to_switch(&self, default: Option<&Answer>) -> Result<Option<Answer>, Failure> {
        let survey = self.survey;
        let from_file = || survey.settings.go_env(Name::GoToolchain);
        let (value, source) = match survey.variables.by_user(Name::GoToolchain) {
            Some(value) => {
                (value, variable_source(Row::GoToolchain, SourceKind::GoToolchain, value))
            }
            None => match from_file() {
                Some((file, setting)) => (
                    setting.value,
                    Source {
                        file: Some(file.to_vec()),
                        line: Some(setting.line),
                        text: Some(shown(setting.text)),
                        request: Some(shown(setting.value)),
                        ..Source::row(Row::GoEnvFile, SourceKind::GoEnvFile)
                    },
                ),
                None => return Ok(None),
            },
        };
        let Some(name) = switch_target(value) else { return Ok(None) };
        let version = default.and_then(|default| default.toolchain.version.as_ref());
        let can_switch = |own: &ToolchainName| !toolchain::predates_switching(own.version());
        if version.is_some_and(|own| *own == name || can_switch(own)) {
            return Ok(None);
        }
        match self.installed.newest() {
            Found::Usable(toolchain) if !toolchain.cannot_switch() => {
                Ok(Some(Answer { toolchain, source: Source::row(Row::Newest, SourceKind::Newest) }))
            }
            _ => Err(not_installed(&Request::Exact(name), source)),
        }
    }
}

fn raised<W: Witness>(
    toolchain: Toolchain,
    default: Option<(Row, Answer)>,
    need: Need,
    witness: &mut W,
) -> Selection {
    let row = default.as_ref().map_or(Row::Newest, |(row, _)| *row);
    if let Some((_, default)) = default {
        witness.lost(|| Loser {
            source: default.source,
            reason: LoserReason::Failed(Code::Floor),
            detail: format!("{} needs {}", shown(&need.file), need.version),
        });
    }
    let source = need_source(&need);
    Selection { toolchain, row, source, need: Some(need) }
}

fn need_source(need: &Need) -> Source {
    Source {
        row: None,
        kind: need.kind,
        file: Some(need.file.clone()),
        line: Some(need.line),
        text: Some(need.text.clone()),
        request: Some(need.version.to_string()),
    }
}

fn floor_unmet(need: &Need) -> Failure {
    Failure::new(Code::Floor, format!("go >= {} is not installed", need.version))
        .fixed_by(format!("gowr install {}", need.version))
        .asked_for_by(need_source(need))
}

fn not_installed(request: &Request, source: Source) -> Failure {
    let (message, fix) = match request {
        Request::Named(name) => (
            format!("no toolchain is registered as {name}"),
            format!("gowr adopt DIR --name {name}"),
        ),
        _ => (format!("go {request} is not installed"), format!("gowr install {request}")),
    };
    Failure::new(Code::NotInstalled, message).fixed_by(fix).asked_for_by(source)
}

fn failed(unusable: Unusable, source: Source) -> Failure {
    unusable.into_failure().asked_for_by(source)
}

fn variable_source(row: Row, kind: SourceKind, value: &[u8]) -> Source {
    let value = shown(value);
    Source {
        text: Some(format!("{}={value}", kind.as_str())),
        request: Some(value),
        ..Source::row(row, kind)
    }
}

fn pin_source(file: &PinFile, row: Row) -> Source {
    let kind = if row == Row::HomePin { SourceKind::HomePin } else { file.source_kind() };
    let pin = file.content.as_ref().ok();
    Source {
        file: Some(file.path.clone()),
        line: pin.map(|pin| pin.line),
        text: pin.map(|pin| pin.text.clone()),
        request: pin.map(|pin| pin.request.clone()),
        ..Source::row(row, kind)
    }
}

fn kind_of_file(path: &[u8]) -> SourceKind {
    match path::file_name(path) {
        b".go-version" => SourceKind::GoVersion,
        b".tool-versions" => SourceKind::ToolVersions,
        _ => SourceKind::GowrYaml,
    }
}

/// The toolchain that a value of GOTOOLCHAIN names: `go1.22.3`, `go1.22.3+auto`, `go1.22.3+path`.
pub(crate) fn switch_target(value: &[u8]) -> Option<ToolchainName> {
    let value = core::str::from_utf8(value).ok()?;
    let name = match value.split_once('+') {
        Some((name, "auto" | "path")) => name,
        Some(_) => return None,
        None => value,
    };
    ToolchainName::parse(name)
}
