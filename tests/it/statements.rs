//! Every SQL text of the records, prepared on the engine: our compile-time check.

use std::collections::HashMap;
use std::path::Path;

use crate::support::TestApp;

/// The texts inside `sql!(…)`, and the macro of this engine alone, of every record, with `columns!()` written out.
fn statements(own: &str) -> Vec<(String, String)> {
    let sources = sources();
    let mut found = Vec::new();
    for (module, source) in &sources {
        for call in ["sql!(", own].iter().flat_map(|word| source.split(word).skip(1)) {
            found.push((module.clone(), text_of(call, module, &sources)));
        }
    }
    found
}

/// Every file of the records, by its path below their folder: `users`, `sessions/list`.
fn sources() -> HashMap<String, String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/records");
    let mut found = HashMap::new();
    let mut folders = vec![folder.clone()];
    while let Some(next) = folders.pop() {
        for path in std::fs::read_dir(next).unwrap().map(|file| file.unwrap().path()) {
            if path.is_dir() {
                folders.push(path);
            } else {
                let module = path.strip_prefix(&folder).unwrap().with_extension("");
                let module = module.to_str().unwrap().trim_end_matches("/mod").to_owned();
                found.insert(module, std::fs::read_to_string(path).unwrap());
            }
        }
    }
    found
}

/// Joins the literals and macros up to the bracket that closes the call.
fn text_of(call: &str, module: &str, sources: &HashMap<String, String>) -> String {
    let mut sql = String::new();
    let mut rest = call;
    loop {
        rest = rest.trim_start_matches(|c: char| c.is_whitespace() || c == ',');
        if rest.starts_with(')') {
            return sql;
        }
        if rest.starts_with('"') {
            let (text, tail) = literal(rest);
            sql.push_str(&text);
            rest = tail;
        } else {
            let (name, tail) = rest.split_once("!()").unwrap_or_else(|| panic!("{module}: {rest:.60}"));
            let (module, name) = name.rsplit_once("::").unwrap_or((module, name));
            sql.push_str(&text_of_macro(&sources[module], name));
            rest = tail;
        }
    }
}

/// The text of a macro of a module: `columns!()`.
fn text_of_macro(source: &str, name: &str) -> String {
    let (_, rest) = source.split_once(&format!("macro_rules! {name} ")).unwrap();
    literal(&rest[rest.find('"').unwrap()..]).0
}

/// Reads the string literal that `source` begins with; answers it and what follows.
fn literal(source: &str) -> (String, &str) {
    let mut text = String::new();
    let mut rest = &source[1..];
    loop {
        let end = rest.find(['"', '\\']).unwrap();
        text.push_str(&rest[..end]);
        match (&rest[end..=end], rest[end + 1..].chars().next().unwrap_or_default()) {
            ("\"", _) => return (text, &rest[end + 1..]),
            (_, '\n') => rest = rest[end + 1..].trim_start(),
            (_, escaped @ ('"' | '\\')) => {
                text.push(escaped);
                rest = &rest[end + 2..];
            }
            (_, other) => panic!("an escape this reader does not know: \\{other}"),
        }
    }
}

#[tokio::test]
async fn every_statement_is_one_that_the_engine_understands() {
    let app = TestApp::start().await;
    let own = if app.world.database.is_sqlite() { "sqlite!(" } else { "postgres!(" };
    let statements = statements(own);

    assert!(statements.len() > 40, "the statements were not found");
    for (module, sql) in statements {
        let prepared = app.app.db.prepare(&sql).await;
        assert!(prepared.is_ok(), "{module}: {sql}\n{prepared:?}");
    }
}
