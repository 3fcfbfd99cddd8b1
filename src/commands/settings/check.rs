//! `authgraph settings check`: the settings as the server reads them, and the connections that a deployment needs.

use std::process::ExitCode;

use authgraph::app::App;
use authgraph::config::Config;
use authgraph::error::Result;
use authgraph::records::database_server::{self, ServerConnections};
use authgraph::tools::clock::Clock;
use authgraph::tools::db::Db;
use authgraph::tools::redis::{CONNECTIONS_PER_SERVER, Redis, RedisMode};
use clap::Args;
use serde::Serialize;

use super::super::{ExitFailure, explain, print, print_json};

#[derive(Args)]
pub struct CheckArguments {
    /// How many instances run at the same time, with these settings. Count also those that overlap during an update.
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..))]
    instances: u32,
    /// Print one JSON object.
    #[arg(long)]
    json: bool,
}

/// What was found.
#[derive(Serialize, Default)]
#[serde(rename_all = "camelCase")]
struct SettingsReport {
    instances: u32,
    /// Why the server would not start.
    faults: Vec<String>,
    /// What it would log, and what a deployment lacks.
    warnings: Vec<String>,
    postgres: Option<PostgresBudget>,
    redis: Option<RedisBudget>,
}

/// The connections to PostgreSQL.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct PostgresBudget {
    /// `DATABASE_MAX_CONNECTIONS`, and one that is open for moments.
    per_instance: u32,
    needed: u64,
    /// What the server accepts; null where it could not be asked.
    available: Option<i32>,
    /// What is connected now, running instances of authgraph included.
    in_use: Option<i64>,
}

/// The connections to one server of Redis: its limit (`maxclients`) is for itself.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct RedisBudget {
    per_instance: u32,
    needed: u64,
    /// Which server that is.
    server: &'static str,
    is_reachable: bool,
}

/// Reads the settings, and asks the database and Redis where they can be reached.
pub async fn run(arguments: &CheckArguments) -> Result<ExitCode> {
    let mut report = SettingsReport { instances: arguments.instances, ..SettingsReport::default() };
    match Config::from_environment() {
        Err(faults) => report.faults = faults.iter().map(ToString::to_string).collect(),
        Ok((config, unknown_names)) => {
            report.warnings = unknown_names;
            // In development this would make keys and files.
            if !config.is_development()
                && let Err(error) = App::open(config.clone(), Clock::System).await
            {
                report.faults.push(explain(&error));
            }
            count_connections(&mut report, &config).await;
        }
    }
    if arguments.json {
        print_json(&report)?;
    } else {
        print(&report.to_text())?;
    }
    Ok(report.exit_code())
}

async fn count_connections(report: &mut SettingsReport, config: &Config) {
    let instances = u64::from(report.instances);
    if config.database.url.expose().starts_with("postgres") {
        let per_instance = config.database.most_connections();
        let server = ask_server(config).await;
        let needed = u64::from(per_instance) * instances;
        let (available, in_use) =
            (server.as_ref().map(ServerConnections::available), server.as_ref().map(|found| found.in_use));
        report.postgres = Some(PostgresBudget { per_instance, needed, available, in_use });
    } else if instances > 1 {
        report.warnings.push("Several instances need PostgreSQL: an SQLite file is for one instance only.".to_owned());
    }
    match Redis::open(&config.redis) {
        Ok(Some(redis)) => {
            let per_instance = CONNECTIONS_PER_SERVER;
            let needed = u64::from(per_instance) * instances;
            let server = match config.redis.mode {
                RedisMode::Single => "the server",
                RedisMode::Cluster => "each node",
                RedisMode::Sentinel => "the master",
            };
            redis.connect().await;
            report.redis = Some(RedisBudget { per_instance, needed, server, is_reachable: redis.is_up().await });
        }
        Ok(None) if instances > 1 => {
            report
                .warnings
                .push("Several instances need Redis: without it each counts rate limits for itself.".to_owned());
        }
        Ok(None) => {}
        Err(error) => report.faults.push(explain(&error)),
    }
}

/// `None` where the server cannot be asked: settings are often checked on another machine.
async fn ask_server(config: &Config) -> Option<ServerConnections> {
    let db = Db::open(&config.database).await.ok()?;
    let found = database_server::connections(&db).await.ok().flatten();
    db.close().await;
    found
}

impl SettingsReport {
    fn is_short(&self) -> bool {
        let available = self.postgres.as_ref().and_then(|budget| Some((budget.needed, budget.available?)));
        available.is_some_and(|(needed, available)| u64::try_from(available).is_ok_and(|available| needed > available))
    }

    fn exit_code(&self) -> ExitCode {
        if !self.faults.is_empty() {
            return ExitFailure::WrongSettings.into();
        }
        if self.is_short() { ExitFailure::Failed.into() } else { ExitCode::SUCCESS }
    }

    fn to_text(&self) -> String {
        let mut lines = Vec::new();
        if self.faults.is_empty() {
            lines.push("The settings are right.".to_owned());
        } else {
            lines.push("The server would not start. Please correct these settings:".to_owned());
            lines.extend(self.faults.iter().map(|fault| format!("  {fault}")));
        }
        lines.extend(self.warnings.iter().map(|warning| format!("Warning: {warning}")));
        let instances = self.instances;
        if let Some(PostgresBudget { per_instance, needed, available, in_use }) = &self.postgres {
            let server = match (available, in_use) {
                (Some(available), Some(in_use)) => {
                    format!("the server accepts {available}, of which {in_use} are in use")
                }
                _ => "the server could not be asked how many it accepts".to_owned(),
            };
            lines.push(format!(
                "PostgreSQL: {needed} connections ({instances} × {per_instance}: DATABASE_MAX_CONNECTIONS, and one for \
                 moments); {server}."
            ));
            if self.is_short() {
                lines.push(
                    "The server accepts too few. Lower DATABASE_MAX_CONNECTIONS, or raise max_connections.".to_owned(),
                );
            }
        }
        if let Some(RedisBudget { per_instance, needed, server, is_reachable }) = &self.redis {
            let state = if *is_reachable { "Redis answers" } else { "Redis does not answer" };
            lines.push(format!("Redis: {needed} connections to {server} ({instances} × {per_instance}); {state}."));
        }
        lines.join("\n") + "\n"
    }
}
