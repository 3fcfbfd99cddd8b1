//! The list of settings: name, default, meaning.

/// One setting, as operators see it.
#[derive(Debug, Clone, Copy)]
pub struct Setting {
    /// The environment variable.
    pub name: &'static str,
    /// What holds where nothing is set; empty is "none".
    pub default: &'static str,
    /// What is different in production.
    pub production: InProduction,
    /// Whether the value is masked wherever it is shown.
    pub is_secret: bool,
    /// What it is for, with its unit.
    pub meaning: &'static str,
}

/// What production does with a setting that is not set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InProduction {
    /// The default holds there too.
    Same,
    /// The process refuses to start without it.
    Demanded,
    /// Another default holds.
    Default(&'static str),
}

const fn setting(name: &'static str, default: &'static str, meaning: &'static str) -> Setting {
    Setting { name, default, production: InProduction::Same, is_secret: false, meaning }
}

impl Setting {
    const fn demanded(self) -> Self {
        Self { production: InProduction::Demanded, ..self }
    }

    const fn in_production(self, default: &'static str) -> Self {
        Self { production: InProduction::Default(default), ..self }
    }

    const fn secret(self) -> Self {
        Self { is_secret: true, ..self }
    }
}

/// A headed part of the list.
#[derive(Debug)]
pub struct Group {
    /// Its heading.
    pub title: &'static str,
    /// Its settings.
    pub settings: &'static [Setting],
}

