//! Safe by default: development has to be declared, and production does not start with insecure settings that are not named.

use std::collections::BTreeSet;

use authgraph::config::Config;
use authgraph::config::list::settings;
use authgraph::config::reference::env_example;

use crate::settings::{PRODUCTION, names, read};

/// Production with these settings besides.
fn production(more: &[(&str, &str)]) -> Result<Config, Vec<String>> {
    let own = |name: &str| more.iter().any(|(own, _)| *own == name);
    let rest = PRODUCTION.iter().copied().filter(|(name, _)| !own(name));
    read(&rest.chain([("AUTHGRAPH_ENV", "production")]).chain(more.iter().copied()).collect::<Vec<_>>())
}

/// Values just beyond what production accepts, and just within.
const EDGES: &[(&str, &[&str], &[&str])] = &[
    ("PUBLIC_URL", &["http://auth.example.com", "http://10.0.0.1"], &["https://a.example", "http://localhost:8080"]),
    ("FRONTEND_URL", &["http://app.example.com", "http://localhost.evil.example"], &["http://127.0.0.1:3000"]),
    ("CORS_ORIGINS", &["https://a.example,http://b.example"], &["https://a.example,http://localhost:3000"]),
    (
        "DATABASE_URL",
        &[
            "postgres://db/x",
            "postgres://10.0.0.1/x?sslmode=prefer",
            "postgres://db/x?sslmode=disable",
            "postgres://db/x?sslmode=require&sslmode=allow",
            "postgres://localhost/x?host=db",
            "postgresql:///x?hostaddr=10.0.0.1",
        ],
        &[
            "postgres://db/x?sslmode=require",
            "postgres://db/x?ssl-mode=VERIFY-FULL",
            "postgres://127.0.0.1/x",
            "postgres://[::1]/x",
            "postgres:///x?host=/var/run/postgresql",
            "postgres://%2Fvar%2Frun%2Fpostgresql/x",
            "sqlite:///var/lib/authgraph/authgraph.db",
        ],
    ),
    ("DATABASE_MIGRATION_URL", &["postgres://db/x", "postgres://db/x?sslmode=prefer"], &["postgres://127.0.0.1/x"]),
    ("REDIS_URL", &["redis://kv:6379", "rediss://kv/#insecure"], &["rediss://kv:6379", "redis://127.0.0.1"]),
    ("SMTP_URL", &["smtp://mail.example.com", "smtp://m.example?tls=opportunistic"], &["smtp://localhost:25"]),
    (
        "OTEL_EXPORTER_OTLP_ENDPOINT",
        &["http://collector.example.com:4318", "http://10.0.0.1:4318"],
        &["https://collector.example.com:4318", "http://localhost:4318"],
    ),
    ("TRUSTED_PROXIES", &["0.0.0.0/0", "0.0.0.0/1,128.0.0.0/1", "::/0", "6"], &["10.0.0.0/8,fc00::/7", "5", "0"]),
    ("REQUEST_TIMEOUT", &["301s"], &["5m"]),
    ("DEMO", &["true"], &["false"]),
    ("MAX_BODY_BYTES", &["1048577"], &["1048576"]),
    ("PASSWORD_MIN_LENGTH", &["7"], &["8"]),
    ("ARGON2_MEMORY_KIB", &["12287"], &["12288"]),
    ("LOCKOUT_ATTEMPTS", &["0", "101"], &["1", "100"]),
    ("LOCKOUT_DURATION", &["0s", "59s"], &["1m"]),
    ("ACCESS_TOKEN_LIFETIME", &["61m"], &["1h"]),
    ("REFRESH_TOKEN_LIFETIME", &["91d"], &["90d"]),
    ("REFRESH_REPLAY_WINDOW", &["11m"], &["10m", "0s"]),
    ("REFRESH_RACE_WINDOW", &["61s"], &["60s", "0s"]),
    ("SESSION_MAX_LIFETIME", &["0s", "401d"], &["400d"]),
    ("REAUTHENTICATION_WINDOW", &["61m"], &["1h"]),
    ("VERIFICATION_TOKEN_LIFETIME", &["8d"], &["7d"]),
    ("RESET_TOKEN_LIFETIME", &["25h"], &["24h"]),
    ("INVITATION_LIFETIME", &["31d"], &["30d"]),
    ("EMAIL_CHANGE_UNDO_LIFETIME", &["0s", "23h"], &["24h"]),
    ("DISOWN_SESSION_LIFETIME", &["0s", "23h"], &["24h"]),
    (
        "OAUTH_REDIRECT_URIS",
        &["http://localhost:3000/cb", "https://a.example/cb,http://localhost/cb"],
        &[
            "https://a.example/cb",
            "http://127.0.0.1/cb",
            "http://[::1]:9/cb",
            "com.example.app:/cb",
            "https://localhost/cb",
        ],
    ),
    ("OUTBOUND_ALLOW_NETWORKS", &["0.0.0.0/0", "::/0", "10.0.0.0/8,0.0.0.0/7"], &["10.0.0.0/8,fc00::/7"]),
    ("RATE_LIMIT_REQUESTS", &["0"], &["1/1m"]),
    ("RATE_LIMIT_BUDGET", &["0"], &["1/1m"]),
    ("RATE_LIMIT_AUTH", &["0"], &["1/1m"]),
    ("RATE_LIMIT_AUTH_NETWORK", &["0"], &["1/1m"]),
    ("RATE_LIMIT_AUTH_ACCOUNT", &["0"], &["1/1m"]),
    ("RATE_LIMIT_AUTH_PAIR", &["0"], &["1/1m"]),
    ("RATE_LIMIT_EMAIL", &["0"], &["1/1m"]),
    ("RATE_LIMIT_MFA", &["0", "2/1m"], &["100/1h"]),
    ("MFA_CHALLENGE_ATTEMPTS", &["0"], &["1"]),
    ("DELETED_USER_RETENTION", &["1s"], &["24h", "0s"]),
    ("AUDIT_RETENTION", &["1m", "29d"], &["30d", "0s"]),
];

