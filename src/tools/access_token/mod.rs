//! Signs and verifies access tokens: JWTs (RFC 7519) with the profile of RFC 9068.

mod algorithm;
mod folder;
mod key;
mod key_ring;
#[cfg(test)]
mod tests;

use std::fmt;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::{Duration, Instant};

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use jsonwebtoken::jwk::JwkSet;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

pub use self::algorithm::{Algorithm, UnknownAlgorithm};
pub use self::folder::{KeyListing, KeyState, create_key, ensure_key, list_keys};
use self::key::{HEADER_TYPE, SigningKey};
pub use self::key_ring::ACTIVATION;
use self::key_ring::KeyRing;
use crate::error::{OrFault, Result};
use crate::values::time::Time;

/// Longer tokens are refused unread, in bytes. Ours are some 800.
const MAX_TOKEN_BYTES: usize = 4096;

/// How often, at most, an unknown key makes us look into the folder again.
const FOLDER_RECHECK_INTERVAL: Duration = Duration::from_secs(1);

/// The claims that every token has and every verification checks.
#[derive(Debug, Clone)]
pub struct AccessTokenSettings {
    /// With which algorithm to sign. A token is verified with the algorithm of its key, whichever that is, so that tokens
    /// outlive a change of this setting.
    pub algorithm: Algorithm,
    /// The claim `iss`.
    pub issuer: String,
    /// The claim `aud`.
    pub audience: String,
    /// The claim `client_id`.
    pub client_id: String,
    /// From issue to expiry, in whole seconds.
    pub lifetime: Duration,
    /// How long after its expiry a token still passes, for clocks that differ: a few seconds at most.
    pub leeway: Duration,
}

/// Where the keys are.
pub enum KeySource {
    /// A folder as [`create_key`] fills it. Read again on [`AccessTokens::reload`], and when an unknown key is met.
    Folder(PathBuf),
    /// PEM text of one or more PKCS#8 private keys. The first one signs.
    Pem(String),
}

/// What one access token is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewAccessToken {
    /// The claim `sub`.
    pub subject: String,
    /// The claim `sid`.
    pub session: String,
    /// The claim `jti`.
    pub token_id: String,
    /// The claim `role`.
    pub role: String,
}

/// A token ready to be given to its owner.
pub struct SignedAccessToken {
    token: String,
    /// The claim `exp`.
    pub expires_at: Time,
}

/// The payload of an access token.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "the names are those of RFC 7519, section 4.1, and RFC 9068, section 2.2")]
pub struct Claims {
    pub iss: String,
    pub aud: String,
    pub sub: String,
    /// RFC 9068 demands it, and strict validators look for it. We do not tell applications apart, so all tokens have one.
    #[serde(default)]
    pub client_id: String,
    pub sid: String,
    pub jti: String,
    pub role: String,
    pub iat: i64,
    pub exp: i64,
    pub typ: TokenUse,
}

/// The claim `typ`: an access token says so, so that no other token can stand in for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TokenUse {
    /// For calling the API.
    Access,
}

/// Signs and verifies with the keys it holds.
pub struct AccessTokens {
    settings: AccessTokenSettings,
    folder: Option<PathBuf>,
    keys: RwLock<Arc<KeyRing>>,
    folder_read_at: Mutex<Option<Instant>>,
}

impl AccessTokens {
    /// Reads the keys.
    ///
    /// # Errors
    /// A fault if they cannot be read, one of them is weak, or none is of the algorithm.
    pub fn open(settings: AccessTokenSettings, source: KeySource) -> Result<Self> {
        let (keys, folder) = match source {
            KeySource::Folder(folder) => {
                folder::warn_of_other_writers(&folder);
                (KeyRing::from_files(&folder::read(&folder)?, settings.algorithm), Some(folder))
            }
            KeySource::Pem(text) => (KeyRing::from_pem(&Zeroizing::new(text), settings.algorithm)?, None),
        };
        keys.require_one()?;
        let folder_read_at = Mutex::new(None);
        Ok(Self { settings, folder, keys: RwLock::new(Arc::new(keys)), folder_read_at })
    }

