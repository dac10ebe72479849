//! Where other managers of Go get their toolchain from: a mirror on loopback with one release, a real one.

use std::fs;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::process::Command;

use ring::digest::{SHA256, digest};

use crate::support::secure_server::SecureServer;
use crate::support::server::{Request, Response, Server};
use crate::support::{OLD, World, tool, toolchains};

const ARCH: &str = if cfg!(target_arch = "aarch64") { "arm64" } else { "amd64" };

/// The smallest of the tools: what makes a directory a GOROOT is that it has any.
const BUILDID: &str = if cfg!(target_arch = "aarch64") {
    "pkg/tool/linux_arm64/buildid"
} else {
    "pkg/tool/linux_amd64/buildid"
};

/// The file that every mirror has for this platform.
fn archive_name() -> String {
    format!("{OLD}.linux-{ARCH}.tar.gz")
}

/// The release as upstream packs it, but without its library and most of its tools: `go version` needs none.
fn archive(world: &World) -> Vec<u8> {
    let path = world.path(archive_name());
    let goroot = toolchains::installed(OLD);
    let status = Command::new(tool("tar"))
        .arg("-C")
        .arg(goroot.parent().unwrap())
        .args(["--transform", &format!("s/^{OLD}/go/"), "--mode=u+w", "-I", "gzip -1", "-cf"])
        .arg(&path)
        .args(["VERSION", "go.env", "bin", BUILDID].map(|name| format!("{OLD}/{name}")))
        .status()
        .unwrap();
    assert!(status.success());
    fs::read(path).unwrap()
}

/// The answers of one.
struct Mirror {
    archive: Vec<u8>,
}

impl Mirror {
    fn sum(&self) -> String {
        let hash = digest(&SHA256, &self.archive);
        hash.as_ref().iter().fold(String::new(), |text, byte| text + &format!("{byte:02x}"))
    }

    fn answer(&self, request: &Request) -> Response {
        let name = archive_name();
        let response = match request.path.rsplit('/').next().unwrap_or_default() {
            file if file == name => Response::file(request, &self.archive, "\"one\""),
            file if file == format!("{name}.sha256") => Response::ok(self.sum()),
            file if file.starts_with("?mode=json") => Response::ok(self.index()),
            // As nginx lists a directory.
            "" => Response::ok(format!(
                "<html><body><pre><a href=\"{name}\">{name}</a> 01-Jan-2025 00:00 1\n\
                 <a href=\"{name}.sha256\">{name}.sha256</a> 01-Jan-2025 00:00 64\n</pre></body></html>"
            )),
            _ => Response::status(404),
        };
        if request.method == "HEAD" {
            let length = Some(response.body.len() as u64);
            return Response { length, body: Vec::new(), ..response };
        }
        response
    }

    /// As the download page has it.
    fn index(&self) -> String {
        serde_json::json!([{
            "version": OLD,
            "stable": true,
            "files": [{
                "filename": archive_name(), "os": "linux", "arch": ARCH, "version": OLD,
                "sha256": self.sum(), "size": self.archive.len(), "kind": "archive",
            }],
        }])
        .to_string()
    }
}

/// Starts a mirror.
pub(super) fn start(world: &World) -> Server {
    let mirror = Mirror { archive: archive(world) };
    Server::start(move |request| mirror.answer(request))
}

/// Starts a proxy of the web (`HTTPS_PROXY`) behind which there is nothing but `host`, and that is such a mirror.
pub(super) fn start_as(host: &str, world: &World) -> SecureServer {
    let mirror = Mirror { archive: archive(world) };
    SecureServer::start_for(&[host], connected, move |request| mirror.answer(request))
}

/// Reads the head of a CONNECT, and agrees.
fn connected(stream: &mut TcpStream) {
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") && stream.read(&mut byte).is_ok_and(|count| count > 0) {
        head.push(byte[0]);
    }
    let _ = stream.write_all(b"HTTP/1.1 200 Connected\r\n\r\n");
}
