//! Why a stored hash is refused.

/// Why a text is not a hash that can be verified.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum HashRefusal {
    /// It begins like no algorithm that is known here.
    #[error("the password hash is of an unknown kind")]
    Unknown,
    /// Its parts cannot be read.
    #[error("the password hash is malformed")]
    Malformed,
    /// To verify it would take gigabytes or many seconds, at each attempt to sign in.
    #[error("the password hash costs too much to verify")]
    Absurd,
}
