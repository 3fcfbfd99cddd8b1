//! A client: a connection, a user who has registered over it, and what they ask for.

use std::net::{IpAddr, SocketAddr};

use serde_json::{Value, json};

use super::Result;
use super::http::{Connection, graphql};

/// Everybody's password.
pub const PASSWORD: &str = "Quiet-Harbour-71";
const REGISTER: &str = "mutation($input: RegisterInput!) {
    register(input: $input) { ... on SignedIn { accessToken refreshToken } }
}";
const LOGIN: &str = "mutation($input: LoginInput!) {
    login(input: $input) { ... on SignedIn { accessToken refreshToken user { id } } }
}";
const RENAME: &str = "mutation { updateProfile(input: { name: \"Ann\" }) { user { id } } }";
const REFRESH: &str = "mutation($input: RefreshInput!) { refresh(input: $input) { accessToken refreshToken } }";

/// What a client asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// The least a GraphQL request can ask for: the floor of all others.
    Typename,
    /// The signed-in user.
    Me,
    /// The next pair of tokens for the present one.
    Refresh,
    /// A new session for the right password.
    Login,
    /// A new name, which is an event for subscribers.
    Rename,
}

/// How a action ended. Everything else is an error and ends the benchmark.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// As asked.
    Done,
    /// Refused at once, because too many hashes wait.
    Overloaded,
}

/// A connection, and a user with a session.
pub struct Client {
    connection: Connection,
    user: User,
}

/// A user who has registered, and what they send again and again.
#[derive(Clone)]
pub struct User {
    refresh_token: String,
    typename: Vec<u8>,
    me: Vec<u8>,
    login: Vec<u8>,
    rename: Vec<u8>,
}

impl User {
    /// Opens an account.
    pub async fn register(address: SocketAddr, number: u32) -> Result<Self> {
        let email = format!("user{number}@example.com");
        let input = json!({ "email": email, "password": PASSWORD });
        let register = json!({ "query": REGISTER, "variables": { "input": input } });
        let mut connection = Connection::open(address).await?;
        let answer: Value = serde_json::from_slice(connection.ask(&graphql(&register, None)).await?)?;
        let text = |path| answer.pointer(path).and_then(Value::as_str).ok_or_else(|| format!("registering: {answer}"));
        let access = text("/data/register/accessToken")?;
        let me = json!({ "query": "{ me { id email emailVerified name role } }" });
        Ok(Self {
            refresh_token: text("/data/register/refreshToken")?.to_owned(),
            typename: graphql(&json!({ "query": "{ __typename }" }), None),
            me: graphql(&me, Some(access)),
            rename: graphql(&json!({ "query": RENAME }), Some(access)),
            login: graphql(&json!({ "query": LOGIN, "variables": { "input": input } }), None),
        })
    }
}

impl User {
    /// The same user, who asks for themselves from this address, behind a proxy.
    #[must_use]
    pub fn from(mut self, address: IpAddr) -> Self {
        let head = format!("\r\nx-forwarded-for: {address}\r\n");
        let line = self.me.windows(2).position(|end| end == b"\r\n").unwrap_or_default();
        self.me.splice(line..line + 2, head.into_bytes());
        self
    }
}

/// The access token of a user.
pub async fn access_token(address: SocketAddr, email: &str) -> Result<String> {
    let login = json!({ "query": LOGIN, "variables": { "input": { "email": email, "password": PASSWORD } } });
    let mut connection = Connection::open(address).await?;
    let answer: Value = serde_json::from_slice(connection.ask(&graphql(&login, None)).await?)?;
    let token = answer.pointer("/data/login/accessToken").and_then(Value::as_str);
    Ok(token.ok_or_else(|| format!("signing in: {answer}"))?.to_owned())
}

impl Client {
    /// A client of this user's.
    pub async fn connect(address: SocketAddr, user: &User) -> Result<Self> {
        Ok(Self { connection: Connection::open(address).await?, user: user.clone() })
    }

    /// Its user, with the tokens that hold now.
    pub fn into_user(self) -> User {
        self.user
    }

    /// Sends a request, and waits for the answer.
    pub async fn perform(&mut self, action: Action) -> Result<Outcome> {
        let Self { connection, user } = self;
        match action {
            Action::Typename => outcome(connection.ask(&user.typename).await?, br#"{"data":{"__typename":"Query"#),
            Action::Me => outcome(connection.ask(&user.me).await?, br#"{"data":{"me":{"id":"user_"#),
            Action::Login => outcome(connection.ask(&user.login).await?, br#"{"data":{"login":{"accessToken":"#),
            Action::Rename => {
                outcome(connection.ask(&user.rename).await?, br#"{"data":{"updateProfile":{"user":{"id":"#)
            }
            Action::Refresh => {
                let input = json!({ "refreshToken": user.refresh_token });
                let request = graphql(&json!({ "query": REFRESH, "variables": { "input": input } }), None);
                let answer: Value = serde_json::from_slice(connection.ask(&request).await?)?;
                let next = answer.pointer("/data/refresh/refreshToken").and_then(Value::as_str);
                next.ok_or_else(|| format!("refreshing: {answer}"))?.clone_into(&mut user.refresh_token);
                Ok(Outcome::Done)
            }
        }
    }
}

/// By the first bytes: reading JSON would cost the client more than the server's own work.
fn outcome(answer: &[u8], success: &[u8]) -> Result<Outcome> {
    if answer.starts_with(success) {
        return Ok(Outcome::Done);
    }
    let answer: Value = serde_json::from_slice(answer)?;
    let code = answer.pointer("/errors/0/extensions/code").and_then(Value::as_str);
    if code == Some("OVERLOADED") { Ok(Outcome::Overloaded) } else { Err(format!("unexpected: {answer}").into()) }
}
