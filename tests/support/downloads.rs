//! The Go project's downloads: an index and archives, on a mirror or behind a proxy of the web as if they were on go.dev.

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::PathBuf;
use std::sync::Arc;

use flate2::Compression;
use flate2::write::GzEncoder;
use rustls::pki_types::PrivatePkcs8KeyDer;
use rustls::{ServerConfig, ServerConnection, StreamOwned};
use serde_json::{Value, json};
use tar::{Builder, EntryType, Header};

use super::log::{hex, sha256};
use super::module::{Module, PLATFORM};
use super::server::{Request, Response, Server};
use super::{Run, World};

/// `go1.22.3.linux-amd64.tar.gz`
pub(crate) fn file_name(name: &str) -> String {
    format!("{name}.{PLATFORM}.tar.gz")
}

/// A small release as `cmd/distpack` packs it: the files of [`Module::toolchain`], and some that modules do not have.
pub(crate) fn archive(name: &str) -> Vec<u8> {
    let mut builder = Builder::new(GzEncoder::new(Vec::new(), Compression::fast()));
    let mut add = |kind, path: &str, mode, content: &[u8]| {
        let mut header = Header::new_ustar();
        header.set_entry_type(kind);
        header.set_mode(mode);
        header.set_size(content.len() as u64);
        builder.append_data(&mut header, format!("go/{path}"), content).expect("in memory");
    };
    add(EntryType::Directory, "bin/", 0o755, b"");
    for (path, content) in Module::toolchain(name).files {
        let is_program = path.starts_with("bin/") || path.starts_with("pkg/tool/");
        let mode = if is_program { 0o755 } else { 0o644 };
        add(EntryType::Regular, &path.replace("_go.mod", "go.mod"), mode, &content);
    }
    add(EntryType::Regular, "misc/go.mod", 0o644, b"module misc\n");
    builder.into_inner().and_then(GzEncoder::finish).expect("in memory")
}

/// What `sha256sum` says of it.
pub(crate) fn checksum(archive: &[u8]) -> String {
    hex(&sha256(archive))
}

/// Releases' files, and what the index says of them.
#[derive(Clone, Default)]
pub(crate) struct Downloads {
    pub(crate) archives: BTreeMap<String, Vec<u8>>,
    /// More entries of the index.
    pub(crate) noise: Vec<Value>,
    /// Files that the index gives another hash for, or none.
    pub(crate) said: BTreeMap<String, &'static str>,
}

impl Downloads {
    pub(crate) fn new(names: &[&str]) -> Self {
        let archives = names.iter().map(|name| (file_name(name), archive(name)));
        Self { archives: archives.collect(), ..Self::default() }
    }

    /// The index, in the form of `?mode=json&include=all`.
    pub(crate) fn index(&self) -> String {
        let files = self.archives.iter().map(|(file, archive)| {
            let said = self.said.get(file).map(|said| (*said).to_owned());
            let sum = said.unwrap_or_else(|| checksum(archive));
            json!({"filename": file, "os": "linux", "arch": "x", "sha256": sum, "kind": "archive",
                   "size": archive.len()})
        });
        let files: Vec<Value> = files.chain(self.noise.iter().cloned()).collect();
        json!([{"version": "go1", "stable": true, "files": files}]).to_string()
    }

    /// What `sha256sum` writes for all files.
    pub(crate) fn checksums(&self) -> String {
        let lines = self.archives.iter();
        let lines = lines.map(|(file, archive)| format!("{}  {file}\n", checksum(archive)));
        lines.collect::<Vec<_>>().concat()
    }

    /// As on go.dev: `/dl/` and the name.
    pub(crate) fn answer(&self, request: &Request) -> Response {
        let file = request.path.strip_prefix("/dl/").unwrap_or_default();
        if file == "?mode=json&include=all" {
            return Response::ok(self.index());
        }
        match self.archives.get(file) {
            Some(archive) => Response::file(request, archive, "\"one\""),
            None => Response::status(404),
        }
    }

    /// A mirror of the files alone; its base URL is `/dl`.
    pub(crate) fn mirror(self) -> Server {
        Server::start(move |request| {
            if request.path.contains('?') { Response::status(404) } else { self.answer(request) }
        })
    }

    /// Starts them behind a proxy of the web, as go.dev.
    pub(crate) fn behind_go_dev(self, world: &World) -> GoDev {
        let made = rcgen::generate_simple_self_signed([String::from("go.dev")]).expect("made");
        let key = PrivatePkcs8KeyDer::from(made.signing_key.serialize_der()).into();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let settings = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .expect("versions")
            .with_no_client_auth()
            .with_single_cert(vec![made.cert.der().clone()], key)
            .map(Arc::new)
            .expect("a configuration");
        let tunnel = move |mut stream: TcpStream| {
            connect(&mut stream);
            StreamOwned::new(ServerConnection::new(settings.clone()).expect("settings"), stream)
        };
        let server = Server::start_over(tunnel, move |request| self.answer(request));
        GoDev { server, certificate: world.write("certificate.pem", made.cert.pem()) }
    }
}

/// A proxy of the web behind which every host is go.dev, for those who trust it.
pub(crate) struct GoDev {
    pub(crate) server: Server,
    certificate: PathBuf,
}

impl GoDev {
    /// Lets a command go through it.
    pub(crate) fn reached_by(&self, run: Run) -> Run {
        run.env("HTTPS_PROXY", self.server.url()).env("SSL_CERT_FILE", &self.certificate)
    }
}

/// Reads the head of a CONNECT, and agrees.
fn connect(stream: &mut TcpStream) {
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") && stream.read(&mut byte).is_ok_and(|length| length > 0) {
        head.push(byte[0]);
    }
    let _ = stream.write_all(b"HTTP/1.1 200 Connected\r\n\r\n");
}
