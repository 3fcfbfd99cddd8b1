//! Settings of OAuth: which providers they make, and what they refuse.

use authgraph::config::list::{find, settings};
use authgraph::config::{ClientAuthenticationSetting, Config, MicrosoftTenant, OpenIdSettings, ProviderProtocol};
use authgraph::tools::oidc::{EndpointOverrides, SigningAlgorithm};

use crate::settings::{PRODUCTION, names, read};

const KEY: &str = "-----BEGIN PRIVATE KEY-----\\nAA==\\n-----END PRIVATE KEY-----";

/// What each provider needs.
const GOOGLE: &[(&str, &str)] = &[("GOOGLE_CLIENT_ID", "web.apps.example"), ("GOOGLE_CLIENT_SECRET", "hunter2")];
const APPLE: &[(&str, &str)] = &[
    ("APPLE_CLIENT_ID", "com.example.web"),
    ("APPLE_TEAM_ID", "TEAM123456"),
    ("APPLE_KEY_ID", "KEY1234567"),
    ("APPLE_PRIVATE_KEY", KEY),
];
const MICROSOFT: &[(&str, &str)] = &[("MICROSOFT_CLIENT_ID", "app"), ("MICROSOFT_CLIENT_SECRET", "hunter2")];
const GITHUB: &[(&str, &str)] = &[("GITHUB_CLIENT_ID", "Iv1.abc"), ("GITHUB_CLIENT_SECRET", "hunter2")];
const ACME: &[(&str, &str)] = &[
    ("OIDC_ACME_ISSUER", "https://id.acme.example/realms/a"),
    ("OIDC_ACME_CLIENT_ID", "authgraph"),
    ("OIDC_ACME_CLIENT_SECRET", "hunter2"),
];
const ALL: [&[(&str, &str)]; 5] = [GOOGLE, APPLE, MICROSOFT, GITHUB, ACME];

/// These settings, of which the later ones replace the earlier ones, in production.
fn production(more: &[(&str, &str)]) -> Result<Config, Vec<String>> {
    read(&[more, &[("AUTHGRAPH_ENV", "production")], PRODUCTION].concat())
}

fn with(base: &[(&'static str, &'static str)], more: &[(&str, &str)]) -> Result<Config, Vec<String>> {
    read(&[more, base].concat())
}

fn provider_names(config: &Config) -> Vec<&str> {
    config.oauth.providers.iter().map(|provider| &*provider.name).collect()
}

/// The only provider, which speaks OpenID Connect.
fn openid(config: &Config) -> &OpenIdSettings {
    match &config.oauth.providers[0].protocol {
        ProviderProtocol::Google(openid)
        | ProviderProtocol::Microsoft(_, openid)
        | ProviderProtocol::Apple(_, openid)
        | ProviderProtocol::Oidc(openid) => openid,
        ProviderProtocol::GitHub(_) => panic!("GitHub does not speak OpenID Connect"),
    }
}

#[test]
fn no_provider_is_on_by_default() {
    for config in [read(&[]).unwrap(), production(&[]).unwrap()] {
        assert!(config.oauth.providers.is_empty());
    }
}

#[test]
fn providers_stand_in_the_order_in_which_clients_show_them() {
    let more = [("OIDC_B2_ISSUER", "https://b.example"), ("OIDC_B2_CLIENT_ID", "b"), ("OIDC_B2_CLIENT_SECRET", "b")];
    let everything = [&more[..], &ALL.concat()].concat();

    for config in [read(&everything).unwrap(), production(&everything).unwrap()] {
        assert_eq!(provider_names(&config), ["google", "apple", "microsoft", "github", "acme", "b2"]);
        let shown: Vec<_> = config.oauth.providers.iter().map(|provider| &*provider.display_name).collect();
        assert_eq!(shown, ["Google", "Apple", "Microsoft", "GitHub", "acme", "b2"]);
    }
}

#[test]
fn a_half_configured_provider_stops_the_start_and_names_what_is_missing() {
    for provider in ALL {
        for (missing, _) in provider {
            let rest: Vec<_> = provider.iter().copied().filter(|(name, _)| name != missing).collect();
            let faults = read(&rest).unwrap_err();

            assert_eq!(names(&faults), [*missing]);
            assert!(
                faults[0].contains(": not set; ") && rest.iter().any(|(name, _)| faults[0].contains(name)),
                "{faults:?}"
            );
        }
    }
}

