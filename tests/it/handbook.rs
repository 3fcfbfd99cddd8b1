//! What README and the documents say to operators, compared with the code.

use std::collections::BTreeSet;
use std::fs;

use authgraph::config::list::{find, settings};

use crate::settings::{names, read};

fn file(path: &str) -> String {
    fs::read_to_string(format!("{}/{path}", env!("CARGO_MANIFEST_DIR"))).unwrap()
}

const CHECKLIST: &str = "docs/production-checklist.md";

const DOCUMENTS: [&str; 17] = [
    "README.md",
    "SECURITY.md",
    "CONTRIBUTING.md",
    CHECKLIST,
    "docs/getting-started.md",
    "docs/clients.md",
    "docs/services.md",
    "docs/threat-model.md",
    "docs/oauth.md",
    "docs/operations.md",
    "docs/deployment.md",
    "docs/observability.md",
    "docs/runbook.md",
    "docs/account-pages.md",
    "docs/console.md",
    "docs/import.md",
    "docs/benchmarks.md",
];

fn checklist() -> String {
    file(CHECKLIST)
}

/// Every text between backticks, and what stands behind it up to the end of its line.
fn quoted(text: &str) -> Vec<(&str, &str)> {
    let of_line = |line| -> Vec<_> {
        let pieces: Vec<&str> = str::split(line, '`').collect();
        let ends = pieces.iter().enumerate().skip(1).step_by(2);
        ends.map(|(place, piece)| (*piece, pieces.get(place + 1).copied().unwrap_or_default())).collect()
    };
    text.lines().flat_map(of_line).collect()
}

fn is_setting_like(word: &str) -> bool {
    let is_letter = |letter: char| letter.is_ascii_uppercase() || letter.is_ascii_digit() || letter == '_';
    word.contains('_') && word.starts_with(|letter: char| letter.is_ascii_uppercase()) && word.chars().all(is_letter)
}

#[test]
fn every_key_of_the_metadata_of_audit_events_is_in_the_handbook() {
    let handbook = file("docs/operations.md");
    let (_, rest) = handbook.split_once("`metadata` has the details of an event").unwrap();
    let told: BTreeSet<_> =
        quoted(rest.split_once("\n\nConsecutive").unwrap().0).into_iter().map(|(word, _)| word.to_owned()).collect();
    let mut keys = BTreeSet::new();
    for folder in ["src/flows", "src/app", "src/app/sign_in", "src/records"] {
        for entry in fs::read_dir(format!("{}/{folder}", env!("CARGO_MANIFEST_DIR"))).unwrap() {
            let path = entry.unwrap().path();
            let code = if path.is_file() { fs::read_to_string(path).unwrap() } else { String::new() };
            keys.extend(code.split(".with(\"").skip(1).filter_map(|rest| rest.split('"').next().map(str::to_owned)));
        }
    }

    assert!(keys.len() >= 15, "{keys:?}");
    assert_eq!(keys.difference(&told).collect::<Vec<_>>(), [""; 0]);
}

#[test]
fn the_production_checklist_names_all_that_production_requires() {
    let checklist = checklist();
    let faults = read(&[("AUTHGRAPH_ENV", "production")]).unwrap_err();

    let missing: Vec<_> = names(&faults).into_iter().filter(|name| !checklist.contains(name)).collect();

    assert!(faults.len() >= 6, "{faults:?}");
    assert_eq!(missing, [""; 0]);
}

#[test]
fn every_page_that_emails_link_to_is_in_the_checklist_and_the_settings() {
    let code = file("src/app/mail/compose.rs") + &file("src/app/mail/notices.rs");
    let plain = code.split("self.link(\"").skip(1).filter_map(|rest| rest.split('"').next());
    let tokens = code.lines().filter(|line| line.trim_start().starts_with("Purpose::") && line.contains("=> \""));
    let tokens = tokens.filter_map(|line| line.split('"').nth(1));
    let pages: BTreeSet<_> = plain.chain(tokens).map(|page| format!("/{page}")).collect();

    assert!(pages.len() >= 8, "{pages:?}");
    let (checklist, setting) = (checklist(), find("FRONTEND_URL").unwrap().meaning);
    for page in pages {
        assert!(checklist.contains(&format!("`{page}`")), "{page} is not in {CHECKLIST}");
        assert!(setting.contains(&page), "{page} is not in the meaning of FRONTEND_URL");
    }
}

#[test]
fn every_setting_that_the_documents_name_exists() {
    let others = ["AUTHGRAPH_ENV", "TEST_DATABASE_URL", "TEST_REDIS_URL", "RUST_BACKTRACE", "INSTA_UPDATE"];
    let schema = file("schema.graphql");
    for document in DOCUMENTS {
        let text = file(document);
        for (word, _) in quoted(&text) {
            let name = word.split(['=', ' ']).next().unwrap_or_default().trim_end_matches('*');
            let is_prefix = word.contains('*') && settings().any(|setting| setting.name.starts_with(name));
            let is_known = find(name).is_some() || others.contains(&name) || schema.contains(name) || is_prefix;
            assert!(!is_setting_like(name) || is_known, "{document} names {name}, which is no setting");
        }
    }
}

/// `20 s`, `15 min`, `30 days`, `1024`, as settings spell them; `None` for other remarks.
fn spelt(told: &str) -> Option<String> {
    let mut words = told.split(' ');
    let (number, unit) = (words.next()?, words.next().unwrap_or_default());
    number.parse::<u64>().ok()?;
    let unit = match unit {
        "" => "",
        "s" | "seconds" => "s",
        "min" | "minutes" => "m",
        "h" | "hours" => "h",
        "days" => "d",
        _ => return None,
    };
    Some(format!("{number}{unit}"))
}

#[test]
fn defaults_in_the_documents_are_the_defaults() {
    let mut compared = 0;
    for document in DOCUMENTS {
        let text = file(document);
        for (name, behind) in quoted(&text) {
            let told = behind.strip_prefix(" (").and_then(|rest| rest.split([')', ';', ',']).next());
            let Some((setting, told)) = find(name).zip(told.and_then(spelt)) else { continue };
            assert_eq!(setting.default, told, "{document} on {name}");
            compared += 1;
        }
    }
    assert!(compared >= 8, "only {compared} were found");
}
