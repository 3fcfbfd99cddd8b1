//! A URL to send a request to, and who wrote it.

use std::fmt;

use url::Url;

/// Who wrote a URL.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UrlAuthor {
    /// The operator, in the settings: it may lead into the networks that the settings allow.
    Operator,
    /// Anybody else: a user, or a document of another server.
    Stranger,
}

/// A URL to send a request to. `Debug` shows its origin alone, because a path or query may be secret.
#[derive(Clone, PartialEq, Eq)]
pub struct OutboundUrl {
    url: Url,
    author: UrlAuthor,
}

impl OutboundUrl {
    /// A URL from the settings.
    #[must_use]
    pub const fn of_operator(url: Url) -> Self {
        Self { url, author: UrlAuthor::Operator }
    }

    /// A URL that anybody could have chosen.
    #[must_use]
    pub const fn of_stranger(url: Url) -> Self {
        Self { url, author: UrlAuthor::Stranger }
    }

    /// A URL that a document at this one names. With the same origin (scheme, host and port) it is as trusted as this one:
    /// the operator named that server. Any other counts as a stranger's.
    #[must_use]
    pub fn names(&self, url: Url) -> Self {
        let author = if url.origin() == self.url.origin() { self.author } else { UrlAuthor::Stranger };
        Self { url, author }
    }

    /// The URL itself.
    #[must_use]
    pub const fn url(&self) -> &Url {
        &self.url
    }

    /// Who wrote it.
    #[must_use]
    pub const fn author(&self) -> UrlAuthor {
        self.author
    }
}

impl fmt::Debug for OutboundUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "OutboundUrl({}, {:?})", self.url.origin().ascii_serialization(), self.author)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_cannot_lend_the_operators_trust_to_another_server() {
        let issuer = OutboundUrl::of_operator("https://id.example/realm".parse().unwrap());

        for (named, author) in [
            ("https://id.example/token", UrlAuthor::Operator),
            ("https://id.example:443/token", UrlAuthor::Operator),
            ("https://id.example:8443/token", UrlAuthor::Stranger),
            ("http://id.example/token", UrlAuthor::Stranger),
            ("https://other.example/token", UrlAuthor::Stranger),
            ("https://10.0.0.1/token", UrlAuthor::Stranger),
        ] {
            assert_eq!(issuer.names(named.parse().unwrap()).author(), author, "{named}");
        }
    }

    #[test]
    fn a_log_shows_no_path_and_no_query() {
        let url = OutboundUrl::of_stranger("https://hooks.example/secret?token=secret".parse().unwrap());

        assert_eq!(format!("{url:?}"), "OutboundUrl(https://hooks.example, Stranger)");
    }
}
