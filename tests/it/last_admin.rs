//! At least one active administrator always remains, also when several are demoted or deleted at the same moment.

use authgraph::flows::create_admin::has_admin;
use authgraph::values::ids::{OAuthAccountId, UserId};
use serde_json::json;

use crate::support::{Answer, GraphQLRequest, PASSWORD, START, SignedIn, TestApp};

async fn active_admins(app: &TestApp) -> i64 {
    let text = "select count(*) from users where role = 'ADMIN' and deleted_at is null and locked_by is null";
    let (count,): (i64,) = app.app.db.query(text).one().await.unwrap();
    count
}

async fn administrators(app: &TestApp, how_many: usize) -> Vec<SignedIn> {
    let mut admins = Vec::new();
    for number in 0..how_many {
        admins.push(app.administrator(&format!("root{number}@example.com")).await);
    }
    admins
}

/// Everybody does it to everybody else, several times over, at the same moment.
async fn all_against_all<'a>(
    app: &TestApp,
    admins: &'a [SignedIn],
    action: impl Fn(&'a SignedIn, &'a SignedIn) -> GraphQLRequest,
) -> Vec<Answer> {
    let pairs = admins.iter().flat_map(|by| admins.iter().map(move |whom| (by, whom)));
    let pairs: Vec<_> = pairs.filter(|(by, whom)| by.user != whom.user).collect();
    let requests = pairs.iter().cycle().take(200).map(|(by, whom)| action(by, whom));
    app.at_once(requests.collect::<Vec<_>>()).await
}

#[tokio::test]
async fn nobody_changes_their_own_role_or_shuts_themselves_out() {
    let app = TestApp::start().await;
    let admins = administrators(&app, 2).await;
    let own = &admins[0];

    for refused in [
        app.update_user(own, &own.user, json!({ "role": "USER" })).await,
        app.lock_user(own, &own.user, json!(null)).await,
        app.delete_user(own, &own.user).await,
    ] {
        assert_eq!((refused.code(), refused.extension("reason")), ("CONFLICT", &json!("OWN_ACCOUNT")));
    }
    app.update_user(own, &own.user, json!({ "role": "ADMIN", "name": "Root" })).await.ok();
}

#[tokio::test]
async fn the_last_administrator_cannot_leave() {
    let app = TestApp::start().await;
    let admins = administrators(&app, 2).await;

    app.delete_account(&admins[0], "root0@example.com").await.ok();

    assert_eq!(app.delete_account(&admins[1], "root1@example.com").await.code(), "CONFLICT");
    app.me(&admins[1]).await.ok();
}

#[tokio::test]
async fn a_locked_administrator_does_not_count() {
    let app = TestApp::start().await;
    let admins = administrators(&app, 2).await;
    app.lock_user(&admins[0], &admins[1].user, json!(null)).await.ok();

    assert_eq!(app.delete_account(&admins[0], "root0@example.com").await.code(), "CONFLICT");

    app.unlock_user(&admins[0], &admins[1].user).await.ok();
    app.delete_account(&admins[0], "root0@example.com").await.ok();
}

#[tokio::test]
async fn a_stranger_who_guesses_wrong_takes_no_administrator_away() {
    let app = TestApp::start().await;
    let admins = administrators(&app, 2).await;
    app.guess_wrong("root1@example.com", 5).await;

    app.delete_account(&admins[0], "root0@example.com").await.ok();

    assert_eq!(active_admins(&app).await, 0, "a lock of 15 minutes is a lock");
    app.wait(std::time::Duration::from_mins(15));
    app.login("root1@example.com", PASSWORD).await.signed_in();
}

