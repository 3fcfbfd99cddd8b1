//! Subscriptions as server-sent events, as the client graphql-sse asks for them.

use std::time::Duration;

use reqwest::{RequestBuilder, Response};
use serde_json::{Value, json};
use tokio::time::timeout;

use crate::support::{Answer, SignedIn, TestApp};

const OWN: &str = "subscription Mine { securityEvents { id action } }";
const TIMEOUT: Duration = Duration::from_secs(20);

/// What stands between two empty lines.
#[derive(Debug, PartialEq)]
enum Piece {
    Next(Value),
    Complete,
    Comment,
}

/// An answer that goes on.
struct EventStream {
    response: Response,
    rest: String,
}

impl EventStream {
    fn of(response: Response) -> Self {
        assert_eq!(response.status(), 200);
        assert_eq!(response.headers()["content-type"], "text/event-stream; charset=utf-8");
        Self { response, rest: String::new() }
    }

    /// The next piece; nothing at the end.
    async fn next(&mut self) -> Option<Piece> {
        loop {
            if let Some((piece, rest)) = self.rest.split_once("\n\n") {
                let (piece, rest) = (piece.to_owned(), rest.to_owned());
                self.rest = rest;
                return Some(read(&piece));
            }
            match timeout(TIMEOUT, self.response.chunk()).await.expect("a server that goes on").unwrap() {
                Some(bytes) => self.rest.push_str(std::str::from_utf8(&bytes).unwrap()),
                None => return None,
            }
        }
    }

    async fn event(&mut self) -> Value {
        loop {
            match self.next().await {
                Some(Piece::Next(answer)) => return answer,
                Some(Piece::Comment) => {}
                other => panic!("no event, but {other:?}"),
            }
        }
    }
}

fn read(piece: &str) -> Piece {
    match piece.split_once('\n') {
        None if piece.starts_with(':') => Piece::Comment,
        Some(("event: next", data)) => Piece::Next(serde_json::from_str(data.strip_prefix("data: ").unwrap()).unwrap()),
        Some(("event: complete", "data:")) => Piece::Complete,
        _ => panic!("{piece:?}"),
    }
}

fn request(app: &TestApp, who: Option<&SignedIn>, document: &str) -> RequestBuilder {
    let request = reqwest::Client::new().post(app.url("/graphql")).header("accept", "text/event-stream");
    let request = request.json(&json!({ "query": document }));
    match who {
        Some(who) => request.bearer_auth(&who.access),
        None => request,
    }
}

async fn open(app: &TestApp, who: &SignedIn, document: &str) -> EventStream {
    EventStream::of(request(app, Some(who), document).send().await.unwrap())
}

async fn refused(request: RequestBuilder) -> (u16, String) {
    let answer = Answer::read(request.send().await.unwrap()).await;
    (answer.status.as_u16(), answer.code().to_owned())
}

#[tokio::test]
async fn events_come_as_next_by_post_and_by_get() {
    let app = TestApp::start().await;
    let ann = app.signed_in("ann@example.com").await;
    let mut url = url::Url::parse(&app.url("/graphql")).unwrap();
    url.query_pairs_mut().append_pair("query", OWN);
    let got = reqwest::Client::new().get(url).header("accept", "text/event-stream").bearer_auth(&ann.access);
    let mut streams = [open(&app, &ann, OWN).await, EventStream::of(got.send().await.unwrap())];

    app.update_profile(&ann, json!({ "name": "Ann" })).await.ok();

    for stream in &mut streams {
        assert_eq!(stream.event().await["data"]["securityEvents"]["action"], "PROFILE_UPDATED");
    }
}

#[tokio::test]
async fn nothing_on_the_way_holds_events_back() {
    let app = TestApp::start().await;
    let ann = app.signed_in("ann@example.com").await;

    let response = request(&app, Some(&ann), OWN).header("accept-encoding", "gzip, br").send().await.unwrap();

    assert!(!response.headers().contains_key("content-encoding"));
    assert_eq!(
        (&response.headers()["cache-control"], &response.headers()["x-accel-buffering"]),
        (&"no-store".parse().unwrap(), &"no".parse().unwrap())
    );
}