#[test]
fn no_other_setting_of_a_provider_can_stand_alone() {
    for setting in settings().filter(|setting| setting.name != "GITHUB_API_URL") {
        let Some(base) = ALL.iter().find(|all| {
            let prefix = |name: &str| name.replace("ACME", "<NAME>").split_inclusive('_').next().map(str::to_owned);
            prefix(all[0].0) == prefix(setting.name)
        }) else {
            continue;
        };
        let name = setting.name.replace("<NAME>", "ACME");
        if base.iter().any(|(needed, _)| *needed == name) {
            continue;
        }
        let value = match name.rsplit_once('_').unwrap().1 {
            "TENANT" => "consumers",
            "ALGORITHMS" => "ES256",
            "AUTHENTICATION" => "client_secret_post",
            "SCOPES" => "openid",
            "IDS" | "NAME" => "x",
            _ => "https://elsewhere.example/x",
        };
        let needed: Vec<_> = base.iter().map(|(name, _)| *name).collect();
        assert_eq!(names(&read(&[(&name, value)]).unwrap_err()), needed, "{name}");
        assert!(with(base, &[(&name, value)]).is_ok(), "{name}");
    }
}

/// GitHub Actions sets it in every job, and would keep a server from starting there.
#[test]
fn the_address_of_githubs_api_alone_configures_nothing() {
    for url in ["https://api.github.com", "https://github.example.com/api/v3"] {
        assert!(read(&[("GITHUB_API_URL", url)]).unwrap().oauth.providers.is_empty());
    }
}

#[test]
fn providers_have_their_own_addresses_by_default() {
    let issuer = |base, more: &[(&str, &str)]| openid(&with(base, more).unwrap()).issuer.to_string();

    assert_eq!(issuer(GOOGLE, &[]), "https://accounts.google.com/");
    assert_eq!(issuer(APPLE, &[]), "https://appleid.apple.com/");
    assert_eq!(issuer(MICROSOFT, &[]), "https://login.microsoftonline.com/common/v2.0");
    let tenant = "72F988BF-86F1-41AF-91AB-2D7CD011DB47";
    let of_tenant = "https://login.microsoftonline.com/72f988bf-86f1-41af-91ab-2d7cd011db47/v2.0";
    assert_eq!(issuer(MICROSOFT, &[("MICROSOFT_TENANT", tenant)]), of_tenant);
    assert_eq!(issuer(MICROSOFT, &[("MICROSOFT_ISSUER", "https://m.example")]), "https://m.example/");
    let config = read(GITHUB).unwrap();
    let ProviderProtocol::GitHub(github) = &config.oauth.providers[0].protocol else { panic!("{config:?}") };
    assert_eq!(github.api.as_str(), "https://api.github.com/");
    assert_eq!(github.token_endpoint.as_str(), "https://github.com/login/oauth/access_token");
}

#[test]
fn every_endpoint_can_be_elsewhere() {
    for (base, prefix) in [(GOOGLE, "GOOGLE"), (APPLE, "APPLE"), (MICROSOFT, "MICROSOFT"), (ACME, "OIDC_ACME")] {
        let ends = ["AUTHORIZATION_ENDPOINT", "TOKEN_ENDPOINT", "USERINFO_ENDPOINT", "JWKS_URI", "ISSUER"];
        let elsewhere = ends.map(|end| (format!("{prefix}_{end}"), format!("http://127.0.0.1:9/{end}")));
        let config = with(base, &elsewhere.each_ref().map(|(name, url)| (&**name, &**url))).unwrap();

        let url = |end: &str| Some(format!("http://127.0.0.1:9/{end}").parse().unwrap());
        let expected = EndpointOverrides {
            authorization_endpoint: url(ends[0]),
            token_endpoint: url(ends[1]),
            userinfo_endpoint: url(ends[2]),
            jwks_uri: url(ends[3]),
        };
        assert_eq!(openid(&config).endpoints, expected, "{prefix}");
        assert_eq!(Some(&openid(&config).issuer), url(ends[4]).as_ref(), "{prefix}");
    }
}

