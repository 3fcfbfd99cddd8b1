//! Secrets that a test has seen, and the search for them in what a server tells the outside.

use std::collections::{BTreeMap, HashMap};

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine;
use base64::prelude::{BASE64_STANDARD, BASE64_STANDARD_NO_PAD, BASE64_URL_SAFE_NO_PAD};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;

/// The names under which inputs and answers carry secrets.
const FIELDS: [&str; 17] = [
    "password",
    "currentPassword",
    "newPassword",
    "token",
    "accessToken",
    "refreshToken",
    "challengeToken",
    "flowToken",
    "idToken",
    "code",
    "state",
    "nonce",
    "secret",
    "otpauthUri",
    "backupCodes",
    "authorization",
    "idempotencyKey",
];

/// How many bytes of a form are compared before the whole.
const HEAD: usize = 8;

/// Secrets, and where each was seen.
#[derive(Debug, Default)]
pub struct Secrets(BTreeMap<String, String>);

impl Secrets {
    /// Remembers a secret.
    pub fn add(&mut self, seen: &str, secret: &str) {
        // Of a JWT the signature, too: without it the rest is of no use.
        let signature =
            secret.rsplit_once('.').filter(|(signed, _)| signed.contains('.')).map(|(_, signature)| signature);
        for secret in [Some(secret), signature].into_iter().flatten().filter(|secret| !secret.is_empty()) {
            self.0.insert(secret.to_owned(), seen.to_owned());
        }
    }

    /// Remembers the secrets of an input or an answer.
    pub fn add_from(&mut self, value: &Value) {
        match value {
            Value::Object(fields) => {
                for (name, value) in fields {
                    if FIELDS.contains(&name.as_str()) {
                        let texts = value.as_array().map_or_else(|| vec![value], |list| list.iter().collect());
                        texts.into_iter().filter_map(Value::as_str).for_each(|secret| self.add(name, secret));
                    }
                    self.add_from(value);
                }
            }
            Value::Array(items) => items.iter().for_each(|item| self.add_from(item)),
            _ => {}
        }
    }

    /// The names of what was seen.
    pub fn kinds(&self) -> Vec<&str> {
        let mut kinds: Vec<_> = self.0.values().map(String::as_str).collect();
        kinds.sort_unstable();
        kinds.dedup();
        kinds
    }

    /// Those that occur in a text, in whatever form.
    pub fn found_in(&self, text: &[u8]) -> Vec<String> {
        let mut forms: HashMap<Vec<u8>, Vec<(Vec<u8>, String)>> = HashMap::new();
        for (secret, seen) in self.0.iter().filter(|(secret, _)| secret.len() >= HEAD) {
            for form in forms_of(secret) {
                let told = format!("{seen}: {secret}, as {}", String::from_utf8_lossy(&form));
                forms.entry(form[..HEAD].to_vec()).or_default().push((form, told));
            }
        }
        let mut found = Vec::new();
        for (at, head) in text.windows(HEAD).enumerate() {
            for (form, told) in forms.get(head).into_iter().flatten() {
                if text[at..].starts_with(form) && !found.contains(told) {
                    found.push(told.clone());
                }
            }
        }
        found.extend(self.short_ones_in(text));
        found
    }

    /// Codes of six digits stand for themselves: not within a longer number, a time or an id.
    fn short_ones_in(&self, text: &[u8]) -> Vec<String> {
        let is_part = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_');
        let words: std::collections::HashSet<&[u8]> = text.split(|byte| !is_part(byte)).collect();
        let short = self.0.iter().filter(|(secret, _)| secret.len() < HEAD);
        short
            .filter(|(secret, _)| words.contains(secret.as_bytes()))
            .map(|(secret, seen)| format!("{seen}: {secret}"))
            .collect()
    }
}

/// How a secret could be written: as it is, for a URL, in base64 and in hexadecimal, as a list of bytes; and so its hash, and
/// the bytes that it stands for.
fn forms_of(secret: &str) -> Vec<Vec<u8>> {
    // Tokens of the server begin with three letters that name their kind.
    let body = secret.split_once('_').filter(|(kind, _)| kind.len() == 3).map_or(secret, |(_, body)| body);
    let decoded = BASE64_URL_SAFE_NO_PAD.decode(body).or_else(|_| BASE64_STANDARD.decode(body)).unwrap_or_default();
    let hash = |bytes: &[u8]| digest(&SHA256, bytes).as_ref().to_vec();
    let mut forms = vec![secret.as_bytes().to_vec(), utf8_percent_encode(secret, NON_ALPHANUMERIC).to_string().into()];
    for bytes in [secret.as_bytes().to_vec(), hash(secret.as_bytes()), decoded.clone(), hash(&decoded)] {
        if decoded.len() >= HEAD || bytes.starts_with(secret.as_bytes()) {
            forms.push(BASE64_STANDARD_NO_PAD.encode(&bytes).into());
            forms.push(BASE64_URL_SAFE_NO_PAD.encode(&bytes).into());
            forms.push(bytes.iter().fold(String::new(), |hex, byte| hex + &format!("{byte:02x}")).into());
            forms.push(bytes.iter().fold(String::new(), |hex, byte| hex + &format!("{byte:02X}")).into());
            forms.push(format!("{bytes:?}").trim_matches(['[', ']']).to_owned().into());
            forms.push(bytes);
        }
    }
    forms.retain(|form| form.len() >= HEAD);
    forms
}
