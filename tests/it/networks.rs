//! Networks that fail in the middle of a request, at each piece of the conversation with PostgreSQL or Redis. Every
//! request is answered in time, and truthfully; afterwards everything works without a restart.

use std::time::{Duration, Instant};

use futures_util::future::join_all;

use crate::support::database::setting;
use crate::support::{Answer, Fault, GraphQLRequest, PASSWORD, Proxy, Side, SignedIn, TestApp};

const ANN: &str = "ann@example.com";
const KEY: &str = "0198c0de-0000-7000-8000-000000000001";
/// The longest wait of a request: a silent connection is given up within seconds.
const LONGEST_WAIT: Duration = Duration::from_secs(12);
/// More than any request here sends or receives.
const MORE_PIECES: usize = 100;
const SIDES: [Side; 2] = [Side::Question, Side::Answer];
const LIMITS: &[(&str, &str)] =
    &[("RATE_LIMIT_REQUESTS", "10000/1m"), ("RATE_LIMIT_BUDGET", "100000/1m"), ("RATE_LIMIT_AUTH", "10000/1m")];

/// A server that reaches PostgreSQL through a proxy; none where there is no PostgreSQL.
async fn with_postgres() -> Option<(TestApp, Proxy)> {
    let world = TestApp::start().await;
    if world.world.database.is_sqlite() {
        return None;
    }
    let (proxy, url) = Proxy::before(&world.world.database.url, 5432).await;
    let settings = [("DATABASE_URL", &*url), ("DATABASE_MAX_CONNECTIONS", "2")];
    Some((world.another_instance_with(&settings).await, proxy))
}

/// A server that reaches Redis through a proxy; none where there is no Redis.
async fn with_redis(limits: &[(&str, &str)]) -> Option<(TestApp, Proxy)> {
    let (proxy, url) = Proxy::before(&setting("TEST_REDIS_URL")?, 6379).await;
    Some((TestApp::with(&[limits, &[("REDIS_URL", &*url), ("REDIS_TIMEOUT", "300ms")]].concat()).await, proxy))
}

