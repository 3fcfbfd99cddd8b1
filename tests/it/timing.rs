//! An unknown address takes as long as a wrong password: a stranger with a stopwatch learns nothing.

use std::time::{Duration, Instant};

use crate::support::TestApp;

const TRIES: usize = 200;

async fn duration_of_login(app: &TestApp, email: &str) -> Duration {
    let begun = Instant::now();
    assert_eq!(app.login(email, "Wrong-Guess-99").await.code(), "INVALID_CREDENTIALS");
    begun.elapsed()
}

fn median(mut durations: Vec<Duration>) -> f64 {
    durations.sort_unstable();
    durations[durations.len() / 2].as_secs_f64()
}

/// The two are measured in turn, and each first as often as second, so that whatever else the machine does meets both.
#[tokio::test]
async fn unknown_address_and_wrong_password_take_the_same_time() {
    let costs = [("ARGON2_MEMORY_KIB", "8192"), ("ARGON2_ITERATIONS", "2"), ("LOCKOUT_ATTEMPTS", "1000")];
    let app = TestApp::with(&costs).await;
    app.signed_in("ann@example.com").await;

    let (mut wrong, mut unknown) = (Vec::new(), Vec::new());
    for _ in 0..TRIES / 2 {
        wrong.push(duration_of_login(&app, "ann@example.com").await);
        unknown.push(duration_of_login(&app, "eve@example.com").await);
        unknown.push(duration_of_login(&app, "eve@example.com").await);
        wrong.push(duration_of_login(&app, "ann@example.com").await);
    }

    let (wrong, unknown) = (median(wrong), median(unknown));
    let difference = (wrong - unknown).abs() / wrong;
    assert!(difference < 0.05, "{:.1} % apart: {wrong:.4} s and {unknown:.4} s", difference * 100.0);
}
