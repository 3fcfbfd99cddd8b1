//! The threat model names files and tests: each of them exists.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

/// The texts between backticks in the tables.
fn quoted(document: &str) -> BTreeSet<&str> {
    let rows = document.lines().filter(|line| line.starts_with('|'));
    rows.flat_map(|row| row.split('`').skip(1).step_by(2)).collect()
}

/// Every file with code below a folder.
fn sources(folder: PathBuf) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut open = vec![folder];
    while let Some(path) = open.pop() {
        if path.is_dir() {
            open.extend(fs::read_dir(path).unwrap().map(|entry| entry.unwrap().path()));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
    found
}

/// The functions behind an attribute of tests: `#[test]`, `#[tokio::test]`.
fn tests_of(code: &str) -> Vec<&str> {
    let mut is_test = false;
    let mut found = Vec::new();
    for line in code.lines().map(str::trim_start) {
        if line.starts_with("#[") && line.contains("test") && !line.contains("cfg") {
            is_test = true;
        } else if let Some(function) = line.strip_prefix("async ").unwrap_or(line).strip_prefix("fn ") {
            let name = function.split(['(', '<']).next().filter(|_| is_test);
            found.extend(name);
            is_test = false;
        }
    }
    found
}

/// `login::the_right_password_signs_in`, for every test of `tests/it` and of `src`.
fn tests() -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for path in ["tests/it", "src"].into_iter().flat_map(|folder| sources(Path::new(ROOT).join(folder))) {
        let file = path.file_stem().unwrap().to_str().unwrap();
        let code = fs::read_to_string(&path).unwrap();
        found.extend(tests_of(&code).into_iter().map(|name| format!("{file}::{name}")));
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
