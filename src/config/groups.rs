//! Settings that belong together, read together: a fault in one is told beside faults in the others.

use std::path::PathBuf;
use std::time::Duration;

use url::Url;

use super::read::{self, Read, switch};
use crate::values::password::PasswordPolicy;
use crate::values::smtp_server::{self, SmtpServer};

/// How passwords are hashed (RFC 9106).
#[derive(Debug, Clone, Copy)]
pub struct HashCost {
    /// Memory in KiB.
    pub memory_kib: u32,
    /// Passes over the memory.
    pub iterations: u32,
    /// Lanes.
    pub lanes: u32,
    /// Threads that hash; 0 is one for every core.
    pub threads: usize,
    /// Hashes that may wait for a thread.
    pub queue: usize,
    /// How long a hash may wait.
    pub deadline: Duration,
}

/// How many connections there may be, and what those that stay open may do.
#[derive(Debug, Clone, Copy)]
pub struct LiveLimits {
    /// Connections of any kind on one instance; 0 is as many as the limit of files allows.
    pub all_connections: u32,
    /// Connections of any kind of one address on one instance.
    pub all_connections_per_address: u32,
    /// Connections of one user on one instance.
    pub connections_per_user: u32,
    /// Connections of one address on one instance.
    pub connections_per_address: u32,
    /// Subscriptions of one socket.
    pub operations: usize,
    /// Subscriptions over all sockets of one user on one instance.
    pub operations_per_user: u32,
    /// Messages of one socket in a second.
    pub messages_per_second: u32,
    /// How often the other end is asked for a sign of life.
    pub ping_interval: Duration,
    /// Events a subscriber may lag behind.
    pub backlog: usize,
}

/// How a server ends that is told to.
#[derive(Debug, Clone, Copy)]
pub struct Shutdown {
    /// How long it goes on serving while `/ready` says that it stops.
    pub delay: Duration,
    /// How long requests in flight may take to finish, after that.
    pub grace: Duration,
}

/// How a server ends.
pub(super) fn read_shutdown(read: &mut Read<'_>) -> Option<Shutdown> {
    let (delay, grace) =
        (read.required("SHUTDOWN_DELAY", read::duration), read.required("SHUTDOWN_GRACE", read::duration));
    Some(Shutdown { delay: delay?, grace: grace? })
}

/// How emails are sent, and from whom.
#[derive(Debug, Clone)]
pub struct MailSettings {
    /// The server that takes them; without it they become files.
    pub server: Option<SmtpServer>,
    /// The authorities that vouch for the server, where they are not those of the system.
    pub ca_file: Option<PathBuf>,
    /// What the server is told that we are called; without it the address of our end of the connection.
    pub helo_name: Option<String>,
    /// The sender.
    pub from: String,
    /// Attempts to deliver one email.
    pub max_attempts: i32,
    /// Emails that one instance delivers at once.
    pub concurrency: usize,
    /// Templates that win over the built-in ones.
    pub templates_dir: Option<PathBuf>,
}

/// How long things are kept that are over. Zero keeps accounts and events for ever.
#[derive(Debug, Clone, Copy)]
pub struct Retention {
    /// Sessions that ended or expired.
    pub sessions: Duration,
    /// Deleted accounts, before they are erased.
    pub users: Duration,
    /// Accounts whose address was never verified; where it is not set, [`super::Config::unverified_retention`] decides.
    pub unverified_users: Option<Duration>,
    /// Delivered emails.
    pub mails: Duration,
    /// Events of the audit trail.
    pub audit: Duration,
}

/// How long things are kept.
pub(super) fn read_retention(read: &mut Read<'_>) -> Option<Retention> {
    let unverified_users = read.optional("UNVERIFIED_RETENTION", read::duration);
    let (sessions, users) =
        (read.required("SESSION_RETENTION", read::duration), read.required("USER_RETENTION", read::duration));
    let (mails, audit) =
        (read.required("LETTER_RETENTION", read::duration), read.required("AUDIT_RETENTION", read::duration));
    Some(Retention { sessions: sessions?, users: users?, unverified_users, mails: mails?, audit: audit? })
}

