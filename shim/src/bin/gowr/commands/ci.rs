//! `gowr ci`: files by which servers check that a project gets the same Go everywhere.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use installer::ci::{self, Source, Workflow};
use resolver::invocation::Program;

use super::check;
use crate::context::{Context, to_bytes};
use crate::error::CommandError;
use crate::output;

/// What `--write` takes for standard output.
const STDOUT: &str = "stdout";

/// Write files for servers that check this project in several distros
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    server: Server,
}

#[derive(Debug, clap::Subcommand)]
enum Server {
    Github(Github),
}

/// Write a workflow that checks this project in containers of several distros, and compares the fingerprints
///
/// It builds gowr from its source, for there are no releases yet.
#[derive(Debug, clap::Args)]
struct Github {
    /// The file to write, or stdout [default: .github/workflows/gowr.yml of this repository]
    #[arg(long, value_name = "FILE")]
    write: Option<PathBuf>,

    /// A container to check in; may be given several times
    #[arg(long = "image", value_name = "IMAGE", default_values = ci::IMAGES, value_parser = image)]
    images: Vec<String>,

    /// A command to run there after the check
    #[arg(long, value_name = "COMMAND", default_value = ci::COMMAND, value_parser = command)]
    run: String,

    /// The repository of GitHub's that has gowr's source, or . for this one
    #[arg(long, value_name = "OWNER/NAME", default_value = env!("CARGO_PKG_REPOSITORY"), value_parser = source)]
    source: String,

    /// Replace a file that says something else
    #[arg(long)]
    force: bool,
}

/// Writes, and prints the path.
pub(crate) fn run(context: &Context, arguments: &Arguments) -> Result<ExitCode, CommandError> {
    let Server::Github(github) = &arguments.server;
    let source = Source::parse(&github.source)
        .ok_or_else(|| CommandError::internal("the source was not judged before"))?;
    let text = Workflow { images: &github.images, command: &github.run, source }.text();
    let file = match &github.write {
        Some(file) if file == Path::new(STDOUT) => {
            return output::data(text.as_bytes()).map(|()| ExitCode::SUCCESS);
        }
        Some(file) => file.clone(),
        None => {
            let survey = context.survey(Program::Go, &[])?;
            check::place(&survey)?.repository.join(ci::GITHUB_FILE)
        }
    };
    if !ci::write(&file, &text, github.force)? {
        output::say(&format!("{} says so already", file.display()));
    }
    output::data(&[to_bytes(&file), b"\n"].concat()).map(|()| ExitCode::SUCCESS)
}

fn image(text: &str) -> Result<String, String> {
    let refusal = || String::from("not the name of an image, such as debian:12");
    ci::is_image(text).then(|| text.to_owned()).ok_or_else(refusal)
}

fn command(text: &str) -> Result<String, String> {
    let refusal = || String::from("not a command of one line");
    ci::is_command(text).then(|| text.to_owned()).ok_or_else(refusal)
}

fn source(text: &str) -> Result<String, String> {
    let refusal = || String::from("neither OWNER/NAME nor .");
    Source::parse(text).map(|_| text.to_owned()).ok_or_else(refusal)
}
