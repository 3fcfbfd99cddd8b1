//! `authgraph users list` and `show`.

use std::collections::BTreeSet;
use std::process::ExitCode;

use authgraph::app::App;
use authgraph::app::described_user::{DescribedUser, describe_users};
use authgraph::error::Result;
use authgraph::records::user_list;
use authgraph::values::paging::{ListScope, Page};
use authgraph::values::user::{Role, UserStatus};
use authgraph::values::user_filter::{PRESENT, TextSearch, UserFilter, UserOrder};
use clap::{Args, ValueEnum};

use super::super::{ExitFailure, eprint, print, print_json};
use super::find;

#[derive(Args)]
pub struct ListArguments {
    /// Only accounts whose address or name contains this text.
    #[arg(long)]
    search: Option<String>,
    /// Only accounts with this role.
    #[arg(long, value_enum)]
    role: Option<ListedRole>,
    /// Only accounts with this status. Deleted accounts are listed only if you ask for them.
    #[arg(long, value_enum)]
    status: Option<ListedStatus>,
    /// The most accounts to list. `authgraph users export` writes all of them.
    #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u16).range(1..=1000))]
    limit: u16,
    /// Print one JSON object for each account, a line each.
    #[arg(long)]
    json: bool,
}

#[derive(Clone, Copy, ValueEnum)]
enum ListedRole {
    User,
    Admin,
}

#[derive(Clone, Copy, ValueEnum)]
enum ListedStatus {
    Active,
    Invited,
    Locked,
    Deleted,
    Erased,
}

/// Lists the accounts that fit, newest first.
pub async fn run(app: &App, arguments: &ListArguments) -> Result<ExitCode> {
    let filter = arguments.filter()?;
    let order = UserOrder::default();
    let scope = ListScope::new("commandLine", &filter, order.field.sorted_by());
    let size = usize::from(arguments.limit);
    let page = Page { scope, size, from: None, backwards: false };
    let mut users = user_list::list(&app.db, &filter, order, &page, app.clock.now()).await?;
    let has_more = users.len() > size;
    users.truncate(size);
    let users = describe_users(app, &users).await?;
    if arguments.json {
        for user in &users {
            print_json(user)?;
        }
    } else {
        print(&users.iter().map(line).collect::<String>())?;
    }
    if has_more {
        eprint(&format!(
            "There are more than {size} such accounts. Please use --search or --limit, or `users export`."
        ));
    }
    Ok(ExitCode::SUCCESS)
}

/// Shows one account.
pub async fn show(app: &App, typed: &str, json: bool) -> Result<ExitCode> {
    let Some(user) = find(app, typed).await? else { return Ok(ExitFailure::Failed.into()) };
    for user in describe_users(app, &[user]).await? {
        if json {
            print_json(&user)?;
        } else {
            print(&details(&user))?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

impl ListArguments {
    fn filter(&self) -> Result<UserFilter> {
        let search = self.search.as_deref().map(TextSearch::anywhere).transpose()?.flatten();
        let role = self.role.map(|role| match role {
            ListedRole::User => Role::User,
            ListedRole::Admin => Role::Admin,
        });
        let status = self.status.map(|status| match status {
            ListedStatus::Active => UserStatus::Active,
            ListedStatus::Invited => UserStatus::Invited,
            ListedStatus::Locked => UserStatus::Locked,
            ListedStatus::Deleted => UserStatus::Deleted,
            ListedStatus::Erased => UserStatus::Erased,
        });
        let default = UserFilter::default();
        Ok(UserFilter {
            searches: search.into_iter().collect(),
            roles: role.map_or(default.roles, |role| BTreeSet::from([role])),
            statuses: status.map_or_else(|| PRESENT.into(), |status| BTreeSet::from([status])),
            ..UserFilter::default()
        })
    }
}

fn line(user: &DescribedUser) -> String {
    let DescribedUser { id, email, role, status, created_at, .. } = user;
    let verified = if user.email_verified { "" } else { ", not verified" };
    let mfa = if user.mfa_enabled { ", second factor" } else { "" };
    format!("{id}  {status}  {role}  {email}{verified}{mfa}  created {created_at}\n")
}

fn details(user: &DescribedUser) -> String {
    let yes = |is: bool| if is { "yes" } else { "no" }.to_owned();
    let or_none = |text: &Option<String>| text.clone().unwrap_or_else(|| "none".to_owned());
    let rows = [
        ("id", user.id.clone()),
        ("email", user.email.clone()),
        ("email verified", yes(user.email_verified)),
        ("name", or_none(&user.name)),
        ("locale", or_none(&user.locale)),
        ("role", user.role.to_owned()),
        ("status", user.status.to_owned()),
        ("locked until", or_none(&user.locked_until)),
        ("second factor", yes(user.mfa_enabled)),
        ("created", user.created_at.clone()),
        ("last login", or_none(&user.last_login_at)),
    ];
    let lines: Vec<String> = rows.iter().map(|(name, value)| format!("{name:<16}{value}")).collect();
    lines.join("\n") + "\n"
}
