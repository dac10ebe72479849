//! The choice: eleven rows, the first that answers wins, and go.mod may raise a default.

use alloc::format;
use alloc::string::String;
use core::cell::Cell;
use core::mem::ManuallyDrop;

use crate::config::Config;
use crate::defaults;
use crate::failure::{Code, Failure, Problem};
use crate::go_env::Setting;
use crate::installed::{Found, Installed};
use crate::machine::Machine;
use crate::path::{self, Bytes, keep_value};
use crate::pin::Choice;
use crate::places::SYSTEM_CONFIGURATION;
use crate::project::{self, Need, PinFile, Pins};
use crate::settings::{shown, system_configuration};
use crate::source::{Row, Source, SourceKind};
use crate::survey::Survey;
use crate::text::find_byte;
use crate::toolchain::{self, Origin, Toolchain, Unusable};
use crate::variables::Name;
use crate::version::{Request, ToolchainName};
use crate::witness::{Loser, LoserReason, Witness};

mod settle;

/// A toolchain, and who asked for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Selection {
    /// The toolchain.
    pub toolchain: &'static Toolchain,
    /// The row that answered; where go.mod raised it, the row of the default it raised.
    pub row: Row,
    /// Who asked.
    pub source: &'static Source,
    /// What go.mod or go.work needs, where that was looked at.
    pub need: Option<Need>,
}

/// An answer of one row.
#[derive(Clone, Copy)]
pub(crate) struct Answer {
    pub(crate) toolchain: &'static Toolchain,
    pub(crate) source: &'static Source,
}

