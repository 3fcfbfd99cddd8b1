//! The release binary as a child process, with the settings operators get, only without limits on attempts and on connections.

use std::error::Error;
use std::fmt::Display;
use std::fs::{self, File};
use std::io::Write;
use std::net::{SocketAddr, TcpListener};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use tempfile::TempDir;
use tokio::time::{sleep, timeout};

use super::Result;
use super::engine::Engine;

use super::http::{Connection, get};

/// Limits would be all there is to measure.
const UNLIMITED: [&str; 7] = [
    "RATE_LIMIT_REQUESTS",
    "RATE_LIMIT_BUDGET",
    "RATE_LIMIT_AUTH",
    "RATE_LIMIT_AUTH_NETWORK",
    "RATE_LIMIT_AUTH_PAIR",
    "RATE_LIMIT_AUTH_ACCOUNT",
    "RATE_LIMIT_EMAIL",
];
/// How long a start may take: migrations, a key, the first administrator.
const START_PATIENCE: Duration = Duration::from_mins(1);
/// The unit of CPU times in `/proc` (proc(5), `USER_HZ`: 100 on every Linux that Rust's tier 1 knows).
const TICKS_PER_SECOND: f64 = 100.0;

/// A running server. It is killed when this is dropped.
pub struct Server {
    child: Child,
    house: House,
    /// Where it listens.
    pub address: SocketAddr,
}

/// The commands of the release binary, in a folder and on an engine of their own.
pub struct House {
    folder: TempDir,
    settings: Vec<(&'static str, String)>,
}

impl House {
    /// An empty one.
    pub fn new(engine: &Engine) -> Result<Self> {
        Ok(Self { folder: tempfile::tempdir()?, settings: engine.settings() })
    }

    /// The same with these settings besides.
    pub fn with(mut self, settings: &[(&'static str, &str)]) -> Self {
        self.settings.extend(settings.iter().map(|(name, value)| (*name, (*value).to_owned())));
        self
    }

    /// Runs a command to its end, with `input` on its standard input.
    pub fn run(&self, arguments: &[&str], input: &str) -> Result<()> {
        let mut child = self.command().args(arguments).stdin(Stdio::piped()).stderr(Stdio::inherit()).spawn()?;
        if let Some(mut stdin) = child.stdin.take() {
            stdin.write_all(input.as_bytes())?;
        }
        let status = child.wait()?;
        if status.success() { Ok(()) } else { Err(format!("authgraph {}: {status}", arguments.join(" ")).into()) }
    }

    fn command(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_authgraph"));
        command
            .current_dir(self.folder.path())
            .env_clear()
            .env("AUTHGRAPH_ENV", "development")
            .env("LOG", "warn")
            .envs(UNLIMITED.map(|limit| (limit, "0")))
            .envs(
                ["LIVE_CONNECTIONS_PER_USER", "LIVE_CONNECTIONS_PER_ADDRESS", "LIVE_OPERATIONS_PER_USER"]
                    .map(|limit| (limit, "5000")),
            )
            .envs(self.settings.iter().map(|(name, value)| (*name, value)))
            .stdin(Stdio::null())
            .stdout(Stdio::null());
        command
    }
}

impl Server {
    /// Starts a server on the engine and waits until it is ready.
    pub async fn start(engine: &Engine) -> Result<Self> {
        Self::start_in(House::new(engine)?).await
    }

    /// Starts a server on what commands have prepared, and waits until it is ready.
    pub async fn start_in(house: House) -> Result<Self> {
        // Free at this moment, and no other process asks for ports meanwhile.
        let address = TcpListener::bind("127.0.0.1:0")?.local_addr()?;
        let said = File::create(house.folder.path().join("stderr"))?;
        let child = house.command().env("LISTEN", address.to_string()).stderr(said).spawn()?;
        let mut server = Self { child, house, address };
        match timeout(START_PATIENCE, server.wait_until_ready()).await {
            Ok(Ok(())) => Ok(server),
            Ok(Err(error)) => Err(server.explain(&error)),
            Err(late) => Err(server.explain(&late)),
        }
    }

    /// Makes an administrator, at the command line.
    pub fn create_admin(&self, email: &str, password: &str) -> Result<()> {
        self.house.run(&["users", "create-admin", "--email", email, "--password-stdin"], password)
    }

    /// The CPU time that all threads of the server have used since its start.
    pub fn cpu_time(&self) -> Result<Duration> {
        cpu_time(&self.child.id().to_string())
    }

    /// The memory that the server has resident, in bytes.
    pub fn memory(&self) -> Result<u64> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).ok_or("reading /proc: no VmRSS")?;
        let kibibytes: u64 = line.trim().trim_end_matches(" kB").parse()?;
        Ok(kibibytes * 1024)
    }

    /// The error with what the server has said about it.
    pub fn explain(&self, error: &dyn Display) -> Box<dyn Error + Send + Sync> {
        let said = fs::read_to_string(self.house.folder.path().join("stderr")).unwrap_or_default();
        format!("{error}\n{said}").into()
    }

    async fn wait_until_ready(&mut self) -> Result<()> {
        loop {
            if let Some(status) = self.child.try_wait()? {
                return Err(format!("the server has ended with {status}").into());
            }
            if let Ok(mut connection) = Connection::open(self.address).await
                && connection.ask(&get("/ready")).await.is_ok()
            {
                return Ok(());
            }
            sleep(Duration::from_millis(50)).await;
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The CPU time of this process.
pub fn own_cpu_time() -> Result<Duration> {
    cpu_time("self")
}

fn cpu_time(process: &str) -> Result<Duration> {
    let line = fs::read_to_string(format!("/proc/{process}/stat"))?;
    // The name of the program, in brackets, may hold spaces.
    let (_, fields) = line.rsplit_once(") ").ok_or("reading /proc: no name")?;
    // utime and stime: fields 14 and 15 of the line, 12 and 13 behind the name.
    let ticks: Vec<f64> = fields.split(' ').skip(11).take(2).map(str::parse).collect::<std::result::Result<_, _>>()?;
    Ok(Duration::from_secs_f64(ticks.iter().sum::<f64>() / TICKS_PER_SECOND))
}
