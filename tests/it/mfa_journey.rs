//! The whole life of a second factor, and the emails and events it leaves behind.

use serde_json::json;

use crate::support::{Answer, PASSWORD, TestApp, codes_of};

/// The emails of the journey, in order.
const MAILS: [&str; 6] =
    ["verify_email", "mfa_enabled", "backup_code_used", "backup_codes_regenerated", "backup_code_used", "mfa_disabled"];

/// Its events, in order.
const TRAIL: [&str; 18] = [
    "USER_REGISTERED Success",
    "LOGIN Success",
    "MFA_ENROLLMENT_STARTED Success",
    "MFA_ENABLED Success",
    "LOGOUT Success",
    "MFA_CHALLENGED Success",
    "LOGIN Success",
    "MFA_CHALLENGED Success",
    "BACKUP_CODE_USED Success",
    "LOGIN Success",
    "BACKUP_CODES_REGENERATED Success",
    "MFA_CHALLENGED Success",
    "LOGIN Failure",
    "MFA_CHALLENGED Success",
    "BACKUP_CODE_USED Success",
    "LOGIN Success",
    "MFA_DISABLED Success",
    "LOGIN Success",
];

#[tokio::test]
async fn from_the_first_code_to_the_last() {
    let app = TestApp::start().await;
    let ann = app.with_mfa("ann@example.com").await;
    app.logout(&ann.session).await.ok();

    let waiting = app.first_step("ann@example.com").await;
    assert_eq!(waiting.text_at("/login/__typename"), "MfaRequired");
    assert_eq!(waiting.text_at("/login/expiresAt"), "2030-03-01T12:05:00.000Z");
    assert_eq!(waiting.at("/login/methods"), &json!(["TOTP", "BACKUP_CODE"]));

    let code = app.next_code(&ann.authenticator);
    let by_app = app.verify_mfa(waiting.text_at("/login/challengeToken"), &code).await.ok();
    assert_eq!(by_app.at("/verifyMfa/session/authMethods"), &json!(["PASSWORD", "TOTP"]));

    let by_backup_code = app.login_with_code("ann@example.com", &ann.backup_codes[0]).await.ok();
    assert_eq!(by_backup_code.at("/verifyMfa/session/authMethods"), &json!(["PASSWORD", "BACKUP_CODE"]));

    let session = by_backup_code.signed_in();
    let code = app.next_code(&ann.authenticator);
    let renewed = app.regenerate_backup_codes(&session, &code).await.ok();
    let new_codes = codes_of(&renewed, "regenerateBackupCodes");
    assert_eq!(app.login_with_code("ann@example.com", &ann.backup_codes[1]).await.code(), "INVALID_MFA_CODE");
    app.login_with_code("ann@example.com", &new_codes[0]).await.signed_in();

    let code = app.next_code(&ann.authenticator);
    let off = app.disable_mfa(&session, Some(PASSWORD), &code).await.ok();
    assert_eq!(
        off.at("/disableMfa/user/mfa"),
        &json!({ "enabled": false, "enabledAt": null, "backupCodesRemaining": 0 })
    );
    assert_eq!(app.first_step("ann@example.com").await.text_at("/login/__typename"), "SignedIn");

    assert_eq!(app.mail_kinds_to("ann@example.com").await, MAILS);
    assert_eq!(app.audit_trail().await, TRAIL);
}

#[tokio::test]
async fn a_user_sees_how_their_second_factor_stands() {
    let app = TestApp::start().await;
    let bob = app.signed_in("bob@example.com").await;
    let ann = app.with_mfa("ann@example.com").await;
    let off = json!({ "enabled": false, "enabledAt": null, "backupCodesRemaining": 0 });
    let mut on = json!({ "enabled": true, "enabledAt": "2030-03-01T12:00:00.000Z", "backupCodesRemaining": 8 });

    assert_eq!(app.mfa_status(&bob).await.at("/me/mfa"), &off);
    assert_eq!(app.mfa_status(&ann.session).await.at("/me/mfa"), &on);

    app.login_with_code("ann@example.com", &ann.backup_codes[0]).await.signed_in();
    on["backupCodesRemaining"] = json!(7);
    assert_eq!(app.mfa_status(&ann.session).await.at("/me/mfa"), &on);
}

#[tokio::test]
async fn every_answer_that_awaits_a_second_factor_has_one_shape() {
    let app = TestApp::start().await;
    app.with_mfa("ann@example.com").await;
    app.with_mfa("bob@example.com").await;

    let [ann, bob] = ["ann@example.com", "bob@example.com"].map(|email| app.first_step(email));
    let [ann, bob] = [ann.await, bob.await];

    let shape = |answer: &Answer| {
        let token = answer.text_at("/login/challengeToken");
        assert!(token.starts_with("agc_") && token.len() == 47, "{token}");
        answer.text.replace(token, "…")
    };
    assert_eq!(shape(&ann), shape(&bob));
}

/// The second step had an argument of its own for it, and gave the token to scripts wherever that was left out.
#[tokio::test]
async fn a_browser_with_a_second_factor_gets_its_refresh_token_in_the_cookie_and_never_in_the_body() {
    let app = TestApp::start().await;
    let ann = app.with_mfa("ann@example.com").await;
    let client = json!({ "tokenDelivery": "COOKIE", "deviceName": "Browser" });
    let input = json!({ "email": "ann@example.com", "password": PASSWORD, "client": client });

    let waiting = app.mutate("login", input, "... on MfaRequired { challengeToken }").await.ok();
    assert_eq!(waiting.header("set-cookie"), "");
    let challenge = waiting.text_at("/login/challengeToken");
    let verified = app.verify_mfa(challenge, &app.next_code(&ann.authenticator)).await.ok();

    let (cookie, _) = verified.header("set-cookie").split_once(';').expect("a cookie");
    assert!(cookie.starts_with("authgraph_refresh=agr_"), "{cookie}");
    assert_eq!(verified.at("/verifyMfa/refreshToken"), &json!(null));
    assert!(!verified.text.contains("agr_"), "{}", verified.text);
    assert_eq!(verified.text_at("/verifyMfa/session/device/name"), "Browser");
    let refreshed = app.refresh_with(json!({})).header("cookie", cookie).await.ok();
    assert_eq!(refreshed.at("/refresh/refreshToken"), &json!(null));
    assert!(refreshed.header("set-cookie").contains("agr_"));
}
