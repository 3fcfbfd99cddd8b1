//! The HTTP client for other servers: what it reaches, and what it does with servers that misbehave.

use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use authgraph::tools::http_client::{
    HostNames, HttpAnswer, HttpClient, HttpClientSettings, HttpError, OutboundRequest, OutboundUrl, RefusedUrl,
    ServerAway,
};
use axum::body::{Body, Bytes};
use futures_util::{StreamExt, stream};
use tokio::net::TcpListener;

use crate::support::mail_server::{Encrypts, MailServer};
use crate::support::web_server::{WebServer, answer, json, redirect};

const PRIVATE: HttpError = HttpError::Refused(RefusedUrl::PrivateAddress);

/// Plain HTTP, and the network of these tests for URLs of the operator.
fn settings() -> HttpClientSettings {
    let allowed_networks = vec!["127.0.0.0/8".parse().unwrap()];
    HttpClientSettings { allowed_networks, plain_http: true, ..HttpClientSettings::default() }
}

fn names(answer: impl Fn(&str) -> Vec<&'static str> + Send + Sync + 'static) -> HostNames {
    let parse = |address: &str| address.parse::<IpAddr>().unwrap();
    HostNames::Scripted(Arc::new(move |name| answer(name).into_iter().map(parse).collect()))
}

async fn get_as_operator(client: &HttpClient, url: &str) -> Result<HttpAnswer, HttpError> {
    client.send(OutboundRequest::get(OutboundUrl::of_operator(url.parse().unwrap()))).await
}

async fn get_as_stranger(client: &HttpClient, url: &str) -> Result<HttpAnswer, HttpError> {
    client.send(OutboundRequest::get(OutboundUrl::of_stranger(url.parse().unwrap()))).await
}

#[tokio::test]
async fn a_private_address_is_refused_in_every_spelling() {
    let server = WebServer::start(|_| answer(200, "secret")).await;
    let port = server.address.port();
    let client = HttpClient::open(&settings()).unwrap();

    for host in [
        "localhost",
        "LOCALHOST",
        "127.0.0.1",
        "127.0.0.1.",
        "[::ffff:127.0.0.1]",
        "2130706433",
        "0x7f.1",
        "0177.0.0.1",
        "127.1",
        "0",
        "[::]",
        "[::1]",
        "[::127.0.0.1]",
        "[64:ff9b::127.0.0.1]",
        "[2002:7f00:1::]",
        "%31%32%37.0.0.1",
        "１２７.0.0.1",
        "169.254.169.254",
        "10.0.0.1",
        "100.64.0.1",
        "[fd00:ec2::254]",
        "[fe80::1]",
    ] {
        let refused = get_as_stranger(&client, &format!("http://{host}:{port}/")).await;
        assert_eq!(refused.unwrap_err(), PRIVATE, "{host}");
    }
    assert_eq!(server.asked().len(), 0);
}

#[tokio::test]
async fn what_the_settings_allow_is_allowed_to_the_operator_alone() {
    let server = WebServer::start(|_| answer(200, "hello")).await;
    let (by_address, by_name) = (server.url("/"), format!("http://localhost:{}/", server.address.port()));
    let other_network = vec!["10.0.0.0/8".parse().unwrap()];
    let elsewhere = HttpClient::open(&HttpClientSettings { allowed_networks: other_network, ..settings() }).unwrap();
    let client = HttpClient::open(&settings()).unwrap();

    for url in [&by_address, &by_name] {
        assert_eq!(get_as_operator(&client, url).await.unwrap().body, b"hello", "{url}");
        assert_eq!(get_as_operator(&elsewhere, url).await.unwrap_err(), PRIVATE, "{url}");
        assert_eq!(get_as_stranger(&client, url).await.unwrap_err(), PRIVATE, "{url}");
    }
    assert_eq!(server.asked().len(), 2);
}

#[tokio::test]
async fn a_name_that_leads_to_private_addresses_is_refused() {
    let server = WebServer::start(|_| answer(200, "secret")).await;
    let names = names(|name| match name {
        "mapped.example" => vec!["::ffff:127.0.0.1"],
        "several.example" => vec!["127.0.0.1", "10.0.0.1", "::1"],
        _ => vec!["127.0.0.1"],
    });
    let client = HttpClient::open(&HttpClientSettings { names, ..settings() }).unwrap();

    for name in ["inside.example", "mapped.example", "several.example"] {
        let refused = get_as_stranger(&client, &format!("http://{name}:{}/", server.address.port())).await;
        assert_eq!(refused.unwrap_err(), PRIVATE, "{name}");
    }
    assert_eq!(server.asked().len(), 0);
}

/// A name that changes its answer between the check and the connection: there is one look-up, and the connection is made to
/// the address that was checked.
#[tokio::test]
async fn a_name_cannot_change_its_address_after_the_check() {
    let permitted = WebServer::listening("127.0.0.2:0".parse().unwrap(), |_| {
        axum::response::Response::builder().header("connection", "close").body(Body::from("permitted")).unwrap()
    });
    let permitted = permitted.await;
    let port = permitted.address.port();
    let victim = WebServer::listening(format!("127.0.0.1:{port}").parse().unwrap(), |_| answer(200, "secret")).await;
    let look_ups = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&look_ups);
    let names = names(move |_| match counted.fetch_add(1, Ordering::SeqCst) {
        0 => vec!["127.0.0.2"],
        _ => vec!["127.0.0.1"],
    });
    let allowed_networks = vec!["127.0.0.2/32".parse().unwrap()];
    let client = HttpClient::open(&HttpClientSettings { names, allowed_networks, ..settings() }).unwrap();
    let url = OutboundUrl::of_operator(format!("http://rebinding.example:{port}/").parse().unwrap());

    let first = client.send(OutboundRequest::get(url.clone())).await;
    let after_one = look_ups.load(Ordering::SeqCst);
    let second = client.send(OutboundRequest::get(url)).await;

    assert_eq!((first.unwrap().body, after_one), (b"permitted".to_vec(), 1));
    assert_eq!((second.unwrap_err(), victim.asked().len()), (PRIVATE, 0));
}

