//! Queries and mutations over a socket: the answers, the limits and the refusals of requests over HTTP.

use std::time::Duration;

use authgraph::records::users;
use authgraph::tools::db::Tx;
use serde_json::{Value, json};

use crate::documents::{hash, persisted};
use crate::support::socket::{PROTOCOL, Socket};
use crate::support::{Answer, PASSWORD, SignedIn, TestApp};

const ME: &str = "{ me { email } }";
const LOGIN: &str = "mutation($input: LoginInput!) { login(input: $input) {
     ... on SignedIn { accessToken refreshToken session { id } } } }";
const VERIFY: &str =
    "mutation($input: VerifyMfaInput!) { verifyMfa(input: $input) { ... on SignedIn { refreshToken } } }";
const REFRESH: &str = "mutation($input: RefreshInput!) { refresh(input: $input) { refreshToken session { id } } }";
const RENAME: &str = "mutation($name: String) { updateProfile(input: { name: $name }) { user { name } } }";

fn code(payload: &Value) -> &str {
    payload["errors"][0]["extensions"]["code"].as_str().unwrap_or_else(|| panic!("no error in {payload}"))
}

fn login(email: &str, password: &str) -> Value {
    json!({ "input": { "email": email, "password": password } })
}

/// Holds the user's row, sends a mutation that waits for it, and answers the transaction that keeps it waiting.
async fn begin_slow(app: &TestApp, ann: &SignedIn, socket: &mut Socket) -> Tx {
    let mut tx = app.app.db.begin().await.unwrap();
    users::hold(&mut tx, ann.user.parse().unwrap()).await.unwrap();
    socket.subscribe("slow", "mutation { updateProfile(input: { name: \"Ann\" }) { user { name } } }").await;
    socket.is_silent().await;
    tx
}

#[tokio::test]
async fn a_query_is_answered_once_and_completed() {
    let app = TestApp::start().await;
    let ann = app.signed_in("ann@example.com").await;
    let mut socket = app.socket_of(&ann).await;

    for id in ["1", "2", "1"] {
        let answer = socket.run(id, ME, Value::Null).await;
        assert_eq!(answer, json!({ "data": { "me": { "email": "ann@example.com" } } }));
    }
    socket.is_silent().await;
}

#[tokio::test]
async fn a_mutation_runs_and_its_errors_come_with_its_data() {
    let app = TestApp::start().await;
    let ann = app.signed_in("ann@example.com").await;
    let mut socket = app.following(&ann).await;

    let renamed = socket.run("2", RENAME, json!({ "name": "a".repeat(1_000) })).await;
    assert_eq!((&renamed["data"], code(&renamed)), (&json!({ "updateProfile": null }), "VALIDATION_FAILED"));
    assert!(renamed["errors"][0]["extensions"]["correlationId"].is_string());

    socket.subscribe("3", "mutation { updateProfile(input: { name: \"Ann\" }) { user { name } } }").await;
    let heard = [socket.receive().await, socket.receive().await, socket.receive().await];
    let find =
        |id: &str, kind: &str| heard.iter().find(|message| message["id"] == id && message["type"] == kind).unwrap();
    assert_eq!(find("1", "next")["payload"]["data"]["securityEvents"]["action"], "PROFILE_UPDATED");
    assert_eq!(find("3", "next")["payload"]["data"]["updateProfile"]["user"]["name"], "Ann");
    find("3", "complete");
}

#[tokio::test]
async fn a_login_in_the_body_and_its_refresh_work() {
    let app = TestApp::start().await;
    let ann = app.signed_in("ann@example.com").await;
    let mut socket = app.socket_of(&ann).await;

    let answer = socket.run("1", LOGIN, login("ann@example.com", PASSWORD)).await;
    let signed_in = &answer["data"]["login"];
    assert_ne!(signed_in["session"]["id"], json!(ann.session));
    let token = json!({ "input": { "refreshToken": signed_in["refreshToken"] } });
    let refreshed = socket.run("2", REFRESH, token.clone()).await;

    assert_eq!(refreshed["data"]["refresh"]["session"], signed_in["session"]);
    assert_eq!(code(&socket.run("3", REFRESH, token).await), "REFRESH_TOKEN_REUSED");
}

