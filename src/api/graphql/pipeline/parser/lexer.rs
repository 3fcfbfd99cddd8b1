//! Reads the tokens of a document one by one (GraphQL, section 2.1), and counts them.

use async_graphql::{Pos, ServerError};

use super::strings;
use super::syntax_error;
use crate::api::graphql::pipeline::error_masking::too_complex;

/// A token, without the ignored characters around it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Token<'a> {
    /// One of `! $ & ( ) : = @ [ ] { | }`.
    Sign(u8),
    /// `...`
    Spread,
    /// A name or a keyword.
    Name(&'a str),
    /// An integer.
    Int(&'a str),
    /// A number with a fraction or an exponent.
    Float(&'a str),
    /// A string or a block string, with its escapes resolved.
    Text(String),
    /// The end of the document.
    End,
}

/// The limits that apply while a document is read.
#[derive(Debug, Clone, Copy)]
pub struct LexicalLimits {
    /// The most tokens.
    pub tokens: u32,
    /// The deepest nesting of brackets of any kind. The parser recurses as deep.
    pub brackets: u32,
}

/// Reads the tokens of one document.
pub struct Lexer<'a> {
    text: &'a str,
    /// Bytes read so far.
    offset: usize,
    /// Byte that `position` belongs to.
    position_offset: usize,
    position: Pos,
    nesting: u32,
    limits: LexicalLimits,
    /// Tokens read so far.
    pub tokens: u32,
    /// Whether one of them was a string.
    pub has_strings: bool,
}

impl<'a> Lexer<'a> {
    /// Starts at the beginning of the text.
    pub const fn new(text: &'a str, limits: LexicalLimits) -> Self {
        let position = Pos { line: 1, column: 1 };
        Self { text, offset: 0, position_offset: 0, position, nesting: 0, limits, tokens: 0, has_strings: false }
    }

    /// The next token and its position.
    ///
    /// # Errors
    /// `GRAPHQL_PARSE_FAILED` for an invalid token, `QUERY_TOO_COMPLEX` beyond the limits.
    pub fn next(&mut self) -> Result<(Token<'a>, Pos), ServerError> {
        self.skip_ignored();
        let pos = self.position_at_offset();
        let Some(&first) = self.rest().first() else { return Ok((Token::End, pos)) };
        self.tokens += 1;
        if self.tokens > self.limits.tokens {
            return Err(too_complex("tokens", self.tokens, self.limits.tokens));
        }
        let token = match first {
            b'!' | b'$' | b'&' | b'(' | b')' | b':' | b'=' | b'@' | b'[' | b']' | b'{' | b'|' | b'}' => {
                self.nest(first)?;
                self.offset += 1;
                Some(Token::Sign(first))
            }
            b'.' => self.rest().starts_with(b"...").then(|| {
                self.offset += 3;
                Token::Spread
            }),
            b'_' | b'a'..=b'z' | b'A'..=b'Z' => Some(Token::Name(self.take_while(is_name_part))),
            b'-' | b'0'..=b'9' => self.number(),
            b'"' => {
                self.has_strings = true;
                strings::read(self.text.get(self.offset..).unwrap_or_default()).map(|(text, length)| {
                    self.offset += length;
                    Token::Text(text)
                })
            }
            _ => None,
        };
        token.map(|token| (token, pos)).ok_or_else(|| syntax_error(pos))
    }

    fn rest(&self) -> &'a [u8] {
        self.text.as_bytes().get(self.offset..).unwrap_or_default()
    }

    /// Skips white space, commas, comments and byte order marks.
    fn skip_ignored(&mut self) {
        loop {
            self.offset += match self.rest() {
                [b' ' | b'\t' | b'\n' | b'\r' | b',', ..] => 1,
                [0xEF, 0xBB, 0xBF, ..] => 3,
                [b'#', comment @ ..] => {
                    1 + comment.iter().position(|byte| matches!(byte, b'\n' | b'\r')).unwrap_or(comment.len())
                }
                _ => return,
            };
        }
    }

    /// Line and column of the next byte. Columns count characters.
    fn position_at_offset(&mut self) -> Pos {
        let mut passed = self.text.get(self.position_offset..self.offset).unwrap_or_default().chars().peekable();
        while let Some(character) = passed.next() {
            match character {
                // The line ends with the line feed that follows.
                '\r' if passed.peek() == Some(&'\n') => {}
                '\n' | '\r' => self.position = Pos { line: self.position.line + 1, column: 1 },
                _ => self.position.column += 1,
            }
        }
        self.position_offset = self.offset;
        self.position
    }

    fn nest(&mut self, sign: u8) -> Result<(), ServerError> {
        match sign {
            b'{' | b'[' | b'(' => self.nesting += 1,
            b'}' | b']' | b')' => self.nesting = self.nesting.saturating_sub(1),
            _ => {}
        }
        if self.nesting > self.limits.brackets {
            return Err(too_complex("levels of brackets", self.nesting, self.limits.brackets));
        }
        Ok(())
    }

    fn take_while(&mut self, is_part: impl Fn(u8) -> bool) -> &'a str {
        let length = self.rest().iter().position(|byte| !is_part(*byte)).unwrap_or(self.rest().len());
        let taken = self.text.get(self.offset..self.offset + length).unwrap_or_default();
        self.offset += length;
        taken
    }

    /// `IntValue` or `FloatValue`: no leading zeros, and not followed by a name or a point (sections 2.9.1, 2.9.2).
    fn number(&mut self) -> Option<Token<'a>> {
        let start = self.offset;
        self.offset += usize::from(self.rest().first() == Some(&b'-'));
        let digits = self.take_while(|byte| byte.is_ascii_digit());
        let mut is_valid = !digits.is_empty() && (digits == "0" || !digits.starts_with('0'));
        let mut is_float = false;
        if self.rest().first() == Some(&b'.') {
            self.offset += 1;
            is_valid &= !self.take_while(|byte| byte.is_ascii_digit()).is_empty();
            is_float = true;
        }
        if matches!(self.rest().first(), Some(b'e' | b'E')) {
            self.offset += 1;
            self.offset += usize::from(matches!(self.rest().first(), Some(b'+' | b'-')));
            is_valid &= !self.take_while(|byte| byte.is_ascii_digit()).is_empty();
            is_float = true;
        }
        let follows = self.rest().first().copied();
        is_valid &= follows.is_none_or(|byte| byte != b'.' && !is_name_part(byte));
        let number = self.text.get(start..self.offset).filter(|_| is_valid)?;
        Some(if is_float { Token::Float(number) } else { Token::Int(number) })
    }
}

