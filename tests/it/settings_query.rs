//! `settings`: administrators see the settings of the server, and no secret.

use std::collections::{BTreeMap, BTreeSet};

use authgraph::config::list::settings;
use authgraph::config::{Config, EffectiveSetting, Setting};
use serde_json::{Value, json};

use crate::settings::PRODUCTION;
use crate::support::{SignedIn, TestApp};

/// What must not be seen.
const MARK: &str = "hunter2";

/// What Apple's key has to contain.
const PEM: &str = "-----BEGIN PRIVATE KEY-----";

/// What `<NAME>` is in these tests.
const PROVIDER: &str = "FOO";

const DOCUMENT: &str = "{ settings { name section description value defaultValue isDefault isSecret } }";

async fn asked(app: &TestApp, admin: &SignedIn) -> Vec<Value> {
    let answer = app.ask(DOCUMENT).by(admin).await.ok();
    answer.at("/settings").as_array().unwrap().clone()
}

fn named<'a>(settings: &'a [Value], name: &str) -> &'a Value {
    settings.iter().find(|setting| setting["name"] == name).unwrap_or_else(|| panic!("no {name}"))
}

fn config(given: &[(&str, &str)]) -> Option<Config> {
    let values: BTreeMap<_, _> = given.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    Config::read(&values).ok()
}

fn find<'a>(effective: &'a [EffectiveSetting], name: &str) -> &'a EffectiveSetting {
    effective.iter().find(|setting| setting.name == name).unwrap_or_else(|| panic!("no {name}"))
}

fn real_name(setting: &Setting) -> String {
    setting.name.replace("<NAME>", PROVIDER)
}

#[tokio::test]
async fn administrators_see_every_setting_in_the_order_of_the_list() {
    let app = TestApp::with(&[("PRODUCT_NAME", "Example")]).await;
    let admin = app.administrator("root@example.com").await;

    let seen = asked(&app, &admin).await;

    let names: Vec<_> = seen.iter().map(|setting| setting["name"].as_str().unwrap()).collect();
    let listed: Vec<_> = settings().map(|setting| setting.name).filter(|name| !name.contains('<')).collect();
    assert_eq!(names, listed);
    let name = named(&seen, "PRODUCT_NAME");
    assert_eq!((&name["value"], &name["defaultValue"]), (&json!("Example"), &json!("authgraph")));
    assert_eq!(
        (&name["section"], &name["isDefault"], &name["isSecret"]),
        (&json!("Server"), &json!(false), &json!(false))
    );
    assert!(name["description"].as_str().unwrap().starts_with("The name of your product"));
    let retention = named(&seen, "AUDIT_RETENTION");
    assert_eq!((&retention["value"], &retention["isDefault"]), (&json!("400d"), &json!(true)));
    let database = named(&seen, "DATABASE_URL");
    let hidden = (&database["value"], &database["isSecret"], &database["isDefault"]);
    assert_eq!(hidden, (&Value::Null, &json!(true), &json!(false)));
}

#[test]
fn production_has_its_own_defaults() {
    let given = [&[("AUTHGRAPH_ENV", "production")], PRODUCTION].concat();
    let effective = config(&given).unwrap().effective;

    let format = find(&effective, "LOG_FORMAT");
    assert_eq!((format.value.as_deref(), format.default, format.is_default), (Some("json"), Some("json"), true));
    let origins = find(&effective, "CORS_ORIGINS");
    assert_eq!((origins.value.as_deref(), origins.default, origins.is_default), (None, None, true));
}

#[test]
fn the_settings_of_a_provider_have_its_name() {
    let given = [
        ("OIDC_FOO_ISSUER", "http://127.0.0.1"),
        ("OIDC_FOO_CLIENT_ID", "authgraph"),
        ("OIDC_FOO_CLIENT_SECRET", MARK),
    ];
    let effective = config(&[&[("AUTHGRAPH_ENV", "development")], &given[..]].concat()).unwrap().effective;

    let of_provider: Vec<_> = effective.iter().filter(|setting| setting.name.starts_with("OIDC_")).collect();
    let names: Vec<_> = of_provider.iter().map(|setting| &*setting.name).collect();
    assert_eq!(names, given.map(|(name, _)| name));
    assert_eq!(of_provider[0].value.as_deref(), Some("http://127.0.0.1"));
    assert_eq!((of_provider[0].section, of_provider[2].is_secret), ("OpenID Connect", true));
}

/// Texts with the mark in them, each in a form that some setting takes.
fn marked() -> Vec<String> {
    let mut texts: Vec<String> =
        ["sqlite://", "postgres://", "redis://", "smtp://", "http://", "https://", "com.example:/"]
            .iter()
            .flat_map(|scheme| {
                [
                    format!("{scheme}{MARK}@127.0.0.1"),
                    format!("{scheme}user:{MARK}@127.0.0.1"),
                    format!("{scheme}127.0.0.1/?key={MARK}"),
                    format!("{scheme}127.0.0.1/x?{MARK}"),
                ]
            })
            .collect();
    texts.push(format!("{MARK}{MARK}{MARK}"));
    texts.push(format!("-----BEGIN PRIVATE KEY-----\n{MARK}\n-----END PRIVATE KEY-----"));
    // 32 bytes in base64.
    texts.push(format!("{MARK}{}=", "A".repeat(43 - MARK.len())));
    texts.push(format!("openid {MARK}"));
    texts.push(format!("key={MARK}"));
    texts
}

