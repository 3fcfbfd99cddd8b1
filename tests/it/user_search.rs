//! Searching for people as an administrator types: without case in any script, by either spelling of a domain.

use serde_json::json;

use crate::support::{SignedIn, TestApp};

async fn found(app: &TestApp, admin: &SignedIn, filter: &str) -> Vec<String> {
    let document = format!("{{ users(filter: {{ {filter} }}) {{ edges {{ node {{ email }} }} totalCount }} }}");
    let answer = app.ask(document).by(admin).await.ok();
    let edges = answer.at("/users/edges").as_array().unwrap();
    assert_eq!(answer.at("/users/totalCount"), &json!(edges.len()), "{filter}");
    edges.iter().map(|edge| edge["node"]["email"].as_str().unwrap().to_owned()).collect()
}

async fn named(app: &TestApp, names: &[&str]) -> SignedIn {
    let admin = app.administrator("root@site.example").await;
    for (n, name) in names.iter().enumerate() {
        let member = app.signed_in(&format!("member{n}@site.example")).await;
        app.update_profile(&member, json!({ "name": name })).await.ok();
    }
    admin
}

#[tokio::test]
async fn a_search_is_caseless_as_unicode_has_it() {
    let app = TestApp::start().await;
    let admin = named(&app, &["Anna Straße", "İstanbul Işık", "ＡＮＮ", "Σίσυφος"]).await;
    for (field, typed, member) in [
        ("search", "STRASSE", 0),
        ("search", "straße", 0),
        ("startsWith", "ANNA STRASSE", 0),
        ("search", "istanbul", 1),
        ("search", "ISTANBUL", 1),
        ("startsWith", "İstanbul", 1),
        ("search", "IŞIK", 1),
        ("search", "ａｎｎ", 2),
        ("search", "ΣΊΣΥΦΟΣ", 3),
        ("startsWith", "σίσυφοσ", 3),
    ] {
        let all = found(&app, &admin, &format!("{field}: \"{typed}\"")).await;
        assert!(all.contains(&format!("member{member}@site.example")), "{field} {typed}: {all:?}");
    }
}

#[tokio::test]
async fn an_international_domain_is_found_in_either_spelling() {
    let app = TestApp::start().await;
    let admin = app.administrator("root@site.example").await;
    app.signed_in("s19@bücher.example").await;
    let stored = "s19@xn--bcher-kva.example";
    for filter in [
        "search: \"bücher\"",
        "search: \"BÜCHER\"",
        "search: \"s19@bücher\"",
        "search: \"xn--bcher\"",
        "startsWith: \"s19@BÜ\"",
        "startsWith: \"s19@xn--\"",
    ] {
        assert_eq!(found(&app, &admin, filter).await, [stored], "{filter}");
    }
}

#[tokio::test]
async fn short_words_of_scripts_without_case_are_found_anywhere() {
    let app = TestApp::start().await;
    let admin = named(&app, &["王小明", "김철수", "नमस्ते", "علی\u{200c}رضا"]).await;
    for (typed, member) in [("小明", 0), ("明", 0), ("철수", 1), ("मस्त", 2), ("رض", 3), ("علیرضا", 3)]
    {
        let all = found(&app, &admin, &format!("search: \"{typed}\"")).await;
        assert_eq!(all, [format!("member{member}@site.example")], "{typed}");
    }
}

#[tokio::test]
async fn a_filter_that_nothing_can_match_lists_no_user() {
    let app = TestApp::start().await;
    let admin = app.administrator("root@site.example").await;
    for field in ["search", "startsWith", "provider"] {
        let document = format!("{{ users(filter: {{ {field}: \"goo\\u0000gle\" }}) {{ totalCount }} }}");
        let refused = app.ask(document).by(&admin).await;
        assert_eq!(refused.field_errors(), [format!("filter.{field} INVALID")]);
    }
    let invisible = app.ask("{ users(filter: { search: \"\\u200b\" }) { totalCount } }").by(&admin).await;
    assert_eq!(invisible.field_errors(), ["filter.search INVALID"]);
    assert!(found(&app, &admin, "provider: \"\"").await.is_empty());
}

#[tokio::test]
async fn the_longest_name_that_folding_makes_longer_is_kept() {
    let app = TestApp::start().await;
    let admin = named(&app, &["\u{fdfa}".repeat(80).as_str()]).await;

    assert_eq!(found(&app, &admin, "search: \"\u{fdfa}\"").await, ["member0@site.example"]);
}
