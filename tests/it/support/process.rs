//! The binary itself, started as an operator starts it.

use std::io::Write;
use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::database::Database;

/// Longer than any start or stop takes, on a busy machine too.
const TIMEOUT: Duration = Duration::from_mins(1);

const UNLIMITED: [&str; 6] = [
    "RATE_LIMIT_REQUESTS",
    "RATE_LIMIT_BUDGET",
    "RATE_LIMIT_AUTH",
    "RATE_LIMIT_AUTH_NETWORK",
    "RATE_LIMIT_AUTH_PAIR",
    "RATE_LIMIT_AUTH_ACCOUNT",
];

/// A running process; killed when it is dropped.
pub struct Process {
    child: Child,
    /// Where it listens.
    pub address: SocketAddr,
    base: String,
    http: reqwest::Client,
}

impl Process {
    /// Starts the binary in a folder, over a database, and waits until it is ready.
    pub async fn start(folder: &Path, database: &Database) -> Self {
        let mut process = Self::launch(folder, database);
        process.until_ready().await;
        process
    }

    /// Starts the binary with further settings, and waits until it is ready.
    pub async fn start_with(folder: &Path, database: &Database, settings: &[(&str, &str)]) -> Self {
        let mut process = Self::launch_with(folder, database, settings);
        process.until_ready().await;
        process
    }

    /// Starts the binary with what `ulimit` allows it, and waits until it is ready.
    pub async fn start_limited(folder: &Path, database: &Database, ulimit: &str) -> Self {
        let mut shell = Command::new("sh");
        let script = format!("ulimit {ulimit}; exec \"$0\"");
        shell.args(["-c", &script, env!("CARGO_BIN_EXE_authgraph")]);
        let mut process = Self::spawn(quiet(shell, folder), folder, &database.url, &[]);
        process.until_ready().await;
        process
    }

    /// Starts the binary with further settings, writing its log to this file, and waits until it is ready.
    pub async fn start_logging(folder: &Path, database: &Database, log: &Path, settings: &[(&str, &str)]) -> Self {
        let mut logging = command(folder);
        logging.stderr(std::fs::File::create(log).unwrap());
        let mut process = Self::spawn(logging, folder, &database.url, settings);
        process.until_ready().await;
        process
    }

    /// Starts the binary with its log in this file, over the database of the settings, and does not wait.
    pub fn launch_logging(folder: &Path, log: std::fs::File, settings: &[(&str, &str)]) -> Self {
        let mut logging = command(folder);
        logging.stderr(log);
        Self::spawn(logging, folder, "", settings)
    }

    /// Starts the binary and does not wait.
    pub fn launch(folder: &Path, database: &Database) -> Self {
        Self::launch_with(folder, database, &[])
    }

    fn launch_with(folder: &Path, database: &Database, settings: &[(&str, &str)]) -> Self {
        Self::spawn(command(folder), folder, &database.url, settings)
    }

    fn spawn(mut command: Command, folder: &Path, database: &str, settings: &[(&str, &str)]) -> Self {
        let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let child = command
            .env("AUTHGRAPH_ENV", "development")
            .env("LISTEN", address.to_string())
            .env("DATABASE_URL", database)
            .env("DATA_DIR", folder.join("data"))
            .env("ARGON2_MEMORY_KIB", "64")
            .env("ARGON2_ITERATIONS", "1")
            .env("ARGON2_LANES", "1")
            .envs(UNLIMITED.map(|limit| (limit, "0")))
            .envs(settings.iter().copied())
            .spawn()
            .unwrap();
        super::install_tls();
        Self { child, address, base: format!("http://{address}"), http: reqwest::Client::new() }
    }

