//! The client of a request, read once from its head: its address, its agent, its request id and its credentials.

use std::net::IpAddr;
use std::sync::Arc;

use axum::http::{HeaderMap, header};
use uuid::Uuid;

use crate::api::state::AppState;
use crate::values::caller::{Caller, Credentials};
use crate::values::trusted_proxies::TrustedProxies;

/// The header that carries the correlation id in and out.
pub const REQUEST_ID: &str = "x-request-id";

const MAX_REQUEST_ID: usize = 128;
const MAX_USER_AGENT: usize = 512;
const MAX_CREDENTIAL: usize = 8 * 1024;

/// Ties together the answer, the log and the audit trail. A request extension of every request.
#[derive(Debug, Clone)]
pub struct CorrelationId(pub String);

/// What an operation needs to know of the request or the socket that it came over.
#[derive(Clone)]
pub struct RequestContext {
    /// The state behind every route.
    pub state: Arc<AppState>,
    /// The client.
    pub caller: Caller,
    /// What the client presents. Of a socket: the access token that opened it, and never a cookie.
    pub credentials: Credentials,
    /// The id of the request; on a socket, that of its handshake.
    pub id: CorrelationId,
}

impl CorrelationId {
    /// Takes the id that one of our proxies gave the request, where it is harmless to log and to echo; else makes a new
    /// one. An id from any other peer is dropped: a client could give its requests the id of another client's.
    #[must_use]
    pub fn for_request(headers: &HeaderMap, peer: IpAddr, proxies: &TrustedProxies) -> Self {
        let mut lines = headers.get_all(REQUEST_ID).iter().filter(|_| proxies.trusts_peer(peer));
        // Of two lines one is the client's, and nothing tells which.
        let given = lines.next().filter(|_| lines.next().is_none());
        let given = given.and_then(|line| line.to_str().ok()).filter(|id| is_request_id(id));
        Self(given.map_or_else(|| Uuid::now_v7().to_string(), str::to_owned))
    }
}

/// Reads who is on the other end.
#[must_use]
pub fn caller(headers: &HeaderMap, peer: IpAddr, proxies: &TrustedProxies, id: &CorrelationId) -> Caller {
    // Our proxy may have added its entry to a line that the client began with bytes that are no text. Those bytes end
    // the search for the client's address, and the entries behind them count.
    let lines = headers.get_all("x-forwarded-for").iter().map(|line| String::from_utf8_lossy(line.as_bytes()));
    let lines: Vec<_> = lines.collect();
    Caller {
        address: proxies.client_address(peer, lines.iter().map(AsRef::as_ref)),
        user_agent: headers.get(header::USER_AGENT).map(|agent| printable(agent.as_bytes())).unwrap_or_default(),
        correlation_id: id.0.clone(),
    }
}

/// Reads the access token and, from the cookie of this name, the refresh token.
#[must_use]
pub fn credentials(headers: &HeaderMap, refresh_cookie: &str) -> Credentials {
    Credentials { bearer: bearer(headers), refresh_cookie: find_cookie(headers, refresh_cookie) }
}

fn is_request_id(id: &str) -> bool {
    (1..=MAX_REQUEST_ID).contains(&id.len())
        && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-'))
}

/// Shortens a text to so many bytes at most, without cutting a character.
#[must_use]
pub fn cut(text: &str, bytes: usize) -> &str {
    text.get(..text.floor_char_boundary(bytes)).unwrap_or_default()
}

fn printable(agent: &[u8]) -> String {
    let agent: String = String::from_utf8_lossy(agent).chars().filter(|letter| !letter.is_control()).collect();
    cut(&agent, MAX_USER_AGENT).to_owned()
}

/// Reads `Authorization: Bearer` (RFC 6750, section 2.1). Two such lines count as none: proxies disagree on which of
/// them is the right one.
fn bearer(headers: &HeaderMap) -> Option<String> {
    let mut lines = headers.get_all(header::AUTHORIZATION).iter();
    let (Some(line), None) = (lines.next(), lines.next()) else { return None };
    let (scheme, token) = line.to_str().ok()?.split_once(' ')?;
    let token = token.trim();
    (scheme.eq_ignore_ascii_case("bearer") && is_credential(token)).then(|| token.to_owned())
}

