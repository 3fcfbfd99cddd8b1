//! Whoever was let in may have been thrown out a moment later, or have proved too long ago who they are: what lasts is
//! refused by the flows themselves.

use std::time::Duration;

use authgraph::app::viewer::{Viewer, authenticate};
use authgraph::error::{Error, Refusal};
use authgraph::flows::link_oauth_account::{link_oauth_account, unlink_oauth_account};
use authgraph::flows::set_password::set_password;
use authgraph::records::oauth_accounts;
use authgraph::values::caller::Caller;
use authgraph::values::ids::OAuthAccountId;
use authgraph::values::oauth::{OAuthAnswer, RedirectAnswer};
use authgraph::values::password::Password;
use authgraph::values::secret_token::OAuthFlowToken;

use crate::support::provider::{Person, TestProvider};
use crate::support::{PASSWORD, SignedIn, TestApp};

fn ann() -> Person {
    Person::new("ann-1", "ann@example.com")
}

/// A thief in a session of an account without a password, whose requests have been let in.
struct Thief {
    session: String,
    let_in: Viewer,
    /// Links his account at a provider.
    linking: OAuthAnswer,
    /// The account of the owner, which is not her last.
    hers: OAuthAccountId,
}

/// Ann and the thief.
async fn stolen(app: &TestApp, one: &TestProvider, two: &TestProvider) -> (SignedIn, Thief) {
    let owner = app.passwordless(one, &ann()).await;
    app.linked(&owner, two, &Person::new("ann-2", "ann@elsewhere.example")).await;
    let thief = app.log_in_at(one, &ann()).await.signed_in();
    let started = app.start_oauth_by(&thief, two.name, "LINK").await;
    let callback = two.sign_in(&started.url, &Person::new("thief-1", "thief@evil.example"));
    let linking = OAuthAnswer::Redirect(RedirectAnswer {
        flow: OAuthFlowToken::parse(&started.flow),
        code: Ok(callback.code.unwrap().into()),
        state: callback.state,
        iss: callback.iss,
        name: None,
    });
    let linked = oauth_accounts::list_of_users(&app.app.db, &[owner.user.parse().unwrap()]).await.unwrap();
    let let_in = authenticate(&app.app, &thief.access).await.unwrap();
    (owner, Thief { session: thief.session, let_in, linking, hers: linked[0].id })
}

/// What the thief tries, and how each of it is refused.
async fn refusals(app: &TestApp, thief: Thief) -> [Option<Error>; 3] {
    let Thief { let_in, linking, hers, .. } = thief;
    let (caller, new) = (Caller::operator("the thief"), Password::typed(PASSWORD.to_owned()));
    [
        link_oauth_account(&app.app, &caller, &let_in, linking).await.err(),
        unlink_oauth_account(&app.app, &caller, &let_in, hers).await.err(),
        set_password(&app.app, &caller, &let_in, &new).await.err(),
    ]
}

#[tokio::test]
async fn nothing_lasts_that_is_done_in_a_session_that_ended_meanwhile() {
    let (app, one, two) = TestApp::with_two_providers(&[]).await;
    let (owner, thief) = stolen(&app, &one, &two).await;
    app.revoke_session(&owner, &thief.session).await.ok();

    for error in refusals(&app, thief).await {
        assert!(matches!(error, Some(Error::Refused(Refusal::Unauthenticated))), "{error:?}");
    }

    assert_eq!(app.providers_of(&owner).await, ["one", "two"]);
    app.assert_no_password("ann@example.com").await;
}

#[tokio::test]
async fn nothing_lasts_that_is_done_without_a_recent_proof() {
    let (app, one, two) = TestApp::with_two_providers(&[]).await;
    let (owner, thief) = stolen(&app, &one, &two).await;
    app.wait(Duration::from_mins(10));

    for error in refusals(&app, thief).await {
        assert!(matches!(error, Some(Error::Refused(Refusal::ReauthenticationRequired))), "{error:?}");
    }

    assert_eq!(app.providers_of(&owner).await, ["one", "two"]);
}
