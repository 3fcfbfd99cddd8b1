//! The values of strings (GraphQL, section 2.9.4): escapes, and the indentation of block strings.

/// The value of the string at the beginning of the text, and its length in bytes. `None` if it is invalid.
pub fn read(text: &str) -> Option<(String, usize)> {
    match text.strip_prefix("\"\"\"") {
        Some(block) => read_block(block).map(|(value, length)| (value, length + 3)),
        None => read_line(text.strip_prefix('"')?).map(|(value, length)| (value, length + 1)),
    }
}

/// A string between single quotes, without the first one.
fn read_line(text: &str) -> Option<(String, usize)> {
    let mut value = String::new();
    let mut rest = text;
    loop {
        let plain = rest.find(['"', '\\', '\n', '\r'])?;
        let (before, from) = rest.split_at_checked(plain)?;
        value.push_str(before);
        let behind = from.get(1..)?;
        match from.as_bytes().first()? {
            b'"' => return Some((value, text.len() - behind.len())),
            b'\\' => rest = read_escape(behind, &mut value)?,
            // A line break.
            _ => return None,
        }
    }
}

/// Appends the character of an escape; returns the text that follows it.
fn read_escape<'a>(text: &'a str, value: &mut String) -> Option<&'a str> {
    let character = match text.as_bytes().first()? {
        b'u' => return read_unicode_escape(text.get(1..)?, value),
        escaped @ (b'"' | b'\\' | b'/') => char::from(*escaped),
        b'b' => '\u{8}',
        b'f' => '\u{c}',
        b'n' => '\n',
        b'r' => '\r',
        b't' => '\t',
        _ => return None,
    };
    value.push(character);
    text.get(1..)
}

/// `\u{1F600}` or `\uD83D\uDE00`. Half of such a pair is invalid (section 2.9.4, "Static Semantics").
fn read_unicode_escape<'a>(text: &'a str, value: &mut String) -> Option<&'a str> {
    if let Some(braced) = text.strip_prefix('{') {
        let (digits, rest) = braced.split_once('}')?;
        value.push(char::from_u32(hexadecimal(digits)?)?);
        return Some(rest);
    }
    let first = hexadecimal(text.get(..4)?)?;
    let rest = text.get(4..)?;
    if !(0xD800..0xDC00).contains(&first) {
        value.push(char::from_u32(first)?);
        return Some(rest);
    }
    let second = rest.strip_prefix("\\u")?;
    let low = hexadecimal(second.get(..4)?)?.checked_sub(0xDC00).filter(|low| *low < 0x400)?;
    value.push(char::from_u32(0x10000 + ((first - 0xD800) << 10) + low)?);
    second.get(4..)
}

fn hexadecimal(digits: &str) -> Option<u32> {
    let is_hexadecimal = (1..=8).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    if is_hexadecimal { u32::from_str_radix(digits, 16).ok() } else { None }
}

/// A block string, without its first three quotes.
fn read_block(text: &str) -> Option<(String, usize)> {
    let mut raw = String::new();
    let mut rest = text;
    loop {
        let (before, from) = rest.split_at_checked(rest.find(['"', '\\'])?)?;
        raw.push_str(before);
        if let Some(behind) = from.strip_prefix("\"\"\"") {
            return Some((without_indentation(&raw), text.len() - behind.len()));
        }
        // The only escape that block strings know.
        let (plain, behind) = match from.strip_prefix("\\\"\"\"") {
            Some(behind) => ("\"\"\"", behind),
            None => from.split_at_checked(1)?,
        };
        raw.push_str(plain);
        rest = behind;
    }
}

/// `BlockStringValue(rawValue)`: removes common indentation, and empty lines at both ends.
fn without_indentation(raw: &str) -> String {
    let raw = raw.replace("\r\n", "\n").replace('\r', "\n");
    let lines: Vec<&str> = raw.split('\n').collect();
    let indentation = |line: &str| line.bytes().take_while(|byte| matches!(byte, b' ' | b'\t')).count();
    let is_blank = |line: &&str| indentation(line) == line.len();
    let common = lines.iter().skip(1).filter(|line| !is_blank(line)).map(|line| indentation(line)).min().unwrap_or(0);
    let dedented = lines.iter().enumerate().map(|(index, line)| match index {
        0 => *line,
        _ => line.get(common..).unwrap_or_default(),
    });
    let first = lines.iter().position(|line| !is_blank(line)).unwrap_or(lines.len());
    let last = lines.iter().rposition(|line| !is_blank(line)).map_or(first, |last| last + 1);
    dedented.skip(first).take(last.saturating_sub(first)).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(text: &str) -> Option<String> {
        let (value, length) = read(text)?;
        assert_eq!(length, text.len(), "{text}");
        Some(value)
    }

    #[test]
    fn every_escape_has_its_meaning() {
        for (text, expected) in [
            (r#""""#, ""),
            (r#""a\"\\\/\b\f\n\r\t""#, "a\"\\/\u{8}\u{c}\n\r\t"),
            (r#""A\uD83D\uDE00\u{1F600}\u00e9\u{0}\u{00000041}""#, "A😀😀é\u{0}A"),
            (r##""# é {""##, "# é {"),
        ] {
            assert_eq!(value(text).as_deref(), Some(expected), "{text}");
        }
    }

    #[test]
    fn half_a_pair_and_half_a_string_are_refused() {
        for text in [
            r#""\uD83D""#,
            r#""\uDE00""#,
            r#""\uDE00\uD83D""#,
            r#""\uD83D\n""#,
            r#""\uD83Dx""#,
            r#""\u{D83D}""#,
            r#""\u{110000}""#,
            r#""\u{}""#,
            r#""\u{41""#,
            r#""\u{ 41}""#,
            r#""\u12""#,
            r#""\u+123""#,
            r#""\x""#,
            r#""\"#,
            "\"",
            "\"a\nb\"",
            "\"a\rb\"",
            r#""\u{100000000041}""#,
            "\"\"\"a\"\"",
            "\"\"\"a\\\"\"\"",
        ] {
            assert_eq!(read(text), None, "{text}");
        }
    }

    #[test]
    fn a_block_string_loses_its_indentation_and_keeps_its_quotes() {
        for (text, expected) in [
            ("\"\"\"A \\\"\"\" B\"\"\"", "A \"\"\" B"),
            ("\"\"\"\n    a\n\n      b\\n\r\n    c\n  \t\n\"\"\"", "a\n\n  b\\n\nc"),
            ("\"\"\"  a\n  b\r c\"\"\"", "  a\n b\nc"),
            ("\"\"\" \n\t\n\"\"\"", ""),
            ("\"\"\"\"\"\"", ""),
            ("\"\"\" \"a\"\" \"\"\"", " \"a\"\" "),
        ] {
            assert_eq!(value(text).as_deref(), Some(expected), "{text}");
        }
    }
}
