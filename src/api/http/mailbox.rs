//! The routes of the development mailbox: pages for people, `latest` for curl and end-to-end tests. They answer only
//! programs on this machine.

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

use super::mailbox_page::{CSS, CSS_PATH, MailView, MailboxPage, SCRIPT, SCRIPT_PATH, mail_frame};
use super::refusal::refusal;
use super::request::CorrelationId;
use crate::api::state::AppState;
use crate::app::App;
use crate::error::{ErrorCode, OrFault, Result};
use crate::tools::mailer::mailbox::{Mailbox, StoredMail};
use crate::values::loopback::is_loopback;

/// How many emails the page lists.
const MAX_LISTED: usize = 100;

const PAGE_POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; \
     frame-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// For the HTML of an email itself, in a frame without scripts, without forms and without the origin of the page.
const MAIL_POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'self'; \
     sandbox allow-popups allow-popups-to-escape-sandbox";

/// Headers that proxies add to a request, beside all that begin with `x-forwarded`.
const PROXY_HEADERS: [&str; 8] = [
    "forwarded",
    "via",
    "x-real-ip",
    "x-client-ip",
    "x-original-host",
    "true-client-ip",
    "cf-connecting-ip",
    "x-envoy-external-address",
];

/// Whether a program on this machine has asked for the host name of another machine. It is a proxy then that adds no
/// header, and its clients cannot be told from programs on this machine. A request extension.
#[derive(Clone, Default)]
pub struct ProxySeen(Arc<AtomicBool>);

/// Looks at every request, and closes the mailbox until the next start where one shows that there is a proxy. Requests
/// for the mailbox itself under another host name are refused and prove no proxy.
pub async fn look_for_proxy(State(proxy_seen): State<ProxySeen>, mut request: Request, next: Next) -> Response {
    let is_foreign = host(request.headers()).is_some_and(|host| !is_loopback(host.host()));
    let is_for_mailbox = request.uri().path().starts_with("/dev/");
    if is_foreign && !is_for_mailbox && is_from_loopback(&request) && !proxy_seen.0.swap(true, Ordering::Relaxed) {
        tracing::warn!(
            "a program on this machine asked for another host name, as proxies do: /dev/mailbox is closed until the next start"
        );
    }
    request.extensions_mut().insert(proxy_seen);
    next.run(request).await
}

/// The routes below `/dev/mailbox`. Only a server in development without a mail server has them.
pub fn routes(state: &Arc<AppState>) -> Router {
    Router::new()
        .route("/dev/mailbox", get(index))
        .route("/dev/mailbox/latest", get(latest))
        .route("/dev/mailbox/{id}", get(mail))
        .route("/dev/mailbox/{id}/html", get(frame))
        .route(CSS_PATH, get(|| async { ([(header::CONTENT_TYPE, "text/css; charset=utf-8")], CSS) }))
        .route(SCRIPT_PATH, get(|| async { ([(header::CONTENT_TYPE, "text/javascript; charset=utf-8")], SCRIPT) }))
        .route_layer(from_fn(allow_only_this_machine))
        .with_state(Arc::clone(state))
}

/// Answers 404 to requests from elsewhere: with the emails a reader can take over the accounts.
async fn allow_only_this_machine(Extension(id): Extension<CorrelationId>, request: Request, next: Next) -> Response {
    if is_from_this_machine(&request) {
        return next.run(request).await;
    }
    refusal(StatusCode::NOT_FOUND, ErrorCode::NotFound, "There is no such page.", &id)
}

/// Whether a program on this machine asks, by a name of this machine, and not as a proxy for other clients.
fn is_from_this_machine(request: &Request) -> bool {
    let is_proxy_seen = |seen: &ProxySeen| seen.0.load(Ordering::Relaxed);
    if request.extensions().get().is_none_or(is_proxy_seen) {
        return false;
    }
    let headers = request.headers();
    let is_proxy_header =
        |name: &HeaderName| name.as_str().starts_with("x-forwarded") || PROXY_HEADERS.contains(&name.as_str());
    // nginx with its default settings speaks HTTP/1.0 to the server behind it, adds none of these headers, and changes
    // Host.
    let is_forwarded = headers.keys().any(is_proxy_header) || request.version() < Version::HTTP_11;
    // A page of evil.example whose name resolves to 127.0.0.1 (DNS rebinding) still asks for the host evil.example.
    let is_for_us = |host: &Authority| is_loopback(host.host()) && !host.as_str().contains('@');
    // The request target may name a host, too.
    is_from_loopback(request)
        && !is_forwarded
        && host(headers).is_some_and(|host| is_for_us(&host))
        && request.uri().authority().is_none_or(is_for_us)
}

fn is_from_loopback(request: &Request) -> bool {
    let peer = request.extensions().get::<ConnectInfo<SocketAddr>>();
    peer.is_some_and(|ConnectInfo(peer)| peer.ip().to_canonical().is_loopback())
}

/// The host that a request is for; `None` where it has two lines.
fn host(headers: &HeaderMap) -> Option<Authority> {
    let mut hosts = headers.get_all(header::HOST).iter();
    let (Some(host), None) = (hosts.next(), hosts.next()) else { return None };
    host.to_str().ok()?.parse().ok()
}

/// Which emails the page shows, and in which form.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct MailboxParameters {
    to: Option<String>,
    view: MailView,
}

async fn index(
    state: State<Arc<AppState>>,
    id: Extension<CorrelationId>,
    parameters: Query<MailboxParameters>,
) -> Response {
    answer(page(&state.app, None, &parameters.0).await, &id)
}

async fn mail(
    state: State<Arc<AppState>>,
    id: Extension<CorrelationId>,
    Path(open): Path<Uuid>,
    parameters: Query<MailboxParameters>,
) -> Response {
    answer(page(&state.app, Some(open), &parameters.0).await, &id)
}

async fn frame(state: State<Arc<AppState>>, id: Extension<CorrelationId>, Path(open): Path<Uuid>) -> Response {
    let found = async { mailbox(&state.app)?.read(open).await };
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

/// Answers the text of the newest email, so that a script needs only curl.
async fn latest(
    state: State<Arc<AppState>>,
    id: Extension<CorrelationId>,
    parameters: Query<MailboxParameters>,
) -> Response {
    let found = async { mailbox(&state.app)?.latest(parameters.to.as_deref()).await };
    let text = |mail: StoredMail| {
        // Emails end their lines with CR and LF (RFC 5322). A shell would keep the CR at the end of a link.
        let lines = mail.text.replace("\r\n", "\n");
        ([(header::CONTENT_TYPE, "text/plain; charset=utf-8")], lines).into_response()
    };
    answer(found.await.map(|mail| mail.map(text)), &id)
}

async fn page(app: &App, open: Option<Uuid>, parameters: &MailboxParameters) -> Result<Option<Response>> {
    let mailbox = mailbox(app)?;
    let to = parameters.to.as_deref().filter(|to| !to.is_empty());
    let mails = mailbox.list(to, MAX_LISTED).await?;
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
        view: parameters.view,
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