#[tokio::test]
async fn a_cookie_is_refused_before_anything_is_done() {
    let app = TestApp::start().await;
    let ann = app.signed_in("ann@example.com").await;
    let held = app.login_with(
        json!({ "email": "ann@example.com", "password": PASSWORD, "client": { "tokenDelivery": "COOKIE" } }),
    );
    let cookie = held.await.header("set-cookie").split(';').next().unwrap().to_owned();
    let (mut socket, _) = Socket::connect(app.address, &[PROTOCOL, ("cookie", &cookie)]).await.unwrap();
    socket.init(&ann.access).await;
    socket.receive().await;
    let before = app.audit_trail().await;
    let client = "password: \"Correct-Horse-7\", client: { tokenDelivery: COOKIE }";
    let inputs = [
        ("register", format!("email: \"bob@example.com\", {client}"), "__typename", "input.client.tokenDelivery"),
        ("login", format!("email: \"ann@example.com\", {client}"), "__typename", "input.client.tokenDelivery"),
        // The cookie of the handshake is not read either.
        ("refresh", "idempotencyKey: \"k\"".to_owned(), "accessToken", "input.refreshToken"),
    ];

    for (field, input, payload, path) in inputs {
        let document = format!("mutation {{ {field}(input: {{ {input} }}) {{ {payload} }} }}");
        let answer = socket.run("1", &document, Value::Null).await;
        let fields = &answer["errors"][0]["extensions"]["fields"];
        assert_eq!((code(&answer), &fields[0]["path"]), ("VALIDATION_FAILED", &json!(path)), "{field}");
    }

    assert_eq!(app.audit_trail().await, before);
}

#[tokio::test]
async fn a_second_step_whose_first_asked_for_a_cookie_is_refused_and_uses_nothing_up() {
    let app = TestApp::start().await;
    let ann = app.with_mfa("ann@example.com").await;
    let client = json!({ "tokenDelivery": "COOKIE" });
    let input = json!({ "email": "ann@example.com", "password": PASSWORD, "client": client });
    let waiting = app.mutate("login", input, "... on MfaRequired { challengeToken }").await.ok();
    let challenge = waiting.text_at("/login/challengeToken");
    let code_of_ann = app.next_code(&ann.authenticator);
    let mut socket = app.socket_of(&ann.session).await;
    let before = app.audit_trail().await;

    // More often than a challenge allows attempts.
    for _ in 0..6 {
        let variables = json!({ "input": { "challengeToken": challenge, "code": code_of_ann } });
        let answer = socket.run("1", VERIFY, variables).await;
        assert_eq!(code(&answer), "VALIDATION_FAILED");
        assert_eq!(answer["errors"][0]["extensions"]["fields"][0]["path"], "input.challengeToken");
    }
    assert_eq!(app.audit_trail().await, before);

    let verified = app.verify_mfa(challenge, &code_of_ann).await.ok();
    assert_eq!(verified.at("/verifyMfa/refreshToken"), &json!(null));
    assert!(verified.header("set-cookie").contains("agr_"), "{}", verified.header("set-cookie"));
}

#[tokio::test]
async fn a_second_step_whose_first_asked_for_the_body_works_over_a_socket() {
    let app = TestApp::start().await;
    let ann = app.with_mfa("ann@example.com").await;
    let challenge = app.challenge("ann@example.com").await;
    let mut socket = app.socket_of(&ann.session).await;

    let variables = json!({ "input": { "challengeToken": challenge, "code": app.next_code(&ann.authenticator) } });
    let answer = socket.run("1", VERIFY, variables).await;

    assert!(answer["data"]["verifyMfa"]["refreshToken"].is_string(), "{answer}");
}

