//! Reads settings one by one and collects every fault on the way.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use super::Mode;
use super::effective::EffectiveSetting;
use super::parse::{self, ParsedSetting};
use super::setting::{InProduction, PROVIDER, Setting, one_line};

/// A setting that is wrong or missing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SettingFault {
    /// Its name.
    pub name: Cow<'static, str>,
    /// What is wrong with it, and what to write instead. Secrets are masked.
    pub problem: String,
}

impl fmt::Display for SettingFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.name, self.problem)
    }
}

/// Settings below one heading.
#[derive(Debug, Clone)]
pub struct Section {
    /// The heading.
    pub title: &'static str,
    /// What the settings have in common.
    pub about: &'static str,
    /// The settings.
    pub settings: Vec<Setting>,
}

/// One pass over all settings.
pub struct Read<'a> {
    values: &'a BTreeMap<String, String>,
    /// Decides which defaults apply.
    pub mode: Mode,
    /// The settings that were read, in the order of the list.
    pub sections: Vec<Section>,
    /// The same settings with their values; those of one provider of many only if they are set.
    pub effective: Vec<EffectiveSetting>,
    /// Settings whose value production refuses as insecure.
    pub insecure: Vec<Setting>,
    /// Settings that show that the server is deployed.
    pub deployment_signs: Vec<&'static str>,
    /// What stands for `<NAME>` in the names that are read now.
    provider: Option<String>,
    faults: Vec<SettingFault>,
}

impl<'a> Read<'a> {
    pub fn new(values: &'a BTreeMap<String, String>) -> Self {
        let (sections, effective, insecure, deployment_signs, provider, faults) = Default::default();
        let mode = Mode::Development;
        let read = Self { values, mode, sections, effective, insecure, deployment_signs, provider, faults };
        // Which default applies depends on the mode. A word that is no mode is reported when its setting is read.
        let mode = read.given("AUTHGRAPH_ENV").and_then(|word| parse::mode(&word).ok());
        Self { mode: mode.unwrap_or(Mode::Development), ..read }
    }

    /// Settings that follow stand below this heading.
    pub fn begin_section(&mut self, title: &'static str, about: &'static str) {
        self.sections.push(Section { title, about, settings: Vec::new() });
    }

    /// The value of a setting. After a fault the default takes its place, so that the faults of other settings are found
    /// too; `None` only where the default of the list cannot be parsed.
    pub fn value<T>(
        &mut self,
        setting: Setting,
        parse: impl Fn(&str) -> ParsedSetting<T>,
        is_secure: fn(&T) -> bool,
    ) -> Option<T> {
        // The names of one provider after the other are listed once, by their pattern.
        if let Some(section) = self.sections.last_mut().filter(|_| self.provider.is_none()) {
            section.settings.push(setting);
        }
        let given = self.given(&self.name_of(setting.name));
        self.note_effective(&setting, given.as_deref());
        if given.as_deref().is_some_and(setting.shows_deployment) {
            self.deployment_signs.push(setting.name);
        }
        let value = match (&given, setting.production, self.mode) {
            (Some(value), ..) => value.as_str(),
            (None, InProduction::Default(default), Mode::Production) => default,
            (None, InProduction::Required, Mode::Production) => {
                let meaning = one_line(setting.meaning);
                self.fault(setting.name, format!("not set; production requires it. {meaning}"));
                setting.default
            }
            (None, ..) => setting.default,
        };
        match parse(value) {
            Ok(parsed) => {
                if !is_secure(&parsed) {
                    self.insecure.push(setting);
                }
                Some(parsed)
            }
            Err(expected) => {
                self.wrong_value(&setting, value, &expected);
                parse(setting.default).ok()
            }
        }
    }

    /// Notes the value that applies. The pattern of the names of many providers has none.
    fn note_effective(&mut self, setting: &Setting, given: Option<&str>) {
        let name = self.name_of(setting.name);
        let is_left_out = if self.provider.is_some() { given.is_none() } else { name.contains(PROVIDER) };
        let Some(section) = self.sections.last().filter(|_| !is_left_out) else { return };
        let default = match (setting.production, self.mode) {
            (InProduction::Default(default), Mode::Production) => default,
            _ => setting.default,
        };
        self.effective.push(EffectiveSetting::new((name, setting), section.title, default, given));
    }

    /// Notes a value that is not what it has to be.
    pub fn wrong_value(&mut self, setting: &Setting, got: &str, expected: &str) {
        let got = match got {
            "" => "nothing".to_owned(),
            secret if setting.is_secret => format!("*** ({} characters)", secret.chars().count()),
            // A URL with a password.
            url if url.contains("://") && url.contains('@') => "*** (a URL with an @)".to_owned(),
            shown => shown.to_owned(),
        };
        self.fault(self.name_of(setting.name), format!("got {got}; expected {expected}"));
    }

    /// Notes a fault.
    pub fn fault(&mut self, name: impl Into<Cow<'static, str>>, problem: String) {
        self.faults.push(SettingFault { name: name.into(), problem });
    }

    /// Reads the settings of one provider of many.
    pub fn for_provider<T>(&mut self, name: &str, read: impl FnOnce(&mut Self) -> T) -> T {
        self.provider = Some(name.to_owned());
        let result = read(self);
        self.provider = None;
        result
    }

    /// The name of a setting, with that of the provider in it which is read now.
    pub fn name_of(&self, name: &'static str) -> Cow<'static, str> {
        match &self.provider {
            Some(provider) if name.contains(PROVIDER) => name.replace(PROVIDER, provider).into(),
            _ => name.into(),
        }
    }

    /// What stands for `<NAME>` in the names that are set. A value that is the default sets nothing.
    pub fn provider_names(&self) -> BTreeSet<String> {
        let settings = || self.sections.iter().flat_map(|section| &section.settings);
        let of_setting = |name| settings().find_map(|setting| Some((setting, setting.provider_in(name)?)));
        let set = self.values.keys().filter_map(|name| Some((name, of_setting(name)?)));
        let set = set.filter(|(name, (setting, _))| self.given(name).is_some_and(|value| value != setting.default));
        set.map(|(_, (_, provider))| provider.to_owned()).collect()
    }

    /// The setting of this name, if it was read.
    pub fn find(&self, name: &str) -> Option<Setting> {
        self.sections.iter().flat_map(|section| &section.settings).find(|setting| setting.name == name).copied()
    }

    /// The configuration, if nothing was wrong.
    pub fn finish<T>(mut self, config: Option<T>) -> Result<T, Vec<SettingFault>> {
        match config {
            Some(config) if self.faults.is_empty() => Ok(config),
            Some(_) => Err(self.faults),
            None => {
                self.fault(
                    "AUTHGRAPH_ENV",
                    "a default of authgraph cannot be read. Please report this bug.".to_owned(),
                );
                Err(self.faults)
            }
        }
    }

    /// What is set under this name. An empty value counts as not set.
    pub fn given(&self, name: &str) -> Option<String> {
        self.values.get(name).map(|value| value.trim().to_owned()).filter(|value| !value.is_empty())
    }
}
