//! `authgraph outbox`: shows what became of emails, and retries or drops those that were not sent.

use std::process::ExitCode;

use authgraph::app::App;
use authgraph::error::Result;
use authgraph::flows::deliver_mail::LEASE;
use authgraph::records::outbox::{self, OutboxCounts, OutboxEntry};
use authgraph::values::email_address::EmailAddress;
use authgraph::values::ids::MailId;
use authgraph::values::time::Time;
use clap::{Args, Subcommand};

use super::{eprint, print};

/// The most emails that a list shows.
const SHOWN: i64 = 100;

#[derive(Subcommand)]
pub enum OutboxCommand {
    /// List emails that wait or are dead, newest first. With --to: all emails to one address.
    List {
        /// List every email to this address that the outbox still has, including emails that were sent.
        #[arg(long)]
        to: Option<String>,
    },
    /// Try to send all waiting emails now, and give dead emails a new round of attempts.
    Retry,
    /// Drop emails that wait or are dead. They are never sent, and removed after `MAIL_RETENTION` like emails that were sent.
    Drop(MailSelection),
}

/// The emails to drop.
#[derive(Args)]
#[group(required = true, multiple = true)]
pub struct MailSelection {
    /// Their ids, as `authgraph outbox list` shows them.
    ids: Vec<String>,
    /// All emails to this address.
    #[arg(long)]
    to: Option<String>,
}

/// Runs the command.
pub async fn run(app: &App, command: &OutboxCommand) -> Result<ExitCode> {
    let now = app.clock.now();
    match command {
        OutboxCommand::Retry => {
            // First the waiting emails: afterwards the revived ones wait, too, and would be counted twice.
            let hastened = outbox::hasten(&app.db, now + LEASE, now).await?;
            let revived = outbox::revive_dead(&app.db, now).await?;
            print(&format!("{} emails will be tried again now. {revived} of them were dead.\n", hastened + revived))
        }
        OutboxCommand::List { to: Some(to) } => {
            let entries = outbox::list_to(&app.db, &EmailAddress::parse(to)?, SHOWN).await?;
            print(&format!("{} emails to this address.\n{}", entries.len(), lines(&entries, now)))
        }
        OutboxCommand::List { to: None } => {
            let entries = outbox::list_open(&app.db, SHOWN).await?;
            print(&format!("{}\n{}", summary(&outbox::count(&app.db).await?, now), lines(&entries, now)))
        }
        OutboxCommand::Drop(selection) => drop_selected(app, selection, now).await,
    }
}

async fn drop_selected(app: &App, selection: &MailSelection, now: Time) -> Result<ExitCode> {
    let mut ids = Vec::new();
    for text in &selection.ids {
        let Ok(id) = text.parse::<MailId>() else {
            eprint(&format!("{text} is not the id of an email. No email was dropped."));
            return Ok(ExitCode::FAILURE);
        };
        ids.push(id);
    }
    let recipient = selection.to.as_deref().map(EmailAddress::parse).transpose()?;
    let mut dropped = outbox::drop_ids(&app.db, &ids, now).await?;
    if let Some(recipient) = recipient {
        dropped += outbox::drop_to(&app.db, &recipient, now).await?;
    }
    print(&format!("{dropped} emails were dropped.\n"))
}

fn summary(census: &OutboxCounts, now: Time) -> String {
    let oldest = census.oldest_at.map(|posted_at| format!(", the oldest for {}", age(posted_at, now)));
    format!("{} emails wait{}; {} are dead.", census.waiting, oldest.unwrap_or_default(), census.dead)
}

fn lines(entries: &[OutboxEntry], now: Time) -> String {
    let line = |entry: &OutboxEntry| {
        let OutboxEntry { id, state, kind, recipient, attempts, last_answer, .. } = entry;
        let posted = entry.posted_at.format("%Y-%m-%d %H:%M");
        let next = match state.as_str() {
            "WAITING" if entry.due_at > now => format!(", the next in {}", age(now, entry.due_at)),
            "WAITING" => ", the next now".to_owned(),
            _ => entry.settled_at.map(|at| format!(", settled {} ago", age(at, now))).unwrap_or_default(),
        };
        let age = age(entry.posted_at, now);
        format!(
            "{id}  {state}  {kind} to {recipient}  posted {posted} ({age} ago), {attempts} attempts{next}: {last_answer}\n"
        )
    };
    entries.iter().map(line).collect()
}

/// The time between, in its two largest units: `3d 4h`.
fn age(from: Time, to: Time) -> String {
    let seconds = (to - from).num_seconds().max(0);
    match (seconds / 86_400, seconds / 3_600 % 24, seconds / 60 % 60) {
        (0, 0, 0) => format!("{seconds}s"),
        (0, 0, minutes) => format!("{minutes}m"),
        (0, hours, minutes) => format!("{hours}h {minutes}m"),
        (days, hours, _) => format!("{days}d {hours}h"),
    }
}
