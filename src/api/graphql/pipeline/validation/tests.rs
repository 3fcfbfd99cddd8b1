//! Valid and invalid documents: a line for each that was once judged wrongly, or that is expensive to validate.

use std::ops::Range;
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use super::*;
use crate::api::graphql::pipeline::document_limits::{self, DocumentLimits};
use crate::api::graphql::schema;

fn types() -> &'static SchemaTypes {
    static TYPES: OnceLock<SchemaTypes> = OnceLock::new();
    TYPES.get_or_init(|| schema::types().unwrap())
}

fn faults(text: &str) -> Vec<String> {
    let parsed =
        document_limits::parse(text, &DocumentLimits::default()).unwrap_or_else(|error| panic!("{text}: {error:?}"));
    let faults = validate(types(), &parsed.document, parsed.faults);
    faults.into_iter().map(|fault| fault.into_error(true).message).collect()
}

fn is_valid(text: &str) -> bool {
    faults(text).is_empty()
}

#[test]
fn documents_that_the_library_judges_wrongly_are_judged_rightly() {
    for (text, expected) in [
        (r#"mutation { updateProfile(input: {name: "A\uD83D\uDE00 \u{1F600}"}) { __typename } }"#, true),
        ("query($x: Boolean!) { me { __typename @skip(if: $x) } }", true),
        ("{ me { __typename @skip(if: $x) } }", false),
        ("query($x: Boolean!) { me { id } }", false),
        (r#"mutation { updateProfile(input: {name: "a", name: "b"}) { __typename } }"#, false),
        (r#"{ users(orderBy: {field: "EMAIL"}) { totalCount } }"#, false),
        (r#"{ users(filter: {roles: "ADMIN"}) { totalCount } }"#, false),
        ("{ users(filter: {roles: ADMIN}) { totalCount } }", true),
        ("query($n: String) { users(first: $n) { totalCount } }", false),
        ("query($n: [Int]) { users(first: $n) { totalCount } }", false),
        ("query($n: Int) { users(first: $n) { totalCount } }", true),
        (r#"{ node(id: "x") { ... on User { x: name } ... on Session { x: status } } }"#, false),
        (r#"{ node(id: "x") { ... on User { x: id } ... on Session { x: id } } }"#, true),
        ("query Q($a: Int @skip(if: true)) { users(first: $a) { totalCount } }", false),
        ("subscription { auditEvents { id } auditEvents { action } }", true),
        ("subscription { ...s } fragment s on Subscription { auditEvents { id } }", true),
        ("subscription { auditEvents { id } b: auditEvents { id } }", false),
        ("subscription { auditEvents @include(if: true) { id } }", false),
        ("subscription { __typename }", false),
        ("query($a: [AuditAction]) { auditEvents(filter: {actions: $a}) { __typename } }", false),
        ("query($a: AuditAction) { auditEvents(filter: {actions: [$a]}) { __typename } }", false),
        ("query($a: AuditAction!) { auditEvents(filter: {actions: [$a]}) { __typename } }", true),
        ("query($a: ID = null) { node(id: $a) { id } }", false),
        (r#"query($a: ID = "x") { node(id: $a) { id } }"#, true),
        ("{ auditEvents(filter: {actions: LOGIN}) { __typename } }", true),
        ("{ auditEvents(filter: {actions: [[LOGIN]]}) { __typename } }", false),
        (
            "mutation($d: TokenDelivery) { login(input: {email: \"a@b.cc\", password: \"x\", client: {tokenDelivery: $d}}) { __typename } }",
            true,
        ),
        ("\"About\" query Q(\"the size\" $n: Int) { users(first: $n) { totalCount } }", true),
    ] {
        assert_eq!(is_valid(text), expected, "{text}: {:?}", faults(text));
    }
}

#[test]
fn literals_of_our_scalars_are_checked_with_their_path() {
    let users = |value: &str| format!("{{ users(filter: {{createdAt: {{from: {value}}}}}) {{ totalCount }} }}");
    for value in ["\"2026-11-21T09:30:00Z\"", "\"2026-11-21t09:30:00.123456+01:00\"", "null"] {
        assert_eq!(faults(&users(value)), Vec::<String>::new(), "{value}");
    }
    for value in ["\"yesterday\"", "\"2026-11-21\"", "\"2026-02-30T09:30:00Z\"", "\"\"", "1", "true", "X", "[]", "{}"] {
        let expected = "Invalid value for argument \"filter.createdAt.from\", which has type \"DateTime\".";
        assert_eq!(faults(&users(value)), [expected], "{value}");
    }
    // A malformed address is for the resolver, which lists it with the other fields.
    let login =
        |email: &str| format!("mutation {{ login(input: {{email: {email}, password: \"x\"}}) {{ __typename }} }}");
    assert!(is_valid(&login("\"nonsense\"")));
    assert!(!is_valid(&login("1")) && !is_valid(&login("[\"a@b.cc\"]")));
    assert!(!is_valid(
        "query($at: DateTime = \"yesterday\") { users(filter: {createdAt: {from: $at}}) { totalCount } }"
    ));
}

#[test]
fn every_rule_refuses_what_it_is_for() {
    for text in [
        "{ nope }",
        "{ me }",
        "{ me { id { x } } }",
        "{ me { id(x: 1) } }",
        "{ node { id } }",
        "{ node(id: null) { id } }",
        "{ node(id: 1.5) { id } }",
        "{ users(first: 2147483648) { totalCount } }",
        "{ users(first: \"1\") { totalCount } }",
        "{ me { id @nope } }",
        "{ me { id @skip } }",
        "{ me { id @skip(if: true) @skip(if: true) } }",
        "query @skip(if: true) { me { id } }",
        "{ me { ... on Nope { id } } }",
        "{ me { ... on Role { id } } }",
        "{ me { ... on Session { id } } }",
        "{ me { id } } fragment f on User { id }",
        "query($a: User) { me { id } }",
        "query($a: Nope) { me { id } }",
        "query($a: Int, $a: Int) { users(first: $a) { totalCount } }",
        "query($a: Int = \"x\") { users(first: $a) { totalCount } }",
        "{ me { a: id a: name } }",
        "{ a: node(id: 1) { id } a: node(id: 2) { id } }",
        "{ users(first: 1, first: 1) { totalCount } }",
        "{ me { ...f ...g } } fragment f on User { x: id } fragment g on User { x: email }",
        "mutation { login(input: {}) { __typename } }",
        "mutation { login(input: {email: \"a\", password: \"b\", x: 1}) { __typename } }",
        "mutation { __schema { types { name } } }",
        "{ __type { name } }",
        "query a { me { id } } query a { me { id } }",
        "{ me { id } } { me { id } }",
        "{ __Meta: me { id } ...on __Meta { x } }",
    ] {
        assert!(!is_valid(text), "{text}");
    }
}

#[test]
fn the_standard_introspection_query_is_valid() {
    let text = include_str!("../../../../../tests/it/support/introspection.graphql");
    assert_eq!(faults(text), Vec::<String>::new());
}

#[test]
fn faults_quote_no_literals_and_are_not_without_end() {
    let faults_of =
        |value: &str| faults(&format!("{{ users(first: {value}, filter: {value}) {{ totalCount }} }}")).concat();
    for value in ["\"hunter2\"", "hunter2", "[hunter2]", "{hunter2: 1}", "{roles: hunter2}", "{search: {hunter2: 1}}"] {
        assert!(!faults_of(value).contains("hunter2"), "{}", faults_of(value));
    }
    assert_eq!(faults(&format!("{{ me {{ {} }} }}", "nope ".repeat(1_000))).len(), MAX_FAULTS);
}

#[test]
fn where_the_schema_is_hidden_faults_name_nothing_of_it() {
    for text in [
        "{ me { nope } }",
        "{ node { id } }",
        "{ me { ... on Session { id } } }",
        "query($a: Int) { node(id: $a) { id } }",
        "mutation { login(input: {}) { __typename } }",
        "{ users(filter: {roles: 1}) { totalCount } }",
    ] {
        let parsed = document_limits::parse(text, &DocumentLimits::default()).unwrap();
        for fault in validate(types(), &parsed.document, parsed.faults) {
            let message = fault.into_error(false).message;
            for hidden in ["User", "ID", "LoginInput", "email", "Role", "Query"] {
                assert!(!message.contains(hidden), "{message}");
            }
        }
    }
}

fn validation_time(text: &str) -> Duration {
    types();
    let begun = Instant::now();
    if let Ok(parsed) = document_limits::parse(text, &DocumentLimits::default()) {
        validate(types(), &parsed.document, parsed.faults);
    }
    begun.elapsed()
}

fn many(numbers: Range<usize>, part: impl Fn(usize) -> String) -> String {
    numbers.map(part).collect::<Vec<_>>().concat()
}

/// Fragments whose sets of fields grow with every level: the usual algorithm needs a minute for 30 KB of them.
fn merging_bomb(levels: usize, width: usize) -> String {
    let mut parts = vec!["{ me { ...F0_0 } } ".to_owned()];
    for level in 0..levels {
        for n in 0..width {
            let spreads = many(n..width, |m| format!(" ...F{}_{m}", level + 1));
            let last = level + 1 == levels;
            let body = if last { "id".to_owned() } else { format!("x_{n}: mfa {{ __typename }} {spreads}") };
            parts.push(format!("fragment F{level}_{n} on User {{ {body} }} "));
        }
    }
    parts.concat()
}

#[test]
fn hostile_documents_are_validated_in_bounded_time() {
    let operations = |count: usize, body: &str| many(0..count, |n| format!("query q{n} {{ {body} }} "));
    let many_uses = format!(
        "{} fragment f on Query {{ users({}) {{ totalCount }} }}",
        operations(600, "...f"),
        "a: $b ".repeat(1_000)
    );
    for (what, text) in [
        ("merging", merging_bomb(8, 8)),
        ("merging of one key", format!("{{ me {{ {} }} }}", "id ".repeat(1_900))),
        (
            "merging of many types",
            format!(
                "{{ node(id: 1) {{ {} }} }}",
                "... on User { x: id } ... on Node { x: id } ... on Session { x: id } ".repeat(200)
            ),
        ),
        (
            "operations with fragments",
            format!("{} fragment f on Query {{ {} }}", operations(400, "...f"), "me { id } ".repeat(4)),
        ),
        ("uses of variables", many_uses),
        ("arguments", format!("{{ users({}) {{ totalCount }} }}", "first: 1 ".repeat(2_600))),
        (
            "fields of an input",
            format!("{{ users(filter: {{{}}}) {{ totalCount }} }}", many(0..1_900, |n| format!("a{n}: 1 "))),
        ),
        ("lists", format!("{{ users(first: [{}]) {{ totalCount }} }}", "1 ".repeat(7_900))),
        ("comments", format!("{{ me {{ id }} }} # {}", "x".repeat(32_000))),
        ("a long string", format!("{{ node(id: \"{}\") {{ id }} }}", "\\u0041".repeat(5_000))),
        ("one long line", format!("{{ me {{ {} }} }}", "é".repeat(15_000))),
    ] {
        // A debug build, on a machine that runs other tests too; a release build takes a tenth.
        let took = validation_time(&text);
        assert!(took < Duration::from_millis(1_500), "{what} took {took:?}");
    }
}

#[test]
fn no_directive_may_stand_twice() {
    assert!(!schema::sdl().contains("repeatable"));
}

/// The types of introspection are written down a second time, because the library does not print them.
#[tokio::test]
async fn the_types_of_introspection_are_those_that_are_served() {
    const EVERYTHING: &str = "{ __schema { types { kind name fields(includeDeprecated: true) { name args { name } type { name } } enumValues { name } } } }";
    let served = schema::introspected(EVERYTHING).await;
    for ty in served["__schema"]["types"].as_array().unwrap() {
        let name = ty["name"].as_str().unwrap();
        let known = types().find(name).unwrap_or_else(|| panic!("{name} is not known"));
        for field in ty["fields"].as_array().into_iter().flatten() {
            let field_name = field["name"].as_str().unwrap();
            let known = types().field(known, field_name).unwrap_or_else(|| panic!("{name}.{field_name} is not known"));
            assert_eq!(known.arguments.len(), field["args"].as_array().unwrap().len(), "{name}.{field_name}");
        }
        for value in ty["enumValues"].as_array().into_iter().flatten() {
            assert!(known.has_value(value["name"].as_str().unwrap()), "{name}: {value}");
        }
    }
}
