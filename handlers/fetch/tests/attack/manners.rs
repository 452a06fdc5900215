//! How the fetcher behaves towards its own side.

use http::HeaderMap;
use overgrow_fetch::{FetchError, Fetcher, Limits, Policy};
use overgrow_handler::Effects;

use crate::dns::Dns;
use crate::origin::{Origin, Script, ok};
use crate::{HURRIED, INSIDE, LIMITS, OUTSIDE, get, policy};

#[tokio::test]
async fn what_is_too_much_at_once_waits_within_its_time() {
    let origin = Origin::start(OUTSIDE, |_| Script::Silence).await;
    let dns = Dns::start([("a.example", vec![vec![OUTSIDE]])]).await;
    let fetcher = Fetcher::new(policy(&dns, &origin).at_once(1));
    let url = origin.url("a.example");
    let first = tokio::spawn({
        let (fetcher, url) = (fetcher.clone(), url.clone());
        async move { get(&fetcher, &url, LIMITS).await }
    });
    origin.asked().await;
    let second = get(&fetcher, &url, HURRIED).await;
    assert!(matches!(second, Err(FetchError::Timeout)), "{second:?}");
    assert_eq!(origin.seen().len(), 1);
    first.abort();
    let _ = first.await;
    let _ = get(&fetcher, &url, HURRIED).await;
    assert_eq!(origin.seen().len(), 2, "the turn came back");
}

#[tokio::test]
async fn whoever_gives_up_closes_the_connection() {
    let origin = Origin::start(OUTSIDE, |_| Script::Silence).await;
    let dns = Dns::start([("a.example", vec![vec![OUTSIDE]])]).await;
    let fetcher = Fetcher::new(policy(&dns, &origin));
    let url = origin.url("a.example");
    tokio::select! {
        fetched = get(&fetcher, &url, LIMITS) => panic!("{fetched:?}"),
        () = origin.asked() => {}
    }
    origin.left().await;
}

#[tokio::test]
async fn an_operator_reaches_inside() {
    let origin = Origin::start(INSIDE, |_| ok("inside")).await;
    let fetcher = Fetcher::new(Policy::operator());
    for host in ["127.0.0.1", "localhost", "[::ffff:127.0.0.1]"] {
        let fetched = get(&fetcher, &origin.url(host), LIMITS).await.expect(host);
        assert_eq!(&fetched.body[..], b"inside", "{host}");
    }
}

#[tokio::test]
async fn a_closed_port_is_told_and_blamed_on_the_origin() {
    let origin = Origin::start(OUTSIDE, |_| ok("")).await;
    let dns = Dns::start([("a.example", vec![vec![OUTSIDE]])]).await;
    let fetcher = Fetcher::new(policy(&dns, &origin));
    let url = origin.url("a.example");
    drop(origin);
    let error = closed(&fetcher, &url).await;
    assert_eq!(error.to_string(), "cannot connect to a.example");
    assert_eq!(error.blame(), overgrow_fetch::Blame::Origin);
}

/// An aborted listener closes when its task is next polled.
async fn closed(fetcher: &Fetcher, url: &str) -> FetchError {
    loop {
        match get(fetcher, url, LIMITS).await {
            Err(error @ FetchError::Connect { .. }) => return error,
            _ => tokio::task::yield_now().await,
        }
    }
}

#[tokio::test]
async fn a_plan_asks_nobody() {
    let origin = Origin::start(OUTSIDE, |_| ok("")).await;
    let dns = Dns::start([("a.example", vec![vec![OUTSIDE]])]).await;
    let fetcher = Fetcher::new(policy(&dns, &origin));
    let (effects, plan) = Effects::planning();
    let outcome = fetcher
        .get(
            &effects,
            &origin.url("a.example"),
            HeaderMap::new(),
            Limits::default(),
        )
        .await;
    assert!(outcome.expect("planned").fetched().is_none());
    assert_eq!(plan.take().len(), 1);
    assert_eq!((dns.asked("a.example"), origin.seen().len()), (0, 0));
}
