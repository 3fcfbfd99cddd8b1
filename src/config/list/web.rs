//! HTTP, GraphQL and subscriptions.

use std::path::PathBuf;
use std::time::Duration;

use ipnet::IpNet;

use crate::config::addresses;
use crate::config::definition::{setting, settings};
use crate::config::parse::{
    at_least_a_second, at_least_one, boolean, duration, list, network, number, optional, path, small_at_least_one,
    trusted_documents_mode, trusted_proxies,
};
use crate::config::production::{HTTPS, MINUTE, are_encrypted, is_remote_list, trusts_only_proxies};
use crate::values::trusted_proxies::TrustedProxies;

settings! {
    /// How the server speaks HTTP.
    pub struct HttpSettings {
        /// The proxies whose `X-Forwarded-For` header the server believes: their networks, like `10.0.0.0/8,::1/128`, or how
        /// many proxies stand in front, like `1`. Empty: none, so the address of the connection counts. Set it behind every
        /// proxy, or all clients share one address and its limits.
        trusted_proxies: TrustedProxies = setting("TRUSTED_PROXIES", "", trusted_proxies)
            .production_accepts("5 proxies or fewer, or networks no wider than /8 (IPv6: /7)", trusts_only_proxies)
            .deployment_sign(|_| true);
        /// The exact origins of browser applications that may call this server, separated by commas. Hybrid apps and
        /// extensions have origins too: `capacitor://localhost`, `ionic://localhost`, `tauri://localhost`,
        /// `chrome-extension://…`. Browsers send them no cookies of this server, so such apps take tokens in the response body.
        cors_origins: Vec<String> =
            setting("CORS_ORIGINS", "http://localhost:3000,http://localhost:5173", list(addresses::origin))
                .in_production("")
                .production_accepts(HTTPS, are_encrypted)
                .deployment_sign(is_remote_list);
        /// More request headers that pages of these origins may send, separated by commas. Always allowed are authorization,
        /// content-type, x-request-id, and those of Apollo, Hive, Sentry and OpenTelemetry.
        cors_headers: Vec<String> = setting("CORS_HEADERS", "", list(addresses::header_name));
        /// How long a request may take. After that the server answers UNAVAILABLE.
        request_timeout: Duration = setting("REQUEST_TIMEOUT", "30s", at_least_a_second)
            .production_accepts("5m or less", |time| *time <= 5 * MINUTE);
        /// How long the server keeps a connection open between two requests. It must be longer than the idle timeout of your
        /// load balancer, or requests get lost: 60s on AWS and nginx, 600s on Google Cloud (use `620s` there).
        keep_alive_timeout: Duration = setting("KEEP_ALIVE_TIMEOUT", "75s", at_least_a_second);
        /// How long the server keeps serving after SIGTERM while `/ready` answers 503, so that load balancers stop sending
        /// requests first.
        shutdown_delay: Duration = setting("SHUTDOWN_DELAY", "0s", duration).in_production("5s");
        /// How long running requests may take to finish at shutdown, after `SHUTDOWN_DELAY`.
        shutdown_grace: Duration = setting("SHUTDOWN_GRACE", "20s", duration);
        /// The largest request body, in bytes.
        max_body_bytes: usize = setting("MAX_BODY_BYTES", "65536", at_least_one::<usize>)
            .production_accepts("1048576 (1 MiB) or less", |bytes| *bytes <= 1024 * 1024);
        /// The most connections of this instance. `0`: as many as the limit of open files allows, at most 16384. The server
        /// raises that limit to its hard limit at start.
        max_connections: u32 = setting("MAX_CONNECTIONS", "0", number);
        /// The most connections of one IP address (IPv6: of one /64 network), and never more than half of all. It does not
        /// apply to `TRUSTED_PROXIES`, which carry the connections of all clients.
        max_connections_per_address: u32 = setting("MAX_CONNECTIONS_PER_ADDRESS", "512", at_least_one);
    }
}