#[tokio::test]
async fn what_is_refused_is_refused_before_the_stream_begins() {
    let app = TestApp::with(&[("SUBSCRIPTION_CONNECTIONS_PER_USER", "1")]).await;
    let ann = app.signed_in("ann@example.com").await;
    let gone = app.signed_in("gone@example.com").await;
    app.logout(&gone).await.ok();

    assert_eq!(refused(request(&app, None, OWN)).await, (401, "UNAUTHENTICATED".to_owned()));
    assert_eq!(refused(request(&app, Some(&gone), OWN)).await, (401, "UNAUTHENTICATED".to_owned()));
    for (document, code) in [
        ("subscription { auditEvents { id } }", "FORBIDDEN"),
        ("subscription { nothing }", "GRAPHQL_VALIDATION_FAILED"),
        ("subscription {", "GRAPHQL_PARSE_FAILED"),
        ("subscription { securityEvents(after: \"x\") { id } }", "VALIDATION_FAILED"),
    ] {
        assert_eq!(refused(request(&app, Some(&ann), document)).await, (400, code.to_owned()), "{document}");
    }
    assert_eq!(refused(request(&app, Some(&ann), "{ me { id } }")).await, (406, "BAD_REQUEST".to_owned()));
    let _first = open(&app, &ann, OWN).await;
    assert_eq!(refused(request(&app, Some(&ann), OWN)).await, (429, "RATE_LIMITED".to_owned()));
}

#[tokio::test]
async fn a_subscription_without_a_stream_is_told_where_to_go() {
    let app = TestApp::start().await;
    let ann = app.signed_in("ann@example.com").await;

    assert_eq!(app.ask(OWN).by(&ann).await.code(), "BAD_REQUEST");
}

#[tokio::test]
async fn a_stream_says_why_it_ends_when_its_token_expires() {
    let app = TestApp::start().await;
    let ann = app.signed_in("ann@example.com").await;
    let mut stream = open(&app, &ann, OWN).await;

    app.wait(Duration::from_mins(15));

    let last = stream.event().await;
    assert_eq!(last["errors"][0]["extensions"]["code"], "UNAUTHENTICATED", "{last}");
    assert_eq!((stream.next().await, stream.next().await), (Some(Piece::Complete), None));
}

#[tokio::test]
async fn a_stream_ends_with_its_session_and_with_the_role() {
    let app = TestApp::start().await;
    let (ann, admin) = (app.signed_in("ann@example.com").await, app.admin("admin@example.com").await);
    let mut own = open(&app, &ann, OWN).await;
    let mut trail = open(&app, &admin, "subscription { auditEvents { id } }").await;

    app.demote(&admin).await;
    app.logout(&ann).await.ok();

    assert_eq!(trail.event().await["errors"][0]["extensions"]["code"], "FORBIDDEN");
    assert_eq!((trail.next().await, trail.next().await), (Some(Piece::Complete), None));
    let mut last = own.event().await;
    // The event that ended it may be told first.
    if last.get("errors").is_none() {
        assert_eq!(last["data"]["securityEvents"]["action"], "LOGOUT");
        last = own.event().await;
    }
    assert_eq!(last["errors"][0]["extensions"]["code"], "UNAUTHENTICATED");
    assert_eq!((own.next().await, own.next().await), (Some(Piece::Complete), None));
}

#[tokio::test]
async fn a_stream_shows_a_former_administrator_nothing_that_is_for_administrators_and_ends() {
    let app = TestApp::start().await;
    let (ann, bob) = (app.administrator("ann@example.com").await, app.administrator("bob@example.com").await);
    let nested =
        "subscription { securityEvents { subject { auditEvents(first: 1) { edges { node { actor { email } } } } } } }";
    let mut stream = open(&app, &bob, nested).await;

    app.update_user(&ann, &bob.user, json!({ "role": "USER" })).await.ok();

    let mut last = stream.event().await;
    // The event that ended it may be told first.
    if last.get("errors").is_none() {
        let newest = &last["data"]["securityEvents"]["subject"]["auditEvents"]["edges"][0]["node"];
        assert_eq!(newest, &json!({ "actor": null }), "{last}");
        last = stream.event().await;
    }
    assert_eq!(last["errors"][0]["extensions"]["code"], "FORBIDDEN");
    assert_eq!((stream.next().await, stream.next().await), (Some(Piece::Complete), None));
}

#[tokio::test]
async fn a_stream_outlives_the_time_a_request_may_take() {
    let app = TestApp::with(&[("REQUEST_TIMEOUT", "1s"), ("SUBSCRIPTION_PING_INTERVAL", "1s")]).await;
    let ann = app.signed_in("ann@example.com").await;
    let mut stream = open(&app, &ann, OWN).await;

    for _ in 0..3 {
        assert_eq!(stream.next().await, Some(Piece::Comment));
    }
    app.update_profile(&ann, json!({ "name": "Ann" })).await.ok();

    assert_eq!(stream.event().await["data"]["securityEvents"]["action"], "PROFILE_UPDATED");
}
