//! Answers do not reveal who has an account: requests that are answered alike run as many statements and hashes.

use authgraph::flows::learn_hash_costs::learn_hash_costs;
use authgraph::tools::db::statements_run;
use serde_json::json;

use crate::support::{Answer, GraphQLRequest, PASSWORD, TestApp};

const HIDDEN: &[(&str, &str)] = &[("HIDE_ACCOUNT_EXISTENCE", "true"), ("LOCKOUT_ATTEMPTS", "0")];

/// How many statements a request takes. Counted by thread, so these tests must stay on one.
async fn statements(asking: GraphQLRequest) -> (Vec<String>, u64) {
    let before = statements_run();
    let answer: Answer = asking.await;
    (answer.codes().into_iter().map(str::to_owned).collect(), statements_run() - before)
}

#[tokio::test(flavor = "current_thread")]
async fn a_login_takes_as_many_statements_for_known_as_for_unknown_addresses() {
    let app = TestApp::with(HIDDEN).await;
    app.register("new@example.com").await.ok();
    app.admin("ann@example.com").await;
    app.login("warm@example.com", PASSWORD).await;

    let unknown = statements(app.login("eve@example.com", PASSWORD)).await;

    assert_eq!(unknown.0, ["INVALID_CREDENTIALS"]);
    assert_eq!(statements(app.login("ann@example.com", "Wrong-Guess-99")).await, unknown, "taken");
    assert_eq!(statements(app.login("new@example.com", PASSWORD)).await, unknown, "registered just now");
    assert_eq!(statements(app.login("new@example.com", "Wrong-Guess-99")).await, unknown);
}

#[tokio::test]
async fn the_right_password_of_a_hidden_account_is_no_failure_that_locks_it() {
    let app = TestApp::with(&[("HIDE_ACCOUNT_EXISTENCE", "true")]).await;
    app.register("ann@example.com").await.ok();
    for _ in 0..6 {
        assert_eq!(app.login("ann@example.com", PASSWORD).await.code(), "INVALID_CREDENTIALS");
    }

    let token = app.token_to("ann@example.com", "verify_email").await;
    app.verify_email(&token).await.ok();

    app.login("ann@example.com", PASSWORD).await.signed_in();
}

#[tokio::test(flavor = "current_thread")]
async fn a_hidden_registration_takes_as_many_statements_for_a_taken_address() {
    let app = TestApp::with(HIDDEN).await;
    let ann = app.admin("ann@example.com").await;
    app.admin("root@example.com").await;
    app.admin("gone@example.com").await;
    let gone = app.login("gone@example.com", PASSWORD).await.signed_in();
    app.delete_account(&gone, "gone@example.com").await.ok();
    app.request_email_change(&ann, "ann@new.example").await.ok();
    let token = app.token_to("ann@new.example", "confirm_email_change").await;
    app.confirm_email_change(&token).await.ok();
    app.register("warm@example.com").await.ok();

    let free = statements(app.register("new@example.com")).await;

    let with_key = |email| json!({ "email": email, "password": PASSWORD, "idempotencyKey": "k" });
    for why in ["free, with a key", "repeated"] {
        assert_eq!(statements(app.register_with(with_key("key@example.com"))).await, free, "{why}");
    }
    assert_eq!(statements(app.register_with(with_key("root@example.com"))).await, free, "taken, with a key");
    for (email, why) in
        [("root@example.com", "taken"), ("gone@example.com", "deleted"), ("ann@example.com", "held for its owner")]
    {
        assert_eq!(statements(app.register(email)).await, free, "{why}");
    }
}

#[tokio::test(flavor = "current_thread")]
async fn emails_take_as_many_statements_for_known_as_for_unknown_addresses() {
    let app = TestApp::with(HIDDEN).await;
    app.register("new@example.com").await.ok();
    app.admin("ann@example.com").await;
    for email in ["warm@example.com", "warm@example.com"] {
        app.request_password_reset(email).await.ok();
        app.resend_verification(email).await.ok();
    }

    let reset = statements(app.request_password_reset("eve@example.com")).await;
    let verification = statements(app.resend_verification("eve@example.com")).await;

    for email in ["ann@example.com", "new@example.com"] {
        assert_eq!(statements(app.request_password_reset(email)).await, reset, "{email}");
        assert_eq!(statements(app.resend_verification(email)).await, verification, "{email}");
    }
}

/// How much is hashed for a login.
async fn work(app: &TestApp, email: &str, password: &str) -> u64 {
    let before = app.app.password_hasher.work_done();
    app.login(email, password).await;
    app.app.password_hasher.work_done() - before
}

#[tokio::test]
async fn old_hashes_and_unknown_addresses_take_the_same_work_after_the_settings_change() {
    for (memory, passes) in [("64", "3"), ("8", "1"), ("32", "2")] {
        let old = TestApp::with(&[("ARGON2_MEMORY_KIB", "32"), ("ARGON2_ITERATIONS", "2")]).await;
        old.signed_in("old@example.com").await;
        old.signed_in("older@example.com").await;
        let app = old.another_instance_with(&[("ARGON2_MEMORY_KIB", memory), ("ARGON2_ITERATIONS", passes)]).await;
        learn_hash_costs(&app.app).await.unwrap();
        let ann = app.signed_in("new@example.com").await;

        let unknown = work(&app, "eve@example.com", "Wrong-Guess-99").await;

        for email in ["old@example.com", "new@example.com"] {
            assert_eq!(work(&app, email, "Wrong-Guess-99").await, unknown, "{email} at {memory} KiB");
        }
        let before = app.app.password_hasher.work_done();
        app.reauthenticate(&ann, "Wrong-Guess-99").await;
        assert_eq!(app.app.password_hasher.work_done() - before, unknown, "confirmed at {memory} KiB");
    }
}

#[tokio::test]
async fn parameters_that_no_hash_has_any_more_are_forgotten() {
    let old = TestApp::start().await;
    old.signed_in("ann@example.com").await;
    let app = old.another_instance_with(&[("ARGON2_MEMORY_KIB", "64")]).await;
    learn_hash_costs(&app.app).await.unwrap();
    let both = work(&app, "eve@example.com", PASSWORD).await;
    assert_eq!(both, 8 + 64);

    // A sign-in renews the only old hash.
    app.login("ann@example.com", PASSWORD).await.signed_in();
    learn_hash_costs(&app.app).await.unwrap();

    assert_eq!(work(&app, "eve@example.com", PASSWORD).await, 64);
    assert_eq!(work(&app, "ann@example.com", "Wrong-Guess-99").await, 64);
}

#[tokio::test]
async fn a_hash_of_another_instance_with_other_settings_is_told_from_a_decoy_once_at_most() {
    let app = TestApp::start().await;
    let other = app.another_instance_with(&[("ARGON2_MEMORY_KIB", "64")]).await;
    other.signed_in("ann@example.com").await;

    let known = work(&app, "ann@example.com", "Wrong-Guess-99").await;

    assert_eq!(work(&app, "eve@example.com", "Wrong-Guess-99").await, known);
}
