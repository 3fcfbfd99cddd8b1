//! The two texts that describe every setting: `.env.example` and docs/configuration.md.

use std::fmt::Write;

use super::list::SECTIONS;
use super::renamed::RENAMED;
use super::setting::{InProduction, Setting, one_line};

/// The text of `.env.example`.
#[must_use]
pub fn env_example() -> String {
    let mut text = String::from(
        "# Every setting of authgraph with its default. Copy this file to .env, or set the variables in the environment,\n\
         # which takes precedence. An empty value counts as not set. Lengths of time are written like 90s, 15m, 24h, 7d.\n\
         # In .env, put a value that contains $ in single quotes: METRICS_AUTH_TOKEN='…$…'. Nothing is expanded.\n\
         # docs/configuration.md has the same text. `authgraph settings` prints this file.\n",
    );
    for section in SECTIONS.iter() {
        let _ = writeln!(text, "\n# ---- {}", section.title);
        for setting in &section.settings {
            text.push('\n');
            for line in setting.meaning.lines() {
                let _ = writeln!(text, "# {}", line.trim().replace('`', ""));
            }
            let _ = match setting.production {
                InProduction::Same => Ok(()),
                InProduction::Required => writeln!(text, "# Production: required."),
                InProduction::Default(default) => writeln!(text, "# Production: {}.", or_empty(default)),
            };
            if let Some(accepted) = setting.production_accepts {
                let _ = writeln!(text, "# Production accepts only {accepted}.");
            }
            let _ = writeln!(text, "#{}={}", setting.name, quoted(setting.default));
        }
    }
    text
}

/// The text of docs/configuration.md.
#[must_use]
pub fn markdown() -> String {
    let mut text = String::from(
        "# Configuration\n\n\
         Every setting is an environment variable. authgraph also reads the file `.env` in its working directory; the \
         environment takes precedence. An empty value counts as not set. Lengths of time are written like `90s`, `15m`, \
         `24h` or `7d`. In `.env`, put a value that contains `$` in single quotes.\n\n\
         The server checks all settings at start and reports all faults together. It does not start with a wrong value, \
         with a name in `.env` that is nearly a setting, or with the old name of a renamed setting.\n\n\
         `authgraph settings --format markdown` prints this page; `authgraph settings` prints `.env.example`.\n",
    );
    for section in SECTIONS.iter() {
        let _ = writeln!(text, "\n## {}\n\n{}", section.title, one_line(section.about));
        for setting in &section.settings {
            let _ = writeln!(text, "\n### `{}`\n\n{}\n\n{}", setting.name, facts(setting), one_line(setting.meaning));
        }
    }
    text.push_str(
        "\n## Renamed settings\n\nThe server refuses the old names.\n\n| old name | use instead |\n|---|---|\n",
    );
    for (old, new) in RENAMED {
        let _ = writeln!(text, "| `{old}` | {} |", new.split(" and ").map(code).collect::<Vec<_>>().join(" and "));
    }
    text
}

/// The default of a setting, and what production does with it.
fn facts(setting: &Setting) -> String {
    let mut facts = format!("Default: {}.", code(setting.default));
    match setting.production {
        InProduction::Same => {}
        InProduction::Required => facts.push_str(" Production: required."),
        InProduction::Default(default) => {
            let _ = write!(facts, " Production: {}.", code(default));
        }
    }
    if let Some(accepted) = setting.production_accepts {
        let _ = write!(facts, " Production accepts only {accepted}.");
    }
    if setting.is_secret {
        facts.push_str(" Secret: it never appears in logs.");
    }
    facts
}

fn code(value: &str) -> String {
    if value.is_empty() { "empty".to_owned() } else { format!("`{value}`") }
}

fn or_empty(value: &str) -> &str {
    if value.is_empty() { "empty" } else { value }
}

fn quoted(value: &str) -> String {
    if value.contains([' ', '<']) { format!("\"{value}\"") } else { value.to_owned() }
}
