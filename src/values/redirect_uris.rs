//! The redirect URIs to which providers may send a browser back.

use url::Url;

/// The loopback addresses, as they begin a URI. `localhost` is none of them: it is a name, which may lead elsewhere (RFC 8252,
/// section 8.3).
const LOOPBACK: [&str; 2] = ["http://127.0.0.1", "http://[::1]"];
/// Far above what an application needs.
const LONGEST: usize = 1000;
/// Signs that no URI contains as they are (RFC 3986, section 2). Parsers of URLs repair or drop some, so that two programs
/// could read two URIs. `*` would be allowed, but here it can only be meant as a wildcard.
const FORBIDDEN: &[u8] = b"\\\"<>^`{|}#*";

/// The URIs that the operator allows. A URI is compared character by character (RFC 9700, section 2.1), except the port of
/// `http://127.0.0.1` and `http://[::1]`, which an app chooses when it starts (RFC 8252, section 7.3).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RedirectUris(Vec<String>);

impl RedirectUris {
    /// Takes URIs that [`Self::check`] has passed.
    #[must_use]
    pub const fn new(uris: Vec<String>) -> Self {
        Self(uris)
    }

    /// The page `oauth/callback` of a web application. None where it has a hash router, because a redirect URI has no fragment,
    /// or where [`Self::check`] refuses the page.
    #[must_use]
    pub fn of_frontend(frontend: &Url) -> Self {
        let mut page = frontend.clone();
        if let Ok(mut path) = page.path_segments_mut() {
            path.pop_if_empty().extend(["oauth", "callback"]);
        }
        let page = String::from(page);
        Self(if Self::check(&page).is_ok() { vec![page] } else { Vec::new() })
    }

    /// Allows these as well.
    pub fn add(&mut self, more: Self) {
        for uri in more.0 {
            if !self.0.contains(&uri) {
                self.0.push(uri);
            }
        }
    }

    /// Whether a URI can stand on the list.
    ///
    /// # Errors
    /// What is expected instead.
    pub fn check(uri: &str) -> Result<(), &'static str> {
        let is_plain = uri.bytes().all(|byte| byte.is_ascii_graphic() && !FORBIDDEN.contains(&byte));
        if !is_plain || uri.len() > LONGEST {
            return Err("absolute URIs of at most 1000 characters, without spaces, # and *");
        }
        let Ok(url) = Url::parse(uri) else {
            return Err("absolute URIs like https://app.example.com/oauth/callback, separated by commas");
        };
        // Every other spelling would never be equal to what a client sends: HTTPS://, :443, /a/../b.
        if url.as_str() != uri && url.as_str().strip_suffix('/') != Some(uri) {
            return Err(
                "URIs in their normal form: lower case before the path, no default port, no . and .. in the path",
            );
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err("URIs without user and password");
        }
        let is_allowed = match url.scheme() {
            "https" => url.has_host(),
            "http" => is_on_localhost(uri) || LOOPBACK.iter().any(|host| port_and_rest(uri, host).is_some()),
            scheme => is_private_scheme(scheme) && uri.as_bytes().get(scheme.len() + 1) == Some(&b'/'),
        };
        let expected = "https://, http:// on 127.0.0.1, [::1] or localhost, or the scheme of an app, which contains a dot, like \
                        com.example.app:/oauth";
        if is_allowed { Ok(()) } else { Err(expected) }
    }

    /// Whether a client may name this URI.
    #[must_use]
    pub fn accept(&self, uri: &str) -> bool {
        self.0.iter().any(|allowed| allowed == uri || is_on_another_port(allowed, uri))
    }

    /// Whether there is no URI.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether a URI leads to the name `localhost` without encryption.
    #[must_use]
    pub fn name_localhost(&self) -> bool {
        self.0.iter().any(|uri| is_on_localhost(uri))
    }
}

/// Whether two URIs of a loopback address are the same but for their ports. No parser of URLs takes part: what it repairs or
/// drops would be allowed, too.
fn is_on_another_port(allowed: &str, uri: &str) -> bool {
    LOOPBACK.iter().any(|host| {
        let both = port_and_rest(allowed, host).zip(port_and_rest(uri, host));
        both.is_some_and(|((_, allowed), (_, rest))| allowed == rest)
    })
}

/// The port and what follows it, where a URI begins like this. A port begins with no 0 and is at most 65535.
fn port_and_rest<'u>(uri: &'u str, scheme_and_host: &str) -> Option<(Option<u16>, &'u str)> {
    let rest = uri.strip_prefix(scheme_and_host)?;
    let Some(after_colon) = rest.strip_prefix(':') else {
        return (rest.is_empty() || rest.starts_with(['/', '?'])).then_some((None, rest));
    };
    let end = after_colon.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(after_colon.len());
    let (port, rest) = after_colon.split_at(end);
    let port = port.parse().ok().filter(|_| !port.starts_with('0'))?;
    (rest.is_empty() || rest.starts_with(['/', '?'])).then_some((Some(port), rest))
}

