//! Replies of a mail server (RFC 5321, section 4.2). The code decides; the text is for people and may be anything.

use std::io::{self, ErrorKind};
use std::time::Duration;

use tokio::io::{AsyncBufRead, AsyncBufReadExt};
use tokio::time::timeout;

/// How many octets are kept of a line. RFC 5321, section 4.5.3.1.5, allows 512; longer lines are read all the same.
const LINE_KEPT: usize = 512;
/// How many lines are kept: more than any server has extensions.
const LINES_KEPT: usize = 128;
/// A reply ends after so many octets, even if more follow.
const REPLY_LIMIT: usize = 1 << 20;

/// An answer to a command.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Reply {
    /// From 200 to 599.
    pub code: u16,
    /// The text of each line, behind the code.
    pub lines: Vec<String>,
    /// Whether it came to its end. Otherwise the connection is of no further use.
    pub is_whole: bool,
}

/// A status of RFC 3463: class, subject, detail.
pub type Status = (u16, u16, u16);

/// Reads one reply.
///
/// A server that ends its lines with a bare line feed, writes Latin-1, never ends a line, or hangs up behind the code has
/// still said what it decided.
///
/// # Errors
/// Where no code came within `limit`.
pub async fn read(stream: &mut (impl AsyncBufRead + Unpin), limit: Duration) -> io::Result<Reply> {
    let mut incoming = Incoming::default();
    let reading = async {
        loop {
            let bytes = stream.fill_buf().await?;
            if bytes.is_empty() {
                return Err(io::Error::new(ErrorKind::UnexpectedEof, "the server hung up"));
            }
            let (used, is_over) = incoming.take(bytes);
            stream.consume(used);
            if is_over {
                return Ok(());
            }
        }
    };
    let late = |_| io::Error::new(ErrorKind::TimedOut, format!("no answer within {} seconds", limit.as_secs()));
    let outcome = timeout(limit, reading).await.map_err(late).flatten();
    incoming.finish().ok_or_else(|| outcome.err().unwrap_or_else(|| io::Error::other("no SMTP reply")))
}

impl Reply {
    /// Whether the code is of this class: 2 is success, 3 asks for more.
    #[must_use]
    pub const fn is_of_class(&self, class: u16) -> bool {
        self.code / 100 == class
    }

    /// The status that the reply begins with, where it agrees with the code (RFC 2034, section 4).
    #[must_use]
    pub fn status(&self) -> Option<Status> {
        let read = |line: &String| -> Option<Status> {
            // Some appliances write "550 #5.1.0 Address rejected."
            let word = line.split_whitespace().next()?.trim_start_matches('#').trim_end_matches([':', ',']);
            let mut parts = word.split('.').map(|part| part.parse().ok().filter(|_| part.len() <= 3));
            let status = (parts.next()??, parts.next()??, parts.next()??);
            (parts.next().is_none() && self.is_of_class(status.0)).then_some(status)
        };
        self.lines.iter().find_map(read)
    }

    /// The code and the status, which name no person: `550 5.1.1`.
    #[must_use]
    pub fn codes(&self) -> String {
        let status = self.status().map(|(class, subject, detail)| format!(" {class}.{subject}.{detail}"));
        format!("{}{}", self.code, status.unwrap_or_default())
    }

    /// The text, without the code.
    #[must_use]
    pub fn text(&self) -> String {
        self.lines.join(" ")
    }
}

/// A reply as it comes in.
#[derive(Default)]
struct Incoming {
    line: Vec<u8>,
    octets: usize,
    reply: Option<Reply>,
}

impl Incoming {
    /// Takes what belongs to the reply. Answers how many octets that were, and whether the reply is over.
    fn take(&mut self, bytes: &[u8]) -> (usize, bool) {
        for (index, byte) in bytes.iter().enumerate() {
            self.octets += 1;
            if *byte == b'\n' {
                if self.end_line() {
                    return (index + 1, true);
                }
            } else if self.line.len() < LINE_KEPT {
                self.line.push(*byte);
            }
        }
        (bytes.len(), self.octets >= REPLY_LIMIT)
    }

