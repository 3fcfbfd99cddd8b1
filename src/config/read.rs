//! Reads settings one by one and collects every fault on the way.

use std::fmt;

use super::Mode;
use super::parse::{self, ParsedSetting};
use super::setting::{InProduction, Setting};

/// A setting that is wrong or missing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SettingFault {
    /// Its name.
    pub name: &'static str,
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
    lookup: &'a dyn Fn(&str) -> Option<String>,
    /// Decides which defaults apply.
    pub mode: Mode,
    /// The settings that were read, in the order of the list.
    pub sections: Vec<Section>,
    /// Settings whose value production refuses as insecure.
    pub insecure: Vec<Setting>,
    /// Settings that show that the server is deployed.
    pub deployment_signs: Vec<&'static str>,
    faults: Vec<SettingFault>,
}

impl<'a> Read<'a> {
    pub fn new(lookup: &'a dyn Fn(&str) -> Option<String>) -> Self {
        let (sections, insecure, deployment_signs, faults) = Default::default();
        let read = Self { lookup, mode: Mode::Development, sections, insecure, deployment_signs, faults };
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
        if let Some(section) = self.sections.last_mut() {
            section.settings.push(setting);
        }
        let given = self.given(setting.name);
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

    /// Notes a value that is not what it has to be.
    pub fn wrong_value(&mut self, setting: &Setting, got: &str, expected: &str) {
        let got = match got {
            "" => "nothing".to_owned(),
            secret if setting.is_secret => format!("*** ({} characters)", secret.chars().count()),
            shown => shown.to_owned(),
        };
        self.fault(setting.name, format!("got {got}; expected {expected}"));
    }

    /// Notes a fault.
    pub fn fault(&mut self, name: &'static str, problem: String) {
        self.faults.push(SettingFault { name, problem });
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
        (self.lookup)(name).map(|value| value.trim().to_owned()).filter(|value| !value.is_empty())
    }
}

/// The lines of a comment as one line.
pub fn one_line(comment: &str) -> String {
    comment.lines().map(str::trim).collect::<Vec<_>>().join(" ").trim_end().to_owned()
}
