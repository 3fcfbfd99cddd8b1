//! The client of a provider, from its settings.

use super::github::GitHubClient;
use super::issuer_names;
use super::openid::{OpenIdClient, TokenEndpointLogin};
use crate::config::{AppleKey, ClientAuthenticationSetting, OpenIdSettings, ProviderProtocol};
use crate::error::Result;
use crate::tools::oauth::{ClientAuthentication, ClientSecretSettings, ClientSecretSigner};
use crate::values::oauth::ProviderKind;

/// How a provider is spoken to.
pub(super) enum ProviderClient {
    OpenId(Box<OpenIdClient>),
    GitHub(Box<GitHubClient>),
}

impl ProviderClient {
    pub(super) fn open(client_id: &str, protocol: &ProviderProtocol) -> Result<(ProviderKind, Self)> {
        let (kind, settings, names, login) = match protocol {
            ProviderProtocol::GitHub(github) => {
                let client = Self::GitHub(Box::new(GitHubClient::new(client_id, github)));
                return Ok((ProviderKind::GitHub, client));
            }
            ProviderProtocol::Apple(key, settings) => {
                let login = apple_login(client_id, key, settings)?;
                (ProviderKind::Apple, settings, issuer_names::apple(&settings.issuer), login)
            }
            ProviderProtocol::Google(settings) => {
                (ProviderKind::Google, settings, issuer_names::google(&settings.issuer), fixed_login(settings))
            }
            ProviderProtocol::Microsoft(tenant, settings) => {
                let names = issuer_names::microsoft(&settings.issuer, tenant);
                (ProviderKind::Microsoft, settings, names, fixed_login(settings))
            }
            ProviderProtocol::Oidc(settings) => {
                (ProviderKind::Oidc, settings, issuer_names::named(&settings.issuer), fixed_login(settings))
            }
        };
        Ok((kind, Self::OpenId(Box::new(OpenIdClient::new(kind, client_id, settings, names, login)))))
    }
}

fn fixed_login(settings: &OpenIdSettings) -> TokenEndpointLogin {
    TokenEndpointLogin::Fixed(match &settings.authentication {
        ClientAuthenticationSetting::Basic(secret) => ClientAuthentication::Basic(secret.clone()),
        ClientAuthenticationSetting::Post(secret) => ClientAuthentication::Post(secret.clone()),
        ClientAuthenticationSetting::Public => ClientAuthentication::Public,
    })
}

fn apple_login(client_id: &str, key: &AppleKey, settings: &OpenIdSettings) -> Result<TokenEndpointLogin> {
    let signer = ClientSecretSigner::open(ClientSecretSettings {
        issuer: key.team_id.clone(),
        client_id: client_id.to_owned(),
        audience: issuer_names::apple_audience(&settings.issuer).to_owned(),
        key_id: key.key_id.clone(),
        key: key.key.clone(),
    })?;
    Ok(TokenEndpointLogin::Signed(Box::new(signer)))
}
