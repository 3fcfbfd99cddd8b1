//! Emails, retention, logs and metrics.

use std::path::PathBuf;
use std::time::Duration;

use crate::config::definition::{setting, settings};
use crate::config::parse::{
    bearer_token, duration, helo_name, log_format, mail_sender, optional, path, small_at_least_one, smtp_url, text,
};
use crate::config::production::{DAY, is_encrypted_mail, is_long_or_zero};
use crate::tools::telemetry::LogFormat;
use crate::values::secret::Secret;
use crate::values::smtp_server::SmtpServer;

settings! {
    /// How emails are sent.
    pub struct MailSettings {
        /// The mail server: `smtps://user:password@host` (TLS from the start, port 465), `smtp://user:password@host?tls=required`
        /// (STARTTLS, port 587) or `smtp://host` (no encryption, port 25). A port may follow the host. Percent-encode the
        /// characters % @ : / ? # in user and password. In development the default is files, which /dev/mailbox shows.
        server: Option<SmtpServer> = setting("SMTP_URL", "", optional(smtp_url))
            .required_in_production()
            .secret()
            .production_accepts("smtps://… or smtp://…?tls=required for a server on another machine", is_encrypted_mail)
            .deployment_sign(|_| true);
        /// A PEM file of the certificate authorities that may sign the mail server's certificate. Empty: those of the system.
        ca_file: Option<PathBuf> = setting("SMTP_CA_FILE", "", optional(path));
        /// The name that this server gives in EHLO: a domain name like `auth.example.com`, or an address like `[192.0.2.1]`.
        /// Empty: the host of `PUBLIC_URL`; where that is no domain name, the local address of the connection.
        helo_name: Option<String> = setting("SMTP_HELO_NAME", "", optional(helo_name));
        /// The sender of emails.
        from: String = setting("MAIL_FROM", "authgraph <no-reply@localhost.localdomain>", mail_sender)
            .required_in_production()
            .deployment_sign(|_| true);
        /// The most emails that this instance sends at the same time, each over its own connection. Do not exceed what the
        /// mail server allows.
        concurrency: usize = setting("MAIL_CONCURRENCY", "4", small_at_least_one);
        /// How often the server tries to send an email before it gives up and marks it as dead. 16 attempts take about a day.
        max_attempts: i32 = setting("MAIL_MAX_ATTEMPTS", "16", small_at_least_one);
        /// A folder with your own email templates. Each replaces the built-in template of the same name.
        templates_dir: Option<PathBuf> = setting("MAIL_TEMPLATES_DIR", "", optional(path));
    }
}

settings! {
    /// How long the server keeps data that is no longer in use.
    pub struct Retention {
        /// How long ended and expired sessions stay in the list of a user's sessions.
        sessions: Duration = setting("SESSION_RETENTION", "30d", duration);
        /// How long a deleted account can be restored. After that its personal data is erased for good and its email address
        /// is free again. `0s`: deleted accounts are kept without end.
        users: Duration = setting("DELETED_USER_RETENTION", "30d", duration)
            .production_accepts("24h or more, or 0s", |time| is_long_or_zero(*time, DAY));
        /// How long the server keeps an account whose email address was never verified. Empty: 7d where verification is required
        /// (an account that ever signed in stays), and without end elsewhere. `0s`: without end.
        unverified_users: Option<Duration> = setting("UNVERIFIED_USER_RETENTION", "", optional(duration));
        /// How long the server keeps the record of an email that was sent: its recipient and kind, but not its content.
        mails: Duration = setting("MAIL_RETENTION", "7d", duration);
        /// How long events stay in the audit trail. `0s`: without end.
        audit: Duration = setting("AUDIT_RETENTION", "400d", duration)
            .production_accepts("30d or more, or 0s", |time| is_long_or_zero(*time, 30 * DAY));
    }
}

settings! {
    /// Logs and metrics.
    pub struct ObservabilitySettings {
        /// What is logged, as a filter of tracing-subscriber: `info`, or `authgraph=debug,info`. Logs go to standard error.
        log_filter: String = setting("LOG", "info", text);
        /// `pretty` for people, or `json` with one object per line for machines.
        log_format: LogFormat = setting("LOG_FORMAT", "pretty", log_format).in_production("json");
        /// The bearer token that Prometheus sends to read /metrics: 16 characters or more (`openssl rand -hex 32`). Empty:
        /// there is no /metrics.
        metrics_auth_token: Option<Secret> = setting("METRICS_AUTH_TOKEN", "", optional(bearer_token))
            .secret()
            .deployment_sign(|_| true);
    }
}
