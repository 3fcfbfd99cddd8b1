//! Live events between real processes, and what a process that stops tells its clients.

use std::time::{Duration, Instant};

use serde_json::json;

use crate::support::database::{Database, setting};
use crate::support::process::Process;
use crate::support::socket::Socket;

const OWN: &str = "subscription { securityEvents { id action } }";

async fn following(process: &Process, access_token: &str) -> Socket {
    let mut socket = Socket::authenticated(process.address, access_token).await;
    socket.subscribe("1", OWN).await;
    socket.is_silent().await;
    socket
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_in_one_process_reaches_a_subscriber_of_the_other_within_a_second() {
    let folder = tempfile::tempdir().unwrap();
    let database = Database::fresh(folder.path()).await;
    let redis = setting("TEST_REDIS_URL").unwrap_or_default();
    let prefix = format!("authgraph-test:{}:", uuid::Uuid::now_v7());
    let settings = [("REDIS_URL", &*redis), ("REDIS_KEY_PREFIX", &*prefix)];
    let settings = if redis.is_empty() { &[][..] } else { &settings[..] };
    let here = Process::start_with(folder.path(), &database, settings).await;
    let there = Process::start_with(folder.path(), &database, settings).await;
    assert_eq!(here.register("ann@example.com").await, Some(true));
    let token = here.access_token("ann@example.com").await;
    let mut socket = following(&there, &token).await;
    let mut delays = Vec::new();

    for round in 0..5 {
        let rename = format!("mutation {{ updateProfile(input: {{ name: \"Ann {round}\" }}) {{ user {{ id }} }} }}");
        assert!(here.ask(&json!({ "query": rename }), &token).await["data"]["updateProfile"].is_object());
        let answered = Instant::now();
        assert_eq!(socket.event("1").await["securityEvents"]["action"], "PROFILE_UPDATED");
        delays.push(answered.elapsed());
    }

    // All of them, on a machine that has nothing else to do.
    delays.sort_unstable();
    assert!(delays[2] < Duration::from_secs(1), "{delays:?}");
    here.ask(&json!({ "query": "mutation { logout { sessionId } }" }), &token).await;
    let ended = Instant::now();
    assert_eq!(socket.closed().await, 4403);
    assert!(ended.elapsed() < Duration::from_secs(5), "{:?}", ended.elapsed());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_process_that_stops_says_goodbye_to_sockets_and_streams() {
    let folder = tempfile::tempdir().unwrap();
    let database = Database::fresh(folder.path()).await;
    let mut process = Process::start(folder.path(), &database).await;
    assert_eq!(process.register("ann@example.com").await, Some(true));
    let token = process.access_token("ann@example.com").await;
    let mut sockets = [
        following(&process, &token).await,
        Socket::authenticated(process.address, &token).await,
        Socket::open(process.address).await,
    ];
    let deaf = following(&process, &token).await.into_stream();
    let stream = process.stream(OWN, &token).await;

    let began = Instant::now();
    process.terminate();

    for socket in &mut sockets {
        assert_eq!(socket.closed().await, 1001);
    }
    assert_eq!(stream.text().await.unwrap(), "event: complete\ndata:\n\n");
    assert!(process.ended().await.success());
    // The grace for requests is 20 seconds; nothing of this needs it.
    assert!(began.elapsed() < Duration::from_secs(15), "{:?}", began.elapsed());
    drop(deaf);
}
