//! What sockets may take: places, messages, sizes, time; and whose pages may open them.

use std::collections::HashSet;
use std::fmt::Write;
use std::time::Duration;

use serde_json::json;
use tokio_tungstenite::tungstenite::Message;

use crate::support::TestApp;
use crate::support::socket::{PROTOCOL, Socket};

const OWN: &str = "subscription { securityEvents { id } }";

#[tokio::test]
async fn a_user_has_so_many_sockets_and_a_closed_one_makes_room() {
    let app = TestApp::with(&[("SUBSCRIPTION_CONNECTIONS_PER_USER", "2")]).await;
    let (ann, bob) = (app.signed_in("ann@example.com").await, app.signed_in("bob@example.com").await);
    let _first = app.socket_of(&ann).await;
    let second = app.socket_of(&ann).await;

    let mut third = Socket::open(app.address).await;
    third.init(&ann.access).await;

    assert_eq!(third.closed().await, 1013);
    app.socket_of(&bob).await;
    drop(second);
    loop {
        let mut again = Socket::open(app.address).await;
        again.init(&ann.access).await;
        if again.is_acknowledged().await {
            break;
        }
    }
}

#[tokio::test]
async fn an_address_has_so_many_sockets_for_all_its_users() {
    let app = TestApp::with(&[("SUBSCRIPTION_CONNECTIONS_PER_ADDRESS", "2"), ("TRUSTED_PROXIES", "1")]).await;
    let from = |address| [PROTOCOL, ("x-forwarded-for", address)];
    let _strangers = [
        Socket::connect(app.address, &from("2001:db8::1")).await.unwrap(),
        Socket::connect(app.address, &from("2001:db8::2")).await.unwrap(),
    ];

    let (status, body) = Socket::connect(app.address, &from("2001:db8::3")).await.unwrap_err();

    assert_eq!((status, &body["errors"][0]["extensions"]["code"]), (429, &json!("RATE_LIMITED")));
    assert!(Socket::connect(app.address, &from("2001:db8:0:1::3")).await.is_ok());
}

#[tokio::test]
async fn many_sockets_at_the_same_moment_take_no_more_than_there_is() {
    let app = TestApp::with(&[("SUBSCRIPTION_CONNECTIONS_PER_ADDRESS", "5")]).await;

    let knocks = (0..40).map(|_| Socket::connect(app.address, &[PROTOCOL]));
    let answers = futures_util::future::join_all(knocks).await;

    assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 5);
}

#[tokio::test]
async fn a_subscription_that_is_not_valid_costs_nothing() {
    let app = TestApp::with(&[("RATE_LIMIT_BUDGET", "100/1m")]).await;
    let ann = app.signed_in("ann@example.com").await;
    let mut socket = app.socket_of(&ann).await;
    let before = app.ask("{ rateLimit { remaining } }").by(&ann).await.ok();

    for n in 0..20 {
        let id = n.to_string();
        socket.subscribe(&id, "subscription { securityEvents { id actor { unknown } } }").await;
        assert_eq!(socket.error(&id).await, "GRAPHQL_VALIDATION_FAILED");
    }

    let after = app.ask("{ rateLimit { remaining } }").by(&ann).await.ok();
    assert_eq!(after.at("/rateLimit/remaining"), before.at("/rateLimit/remaining"));
}

