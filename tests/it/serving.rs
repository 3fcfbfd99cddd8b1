//! The server as the binary runs it: with its background tasks, until it is told to stop.

use std::net::TcpListener;
use std::sync::Arc;
use std::time::Duration;

use authgraph::serve::serve;
use tokio_util::sync::CancellationToken;

use crate::support::TestApp;

/// Waits until the background has put an email into the mailbox.
async fn first_mail(app: &TestApp) {
    let mailbox = app.app.mailer.mailbox().unwrap();
    let mut soon = tokio::time::interval(Duration::from_millis(10));
    while mailbox.latest(Some("ann@example.com")).await.unwrap().is_none() {
        soon.tick().await;
    }
}

#[tokio::test]
async fn emails_leave_by_themselves_and_the_server_stops_when_told() {
    let app = TestApp::start().await;
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let shutdown = CancellationToken::new();

    let visit = async {
        app.signed_in("ann@example.com").await;
        tokio::time::timeout(Duration::from_secs(10), first_mail(&app)).await.expect("an email");
        shutdown.cancel();
    };
    let (served, ()) = tokio::join!(serve(Arc::clone(&app.app), listener, shutdown.clone()), visit);

    served.unwrap();
    assert!(app.app.background.is_stopping());
}

#[tokio::test(flavor = "multi_thread")]
async fn instances_that_start_together_agree_on_the_tables() {
    let first = TestApp::start().await;
    let others = [first.another_instance().await, first.another_instance().await, first.another_instance().await];

    let migrated =
        futures_util::future::join_all(others.iter().map(|other| authgraph::serve::prepare_database(&other.app, true)))
            .await;

    assert!(migrated.iter().all(Result::is_ok), "{migrated:?}");
}
