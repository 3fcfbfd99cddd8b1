//! The exports of other systems, as they write them: each user signs in, with what the file says of them.

use std::io::Cursor;

use authgraph::flows::import_users::{ImportFormat, ImportNews, ImportOptions, import_users};
use authgraph::records::users::{self, User};
use authgraph::values::email_address::EmailAddress;
use serde_json::json;

use crate::support::{PASSWORD, START, TestApp};

const BCRYPT: &str = "$2b$05$lcAXgZXFfA2/fWKWE/3GhOmtrZJUUeg8HckMIxfGkllVZ50KbNgBG";

/// Imports a file, of which `refused` users are refused.
async fn imported(format: ImportFormat, file: impl ToString, refused: u64) -> TestApp {
    let app = TestApp::start().await;
    let firebase = "v=1,n=14,r=8,p=1,ss=Bw==,sk=jxspr8Ki0RYycVU8zykbdLGjFQ3McFUH0uiiTvC8pVMXAn210wjLNmdZJzxUECKbm0QsEmYUSDzZvpjeJ9WmXA==";
    let options = ImportOptions {
        format,
        is_dry_run: false,
        assume_verified: format == ImportFormat::Django,
        firebase_parameters: Some(firebase.to_owned()),
    };
    let mut said = Vec::new();
    let totals = import_users(&app.app, Box::new(Cursor::new(file.to_string())), &options, |news| {
        if let ImportNews::Refused(place, reason) = news {
            said.push(format!("{place}: {reason}"));
        }
    });
    assert_eq!(totals.await.unwrap().refused, refused, "{said:?}");
    app
}

async fn user(app: &TestApp, email: &str) -> User {
    users::find_by_email(&app.app.db, &EmailAddress::parse(email).unwrap()).await.unwrap().unwrap()
}

fn is_locked(user: &User) -> bool {
    user.lock_by_admin(START).is_some()
}

#[tokio::test]
async fn auth0() {
    let lines = [
        json!({ "_id": { "$oid": "60425dc43519d90068f82973" }, "email_verified": true, "email": "ann@example.com",
                "passwordHash": BCRYPT, "password_set_date": { "$date": "2021-03-05T16:35:16.775Z" },
                "tenant": "example", "connection": "Username-Password-Authentication", "name": "ann@example.com",
                "created_at": { "$date": "2021-03-05T16:35:16.775Z" } }),
        json!({ "user_id": "auth0|1", "email": "bob@example.com", "name": "Bob", "blocked": true,
                "created_at": "2020-01-02T03:04:05.678Z",
                "custom_password_hash": { "algorithm": "bcrypt", "hash": { "value": BCRYPT } } }),
    ];
    let app = imported(ImportFormat::Auth0, lines.map(|line| line.to_string()).join("\n"), 0).await;

    app.login("ann@example.com", PASSWORD).await.signed_in();
    let (ann, bob) = (user(&app, "ann@example.com").await, user(&app, "bob@example.com").await);
    assert_eq!((ann.name, ann.created_at.to_rfc3339()), (None, "2021-03-05T16:35:16.775+00:00".to_owned()));
    assert_eq!((bob.name.as_deref(), is_locked(&bob), bob.password_hash.is_some()), (Some("Bob"), true, true));
}

#[tokio::test]
async fn keycloak() {
    let salt = "AAECAwQFBgcICQoLDA0ODw==";
    let password = |hash: &str, data: serde_json::Value| {
        let secret = json!({ "value": hash, "salt": salt, "additionalParameters": {} }).to_string();
        json!({ "type": "password", "secretData": secret, "credentialData": data.to_string() })
    };
    let argon2 = json!({ "hashIterations": 1, "algorithm": "argon2", "additionalParameters": {
        "hashLength": ["32"], "memory": ["64"], "type": ["id"], "version": ["1.3"], "parallelism": ["1"] } });
    let sha256 = "VrVVFC9l06r9lwjSM7+3+X7DO36uYtywnmEE+lVFjBAV+SMdIlH3jjs8rzENPUqdjyTmDD27dNtt7WA/KAEcqQ==";
    let otp = json!({ "type": "otp", "secretData": "{\"value\":\"8YdXbqWzKpLmNtRs4vUc\"}",
        "credentialData": "{\"subType\":\"totp\",\"digits\":6,\"counter\":0,\"period\":30,\"algorithm\":\"HmacSHA1\"}" });
    let otp256 = json!({ "type": "otp", "secretData": "{\"value\":\"8YdXbqWzKpLmNtRs4vUc\"}",
        "credentialData": "{\"subType\":\"totp\",\"digits\":6,\"period\":30,\"algorithm\":\"HmacSHA256\"}" });
    let realm = json!({ "realm": "example", "users": [
        { "username": "ann", "email": "ann@example.com", "emailVerified": true, "enabled": true, "firstName": "Ann",
          "lastName": "Lee", "createdTimestamp": 1_614_962_116_775_i64, "attributes": { "locale": ["de"] },
          "credentials": [password("L4W1gWtif3c+bstcMcqlJONnzDqO8CegIT3W+uKoHB0=", argon2)] },
        { "username": "bob", "email": "bob@example.com", "emailVerified": true, "enabled": false,
          "credentials": [password(sha256, json!({ "hashIterations": 1000, "algorithm": "pbkdf2-sha256" }))] },
        { "username": "eve", "email": "eve@example.com", "emailVerified": true, "enabled": true,
          "credentials": [password(sha256, json!({ "hashIterations": 1000, "algorithm": "pbkdf2-sha256" })), otp] },
        { "username": "service-account", "enabled": true },
        { "username": "zoe", "email": "zoe@example.com", "enabled": true, "credentials": [otp256] },
    ] });
    let app = imported(ImportFormat::Keycloak, realm, 2).await;

    app.login("ann@example.com", PASSWORD).await.signed_in();
    assert!(!app.challenge("eve@example.com").await.is_empty());
    let ann = user(&app, "ann@example.com").await;
    assert_eq!((ann.name.as_deref(), ann.locale.as_deref()), (Some("Ann Lee"), Some("de")));
    assert!(is_locked(&user(&app, "bob@example.com").await));
}