#[tokio::test(flavor = "multi_thread")]
async fn two_hundred_demotions_at_once_leave_one() {
    let app = TestApp::start().await;
    let admins = administrators(&app, 5).await;

    let answers =
        all_against_all(&app, &admins, |by, whom| app.update_user(by, &whom.user, json!({ "role": "USER" }))).await;

    assert_eq!(active_admins(&app).await, 1);
    let demoted = app.audit_trail().await.iter().filter(|event| *event == "ROLE_CHANGED Success").count();
    assert_eq!(demoted, 4);
    for answer in answers.iter().filter(|answer| !answer.errors().is_empty()) {
        assert!(["FORBIDDEN", "CONFLICT"].contains(&answer.code()), "{}", answer.text);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_who_demote_each_other_at_once_one_has_done_it() {
    let app = TestApp::start().await;
    let (root, demoted) = (app.administrator("root@example.com").await, json!({ "role": "USER" }));
    let pair = administrators(&app, 2).await;
    for _ in 0..10 {
        let requests = [(0, 1), (1, 0)].map(|(by, whom)| app.update_user(&pair[by], &pair[whom].user, demoted.clone()));

        let answers = app.at_once(requests).await;

        let done = answers.iter().filter(|answer| answer.errors().is_empty()).count();
        assert_eq!(done, 1, "{answers:?}");
        for who in &pair {
            app.update_user(&root, &who.user, json!({ "role": "ADMIN" })).await.ok();
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_who_lock_each_other_at_once_one_remains() {
    let app = TestApp::start().await;
    let root = app.administrator("root@example.com").await;
    let pair = administrators(&app, 2).await;
    app.update_user(&pair[0], &root.user, json!({ "role": "USER" })).await.ok();

    let requests = [(0, 1), (1, 0)].map(|(by, whom)| app.lock_user(&pair[by], &pair[whom].user, json!(null)));
    let answers = app.at_once(requests).await;

    let refused: Vec<&Answer> = answers.iter().filter(|answer| !answer.errors().is_empty()).collect();
    assert_eq!(refused.len(), 1, "{answers:?}");
    assert!(["UNAUTHENTICATED", "FORBIDDEN"].contains(&refused[0].code()), "{}", refused[0].text);
    assert_eq!(active_admins(&app).await, 1);
}

#[tokio::test]
async fn the_last_administrator_who_can_sign_in_is_not_locked_by_one_who_cannot() {
    let app = TestApp::start().await;
    let admins = administrators(&app, 2).await;
    let by: UserId = admins[0].user.parse().unwrap();
    app.app.db.query("update users set password_hash = null where id = $1").bind(by).execute().await.unwrap();

    let refused = app.lock_user(&admins[0], &admins[1].user, json!(null)).await;

    assert_eq!((refused.code(), refused.extension("reason")), ("CONFLICT", &json!("LAST_ADMIN")));
    app.me(&admins[1]).await.ok();
}

#[tokio::test(flavor = "multi_thread")]
async fn locks_deletions_and_departures_at_once_leave_one() {
    let app = TestApp::start().await;
    let other = app.another_instance().await;
    let admins = administrators(&app, 4).await;

    let lock = |by: &SignedIn, whom: &SignedIn| app.lock_user(by, &whom.user, json!(null));
    let delete = |by: &SignedIn, whom: &SignedIn| other.delete_user(by, &whom.user);
    let mut requests: Vec<GraphQLRequest> = Vec::new();
    for (by, whom) in [(0, 1), (1, 2), (2, 3), (3, 0)].into_iter().cycle().take(100) {
        requests.push(lock(&admins[by], &admins[whom]));
        requests.push(delete(&admins[whom], &admins[by]));
    }
    requests.extend(admins.iter().map(|own| app.delete_account(own, &own.email)));
    app.at_once(requests).await;

    assert!(active_admins(&app).await >= 1);
}

#[tokio::test]
async fn an_administrator_who_is_only_invited_does_not_count() {
    let app = TestApp::start().await;
    let root = app.administrator("root@example.com").await;
    app.create_user(&root, json!({ "email": "new@example.com", "role": "ADMIN" })).await.ok();

    assert_eq!(app.delete_account(&root, "root@example.com").await.code(), "CONFLICT");

    let token = app.token_to("new@example.com", "invitation").await;
    app.reset_password(&token, "Other-Horse-8").await.ok();
    app.delete_account(&root, "root@example.com").await.ok();
    app.login("new@example.com", "Other-Horse-8").await.signed_in();
}

#[tokio::test]
async fn an_administrator_who_has_to_verify_the_address_first_does_not_count() {
    let app = TestApp::with(&[("EMAIL_VERIFICATION", "required")]).await;
    let root = app.administrator("root@example.com").await;
    app.register("new@example.com").await.ok();
    let id = "select id from users where email = 'new@example.com'";
    let (id,): (UserId,) = app.app.db.query(id).one().await.unwrap();
    app.update_user(&root, &id.to_string(), json!({ "role": "ADMIN" })).await.ok();

    assert_eq!(app.delete_account(&root, "root@example.com").await.code(), "CONFLICT");

    let token = app.token_to("new@example.com", "verify_email").await;
    app.verify_email(&token).await.ok();
    app.delete_account(&root, "root@example.com").await.ok();
}

#[tokio::test]
async fn an_administrator_who_signs_in_with_a_provider_counts() {
    let app = TestApp::start().await;
    let admins = administrators(&app, 2).await;
    let other: UserId = admins[1].user.parse().unwrap();
    app.app.db.query("update users set password_hash = null where id = $1").bind(other).execute().await.unwrap();
    assert_eq!(app.delete_account(&admins[0], "root0@example.com").await.code(), "CONFLICT");

    let link = "insert into oauth_accounts (id, user_id, provider, subject, linked_at) values ($1, $2, $3, $3, $4)";
    let link = app.app.db.query(link).bind(OAuthAccountId::new()).bind(other).bind("google".to_owned());
    link.bind(START).execute().await.unwrap();

    app.delete_account(&admins[0], "root0@example.com").await.ok();
}

#[tokio::test]
async fn a_server_whose_only_administrator_cannot_sign_in_has_none() {
    let app = TestApp::start().await;
    assert!(!has_admin(&app.app).await.unwrap());
    app.administrator("root@example.com").await;
    assert!(has_admin(&app.app).await.unwrap());

    app.app.db.query("update users set password_hash = null").execute().await.unwrap();

    assert!(!has_admin(&app.app).await.unwrap());
}
