//! Importing users: what is written, what is refused and why, and that it can be run again.

use std::io::Cursor;
use std::process::Output;

use authgraph::flows::import_users::{ImportFormat, ImportNews, ImportOptions, ImportTotals, import_users};
use authgraph::flows::verify_audit::{TrailVerdict, verify_audit};
use authgraph::records::statistics;
use authgraph::records::users::{self, User};
use authgraph::values::email_address::EmailAddress;
use authgraph::values::user::Role;
use serde_json::{Value, json};

use crate::support::process::{run, run_with_input};
use crate::support::{Authenticator, PASSWORD, START, TestApp};

const BCRYPT: &str = "$2b$05$lcAXgZXFfA2/fWKWE/3GhOmtrZJUUeg8HckMIxfGkllVZ50KbNgBG";

fn options(format: ImportFormat) -> ImportOptions {
    ImportOptions { format, is_dry_run: false, assume_verified: false, firebase_parameters: None }
}

/// Imports a file; answers the totals, and what was said of refused users.
async fn import(app: &TestApp, options: &ImportOptions, file: &str) -> (ImportTotals, Vec<String>) {
    let mut refused = Vec::new();
    let file = Box::new(Cursor::new(file.to_owned()));
    let totals = import_users(&app.app, file, options, |news| {
        if let ImportNews::Refused(place, reason) = news {
            refused.push(format!("{place}: {reason}"));
        }
    });
    (totals.await.unwrap(), refused)
}

async fn find(app: &TestApp, email: &str) -> Option<User> {
    users::find_by_email(&app.app.db, &EmailAddress::parse(email).unwrap()).await.unwrap()
}

async fn total_users(app: &TestApp) -> i64 {
    statistics::totals(&app.app.db, app.app.clock.now()).await.unwrap().users
}

#[tokio::test]
async fn a_user_keeps_what_the_file_says() {
    let app = TestApp::start().await;
    let file = format!(
        "email,email_verified,name,locale,role,password_hash,created_at,locked\n\
         Ann@Example.com,true,Ann Lee,pt_BR,ADMIN,{BCRYPT},2020-02-03T04:05:06Z,\n\
         bob@example.com,f,,,,,,t\n"
    );

    let (totals, refused) = import(&app, &options(ImportFormat::Csv), &file).await;

    assert_eq!(refused, Vec::<String>::new());
    assert_eq!((totals.imported, totals.with_password, totals.administrators), (2, 1, 1));
    let ann = find(&app, "ann@example.com").await.unwrap();
    assert_eq!((ann.name.as_deref(), ann.locale.as_deref(), ann.role), (Some("Ann Lee"), Some("pt-BR"), Role::Admin));
    assert_eq!(
        (ann.created_at.to_rfc3339(), ann.email_verified_at.is_some()),
        ("2020-02-03T04:05:06+00:00".to_owned(), true)
    );
    let bob = find(&app, "bob@example.com").await.unwrap();
    assert_eq!((bob.role, bob.password_hash.is_none(), bob.email_verified_at), (Role::User, true, None));
    assert!(bob.lock_by_admin(START).is_some());
    app.login("ann@example.com", PASSWORD).await.signed_in();
}

#[tokio::test]
async fn every_imported_user_is_an_event_and_counted() {
    let app = TestApp::start().await;
    app.signed_in("native@example.com").await;
    let file: String =
        (0..900).map(|n| json!({ "email": format!("user-{n}@example.com") }).to_string() + "\n").collect();

    let (totals, _) = import(&app, &options(ImportFormat::Jsonl), &file).await;

    assert_eq!((totals.read, totals.imported), (900, 900));
    assert_eq!(total_users(&app).await, 901);
    // The registration, the login, and one for each.
    let verdict = verify_audit(&app.app, |_| {}).await.unwrap();
    assert!(matches!(verdict, TrailVerdict::Whole { events, .. } if events >= 901), "{verdict:?}");
    assert_eq!(app.audit_trail().await.iter().filter(|action| action.starts_with("USER_IMPORTED")).count(), 900);
}

#[tokio::test]
async fn a_dry_run_says_the_same_and_writes_nothing() {
    let app = TestApp::start().await;
    app.signed_in("ann@example.com").await;
    let before = app.audit_trail().await.len();
    let file = ["ann", "bob", "bob", "eve"]
        .map(|name| json!({ "email": format!("{name}@example.com") }).to_string())
        .join("\n");
    let dry = ImportOptions { is_dry_run: true, ..options(ImportFormat::Jsonl) };

    let (told, _) = import(&app, &dry, &file).await;

    assert_eq!((told.read, told.imported, told.existing), (4, 2, 2));
    assert_eq!((total_users(&app).await, app.audit_trail().await.len()), (1, before));
    assert_eq!(import(&app, &options(ImportFormat::Jsonl), &file).await.0, told);
}

#[tokio::test]
async fn an_import_can_be_run_again() {
    let app = TestApp::start().await;
    let file: String =
        (0..600).map(|n| json!({ "email": format!("user-{n}@example.com") }).to_string() + "\n").collect();
    let half: String = file.split_inclusive('\n').take(300).collect();
    import(&app, &options(ImportFormat::Jsonl), &half).await;

    let (again, _) = import(&app, &options(ImportFormat::Jsonl), &file).await;

    assert_eq!((again.imported, again.existing), (300, 300));
    assert_eq!(total_users(&app).await, 600);
}

