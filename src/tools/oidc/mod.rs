//! The relying party of OpenID Connect: finds the endpoints and keys of an issuer, and verifies its ID tokens.
//!
//! `discovery` reads the metadata of the issuer, `keys` its signing keys, `kept` keeps both and asks again at the right
//! moments, and `id_token` and `claims` decide about a token. The time is the caller's.

mod claims;
mod discovery;
mod error;
mod id_token;
mod issuers;
mod kept;
mod keys;

use std::sync::Arc;
use std::time::Duration;

pub use jsonwebtoken::Algorithm as SigningAlgorithm;

pub use self::claims::VerifiedIdToken;
pub use self::discovery::{EndpointOverrides, IssuerMetadata};
pub use self::error::{IdTokenRefusal, MetadataRefusal, OidcError};
pub use self::id_token::{ExpectedIdToken, ExpectedNonce};
pub use self::issuers::{AcceptedIssuers, AcceptedTenants};
use self::kept::Kept;
use self::keys::KeySet;
use crate::tools::http_client::{HttpClient, OutboundUrl};
use crate::values::time::Time;

/// What is accepted from an issuer.
#[derive(Debug, Clone)]
pub struct IssuerSettings {
    /// Where its metadata is: this URL with `/.well-known/openid-configuration` after it.
    pub location: OutboundUrl,
    /// The names that it may call itself by, in its metadata and in the claim `iss`.
    pub issuers: AcceptedIssuers,
    /// Endpoints to use in place of those that the metadata names.
    pub overrides: EndpointOverrides,
    /// The algorithms that tokens may be signed with. HMAC is never accepted, because its key would be the client secret.
    pub algorithms: Vec<SigningAlgorithm>,
    /// How far the clocks of the issuer and of this machine may differ.
    pub leeway: Duration,
    /// How long ago, at most, a token may have been issued: the claim `iat`.
    pub max_age: Duration,
}

impl IssuerSettings {
    /// Settings for one issuer: RS256, as OpenID Connect demands of every issuer, a minute between the clocks, and tokens of
    /// the last ten minutes.
    #[must_use]
    pub fn new(location: OutboundUrl, issuers: AcceptedIssuers) -> Self {
        Self {
            location,
            issuers,
            overrides: EndpointOverrides::default(),
            algorithms: vec![SigningAlgorithm::RS256],
            leeway: Duration::from_mins(1),
            max_age: Duration::from_mins(10),
        }
    }
}

/// An issuer, with what is known of it. One value serves all requests of the process.
pub struct OpenIdIssuer {
    settings: IssuerSettings,
    metadata: Kept<IssuerMetadata>,
    keys: Kept<KeySet>,
}

impl OpenIdIssuer {
    /// Asks nothing yet: an issuer that is away does not keep a server from starting.
    #[must_use]
    pub fn new(settings: IssuerSettings) -> Self {
        Self { settings, metadata: Kept::default(), keys: Kept::default() }
    }

    /// Where its endpoints are. Read again after five minutes; while the issuer is away, what was read last is good for a day.
    ///
    /// # Errors
    /// [`OidcError::Http`] where the issuer has no answer, and [`OidcError::Metadata`] where the answer is not acceptable.
    pub async fn metadata(&self, http: &HttpClient, now: Time) -> Result<Arc<IssuerMetadata>, OidcError> {
        self.metadata.get(now, |_| true, discovery::fetch(http, &self.settings)).await
    }

    /// Verifies an ID token (OpenID Connect Core 1.0, section 3.1.3.7).
    ///
    /// # Errors
    /// [`OidcError::IdToken`] says why the token is refused; the others as for [`Self::metadata`].
    pub async fn verify(
        &self,
        http: &HttpClient,
        token: &str,
        expected: &ExpectedIdToken<'_>,
        now: Time,
    ) -> Result<VerifiedIdToken, OidcError> {
        // What can be refused without a key is refused before the issuer is asked for one.
        let header = id_token::read_header(token, &self.settings)?;
        let kid = header.kid.as_deref();
        let is_known = |keys: &KeySet| keys.find(kid, header.algorithm).is_some() || keys.has(kid);
        let fetch = async {
            let metadata = self.metadata(http, now).await?;
            keys::fetch(http, &metadata.jwks_uri).await
        };
        let keys = self.keys.get(now, is_known, fetch).await?;
        let unfit = || if keys.has(kid) { IdTokenRefusal::WrongAlgorithm } else { IdTokenRefusal::UnknownKey };
        let key = keys.find(kid, header.algorithm).ok_or_else(unfit)?;

        let claims = id_token::verify_signature(token, key, header.algorithm)?;
        let token = claims::check(claims, &header, &self.settings, expected, now)?;
        // Otherwise whoever gets a key of one tenant could speak for all.
        if !self.settings.issuers.accept_key(key.issuer.as_deref(), &token.issuer) {
            return Err(IdTokenRefusal::UnknownKey.into());
        }
        Ok(token)
    }

    /// Whether an answer of the authorization endpoint comes from this issuer (RFC 9207, section 2.4): its `iss` must be an
    /// accepted name of the issuer, and must be there where the metadata announces it.
    ///
    /// # Errors
    /// As [`Self::metadata`].
    pub async fn sent_answer(&self, http: &HttpClient, iss: Option<&str>, now: Time) -> Result<bool, OidcError> {
        let metadata = self.metadata(http, now).await?;
        Ok(iss.map_or(!metadata.sends_iss, |iss| self.settings.issuers.accept_name(iss)))
    }

    /// Whether the user proved to the issuer longer ago than this who it is: the claim `auth_time`, which a token need not
    /// have.
    #[must_use]
    pub fn is_login_older(&self, token: &VerifiedIdToken, limit: Duration, now: Time) -> bool {
        token.is_login_older(limit + self.settings.leeway, now)
    }
}