#[test]
fn production_speaks_to_providers_over_https_alone() {
    // A collector of traces is no provider.
    let is_of_provider =
        |name: &str| !name.starts_with("OTEL_") && (name.ends_with("_ENDPOINT") || name.ends_with("_URI"));
    for setting in settings().filter(|setting| is_of_provider(setting.name)) {
        let name = setting.name.replace("<NAME>", "ACME");
        let elsewhere = [(&*name, "http://localhost:9000/x")];
        assert!(with(&ALL.concat(), &elsewhere).is_ok(), "{name}");

        let faults = production(&[&elsewhere, &ALL.concat()[..]].concat()).unwrap_err();
        assert_eq!(names(&faults), [name]);
        assert!(faults[0].contains("expected an https:// URL"), "{faults:?}");
    }
    for issuer in ["GOOGLE_ISSUER", "APPLE_ISSUER", "MICROSOFT_ISSUER", "OIDC_ACME_ISSUER", "GITHUB_API_URL"] {
        let clear = [(issuer, "http://id.example")];
        assert_eq!(names(&production(&[&clear, &ALL.concat()[..]].concat()).unwrap_err())[0], issuer);
    }
}

#[test]
fn an_issuer_of_any_name_is_asked_as_its_settings_say() {
    let more = [
        ("OIDC_ACME_SCOPES", "openid email groups"),
        ("OIDC_ACME_DISPLAY_NAME", "Acme Corp."),
        ("OIDC_ACME_CLIENT_AUTHENTICATION", "client_secret_post"),
        ("OIDC_ACME_ID_TOKEN_ALGORITHMS", "ES256, EdDSA"),
        ("OIDC_ACME_NATIVE_CLIENT_IDS", "ios,android"),
    ];
    let config = with(ACME, &more).unwrap();

    assert_eq!(config.oauth.providers[0].display_name, "Acme Corp.");
    assert_eq!(openid(&config).scopes, ["openid", "email", "groups"]);
    assert_eq!(openid(&config).algorithms, [SigningAlgorithm::ES256, SigningAlgorithm::EdDSA]);
    assert_eq!(openid(&config).native_client_ids, ["ios", "android"]);
    let ClientAuthenticationSetting::Post(secret) = &openid(&config).authentication else { panic!("{config:?}") };
    assert_eq!(secret.expose(), "hunter2");
}

#[test]
fn an_issuer_has_safe_defaults() {
    let config = read(ACME).unwrap();

    assert_eq!(openid(&config).scopes, ["openid", "email", "profile"]);
    assert_eq!(openid(&config).algorithms, [SigningAlgorithm::RS256]);
    assert!(matches!(openid(&config).authentication, ClientAuthenticationSetting::Basic(_)));
}

#[test]
fn a_public_client_has_no_secret() {
    let public = [ACME[0], ACME[1], ("OIDC_ACME_CLIENT_AUTHENTICATION", "none")];

    assert!(matches!(openid(&read(&public).unwrap()).authentication, ClientAuthenticationSetting::Public));
    let faults = read(&[&public[..], ACME].concat()).unwrap_err();
    assert_eq!(names(&faults), ["OIDC_ACME_CLIENT_AUTHENTICATION"]);
}

#[test]
fn a_provider_has_the_name_that_stands_in_its_settings() {
    for (name, provider) in
        [("MY_IDP", "my_idp"), ("X_CLIENT", "x_client"), ("X", "x"), ("4", "4"), ("ID_TOKEN", "id_token")]
    {
        let [issuer, id, secret] = ["ISSUER", "CLIENT_ID", "CLIENT_SECRET"].map(|end| format!("OIDC_{name}_{end}"));
        let config = read(&[(&issuer, "https://x.example"), (&id, "x"), (&secret, "x")]).unwrap();

        assert_eq!(provider_names(&config), [provider]);
    }
}

#[test]
fn a_name_belongs_to_one_setting() {
    let ends: Vec<_> = settings().filter_map(|setting| setting.name.split_once("<NAME>")).map(|(_, end)| end).collect();

    for end in &ends {
        let alike = ends.iter().filter(|other| other.ends_with(end));
        assert_eq!(alike.collect::<Vec<_>>(), [end], "OIDC_X{end} could be two settings");
        assert_eq!(find(&format!("OIDC_X_CLIENT{end}")).unwrap().name, format!("OIDC_<NAME>{end}"));
    }
    assert!(ends.len() >= 12 && find("OIDC_ISSUER").is_none() && find("OIDC_CLIENT_ID").is_none());
}

