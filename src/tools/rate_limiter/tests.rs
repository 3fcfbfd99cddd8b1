//! The same rules in this process and in Redis.

use std::sync::Arc;

use futures_util::future::join_all;
use tokio::task::JoinSet;

use super::*;
use crate::tools::redis::testing;

/// A timeout that no test runs into.
const LONG: Duration = Duration::from_secs(20);
const MINUTE: Duration = Duration::from_mins(1);
const MICROSECOND: Duration = Duration::from_micros(1);
/// No wait.
const GRANTED: Option<Duration> = None;

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_a_thousand_simultaneous_attempts_exactly_the_limit_is_granted() {
    for limiter in limiters() {
        let mut attempts = JoinSet::new();
        for _ in 0..1_000 {
            let limiter = limiter.clone();
            attempts.spawn(async move { take(&limiter, &[("all", 100)], now()).await });
        }

        let taken = attempts.join_all().await;

        assert_eq!(taken.iter().filter(|taken| **taken == GRANTED).count(), 100);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn two_instances_with_clocks_that_differ_grant_the_limit_together() {
    let Some(url) = testing::redis_url() else { return };
    let redis = testing::open(url, LONG);
    let instances = [(); 2].map(|()| Arc::new(RateLimiter::new(Some(redis.clone()), WindowClock::Store)));
    let mut attempts = JoinSet::new();
    for n in 0..1_000 {
        let limiter = instances[n % 2].clone();
        // An hour apart: by its own clock each instance would not see what the other has granted.
        let now = now() + Duration::from_hours(1) * u32::try_from(n % 2).unwrap();
        attempts.spawn(async move { take(&limiter, &[("both", 100)], now).await });
    }

    let taken = attempts.join_all().await;

    assert_eq!(taken.iter().filter(|taken| **taken == GRANTED).count(), 100);
}

#[tokio::test]
async fn attempts_weigh_what_they_take() {
    for limiter in limiters() {
        let weighing = |weight| [Window::new("heavy", 10, MINUTE).with_weight(weight)];
        let first = limiter.attempt(&weighing(7), now()).await;
        assert_eq!(first.usages, [WindowUsage { used: 7, empty_in: MINUTE }]);
        limiter.attempt(&weighing(2), now() + MINUTE / 4).await;

        let later = now() + MINUTE / 2;
        let refused = limiter.attempt(&weighing(4), later).await;
        assert_eq!((wait(&refused), refused.usages[0].used), (Some(MINUTE / 2), 9));
        assert_eq!(wait(&limiter.attempt(&weighing(9), later).await), Some(MINUTE / 4 * 3));

        let reservation = first.outcome.unwrap();
        limiter.give_back(&[(weighing(7)[0], 5)], &reservation).await;
        let looked = limiter.attempt(&weighing(0), later).await;
        assert_eq!(looked.usages, [WindowUsage { used: 4, empty_in: MINUTE / 4 * 3 }]);
        assert_eq!(wait(&limiter.attempt(&weighing(6), later).await), GRANTED);
    }
}

#[tokio::test]
async fn what_is_heavier_than_the_limit_takes_all_of_it() {
    for limiter in limiters() {
        let window = [Window::new("small", 10, MINUTE).with_weight(50)];

        assert_eq!(limiter.attempt(&window, now()).await.usages[0].used, 10);
        assert_eq!(wait(&limiter.attempt(&window, now()).await), Some(MINUTE));
        assert_eq!(wait(&limiter.attempt(&window, now() + MINUTE).await), GRANTED);
    }
}

#[tokio::test]
async fn a_place_is_free_exactly_one_period_after_its_attempt() {
    for limiter in limiters() {
        take(&limiter, &[("edge", 1)], now()).await;

        assert_eq!(take(&limiter, &[("edge", 1)], now()).await, Some(MINUTE));
        let almost = now() + MINUTE - MICROSECOND;
        assert_eq!(take(&limiter, &[("edge", 1)], almost).await, Some(MICROSECOND));
        assert_eq!(take(&limiter, &[("edge", 1)], now() + MINUTE).await, GRANTED);
    }
}

#[tokio::test]
async fn a_window_slides() {
    for limiter in limiters() {
        take(&limiter, &[("sliding", 2)], now()).await;
        take(&limiter, &[("sliding", 2)], now() + MINUTE / 2).await;

        assert_eq!(take(&limiter, &[("sliding", 2)], now() + MINUTE).await, GRANTED);
        let refused = Some(MINUTE / 2);
        assert_eq!(take(&limiter, &[("sliding", 2)], now() + MINUTE).await, refused);
    }
}

#[tokio::test]
async fn a_refusal_in_one_window_records_nothing_in_the_others() {
    for limiter in limiters() {
        take(&limiter, &[("full", 1)], now()).await;

        let refused = take(&limiter, &[("other", 1), ("full", 1)], now() + MINUTE / 4).await;

        assert_eq!(refused, Some(MINUTE / 4 * 3));
        assert_eq!(take(&limiter, &[("other", 1)], now()).await, GRANTED);
    }
}

#[tokio::test]
async fn a_decision_is_about_all_windows_those_that_are_off_included() {
    for limiter in limiters() {
        let windows = [("off", 0), ("on", 1)].map(|(name, limit)| Window::new(name, limit, MINUTE));
        let (empty, full) = (WindowUsage::default(), WindowUsage { used: 1, empty_in: MINUTE });

        let granted = limiter.attempt(&windows, now()).await;
        let refused = limiter.attempt(&windows, now()).await;

        assert_eq!((granted.is_granted(), granted.usages), (true, vec![empty, full]));
        let expected =
            Decision { outcome: Err(WindowFull { retry_after: MINUTE, window: 1 }), usages: vec![empty, full] };
        assert_eq!(refused, expected);
    }
}

#[tokio::test]
async fn what_is_full_here_is_known_without_a_round_trip() {
    for limiter in limiters() {
        let window = Window::new("busy", 2, MINUTE);
        take(&limiter, &[("busy", 2)], now()).await;
        assert_eq!(limiter.known_refusal(window, now()), None);

        take(&limiter, &[("busy", 2)], now()).await;

        assert_eq!(limiter.known_refusal(window, now()).and_then(|full| wait(&full)), Some(MINUTE));
        assert_eq!(limiter.known_refusal(window, now() + MINUTE), None);
        assert_eq!(limiter.known_refusal(Window::new("busy", 0, MINUTE), now()), None);
    }
}

#[tokio::test]
async fn what_redis_refuses_is_not_counted_here() {
    let Some(url) = testing::redis_url() else { return };
    let redis = testing::open(url, LONG);
    let [limiter, other] = [(); 2].map(|()| RateLimiter::new(Some(redis.clone()), WindowClock::Caller));
    let [first, second] = ["first", "second"].map(|name| Window::new(name, 1, MINUTE));
    take(&other, &[("second", 1)], now()).await;

    let refused = limiter.attempt(&[first, second], now()).await;

    assert_eq!(wait(&refused), Some(MINUTE));
    let here = [first, second].map(|window| limiter.attempt_locally(window, now()).is_granted());
    assert_eq!(here, [true, true]);
}

#[tokio::test]
async fn the_longest_wait_is_returned() {
    for limiter in limiters() {
        take(&limiter, &[("early", 1)], now()).await;
        take(&limiter, &[("late", 1)], now() + MINUTE / 2).await;

        let refused = take(&limiter, &[("early", 1), ("late", 1)], now() + MINUTE / 2).await;

        assert_eq!(refused, Some(MINUTE));
    }
}

#[tokio::test]
async fn a_lowered_limit_waits_until_enough_places_are_free() {
    for limiter in limiters() {
        for seconds in 0..3 {
            take(&limiter, &[("lowered", 3)], now() + Duration::from_secs(seconds)).await;
        }

        let refused = take(&limiter, &[("lowered", 1)], now() + Duration::from_secs(2)).await;

        assert_eq!(refused, Some(MINUTE));
    }
}

#[tokio::test]
async fn a_limit_of_zero_is_off() {
    for limiter in limiters() {
        for _ in 0..10 {
            assert_eq!(take(&limiter, &[("off", 0)], now()).await, GRANTED);
        }
    }
}

#[tokio::test]
async fn no_wait_is_longer_than_the_period_when_the_clock_is_set_back() {
    for limiter in limiters() {
        for seconds in 0..3 {
            take(&limiter, &[("set back", 3)], now() + Duration::from_secs(seconds)).await;
        }
        let earlier = now() - Duration::from_hours(1);

        let window = [Window::new("set back", 3, MINUTE)];
        let refused = limiter.attempt(&window, earlier).await;
        assert_eq!((wait(&refused), refused.usages[0].empty_in), (Some(MINUTE), MINUTE));
        assert_eq!(take(&limiter, &[("set back", 3)], earlier + MINUTE / 2).await, Some(MINUTE / 2));
        assert_eq!(take(&limiter, &[("set back", 3)], earlier + MINUTE).await, GRANTED);

        // And forth again.
        assert_eq!(take(&limiter, &[("set back", 3)], now() + Duration::from_hours(1)).await, GRANTED);
    }
}

#[tokio::test]
async fn callers_who_overtake_each_other_do_not_set_the_clock_back() {
    for limiter in limiters() {
        take(&limiter, &[("overtaken", 1)], now() + MICROSECOND).await;

        assert_eq!(take(&limiter, &[("overtaken", 1)], now()).await, Some(MINUTE));
        assert_eq!(take(&limiter, &[("overtaken", 1)], now() + MINUTE).await, Some(MICROSECOND));
    }
}

#[tokio::test]
async fn a_store_goes_by_its_own_clock_whatever_that_of_the_machine_says() {
    let redis = testing::redis_url().map(|url| testing::open(url, LONG));
    for redis in [None, redis] {
        let limiter = RateLimiter::new(redis, WindowClock::Store);
        take(&limiter, &[("own", 1)], now()).await;

        for asked in [now() - Duration::from_hours(1), now() + Duration::from_hours(1)] {
            let refused = take(&limiter, &[("own", 1)], asked).await;
            assert!(refused.is_some_and(|wait| wait <= MINUTE), "{refused:?}");
            assert!(limiter.known_refusal(Window::new("own", 1, MINUTE), asked).is_some());
        }
    }
}

#[tokio::test]
async fn a_server_that_forgot_its_scripts_is_sent_them_again() {
    let Some((limiter, redis)) = with_redis() else { return };
    take(&limiter, &[("flushed", 1)], now()).await;

    flush_scripts().await;

    assert_ne!(take(&limiter, &[("flushed", 1)], now()).await, GRANTED);
    assert_eq!((redis.is_up().await, redis.fallbacks()), (true, 0));
}

#[tokio::test]
async fn limits_hold_without_redis_and_no_attempt_waits_for_it() {
    let (limiter, redis) = open("redis://127.0.0.1:1".to_owned(), Duration::from_millis(50));
    let begun = Instant::now();

    let taken = [(); 4].map(|()| take(&limiter, &[("away", 2)], now()));
    let granted = join_all(taken).await.iter().filter(|taken| **taken == GRANTED).count();

    assert_eq!(granted, 2);
    assert!(begun.elapsed() < Duration::from_millis(500), "waited {:?}", begun.elapsed());
    assert!(!redis.is_up().await);
    // Two granted and one sign of life: what is full here is not asked there.
    assert_eq!(redis.fallbacks(), 3);
}

#[tokio::test]
async fn a_silent_server_costs_one_timeout_and_no_more() {
    let silent = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (limiter, _) = open(format!("redis://{}", silent.local_addr().unwrap()), Duration::from_millis(50));
    take(&limiter, &[("silent", 100)], now()).await;
    let begun = Instant::now();

    for _ in 0..20 {
        take(&limiter, &[("silent", 100)], now()).await;
    }

    // Twenty timeouts would take a second.
    assert!(begun.elapsed() < Duration::from_millis(500), "waited {:?}", begun.elapsed());
}

/// Odd to the microsecond: a script that loses digits would show.
pub(super) fn now() -> Time {
    Time::UNIX_EPOCH + Duration::from_micros(1_763_683_200_123_457)
}

/// Makes an attempt; the wait, where it is refused.
async fn take(limiter: &RateLimiter, windows: &[(&str, u32)], now: Time) -> Option<Duration> {
    let windows: Vec<_> = windows.iter().map(|&(name, limit)| Window::new(name, limit, MINUTE)).collect();
    wait(&limiter.attempt(&windows, now).await)
}

fn wait(decision: &Decision) -> Option<Duration> {
    decision.outcome.as_ref().err().map(|full| full.retry_after)
}

/// One that counts in this process, and one that counts in Redis where the tests are given one.
fn limiters() -> impl Iterator<Item = Arc<RateLimiter>> {
    let in_redis = with_redis().map(|(limiter, _)| limiter);
    let in_process = RateLimiter::new(None, WindowClock::Caller);
    [Some(in_process), in_redis].into_iter().flatten().map(Arc::new)
}

fn with_redis() -> Option<(RateLimiter, Redis)> {
    testing::redis_url().map(|url| open(url, LONG))
}

fn open(redis_url: String, timeout: Duration) -> (RateLimiter, Redis) {
    let redis = testing::open(redis_url, timeout);
    (RateLimiter::new(Some(redis.clone()), WindowClock::Caller), redis)
}

async fn flush_scripts() {
    let client = deadpool_redis::redis::Client::open(testing::redis_url().unwrap()).unwrap();
    let mut connection = client.get_multiplexed_async_connection().await.unwrap();
    deadpool_redis::redis::cmd("SCRIPT").arg("FLUSH").exec_async(&mut connection).await.unwrap();
}
