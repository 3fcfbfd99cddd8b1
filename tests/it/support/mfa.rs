//! People with an authenticator app. The app knows RFC 6238 and nothing of the server's own reading of it.

use std::time::Duration;

use authgraph::values::time::Time;
use aws_lc_rs::hmac;
use base32::Alphabet;
use serde_json::json;

use super::answer::{Answer, SignedIn};
use super::app::TestApp;
use super::people::PASSWORD;
use super::request::GraphQLRequest;

/// How long a code is shown.
pub const STEP: Duration = Duration::from_secs(30);

const TOKENS: &str = "accessToken refreshToken session { id authMethods device { name } } user { id email }";
const STATUS: &str = "user { mfa { enabled enabledAt backupCodesRemaining } }";

/// A member whose second factor is on.
pub struct MfaMember {
    /// The session in which it was turned on.
    pub session: SignedIn,
    pub authenticator: Authenticator,
    pub backup_codes: Vec<String>,
}

/// An authenticator app.
pub struct Authenticator {
    /// The secret as it was shown.
    pub secret: String,
}

impl Authenticator {
    /// The code that the app shows at a time.
    pub fn code_at(&self, at: Time) -> String {
        let secret = base32::decode(Alphabet::Rfc4648 { padding: false }, &self.secret).expect("a secret in base32");
        let step = u64::try_from(at.timestamp()).unwrap() / STEP.as_secs();
        let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, &secret);
        let tag = hmac::sign(&key, &step.to_be_bytes());
        let offset = usize::from(tag.as_ref()[19] & 0xf);
        let number = u32::from_be_bytes(tag.as_ref()[offset..offset + 4].try_into().unwrap()) & 0x7fff_ffff;
        format!("{:06}", number % 1_000_000)
    }

    /// Six digits that the app does not show around a time.
    pub fn wrong_code_at(&self, at: Time) -> String {
        let shown = [at - STEP, at, at + STEP].map(|at| self.code_at(at));
        let mut candidates = (0..=3).map(|n| format!("{n}12345"));
        candidates.find(|candidate| !shown.contains(candidate)).unwrap()
    }
}

impl TestApp {
    /// A member who has registered and turned the second factor on.
    pub async fn with_mfa(&self, email: &str) -> MfaMember {
        let session = self.signed_in(email).await;
        let authenticator = self.enrolled(&session).await;
        let confirmed = self.confirm_enrollment(&session, &self.code(&authenticator)).await.ok();
        MfaMember { session, authenticator, backup_codes: codes_of(&confirmed, "confirmMfaEnrollment") }
    }

    /// An authenticator that was shown a secret, which is not confirmed yet.
    pub async fn enrolled(&self, who: &SignedIn) -> Authenticator {
        let shown = self.start_enrollment(who).await.ok();
        Authenticator { secret: shown.text_at("/startMfaEnrollment/secret").to_owned() }
    }

    /// The code of this moment.
    pub fn code(&self, authenticator: &Authenticator) -> String {
        authenticator.code_at(self.app.clock.now())
    }

    /// Waits for the next code, which cannot have been used yet.
    pub fn next_code(&self, authenticator: &Authenticator) -> String {
        self.wait(STEP);
        self.code(authenticator)
    }

    pub fn wrong_code(&self, authenticator: &Authenticator) -> String {
        authenticator.wrong_code_at(self.app.clock.now())
    }

    pub fn start_enrollment(&self, who: &SignedIn) -> GraphQLRequest {
        self.ask("mutation { startMfaEnrollment { secret otpauthUri qrCode expiresAt } }").by(who)
    }

    pub fn confirm_enrollment(&self, who: &SignedIn, code: &str) -> GraphQLRequest {
        self.mutate("confirmMfaEnrollment", json!({ "code": code }), &format!("backupCodes {STATUS}")).by(who)
    }

    /// The first step of a sign-in: answers `MfaRequired` where there is a second.
    pub fn first_step(&self, email: &str) -> GraphQLRequest {
        let payload = format!(
            "__typename ... on MfaRequired {{ message challengeToken expiresAt methods }} ... on SignedIn {{ {TOKENS} }}"
        );
        self.mutate("login", json!({ "email": email, "password": PASSWORD }), &payload)
    }

    /// A sign-in that waits for its second factor.
    pub async fn challenge(&self, email: &str) -> String {
        self.first_step(email).await.ok().text_at("/login/challengeToken").to_owned()
    }

    /// Many sign-ins that wait.
    pub async fn challenges(&self, email: &str, how_many: usize) -> Vec<String> {
        let mut challenges = Vec::new();
        for _ in 0..how_many {
            challenges.push(self.challenge(email).await);
        }
        challenges
    }

    pub fn verify_mfa(&self, challenge: &str, code: &str) -> GraphQLRequest {
        let payload = format!("... on SignedIn {{ {TOKENS} }}");
        self.mutate("verifyMfa", json!({ "challengeToken": challenge, "code": code }), &payload)
    }

    /// Both steps of a sign-in.
    pub async fn login_with_code(&self, email: &str, code: &str) -> Answer {
        self.verify_mfa(&self.challenge(email).await, code).await
    }

    pub fn reauthenticate_with_code(&self, who: &SignedIn, code: &str) -> GraphQLRequest {
        self.mutate("reauthenticate", json!({ "code": code }), "session { recentAuthUntil reauthenticationMethods }")
            .by(who)
    }

    pub fn disable_mfa(&self, who: &SignedIn, password: Option<&str>, code: &str) -> GraphQLRequest {
        self.mutate("disableMfa", json!({ "password": password, "code": code }), STATUS).by(who)
    }

    pub fn regenerate_backup_codes(&self, who: &SignedIn, code: &str) -> GraphQLRequest {
        self.mutate("regenerateBackupCodes", json!({ "code": code }), "backupCodes").by(who)
    }

    /// The state of the second factor: `/me/mfa/enabled`.
    pub fn mfa_status(&self, who: &SignedIn) -> GraphQLRequest {
        self.ask("{ me { mfa { enabled enabledAt backupCodesRemaining } } }").by(who)
    }
}

/// The backup codes that a mutation has just shown.
#[track_caller]
pub fn codes_of(answer: &Answer, field: &str) -> Vec<String> {
    let codes = answer.at(&format!("/{field}/backupCodes")).as_array().unwrap();
    codes.iter().map(|code| code.as_str().unwrap().to_owned()).collect()
}
