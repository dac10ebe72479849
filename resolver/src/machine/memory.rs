//! A machine in memory: a whole Fedora, or a broken home, as one literal in a test.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::vec::Vec;

use super::{Architecture, Errno, File, Follow, Kind, Machine, Metadata};
use crate::path::{self, Bytes};
use crate::variables::Variables;

const MAXIMUM_LINKS: usize = 40;

#[derive(Clone, Debug)]
enum Node {
    Directory { owner: u32, mode: u32 },
    File { content: Bytes, owner: u32, mode: u32 },
    Link(Bytes),
    Fifo,
}

/// A [`Machine`] whose every file is written down in a test.
///
/// Directories above what is added come by themselves. Everything belongs to the caller unless said otherwise.
#[derive(Clone, Debug)]
pub struct MemoryMachine {
    nodes: BTreeMap<Vec<u8>, Node>,
    no_execution: BTreeSet<Vec<u8>>,
    environment: Vec<Bytes>,
    variables: Variables,
    execution_path: Bytes,
    effective_user: u32,
    current_directory: Option<Bytes>,
}

impl Default for MemoryMachine {
    fn default() -> Self {
        Self::new()
    }
}

impl MemoryMachine {
    /// The user everything belongs to at first.
    pub const USER: u32 = 1000;

    /// An empty machine with a root directory, `/proc/self/exe`, and a program started as `/gowr/bin/go`.
    pub fn new() -> Self {
        let machine = Self {
            nodes: BTreeMap::new(),
            no_execution: BTreeSet::new(),
            environment: Vec::new(),
            variables: Variables::NONE,
            execution_path: b"/gowr/bin/go",
            effective_user: Self::USER,
            current_directory: Some(b"/"),
        };
        machine.link("/proc/self/exe", "/gowr/bin/go")
    }

    /// Adds a file.
    #[must_use]
    pub fn file(self, path: &str, content: impl AsRef<[u8]>) -> Self {
        let content = path::concat(&[content.as_ref()]);
        self.with(path, Node::File { content, owner: Self::USER, mode: 0o644 })
    }

    /// Adds an executable file.
    #[must_use]
    pub fn program(self, path: &str, content: impl AsRef<[u8]>) -> Self {
        let content = path::concat(&[content.as_ref()]);
        self.with(path, Node::File { content, owner: Self::USER, mode: 0o755 })
    }

    /// Adds a directory.
    #[must_use]
    pub fn directory(self, path: &str) -> Self {
        self.with(path, Node::Directory { owner: Self::USER, mode: 0o755 })
    }

    /// Adds a symbolic link.
    #[must_use]
    pub fn link(self, path: &str, target: &str) -> Self {
        self.with(path, Node::Link(path::concat(&[target.as_bytes()])))
    }

    /// Adds a FIFO.
    #[must_use]
    pub fn fifo(self, path: &str) -> Self {
        self.with(path, Node::Fifo)
    }

    /// Adds a GOROOT with a statically linked `go` and `gofmt` and, unless empty, a VERSION file.
    #[must_use]
    pub fn goroot(self, root: &str, version: &str) -> Self {
        let join = |name: &str| [root, name].concat();
        let mut machine = self
            .program(&join("/bin/go"), elf_program(None))
            .program(&join("/bin/gofmt"), elf_program(None))
            .directory(&join("/pkg/tool"))
            .directory(&join("/src"));
        if !version.is_empty() {
            machine = machine.file(&join("/VERSION"), version);
        }
        machine
    }

    /// Changes the owner of what is at `path`.
    #[must_use]
    pub fn owned_by(mut self, path: &str, user: u32) -> Self {
        if let Some(Node::Directory { owner, .. } | Node::File { owner, .. }) =
            self.nodes.get_mut(path.as_bytes())
        {
            *owner = user;
        }
        self
    }

    /// Changes the mode of what is at `path`.
    #[must_use]
    pub fn mode(mut self, path: &str, bits: u32) -> Self {
        if let Some(Node::Directory { mode, .. } | Node::File { mode, .. }) =
            self.nodes.get_mut(path.as_bytes())
        {
            *mode = bits;
        }
        self
    }

    /// Takes away what is at `path` and below.
    #[must_use]
    pub fn without(mut self, path: &str) -> Self {
        let below = [path, "/"].concat();
        self.nodes.retain(|key, _| key != path.as_bytes() && !key.starts_with(below.as_bytes()));
        self
    }

    /// Forbids execution below `path`, as a mount with `noexec` does.
    #[must_use]
    pub fn no_execution_below(mut self, path: &str) -> Self {
        self.no_execution.insert(path.as_bytes().to_vec());
        self
    }

