//! Both stores keep the same promises.

use futures_util::future::join_all;
use tokio::task::JoinSet;

use super::*;

const MINUTE: Duration = Duration::from_mins(1);
const MICROSECOND: Duration = Duration::from_micros(1);
/// No wait.
const GRANTED: Option<Duration> = None;

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_a_thousand_simultaneous_attempts_exactly_the_limit_is_granted() {
    for kv in stores() {
        let mut attempts = JoinSet::new();
        for _ in 0..1_000 {
            let kv = kv.clone();
            attempts.spawn(async move { take(&kv, &[("all", 100)], now()).await });
        }

        let taken = attempts.join_all().await;

        assert_eq!(taken.iter().filter(|taken| **taken == GRANTED).count(), 100);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn two_instances_with_clocks_that_differ_grant_the_limit_together() {
    let Some(url) = redis_url() else { return };
    let shared = settings(Some(url), Duration::from_secs(20), WindowClock::Store);
    let instances = [Kv::open(&shared).unwrap(), Kv::open(&shared).unwrap()];
    let mut attempts = JoinSet::new();
    for n in 0..1_000 {
        let kv = instances[n % 2].clone();
        // An hour apart: by its own clock each instance would not see what the other has granted.
        let now = now() + Duration::from_hours(1) * u32::try_from(n % 2).unwrap();
        attempts.spawn(async move { take(&kv, &[("both", 100)], now).await });
    }

    let taken = attempts.join_all().await;

    assert_eq!(taken.iter().filter(|taken| **taken == GRANTED).count(), 100);
}

#[tokio::test]
async fn attempts_weigh_what_they_take() {
    for kv in stores() {
        let weighing = |weight| [Window::of("heavy", 10, MINUTE).weighing(weight)];
        let first = kv.take(&weighing(7), now()).await;
        assert_eq!(first.fills, [WindowUsage { used: 7, empty_in: MINUTE }]);
        kv.take(&weighing(2), now() + MINUTE / 4).await;

        let later = now() + MINUTE / 2;
        let refused = kv.take(&weighing(4), later).await;
        assert_eq!((wait(&refused), refused.fills[0].used), (Some(MINUTE / 2), 9));
        assert_eq!(wait(&kv.take(&weighing(9), later).await), Some(MINUTE / 4 * 3));

        let Outcome::Granted(receipt) = first.outcome else { panic!("{first:?}") };
        kv.give_back(&[(weighing(7)[0], 5)], &receipt).await;
        let looked = kv.take(&weighing(0), later).await;
        assert_eq!(looked.fills, [WindowUsage { used: 4, empty_in: MINUTE / 4 * 3 }]);
        assert_eq!(wait(&kv.take(&weighing(6), later).await), GRANTED);
    }
}

#[tokio::test]
async fn what_is_heavier_than_the_limit_takes_all_of_it() {
    for kv in stores() {
        let window = [Window::of("small", 10, MINUTE).weighing(50)];

        assert_eq!(kv.take(&window, now()).await.fills[0].used, 10);
        assert_eq!(wait(&kv.take(&window, now()).await), Some(MINUTE));
        assert_eq!(wait(&kv.take(&window, now() + MINUTE).await), GRANTED);
    }
}

#[tokio::test]
async fn a_place_is_free_exactly_one_period_after_its_attempt() {
    for kv in stores() {
        take(&kv, &[("edge", 1)], now()).await;

        assert_eq!(take(&kv, &[("edge", 1)], now()).await, Some(MINUTE));
        let almost = now() + MINUTE - MICROSECOND;
        assert_eq!(take(&kv, &[("edge", 1)], almost).await, Some(MICROSECOND));
        assert_eq!(take(&kv, &[("edge", 1)], now() + MINUTE).await, GRANTED);
    }
}

#[tokio::test]
async fn a_window_slides() {
    for kv in stores() {
        take(&kv, &[("sliding", 2)], now()).await;
        take(&kv, &[("sliding", 2)], now() + MINUTE / 2).await;

        assert_eq!(take(&kv, &[("sliding", 2)], now() + MINUTE).await, GRANTED);
        let refused = Some(MINUTE / 2);
        assert_eq!(take(&kv, &[("sliding", 2)], now() + MINUTE).await, refused);
    }
}

#[tokio::test]
async fn a_refusal_in_one_window_records_nothing_in_the_others() {
    for kv in stores() {
        take(&kv, &[("full", 1)], now()).await;

        let refused = take(&kv, &[("other", 1), ("full", 1)], now() + MINUTE / 4).await;

        assert_eq!(refused, Some(MINUTE / 4 * 3));
        assert_eq!(take(&kv, &[("other", 1)], now()).await, GRANTED);
    }
}

#[tokio::test]
async fn the_second_of_two_attempts_is_made_only_where_the_first_is_granted() {
    for kv in stores() {
        let [first, second] = ["first", "second"].map(|name| [Window::of(name, 2, MINUTE)]);
        take(&kv, &[("second", 2)], now()).await;

        let (one, other) = kv.take_in_turn([&first, &second], now()).await;
        assert_eq!((wait(&one), wait(&other.unwrap())), (GRANTED, GRANTED));
        let (one, other) = kv.take_in_turn([&first, &second], now()).await;
        assert_eq!((wait(&one), wait(&other.unwrap())), (GRANTED, Some(MINUTE)));
        let (one, other) = kv.take_in_turn([&first, &second], now()).await;
        assert_eq!((wait(&one), other), (Some(MINUTE), None));

        let off = [Window::of("off", 0, MINUTE)];
        let (one, other) = kv.take_in_turn([&off, &second], now()).await;
        assert_eq!((wait(&one), wait(&other.unwrap())), (GRANTED, Some(MINUTE)));
    }
}

#[tokio::test]
async fn what_is_full_here_is_known_without_asking() {
    for kv in stores() {
        let window = Window::of("busy", 2, MINUTE);
        take(&kv, &[("busy", 2)], now()).await;
        assert_eq!(kv.known_refusal(window, now()), None);

        take(&kv, &[("busy", 2)], now()).await;

        assert_eq!(kv.known_refusal(window, now()).and_then(|full| wait(&full)), Some(MINUTE));
        assert_eq!(kv.known_refusal(window, now() + MINUTE), None);
        assert_eq!(kv.known_refusal(Window::of("busy", 0, MINUTE), now()), None);
    }
}

#[tokio::test]
async fn what_redis_refuses_is_not_counted_here() {
    let Some(url) = redis_url() else { return };
    let shared = settings(Some(url), Duration::from_secs(20), WindowClock::Caller);
    let (kv, other) = (Kv::open(&shared).unwrap(), Kv::open(&shared).unwrap());
    let [first, second] = ["first", "second"].map(|name| [Window::of(name, 1, MINUTE)]);
    take(&other, &[("second", 1)], now()).await;

    let (one, two) = kv.take_in_turn([&first, &second], now()).await;

    assert_eq!((wait(&one), wait(&two.unwrap())), (GRANTED, Some(MINUTE)));
    let receipt = ReservationId { name: String::new(), at: now().timestamp_micros() };
    let here = |window: &[Window<'_>]| kv.0.memory.take_in_turn([window, &[]], &receipt).0.taken;
    assert_eq!((here(&first).is_granted(), here(&second).is_granted()), (false, true));
}

#[tokio::test]
async fn the_longest_wait_is_told() {
    for kv in stores() {
        take(&kv, &[("early", 1)], now()).await;
        take(&kv, &[("late", 1)], now() + MINUTE / 2).await;

        let refused = take(&kv, &[("early", 1), ("late", 1)], now() + MINUTE / 2).await;

        assert_eq!(refused, Some(MINUTE));
    }
}

#[tokio::test]
async fn a_lowered_limit_waits_until_enough_places_are_free() {
    for kv in stores() {
        for seconds in 0..3 {
            take(&kv, &[("lowered", 3)], now() + Duration::from_secs(seconds)).await;
        }

        let refused = take(&kv, &[("lowered", 1)], now() + Duration::from_secs(2)).await;

        assert_eq!(refused, Some(MINUTE));
    }
}

#[tokio::test]
async fn a_limit_of_nothing_is_off() {
    for kv in stores() {
        for _ in 0..10 {
            assert_eq!(take(&kv, &[("off", 0)], now()).await, GRANTED);
        }
    }
}

#[tokio::test]
async fn nobody_waits_longer_than_the_period_when_the_clock_is_set_back() {
    for kv in stores() {
        for seconds in 0..3 {
            take(&kv, &[("set back", 3)], now() + Duration::from_secs(seconds)).await;
        }
        let earlier = now() - Duration::from_hours(1);

        let window = [Window::of("set back", 3, MINUTE)];
        let refused = kv.take(&window, earlier).await;
        assert_eq!((wait(&refused), refused.fills[0].empty_in), (Some(MINUTE), MINUTE));
        assert_eq!(take(&kv, &[("set back", 3)], earlier + MINUTE / 2).await, Some(MINUTE / 2));
        assert_eq!(take(&kv, &[("set back", 3)], earlier + MINUTE).await, GRANTED);

        // And forth again.
        assert_eq!(take(&kv, &[("set back", 3)], now() + Duration::from_hours(1)).await, GRANTED);
    }
}

#[tokio::test]
async fn callers_who_overtake_each_other_do_not_set_the_clock_back() {
    for kv in stores() {
        take(&kv, &[("overtaken", 1)], now() + MICROSECOND).await;

        assert_eq!(take(&kv, &[("overtaken", 1)], now()).await, Some(MINUTE));
        assert_eq!(take(&kv, &[("overtaken", 1)], now() + MINUTE).await, Some(MICROSECOND));
    }
}

#[tokio::test]
async fn a_store_goes_by_its_own_clock_whatever_that_of_the_machine_says() {
    for url in [Some(None), redis_url().map(Some)].into_iter().flatten() {
        let kv = Kv::open(&settings(url, Duration::from_secs(20), WindowClock::Store)).unwrap();
        take(&kv, &[("own", 1)], now()).await;

        for asked in [now() - Duration::from_hours(1), now() + Duration::from_hours(1)] {
            let refused = take(&kv, &[("own", 1)], asked).await;
            assert!(refused.is_some_and(|wait| wait <= MINUTE), "{refused:?}");
            assert!(kv.known_refusal(Window::of("own", 1, MINUTE), asked).is_some());
        }
    }
}

#[tokio::test]
async fn a_value_is_kept_for_its_lifetime() {
    for kv in stores() {
        kv.put("long", b"one", MINUTE).await;
        kv.put("long", b"two", MINUTE).await;
        kv.put("short", b"one", Duration::from_millis(1)).await;
        kv.put("deleted", b"one", MINUTE).await;
        kv.delete("deleted").await;
        tokio::time::sleep(Duration::from_millis(20)).await;

        assert_eq!(kv.get("long").await.as_deref(), Some(b"two".as_slice()));
        assert_eq!(kv.get("short").await, None);
        assert_eq!(kv.get("deleted").await, None);
    }
}

#[tokio::test]
async fn a_server_that_forgot_its_scripts_is_taught_again() {
    let Some(kv) = with_redis() else { return };
    take(&kv, &[("flushed", 1)], now()).await;

    flush_scripts().await;

    assert_ne!(take(&kv, &[("flushed", 1)], now()).await, GRANTED);
    assert_eq!((kv.ping().await, kv.fallbacks()), (Health::Redis, 0));
}

#[tokio::test]
async fn limits_hold_without_redis_and_nobody_waits_for_it() {
    let kv = open(Some("redis://127.0.0.1:1".to_owned()), Duration::from_millis(50));
    let begun = Instant::now();

    let taken = [(); 4].map(|()| take(&kv, &[("away", 2)], now()));
    let granted = join_all(taken).await.iter().filter(|taken| **taken == GRANTED).count();

    assert_eq!(granted, 2);
    assert!(begun.elapsed() < Duration::from_millis(500), "waited {:?}", begun.elapsed());
    assert_eq!(kv.ping().await, Health::RedisAway);
    // Two granted and one sign of life: what is full here is not asked there.
    assert_eq!(kv.fallbacks(), 3);
}

#[tokio::test]
async fn a_silent_server_costs_one_timeout_and_no_more() {
    let deaf = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let kv = open(Some(format!("redis://{}", deaf.local_addr().unwrap())), Duration::from_millis(50));
    take(&kv, &[("silent", 100)], now()).await;
    let begun = Instant::now();

    for _ in 0..20 {
        take(&kv, &[("silent", 100)], now()).await;
    }

    // Twenty timeouts would take a second.
    assert!(begun.elapsed() < Duration::from_millis(500), "waited {:?}", begun.elapsed());
}

#[test]
fn an_unreadable_url_is_a_fault() {
    assert!(Kv::open(&settings(Some("localhost".to_owned()), MINUTE, WindowClock::Caller)).is_err());
}

/// Odd to the microsecond: a script that loses digits would show.
pub(super) fn now() -> Time {
    Time::UNIX_EPOCH + Duration::from_micros(1_763_683_200_123_457)
}

/// The wait, if there is one.
async fn take(kv: &Kv, windows: &[(&str, u32)], now: Time) -> Option<Duration> {
    let windows: Vec<_> = windows.iter().map(|&(name, limit)| Window::of(name, limit, MINUTE)).collect();
    wait(&kv.take(&windows, now).await)
}

fn wait(taken: &Decision) -> Option<Duration> {
    match taken.outcome {
        Outcome::Granted(_) => None,
        Outcome::Refused { retry_after, .. } => Some(retry_after),
    }
}

/// The in-process store, and Redis where the tests are given one.
fn stores() -> impl Iterator<Item = Kv> {
    [Some(open(None, MINUTE)), with_redis()].into_iter().flatten()
}

#[allow(clippy::disallowed_methods, reason = "a setting of the tests, not of the server")]
pub(super) fn redis_url() -> Option<String> {
    std::env::var("TEST_REDIS_URL").ok()
}

fn with_redis() -> Option<Kv> {
    redis_url().map(|url| open(Some(url), Duration::from_secs(20)))
}

fn open(redis_url: Option<String>, timeout: Duration) -> Kv {
    Kv::open(&settings(redis_url, timeout, WindowClock::Caller)).unwrap()
}

pub(super) fn settings(redis_url: Option<String>, timeout: Duration, window_clock: WindowClock) -> RedisSettings {
    let mut random = [0; 8];
    aws_lc_rs::rand::fill(&mut random).unwrap();
    let key_prefix = format!("test-{:x}:", u64::from_le_bytes(random));
    RedisSettings { redis_url: redis_url.map(Into::into), key_prefix, timeout, window_clock }
}

async fn flush_scripts() {
    let client = deadpool_redis::redis::Client::open(redis_url().unwrap()).unwrap();
    let mut connection = client.get_multiplexed_async_connection().await.unwrap();
    deadpool_redis::redis::cmd("SCRIPT").arg("FLUSH").exec_async(&mut connection).await.unwrap();
}
