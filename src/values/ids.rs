//! Typed identifiers: a UUIDv7 in the database, a TypeID (`user_01h…`) in the API, logs and exports.

use std::fmt;
use std::str::FromStr;

use type_safe_id::{StaticType, TypeSafeId};
use uuid::Uuid;

/// Makes one kind of identifier: the newtype, its prefix, its text form.
macro_rules! id {
    ($(#[$doc:meta])* $name:ident, $kind:ident, $prefix:literal) => {
        #[derive(Default)]
        struct $kind;

        impl StaticType for $kind {
            const TYPE: &'static str = $prefix;
        }

        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, sqlx::Type, serde::Serialize, serde::Deserialize)]
        #[sqlx(transparent)]
        #[serde(transparent)]
        pub struct $name(Uuid);

        impl $name {
            /// A new one, later in order than all before it.
            #[must_use]
            pub fn new() -> Self {
                Self(Uuid::now_v7())
            }

            /// The bare UUID.
            #[must_use]
            pub const fn uuid(self) -> Uuid {
                self.0
            }
        }

        impl Default for $name {
            fn default() -> Self {
                Self::new()
            }
        }

        impl From<Uuid> for $name {
            fn from(uuid: Uuid) -> Self {
                Self(uuid)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                TypeSafeId::<$kind>::from_uuid(self.0).fmt(f)
            }
        }

        impl FromStr for $name {
            type Err = NotAnId;

            fn from_str(text: &str) -> Result<Self, NotAnId> {
                text.parse::<TypeSafeId<$kind>>().map(|id| Self(id.uuid())).map_err(|_| NotAnId)
            }
        }
    };
}

/// The text is not an identifier of the expected kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not an identifier of this kind")]
pub struct NotAnId;

id! {
    /// Names a user: `user_…`.
    UserId, UserKind, "user"
}
id! {
    /// Names a session: `session_…`.
    SessionId, SessionKind, "session"
}
id! {
    /// Names an audit event: `event_…`.
    EventId, EventKind, "event"
}
id! {
    /// Names an email in the outbox: `mail_…`.
    MailId, MailIdKind, "mail"
}

id! {
    /// Names an account at an OAuth provider: `oauth_…`.
    OAuthAccountId, OAuthAccountKind, "oauth"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_survives_the_way_through_its_text() {
        let id = UserId::new();

        assert_eq!(id.to_string().parse(), Ok(id));
    }

    #[test]
    fn an_id_of_another_kind_is_refused() {
        let session = SessionId::new().to_string();

        assert_eq!(session.parse::<UserId>(), Err(NotAnId));
    }
}
