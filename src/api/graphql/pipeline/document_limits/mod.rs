//! Refuses documents that are cheap to send and expensive to process, before the library sees them.
//!
//! The library expands fragments again at every spread: fourteen fragments that each spread the next one four times
//! (715 bytes) keep it busy for hours. And the parser recurses as deep as brackets nest.

mod size;

use async_graphql::ServerError;
use async_graphql::parser::types::{ExecutableDocument, OperationType};

use self::size::{SizeEstimate, count};
use super::error_masking::too_complex;
use super::parser::{self, LexicalLimits, ParsedDocument};

/// What one document may ask for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DocumentLimits {
    /// Bytes.
    pub bytes: usize,
    /// Tokens: names, numbers, strings and punctuation.
    pub tokens: u32,
    /// Nesting of brackets of any kind.
    pub brackets: u32,
    /// Fields of the whole document, with all fragments expanded.
    pub fields: u32,
    /// Nesting of fields.
    pub depth: u32,
    /// Nesting of fields below `__schema` and `__type`. The standard introspection query needs 15.
    pub introspection_depth: u32,
    /// Aliases of one operation, with all fragments expanded.
    pub aliases: u32,
    /// Characters of one alias: it is repeated in the response as often as its field.
    pub alias_length: u32,
    /// Fields at the root of one operation.
    pub root_fields: u32,
    /// Fields at the root of one mutation.
    pub mutation_fields: u32,
    /// Directives of one operation, with all fragments expanded.
    pub directives: u32,
    /// Variables that one operation declares.
    pub variables: u32,
}

impl Default for DocumentLimits {
    fn default() -> Self {
        Self {
            bytes: 32 * 1024,
            tokens: 8_000,
            brackets: 64,
            fields: 2_000,
            depth: 10,
            introspection_depth: 15,
            aliases: 30,
            alias_length: 100,
            root_fields: 10,
            mutation_fields: 3,
            directives: 30,
            variables: 100,
        }
    }
}

/// Parses a document, or says why it is refused, with `GRAPHQL_PARSE_FAILED`, `GRAPHQL_VALIDATION_FAILED` (a fragment
/// that contains itself) or `QUERY_TOO_COMPLEX`. The time it takes is linear in the length of the document.
///
/// # Errors
/// One error that carries its code and never quotes the document, whose literals may be secrets.
pub fn parse(query: &str, limits: &DocumentLimits) -> Result<ParsedDocument, ServerError> {
    check_limit(
        "bytes",
        u32::try_from(query.len()).unwrap_or(u32::MAX),
        u32::try_from(limits.bytes).unwrap_or(u32::MAX),
    )?;
    let parsed = parser::parse(query, LexicalLimits { tokens: limits.tokens, brackets: limits.brackets })?;
    check_size(&parsed.document, limits)?;
    Ok(parsed)
}

fn check_size(document: &ExecutableDocument, limits: &DocumentLimits) -> Result<(), ServerError> {
    let mut estimate = SizeEstimate::new(document);
    let mut fields: u32 = 0;
    for (_, operation) in document.operations.iter() {
        let operation = &operation.node;
        let size = estimate.operation_size(operation)?;
        fields = fields.saturating_add(size.fields);
        check_limit("fields at the root", size.own_fields, limits.root_fields)?;
        if operation.ty == OperationType::Mutation {
            check_limit("mutations", size.own_fields, limits.mutation_fields)?;
        }
        check_limit("aliases", size.aliases, limits.aliases)?;
        check_limit("characters in an alias", size.alias_length, limits.alias_length)?;
        check_limit("directives", size.directives, limits.directives)?;
        check_limit("levels of fields", size.depth, limits.depth)?;
        check_limit("levels of introspection", size.introspection_depth, limits.introspection_depth)?;
        check_limit("variables", count(&operation.variable_definitions), limits.variables)?;
    }
    // Validation also checks every fragment by itself, whether it is spread or not.
    for name in document.fragments.keys() {
        fields = fields.saturating_add(estimate.fragment_size(name)?.fields);
    }
    check_limit("fields", fields, limits.fields)
}

