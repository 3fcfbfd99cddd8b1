//! Why an issuer or a token is not accepted. No error quotes what the issuer sent.

use crate::tools::http_client::HttpError;

/// Why there is no answer about an issuer or a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum OidcError {
    /// A document of the issuer could not be read.
    #[error("the issuer gave no answer: {0}")]
    Http(#[from] HttpError),
    /// The metadata of the issuer is not acceptable.
    #[error("the metadata of the issuer is refused: {}", .0.as_str())]
    Metadata(#[from] MetadataRefusal),
    /// The ID token is not acceptable.
    #[error("the ID token is refused: {}", .0.as_str())]
    IdToken(#[from] IdTokenRefusal),
}

/// Why the metadata of an issuer is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, strum::IntoStaticStr)]
#[strum(serialize_all = "SCREAMING_SNAKE_CASE")]
pub enum MetadataRefusal {
    /// It is the metadata of another issuer.
    WrongIssuer,
    /// An endpoint is not a URL that may be reached.
    RefusedEndpoint,
}

/// Why an ID token is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, strum::IntoStaticStr)]
#[strum(serialize_all = "SCREAMING_SNAKE_CASE")]
pub enum IdTokenRefusal {
    /// It is no JWT, or too long.
    Malformed,
    /// It is signed with an algorithm that the settings or the key do not permit, or not at all.
    WrongAlgorithm,
    /// Its header demands an extension that we do not know (RFC 7515, section 4.1.11).
    CriticalHeader,
    /// The issuer does not publish its key, or publishes it for the tokens of other tenants.
    UnknownKey,
    /// The signature is not that of the key.
    WrongSignature,
    /// `iss`, `sub`, `aud`, `exp` or `iat` is missing or not of its form.
    MissingClaim,
    /// `iss` is not an accepted name of the issuer.
    WrongIssuer,
    /// `tid` is missing or names a tenant that is not accepted.
    WrongTenant,
    /// `aud` is not this client.
    WrongAudience,
    /// `azp` is not this client, or is missing where there are several audiences.
    WrongAuthorizedParty,
    /// `exp` has passed.
    Expired,
    /// `nbf` or `iat` is in the future.
    NotYetValid,
    /// `iat` is too long ago.
    TooOld,
    /// `nonce` is not the one of this sign-in.
    WrongNonce,
    /// `at_hash` is not that of the access token.
    WrongAccessToken,
}

impl MetadataRefusal {
    /// A stable word, for logs and programs: `WRONG_ISSUER`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        self.into()
    }
}

impl IdTokenRefusal {
    /// A stable word, for logs and programs: `WRONG_AUDIENCE`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        self.into()
    }
}

impl std::fmt::Display for MetadataRefusal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

impl std::fmt::Display for IdTokenRefusal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

impl std::error::Error for MetadataRefusal {}
impl std::error::Error for IdTokenRefusal {}
