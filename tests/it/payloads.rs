//! Mutations give back what they changed, as it is afterwards.

use std::collections::HashSet;
use std::time::Duration;

use authgraph::records::sessions::{self, SessionDevice};
use authgraph::values::caller::Caller;
use authgraph::values::ids::UserId;
use serde_json::{Value, json};

use crate::support::codes_of;
use crate::support::{Answer, PASSWORD, SignedIn, TestApp};

const NEW: &str = "Another-Horse-8";
const SESSIONS: &str = "user { id sessions(status: ACTIVE) { edges { node { id } } } }";

/// Ann, signed in on so many devices.
async fn ann_on_devices(app: &TestApp, many: usize) -> Vec<SignedIn> {
    let mut on = vec![app.signed_in("ann@example.com").await];
    while on.len() < many {
        app.wait(Duration::from_secs(1));
        on.push(app.login("ann@example.com", PASSWORD).await.signed_in());
    }
    on
}

fn ids(answer: &Answer, field: &str) -> HashSet<String> {
    let told = answer.at(&format!("/{field}/endedSessionIds")).as_array().unwrap();
    told.iter().map(|id| id.as_str().unwrap().to_owned()).collect()
}

fn sessions_of<'a>(on: impl IntoIterator<Item = &'a SignedIn>) -> HashSet<String> {
    on.into_iter().map(|who| who.session.clone()).collect()
}

#[tokio::test]
async fn whoever_ends_the_other_sessions_is_told_which_they_were_and_what_is_left() {
    let app = TestApp::start().await;
    let on = ann_on_devices(&app, 3).await;

    let document = format!("mutation {{ revokeOtherSessions {{ endedSessionIds endedSessionCount {SESSIONS} }} }}");
    let ended = app.ask(document).by(&on[1]).await.ok();

    assert_eq!(ids(&ended, "revokeOtherSessions"), sessions_of([&on[0], &on[2]]));
    assert_eq!(ended.at("/revokeOtherSessions/endedSessionCount"), &json!(2));
    let left = ended.at("/revokeOtherSessions/user/sessions/edges");
    assert_eq!(left, &json!([{ "node": { "id": on[1].session } }]));
}

#[tokio::test]
async fn a_session_that_ends_itself_still_shows_its_user_in_the_answer() {
    let app = TestApp::start().await;
    let ann = app.signed_in("ann@example.com").await;

    let payload = "session { current status user { email } }";
    let ended = app.mutate("revokeSession", json!({ "sessionId": ann.session }), payload).by(&ann).await.ok();

    let session = json!({ "current": true, "status": "REVOKED", "user": { "email": "ann@example.com" } });
    assert_eq!(ended.at("/revokeSession/session"), &session);
}

#[tokio::test]
async fn whoever_ends_all_sessions_is_told_which_they_were() {
    let app = TestApp::start().await;
    let on = ann_on_devices(&app, 3).await;
    app.logout(&on[0]).await.ok();

    let ended = app.revoke_all(&on[1]).await.ok();

    assert_eq!(ids(&ended, "revokeAllSessions"), sessions_of([&on[1], &on[2]]));
    assert_eq!(ended.at("/revokeAllSessions/endedSessionCount"), &json!(2));
}