#[tokio::test]
async fn only_https_without_credentials_is_sent() {
    let https_only = HttpClient::open(&HttpClientSettings::default()).unwrap();
    let client = HttpClient::open(&settings()).unwrap();

    for (client, url, reason) in [
        (&https_only, "http://example.com/", RefusedUrl::Scheme),
        (&client, "ftp://example.com/", RefusedUrl::Scheme),
        (&client, "file:///etc/passwd", RefusedUrl::Scheme),
        (&client, "https://ann@example.com/", RefusedUrl::Credentials),
        (&client, "https://:secret@example.com/", RefusedUrl::Credentials),
    ] {
        assert_eq!(get_as_stranger(client, url).await.unwrap_err(), HttpError::Refused(reason), "{url}");
    }
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let target = WebServer::start(|_| answer(200, "secret")).await;
    let to = target.url("/");
    let server = WebServer::start(move |_| redirect(&to)).await;
    let client = HttpClient::open(&settings()).unwrap();

    let answered = get_as_operator(&client, &server.url("/")).await;

    assert_eq!((answered.unwrap_err(), target.asked().len()), (HttpError::NotUnderstood, 0));
}

#[tokio::test]
async fn a_body_of_fifty_megabytes_is_not_read() {
    const PIECE: usize = 64 * 1024;
    let sent = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&sent);
    let server = WebServer::start(move |asked| {
        let counted = Arc::clone(&counted);
        let pieces = stream::iter(std::iter::repeat_n(Bytes::from(vec![b' '; PIECE]), 50 * 1024 * 1024 / PIECE));
        let pieces = pieces.inspect(move |piece| _ = counted.fetch_add(piece.len(), Ordering::SeqCst));
        match asked.path.as_str() {
            // The length is told in advance.
            "/announced" => answer(200, vec![b' '; 50 * 1024 * 1024]),
            _ => answer(200, Body::from_stream(pieces.map(Ok::<_, std::io::Error>))),
        }
    });
    let server = server.await;
    let client = HttpClient::open(&settings()).unwrap();

    for path in ["/announced", "/in-pieces"] {
        assert_eq!(get_as_operator(&client, &server.url(path)).await.unwrap_err(), HttpError::TooLarge, "{path}");
    }
    // The rest is what the system holds between two processes.
    assert!(sent.load(Ordering::SeqCst) < 20 * 1024 * 1024, "{sent:?}");
}

#[tokio::test]
async fn a_server_that_is_too_slow_is_away() {
    let slow = WebServer::start(|_| {
        let first = stream::iter([Ok::<_, std::io::Error>(Bytes::from_static(b"{"))]);
        answer(200, Body::from_stream(first.chain(stream::pending())))
    });
    let slow = slow.await;
    // Connections are accepted by the system, and nobody reads them.
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let quick = HttpClientSettings { total_timeout: Duration::from_millis(200), ..settings() };
    let client = HttpClient::open(&quick).unwrap();

    for url in [slow.url("/"), format!("http://{}/", silent.local_addr().unwrap())] {
        assert_eq!(get_as_operator(&client, &url).await.unwrap_err(), HttpError::Away(ServerAway::Timeout), "{url}");
    }
}

#[tokio::test]
async fn a_server_that_cannot_be_reached_is_away() {
    let unused = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let mail = MailServer::listening("127.0.0.1:0".parse().unwrap(), Encrypts::FromTheStart, |_| None).await;
    let client = HttpClient::open(&HttpClientSettings { names: names(|_| Vec::new()), ..settings() }).unwrap();

    for url in [
        format!("http://{unused}/"),
        "http://nowhere.example/".to_owned(),
        // Its certificate is from an authority that nobody trusts.
        format!("https://{}/", mail.address),
    ] {
        let outcome = get_as_operator(&client, &url).await;
        assert_eq!(outcome.unwrap_err(), HttpError::Away(ServerAway::Connection), "{url}");
    }
}

#[tokio::test]
async fn a_server_in_trouble_is_away_and_other_statuses_are_answers() {
    let server = WebServer::start(|asked| {
        let status = asked.path.trim_start_matches('/').parse().unwrap();
        json(status, &serde_json::json!({ "error": "invalid_grant" }))
    });
    let server = server.await;
    let client = HttpClient::open(&settings()).unwrap();

    for status in [429, 500, 502, 503] {
        let outcome = get_as_operator(&client, &server.url(&format!("/{status}"))).await;
        assert_eq!(outcome.unwrap_err(), HttpError::Away(ServerAway::Status(status)));
    }
    for status in [200, 400, 401, 404] {
        assert_eq!(get_as_operator(&client, &server.url(&format!("/{status}"))).await.unwrap().status, status);
    }
}

#[tokio::test]
async fn no_error_and_no_answer_shows_what_was_sent() {
    let server = WebServer::start(|_| answer(200, "body-secret")).await;
    let client = HttpClient::open(&settings()).unwrap();
    let get = |url: String| get_as_stranger(&client, Box::leak(url.into_boxed_str()));

    let refused = get(server.url("/path-secret?query-secret")).await.unwrap_err();
    let answered = get_as_operator(&client, &server.url("/")).await.unwrap();

    let shown = format!("{refused} {refused:?} {answered:?}");
    assert!(!shown.contains("secret"), "{shown}");
}
