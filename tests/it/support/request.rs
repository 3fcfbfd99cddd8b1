//! A request on its way: a document, its variables, and what the client presents.

use std::future::IntoFuture;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use reqwest::RequestBuilder;
use serde_json::{Value, json};

use super::answer::{Answer, SignedIn};
use super::refusals;

/// A GraphQL request that is sent when it is awaited.
#[must_use = "nothing is asked before it is awaited"]
pub struct GraphQLRequest {
    http: RequestBuilder,
    document: String,
    variables: Value,
}

impl GraphQLRequest {
    pub fn new(http: RequestBuilder, document: impl Into<String>) -> Self {
        Self { http, document: document.into(), variables: Value::Null }
    }

    pub fn variables(self, variables: Value) -> Self {
        Self { variables, ..self }
    }

    /// Gives the only variable that most documents have.
    pub fn input(self, input: Value) -> Self {
        self.variables(Value::from_iter([("input", input)]))
    }

    pub fn by(self, who: &SignedIn) -> Self {
        self.bearer(&who.access)
    }

    pub fn bearer(self, token: &str) -> Self {
        self.header("authorization", &format!("Bearer {token}"))
    }

    pub fn header(self, name: &str, value: &str) -> Self {
        Self { http: self.http.header(name, value), ..self }
    }

    /// How the body of the answer is encoded.
    pub async fn encoding(self) -> String {
        let body = json!({ "query": self.document });
        let response = self.http.json(&body).send().await.expect("a server that answers");
        response.headers().get("content-encoding").map(|value| value.to_str().unwrap().to_owned()).unwrap_or_default()
    }

    /// The first answer that is not UNAVAILABLE.
    pub async fn until_available(self) -> Answer {
        for _ in 0..20 {
            let again = self.http.try_clone().expect("a request without a stream");
            let request = Self { http: again, document: self.document.clone(), variables: self.variables.clone() };
            let answer = request.await;
            if answer.codes() != ["UNAVAILABLE"] {
                return answer;
            }
        }
        panic!("the server is not available");
    }

    /// Comes from this address, through the proxy of a test with `TRUSTED_PROXIES=1`.
    pub fn from(self, address: &str) -> Self {
        self.header("x-forwarded-for", address)
    }
}

impl IntoFuture for GraphQLRequest {
    type Output = Answer;
    type IntoFuture = BoxFuture<'static, Answer>;

    fn into_future(self) -> Self::IntoFuture {
        let body = json!({ "query": self.document, "variables": self.variables });
        async move {
            let answer = Answer::read(self.http.json(&body).send().await.expect("a server that answers")).await;
            refusals::check(&self.document, &answer);
            answer
        }
        .boxed()
    }
}
