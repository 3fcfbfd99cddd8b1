//! What the directives of a field say, as sentences for its description: introspection does not show directives.

use async_graphql::Value;
use async_graphql::registry::{MetaDirectiveInvocation, MetaField};

use crate::api::graphql::pipeline::cost::{FieldCost, Repetition};

/// Who may resolve a field, its error codes, its price, and its rate limit.
#[must_use]
pub fn of_field(field: &MetaField, cost: &FieldCost) -> String {
    join([access(field), errors(field), Some(price(cost)), rate_limit(field)])
}

/// The same for a field of subscriptions, which costs by the event.
#[must_use]
pub fn of_subscription(field: &MetaField) -> String {
    let price = match role(field) {
        Some("ADMIN") => "Costs the price of its selection when it begins. Events cost nothing.",
        _ => "Each event costs the price of its selection, and nothing if that is 1.",
    };
    join([access(field), errors(field), Some(price.to_owned()), rate_limit(field)])
}

fn join(sentences: [Option<String>; 4]) -> String {
    sentences.into_iter().flatten().collect::<Vec<_>>().join(" ")
}

fn find<'a>(field: &'a MetaField, directive: &str) -> Option<&'a MetaDirectiveInvocation> {
    field.directive_invocations.iter().find(|stated| stated.name == directive)
}

fn role(field: &MetaField) -> Option<&str> {
    match find(field, "access")?.args.get("role")? {
        Value::Enum(role) => Some(role),
        _ => None,
    }
}

fn access(field: &MetaField) -> Option<String> {
    let who = match role(field)? {
        "ADMIN" => "an administrator",
        _ => "a signed-in user",
    };
    let is_recent = find(field, "access")?.args.get("recentAuth") == Some(&Value::Boolean(true));
    let recently = " who signed in or called `reauthenticate` within `REAUTHENTICATION_WINDOW`";
    Some(format!("Requires {who}{}.", if is_recent { recently } else { "" }))
}

fn errors(field: &MetaField) -> Option<String> {
    let Value::List(codes) = find(field, "refuses")?.args.get("codes")? else { return None };
    let codes: Vec<String> = codes.iter().map(ToString::to_string).collect();
    Some(format!("Errors: {}.", codes.join(", ")))
}

fn price(cost: &FieldCost) -> String {
    let points = match cost.points {
        0 => "nothing".to_owned(),
        1 => "1 point".to_owned(),
        points => format!("{points} points"),
    };
    match cost.repetition {
        Repetition::Once => format!("Costs {points}."),
        Repetition::Times(times) => format!("Costs {points}, and {times} times the price of its selection."),
        Repetition::Page => format!("Costs {points}, and 1 or more for each item of the page."),
        Repetition::Row => format!("Costs {points} for each item."),
        Repetition::Ids => format!("Costs {points} and the price of its selection for each id."),
    }
}

fn rate_limit(field: &MetaField) -> Option<String> {
    let bucket = find(field, "rateLimit")?.args.get("bucket")?;
    Some(format!("Rate limit: {bucket}."))
}