#[test]
fn production_does_not_start_weak() {
    for (name, weak, safe) in EDGES {
        for value in *weak {
            assert_eq!(names(&production(&[(name, value)]).unwrap_err()), [*name], "{name}={value}");
        }
        for value in *safe {
            assert!(production(&[(name, value)]).is_ok(), "{name}={value}");
        }
    }
}

#[test]
fn every_address_of_redis_is_encrypted() {
    let redis = |mode, url| production(&[("REDIS_MODE", mode), ("REDIS_URL", url)]);
    for mode in ["cluster", "sentinel"] {
        assert!(redis(mode, "rediss://ann:p,w@one:1,two:2").is_ok(), "{mode}");
        // Here a node or a sentinel on this machine leads to servers that are not.
        for url in
            ["redis://127.0.0.1:1,kv:2", "rediss://one,two/#insecure", "redis://127.0.0.1:1,[::1]:2", "redis://[::1]"]
        {
            assert_eq!(names(&redis(mode, url).unwrap_err()), ["REDIS_URL"], "{mode} {url}");
        }
    }
    assert!(redis("single", "redis://127.0.0.1").is_ok());
}

#[test]
fn settings_of_redis_that_contradict_each_other_are_refused() {
    let tls = ("REDIS_URL", "rediss://:hunter2@kv");
    for (given, faulty) in [
        (&[("REDIS_URL", "rediss://:hunter2@one,two")][..], "REDIS_URL"),
        (&[tls, ("REDIS_SENTINEL_MASTER", "counts")], "REDIS_SENTINEL_MASTER"),
        (&[tls, ("REDIS_MODE", "cluster"), ("REDIS_SENTINEL_PASSWORD", "hunter2")], "REDIS_SENTINEL_PASSWORD"),
        (&[("REDIS_URL", "redis://localhost"), ("REDIS_CA_FILE", "/ca.pem")], "REDIS_CA_FILE"),
    ] {
        let faults = production(given).unwrap_err();
        assert_eq!((names(&faults), faults[0].contains("hunter2")), (vec![faulty], false), "{given:?}");
    }
    let sentinel = [tls, ("REDIS_MODE", "sentinel"), ("REDIS_SENTINEL_USERNAME", "ann"), ("REDIS_CA_FILE", "/ca.pem")];
    assert!(production(&sentinel).is_ok());
}

