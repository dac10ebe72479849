//! Whom to trust: what the system trusts, or what `SSL_CERT_FILE` and `SSL_CERT_DIR` name, as in Go's `crypto/x509`.

use std::path::PathBuf;

use ureq::tls::{Certificate, RootCerts};

use crate::error::Error;
use crate::go_settings::{Setting, TrustStore};

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
    let certificates = found.iter().map(|found| Certificate::from_der(found).to_owned());
    chosen(named, &certificates.collect::<Vec<_>>())
}

/// What is trusted by what was found, in the system's store or in one that is named.
fn chosen(named: Option<&Setting>, found: &[Certificate<'static>]) -> Result<RootCerts, Error> {
    match named {
        Some(setting) if found.is_empty() => {
            Err(setting.invalid("there is no certificate that can be read"))
        }
        None if found.is_empty() => Ok(RootCerts::WebPki),
        _ => Ok(RootCerts::new_with_certs(found)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::go_settings::GoSettings;

    #[test]
    fn only_a_system_without_certificates_gets_those_of_browsers() {
        let one = [Certificate::from_der(b"one").to_owned()];
        let system = |found: &[_]| chosen(None, found).expect("roots");
        assert!(matches!(system(&[]), RootCerts::WebPki));
        assert!(matches!(system(&one), RootCerts::Specific(_)));
        let variable = |name: &str| (name == "SSL_CERT_FILE").then(|| "/empty.pem".into());
        let settings = GoSettings::read_with(&variable).expect("settings");
        let file = settings.trust_store.file.as_ref();
        chosen(file, &[]).expect_err("an empty store is not all that browsers trust");
        assert!(matches!(chosen(file, &one), Ok(RootCerts::Specific(_))));
    }
}
