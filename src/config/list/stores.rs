//! Where the server keeps data: the database and Redis.

use std::time::Duration;

use crate::config::definition::{setting, settings};
use crate::config::parse::{
    at_least_a_millisecond, at_least_one, database_url, optional, postgres_url, redis_url, text,
};
use crate::config::production::is_encrypted_redis;
use crate::tools::db::DbSettings;
use crate::tools::redis::RedisSettings;

settings! {
    impl DbSettings {
        /// `sqlite://path` or `postgres://user:password@host/name`. In development the default is authgraph.db in `DATA_DIR`.
        url = setting("DATABASE_URL", "", database_url)
            .required_in_production()
            .secret()
            // `production::check_together` applies it, because the environment may name the host.
            .production_accepts("sslmode=require, verify-ca or verify-full for PostgreSQL on another machine", |_| true)
            .deployment_sign(|url| url.starts_with("postgres"));
        /// Where migrations run, if `DATABASE_URL` names a pooler, or a role that may not change tables:
        /// `postgres://user:password@host/name`, directly at the server. Both have to lead to the same database. By default
        /// `DATABASE_URL`.
        migration_url = setting("DATABASE_MIGRATION_URL", "", optional(postgres_url))
            .secret()
            .production_accepts("sslmode=require, verify-ca or verify-full for PostgreSQL on another machine", |_| true)
            .deployment_sign(|_| true);
        /// The most database connections of this instance. On PostgreSQL a third of them only reads. On SQLite these are the
        /// connections that read, beside one that writes.
        max_connections = setting("DATABASE_MAX_CONNECTIONS", "16", at_least_one);
    } with {
        acquire_timeout: Duration::from_secs(3),
        // `Config::derive_defaults` sets it, because it depends on the mode.
        makes_file: false
    }
}

settings! {
    impl RedisSettings {
        /// `redis://host:6379`, or `rediss://host:6379` with TLS. Without it the server counts rate limits in its own memory,
        /// which is right for one instance only.
        url = setting("REDIS_URL", "", optional(redis_url))
            .secret()
            .production_accepts("rediss:// with a verified certificate for Redis on another machine", is_encrypted_redis)
            .deployment_sign(|_| true);
        /// The beginning of every key in Redis. A prefix without a hash tag becomes one, `{authgraph:}`, so that a Redis
        /// cluster keeps all keys in one slot.
        key_prefix = setting("REDIS_KEY_PREFIX", "authgraph:", text);
        /// How long a request waits for Redis. After that the server counts in its own memory until Redis answers again.
        timeout = setting("REDIS_TIMEOUT", "50ms", at_least_a_millisecond);
    } with {}
}