    /// Adds environment entries, `NAME=value` each.
    #[must_use]
    pub fn environment<const N: usize>(mut self, entries: [&'static str; N]) -> Self {
        for entry in entries {
            self.environment.push(entry.as_bytes());
            self.variables.add(entry.as_bytes());
        }
        self
    }

    /// The environment entries, in the order they were added.
    pub fn entries(&self) -> &[Bytes] {
        &self.environment
    }

    /// Sets the current directory; an empty path means one that was removed.
    #[must_use]
    pub fn current(mut self, path: &str) -> Self {
        self.current_directory = (!path.is_empty()).then(|| path::concat(&[path.as_bytes()]));
        if path.is_empty() { self } else { self.parents(path.as_bytes()).at_least_directory(path) }
    }

    /// Sets the path this program was started by.
    #[must_use]
    pub fn started_as(mut self, path: &str) -> Self {
        self.execution_path = path::concat(&[path.as_bytes()]);
        self
    }

    /// Sets the caller's user id.
    #[must_use]
    pub fn user(mut self, user: u32) -> Self {
        self.effective_user = user;
        self
    }

    fn with(mut self, path: &str, node: Node) -> Self {
        self = self.parents(path.as_bytes());
        self.nodes.insert(path.as_bytes().to_vec(), node);
        self
    }

    fn at_least_directory(mut self, path: &str) -> Self {
        self.nodes
            .entry(path.as_bytes().to_vec())
            .or_insert(Node::Directory { owner: Self::USER, mode: 0o755 });
        self
    }

    fn parents(mut self, path: &[u8]) -> Self {
        let mut parent = path::parent(path);
        while let Some(directory) = parent {
            self.nodes
                .entry(directory.to_vec())
                .or_insert(Node::Directory { owner: Self::USER, mode: 0o755 });
            parent = path::parent(directory);
        }
        self
    }

    /// The path with every link resolved, and what is there.
    fn look_up(&self, path: &[u8], follow: Follow) -> Result<(Bytes, &Node), Errno> {
        let mut pending: Vec<Vec<u8>> = path::components(path).map(<[u8]>::to_vec).rev().collect();
        let mut here: Bytes = b"/";
        let mut links = 0;
        while let Some(component) = pending.pop() {
            if component == b".." {
                here = path::parent(here).unwrap_or(b"/");
                continue;
            }
            match self.nodes.get(here) {
                Some(Node::Directory { .. }) => {}
                Some(_) => return Err(Errno::NOT_A_DIRECTORY),
                None => return Err(Errno::NOT_FOUND),
            }
            let next = path::join(here, &component);
            match self.nodes.get(next) {
                None => return Err(Errno::NOT_FOUND),
                Some(Node::Link(target)) if !pending.is_empty() || follow == Follow::Links => {
                    links += 1;
                    if links > MAXIMUM_LINKS {
                        return Err(Errno::LOOP);
                    }
                    if target.first() == Some(&b'/') {
                        here = b"/";
                    }
                    pending.extend(path::components(target).map(<[u8]>::to_vec).rev());
                }
                Some(_) => here = next,
            }
        }
        let node = self.nodes.get(here).ok_or(Errno::NOT_FOUND)?;
        Ok((here, node))
    }

    fn absolute(&self, at: Option<&Bytes>, path: &[u8]) -> Result<Bytes, Errno> {
        if path.first() == Some(&b'/') {
            return Ok(path::concat(&[path]));
        }
        let current = self.current_directory;
        let base = at.copied().or(current).ok_or(Errno::NOT_FOUND)?;
        Ok(path::join(base, path))
    }

    fn may(&self, owner: u32, mode: u32, bits: u32) -> Result<(), Errno> {
        let shift = if owner == self.effective_user { 6 } else { 0 };
        let allowed = self.effective_user == 0 && bits != 1 || mode >> shift & bits == bits;
        if allowed { Ok(()) } else { Err(Errno::PERMISSION) }
    }

    fn metadata_of(&self, path: &[u8], node: &Node) -> Metadata {
        let inode = self.nodes.range(..path.to_vec()).count() as u64 + 1;
        let (kind, owner, mode, size) = match node {
            Node::Directory { owner, mode } => (Kind::Directory, *owner, *mode, 0),
            Node::File { content, owner, mode } => {
                (Kind::File, *owner, *mode, content.len() as u64)
            }
            Node::Link(target) => (Kind::Link, Self::USER, 0o777, target.len() as u64),
            Node::Fifo => (Kind::Other, Self::USER, 0o644, 0),
        };
        Metadata { kind, identity: (1, inode), owner, mode, size }
    }
}

impl Machine for MemoryMachine {
    type Directory = Bytes;

