//! Reads the metadata of an issuer (OpenID Connect Discovery 1.0).

use serde::Deserialize;
use url::Url;

use super::{IssuerSettings, MetadataRefusal, OidcError};
use crate::tools::http_client::{HttpClient, OutboundRequest, OutboundUrl};

/// The path below the location of an issuer (section 4).
const PATH: &str = "/.well-known/openid-configuration";

/// Endpoints from the settings, which take the place of those in the metadata.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names are those of the metadata")]
pub struct EndpointOverrides {
    pub authorization_endpoint: Option<Url>,
    pub token_endpoint: Option<Url>,
    pub userinfo_endpoint: Option<Url>,
    pub jwks_uri: Option<Url>,
}

/// What an issuer says of itself, after its endpoints have passed the checks of the HTTP client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IssuerMetadata {
    /// Its name, as in the metadata.
    pub issuer: String,
    /// Where to send the browser.
    pub authorization_endpoint: Url,
    /// Where to exchange a code.
    pub token_endpoint: OutboundUrl,
    /// Where to ask about the user.
    pub userinfo_endpoint: Option<OutboundUrl>,
    /// Where its keys are.
    pub jwks_uri: OutboundUrl,
    /// How clients may authenticate at the token endpoint: `client_secret_basic`, which also stands here where the issuer
    /// names none, `client_secret_post` …
    pub token_endpoint_auth_methods: Vec<String>,
    /// Whether each answer of the authorization endpoint has `iss` (RFC 9207).
    pub sends_iss: bool,
}

/// The fields that are used, of many.
#[derive(Deserialize)]
struct Document {
    issuer: String,
    authorization_endpoint: Url,
    token_endpoint: Url,
    userinfo_endpoint: Option<Url>,
    jwks_uri: Url,
    token_endpoint_auth_methods_supported: Option<Vec<String>>,
    authorization_response_iss_parameter_supported: Option<bool>,
}

/// Asks the issuer.
pub(super) async fn fetch(http: &HttpClient, settings: &IssuerSettings) -> Result<IssuerMetadata, OidcError> {
    let location = metadata_url(&settings.location);
    let document: Document = http.send(OutboundRequest::get(location.clone())).await?.json()?;
    // Section 4.3: another name means that the metadata is another issuer's.
    if !settings.issuers.accept_metadata(&document.issuer) {
        return Err(MetadataRefusal::WrongIssuer.into());
    }

    let overrides = &settings.overrides;
    let choose = |ours: &Option<Url>, theirs: Url| {
        let url = ours.clone().map_or_else(|| location.names(theirs), OutboundUrl::of_operator);
        http.check(&url).map_err(|_| MetadataRefusal::RefusedEndpoint)?;
        Ok::<_, MetadataRefusal>(url)
    };
    let userinfo = document.userinfo_endpoint.or_else(|| overrides.userinfo_endpoint.clone());
    let basic = || vec!["client_secret_basic".to_owned()];
    Ok(IssuerMetadata {
        issuer: document.issuer,
        authorization_endpoint: choose(&overrides.authorization_endpoint, document.authorization_endpoint)?
            .url()
            .clone(),
        token_endpoint: choose(&overrides.token_endpoint, document.token_endpoint)?,
        userinfo_endpoint: userinfo.map(|url| choose(&overrides.userinfo_endpoint, url)).transpose()?,
        jwks_uri: choose(&overrides.jwks_uri, document.jwks_uri)?,
        token_endpoint_auth_methods: document.token_endpoint_auth_methods_supported.unwrap_or_else(basic),
        sends_iss: document.authorization_response_iss_parameter_supported.unwrap_or(false),
    })
}

/// Where the metadata of an issuer is.
fn metadata_url(location: &OutboundUrl) -> OutboundUrl {
    let mut url = location.url().clone();
    let path = format!("{}{PATH}", url.path().trim_end_matches('/'));
    url.set_path(&path);
    location.names(url)
}
