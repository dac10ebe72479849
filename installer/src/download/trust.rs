//! Whom to trust: what the system trusts, or what `SSL_CERT_FILE` and `SSL_CERT_DIR` name, as in Go's `crypto/x509`.

use std::path::PathBuf;

use ureq::tls::{Certificate, RootCerts};

use crate::error::Error;
use crate::go_settings::TrustStore;

/// Where Go looks for certificates beside those in one file.
const DIRECTORIES: [&str; 2] = ["/etc/ssl/certs", "/etc/pki/tls/certs"];

/// Reads the trust store. Where a system has none, in a slim container say, the roots that browsers trust are used.
pub(super) fn roots(store: &TrustStore) -> Result<RootCerts, Error> {
    let named = store.file.as_ref().or(store.directories.as_ref());
    let found = if named.is_none() {
        rustls_native_certs::load_native_certs().certs
    } else {
        let file = store.file.as_ref().map(|setting| PathBuf::from(setting.value()));
        let directories: Vec<PathBuf> = match &store.directories {
            Some(setting) => std::env::split_paths(setting.value()).collect(),
            None => DIRECTORIES.iter().map(PathBuf::from).collect(),
        };
        let load = rustls_native_certs::load_certs_from_paths;
        let from_file = file.iter().flat_map(|file| load(Some(file), None).certs);
        let from_directories =
            directories.iter().flat_map(|directory| load(None, Some(directory)).certs);
        from_file.chain(from_directories).collect()
    };
    match named {
        Some(setting) if found.is_empty() => {
            Err(setting.invalid("there is no certificate that can be read"))
        }
        None if found.is_empty() => Ok(RootCerts::WebPki),
        _ => {
            let certificates = found.iter().map(|found| Certificate::from_der(found).to_owned());
            Ok(RootCerts::new_with_certs(&certificates.collect::<Vec<_>>()))
        }
    }
}
