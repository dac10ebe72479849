//! How the two programs notice that they are of different versions: the proxy names its own when it hands over, in
//! a variable whose text also stands in its file.

use core::ffi::CStr;

/// The variable by which the proxy tells `gowr __proxy` its version; never passed on to Go.
pub const VARIABLE: &str = "GOWR_PROXY_VERSION";

const ENTRY_TEXT: &str = concat!("GOWR_PROXY_VERSION=", env!("CARGO_PKG_VERSION"), "\0");

/// That variable, as an entry of the environment.
pub const ENTRY: &CStr = match CStr::from_bytes_with_nul(ENTRY_TEXT.as_bytes()) {
    Ok(entry) => entry,
    Err(_) => panic!("one NUL, at the end"),
};

/// The version of the proxy whose file this is; none where it is no proxy.
pub fn find(file: &[u8]) -> Option<&str> {
    let start = file.windows(VARIABLE.len() + 1).position(|window| {
        window.last() == Some(&b'=') && window.starts_with(VARIABLE.as_bytes())
    })?;
    let entry = CStr::from_bytes_until_nul(&file[start..]).ok()?;
    entry.to_str().ok()?.split_once('=').map(|(_, version)| version)
}
