//! Content negotiation: which media types a client accepts, and which it may send.

use axum::http::{HeaderMap, header};
use mime::Mime;

/// The two shapes of a GraphQL answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MediaType {
    /// `application/graphql-response+json`: the status says whether the request was well formed.
    GraphqlResponse,
    /// `application/json`: any GraphQL answer comes with 200, as older clients expect.
    Json,
}

/// How much a client likes a media type: the quality it gives, and how precisely it named the type.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Preference {
    thousandths: u16,
    precision: Precision,
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Precision {
    Anything,
    Application,
    Exact,
}

impl MediaType {
    /// The value of `Content-Type`.
    #[must_use]
    pub const fn content_type(self) -> &'static str {
        match self {
            Self::GraphqlResponse => "application/graphql-response+json; charset=utf-8",
            Self::Json => "application/json; charset=utf-8",
        }
    }

    /// Chooses the type that the client prefers (RFC 9110, section 12.5.1); `None` where it accepts neither.
    ///
    /// A client without a preference gets `application/json`; one that names both with the same quality gets the newer
    /// type.
    #[must_use]
    pub fn negotiate(headers: &HeaderMap) -> Option<Self> {
        let accepted = accepted(headers);
        if accepted.is_empty() {
            return Some(Self::Json);
        }
        match (preference(&accepted, "graphql-response+json"), preference(&accepted, "json")) {
            (None, None) => None,
            (Some(_), None) => Some(Self::GraphqlResponse),
            (None, Some(_)) => Some(Self::Json),
            (Some(newer), Some(older)) if newer == older && newer.precision == Precision::Exact => {
                Some(Self::GraphqlResponse)
            }
            (Some(newer), Some(older)) => Some(if newer > older { Self::GraphqlResponse } else { Self::Json }),
        }
    }
}

/// Whether the body is JSON in UTF-8. Other types are refused, because browsers send `text/plain`, forms and multipart
/// across origins without a preflight.
#[must_use]
pub fn is_json(headers: &HeaderMap) -> bool {
    is_sent(headers, &mime::APPLICATION_JSON)
}

/// Whether the body is a form as browsers send it.
#[must_use]
pub fn is_form(headers: &HeaderMap) -> bool {
    is_sent(headers, &mime::APPLICATION_WWW_FORM_URLENCODED)
}

fn is_sent(headers: &HeaderMap, expected: &Mime) -> bool {
    let mut lines = headers.get_all(header::CONTENT_TYPE).iter();
    let (Some(line), None) = (lines.next(), lines.next()) else { return false };
    let Some(sent) = line.to_str().ok().and_then(|text| text.parse::<Mime>().ok()) else { return false };
    sent.essence_str() == expected.essence_str() && is_utf8(&sent)
}

/// Whether the body is compressed (RFC 9110, section 8.4). Compressed bodies are
/// refused: a small one can hold gigabytes.
#[must_use]
pub fn is_encoded(headers: &HeaderMap) -> bool {
    let mut codings = headers.get_all(header::CONTENT_ENCODING).iter();
    codings.any(|coding| !coding.as_bytes().trim_ascii().eq_ignore_ascii_case(b"identity") && !coding.is_empty())
}

/// Whether the client asks for server-sent events by name; `*/*` does not mean a stream.
#[must_use]
pub fn accepts_event_stream(headers: &HeaderMap) -> bool {
    let is_event_stream = |entry: &Mime| entry.essence_str() == mime::TEXT_EVENT_STREAM.essence_str();
    accepted(headers).iter().any(|entry| is_event_stream(entry) && thousandths(entry).is_some_and(|q| q > 0))
}

/// The entries of all `Accept` lines. An entry that cannot be read is left out, and the others still count.
fn accepted(headers: &HeaderMap) -> Vec<Mime> {
    let entries = headers.get_all(header::ACCEPT).iter().flat_map(|line| line.as_bytes().split(|byte| *byte == b','));
    entries.filter_map(|entry| std::str::from_utf8(entry).ok()?.trim().parse().ok()).collect()
}

/// The most precise entry for a type decides, even where another one has a higher quality.
fn preference(accepted: &[Mime], subtype: &str) -> Option<Preference> {
    let entries = accepted.iter().filter_map(|entry| {
        let precision = match (entry.type_().as_str(), entry.essence_str()) {
            ("*", "*/*") => Precision::Anything,
            ("application", "application/*") => Precision::Application,
            ("application", essence) if essence.strip_prefix("application/") == Some(subtype) => Precision::Exact,
            _ => return None,
        };
        is_utf8(entry).then_some(Preference { precision, thousandths: thousandths(entry)? })
    });
    entries
        .max_by_key(|preference| (preference.precision, preference.thousandths))
        .filter(|preference| preference.thousandths > 0)
}

