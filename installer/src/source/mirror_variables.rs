//! The environment variables by which other managers of Go are told where a mirror is.
//!
//! gowr does not follow them: they were set for programs that believe what a mirror says. Where one of them is set and a
//! download failed, it is named, with what to write for gowr.

use std::ffi::OsString;

/// A variable that is set, and the mirror it names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MirrorVariable {
    /// The variable.
    pub name: &'static str,
    /// Whose it is.
    pub manager: &'static str,
    /// The mirror's base URL.
    pub mirror: String,
}

/// The variables of which the whole value is the base URL of files named as the Go project's.
const BASE_URLS: [(&str, &str); 9] = [
    ("GO_BUILD_MIRROR_URL", "goenv"),
    ("MISE_GO_DOWNLOAD_MIRROR", "mise"),
    ("VFOX_GOLANG_MIRROR", "vfox"),
    ("GOBREW_REGISTRY", "gobrew"),
    ("GOUP_GO_DOWNLOAD_BASE_URL", "goup"),
    ("GOUP_GO_REGISTRY", "goup-rs"),
    ("GO_BINARY_BASE_URL", "gvm"),
    ("GIMME_DOWNLOAD_BASE", "gimme"),
    ("GO_DOWNLOAD_BASE_URL", "setup-go"),
];

/// The first of these variables that names a mirror.
pub fn find(variable: &dyn Fn(&str) -> Option<OsString>) -> Option<MirrorVariable> {
    let value = |name: &str| variable(name)?.into_string().ok();
    let bases = BASE_URLS.into_iter().filter_map(|(name, manager)| {
        Some(MirrorVariable { name, manager, mirror: base_url(&value(name)?)? })
    });
    // A list of `URL` or `KIND|URL`.
    let list = value("G_MIRROR")
        .and_then(|list| list.split(',').find_map(|entry| base_url(entry.rsplit('|').next()?)));
    let list = list.map(|mirror| MirrorVariable { name: "G_MIRROR", manager: "g", mirror });
    bases.chain(list).next()
}

/// A URL that can be written into gowr's configuration as it is.
fn base_url(text: &str) -> Option<String> {
    let text = text.trim();
    let rest = ["https://", "http://"].iter().find_map(|scheme| text.strip_prefix(scheme))?;
    let is_plain = rest.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._~:/%[]".contains(&b));
    (is_plain && rest.starts_with(|first: char| first.is_ascii_alphanumeric() || first == '['))
        .then(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(variables: &[(&str, &str)]) -> Option<(&'static str, &'static str, String)> {
        let variable = |name: &str| {
            let set = variables.iter().find(|(set, _)| *set == name);
            set.map(|(_, value)| OsString::from(value))
        };
        find(&variable).map(|found| (found.name, found.manager, found.mirror))
    }

    #[test]
    fn recognised() {
        let mirror = "https://mirrors.example/golang/";
        for (name, manager) in BASE_URLS {
            let expected = Some((name, manager, mirror.to_owned()));
            assert_eq!(found(&[(name, mirror)]), expected, "{name}");
        }
        for list in [
            mirror,
            "official|https://mirrors.example/golang/",
            "autoindex|x, https://mirrors.example/golang/",
        ] {
            assert_eq!(found(&[("G_MIRROR", list)]), Some(("G_MIRROR", "g", mirror.to_owned())));
        }
    }

    #[test]
    fn nothing_that_would_not_do_in_the_configuration() {
        for value in [
            "",
            "mirror.example",
            "ftp://a/b",
            "https://",
            "https://u:secret@h/",
            "https://a/b c",
            "https://a'b",
        ] {
            assert_eq!(found(&[("GO_BUILD_MIRROR_URL", value)]), None, "{value}");
        }
        assert_eq!(found(&[]), None);
    }
}
