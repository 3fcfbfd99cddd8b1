//! Importing accounts of another system: their addresses, names and password hashes, many at a time.

mod fields;
mod foreign_user;
mod formats;
mod hashes;
mod keycloak;
mod rows;

use std::collections::HashSet;
use std::io::BufRead;

use serde::Serialize;
use serde_json::Value;

use self::foreign_user::ForeignUser;
use self::rows::Rows;
use crate::app::App;
use crate::error::{FieldErrorCode, FieldFault, Result};
use crate::records::audit_batch;
use crate::records::audit_log::NewAuditEvent;
use crate::records::imports::{self, BATCH, ImportedAccount};
use crate::records::statistics;
use crate::values::audit::AuditAction;
use crate::values::caller::Caller;
use crate::values::ids::UserId;
use crate::values::time::Time;
use crate::values::user::Role;

/// Whose export a file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names of systems; docs/import.md describes their files")]
pub enum ImportFormat {
    /// JSON Lines, as `authgraph users export` writes them.
    Jsonl,
    /// The same fields as CSV.
    Csv,
    Auth0,
    Keycloak,
    Supabase,
    BetterAuth,
    Django,
    Firebase,
}

/// How a file is imported.
#[derive(Clone)]
pub struct ImportOptions {
    /// Whose export it is.
    pub format: ImportFormat,
    /// Whether nothing is written.
    pub is_dry_run: bool,
    /// Whether every address counts as verified, whatever the file says.
    pub assume_verified: bool,
    /// The parameters of Firebase's scrypt: `v=1,n=14,r=8,p=1,ss=…,sk=…`.
    pub firebase_parameters: Option<String>,
}

/// What became of the users of a file.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ImportTotals {
    /// Users in the file.
    pub read: u64,
    /// Accounts that were created; in a dry run: that would be.
    pub imported: u64,
    /// Users whose address has an account already, or is held for its previous owner, or was in the file before.
    pub existing: u64,
    /// Users that were refused, with their reasons.
    pub refused: u64,
    /// Created accounts with a password.
    pub with_password: u64,
    /// Created accounts with a second factor.
    pub with_mfa: u64,
    /// Created accounts of administrators.
    pub administrators: u64,
}

/// What an import tells while it runs.
pub enum ImportNews<'a> {
    /// A user was refused: where they stand, and why.
    Refused(&'a str, &'a str),
    /// So much is done.
    Progress(ImportTotals),
}

/// Imports the users of a file. A user whose address has an account is left out, so that an import that was interrupted can be
/// run again. Accounts are created in batches, each with its audit events in one transaction.
///
/// # Errors
/// `VALIDATION_FAILED` for a header that cannot be read; `UNAVAILABLE`, a fault: what is written stays.
pub async fn import_users(
    app: &App,
    file: Box<dyn BufRead>,
    options: &ImportOptions,
    mut tell: impl FnMut(ImportNews<'_>),
) -> Result<ImportTotals> {
    let now = app.clock.now();
    let mut batches =
        Batches { app, is_dry_run: options.is_dry_run, now, totals: ImportTotals::default(), seen: HashSet::new() };
    let mut accounts = Vec::with_capacity(BATCH);
    for (place, user) in users(file, options, now)? {
        batches.totals.read += 1;
        let checked = match user {
            Ok(user) => {
                let email_verified = user.email_verified || options.assume_verified;
                ForeignUser { email_verified, ..user }.check(app, now)?
            }
            Err(reason) => Err(reason),
        };
        match checked {
            Ok(account) => accounts.push(account),
            Err(reason) => {
                batches.totals.refused += 1;
                tell(ImportNews::Refused(&place, &reason));
            }
        }
        if accounts.len() == BATCH {
            batches.write(std::mem::take(&mut accounts)).await?;
            tell(ImportNews::Progress(batches.totals));
        }
    }
    batches.write(accounts).await?;
    if !options.is_dry_run {
        while statistics::fold(&app.db, 10_000).await? > 0 {}
    }
    Ok(batches.totals)
}

/// The users of a file, each with its place.
type Users<'a> = Box<dyn Iterator<Item = (String, Result<ForeignUser, String>)> + 'a>;

fn users(file: Box<dyn BufRead>, options: &ImportOptions, now: Time) -> Result<Users<'_>> {
    let read = |rows: Rows, user: fn(&Value) -> Result<ForeignUser, String>| -> Users<'_> {
        Box::new(rows.map(move |(place, row)| (place, row.and_then(|row| user(&row)))))
    };
    let list = |mut document: Value, names: [&str; 2]| {
        let name = if document.get(names[0]).is_some() { names[0] } else { names[1] };
        document.get_mut(name).map(Value::take).unwrap_or_default()
    };
    Ok(match options.format {
        ImportFormat::Jsonl => read(rows::of_json(file)?, formats::own),
        ImportFormat::Csv => read(own_csv(file)?, formats::own),
        ImportFormat::Auth0 => read(rows::of_json(file)?, formats::auth0),
        ImportFormat::Django => read(rows::of_csv(file)?.1, formats::django),
        ImportFormat::Keycloak => {
            read(rows::of_list(list(rows::document(file)?, ["users", "users"])), keycloak::keycloak)
        }
        ImportFormat::Supabase => {
            let rows = json_or_csv(file)?;
            Box::new(rows.map(move |(place, row)| (place, row.and_then(|row| formats::supabase(&row, now)))))
        }
        ImportFormat::Firebase => {
            let rows = rows::of_list(list(rows::document(file)?, ["users", "users"]));
            let parameters = options.firebase_parameters.as_deref();
            Box::new(rows.map(move |(place, row)| (place, row.and_then(|row| formats::firebase(&row, parameters)))))
        }
        ImportFormat::BetterAuth => {
            let document = rows::document(file)?;
            let passwords = formats::better_auth_passwords(&list(document.clone(), ["accounts", "account"]));
            let rows = rows::of_list(list(document, ["users", "user"]));
            Box::new(rows.map(move |(place, row)| (place, row.and_then(|row| formats::better_auth(&row, &passwords)))))
        }
    })
}