fn is_on_localhost(uri: &str) -> bool {
    port_and_rest(uri, "http://localhost").is_some()
}

/// Whether a scheme is a domain name in reverse, which no other app takes by accident (RFC 8252, section 7.1).
fn is_private_scheme(scheme: &str) -> bool {
    scheme.contains('.') && scheme.split('.').all(|label| !label.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn uris(uris: &[&str]) -> RedirectUris {
        for uri in uris {
            assert_eq!(RedirectUris::check(uri), Ok(()), "{uri}");
        }
        RedirectUris::new(uris.iter().map(|uri| (*uri).to_owned()).collect())
    }

    #[test]
    fn a_uri_is_compared_character_by_character() {
        let allowed =
            uris(&["https://app.example.com/oauth/callback", "com.example.app:/oauth", "http://localhost:3000/cb"]);

        for same in ["https://app.example.com/oauth/callback", "com.example.app:/oauth", "http://localhost:3000/cb"] {
            assert!(allowed.accept(same), "{same}");
        }
        for other in [
            "",
            "https://app.example.com",
            "https://app.example.com/oauth/callback/",
            "https://app.example.com/oauth/callback?",
            "https://app.example.com/oauth/callback#x",
            "https://app.example.com/oauth/callback?x=1",
            "https://app.example.com/oauth//callback",
            "https://app.example.com/oauth/../oauth/callback",
            "https://app.example.com/oauth/%63allback",
            "https://app.example.com:443/oauth/callback",
            "https://app.example.com./oauth/callback",
            "https://user@app.example.com/oauth/callback",
            "https://app.example.com@evil.example/oauth/callback",
            "https://evil.example\\@app.example.com/oauth/callback",
            "https:/app.example.com/oauth/callback",
            "https://APP.example.com/oauth/callback",
            "HTTPS://app.example.com/oauth/callback",
            "http://app.example.com/oauth/callback",
            " https://app.example.com/oauth/callback",
            "https://app.example.com/oauth/callback\n",
            "https://app.exam\tple.com/oauth/callback",
            "com.example.app:/oauth/",
            "com.example.app://oauth",
            "com.example.app2:/oauth",
            "http://localhost:3001/cb",
            "http://localhost/cb",
            "http://127.0.0.1:3000/cb",
        ] {
            assert!(!allowed.accept(other), "{other:?}");
        }
    }

    #[test]
    fn an_app_chooses_the_port_of_a_loopback_address() {
        let allowed = uris(&["http://127.0.0.1/cb?a=b", "http://[::1]:8080/cb"]);

        for same in [
            "http://127.0.0.1/cb?a=b",
            "http://127.0.0.1:1/cb?a=b",
            "http://127.0.0.1:65535/cb?a=b",
            "http://[::1]/cb",
            "http://[::1]:49152/cb",
        ] {
            assert!(allowed.accept(same), "{same}");
        }
    }

    /// What differs from `http://127.0.0.1/cb` in more than the port, or reads like it.
    const OTHER_LOOPBACK_URIS: &[&str] = &[
        "http://127.0.0.1",
        "http://127.0.0.1:8080",
        "http://127.0.0.1:8080/",
        "http://127.0.0.1:8080/cb/",
        "http://127.0.0.1:8080/cb?x",
        "http://127.0.0.1:8080/cb#x",
        "http://127.0.0.1:8080/CB",
        "http://127.0.0.1:8080/%63b",
        "http://127.0.0.1:8080//cb",
        "http://127.0.0.1:8080/../cb",
        "http://127.0.0.1:80@evil.example/",
        "http://127.0.0.1:80@evil.example/cb",
        "http://127.0.0.1@evil.example/cb",
        "http://127.0.0.1:8080.evil.example/",
        "http://127.0.0.1:8080.evil.example/cb",
        "http://127.0.0.1.evil.example/cb",
        "http://127.0.0.1evil.example/cb",
        "http://127.0.0.1:8080\\@evil.example/cb",
        "http://127.0.0.1\\.evil.example/cb",
        "http://127.0.0.1:80\t80/cb",
        "http://127.0.0.1:8080\n/cb",
        "http://127.0.0.1:8080 /cb",
        "http://127.0.0.1:8080/cb\t",
        "http://127.0.0.1:99999/cb",
        "http://127.0.0.1:65536/cb",
        "http://127.0.0.1:0/cb",
        "http://127.0.0.1:0080/cb",
        "http://127.0.0.1:+80/cb",
        "http://127.0.0.1:-1/cb",
        "http://127.0.0.1:/cb",
        "http://127.0.0.1::8080/cb",
        "http://127.0.0.1:٨٠/cb",
        "http://127.0.0.1%3a8080/cb",
        "http://127.0.0.1:80%380/cb",
        "HTTP://127.0.0.1:8080/cb",
        "https://127.0.0.1:8080/cb",
        "http:/127.0.0.1:8080/cb",
        "http:127.0.0.1:8080/cb",
        "http://user@127.0.0.1:8080/cb",
        "http://127.1:8080/cb",
        "http://2130706433:8080/cb",
        "http://127.0.0.2:8080/cb",
        "http://localhost:8080/cb",
        "http://[::1%25eth0]:8080/cb",
        "http://[0:0:0:0:0:0:0:1]:8080/cb",
        "http://[::1]evil.example/cb",
        "http://[::1]:8080@evil.example/cb",
    ];

    #[test]
    fn nothing_else_of_a_loopback_uri_may_differ() {
        let allowed = uris(&["http://127.0.0.1/cb", "http://[::1]/cb"]);

        for other in OTHER_LOOPBACK_URIS {
            assert!(!allowed.accept(other), "{other:?}");
        }
    }

    /// What cannot stand on the list.
    const WRONG_URIS: &[&str] = &[
        "",
        "/oauth/callback",
        "app.example.com/oauth",
        "https://",
        "https:///cb",
        "https:app.example.com",
        "http://app.example.com/cb",
        "http://192.168.1.7/cb",
        "http://127.0.0.2/cb",
        "http://127.1/cb",
        "http://localhost.evil.example/cb",
        "http://localhost@evil.example/cb",
        "http://127.0.0.1@evil.example/cb",
        "http://127.0.0.1:80@evil.example/cb",
        "http://127.0.0.1:99999/cb",
        "https://user:hunter2@app.example.com/cb",
        "https://user@app.example.com/cb",
        "https://@app.example.com/cb",
        "https://app.example.com/cb#x",
        "https://app.example.com/#/cb",
        "https://*.example.com/cb",
        "https://app.example.com/*",
        "https://App.Example.com/cb",
        "HTTPS://app.example.com/cb",
        "https://app.example.com:443/cb",
        "https://app.example.com/a/../cb",
        "https://app.example.com\\cb",
        "https://app.example.com/c b",
        "https://app.exam\tple.com/cb",
        "https://bücher.example/cb",
        "javascript:alert(1)",
        "javascript://app.example.com/%0aalert(1)",
        "data:text/html,x",
        "file:///etc/passwd",
        "ftp://files.example.com/cb",
        "myapp:/oauth",
        "myapp://oauth",
        "com.example.app:oauth",
        "com.example.app:",
        "com..app:/oauth",
        "com.:/oauth",
        "Com.Example.App:/oauth",
        "com.example.app://user:hunter2@oauth/callback",
    ];

    #[test]
    fn a_list_holds_what_browsers_and_apps_are_sent_to() {
        for right in [
            "https://app.example.com",
            "https://app.example.com/",
            "https://app.example.com:8443/oauth/callback?lang=de",
            "https://localhost:3000/cb",
            "http://localhost:3000/oauth/callback",
            "http://127.0.0.1",
            "http://127.0.0.1/cb",
            "http://[::1]:8080/cb",
            "com.example.app:/oauth",
            "com.example.app://oauth/callback",
            "com.googleusercontent.apps.123-abc:/oauth2redirect",
        ] {
            assert_eq!(RedirectUris::check(right), Ok(()), "{right}");
        }
        for wrong in WRONG_URIS {
            assert!(RedirectUris::check(wrong).is_err(), "{wrong:?}");
        }
        assert!(RedirectUris::check(&format!("https://a.example/{}", "a".repeat(LONGEST))).is_err());
    }

    #[test]
    fn a_web_application_has_a_page_for_the_answer() {
        for (frontend, page) in [
            ("https://app.example.com", Some("https://app.example.com/oauth/callback")),
            ("https://app.example.com/shop/", Some("https://app.example.com/shop/oauth/callback")),
            ("https://app.example.com/?lang=de", Some("https://app.example.com/oauth/callback?lang=de")),
            ("http://localhost:3000", Some("http://localhost:3000/oauth/callback")),
            ("http://192.168.1.7:3000", None),
            ("https://app.example.com/#/", None),
        ] {
            let uris = RedirectUris::of_frontend(&frontend.parse().unwrap());
            assert_eq!(uris.0.first().map(String::as_str), page, "{frontend}");
        }
    }
}
