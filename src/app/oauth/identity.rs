//! Who the user is, from what a provider answered.

use uuid::Uuid;

use super::{ProviderFailure, email};
use crate::error::ErrorReason;
use crate::tools::oauth::GitHubUser;
use crate::tools::oidc::{IdTokenRefusal, VerifiedIdToken};
use crate::values::claims::ClaimSet;
use crate::values::oauth::{ProviderIdentity, ProviderKind};
use crate::values::user::parse_name;

/// The user of an ID token. `info` is what the provider answered to the question about this same user.
pub(super) fn of_token(
    kind: ProviderKind,
    token: &VerifiedIdToken,
    info: Option<&ClaimSet>,
) -> Result<ProviderIdentity, ProviderFailure> {
    let claims = &token.claims;
    let subject = match kind {
        ProviderKind::Microsoft => microsoft_subject(claims)?,
        _ => token.subject.clone(),
    };
    // The address and the word on it come from one answer: together they must not say what none of them says.
    let about_email = info.filter(|info| info.text("email").is_some()).unwrap_or(claims);
    let name = claims.text("name").or_else(|| info?.text("name"));
    Ok(ProviderIdentity { subject, email: email::in_claims(kind, about_email), name: name.and_then(fitting_name) })
}

/// A user of GitHub.
pub(super) fn of_github(user: &GitHubUser) -> ProviderIdentity {
    ProviderIdentity {
        subject: user.id.to_string(),
        email: user.verified_email.as_deref().and_then(email::of_github),
        name: user.name.as_deref().and_then(fitting_name),
    }
}

/// A name that does not fit is no reason to refuse a sign-in.
fn fitting_name(name: &str) -> Option<String> {
    parse_name(name).ok().flatten()
}

/// `oid` is unique in its tenant alone; `sub` differs from one client id to the next
/// (learn.microsoft.com/entra/identity-platform/id-token-claims-reference).
fn microsoft_subject(claims: &ClaimSet) -> Result<String, ProviderFailure> {
    let tenant = guid(claims, "tid").ok_or_else(|| refused(IdTokenRefusal::WrongTenant))?;
    let user = guid(claims, "oid").ok_or_else(|| refused(IdTokenRefusal::MissingClaim))?;
    Ok(format!("{tenant}.{user}"))
}

/// A claim that is a GUID, in lower case.
fn guid(claims: &ClaimSet, claim: &str) -> Option<String> {
    let text = claims.text(claim)?;
    // The parser also takes forms without hyphens and with braces.
    let is_hyphenated = text.len() == uuid::fmt::Hyphenated::LENGTH;
    Uuid::try_parse(text).ok().filter(|_| is_hyphenated).map(|id| id.to_string())
}

fn refused(refusal: IdTokenRefusal) -> ProviderFailure {
    ProviderFailure::new(ErrorReason::InvalidIdToken, refusal.as_str())
}
