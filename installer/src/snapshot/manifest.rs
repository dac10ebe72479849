//! What a snapshot says of itself. It is a stranger's text: parsed into names and versions, or refused.

use std::collections::BTreeSet;

use resolver::config;
use resolver::path;
use resolver::pin::{Choice, Form};
use resolver::version::{RegisteredName, ToolchainName};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::{archive_name, proof_name};
use crate::downloads::{Format, PROOF_LIMIT};
use crate::store::platform;
use crate::unpack::tar::MAXIMUM_SIZE;

/// The manifest's format. Keys may be added under the same number; a higher one means that a key means something else.
pub const SCHEMA: u32 = 1;

/// What a snapshot has in it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// [`SCHEMA`].
    pub schema: u32,
    /// The platform of the archives: `linux-amd64`.
    pub platform: String,
    /// The key of the distro it was saved on.
    pub distro: String,
    /// The releases that gowr had installed.
    pub toolchains: Vec<Toolchain>,
    /// What gowr had adopted; it is told and not packed.
    #[serde(default)]
    pub adopted: Vec<Adopted>,
    /// The user's configuration, as it was.
    #[serde(default)]
    pub configuration: Option<String>,
    /// The pins that counted where it was saved.
    #[serde(default)]
    pub pins: Vec<Pinned>,
}

/// A release.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Toolchain {
    /// Its name.
    #[serde(with = "as_text")]
    pub name: ToolchainName,
    /// Its archive and, of a module zip, the proof of its hash. None where it could not be packed.
    pub files: Vec<PackedFile>,
}

/// One file of a snapshot.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PackedFile {
    /// Its name.
    pub name: String,
    /// Its size in bytes.
    pub size: u64,
    /// The SHA-256 of its bytes, in hexadecimal digits: tells what was damaged on the way, and proves nothing.
    pub sha256: String,
}

/// A toolchain of somebody else's.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Adopted {
    /// Its version, where it was adopted as that.
    #[serde(with = "as_optional_text")]
    pub name: Option<ToolchainName>,
    /// The names that were registered for it.
    #[serde(with = "as_texts")]
    pub registered: Vec<RegisteredName>,
    /// Where it was.
    pub goroot: String,
    /// Who put it there.
    pub manager: Option<String>,
}

/// What a pin file asked for on the distro where the snapshot was saved.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pinned {
    /// Whose it was.
    pub place: PinPlace,
    /// The directory it was in.
    pub directory: String,
    /// The file's name.
    #[serde(with = "as_file_name")]
    pub file: Form,
    /// A version, a registered name, or `system`: of several choices the first.
    #[serde(with = "as_text")]
    pub request: Choice,
}

/// Where a pin was.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PinPlace {
    /// In the project in which `gowr snapshot save` was run.
    Project,
    /// In the home directory.
    Home,
}

/// What decides whether all else can be read.
#[derive(Deserialize)]
struct Head {
    schema: u32,
}

impl Manifest {
    /// Larger than any manifest, in bytes.
    pub(super) const LIMIT: u64 = 1 << 20;

    /// Parses and judges; an error says what is wrong.
    pub(crate) fn parse(content: &[u8]) -> Result<Self, String> {
        let head: Head = serde_json::from_slice(content).map_err(unreadable)?;
        if head.schema > SCHEMA {
            return Err(format!("it is made for a newer gowr (schema {})", head.schema));
        }
        let manifest: Self = serde_json::from_slice(content).map_err(unreadable)?;
        manifest.judge()?;
        Ok(manifest)
    }

    fn judge(&self) -> Result<(), String> {
        if self.schema != SCHEMA {
            return Err(format!("its manifest has the schema {}, which there is not", self.schema));
        }
        if self.platform != platform() {
            let theirs = self.platform.escape_debug();
            return Err(format!("it is for {theirs}, and this machine is {}", platform()));
        }
        let mut names = BTreeSet::new();
        for toolchain in &self.toolchains {
            if !names.insert(toolchain.name.as_str()) {
                return Err(format!("its manifest names {} twice", toolchain.name));
            }
            toolchain.judge()?;
        }
        if let Some(configuration) = &self.configuration
            && let Err(error) = config::parse(path::keep(configuration.clone().into_bytes()))
        {
            let problem = error.message();
            return Err(format!("the configuration in it cannot be used: {problem}"));
        }
        Ok(())
    }

    /// All its files.
    pub(crate) fn files(&self) -> impl Iterator<Item = &PackedFile> {
        self.toolchains.iter().flat_map(|toolchain| &toolchain.files)
    }
}

