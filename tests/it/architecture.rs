//! The floors of the house: what may call what, read from the imports.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// The floors, from the ground up. `values` and `error` are the ground.
const FLOORS: [&[&str]; 8] = [
    &["values", "error"],
    &["tools"],
    &["config"],
    &["records"],
    &["app"],
    &["flows"],
    &["api"],
    &["serve", "lib", "main", "commands"],
];

/// Lines of a file without its tests.
const LONGEST_FILE: usize = 250;

struct Source {
    /// Below `src`: `flows/login.rs`.
    path: String,
    text: String,
}

impl Source {
    /// The first part of its path: `flows`.
    fn module(&self) -> &str {
        self.path.split(['/', '.']).next().unwrap()
    }

    /// What stands before the tests of the file.
    fn code(&self) -> &str {
        self.text.split("#[cfg(test)]\nmod tests {").next().unwrap()
    }

    /// The modules of tests that have files of their own, as paths without the ending: `tools/db/tests`.
    fn test_modules(&self) -> Vec<String> {
        let folder = self.path.trim_end_matches(".rs").trim_end_matches("mod").trim_end_matches('/');
        let names =
            self.text.split("#[cfg(test)]\nmod ").skip(1).filter_map(|rest| rest.lines().next()?.strip_suffix(';'));
        names.map(|name| format!("{folder}/{name}")).collect()
    }

    /// The names of the types that it defines.
    fn types(&self) -> Vec<&str> {
        self.code().lines().filter_map(defined_type).collect()
    }

    /// Every path into our own crate that the file names, as `flows::login`.
    fn own_paths(&self) -> Vec<String> {
        let mut paths = Vec::new();
        for rest in self.code().split("crate::").skip(1) {
            let path: String = rest.chars().take_while(|c| c.is_alphanumeric() || matches!(c, '_' | ':')).collect();
            paths.push(path.trim_end_matches(':').to_owned());
        }
        paths
    }
}

/// The name of the type that a line defines.
fn defined_type(line: &str) -> Option<&str> {
    let start = line.trim_start();
    // Without `pub` or `pub(crate)`.
    let start = start.strip_prefix("pub").map_or(start, |rest| rest.split_once(' ').map_or("", |(_, rest)| rest));
    // An indented `type` belongs to a trait.
    let alias = start.strip_prefix("type ").filter(|rest| !line.starts_with(' ') && rest.contains('='));
    let rest = ["struct ", "enum ", "trait ", "union "].iter().find_map(|word| start.strip_prefix(word)).or(alias)?;
    rest.split(|letter: char| !letter.is_alphanumeric()).next().filter(|name| !name.is_empty())
}

fn sources() -> Vec<Source> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    collect(&root, &mut files);
    assert!(files.len() > 50, "the sources were not found");
    let relative = |path: &PathBuf| path.strip_prefix(&root).unwrap().to_str().unwrap().to_owned();
    files.iter().map(|path| Source { path: relative(path), text: fs::read_to_string(path).unwrap() }).collect()
}

/// Without the files that hold tests alone.
fn production_sources() -> Vec<Source> {
    let mut sources = sources();
    let tests: Vec<String> = sources.iter().flat_map(Source::test_modules).collect();
    assert!(tests.len() > 3, "the tests were not found");
    let is_test =
        |path: &str| tests.iter().any(|test| path.strip_prefix(test).is_some_and(|rest| rest.starts_with(['.', '/'])));
    sources.retain(|source| !is_test(&source.path));
    sources
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
}

fn floor(module: &str) -> Option<usize> {
    FLOORS.iter().position(|floor| floor.contains(&module))
}

#[test]
fn a_floor_calls_only_downwards() {
    for source in sources() {
        let own = floor(source.module()).unwrap_or_else(|| panic!("{} is on no floor", source.path));
        for path in source.own_paths() {
            let called = path.split("::").next().unwrap();
            let is_below = floor(called).is_none_or(|floor| floor < own || called == source.module() || own == 0);
            assert!(is_below, "{} calls up: crate::{path}", source.path);
        }
    }
}

/// Inside `api/graphql`: the schema uses the pipeline, and both use the files beside them.
#[test]
fn the_graphql_pipeline_does_not_know_the_schema() {
    for source in sources().iter().filter(|source| source.path.starts_with("api/graphql/")) {
        let forbidden: &[&str] = match source.path.split('/').nth(2) {
            Some("schema" | "mod.rs") => &[],
            Some("pipeline") if source.path.ends_with("/tests.rs") => &[],
            Some("pipeline") => &["graphql::schema::", "super::schema::"],
            _ => &["graphql::schema::", "super::schema::", "graphql::pipeline::", "super::pipeline::"],
        };
        for path in forbidden {
            assert!(!source.code().contains(path), "{} calls up: {path}", source.path);
        }
    }
}

