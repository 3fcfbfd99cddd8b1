//! The table of metrics in docs/observability.md, compared with what a server says; and what dashboard and alerts ask for.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use crate::metrics::{ON, scraped};
use crate::support::provider::Person;
use crate::support::{PASSWORD, TestApp};

fn file(path: &str) -> String {
    fs::read_to_string(format!("{}/{path}", env!("CARGO_MANIFEST_DIR"))).unwrap()
}

/// Every metric with its type and the names of its labels, as the table has them: `counter | method, result`.
fn documented() -> BTreeMap<String, String> {
    let text = file("docs/observability.md");
    let rows = text.lines().filter_map(|line| line.strip_prefix("| `")?.strip_suffix(" |"));
    let metrics = rows.filter_map(|row| {
        let (name, rest) = row.split_once("` | ")?;
        let mut cells = rest.split(" | ");
        let (kind, labels) = (cells.next()?, cells.next()?.replace('`', ""));
        matches!(kind, "counter" | "gauge" | "histogram").then(|| (name.to_owned(), format!("{kind} | {labels}")))
    });
    metrics.collect()
}

/// The same of a server on which everything was counted once.
async fn told() -> BTreeMap<String, String> {
    let (app, one) = TestApp::with_provider(ON).await;
    app.log_in_at(&one, &Person::new("ann-1", "ann@example.com")).await.signed_in();
    app.login("ben@example.com", PASSWORD).await;
    scraped(&app).await;
    let text = scraped(&app).await.text;
    let types = text.lines().filter_map(|line| line.strip_prefix("# TYPE ")?.split_once(' '));
    let labels_of = |name: &str| {
        let mut labels = BTreeSet::new();
        for line in text.lines().filter(|line| !line.starts_with('#')) {
            let (series, rest) = line.split_once(['{', ' ']).unwrap();
            let family =
                ["_bucket", "_sum", "_count"].iter().find_map(|end| series.strip_suffix(end)).unwrap_or(series);
            if (series == name || family == name) && line.contains('{') {
                let pairs =
                    rest.split("\",").filter_map(|pair| Some(pair.split_once("=\"")?.0.trim_matches(',').to_owned()));
                labels.extend(pairs.filter(|label| label != "le"));
            }
        }
        labels.into_iter().collect::<Vec<_>>().join(", ")
    };
    types.map(|(name, kind)| (name.to_owned(), format!("{kind} | {}", labels_of(name)).trim_end().to_owned())).collect()
}

#[tokio::test]
async fn the_table_of_metrics_is_what_a_server_says() {
    let (documented, told) = (documented(), told().await);
    let sorted = |row: &String| {
        let (kind, labels) = row.split_once(" |").unwrap();
        let mut labels: Vec<_> = labels.split(',').map(str::trim).filter(|label| !label.is_empty()).collect();
        labels.sort_unstable();
        format!("{kind} | {}", labels.join(", "))
    };
    let sorted = |table: &BTreeMap<String, String>| -> BTreeMap<String, String> {
        table.iter().map(|(name, row)| (name.clone(), sorted(row))).collect()
    };

    assert!(told.len() > 25, "{told:?}");
    assert_eq!(sorted(&documented), sorted(&told));
}

/// The names of metrics in a text: words that begin as ours do.
fn named(text: &str) -> BTreeSet<String> {
    let words = text.split(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_' && letter != ':');
    let is_ours = |word: &&str| {
        ["auth_", "authgraph_", "graphql_", "http_", "process_"].iter().any(|prefix| word.starts_with(prefix))
    };
    let bare = |word: &str| {
        let ends = ["_bucket", "_sum", "_count"];
        ends.iter().find_map(|end| word.strip_suffix(end)).unwrap_or(word).to_owned()
    };
    words.filter(is_ours).map(bare).collect()
}

#[test]
fn dashboard_and_alerts_ask_for_metrics_that_there_are() {
    let known = documented();
    let dashboard: serde_json::Value = serde_json::from_str(&file("deploy/grafana/authgraph.json")).unwrap();
    let mut asked = String::new();
    for panel in dashboard["panels"].as_array().unwrap() {
        for target in panel["targets"].as_array().into_iter().flatten() {
            asked += target["expr"].as_str().unwrap();
            asked += "\n";
        }
    }
    let alerts = file("deploy/prometheus/alerts.yml");
    asked.extend(alerts.lines().filter(|line| line.trim_start().starts_with("expr:")));

    let names = named(&asked);

    assert!(names.len() > 20, "{names:?}");
    assert_eq!(names.iter().filter(|name| !known.contains_key(*name)).collect::<Vec<_>>(), [""; 0]);
}

#[test]
fn every_alert_has_a_heading_in_the_runbook_and_a_row_in_the_table() {
    let (alerts, runbook) = (file("deploy/prometheus/alerts.yml"), file("docs/runbook.md"));
    let (table, anchors) = (file("docs/observability.md"), crate::links::anchors(&runbook));
    let names: Vec<_> = alerts.lines().filter_map(|line| line.trim().strip_prefix("- alert: ")).collect();
    let links: Vec<_> = alerts.lines().filter_map(|line| line.trim().strip_prefix("runbook_url: ")).collect();

    assert!(names.len() >= 10 && links.len() == names.len(), "{names:?}");
    for (name, link) in names.iter().zip(links) {
        let (page, anchor) = link.split_once('#').unwrap();
        assert!(page.ends_with("docs/runbook.md"), "{link}");
        assert!(anchors.iter().any(|known| known == anchor), "{name}: the runbook has no heading {anchor}");
        assert!(table.contains(&format!("| `{name}` |")), "{name} is not in docs/observability.md");
    }
}