fn json_or_csv(mut file: Box<dyn BufRead>) -> Result<Rows> {
    if matches!(rows::first_byte(&mut *file)?, Some(b'[' | b'{')) {
        rows::of_json(file)
    } else {
        Ok(rows::of_csv(file)?.1)
    }
}

/// A column that is misspelt would be missing in every account, so the file is refused as a whole.
fn own_csv(file: Box<dyn BufRead>) -> Result<Rows> {
    let (header, rows) = rows::of_csv(file)?;
    match header.iter().find(|name| !formats::is_own(name)) {
        None => Ok(rows),
        Some(name) => {
            let message = format!("There is no column {name:?}. docs/import.md lists the columns.");
            Err(FieldFault::new(FieldErrorCode::Invalid, message).at("header").into())
        }
    }
}

/// Writes batch after batch.
struct Batches<'a> {
    app: &'a App,
    is_dry_run: bool,
    now: Time,
    totals: ImportTotals,
    /// In a dry run: the addresses of the file so far, because no account has them yet.
    seen: HashSet<String>,
}

impl Batches<'_> {
    async fn write(&mut self, mut accounts: Vec<ImportedAccount>) -> Result<()> {
        // In one order, so that two imports at the same time do not wait for each other crosswise.
        accounts.sort_by(|one, other| one.email.as_str().cmp(other.email.as_str()));
        let created = if self.is_dry_run { self.find_free(&accounts).await? } else { self.create(&accounts).await? };
        let is = |account: &&ImportedAccount| created.contains(&account.id.uuid());
        let count = |fits: fn(&ImportedAccount) -> bool| {
            accounts.iter().filter(is).filter(|account| fits(account)).count() as u64
        };
        self.totals.imported += created.len() as u64;
        self.totals.existing += (accounts.len() - created.len()) as u64;
        self.totals.with_password += count(|account| account.password_hash.is_some());
        self.totals.with_mfa += count(|account| account.sealed_totp_secret.is_some());
        self.totals.administrators += count(|account| account.role == Role::Admin);
        Ok(())
    }

    async fn create(&self, accounts: &[ImportedAccount]) -> Result<HashSet<uuid::Uuid>> {
        let mut tx = self.app.db.begin().await?;
        let created = imports::create(&mut tx, accounts, self.now).await?;
        let events = accounts.iter().filter(|account| created.contains(&account.id)).map(|account| {
            NewAuditEvent::success(AuditAction::UserImported)
                .about(Some(account.id))
                .with("role", account.role.as_str())
                .with("emailVerified", account.email_verified_at.is_some())
                .with("mfaEnabled", account.sealed_totp_secret.is_some())
        });
        let events = events.collect();
        audit_batch::write_many(&mut tx, &Caller::operator("authgraph command line"), events, self.now).await?;
        tx.commit().await?;
        Ok(created.into_iter().map(UserId::uuid).collect())
    }

    async fn find_free(&mut self, accounts: &[ImportedAccount]) -> Result<HashSet<uuid::Uuid>> {
        let emails: Vec<_> = accounts.iter().map(|account| account.email.clone()).collect();
        let taken = imports::list_taken(&self.app.db, &emails, self.now).await?;
        let free = accounts.iter().filter(|account| {
            let email = account.email.as_str();
            !taken.contains(email) && self.seen.insert(email.to_owned())
        });
        Ok(free.map(|account| account.id.uuid()).collect())
    }
}
