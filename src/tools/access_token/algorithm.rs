//! The signature algorithms on offer, and their names.

use std::str::FromStr;

/// The signature algorithms (RFC 7518, section 3.1, and RFC 8037) on offer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Algorithm {
    /// RSA with SHA-256, understood everywhere.
    Rs256,
    /// ECDSA on P-256. The only one whose signatures differ each time.
    Es256,
    /// Ed25519.
    EdDsa,
}

/// A name that is none of the algorithms on offer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be RS256, ES256 or EdDSA")]
pub struct UnknownAlgorithm;

impl Algorithm {
    /// The name in JOSE headers and settings.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Rs256 => "RS256",
            Self::Es256 => "ES256",
            Self::EdDsa => "EdDSA",
        }
    }
}

impl FromStr for Algorithm {
    type Err = UnknownAlgorithm;

    fn from_str(name: &str) -> Result<Self, UnknownAlgorithm> {
        [Self::Rs256, Self::Es256, Self::EdDsa].into_iter().find(|one| one.as_str() == name).ok_or(UnknownAlgorithm)
    }
}

impl From<Algorithm> for jsonwebtoken::Algorithm {
    fn from(algorithm: Algorithm) -> Self {
        match algorithm {
            Algorithm::Rs256 => Self::RS256,
            Algorithm::Es256 => Self::ES256,
            Algorithm::EdDsa => Self::EdDSA,
        }
    }
}
