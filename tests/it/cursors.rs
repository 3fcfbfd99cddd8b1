//! Cursors that were tampered with: refused by every list, on both engines alike, and never a fault.

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use serde_json::json;

use crate::support::{GraphQLRequest, SignedIn, TestApp};

/// Every list that has cursors, with an order or a filter; the last but one is the only one sorted by a text.
const LISTS: [&str; 8] = [
    "me { l: sessions(first: 1, after: $after) { edges { cursor } } }",
    "me { l: sessions(first: 1, after: $after, status: ACTIVE) { edges { cursor } } }",
    "me { l: auditEvents(first: 1, after: $after) { edges { cursor } } }",
    "l: auditEvents(first: 1, after: $after) { edges { cursor } }",
    "l: auditEvents(first: 1, after: $after, filter: { actions: [LOGIN, ADMIN_CREATED] }) { edges { cursor } }",
    "l: users(first: 1, after: $after) { edges { cursor } }",
    "l: users(first: 1, after: $after, orderBy: { field: EMAIL, direction: ASC }) { edges { cursor } }",
    "l: users(first: 1, after: $after, orderBy: { field: LAST_LOGIN_AT, direction: ASC }) { edges { cursor } }",
];

fn list(app: &TestApp, admin: &SignedIn, list: &str, after: Option<&str>) -> GraphQLRequest {
    app.ask(format!("query($after: String) {{ {list} }}")).variables(json!({ "after": after })).by(admin)
}

/// The cursor of the first entry.
async fn cursor(app: &TestApp, admin: &SignedIn, fields: &str) -> String {
    let answer = list(app, admin, fields, None).await.ok();
    let path = if fields.starts_with("me") { "/me/l/edges/0/cursor" } else { "/l/edges/0/cursor" };
    answer.text_at(path).to_owned()
}

/// What is left of a cursor before its key: version, list, id.
fn head(cursor: &str) -> Vec<u8> {
    BASE64_URL_SAFE_NO_PAD.decode(cursor).unwrap()[..23].to_vec()
}

/// Texts that no list has written: some of the right list and with a key that is none of its own.
fn forgeries(cursor: &str) -> Vec<String> {
    let whole = BASE64_URL_SAFE_NO_PAD.decode(cursor).unwrap();
    let is_time = whole[23] == b't';
    let micros = |micros: i64| [b"t", micros.to_be_bytes().as_slice()].concat();
    let text = |text: &[u8]| [b"s", text].concat();
    let mut keys = vec![Vec::new(), vec![b't'], vec![b'x', 1, 2], [&whole[23..], &[0]].concat()];
    if is_time {
        let of_year_10_000 = 253_402_300_800_000_000;
        keys.extend([micros(i64::MAX), micros(i64::MIN), micros(of_year_10_000), micros(-62_167_219_200_000_001)]);
        keys.extend([text(b""), text(b"2030-03-01T12:00:00+00:00"), text(b"' or 1=1 --")]);
    } else {
        keys.extend([micros(0), text(b"a\0b"), text(b"\xff\xfe"), text(b"\xed\xa0\x80"), text(&[b'a'; 255])]);
    }
    let mut forged: Vec<Vec<u8>> = keys.iter().map(|key| [head(cursor), key.clone()].concat()).collect();
    // A shorter text is a place of its own.
    let shortest = if is_time { whole.len() } else { 24 };
    forged.extend((0..shortest).map(|length| whole[..length].to_vec()));
    forged.extend((0..7).map(|place| whole.iter().enumerate().map(|(n, b)| b ^ u8::from(n == place)).collect()));
    let mut texts: Vec<String> = forged.iter().map(|bytes| BASE64_URL_SAFE_NO_PAD.encode(bytes)).collect();
    let others = [format!("{cursor}="), format!("{cursor}=="), format!(" {cursor}"), format!("{cursor}\n")];
    texts.extend(others);
    texts.extend(["\0", "\u{feff}", "é", "////", "user_00000000000000000000000000"].map(str::to_owned));
    texts.push("A".repeat(5_000));
    texts
}