#[tokio::test]
async fn a_logout_is_answered_before_the_socket_closes() {
    let app = TestApp::start().await;
    let ann = app.signed_in("ann@example.com").await;
    let mut socket = app.socket_of(&ann).await;

    let answer = socket.run("1", "mutation { logout { sessionId } }", Value::Null).await;

    assert_eq!(answer["data"]["logout"]["sessionId"], json!(ann.session));
    assert_eq!(socket.closed().await, 4403);
}

#[tokio::test]
async fn every_operation_reads_its_viewer_anew() {
    let app = TestApp::start().await;
    let ann = app.signed_in("ann@example.com").await;
    let mut socket = app.socket_of(&ann).await;
    socket.run("1", ME, Value::Null).await;

    app.end_silently(&ann).await;

    // The event of the login may reach the socket only now. Then it looks at the session by itself, and closes.
    match socket.run_or_close("2", ME, Value::Null).await {
        Ok(answer) => assert_eq!(code(&answer), "UNAUTHENTICATED"),
        Err(code) => assert_eq!(code, 4403),
    }
}

#[tokio::test]
async fn queries_and_mutations_count_among_the_operations_of_a_socket_and_its_user() {
    for limit in ["SUBSCRIPTION_OPERATIONS_PER_SOCKET", "SUBSCRIPTION_OPERATIONS_PER_USER"] {
        let app = TestApp::with(&[(limit, "2")]).await;
        let ann = app.signed_in("ann@example.com").await;
        let mut socket = app.following(&ann).await;
        let slow = begin_slow(&app, &ann, &mut socket).await;

        socket.subscribe("3", ME).await;
        assert_eq!(socket.error("3").await, "RATE_LIMITED", "{limit}");

        socket.say(json!({ "id": "1", "type": "complete" })).await;
        drop(slow);
        while socket.receive().await != json!({ "id": "slow", "type": "complete" }) {}
        socket.run("3", ME, Value::Null).await;
    }
}

#[tokio::test]
async fn every_operation_takes_a_place_among_the_requests() {
    let app = TestApp::with(&[("RATE_LIMIT_REQUESTS", "6/1m")]).await;
    let ann = app.signed_in("ann@example.com").await;
    let mut socket = app.socket_of(&ann).await;
    for id in ["1", "2", "3", "4"] {
        socket.run(id, ME, Value::Null).await;
    }

    socket.subscribe("5", ME).await;

    assert_eq!(socket.error("5").await, "RATE_LIMITED");
    assert_eq!(app.me(&ann).await.code(), "RATE_LIMITED");
}

