//! Names that resolve to what they should not.

use std::net::IpAddr;

use overgrow_fetch::{FetchError, Fetcher};

use crate::dns::Dns;
use crate::origin::{Origin, ok, to};
use crate::{INSIDE, LIMITS, OUTSIDE, get, policy};

/// An origin outside, and one inside on the same port that must see nothing.
async fn both() -> (Origin, Origin) {
    Origin::pair((OUTSIDE, |_| ok("public")), (INSIDE, |_| ok("secret"))).await
}

fn is_refused(fetched: &Result<overgrow_fetch::Fetched, FetchError>) -> bool {
    matches!(fetched, Err(error @ FetchError::Resolved { .. })
        if error.to_string() == "Blocked: resolves to private/internal IP address")
}

#[tokio::test]
async fn a_name_outside_is_fetched_by_its_name() {
    let (outside, _inside) = both().await;
    let dns = Dns::start([("a.example", vec![vec![OUTSIDE]])]).await;
    let fetcher = Fetcher::new(policy(&dns, &outside));
    let fetched = get(&fetcher, &outside.url("A.example."), LIMITS)
        .await
        .expect("fetched");
    assert_eq!(&fetched.body[..], b"public");
    let seen = outside.seen().concat().to_lowercase();
    assert!(
        seen.contains(&format!("host: a.example.:{}\r\n", outside.port())),
        "{seen}"
    );
    assert!(seen.contains("user-agent: overgrow/0."), "{seen}");
}

#[tokio::test]
async fn a_name_that_changes_its_mind_is_held_to_its_first_answer() {
    let (outside, inside) = both().await;
    let dns = Dns::start([("rebind.example", vec![vec![OUTSIDE], vec![INSIDE]])]).await;
    let fetcher = Fetcher::new(policy(&dns, &outside));
    let first = get(&fetcher, &outside.url("rebind.example"), LIMITS)
        .await
        .expect("fetched");
    assert_eq!(
        (&first.body[..], dns.asked("rebind.example")),
        (&b"public"[..], 1)
    );
    let second = get(&fetcher, &outside.url("rebind.example"), LIMITS).await;
    assert!(is_refused(&second), "{second:?}");
    assert_eq!(
        dns.asked("rebind.example"),
        2,
        "the second answer was asked for"
    );
    assert_eq!(inside.seen(), [""; 0]);
}

#[tokio::test]
async fn a_redirect_to_oneself_is_resolved_and_checked_again() {
    let redirects = |_: &str| to(302, "/again");
    let (outside, inside) = Origin::pair((OUTSIDE, redirects), (INSIDE, |_| ok("secret"))).await;
    let dns = Dns::start([("rebind.example", vec![vec![OUTSIDE], vec![INSIDE]])]).await;
    let fetcher = Fetcher::new(policy(&dns, &outside));
    let fetched = get(&fetcher, &outside.url("rebind.example"), LIMITS).await;
    assert!(is_refused(&fetched), "{fetched:?}");
    assert_eq!((outside.seen().len(), inside.seen().len()), (1, 0));
}

#[tokio::test]
async fn one_answer_inside_spoils_the_others() {
    let (outside, inside) = both().await;
    let v6 = |text: &str| text.parse::<IpAddr>().expect("an address");
    let mixed = [
        ("last.example", vec![OUTSIDE, INSIDE]),
        ("first.example", vec![INSIDE, OUTSIDE]),
        ("six.example", vec![OUTSIDE, v6("::1")]),
        ("mapped.example", vec![OUTSIDE, v6("::ffff:127.0.0.2")]),
        ("nat64.example", vec![OUTSIDE, v6("64:ff9b::10.0.0.1")]),
    ];
    let names = mixed.clone().map(|(name, _)| name);
    let dns = Dns::start(mixed.map(|(name, answer)| (name, vec![answer]))).await;
    let fetcher = Fetcher::new(policy(&dns, &outside));
    for name in names {
        let fetched = get(&fetcher, &outside.url(name), LIMITS).await;
        assert!(is_refused(&fetched), "{name}: {fetched:?}");
    }
    assert_eq!((outside.seen().len(), inside.seen().len()), (0, 0));
}

#[tokio::test]
async fn a_name_without_addresses_is_an_error() {
    let (outside, _inside) = both().await;
    let dns = Dns::start([]).await;
    let fetcher = Fetcher::new(policy(&dns, &outside));
    let fetched = get(&fetcher, &outside.url("nowhere.example"), LIMITS).await;
    assert!(
        matches!(fetched, Err(FetchError::NoAddress { .. })),
        "{fetched:?}"
    );
}

#[tokio::test]
async fn names_and_addresses_inside_are_not_even_asked_for() {
    let (outside, inside) = both().await;
    let names = ["localhost", "metadata", "a.svc", "x.internal"];
    let zone = names.map(|name| (name, vec![vec![OUTSIDE]]));
    let dns = Dns::start(zone).await;
    let fetcher = Fetcher::new(policy(&dns, &outside));
    for name in names {
        let error = get(&fetcher, &outside.url(name), LIMITS)
            .await
            .expect_err(name);
        assert_eq!(error.to_string(), format!("Blocked hostname: {name}"));
        assert_eq!(dns.asked(name), 0);
    }
    for host in [
        "127.0.0.1",
        "2130706433",
        "0x7f.1",
        "[::1]",
        "[::ffff:127.0.0.2]",
        "0",
    ] {
        let error = get(&fetcher, &outside.url(host), LIMITS)
            .await
            .expect_err(host);
        assert_eq!(error.to_string(), "Blocked: private/internal IP address");
    }
    assert_eq!((outside.seen().len(), inside.seen().len()), (0, 0));
}