/// The first answer that is not UNAVAILABLE: connections that died are noticed one after the other.
async fn soon(request: impl Fn() -> GraphQLRequest) -> Answer {
    let began = Instant::now();
    loop {
        let answer = request().await;
        if answer.codes() != ["UNAVAILABLE"] {
            return answer;
        }
        assert!(began.elapsed() < LONGEST_WAIT, "the database did not come back");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// What is sent while the network fails.
#[derive(Debug, Clone, Copy)]
enum Action {
    Login,
    Me,
    Refresh,
}

impl Action {
    fn request(self, app: &TestApp, ann: &SignedIn) -> GraphQLRequest {
        match self {
            Self::Login => app.login(ANN, PASSWORD),
            Self::Me => app.me(ann),
            Self::Refresh => app.refresh_as(ann, KEY),
        }
    }

    /// A success is one that lasts, and an error takes nothing away: above all, a token whose use was cut off is not stolen.
    async fn check(self, app: &TestApp, ann: &SignedIn, answer: Answer) {
        let succeeded = answer.errors().is_empty();
        assert!(succeeded || answer.code() == "UNAVAILABLE", "{self:?}: {}", answer.text);
        match self {
            Self::Login if succeeded => drop(soon(|| app.me(&answer.signed_in())).await.ok()),
            Self::Login => drop(soon(|| app.login(ANN, PASSWORD)).await.signed_in()),
            Self::Me => drop(soon(|| app.me(ann)).await.ok()),
            Self::Refresh => {
                let again = soon(|| app.refresh_as(ann, KEY)).await.signed_in();
                assert!(!succeeded || answer.signed_in().refresh == again.refresh, "one attempt, two successors");
                soon(|| app.refresh(&again)).await.signed_in();
            }
        }
    }
}

/// Sends a request whose network fails at this piece, and restores the network. Nothing where the request needed fewer
/// pieces.
async fn answer(
    app: &TestApp,
    proxy: &Proxy,
    action: Action,
    ann: &SignedIn,
    at: (usize, Side, Fault),
) -> Option<Answer> {
    let (piece, side, fault) = at;
    proxy.fail_at(piece, side, fault);
    let answer = tokio::time::timeout(LONGEST_WAIT, action.request(app, ann).into_future()).await;
    let answer = answer.unwrap_or_else(|_| panic!("{action:?} hangs at {at:?}"));
    let has_failed = proxy.has_failed();
    proxy.restore();
    has_failed.then_some(answer)
}

async fn cut_postgres_at_each_piece(action: Action) {
    let Some((app, proxy)) = with_postgres().await else { return };
    app.signed_in(ANN).await;
    for side in SIDES {
        for piece in 1..MORE_PIECES {
            let ann = soon(|| app.login(ANN, PASSWORD)).await.signed_in();
            let Some(answer) = answer(&app, &proxy, action, &ann, (piece, side, Fault::Cut)).await else {
                assert!(piece > 1, "{action:?} did not ask the database");
                break;
            };
            action.check(&app, &ann, answer).await;
        }
    }
}

#[tokio::test]
async fn a_login_whose_database_is_cut_off_is_done_or_can_be_repeated() {
    cut_postgres_at_each_piece(Action::Login).await;
}

#[tokio::test]
async fn a_read_whose_database_is_cut_off_ends_no_session() {
    cut_postgres_at_each_piece(Action::Me).await;
}

#[tokio::test]
async fn a_refresh_whose_database_is_cut_off_is_no_reuse() {
    cut_postgres_at_each_piece(Action::Refresh).await;
}

/// Each piece has a server of its own: a silent connection costs seconds, which pass side by side.
async fn stall_postgres_at_each_piece(action: Action) {
    for side in SIDES {
        let mut servers = Vec::new();
        for piece in 1..=8 {
            let Some((app, proxy)) = with_postgres().await else { return };
            let ann = app.signed_in(ANN).await;
            servers.push((app, proxy, ann, (piece, side, Fault::Stall)));
        }
        let stalls = join_all(servers.iter().map(async |(app, proxy, ann, at)| {
            let answer = answer(app, proxy, action, ann, *at).await?;
            action.check(app, ann, answer).await;
            Some(())
        }));
        assert!(stalls.await.iter().any(Option::is_some), "{action:?} did not ask the database");
    }
}

#[tokio::test]
async fn a_login_whose_database_falls_silent_is_answered_and_can_be_repeated() {
    stall_postgres_at_each_piece(Action::Login).await;
}

#[tokio::test]
async fn a_read_whose_database_falls_silent_is_answered_and_ends_no_session() {
    stall_postgres_at_each_piece(Action::Me).await;
}

#[tokio::test]
async fn a_refresh_whose_database_falls_silent_is_answered_and_is_no_reuse() {
    stall_postgres_at_each_piece(Action::Refresh).await;
}

/// Waits until the server asks Redis again.
async fn until_redis_is_back(app: &TestApp) {
    let began = Instant::now();
    while app.get("/ready").await.text.contains("fallback") {
        assert!(began.elapsed() < LONGEST_WAIT, "Redis did not come back");
        tokio::time::sleep(Duration::from_millis(10)).await;
        app.wait(Duration::from_secs(1));
    }
}

#[tokio::test]
async fn no_request_fails_for_redis_whenever_it_goes_away() {
    let Some((app, proxy)) = with_redis(LIMITS).await else { return };
    app.signed_in(ANN).await;
    for (action, fault) in
        [Action::Login, Action::Me, Action::Refresh].map(|it| [(it, Fault::Cut), (it, Fault::Stall)]).concat()
    {
        for side in SIDES {
            for piece in 1..MORE_PIECES {
                let ann = app.login(ANN, PASSWORD).await.signed_in();
                until_redis_is_back(&app).await;
                let Some(answer) = answer(&app, &proxy, action, &ann, (piece, side, fault)).await else { break };
                answer.ok();
            }
        }
    }
}

#[tokio::test]
async fn limits_hold_while_redis_goes_away_and_comes_back() {
    let Some((app, proxy)) = with_redis(&[("RATE_LIMIT_AUTH", "5/1h")]).await else { return };
    let mut judged = 0;
    for number in 0..12 {
        until_redis_is_back(&app).await;
        let fault = if number % 2 == 0 { Fault::Cut } else { Fault::Stall };
        proxy.fail_at(1, SIDES[number % 4 / 2], fault);
        judged += usize::from(app.login(ANN, "Wrong-Guess-99").await.code() != "RATE_LIMITED");
        proxy.restore();
    }

    assert!((1..=5).contains(&judged), "{judged} guesses were judged");
    until_redis_is_back(&app).await;
    assert_eq!(app.login(ANN, "Wrong-Guess-99").await.code(), "RATE_LIMITED");
}
