//! The setting `REDIS_URL`: one server, or several that share scheme, user, password and database.

use url::Url;

use super::loopback::is_loopback;
use super::secret::Secret;

const WANTS: &str = "redis://host:6379 or rediss://host:6379, with user:password@ in front of the host where Redis needs \
    them, and more hosts behind a comma (redis://host1:6379,host2:6379) for REDIS_MODE cluster and sentinel";

/// One or more addresses of Redis, or of the sentinels that know where it is.
#[derive(Debug, Clone)]
pub struct RedisUrl {
    /// A URL for each server.
    servers: Vec<Secret>,
    has_verified_tls: bool,
    is_on_this_machine: bool,
}

impl RedisUrl {
    /// Reads `redis://user:password@host:6379,host:6379/0`: what surrounds the hosts is true of each.
    ///
    /// # Errors
    /// The form that the setting must have. It quotes nothing of the URL, which may hold a password.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        let (scheme, rest) = text.split_once("://").ok_or(WANTS)?;
        if !matches!(scheme, "redis" | "rediss") {
            return Err(WANTS);
        }
        let (authority, tail) = rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len()));
        // A comma in a password is part of the password.
        let (credentials, hosts) = authority.split_at(authority.rfind('@').map_or(0, |at| at + 1));
        let servers =
            hosts.split(',').map(|host| Url::parse(&format!("{scheme}://{credentials}{}{tail}", host.trim())));
        let servers: Vec<Url> = servers.collect::<Result<_, _>>().map_err(|_| WANTS)?;
        if servers.iter().any(|server| server.host_str().is_none_or(str::is_empty)) {
            return Err(WANTS);
        }
        Ok(Self {
            // With `#insecure` the driver takes any certificate.
            has_verified_tls: scheme == "rediss" && !tail.ends_with("#insecure"),
            is_on_this_machine: servers.iter().all(|server| server.host_str().is_some_and(is_loopback)),
            servers: servers.into_iter().map(|server| String::from(server).into()).collect(),
        })
    }

    /// The URL of each server, with the password. There is at least one.
    pub fn servers(&self) -> impl Iterator<Item = &str> {
        self.servers.iter().map(Secret::expose)
    }

    /// Whether there are several servers.
    #[must_use]
    pub const fn names_several(&self) -> bool {
        self.servers.len() > 1
    }

    /// Whether connections are encrypted and the certificate is verified.
    #[must_use]
    pub const fn has_verified_tls(&self) -> bool {
        self.has_verified_tls
    }

    /// Whether no other machine is named.
    #[must_use]
    pub const fn is_on_this_machine(&self) -> bool {
        self.is_on_this_machine
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn servers(text: &str) -> Vec<String> {
        RedisUrl::parse(text).unwrap().servers().map(str::to_owned).collect()
    }

    #[test]
    fn what_surrounds_the_hosts_is_true_of_each() {
        assert_eq!(servers("redis://kv"), ["redis://kv"]);
        assert_eq!(
            servers("rediss://ann:p%40ss,word@one:1, two,[::1]:3/0"),
            [
                "rediss://ann:p%40ss,word@one:1/0",
                "rediss://ann:p%40ss,word@two/0",
                "rediss://ann:p%40ss,word@[::1]:3/0"
            ]
        );
    }

    #[test]
    fn a_url_without_a_host_or_of_another_kind_is_refused_without_its_password() {
        for text in ["localhost", "http://127.0.0.1", "redis://", "redis://:hunter2@", "redis://a,,b", "redis://a:b:c"]
        {
            assert!(!RedisUrl::parse(text).unwrap_err().contains("hunter2"), "{text}");
        }
    }

    #[test]
    fn every_address_counts() {
        for (text, tls, here) in [
            ("redis://127.0.0.1,[::1]:7", false, true),
            ("redis://127.0.0.1,kv", false, false),
            ("rediss://kv,kv2", true, false),
            ("rediss://kv,kv2/#insecure", false, false),
        ] {
            let url = RedisUrl::parse(text).unwrap();
            assert_eq!((url.has_verified_tls(), url.is_on_this_machine()), (tls, here), "{text}");
        }
    }

    #[test]
    fn a_log_shows_no_password() {
        assert!(!format!("{:?}", RedisUrl::parse("redis://:hunter2@a,b").unwrap()).contains("hunter2"));
    }
}
