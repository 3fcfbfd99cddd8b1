//! Requests at the same moment: one user, one login for each answer, and always a way in.

use authgraph::records::{oauth_accounts, users};
use authgraph::tools::db::Tx;
use authgraph::values::email_address::EmailAddress;
use futures_util::future::join;

use crate::support::provider::Person;
use crate::support::{Answer, GraphQLRequest, PASSWORD, TestApp};

const ANN: &str = "ann@example.com";

fn ann() -> Person {
    Person::new("ann-1", ANN)
}

/// How many answers hold no error; every other one is refused in this way.
#[track_caller]
fn succeeded(answers: &[Answer], refusal: &str) -> usize {
    let (done, refused): (Vec<_>, Vec<_>) = answers.iter().partition(|answer| answer.errors().is_empty());
    for answer in refused {
        assert_eq!(answer.refusal(), refusal);
    }
    done.len()
}

#[tokio::test(flavor = "multi_thread")]
async fn many_first_sign_ins_at_two_providers_make_one_user() {
    let (app, one, two) = TestApp::with_two_providers(&[]).await;
    let there = app.another_instance().await;
    let mut logins = Vec::new();
    for n in 0..20 {
        let (server, provider) = if n % 2 == 0 { (&app, &one) } else { (&there, &two) };
        logins.push(server.arrive_from(provider, &Person::new(&format!("ann-at-{}", provider.name), ANN)).await);
    }

    let answers = app.at_once_patiently(logins).await;

    let first = answers[0].signed_in();
    assert!(answers.iter().all(|answer| answer.signed_in().user == first.user));
    assert_eq!((app.rows("users").await, app.rows("oauth_accounts").await), (1, 2));
    let trail = app.audit_trail().await;
    assert_eq!(trail.iter().filter(|event| *event == "USER_REGISTERED Success").count(), 1, "{trail:?}");
    assert_eq!(trail.iter().filter(|event| *event == "LOGIN Success").count(), 20, "{trail:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_first_sign_in_and_a_registration_at_once_leave_the_account_to_the_owner_of_the_mailbox() {
    let (app, one) = TestApp::with_provider(&[]).await;
    for n in 0..10 {
        let email = format!("ann{n}@example.com");
        let login = app.arrive_from(&one, &Person::new(&format!("ann-{n}"), &email)).await;

        let answers = app.at_once_patiently([app.register(&email), login]).await;

        let owner = answers[1].signed_in();
        let me = app.ask("{ me { emailVerified hasPassword } }").by(&owner).await.ok();
        assert_eq!(me.at("/me/emailVerified"), &true, "{email}");
        // Whoever registered came first and lost the password, or came second and was refused.
        assert_eq!(me.at("/me/hasPassword"), &false, "{email}");
        app.assert_no_password(&email).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_completions_of_one_flow_exactly_one_is_a_login() {
    let (app, one) = TestApp::with_provider(&[]).await;
    let there = app.another_instance().await;
    let started = app.start_oauth("one").await;
    let callback = one.sign_in(&started.url, &ann());

    let completions = (0..10).flat_map(|_| [&app, &there]).map(|server| server.complete_oauth(&started, &callback));
    let answers = app.at_once_patiently(completions).await;

    assert_eq!(succeeded(&answers, "INVALID_TOKEN USED"), 1);
    assert_eq!((one.count("/token"), app.rows("sessions").await), (1, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn of_the_last_two_ways_in_one_stays() {
    let (app, one, two) = TestApp::with_two_providers(&[]).await;
    for n in 0..10 {
        let session = app.passwordless(&one, &Person::new(&format!("ann-{n}"), &format!("ann{n}@example.com"))).await;
        app.linked(&session, &two, &Person::new(&format!("ann-{n}"), "ann@elsewhere.example")).await;
        let accounts = app.ask("{ me { oauthAccounts { id } } }").by(&session).await.ok();
        let ids = [0, 1].map(|n| accounts.text_at(&format!("/me/oauthAccounts/{n}/id")).to_owned());

        let answers = app.at_once_patiently(ids.map(|id| app.unlink_oauth(&session, &id))).await;

        assert_eq!(succeeded(&answers, "CONFLICT LAST_LOGIN_METHOD"), 1);
        assert_eq!(app.providers_of(&session).await.len(), 1);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_users_who_link_one_account_at_once_one_gets_it() {
    let (app, one) = TestApp::with_provider(&[]).await;
    let users = [app.verified("bob@example.com").await, app.verified("eve@example.com").await];
    for n in 0..5 {
        let person = Person::new(&format!("shared-{n}"), "shared@elsewhere.example");
        let linkings = [app.linking(&users[0], &one, &person).await, app.linking(&users[1], &one, &person).await];

        let answers = app.at_once_patiently(linkings).await;

        assert_eq!(succeeded(&answers, "CONFLICT LINKED_ELSEWHERE"), 1);
    }
    assert_eq!(app.rows("oauth_accounts").await, 5);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_first_passwords_at_once_one_is_set() {
    let (app, one) = TestApp::with_provider(&[]).await;
    let session = app.passwordless(&one, &ann()).await;

    let answers = app.at_once_patiently([PASSWORD, "Another-Horse-8"].map(|new| app.set_password(&session, new))).await;

    assert_eq!(succeeded(&answers, "CONFLICT HAS_PASSWORD"), 1);
    let mut opened = 0;
    for password in [PASSWORD, "Another-Horse-8"] {
        opened += usize::from(app.login(ANN, password).await.errors().is_empty());
    }
    assert_eq!(opened, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_login_and_an_unlinking_at_once_leave_no_session_of_a_stranger() {
    let (app, one) = TestApp::with_provider(&[]).await;
    let session = app.verified(ANN).await;
    for n in 0..5 {
        let person = Person::new(&format!("ann-{n}"), &format!("other{n}@elsewhere.example"));
        let id = app.linked(&session, &one, &person).await;
        let login = app.arrive_from(&one, &person).await;

        let answers = app.at_once_patiently([login, app.unlink_oauth(&session, &id)]).await;

        answers[0].signed_in();
        answers[1].clone().ok();
        // Later than the unlinking, it is the login of somebody new.
        assert_ne!(app.log_in_at(&one, &person).await.signed_in().user, session.user);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn many_first_sign_ins_of_one_account_whose_address_changes_make_one_user() {
    let (app, one) = TestApp::with_provider(&[]).await;
    let mut logins = Vec::new();
    for n in 0..10 {
        logins.push(app.arrive_from(&one, &Person::new("ann-1", &format!("ann{n}@example.com"))).await);
    }

    let answers = app.at_once_patiently(logins).await;

    let first = answers[0].signed_in();
    assert!(answers.iter().all(|answer| answer.signed_in().user == first.user));
    assert_eq!((app.rows("users").await, app.rows("oauth_accounts").await), (1, 1));
}

/// What comes of a login that has found its user, and waits for a transaction that holds the user's row and then ends.
async fn overtaken(app: &TestApp, login: GraphQLRequest, other: Tx) -> Answer {
    let waiting = "select count(*) from pg_locks where not granted and pid in
        (select pid from pg_stat_activity where query like 'update users set updated_at = updated_at%')";
    let end = async {
        // On SQLite a transaction that writes is the only one.
        while !app.app.db.is_sqlite() && app.app.db.query(waiting).one::<(i64,)>().await.unwrap().0 == 0 {
            tokio::task::yield_now().await;
        }
        other.commit().await.unwrap();
    };
    join(login.until_available(), end).await.0
}

#[tokio::test(flavor = "multi_thread")]
async fn a_login_that_waits_for_an_unlinking_does_not_come_in_by_that_link() {
    let (app, one) = TestApp::with_provider(&[]).await;
    let session = app.verified(ANN).await;
    let person = Person::new("ann-1", "other@elsewhere.example");
    app.linked(&session, &one, &person).await;
    let login = app.arrive_from(&one, &person).await;

    let (user, mut unlinking) = (session.user.parse().unwrap(), app.app.db.begin().await.unwrap());
    users::hold(&mut unlinking, user).await.unwrap();
    oauth_accounts::unlink_all(&mut unlinking, user).await.unwrap();
    let answer = overtaken(&app, login, unlinking).await;

    assert_ne!(answer.signed_in().user, session.user);
    assert!(app.providers_of(&session).await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_login_that_waits_for_a_change_of_address_does_not_come_in_by_the_old_one() {
    let (app, one) = TestApp::with_provider(&[]).await;
    let session = app.verified(ANN).await;
    let login = app.arrive_from(&one, &ann()).await;

    let (user, mut change) = (session.user.parse().unwrap(), app.app.db.begin().await.unwrap());
    let new = EmailAddress::parse("ann@new.example").unwrap();
    assert!(users::change_email(&mut change, user, &new, app.app.clock.now()).await.unwrap());
    let answer = overtaken(&app, login, change).await;

    assert_ne!(answer.signed_in().user, session.user);
    assert!(app.providers_of(&session).await.is_empty());
}