#[test]
fn a_name_that_cannot_be_a_providers_is_refused() {
    let long = "A".repeat(33);
    for name in ["GOOGLE", "GITHUB", "APPLE", "MICROSOFT", "acme", "A-B", "_A", "A_", "_", "É", &long] {
        let faults = read(&[(&format!("OIDC_{name}_CLIENT_ID"), "x")]).unwrap_err();

        assert_eq!(names(&faults), ["OIDC_<NAME>_ISSUER"], "{name}");
        assert!(faults[0].contains(&format!("got the name {name}; expected ")), "{faults:?}");
    }
}

#[test]
fn there_are_at_most_twenty_providers() {
    let many = |count: usize| {
        let settings = (0..count)
            .flat_map(|n| ACME.iter().map(move |(name, value)| (name.replace("ACME", &format!("P{n}")), *value)));
        let settings: Vec<_> = settings.collect();
        read(&settings.iter().map(|(name, value)| (&**name, *value)).collect::<Vec<_>>())
    };

    assert_eq!(many(20).unwrap().oauth.providers.len(), 20);
    assert_eq!(names(&many(21).unwrap_err()), ["OIDC_<NAME>_ISSUER"]);
}

#[test]
fn values_that_would_weaken_a_sign_in_are_refused() {
    let long = "x".repeat(1001);
    for (name, value) in [
        ("OIDC_ACME_ID_TOKEN_ALGORITHMS", "none"),
        ("OIDC_ACME_ID_TOKEN_ALGORITHMS", "HS256"),
        ("OIDC_ACME_ID_TOKEN_ALGORITHMS", "RS256,HS512"),
        ("OIDC_ACME_ID_TOKEN_ALGORITHMS", "rs256"),
        ("OIDC_ACME_ID_TOKEN_ALGORITHMS", ","),
        ("OIDC_ACME_SCOPES", "email profile"),
        ("OIDC_ACME_SCOPES", "openid \"email\""),
        ("OIDC_ACME_CLIENT_AUTHENTICATION", "private_key_jwt"),
        ("OIDC_ACME_CLIENT_ID", "a b"),
        ("OIDC_ACME_CLIENT_SECRET", &long),
        ("OIDC_ACME_DISPLAY_NAME", "a\nb"),
        ("OIDC_ACME_DISPLAY_NAME", &long),
        ("OIDC_ACME_ISSUER", "id.acme.example"),
        ("OIDC_ACME_ISSUER", "file:///etc/passwd"),
        ("OIDC_ACME_ISSUER", "https://id.acme.example/#x"),
        ("OIDC_ACME_ISSUER", "https://user:hunter2@id.acme.example"),
        ("MICROSOFT_TENANT", "contoso.onmicrosoft.com"),
        ("MICROSOFT_TENANT", "../consumers"),
        ("MICROSOFT_TENANT", "{72f988bf-86f1-41af-91ab-2d7cd011db47}"),
        ("MICROSOFT_TENANT", "72f988bf86f141af91ab2d7cd011db47"),
        ("APPLE_PRIVATE_KEY", "hunter2"),
        ("OUTBOUND_ALLOW_NETWORKS", "10.0.0.0/33"),
        ("OUTBOUND_ALLOW_NETWORKS", "localhost"),
    ] {
        let faults = with(&ALL.concat(), &[(name, value)]).unwrap_err();

        assert_eq!(names(&faults), [name], "{name}={value}");
        assert!(!faults[0].contains("hunter2"), "{faults:?}");
    }
}

#[test]
fn tenants_are_all_some_or_one() {
    for (word, tenant) in [
        ("common", MicrosoftTenant::Common),
        ("organizations", MicrosoftTenant::Organizations),
        ("consumers", MicrosoftTenant::Consumers),
    ] {
        let config = with(MICROSOFT, &[("MICROSOFT_TENANT", word)]).unwrap();
        let ProviderProtocol::Microsoft(read, openid) = &config.oauth.providers[0].protocol else {
            panic!("{config:?}")
        };
        assert_eq!((read, openid.issuer.path()), (&tenant, &*format!("/{word}/v2.0")));
    }
}

