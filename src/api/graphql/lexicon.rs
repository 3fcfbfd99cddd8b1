//! How many words a document has and how deep its brackets nest, told without recursion, because the parser recurses as
//! deep as they do.

use async_graphql::ServerError;

use super::library_errors::document_error;
use super::library_errors::too_complex;
use super::remarks::{after_comment, after_string};
use crate::error::ErrorCode;

/// Counts words, numbers, strings and signs, outside of comments. A string that never ends is refused, so that the
/// parser, which reads `"""` as an empty string and a quote where no block string follows, cannot see brackets that were
/// not counted.
///
/// # Errors
/// `QUERY_TOO_COMPLEX` where brackets nest deeper than `nesting_limit`, `GRAPHQL_PARSE_FAILED` for the string without an
/// end.
pub fn count(query: &str, nesting_limit: u32) -> Result<u32, ServerError> {
    let (mut nesting, mut tokens, mut is_in_word) = (0_u32, 0_u32, false);
    let mut rest = query.as_bytes();
    while let [first, after @ ..] = rest {
        rest = match first {
            b'"' => after_string(rest).ok_or_else(unterminated)?,
            b'#' => after_comment(after),
            b'{' | b'[' | b'(' => {
                nesting = nesting.saturating_add(1);
                after
            }
            b'}' | b']' | b')' => {
                nesting = nesting.saturating_sub(1);
                after
            }
            _ => after,
        };
        if nesting > nesting_limit {
            return Err(too_complex("brackets inside each other", nesting, nesting_limit));
        }
        let is_word = first.is_ascii_alphanumeric() || *first == b'_';
        let is_nothing = first.is_ascii_whitespace() || matches!(first, b',' | b'#');
        tokens = tokens.saturating_add(u32::from(!is_nothing && (!is_word || !is_in_word)));
        is_in_word = is_word;
    }
    Ok(tokens)
}

fn unterminated() -> ServerError {
    document_error(ErrorCode::GraphqlParseFailed, "The document has a string that does not end.", vec![])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_fine(query: &str) -> bool {
        count(query, 3).is_ok()
    }

    #[test]
    fn brackets_of_all_kinds_count_together() {
        assert!(is_fine("{ a(b: [1]) } { a(b: [1]) }"));
        assert!(!is_fine("{ a(b: [{}]) }"));
        assert!(!is_fine(&"[".repeat(60_000)));
    }

    #[test]
    fn words_numbers_strings_and_signs_count() {
        for (query, tokens) in [("", 0), ("{ a }", 3), ("{a(b:1,c:\"x y\")} # comment", 11), ("query Q1 { ...F }", 8)] {
            assert_eq!(count(query, 3).unwrap(), tokens, "{query}");
        }
    }

    #[test]
    fn brackets_in_strings_and_comments_do_not_count() {
        assert!(is_fine(r#"{ a(b: "[[[[ \\\" [[[[") }"#));
        assert!(is_fine(r#"{ a(b: """[[[[ " "" \""" [[[[""") }"#));
        assert!(is_fine("{ a # [[[[ \" \n }"));
    }

    #[test]
    fn what_looks_like_a_string_hides_nothing() {
        assert!(!is_fine(r#"{ a(b: "\\", c: [[[[1]]]]) }"#));
        assert!(!is_fine("{ a # \"\r [[[[ \"\" }"));
        assert!(!is_fine(r#""" [[[[ "#));
        assert!(!is_fine(r#"[""""" [[[[ "#), "an unterminated block string");
        assert!(!is_fine("{ a(b: \"x\n [[[["), "an unterminated string");
        assert!(!is_fine(r#"""""""[[[["#), "an empty block string");
    }
}
