//! Why a token is not accepted: it was used, it is over, or the server does not know it. Only its holder learns it.

use std::time::Duration;

use authgraph::flows::sweep::sweep;
use serde_json::json;
use tokio_util::sync::CancellationToken;

use crate::support::{Answer, GraphQLRequest, PASSWORD, TestApp};

const NEW: &str = "Another-Horse-8";
const DAY: Duration = Duration::from_hours(24);
const UNKNOWN: &str = "ago_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
const BEHIND_PROXY: &[(&str, &str)] = &[("TRUSTED_PROXIES", "1")];

/// The mutations that take the token of an email.
#[derive(Debug, Clone, Copy)]
enum Link {
    VerifyEmail,
    ResetPassword,
    AcceptInvitation,
    ConfirmEmailChange,
    UndoEmailChange,
    DisownSession,
}

const LINKS: [Link; 6] = [
    Link::VerifyEmail,
    Link::ResetPassword,
    Link::AcceptInvitation,
    Link::ConfirmEmailChange,
    Link::UndoEmailChange,
    Link::DisownSession,
];

impl Link {
    /// A token of the email, for Ann.
    async fn token(self, app: &TestApp) -> String {
        if matches!(self, Self::AcceptInvitation) {
            let root = app.administrator("root@example.com").await;
            app.create_user(&root, json!({ "email": "ann@example.com" })).await.ok();
            return app.token_to("ann@example.com", "invitation").await;
        }
        let ann = app.verified("ann@example.com").await;
        match self {
            Self::VerifyEmail => {
                app.signed_in("new@example.com").await;
                app.token_to("new@example.com", "verify_email").await
            }
            Self::ResetPassword => {
                app.request_password_reset("ann@example.com").await.ok();
                app.token_to("ann@example.com", "reset_password").await
            }
            Self::ConfirmEmailChange | Self::UndoEmailChange => {
                app.request_email_change(&ann, "ann@new.example").await.ok();
                let token = app.token_to("ann@new.example", "confirm_email_change").await;
                if matches!(self, Self::ConfirmEmailChange) {
                    return token;
                }
                app.confirm_email_change(&token).await.ok();
                app.token_to("ann@example.com", "email_changed").await
            }
            Self::DisownSession | Self::AcceptInvitation => {
                app.login("ann@example.com", PASSWORD).from("203.0.113.77").await.signed_in();
                app.token_to("ann@example.com", "new_device").await
            }
        }
    }

    fn follow(self, app: &TestApp, token: &str) -> GraphQLRequest {
        match self {
            Self::VerifyEmail => app.verify_email(token),
            Self::ResetPassword | Self::AcceptInvitation => app.reset_password(token, NEW),
            Self::ConfirmEmailChange => app.confirm_email_change(token),
            Self::UndoEmailChange => app.undo_email_change(token),
            Self::DisownSession => app.mutate("disownSession", json!({ "token": token }), "sessionId"),
        }
    }
}

/// The reason of a refused token.
#[track_caller]
fn reason(answer: &Answer) -> &str {
    assert_eq!(answer.code(), "INVALID_TOKEN");
    answer.extension("reason").as_str().unwrap_or_else(|| panic!("no reason: {}", answer.text))
}

#[tokio::test]
async fn a_link_that_was_followed_before_is_used() {
    for link in LINKS {
        let app = TestApp::with(BEHIND_PROXY).await;
        let token = link.token(&app).await;
        link.follow(&app, &token).await.ok();
        app.wait(Duration::from_mins(1));

        let again = link.follow(&app, &token).await;

        assert_eq!(reason(&again), "USED", "{link:?}");
        assert_eq!(again.errors()[0]["message"], "The link or token was used before.");
        app.wait(8 * DAY);
        assert_eq!(reason(&link.follow(&app, &token).await), "USED", "{link:?} after its end");
    }
}

#[tokio::test]
async fn a_link_that_is_too_old_is_expired_until_it_is_forgotten() {
    for link in LINKS {
        let app = TestApp::with(BEHIND_PROXY).await;
        let token = link.token(&app).await;

        app.wait(7 * DAY);
        let late = link.follow(&app, &token).await;

        assert_eq!(reason(&late), "EXPIRED", "{link:?}");
        app.wait(4 * DAY);
        sweep(&app.app, &CancellationToken::new()).await.unwrap();
        assert_eq!(reason(&link.follow(&app, &token).await), "UNKNOWN", "{link:?}");
    }
}

#[tokio::test]
async fn an_hourly_sweep_leaves_a_link_that_has_just_expired() {
    let app = TestApp::start().await;
    let token = Link::ResetPassword.token(&app).await;

    app.wait(Duration::from_hours(2));
    sweep(&app.app, &CancellationToken::new()).await.unwrap();

    assert_eq!(reason(&app.reset_password(&token, NEW).await), "EXPIRED");
}