/// What else has to be set so that a value of this setting is read.
fn neighbours(name: &str) -> Vec<(&'static str, &'static str)> {
    let of_provider: &[(&str, &str)] = match name.split('_').next().unwrap() {
        "GOOGLE" => &[("GOOGLE_CLIENT_ID", "id"), ("GOOGLE_CLIENT_SECRET", "secret")],
        "GITHUB" => &[("GITHUB_CLIENT_ID", "id"), ("GITHUB_CLIENT_SECRET", "secret")],
        "MICROSOFT" => &[("MICROSOFT_CLIENT_ID", "id"), ("MICROSOFT_CLIENT_SECRET", "secret")],
        "APPLE" => {
            &[("APPLE_CLIENT_ID", "id"), ("APPLE_TEAM_ID", "id"), ("APPLE_KEY_ID", "id"), ("APPLE_PRIVATE_KEY", PEM)]
        }
        "OIDC" => &[
            ("OIDC_FOO_ISSUER", "https://id.example"),
            ("OIDC_FOO_CLIENT_ID", "id"),
            ("OIDC_FOO_CLIENT_SECRET", "secret"),
        ],
        _ => &[],
    };
    of_provider.iter().copied().chain([("AUTHGRAPH_ENV", "development")]).filter(|(other, _)| *other != name).collect()
}

/// Every setting gets a mark, in every form that it takes. Where the mark is in a URL, it is never seen. Elsewhere it is seen
/// only if the field of `Config` is a plain text: the text of a `Secret` is not in its `Debug` output.
#[test]
fn no_value_that_is_a_secret_or_may_contain_one_is_seen() {
    let (mut hidden, mut shown) = (BTreeSet::new(), BTreeSet::new());
    for setting in settings() {
        let name = real_name(setting);
        for value in marked() {
            let given = [neighbours(&name), vec![(&*name, &*value)]].concat();
            let Some(mut config) = config(&given) else { continue };
            let effective = std::mem::take(&mut config.effective);
            let seen = find(&effective, &name);
            let is_secret = value.contains(['@', '?']) || !format!("{config:?}").contains(MARK);
            if is_secret {
                assert!(!format!("{effective:?}").contains(MARK), "{name}={value}");
                assert!(seen.is_secret && seen.value.is_none() && !seen.is_default, "{name}={value}");
                hidden.insert(setting.name);
            } else {
                assert_eq!(seen.value.as_deref(), Some(&*value), "{name}");
                shown.insert(setting.name);
            }
        }
    }
    for setting in settings().filter(|setting| setting.is_secret) {
        assert!(hidden.contains(setting.name), "no marked value fits {}", setting.name);
    }
    for url in ["FRONTEND_URL", "OAUTH_REDIRECT_URIS", "OIDC_<NAME>_ISSUER", "JWT_ISSUER"] {
        assert!(hidden.contains(url), "no marked value fits {url}");
    }
    assert!(shown.contains("PRODUCT_NAME") && shown.len() >= 8, "{shown:?}");
}

/// The same over GraphQL, with all secrets of a server at once.
#[tokio::test]
async fn no_secret_is_in_the_answer() {
    let key = format!("{MARK}{}=", "A".repeat(43 - MARK.len()));
    let app = TestApp::with(&[
        ("SMTP_URL", "smtp://user:hunter2@127.0.0.1:1025"),
        ("METRICS_AUTH_TOKEN", "hunter2hunter2hunter2"),
        ("MFA_ENCRYPTION_KEYS", &key),
        ("GOOGLE_CLIENT_ID", "id"),
        ("GOOGLE_CLIENT_SECRET", "hunter2"),
        ("OIDC_FOO_ISSUER", "http://127.0.0.1/"),
        ("OIDC_FOO_CLIENT_ID", "id"),
        ("OIDC_FOO_CLIENT_SECRET", "hunter2"),
        ("FRONTEND_URL", "http://localhost:3000/?key=hunter2"),
        ("OAUTH_REDIRECT_URIS", "http://127.0.0.1/callback?key=hunter2"),
        ("JWT_ISSUER", "https://user:hunter2@auth.example"),
    ])
    .await;
    let admin = app.administrator("root@example.com").await;

    let answer = app.ask(DOCUMENT).by(&admin).await.ok();

    assert!(!answer.text.contains(MARK), "{}", answer.text);
    let seen = answer.at("/settings").as_array().unwrap();
    for name in ["SMTP_URL", "OIDC_FOO_CLIENT_SECRET", "FRONTEND_URL", "JWT_ISSUER"] {
        let setting = named(seen, name);
        assert_eq!((&setting["value"], &setting["isSecret"]), (&Value::Null, &json!(true)), "{name}");
    }
    if let Some(redis) = crate::support::database::setting("TEST_REDIS_URL") {
        assert!(!answer.text.contains(&redis), "{}", answer.text);
    }
    assert!(!answer.text.contains(&app.world.database.url), "{}", answer.text);
}

#[tokio::test]
async fn only_administrators_see_settings() {
    let app = TestApp::start().await;
    let ann = app.signed_in("ann@example.com").await;

    assert_eq!(app.ask(DOCUMENT).by(&ann).await.code(), "FORBIDDEN");
    assert_eq!(app.ask(DOCUMENT).await.code(), "UNAUTHENTICATED");
}
