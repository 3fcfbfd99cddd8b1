//! How fast the server is, and how quick it stays while logins flood in: the real binary under load, each figure beside
//! a floor of the same run. `docs/benchmarks.md` says how to read what this prints.

mod support;

use std::io::{self, Write};
use std::process::ExitCode;

use mimalloc::MiMalloc;
use support::Result;
use support::administration::{self, Scale};
use support::engine::Engine;
use support::figures::{self, Parts, Plan};
use support::limits;
use support::server::Server;
use support::table::{self, Row};

/// As in the server: it takes the memory of a hash as huge pages, and the floor must have the same.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

#[tokio::main]
async fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().collect();
    let has = |flag: &str| arguments.iter().any(|argument| argument == flag);
    // `cargo test --all-targets` starts benchmarks too, without this flag; a test run should not wait for them.
    if !has("--bench") {
        return ExitCode::SUCCESS;
    }
    let (plan, scale) = if has("--quick") { (Plan::QUICK, Scale::QUICK) } else { (Plan::FULL, Scale::FULL) };
    // `cargo bench -- --only administration`
    let only = arguments.iter().skip_while(|argument| *argument != "--only").nth(1);
    let parts = Parts::named(only.map(String::as_str));
    // Interrupted in here, the server is still ended and the database dropped.
    let outcome = tokio::select! {
        outcome = run(&plan, scale, parts) => outcome,
        _ = tokio::signal::ctrl_c() => Err("interrupted".into()),
    };
    match outcome {
        Ok(rows) if rows.iter().all(Row::is_kept) => ExitCode::SUCCESS,
        Ok(rows) => {
            let missed: Vec<String> = rows.iter().filter(|row| !row.is_kept()).map(ToString::to_string).collect();
            let _ = writeln!(io::stderr(), "Demanded and missed:\n  {}", missed.join("\n  "));
            ExitCode::FAILURE
        }
        Err(error) => {
            let _ = writeln!(io::stderr(), "The benchmark failed: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run(plan: &Plan, scale: Scale, parts: Parts) -> Result<Vec<Row>> {
    let mut rows = Vec::new();
    if parts.live || parts.requests {
        for engine in Engine::available().await? {
            let _ = writeln!(io::stderr(), "Measuring on {}, about {} s.", engine.name(), plan.seconds());
            let server = Server::start(&engine).await?;
            rows.extend(
                figures::measure(&server, engine.name(), plan, parts).await.map_err(|error| server.explain(&error))?,
            );
        }
    }
    if parts.limits {
        for (off, on) in Engine::available().await?.into_iter().zip(Engine::available().await?) {
            let _ = writeln!(io::stderr(), "Measuring what counting costs on {}.", on.name());
            rows.extend(limits::measure((&off, &on), plan).await?);
        }
    }
    if parts.administration {
        for (small, large) in Engine::available().await?.into_iter().zip(Engine::available().await?) {
            let _ = writeln!(io::stderr(), "Measuring an administrator's pages on {}.", small.name());
            rows.extend(administration::measure((&small, &large), scale).await?);
        }
    }
    io::stdout().lock().write_all(table::markdown(&rows).as_bytes())?;
    Ok(rows)
}