#[tokio::test]
async fn an_address_that_somebody_may_take_back_is_left_out() {
    let app = TestApp::start().await;
    // What was never verified is not held.
    let ann = app.admin("ann@example.com").await;
    app.request_email_change(&ann, "ann@new.example").await.ok();
    let token = app.token_to("ann@new.example", "confirm_email_change").await;
    app.confirm_email_change(&token).await.ok();

    let (totals, _) = import(&app, &options(ImportFormat::Jsonl), r#"{"email":"ann@example.com"}"#).await;

    assert_eq!((totals.imported, totals.existing, total_users(&app).await), (0, 1, 1));
}

#[tokio::test]
async fn bad_lines_are_named_and_the_others_are_imported() {
    let app = TestApp::start().await;
    let lines = [
        r#"{"email":"ann@example.com"}"#.to_owned(),
        "{".to_owned(),
        r#"{"email":"nobody"}"#.to_owned(),
        r#"{"name":"Ann"}"#.to_owned(),
        r#"{"email":"b@example.com","rol":"ADMIN"}"#.to_owned(),
        r#"{"email":"c@example.com","role":"ROOT"}"#.to_owned(),
        r#"{"email":"d@example.com","passwordHash":"$2b$31$lcAXgZXFfA2/fWKWE/3GhOmtrZJUUeg8HckMIxfGkllVZ50KbNgBG"}"#
            .to_owned(),
        r#"{"email":"e@example.com","passwordHash":"hunter2"}"#.to_owned(),
        r#"{"email":"f@example.com","createdAt":"2999-01-01T00:00:00Z"}"#.to_owned(),
        r#"{"email":"g@example.com","totpSecret":"1"}"#.to_owned(),
        format!(r#"{{"email":"h@example.com","name":"{}"}}"#, "x".repeat(81)),
        r#"{"email":"bob@example.com"}"#.to_owned(),
    ];

    let (totals, refused) = import(&app, &options(ImportFormat::Jsonl), &lines.join("\n")).await;

    assert_eq!((totals.imported, totals.refused), (2, 10));
    let numbers: Vec<&str> = refused.iter().map(|said| said.split(':').next().unwrap()).collect();
    assert_eq!(numbers, (2..=11).map(|n| format!("line {n}")).collect::<Vec<_>>());
    assert!(refused[5].contains("costs too much") && refused[3].contains("rol: no such field"), "{refused:?}");
    assert!(!refused.concat().contains("hunter2") && !refused.concat().contains("lcAXgZXF"), "{refused:?}");
    assert_eq!(total_users(&app).await, 2);
}

#[tokio::test]
async fn the_second_factor_of_an_imported_user_is_asked_for_and_works() {
    let app = TestApp::start().await;
    // Ten bytes, as many systems make them: shorter than ours.
    let secret = "JBSWY3DPEHPK3PXP";
    let line =
        json!({ "email": "ann@example.com", "emailVerified": true, "passwordHash": BCRYPT, "totpSecret": secret });

    let (totals, _) = import(&app, &options(ImportFormat::Jsonl), &line.to_string()).await;

    assert_eq!(totals.with_mfa, 1);
    let challenge = app.challenge("ann@example.com").await;
    let authenticator = Authenticator { secret: secret.to_owned() };
    assert_eq!(app.verify_mfa(&challenge, &app.wrong_code(&authenticator)).await.code(), "INVALID_MFA_CODE");
    app.verify_mfa(&challenge, &app.code(&authenticator)).await.signed_in();
}

fn command(app: &TestApp, arguments: &[&str], input: &str) -> Output {
    let settings = [("AUTHGRAPH_ENV", "development"), ("DATABASE_URL", &*app.world.database.url)];
    run_with_input(app.world.folder.path(), arguments, &settings, input)
}

#[tokio::test(flavor = "multi_thread")]
async fn the_command_reads_standard_input_and_has_exit_codes() {
    let app = TestApp::start().await;
    let lines = "{\"email\":\"ann@example.com\"}\n";

    let done = command(&app, &["users", "import", "-", "--json"], lines);
    assert!(done.status.success(), "{done:?}");
    let totals: Value = serde_json::from_slice(&done.stdout).unwrap();
    assert_eq!((&totals["imported"], &totals["refused"]), (&json!(1), &json!(0)));

    let partly = command(&app, &["users", "import", "-"], "{\"email\":\"bob@example.com\"}\nnonsense\n");
    assert_eq!(partly.status.code(), Some(5));
    assert!(String::from_utf8(partly.stderr).unwrap().contains("line 2: not valid JSON"));

    let misspelt =
        command(&app, &["users", "import", "-", "--format", "csv"], "email,pass_word_hash\na@example.com,x\n");
    assert_eq!(misspelt.status.code(), Some(1));
    assert_eq!(command(&app, &["users", "import", "nothing.jsonl"], "").status.code(), Some(1));
    assert_eq!(total_users(&app).await, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_exported_can_be_imported_elsewhere() {
    let app = TestApp::start().await;
    app.signed_in("ann@example.com").await;
    app.admin("root@example.com").await;
    let settings = [("AUTHGRAPH_ENV", "development"), ("DATABASE_URL", &*app.world.database.url)];
    let export = |arguments: &[&str]| {
        let output = run(app.world.folder.path(), &[&["users", "export"], arguments].concat(), &settings);
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stdout).unwrap()
    };

    let (plain, with_hashes) = (export(&[]), export(&["--with-hashes"]));

    assert!(!plain.contains("argon2") && with_hashes.contains("$argon2id$"));
    app.wait(std::time::Duration::from_hours(1));
    let other = TestApp::start().await;
    other.wait(std::time::Duration::from_hours(1));
    let (totals, refused) = import(&other, &options(ImportFormat::Jsonl), &with_hashes).await;
    assert_eq!((totals.imported, totals.administrators, refused.len()), (2, 1, 0), "{refused:?}");
    other.login("ann@example.com", PASSWORD).await.signed_in();
}