const fn is_name_part(byte: u8) -> bool {
    byte == b'_' || byte.is_ascii_alphanumeric()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tokens(text: &str) -> Option<Vec<Token<'_>>> {
        let mut lexer = Lexer::new(text, LexicalLimits { tokens: 100, brackets: 3 });
        let mut tokens = Vec::new();
        loop {
            match lexer.next().ok()?.0 {
                Token::End => return Some(tokens),
                token => tokens.push(token),
            }
        }
    }

    #[test]
    fn names_signs_and_numbers_are_told_apart() {
        let signs = |text: &'static str| text.bytes().map(Token::Sign).collect::<Vec<_>>();
        assert_eq!(tokens("!$&():=@[]{|}").unwrap(), signs("!$&():=@[]{|}"));
        assert_eq!(
            tokens("a_1 ...b,2").unwrap(),
            [Token::Name("a_1"), Token::Spread, Token::Name("b"), Token::Int("2")]
        );
        assert_eq!(tokens("-0 1.5 1e9 1.0E-2").unwrap()[1..], ["1.5", "1e9", "1.0E-2"].map(Token::Float));
        assert_eq!(tokens("\u{feff}# é \" {{{{\r\"x\"#").unwrap(), [Token::Text("x".to_owned())]);
    }

    #[test]
    fn what_is_no_token_is_refused() {
        for text in
            ["é", "..", ".", "?", "00", "01", "-", "1.", "1.e1", "1e", "0x1", "1a", "1.5.", "1_", "\u{0}", "\"a"]
        {
            assert_eq!(tokens(text), None, "{text}");
        }
    }

    #[test]
    fn places_are_counted_in_lines_and_characters() {
        let text = "\u{feff}a\r\nb\rc\n\"\"\"é\n\"\"\" é";
        let mut lexer = Lexer::new(text, LexicalLimits { tokens: 9, brackets: 3 });
        let places = [(); 4].map(|()| lexer.next().unwrap().1);
        assert_eq!(places.map(|pos| (pos.line, pos.column)), [(1, 2), (2, 1), (3, 1), (4, 1)]);
        assert_eq!(lexer.next().unwrap_err().locations[0], Pos { line: 5, column: 5 });
    }

    #[test]
    fn brackets_of_all_kinds_count_together_but_not_in_strings_and_comments() {
        assert!(tokens("{ a(b: [1]) } { a(b: [1]) }").is_some());
        assert!(tokens("{ a(b: [{}]) }").is_none());
        assert!(tokens(r#"{ a(b: "[[[[ \\\" [[[[" c: """[[[[ " "" \""" [[[[""") } # [[[["#).is_some());
    }
}
