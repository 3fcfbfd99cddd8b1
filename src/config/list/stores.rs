//! Where the server keeps data: the database and Redis.

use std::time::Duration;

use crate::config::definition::{setting, settings};
use crate::config::parse::{
    at_least_a_millisecond, at_least_one, database_url, optional, path, postgres_url, redis_mode, redis_url,
    secret_text, text,
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
        /// `redis://host:6379`, or `rediss://host:6379` with TLS. User and password stand in front of the host:
        /// `rediss://user:password@host:6379`. Without it the server counts rate limits in its own memory, which is right for
        /// one instance only.
        url = setting("REDIS_URL", "", optional(redis_url))
            .secret()
            // `production::check_together` applies what depends on `REDIS_MODE`.
            .production_accepts("rediss:// with a verified certificate for Redis on another machine", is_encrypted_redis)
            .deployment_sign(|_| true);
        /// What `REDIS_URL` leads to: `single` server, `cluster` (Redis Cluster) or `sentinel`. For the last two it names
        /// several nodes or sentinels, so that one may be away: `rediss://user:password@host1:6379,host2:6379,host3:6379`.
        mode = setting("REDIS_MODE", "single", redis_mode);
        /// With `REDIS_MODE=sentinel`: the name of the master, as in `sentinel monitor`. User and password in `REDIS_URL` are
        /// those of the master.
        sentinel_master = setting("REDIS_SENTINEL_MASTER", "mymaster", text);
        /// With `REDIS_MODE=sentinel`: the user of the sentinels themselves, if they have users.
        sentinel_username = setting("REDIS_SENTINEL_USERNAME", "", optional(text));
        /// With `REDIS_MODE=sentinel`: the password of the sentinels themselves, if they have one.
        sentinel_password = setting("REDIS_SENTINEL_PASSWORD", "", optional(secret_text)).secret();
        /// A PEM file with the certificates of the authorities that may vouch for Redis. Without it the server trusts the
        /// authorities of the system.
        ca_file = setting("REDIS_CA_FILE", "", optional(path));
        /// The beginning of every key in Redis. A prefix without a hash tag becomes one, `{authgraph:}`, so that a Redis
        /// cluster keeps all keys in one slot.
        key_prefix = setting("REDIS_KEY_PREFIX", "authgraph:", text);
        /// How long a request waits for Redis. After that the server counts in its own memory until Redis answers again.
        timeout = setting("REDIS_TIMEOUT", "50ms", at_least_a_millisecond);
    } with {}
}
