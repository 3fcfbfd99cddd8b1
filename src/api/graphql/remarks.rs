//! Strings and comments: the parts of a document that may hold anything.

/// The document with nothing in place of its strings and comments: what is left was meant as GraphQL.
#[must_use]
pub fn without_remarks(query: &str) -> String {
    let (mut left, mut rest) = (Vec::with_capacity(query.len()), query.as_bytes());
    while let [first, after @ ..] = rest {
        let remark = match first {
            b'"' => Some(after_string(rest).unwrap_or_default()),
            b'#' => Some(after_comment(after)),
            _ => None,
        };
        left.push(if remark.is_some() { b' ' } else { *first });
        rest = remark.unwrap_or(after);
    }
    String::from_utf8_lossy(&left).into_owned()
}

/// What comes behind a comment whose first sign has been read.
pub(super) fn after_comment(comment: &[u8]) -> &[u8] {
    let end = comment.iter().position(|byte| matches!(byte, b'\n' | b'\r')).unwrap_or(comment.len());
    comment.get(end..).unwrap_or_default()
}

/// What comes behind a string that begins here; nothing where it has no end.
pub(super) fn after_string(string: &[u8]) -> Option<&[u8]> {
    if let Some(mut block) = string.strip_prefix(b"\"\"\"") {
        loop {
            if let Some(rest) = block.strip_prefix(b"\"\"\"") {
                return Some(rest);
            }
            block = block.strip_prefix(b"\\\"\"\"").or_else(|| block.get(1..))?;
        }
    }
    let mut line = string.get(1..)?;
    loop {
        line = match line {
            [b'"', rest @ ..] => return Some(rest),
            [b'\n' | b'\r', ..] | [] => return None,
            [b'\\', _, rest @ ..] | [_, rest @ ..] => rest,
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings_and_comments_are_remarks() {
        let query = "{ a(b: \"x\" c: \"\"\"y \\\"\"\" \"\"\") # é\n d # f\r } \"é";
        assert_eq!(without_remarks(query), "{ a(b:   c:  )  \n d  \r }  ");
        assert_eq!(without_remarks("é"), "é");
    }
}