/// Finds the only cookie of this name. Two count as none: one of them was planted, by a neighbouring host or for
/// another path, and nothing tells which. The line is read byte by byte: a parser that trims more than browsers do,
/// such as spaces of Unicode, would find the protected name `__Host-…` in cookies that any host may set. Cookies of
/// other applications on the same line may hold any bytes.
fn find_cookie(headers: &HeaderMap, name: &str) -> Option<String> {
    let pairs = headers.get_all(header::COOKIE).iter().flat_map(|line| line.as_bytes().split(|byte| *byte == b';'));
    let mut found = pairs.filter_map(|pair| pair.trim_ascii().strip_prefix(name.as_bytes())?.strip_prefix(b"="));
    let (Some(value), None) = (found.next(), found.next()) else { return None };
    std::str::from_utf8(unquoted(value)).ok().filter(|value| is_credential(value)).map(str::to_owned)
}

/// Removes the quotes that a cookie's value may stand in (RFC 6265, section 4.1.1).
fn unquoted(value: &[u8]) -> &[u8] {
    value.strip_prefix(b"\"").and_then(|rest| rest.strip_suffix(b"\"")).unwrap_or(value)
}

/// Whether a text can be a token: printable ASCII without spaces, 8 KiB at most.
#[must_use]
pub fn is_credential(text: &str) -> bool {
    (1..=MAX_CREDENTIAL).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic())
}

#[cfg(test)]
mod tests {
    use axum::http::{HeaderName, HeaderValue};

    use super::*;

