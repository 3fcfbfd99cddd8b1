//! A client secret that is a signed token, as Apple wants it.

use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde::Serialize;

use crate::error::{OrFault, Result};
use crate::values::secret::Secret;
use crate::values::time::Time;

/// How long a secret is good, in seconds. Each exchange has its own; Apple permits six months.
const LIFETIME: i64 = 300;

/// Who signs for which client.
#[derive(Debug, Clone)]
pub struct ClientSecretSettings {
    /// The claim `iss`: Apple's team id.
    pub issuer: String,
    /// The claim `sub`: the client id.
    pub client_id: String,
    /// The claim `aud`: `https://appleid.apple.com`.
    pub audience: String,
    /// The name of the key.
    pub key_id: String,
    /// The P-256 key, as PEM text of PKCS#8: the file `AuthKey_….p8`.
    pub key: Secret,
}

/// Makes client secrets that are JWTs, signed with ES256.
pub struct ClientSecretSigner {
    settings: ClientSecretSettings,
    header: Header,
    key: EncodingKey,
}

#[derive(Serialize)]
struct SecretClaims<'a> {
    iss: &'a str,
    sub: &'a str,
    aud: &'a str,
    iat: i64,
    exp: i64,
}

impl ClientSecretSigner {
    /// Reads the key.
    ///
    /// # Errors
    /// A fault where the key is not the PEM text of a P-256 key.
    pub fn open(settings: ClientSecretSettings) -> Result<Self> {
        // The error of the library does not quote the key.
        let key = EncodingKey::from_ec_pem(settings.key.expose().as_bytes())
            .or_fault("reading the key of a client secret")?;
        let mut header = Header::new(Algorithm::ES256);
        header.kid = Some(settings.key_id.clone());
        let signer = Self { settings, header, key };
        // A key of another curve shows only when it signs.
        signer.make(Time::UNIX_EPOCH)?;
        Ok(signer)
    }

    /// A secret that is good for the next five minutes.
    ///
    /// # Errors
    /// A fault where the key cannot sign.
    pub fn make(&self, now: Time) -> Result<Secret> {
        let iat = now.timestamp();
        let ClientSecretSettings { issuer, client_id, audience, .. } = &self.settings;
        let claims = SecretClaims { iss: issuer, sub: client_id, aud: audience, iat, exp: iat + LIFETIME };
        jsonwebtoken::encode(&self.header, &claims, &self.key).or_fault("signing a client secret").map(Secret::from)
    }
}
