//! Which attempt an operation will make, as far as its arguments tell, so that it is reserved in the round trip that
//! charges the operation.
//!
//! Nothing depends on it but that round trip: the deed says itself what it reserves, and a reservation of anything else
//! is given back. Attempts for an account that only the database knows (a confirmed password, a code) reserve for
//! themselves.

use async_graphql::parser::types::{Field, OperationDefinition, OperationType, Selection};
use async_graphql::{Name, Value, Variables};
use async_graphql_value::Value as DocumentValue;

use super::chosen_operation;
use crate::app::limits::{Attempt, MailCause};
use crate::values::email_address::EmailAddress;

/// The attempt of the first root field, if it makes one. It follows the charge at once: were it behind another field, an
/// account could be kept waiting by attempts that are reserved and never made. Fields inside fragments are left to
/// themselves.
#[must_use]
pub fn attempt(operation: &OperationDefinition, variables: &Variables) -> Option<Attempt> {
    if operation.ty != OperationType::Mutation {
        return None;
    }
    let foresight = Foresight { operation, variables };
    match &operation.selection_set.node.items.first()?.node {
        Selection::Field(field) => foresight.of_field(&field.node),
        Selection::FragmentSpread(_) | Selection::InlineFragment(_) => None,
    }
}

struct Foresight<'a> {
    operation: &'a OperationDefinition,
    variables: &'a Variables,
}

impl Foresight<'_> {
    fn of_field(&self, field: &Field) -> Option<Attempt> {
        let address = |member| self.address(field, member);
        match field.name.node.as_str() {
            "login" | "register" | "resetPassword" => Some(Attempt::Proof),
            "resendVerificationEmail" => Some(Attempt::Mail(MailCause::Verification, address("email")?)),
            "requestPasswordReset" => Some(Attempt::Mail(MailCause::PasswordReset, address("email")?)),
            "requestEmailChange" => Some(Attempt::Mail(MailCause::EmailChange, address("newEmail")?)),
            _ => None,
        }
    }

    /// The address in this member of the input, as its field will read it.
    fn address(&self, field: &Field, member: &str) -> Option<EmailAddress> {
        let typed = match &field.get_argument("input")?.node {
            DocumentValue::Variable(input) => match self.variable(input)? {
                Value::Object(input) => input.get(member)?,
                _ => return None,
            },
            DocumentValue::Object(input) => match input.get(member)? {
                DocumentValue::Variable(address) => self.variable(address)?,
                DocumentValue::String(address) => return EmailAddress::parse(address).ok(),
                _ => return None,
            },
            _ => return None,
        };
        match typed {
            Value::String(address) => EmailAddress::parse(address).ok(),
            _ => None,
        }
    }

    fn variable(&self, name: &Name) -> Option<&Value> {
        chosen_operation::variable(name, self.operation, self.variables)
    }
}

#[cfg(test)]
mod tests {
    use async_graphql::parser::parse_query;
    use async_graphql::value;

    use super::*;

    fn foreseen(document: &str, variables: Value) -> Option<Attempt> {
        let document = parse_query(document).unwrap();
        let operation = document.operations.iter().next().unwrap().1;
        attempt(&operation.node, &Variables::from_value(variables))
    }

    fn ann() -> EmailAddress {
        EmailAddress::parse("ann@example.com").unwrap()
    }

    #[test]
    fn an_address_is_found_wherever_it_stands() {
        for (document, variables) in [
            (r#"mutation { requestPasswordReset(input: { email: " Ann@Example.com" }) { x } }"#, value!({})),
            (
                "mutation($e: E!) { requestPasswordReset(input: { email: $e }) { x } }",
                value!({ "e": "ann@example.com" }),
            ),
            (r#"mutation($e: E = "ann@example.com") { requestPasswordReset(input: { email: $e }) { x } }"#, value!({})),
            (
                "mutation($i: I!) { requestPasswordReset(input: $i) { x } }",
                value!({ "i": { "email": "ann@example.com" } }),
            ),
            (r#"mutation($i: I = { email: "ann@example.com" }) { requestPasswordReset(input: $i) { x } }"#, value!({})),
            (
                r#"mutation { a: requestPasswordReset(input: { email: "ann@example.com" }) { x } logout { x } }"#,
                value!({}),
            ),
        ] {
            assert_eq!(
                foreseen(document, variables),
                Some(Attempt::Mail(MailCause::PasswordReset, ann())),
                "{document}"
            );
        }
    }

    #[test]
    fn emails_have_their_causes_and_what_knows_no_account_has_none() {
        let mail = |cause| Some(Attempt::Mail(cause, ann()));
        for (field, expected) in [
            ("resendVerificationEmail(input: { email: $e })", mail(MailCause::Verification)),
            ("requestPasswordReset(input: { email: $e })", mail(MailCause::PasswordReset)),
            ("requestEmailChange(input: { newEmail: $e })", mail(MailCause::EmailChange)),
            ("login(input: { email: $e })", Some(Attempt::Proof)),
            ("register(input: { email: $e })", Some(Attempt::Proof)),
            ("resetPassword(input: {})", Some(Attempt::Proof)),
        ] {
            let document = format!("mutation($e: E!) {{ {field} {{ x }} }}");
            assert_eq!(foreseen(&document, value!({ "e": "ann@example.com" })), expected, "{field}");
        }
    }

    #[test]
    fn what_cannot_be_told_is_left_to_the_deed() {
        for document in [
            "{ requestPasswordReset(input: { email: $e }) { x } }",
            "mutation { requestPasswordReset(input: { email: $e }) { x } }",
            "mutation { requestPasswordReset(input: { email: 1 }) { x } }",
            r#"mutation { requestPasswordReset(input: { email: "no address" }) { x } }"#,
            "mutation { requestPasswordReset(input: []) { x } }",
            "mutation { requestPasswordReset { x } }",
            r#"mutation { logout { x } requestPasswordReset(input: { email: "ann@example.com" }) { x } }"#,
            r#"mutation { reauthenticate(input: { password: "x" }) { x } }"#,
            r#"mutation { ... { requestPasswordReset(input: { email: "ann@example.com" }) { x } } }"#,
        ] {
            assert_eq!(foreseen(document, value!({})), None, "{document}");
        }
    }
}
