//! Go's own public services: the only addresses gowr knows by itself.

/// The module proxies asked when neither the environment nor the GOENV file names any (`$GOROOT/go.env`).
pub const DEFAULT_GOPROXY: &str = "https://proxy.golang.org,direct";

/// The checksum database asked when no other is named (`$GOROOT/go.env`).
pub const DEFAULT_GOSUMDB: &str = "sum.golang.org";

/// The key of [`DEFAULT_GOSUMDB`] (`cmd/go/internal/modfetch/key.go`).
pub const DEFAULT_GOSUMDB_KEY: &str =
    "sum.golang.org+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8";

/// Another name of [`DEFAULT_GOSUMDB`], reachable inside mainland China (`cmd/go/internal/modfetch/sumdb.go`).
pub const GOSUMDB_ALIAS: &str = "sum.golang.google.cn";

/// Where [`GOSUMDB_ALIAS`] is.
pub const GOSUMDB_ALIAS_URL: &str = "https://sum.golang.google.cn";

/// What `direct` means for the module `golang.org/toolchain`: its `go-import` tag names a module proxy of its own.
pub const TOOLCHAIN_DIRECT: &str = "https://go.dev/dl/mod";

/// The files of all releases.
pub const DOWNLOADS: &str = "https://go.dev/dl";

/// What those files are, and their hashes (`golang.org/x/website/internal/dl`).
pub const DOWNLOADS_INDEX: &str = "https://go.dev/dl/?mode=json&include=all";

/// Another name of [`DOWNLOADS_INDEX`], of the Go project too, reachable inside mainland China.
pub const DOWNLOADS_INDEX_ALIAS: &str = "https://golang.google.cn/dl/?mode=json&include=all";

/// The Go vulnerability database (<https://go.dev/doc/security/vuln/database>).
pub const VULNERABILITY_DATABASE: &str = "https://vuln.go.dev";
