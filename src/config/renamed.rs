//! Settings that have another name now. The old name is refused at start, because its value would be ignored otherwise.

use super::read::Read;

/// The old name, and the name or names to use instead.
pub const RENAMED: &[(&str, &str)] = &[
    ("COST_IN_ANSWERS", "COST_EXTENSION"),
    ("MAX_OPERATIONS", "MAX_CONCURRENT_OPERATIONS"),
    ("OPERATION_DEADLINE", "OPERATION_QUEUE_TIMEOUT"),
    ("LIVE_CONNECTIONS_PER_USER", "SUBSCRIPTION_CONNECTIONS_PER_USER"),
    ("LIVE_CONNECTIONS_PER_ADDRESS", "SUBSCRIPTION_CONNECTIONS_PER_ADDRESS"),
    ("LIVE_OPERATIONS_PER_SOCKET", "SUBSCRIPTION_OPERATIONS_PER_SOCKET"),
    ("LIVE_OPERATIONS_PER_USER", "SUBSCRIPTION_OPERATIONS_PER_USER"),
    ("LIVE_MESSAGES_PER_SECOND", "SUBSCRIPTION_MESSAGES_PER_SECOND"),
    ("LIVE_PING_INTERVAL", "SUBSCRIPTION_PING_INTERVAL"),
    ("LIVE_BACKLOG", "SUBSCRIPTION_BACKLOG"),
    ("HASH_QUEUE", "HASH_QUEUE_SIZE"),
    ("HASH_DEADLINE", "HASH_QUEUE_TIMEOUT"),
    ("EMAIL_UNDO_LIFETIME", "EMAIL_CHANGE_UNDO_LIFETIME and DISOWN_SESSION_LIFETIME"),
    ("LETTER_TEMPLATES_DIR", "MAIL_TEMPLATES_DIR"),
    ("USER_RETENTION", "DELETED_USER_RETENTION"),
    ("UNVERIFIED_RETENTION", "UNVERIFIED_USER_RETENTION"),
    ("LETTER_RETENTION", "MAIL_RETENTION"),
];

/// Refuses old names.
pub fn refuse(read: &mut Read<'_>) {
    for (old, new) in RENAMED {
        if read.given(old).is_some() {
            read.fault(*old, format!("renamed; use {new} instead"));
        }
    }
}
