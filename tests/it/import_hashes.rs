//! Password hashes of other systems: each signs in once as it is, and from then on as Argon2id.

use std::io::Cursor;

use authgraph::flows::import_users::{ImportFormat, ImportOptions, ImportTotals, import_users};
use authgraph::flows::learn_hash_costs::learn_hash_costs;
use authgraph::records::users;
use authgraph::tools::password_hasher::check_hash;
use authgraph::values::email_address::EmailAddress;
use serde_json::json;

use crate::support::{PASSWORD, TestApp};

/// What other implementations made of `PASSWORD` (bcrypt 5.0, passlib 1.7.4, argon2-cffi, Django, and hashlib of Python).
const HASHES: [(&str, &str); 20] = [
    ("bcrypt-2a", "$2a$05$wuuPWzcXde.fEErXt1s7A.24CzMjhz.q88VpMawaCnYFpNc3Y.oBC"),
    ("bcrypt-2b", "$2b$05$lcAXgZXFfA2/fWKWE/3GhOmtrZJUUeg8HckMIxfGkllVZ50KbNgBG"),
    ("bcrypt-2y", "$2y$05$TfwRZ2AVUsKuE583l7qpOe81sBcEN4Hb5UN8xFlEBVA2vrvBQxtL."),
    ("scrypt", "$scrypt$ln=10,r=8,p=1$AAECAwQFBgcICQoLDA0ODw$KA5iAMEgoTvHWc+qeiHrJqnPvWTgkwuKFWo8Xy18Zpw"),
    ("pbkdf2-sha1", "$pbkdf2-sha1$i=1000,l=20$AAECAwQFBgcICQoLDA0ODw$HaNWgMoqckT+rdjMrX0XxS68qVw"),
    ("pbkdf2-sha256", "$pbkdf2-sha256$i=1000,l=32$AAECAwQFBgcICQoLDA0ODw$VrVVFC9l06r9lwjSM7+3+X7DO36uYtywnmEE+lVFjBA"),
    (
        "pbkdf2-sha512",
        "$pbkdf2-sha512$i=1000,l=64$AAECAwQFBgcICQoLDA0ODw$ZA2iJRWxbrDa7/CvqlrI12VOaSbmlRhPNGYYYsm0tOjjgjimyVNJTfSrw6TqhKOREKt393CkQK9vqkiifnWiSQ",
    ),
    ("passlib-sha256", "$pbkdf2-sha256$1000$EeL8//./t5YSImTsfc8ZYw$e./9sc01ns0t8OUQxuUSrNX1GQ7BcE/a36Fu9vOZ52I"),
    (
        "passlib-sha512",
        "$pbkdf2-sha512$1000$2ZtzTsl5LyXkHCPE.H.vNQ$u0sU39VJVRFQWqZ0EhTpETUwA94nOgyJm5OoML5uMZziefqgatCjZtr.cJl3Ip3hH/0PlJ2hUq6Hj2ODwyHs0w",
    ),
    ("passlib-sha1", "$pbkdf2$1000$wVirFSKEEKIUwvg/p7QWgg$CZsz649WdqQNlJEfSQsLxTen6zQ"),
    ("passlib-scrypt", "$scrypt$ln=10,r=8,p=1$8J4zBiDEOGdsjdEaI0QI4Q$bbZptZy1g30Q1NVdFvgTqa+faA528uAW/Rux3xUH5dQ"),
    ("argon2i", "$argon2i$v=19$m=64,t=1,p=1$sra29v6/l/LeOycE4NwbIw$IZwtGOAYjmon/AIFP+mz6ws10qOu+XofQLa5OHdyh7o"),
    ("argon2id", "$argon2id$v=19$m=256,t=2,p=1$vldKSak1JgQAQOi9N+Z8Tw$tWuyssSPfr6dODmldxNvGfCf91L093y6Cz6NNDDOAZA"),
    ("django-pbkdf2", "pbkdf2_sha256$1000$seasalt1$CuA01A3G3hSljOYrvagC2zJTv9YIZWBDbZ9qW4m5ecE="),
    ("django-sha1", "pbkdf2_sha1$1000$seasalt1$7MoVfjmsqKNO7RPHB7jmddyygiU="),
    (
        "django-scrypt",
        "scrypt$1024$seasalt1$8$1$Hla3gTbgiDM/bU3YaH1rUQxMEO5lex6VPzXjKIVpo0rmQge5wbkTpNzOmeG2E2ot6vbEw+pHq5TRWOdEULT98g==",
    ),
    ("django-argon2", "argon2$argon2id$v=19$m=64,t=1,p=1$c2Vhc2FsdDE$mo7qH6zFZbuADl6B5tyML14GPu8FR9V3IoPkguQoCcE"),
    (
        "better-auth",
        "000102030405060708090a0b0c0d0e0f:2d76c2ac80616948dd46482e8ebe0ca4912e725c8356fccb34907db2547bd7d3cdfd404c3ddbe130273c8f77ff188beddd9dc010acc7f8ead77043b602e4b2d8",
    ),
    (
        "werkzeug-scrypt",
        "scrypt:1024:8:1$abcdef$611b30d8a159e2a1438320b102da4ad6b7167df72ee61629545f9e2165e319ea8720684e273c59507e3fefa0c9de0a6db171b43981efacd580fafe843c30dd87",
    ),
    ("werkzeug-pbkdf2", "pbkdf2:sha256:1000$abcdef$76471178b0995ddb04c58d1c84714e5a785ecf01d56ec69644fbfbedc9b4c866"),
];