#[tokio::test]
async fn a_link_that_a_newer_one_replaced_is_expired_and_not_used() {
    let app = TestApp::start().await;
    let older = Link::ResetPassword.token(&app).await;
    app.request_password_reset("ann@example.com").await.ok();
    assert_eq!(reason(&app.reset_password(&older, NEW).await), "EXPIRED");

    let newer = app.token_to("ann@example.com", "reset_password").await;
    let ann = app.login("ann@example.com", PASSWORD).await.signed_in();
    app.change_password(&ann, PASSWORD, NEW).await.ok();
    assert_eq!(reason(&app.reset_password(&newer, NEW).await), "EXPIRED");
}

#[tokio::test]
async fn a_revoked_link_is_not_accepted_by_an_instance_whose_clock_is_behind() {
    let app = TestApp::start().await;
    let older = Link::ResetPassword.token(&app).await;
    app.wait(Duration::from_secs(10));
    app.request_password_reset("ann@example.com").await.ok();

    app.clock.set_back(Duration::from_secs(5));

    assert_eq!(reason(&app.reset_password(&older, NEW).await), "EXPIRED");
}

#[tokio::test]
async fn a_link_of_an_account_that_has_left_its_address_is_expired() {
    let app = TestApp::start().await;
    let ann = app.signed_in("ann@example.com").await;
    let verify = app.token_to("ann@example.com", "verify_email").await;
    app.request_email_change(&ann, "ann@new.example").await.ok();
    let confirm = app.token_to("ann@new.example", "confirm_email_change").await;
    app.confirm_email_change(&confirm).await.ok();

    assert_eq!(reason(&app.verify_email(&verify).await), "EXPIRED");
}

#[tokio::test]
async fn what_was_never_a_token_for_this_is_unknown() {
    let app = TestApp::start().await;
    app.signed_in("ann@example.com").await;
    let other = app.token_to("ann@example.com", "verify_email").await;

    for link in LINKS {
        for token in ["", "nonsense", UNKNOWN] {
            assert_eq!(reason(&link.follow(&app, token).await), "UNKNOWN", "{link:?} {token}");
        }
        if !matches!(link, Link::VerifyEmail) {
            assert_eq!(reason(&link.follow(&app, &other).await), "UNKNOWN", "{link:?} with a token of another purpose");
        }
    }
    // None of this has used the token up.
    app.verify_email(&other).await.ok();
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_simultaneous_uses_one_wins_and_the_others_read_that_it_was_used() {
    for link in [Link::ResetPassword, Link::AcceptInvitation, Link::UndoEmailChange, Link::DisownSession] {
        let app = TestApp::with(BEHIND_PROXY).await;
        let token = link.token(&app).await;

        let answers = app.at_once((0..20).map(|_| link.follow(&app, &token))).await;

        let (won, lost): (Vec<_>, Vec<_>) = answers.iter().partition(|answer| answer.errors().is_empty());
        assert_eq!((won.len(), lost.len()), (1, 19), "{link:?}");
        for answer in lost {
            assert_eq!(reason(answer), "USED", "{link:?}");
        }
    }
}

#[tokio::test]
async fn a_challenge_says_whether_it_was_used_or_is_over() {
    let app = TestApp::start().await;
    let ann = app.with_mfa("ann@example.com").await;
    let [used, guessed, late] = [
        app.challenge("ann@example.com").await,
        app.challenge("ann@example.com").await,
        app.challenge("ann@example.com").await,
    ];
    let verify = |challenge: &str| app.verify_mfa(challenge, &ann.backup_codes[7]);

    app.verify_mfa(&used, &ann.backup_codes[0]).await.signed_in();
    for _ in 0..5 {
        app.verify_mfa(&guessed, &app.wrong_code(&ann.authenticator)).await.code();
    }
    assert_eq!(reason(&verify(&used).await), "USED");
    assert_eq!(reason(&verify(&guessed).await), "USED", "five wrong codes");
    assert_eq!(reason(&verify("agc_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA").await), "UNKNOWN");

    app.wait(Duration::from_mins(5));
    assert_eq!(reason(&verify(&late).await), "EXPIRED");
}

#[tokio::test]
async fn a_challenge_whose_first_factor_is_not_valid_any_more_is_expired() {
    let app = TestApp::start().await;
    let ann = app.with_mfa("ann@example.com").await;
    let challenge = app.challenge("ann@example.com").await;

    app.change_password(&ann.session, PASSWORD, NEW).await.ok();

    assert_eq!(reason(&app.verify_mfa(&challenge, &ann.backup_codes[0]).await), "EXPIRED");
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_codes_for_one_challenge_one_wins_and_the_others_read_that_it_was_used() {
    let app = TestApp::with(&[("RATE_LIMIT_MFA", "0"), ("MFA_CHALLENGE_ATTEMPTS", "100")]).await;
    let ann = app.with_mfa("ann@example.com").await;
    let challenge = app.challenge("ann@example.com").await;

    let answers = app.at_once(ann.backup_codes.iter().map(|code| app.verify_mfa(&challenge, code))).await;

    let (won, lost): (Vec<_>, Vec<_>) = answers.iter().partition(|answer| answer.errors().is_empty());
    assert_eq!((won.len(), lost.len()), (1, ann.backup_codes.len() - 1));
    for answer in lost {
        assert_eq!(reason(answer), "USED");
    }
}
