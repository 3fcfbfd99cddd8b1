//! The flow of a sign-in at a provider: opened when it begins, used up before its answer is judged.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::app::App;
use crate::app::oauth::{Provider, ProviderAnswer, ProviderFailure};
use crate::error::{Error, ErrorReason, OrFault, Refusal, Result};
use crate::records::audit_log::{self, NewAuditEvent};
use crate::records::oauth_flows::{self, NewFlow, OAuthFlow};
use crate::tools::oauth::{CodeVerifier, ProviderErrorCode, random_value};
use crate::values::caller::Caller;
use crate::values::ids::SessionId;
use crate::values::oauth::{IdTokenAnswer, OAuthAnswer, OAuthPurpose, ProviderIdentity, RedirectAnswer, state_hash};
use crate::values::secret::Secret;
use crate::values::secret_token::{OAuthFlowToken, TokenHash};
use crate::values::time::Time;

/// How long a sign-in at a provider may take.
const LIFETIME: Duration = Duration::from_mins(10);

/// What only this server knows of a flow.
pub struct FlowSecrets {
    /// Comes back in the ID token.
    pub nonce: Secret,
    /// The secret of PKCE.
    pub verifier: CodeVerifier,
}

/// The secrets, as they are sealed.
#[derive(Serialize, Deserialize)]
struct StoredSecrets<'a> {
    nonce: &'a str,
    verifier: &'a str,
}

/// A flow to be stored.
pub struct FlowToOpen<'a> {
    /// Where the user signs in.
    pub provider: &'a Provider,
    /// What for.
    pub purpose: OAuthPurpose,
    /// Where the client waits for the browser, and `state`. `None` where an app gets an ID token.
    pub redirect: Option<(&'a str, &'a Secret)>,
    /// The session that the sign-in belongs to.
    pub session: Option<SessionId>,
    /// What only this server knows.
    pub secrets: &'a FlowSecrets,
}

/// Whom a provider named, and in which flow.
pub struct ProvedIdentity<'a> {
    /// The provider.
    pub provider: &'a Provider,
    /// Whom it named.
    pub identity: ProviderIdentity,
}

/// A flow whose answer is not accepted.
pub struct FailedFlow {
    provider: String,
    failure: ProviderFailure,
}

impl FlowSecrets {
    /// New ones.
    ///
    /// # Errors
    /// A fault where the generator of the operating system fails.
    pub fn random() -> Result<Self> {
        Ok(Self { nonce: random_value()?, verifier: CodeVerifier::random()? })
    }

    fn seal(&self, app: &App, flow: &TokenHash) -> Result<Vec<u8>> {
        let stored = StoredSecrets { nonce: self.nonce.expose(), verifier: self.verifier.expose() };
        app.sealer.seal(&serde_json::to_vec(&stored).or_fault("writing the secrets of a flow")?, flow.as_bytes())
    }

    fn unseal(app: &App, flow: &TokenHash, sealed: &[u8]) -> Result<Self> {
        let bytes = app.sealer.unseal(sealed, flow.as_bytes())?;
        let stored: StoredSecrets<'_> = serde_json::from_slice(&bytes).or_fault("reading the secrets of a flow")?;
        let verifier = CodeVerifier::parse(stored.verifier).or_fault("reading the verifier of a flow")?;
        Ok(Self { nonce: stored.nonce.to_owned().into(), verifier })
    }
}

/// Stores a flow. Answers the token that names it, and how long it waits.
pub async fn open(app: &App, new: FlowToOpen<'_>, now: Time) -> Result<(OAuthFlowToken, Time)> {
    let (token, expires_at) = (OAuthFlowToken::random()?, now + LIFETIME);
    let flow = NewFlow {
        token: &token,
        provider: new.provider.name(),
        purpose: new.purpose,
        redirect_uri: new.redirect.map(|(uri, _)| uri),
        state_hash: new.redirect.map(|(_, state)| state_hash(state.expose())),
        sealed_secrets: new.secrets.seal(app, &token.hash())?,
        session: new.session,
        expires_at,
    };
    oauth_flows::open(&app.db, flow).await?;
    Ok((token, expires_at))
}