/// Chooses.
pub fn select<M: Machine, W: Witness>(
    survey: &Survey<'_, M>,
    witness: &mut W,
) -> Result<Selection, &'static Failure> {
    let rows = ManuallyDrop::new(Rows::<M, W>::new(survey));
    let mut winner: Option<(Row, Answer)> = None;
    for row in Row::ALL {
        match rows.answer(row, witness) {
            Ok(None) => {}
            Ok(Some(answer)) => match &winner {
                None => winner = Some((row, answer)),
                Some(_) => witness.lost(|| outranked(&answer)),
            },
            Err(failure) => match &winner {
                None => return Err(failure),
                Some(_) => {
                    if let Some(source) = failure.source {
                        let reason = LoserReason::Failed(failure.code);
                        witness.lost(|| Loser {
                            source: *source,
                            reason,
                            detail: failure.message(),
                        });
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
    let need = survey.project.need(survey.machine, survey.variables, |name| {
        survey.settings.go_variable(survey.variables, name)
    });
    if is_asked_for {
        return winner.map(|(row, answer)| chosen(row, answer, need)).ok_or_else(nothing_found);
    }
    rows.settle(winner, need, witness)
}

fn chosen(row: Row, answer: Answer, need: Option<Need>) -> Selection {
    Selection { toolchain: answer.toolchain, row, source: answer.source, need }
}

/// What would run, had no row before it answered.
fn outranked(answer: &Answer) -> Loser {
    let toolchain = answer.toolchain;
    let place = shown(toolchain.root.unwrap_or(toolchain.executable));
    let detail = match toolchain.version {
        Some(name) => format!("it would be {name} in {place}"),
        None => format!("it would be the Go in {place}"),
    };
    Loser { source: *answer.source, reason: LoserReason::Shadowed, detail }
}

fn shadowed(source: &Source) -> Loser {
    let detail = String::from("something before it answers");
    Loser { source: *source, reason: LoserReason::Shadowed, detail }
}

fn nothing_found() -> &'static Failure {
    Failure::of(Code::NothingFound, Problem::NothingFound).kept()
}

/// A result of a row.
type RowResult = Result<Option<Answer>, &'static Failure>;

/// The rows of the table over one survey.
struct Rows<'a, M: Machine, W: Witness> {
    survey: &'a Survey<'a, M>,
    installed: Installed<'a, M, W>,
    pins: Cell<Option<&'static Pins>>,
}

impl<'a, M: Machine, W: Witness> Rows<'a, M, W> {
    fn new(survey: &'a Survey<'a, M>) -> Self {
        let installed =
            Installed::new(survey.machine, survey.places, survey.distro, survey.invocation.program);
        Self { survey, installed, pins: Cell::new(None) }
    }

    fn answer(&self, row: Row, witness: &mut W) -> RowResult {
        match row {
            Row::Argument => self.argument(),
            Row::GowrToolchain => self.gowr_toolchain(),
            Row::GoToolchain => self.go_toolchain(witness),
            Row::ProjectPin => self.project_pin(witness),
            Row::GoEnvFile => self.go_env_file(witness),
            Row::HomePin => self.home_pin(witness),
            Row::UserConfiguration => {
                let file = self.survey.places.user_configuration.unwrap_or_default();
                self.configured(self.survey.settings.user, row, file)
            }
            Row::SystemConfiguration => {
                let configuration = system_configuration(self.survey.machine)?;
                self.configured(configuration, row, SYSTEM_CONFIGURATION)
            }
            Row::Distro => Ok(defaults::distro(self.survey, witness)),
            Row::Newest => self.newest(witness),
            Row::Path => Ok(defaults::next_on_path(self.survey, witness)),
        }
    }

    fn argument(&self) -> RowResult {
        let Some(argument) = self.survey.invocation.toolchain else { return Ok(None) };
        let source = keep_value(Source {
            text: Some(path::concat(&[b"+", argument])),
            request: Some(argument),
            ..Source::row(Row::Argument, SourceKind::Argument)
        });
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
            Err(unusable) => Err(failed(unusable, source)),
        }
    }

    /// What was written outright, as an argument or in a variable: a version or a registered name.
    fn written(&self, value: Bytes, source: &'static Source) -> RowResult {
        if let Some(request) = core::str::from_utf8(value).ok().and_then(Request::parse) {
            return self.by_choices(&[Choice::Request(request)], source);
        }
        Err(Failure::to_meet(source, Code::BadPin, Problem::NoChoice))
    }

    fn go_toolchain(&self, witness: &mut W) -> RowResult {
        let Some(value) = self.survey.variables.by_user(Name::GoToolchain) else {
            return Ok(None);
        };
        let source = variable_source(Row::GoToolchain, SourceKind::GoToolchain, value);
        self.switched_to(value, source, witness)
    }

    fn go_env_file(&self, witness: &mut W) -> RowResult {
        let Some((file, setting)) = self.survey.settings.go_env(Name::GoToolchain) else {
            return Ok(None);
        };
        let source = go_env_source(file, setting);
        // The environment beats that file, whatever it says (`cfg.Getenv` in cmd/go/internal/cfg).
        if self.survey.variables.by_user(Name::GoToolchain).is_some() {
            witness.lost(|| shadowed(source));
            return Ok(None);
        }
        self.switched_to(setting.value, source, witness)
    }

    /// `GOTOOLCHAIN=go1.22.3` is answered only by an installed toolchain that calls itself exactly that.
    fn switched_to(&self, value: Bytes, source: &'static Source, witness: &mut W) -> RowResult {
        let Some(name) = switch_target(value) else { return Ok(None) };
        match self.installed.exactly(name) {
            Found::Usable(toolchain) => {
                let whole_line = toolchain.version_text;
                if whole_line.is_none_or(|line| line == name.as_str()) {
                    return Ok(Some(Answer { toolchain, source }));
                }
                witness.lost(|| Loser {
                    source: *source,
                    reason: LoserReason::Stale,
                    detail: format!(
                        "the one installed calls itself {}",
                        whole_line.unwrap_or_default()
                    ),
                });
            }
            Found::Unusable(unusable) => witness.lost(|| Loser {
                source: *source,
                reason: LoserReason::Failed(unusable.code()),
                detail: unusable.detail(),
            }),
            Found::Absent => witness.lost(|| Loser {
                source: *source,
                reason: LoserReason::Failed(Code::NotInstalled),
                detail: format!("{name} is not installed here; Go itself may fetch it"),
            }),
            Found::Unknown => return Err(not_installed(Request::Exact(name), source)),
        }
        Ok(None)
    }

    fn pins(&self) -> &'static Pins {
        let survey = self.survey;
        self.pins.get().unwrap_or_else(|| {
            let all = W::IS_THOROUGH;
            let pins = survey.project.pins(survey.machine, survey.variables, survey.distro, all);
            let pins = keep_value(pins);
            self.pins.set(Some(pins));
            pins
        })
    }

    fn project_pin(&self, witness: &mut W) -> RowResult {
        let pins = self.pins();
        for pin in &pins.foreign {
            witness.lost(|| Loser {
                source: Source {
                    file: Some(pin.path),
                    ..Source::row(Row::ProjectPin, pin.source_kind())
                },
                reason: LoserReason::ForeignSticky,
                detail: String::from("somebody else put it in a directory where anyone may write"),
            });
        }
        self.first_pin(&pins.project, Row::ProjectPin, witness)
    }

    fn home_pin(&self, witness: &mut W) -> RowResult {
        let survey = self.survey;
        let seen = self.pins();
        let probed;
        let pins = if seen.home.is_empty() {
            probed = project::home_pins(
                survey.machine,
                survey.variables,
                survey.distro,
                seen,
                W::IS_THOROUGH,
            );
            &probed
        } else {
            &seen.home
        };
        self.first_pin(pins, Row::HomePin, witness)
    }

    fn first_pin(&self, pins: &[&PinFile], row: Row, witness: &mut W) -> RowResult {
        let Some((first, others)) = pins.split_first() else { return Ok(None) };
        let answer = match &first.content {
            Ok(pin) => self.by_choices(pin.choices, pin_source(first, row)),
            Err(failure) => {
                Err(Failure::to_meet(pin_source(first, row), failure.code, failure.problem))
            }
        };
        for other in others {
            witness.lost(|| shadowed(pin_source(other, row)));
        }
        answer
    }

    fn configured(&self, configuration: &Config, row: Row, file: Bytes) -> RowResult {
        let distros = configuration.distros.iter().map(|(name, setting)| (name, setting));
        let entry = self.survey.distro.names().choose(distros).or(configuration.default.as_ref());
        let Some(entry) = entry else { return Ok(None) };
        let kind = match row {
            Row::SystemConfiguration => SourceKind::SystemConfiguration,
            _ => SourceKind::UserConfiguration,
        };
        let source = keep_value(Source {
            file: Some(file),
            line: Some(entry.line()),
            text: Some(entry.text().as_bytes()),
            request: Some(entry.request().as_bytes()),
            ..Source::row(row, kind)
        });
        self.by_choices(core::slice::from_ref(&entry.value), source)
    }

    fn newest(&self, witness: &mut W) -> RowResult {
        let source = keep_value(Source::row(Row::Newest, SourceKind::Newest));
        match self.installed.newest() {
            Found::Usable(toolchain) => Ok(Some(Answer { toolchain, source })),
            Found::Unknown => Err(nothing_found()),
            Found::Unusable(unusable) => {
                defaults::passed_over(witness, source, unusable);
                Ok(None)
            }
            Found::Absent => Ok(None),
        }
    }

    /// The first of several that is installed; `system` among them means no wish at all.
    fn by_choices(&self, choices: &[Choice], source: &'static Source) -> RowResult {
        let mut missing = None;
        for choice in choices {
            let request = match *choice {
                Choice::System => return Ok(None),
                Choice::Request(request) => request,
            };
            match self.installed.find(request) {
                Found::Usable(toolchain) => return Ok(Some(Answer { toolchain, source })),
                Found::Unusable(unusable) => return Err(failed(unusable, source)),
                Found::Unknown => return Err(not_installed(request, source)),
                Found::Absent => {
                    missing.get_or_insert(request);
                }
            }
        }
        match missing {
            Some(request) => Err(not_installed(request, source)),
            None => Ok(None),
        }
    }
}

