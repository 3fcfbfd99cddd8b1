//! `/oauth/form_post`: where Apple sends a browser with a form. The browser is sent on to the redirect URI of its sign-in, with
//! the same parameters in the query (OAuth 2.0 Form Post Response Mode; docs/adr/0045). Nothing is stored, and no cookie is
//! read or set.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Extension, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use url::{Url, form_urlencoded};

use super::media_type::{is_encoded, is_form};
use super::refusal::HttpRefusal;
use super::request::CorrelationId;
use super::request_reader::read_body;
use crate::api::state::AppState;
use crate::app::App;
use crate::error::{Error, OrFault, Result};
use crate::flows::find_redirect_uri::find_redirect_uri;

/// The route. The settings tell providers its address.
pub const FORM_POST: &str = "/oauth/form_post";

/// A code, a state and a name are far shorter.
const MAX_BODY_BYTES: usize = 16 * 1024;
/// What is passed on. Everything else is dropped, such as an ID token, which must not get into an address.
const PARAMETERS: [&str; 5] = ["code", "error", "state", "iss", "user"];

const METHOD: HttpRefusal = HttpRefusal::method("A provider sends a browser here, by POST.", "POST");
const NOT_A_FORM: HttpRefusal = HttpRefusal::new(
    StatusCode::UNSUPPORTED_MEDIA_TYPE,
    "Content-Type must be application/x-www-form-urlencoded, without a Content-Encoding.",
);
const MALFORMED: HttpRefusal =
    HttpRefusal::new(StatusCode::BAD_REQUEST, "The form needs state, and either code or error, each of them once.");
const UNKNOWN: HttpRefusal = HttpRefusal::new(
    StatusCode::BAD_REQUEST,
    "This sign-in is unknown, used or expired. Please go back to the application and start again.",
);
const UNAVAILABLE: HttpRefusal =
    HttpRefusal::new(StatusCode::SERVICE_UNAVAILABLE, "The service is not available at the moment. Please try again.");
const FAULT: HttpRefusal =
    HttpRefusal::new(StatusCode::INTERNAL_SERVER_ERROR, "Something went wrong on our side. Please try again.");

/// Sends a browser on to the redirect URI of its sign-in.
pub async fn form_post(
    State(state): State<Arc<AppState>>,
    Extension(id): Extension<CorrelationId>,
    request: Request,
) -> Response {
    let (head, body) = request.into_parts();
    let form = match read_form(&head, body).await {
        Ok(form) => form,
        Err(refused) => return plain(refused),
    };
    match destination(&state.app, &form).await {
        Ok(Some(location)) => (StatusCode::SEE_OTHER, [(header::LOCATION, location)]).into_response(),
        Ok(None) => plain(UNKNOWN),
        Err(Error::Refused(_)) => plain(UNAVAILABLE),
        Err(Error::Fault(fault)) => {
            tracing::error!(?fault, correlation_id = id.0, "a form of a provider was not passed on");
            plain(FAULT)
        }
    }
}

/// The parameters of a form that are passed on.
struct ProviderForm {
    state: String,
    /// As a query, the state included.
    query: String,
}

async fn read_form(head: &Parts, body: Body) -> Result<ProviderForm, HttpRefusal> {
    if head.method != Method::POST {
        return Err(METHOD);
    }
    if !is_form(&head.headers) || is_encoded(&head.headers) {
        return Err(NOT_A_FORM);
    }
    ProviderForm::parse(&read_body(&head.headers, body, MAX_BODY_BYTES).await?).ok_or(MALFORMED)
}

impl ProviderForm {
    /// `None` where a parameter is missing, or is there twice (RFC 6749, section 3.1).
    fn parse(body: &[u8]) -> Option<Self> {
        let mut values: [Option<String>; PARAMETERS.len()] = Default::default();
        for (name, value) in form_urlencoded::parse(body) {
            let Some(at) = PARAMETERS.iter().position(|known| *known == name) else { continue };
            if values.get_mut(at)?.replace(value.into_owned()).is_some() {
                return None;
            }
        }
        let [code, error, state, ..] = &values;
        if code.is_some() == error.is_some() {
            return None;
        }
        let state = state.clone()?;
        let mut query = form_urlencoded::Serializer::new(String::new());
        for (name, value) in PARAMETERS.iter().zip(&values) {
            if let Some(value) = value {
                query.append_pair(name, value);
            }
        }
        // Parsers of apps, unlike those of browsers, do not take a plus for a space.
        Some(Self { state, query: query.finish().replace('+', "%20") })
    }
}