fn is_utf8(media_type: &Mime) -> bool {
    // `utf8` is not a registered name (RFC 3629), but many clients write it.
    media_type.get_param(mime::CHARSET).is_none_or(|charset| charset == mime::UTF_8 || charset == "utf8")
}

fn thousandths(entry: &Mime) -> Option<u16> {
    let Some(quality) = entry.get_param("q") else { return Some(1000) };
    let quality: f32 = quality.as_str().parse().ok().filter(|quality| (0.0..=1.0).contains(quality))?;
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between 0 and 1000")]
    Some((quality * 1000.0).round() as u16)
}

#[cfg(test)]
mod tests {
    use axum::http::{HeaderName, HeaderValue};

    use super::*;

    fn headers(name: &HeaderName, lines: &[&'static str]) -> HeaderMap {
        lines.iter().map(|line| (name.clone(), HeaderValue::from_static(line))).collect()
    }

    fn negotiated(accept: &'static str) -> Option<MediaType> {
        MediaType::negotiate(&headers(&header::ACCEPT, &[accept]))
    }

    #[test]
    fn a_client_that_does_not_care_gets_json() {
        assert_eq!(MediaType::negotiate(&HeaderMap::new()), Some(MediaType::Json));
        for accept in ["", "*/*", "application/*", "text/html, */*;q=0.1", "*/*;q=0.5, application/*;q=.2"] {
            assert_eq!(negotiated(accept), Some(MediaType::Json), "{accept}");
        }
    }

    #[test]
    fn the_newer_type_needs_to_be_named() {
        for accept in [
            "application/graphql-response+json",
            "application/json, application/graphql-response+json",
            "APPLICATION/GRAPHQL-RESPONSE+JSON;charset=UTF-8, application/json;q=0.9",
            "application/graphql-response+json;q=0.2, */*;q=0.1",
            "application/json;q=0, */*",
        ] {
            assert_eq!(negotiated(accept), Some(MediaType::GraphqlResponse), "{accept}");
        }
    }

    #[test]
    fn quality_then_precision_decides() {
        for accept in [
            "application/graphql-response+json;q=0.5, application/json;q=0.6",
            "application/json, */*",
            "application/graphql-response+json;q=0, */*",
            "application/graphql-response+json;charset=latin1, application/json",
        ] {
            assert_eq!(negotiated(accept), Some(MediaType::Json), "{accept}");
        }
        let lines = headers(&header::ACCEPT, &["application/json;q=0.1", "application/graphql-response+json"]);
        assert_eq!(MediaType::negotiate(&lines), Some(MediaType::GraphqlResponse));
    }

    #[test]
    fn a_client_that_wants_something_else_gets_nothing() {
        for accept in ["text/html", "application/xml", "*/*;q=0", "application/json;q=2", "application/json;q=NaN"] {
            assert_eq!(negotiated(accept), None, "{accept}");
        }
    }

    #[test]
    fn an_entry_that_is_no_text_takes_no_other_one_along() {
        for line in
            [&b"text/html;x=\xe9, application/graphql-response+json"[..], b"\xff,application/graphql-response+json"]
        {
            let sent = HeaderMap::from_iter([(header::ACCEPT, HeaderValue::from_bytes(line).unwrap())]);
            assert_eq!(MediaType::negotiate(&sent), Some(MediaType::GraphqlResponse));
        }
    }

    #[test]
    fn a_stream_is_only_for_those_who_ask_for_it_by_name() {
        for (accept, asks) in [
            ("text/event-stream", true),
            ("application/json, text/event-stream;q=0.5", true),
            ("text/event-stream;q=0", false),
            ("*/*, text/*", false),
        ] {
            assert_eq!(accepts_event_stream(&headers(&header::ACCEPT, &[accept])), asks, "{accept}");
        }
    }

    #[test]
    fn only_json_in_utf8_is_read() {
        for sent in [
            "application/json",
            "Application/JSON; Charset=UTF-8",
            "application/json; charset=\"utf-8\"",
            "application/json; charset=utf8",
            "application/json;charset=UTF8",
        ] {
            assert!(is_json(&headers(&header::CONTENT_TYPE, &[sent])), "{sent}");
        }
        for sent in ["", "text/plain", "application/json+x", "application/json; charset=latin1", "multipart/form-data"]
        {
            assert!(!is_json(&headers(&header::CONTENT_TYPE, &[sent])), "{sent}");
        }
        assert!(!is_json(&HeaderMap::new()));
        assert!(!is_json(&headers(&header::CONTENT_TYPE, &["application/json", "text/plain"])));
    }
}
