//! How the two programs notice that they are of different versions: the proxy names its own when it hands over, in
//! a variable whose text also stands in its file.

use core::ffi::CStr;

/// The variable by which the proxy tells `gowr __proxy` its version; never passed on to Go.
pub const VARIABLE: &str = "GOWR_PROXY_VERSION";

const ENTRY: &str = concat!("GOWR_PROXY_VERSION=", env!("CARGO_PKG_VERSION"), "\0");

/// That variable's value in a proxy of this version. It points into the entry, which so stands whole in the file.
pub const VALUE: &str = {
    let (_, value) = ENTRY.split_at(VARIABLE.len() + 1);
    value.split_at(value.len() - 1).0
};

/// The version of the proxy whose file this is; none where it is no proxy.
pub fn find(file: &[u8]) -> Option<&str> {
    let start = file.windows(VARIABLE.len() + 1).position(|window| {
        window.last() == Some(&b'=') && window.starts_with(VARIABLE.as_bytes())
    })?;
    let entry = CStr::from_bytes_until_nul(&file[start..]).ok()?;
    entry.to_str().ok()?.split_once('=').map(|(_, version)| version)
}