/// How emails are sent. A machine whose own name nobody knows is called by that of `public_url`.
pub(super) fn read_mail(read: &mut Read<'_>, public_url: Option<&Url>) -> Option<MailSettings> {
    let helo_name = read.optional("SMTP_HELO_NAME", read::helo_name);
    let public_name = || public_url.and_then(Url::host_str).and_then(smtp_server::helo_name);
    let (server, ca_file) = (read.optional("SMTP_URL", read::smtp_url), read.optional("SMTP_CA_FILE", read::path));
    let (from, max_attempts) =
        (read.required("MAIL_FROM", read::mailbox), read.required("MAIL_MAX_ATTEMPTS", read::at_least_one::<u16>));
    let concurrency = read.required("MAIL_CONCURRENCY", read::at_least_one::<u16>);
    let templates_dir = read.optional("LETTER_TEMPLATES_DIR", read::path);
    Some(MailSettings {
        server,
        ca_file,
        helo_name: helo_name.or_else(public_name),
        from: from?,
        max_attempts: max_attempts.map(i32::from)?,
        concurrency: concurrency.map(usize::from)?,
        templates_dir,
    })
}

/// The rules of a good password.
pub(super) fn read_password_policy(read: &mut Read<'_>) -> Option<PasswordPolicy> {
    let (min_length, max_length) =
        (read.required("PASSWORD_MIN_LENGTH", read::at_least_one), read.required("PASSWORD_MAX_LENGTH", read::number));
    let (requires_uppercase, requires_lowercase) =
        (read.required("PASSWORD_REQUIRE_UPPERCASE", switch), read.required("PASSWORD_REQUIRE_LOWERCASE", switch));
    let (requires_digit, requires_symbol) =
        (read.required("PASSWORD_REQUIRE_DIGIT", switch), read.required("PASSWORD_REQUIRE_SYMBOL", switch));
    if max_length.is_some_and(|length: usize| length < 128) {
        read.fault(
            "PASSWORD_MAX_LENGTH",
            &max_length.unwrap_or_default().to_string(),
            "128 or more: a limit below keeps passphrases out",
        );
    }
    Some(PasswordPolicy {
        min_length: min_length?,
        max_length: max_length?,
        requires_uppercase: requires_uppercase?,
        requires_lowercase: requires_lowercase?,
        requires_digit: requires_digit?,
        requires_symbol: requires_symbol?,
    })
}

/// The limits of connections.
pub(super) fn read_live_limits(read: &mut Read<'_>) -> Option<LiveLimits> {
    let all_connections = read.required("MAX_CONNECTIONS", read::number);
    let all_connections_per_address = read.required("MAX_CONNECTIONS_PER_ADDRESS", read::at_least_one);
    let connections_per_user = read.required("LIVE_CONNECTIONS_PER_USER", read::at_least_one);
    let connections_per_address = read.required("LIVE_CONNECTIONS_PER_ADDRESS", read::at_least_one);
    let operations = read.required("LIVE_OPERATIONS_PER_SOCKET", read::at_least_one);
    let operations_per_user = read.required("LIVE_OPERATIONS_PER_USER", read::at_least_one);
    let messages_per_second = read.required("LIVE_MESSAGES_PER_SECOND", read::at_least_one);
    let ping_interval = read.required("LIVE_PING_INTERVAL", read::some_time);
    Some(LiveLimits {
        all_connections: all_connections?,
        all_connections_per_address: all_connections_per_address?,
        connections_per_user: connections_per_user?,
        connections_per_address: connections_per_address?,
        operations: operations?,
        operations_per_user: operations_per_user?,
        messages_per_second: messages_per_second?,
        ping_interval: ping_interval?,
        backlog: read.required("LIVE_BACKLOG", read::at_least_one::<u16>).map(usize::from)?,
    })
}

/// The cost of a password hash.
pub(super) fn read_hash_cost(read: &mut Read<'_>) -> Option<HashCost> {
    let memory = read.required("ARGON2_MEMORY_KIB", read::at_least_one::<u32>);
    let iterations = read.required("ARGON2_ITERATIONS", read::at_least_one);
    let lanes = read.required("ARGON2_LANES", read::at_least_one::<u32>);
    let (threads, queue) =
        (read.required("HASH_THREADS", read::number), read.required("HASH_QUEUE", read::at_least_one));
    let deadline = read.required("HASH_DEADLINE", read::some_time);
    if let (Some(memory), Some(lanes)) = (memory, lanes)
        && memory / 8 < lanes
    {
        read.fault("ARGON2_MEMORY_KIB", &memory.to_string(), "at least 8 KiB for every lane (RFC 9106, section 3.1)");
    }
    Some(HashCost {
        memory_kib: memory?,
        iterations: iterations?,
        lanes: lanes?,
        threads: threads?,
        queue: queue?,
        deadline: deadline?,
    })
}
