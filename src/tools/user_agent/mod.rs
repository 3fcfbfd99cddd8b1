//! Reads browser and operating system out of a `User-Agent` header, well enough for people to recognise their devices.

use std::fmt;
use std::sync::LazyLock;

use serde::Deserialize;
use ua_parser::{os, user_agent};

use crate::values::printable::is_in_order;

/// What a user agent says of itself. It may claim anything, so this is shown to people and decides nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct UserAgent {
    /// The browser or app, with its major version: "Firefox 153".
    pub browser: Option<String>,
    /// The operating system: "macOS", "Android 14".
    pub os: Option<String>,
}

/// The expressions of uap-core (Apache-2.0), as they come with ua-parser 0.2.2: its `regexes.yaml` as JSON, which
/// `serde_json` reads, without the models of telephones, which cost twice as much as all the rest.
const EXPRESSIONS: &str = include_str!("regexes.json");

/// Longer agents are cut, so that no client makes us match megabytes. The expressions run in linear time.
const AGENT_LIMIT: usize = 512;

/// Names come out of the agent too; no real browser has a longer one.
const NAME_LIMIT: usize = 40;

#[derive(Deserialize)]
struct Expressions {
    user_agent_parsers: Vec<user_agent::Parser<'static>>,
    os_parsers: Vec<os::Parser<'static>>,
}

struct Extractors {
    browser: user_agent::Extractor<'static>,
    os: os::Extractor<'static>,
}

// Compiled on first use, because it takes 50 ms and 11 MB. `None` cannot happen with the file that the tests have read.
static EXTRACTORS: LazyLock<Option<Extractors>> = LazyLock::new(compile);

/// Compiles the expressions, so that the first caller of [`parse`] need not wait.
pub fn prepare() {
    LazyLock::force(&EXTRACTORS);
}

/// Reads a user agent, of which the first 512 characters count.
#[must_use]
pub fn parse(user_agent: &str) -> UserAgent {
    let end = user_agent.char_indices().nth(AGENT_LIMIT).map_or(user_agent.len(), |(end, _)| end);
    // An empty agent need not wait for the expressions to be compiled.
    if user_agent.is_empty() {
        return UserAgent::default();
    }
    let (Some(agent), Some(extractors)) = (user_agent.get(..end), EXTRACTORS.as_ref()) else {
        return UserAgent::default();
    };
    UserAgent { browser: browser(extractors, agent), os: operating_system(extractors, agent) }
}

impl fmt::Display for UserAgent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.browser, &self.os) {
            (Some(browser), Some(os)) => write!(f, "{browser} on {os}"),
            (Some(one), None) | (None, Some(one)) => f.write_str(one),
            (None, None) => f.write_str("Unknown device"),
        }
    }
}

fn compile() -> Option<Extractors> {
    let expressions: Expressions = serde_json::from_str(EXPRESSIONS).ok()?;
    let browser = user_agent::Builder::new().push_all(expressions.user_agent_parsers).ok()?.build().ok()?;
    let os = os::Builder::new().push_all(expressions.os_parsers).ok()?.build().ok()?;
    Some(Extractors { browser, os })
}

fn browser(extractors: &Extractors, agent: &str) -> Option<String> {
    let found = extractors.browser.extract(agent)?;
    let name = match found.family.as_ref() {
        "Mobile Safari" => "Safari",
        "Chrome Mobile" | "Chrome Mobile iOS" => "Chrome",
        "Firefox Mobile" | "Firefox iOS" => "Firefox",
        "Edge Mobile" => "Edge",
        "Opera Mobile" => "Opera",
        // An app that shows web pages, and does not say which.
        "Mobile Safari UI/WKWebView" | "Chrome Mobile WebView" | "Android" => return None,
        name => name,
    };
    found.major.map_or_else(|| label(name), |major| label(&format!("{name} {major}")))
}

/// With a version only for Android that is not "Android 10; K": browsers froze the others years ago (User-Agent
/// reduction), and a wrong version makes people doubt a device of their own.
fn operating_system(extractors: &Extractors, agent: &str) -> Option<String> {
    let found = extractors.os.extract(agent)?;
    match (found.os.as_ref(), found.major) {
        ("Mac OS X", _) => label("macOS"),
        ("Android", Some(major)) if !agent.contains("Android 10; K") => label(&format!("Android {major}")),
        (name, _) => label(name),
    }
}

fn label(name: &str) -> Option<String> {
    (name.chars().count() <= NAME_LIMIT && is_in_order(name)).then(|| name.to_owned())
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::*;

    #[test]
    fn people_recognise_their_devices() {
        let webkit = "AppleWebKit/537.36 (KHTML, like Gecko)";
        for (agent, device) in [
            (format!("Mozilla/5.0 (Windows NT 10.0; Win64; x64) {webkit} Chrome/156.0.0.0 Safari/537.36"), "Chrome 156 on Windows"),
            (format!("Mozilla/5.0 (Windows NT 10.0; Win64; x64) {webkit} Chrome/156.0.0.0 Safari/537.36 Edg/156.0.0.0"), "Edge 156 on Windows"),
            (
                "Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.0 Mobile/15E148 Safari/604.1".to_owned(),
                "Safari 26 on iOS",
            ),
            ("Mozilla/5.0 (X11; Linux x86_64; rv:153.0) Gecko/20100101 Firefox/153.0".to_owned(), "Firefox 153 on Linux"),
            ("Mozilla/5.0 (Macintosh; Intel Mac OS X 10.15; rv:153.0) Gecko/20100101 Firefox/153.0".to_owned(), "Firefox 153 on macOS"),
            ("Mozilla/5.0 (Android 14; Mobile; rv:153.0) Gecko/153.0 Firefox/153.0".to_owned(), "Firefox 153 on Android 14"),
            (format!("Mozilla/5.0 (Linux; Android 10; K) {webkit} Chrome/156.0.0.0 Mobile Safari/537.36"), "Chrome 156 on Android"),
            ("MyApp/412 CFNetwork/1494.0.7 Darwin/24.5.0".to_owned(), "MyApp 412 on iOS"),
            ("MyApp/3.2.1 (iPhone; iOS 18.5; Scale/3.00)".to_owned(), "iOS"),
            ("okhttp/4.12.0".to_owned(), "okhttp 4"),
            ("curl/8.5.0".to_owned(), "curl 8"),
            ("\u{202e}ppA/1 CFNetwork/1494.0.7 Darwin/24.5.0".to_owned(), "iOS"),
            (String::new(), "Unknown device"),
            ("\u{0}\u{202e}%s<script>".to_owned(), "Unknown device"),
        ] {
            assert_eq!(parse(&agent).to_string(), device, "{agent}");
        }
    }

    #[test]
    fn hostile_agents_take_no_time_and_give_nothing_long() {
        prepare();
        for garbage in ["a", "Mozilla/5.0 (", "Android 1.", "ä/1 ", "(((((;", "Chrome/1", "Version/1.1 Mobile "] {
            let agent = garbage.repeat(10_000);
            let start = Instant::now();

            let device = parse(&agent);

            assert!(start.elapsed() < Duration::from_millis(500), "{garbage} took {:?}", start.elapsed());
            assert!(device.to_string().chars().count() <= 2 * NAME_LIMIT + 4);
        }
    }
}
