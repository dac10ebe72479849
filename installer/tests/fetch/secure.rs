//! Over TLS: who is trusted, who gets a password, and where a redirect may lead.

use std::fs;
use std::path::PathBuf;
use std::sync::Arc;

use installer::error::Kind;
use rcgen::{CertifiedKey, generate_simple_self_signed};
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};
use tempfile::TempDir;

use crate::module::Module;
use crate::server::{Request, Response, Server};
use crate::site::{Content, NAME, Place, whole};

/// A server that speaks TLS, and the certificate that it must be trusted by.
struct SecureServer {
    server: Server,
    directory: TempDir,
}

impl SecureServer {
    fn start(answer: impl Fn(&Request) -> Response + Send + Sync + 'static) -> Self {
        let names = vec![String::from("localhost")];
        let CertifiedKey { cert, signing_key } = generate_simple_self_signed(names).expect("made");
        let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(signing_key.serialize_der()));
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .expect("versions")
            .with_no_client_auth()
            .with_single_cert(vec![cert.der().clone()], key)
            .map(Arc::new)
            .expect("a configuration");
        let wrap = move |stream| {
            StreamOwned::new(ServerConnection::new(config.clone()).expect("a connection"), stream)
        };
        let directory = tempfile::tempdir().expect("a directory");
        fs::write(directory.path().join("root.pem"), cert.pem()).expect("written");
        Self { server: Server::start_over(wrap, answer), directory }
    }

    fn url(&self) -> String {
        self.server.url().replace("http://127.0.0.1", "https://localhost")
    }

    fn certificate(&self) -> PathBuf {
        self.directory.path().join("root.pem")
    }

    fn place(&self, url: &str) -> Place {
        let file = self.certificate();
        Place::new(url, &Content::new().log.key())
            .with("SSL_CERT_FILE", file.to_str().expect("text"))
            .with("SSL_CERT_DIR", "/nowhere")
    }
}

fn serving() -> SecureServer {
    let content = Content::new();
    SecureServer::start(move |request| content.answer(request))
}

#[test]
fn a_server_of_the_named_trust_store() {
    let server = serving();
    let fetched = server.place(&server.url()).fetch().expect("fetched");
    assert_eq!(fetched.hash, Module::toolchain(NAME).h1());
    let directory = server.directory.path().to_str().expect("text");
    Place::new(&server.url(), &Content::new().log.key())
        .with("SSL_CERT_DIR", &format!("/nowhere:{directory}"))
        .fetch()
        .expect("fetched");
}

#[test]
fn others_are_not_trusted() {
    let (server, other) = (serving(), serving());
    for place in [
        Place::new(&server.url(), &Content::new().log.key()),
        other.place(&server.url()),
        // The name in the certificate is another.
        server.place(&server.url().replace("localhost", "127.0.0.1")),
    ] {
        let error = place.fails();
        assert_eq!(error.kind(), Kind::Network, "{}", whole(&error));
        assert!(whole(&error).contains("certificate"), "{}", whole(&error));
    }
    assert_eq!(server.server.paths(), [""; 0]);
}

#[test]
fn a_trust_store_without_a_certificate_is_named() {
    let server = serving();
    let error = Place::new(&server.url(), &Content::new().log.key())
        .with("SSL_CERT_FILE", "/nowhere/root.pem")
        .with("SSL_CERT_DIR", "/nowhere")
        .fails();
    assert_eq!(error.kind(), Kind::Configuration);
    let expected = "SSL_CERT_FILE cannot be used: there is no certificate that can be read: \
                    SSL_CERT_FILE=/nowhere/root.pem in the environment";
    assert_eq!(whole(&error), expected);
}

/// Answers only to whom it knows.
fn private(expected: &'static str) -> SecureServer {
    let content = Content::new();
    SecureServer::start(move |request| match request.header("Authorization") {
        Some(given) if given == expected => content.answer(request),
        _ => Response::status(401),
    })
}

#[test]
fn passwords() {
    // user:word and other:secret
    let server = private("Basic dXNlcjp3b3Jk");
    server.place(&server.url().replace("://", "://user:word@")).fetch().expect("fetched");
    let error = server.place(&server.url().replace("://", "://user:wrong@")).fails();
    assert_eq!(error.kind(), Kind::Network);
    assert!(whole(&error).contains("401") && !whole(&error).contains("wrong"), "{}", whole(&error));

    let host = server.url().replace("https://", "");
    let netrc = server.directory.path().join("netrc");
    fs::write(&netrc, format!("machine {host}\nlogin user\npassword word\n")).expect("written");
    let netrc = netrc.to_str().expect("text");
    server.place(&server.url()).with("NETRC", netrc).fetch().expect("fetched");
    let error = server.place(&server.url()).with("NETRC", netrc).with("GOAUTH", "off").fails();
    assert!(whole(&error).contains("401"), "{}", whole(&error));
}

/// Whether each request for the module came with a password.
fn given(server: &SecureServer) -> Vec<bool> {
    let requests = server.server.requests();
    let module = requests.iter().filter(|request| request.path.starts_with("/golang.org/"));
    module.map(|request| request.header("Authorization").is_some()).collect()
}

#[test]
fn another_host_gets_no_password() {
    let there = serving();
    for (target, same) in [(there.url(), false), (String::new(), true)] {
        let content = Content::new();
        let server = SecureServer::start(move |request| match request.path.strip_prefix("/x") {
            Some(path) => Response::redirect(format!("{target}{path}")),
            None => content.answer(request),
        });
        let both = server.directory.path().join("both.pem");
        let certificates = [server.certificate(), there.certificate()]
            .map(|certificate| fs::read_to_string(certificate).expect("read"));
        fs::write(&both, certificates.concat()).expect("written");
        let url = format!("{}/x", server.url().replace("://", "://user:word@"));
        Place::new(&url, &Content::new().log.key())
            .with("SSL_CERT_FILE", both.to_str().expect("text"))
            .with("SSL_CERT_DIR", "/nowhere")
            .fetch()
            .expect("fetched");
        assert_eq!(given(if same { &server } else { &there }), [same]);
    }
}

#[test]
fn never_from_a_secure_address_to_an_insecure_one() {
    let content = Content::new();
    let insecure = Server::start(move |request| content.answer(request));
    let target = insecure.url();
    let server =
        SecureServer::start(move |request| Response::redirect(format!("{target}{}", request.path)));
    let error = server.place(&server.url()).fails();
    assert_eq!(error.kind(), Kind::Network);
    assert!(whole(&error).contains("to an insecure one"), "{}", whole(&error));
    assert_eq!(insecure.paths(), [""; 0]);
}
