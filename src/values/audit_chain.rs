//! The chain of the audit trail: how the hash of an event is computed.

use aws_lc_rs::digest::{Context, SHA256};
use serde_json::Value;
use uuid::Uuid;

use super::time::Time;

/// Names the layout of the hashed bytes; another layout gets another name.
const LAYOUT: &[u8] = b"authgraph audit event 1";

/// SHA-256 over an event and the hash of the one before it.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::Type)]
#[sqlx(transparent)]
pub struct ChainHash(Vec<u8>);

/// The position of an event: its chain, and its number there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ChainPosition {
    /// The chain.
    pub shard: i32,
    /// Counted from 1, without a gap.
    pub sequence: i64,
}

/// All fields of an event, as the database stores them.
#[derive(Debug, Clone, Copy)]
#[allow(missing_docs, reason = "the columns of audit_events")]
pub struct Content<'a> {
    pub id: Uuid,
    pub at: Time,
    pub action: &'a str,
    pub outcome: &'a str,
    pub actor: Option<Uuid>,
    pub subject: Option<Uuid>,
    pub session: Option<Uuid>,
    pub address: Option<&'a str>,
    pub user_agent: Option<&'a str>,
    pub correlation_id: &'a str,
    pub metadata: &'a Value,
}

impl ChainHash {
    /// The hash that these bytes are.
    #[must_use]
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes.to_vec())
    }

    /// The bare bytes.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.0
    }

    /// The hash of an event at this position behind `previous`. Every part is hashed with its length, so that no two
    /// events have the same bytes; keys of the metadata are sorted, because `jsonb` stores them in an order of its own.
    #[must_use]
    pub fn new(previous: &Self, place: ChainPosition, content: &Content<'_>) -> Self {
        let mut bytes = Bytes(Context::new(&SHA256));
        bytes.part(LAYOUT);
        bytes.part(&previous.0);
        bytes.part(&place.shard.to_be_bytes());
        bytes.part(&place.sequence.to_be_bytes());
        bytes.part(content.id.as_bytes());
        bytes.part(&content.at.timestamp_micros().to_be_bytes());
        bytes.part(content.action.as_bytes());
        bytes.part(content.outcome.as_bytes());
        for id in [content.actor, content.subject, content.session] {
            bytes.optional(id.as_ref().map(|id| id.as_bytes().as_slice()));
        }
        bytes.optional(content.address.map(str::as_bytes));
        bytes.optional(content.user_agent.map(str::as_bytes));
        bytes.part(content.correlation_id.as_bytes());
        bytes.value(content.metadata);
        Self(bytes.0.finish().as_ref().to_vec())
    }
}

struct Bytes(Context);

impl Bytes {
    fn part(&mut self, part: &[u8]) {
        self.0.update(&(part.len() as u64).to_be_bytes());
        self.0.update(part);
    }

    fn optional(&mut self, part: Option<&[u8]>) {
        self.part(if part.is_some() { b"some" } else { b"none" });
        self.part(part.unwrap_or_default());
    }

    fn value(&mut self, value: &Value) {
        match value {
            Value::Null => self.part(b"null"),
            Value::Bool(is_so) => self.part(if *is_so { b"true" } else { b"false" }),
            Value::Number(number) => {
                self.part(b"number");
                self.part(number.to_string().as_bytes());
            }
            Value::String(text) => {
                self.part(b"string");
                self.part(text.as_bytes());
            }
            Value::Array(items) => {
                self.part(b"array");
                self.0.update(&(items.len() as u64).to_be_bytes());
                for item in items {
                    self.value(item);
                }
            }
            Value::Object(fields) => {
                self.part(b"object");
                self.0.update(&(fields.len() as u64).to_be_bytes());
                let mut sorted: Vec<_> = fields.iter().collect();
                sorted.sort_unstable_by_key(|(name, _)| *name);
                for (name, value) in sorted {
                    self.part(name.as_bytes());
                    self.value(value);
                }
            }
        }
    }
}

/// The value in a form that both engines give back unchanged: a number with a fraction becomes a text, because `jsonb`
/// writes such numbers in its own way.
#[must_use]
pub fn spelt_alike(value: Value) -> Value {
    match value {
        Value::Number(number) if number.is_f64() => Value::String(number.to_string()),
        Value::Array(items) => Value::Array(items.into_iter().map(spelt_alike).collect()),
        Value::Object(fields) => {
            Value::Object(fields.into_iter().map(|(name, value)| (name, spelt_alike(value))).collect())
        }
        other @ (Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_)) => other,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn hash_with(metadata: &Value, change: impl FnOnce(&mut Content<'_>)) -> ChainHash {
        let mut content = Content {
            id: Uuid::nil(),
            at: Time::UNIX_EPOCH,
            action: "LOGIN",
            outcome: "SUCCESS",
            actor: None,
            subject: None,
            session: None,
            address: Some("192.0.2.1"),
            user_agent: Some("curl"),
            correlation_id: "c",
            metadata,
        };
        change(&mut content);
        ChainHash::new(&ChainHash(vec![0; 32]), ChainPosition { shard: 0, sequence: 1 }, &content)
    }

    fn hash(change: impl FnOnce(&mut Content<'_>)) -> ChainHash {
        hash_with(&json!({}), change)
    }

    #[test]
    fn every_detail_changes_the_hash() {
        let hashes = [
            hash(|_| {}),
            hash(|content| content.at += std::time::Duration::from_micros(1)),
            hash(|content| content.actor = Some(Uuid::nil())),
            hash(|content| content.subject = Some(Uuid::nil())),
            hash(|content| content.session = Some(Uuid::nil())),
            hash(|content| content.address = None),
            hash(|content| content.address = Some("")),
            hash(|content| (content.address, content.user_agent) = (Some("192.0.2.1c"), Some("url"))),
            hash(|content| content.action = "LOGOUT"),
            hash(|content| content.outcome = "FAILURE"),
            hash(|content| content.correlation_id = ""),
            hash_with(&json!({"a": [1]}), |_| {}),
            hash_with(&json!({"a": {"1": null}}), |_| {}),
        ];

        for (n, one) in hashes.iter().enumerate() {
            assert!(!hashes[n + 1..].contains(one), "{n}");
        }
    }

    #[test]
    fn the_order_of_keys_does_not_matter() {
        let (here, there) = (r#"{"b": 1, "a": {"d": 2, "c": 3}}"#, r#"{"a": {"c": 3, "d": 2}, "b": 1}"#);
        let [here, there] = [here, there].map(|text| serde_json::from_str::<Value>(text).unwrap());

        assert_eq!(hash_with(&here, |_| {}), hash_with(&there, |_| {}));
    }

    #[test]
    fn fractions_are_kept_as_text() {
        let value = json!({ "a": [1, 1.5e30, 0.5] });

        assert_eq!(spelt_alike(value), json!({ "a": [1, "1.5e+30", "0.5"] }));
    }
}