/// Imports users with these hashes, under the addresses `<name>@example.com`.
async fn import(app: &TestApp, hashes: &[(&str, &str)]) -> ImportTotals {
    let line = |(name, hash): &(&str, &str)| {
        json!({ "email": format!("{name}@example.com"), "emailVerified": true, "passwordHash": hash }).to_string()
            + "\n"
    };
    let file: String = hashes.iter().map(line).collect();
    let options = ImportOptions {
        format: ImportFormat::Jsonl,
        is_dry_run: false,
        assume_verified: false,
        firebase_parameters: None,
    };
    import_users(&app.app, Box::new(Cursor::new(file)), &options, |_| {}).await.unwrap()
}

async fn stored_hash(app: &TestApp, email: &str) -> String {
    let user = users::find_by_email(&app.app.db, &EmailAddress::parse(email).unwrap()).await.unwrap().unwrap();
    user.password_hash.unwrap().expose().to_owned()
}

#[tokio::test]
async fn every_kind_of_hash_signs_in_and_becomes_argon2id() {
    let app = TestApp::start().await;
    assert_eq!(import(&app, &HASHES).await.imported, HASHES.len() as u64);
    app.signed_in("native@example.com").await;
    let native = stored_hash(&app, "native@example.com").await;
    let ours = native.rsplitn(3, '$').last().unwrap();

    for (name, _) in HASHES {
        let email = format!("{name}@example.com");
        assert_eq!(app.login(&email, "Wrong-Guess-99").await.code(), "INVALID_CREDENTIALS", "{name}");
        assert!(!stored_hash(&app, &email).await.starts_with(ours), "{name} is renewed by the right password alone");

        app.login(&email, PASSWORD).await.signed_in();

        assert!(stored_hash(&app, &email).await.starts_with(ours), "{name}");
        app.login(&email, PASSWORD).await.signed_in();
        assert_eq!(app.login(&email, "Wrong-Guess-99").await.code(), "INVALID_CREDENTIALS", "{name}");
    }
}

