//! The users of a test. They know the public schema and nothing else.

use futures_util::future::join_all;
use serde_json::{Value, json};

use super::answer::{Answer, SignedIn};
use super::app::TestApp;
use super::request::GraphQLRequest;

/// The password of every user, until they change it.
pub const PASSWORD: &str = "Correct-Horse-7";

const TOKENS: &str = "fragment Tokens on SignedIn {
    accessToken accessTokenExpiresAt accessTokenExpiresIn refreshToken refreshTokenExpiresAt tokenType
    session { id status createdAt lastSeenAt expiresAt endedAt endReason ipAddress authMethods
        device { name browser os userAgent } }
    user { id email emailVerified name locale role status hasPassword createdAt lastLoginAt }
}";

impl TestApp {
    pub fn register_with(&self, input: Value) -> GraphQLRequest {
        let document = "mutation($input: RegisterInput!) { register(input: $input)
            { __typename ... on EmailVerificationRequired { message email } ...Tokens } }";
        self.ask(format!("{document} {TOKENS}")).input(input)
    }

    pub fn register(&self, email: &str) -> GraphQLRequest {
        self.register_with(json!({ "email": email, "password": PASSWORD }))
    }

    /// A user who has just registered and is signed in.
    pub async fn signed_in(&self, email: &str) -> SignedIn {
        self.register(email).await.signed_in()
    }

    /// A user who has verified the address and has signed in.
    pub async fn verified(&self, email: &str) -> SignedIn {
        self.register(email).await.ok();
        let token = self.token_to(email, "verify_email").await;
        self.verify_email(&token).await.ok();
        self.login(email, PASSWORD).await.signed_in()
    }

    pub fn login_with(&self, input: Value) -> GraphQLRequest {
        let document = "mutation($input: LoginInput!) { login(input: $input)
            { __typename ... on EmailVerificationRequired { message email } ...Tokens } }";
        self.ask(format!("{document} {TOKENS}")).input(input)
    }

    pub fn login(&self, email: &str, password: &str) -> GraphQLRequest {
        self.login_with(json!({ "email": email, "password": password }))
    }

    /// Tries so many wrong passwords, one after the other.
    pub async fn guess_wrong(&self, email: &str, times: usize) {
        for _ in 0..times {
            assert_eq!(self.login(email, "Wrong-Guess-99").await.code(), "INVALID_CREDENTIALS");
        }
    }

    pub fn refresh_with(&self, input: Value) -> GraphQLRequest {
        let document = "mutation($input: RefreshInput!) { refresh(input: $input) { ...Tokens } }";
        self.ask(format!("{document} {TOKENS}")).input(input)
    }

    pub fn refresh(&self, holder: &SignedIn) -> GraphQLRequest {
        self.refresh_with(json!({ "refreshToken": holder.refresh }))
    }

    /// Refreshes under a key that names the attempt.
    pub fn refresh_as(&self, holder: &SignedIn, key: &str) -> GraphQLRequest {
        self.refresh_with(json!({ "refreshToken": holder.refresh, "idempotencyKey": key }))
    }

    pub fn me(&self, who: &SignedIn) -> GraphQLRequest {
        self.ask("{ me { id email emailVerified name locale status } }").by(who)
    }

    pub fn logout(&self, who: &SignedIn) -> GraphQLRequest {
        self.ask("mutation { logout { sessionId } }").by(who)
    }

    /// A mutation that takes one input and answers a payload, as a stranger.
    pub fn mutate(&self, field: &str, input: Value, payload: &str) -> GraphQLRequest {
        let first = field[..1].to_uppercase();
        let document =
            format!("mutation($input: {first}{}Input!) {{ {field}(input: $input) {{ {payload} }} }}", &field[1..]);
        self.ask(document).input(input)
    }

    pub fn verify_email(&self, token: &str) -> GraphQLRequest {
        self.mutate("verifyEmail", json!({ "token": token }), "email")
    }

    pub fn resend_verification(&self, email: &str) -> GraphQLRequest {
        self.mutate("resendVerificationEmail", json!({ "email": email }), "email")
    }

    pub fn request_password_reset(&self, email: &str) -> GraphQLRequest {
        self.mutate("requestPasswordReset", json!({ "email": email }), "email")
    }

    pub fn reset_password(&self, token: &str, new: &str) -> GraphQLRequest {
        self.mutate("resetPassword", json!({ "token": token, "newPassword": new }), "email")
    }

    pub fn change_password(&self, who: &SignedIn, current: &str, new: &str) -> GraphQLRequest {
        self.mutate(
            "changePassword",
            json!({ "currentPassword": current, "newPassword": new }),
            "endedSessionIds endedSessionCount",
        )
        .by(who)
    }

    pub fn reauthenticate(&self, who: &SignedIn, password: &str) -> GraphQLRequest {
        self.mutate(
            "reauthenticate",
            json!({ "password": password }),
            "session { recentAuthUntil reauthenticationMethods }",
        )
        .by(who)
    }

    pub fn request_email_change(&self, who: &SignedIn, new: &str) -> GraphQLRequest {
        self.mutate("requestEmailChange", json!({ "newEmail": new }), "user { email pendingEmail }").by(who)
    }

    pub fn confirm_email_change(&self, token: &str) -> GraphQLRequest {
        self.mutate("confirmEmailChange", json!({ "token": token }), "email")
    }

    pub fn undo_email_change(&self, token: &str) -> GraphQLRequest {
        self.mutate("undoEmailChange", json!({ "token": token }), "email")
    }

    pub fn delete_account(&self, who: &SignedIn, typed: &str) -> GraphQLRequest {
        self.mutate("deleteAccount", json!({ "email": typed }), "userId").by(who)
    }

    pub fn update_profile(&self, who: &SignedIn, input: Value) -> GraphQLRequest {
        self.mutate("updateProfile", input, "user { name locale }").by(who)
    }

    pub fn revoke_session(&self, who: &SignedIn, session: &str) -> GraphQLRequest {
        let payload = "session { id status endReason endedAt }";
        self.mutate("revokeSession", json!({ "sessionId": session }), payload).by(who)
    }

    pub fn revoke_others(&self, who: &SignedIn) -> GraphQLRequest {
        self.ask("mutation { revokeOtherSessions { endedSessionIds endedSessionCount } }").by(who)
    }

    pub fn revoke_all(&self, who: &SignedIn) -> GraphQLRequest {
        self.ask("mutation { revokeAllSessions { endedSessionIds endedSessionCount } }").by(who)
    }

    /// Sends many requests at the same moment.
    pub async fn at_once(&self, requests: impl IntoIterator<Item = GraphQLRequest>) -> Vec<Answer> {
        join_all(requests.into_iter().map(IntoFuture::into_future)).await
    }

    /// The same, where each request is repeated while the server is busy, as docs/clients.md tells clients.
    pub async fn at_once_patiently(&self, requests: impl IntoIterator<Item = GraphQLRequest>) -> Vec<Answer> {
        join_all(requests.into_iter().map(GraphQLRequest::until_available)).await
    }
}