/// Every setting there is.
pub const SETTINGS: &[Group] = &[
    Group {
        title: "Where it runs",
        settings: &[
            setting("AUTHGRAPH_ENV", "development", "development or production. Production makes nothing by itself and demands keys, addresses and a mail server. Settings that look like a deployment have to say which."),
            setting("ALLOW_INSECURE", "", "Settings that production would refuse as weak and that it accepts all the same, by name, comma-separated: PUBLIC_URL,ARGON2_MEMORY_KIB. Each start warns of them."),
            setting("LISTEN", "127.0.0.1:8080", "Address and port to listen on: 127.0.0.1:8080, [::1]:8080, localhost:8080 (which is 127.0.0.1), 0.0.0.0:8080 or :8080 (both every IPv4 address)."),
            setting("PUBLIC_URL", "http://localhost:8080", "Where clients reach this server; cookies are Secure where it is https. It may have a path, https://example.com/auth: then the proxy may take the path away or pass it on.").demanded(),
            setting("FRONTEND_URL", "http://localhost:3000", "Where the application lives; with a hash router https://app.example.com/#/. Emails link to its pages: /verify-email, /reset-password, /confirm-email-change, /undo-email-change, /disown-session and /accept-invitation (which calls resetPassword), each with ?token=…, and /sign-in and /sessions.").demanded(),
            setting("PRODUCT_NAME", "authgraph", "The name that emails speak in."),
            setting("DATA_DIR", "data", "Folder for what is made on first start: SQLite database, keys, development mailbox."),
        ],
    },
    Group {
        title: "Stores",
        settings: &[
            setting("DATABASE_URL", "", "sqlite://path or postgres://user:password@host/name. Development without it: authgraph.db in DATA_DIR.").demanded().secret(),
            setting("DATABASE_MAX_CONNECTIONS", "16", "Connections of this instance at most. PostgreSQL: a third is for reads alone. SQLite: readers, beside one writer."),
            setting("DATABASE_MIGRATE", "true", "Migrate at start. false leaves it to `authgraph migrate`, and refuses to start on a database that is behind."),
            setting("REDIS_URL", "", "redis:// or rediss://. Without it limits are kept in the process: right for one instance only.").secret(),
            setting("REDIS_KEY_PREFIX", "authgraph:", "In front of every key. Becomes a hash tag, {authgraph:}, unless it holds one: on a cluster all keys share a slot."),
            setting("REDIS_TIMEOUT", "50ms", "How long a request waits for Redis; then limits are kept in the process until it answers again."),
        ],
    },
    Group {
        title: "The HTTP edge",
        settings: &[
            setting("TRUSTED_PROXIES", "", "Whose X-Forwarded-For is believed: networks (10.0.0.0/8,::1/128) or a number of hops (1). Empty: nobody's."),
            setting("CORS_ORIGINS", "http://localhost:3000,http://localhost:5173", "Origins of browser applications, exact, comma-separated. Those of hybrid apps and extensions, too: capacitor://localhost, ionic://localhost, tauri://localhost, chrome-extension://… (they are other sites, to which browsers send no cookie: take tokens in the body).").in_production(""),
            setting("CORS_HEADERS", "", "Request headers that pages of these origins may send, comma-separated, beside authorization, content-type, x-request-id and what Apollo, Hive, Sentry and OpenTelemetry add."),
            setting("REQUEST_TIMEOUT", "30s", "How long a request may take before it is answered UNAVAILABLE."),
            setting("KEEP_ALIVE_TIMEOUT", "75s", "How long a connection may be quiet between two requests. Longer than load balancers keep theirs (AWS and nginx: 60s; Google Cloud: 600s, so set 620s there), or requests are lost."),
            setting("SHUTDOWN_DELAY", "0s", "How long the server goes on serving after SIGTERM while /ready answers 503, so that load balancers send their traffic elsewhere first.").in_production("5s"),
            setting("SHUTDOWN_GRACE", "20s", "How long requests in flight may take to finish at shutdown, after SHUTDOWN_DELAY."),
            setting("MAX_BODY_BYTES", "65536", "The largest request body, in bytes."),
            setting("MAX_CONNECTIONS", "0", "Connections of this instance at most; 0 is what the limit of open files allows (it is raised to the hard limit at start), up to 16384."),
            setting("MAX_CONNECTIONS_PER_ADDRESS", "512", "Connections of one address (IPv6: each /64) at most, and never more than half of all. Not for TRUSTED_PROXIES, through which everybody comes."),
            setting("INTROSPECTION", "true", "Whether everybody may introspect the schema; administrators always may.").in_production("false"),
            setting("MAX_COMPLEXITY", "500", "The most points one operation may cost (@cost in the schema)."),
            setting("COST_IN_ANSWERS", "true", "Whether answers carry extensions.cost: what was asked for, and what is left."),
            setting("MAX_OPERATIONS", "256", "Operations that run at once; the others wait."),
            setting("OPERATION_DEADLINE", "2s", "How long one may wait before it is answered OVERLOADED."),
            setting("PERSISTED_QUERIES", "true", "Whether a document that ran may be asked for by its hash afterwards (Apollo's automatic persisted queries)."),
            setting("TRUSTED_DOCUMENTS", "", "A manifest of the documents that frontends use, as graphql-codegen and relay-compiler write it: JSON, hash to document."),
            setting("TRUSTED_DOCUMENTS_MODE", "enforce", "With TRUSTED_DOCUMENTS: enforce refuses every other document, report only logs it."),
        ],
    },
    Group {
        title: "Live events: WebSockets and server-sent events",
        settings: &[
            setting("LIVE_CONNECTIONS_PER_USER", "16", "Open connections of one user on one instance at most."),
            setting("LIVE_CONNECTIONS_PER_ADDRESS", "256", "Open connections of one address (IPv6: each /64) on one instance at most."),
            setting("LIVE_OPERATIONS_PER_SOCKET", "16", "Subscriptions that one socket carries at once."),
            setting("LIVE_OPERATIONS_PER_USER", "64", "Subscriptions over all sockets of one user on one instance: each runs for every event."),
            setting("LIVE_MESSAGES_PER_SECOND", "50", "Messages that a client may send over one socket in a second."),
            setting("LIVE_PING_INTERVAL", "25s", "How often a quiet connection gets a sign of life, and how long a socket may take to return it. Less than the idle timeout of every proxy in front."),
            setting("LIVE_BACKLOG", "1024", "Events that a subscriber may lag behind before its connection is closed."),
        ],
    },
    Group {
        title: "Registration and passwords",
        settings: &[
            setting("REGISTRATION_OPEN", "true", "Whether people may register by themselves."),
            setting("EMAIL_VERIFICATION", "optional", "optional, or required: nobody signs in before."),
            setting("HIDE_ACCOUNT_EXISTENCE", "false", "Registration answers the same for a taken address. Includes EMAIL_VERIFICATION=required."),
            setting("PASSWORD_MIN_LENGTH", "10", "Fewest characters of a new password."),
            setting("PASSWORD_MAX_LENGTH", "128", "Most characters of a new password; 128 or more."),
            setting("PASSWORD_REQUIRE_UPPERCASE", "true", "Whether it needs an upper-case letter."),
            setting("PASSWORD_REQUIRE_LOWERCASE", "true", "Whether it needs a lower-case letter."),
            setting("PASSWORD_REQUIRE_DIGIT", "true", "Whether it needs a digit."),
            setting("PASSWORD_REQUIRE_SYMBOL", "true", "Whether it needs a symbol."),
            setting("ARGON2_MEMORY_KIB", "65536", "Argon2id memory in KiB. Older hashes are renewed at the next login."),
            setting("ARGON2_ITERATIONS", "3", "Argon2id passes."),
            setting("ARGON2_LANES", "4", "Argon2id lanes."),
            setting("HASH_THREADS", "0", "Threads that hash passwords; 0 is one for every core. Each holds ARGON2_MEMORY_KIB."),
            setting("HASH_QUEUE", "64", "Hashes that may wait; one more is answered OVERLOADED at once."),
            setting("HASH_DEADLINE", "10s", "How long a hash may wait before it is given up."),
            setting("LOCKOUT_ATTEMPTS", "5", "Wrong passwords in a row that lock an account; a known device and an open session have as many of their own. 0 never locks."),
            setting("LOCKOUT_DURATION", "15m", "How long a lock holds."),
        ],
    },
    Group {
        title: "Tokens and sessions",
        settings: &[
            setting("JWT_ALGORITHM", "RS256", "RS256, ES256 or EdDSA: the algorithm of new signing keys, and of new tokens. Tokens that were signed by older keys of another algorithm are accepted while the keys are there."),
            setting("JWT_ISSUER", "", "The iss claim. Empty: PUBLIC_URL."),
            setting("JWT_AUDIENCE", "authgraph", "The aud claim."),
            setting("JWT_CLIENT_ID", "authgraph", "The client_id claim, which RFC 9068 demands. It is the same in all tokens."),
            setting("JWT_KEYS_DIR", "", "Folder of signing keys (`authgraph keys rotate`). Development: keys in DATA_DIR. Production demands this or JWT_PRIVATE_KEYS."),
            setting("JWT_PRIVATE_KEYS", "", "Signing keys as PEM (PKCS #8) instead of a folder; several may follow each other, the first signs.").secret(),
            setting("ACCESS_TOKEN_LIFETIME", "15m", "How long an access token is valid."),
            setting("REFRESH_TOKEN_LIFETIME", "7d", "How long a refresh token is valid; every refresh starts it anew."),
            setting("REFRESH_REPLAY_WINDOW", "60s", "How long a repeated refresh with the same idempotencyKey gets the same answer."),
            setting("REFRESH_RACE_WINDOW", "10s", "How long a refresh token that was just used is accepted again from the same device (agent and network) while its successor is unused, and how long that device gets the successor once more instead of the next: two tabs of one browser get the same answer. 0s ends the session instead."),
            setting("SESSION_MAX_LIFETIME", "90d", "How long a session can be kept alive by refreshing; 0s is for ever."),
            setting("REAUTHENTICATION_WINDOW", "10m", "How long after a proof of identity sensitive deeds are allowed."),
            setting("VERIFICATION_TOKEN_LIFETIME", "24h", "How long the link of a verification email works."),
            setting("RESET_TOKEN_LIFETIME", "1h", "How long the link of a reset email works."),
            setting("INVITATION_LIFETIME", "7d", "How long the link of an invitation works."),
            setting("EMAIL_UNDO_LIFETIME", "7d", "How long an email can undo a change of address, or end the session it told of."),
        ],
    },
    Group {
        title: "The second factor",
        settings: &[
            setting("MFA_ISSUER", "", "What authenticator apps call this server. Empty: PRODUCT_NAME."),
            setting("MFA_ENCRYPTION_KEYS", "", "Keys that seal the secrets of authenticators: 32 bytes in base64 each (openssl rand -base64 32), comma-separated; the first seals, all open. Development: a key in DATA_DIR.").demanded().secret(),
        ],
    },
    Group {
        title: "Emails",
        settings: &[
            setting("SMTP_URL", "", "The mail server: smtps://user:password@host (encrypted from the start), smtp://user:password@host?tls=required (STARTTLS), or smtp://host for no encryption; ports 465, 587 and 25 unless one stands behind the host. Percent-encode % @ : / ? # in user and password. Development without it: files, shown at /dev/mailbox.").demanded().secret(),
            setting("SMTP_CA_FILE", "", "PEM file of the authorities that may sign the mail server's certificate. Empty: those that the system trusts."),
            setting("SMTP_HELO_NAME", "", "The name that the mail server is told in EHLO: a domain name like auth.example.com, or an address like [192.0.2.1]. Empty: the host of PUBLIC_URL; where that is no domain name, the address that the connection comes from."),
            setting("MAIL_FROM", "authgraph <no-reply@localhost.localdomain>", "The sender of emails.").demanded(),
            setting("MAIL_CONCURRENCY", "4", "Emails that one instance delivers at once, each through a connection of its own. No more than the mail server allows."),
            setting("MAIL_MAX_ATTEMPTS", "16", "Attempts to deliver an email, over about a day, before it is put aside as dead."),
            setting("LETTER_TEMPLATES_DIR", "", "Folder whose templates win over the built-in ones."),
        ],
    },
    Group {
        title: "Limits: attempts/period over a sliding window; 0 is off",
        settings: &[
            setting("RATE_LIMIT_REQUESTS", "100/1m", "Operations, for each address (IPv6: each /64)."),
            setting("RATE_LIMIT_BUDGET", "2000/1m", "Points that operations cost (@cost in the schema), for each user, or each address of who is not signed in."),
            setting("RATE_LIMIT_AUTH", "5/1m", "Attempts to prove who one is, for each address (IPv6: each /64)."),
            setting("RATE_LIMIT_AUTH_NETWORK", "50/1m", "The same for each network around it (IPv4: /24, IPv6: /48)."),
            setting("RATE_LIMIT_AUTH_ACCOUNT", "5/1m", "Attempts to prove who one is, for each account, from everywhere but its known devices."),
            setting("RATE_LIMIT_AUTH_PAIR", "5/1m", "Attempts of one address at one account, for servers that allow an address more."),
            setting("RATE_LIMIT_EMAIL", "3/1h", "Emails of one kind that a stranger can cause, for each recipient."),
            setting("RATE_LIMIT_MFA", "20/1h", "Codes of the second factor that are judged, for each known device and each session of an account, and for all others together."),
            setting("MFA_CHALLENGE_ATTEMPTS", "5", "Codes that are judged for one challenge; 0 is as many as its account allows."),
        ],
    },
    Group {
        title: "Retention",
        settings: &[
            setting("SESSION_RETENTION", "30d", "How long ended and expired sessions stay listed."),
            setting("USER_RETENTION", "30d", "How long a deleted account can be restored; then its personal data is erased for good and its address is free. 0s keeps it for ever."),
            setting("UNVERIFIED_RETENTION", "", "How long an account is kept whose address was never verified. Without it 7d where verification is required (accounts that ever signed in stay), and for ever elsewhere. 0s keeps them for ever."),
            setting("LETTER_RETENTION", "7d", "How long delivered emails stay in the outbox, without their content."),
            setting("AUDIT_RETENTION", "400d", "How long events stay in the audit trail; 0s keeps them for ever."),
        ],
    },
    Group {
        title: "Logs and metrics",
        settings: &[
            setting("LOG", "info", "Filter of tracing-subscriber: info, or authgraph=debug,info."),
            setting("LOG_FORMAT", "pretty", "pretty or json, on standard error.").in_production("json"),
            setting("METRICS_AUTH_TOKEN", "", "Serves /metrics to Prometheus, where it sends this as its bearer token: 16 characters or more (openssl rand -hex 32). Without it there is no such page.").secret(),
        ],
    },
];

/// The setting of this name.
#[must_use]
pub fn find(name: &str) -> Option<&'static Setting> {
    SETTINGS.iter().flat_map(|group| group.settings).find(|setting| setting.name == name)
}
