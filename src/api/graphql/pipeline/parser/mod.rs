//! Parses an executable document (GraphQL, September 2025, appendix B.3) into the library's syntax tree.
//!
//! The library's own parser follows an older grammar and accepts invalid documents (docs/adr/0027).

mod lexer;
mod selections;
mod strings;
mod values;

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use async_graphql::parser::types::{
    DocumentOperations, ExecutableDocument, FragmentDefinition, OperationDefinition, OperationType, TypeCondition,
    VariableDefinition,
};
use async_graphql::{Name, Pos, Positioned, ServerError};

pub use self::lexer::LexicalLimits;
use self::lexer::{Lexer, Token};
use super::document_fault::DocumentFault;
use super::error_masking::document_error;
use crate::error::ErrorCode;

/// A document, and what the syntax tree cannot hold.
#[derive(Debug)]
pub struct ParsedDocument {
    /// The syntax tree. Of definitions with the same name it has only the first.
    pub document: ExecutableDocument,
    /// Duplicate names, which make the document invalid.
    pub faults: Vec<DocumentFault>,
    /// Number of tokens.
    pub tokens: u32,
    /// Whether it contains strings, which may be secrets.
    pub has_strings: bool,
}

type Result<T> = std::result::Result<T, ServerError>;

/// Parses a document. The time it takes is linear in its length.
///
/// # Errors
/// `GRAPHQL_PARSE_FAILED` with the place of the first token that does not fit, `QUERY_TOO_COMPLEX` beyond the limits.
/// Neither quotes the document, whose literals may be secrets.
pub fn parse(text: &str, limits: LexicalLimits) -> Result<ParsedDocument> {
    let mut lexer = Lexer::new(text, limits);
    let (token, pos) = lexer.next()?;
    let mut parser = Parser { lexer, token, pos, faults: Vec::new() };
    let (mut operations, mut fragments) = (Vec::new(), HashMap::new());
    loop {
        parser.definition(&mut operations, &mut fragments)?;
        if parser.token == Token::End {
            break;
        }
    }
    let operations = parser.unique_operations(operations);
    Ok(ParsedDocument {
        document: ExecutableDocument { operations, fragments },
        faults: parser.faults,
        tokens: parser.lexer.tokens,
        has_strings: parser.lexer.has_strings,
    })
}

/// The refusal of an unexpected token, which it does not quote: it may be a secret.
fn syntax_error(pos: Pos) -> ServerError {
    let message = format!("Syntax error in line {}, column {}.", pos.line, pos.column);
    document_error(ErrorCode::GraphqlParseFailed, message, vec![pos])
}

type Operations = Vec<(Option<Name>, Positioned<OperationDefinition>)>;
pub(super) type Fragments = HashMap<Name, Positioned<FragmentDefinition>>;

/// Recursive descent: each method is named after the grammar rule it reads.
struct Parser<'a> {
    lexer: Lexer<'a>,
    /// The next token, and its position.
    token: Token<'a>,
    pos: Pos,
    faults: Vec<DocumentFault>,
}