#[cold]
#[inline(never)]
fn not_installed(request: Request, source: &'static Source) -> &'static Failure {
    Failure::to_meet(source, Code::NotInstalled, Problem::Missing(request))
}

fn failed(unusable: &'static Unusable, source: &'static Source) -> &'static Failure {
    Failure::to_meet(source, unusable.code(), Problem::Unusable(unusable))
}

fn variable_source(row: Row, kind: SourceKind, value: Bytes) -> &'static Source {
    keep_value(Source {
        text: Some(path::concat(&[kind.as_str().as_bytes(), b"=", value])),
        request: Some(value),
        ..Source::row(row, kind)
    })
}

fn go_env_source(file: Bytes, setting: Setting<'static>) -> &'static Source {
    keep_value(Source {
        file: Some(file),
        line: Some(setting.line),
        text: Some(setting.text),
        request: Some(setting.value),
        ..Source::row(Row::GoEnvFile, SourceKind::GoEnvFile)
    })
}

fn pin_source(file: &PinFile, row: Row) -> &'static Source {
    let kind = if row == Row::HomePin { SourceKind::HomePin } else { file.source_kind() };
    let pin = file.content.as_ref().ok();
    keep_value(Source {
        file: Some(file.path),
        line: pin.map(|pin| pin.line),
        text: pin.map(|pin| pin.text.as_bytes()),
        request: pin.map(|pin| pin.request.as_bytes()),
        ..Source::row(row, kind)
    })
}

/// The toolchain that a value of GOTOOLCHAIN names: `go1.22.3`, `go1.22.3+auto`, `go1.22.3+path`.
pub(crate) fn switch_target(value: &[u8]) -> Option<ToolchainName> {
    let end = find_byte(value, b'+').unwrap_or(value.len());
    let (name, mode) = value.split_at(end);
    let is_name = matches!(mode, b"" | b"+auto" | b"+path");
    ToolchainName::parse(core::str::from_utf8(name).ok().filter(|_| is_name)?)
}
