//! The pages: where they are, and who may open them.

use ipnet::IpNet;

use crate::config::Config;

/// A page, and the paths below it that it shows itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WebPage {
    /// An editor for the schema.
    Playground,
    /// What administrators do.
    Console,
    /// The journey of a user, step by step.
    Demo,
    /// What the links of emails need.
    Account,
}

impl WebPage {
    pub const ALL: [Self; 4] = [Self::Playground, Self::Console, Self::Demo, Self::Account];

    pub const fn path(self) -> &'static str {
        match self {
            Self::Playground => "/playground",
            Self::Console => "/console",
            Self::Demo => "/demo",
            Self::Account => "/account",
        }
    }

    pub fn name(self) -> &'static str {
        self.path().trim_start_matches('/')
    }

    pub const fn template(self) -> &'static str {
        match self {
            Self::Playground => "playground.html",
            Self::Console => "console.html",
            Self::Demo => "demo.html",
            Self::Account => "account.html",
        }
    }

    pub fn is_enabled(self, config: &Config) -> bool {
        let pages = &config.pages;
        match self {
            Self::Playground => pages.playground,
            Self::Console => pages.console,
            Self::Demo => pages.demo,
            Self::Account => config.has_account_pages(),
        }
    }

    /// The networks that may open it. Empty: all.
    pub fn networks(self, config: &Config) -> &[IpNet] {
        match self {
            Self::Playground => &config.pages.playground_networks,
            Self::Console => &config.pages.console_networks,
            Self::Demo | Self::Account => &[],
        }
    }
}
