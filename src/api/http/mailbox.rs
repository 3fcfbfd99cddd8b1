//! The development mailbox over HTTP: pages for people, `latest` for curl and end-to-end tests. For this machine alone.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use axum::Router;
use axum::extract::{ConnectInfo, Extension, Path, Query, Request, State};
use axum::http::uri::Authority;
use axum::http::{HeaderMap, HeaderName, StatusCode, Version, header};
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use serde::Deserialize;
use uuid::Uuid;

use super::mailbox_page::{CSS, CSS_PATH, MailboxPage, SCRIPT, SCRIPT_PATH, View, mail_frame};
use super::refusal::refusal;
use super::request::CorrelationId;
use crate::app::App;
use crate::error::{ErrorCode, OrFault, Result};
use crate::tools::mailer::mailbox::{Mailbox, StoredMail};
use crate::values::loopback::is_loopback;

/// How many emails the page lists.
const LISTED: usize = 100;

const PAGE_POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; \
     frame-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// An email's own HTML, in a frame without scripts, forms or the page's origin.
const MAIL_POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'self'; \
     sandbox allow-popups allow-popups-to-escape-sandbox";

/// What proxies add to a request, beside all that begins with `x-forwarded`.
const FORWARDING: [&str; 8] = [
    "forwarded",
    "via",
    "x-real-ip",
    "x-client-ip",
    "x-original-host",
    "true-client-ip",
    "cf-connecting-ip",
    "x-envoy-external-address",
];

/// Whether a request has come for a name of others, from a program on this machine: then there is a proxy here that adds
/// no header, and what its clients say of themselves cannot be told from what this machine says.
#[derive(Clone, Default)]
pub struct IsPassedOn(Arc<AtomicBool>);

/// Looks at every request but those for the mailbox itself, and closes the mailbox for good where a proxy shows itself. A
/// request that only knocks at the mailbox under another name is refused and proves no proxy.
pub async fn look_for_proxy(State(passed_on): State<IsPassedOn>, mut request: Request, next: Next) -> Response {
    let is_foreign = host(request.headers()).is_some_and(|host| !is_loopback(host.host()));
    let is_knock = request.uri().path().starts_with("/dev/");
    if is_foreign && !is_knock && is_near(&request) && !passed_on.0.swap(true, Ordering::Relaxed) {
        tracing::warn!(
            "a program on this machine asked for another name, as proxies do: /dev/mailbox stays closed now"
        );
    }
    request.extensions_mut().insert(passed_on);
    next.run(request).await
}

/// The routes below `/dev/mailbox`, which only a server for development without a mail server has.
pub fn routes(app: &Arc<App>) -> Router {
    Router::new()
        .route("/dev/mailbox", get(index))
        .route("/dev/mailbox/latest", get(latest))
        .route("/dev/mailbox/{id}", get(mail))
        .route("/dev/mailbox/{id}/html", get(frame))
        .route(CSS_PATH, get(|| async { ([(header::CONTENT_TYPE, "text/css; charset=utf-8")], CSS) }))
        .route(SCRIPT_PATH, get(|| async { ([(header::CONTENT_TYPE, "text/javascript; charset=utf-8")], SCRIPT) }))
        .route_layer(from_fn(for_this_machine_alone))
        .with_state(Arc::clone(app))
}

/// The mailbox opens accounts to those who read it, so to everybody else there is no such page.
async fn for_this_machine_alone(Extension(id): Extension<CorrelationId>, request: Request, next: Next) -> Response {
    if is_from_this_machine(&request) {
        return next.run(request).await;
    }
    refusal(StatusCode::NOT_FOUND, ErrorCode::NotFound, "There is no such page.", &id)
}

/// Whether a program on this machine asks, for this machine, and not as a proxy for others.
fn is_from_this_machine(request: &Request) -> bool {
    let is_passed_on = |seen: &IsPassedOn| seen.0.load(Ordering::Relaxed);
    if request.extensions().get().is_none_or(is_passed_on) {
        return false;
    }
    let headers = request.headers();
    let is_forwarding =
        |name: &HeaderName| name.as_str().starts_with("x-forwarded") || FORWARDING.contains(&name.as_str());
    // nginx as it comes speaks HTTP/1.0 to what is behind it, says none of these headers, and changes Host.
    let is_forwarded = headers.keys().any(is_forwarding) || request.version() < Version::HTTP_11;
    // A page of evil.example whose name resolves to 127.0.0.1 (DNS rebinding) still asks for evil.example.
    let is_for_us = |host: &Authority| is_loopback(host.host()) && !host.as_str().contains('@');
    // The target of a request may name a host, too.
    is_near(request)
        && !is_forwarded
        && host(headers).is_some_and(|host| is_for_us(&host))
        && request.uri().authority().is_none_or(is_for_us)
}

