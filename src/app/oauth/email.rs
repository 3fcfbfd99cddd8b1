//! When a provider's word proves that the user owns a mailbox. This is the one place that decides it: a verified address
//! signs in to the account that has it.

use crate::values::claims::ClaimSet;
use crate::values::email_address::EmailAddress;
use crate::values::oauth::{ProviderEmail, ProviderKind};

/// The domains whose mailboxes are Google's own.
const GMAIL: [&str; 2] = ["gmail.com", "googlemail.com"];

/// Whether the claims prove that the user owns the mailbox of this address, which is theirs.
///
/// | provider | verified where | source |
/// |---|---|---|
/// | Google | `email_verified`, and the address is one of Gmail or `hd` names the organization that Google hosts | developers.google.com/identity/gsi/web/guides/verify-google-id-token: for any other address Google is not authoritative, because the mailbox may have changed hands |
/// | Microsoft | `xms_edov` | learn.microsoft.com/entra/identity-platform/optional-claims-reference and …/migrate-off-email-claim-authorization: `email` is what an administrator typed, unless its domain's owner is verified |
/// | Apple | `email_verified` | developer.apple.com/documentation/signinwithapple/authenticating-users-with-sign-in-with-apple: a boolean or a text |
/// | OpenID Connect | `email_verified` | OpenID Connect Core 1.0, section 5.1 |
/// | GitHub | it is `primary` and `verified` in the list | docs.github.com/rest/users/emails, "List email addresses for the authenticated user"; read by [`crate::tools::oauth::fetch_github_user`], and there are no claims |
fn is_verified(kind: ProviderKind, claims: &ClaimSet, address: &EmailAddress) -> bool {
    let is_gmail = || GMAIL.iter().any(|domain| has_domain(address, domain));
    match kind {
        ProviderKind::Google => claims.flag("email_verified") && (is_gmail() || claims.text("hd").is_some()),
        ProviderKind::Microsoft => claims.flag("xms_edov"),
        ProviderKind::Apple | ProviderKind::Oidc => claims.flag("email_verified"),
        ProviderKind::GitHub => false,
    }
}

/// The address in claims of the provider. One that is malformed counts as none.
pub(super) fn in_claims(kind: ProviderKind, claims: &ClaimSet) -> Option<ProviderEmail> {
    let address = EmailAddress::parse(claims.text("email")?).ok()?;
    let is_verified = is_verified(kind, claims, &address);
    Some(ProviderEmail { address, is_verified })
}

/// The address that GitHub has verified.
pub(super) fn of_github(verified: &str) -> Option<ProviderEmail> {
    let address = EmailAddress::parse(verified).ok()?;
    Some(ProviderEmail { address, is_verified: true })
}

/// Whether the address is one of this domain, and not of one that ends alike.
fn has_domain(address: &EmailAddress, domain: &str) -> bool {
    address.as_str().rsplit_once('@').is_some_and(|(_, own)| own == domain)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn verified(kind: ProviderKind, claims: &Value) -> Option<bool> {
        in_claims(kind, &serde_json::from_value(claims.clone()).unwrap()).map(|email| email.is_verified)
    }

    #[test]
    fn google_answers_for_its_own_mailboxes_alone() {
        for (email, is_flagged, hd, expected) in [
            ("ann@gmail.com", json!(true), None, true),
            ("Ann@GoogleMail.com", json!(true), None, true),
            ("ann@gmail.com", json!(false), None, false),
            ("ann@gmail.com", json!(null), None, false),
            ("ann@example.com", json!(true), None, false),
            ("ann@example.com", json!(true), Some(""), false),
            ("ann@example.com", json!(true), Some("example.com"), true),
            ("ann@example.com", json!(false), Some("example.com"), false),
            ("ann@evil-gmail.com", json!(true), None, false),
            ("ann@gmail.com.evil.example", json!(true), None, false),
        ] {
            let claims = json!({ "email": email, "email_verified": is_flagged, "hd": hd });
            assert_eq!(verified(ProviderKind::Google, &claims), Some(expected), "{claims}");
        }
    }

    #[test]
    fn microsoft_answers_where_the_owner_of_the_domain_is_verified() {
        for (flag, expected) in [
            (json!(true), true),
            (json!(1), true),
            (json!("1"), true),
            (json!("true"), true),
            (json!(false), false),
            (json!(0), false),
            (json!("0"), false),
            (json!(null), false),
        ] {
            let claims = json!({ "email": "ann@example.com", "email_verified": true, "xms_edov": flag });
            assert_eq!(verified(ProviderKind::Microsoft, &claims), Some(expected), "{claims}");
        }
    }

    #[test]
    fn the_others_answer_by_their_flag() {
        for kind in [ProviderKind::Apple, ProviderKind::Oidc] {
            for (flag, expected) in [
                (json!(true), true),
                (json!("true"), true),
                (json!(false), false),
                (json!("false"), false),
                (json!(null), false),
            ] {
                let claims = json!({ "email": "ann@example.com", "email_verified": flag, "xms_edov": true });
                assert_eq!(verified(kind, &claims), Some(expected), "{claims}");
            }
        }
    }

    #[test]
    fn an_address_that_is_none_is_not_reported() {
        for email in [json!(null), json!(""), json!("ann"), json!("ann@localhost"), json!(["ann@example.com"])] {
            let claims = json!({ "email": email, "email_verified": true });
            assert_eq!(verified(ProviderKind::Oidc, &claims), None, "{claims}");
        }
        assert_eq!(of_github("ann"), None);
    }
}
