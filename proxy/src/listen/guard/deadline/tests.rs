//! The clock is paused: a test says what happens when and measures when the deadline was noticed.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::{Instant, advance, sleep, timeout};

use super::*;
use crate::listen::guard::Watch;

const LIMITS: Deadlines = Deadlines {
    head: Duration::from_secs(8),
    idle: Duration::from_secs(40),
    half_closed: Duration::from_secs(20),
};

fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

/// Waits for a deadline and checks that it is noticed between `from` and two ticks later.
async fn check(watch: &Arc<Watch>, expect: Expired, from: Duration) {
    let start = Instant::now();
    let expired = watch_deadlines(Arc::clone(watch), LIMITS).await;
    let after = start.elapsed();
    assert_eq!(expired, expect);
    assert!(after >= from && after <= from + seconds(2), "{after:?}");
}

#[tokio::test(start_paused = true)]
async fn a_silent_client_is_idle_from_the_accept() {
    check(&Arc::new(Watch::new()), Expired::Idle, seconds(40)).await;
}

#[tokio::test(start_paused = true)]
async fn a_head_is_timed_from_its_first_byte() {
    let watch = Arc::new(Watch::new());
    let late = Arc::clone(&watch);
    tokio::spawn(async move {
        sleep(seconds(30)).await;
        late.head_begun();
    });
    check(&watch, Expired::Head, seconds(38)).await;
}

#[tokio::test(start_paused = true)]
async fn a_request_starts_the_idle_time_anew() {
    let watch = Arc::new(Watch::new());
    let busy = Arc::clone(&watch);
    tokio::spawn(async move {
        sleep(seconds(35)).await;
        busy.add_requests(1);
        let request = busy.request_started();
        sleep(seconds(100)).await;
        drop(request);
    });
    check(&watch, Expired::Idle, seconds(175)).await;
}

#[tokio::test(start_paused = true)]
async fn a_short_request_between_two_ticks_counts() {
    let watch = Arc::new(Watch::new());
    let busy = Arc::clone(&watch);
    tokio::spawn(async move {
        sleep(Duration::from_millis(35_500)).await;
        busy.add_requests(1);
        drop(busy.request_started());
    });
    check(&watch, Expired::Idle, Duration::from_millis(75_500)).await;
}

#[tokio::test(start_paused = true)]
async fn a_head_behind_an_answer_waits_for_it() {
    let watch = Arc::new(Watch::new());
    watch.add_requests(1);
    watch.head_begun();
    let request = watch.request_started();
    tokio::spawn(async move {
        sleep(seconds(60)).await;
        drop(request);
    });
    check(&watch, Expired::Head, seconds(68)).await;
}

#[tokio::test(start_paused = true)]
async fn a_half_closed_client_waits_for_the_head_of_an_answer_only() {
    let watch = Arc::new(Watch::new());
    watch.add_requests(1);
    let mut request = watch.request_started();
    watch.saw_eof();
    check(&watch, Expired::Gone, seconds(20)).await;
    request.head_sent();
    let streaming = timeout(seconds(1000), watch_deadlines(Arc::clone(&watch), LIMITS));
    assert!(streaming.await.is_err());
}

#[tokio::test(start_paused = true)]
async fn an_upgraded_connection_has_no_deadline_and_no_timer() {
    let watch = Arc::new(Watch::new());
    watch.set_upgraded();
    let deadlines = watch_deadlines(Arc::clone(&watch), LIMITS);
    assert!(timeout(seconds(10_000), deadlines).await.is_err());
}

#[tokio::test(start_paused = true)]
async fn streams_of_a_multiplexed_connection_are_counted() {
    let watch = Arc::new(Watch::new());
    watch.set_multiplexed();
    let request = watch.request_started();
    assert_eq!(watch.in_flight(), 1);
    let busy = timeout(seconds(1000), watch_deadlines(Arc::clone(&watch), LIMITS));
    assert!(busy.await.is_err());
    drop(request);
    advance(seconds(1)).await;
    check(&watch, Expired::Idle, seconds(40)).await;
}
