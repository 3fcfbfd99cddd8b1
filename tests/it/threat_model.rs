//! The threat model names files and tests: each of them exists.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

/// The texts between backticks in the tables.
fn quoted(document: &str) -> BTreeSet<&str> {
    let rows = document.lines().filter(|line| line.starts_with('|'));
    rows.flat_map(|row| row.split('`').skip(1).step_by(2)).collect()
}

/// `login::the_right_password_signs_in`, for every test of `tests/it`.
fn tests() -> BTreeSet<String> {
    let files = fs::read_dir(format!("{ROOT}/tests/it")).unwrap().map(|file| file.unwrap().path());
    let mut found = BTreeSet::new();
    for path in files.filter(|path| path.extension().is_some_and(|extension| extension == "rs")) {
        let module = path.file_stem().unwrap().to_str().unwrap();
        let code = fs::read_to_string(&path).unwrap();
        let functions = code.lines().filter_map(|line| {
            let line = line.strip_prefix("async ").unwrap_or(line);
            line.strip_prefix("fn ")?.split(['(', '<']).next()
        });
        found.extend(functions.map(|name| format!("{module}::{name}")));
    }
    found
}

#[test]
fn every_test_that_the_threat_model_names_exists() {
    let document = fs::read_to_string(format!("{ROOT}/docs/threat-model.md")).unwrap();
    let tests = tests();
    // The name of a test is a sentence; without a module it is that of any.
    let is_known = |name: &str| tests.contains(name) || tests.iter().any(|test| test.ends_with(&format!("::{name}")));
    let is_name = |word: &&str| word.matches('_').count() >= 3 && !word.contains(['/', '.', ' ']);
    let is_lower = |word: &&str| word.chars().all(|letter| !letter.is_ascii_uppercase());
    let named: Vec<_> = quoted(&document).into_iter().filter(is_name).filter(is_lower).collect();

    assert!(named.len() > 80, "only {} were found", named.len());
    assert_eq!(named.into_iter().filter(|name| !is_known(name)).collect::<Vec<_>>(), [""; 0]);
}

#[test]
fn every_file_that_the_security_documents_name_exists() {
    let mut checked = 0;
    for document in ["docs/threat-model.md", "SECURITY.md"] {
        let text = fs::read_to_string(format!("{ROOT}/{document}")).unwrap();
        let roots = ["src/", "tests/", "playground/"];
        for path in quoted(&text).into_iter().filter(|word| roots.iter().any(|root| word.starts_with(root))) {
            assert!(Path::new(ROOT).join(path).exists(), "{document} names {path}, which is not there");
            checked += 1;
        }
    }
    assert!(checked > 80, "only {checked} were found");
}
