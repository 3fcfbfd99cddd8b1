//! What we use. Each tool stands alone and knows nothing of what it is used for; only redis, jitter, spans and the
//! HTTP client serve other tools.

pub mod access_token;
pub mod background;
pub mod cache;
pub mod clock;
pub mod concurrency_limiter;
pub mod db;
pub mod event_bus;
pub mod file_limit;
pub mod http_client;
pub mod jitter;
pub mod mail_templates;
pub mod mailer;
pub mod metrics;
pub mod oauth;
pub mod oidc;
pub mod password_hasher;
pub mod qr_code;
pub mod rate_limiter;
pub mod redis;
pub mod sealer;
pub mod spans;
pub mod telemetry;
pub mod totp;
pub mod trusted_documents;
pub mod user_agent;
