//! An address that its owner can still take back is held for them, also against requests at the same moment.

use std::time::Duration;

use authgraph::app::App;
use authgraph::records::email_holds;
use authgraph::records::users::{self, NewUser, User};
use authgraph::values::email_address::EmailAddress;
use authgraph::values::ids::UserId;
use authgraph::values::user::Role;
use futures_util::future::join;

use crate::support::TestApp;

const TRIES: usize = 200;
const HOLD: Duration = Duration::from_hours(7 * 24);

fn address(text: &str) -> EmailAddress {
    EmailAddress::parse(text).unwrap()
}

async fn create(app: &App, email: &EmailAddress) -> Option<User> {
    let now = app.clock.now();
    let mut tx = app.db.begin().await.unwrap();
    let new = NewUser {
        email,
        name: None,
        locale: None,
        role: Role::User,
        password_hash: None,
        email_verified_at: None,
        creation_key: None,
        invited_at: None,
    };
    let created = users::create(&mut tx, new, now).await.unwrap();
    tx.commit().await.unwrap();
    created
}

async fn move_to(app: &App, id: UserId, email: &EmailAddress) -> bool {
    let mut tx = app.db.begin().await.unwrap();
    let moved = users::change_email(&mut tx, id, email, app.clock.now()).await.unwrap();
    // As the flow does: nothing stays of a move that is refused.
    if moved {
        tx.commit().await.unwrap();
    }
    moved
}

/// Moves an account away from `old` and lets `claim` ask for `old` before that is committed. Answers what it got.
async fn moves_away_while<T>(app: &TestApp, user: &User, claim: impl Future<Output = T>) -> T {
    let now = app.app.clock.now();
    let mut tx = app.app.db.begin().await.unwrap();
    let new = address(&format!("new-{}", user.email.as_str()));
    assert!(users::change_email(&mut tx, user.id, &new, now).await.unwrap());
    email_holds::hold(&mut tx, user.id, &user.email, now + HOLD).await.unwrap();
    let committed = async {
        app.until_one_waits("insert into users%").await;
        tx.commit().await.unwrap();
    };
    join(claim, committed).await.0
}

#[tokio::test]
async fn an_address_that_its_owner_leaves_is_not_given_to_a_registration_that_waited() {
    let app = TestApp::start().await;
    for number in 0..TRIES {
        let old = address(&format!("ann{number}@example.com"));
        let ann = create(&app.app, &old).await.unwrap();

        let squatter = moves_away_while(&app, &ann, create(&app.app, &old)).await;

        assert!(squatter.is_none(), "try {number}");
        assert!(move_to(&app.app, ann.id, &old).await, "her way back is lost in try {number}");
    }
}
