//! The least HTTP/1.1 that keeps a connection alive: it shares the cores with the server, so it must cost next to nothing.

use std::io::{Error, ErrorKind};
use std::net::SocketAddr;
use std::time::Duration;

use tokio::net::TcpStream;
use tokio::time::timeout;

use super::Result;

/// Longer than the server lets a request take.
const PATIENCE: Duration = Duration::from_secs(40);

/// One connection, one request at a time.
pub struct Connection {
    stream: TcpStream,
    received: Vec<u8>,
}

impl Connection {
    /// Connects.
    pub async fn open(address: SocketAddr) -> Result<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, received: Vec::new() })
    }

    /// Sends a request and gives the body of the answer, which must be one of success and tell its length.
    pub async fn ask(&mut self, request: &[u8]) -> Result<&[u8]> {
        self.received.clear();
        let body = timeout(PATIENCE, async {
            self.send(request).await?;
            self.receive().await
        });
        let body = body.await??;
        Ok(self.received.get(body..).unwrap_or_default())
    }

    async fn send(&self, mut rest: &[u8]) -> Result<()> {
        while !rest.is_empty() {
            self.stream.writable().await?;
            match self.stream.try_write(rest) {
                Ok(written) => rest = rest.get(written..).unwrap_or_default(),
                Err(error) => pass_unless_blocked(error)?,
            }
        }
        Ok(())
    }

    /// Where the body begins in what was received.
    async fn receive(&mut self) -> Result<usize> {
        let mut piece = [0; 4096];
        loop {
            self.stream.readable().await?;
            match self.stream.try_read(&mut piece) {
                Ok(0) => return Err("the server has closed the connection".into()),
                Ok(read) => self.received.extend_from_slice(piece.get(..read).unwrap_or_default()),
                Err(error) => pass_unless_blocked(error)?,
            }
            if let Some((body, length)) = read_head(&self.received)?
                && self.received.len() >= body + length
            {
                return Ok(body);
            }
        }
    }
}

/// A GET request.
pub fn get(path: &str) -> Vec<u8> {
    format!("GET {path} HTTP/1.1\r\nhost: localhost\r\n\r\n").into_bytes()
}

/// A GraphQL request, with the headers a browser's client sends.
pub fn graphql(body: &serde_json::Value, bearer: Option<&str>) -> Vec<u8> {
    let body = body.to_string();
    let bearer = bearer.map(|token| format!("authorization: Bearer {token}\r\n")).unwrap_or_default();
    format!(
        "POST /graphql HTTP/1.1\r\nhost: localhost\r\n{bearer}\
         user-agent: Mozilla/5.0 (X11; Linux x86_64; rv:153.0) Gecko/20100101 Firefox/153.0\r\n\
         accept: application/graphql-response+json\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    )
    .into_bytes()
}

/// Where the body begins and how long it is, once the whole head is there.
fn read_head(received: &[u8]) -> Result<Option<(usize, usize)>> {
    let Some(end) = received.windows(4).position(|window| window == b"\r\n\r\n") else { return Ok(None) };
    let head = std::str::from_utf8(received.get(..end).unwrap_or_default())?;
    if !head.starts_with("HTTP/1.1 200 ") {
        let body = String::from_utf8_lossy(received.get(end..).unwrap_or_default());
        return Err(format!("the server answers {head} {}", body.trim()).into());
    }
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
    Ok(Some((end + 4, length.ok_or("an answer does not tell its length")?.parse()?)))
}

fn pass_unless_blocked(error: Error) -> Result<()> {
    if error.kind() == ErrorKind::WouldBlock { Ok(()) } else { Err(error.into()) }
}
