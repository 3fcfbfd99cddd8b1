//! Parses settings that are addresses: where to listen, and where clients reach this server and its frontends.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::Path;

use url::Url;

use super::parse::{ParsedSetting, list};
use crate::values::secret::Secret;

/// Schemes whose origins follow the rules of the web. All other schemes are names that apps chose.
const WEB_SCHEMES: [&str; 6] = ["http", "https", "ws", "wss", "ftp", "file"];

/// Where to listen. A name other than `localhost` is refused, because a name server could change what it means.
pub fn listen(value: &str) -> ParsedSetting<SocketAddr> {
    let expected = || {
        "an address and a port, like 127.0.0.1:8080, [::1]:8080 or localhost:8080, or 0.0.0.0:8080 or [::]:8080 for every address"
            .to_owned()
    };
    if let Ok(address) = value.parse() {
        return Ok(address);
    }
    let (host, port) = value.rsplit_once(':').ok_or_else(expected)?;
    let address = match host {
        "" => Ipv4Addr::UNSPECIFIED,
        host if host.eq_ignore_ascii_case("localhost") => Ipv4Addr::LOCALHOST,
        _ => return Err(expected()),
    };
    Ok(SocketAddr::new(IpAddr::V4(address), port.parse().map_err(|_| expected())?))
}

/// The URL at which clients reach this server. Its path becomes the path of a cookie.
pub fn public_url(value: &str) -> ParsedSetting<Url> {
    let url = page_url(value)?;
    if url.query().is_some() || url.fragment().is_some() {
        return Err("a URL without ? and #, like https://auth.example.com or https://example.com/auth".to_owned());
    }
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~%/".contains(&byte);
    if !url.path().bytes().all(is_plain) || url.path().contains("//") {
        return Err("a URL whose path has only letters, digits, - . _ ~ and single slashes".to_owned());
    }
    Ok(url)
}

/// The URL of the web application. After `#` only the beginning of a route for a hash router is allowed.
pub fn frontend_url(value: &str) -> ParsedSetting<Url> {
    let url = page_url(value)?;
    match url.fragment() {
        None => Ok(url),
        Some(route) if route.trim_start_matches('!').starts_with('/') && !route.contains('?') => Ok(url),
        Some(_) => Err("the beginning of a route after #, like https://app.example.com/#/, or no # at all".to_owned()),
    }
}

/// The URL of a collector of traces. What it needs beside its address belongs into headers.
pub fn collector_url(value: &str) -> ParsedSetting<Url> {
    let url = page_url(value)?;
    if url.query().is_some() || url.fragment().is_some() {
        return Err("a URL without ? and #, like http://localhost:4318".to_owned());
    }
    Ok(url)
}

fn page_url(value: &str) -> ParsedSetting<Url> {
    let url = web_url(value)?;
    if url.username().is_empty() && url.password().is_none() {
        Ok(url)
    } else {
        Err("a URL without user and password".to_owned())
    }
}

fn web_url(value: &str) -> ParsedSetting<Url> {
    let url = Url::parse(value).ok().filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host());
    url.ok_or_else(|| "a URL like https://app.example.com".to_owned())
}

/// An origin, written exactly as browsers send it (RFC 6454, section 6.2). Pages of hybrid apps and extensions have origins
/// with a scheme of their own, which they also send as scheme, host and port.
pub fn origin(value: &str) -> ParsedSetting<String> {
    if is_app_origin(value) {
        return Ok(value.to_owned());
    }
    let url = web_url(value).map_err(|_| {
        "exact origins like https://app.example.com or capacitor://localhost, separated by commas (* is not an origin)".to_owned()
    })?;
    let origin = url.origin().ascii_serialization();
    if origin == value { Ok(origin) } else { Err(format!("an origin without a path, like {origin}")) }
}

fn is_app_origin(value: &str) -> bool {
    let Some((scheme, host)) = value.split_once("://") else { return false };
    let is_scheme = scheme.starts_with(|c: char| c.is_ascii_lowercase())
        && scheme.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"+-.".contains(&byte));
    let is_host = !host.is_empty()
        && host.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-._:".contains(&byte));
    is_scheme && is_host && !WEB_SCHEMES.contains(&scheme)
}

/// The name of a header (RFC 9110, section 5.6.2), in lower case. Browsers do not take `*` for a wildcard in requests with
/// credentials.
pub fn header_name(value: &str) -> ParsedSetting<String> {
    let is_token = !value.is_empty()
        && value != "*"
        && value.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte));
    if is_token {
        Ok(value.to_ascii_lowercase())
    } else {
        Err("names of request headers, separated by commas, like x-datadog-trace-id,x-tenant (* is not a name)"
            .to_owned())
    }
}