#[tokio::test]
async fn supabase() {
    let csv = format!(
        "instance_id,id,email,encrypted_password,email_confirmed_at,raw_user_meta_data,created_at,banned_until,deleted_at\n\
         0,1,ann@example.com,{BCRYPT},2024-05-06 07:08:09.123456+00,\"{{\"\"full_name\"\": \"\"Ann Lee\"\"}}\",2024-05-06 07:08:09+00,,\n\
         0,2,bob@example.com,,,{{}},2024-05-06 07:08:09+00,2999-01-01 00:00:00+00,\n\
         0,3,eve@example.com,,,{{}},2024-05-06 07:08:09+00,,2024-05-07 07:08:09+00\n"
    );
    let list = json!([{ "email": "ann@example.com", "encrypted_password": BCRYPT, "email_confirmed_at": "2024-05-06T07:08:09Z",
        "raw_user_meta_data": { "name": "Ann Lee" }, "created_at": "2024-05-06T07:08:09Z", "banned_until": null }]);

    for (file, refused) in [(csv, 1), (list.to_string(), 0)] {
        let app = imported(ImportFormat::Supabase, file, refused).await;
        app.login("ann@example.com", PASSWORD).await.signed_in();
        let ann = user(&app, "ann@example.com").await;
        assert_eq!((ann.name.as_deref(), ann.email_verified_at.is_some()), (Some("Ann Lee"), true));
        assert!(refused == 0 || is_locked(&user(&app, "bob@example.com").await));
    }
}

#[tokio::test]
async fn better_auth() {
    let hash = "000102030405060708090a0b0c0d0e0f:2d76c2ac80616948dd46482e8ebe0ca4912e725c8356fccb34907db2547bd7d3cdfd404c3ddbe130273c8f77ff188beddd9dc010acc7f8ead77043b602e4b2d8";
    let tables = json!({
        "user": [{ "id": "u1", "email": "ann@example.com", "emailVerified": true, "name": "Ann", "createdAt": "2024-05-06T07:08:09.000Z" },
                 { "id": "u2", "email": "bob@example.com", "emailVerified": 0, "name": "Bob", "banned": 1 }],
        "account": [{ "id": "a1", "accountId": "u1", "providerId": "credential", "userId": "u1", "password": hash },
                    { "id": "a2", "accountId": "7", "providerId": "github", "userId": "u2", "password": null }],
    });
    let app = imported(ImportFormat::BetterAuth, tables, 0).await;

    app.login("ann@example.com", PASSWORD).await.signed_in();
    let bob = user(&app, "bob@example.com").await;
    assert_eq!((is_locked(&bob), bob.password_hash.is_none()), (true, true));
}

#[tokio::test]
async fn django() {
    let csv = "id,password,last_login,is_superuser,username,first_name,last_name,email,is_staff,is_active,date_joined\n\
        1,pbkdf2_sha256$1000$seasalt1$CuA01A3G3hSljOYrvagC2zJTv9YIZWBDbZ9qW4m5ecE=,,f,ann,Ann,Lee,ann@example.com,f,t,2024-05-06 07:08:09.1+00\n\
        2,!unusable,,t,bob,Bob,,bob@example.com,t,f,2024-05-06 07:08:09\n\
        3,md5$salt$0123456789abcdef0123456789abcdef,,f,eve,,,eve@example.com,f,t,2024-05-06\n";
    let app = imported(ImportFormat::Django, csv, 1).await;

    app.login("ann@example.com", PASSWORD).await.signed_in();
    let (ann, bob) = (user(&app, "ann@example.com").await, user(&app, "bob@example.com").await);
    assert_eq!((ann.name.as_deref(), ann.email_verified_at.is_some()), (Some("Ann Lee"), true));
    assert_eq!((bob.role.as_str(), is_locked(&bob), bob.password_hash.is_none()), ("USER", true, true));
}

#[tokio::test]
async fn firebase() {
    // In the alphabet for URLs, as the Admin SDK writes it.
    let hash = "lSrfV15cpx95_sZS2W9c9Kp6i_LVgQNDNC_qzrCnh1SAyZvqmZqAjTdn3aoItz-VHjoZilo78198JAdRuid5lQ==";
    let export = json!({ "users": [
        { "localId": "1", "email": "ann@example.com", "emailVerified": true, "passwordHash": hash, "salt": "42xEC-ixf3L2lw==",
          "displayName": "Ann", "createdAt": "1714979289000", "disabled": false, "providerUserInfo": [] },
        { "localId": "2", "phoneNumber": "+15550100" },
    ] });
    let app = imported(ImportFormat::Firebase, export, 1).await;

    app.login("ann@example.com", "user1password").await.signed_in();
    assert_eq!(user(&app, "ann@example.com").await.created_at.timestamp(), 1_714_979_289);
}
