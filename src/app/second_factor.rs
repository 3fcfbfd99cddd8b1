//! The second factor: a sign-in that waits for it, and the one place where its codes are judged.

use std::time::Duration;

use uuid::Uuid;

use super::App;
use super::entrant::AuthenticatedUser;
use super::guesses::CodePlace;
use crate::error::{Refusal, Result};
use crate::records::audit_log::{self, NewAuditEvent};
use crate::records::mfa;
use crate::records::mfa_challenges::{self, NewChallenge};
use crate::records::outbox::{self, Details, Draft, MailKind};
use crate::records::users::{self, User};
use crate::tools::db::Tx;
use crate::tools::totp::TotpSecret;
use crate::values::audit::AuditAction;
use crate::values::caller::Caller;
use crate::values::ids::UserId;
use crate::values::mfa::TypedCode;
use crate::values::secret_token::{ChallengeToken, TokenHash};
use crate::values::session::AuthMethod;
use crate::values::time::Time;

/// How long a sign-in waits for its second factor.
const CHALLENGE_LIFETIME: Duration = Duration::from_mins(5);

/// So many wrong codes in this time are told to their owner, once.
const WRONG_CODES_TOLD: i64 = 5;
const WRONG_CODES_PERIOD: Duration = Duration::from_hours(24);

/// A sign-in that waits for its second factor. There is no session yet.
#[derive(Debug)]
pub struct MfaChallenge {
    /// What only this client holds.
    pub token: ChallengeToken,
    /// How long it waits.
    pub expires_at: Time,
    /// By what the second step can be taken.
    pub methods: Vec<AuthMethod>,
}

/// A code that fits, before it is used up.
#[derive(Debug)]
pub enum MatchedCode {
    /// It belongs to this time step.
    Step(i64),
    /// It may be this backup code.
    Backup(TokenHash),
}

impl App {
    /// Lets a sign-in wait, if its user has a second factor.
    pub(super) async fn challenge(
        &self,
        tx: &mut Tx,
        entrant: &AuthenticatedUser<'_>,
        now: Time,
    ) -> Result<Option<MfaChallenge>> {
        if mfa::find_in(tx, entrant.user.id).await?.is_none() {
            return Ok(None);
        }
        let expires_at = now + CHALLENGE_LIFETIME;
        let new = NewChallenge {
            user: entrant.user.id,
            first_factor: entrant.method,
            device_name: entrant.device_name.clone(),
            caller: entrant.caller,
            expires_at,
        };
        let token = mfa_challenges::open(tx, new).await?;
        let mut methods = vec![AuthMethod::Totp];
        if mfa::count_backup_codes_in(tx, entrant.user.id).await? > 0 {
            methods.push(AuthMethod::BackupCode);
        }
        Ok(Some(MfaChallenge { token, expires_at, methods }))
    }

    /// Judges a code, after counting it where it was given. Nothing is used up yet: that is for [`App::consume_code`], in
    /// the transaction of the deed.
    ///
    /// # Errors
    /// `RATE_LIMITED`; a fault where the secret does not open, which is never the fault of the code.
    pub async fn verify_code(
        &self,
        place: CodePlace<'_>,
        user: &User,
        typed: &str,
        now: Time,
    ) -> Result<Option<MatchedCode>> {
        self.reserve_code(place, user.id, now).await?;
        let Some(authenticator) = mfa::find(&self.db, user.id).await? else { return Ok(None) };
        match TypedCode::parse(typed) {
            None => Ok(None),
            Some(TypedCode::Backup(code)) => Ok(Some(MatchedCode::Backup(code.hash(user.id)))),
            Some(TypedCode::Totp(code)) => {
                let secret = self.sealer.unseal(&authenticator.sealed_secret, user.id.uuid().as_bytes())?;
                let step = TotpSecret::from_bytes(&secret)?.matching_step(code.expose(), now);
                Ok(step.map(MatchedCode::Step))
            }
        }
    }

    /// Uses a fitting code up. `None` where it has been used before, also by somebody at the same moment. Holds the user
    /// before anything of theirs: a reset of the password does the same.
    ///
    /// # Errors
    /// `UNAVAILABLE`, or a fault.
    pub async fn consume_code(
        &self,
        tx: &mut Tx,
        caller: &Caller,
        user: &User,
        code: Option<&MatchedCode>,
        now: Time,
    ) -> Result<Option<AuthMethod>> {
        if code.is_some() {
            users::hold(tx, user.id).await?;
        }
        match code {
            None => Ok(None),
            Some(MatchedCode::Step(step)) => Ok(mfa::use_step(tx, user.id, *step).await?.then_some(AuthMethod::Totp)),
            Some(MatchedCode::Backup(hash)) => {
                if !mfa::use_backup_code(tx, user.id, hash, now).await? {
                    return Ok(None);
                }
                let remaining = mfa::count_backup_codes_in(tx, user.id).await?;
                let event =
                    NewAuditEvent::success(AuditAction::BackupCodeUsed).by(user.id).with("remaining", remaining);
                audit_log::write(tx, caller, event, now).await?;
                let details = Details {
                    remaining: Some(remaining),
                    ..Details::for_action(self.device_label(caller), caller, now)
                };
                self.post(tx, MailKind::BackupCodeUsed, user, details, now).await?;
                Ok(Some(AuthMethod::BackupCode))
            }
        }
    }

    /// Counts a refused code, writes it into the trail, and answers the refusal.
    ///
    /// # Errors
    /// `UNAVAILABLE`, or a fault.
    pub async fn refuse_code(
        &self,
        caller: &Caller,
        (user, failed): (&User, NewAuditEvent),
        attempts_left: Option<i32>,
        now: Time,
    ) -> Result<Refusal> {
        self.note_wrong_code(caller, Some(user), now).await?;
        let mut tx = self.db.begin().await?;
        audit_log::write(&mut tx, caller, failed.with("reason", "INVALID_MFA_CODE"), now).await?;
        tx.commit().await?;
        Ok(Refusal::InvalidMfaCode { attempts_left })
    }

    /// Counts a wrong code of a user's second factor. The fifth in a day is told by email: the person who types codes knows
    /// the password already.
    ///
    /// # Errors
    /// `UNAVAILABLE`, or a fault.
    pub async fn note_wrong_code(&self, caller: &Caller, user: Option<&User>, now: Time) -> Result<()> {
        let mut tx = self.db.begin().await?;
        let id = user.map_or(UserId::from(Uuid::nil()), |user| user.id);
        let wrong = mfa::count_wrong_code(&mut tx, id, WRONG_CODES_PERIOD, now).await?;
        if let Some(user) = user.filter(|_| wrong == Some(WRONG_CODES_TOLD)) {
            let details = Details::for_action(self.device_label(caller), caller, now);
            self.post(&mut tx, MailKind::MfaCodesRefused, user, details, now).await?;
        }
        tx.commit().await?;
        self.mail_posted.notify_one();
        Ok(())
    }

    /// Posts an email to a user's own address.
    ///
    /// # Errors
    /// `UNAVAILABLE`, or a fault.
    pub async fn post(&self, tx: &mut Tx, kind: MailKind, user: &User, details: Details, now: Time) -> Result<()> {
        outbox::post(tx, Draft { kind, recipient: &user.email, user: Some(user.id), details }, now).await
    }
}
