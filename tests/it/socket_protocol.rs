//! graphql-transport-ws, message by message: what a client may send when, and the code that closes its socket otherwise.

use std::time::{Duration, Instant};

use serde_json::json;
use tokio::io::AsyncReadExt;
use tokio_tungstenite::tungstenite::Message;

use crate::support::TestApp;
use crate::support::socket::{PROTOCOL, Socket};

const OWN: &str = "subscription { securityEvents { id action } }";

#[tokio::test]
async fn the_protocol_is_chosen_and_the_handshake_has_a_request_id() {
    let app = TestApp::start().await;
    let offered = ("sec-websocket-protocol", "graphql-ws, graphql-transport-ws");

    let (_socket, response) = Socket::connect(app.address, &[offered]).await.unwrap();

    assert_eq!(response.headers()["sec-websocket-protocol"], "graphql-transport-ws");
    assert!(response.headers().contains_key("x-request-id"));
}

#[tokio::test]
async fn whoever_does_not_offer_the_protocol_is_told_so() {
    let app = TestApp::start().await;

    let (mut socket, response) = Socket::connect(app.address, &[]).await.unwrap();

    assert!(!response.headers().contains_key("sec-websocket-protocol"));
    assert_eq!(socket.closed().await, 4406);
}

#[tokio::test]
async fn events_come_until_the_client_has_enough() {
    let app = TestApp::start().await;
    let ann = app.signed_in("ann@example.com").await;
    let (mut socket, mut witness) = (app.following(&ann).await, app.following(&ann).await);

    app.update_profile(&ann, json!({ "name": "Ann" })).await.ok();
    assert_eq!(socket.event("1").await["securityEvents"]["action"], "PROFILE_UPDATED");
    socket.say(json!({ "id": "1", "type": "complete" })).await;
    socket.is_silent().await;
    app.update_profile(&ann, json!({ "name": "Anna" })).await.ok();
    witness.event("1").await;
    witness.event("1").await;
    socket.is_silent().await;
    socket.subscribe("1", OWN).await;
    socket.is_silent().await;
    app.change_password(&ann, "Correct-Horse-7", "Correct-Horse-8").await.ok();

    assert_eq!(socket.event("1").await["securityEvents"]["action"], "PASSWORD_CHANGED");
}

#[tokio::test]
async fn several_subscriptions_share_a_socket() {
    let app = TestApp::start().await;
    let ann = app.signed_in("ann@example.com").await;
    let mut socket = app.following(&ann).await;
    socket.subscribe("two", OWN).await;
    socket.is_silent().await;

    app.update_profile(&ann, json!({ "name": "Ann" })).await.ok();

    let mut ids = [socket.receive().await["id"].clone(), socket.receive().await["id"].clone()];
    ids.sort_by_key(ToString::to_string);
    assert_eq!(ids, [json!("1"), json!("two")]);
}

#[tokio::test]
async fn a_ping_is_answered_with_its_payload_even_before_the_greeting() {
    let app = TestApp::start().await;
    let mut socket = Socket::open(app.address).await;

    socket.say(json!({ "type": "pong" })).await;
    socket.say(json!({ "type": "ping", "payload": { "n": 1 } })).await;

    assert_eq!(socket.receive().await, json!({ "type": "pong", "payload": { "n": 1 } }));
}

