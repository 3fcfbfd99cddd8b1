//! Broken rules of single arguments.

/// Every value that `errors[].extensions.fields[].code` can have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, strum::IntoStaticStr)]
#[strum(serialize_all = "SCREAMING_SNAKE_CASE")]
#[allow(missing_docs, reason = "described once, for clients, in api/graphql/error_types.rs")]
pub enum FieldErrorCode {
    Invalid,
    Required,
    Mismatch,
    OutOfRange,
    TooShort,
    TooLong,
    NoUppercase,
    NoLowercase,
    NoDigit,
    NoSymbol,
    TooCommon,
    ContainsIdentity,
    UnknownEvent,
}

impl FieldErrorCode {
    /// The code as clients read it: `TOO_SHORT`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        self.into()
    }
}

/// One broken rule of one argument.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldFault {
    /// The path of the argument: `input.email`.
    pub path: &'static str,
    /// The broken rule, for programs.
    pub code: FieldErrorCode,
    /// The broken rule, for people.
    pub message: String,
}

impl FieldFault {
    /// A broken rule. The caller that knows the path sets it with [`FieldFault::at`].
    pub fn new(code: FieldErrorCode, message: impl Into<String>) -> Self {
        Self { path: "", code, message: message.into() }
    }

    /// The same broken rule, with this path.
    #[must_use]
    pub fn at(self, path: &'static str) -> Self {
        Self { path, ..self }
    }
}