#[tokio::test]
async fn every_event_is_paid_for_that_loads_more_than_itself() {
    let app = TestApp::with(&[("RATE_LIMIT_BUDGET", "75/1m")]).await;
    let ann = app.signed_in("ann@example.com").await;
    let mut socket = app.socket_of(&ann).await;
    app.wait(Duration::from_mins(1));
    socket.subscribe("free", OWN).await;
    socket
        .subscribe(
            "dear",
            "subscription { securityEvents { id actor { auditEvents(first: 20) { edges { node { id } } } } } }",
        )
        .await;
    socket.is_silent().await;

    // Twenty-three points at first, six for each change, and twenty-three for every event but the first.
    let mut told = Vec::new();
    for name in ["a", "b", "c"] {
        app.ask(format!("mutation {{ updateProfile(input: {{ name: \"{name}\" }}) {{ user {{ id }} }} }}"))
            .by(&ann)
            .await
            .ok();
        for _ in 0..2 {
            let message = socket.receive().await;
            told.push(format!("{} {}", message["id"].as_str().unwrap(), message["type"].as_str().unwrap()));
        }
    }

    told.sort();
    assert_eq!(told.iter().filter(|told| *told == "free next").count(), 3, "{told:?}");
    assert!(told.contains(&"dear error".to_owned()), "{told:?}");
}

#[tokio::test]
async fn the_first_event_gives_nothing_back_that_the_next_ones_use() {
    let app = TestApp::with(&[("RATE_LIMIT_BUDGET", "1000/1m"), ("LOCKOUT_ATTEMPTS", "0")]).await;
    let ann = app.signed_in("ann@example.com").await;
    let mut socket = app.socket_of(&ann).await;
    app.wait(Duration::from_mins(1));
    let remaining = async || {
        let answer = app.ask("{ rateLimit { remaining } }").by(&ann).await.ok();
        answer.at("/rateLimit/remaining").as_u64().unwrap()
    };
    socket
        .subscribe(
            "1",
            "subscription { securityEvents { id actor { auditEvents(first: 20) { edges { node { id } } } } } }",
        )
        .await;
    socket.is_silent().await;
    let before = remaining().await;

    // A failed sign-in has no actor: nothing below is loaded.
    app.login("ann@example.com", "Wrong-Guess-99").from("203.0.113.9").await;
    assert_eq!(socket.event("1").await["securityEvents"]["actor"], json!(null));

    assert_eq!(remaining().await, before);
}

#[tokio::test]
async fn a_subscription_may_not_be_dear_for_each_event() {
    let app = TestApp::start().await;
    let ann = app.signed_in("ann@example.com").await;
    let mut socket = app.socket_of(&ann).await;
    let fields = "id ".repeat(200);
    let page = "actor { auditEvents(first: 100) { edges { node { id } } } }";
    for inside in [fields.as_str(), page] {
        socket.subscribe("1", &format!("subscription {{ securityEvents {{ {inside} }} }}")).await;
        assert_eq!(socket.error("1").await, "QUERY_TOO_COMPLEX");
    }
}

#[tokio::test]
async fn a_user_has_so_many_subscriptions_over_all_sockets() {
    let app = TestApp::with(&[("SUBSCRIPTION_OPERATIONS_PER_USER", "2")]).await;
    let (ann, bob) = (app.signed_in("ann@example.com").await, app.signed_in("bob@example.com").await);
    let (mut first, mut second) = (app.following(&ann).await, app.following(&ann).await);

    second.subscribe("2", OWN).await;
    assert_eq!(second.error("2").await, "RATE_LIMITED");

    app.following(&bob).await.is_silent().await;
    first.say(json!({ "id": "1", "type": "complete" })).await;
    first.is_silent().await;
    second.subscribe("3", OWN).await;
    second.is_silent().await;
}

#[tokio::test]
async fn a_handshake_takes_a_place_among_the_requests() {
    let app = TestApp::with(&[("RATE_LIMIT_REQUESTS", "3/1m")]).await;
    for _ in 0..3 {
        Socket::connect(app.address, &[PROTOCOL]).await.unwrap();
    }

    let (status, body) = Socket::connect(app.address, &[PROTOCOL]).await.unwrap_err();

    assert_eq!((status, &body["errors"][0]["extensions"]["code"]), (429, &json!("RATE_LIMITED")));
}