/// The example that Firebase publishes with its scrypt.
#[tokio::test]
async fn the_published_example_of_firebase_signs_in() {
    let app = TestApp::start().await;
    let parameters = "v=1,n=14,r=8,p=1,ss=Bw==,sk=jxspr8Ki0RYycVU8zykbdLGjFQ3McFUH0uiiTvC8pVMXAn210wjLNmdZJzxUECKbm0QsEmYUSDzZvpjeJ9WmXA==";
    let hash =
        "42xEC+ixf3L2lw==$lSrfV15cpx95/sZS2W9c9Kp6i/LVgQNDNC/qzrCnh1SAyZvqmZqAjTdn3aoItz+VHjoZilo78198JAdRuid5lQ==";
    import(&app, &[("firebase", &format!("$fbscrypt${parameters}${hash}"))]).await;

    assert_eq!(app.login("firebase@example.com", "user2password").await.code(), "INVALID_CREDENTIALS");
    app.login("firebase@example.com", "user1password").await.signed_in();
    assert!(stored_hash(&app, "firebase@example.com").await.starts_with("$argon2id$"));
}

/// As everywhere, bcrypt reads 72 bytes of a password.
#[tokio::test]
async fn a_long_password_of_bcrypt_signs_in() {
    let app = TestApp::start().await;
    import(&app, &[("long", "$2b$05$r0gve3wZ/EpA80yT7.IZ3O/uvMBXFpAM3ee/X1tfZLaVhjlFnnp1.")]).await;

    app.login("long@example.com", &"x".repeat(80)).await.signed_in();
}

#[test]
fn a_hash_that_would_cost_every_attempt_seconds_is_refused() {
    let hash = "AAECAwQFBgcICQoLDA0ODw$VrVVFC9l06r9lwjSM7+3+X7DO36uYtywnmEE+lVFjBA";
    let bcrypt = HASHES[1].1.split_once("$05$").unwrap().1;
    for absurd in [
        format!("$2b$31${bcrypt}"),
        format!("$2b$16${bcrypt}"),
        format!("$scrypt$ln=30,r=8,p=1${hash}"),
        format!("$scrypt$ln=14,r=8,p=1000${hash}"),
        format!("$scrypt$ln=63,r=4294967295,p=4294967295${hash}"),
        format!("$pbkdf2-sha256$i=1000000000,l=32${hash}"),
        format!("$argon2i$v=19$m=4194304,t=1,p=1${hash}"),
    ] {
        assert_eq!(
            check_hash(&absurd).unwrap_err().to_string(),
            "the password hash costs too much to verify",
            "{absurd}"
        );
    }
    for (odd, why) in [
        ("plain text".to_owned(), "unknown"),
        ("$6$rounds=5000$salt$hash".to_owned(), "unknown"),
        (format!("$argon2d$v=19$m=64,t=1,p=1${hash}"), "unknown"),
        ("$2b$05$short".to_owned(), "malformed"),
        ("$pbkdf2-sha256$i=1000,l=0$AAECAwQFBgcICQoLDA0ODw$".to_owned(), "too much"),
        ("$scrypt$ln=10,r=8,p=1$AAECAwQFBgcICQoLDA0ODw$".to_owned(), "malformed"),
        ("$scrypt$ln=10,r=8,p=1$AAECAwQFBgcICQoLDA0ODw$AAECAw".to_owned(), "malformed"),
    ] {
        assert!(check_hash(&odd).unwrap_err().to_string().contains(why), "{odd}");
    }
}

/// The work of one login, in the units of the hasher.
async fn work(app: &TestApp, email: &str) -> u64 {
    let before = app.app.password_hasher.work_done();
    app.login(email, "Wrong-Guess-99").await;
    app.app.password_hasher.work_done() - before
}

#[tokio::test]
async fn an_imported_account_takes_the_work_of_an_unknown_address() {
    let app = TestApp::start().await;
    app.signed_in("native@example.com").await;
    import(&app, &HASHES).await;
    learn_hash_costs(&app.app).await.unwrap();

    let unknown = work(&app, "eve@example.com").await;

    assert_eq!(work(&app, "native@example.com").await, unknown);
    for (name, _) in HASHES {
        assert_eq!(work(&app, &format!("{name}@example.com")).await, unknown, "{name}");
    }
}