    fn headers(lines: &[(&'static str, &[u8])]) -> HeaderMap {
        let line = |(name, value): &(&'static str, &[u8])| {
            (HeaderName::from_static(name), HeaderValue::from_bytes(value).unwrap())
        };
        lines.iter().map(line).collect()
    }

    fn bearer_of(line: &[u8]) -> Option<String> {
        credentials(&headers(&[("authorization", line)]), "refresh").bearer
    }

    fn id_of(lines: &[(&'static str, &[u8])], proxies: &str) -> String {
        CorrelationId::for_request(&headers(lines), [10, 0, 0, 1].into(), &proxies.parse().unwrap()).0
    }

    #[test]
    fn a_harmless_request_id_of_a_trusted_proxy_is_kept_and_any_other_replaced() {
        for proxies in ["1", "10.0.0.0/8"] {
            assert_eq!(id_of(&[(REQUEST_ID, b"a.B_9-z")], proxies), "a.B_9-z");
        }
        let is_ours = |id: String| Uuid::parse_str(&id).is_ok_and(|id| id.get_version_num() == 7);
        for wrong in [&b""[..], b"a b", b"a\tb", "\u{e9}".as_bytes(), &[b'x'; 129]] {
            assert!(is_ours(id_of(&[(REQUEST_ID, wrong)], "1")));
        }
        assert!(is_ours(id_of(&[(REQUEST_ID, b"a"), (REQUEST_ID, b"b")], "1")));
        for strangers in ["", "0", "10.0.0.2,192.168.0.0/16"] {
            assert!(is_ours(id_of(&[(REQUEST_ID, b"a.B_9-z")], strangers)), "{strangers}");
        }
    }

    #[test]
    fn a_user_agent_is_cut_and_printable() {
        let long = [b"a\tb\xff".to_vec(), vec![b'x'; 600]].concat();
        let sent = headers(&[("user-agent", &long), ("x-forwarded-for", b"203.0.113.7")]);

        let caller = caller(&sent, [127, 0, 0, 1].into(), &TrustedProxies::None, &CorrelationId("id".into()));

        assert_eq!(caller.user_agent.len(), 512);
        assert!(caller.user_agent.starts_with("ab\u{fffd}x"));
        assert_eq!(caller.address.to_string(), "127.0.0.1");
    }

    #[test]
    fn a_user_agent_is_cut_by_its_bytes_and_between_two_letters() {
        for letter in ["x", "\u{e9}", "\u{20ac}", "\u{1f600}"] {
            let sent = headers(&[("user-agent", letter.repeat(600).as_bytes())]);

            let caller = caller(&sent, [127, 0, 0, 1].into(), &TrustedProxies::None, &CorrelationId("id".into()));

            assert_eq!(caller.user_agent, letter.repeat(512 / letter.len()));
        }
    }

    #[test]
    fn bytes_at_the_start_of_a_forwarded_line_do_not_hide_the_entry_of_our_proxy() {
        let sent = headers(&[("x-forwarded-for", b"\xff, 203.0.113.7")]);

        let caller = caller(&sent, [10, 0, 0, 1].into(), &TrustedProxies::Hops(1), &CorrelationId("id".into()));

        assert_eq!(caller.address.to_string(), "203.0.113.7");
    }

    #[test]
    fn an_unreadable_forwarded_line_ends_the_walk() {
        let sent = headers(&[("x-forwarded-for", b"203.0.113.7"), ("x-forwarded-for", b"\xff")]);

        let caller = caller(&sent, [10, 0, 0, 1].into(), &TrustedProxies::Hops(3), &CorrelationId("id".into()));

        assert_eq!(caller.address.to_string(), "10.0.0.1");
    }

    #[test]
    fn a_bearer_token_is_one_word_on_one_line() {
        assert_eq!(bearer_of(b"bEARER  abc.def ").as_deref(), Some("abc.def"));
        for wrong in [&b"Basic abc"[..], b"Bearer", b"Bearer ", b"Bearer a b", b"Bearer \xff"] {
            assert_eq!(bearer_of(wrong), None);
        }
        let twice = headers(&[("authorization", b"Bearer a"), ("authorization", b"Bearer b")]);
        assert_eq!(credentials(&twice, "refresh").bearer, None);
    }

    fn cookie_of(lines: &[&[u8]]) -> Option<String> {
        let lines: Vec<_> = lines.iter().map(|line| ("cookie", *line)).collect();
        credentials(&headers(&lines), "__Host-refresh").refresh_cookie
    }

    #[test]
    fn a_cookie_counts_where_it_is_the_only_one_of_its_name() {
        assert_eq!(cookie_of(&[b"a=1; refresh=2; __Host-refresh=abc;x"]).as_deref(), Some("abc"));
        assert_eq!(cookie_of(&[b"name=\xc3\xa9", b"__Host-refresh=abc"]).as_deref(), Some("abc"));
        assert_eq!(cookie_of(&[b"name=\xc3\xa9\xff; __Host-refresh=abc;\xe9=1"]).as_deref(), Some("abc"));
        assert_eq!(cookie_of(&[b"__Host-refresh=\"abc\""]).as_deref(), Some("abc"));
        for torn in [b"__Host-refresh=\"\"".as_slice(), b"__Host-refresh=\"a b\"", b"__Host-refresh="] {
            assert_eq!(cookie_of(&[torn]), None);
        }
        for twice in
            [&[b"__Host-refresh=abc; __Host-refresh=def".as_slice()][..], &[b"__Host-refresh=abc", b"__Host-refresh="]]
        {
            assert_eq!(cookie_of(twice), None, "{twice:?}");
        }
    }

    #[test]
    fn a_cookie_of_another_name_never_passes_for_the_protected_one() {
        let planted: [&[u8]; 5] = [
            b"\xe2\x80\x80__Host-refresh=abc",
            b"__host-refresh=abc",
            b"__Host-refresh =abc",
            b"$Version=1, __Host-refresh=abc",
            b"x__Host-refresh=abc",
        ];
        for line in planted {
            assert_eq!(cookie_of(&[line]), None, "{}", String::from_utf8_lossy(line));
        }
    }

    #[test]
    fn a_cookie_never_shows_in_a_log() {
        let found = credentials(&headers(&[("cookie", b"refresh=abc")]), "refresh");

        assert_eq!(found.refresh_cookie.as_deref(), Some("abc"));
        assert!(!format!("{found:?}").contains("abc"));
    }
}