#[tokio::test]
async fn a_socket_carries_so_many_subscriptions() {
    let app = TestApp::with(&[("SUBSCRIPTION_OPERATIONS_PER_SOCKET", "2")]).await;
    let ann = app.signed_in("ann@example.com").await;
    let mut socket = app.following(&ann).await;
    socket.subscribe("2", OWN).await;

    socket.subscribe("3", OWN).await;

    assert_eq!(socket.error("3").await, "RATE_LIMITED");
    socket.say(json!({ "id": "2", "type": "complete" })).await;
    socket.subscribe("3", OWN).await;
    socket.is_silent().await;
}

#[tokio::test]
async fn a_flood_of_messages_closes_the_socket() {
    let app = TestApp::with(&[("SUBSCRIPTION_MESSAGES_PER_SECOND", "10")]).await;
    let mut socket = Socket::open(app.address).await;

    for _ in 0..50 {
        socket.say(json!({ "type": "ping" })).await;
    }

    assert_eq!(socket.closed().await, 1008);
}

#[tokio::test]
async fn a_message_is_no_larger_than_a_body() {
    let app = TestApp::start().await;
    let ann = app.signed_in("ann@example.com").await;
    let padded = |bytes: usize| {
        let frame = json!({ "type": "ping", "payload": { "x": "" } }).to_string().len();
        Message::text(json!({ "type": "ping", "payload": { "x": "x".repeat(bytes - frame) } }).to_string())
    };

    let mut socket = app.socket_of(&ann).await;
    socket.send(padded(64 * 1024)).await;
    assert_eq!(socket.receive().await["type"], "pong");
    socket.send(padded(64 * 1024 + 1)).await;
    assert_eq!(socket.closed().await, 1009);

    let mut socket = app.socket_of(&ann).await;
    socket.send(padded(1024 * 1024)).await;
    assert!(matches!(socket.closed().await, 1006 | 1009));
}

#[tokio::test]
async fn only_pages_of_known_origins_open_sockets() {
    let settings = [("CORS_ORIGINS", "https://app.example.com"), ("PUBLIC_URL", "https://auth.example.com/x")];
    let app = TestApp::with(&settings).await;
    let connect = |origins: &'static [(&str, &str)]| {
        let headers: Vec<_> = [PROTOCOL].into_iter().chain(origins.iter().copied()).collect();
        async move { Socket::connect(app.address, &headers).await.map(drop) }
    };

    for fine in [&[][..], &[("origin", "https://app.example.com")], &[("origin", "https://auth.example.com")]] {
        assert!(connect(fine).await.is_ok(), "{fine:?}");
    }
    for foreign in [
        &[("origin", "https://evil.example")][..],
        &[("origin", "null")],
        &[("origin", "https://app.example.com.evil.example")],
        &[("origin", "http://app.example.com")],
        &[("origin", "https://app.example.com"), ("origin", "https://evil.example")],
    ] {
        let (status, body) = connect(foreign).await.unwrap_err();
        assert_eq!((status, &body["errors"][0]["extensions"]["code"]), (403, &json!("FORBIDDEN")), "{foreign:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_subscriber_that_does_not_listen_is_left_and_the_others_miss_nothing() {
    let app = TestApp::with(&[("SUBSCRIPTION_BACKLOG", "64")]).await;
    let admin = app.admin("admin@example.com").await;
    let ann = app.signed_in("ann@example.com").await;
    let mut heavy = String::from("subscription { auditEvents { id");
    (0..30).for_each(|n| write!(heavy, " a{n}: userAgent").unwrap());
    heavy.push_str(" } }");
    let mut deaf = app.socket_of(&admin).await;
    deaf.subscribe("1", &heavy).await;
    deaf.is_silent().await;
    let mut quick = app.socket_of(&admin).await;
    quick.subscribe("1", "subscription { auditEvents { id } }").await;
    quick.is_silent().await;

    app.record_and_die(&ann, 1_500, &"x".repeat(512)).await;

    let mut heard = HashSet::new();
    while heard.len() < 1_500 {
        heard.insert(quick.event("1").await["auditEvents"]["id"].as_str().unwrap().to_owned());
    }
    assert!(matches!(deaf.closed().await, 1006 | 1013));
    quick.is_silent().await;
}
