//! An email between DATA and the dot that ends it.

/// An email as it goes over the line (RFC 5321, section 4.5.2): every line ends with CRLF, and a dot at the beginning of one
/// is doubled. A bare CR or LF would be the end of a line to one server and not to another (SMTP smuggling).
pub fn transparent(content: &[u8]) -> Vec<u8> {
    let mut sent = Vec::with_capacity(content.len() + 64);
    let mut rest = content;
    while !rest.is_empty() {
        let end = rest.iter().position(|byte| matches!(byte, b'\r' | b'\n')).unwrap_or(rest.len());
        let (line, behind) = rest.split_at(end);
        if line.starts_with(b".") {
            sent.push(b'.');
        }
        sent.extend_from_slice(line);
        sent.extend_from_slice(b"\r\n");
        rest = behind.strip_prefix(b"\r\n").or_else(|| behind.get(1..)).unwrap_or_default();
    }
    sent
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_line_of_an_email_ends_it() {
        for (content, sent) in [
            (&b"one\r\n.two\r\n"[..], &b"one\r\n..two\r\n"[..]),
            (b".\r\n", b"..\r\n"),
            (b"one\n.\ntwo", b"one\r\n..\r\ntwo\r\n"),
            (b"one\r.\rtwo", b"one\r\n..\r\ntwo\r\n"),
            (b"one\r\n\r\ntwo\r\n", b"one\r\n\r\ntwo\r\n"),
            (b"", b""),
        ] {
            assert_eq!(transparent(content), sent, "{:?}", String::from_utf8_lossy(content));
        }
    }
}