/// Headers of requests to a collector: `name=value`, separated by commas, the values percent-encoded.
pub fn export_headers(value: &str) -> ParsedSetting<Vec<(String, Secret)>> {
    list(export_header)(value)
}

fn export_header(pair: &str) -> ParsedSetting<(String, Secret)> {
    let expected = || "name=value, separated by commas, like api-key=0123,authorization=Bearer%20…".to_owned();
    let (name, value) = pair.split_once('=').ok_or_else(expected)?;
    let name = header_name(name.trim()).map_err(|_| expected())?;
    let value = percent_encoding::percent_decode_str(value.trim()).decode_utf8().map_err(|_| expected())?;
    let is_value = !value.is_empty() && value.bytes().all(|byte| matches!(byte, b' '..=b'~'));
    if is_value { Ok((name, value.into_owned().into())) } else { Err(expected()) }
}

/// The URL of a database file. Its path may contain any characters.
pub fn sqlite_url(path: &Path) -> String {
    // These characters have a meaning of their own in a URL.
    let path = path.display().to_string().replace('%', "%25").replace('?', "%3F").replace('#', "%23");
    format!("sqlite://{path}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_listen_address_is_understood_as_people_write_it() {
        for (typed, expected) in [
            ("127.0.0.1:8080", "127.0.0.1:8080"),
            ("localhost:8080", "127.0.0.1:8080"),
            (":8080", "0.0.0.0:8080"),
            ("[::1]:80", "[::1]:80"),
        ] {
            assert_eq!(listen(typed).unwrap().to_string(), expected);
        }
        for wrong in ["everywhere", "8080", "0.0.0.0", "localhost", "db.example.com:80", ":", ":99999", "::1", "[::1]"]
        {
            assert!(listen(wrong).unwrap_err().starts_with("an address and a port"), "{wrong}");
        }
    }

    #[test]
    fn a_header_for_the_collector_is_decoded_and_never_shown() {
        let read = export_headers("api-key=k3y==, Authorization=Basic%20dTpw%2C").unwrap();

        let read: Vec<_> = read.iter().map(|(name, value)| (name.as_str(), value.expose())).collect();
        assert_eq!(read, [("api-key", "k3y=="), ("authorization", "Basic dTpw,")]);
        assert!(!format!("{:?}", export_headers("api-key=k3y")).contains("k3y"));
        for wrong in ["k3y", "=k3y", "api key=k3y", "api-key=", "api-key=%0a", "api-key=%ff"] {
            assert!(export_headers(wrong).is_err_and(|expected| !expected.contains("k3y")), "{wrong}");
        }
    }

    #[test]
    fn a_collector_has_an_address_and_no_more() {
        for right in ["http://localhost:4318", "https://otlp.example.com/otlp"] {
            assert!(collector_url(right).is_ok(), "{right}");
        }
        for wrong in ["localhost:4318", "grpc://a:4317", "https://u:p@a.example", "https://a.example/?key=1"] {
            assert!(collector_url(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn an_origin_is_what_a_browser_or_a_web_view_sends() {
        for sent in [
            "https://app.example.com",
            "http://localhost:3000",
            "capacitor://localhost",
            "ionic://localhost",
            "tauri://localhost",
            "chrome-extension://abcdefghijklmnopabcdefghijklmnop",
            "moz-extension://0f3a9c1e-7b58-4c0e-9a43-5d2f6c1b7a90",
            "app://obsidian.md",
        ] {
            assert_eq!(origin(sent), Ok(sent.to_owned()));
        }
        for wrong in [
            "*",
            "null",
            "https://app.example.com/",
            "capacitor://localhost/",
            "capacitor://",
            "file://",
            "ws://a.example",
            "://a",
        ] {
            assert!(origin(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn an_address_of_this_server_is_refused_where_its_rest_would_be_lost() {
        for right in ["https://auth.example.com", "https://example.com/auth/", "http://localhost:8080"] {
            assert!(public_url(right).is_ok(), "{right}");
        }
        for wrong in [
            "https://a.example/#x",
            "https://a.example/?x",
            "https://u:p@a.example",
            "https://a.example/a;b",
            "https://a.example//a",
        ] {
            assert!(public_url(wrong).is_err(), "{wrong}");
        }
        for right in [
            "https://a.example/#/",
            "https://a.example/#/auth",
            "https://a.example/#!/auth",
            "https://a.example/?lang=de",
        ] {
            assert!(frontend_url(right).is_ok(), "{right}");
        }
        for wrong in ["https://a.example/#auth", "https://a.example/#", "https://a.example/#/a?b=c"] {
            assert!(frontend_url(wrong).is_err(), "{wrong}");
        }
    }
}
