//! Fetching toolchains from servers on loopback that have a checksum database of their own, and from the public ones.

// Other suites use more of these.
#[allow(dead_code)]
#[path = "../../../tests/support/log.rs"]
mod log;
#[allow(dead_code)]
#[path = "../../../tests/support/module.rs"]
mod module;
#[path = "../../../tests/support/secure_server.rs"]
mod secure_server;
#[allow(dead_code)]
#[path = "../../../tests/support/server.rs"]
mod server;

mod accepted;
mod cmd_go;
mod hostile;
mod proxies;
mod public;
mod refused;
mod secure;
mod site;
mod tiles;
