//! One setting as operators see it: name, default, meaning, and what production does.

/// Stands in the name of a setting for the name of a provider: any number of providers have such settings.
pub const PROVIDER: &str = "<NAME>";

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

impl Setting {
    /// Whether an environment variable of this name sets it.
    #[must_use]
    pub fn is_named(&self, name: &str) -> bool {
        self.name == name || self.provider_in(name).is_some()
    }

    /// What stands for `<NAME>` in the name of a variable: `FOO` in `OIDC_FOO_ISSUER`. No name fits two settings, because none
    /// ends like another.
    #[must_use]
    pub fn provider_in<'n>(&self, name: &'n str) -> Option<&'n str> {
        let (before, after) = self.name.split_once(PROVIDER)?;
        name.strip_prefix(before)?.strip_suffix(after).filter(|provider| !provider.is_empty())
    }
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

/// The lines of a comment as one line.
pub fn one_line(comment: &str) -> String {
    comment.lines().map(str::trim).collect::<Vec<_>>().join(" ").trim_end().to_owned()
}
