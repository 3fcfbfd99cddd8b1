//! What a provider says of a user: the claims of an ID token, or of an answer about the user.

use std::fmt;

use serde::Deserialize;
use serde_json::{Map, Value};

/// Claims by name. `Debug` does not show them.
#[derive(Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct ClaimSet(Map<String, Value>);

impl ClaimSet {
    /// A claim as it came.
    #[must_use]
    pub fn get(&self, claim: &str) -> Option<&Value> {
        self.0.get(claim)
    }

    /// A claim that is a text and not empty.
    #[must_use]
    pub fn text(&self, claim: &str) -> Option<&str> {
        self.0.get(claim)?.as_str().filter(|text| !text.is_empty())
    }

    /// A claim that is true or false. Apple writes `"true"`, Microsoft also `1` and `"1"`. Anything else is false.
    #[must_use]
    pub fn flag(&self, claim: &str) -> bool {
        match self.0.get(claim) {
            Some(Value::Bool(flag)) => *flag,
            Some(Value::String(text)) => text == "true" || text == "1",
            Some(Value::Number(number)) => number.as_u64() == Some(1),
            _ => false,
        }
    }
}

impl fmt::Debug for ClaimSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ClaimSet(redacted)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flag_is_true_in_every_spelling_of_the_providers_and_in_no_other() {
        for (json, flag) in [
            ("true", true),
            (r#""true""#, true),
            ("1", true),
            (r#""1""#, true),
            ("false", false),
            (r#""false""#, false),
            ("0", false),
            ("2", false),
            ("null", false),
            (r#""True""#, false),
            (r#"["true"]"#, false),
        ] {
            let claims: ClaimSet = serde_json::from_str(&format!(r#"{{"email_verified":{json}}}"#)).unwrap();
            assert_eq!(claims.flag("email_verified"), flag, "{json}");
        }
        assert!(!ClaimSet::default().flag("email_verified"));
    }

    #[test]
    fn claims_never_show_in_a_log() {
        let claims: ClaimSet = serde_json::from_str(r#"{"email":"ann@example.com"}"#).unwrap();

        assert_eq!(
            (claims.text("email"), format!("{claims:?}")),
            (Some("ann@example.com"), "ClaimSet(redacted)".into())
        );
    }
}