#[test]
fn argon2_has_the_memory_that_its_passes_need() {
    for (passes, floor) in [("1", 47104), ("2", 19456), ("3", 12288), ("4", 9216), ("5", 7168), ("9", 7168)] {
        let with = |memory: u32| {
            production(&[
                ("ARGON2_ITERATIONS", passes),
                ("ARGON2_MEMORY_KIB", &memory.to_string()),
                ("ARGON2_LANES", "1"),
            ])
        };
        assert_eq!(names(&with(floor - 1).unwrap_err()), ["ARGON2_MEMORY_KIB"], "{passes}");
        assert!(with(floor).is_ok(), "{passes}");
    }
}

#[test]
fn a_weak_setting_is_allowed_only_by_its_own_name() {
    for (name, weak, _) in EDGES {
        let allowed = production(&[(name, weak[0]), ("ALLOW_INSECURE", name)]).unwrap();
        assert_eq!(allowed.server.allowed_insecure, [*name]);

        let other = if *name == "PUBLIC_URL" { "FRONTEND_URL" } else { "PUBLIC_URL" };
        let faults = production(&[(name, weak[0]), ("ALLOW_INSECURE", other)]).unwrap_err();
        assert_eq!(names(&faults), [name, "ALLOW_INSECURE"]);
    }
    assert!(production(&[]).unwrap().server.allowed_insecure.is_empty());
}

#[test]
fn an_exception_names_settings_that_exist_and_need_it() {
    for wrong in ["PUBLIC_ULR", "*", "all", "true", "LOG", "AUTHGRAPH_ENV", "public_url", "PUBLIC_URL"] {
        assert_eq!(names(&production(&[("ALLOW_INSECURE", wrong)]).unwrap_err()), ["ALLOW_INSECURE"], "{wrong}");
    }
    let development = [("AUTHGRAPH_ENV", "development"), ("ALLOW_INSECURE", "PUBLIC_ULR")];
    assert_eq!(names(&read(&development).unwrap_err()), ["ALLOW_INSECURE"]);
}

#[test]
fn all_insecure_settings_are_reported_together_with_the_way_out() {
    let faults = production(&[("PUBLIC_URL", "http://auth.example.com"), ("LISTEN", "x"), ("RATE_LIMIT_MFA", "0")]);

    let faults = faults.unwrap_err();
    assert_eq!(names(&faults), ["LISTEN", "PUBLIC_URL", "RATE_LIMIT_MFA"]);
    assert!(
        faults[1].contains("got http://auth.example.com; expected https://") && faults[1].contains("ALLOW_INSECURE")
    );
}

#[test]
fn a_weak_secret_is_refused_without_being_shown() {
    let faults = production(&[("DATABASE_URL", "postgres://root:hunter2@db/x"), ("REDIS_URL", "redis://:hunter2@kv")]);

    assert!(faults.unwrap_err().iter().all(|fault| !fault.contains("hunter2") && fault.contains("***")));
}

#[test]
fn development_is_as_weak_as_it_likes() {
    for (name, weak, _) in EDGES {
        for value in *weak {
            assert!(read(&[("AUTHGRAPH_ENV", "development"), (name, value)]).is_ok(), "{name}={value}");
        }
    }
}

#[test]
fn the_example_file_says_what_production_refuses() {
    let text = env_example();
    for (name, ..) in EDGES {
        let (before, _) = text.split_once(&format!("\n#{name}=")).unwrap();
        assert!(before.lines().last().unwrap().starts_with("# Production accepts only "), "{name}");
    }
    assert_eq!(text.matches("# Production accepts only ").count(), EDGES.len(), "a rule that no edge is known of");
}