fn is_near(request: &Request) -> bool {
    let peer = request.extensions().get::<ConnectInfo<SocketAddr>>();
    peer.is_some_and(|ConnectInfo(peer)| peer.ip().to_canonical().is_loopback())
}

/// The host that a request is for; none where it says two.
fn host(headers: &HeaderMap) -> Option<Authority> {
    let mut hosts = headers.get_all(header::HOST).iter();
    let (Some(host), None) = (hosts.next(), hosts.next()) else { return None };
    host.to_str().ok()?.parse().ok()
}

/// Which emails, and in which form.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Shown {
    to: Option<String>,
    view: View,
}

async fn index(app: State<Arc<App>>, id: Extension<CorrelationId>, shown: Query<Shown>) -> Response {
    answer(page(&app, None, &shown.0).await, &id)
}

async fn mail(
    app: State<Arc<App>>,
    id: Extension<CorrelationId>,
    Path(open): Path<Uuid>,
    shown: Query<Shown>,
) -> Response {
    answer(page(&app, Some(open), &shown.0).await, &id)
}

async fn frame(app: State<Arc<App>>, id: Extension<CorrelationId>, Path(open): Path<Uuid>) -> Response {
    let found = async { mailbox(&app)?.read(open).await };
    answer(
        found.await.map(|mail| {
            let headers = [
                (header::CONTENT_SECURITY_POLICY, MAIL_POLICY),
                (header::X_FRAME_OPTIONS, "SAMEORIGIN"),
                (header::CONTENT_TYPE, "text/html; charset=utf-8"),
            ];
            mail.map(|mail| (headers, mail_frame(&mail)).into_response())
        }),
        &id,
    )
}

/// The text of the newest email, so that a script needs nothing but curl.
async fn latest(app: State<Arc<App>>, id: Extension<CorrelationId>, shown: Query<Shown>) -> Response {
    let found = async { mailbox(&app)?.latest(shown.to.as_deref()).await };
    let text = |mail: StoredMail| {
        // Letters end their lines as mail does (RFC 5322), which a shell would keep in what it cuts out.
        let lines = mail.text.replace("\r\n", "\n");
        ([(header::CONTENT_TYPE, "text/plain; charset=utf-8")], lines).into_response()
    };
    answer(found.await.map(|mail| mail.map(text)), &id)
}

async fn page(app: &App, open: Option<Uuid>, shown: &Shown) -> Result<Option<Response>> {
    let mailbox = mailbox(app)?;
    let to = shown.to.as_deref().filter(|to| !to.is_empty());
    let mails = mailbox.list(to, LISTED).await?;
    let selected = match open {
        Some(id) => mailbox.read(id).await?,
        None => None,
    };
    if open.is_some() && selected.is_none() {
        return Ok(None);
    }
    let page = MailboxPage {
        mails: &mails,
        selected: selected.as_ref(),
        view: shown.view,
        to: to.unwrap_or_default(),
        now: app.clock.now(),
    };
    let headers = [(header::CONTENT_SECURITY_POLICY, PAGE_POLICY), (header::CONTENT_TYPE, "text/html; charset=utf-8")];
    Ok(Some((headers, page.render()?).into_response()))
}

fn mailbox(app: &App) -> Result<&Mailbox> {
    app.mailer.mailbox().or_fault("opening the mailbox of a server that sends by SMTP")
}

fn answer(result: Result<Option<Response>>, id: &CorrelationId) -> Response {
    match result {
        Ok(Some(response)) => response,
        Ok(None) => refusal(StatusCode::NOT_FOUND, ErrorCode::NotFound, "There is no such email.", id),
        Err(error) => {
            tracing::error!(?error, correlation_id = id.0, "the mailbox failed");
            refusal(StatusCode::INTERNAL_SERVER_ERROR, ErrorCode::Internal, "Something went wrong on our side.", id)
        }
    }
}
