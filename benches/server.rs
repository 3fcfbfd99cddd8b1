//! How fast the server is, and how quick it stays while logins flood in: the real binary under load, each figure beside
//! a floor of the same run. `docs/benchmarks.md` says how to read what this prints.

mod support;

use std::io::{self, Write};
use std::process::ExitCode;

use mimalloc::MiMalloc;
use support::Result;
use support::engine::Engine;
use support::figures::{self, Plan};
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
    let plan = if has("--quick") { Plan::QUICK } else { Plan::FULL };
    let plan = plan.only_live(has("--live"));
    // Interrupted in here, the server is still ended and the database dropped.
    let outcome = tokio::select! {
        outcome = run(&plan) => outcome,
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

async fn run(plan: &Plan) -> Result<Vec<Row>> {
    let mut rows = Vec::new();
    for engine in Engine::available().await? {
        let _ = writeln!(io::stderr(), "Measuring on {}, about {} s.", engine.name(), plan.seconds());
        let server = Server::start(&engine).await?;
        rows.extend(figures::measure(&server, engine.name(), plan).await.map_err(|error| server.explain(&error))?);
    }
    io::stdout().lock().write_all(table::markdown(&rows).as_bytes())?;
    Ok(rows)
}
