//! Settings: read once, and all faults reported together.

use authgraph::config::Config;
use authgraph::config::list::settings;
use authgraph::config::reference::{env_example, markdown};
use authgraph::tools::telemetry::LogFormat;

/// Reads settings of which only these are set.
pub fn read(given: &[(&str, &str)]) -> Result<Config, Vec<String>> {
    // The first value of a name counts.
    let values = given.iter().rev().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    Config::read(&values).map_err(|faults| faults.iter().map(ToString::to_string).collect())
}

pub fn names(faults: &[String]) -> Vec<&str> {
    faults.iter().map(|fault| fault.split(':').next().unwrap()).collect()
}

/// What production requires, with its values in these tests.
pub const PRODUCTION: &[(&str, &str)] = &[
    ("DATABASE_URL", "postgres://authgraph@db/authgraph?sslmode=verify-full"),
    ("JWT_KEYS_DIR", "/keys"),
    ("MAIL_FROM", "Example <no-reply@example.com>"),
    ("MFA_ENCRYPTION_KEYS", "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="),
    ("PUBLIC_URL", "https://auth.example.com"),
    ("SMTP_URL", "smtps://user:password@mail.example.com"),
];

/// What a running server in production needs besides in tests: quick hashes and no limits.
pub const QUICK: (&str, &str) = (
    "ALLOW_INSECURE",
    "ARGON2_MEMORY_KIB,RATE_LIMIT_REQUESTS,RATE_LIMIT_BUDGET,RATE_LIMIT_AUTH,RATE_LIMIT_AUTH_NETWORK,\
     RATE_LIMIT_AUTH_PAIR,RATE_LIMIT_AUTH_ACCOUNT,RATE_LIMIT_EMAIL",
);

#[test]
fn development_needs_no_setting() {
    let config = read(&[]).unwrap();

    assert!(config.is_development());
    assert_eq!(config.database.url.expose(), "sqlite://data/authgraph.db");
    assert_eq!(config.access_tokens.issuer, "http://localhost:8080");
}

#[test]
fn all_faults_are_reported_together() {
    let wrong = [
        ("AUTHGRAPH_ENV", "development"),
        ("LISTEN", "everywhere"),
        ("ACCESS_TOKEN_LIFETIME", "soon"),
        ("RATE_LIMIT_AUTH", "many"),
        ("REDIS_URL", "x"),
    ];

    let faults = read(&wrong).unwrap_err();

    assert_eq!(names(&faults), ["LISTEN", "REDIS_URL", "ACCESS_TOKEN_LIFETIME", "RATE_LIMIT_AUTH"]);
    assert!(faults[2].contains("got soon") && faults[2].contains("15m"), "{}", faults[2]);
}

#[test]
fn production_requires_what_it_cannot_guess() {
    let faults = read(&[("AUTHGRAPH_ENV", "production")]).unwrap_err();

    let mut named = names(&faults);
    named.sort_unstable();
    assert_eq!(named, PRODUCTION.iter().map(|(name, _)| *name).collect::<Vec<_>>());
}

#[test]
fn production_hides_what_development_shows() {
    let config = read(&[&[("AUTHGRAPH_ENV", "production")], PRODUCTION].concat()).unwrap();

    assert!(
        !config.graphql.introspection
            && config.http.cors_origins.is_empty()
            && config.observability.log_format == LogFormat::Json
    );
}

#[test]
fn a_secret_shows_in_no_fault_and_no_log() {
    let wrong = [
        ("AUTHGRAPH_ENV", "development"),
        ("DATABASE_URL", "mysql://root:hunter2@db/x"),
        ("JWT_PRIVATE_KEYS", "hunter2"),
        ("METRICS_AUTH_TOKEN", "hunter2"),
    ];
    let faults = read(&wrong).unwrap_err();
    let config = read(&[("AUTHGRAPH_ENV", "development"), ("DATABASE_URL", "postgres://root:hunter2@db/x")]).unwrap();

    assert_eq!(faults.len(), wrong.len() - 1);
    assert!(faults.iter().all(|fault| !fault.contains("hunter2")), "{faults:?}");
    assert!(!format!("{config:?}").contains("hunter2"));
}

#[test]
fn hashing_has_memory_for_every_lane() {
    for (memory, lanes) in [("31", "4"), ("65536", "4294967295")] {
        let faults = read(&[("ARGON2_MEMORY_KIB", memory), ("ARGON2_LANES", lanes)]).unwrap_err();

        assert_eq!(names(&faults), ["ARGON2_MEMORY_KIB"], "{lanes} lanes");
    }
}