    /// Notes a line. Whether it is the last one of the reply. What has no code belongs to no reply.
    fn end_line(&mut self) -> bool {
        let line = std::mem::take(&mut self.line);
        let Some(code) = code(&line) else { return false };
        let reply = self.reply.get_or_insert_default();
        // Where the lines differ, the last one counts, as with other clients.
        reply.code = code;
        if reply.lines.len() < LINES_KEPT {
            let text = line.get(4..).unwrap_or_default();
            reply.lines.push(String::from_utf8_lossy(text).trim().to_owned());
        }
        reply.is_whole = line.get(3) != Some(&b'-');
        reply.is_whole
    }

    fn finish(mut self) -> Option<Reply> {
        if !self.line.is_empty() {
            self.end_line();
            if let Some(reply) = &mut self.reply {
                reply.is_whole = false;
            }
        }
        self.reply
    }
}

/// The code of a line: three digits that no fourth one follows.
fn code(line: &[u8]) -> Option<u16> {
    let (digits, rest) = line.split_at_checked(3)?;
    let code: u16 = std::str::from_utf8(digits).ok()?.parse().ok()?;
    let is_code = (200..600).contains(&code) && !rest.first().is_some_and(u8::is_ascii_digit);
    is_code.then_some(code)
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn read_all(mut bytes: &[u8]) -> Option<Reply> {
        read(&mut bytes, Duration::from_secs(5)).await.ok()
    }

    #[tokio::test]
    async fn the_code_is_read_in_every_form() {
        let long = format!("250 {}\r\n", "x".repeat(100_000));
        for bytes in [
            &b"250 2.0.0 Ok: queued as 42\r\n"[..],
            b"250 2.0.0 Message accept\xe9\r\n",
            b"250 ok\n",
            b"250\r\n",
            b"250 \r\n",
            b"250-first\r\n250-second\r\n250 third\r\n",
            b"250-first\n250 second\n",
            b"\r\nsome words first\r\n250 ok\r\n",
            b"250 \0\x1b[2J\r\n",
            b"250_ok\r\n",
            long.as_bytes(),
        ] {
            let reply = read_all(bytes).await.unwrap();
            assert_eq!((reply.code, reply.is_whole), (250, true), "{:?}", String::from_utf8_lossy(bytes));
        }
    }

    #[tokio::test]
    async fn a_server_that_hangs_up_behind_its_code_has_answered() {
        for bytes in [&b"250 2.0.0 Ok"[..], b"250", b"250-first\r\n", b"250-first\r\n25"] {
            let reply = read_all(bytes).await.unwrap();
            assert_eq!((reply.code, reply.is_whole), (250, false), "{:?}", String::from_utf8_lossy(bytes));
        }
        for bytes in [&b""[..], b"25", b"ok\r\n", b"2500 ok\r\n", b"199 ok\r\n", b"600 ok\r\n", b"\xff\xff\xff\r\n"] {
            assert_eq!(read_all(bytes).await, None, "{:?}", String::from_utf8_lossy(bytes));
        }
    }

    #[tokio::test]
    async fn what_follows_a_reply_stays_for_the_next_one() {
        let mut bytes = &b"250 one\r\n550-5.1.1 two\r\n550 5.1.1 three\r\n"[..];

        let first = read(&mut bytes, Duration::from_secs(5)).await.unwrap();
        let second = read(&mut bytes, Duration::from_secs(5)).await.unwrap();

        assert_eq!((first.codes().as_str(), first.text().as_str()), ("250", "one"));
        assert_eq!((second.codes().as_str(), second.text().as_str()), ("550 5.1.1", "5.1.1 two 5.1.1 three"));
    }

    #[tokio::test]
    async fn a_reply_without_an_end_is_read_to_a_bound() {
        let endless = "250-more\r\n".repeat(REPLY_LIMIT);

        let reply = read_all(endless.as_bytes()).await.unwrap();

        assert_eq!((reply.code, reply.is_whole, reply.lines.len()), (250, false, LINES_KEPT));
    }

    #[test]
    fn a_status_counts_where_it_agrees_with_the_code() {
        for (code, line, status) in [
            (550, "5.1.1 no such user", Some((5, 1, 1))),
            (550, "#5.1.0 Address rejected.", Some((5, 1, 0))),
            (550, "5.7.606: banned", Some((5, 7, 606))),
            (550, "4.7.1 later", None),
            (550, "5.1 short", None),
            (550, "5.1.1.1 long", None),
            (550, "192.0.2.1 is on a list", None),
            (550, "no such user", None),
            (550, "", None),
        ] {
            let reply = Reply { code, lines: vec![line.to_owned()], is_whole: true };
            assert_eq!(reply.status(), status, "{line}");
        }
    }
}