    /// Waits until the process serves.
    pub async fn until_ready(&mut self) {
        let began = Instant::now();
        while self.http.get(format!("{}/ready", self.base)).send().await.is_err() {
            assert!(self.child.try_wait().unwrap().is_none(), "the process ended before it served");
            assert!(began.elapsed() < TIMEOUT, "the process does not serve");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// The status and the word of `/ready`.
    pub async fn ready(&self) -> (u16, String) {
        let answer = self.http.get(format!("{}/ready", self.base)).send().await.unwrap();
        let status = answer.status().as_u16();
        let body: Value = answer.json().await.unwrap();
        (status, body["status"].as_str().unwrap_or_default().to_owned())
    }

    /// Whether a registration succeeded; `None` where the process ended before it answered.
    pub async fn register(&self, email: &str) -> Option<bool> {
        self.post("register", "RegisterInput", json!({ "email": email, "password": "Correct-Horse-7" })).await
    }

    /// Whether a login succeeded; `None` where the process ended before it answered.
    pub async fn login(&self, email: &str) -> Option<bool> {
        self.post("login", "LoginInput", json!({ "email": email, "password": "Correct-Horse-7" })).await
    }

    /// Signs in, for the access token.
    pub async fn access_token(&self, email: &str) -> String {
        let query = "mutation($input: LoginInput!) { login(input: $input) { ... on SignedIn { accessToken } } }";
        let input = json!({ "email": email, "password": "Correct-Horse-7" });
        let answer = self.ask(&json!({ "query": query, "variables": { "input": input } }), "").await;
        answer["data"]["login"]["accessToken"].as_str().unwrap_or_else(|| panic!("{answer}")).to_owned()
    }

    /// What the process answers to the holder of a token.
    pub async fn ask(&self, body: &Value, access_token: &str) -> Value {
        let request = self.http.post(format!("{}/graphql", self.base)).bearer_auth(access_token).json(body);
        request.send().await.unwrap().json().await.unwrap()
    }

    /// The answer to a subscription, which goes on.
    pub async fn stream(&self, document: &str, access_token: &str) -> reqwest::Response {
        let request = self.http.post(format!("{}/graphql", self.base)).bearer_auth(access_token);
        request.header("accept", "text/event-stream").json(&json!({ "query": document })).send().await.unwrap()
    }

    async fn post(&self, field: &str, kind: &str, input: Value) -> Option<bool> {
        let query = format!("mutation($input: {kind}!) {{ {field}(input: $input) {{ __typename }} }}");
        let body = json!({ "query": query, "variables": { "input": input } });
        let answer = self.http.post(format!("{}/graphql", self.base)).json(&body).send().await.ok()?;
        let answer: Value = answer.json().await.ok()?;
        Some(answer["data"][field].is_object())
    }

    /// What the system calls it.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Ends the process as a power cut does.
    pub fn kill_now(&self) {
        self.signal("-KILL");
    }

    /// Tells the process to stop, as an operator does.
    pub fn terminate(&self) {
        self.signal("-TERM");
    }

    fn signal(&self, signal: &str) {
        let sent = Command::new("kill").args([signal, &self.child.id().to_string()]).status().unwrap();
        assert!(sent.success());
    }

    /// How the process ended.
    pub async fn ended(&mut self) -> ExitStatus {
        let began = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status;
            }
            assert!(began.elapsed() < TIMEOUT, "the process does not stop");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Runs a command of the binary to its end, with these settings and no others.
pub fn run(folder: &Path, arguments: &[&str], settings: &[(&str, &str)]) -> Output {
    command(folder)
        .args(arguments)
        .envs(settings.iter().copied())
        .stderr(Stdio::piped())
        .stdout(Stdio::piped())
        .output()
        .unwrap()
}

/// The same, with this on standard input.
pub fn run_with_input(folder: &Path, arguments: &[&str], settings: &[(&str, &str)], input: &str) -> Output {
    let mut command = command(folder);
    command.args(arguments).envs(settings.iter().copied());
    let mut child = command.stdin(Stdio::piped()).stderr(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    child.wait_with_output().unwrap()
}

fn command(folder: &Path) -> Command {
    quiet(Command::new(env!("CARGO_BIN_EXE_authgraph")), folder)
}

/// In a folder of its own, without settings and without a word.
fn quiet(mut command: Command, folder: &Path) -> Command {
    command.current_dir(folder).env_clear().stdout(Stdio::null()).stderr(Stdio::null());
    command
}
