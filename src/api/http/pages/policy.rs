//! The content security policies of the pages (W3C Content Security Policy Level 3, Trusted Types).

/// Nothing foreign, no `eval`, no `blob:`, no `data:`, and no text becomes markup or a script. React sets styles by script,
/// which needs no permission.
pub const PLAIN: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; \
                         base-uri 'none'; form-action 'none'; frame-ancestors 'none'; \
                         require-trusted-types-for 'script'; trusted-types 'none'";

/// For scripts that run as workers, which have a policy of their own.
pub const OF_FILES: &str = "default-src 'none'; script-src 'self'; frame-ancestors 'none'";

/// Nothing foreign, no `eval`, no `blob:` and no `data:`. The editor (Monaco) writes attributes and elements of style: the
/// attributes cannot be closed to it, its elements carry the nonce. It also needs workers, a font, and markup from texts, so
/// that trusted types are out of the question.
pub fn of_playground(nonce: &str) -> String {
    format!(
        "default-src 'none'; script-src 'self'; style-src 'self'; style-src-elem 'self' 'nonce-{nonce}'; \
         style-src-attr 'unsafe-inline'; img-src 'self'; font-src 'self'; connect-src 'self'; worker-src 'self'; \
         manifest-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )
}