impl<'a> Parser<'a> {
    fn advance(&mut self) -> Result<Token<'a>> {
        let (token, pos) = self.lexer.next()?;
        self.pos = pos;
        Ok(std::mem::replace(&mut self.token, token))
    }

    fn unexpected<T>(&self) -> Result<T> {
        Err(syntax_error(self.pos))
    }

    fn skip(&mut self, token: &Token<'_>) -> Result<bool> {
        let is_next = self.token == *token;
        if is_next {
            self.advance()?;
        }
        Ok(is_next)
    }

    fn expect(&mut self, sign: u8) -> Result<()> {
        if self.skip(&Token::Sign(sign))? { Ok(()) } else { self.unexpected() }
    }

    /// One or more items between brackets.
    fn many<T>(&mut self, [open, close]: [u8; 2], mut item: impl FnMut(&mut Self) -> Result<T>) -> Result<Vec<T>> {
        self.expect(open)?;
        let mut items = vec![item(self)?];
        while !self.skip(&Token::Sign(close))? {
            items.push(item(self)?);
        }
        // Documents are kept in a cache: no spare capacity.
        items.shrink_to_fit();
        Ok(items)
    }

    /// One or more items between brackets, or nothing.
    fn optional_many<T>(&mut self, brackets: [u8; 2], item: impl FnMut(&mut Self) -> Result<T>) -> Result<Vec<T>> {
        if self.token == Token::Sign(brackets[0]) { self.many(brackets, item) } else { Ok(Vec::new()) }
    }

    fn name(&mut self) -> Result<Positioned<Name>> {
        let pos = self.pos;
        match self.token {
            Token::Name(name) => {
                self.advance()?;
                Ok(Positioned::new(Name::new(name), pos))
            }
            _ => self.unexpected(),
        }
    }

    fn definition(&mut self, operations: &mut Operations, fragments: &mut Fragments) -> Result<()> {
        let pos = self.pos;
        let is_described = self.description()?;
        let ty = match self.token {
            Token::Sign(b'{') if !is_described => {
                let operation = OperationDefinition {
                    ty: OperationType::Query,
                    variable_definitions: Vec::new(),
                    directives: Vec::new(),
                    selection_set: self.selection_set()?,
                };
                operations.push((None, Positioned::new(operation, pos)));
                return Ok(());
            }
            Token::Name("query") => OperationType::Query,
            Token::Name("mutation") => OperationType::Mutation,
            Token::Name("subscription") => OperationType::Subscription,
            Token::Name("fragment") => return self.fragment_definition(fragments),
            // A server that only executes documents need not parse type definitions (section 2.2).
            _ => return self.unexpected(),
        };
        self.advance()?;
        let name = if let Token::Name(_) = self.token { Some(self.name()?.node) } else { None };
        let operation = OperationDefinition {
            ty,
            variable_definitions: self.optional_many([b'(', b')'], Self::variable_definition)?,
            directives: self.directives(false)?,
            selection_set: self.selection_set()?,
        };
        operations.push((name, Positioned::new(operation, pos)));
        Ok(())
    }

    /// Skips the description of an operation, a fragment or a variable. It has no effect.
    fn description(&mut self) -> Result<bool> {
        let is_described = matches!(self.token, Token::Text(_));
        if is_described {
            self.advance()?;
        }
        Ok(is_described)
    }

    fn fragment_definition(&mut self, fragments: &mut Fragments) -> Result<()> {
        let pos = self.pos;
        self.advance()?;
        let name = self.fragment_name()?;
        if !self.skip(&Token::Name("on"))? {
            return self.unexpected();
        }
        let fragment = FragmentDefinition {
            type_condition: self.type_condition()?,
            directives: self.directives(false)?,
            selection_set: self.selection_set()?,
        };
        match fragments.entry(name.node) {
            Entry::Vacant(free) => drop(free.insert(Positioned::new(fragment, pos))),
            Entry::Occupied(taken) => {
                let message = format!("Two fragments have the name \"{}\"", taken.key());
                self.faults.push(DocumentFault::new(name.pos, message));
            }
        }
        Ok(())
    }

    fn fragment_name(&mut self) -> Result<Positioned<Name>> {
        if self.token == Token::Name("on") { self.unexpected() } else { self.name() }
    }

    fn type_condition(&mut self) -> Result<Positioned<TypeCondition>> {
        let on = self.name()?;
        let pos = on.pos;
        Ok(Positioned::new(TypeCondition { on }, pos))
    }

    fn variable_definition(&mut self) -> Result<Positioned<VariableDefinition>> {
        self.description()?;
        let pos = self.pos;
        self.expect(b'$')?;
        let name = self.name()?;
        self.expect(b':')?;
        let definition = VariableDefinition {
            name,
            var_type: self.type_reference()?,
            default_value: self.default_value()?,
            directives: self.directives(true)?,
        };
        Ok(Positioned::new(definition, pos))
    }

    /// The tree holds one operation without a name, or several with different names.
    fn unique_operations(&mut self, operations: Operations) -> DocumentOperations {
        let count = operations.len();
        let mut named = HashMap::with_capacity(count);
        let mut has_unnamed = false;
        for (name, operation) in operations {
            let pos = operation.pos;
            let Some(name) = name else {
                if count == 1 {
                    return DocumentOperations::Single(operation);
                }
                if !std::mem::replace(&mut has_unnamed, true) {
                    self.faults.push(DocumentFault::new(pos, "An operation without a name must be the only one"));
                }
                continue;
            };
            match named.entry(name) {
                Entry::Vacant(free) => drop(free.insert(operation)),
                Entry::Occupied(taken) => {
                    self.faults
                        .push(DocumentFault::new(pos, format!("Two operations have the name \"{}\"", taken.key())));
                }
            }
        }
        DocumentOperations::Multiple(named)
    }
}

