//! Documents and requests that no client would send: no panic, no 500, no hang.
//!
//! A few seconds by default; `FUZZ_SECONDS=600 cargo nextest run -E 'test(/fuzz/)'` for longer.

use std::sync::OnceLock;
use std::time::{Duration, Instant};

use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use reqwest::Method;

use crate::support::database::setting;
use crate::support::{Answer, SignedIn, TestApp};

/// Longer than any of these documents may take, on a machine that runs other tests too.
const TIMEOUT: Duration = Duration::from_secs(5);

/// Words of the schema, of the language, and neither.
const WORDS: &[&str] = &[
    "me",
    "sessions",
    "auditEvents",
    "securityEvents",
    "users",
    "totalCount",
    "cursor",
    "edges",
    "node",
    "id",
    "user",
    "email",
    "login",
    "register",
    "refresh",
    "verifyMfa",
    "logout",
    "authConfig",
    "rateLimit",
    "pageInfo",
    "input",
    "first",
    "last",
    "after",
    "password",
    "token",
    "query",
    "mutation",
    "subscription",
    "fragment",
    "on",
    "true",
    "null",
    "__typename",
    "__schema",
    "__type",
    "types",
    "fields",
    "interfaces",
    "possibleTypes",
    "args",
    "ofType",
    "Query",
    "Mutation",
    "User",
    "SignedIn",
    "LoginInput",
    "String",
    "Int",
    "x",
    "a1",
    "_",
    "é",
    "\u{0}",
    "\u{202e}",
];

const SIGNS: &[&str] = &[
    "{",
    "}",
    "(",
    ")",
    "[",
    "]",
    ":",
    "!",
    "=",
    "@",
    "$",
    "...",
    "&",
    "|",
    "\"",
    "\"\"\"",
    "\\",
    "#",
    ",",
    "\n",
    "\r",
    " ",
    "-",
    "1",
    "2147483648",
    "1e999",
    "-0",
    "0.5",
    "\"x\"",
    "\"\\u12\"",
    "@skip(if: true)",
    "@include(if: $x)",
    "...x",
    "... on User",
    "fragment x on Query {",
    "\u{feff}",
];

fn words() -> impl Strategy<Value = String> {
    let part = prop_oneof![prop::sample::select(WORDS), prop::sample::select(SIGNS)];
    prop::collection::vec(part, 0..200).prop_map(|parts| parts.join(" "))
}

/// A selection that is well formed, whether or not it fits the schema.
fn selection() -> impl Strategy<Value = String> {
    let name = || prop::sample::select(&WORDS[..20]);
    let argument = prop_oneof![
        Just(String::new()),
        (name(), prop::sample::select(&["1", "-1", "2147483647", "\"x\"", "$x", "{}", "[[]]", "null", "Y"][..]))
            .prop_map(|(name, value)| format!("({name}: {value})")),
    ];
    let field = (name(), prop::option::of("[a-c]"), argument).prop_map(|(name, alias, argument)| {
        let alias = alias.map_or_else(String::new, |alias| format!("{alias}: "));
        format!("{alias}{name}{argument}")
    });
    field.prop_recursive(12, 200, 12, |inner| {
        let set = prop::collection::vec(inner, 1..12).prop_map(|fields| fields.join(" "));
        (
            prop::sample::select(
                &["me", "edges", "node", "... on User", "...", "sessions(first: 100)", "__schema"][..],
            ),
            set,
        )
            .prop_map(|(name, set)| format!("{name} {{ {set} }}"))
    })
}

fn operation() -> impl Strategy<Value = String> {
    let kind = prop::sample::select(&["", "query", "mutation", "query($x: Boolean = true)", "query q($x: Int!)"][..]);
    let selections = || prop::collection::vec(selection(), 1..6).prop_map(|all| all.join(" "));
    let fragment = prop::option::of(selections()).prop_map(|set| {
        set.map_or_else(String::new, |set| {
            format!("fragment x on Query {{ {set} ...x }} fragment y on User {{ {set} }}")
        })
    });
    (kind, selections(), fragment).prop_map(|(kind, set, fragment)| format!("{kind} {{ {set} ...y }} {fragment}"))
}

/// Fields of a user that fit the schema, as deep as they like.
fn user() -> impl Strategy<Value = String> {
    let leaf = prop::sample::select(&["id", "email", "name", "__typename", "mfa { enabled }", "b: createdAt"][..]);
    let page = prop::sample::select(&["", "(first: 1)", "(last: 100)", "(first: -1)", "(first: $x)"][..]);
    leaf.prop_map(str::to_owned).prop_recursive(3, 16, 3, move |inner| {
        (page.clone(), prop::collection::vec(inner, 1..4)).prop_map(|(page, fields)| {
            format!("sessions{page} {{ edges {{ node {{ id user {{ {} }} }} }} }}", fields.join(" "))
        })
    })
}

