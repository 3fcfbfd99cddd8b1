//! The redirect URIs to which providers may send a browser back.

/// The URIs that the operator allows. A URI is compared character by character (RFC 9700, section 2.1), except the port of
/// `http://127.0.0.1` and `http://[::1]`, which an app chooses when it starts (RFC 8252, section 7.3).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RedirectUris(Vec<String>);

impl RedirectUris {
    /// Takes URIs that [`Self::check`] has passed.
    #[must_use]
    pub const fn new(uris: Vec<String>) -> Self {
        Self(uris)
    }

    /// Whether a client may name this URI.
    #[must_use]
    pub fn accept(&self, uri: &str) -> bool {
        self.0.iter().any(|allowed| allowed == uri)
    }
}