#[tokio::test]
async fn messages_against_the_protocol_are_4400() {
    let app = TestApp::start().await;
    let ann = app.signed_in("ann@example.com").await;
    for wrong in [
        Message::text("hello"),
        Message::text("{}"),
        Message::text(r#"{"type":"start","id":"1","payload":{"query":"{me{id}}"}}"#),
        Message::text(r#"{"type":"subscribe","id":"","payload":{"query":"{me{id}}"}}"#),
        Message::text(r#"{"type":"subscribe","id":"1","payload":{"query":["{me{id}}"]}}"#),
        Message::binary(br#"{"type":"ping"}"#.to_vec()),
    ] {
        let mut socket = app.socket_of(&ann).await;

        socket.send(wrong.clone()).await;

        assert_eq!(socket.closed().await, 4400, "{wrong:?}");
    }
}

#[tokio::test]
async fn a_subscription_before_the_acknowledgement_is_4401() {
    let app = TestApp::start().await;
    let mut socket = Socket::open(app.address).await;

    socket.subscribe("1", OWN).await;

    assert_eq!(socket.closed().await, 4401);
}

#[tokio::test]
async fn a_greeting_without_a_token_is_4401_and_one_with_a_wrong_token_4403() {
    let app = TestApp::start().await;
    let ann = app.signed_in("ann@example.com").await;
    app.logout(&ann).await.ok();
    for (payload, code) in [
        (json!(null), 4401),
        (json!({}), 4401),
        (json!({ "authorization": "Basic abc" }), 4401),
        (json!({ "authorization": "Bearer abc" }), 4403),
        (json!({ "accessToken": ann.access }), 4403),
    ] {
        let mut socket = Socket::open(app.address).await;

        socket.say(json!({ "type": "connection_init", "payload": payload })).await;

        assert_eq!(socket.closed().await, code, "{payload}");
    }
}

#[tokio::test]
async fn the_token_may_come_as_clients_send_it() {
    let app = TestApp::start().await;
    let ann = app.signed_in("ann@example.com").await;
    let bearer = format!("Bearer {}", ann.access);
    for payload in [
        json!({ "Authorization": bearer }),
        json!({ "headers": { "authorization": bearer } }),
        json!({ "accessToken": ann.access }),
        json!({ "authToken": ann.access }),
    ] {
        let mut socket = Socket::open(app.address).await;

        socket.say(json!({ "type": "connection_init", "payload": payload })).await;

        assert_eq!(socket.receive().await["type"], "connection_ack");
    }
    let (mut socket, _) = Socket::connect(app.address, &[PROTOCOL, ("authorization", &bearer)]).await.unwrap();
    socket.say(json!({ "type": "connection_init" })).await;
    assert_eq!(socket.receive().await["type"], "connection_ack");
}

#[tokio::test]
async fn whoever_does_not_introduce_themselves_is_sent_away_after_three_seconds() {
    let app = TestApp::start().await;
    let began = Instant::now();
    let mut socket = Socket::open(app.address).await;
    socket.say(json!({ "type": "ping" })).await;

    assert_eq!(socket.closed().await, 4408);
    assert!(began.elapsed() >= Duration::from_millis(2_900), "{:?}", began.elapsed());
}

#[tokio::test]
async fn a_second_greeting_is_4429() {
    let app = TestApp::start().await;
    let ann = app.signed_in("ann@example.com").await;
    let mut socket = app.socket_of(&ann).await;

    socket.init(&ann.access).await;

    assert_eq!(socket.closed().await, 4429);
}

#[tokio::test]
async fn the_id_of_a_running_subscription_is_taken() {
    let app = TestApp::start().await;
    let ann = app.signed_in("ann@example.com").await;
    let mut socket = app.following(&ann).await;

    socket.subscribe("1", OWN).await;

    assert_eq!(socket.closed().await, 4409);
}

#[tokio::test]
async fn what_is_refused_is_an_error_and_its_id_is_free_again() {
    let app = TestApp::start().await;
    let ann = app.signed_in("ann@example.com").await;
    let mut socket = app.socket_of(&ann).await;

    for (document, code) in [
        ("{ me { nothing } }", "GRAPHQL_VALIDATION_FAILED"),
        ("query a { me { id } } mutation b { logout { sessionId } }", "BAD_REQUEST"),
        ("subscription {", "GRAPHQL_PARSE_FAILED"),
        ("subscription { nothing }", "GRAPHQL_VALIDATION_FAILED"),
        ("subscription { a: securityEvents { id } b: securityEvents { id } }", "GRAPHQL_VALIDATION_FAILED"),
        ("subscription($a: ID!) { securityEvents(after: $a) { id } }", "BAD_USER_INPUT"),
        ("subscription { securityEvents(after: \"x\") { id } }", "VALIDATION_FAILED"),
        ("subscription { auditEvents { id } }", "FORBIDDEN"),
    ] {
        socket.subscribe("1", document).await;
        assert_eq!(socket.error("1").await, code, "{document}");
    }

    assert_eq!(app.me(&ann).await.ok().text_at("/me/email"), "ann@example.com", "the logout did not run");
}

#[tokio::test]
async fn a_bomb_of_fragments_does_not_get_further_than_over_http() {
    let app = TestApp::start().await;
    let ann = app.signed_in("ann@example.com").await;
    let mut socket = app.socket_of(&ann).await;
    let spread = |n: usize| format!("fragment f{n} on AuditEvent {{ {} }} ", format!("...f{} ", n + 1).repeat(4));
    let chain: String = (0..14).map(spread).collect();

    let bomb = format!("subscription {{ securityEvents {{ ...f0 }} }} {chain} fragment f14 on AuditEvent {{ id }}");
    socket.subscribe("1", &bomb).await;

    assert_eq!(socket.error("1").await, "QUERY_TOO_COMPLEX");
}

#[tokio::test]
async fn every_error_carries_the_id_of_the_handshake() {
    let app = TestApp::with(&[("TRUSTED_PROXIES", "1")]).await;
    let ann = app.signed_in("ann@example.com").await;
    let headers = [PROTOCOL, ("x-request-id", "call-7")];
    let (mut socket, _) = Socket::connect(app.address, &headers).await.unwrap();
    socket.init(&ann.access).await;
    socket.receive().await;

    socket.subscribe("1", "subscription { auditEvents { id } }").await;

    assert_eq!(socket.receive().await["payload"][0]["extensions"]["correlationId"], "call-7");
}

#[tokio::test]
async fn the_server_asks_for_a_sign_of_life_and_leaves_who_gives_none() {
    let app = TestApp::with(&[("SUBSCRIPTION_PING_INTERVAL", "1s")]).await;
    let ann = app.signed_in("ann@example.com").await;

    let mut lively = app.socket_of(&ann).await;
    let dead = app.socket_of(&ann).await.into_stream();
    for _ in 0..3 {
        lively.receive_ping().await;
    }
    lively.is_silent().await;

    let tokio_tungstenite::MaybeTlsStream::Plain(mut dead) = dead else { panic!("TLS") };
    // Reads to the end, which comes when the server leaves.
    let mut rest = Vec::new();
    let _ =
        tokio::time::timeout(Duration::from_secs(20), dead.read_to_end(&mut rest)).await.expect("a server that leaves");
}

#[tokio::test]
async fn a_plain_request_on_the_way_of_sockets_is_refused_in_the_words_of_the_house() {
    let app = TestApp::start().await;

    let answer = app.ask("{ me { id } }").header("upgrade", "websocket").await;

    assert_eq!((answer.status.as_u16(), answer.code()), (400, "BAD_REQUEST"));
}