#[test]
fn no_secret_of_a_provider_is_shown() {
    let config = read(&ALL.concat()).unwrap();
    assert!(!format!("{config:?}").contains("hunter2") && !format!("{config:?}").contains("PRIVATE KEY"));

    for name in [
        "GOOGLE_CLIENT_SECRET",
        "MICROSOFT_CLIENT_SECRET",
        "GITHUB_CLIENT_SECRET",
        "OIDC_ACME_CLIENT_SECRET",
        "APPLE_PRIVATE_KEY",
    ] {
        let faults = with(&ALL.concat(), &[(name, "sécret-of-mine")]).unwrap_err();
        assert_eq!(names(&faults), [name]);
        assert!(faults[0].contains("got *** (14 characters)") && !faults[0].contains("cret-of-mine"), "{faults:?}");
        assert!(find(name).unwrap().is_secret, "{name}");
    }
}

#[test]
fn a_browser_comes_back_to_the_frontend_by_default() {
    let accepts = |config: &Config, uri: &str| config.oauth.redirect_uris.accept(uri);

    let frontend = ("FRONTEND_URL", "https://app.example.com");
    assert!(accepts(&production(&[frontend]).unwrap(), "https://app.example.com/oauth/callback"));
    let other = production(&[frontend, ("OAUTH_REDIRECT_URIS", "com.example.app:/oauth")]).unwrap();
    assert!(accepts(&other, "com.example.app:/oauth") && !accepts(&other, "https://app.example.com/oauth/callback"));
    // The name localhost is for development, also where FRONTEND_URL has it.
    let local = production(&[("FRONTEND_URL", "http://localhost:3000")]).unwrap();
    assert!(local.oauth.redirect_uris.is_empty());
    let clear = [("FRONTEND_URL", "http://app.example.com"), ("ALLOW_INSECURE", "FRONTEND_URL")];
    assert!(production(&clear).unwrap().oauth.redirect_uris.is_empty());
}

#[test]
fn providers_need_somewhere_to_send_a_browser() {
    for frontend in ["https://app.example.com/#/", "http://localhost:3000"] {
        let faults = production(&[&[("FRONTEND_URL", frontend)], GOOGLE].concat()).unwrap_err();
        assert_eq!(names(&faults), ["OAUTH_REDIRECT_URIS"], "{frontend}");

        let uris = [("FRONTEND_URL", frontend), ("OAUTH_REDIRECT_URIS", "https://app.example.com/callback")];
        assert!(production(&[&uris, GOOGLE].concat()).is_ok(), "{frontend}");
    }
}

#[test]
fn redirect_uris_are_checked_at_start() {
    for wrong in [
        "https://app.example.com/cb#x",
        "http://app.example.com/cb",
        "javascript:alert(1)",
        "data:text/html,x",
        "file:///x",
        "myapp:/oauth",
        "https://*.example.com/cb",
        "https://user:hunter2@app.example.com/cb",
        "https://app.example.com/cb,/cb",
    ] {
        for faults in [read(&[("OAUTH_REDIRECT_URIS", wrong)]), production(&[("OAUTH_REDIRECT_URIS", wrong)])] {
            let faults = faults.unwrap_err();
            assert_eq!(names(&faults), ["OAUTH_REDIRECT_URIS"], "{wrong}");
            assert!(!faults[0].contains("hunter2"), "{faults:?}");
        }
    }
}

#[test]
fn only_development_may_ask_its_own_machine() {
    let networks = |config: Config| config.oauth.allowed_networks.iter().map(ToString::to_string).collect::<Vec<_>>();

    assert_eq!(networks(read(&[]).unwrap()), ["127.0.0.0/8", "::1/128"]);
    assert_eq!(networks(production(&[]).unwrap()), [""; 0]);
    let given = production(&[("OUTBOUND_ALLOW_NETWORKS", "10.1.0.0/16, fc00::/7")]).unwrap();
    assert_eq!(networks(given), ["10.1.0.0/16", "fc00::/7"]);
}
