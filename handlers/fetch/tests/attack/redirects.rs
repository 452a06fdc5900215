//! Redirects that lead astray.

use http::{HeaderMap, Method, Request, header};
use overgrow_fetch::{FetchError, Fetcher};
use overgrow_handler::Effects;

use crate::dns::Dns;
use crate::origin::{Origin, ok, to, to_port};
use crate::{INSIDE, LIMITS, OUTSIDE, get, policy};

/// What becomes of a redirect to there; `PORT` stands for the port of both origins.
async fn redirected(location: &'static str) -> FetchError {
    let redirects = |request: &str| to_port(request, location);
    let (outside, inside) = Origin::pair((OUTSIDE, redirects), (INSIDE, |_| ok("secret"))).await;
    let dns = Dns::start([
        ("a.example", vec![vec![OUTSIDE]]),
        ("inside.example", vec![vec![INSIDE]]),
    ])
    .await;
    let fetcher = Fetcher::new(policy(&dns, &outside));
    let error = get(&fetcher, &outside.url("a.example"), LIMITS)
        .await
        .expect_err(location);
    assert_eq!(
        (outside.seen().len(), inside.seen().len()),
        (1, 0),
        "{location}"
    );
    error
}

#[tokio::test]
async fn a_redirect_inside_is_refused_without_a_connection() {
    let address = "Blocked: private/internal IP address";
    for location in [
        "http://127.0.0.1:PORT/",
        "http://127.1:PORT/",
        "http://2130706433:PORT/",
        "//127.0.0.1:PORT/",
        "http:\\\\127.0.0.1:PORT\\",
        "http://[::1]:PORT/",
        "http://[::ffff:127.0.0.1]:PORT/",
        "http://169.254.169.254/latest/meta-data/",
    ] {
        assert_eq!(
            redirected(location).await.to_string(),
            address,
            "{location}"
        );
    }
    let resolved = redirected("http://inside.example:PORT/").await;
    assert_eq!(
        resolved.to_string(),
        "Blocked: resolves to private/internal IP address"
    );
    let name = redirected("http://localhost:PORT/").await;
    assert_eq!(name.to_string(), "Blocked hostname: localhost");
}

#[tokio::test]
async fn a_redirect_to_another_scheme_or_port_is_refused() {
    for location in [
        "file:///etc/passwd",
        "gopher://a.example:PORT/",
        "data:text/plain,x",
        "ftp://a.example/",
    ] {
        assert!(
            matches!(redirected(location).await, FetchError::Scheme),
            "{location}"
        );
    }
    assert!(matches!(
        redirected("http://a.example:22/").await,
        FetchError::Port(22)
    ));
    assert!(matches!(
        redirected("http://u@a.example:PORT/").await,
        FetchError::Credentials
    ));
}

async fn chain(length: usize) -> (Result<overgrow_fetch::Fetched, FetchError>, usize) {
    let origin = Origin::start(OUTSIDE, move |request| {
        let path = request.split(' ').nth(1).unwrap_or_default();
        match path.trim_start_matches('/').parse().unwrap_or(0) {
            step if step < length => to(301, &format!("/{}", step + 1)),
            _ => ok("arrived"),
        }
    })
    .await;
    let dns = Dns::start([("a.example", vec![vec![OUTSIDE]])]).await;
    let fetcher = Fetcher::new(policy(&dns, &origin));
    let fetched = get(&fetcher, &origin.url("a.example"), LIMITS).await;
    (fetched, origin.seen().len())
}

#[tokio::test]
async fn five_redirects_are_followed_and_six_are_not() {
    let (fetched, asked) = chain(5).await;
    let fetched = fetched.expect("arrived");
    assert_eq!(
        (fetched.url.path(), &fetched.body[..], asked),
        ("/5", &b"arrived"[..], 6)
    );
    let (fetched, asked) = chain(6).await;
    assert!(
        matches!(fetched, Err(FetchError::Redirects { limit: 5 })),
        "{fetched:?}"
    );
    assert_eq!(asked, 6);
}

#[tokio::test]
async fn secrets_stay_with_their_origin() {
    let last = Origin::start(OUTSIDE, |_| ok("arrived")).await;
    let there = last.url("b.example");
    let first = Origin::start(OUTSIDE, move |request| {
        match request.starts_with("POST / ") {
            true => to(303, "/same"),
            false => to(302, &there),
        }
    })
    .await;
    let dns = Dns::start([
        ("a.example", vec![vec![OUTSIDE]]),
        ("b.example", vec![vec![OUTSIDE]]),
    ])
    .await;
    let fetcher = Fetcher::new(policy(&dns, &first).ports([first.port(), last.port()]));
    let request = Request::post(first.url("a.example"))
        .header(header::AUTHORIZATION, "Bearer s3cret")
        .header("x-api-key", "s3cret")
        .body("s3cret".into())
        .expect("a request");
    let outcome = fetcher
        .request(&Effects::performing(), request, LIMITS)
        .await;
    assert_eq!(
        &outcome.expect("arrived").fetched().expect("performed").body[..],
        b"arrived"
    );
    let [posted, same] = &first.seen()[..] else {
        panic!("two requests")
    };
    assert!(posted.ends_with("\r\n\r\ns3cret"), "{posted}");
    assert!(
        same.starts_with("GET /same ") && same.contains("Bearer s3cret"),
        "{same}"
    );
    assert!(!last.seen().concat().contains("s3cret"));
}

#[tokio::test]
async fn a_body_is_not_carried_to_another_origin() {
    let last = Origin::start(OUTSIDE, |_| ok("arrived")).await;
    let there = last.url("b.example");
    let first = Origin::start(OUTSIDE, move |_| to(307, &there)).await;
    let dns = Dns::start([
        ("a.example", vec![vec![OUTSIDE]]),
        ("b.example", vec![vec![OUTSIDE]]),
    ])
    .await;
    let fetcher = Fetcher::new(policy(&dns, &first).ports([first.port(), last.port()]));
    let mut request = Request::new("body".into());
    *request.method_mut() = Method::PUT;
    *request.uri_mut() = first.url("a.example").parse().expect("a uri");
    *request.headers_mut() = HeaderMap::new();
    let outcome = fetcher
        .request(&Effects::performing(), request, LIMITS)
        .await;
    assert!(matches!(outcome, Err(FetchError::Elsewhere)), "{outcome:?}");
    assert_eq!(last.seen(), [""; 0]);
}