    /// Signs a token. With RS256 and `EdDSA` the same details, time and keys give the same token.
    ///
    /// # Errors
    /// A fault of the cryptography.
    pub fn sign(&self, details: NewAccessToken, issued_at: Time) -> Result<SignedAccessToken> {
        let keys = self.keys();
        let key = keys.signer(issued_at).or_fault("finding the key that signs")?;
        let iat = issued_at.timestamp();
        let exp = iat.saturating_add_unsigned(self.settings.lifetime.as_secs());
        let claims = Claims {
            iss: self.settings.issuer.clone(),
            aud: self.settings.audience.clone(),
            sub: details.subject,
            client_id: self.settings.client_id.clone(),
            sid: details.session,
            jti: details.token_id,
            role: details.role,
            iat,
            exp,
            typ: TokenUse::Access,
        };
        let payload = serde_json::to_vec(&claims).or_fault("writing the claims of an access token")?;
        let mut token = format!("{}.{}", key.header, BASE64_URL_SAFE_NO_PAD.encode(payload));
        let signature = key.sign(token.as_bytes())?;
        token.push('.');
        BASE64_URL_SAFE_NO_PAD.encode_string(signature, &mut token);
        let expires_at = Time::from_timestamp(exp, 0).or_fault("computing when an access token expires")?;
        Ok(SignedAccessToken { token, expires_at })
    }

    /// The claims of a token that we signed, for this audience, and that has not expired at `now`.
    #[must_use]
    pub fn verify(&self, token: &str, now: Time) -> Option<Claims> {
        if token.len() > MAX_TOKEN_BYTES {
            return None;
        }
        let header = jsonwebtoken::decode_header(token).ok()?;
        // RFC 7515, section 4.1.11: a token with critical extensions we do not know must be refused.
        if header.typ.as_deref() != Some(HEADER_TYPE) || header.crit.is_some() {
            return None;
        }
        // The key says which algorithm it is for, and never the header (RFC 8725, section 3.1): `decode` refuses another.
        let key = self.find_key(&header.kid?)?;
        let claims: Claims = jsonwebtoken::decode(token, &key.decoding, &key.validation).ok()?.claims;
        self.accepts(&claims, now).then_some(claims)
    }

    /// The public keys for others who verify our tokens (RFC 7517).
    #[must_use]
    pub fn jwks(&self) -> JwkSet {
        self.keys().jwks()
    }

    /// Reads the folder again, so that added keys are known and removed ones forgotten. Call it more often than
    /// [`ACTIVATION`]. Keys given as text stay.
    ///
    /// A key whose file is gone is forgotten whatever else is wrong, and if it was the last one, every token is refused and
    /// none is signed until there is another: the operator who removes a leaked key must not be overruled.
    ///
    /// # Errors
    /// A fault as in [`Self::open`]. A file that cannot be read keeps the key that it held; a folder that cannot be read
    /// keeps them all.
    pub fn reload(&self) -> Result<()> {
        let Some(folder) = &self.folder else { return Ok(()) };
        let before = self.keys();
        let found = folder::look(folder, |kid| before.find(kid))?;
        let keys = Arc::new(KeyRing::from_files(&found.files, self.settings.algorithm));
        *self.keys.write().unwrap_or_else(PoisonError::into_inner) = Arc::clone(&keys);
        keys.require_one()?;
        found.unfit.map_or(Ok(()), Err)
    }

    fn accepts(&self, claims: &Claims, now: Time) -> bool {
        // RFC 7519, section 4.1.4: not "on or after" the expiry.
        let ends = claims.exp.saturating_add_unsigned(self.settings.leeway.as_secs());
        claims.iss == self.settings.issuer && claims.aud == self.settings.audience && now.timestamp() < ends
    }

    fn find_key(&self, kid: &str) -> Option<Arc<SigningKey>> {
        self.keys().find(kid).or_else(|| if self.reload_for_unknown_key() { self.keys().find(kid) } else { None })
    }

    /// Another instance may have added a key. Whether the folder was read again.
    fn reload_for_unknown_key(&self) -> bool {
        let mut read_at = self.folder_read_at.lock().unwrap_or_else(PoisonError::into_inner);
        if self.folder.is_none() || read_at.is_some_and(|at| at.elapsed() < FOLDER_RECHECK_INTERVAL) {
            return false;
        }
        *read_at = Some(Instant::now());
        drop(read_at);
        self.reload().inspect_err(|error| tracing::warn!(?error, "not all signing keys could be read")).is_ok()
    }

    fn keys(&self) -> Arc<KeyRing> {
        Arc::clone(&self.keys.read().unwrap_or_else(PoisonError::into_inner))
    }
}

impl SignedAccessToken {
    /// The token itself, for its owner only.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.token
    }
}

impl fmt::Debug for SignedAccessToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SignedAccessToken").field("expires_at", &self.expires_at).finish_non_exhaustive()
    }
}