#[tokio::test]
async fn an_administrator_who_ends_a_users_sessions_gets_them_and_the_user_back() {
    let app = TestApp::start().await;
    let admin = app.administrator("root@example.com").await;
    let on = ann_on_devices(&app, 2).await;

    let payload = format!("endedSessionIds endedSessionCount {SESSIONS}");
    let ended = app.mutate("revokeUserSessions", json!({ "userId": on[0].user }), &payload).by(&admin).await.ok();

    assert_eq!(ids(&ended, "revokeUserSessions"), sessions_of(&on));
    assert_eq!(ended.text_at("/revokeUserSessions/user/id"), on[0].user);
    assert_eq!(ended.at("/revokeUserSessions/user/sessions/edges"), &json!([]));
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_who_end_all_sessions_at_once_each_session_is_told_to_one() {
    let app = TestApp::start().await;
    let on = ann_on_devices(&app, 12).await;

    let answers = app.at_once(on.iter().map(|who| app.revoke_all(who))).await;

    let told: Vec<String> = answers
        .iter()
        .filter(|answer| answer.errors().is_empty())
        .flat_map(|answer| ids(answer, "revokeAllSessions"))
        .collect();
    assert_eq!(told.len(), 12);
    assert_eq!(told.into_iter().collect::<HashSet<_>>(), sessions_of(&on));
}

/// Sessions beside those that were opened by a login.
async fn open_sessions(app: &TestApp, user: &str, many: usize) {
    let (user, caller): (UserId, _) = (user.parse().unwrap(), Caller::operator("test"));
    let now = app.app.clock.now();
    let mut tx = app.app.db.begin().await.unwrap();
    for _ in 0..many {
        let times = (now, now + Duration::from_hours(1));
        let session = sessions::new(user, SessionDevice::default(), &caller, Vec::new(), times).unwrap();
        sessions::open(&mut tx, &session).await.unwrap();
    }
    tx.commit().await.unwrap();
}

#[tokio::test]
async fn of_very_many_sessions_all_are_counted_and_the_newest_thousand_named() {
    let app = TestApp::start().await;
    let ann = app.signed_in("ann@example.com").await;
    open_sessions(&app, &ann.user, 1_003).await;

    let ended = app.revoke_all(&ann).await.ok();

    assert_eq!(ended.at("/revokeAllSessions/endedSessionCount"), &json!(1_004));
    let told = ids(&ended, "revokeAllSessions");
    assert_eq!((told.len(), told.contains(&ann.session)), (1_000, false));
    let events = authgraph::records::audit_log::list_latest(&app.app.db, 1).await.unwrap();
    assert_eq!(events[0].metadata["endedSessions"], json!(1_004));
    assert_eq!(events[0].metadata["endedSessionIds"].as_array().unwrap().len(), 1_000);
}

#[tokio::test]
async fn metadata_under_many_names_was_no_part_of_the_size_of_an_answer() {
    let app = TestApp::start().await;
    let ann = app.signed_in("ann@example.com").await;
    open_sessions(&app, &ann.user, 1_000).await;
    app.revoke_others(&ann).await.ok();

    for field in ["metadata", "endedSessionIds"] {
        let names: Vec<_> = (0..28).map(|number| format!("a{number}: {field}")).collect();
        let names = names.join(" ");
        let once = format!("{{ me {{ auditEvents(first: 1) {{ nodes {{ {field} }} }} }} }}");
        app.ask(once).by(&ann).await.ok();
        let many = format!("{{ me {{ auditEvents(first: 1) {{ nodes {{ {names} }} }} }} }}");
        assert_eq!(app.ask(many).by(&ann).await.code(), "QUERY_TOO_COMPLEX", "{field}");
    }
}

#[tokio::test]
async fn a_changed_password_shows_the_user_and_the_sessions_that_are_left() {
    let app = TestApp::start().await;
    let on = ann_on_devices(&app, 2).await;
    app.wait(Duration::from_secs(1));
    let now = app.app.clock.now();

    let input = json!({ "currentPassword": PASSWORD, "newPassword": NEW });
    let payload = "endedSessionIds endedSessionCount
        user { updatedAt sessions(status: ACTIVE) { edges { node { id recentAuthUntil } } } }";
    let changed = app.mutate("changePassword", input, payload).by(&on[1]).await.ok();

    assert_eq!(ids(&changed, "changePassword"), sessions_of([&on[0]]));
    assert_eq!(changed.at("/changePassword/endedSessionCount"), &json!(1));
    let user = changed.at("/changePassword/user");
    let time = |at: authgraph::values::time::Time| json!(at.to_rfc3339_opts(chrono::SecondsFormat::Millis, true));
    assert_eq!(user["updatedAt"], time(now));
    let proved = json!({ "id": on[1].session, "recentAuthUntil": time(now + Duration::from_mins(10)) });
    assert_eq!(user["sessions"]["edges"], json!([{ "node": proved }]));
}

#[tokio::test]
async fn new_backup_codes_are_counted_in_the_answer_that_shows_them() {
    let app = TestApp::start().await;
    let ann = app.with_mfa("ann@example.com").await;
    app.login_with_code("ann@example.com", &ann.backup_codes[0]).await.ok();
    let code = app.next_code(&ann.authenticator);
    let document = "mutation($code: String!) {
        before: updateProfile(input: {}) { user { mfa { backupCodesRemaining } } }
        regenerateBackupCodes(input: { code: $code }) { backupCodes user { mfa { backupCodesRemaining } } } }";

    let renewed = app.ask(document).variables(json!({ "code": code })).by(&ann.session).await.ok();

    assert_eq!(renewed.at("/before/user/mfa/backupCodesRemaining"), &json!(7));
    assert_eq!(renewed.at("/regenerateBackupCodes/user/mfa/backupCodesRemaining"), &json!(8));
    assert_eq!(codes_of(&renewed, "regenerateBackupCodes").len(), 8);
}