    fn variables(&self) -> &Variables {
        &self.variables
    }

    fn execution_path(&self) -> Bytes {
        self.execution_path
    }

    fn effective_user(&self) -> u32 {
        self.effective_user
    }

    fn architecture(&self) -> Architecture {
        Architecture::Amd64
    }

    fn current_directory(&self) -> Result<Bytes, Errno> {
        let path = self.current_directory.ok_or(Errno::NOT_FOUND)?;
        self.look_up(path, Follow::Links).map(|(real, _)| real)
    }

    fn open_directory(&self, at: Option<&Bytes>, path: &[u8]) -> Result<Bytes, Errno> {
        match self.look_up(self.absolute(at, path)?, Follow::Links)? {
            (real, Node::Directory { .. }) => Ok(real),
            _ => Err(Errno::NOT_A_DIRECTORY),
        }
    }

    fn read_file(&self, at: Option<&Bytes>, path: &[u8], limit: usize) -> Result<File, Errno> {
        let (real, node) = self.look_up(self.absolute(at, path)?, Follow::Links)?;
        let metadata = self.metadata_of(real, node);
        let Node::File { content, owner, mode } = node else {
            return Ok(File { metadata, content: b"", truncated: false });
        };
        self.may(*owner, *mode, 4)?;
        let end = content.len().min(limit);
        Ok(File { metadata, content: &content[..end], truncated: end < content.len() })
    }

    fn metadata(&self, at: Option<&Bytes>, path: &[u8], follow: Follow) -> Result<Metadata, Errno> {
        let (real, node) = self.look_up(self.absolute(at, path)?, follow)?;
        Ok(self.metadata_of(real, node))
    }

    fn read_link(&self, at: Option<&Bytes>, path: &[u8]) -> Result<Bytes, Errno> {
        match self.look_up(self.absolute(at, path)?, Follow::No)? {
            (_, Node::Link(target)) => Ok(target),
            _ => Err(Errno::INVALID),
        }
    }

    fn list(&self, path: &[u8]) -> Result<Vec<Bytes>, Errno> {
        let real = self.open_directory(None, path)?;
        Ok(self
            .nodes
            .keys()
            .filter(|key| key.len() > 1 && path::parent(key) == Some(real))
            .map(|key| path::concat(&[path::file_name(key)]))
            .collect())
    }

    fn may_execute(&self, path: &[u8]) -> Result<(), Errno> {
        let (real, node) = self.look_up(self.absolute(None, path)?, Follow::Links)?;
        if self.no_execution.iter().any(|mount| path::is_below(real, mount)) {
            return Err(Errno::PERMISSION);
        }
        match node {
            Node::File { owner, mode, .. } => self.may(*owner, *mode, 1),
            _ => Err(Errno::PERMISSION),
        }
    }
}

/// The head of an x86-64 ELF program; with an interpreter it is dynamically linked.
pub fn elf_program(interpreter: Option<&str>) -> Vec<u8> {
    elf_program_for(Architecture::Amd64, interpreter)
}

/// The head of an ELF program for any machine of ours.
pub fn elf_program_for(architecture: Architecture, interpreter: Option<&str>) -> Vec<u8> {
    const HEADER: u16 = 64;
    const PROGRAM_HEADER: u16 = 56;
    let mut bytes = b"\x7fELF\x02\x01\x01".to_vec();
    bytes.resize(16, 0);
    bytes.extend(2_u16.to_le_bytes());
    bytes.extend(architecture.elf_machine().to_le_bytes());
    bytes.extend(1_u32.to_le_bytes());
    bytes.extend(0_u64.to_le_bytes());
    bytes.extend(u64::from(HEADER).to_le_bytes());
    bytes.extend(0_u64.to_le_bytes());
    bytes.extend(0_u32.to_le_bytes());
    bytes.extend(HEADER.to_le_bytes());
    bytes.extend(PROGRAM_HEADER.to_le_bytes());
    bytes.extend(u16::from(interpreter.is_some()).to_le_bytes());
    bytes.resize(usize::from(HEADER), 0);
    if let Some(interpreter) = interpreter {
        let length = interpreter.len() as u64 + 1;
        bytes.extend(3_u32.to_le_bytes());
        bytes.extend(4_u32.to_le_bytes());
        bytes.extend(u64::from(HEADER + PROGRAM_HEADER).to_le_bytes());
        bytes.extend([0; 16]);
        bytes.extend(length.to_le_bytes());
        bytes.extend(length.to_le_bytes());
        bytes.extend(1_u64.to_le_bytes());
        bytes.extend(interpreter.as_bytes());
        bytes.push(0);
    }
    bytes
}