impl Toolchain {
    /// Whether its files are those that a release has, and no others.
    fn judge(&self) -> Result<(), String> {
        let name = &self.name;
        let zip = archive_name(name, Format::ModuleZip);
        let is_expected = match &self.files[..] {
            [] => true,
            [archive] => archive.name == zip || archive.name == archive_name(name, Format::TarGz),
            [archive, proof] => archive.name == zip && proof.name == proof_name(name),
            _ => false,
        };
        if !is_expected {
            return Err(format!("its manifest gives {name} files that no release has"));
        }
        for (index, file) in self.files.iter().enumerate() {
            let limit = if index == 0 { MAXIMUM_SIZE } else { PROOF_LIMIT };
            if file.size > limit {
                return Err(format!("{} is said to be larger than {limit} bytes", file.name));
            }
        }
        Ok(())
    }
}

#[expect(clippy::needless_pass_by_value, reason = "an argument of map_err")]
fn unreadable(error: serde_json::Error) -> String {
    format!("its manifest cannot be understood: {error}")
}

/// A value that is one word of text.
trait Text: Copy {
    /// What it is, for an error.
    const WHAT: &'static str;
    fn parse(text: &str) -> Option<Self>;
    fn text(&self) -> String;
}

impl Text for ToolchainName {
    const WHAT: &'static str = "the name of a release";

    fn parse(text: &str) -> Option<Self> {
        ToolchainName::parse(text).filter(|name| !name.has_suffix())
    }

    fn text(&self) -> String {
        self.to_string()
    }
}

impl Text for RegisteredName {
    const WHAT: &'static str = "a name";

    fn parse(text: &str) -> Option<Self> {
        RegisteredName::parse(text)
    }

    fn text(&self) -> String {
        self.to_string()
    }
}

impl Text for Choice {
    const WHAT: &'static str = "a version or a name";

    fn parse(text: &str) -> Option<Self> {
        Choice::parse(text)
    }

    fn text(&self) -> String {
        match self {
            Choice::Request(request) => request.to_string(),
            Choice::System => String::from("system"),
        }
    }
}

fn parse<'de, T: Text, D: Deserializer<'de>>(text: &str) -> Result<T, D::Error> {
    T::parse(text).ok_or_else(|| {
        serde::de::Error::custom(format!("`{}` is not {}", text.escape_debug(), T::WHAT))
    })
}

mod as_text {
    use super::{Deserialize, Deserializer, Serializer, Text};

    pub(super) fn serialize<T: Text, S: Serializer>(it: &T, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&it.text())
    }

    pub(super) fn deserialize<'de, T: Text, D: Deserializer<'de>>(from: D) -> Result<T, D::Error> {
        super::parse::<T, D>(&String::deserialize(from)?)
    }
}

mod as_optional_text {
    use super::{Deserialize, Deserializer, Serialize, Serializer, Text};

    #[expect(clippy::ref_option, reason = "serde calls it so")]
    pub(super) fn serialize<T: Text, S: Serializer>(
        it: &Option<T>,
        to: S,
    ) -> Result<S::Ok, S::Error> {
        it.as_ref().map(Text::text).serialize(to)
    }

    pub(super) fn deserialize<'de, T: Text, D: Deserializer<'de>>(
        from: D,
    ) -> Result<Option<T>, D::Error> {
        let text = Option::<String>::deserialize(from)?;
        text.map(|text| super::parse::<T, D>(&text)).transpose()
    }
}

mod as_texts {
    use super::{Deserialize, Deserializer, Serializer, Text};

    pub(super) fn serialize<T: Text, S: Serializer>(all: &[T], to: S) -> Result<S::Ok, S::Error> {
        to.collect_seq(all.iter().map(Text::text))
    }

    pub(super) fn deserialize<'de, T: Text, D: Deserializer<'de>>(
        from: D,
    ) -> Result<Vec<T>, D::Error> {
        let texts = Vec::<String>::deserialize(from)?;
        texts.iter().map(|text| super::parse::<T, D>(text)).collect()
    }
}

mod as_file_name {
    use super::{Deserialize, Deserializer, Form, Serializer};

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it so")]
    pub(super) fn serialize<S: Serializer>(form: &Form, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(form.file_name())
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Form, D::Error> {
        let name = String::deserialize(from)?;
        Form::ALL.into_iter().find(|form| form.file_name() == name).ok_or_else(|| {
            let name = name.escape_debug();
            serde::de::Error::custom(format!("`{name}` is not the name of a pin file"))
        })
    }
}