#[tokio::test]
async fn no_list_reads_a_cursor_that_it_has_not_written() {
    let app = TestApp::start().await;
    let admin = app.administrator("root@example.com").await;
    app.register("ann@example.com").await.ok();
    for fields in LISTS {
        let genuine = cursor(&app, &admin, fields).await;
        list(&app, &admin, fields, Some(&genuine)).await.ok();
        for forged in forgeries(&genuine) {
            let refused = list(&app, &admin, fields, Some(&forged)).await;
            assert_eq!(refused.code(), "VALIDATION_FAILED", "{fields} {forged:?}");
        }
    }
}

#[tokio::test]
async fn no_list_reads_the_cursor_of_another() {
    let app = TestApp::start().await;
    let admin = app.administrator("root@example.com").await;
    for fields in LISTS {
        let genuine = cursor(&app, &admin, fields).await;
        for other in LISTS.iter().filter(|other| **other != fields) {
            let refused = list(&app, &admin, other, Some(&genuine)).await;
            assert_eq!(refused.code(), "VALIDATION_FAILED", "{fields} in {other}");
        }
    }
}

#[tokio::test]
async fn a_place_made_up_within_bounds_is_a_page_and_the_same_on_every_engine() {
    let app = TestApp::start().await;
    let admin = app.administrator("root@example.com").await;
    app.register("ann@example.com").await.ok();
    let (by_time, by_email) = (LISTS[5], LISTS[6]);
    let last = 253_402_300_799_999_999_i64.to_be_bytes();
    let first = (-62_167_219_200_000_000_i64).to_be_bytes();
    for (fields, kind, key, found) in [
        (by_time, b't', last.as_slice(), 1),
        (by_time, b't', first.as_slice(), 0),
        (by_email, b's', b"", 1),
        (by_email, b's', b"b", 1),
        (by_email, b's', "\u{10ffff}".as_bytes(), 0),
    ] {
        let head = head(&cursor(&app, &admin, fields).await);
        let made_up = BASE64_URL_SAFE_NO_PAD.encode([head, vec![kind], key.to_vec()].concat());
        let page = list(&app, &admin, fields, Some(&made_up)).await.ok();
        assert_eq!(page.at("/l/edges").as_array().unwrap().len(), found, "{fields} {key:?}");
    }
}

#[tokio::test]
async fn an_id_that_is_none_is_nothing_and_no_fault() {
    let app = TestApp::start().await;
    let admin = app.administrator("root@example.com").await;
    let (upper, longer) = (admin.user.to_uppercase(), format!("{}0", admin.user));
    let huge = "user_7zzzzzzzzzzzzzzzzzzzzzzzzz";
    let ids = ["", "\0", "user_", "user_\0", "user_8zzzzzzzzzzzzzzzzzzzzzzzzz", huge, "é", &upper, &longer];

    for id in ids {
        let node = app.ask("query($id: ID!) { node(id: $id) { id } }").variables(json!({ "id": id })).by(&admin).await;
        assert_eq!(node.ok().at("/node"), &json!(null), "{id:?}");
        let user = app.ask("query($id: ID!) { user(id: $id) { id } }").variables(json!({ "id": id })).by(&admin).await;
        assert!(user.codes().iter().all(|code| *code == "NOT_FOUND"), "{id:?} {}", user.text);
    }
}

#[tokio::test]
async fn a_time_beyond_the_calendar_finds_the_same_on_every_engine() {
    let app = TestApp::start().await;
    let admin = app.administrator("root@example.com").await;
    let until = async |time: &str| {
        let events =
            format!("auditEvents(first: 1, filter: {{ at: {{ before: \"{time}\" }} }}) {{ edges {{ cursor }} }}");
        app.ask(format!("{{ {events} }}")).by(&admin).await
    };

    for (time, found) in
        [("9999-12-31T23:59:59-23:59", 1), ("9999-12-31T23:59:59.999999999Z", 1), ("0000-01-01T00:00:00+23:59", 0)]
    {
        let page = until(time).await.ok();
        assert_eq!(page.at("/auditEvents/edges").as_array().unwrap().len(), found, "{time}");
    }
    for time in ["+10000-01-01T00:00:00Z", "9999-99-99T00:00:00Z"] {
        assert_eq!(until(time).await.code(), "BAD_USER_INPUT");
    }
}
