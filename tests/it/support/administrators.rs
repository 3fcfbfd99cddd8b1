//! Administrators: made as an operator makes them on a server, and what they can do.

use authgraph::flows::create_admin::create_admin;
use authgraph::values::email_address::EmailAddress;
use authgraph::values::password::Password;
use serde_json::{Value, json};

use super::answer::SignedIn;
use super::app::TestApp;
use super::people::PASSWORD;
use super::request::GraphQLRequest;

/// How an account stands, as an administrator sees it.
const USER: &str = "user { id email emailVerified name locale role status hasPassword lock { cause until } deletedAt erasedAt mfa { enabled } }";

impl TestApp {
    /// An administrator who has just signed in.
    pub async fn administrator(&self, email: &str) -> SignedIn {
        let address = EmailAddress::parse(email).unwrap();
        create_admin(&self.app, &address, &Password::typed(PASSWORD.to_owned())).await.unwrap();
        self.login(email, PASSWORD).await.signed_in()
    }

    pub fn create_user(&self, admin: &SignedIn, input: Value) -> GraphQLRequest {
        self.mutate("createUser", input, USER).by(admin)
    }

    pub fn update_user(&self, admin: &SignedIn, user: &str, mut change: Value) -> GraphQLRequest {
        change["userId"] = json!(user);
        self.mutate("updateUser", change, USER).by(admin)
    }

    /// Locks a user until a time; without an end for `null`.
    pub fn lock_user(&self, admin: &SignedIn, user: &str, until: Value) -> GraphQLRequest {
        let mut input = json!({ "userId": user });
        input["until"] = until;
        self.mutate("lockUser", input, USER).by(admin)
    }

    pub fn unlock_user(&self, admin: &SignedIn, user: &str) -> GraphQLRequest {
        self.mutate("unlockUser", json!({ "userId": user }), USER).by(admin)
    }

    pub fn mark_email_verified(&self, admin: &SignedIn, user: &str) -> GraphQLRequest {
        self.mutate("markEmailVerified", json!({ "userId": user }), USER).by(admin)
    }

    pub fn delete_user(&self, admin: &SignedIn, user: &str) -> GraphQLRequest {
        self.mutate("deleteUser", json!({ "userId": user }), USER).by(admin)
    }

    pub fn restore_user(&self, admin: &SignedIn, user: &str) -> GraphQLRequest {
        self.mutate("restoreUser", json!({ "userId": user }), USER).by(admin)
    }

    pub fn revoke_user_sessions(&self, admin: &SignedIn, user: &str) -> GraphQLRequest {
        self.mutate("revokeUserSessions", json!({ "userId": user }), "endedSessionIds endedSessionCount").by(admin)
    }

    pub fn revoke_user_session(&self, admin: &SignedIn, session: &str) -> GraphQLRequest {
        let payload = "session { id current status endReason user { email } }";
        self.mutate("revokeUserSession", json!({ "sessionId": session }), payload).by(admin)
    }

    pub fn reset_user_mfa(&self, admin: &SignedIn, user: &str) -> GraphQLRequest {
        self.mutate("resetUserMfa", json!({ "userId": user }), USER).by(admin)
    }

    pub fn send_user_password_reset(&self, admin: &SignedIn, user: &str) -> GraphQLRequest {
        self.mutate("sendUserPasswordReset", json!({ "userId": user }), USER).by(admin)
    }

    /// The user of this id: `/user/status`.
    pub fn user(&self, admin: &SignedIn, id: &str) -> GraphQLRequest {
        let document = format!("query($id: ID!) {{ {} }}", USER.replace("user {", "user(id: $id) {"));
        self.ask(document).variables(json!({ "id": id })).by(admin)
    }
}
