//! Nobody learns who has an account: pairs that answer alike hash as much.

use authgraph::flows::learn_hash_costs::learn_hash_costs;

use crate::support::{PASSWORD, TestApp};

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
