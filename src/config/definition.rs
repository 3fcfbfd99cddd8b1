//! What the list says of one setting, and the macro that turns the list into structs and the code that reads them.

use super::effective::EffectiveSetting;
use super::parse::ParsedSetting;
use super::read::Read;
use super::setting::{InProduction, Setting};

/// A setting, and how its value is read.
pub struct Definition<T, P> {
    setting: Setting,
    parse: P,
    is_secure: fn(&T) -> bool,
}

/// A setting of this name and default. A value that is not set, or set to an empty text, is the default.
pub const fn setting<T, P: Fn(&str) -> ParsedSetting<T>>(
    name: &'static str,
    default: &'static str,
    parse: P,
) -> Definition<T, P> {
    let setting = Setting {
        name,
        default,
        production: InProduction::Same,
        production_accepts: None,
        is_secret: false,
        meaning: "",
        shows_deployment: |_| false,
    };
    Definition { setting, parse, is_secure: |_| true }
}

impl<T, P> Definition<T, P> {
    /// Production refuses to start without a value.
    pub const fn required_in_production(mut self) -> Self {
        self.setting.production = InProduction::Required;
        self
    }

    /// Production has another default.
    pub const fn in_production(mut self, default: &'static str) -> Self {
        self.setting.production = InProduction::Default(default);
        self
    }

    /// The value is masked wherever it is shown.
    pub const fn secret(mut self) -> Self {
        self.setting.is_secret = true;
        self
    }

    /// Production refuses a value that is not secure. `what` continues the sentence "Production accepts only …".
    pub const fn production_accepts(mut self, what: &'static str, is_secure: fn(&T) -> bool) -> Self {
        self.setting.production_accepts = Some(what);
        self.is_secure = is_secure;
        self
    }

    /// Such a value is of no use to a developer's machine, so it is a sign of a deployment.
    pub const fn deployment_sign(mut self, is_sign: fn(&str) -> bool) -> Self {
        self.setting.shows_deployment = is_sign;
        self
    }
}

/// What fills a field: a setting, or a group of settings.
pub trait Source<T> {
    /// Reads the field. `None` where even the default cannot be parsed.
    fn read(self, meaning: &'static str, read: &mut Read<'_>) -> Option<T>;
}

impl<T, P: Fn(&str) -> ParsedSetting<T>> Source<T> for Definition<T, P> {
    fn read(self, meaning: &'static str, read: &mut Read<'_>) -> Option<T> {
        read.value(Setting { meaning, ..self.setting }, self.parse, self.is_secure)
    }
}

/// A struct that settings fill.
pub trait SettingsGroup: Sized {
    /// Reads its settings in the order of the list.
    fn read(read: &mut Read<'_>) -> Option<Self>;
}

/// Settings that stand below one heading.
pub struct Heading(pub &'static str);

impl<G: SettingsGroup> Source<G> for Heading {
    fn read(self, meaning: &'static str, read: &mut Read<'_>) -> Option<G> {
        read.begin_section(self.0, meaning);
        G::read(read)
    }
}

/// Fills a field with all settings that were read before it.
pub struct ReadBefore;

impl Source<Vec<EffectiveSetting>> for ReadBefore {
    fn read(self, _meaning: &'static str, read: &mut Read<'_>) -> Option<Vec<EffectiveSetting>> {
        Some(std::mem::take(&mut read.effective))
    }
}

/// Turns a part of the list into the struct it fills and the code that reads it. The comment of a field is both its
/// documentation and what operators read in `.env.example` and docs/configuration.md.
///
/// `pub struct Name { … }` defines the struct. `impl Name { … } with { … }` fills the struct of a tool, whose other fields
/// are given after `with`.
macro_rules! settings {
    (
        $(#[doc = $about:literal])+
        pub struct $group:ident {
            $($(#[doc = $meaning:literal])+ $field:ident: $type:ty = $source:expr;)+
        }
    ) => {
        $(#[doc = $about])+
        #[derive(Debug, Clone)]
        pub struct $group {
            $($(#[doc = $meaning])+ pub $field: $type,)+
        }
        $crate::config::definition::settings! {
            impl $group { $($(#[doc = $meaning])+ $field = $source;)+ } with {}
        }
    };
    (
        impl $group:ty { $($(#[doc = $meaning:literal])+ $field:ident = $source:expr;)+ }
        with { $($other:ident: $value:expr),* }
    ) => {
        impl $crate::config::definition::SettingsGroup for $group {
            fn read(read: &mut $crate::config::read::Read<'_>) -> Option<Self> {
                use $crate::config::definition::Source;
                $(let $field = Source::read($source, concat!($($meaning, "\n"),+), read);)+
                Some(Self { $($field: $field?,)+ $($other: $value,)* })
            }
        }
    };
}

pub(super) use settings;