/// The redirect URI of the sign-in with the parameters of the form, if the sign-in waits for one.
async fn destination(app: &App, form: &ProviderForm) -> Result<Option<HeaderValue>> {
    let Some(redirect_uri) = find_redirect_uri(app, &form.state).await? else { return Ok(None) };
    let mut location: Url = redirect_uri.parse().or_fault("reading a redirect URI")?;
    add_query(&mut location, &form.query);
    HeaderValue::from_str(location.as_str()).map(Some).or_fault("writing a redirect URI")
}

/// Adds to the query that a URL has already.
fn add_query(location: &mut Url, query: &str) {
    let query = match location.query() {
        Some(own) if !own.is_empty() => format!("{own}&{query}"),
        _ => query.to_owned(),
    };
    location.set_query(Some(&query));
}

/// People see these answers, in the browser that the provider sent here.
fn plain(refused: HttpRefusal) -> Response {
    let content_type = [(header::CONTENT_TYPE, "text/plain; charset=utf-8")];
    let mut response = (refused.status, content_type, refused.message).into_response();
    if let Some(allow) = refused.allow {
        response.headers_mut().insert(header::ALLOW, HeaderValue::from_static(allow));
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    fn query(body: &str) -> Option<String> {
        ProviderForm::parse(body.as_bytes()).map(|form| form.query)
    }

    #[test]
    fn what_is_passed_on_is_a_list() {
        let body = "user=%7B%22name%22%3A%7B%7D%7D&id_token=eyJ&state=s%2Bt&code=c+d&access_token=x&scope=a&scope=b&iss=https%3A%2F%2Fappleid.apple.com";

        assert_eq!(
            query(body).unwrap(),
            "code=c%20d&state=s%2Bt&iss=https%3A%2F%2Fappleid.apple.com&user=%7B%22name%22%3A%7B%7D%7D"
        );
        assert_eq!(query("error=user_cancelled_authorize&state=s").unwrap(), "error=user_cancelled_authorize&state=s");
    }

    #[test]
    fn a_form_has_each_parameter_once() {
        for body in [
            "",
            "state=s",
            "code=c",
            "code=c&error=e&state=s",
            "code=c&code=c&state=s",
            "code=c&state=s&state=t",
            "code=c&state=s&user=&user=",
            "code=c&state=s&%73tate=t",
        ] {
            assert_eq!(query(body), None, "{body}");
        }
    }

    #[test]
    fn a_value_cannot_leave_its_parameter() {
        let passed = query("code=c%0D%0ASet-Cookie%3A%20a%3Db%23%26iss%3Dx&state=%00%ff").unwrap();

        assert!(passed.bytes().all(|byte| byte.is_ascii_graphic()), "{passed}");
        assert_eq!(form_urlencoded::parse(passed.as_bytes()).count(), 2, "{passed}");
    }

    #[test]
    fn a_redirect_uri_keeps_what_it_has() {
        for (uri, expected) in [
            ("https://app.example.com/callback", "https://app.example.com/callback?code=c"),
            ("https://app.example.com/callback?a=%20b&c", "https://app.example.com/callback?a=%20b&c&code=c"),
            ("https://app.example.com/callback?", "https://app.example.com/callback?code=c"),
            ("com.example.app:/callback", "com.example.app:/callback?code=c"),
            ("com.example.app:callback", "com.example.app:callback?code=c"),
            ("com.example.app://callback/x", "com.example.app://callback/x?code=c"),
            ("http://127.0.0.1:4711/", "http://127.0.0.1:4711/?code=c"),
        ] {
            let mut location: Url = uri.parse().unwrap();
            add_query(&mut location, "code=c");
            assert_eq!(location.as_str(), expected);
        }
    }
}
