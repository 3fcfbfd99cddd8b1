//! `authgraph healthcheck`: asks the server of this machine how it is, for containers that have no shell and no curl.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::process::ExitCode;
use std::time::Duration;

use authgraph::config::Config;
use authgraph::error::{OrFault, Result};
use clap::Args;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::{ExitFailure, eprint, print};

/// The longest that the server may take. Container runtimes give up after 30 seconds where nothing else is said.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(5);

/// What to ask.
#[derive(Args)]
pub struct HealthcheckArguments {
    /// Ask only whether the process is alive (`/health`), and not whether its database is reachable (`/ready`).
    #[arg(long)]
    live: bool,
}

/// Asks at the port of `LISTEN`. Whatever is wrong, the exit code is 1: container runtimes know no others.
pub async fn run(arguments: &HealthcheckArguments) -> Result<ExitCode> {
    let path = if arguments.live { "/health" } else { "/ready" };
    let Ok((config, _)) = Config::from_environment() else {
        eprint("The settings are wrong. `authgraph settings check` says which.");
        return Ok(ExitFailure::Failed.into());
    };
    let address = loopback(config.server.listen);
    match timeout(ANSWER_TIMEOUT, ask(address, path)).await {
        Ok(Ok(answer)) if is_success(&answer) => print(&format!("{}\n", body(&answer))),
        Ok(Ok(answer)) => {
            eprint(&format!("The server at {address} answers: {}", body(&answer)));
            Ok(ExitFailure::Failed.into())
        }
        Ok(Err(_)) => {
            eprint(&format!("No server answers at {address}."));
            Ok(ExitFailure::Failed.into())
        }
        Err(_) => {
            eprint(&format!("The server at {address} did not answer in {} seconds.", ANSWER_TIMEOUT.as_secs()));
            Ok(ExitFailure::Failed.into())
        }
    }
}

/// The address at which this machine reaches the server: a server that listens everywhere is asked over loopback.
fn loopback(listen: SocketAddr) -> SocketAddr {
    let address = match listen.ip() {
        IpAddr::V4(all) if all.is_unspecified() => IpAddr::V4(Ipv4Addr::LOCALHOST),
        IpAddr::V6(all) if all.is_unspecified() => IpAddr::V6(Ipv6Addr::LOCALHOST),
        own => own,
    };
    SocketAddr::new(address, listen.port())
}

/// The whole answer, head and body.
async fn ask(address: SocketAddr, path: &str) -> Result<String> {
    let mut stream = TcpStream::connect(address).await.or_fault("connecting to the server")?;
    let request = format!("GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await.or_fault("asking the server")?;
    let mut answer = Vec::new();
    // The probes answer some hundred bytes.
    stream.take(64 * 1024).read_to_end(&mut answer).await.or_fault("reading the answer of the server")?;
    String::from_utf8(answer).or_fault("reading the answer of the server")
}

fn is_success(answer: &str) -> bool {
    answer.starts_with("HTTP/1.1 200 ")
}

fn body(answer: &str) -> &str {
    answer.split_once("\r\n\r\n").map_or(answer, |(_, body)| body).trim()
}