/// Refuses what exceeds a limit.
///
/// # Errors
/// `QUERY_TOO_COMPLEX`, with the count and the limit.
pub fn check_limit(what: &str, asked: u32, limit: u32) -> Result<(), ServerError> {
    if asked <= limit {
        return Ok(());
    }
    Err(too_complex(what, asked, limit))
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::*;

    fn code(query: &str) -> String {
        match parse(query, &DocumentLimits::default()) {
            Ok(_) => "OK".to_owned(),
            Err(error) => {
                assert!(!error.message.contains("hunter2"), "{}", error.message);
                error.extensions.unwrap().get("code").unwrap().to_string().trim_matches('"').to_owned()
            }
        }
    }

    fn many(count: usize, part: impl Fn(usize) -> String) -> String {
        (0..count).map(part).collect::<Vec<_>>().concat()
    }

    fn bomb(fragments: usize) -> String {
        let chain = many(fragments, |index| {
            let spreads = format!("...f{} ", index + 1).repeat(4);
            format!("fragment f{index} on Query {{ {spreads} }} ")
        });
        format!("{{ ...f0 }} {chain} fragment f{fragments} on Query {{ __typename }}")
    }

    #[test]
    fn a_fragment_bomb_is_refused_at_once() {
        let begun = Instant::now();
        assert_eq!(code(&bomb(14)), "QUERY_TOO_COMPLEX");
        // Ten milliseconds would do, if tests had the machine for themselves.
        assert!(begun.elapsed() < Duration::from_millis(100), "{:?}", begun.elapsed());
        assert_eq!(code(&bomb(1_000)), "QUERY_TOO_COMPLEX");
        assert_eq!(code(&bomb(1)), "OK");
    }

    #[test]
    fn a_bomb_without_its_last_fragment_is_refused_at_once() {
        let whole = bomb(14);
        let without_end = whole.rsplit_once("fragment f14").unwrap().0;

        assert_eq!(code(without_end), "GRAPHQL_VALIDATION_FAILED");
    }

    #[test]
    fn spreads_cost_even_where_nothing_is_in_them() {
        let empty = bomb(14).replace("__typename", "... on Query { __typename @skip(if: true) }");

        assert_eq!(code(&empty), "QUERY_TOO_COMPLEX");
    }

    #[test]
    fn a_fragment_inside_itself_is_refused() {
        for fragments in ["fragment f on Q { ...f }", "fragment f on Q { a { ...g } } fragment g on Q { b { ...f } }"] {
            assert_eq!(code(&format!("{{ ...f }} {fragments}")), "GRAPHQL_VALIDATION_FAILED");
            assert_eq!(code(&format!("{{ a }} {fragments}")), "GRAPHQL_VALIDATION_FAILED");
        }
    }

    #[test]
    fn every_limit_counts_what_fragments_multiply() {
        for (what, query) in [
            ("root fields", "{ a b c d e f g h i j k }".to_owned()),
            ("root fields", "{ a b c d e f ...x } fragment x on Q { a b c d e }".to_owned()),
            ("aliases", format!("{{ r {{ ...x }} ...x }} fragment x on Q {{ y {{ {} }} }}", "a: b ".repeat(16))),
            ("directives", format!("{{ a {} }}", "@skip(if: true) ".repeat(31))),
            ("directives", format!("query($a: Int {}) {{ a }}", "@x ".repeat(31))),
            ("fields", format!("{{ r {{ {} }} }}", "a ".repeat(2_000))),
            ("fields", format!("{{ a }} {}", many(200, |i| format!("fragment f{i} on Q {{ {} }} ", "a ".repeat(11))))),
            ("levels", format!("{}{}", "{ a".repeat(11), "}".repeat(11))),
            ("levels of introspection", format!("{{ __schema {}{} }}", "{ a".repeat(15), "}".repeat(15))),
            ("mutations", "mutation { a b c d }".to_owned()),
            ("mutations", "mutation { a ...x } fragment x on M { a b c }".to_owned()),
            ("tokens", format!("{{ a(b: [{}]) }}", "1 ".repeat(8_000))),
            ("bytes", format!("{{ a(b: \"{}\") }}", "x".repeat(33_000))),
            (
                "levels",
                format!(
                    "{}...x{} fragment x on Q {}{}",
                    "{ a".repeat(4) + "{",
                    "}".repeat(5),
                    "{ a".repeat(7),
                    "}".repeat(7)
                ),
            ),
            ("nesting", format!("{}{{ a }}{}", "{ ... ".repeat(40), "}".repeat(40))),
            ("variables", format!("query({}) {{ a }}", many(101, |i| format!("$v{i}: Int ")))),
        ] {
            assert_eq!(code(&query), "QUERY_TOO_COMPLEX", "{what}");
        }
    }

    #[test]
    fn what_stays_within_the_limits_is_fine() {
        for query in [
            format!("{}{}", "{ a".repeat(10), "}".repeat(10)),
            format!("{{ __schema {}{} }}", "{ a".repeat(14), "}".repeat(14)),
            "mutation { a b c }".to_owned(),
            "{ a b c d e f g h i j }".to_owned(),
        ] {
            assert_eq!(code(&query), "OK", "{query}");
        }
    }

    #[test]
    fn a_refusal_says_what_was_counted_and_what_is_allowed() {
        let refused = parse("mutation { a b c d }", &DocumentLimits::default()).unwrap_err();

        let extensions = refused.extensions.unwrap();
        assert_eq!(refused.message, "The document has 4 mutations; the limit is 3.");
        assert_eq!((extensions.get("cost"), extensions.get("limit")), (Some(&4.into()), Some(&3.into())));
    }

    #[test]
    fn limits_are_per_operation_where_only_one_of_them_runs() {
        let operations = many(20, |index| format!("query q{index} {{ x: a b c }} "));
        assert_eq!(code(&operations), "OK");
    }

    #[test]
    fn syntax_errors_quote_nothing() {
        for query in ["", "{", "{ login(password: \"hunter2\" }", "{ login(password: \"hunter2) }", "{ a } hunter2"] {
            assert_eq!(code(query), "GRAPHQL_PARSE_FAILED", "{query}");
        }
    }
}
