//! Over TLS: who is trusted, who gets a password, and where a redirect may lead.

use std::fs;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::thread;

use installer::error::Kind;

use crate::module::Module;
use crate::secure_server::SecureServer;
use crate::server::{Response, Server};
use crate::site::{Content, NAME, Place, whole};

fn place(server: &SecureServer, url: &str) -> Place {
    let file = server.certificate();
    Place::new(url, &Content::new().log.key())
        .with("SSL_CERT_FILE", file.to_str().expect("text"))
        .with("SSL_CERT_DIR", "/nowhere")
}

fn serving() -> SecureServer {
    let content = Content::new();
    SecureServer::start(move |request| content.answer(request))
}

#[test]
fn a_server_of_the_named_trust_store() {
    let server = serving();
    let fetched = place(&server, &server.url()).fetch().expect("fetched");
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
        place(&other, &server.url()),
        // The name in the certificate is another.
        place(&server, &server.url().replace("localhost", "127.0.0.1")),
    ] {
        let error = place.with("GOWR_HTTP_RETRIES", "3").fails();
        assert_eq!(error.kind(), Kind::Network, "{}", whole(&error));
        assert!(whole(&error).contains("certificate"), "{}", whole(&error));
        // It will be no better a second later.
        assert!(!whole(&error).contains("tried"), "{}", whole(&error));
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
    place(&server, &server.url().replace("://", "://user:word@")).fetch().expect("fetched");
    let error = place(&server, &server.url().replace("://", "://user:wrong@")).fails();
    assert_eq!(error.kind(), Kind::Network);
    assert!(whole(&error).contains("401") && !whole(&error).contains("wrong"), "{}", whole(&error));

    let host = server.url().replace("https://", "");
    let netrc = server.directory.path().join("netrc");
    fs::write(&netrc, format!("machine {host}\nlogin user\npassword word\n")).expect("written");
    let netrc = netrc.to_str().expect("text");
    place(&server, &server.url()).with("NETRC", netrc).fetch().expect("fetched");
    let error = place(&server, &server.url()).with("NETRC", netrc).with("GOAUTH", "off").fails();
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
    let error = place(&server, &server.url()).fails();
    assert_eq!(error.kind(), Kind::Network);
    assert!(whole(&error).contains("to an insecure one"), "{}", whole(&error));
    assert_eq!(insecure.paths(), [""; 0]);
}

#[test]
fn through_a_tunnel() {
    let server = serving();
    let target = server.server.url().replace("http://", "");
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let proxy = format!("http://{}", listener.local_addr().expect("an address"));
    thread::spawn(move || {
        for mut client in listener.incoming().map_while(Result::ok) {
            let target = target.clone();
            thread::spawn(move || {
                let mut head = Vec::new();
                while !head.ends_with(b"\r\n\r\n") {
                    let mut byte = [0];
                    client.read_exact(&mut byte)?;
                    head.extend(byte);
                }
                assert!(head.starts_with(b"CONNECT secure.invalid:443 "));
                let mut server = TcpStream::connect(target)?;
                client.write_all(b"HTTP/1.1 200 OK\r\n\r\n")?;
                let (mut from, mut to) = (client.try_clone()?, server.try_clone()?);
                thread::spawn(move || std::io::copy(&mut from, &mut to));
                std::io::copy(&mut server, &mut client)
            });
        }
    });
    let place = place(&server, "https://secure.invalid").with("HTTPS_PROXY", &proxy);
    assert_eq!(place.fetch().expect("fetched").hash, Module::toolchain(NAME).h1());
}
