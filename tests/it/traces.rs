//! Traces: one for each request, from HTTP to the database, exported to a collector that may be away.

use std::net::TcpListener;
use std::path::Path;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::support::collector::{Collector, Traces};
use crate::support::database::{Database, setting};
use crate::support::process::Process;
use crate::support::socket::Socket;

const GIVEN: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
/// As many fields as an operation may ask for.
const ALIASES: [&str; 10] = ["a", "b", "c", "d", "e", "f", "g", "h", "i", "j"];
const TOKEN: &str = "scrape-me-0123456789";
/// How long a process may take to stop, beyond the five seconds that it waits for its last export.
const STOPPING: Duration = Duration::from_secs(15);

/// A process that sends its traces somewhere.
struct Traced {
    process: Process,
    folder: TempDir,
    _database: Database,
}

impl Traced {
    async fn start(endpoint: &str, settings: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let database = Database::fresh(folder.path()).await;
        let redis = setting("TEST_REDIS_URL").unwrap_or_default();
        let prefix = format!("authgraph-test:{}:", uuid::Uuid::now_v7());
        let mut all = vec![
            ("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint),
            ("LOG_FORMAT", "json"),
            ("RATE_LIMIT_REQUESTS", "10000/1m"),
            ("METRICS_AUTH_TOKEN", TOKEN),
        ];
        if !redis.is_empty() {
            // On a busy machine, an answer within 50 ms is not certain.
            all.extend([("REDIS_URL", &*redis), ("REDIS_KEY_PREFIX", &*prefix), ("REDIS_TIMEOUT", "5s")]);
        }
        all.extend(settings.iter().copied());
        let process = Process::start_logging(folder.path(), &database, &log_in(folder.path()), &all).await;
        Self { process, folder, _database: database }
    }

    async fn ask(&self, document: &str, headers: &[(&str, &str)]) -> Value {
        let mut request = reqwest::Client::new().post(format!("http://{}/graphql", self.process.address));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        request.json(&json!({ "query": document })).send().await.unwrap().json().await.unwrap()
    }

    /// The value of a series of the metrics.
    async fn metric(&self, name: &str) -> f64 {
        let request = reqwest::Client::new().get(format!("http://{}/metrics", self.process.address));
        let text = request.bearer_auth(TOKEN).send().await.unwrap().text().await.unwrap();
        let line = text.lines().find_map(|line| line.strip_prefix(name)).unwrap_or_else(|| panic!("{name}: {text}"));
        line.trim().parse().unwrap()
    }

    /// Stops the process as an operator does. Answers how long that took.
    async fn stop(&mut self) -> Duration {
        let began = Instant::now();
        self.process.terminate();
        assert!(self.process.ended().await.success(), "{}", self.log());
        began.elapsed()
    }

    fn log(&self) -> String {
        std::fs::read_to_string(log_in(self.folder.path())).unwrap()
    }

    /// The lines of the log with this message.
    fn lines(&self, message: &str) -> Vec<Value> {
        let log = self.log();
        let lines = log.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
        lines.filter(|line| line["message"].as_str().is_some_and(|text| text.contains(message))).collect()
    }
}

fn log_in(folder: &Path) -> std::path::PathBuf {
    folder.join("log")
}

/// What is exported of a login, by the path of its names.
async fn traces_of_a_login() -> Traces {
    let collector = Collector::start().await;
    let mut server = Traced::start(&collector.endpoint(), &[]).await;
    assert_eq!(server.process.register("ann@example.com").await, Some(true));
    assert_eq!(server.process.login("ann@example.com").await, Some(true));
    // Long before the next export is due: the end of the process exports what waits.
    server.stop().await;
    collector.trace()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_login_is_one_trace_from_http_to_the_database() {
    let traces = traces_of_a_login().await;

    let operation = traces.only("mutation login");
    let of_login = Traces(traces.0.iter().filter(|span| span.trace == operation.trace).cloned().collect());
    let mut paths = of_login.paths();
    paths.sort();
    paths.dedup();
    let flow = "POST /graphql > mutation login > login";
    for expected in ["select users", "hash password", "begin", "insert sessions", "commit"] {
        assert!(paths.contains(&format!("{flow} > {expected}")), "{expected} is not in {paths:#?}");
    }
    assert!(paths.iter().all(|path| path.starts_with("POST /graphql")), "{paths:#?}");
    assert_eq!(of_login.0.iter().filter(|span| span.parent.is_empty()).count(), 1, "{paths:#?}");
    assert_ne!(traces.only("mutation register").trace, operation.trace);
    let calls_redis = paths.iter().any(|path| path.ends_with("> EVALSHA"));
    assert_eq!(calls_redis, setting("TEST_REDIS_URL").is_some(), "{paths:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn spans_have_the_attributes_of_the_semantic_conventions() {
    let traces = traces_of_a_login().await;

    let operation = traces.only("mutation login");
    let find = |name: &str| traces.0.iter().find(|span| span.trace == operation.trace && span.name == name).unwrap();
    let request = find("POST /graphql");
    let told = |span: &str, names: &[&str]| -> Vec<String> {
        names.iter().map(|name| find(span).attributes.get(*name).cloned().unwrap_or_default()).collect()
    };
    assert_eq!((&*request.kind, request.has_failed), ("Server", false));
    let http = ["http.request.method", "http.route", "http.response.status_code", "resource.service.name"];
    assert_eq!(told("POST /graphql", &http), ["POST", "/graphql", "200", "authgraph"]);
    assert_eq!(told("mutation login", &["graphql.operation.type", "graphql.operation.name"]), ["mutation", ""]);
    let database = if setting("TEST_DATABASE_URL").is_some() { "postgresql" } else { "sqlite" };
    let statement = ["db.system.name", "db.operation.name", "db.collection.name"];
    assert_eq!(told("select users", &statement), [database, "select", "users"]);
    assert_eq!(find("select users").kind, "Client");
}

/// What a delivery does is a trace of its own: the email may leave minutes after the request.
#[tokio::test(flavor = "multi_thread")]
async fn a_delivery_is_a_trace_that_names_the_request_and_other_tasks_have_none() {
    let traces = traces_of_a_login().await;

    let delivery = traces.named("deliver mail")[0];
    let register = traces.only("mutation register");
    let id = |span: &crate::support::collector::ExportedSpan| span.attributes["authgraph.correlation_id"].clone();
    assert_eq!(id(delivery), id(register));
    assert_eq!(traces.path(traces.named("send mail")[0]), "deliver mail > send mail");
    let roots: Vec<_> = traces.0.iter().filter(|span| span.parent.is_empty()).map(|span| &*span.name).collect();
    let known = ["POST /graphql", "GET /ready", "deliver mail"];
    assert!(roots.iter().all(|root| known.contains(root)), "{roots:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_trusted_proxy_continues_its_trace_here_and_decides_what_is_exported() {
    let collector = Collector::start().await;
    let mut server = Traced::start(&collector.endpoint(), &[("TRUSTED_PROXIES", "127.0.0.1")]).await;
    server.ask("{ authConfig { registrationOpen } }", &[("traceparent", GIVEN)]).await;
    let unsampled = GIVEN.replace("-01", "-00").replace("4bf9", "5bf9");
    server.ask("{ authConfig { registrationOpen } }", &[("traceparent", &unsampled)]).await;
    server.ask("{ authConfig { registrationOpen } }", &[("traceparent", GIVEN), ("traceparent", GIVEN)]).await;

    server.stop().await;

    let traces = collector.trace();
    let requests = traces.named("POST /graphql");
    let [continued, anew] = requests.as_slice() else { panic!("{requests:?}") };
    assert_eq!((&*continued.trace, &*continued.parent), ("4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"));
    assert_eq!(anew.parent, "", "two lines: one of them is the client's");
    assert_eq!(traces.named("query authConfig")[0].trace, continued.trace);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_is_no_trusted_proxy_begins_a_trace() {
    for proxies in ["", "10.0.0.0/8"] {
        let collector = Collector::start().await;
        let mut server = Traced::start(&collector.endpoint(), &[("TRUSTED_PROXIES", proxies)]).await;
        server.ask("{ authConfig { registrationOpen } }", &[("traceparent", GIVEN)]).await;

        server.stop().await;

        let traces = collector.trace();
        let request = traces.only("POST /graphql");
        assert_eq!(request.parent, "");
        assert_ne!(request.trace, "4bf92f3577b34da6a3ce929d0e0e4736");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_line_of_the_log_names_the_trace_and_tells_what_the_operation_cost() {
    let collector = Collector::start().await;
    let mut server = Traced::start(&collector.endpoint(), &[]).await;
    assert_eq!(server.process.register("ann@example.com").await, Some(true));
    let token = server.process.access_token("ann@example.com").await;
    server.process.ask(&json!({ "query": "query Who { me { id } }" }), &token).await;
    let mut socket = Socket::authenticated(server.process.address, &token).await;
    let me = socket.run("1", "query Who { me { id } }", json!({})).await;

    server.stop().await;

    let traces = collector.trace();
    let [of_request, of_socket] = &*traces.named("query me") else { panic!("{:#?}", traces.paths()) };
    let lines: Vec<_> = server.lines("").into_iter().filter(|line| line["operation"] == "Who").collect();
    for (line, span) in lines.iter().zip([of_request, of_socket]) {
        assert_eq!((&line["trace_id"], &line["cost"]), (&json!(span.trace), &json!(1)), "{line}");
        assert_eq!((&line["user"], &line["code"]), (&me["data"]["me"]["id"], &json!("OK")), "{line}");
        assert!(line["milliseconds"].is_u64() && line["correlation_id"].is_string(), "{line}");
    }
    assert_eq!(lines.len(), 2);
    // The request that opened the socket was over long before.
    assert_eq!((&*traces.path(of_request), &*traces.path(of_socket)), ("POST /graphql > query me", "query me"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ratio_of_zero_exports_nothing() {
    let collector = Collector::start().await;
    let mut server = Traced::start(&collector.endpoint(), &[("OTEL_TRACES_SAMPLER_ARG", "0")]).await;
    assert_eq!(server.process.register("ann@example.com").await, Some(true));

    server.stop().await;

    assert_eq!(collector.trace().paths(), Vec::<String>::new());
    assert!(server.lines("request").iter().all(|line| line.get("trace_id").is_none()));
}

#[tokio::test(flavor = "multi_thread")]
async fn clients_cannot_invent_names_of_spans() {
    let collector = Collector::start().await;
    let mut server = Traced::start(&collector.endpoint(), &[]).await;
    let config = "authConfig { registrationOpen }";
    server.ask(&format!("query Invented1 {{ invented2: {config} }}"), &[]).await;
    server.ask(&format!("query Invented3 {{ invented4: {config} invented5: {config} }}"), &[]).await;
    reqwest::get(format!("http://{}/invented6?invented7=8", server.process.address)).await.unwrap();

    server.stop().await;

    assert!(!String::from_utf8_lossy(&collector.bytes()).contains("nvented"), "{:#?}", collector.trace());
    let paths = collector.trace().paths();
    for expected in ["POST /graphql > query authConfig", "POST /graphql > query", "GET"] {
        assert_eq!(paths.iter().filter(|path| *path == expected).count(), 1, "{expected} among {paths:#?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_collector_gets_the_headers_of_the_settings() {
    let collector = Collector::start().await;
    let headers = ("OTEL_EXPORTER_OTLP_HEADERS", "api-key=k3y==,authorization=Bearer%20t0ken");
    let endpoint = format!("{}/otlp/", collector.endpoint());
    let mut server = Traced::start(&endpoint, &[headers, ("OTEL_SERVICE_NAME", "sign-in")]).await;

    server.stop().await;

    assert!(collector.paths().iter().all(|path| path == "/otlp/v1/traces"), "{:?}", collector.paths());
    assert_eq!(collector.header("api-key")[0], "k3y==");
    assert_eq!(collector.header("authorization")[0], "Bearer t0ken");
    assert_eq!(collector.header("content-type")[0], "application/x-protobuf");
    assert_eq!(collector.trace().0[0].attributes["resource.service.name"], "sign-in");
}

#[tokio::test(flavor = "multi_thread")]
async fn traces_are_exported_while_the_server_runs() {
    let collector = Collector::start().await;
    let server = Traced::start(&collector.endpoint(), &[]).await;

    server.ask("{ authConfig { registrationOpen } }", &[]).await;

    collector.wait_for("query authConfig").await;
    assert!(server.metric("auth_trace_spans_exported_total").await > 0.0);
}

/// One that refuses connections, and one that takes them and never answers.
#[tokio::test(flavor = "multi_thread")]
async fn without_its_collector_the_server_answers_and_stops_as_usual() {
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    for address in [silent.local_addr().unwrap(), closed] {
        let mut server = Traced::start(&format!("http://{address}"), &[]).await;
        let document =
            format!("{{ {} }}", ALIASES.map(|alias| format!("{alias}: authConfig {{ registrationOpen }}")).join(" "));
        // More spans than may wait for their export.
        while server.metric("auth_trace_spans_total").await < 3000.0 {
            for answer in futures_util::future::join_all((0..50).map(|_| server.ask(&document, &[]))).await {
                assert!(answer["data"]["j"].is_object(), "{answer}");
            }
        }
        assert!(server.metric("auth_trace_spans_exported_total").await < 1.0);

        let took = server.stop().await;

        assert!(took < STOPPING, "{address} {took:?}");
        let warnings = server.lines("takes no traces");
        assert_eq!(warnings.len(), 1, "{warnings:?}");
    }
}