#[test]
fn numbers_that_mean_nothing_are_refused() {
    for (name, value) in [
        ("DATABASE_MAX_CONNECTIONS", "0"),
        ("PASSWORD_MAX_LENGTH", "64"),
        ("PASSWORD_MIN_LENGTH", "0"),
        ("ARGON2_LANES", "0"),
        ("ARGON2_ITERATIONS", "0"),
        ("HASH_QUEUE_SIZE", "0"),
        ("MAX_BODY_BYTES", "0"),
        ("REFRESH_TOKEN_LIFETIME", "101years"),
        ("RATE_LIMIT_AUTH", "5"),
        ("RATE_LIMIT_AUTH", "5/0s"),
        ("CORS_ORIGINS", "*"),
        ("CORS_ORIGINS", "https://app.example.com/"),
        ("TRUSTED_PROXIES", "everybody"),
        ("JWT_ALGORITHM", "HS256"),
        ("PUBLIC_URL", "auth.example.com"),
        ("PUBLIC_URL", "http://a.example/#x"),
        ("PUBLIC_URL", "http://a.example/?x"),
        ("FRONTEND_URL", "http://a.example/#x"),
        ("CORS_ORIGINS", "capacitor://localhost/"),
        ("CORS_HEADERS", "*"),
        ("CORS_HEADERS", "x tenant"),
        ("KEEP_ALIVE_TIMEOUT", "0s"),
        ("METRICS_AUTH_TOKEN", "fifteen-letters"),
        ("METRICS_AUTH_TOKEN", "more than sixteen letters"),
    ] {
        let faults = read(&[("AUTHGRAPH_ENV", "development"), (name, value)]).unwrap_err();
        assert_eq!(names(&faults), [name], "{name}={value}");
    }
}

/// "LISTEN: got localhost; wants invalid socket address syntax" said the opposite of what was meant.
#[test]
fn a_refused_setting_is_explained_in_plain_words() {
    for setting in settings() {
        for value in ["\u{2603} !", "99999999999999999999999"] {
            let faults = read(&[("AUTHGRAPH_ENV", "development"), (setting.name, value)]).err().unwrap_or_default();
            for text in faults.iter().filter_map(|fault| fault.split_once("; expected ")).map(|(_, text)| text) {
                for word in ["invalid", "Invalid", "expected", "error", "failed", "syntax", "parse", "digit found"] {
                    assert!(!text.contains(word), "{}: {text}", setting.name);
                }
            }
        }
    }
    let faults =
        read(&[("LISTEN", "0.0.0.0"), ("TRUSTED_PROXIES", "all"), ("AUTHGRAPH_ENV", "development")]).unwrap_err();
    assert!(
        faults[0].starts_with("LISTEN: got 0.0.0.0; expected an address and a port, like 127.0.0.1:8080"),
        "{faults:?}"
    );
    assert!(faults[1].starts_with("TRUSTED_PROXIES: got all; expected a number of proxies like 1, or"), "{faults:?}");
    let missing = read(&[("AUTHGRAPH_ENV", "production")]).unwrap_err();
    assert!(
        missing.iter().any(|fault| fault.starts_with("PUBLIC_URL: not set; production requires it. The URL at which "))
    );
}

#[test]
fn a_fault_of_a_number_says_how_large_it_may_be() {
    let faults = read(&[("LOCKOUT_ATTEMPTS", "70000"), ("HASH_QUEUE_SIZE", "-1")]).unwrap_err();

    assert_eq!(faults[0].split("; ").nth(1), Some("expected a whole number from 1 to 18446744073709551615"));
    assert_eq!(faults[1].split("; ").nth(1), Some("expected a whole number from 0 to 65535"));
}

#[test]
fn to_listen_everywhere_looks_like_a_deployment_however_it_is_written() {
    for everywhere in ["0.0.0.0:8080", ":8080", "[::]:8080"] {
        assert_eq!(names(&read(&[("LISTEN", everywhere)]).unwrap_err()), ["AUTHGRAPH_ENV"], "{everywhere}");
    }
    assert_eq!(read(&[("LISTEN", "localhost:8080")]).unwrap().server.listen.to_string(), "127.0.0.1:8080");
}

#[test]
fn a_folder_of_any_name_holds_the_database() {
    let config = read(&[("DATA_DIR", "/srv/100%/what?#1")]).unwrap();

    assert_eq!(config.database.url.expose(), "sqlite:///srv/100%25/what%3F%231/authgraph.db");
}

#[test]
fn every_setting_is_read_once_and_its_default_is_right() {
    let names: std::collections::BTreeSet<&str> = settings().map(|setting| setting.name).collect();

    assert!(read(&[]).is_ok());
    assert!(names.len() > 90 && names.len() == settings().count(), "a setting is listed, and so read, twice");
}

#[test]
fn an_empty_value_is_no_value() {
    assert_eq!(read(&[("PRODUCT_NAME", " ")]).unwrap().server.product_name, "authgraph");
}

#[test]
fn the_committed_texts_about_settings_are_what_the_list_prints() {
    let committed =
        |file: &str| std::fs::read_to_string(format!("{}/{file}", env!("CARGO_MANIFEST_DIR"))).unwrap_or_default();

    assert!(committed(".env.example") == env_example(), "cargo run -- settings > .env.example");
    let markdown_is_committed = committed("docs/configuration.md") == markdown();
    assert!(markdown_is_committed, "cargo run -- settings --format markdown > docs/configuration.md");
}

#[test]
fn every_setting_has_a_meaning_that_ends_like_a_sentence() {
    for setting in settings() {
        let meaning = setting.meaning.trim();
        assert!(meaning.ends_with('.') && meaning.len() > 15, "{}: {meaning}", setting.name);
    }
}

#[test]
fn several_database_hosts_are_refused_in_plain_words() {
    for url in ["postgres://ann:hunter2@h1,h2/db", "postgres://h1:5432,h2:5433/db?sslmode=require"] {
        let faults = read(&[("AUTHGRAPH_ENV", "development"), ("DATABASE_URL", url)]).unwrap_err();

        assert!(faults.len() == 1 && faults[0].contains("one host"), "{faults:?}");
        assert!(!faults[0].contains("hunter2"), "{faults:?}");
    }
}