fn fitting() -> impl Strategy<Value = String> {
    let root = prop_oneof![
        3 => prop::collection::vec(user(), 1..4).prop_map(|fields| format!("me {{ {} }}", fields.join(" "))),
        1 => Just("rateLimit { remaining }".to_owned()),
        1 => Just("authConfig { registrationOpen }".to_owned()),
    ];
    root.prop_map(|root| format!("query($x: Int = 3) {{ me {{ z: sessions(first: $x) {{ __typename }} }} {root} }}"))
}

/// A whole body: mostly a document, sometimes broken, sometimes anything.
fn body() -> impl Strategy<Value = Vec<u8>> {
    let variables = prop::sample::select(&["{}", r#"{"x":1}"#, "null", "[]", r#"{"x":{"y":[null]}}"#][..]);
    let request = (prop_oneof![words().boxed(), operation().boxed(), fitting().boxed()], variables).prop_map(
        |(document, variables)| {
            let query = serde_json::to_string(&document).unwrap();
            format!(r#"{{"query":{query},"variables":{variables}}}"#).into_bytes()
        },
    );
    let request = request.boxed();
    let broken = (request.clone(), any::<prop::sample::Index>(), any::<u8>()).prop_map(|(mut body, place, byte)| {
        let place = place.index(body.len());
        body[place] = byte;
        body
    });
    prop_oneof![8 => request, 1 => broken, 1 => prop::collection::vec(any::<u8>(), 0..300)]
}

fn headers() -> impl Strategy<Value = Vec<(&'static str, &'static str)>> {
    let line = prop::sample::select(
        &[
            ("content-type", "application/json"),
            ("content-type", "text/plain"),
            ("accept", "application/graphql-response+json"),
            ("accept", "*/*;q=x"),
            ("authorization", "Bearer a.b.c"),
            ("authorization", "Basic x"),
            ("cookie", "authgraph_refresh=\u{7f}"),
            ("x-forwarded-for", ",,::,203.0.113.7"),
            ("x-request-id", "'; drop table users; --"),
            ("origin", "null"),
        ][..],
    );
    prop::collection::vec(line, 0..4)
}

fn seconds() -> u64 {
    static SECONDS: OnceLock<u64> = OnceLock::new();
    *SECONDS.get_or_init(|| setting("FUZZ_SECONDS").and_then(|seconds| seconds.parse().ok()).unwrap_or(4))
}

/// What is sent, so that a failure can be told again.
#[derive(Debug)]
struct Sent {
    method: Method,
    headers: Vec<(&'static str, &'static str)>,
    body: Vec<u8>,
}

fn sent(runner: &mut TestRunner) -> Sent {
    let method = prop_oneof![9 => Just(Method::POST), 1 => Just(Method::GET), 1 => Just(Method::PUT)];
    let tree = (method, headers(), body()).new_tree(runner).unwrap();
    let (method, headers, body) = tree.current();
    Sent { method, headers, body }
}

async fn answer_to(app: &TestApp, http: &reqwest::Client, sent: &Sent, by: Option<&SignedIn>) -> Option<Answer> {
    let mut url = url::Url::parse(&app.url("/graphql")).unwrap();
    if sent.method == Method::GET {
        url.query_pairs_mut().append_pair("query", &String::from_utf8_lossy(&sent.body));
    }
    let mut request = http.request(sent.method.clone(), url).body(sent.body.clone());
    if !sent.headers.iter().any(|(name, _)| *name == "content-type") {
        request = request.header("content-type", "application/json");
    }
    for (name, value) in &sent.headers {
        request = request.header(*name, *value);
    }
    if let Some(who) = by {
        request = request.bearer_auth(&who.access);
    }
    // What the client itself refuses to send is not our affair.
    let answer = tokio::time::timeout(TIMEOUT, request.send()).await.unwrap_or_else(|_| panic!("no answer: {sent:?}"));
    match answer {
        Ok(answer) => Some(Answer::read(answer).await),
        Err(error) if error.is_builder() || error.is_request() => None,
        Err(error) => panic!("{error}: {sent:?}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
#[allow(clippy::print_stdout, reason = "a long run should say how much it tried")]
async fn no_request_makes_the_server_panic_fail_or_hang() {
    let app = TestApp::start().await;
    let ann = app.signed_in("ann@example.com").await;
    let (http, mut runner, began) = (reqwest::Client::new(), TestRunner::default(), Instant::now());
    let (mut asked, mut ran) = (0_u64, 0_u64);

    while began.elapsed() < Duration::from_secs(seconds()) {
        let sent = sent(&mut runner);
        let by = Some(&ann).filter(|_| asked.is_multiple_of(2));
        asked += 1;
        let Some(answer) = answer_to(&app, &http, &sent, by).await else { continue };
        let status = answer.status.as_u16();
        assert!(status < 500, "{status}: {} for {sent:?}", answer.text);
        assert!(!answer.codes().contains(&"INTERNAL"), "{} for {sent:?}", answer.text);
        ran += u64::from(answer.body.get("data").is_some());
    }

    println!("{asked} asked, {ran} ran");
    assert!(asked > 20 && ran > 0, "{asked} asked, {ran} ran");
    app.ask("{ __typename }").await.ok();
}