settings! {
    /// Which operations the server runs.
    pub struct GraphqlSettings {
        /// Whether every client may query the schema by introspection. Administrators always may.
        introspection: bool = setting("INTROSPECTION", "true", boolean).in_production("false");
        /// The most points that one operation may cost. The directive `@cost` in the schema gives the points of each field.
        max_complexity: u32 = setting("MAX_COMPLEXITY", "500", at_least_one);
        /// Whether responses carry `extensions.cost`: the points of the operation, and what is left of the rate limits.
        cost_extension: bool = setting("COST_EXTENSION", "true", boolean);
        /// The most operations that run at the same time. Further operations wait.
        max_concurrent_operations: usize = setting("MAX_CONCURRENT_OPERATIONS", "256", at_least_one);
        /// How long an operation waits for its turn. After that the server answers OVERLOADED.
        operation_queue_timeout: Duration = setting("OPERATION_QUEUE_TIMEOUT", "2s", duration);
        /// Whether a client may send the hash of a document that ran before instead of the document (Apollo's automatic
        /// persisted queries).
        persisted_queries: bool = setting("PERSISTED_QUERIES", "true", boolean);
        /// A JSON file that maps hashes to the documents of your frontends, as graphql-codegen and relay-compiler write it.
        /// Empty: every document may run.
        trusted_documents: Option<PathBuf> = setting("TRUSTED_DOCUMENTS", "", optional(path));
        /// What happens to a document that is not in `TRUSTED_DOCUMENTS`: `enforce` refuses it, `report` runs and logs it.
        trusted_documents_enforced: bool = setting("TRUSTED_DOCUMENTS_MODE", "enforce", trusted_documents_mode);
    }
}

settings! {
    /// How many connections and subscriptions may stay open, and what they may do.
    pub struct SubscriptionSettings {
        /// The most open subscription connections (sockets and event streams) of one user on this instance.
        connections_per_user: u32 = setting("SUBSCRIPTION_CONNECTIONS_PER_USER", "16", at_least_one);
        /// The most open subscription connections of one IP address (IPv6: of one /64 network) on this instance.
        connections_per_address: u32 = setting("SUBSCRIPTION_CONNECTIONS_PER_ADDRESS", "256", at_least_one);
        /// The most operations that one socket runs at the same time.
        operations_per_socket: usize = setting("SUBSCRIPTION_OPERATIONS_PER_SOCKET", "16", at_least_one);
        /// The most operations over all sockets of one user on this instance. Each subscription costs work for every event.
        operations_per_user: u32 = setting("SUBSCRIPTION_OPERATIONS_PER_USER", "64", at_least_one);
        /// The most messages that a client may send over one socket in one second.
        messages_per_second: u32 = setting("SUBSCRIPTION_MESSAGES_PER_SECOND", "50", at_least_one);
        /// How often the server sends a ping over an idle connection, and how long a socket may take to answer it. It must be
        /// shorter than the idle timeout of every proxy in front.
        ping_interval: Duration = setting("SUBSCRIPTION_PING_INTERVAL", "25s", at_least_a_second);
        /// How many events a subscriber may lag behind. After that the server closes the connection, and the client
        /// reconnects.
        backlog: usize = setting("SUBSCRIPTION_BACKLOG", "1024", small_at_least_one);
    }
}

settings! {
    /// The pages for people that the server has itself.
    pub struct PagesSettings {
        /// Whether the server has the page /playground: an editor with an account and ready operations. It works with
        /// `INTROSPECTION=false`: administrators see the schema after they have signed in there.
        playground: bool = setting("PLAYGROUND", "true", boolean).in_production("false");
        /// The networks that may open /playground, like `10.0.0.0/8,::1`. All others get 404. Empty: everybody may.
        playground_networks: Vec<IpNet> = setting("PLAYGROUND_NETWORKS", "", list(network));
        /// Whether the server has the page /console, where administrators look after users and read the audit trail.
        console: bool = setting("CONSOLE", "true", boolean).in_production("false");
        /// The networks that may open /console, like `10.0.0.0/8,::1`. All others get 404. Empty: everybody may.
        console_networks: Vec<IpNet> = setting("CONSOLE_NETWORKS", "", list(network));
        /// Whether the server has the page /demo, which shows the journey of a user with the operations that it sends.
        demo: bool = setting("DEMO", "true", boolean)
            .in_production("false")
            .production_accepts("false: the page is for development", |enabled| !*enabled);
        /// Whether the server has the pages below /account: those that emails link to, and a page where users sign in and look
        /// after their account. Empty: only if `FRONTEND_URL` is empty; emails then link to these pages.
        account: Option<bool> = setting("ACCOUNT_PAGES", "", optional(boolean));
    }
}
