//! Value types that all other modules use. They are pure: parsed once, and valid from then on.

pub mod audit;
pub mod audit_chain;
pub mod audit_cursor;
pub mod caller;
pub mod claims;
pub mod client_network;
pub mod device_fingerprint;
pub mod email_address;
pub mod ids;
pub mod loopback;
pub mod mail;
pub mod mail_sender;
pub mod mfa;
pub mod oauth;
pub mod paging;
pub mod password;
pub mod printable;
pub mod redirect_uris;
pub mod secret;
pub mod secret_token;
pub mod session;
pub mod smtp_server;
pub mod time;
pub mod trusted_proxies;
pub mod user;
pub mod user_filter;
