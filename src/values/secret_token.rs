//! Secret tokens: the client holds the token, the database only its hash.

use std::fmt;

use aws_lc_rs::{digest, hmac};
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use zeroize::Zeroizing;

use super::email_address::EmailAddress;
use super::ids::UserId;
use crate::error::{OrFault, Result};

/// The SHA-256 of a token, which the database stores. 256 random bits need no slow hash.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::Type)]
#[sqlx(transparent)]
pub struct TokenHash(Vec<u8>);

/// Makes one kind of token with its own prefix, by which secret scanners find it and no kind is taken for another.
macro_rules! secret_token {
    ($(#[$doc:meta])* $name:ident, $prefix:literal) => {
        $(#[$doc])*
        #[derive(Clone)]
        pub struct $name(Zeroizing<[u8; 32]>);

        impl $name {
            const PREFIX: &'static str = $prefix;

            /// 256 bits from the operating system's generator.
            ///
            /// # Errors
            /// A fault where the generator fails.
            pub fn random() -> Result<Self> {
                let mut bytes = Zeroizing::new([0; 32]);
                aws_lc_rs::rand::fill(bytes.as_mut_slice()).or_fault("drawing random bytes")?;
                Ok(Self(bytes))
            }

            /// Reads a token that a client presents; `None` where it does not have the form of this kind.
            #[must_use]
            pub fn parse(presented: &str) -> Option<Self> {
                let mut bytes = Zeroizing::new([0; 32]);
                let text = presented.trim().strip_prefix(Self::PREFIX)?;
                let length = BASE64_URL_SAFE_NO_PAD.decode_slice(text, bytes.as_mut_slice()).ok()?;
                (length == bytes.len()).then_some(Self(bytes))
            }

            /// The hash that the database stores.
            #[must_use]
            pub fn hash(&self) -> TokenHash {
                TokenHash(digest::digest(&digest::SHA256, self.0.as_slice()).as_ref().to_vec())
            }

            /// The token in clear, which only its owner may see.
            #[must_use]
            pub fn expose(&self) -> String {
                format!("{}{}", Self::PREFIX, BASE64_URL_SAFE_NO_PAD.encode(self.0.as_slice()))
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(concat!(stringify!($name), "(redacted)"))
            }
        }
    };
}

secret_token! {
    /// Renews a session: opaque, for one use (RFC 9700, section 4.14.2).
    RefreshToken, "agr_"
}
secret_token! {
    /// Proves that the reader of an email owns the mailbox; it is in the link, for one use.
    OneTimeToken, "ago_"
}

secret_token! {
    /// Names a sign-in that waits for its second factor.
    ChallengeToken, "agc_"
}

secret_token! {
    /// Names a sign-in at a provider that has begun. Only the client that began it holds the token.
    OAuthFlowToken, "agf_"
}

impl TokenHash {
    /// The bytes, for what is sealed for the holder of the token.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl From<Vec<u8>> for TokenHash {
    fn from(hash: Vec<u8>) -> Self {
        Self(hash)
    }
}

/// The key of a session from which its refresh tokens follow, so that a stolen token alone does not give its successor.
#[derive(Clone, sqlx::Type)]
#[sqlx(transparent)]
pub struct RefreshSalt(Vec<u8>);

impl RefreshSalt {
    /// 256 random bits.
    ///
    /// # Errors
    /// A fault where the generator fails.
    pub fn random() -> Result<Self> {
        let mut bytes = vec![0; 32];
        aws_lc_rs::rand::fill(&mut bytes).or_fault("drawing random bytes")?;
        Ok(Self(bytes))
    }
}

impl fmt::Debug for RefreshSalt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RefreshSalt(redacted)")
    }
}

/// The name that a client gives to one attempt, as a hash.
#[derive(Debug, Clone)]
pub struct IdempotencyKey(TokenHash);