#[tokio::test]
async fn an_address_comes_back_as_it_was_read_whether_it_has_an_account_or_not() {
    let app = TestApp::start().await;
    app.register("ann@example.com").await.ok();

    for name in ["Ann", "Stranger"] {
        let (typed, read) = (format!(" {name}@Example.COM "), format!("{}@example.com", name.to_lowercase()));
        let (reset, verification) = (app.request_password_reset(&typed).await, app.resend_verification(&typed).await);
        assert_eq!(reset.text, json!({ "data": { "requestPasswordReset": { "email": read } } }).to_string());
        assert_eq!(verification.text, json!({ "data": { "resendVerificationEmail": { "email": read } } }).to_string());
    }
}

#[tokio::test]
async fn an_administrator_who_sends_a_reset_gets_the_user_back() {
    let app = TestApp::start().await;
    let admin = app.administrator("root@example.com").await;
    let ann = app.signed_in("ann@example.com").await;

    let sent = app.send_user_password_reset(&admin, &ann.user).await.ok();

    assert_eq!(sent.text_at("/sendUserPasswordReset/user/id"), ann.user);
}

async fn verify_as(app: &TestApp, token: &str, who: Option<&SignedIn>) -> Answer {
    let asked = app.mutate("verifyEmail", json!({ "token": token }), "email user { id emailVerified }");
    match who {
        Some(who) => asked.by(who).await.ok(),
        None => asked.await.ok(),
    }
}

#[tokio::test]
async fn whoever_verifies_their_own_address_sees_that_it_is_verified_also_the_second_time() {
    let app = TestApp::start().await;
    let ann = app.signed_in("ann@example.com").await;
    let token = app.token_to("ann@example.com", "verify_email").await;

    let (first, second) = (verify_as(&app, &token, Some(&ann)).await, verify_as(&app, &token, Some(&ann)).await);

    for answer in [first, second] {
        assert_eq!(answer.text_at("/verifyEmail/email"), "ann@example.com");
        assert_eq!(answer.at("/verifyEmail/user"), &json!({ "id": ann.user, "emailVerified": true }));
    }
}

#[tokio::test]
async fn whoever_verifies_the_address_of_another_user_does_not_see_them() {
    let app = TestApp::start().await;
    let bob = app.signed_in("bob@example.com").await;
    let admin = app.administrator("root@example.com").await;
    let gone = app.signed_in("carol@example.com").await;
    app.logout(&gone).await.ok();

    for (n, who) in [Some(&bob), Some(&admin), None].into_iter().enumerate() {
        let email = format!("ann{n}@example.com");
        app.register(&email).await.ok();
        let token = app.token_to(&email, "verify_email").await;
        let answer = verify_as(&app, &token, who).await;
        assert_eq!(answer.at("/verifyEmail"), &json!({ "email": email, "user": null }));
    }
}

#[tokio::test]
async fn a_token_that_is_not_valid_any_more_keeps_nobody_from_verifying() {
    let app = TestApp::start().await;
    let ann = app.signed_in("ann@example.com").await;
    let token = app.token_to("ann@example.com", "verify_email").await;
    app.logout(&ann).await.ok();

    let answer = verify_as(&app, &token, Some(&ann)).await;

    assert_eq!(answer.at("/verifyEmail"), &json!({ "email": "ann@example.com", "user": null }));
}

#[tokio::test]
async fn a_confirmed_address_shows_the_user_to_themselves_and_to_nobody_else() {
    for is_signed_in in [true, false] {
        let app = TestApp::start().await;
        let ann = app.signed_in("ann@example.com").await;
        app.request_email_change(&ann, "ann@new.example").await.ok();
        let token = app.token_to("ann@new.example", "confirm_email_change").await;
        let payload = "email user { id email emailVerified pendingEmail }";

        let asked = app.mutate("confirmEmailChange", json!({ "token": token }), payload);
        let answer = if is_signed_in { asked.by(&ann).await.ok() } else { asked.await.ok() };

        let user = json!({ "id": ann.user, "email": "ann@new.example", "emailVerified": true, "pendingEmail": null });
        assert_eq!(answer.text_at("/confirmEmailChange/email"), "ann@new.example");
        assert_eq!(answer.at("/confirmEmailChange/user"), if is_signed_in { &user } else { &Value::Null });
    }
}
