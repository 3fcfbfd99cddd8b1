//! Becoming a member.

use serde_json::json;

use crate::support::{PASSWORD, TestApp};

const VERIFY: &str = "Please verify your email address with the link in the email that was sent to you.";

#[tokio::test]
async fn a_registration_signs_in() {
    let app = TestApp::start().await;

    let ann = app.register("ann@example.com").await.signed_in();

    assert_eq!(app.me(&ann).await.text_at("/me/email"), "ann@example.com");
    assert_eq!(app.mail_kinds_to("ann@example.com").await, ["verify_email"]);
    assert_eq!(app.audit_trail().await, ["USER_REGISTERED Success", "LOGIN Success"]);
}

#[tokio::test]
async fn an_address_is_one_however_it_is_typed() {
    let app = TestApp::start().await;

    let ann = app.register("  Ann@EXAMPLE.com ").await.signed_in();

    assert_eq!(ann.email, "ann@example.com");
    assert_eq!(app.register("ann@example.com").await.code(), "EMAIL_TAKEN");
    app.login("ANN@example.com", PASSWORD).await.signed_in();
}

#[tokio::test]
async fn a_number_is_no_domain_and_a_domain_is_one_in_both_spellings() {
    let app = TestApp::start().await;
    for domain in ["127.1", "0x7f.0.0.1", "1.2.3.4", "[127.0.0.1]", "example.com."] {
        let refused = app.register(&format!("ann@{domain}")).await;
        assert_eq!(refused.field_errors(), ["input.email INVALID"], "{domain}");
    }
    let persian = app.register("ann@می\u{200c}خواهم.example").await.signed_in();

    assert_eq!(persian.email, "ann@xn--mgbn2ecje63gr19l.example");
    assert_eq!(app.register("ann@xn--mgbn2ecje63gr19l.example").await.code(), "EMAIL_TAKEN");
    app.login("Ａｎｎ＠می\u{200c}خواهم．example", PASSWORD).await.signed_in();
}

#[tokio::test]
async fn a_language_is_understood_as_phones_write_it() {
    let app = TestApp::start().await;

    let answer =
        app.register_with(json!({ "email": "ann@example.com", "password": PASSWORD, "locale": "en_US" })).await;

    assert_eq!(answer.ok().text_at("/register/user/locale"), "en-US");
}

#[tokio::test]
async fn a_taken_address_is_told_and_its_owner_gets_no_email() {
    let app = TestApp::start().await;
    app.signed_in("ann@example.com").await;

    let taken = app.register("ann@example.com").await;

    assert_eq!((taken.code(), taken.extension("statusCode")), ("EMAIL_TAKEN", &json!(409)));
    assert_eq!(app.mail_kinds_to("ann@example.com").await, ["verify_email"]);
}

#[tokio::test]
async fn where_verification_is_required_a_registration_only_sends_an_email() {
    let app = TestApp::with(&[("EMAIL_VERIFICATION", "required")]).await;

    let answer = app.register("ann@example.com").await.ok();

    assert_eq!(answer.text_at("/register/__typename"), "EmailVerificationRequired");
    assert_eq!(answer.text_at("/register/email"), "ann@example.com");
    assert_eq!(answer.text_at("/register/message"), VERIFY);
    assert_eq!(app.audit_trail().await, ["USER_REGISTERED Success"]);
}

