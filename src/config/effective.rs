//! The settings of a running server as administrators see them: names, meanings, and the values that are no secrets.

use std::borrow::Cow;

use super::setting::{Setting, one_line};

/// A setting of this server, with the text of the value that applies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EffectiveSetting {
    /// The environment variable; for one provider of many with the name of the provider in it.
    pub name: Cow<'static, str>,
    /// The heading above it.
    pub section: &'static str,
    /// What the setting does.
    pub description: String,
    /// The value as the operator wrote it, or the default. `None` if there is none, and for a secret.
    pub value: Option<String>,
    /// The default in the mode of this server. `None` if there is none.
    pub default: Option<&'static str>,
    /// Whether the default applies.
    pub is_default: bool,
    /// Whether the value is left out, because it is a secret or may contain one.
    pub is_secret: bool,
}

impl EffectiveSetting {
    /// The setting with the value that was given, if one was.
    pub fn new(
        (name, setting): (Cow<'static, str>, &Setting),
        section: &'static str,
        default: &'static str,
        given: Option<&str>,
    ) -> Self {
        let value = given.unwrap_or(default);
        let is_secret = setting.is_secret || may_carry_credentials(value);
        Self {
            name,
            section,
            description: one_line(setting.meaning),
            value: Some(value).filter(|value| !value.is_empty() && !is_secret).map(str::to_owned),
            default: Some(default).filter(|default| !default.is_empty()),
            is_default: value == default,
            is_secret,
        }
    }
}

/// Whether a text of any setting may be a URL with a user, a password or a query.
fn may_carry_credentials(text: &str) -> bool {
    text.split_once(':').is_some_and(|(_, rest)| rest.contains(['@', '?']))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_with_credentials_are_told_from_other_texts() {
        for url in [
            "https://user@a.example",
            "https://a.example/?key=1",
            "https://a.example,https://user:password@b.example",
            "com.example.app:/oauth?key=1",
            "user:password@host",
        ] {
            assert!(may_carry_credentials(url), "{url}");
        }
        for text in ["", "https://a.example/#/", "Example <no-reply@example.com>", "Who?", "127.0.0.1:8080", "5/1m"] {
            assert!(!may_carry_credentials(text), "{text}");
        }
    }
}