#[tokio::test]
async fn an_operation_that_is_ended_at_once_takes_a_place_too() {
    let app = TestApp::with(&[("RATE_LIMIT_REQUESTS", "100/1m")]).await;
    let ann = app.signed_in("ann@example.com").await;
    let mut socket = app.socket_of(&ann).await;
    for id in ["1", "2", "3", "4"] {
        socket.subscribe(id, ME).await;
        socket.say(json!({ "id": id, "type": "complete" })).await;
    }

    // The registration, the handshake and the four operations. What is aborted is counted in the background.
    for own in 1..50 {
        let answer = app.me(&ann).await.ok();
        if answer.header("ratelimit").starts_with(&format!("\"requests\";r={};", 100 - 6 - own)) {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("four operations were free");
}

#[tokio::test]
async fn guesses_at_a_password_have_the_limit_of_their_address() {
    let app = TestApp::with(&[("RATE_LIMIT_AUTH", "3/1m")]).await;
    let ann = app.signed_in("ann@example.com").await;
    app.wait(Duration::from_mins(1));
    let mut socket = app.socket_of(&ann).await;

    for guess in ["Wrong-Guess-1", "Wrong-Guess-2", "Wrong-Guess-3"] {
        assert_eq!(code(&socket.run("1", LOGIN, login("bob@example.com", guess)).await), "INVALID_CREDENTIALS");
    }

    socket
        .say(json!({ "id": "1", "type": "subscribe",
        "payload": { "query": LOGIN, "variables": login("bob@example.com", "Wrong-Guess-4") } }))
        .await;
    let refused = socket.receive().await;
    let errors = refused["payload"].get("errors").unwrap_or(&refused["payload"]);
    assert_eq!(errors[0]["extensions"]["code"], "RATE_LIMITED");
    assert_eq!(app.login("bob@example.com", "Wrong-Guess-5").await.code(), "RATE_LIMITED");
}

#[tokio::test]
async fn an_operation_has_the_limits_of_its_document() {
    let app = TestApp::start().await;
    let ann = app.signed_in("ann@example.com").await;
    let mut socket = app.socket_of(&ann).await;
    let pages = "auditEvents(first: 100) { edges { node { actor { id } } } }";
    let page = |n: usize| format!("a{n}: me {{ {pages} }} ");
    let dear: String = (0..40).map(page).collect();

    socket.subscribe("1", &format!("{{ {dear} }}")).await;
    assert_eq!(socket.error("1").await, "QUERY_TOO_COMPLEX");
    socket
        .subscribe("1", &format!("mutation {{ a: {0} b: {0} }}", "verifyEmail(input: { token: \"x\" }) { email }"))
        .await;
    assert_eq!(socket.error("1").await, "QUERY_TOO_COMPLEX");
}

#[tokio::test]
async fn a_document_is_persisted_by_a_socket_as_by_a_request() {
    let app = TestApp::start().await;
    let ann = app.signed_in("ann@example.com").await;
    let mut socket = app.socket_of(&ann).await;
    let extensions = persisted(&hash(ME));

    socket.say(json!({ "id": "1", "type": "subscribe", "payload": { "query": ME, "extensions": extensions } })).await;
    socket.result("1").await;
    socket.say(json!({ "id": "2", "type": "subscribe", "payload": { "extensions": extensions } })).await;
    assert_eq!(socket.result("2").await["data"]["me"]["email"], "ann@example.com");

    let answer = reqwest::Client::new().post(app.url("/graphql")).json(&json!({ "extensions": extensions }));
    assert_eq!(Answer::read(answer.send().await.unwrap()).await.code(), "UNAUTHENTICATED");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_running_mutation_is_given_up_with_its_socket() {
    let app = TestApp::start().await;
    let ann = app.signed_in("ann@example.com").await;
    let mut socket = app.socket_of(&ann).await;
    let slow = begin_slow(&app, &ann, &mut socket).await;

    drop(socket);
    drop(slow);

    // Its slot is free again, and the server goes on.
    loop {
        let mut next = app.socket_of(&ann).await;
        if next.run("1", ME, Value::Null).await["data"]["me"]["email"] == "ann@example.com" {
            return;
        }
    }
}

/// What a slow mutation answers after something has ended its socket, and the code of the close frame.
async fn ended_amid(app: &TestApp, ann: &SignedIn, end: impl AsyncFnOnce()) -> (Value, u16) {
    let mut socket = app.following(ann).await;
    let slow = begin_slow(app, ann, &mut socket).await;
    end().await;
    drop(slow);
    let (heard, code) = socket.messages_until_closed().await;
    let answer = heard.iter().find(|message| message["id"] == "slow" && message["type"] == "next").cloned();
    (answer.unwrap_or_else(|| panic!("no answer among {heard:?}")), code)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mutation_that_runs_when_the_token_expires_is_still_answered() {
    let app = TestApp::start().await;
    let ann = app.signed_in("ann@example.com").await;

    let (answer, code) = ended_amid(&app, &ann, async || app.wait(Duration::from_mins(15))).await;

    assert!(answer["payload"].is_object());
    assert_eq!(code, 4403);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mutation_that_runs_when_the_server_stops_is_still_answered() {
    let app = TestApp::start().await;
    let ann = app.signed_in("ann@example.com").await;

    let (answer, code) = ended_amid(&app, &ann, async || app.stop()).await;

    assert!(answer["payload"]["data"]["updateProfile"]["user"]["name"] == "Ann", "{answer}");
    assert_eq!(code, 1001);
}