#[tokio::test]
async fn where_accounts_are_hidden_a_taken_address_gets_the_same_answer() {
    let app = TestApp::with(&[("HIDE_ACCOUNT_EXISTENCE", "true")]).await;

    let free = app.register("ann@example.com").await.ok();
    let taken = app.register("ann@example.com").await.ok();

    assert_eq!(free.text, taken.text);
    assert_eq!(app.mail_kinds_to("ann@example.com").await, ["verify_email", "account_exists"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_a_hundred_simultaneous_registrations_of_one_address_one_gets_it() {
    let app = TestApp::start().await;

    let answers = app.at_once((0..100).map(|_| app.register("ann@example.com"))).await;

    let taken = answers.iter().filter(|answer| answer.codes() == ["EMAIL_TAKEN"]).count();
    let signed_in = answers.iter().filter(|answer| answer.errors().is_empty()).count();
    assert_eq!((signed_in, taken), (1, 99), "{:?}", answers.iter().map(|answer| &answer.text).max());
}

#[tokio::test]
async fn every_fault_of_an_application_is_told_at_once() {
    let app = TestApp::start().await;

    let refused = app
        .register_with(json!({
            "email": "nobody", "password": "short", "name": "x".repeat(81), "locale": "no language", "client": { "deviceName": "a\u{7}" },
        }))
        .await;

    assert_eq!(refused.code(), "VALIDATION_FAILED");
    assert_eq!(
        refused.field_errors(),
        [
            "input.email INVALID",
            "input.name TOO_LONG",
            "input.locale INVALID",
            "input.client.deviceName INVALID",
            "input.password TOO_SHORT",
            "input.password NO_UPPERCASE",
            "input.password NO_DIGIT",
            "input.password NO_SYMBOL",
        ]
    );
}

#[tokio::test]
async fn a_password_holds_neither_the_name_nor_the_address() {
    let app = TestApp::start().await;

    let name = app.register_with(json!({ "email": "x@example.com", "password": "xX-Annabel-1", "name": "Annabel" }));
    let address = app.register_with(json!({ "email": "annabel@example.com", "password": "xX-Annabel-1" }));

    assert_eq!(name.await.field_errors(), ["input.password CONTAINS_IDENTITY"]);
    assert_eq!(address.await.field_errors(), ["input.password CONTAINS_IDENTITY"]);
}

#[tokio::test]
async fn a_password_may_be_of_any_script_and_have_128_characters() {
    let app = TestApp::start().await;
    let long = format!("Пароль-7{}", "ы".repeat(120));

    app.register_with(json!({ "email": "ann@example.com", "password": long })).await.signed_in();

    app.login("ann@example.com", &long).await.signed_in();
    let longer = app.register_with(json!({ "email": "bob@example.com", "password": format!("{long}я") })).await;
    assert_eq!(longer.field_errors(), ["input.password TOO_LONG"]);
}

#[tokio::test]
async fn closed_registration_refuses_everybody() {
    let app = TestApp::with(&[("REGISTRATION_OPEN", "false")]).await;

    assert_eq!(app.register("ann@example.com").await.code(), "FORBIDDEN");

    let answer = app.ask("{ authConfig { registrationOpen } }").await;
    assert_eq!(answer.at("/authConfig/registrationOpen"), &json!(false));
}

#[tokio::test]
async fn the_rules_are_told_before_anyone_registers() {
    let app = TestApp::with(&[("PASSWORD_MIN_LENGTH", "12"), ("PASSWORD_REQUIRE_SYMBOL", "false")]).await;

    let policy = app.ask("{ authConfig { passwordPolicy { minLength requiresSymbol requiresDigit } } }").await;

    let expected = json!({ "minLength": 12, "requiresSymbol": false, "requiresDigit": true });
    assert_eq!(policy.at("/authConfig/passwordPolicy"), &expected);
}

#[tokio::test]
async fn a_refused_password_names_the_rules_that_were_told() {
    let app = TestApp::with(&[("PASSWORD_MIN_LENGTH", "12"), ("PASSWORD_REQUIRE_SYMBOL", "false")]).await;

    let told = app.ask("{ authConfig { passwordPolicy { rules { code message limit pattern } } } }").await.ok();
    let refused = app.register_with(json!({ "email": "ann@example.com", "password": "" })).await;

    let rules = told.at("/authConfig/passwordPolicy/rules").as_array().unwrap();
    let codes: Vec<&str> = rules.iter().map(|rule| rule["code"].as_str().unwrap()).collect();
    let expected =
        ["TOO_SHORT", "TOO_LONG", "NO_UPPERCASE", "NO_LOWERCASE", "NO_DIGIT", "TOO_COMMON", "CONTAINS_IDENTITY"];
    assert_eq!(codes, expected);
    assert_eq!((&rules[0]["limit"], &rules[0]["pattern"]), (&json!(12), &json!("^[\\s\\S]{12,}$")));
    assert_eq!((&rules[5]["limit"], &rules[5]["pattern"]), (&json!(null), &json!(null)));
    let broken = refused.extension("fields").as_array().unwrap();
    assert_eq!(broken.len(), 4, "{}", refused.text);
    for field in broken {
        let rule = rules.iter().find(|rule| rule["code"] == field["code"]).unwrap();
        assert_eq!(field["message"], rule["message"]);
    }
}
