//! `.env.example`: every setting with its default, what production does with it, and what it is for.

use std::fmt::Write;

use super::safety;
use super::table::{InProduction, SETTINGS};

/// The text of `.env.example`.
#[must_use]
pub fn env_example() -> String {
    let mut text = String::from(
        "# Every setting of authgraph with its default. Copy to .env or set in the environment (which wins).\n\
         # Printed by `authgraph settings`; lengths of time are written 90s, 15m, 24h, 7d. Empty is not set.\n\
         # In .env a value that holds a $ needs single quotes: METRICS_AUTH_TOKEN='…$…'. Nothing is expanded.\n",
    );
    for group in SETTINGS {
        let _ = writeln!(text, "\n# ---- {}", group.title);
        for setting in group.settings {
            let production = match setting.production {
                InProduction::Same => String::new(),
                InProduction::Demanded => " (production: demanded)".to_owned(),
                InProduction::Default("") => " (production: empty)".to_owned(),
                InProduction::Default(other) => format!(" (production: {other})"),
            };
            let _ = writeln!(text, "\n# {}{production}", setting.meaning);
            if let Some(wants) = safety::wants(setting.name) {
                let _ = writeln!(text, "# Production wants {wants}.");
            }
            let _ = writeln!(text, "#{}={}", setting.name, quoted(setting.default));
        }
    }
    text
}

fn quoted(value: &str) -> String {
    if value.contains([' ', '<']) { format!("\"{value}\"") } else { value.to_owned() }
}
