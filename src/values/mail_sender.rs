//! The sender of emails, the setting `MAIL_FROM`.

use lettre::Address;
use lettre::message::Mailbox;

/// Reads a sender like `Example <no-reply@example.com>`. Its domain becomes ASCII (RFC 5890): not every server knows
/// another form, and every email carries it in the envelope, in `From` and in `Message-ID`.
///
/// # Errors
/// The form that the setting must have.
pub fn parse(text: &str) -> Result<Mailbox, &'static str> {
    let wants = "a sender like Example <no-reply@example.com>";
    let sender: Mailbox = text.parse().map_err(|_| wants)?;
    // Such an address needs SMTPUTF8 (RFC 6531) on every server between us and every recipient.
    if !sender.email.user().is_ascii() {
        return Err("a sender whose address has only ASCII in front of the @: other servers would refuse every email");
    }
    if sender.email.domain().starts_with('[') {
        return Ok(sender);
    }
    let url::Host::Domain(domain) = url::Host::parse(sender.email.domain()).map_err(|_| wants)? else {
        return Err(wants);
    };
    let email = Address::new(sender.email.user(), domain).map_err(|_| wants)?;
    Ok(Mailbox::new(sender.name, email))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_domain_of_the_sender_is_written_in_ascii() {
        for (text, read) in [
            ("Acme <no-reply@acme.example>", "Acme <no-reply@acme.example>"),
            ("no-reply@acme.example", "no-reply@acme.example"),
            ("Bücher <no-reply@bücher.example>", "Bücher <no-reply@xn--bcher-kva.example>"),
            ("Acme <o'neil+auth@acme.example>", "Acme <o'neil+auth@acme.example>"),
        ] {
            assert_eq!(parse(text).map(|sender| sender.to_string()).as_deref(), Ok(read));
        }
    }

    #[test]
    fn a_sender_that_no_server_could_take_is_refused() {
        for text in ["", "Acme", "Acme <>", "no-reply@", "bücher@acme.example", "a@acme.example, b@acme.example"] {
            assert!(parse(text).is_err(), "{text}");
        }
    }
}