#[test]
fn no_flow_calls_its_neighbour() {
    for source in sources().iter().filter(|source| source.module() == "flows" && source.path != "flows/mod.rs") {
        // In a file below a flow's folder, `super` is the flow itself.
        let is_part = source.path.matches('/').count() > 1;
        let is_outside = |line: &&str| if is_part { line.contains("super::super::") } else { line.contains("super::") };
        let neighbours = source.code().lines().filter(|line| is_outside(line) || line.contains("crate::flows::"));
        let called = neighbours.filter(|line| !line.contains("mod tests") && !line.contains("use super::*"));
        assert_eq!(called.collect::<Vec<_>>(), Vec::<&str>::new(), "{} calls its neighbour", source.path);
    }
}

#[test]
fn no_tool_knows_what_it_is_for() {
    for source in sources().iter().filter(|source| source.module() == "tools") {
        let own = source.path.trim_end_matches(".rs").split('/').nth(1).unwrap();
        for path in source.own_paths() {
            assert!(!path.starts_with("config"), "{} reads the configuration: {path}", source.path);
            let called = path.strip_prefix("tools::").and_then(|path| path.split("::").next());
            // Redis and the HTTP client are connections that several tools use, everything that waits adds jitter, and tools
            // that make others wait measure how long, and show it in traces.
            let is_allowed = |called: &str| {
                called == own || matches!(called, "jitter" | "redis" | "http_client" | "metrics" | "spans")
            };
            assert!(called.is_none_or(is_allowed), "{} uses its neighbour: {path}", source.path);
        }
    }
}

#[test]
fn only_the_api_knows_axum_and_graphql() {
    for source in sources().iter().filter(|source| source.module() != "api") {
        for word in ["use axum::", "axum::Router", "async_graphql", "tower_http"] {
            assert!(!source.code().contains(word), "{} knows {word}", source.path);
        }
    }
}

/// Every other client would reach what the guarded one refuses.
#[test]
fn only_the_http_client_knows_reqwest() {
    for source in sources().iter().filter(|source| !source.path.starts_with("tools/http_client/")) {
        assert!(!source.code().contains("reqwest"), "{} knows reqwest", source.path);
    }
}

#[test]
fn only_records_speak_sql() {
    for source in
        sources().iter().filter(|source| !matches!(source.module(), "records") && !source.path.starts_with("tools/db"))
    {
        let speaks = ["sql!(", ".query(\"", "query_built(", "sqlx::query", "sqlx::Row"];
        assert!(!speaks.iter().any(|word| source.code().contains(word)), "{} speaks SQL", source.path);
        let derives = source.code().matches("sqlx::").count() - source.code().matches("sqlx::Type").count();
        assert!(source.module() == "values" || derives == 0, "{} knows sqlx", source.path);
    }
}

#[test]
fn every_file_says_what_it_is() {
    for source in sources() {
        assert!(source.text.starts_with("//! "), "{} does not begin with //!", source.path);
        let first = source.text.lines().next().unwrap();
        assert!(
            first.ends_with(['.', ':']) || source.text.lines().nth(1).is_some_and(|line| line.starts_with("//!")),
            "{first}"
        );
    }
}

#[test]
fn no_name_says_nothing() {
    let names = ["struct ", "enum ", "trait ", "type ", "fn ", "mod "];
    for source in sources() {
        for line in source.text.lines().filter(|line| names.iter().any(|name| line.contains(name))) {
            let is_empty_word =
                ["Manager", "Helper", "Utils", "Dto", "utils", "helpers"].iter().any(|word| line.contains(word));
            assert!(!is_empty_word, "{}: {line}", source.path);
        }
        assert!(!source.text.contains("TODO") && !source.text.contains("FIXME"), "{} is not finished", source.path);
    }
}

#[test]
fn every_email_knows_the_request_that_caused_it() {
    for source in sources().iter().filter(|source| matches!(source.module(), "flows" | "app")) {
        assert!(!source.code().contains("Details::default()"), "{} posts an email without its cause", source.path);
    }
}

#[test]
fn the_name_of_a_type_is_defined_once() {
    let sources = production_sources();
    let mut files: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for source in &sources {
        for name in source.types() {
            files.entry(name).or_default().push(&source.path);
        }
    }

    assert!(files.len() > 300, "the types were not found");
    // An alias for the errors of one module may be called `Result`, as it is everywhere in Rust.
    files.retain(|name, files| files.len() > 1 && *name != "Result");
    assert!(files.is_empty(), "defined twice: {files:#?}");
}

#[test]
fn a_file_has_at_most_250_lines_without_its_tests() {
    let sources = production_sources();
    let mut long: Vec<_> = sources.iter().filter(|source| source.code().lines().count() > LONGEST_FILE).collect();
    long.sort_by_key(|source| &source.path);

    assert_eq!(long.iter().map(|source| &*source.path).collect::<Vec<_>>(), Vec::<&str>::new());
}
