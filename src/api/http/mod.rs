//! HTTP: the layers that every request passes, the routes behind them, and the connections below them.

/// Who may keep a socket or an event stream open, and until when.
pub mod authorization;
/// How many connections each address and user has.
pub mod connection_counts;
/// The limits on TCP connections, applied before a byte is read.
pub mod connections;
/// Subscriptions as server-sent events.
pub mod event_stream;
/// Runs queries and mutations, for HTTP and for sockets.
pub mod execution;
/// `/graphql`: what a request wants there.
pub mod graphql;
/// The parameters of a GraphQL request.
pub mod graphql_request;
/// The answer to a GraphQL request.
pub mod graphql_response;
/// How long a connection may be idle.
pub mod keep_alive;
/// What happens to every request and answer, whatever the route.
pub mod layers;
/// A listener that closes before the connections that it has accepted.
pub mod listener;
/// The routes of the development mailbox.
pub mod mailbox;
/// The pages of the development mailbox.
pub mod mailbox_page;
/// Content negotiation.
pub mod media_type;
/// `/metrics`.
pub mod metrics;
/// `/oauth/form_post`: sends a browser on that a provider has sent here with a form.
pub mod oauth_form_post;
/// The pages for people, and their files.
pub mod pages;
/// The path of `PUBLIC_URL`, and slashes at the end.
pub mod paths;
/// An operation that has been checked and may run.
pub mod prepared_operation;
/// `/health`, `/ready` and `/.well-known/jwks.json`.
pub mod probes;
/// Warns where proxies and settings do not agree.
pub mod proxy_watch;
/// Whether the dependencies answer, for `/ready`.
pub mod readiness;
/// Answers to requests that do not get as far as GraphQL.
pub mod refusal;
/// The client: its address, its credentials, its request id.
pub mod request;
/// Reads and checks a GraphQL request.
pub mod request_reader;
/// The spans of a request and of its operation.
pub mod request_trace;
/// All routes, and the layers in their order.
pub mod router;
/// Accepts connections, and stops.
pub mod server;
/// WebSockets.
pub mod socket;
/// One running subscription.
pub mod subscription;
