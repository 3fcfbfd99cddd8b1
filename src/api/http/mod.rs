//! HTTP: the edge every request passes, and the routes behind it.

pub mod connections;
pub mod edge;
pub mod event_stream;
pub mod graphql;
pub mod graphql_request;
pub mod graphql_response;
pub mod keep_alive;
pub mod layers;
pub mod mailbox;
pub mod mailbox_page;
pub mod media_type;
pub mod metrics;
pub mod open_streams;
pub mod paths;
pub mod prepared;
pub mod probes;
pub mod proxy_watch;
pub mod refusal;
pub mod request;
pub mod router;
pub mod server;
pub mod socket;
pub mod subscription;
