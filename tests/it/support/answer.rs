//! What came back over HTTP, and what a test may claim about it.

use reqwest::StatusCode;
use reqwest::header::HeaderMap;
use serde_json::Value;

/// An answer as the client sees it.
#[derive(Debug, Clone)]
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub text: String,
    pub body: Value,
}

/// What a signed-in client holds.
#[derive(Debug, Clone)]
pub struct SignedIn {
    pub access: String,
    /// Empty where it travelled as a cookie.
    pub refresh: String,
    pub session: String,
    pub user: String,
    pub email: String,
}

impl Answer {
    pub async fn read(response: reqwest::Response) -> Self {
        let (status, headers) = (response.status(), response.headers().clone());
        let text = response.text().await.expect("an answer that can be read to its end");
        let body = serde_json::from_str(&text).unwrap_or_default();
        Self { status, headers, text, body }
    }

    /// The value at a JSON pointer below `data`: `"/me/email"`.
    #[track_caller]
    pub fn at(&self, path: &str) -> &Value {
        self.body["data"].pointer(path).unwrap_or_else(|| panic!("no {path} in {}", self.text))
    }

    /// The text at a path below `data`.
    #[track_caller]
    pub fn text_at(&self, path: &str) -> &str {
        self.at(path).as_str().unwrap_or_else(|| panic!("no text at {path} in {}", self.text))
    }

    pub fn errors(&self) -> &[Value] {
        self.body["errors"].as_array().map_or(&[], Vec::as_slice)
    }

    /// The answer, if it holds no error.
    #[track_caller]
    pub fn ok(self) -> Self {
        assert!(self.errors().is_empty() && self.body["data"].is_object(), "refused: {}", self.text);
        self
    }

    /// The code of the only error.
    #[track_caller]
    pub fn code(&self) -> &str {
        self.extension("code").as_str().unwrap_or_else(|| panic!("an error without a code: {}", self.text))
    }

    /// The codes of all errors, in their order.
    pub fn codes(&self) -> Vec<&str> {
        self.errors().iter().filter_map(|error| error["extensions"]["code"].as_str()).collect()
    }

    /// What the only error carries under this name.
    #[track_caller]
    pub fn extension(&self, name: &str) -> &Value {
        let [error] = self.errors() else { panic!("not exactly one error: {}", self.text) };
        &error["extensions"][name]
    }

    /// How many seconds the only error tells the client to wait.
    #[track_caller]
    pub fn retry_after(&self) -> u64 {
        self.extension("retryAfter").as_u64().unwrap_or_else(|| panic!("no retryAfter: {}", self.text))
    }

    /// The broken rules of a validation error, as `"input.email INVALID"`.
    #[track_caller]
    pub fn field_errors(&self) -> Vec<String> {
        let fields = self.extension("fields").as_array().unwrap_or_else(|| panic!("no fields: {}", self.text));
        let rule = |field: &Value| format!("{} {}", field["path"].as_str().unwrap(), field["code"].as_str().unwrap());
        fields.iter().map(rule).collect()
    }

    /// The tokens of a sign-in, from the first field of the answer.
    #[track_caller]
    pub fn signed_in(&self) -> SignedIn {
        let tokens = self.body["data"].as_object().and_then(|data| data.values().next()).unwrap_or(&Value::Null);
        let text = |path: &str| tokens.pointer(path).and_then(Value::as_str).map(str::to_owned);
        let present = |path| text(path).unwrap_or_else(|| panic!("not signed in, no {path}: {}", self.text));
        SignedIn {
            access: present("/accessToken"),
            refresh: text("/refreshToken").unwrap_or_default(),
            session: present("/session/id"),
            user: present("/user/id"),
            email: present("/user/email"),
        }
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map(|value| value.to_str().unwrap()).unwrap_or_default()
    }

    /// The body without what differs between any two answers, to compare it byte for byte.
    #[track_caller]
    pub fn anonymous_text(&self) -> String {
        self.text.replace(self.extension("correlationId").as_str().unwrap(), "…")
    }
}
