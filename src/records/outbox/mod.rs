//! Emails to send: posted in the transaction of the action they tell of, delivered by a background task.

mod delivery;
mod operation;

use std::net::IpAddr;

use sqlx::types::Json;

pub use self::delivery::{
    Posted, TakenMail, claim, note_dead, note_delivered, note_dropped, postpone, read, renew, take_due,
};
pub use self::operation::{
    OutboxCounts, OutboxEntry, count, drop_ids, drop_to, hasten, list_open, list_to, revive_dead, sweep,
};
use crate::error::Result;
use crate::tools::db::{Tx, sql};
use crate::values::caller::Caller;
use crate::values::email_address::EmailAddress;
use crate::values::ids::{MailId, SessionId, UserId};
use crate::values::time::Time;

/// What an email is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, sqlx::Type)]
#[sqlx(type_name = "text", rename_all = "SCREAMING_SNAKE_CASE")]
#[allow(missing_docs, reason = "the names of the emails")]
pub enum MailKind {
    VerifyEmail,
    ResetPassword,
    AccountExists,
    ConfirmEmailChange,
    EmailChanged,
    PasswordChanged,
    SessionCompromised,
    NewDevice,
    MfaEnabled,
    MfaDisabled,
    BackupCodeUsed,
    BackupCodesRegenerated,
    MfaCodesRefused,
    EmailChangeRequested,
    AccountDeleted,
    Invitation,
    MfaReset,
    ProviderLinked,
    ProviderUnlinked,
}

impl MailKind {
    /// Whether the email only informs, and asks its reader for nothing.
    #[must_use]
    pub const fn is_notice(self) -> bool {
        match self {
            Self::PasswordChanged
            | Self::SessionCompromised
            | Self::NewDevice
            | Self::MfaEnabled
            | Self::MfaDisabled
            | Self::BackupCodeUsed
            | Self::BackupCodesRegenerated
            | Self::MfaCodesRefused
            | Self::EmailChangeRequested
            | Self::EmailChanged
            | Self::AccountDeleted
            | Self::MfaReset
            | Self::ProviderLinked
            | Self::ProviderUnlinked => true,
            Self::VerifyEmail
            | Self::ResetPassword
            | Self::AccountExists
            | Self::ConfirmEmailChange
            | Self::Invitation => false,
        }
    }
}

/// What the template of an email needs besides its kind; never a secret.
#[derive(Debug, Clone, Default, serde::Serialize, serde::Deserialize)]
#[allow(missing_docs, reason = "the words of the emails")]
#[serde(default)]
pub struct Details {
    pub device: Option<String>,
    pub address: Option<IpAddr>,
    pub at: Option<Time>,
    pub new_address: Option<EmailAddress>,
    pub session: Option<SessionId>,
    pub remaining: Option<i64>,
    /// The name of a provider, as users read it.
    pub provider: Option<String>,
    /// Ties the email to its request in the log. The email does not show it.
    pub correlation_id: Option<String>,
}

impl Details {
    /// Tells of nothing but the request that caused the email.
    #[must_use]
    pub fn caused_by(caller: &Caller) -> Self {
        Self { correlation_id: Some(caller.correlation_id.clone()), ..Self::default() }
    }

    /// Tells of an action: on what device, from where, when.
    #[must_use]
    pub fn for_action(device: String, caller: &Caller, at: Time) -> Self {
        Self { device: Some(device), address: Some(caller.address), at: Some(at), ..Self::caused_by(caller) }
    }
}

/// An email to be posted.
#[derive(Debug)]
pub struct Draft<'a> {
    /// What it is about.
    pub kind: MailKind,
    /// Where it goes.
    pub recipient: &'a EmailAddress,
    /// The account it belongs to; `None` where the flow must not look whether there is an account.
    pub user: Option<UserId>,
    /// What it tells.
    pub details: Details,
}

/// Posts an email. The commit of the transaction wakes the mailer.
pub async fn post(tx: &mut Tx, draft: Draft<'_>, now: Time) -> Result<()> {
    insert(tx, draft, None, now).await
}

/// Writes an email that is never sent, in the place of one that must not be missed by someone who measures the time.
pub async fn post_settled(tx: &mut Tx, draft: Draft<'_>, now: Time) -> Result<()> {
    insert(tx, draft, Some(now), now).await
}

async fn insert(tx: &mut Tx, draft: Draft<'_>, settled_at: Option<Time>, now: Time) -> Result<()> {
    let state = if settled_at.is_some() { "DROPPED" } else { "WAITING" };
    tx.query(sql!(
        "insert into outbox (id, kind, recipient, user_id, details, posted_at, due_at, settled_at, state)",
        " values ($1, $2, $3, $4, $5, $6, $6, $7, $8)"
    ))
    .bind(MailId::new())
    .bind(draft.kind)
    .bind(draft.recipient.clone())
    .bind(draft.user)
    .bind(Json(draft.details))
    .bind(now)
    .bind(settled_at)
    .bind(state.to_owned())
    .execute()
    .await?;
    tx.announce_mail();
    Ok(())
}

/// Drops waiting emails of one kind to one recipient, because a newer one replaces them.
pub async fn withdraw(tx: &mut Tx, kind: MailKind, recipient: &EmailAddress, now: Time) -> Result<()> {
    tx.query(sql!(
        "update outbox set state = 'DROPPED', settled_at = $3 where recipient = $1 and kind = $2 and state = 'WAITING'"
    ))
    .bind(recipient.clone())
    .bind(kind)
    .bind(now)
    .execute()
    .await?;
    Ok(())
}

/// Drops waiting emails of one kind that belong to one user.
pub async fn withdraw_of_user(tx: &mut Tx, kind: MailKind, user: UserId, now: Time) -> Result<()> {
    tx.query(sql!(
        "update outbox set state = 'DROPPED', settled_at = $3 where user_id = $1 and kind = $2 and state = 'WAITING'"
    ))
    .bind(user)
    .bind(kind)
    .bind(now)
    .execute()
    .await?;
    Ok(())
}

/// Drops waiting emails that offer to undo a change of address, except those to addresses that the user had before the
/// restored one.
pub async fn withdraw_later_undo(tx: &mut Tx, user: UserId, restored: &EmailAddress, now: Time) -> Result<()> {
    tx.query(sql!(
        "update outbox set state = 'DROPPED', settled_at = $2",
        " where user_id = $1 and kind = 'EMAIL_CHANGED' and state = 'WAITING' and recipient not in",
        " (select h.email from email_holds h where h.user_id = $1",
        " and h.held_until < (select o.held_until from email_holds o where o.email = $3))"
    ))
    .bind(user)
    .bind(now)
    .bind(restored.clone())
    .execute()
    .await?;
    Ok(())
}

/// Drops every waiting email that belongs to a user, except those that offer to undo a change of address.
pub async fn withdraw_but_undo(tx: &mut Tx, user: UserId, now: Time) -> Result<()> {
    tx.query(sql!(
        "update outbox set state = 'DROPPED', settled_at = $2",
        " where user_id = $1 and kind <> 'EMAIL_CHANGED' and state = 'WAITING'"
    ))
    .bind(user)
    .bind(now)
    .execute()
    .await?;
    Ok(())
}