/// What an attempt does. The same key of a client names different attempts in different scopes.
#[derive(Debug, Clone, Copy)]
pub enum AttemptScope<'a> {
    /// Registers this address.
    Register(&'a EmailAddress),
    /// Creates an account with this address, as this administrator.
    CreateUser(UserId, &'a EmailAddress),
}

impl IdempotencyKey {
    /// Hashes the key that the client sent.
    #[must_use]
    pub fn new(key: &str) -> Self {
        Self(TokenHash(digest::digest(&digest::SHA256, key.as_bytes()).as_ref().to_vec()))
    }

    /// The hash that the database stores with a refresh token.
    #[must_use]
    pub fn hash(&self) -> TokenHash {
        self.0.clone()
    }

    /// The hash that the database stores with an account: HMAC-SHA-256 over what the attempt does, keyed with the key. Equal
    /// keys of two clients have different hashes.
    #[must_use]
    pub fn hash_in(&self, scope: AttemptScope<'_>) -> TokenHash {
        let mut context = hmac::Context::with_key(&hmac::Key::new(hmac::HMAC_SHA256, &self.0.0));
        match scope {
            AttemptScope::Register(email) => {
                context.update(b"register\0");
                context.update(email.as_str().as_bytes());
            }
            AttemptScope::CreateUser(admin, email) => {
                context.update(b"createUser\0");
                context.update(admin.uuid().as_bytes());
                context.update(email.as_str().as_bytes());
            }
        }
        TokenHash(context.sign().as_ref().to_vec())
    }
}

impl RefreshToken {
    /// The one successor of this token: HMAC-SHA-256 over it, keyed with the session's salt.
    ///
    /// It can be computed again from the token that the client presents, so it is never stored. Neither the database
    /// (which has no token) nor a thief of the token (who has no salt) can compute it alone.
    #[must_use]
    pub fn successor(&self, salt: &RefreshSalt) -> Self {
        let mut context = hmac::Context::with_key(&hmac::Key::new(hmac::HMAC_SHA256, &salt.0));
        context.update(self.0.as_slice());
        let mut bytes = Zeroizing::new([0; 32]);
        for (to, from) in bytes.iter_mut().zip(context.sign().as_ref()) {
            *to = *from;
        }
        Self(bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_survives_the_way_through_its_text() {
        let token = RefreshToken::random().unwrap();

        assert_eq!(RefreshToken::parse(&token.expose()).unwrap().hash(), token.hash());
    }

    #[test]
    fn a_token_of_another_kind_is_refused() {
        let token = OneTimeToken::random().unwrap();

        assert!(RefreshToken::parse(&token.expose()).is_none());
    }

    #[test]
    fn a_token_never_shows_in_a_log() {
        let token = RefreshToken::random().unwrap();

        assert_eq!(format!("{token:?}"), "RefreshToken(redacted)");
    }

    #[test]
    fn the_successor_depends_on_token_and_salt() {
        let (token, salt) = (RefreshToken::random().unwrap(), RefreshSalt::random().unwrap());
        let successor = token.successor(&salt).hash();

        assert_eq!(successor, token.successor(&salt).hash());
        assert_ne!(successor, token.successor(&RefreshSalt::random().unwrap()).hash());
        assert_ne!(successor, RefreshToken::random().unwrap().successor(&salt).hash());
    }

    #[test]
    fn the_hash_of_an_attempt_depends_on_key_purpose_person_and_address() {
        let (ann, ben) =
            (EmailAddress::parse("ann@example.com").unwrap(), EmailAddress::parse("ben@example.com").unwrap());
        let (root, other) = (UserId::new(), UserId::new());
        let scopes = [
            AttemptScope::Register(&ann),
            AttemptScope::Register(&ben),
            AttemptScope::CreateUser(root, &ann),
            AttemptScope::CreateUser(other, &ann),
            AttemptScope::CreateUser(root, &ben),
        ];
        let keys = [IdempotencyKey::new("one"), IdempotencyKey::new("two")];
        let hash_all = || keys.iter().flat_map(|key| scopes.map(|scope| key.hash_in(scope).0)).collect::<Vec<_>>();

        let distinct: std::collections::BTreeSet<_> = hash_all().into_iter().collect();

        assert_eq!(distinct.len(), 10);
        assert_eq!(hash_all(), hash_all());
    }
}
