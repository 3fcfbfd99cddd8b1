//! The Redis of the unit tests: `TEST_REDIS_URL`, where it is set.

use std::time::Duration;

use super::{Redis, RedisMode, RedisSettings};
use crate::values::redis_url::RedisUrl;

/// Where the tests may use a Redis.
#[allow(clippy::disallowed_methods, reason = "a setting of the tests, not of the server")]
pub fn redis_url() -> Option<String> {
    std::env::var("TEST_REDIS_URL").ok()
}

/// Settings with a prefix that no other test has.
pub fn settings(url: Option<String>, timeout: Duration) -> RedisSettings {
    let mut random = [0; 8];
    aws_lc_rs::rand::fill(&mut random).unwrap();
    RedisSettings {
        url: url.map(|url| RedisUrl::parse(&url).unwrap()),
        mode: RedisMode::Single,
        sentinel_master: "mymaster".to_owned(),
        sentinel_username: None,
        sentinel_password: None,
        ca_file: None,
        key_prefix: format!("test-{:x}:", u64::from_le_bytes(random)),
        timeout,
    }
}

/// A Redis at this address.
pub fn open(url: String, timeout: Duration) -> Redis {
    Redis::open(&settings(Some(url), timeout)).unwrap().unwrap()
}
