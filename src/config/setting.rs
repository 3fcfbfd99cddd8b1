//! One setting as operators see it: name, default, meaning, and what production does.

/// One setting, as operators see it.
#[derive(Debug, Clone, Copy)]
pub struct Setting {
    /// The environment variable.
    pub name: &'static str,
    /// The value that applies where nothing is set. Empty: none.
    pub default: &'static str,
    /// What production does where nothing is set.
    pub production: InProduction,
    /// Which values production accepts, where it refuses others as insecure.
    pub production_accepts: Option<&'static str>,
    /// Whether the value is masked wherever it is shown.
    pub is_secret: bool,
    /// What the setting does, for operators: the lines of its comment in the list.
    pub meaning: &'static str,
    /// Whether a value is a sign that the server is deployed, and not run for development.
    pub shows_deployment: fn(&str) -> bool,
}

/// What production does with a setting that is not set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InProduction {
    /// The default applies in production too.
    Same,
    /// The server refuses to start without a value.
    Required,
    /// Another default applies.
    Default(&'static str),
}
