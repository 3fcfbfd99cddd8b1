//! How the server runs.

use std::net::SocketAddr;
use std::path::PathBuf;

use url::Url;

use crate::config::definition::{setting, settings};
use crate::config::parse::{boolean, list, mode, optional, path, text};
use crate::config::production::{HTTPS, is_encrypted, is_reachable, is_remote};
use crate::config::{Mode, addresses};

settings! {
    /// How the server runs, and where others reach it.
    pub struct ServerSettings {
        /// `development` or `production`. In development the server makes its keys, database and first administrator itself,
        /// and shows emails instead of sending them. In production it makes nothing and refuses insecure settings. As soon as
        /// another setting looks like a deployment, this one has to be set.
        mode: Mode = setting("AUTHGRAPH_ENV", "development", mode);
        /// Names of settings, separated by commas, whose values production accepts although it would refuse them as insecure.
        /// The server logs a warning that names them at each start. Example: `PUBLIC_URL,ARGON2_MEMORY_KIB`.
        allowed_insecure: Vec<String> = setting("ALLOW_INSECURE", "", list(text)).deployment_sign(|_| true);
        /// The address and port to listen on, like `127.0.0.1:8080` or `[::1]:8080`. `localhost:8080` is `127.0.0.1:8080`.
        /// `:8080` and `0.0.0.0:8080` listen on every IPv4 address.
        listen: SocketAddr = setting("LISTEN", "127.0.0.1:8080", addresses::listen).deployment_sign(is_reachable);
        /// The URL at which clients reach this server. With https, cookies are `Secure`. The URL may have a path, like
        /// `https://example.com/auth`; then the server answers both with and without that path, so that a proxy may remove it.
        public_url: Url = setting("PUBLIC_URL", "http://localhost:8080", addresses::public_url)
            .required_in_production()
            .production_accepts(HTTPS, is_encrypted)
            .deployment_sign(is_remote);
        /// The URL of your web application; with a hash router it ends like `https://app.example.com/#/`. Emails link to these
        /// pages of the application, each with `?token=…`: /verify-email, /reset-password, /confirm-email-change,
        /// /undo-email-change, /disown-session and /accept-invitation (which calls resetPassword). Emails also link to
        /// /sign-in and /sessions, without a token. Empty: the server has all these pages itself, below /account of
        /// `PUBLIC_URL`.
        frontend_url: Option<Url> = setting("FRONTEND_URL", "", optional(addresses::frontend_url))
            .production_accepts(HTTPS, |url: &Option<Url>| url.as_ref().is_none_or(is_encrypted))
            .deployment_sign(is_remote);
        /// The name of your product in emails.
        product_name: String = setting("PRODUCT_NAME", "authgraph", text);
        /// The folder for what development makes on first start: the SQLite database, the keys and the mailbox.
        data_dir: PathBuf = setting("DATA_DIR", "data", path);
        /// Whether a start brings the database up to date. With `false` you run `authgraph migrate` before each new version;
        /// until then the server refuses to start.
        migrates_at_start: bool = setting("DATABASE_MIGRATE", "true", boolean);
    }
}