/// What looks like a deployment, each by itself.
const DEPLOYED: &[(&str, &str)] = &[
    ("LISTEN", "0.0.0.0:8080"),
    ("LISTEN", "[::]:8080"),
    ("PUBLIC_URL", "https://auth.example.com"),
    ("PUBLIC_URL", "https://localhost"),
    ("PUBLIC_URL", "http://192.168.1.7:8080"),
    ("FRONTEND_URL", "https://app.example.com"),
    ("CORS_ORIGINS", "http://localhost:3000,https://app.example.com"),
    ("DATABASE_URL", "postgres://db/x"),
    ("DATABASE_URL", "postgresql://localhost/x"),
    ("REDIS_URL", "redis://kv"),
    ("TRUSTED_PROXIES", "1"),
    ("SMTP_URL", "smtps://user:password@mail.example.com"),
    ("MAIL_FROM", "Example <no-reply@example.com>"),
    ("JWT_ISSUER", "https://auth.example.com"),
    ("JWT_KEYS_DIR", "/keys"),
    ("JWT_PRIVATE_KEYS", "-----BEGIN PRIVATE KEY-----"),
    ("MFA_ENCRYPTION_KEYS", "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="),
    ("METRICS_AUTH_TOKEN", "sixteen-letters-or-more"),
    ("ALLOW_INSECURE", "PUBLIC_URL"),
];

#[test]
fn what_looks_like_a_deployment_says_what_it_is() {
    for setting in DEPLOYED {
        let faults = read(&[*setting]).unwrap_err();
        assert_eq!(names(&faults), ["AUTHGRAPH_ENV"], "{setting:?}");
        assert!(faults[0].ends_with(setting.0) && faults[0].contains("set it to production"), "{faults:?}");
        assert!(read(&[*setting, ("AUTHGRAPH_ENV", "development")]).is_ok(), "{setting:?}");
    }
    let faults = read(&[("TRUSTED_PROXIES", "1"), ("PUBLIC_URL", "https://auth.example.com")]).unwrap_err();
    assert!(faults[0].ends_with("PUBLIC_URL, TRUSTED_PROXIES"), "all signs are named: {faults:?}");
}

#[test]
fn a_laptop_says_nothing_whatever_else_it_sets() {
    let laptop = [
        ("LISTEN", "127.0.0.1:9999"),
        ("PUBLIC_URL", "http://127.0.0.1:9999"),
        ("FRONTEND_URL", "http://localhost:5173"),
        ("CORS_ORIGINS", "http://localhost:5173,http://[::1]:3000"),
        ("DATABASE_URL", "sqlite://x.db"),
        ("LOG_FORMAT", "json"),
    ];
    assert!(read(&laptop).unwrap().is_development());

    let signs: BTreeSet<&str> = DEPLOYED.iter().map(|(name, _)| *name).collect();
    for setting in settings().filter(|setting| !setting.default.is_empty()) {
        let value =
            if setting.name == "MAIL_FROM" || setting.name == "AUTHGRAPH_ENV" { continue } else { setting.default };
        assert!(read(&[(setting.name, value)]).is_ok(), "{} ({})", setting.name, signs.contains(setting.name));
    }
}

#[test]
fn a_database_that_the_environment_puts_on_another_machine_needs_encryption_too() {
    let hostless = "postgres:///authgraph";
    for variable in ["PGHOST", "PGHOSTADDR"] {
        let refused = production(&[("DATABASE_URL", hostless), (variable, "10.0.0.1")]).unwrap_err();
        assert_eq!(names(&refused), ["DATABASE_URL"], "{variable}");
        for here in ["localhost", "127.0.0.1", "/var/run/postgresql"] {
            assert!(production(&[("DATABASE_URL", hostless), (variable, here)]).is_ok(), "{variable}={here}");
        }
    }
    let of_the_url = [("DATABASE_URL", "postgres://127.0.0.1/authgraph"), ("PGHOST", "10.0.0.1")];
    assert!(production(&of_the_url).is_ok(), "the host of the URL counts");
    let encrypted = [("DATABASE_URL", "postgres:///authgraph?sslmode=require"), ("PGHOST", "10.0.0.1")];
    assert!(production(&encrypted).is_ok());
}