#[cfg(test)]
mod tests {
    use async_graphql::parser::parse_query;

    use super::*;

    const LIMITS: LexicalLimits = LexicalLimits { tokens: 1_000, brackets: 20 };

    fn is_read(text: &str) -> bool {
        parse(text, LIMITS).is_ok()
    }

    #[test]
    fn the_tree_is_that_of_the_library() {
        let text = include_str!("../../../../../tests/it/support/introspection.graphql");
        for text in [
            text,
            "query q($a: [Int!]! = [1, 2], $b: T) @y { z: a(b: $a, c: {d: [1.5, true, null, \"x\"]}) @w { e } ... on T { f } }",
            "{ ... @skip(if: true) { a } ...b }",
            "mutation { a } ",
        ] {
            let ours = parse(text, LIMITS).unwrap().document;
            let theirs = parse_query(text).unwrap_or_else(|error| panic!("{text} {error}"));
            let shape = |document: &ExecutableDocument| {
                let text = format!("{:?}", document.operations);
                // Positions of selection sets differ; those of everything that errors point at are tested elsewhere.
                text.split("Pos(").map(|part| part.split_once(')').map_or(part, |(_, rest)| rest)).collect::<String>()
            };
            assert_eq!(shape(&ours), shape(&theirs), "{text}");
        }
    }

    #[test]
    fn descriptions_are_read_where_the_grammar_has_them() {
        for text in ["\"a\" query { a }", "\"\"\"a\"\"\" fragment f on A { b }", "query(\"a\" $b: C) { a }"] {
            assert!(is_read(text), "{text}");
        }
        for text in ["\"a\" { a }", "\"a\" \"b\" query { a }", "{ \"a\" b }", "\"a\"", "\"a\" type A { b: C }"] {
            assert!(!is_read(text), "{text}");
        }
    }

    #[test]
    fn what_the_grammar_does_not_know_is_refused() {
        for text in [
            "",
            "{}",
            "{ a",
            "{ a }}",
            "{ a() }",
            "{ a(b) }",
            "{ a(b c: 1) }",
            "{ a(b: {c 1}) }",
            "{ a @x(if: if: 1) }",
            "{ a(b: $) }",
            "query($a: Int = $b) { a }",
            "query($a: Int @x(b: $c)) { a }",
            "query() { a }",
            "query($a) { a }",
            "query(a: Int) { a }",
            "query($a: [Int) { a }",
            "query($a: Int!!) { a }",
            "fragment on on A { b }",
            "fragment a { b }",
            "{ ... on }",
            "{ ... on A }",
            "{ a: }",
            "{ a:: b }",
            "{ a {} }",
            "type A { a: Int }",
            "subscription",
            "query a b { c }",
            "{ a & b }",
            "{ a(b: 1 c) }",
            "{ ...on A { b } ...}",
            "extend type A { b: C }",
        ] {
            assert!(!is_read(text), "{text}");
        }
    }

    #[test]
    fn names_that_stand_twice_are_told_and_not_lost() {
        for text in [
            "{ a } { b }",
            "{ a } query b { a }",
            "query a { a } query a { b }",
            "{ ...f } fragment f on A { b } fragment f on A { c }",
            "{ a(b: {c: 1, c: 1}) }",
            "query($a: T = {b: 1, b: 1}) { a }",
        ] {
            assert_eq!(parse(text, LIMITS).unwrap().faults.len(), 1, "{text}");
        }
    }
}