/// Uses a flow up, whatever its answer is worth, and asks the provider who the user is. No connection to the database is held
/// meanwhile.
///
/// # Errors
/// `INVALID_TOKEN` for a flow that is unknown, used, expired, or of another purpose or session. What is wrong with the answer
/// is in the inner result, for the audit trail: see [`FailedFlow::refuse`].
pub async fn redeem<'a>(
    app: &'a App,
    answer: &OAuthAnswer,
    purpose: OAuthPurpose,
    session: Option<SessionId>,
    now: Time,
) -> Result<Result<ProvedIdentity<'a>, FailedFlow>> {
    let token = answer.flow().ok_or(Refusal::UNKNOWN_TOKEN)?;
    let mut tx = app.db.begin().await?;
    let Some(flow) = oauth_flows::consume(&mut tx, token, purpose, session, now).await? else {
        return Err(oauth_flows::refusal(&mut tx, token, purpose, now).await?.into());
    };
    // From here on the flow is used up, whatever happens: a provider may be asked only once for each.
    tx.commit().await?;
    let secrets = FlowSecrets::unseal(app, &token.hash(), &flow.sealed_secrets)?;
    let asked = Asked { flow: &flow, secrets: &secrets, purpose };
    let identified = match app.oauth.find(&flow.provider) {
        Some(provider) => asked.identify(provider, answer, now).await.map(|identity| (provider, identity)),
        // The operator has removed the provider meanwhile.
        None => Err(failure(ErrorReason::ProviderError, "NOT_CONFIGURED")),
    };
    Ok(match identified {
        Ok((provider, identity)) => Ok(ProvedIdentity { provider, identity }),
        Err(failure) => Err(FailedFlow { provider: flow.provider, failure }),
    })
}

/// A flow that was used up, and its answer is to be judged.
struct Asked<'a> {
    flow: &'a OAuthFlow,
    secrets: &'a FlowSecrets,
    purpose: OAuthPurpose,
}

impl Asked<'_> {
    async fn identify(
        &self,
        provider: &Provider,
        answer: &OAuthAnswer,
        now: Time,
    ) -> Result<ProviderIdentity, ProviderFailure> {
        match answer {
            OAuthAnswer::Redirect(answer) => self.identify_redirect(provider, answer, now).await,
            OAuthAnswer::IdToken(answer) => self.identify_id_token(provider, answer, now).await,
        }
    }

    async fn identify_redirect(
        &self,
        provider: &Provider,
        answer: &RedirectAnswer,
        now: Time,
    ) -> Result<ProviderIdentity, ProviderFailure> {
        // A flow for an ID token has no state.
        let (Some(redirect_uri), Some(expected)) = (&self.flow.redirect_uri, &self.flow.state_hash) else {
            return Err(failure(ErrorReason::StateMismatch, "NO_REDIRECT_FLOW"));
        };
        // Before anything else of the answer is believed, also an error.
        if state_hash(&answer.state) != *expected {
            return Err(failure(ErrorReason::StateMismatch, "WRONG_STATE"));
        }
        let code = match &answer.code {
            Ok(code) => code,
            Err(error) => {
                let is_denied = error == "access_denied" || error == "user_cancelled_authorize";
                let reason = if is_denied { ErrorReason::AccessDenied } else { ErrorReason::ProviderError };
                return Err(failure(reason, ProviderErrorCode::read(error).as_str()));
            }
        };
        let asked = ProviderAnswer {
            code,
            iss: answer.iss.as_deref(),
            callback_uri: provider.callback_uri(redirect_uri),
            nonce: &self.secrets.nonce,
            verifier: &self.secrets.verifier,
            purpose: self.purpose,
        };
        let identity = provider.identify(&asked, now).await?;
        Ok(ProviderIdentity { name: answer.name.clone().or(identity.name), ..identity })
    }

    async fn identify_id_token(
        &self,
        provider: &Provider,
        answer: &IdTokenAnswer,
        now: Time,
    ) -> Result<ProviderIdentity, ProviderFailure> {
        // The nonce of a browser's flow was in a URL; it must not vouch for a token without a code.
        if self.flow.redirect_uri.is_some() {
            return Err(failure(ErrorReason::InvalidIdToken, "NO_ID_TOKEN_FLOW"));
        }
        if answer.provider.as_deref().is_some_and(|named| named != provider.name()) {
            return Err(failure(ErrorReason::InvalidIdToken, "WRONG_PROVIDER"));
        }
        let nonce = &self.secrets.nonce;
        let identity = provider.identify_by_id_token(&answer.id_token, nonce, self.purpose, now).await?;
        Ok(ProviderIdentity { name: answer.name.clone().or(identity.name), ..identity })
    }
}

impl FailedFlow {
    /// The provider named somebody else.
    #[must_use]
    pub fn wrong_account(proved: &ProvedIdentity<'_>) -> Self {
        let failure = failure(ErrorReason::WrongAccount, ErrorReason::WrongAccount.as_str());
        Self { provider: proved.provider.name().to_owned(), failure }
    }

    /// Writes the failure into the audit trail and the metrics, and answers what the client gets.
    pub async fn refuse(self, app: &App, caller: &Caller, failed: NewAuditEvent, now: Time) -> Result<Error> {
        let Self { provider, failure } = self;
        let refusal = failure.refusal();
        app.metrics.oauth(&provider, failure.reason.as_str());
        let event = failed.with("reason", refusal.code().as_str()).with("provider", provider);
        let event = event.with("failure", failure.detail);
        let mut tx = app.db.begin().await?;
        audit_log::write(&mut tx, caller, event, now).await?;
        tx.commit().await?;
        Ok(refusal.into())
    }
}

fn failure(reason: ErrorReason, detail: &str) -> ProviderFailure {
    ProviderFailure { reason, detail: detail.to_owned() }
}
