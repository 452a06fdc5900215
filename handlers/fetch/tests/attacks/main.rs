//! What a stranger may try, on real sockets with a real name server.
//!
//! `127.0.0.2` stands for the public internet, every other address of this machine for the house.

mod names;
mod origin;

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, Request, header};
use names::Names;
use origin::Origin;
use overgrow_fetch::{FetchError, Fetched, Fetcher, Limits, Policy, Reply};
use overgrow_handler::Effects;

const PUBLIC: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(127, 0, 0, 2));
const HOUSE: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(127, 0, 0, 3));

const LIMITS: Limits = Limits {
    bytes: 1000,
    time: Duration::from_secs(5),
    redirects: 5,
};

fn policy(names: SocketAddr, ports: &[u16]) -> Policy {
    let allowed = format!("{PUBLIC}/32").parse().unwrap();
    let policy = Policy::public().allow(allowed).resolver(names);
    ports.iter().fold(policy, |policy, port| policy.port(*port))
}

async fn get(fetcher: &Fetcher, url: &str) -> Result<Reply, FetchError> {
    let fetched = fetcher
        .get(&Effects::performing(), url, HeaderMap::new(), LIMITS)
        .await?;
    match fetched {
        Fetched::Answer(reply) => Ok(*reply),
        Fetched::Planned => panic!("performed"),
    }
}

/// Fetches `http://name.example` from an origin that answers so.
async fn answered(answer: impl Into<Vec<u8>>) -> Result<Reply, FetchError> {
    let origin = Origin::start(PUBLIC, answer).await;
    let names = Names::start(vec![vec![PUBLIC]]).await;
    let fetcher = Fetcher::new(policy(names.at, &[origin.at.port()])).unwrap();
    get(
        &fetcher,
        &format!("http://name.example:{}/a?b", origin.at.port()),
    )
    .await
}

#[tokio::test]
async fn a_public_answer_is_fetched_whole() {
    let reply =
        answered("HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 5\r\n\r\nhello");
    let reply = reply.await.unwrap();
    assert_eq!(
        (reply.status.as_u16(), &reply.body[..]),
        (200, &b"hello"[..])
    );
}

#[tokio::test]
async fn a_name_inside_is_never_connected_to() {
    let inside = Origin::start(HOUSE, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n").await;
    for answers in [vec![HOUSE], vec![PUBLIC, HOUSE], vec![HOUSE, PUBLIC]] {
        let names = Names::start(vec![answers]).await;
        let fetcher = Fetcher::new(policy(names.at, &[inside.at.port()])).unwrap();
        let error = get(
            &fetcher,
            &format!("http://name.example:{}/", inside.at.port()),
        )
        .await;
        assert_eq!(
            error.unwrap_err().to_string(),
            "Blocked: resolves to private/internal IP address"
        );
    }
    assert_eq!(inside.asked(), 0);
}

/// A name that is public when it is checked and inside when it is connected to. It is looked up once.
#[tokio::test]
async fn a_name_that_changes_its_mind_is_held_to_its_first_answer() {
    let public = Origin::start(PUBLIC, "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\npublic").await;
    let port = public.at.port();
    let inside = Origin::start_at(
        SocketAddr::new(HOUSE, port),
        "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\ninside",
    )
    .await;
    let names = Names::start(vec![vec![PUBLIC], vec![HOUSE]]).await;
    let fetcher = Fetcher::new(policy(names.at, &[port])).unwrap();
    let url = format!("http://name.example:{port}/");
    let reply = get(&fetcher, &url).await.unwrap();
    assert_eq!(&reply.body[..], b"public");
    // The next request begins anew, and now the name is inside.
    let error = get(&fetcher, &url).await.unwrap_err();
    assert!(matches!(error, FetchError::ResolvesInside(_)), "{error}");
    assert_eq!(inside.asked(), 0);
}

#[tokio::test]
async fn a_redirect_into_the_house_is_refused() {
    let inside = Origin::start(HOUSE, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n").await;
    let port = inside.at.port();
    for (location, why) in [
        (
            format!("http://{HOUSE}/"),
            "Blocked: private/internal IP address",
        ),
        (
            "http://[::1]/".to_owned(),
            "Blocked: private/internal IP address",
        ),
        (
            "http://0x7f.1/".to_owned(),
            "Blocked: private/internal IP address",
        ),
        (
            "http://localhost/".to_owned(),
            "Blocked hostname: localhost",
        ),
        (
            "file:///etc/passwd".to_owned(),
            "Invalid URL protocol: file:. Only HTTP/HTTPS allowed.",
        ),
        (
            format!("//169.254.169.254:{port}/latest/meta-data"),
            "Blocked: private/internal IP address",
        ),
        (
            "http://user@example.com/".to_owned(),
            "Blocked: credentials in the address",
        ),
        ("http://other.example:25/".to_owned(), "Blocked: port 25"),
    ] {
        let answer =
            format!("HTTP/1.1 302 Found\r\nLocation: {location}\r\nContent-Length: 0\r\n\r\n");
        assert_eq!(
            answered(answer).await.unwrap_err().to_string(),
            why,
            "{location}"
        );
    }
    assert_eq!(inside.asked(), 0);
}

#[tokio::test]
async fn a_redirect_to_a_name_inside_is_refused() {
    let public = Origin::start(
        PUBLIC,
        "HTTP/1.1 307 Temporary Redirect\r\nLocation: //other.example/\r\nContent-Length: 0\r\n\r\n",
    )
    .await;
    let names = Names::start(vec![vec![PUBLIC], vec![HOUSE]]).await;
    let fetcher = Fetcher::new(policy(names.at, &[public.at.port()])).unwrap();
    let error = get(
        &fetcher,
        &format!("http://name.example:{}/", public.at.port()),
    )
    .await;
    assert!(
        matches!(error, Err(FetchError::ResolvesInside(_))),
        "{error:?}"
    );
}

#[tokio::test]
async fn a_chain_of_redirects_ends() {
    let answer = "HTTP/1.1 302 Found\r\nLocation: /again\r\nContent-Length: 0\r\n\r\n";
    let error = answered(answer).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "Redirect loop or missing Location header"
    );
    let nowhere = "HTTP/1.1 302 Found\r\nContent-Length: 0\r\n\r\n";
    assert!(matches!(answered(nowhere).await, Err(FetchError::Redirect)));
}

#[tokio::test]
async fn a_credential_does_not_follow_to_another_origin() {
    let port_of = |origin: &Origin| origin.at.port();
    let second = Origin::start(PUBLIC, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n").await;
    let answer = format!(
        "HTTP/1.1 302 Found\r\nLocation: http://other.example:{}/\r\nContent-Length: 0\r\n\r\n",
        port_of(&second)
    );
    let first = Origin::start(PUBLIC, answer).await;
    let names = Names::start(vec![vec![PUBLIC]]).await;
    let fetcher = Fetcher::new(policy(names.at, &[port_of(&first), port_of(&second)])).unwrap();
    let request = Request::post(format!("http://name.example:{}/", port_of(&first)))
        .header(header::AUTHORIZATION, "Bearer s3cret")
        .header(header::COOKIE, "session=1")
        .body(Bytes::from_static(b"body"))
        .unwrap();
    let fetched = fetcher
        .request(&Effects::performing(), request, LIMITS)
        .await;
    assert!(matches!(fetched, Ok(Fetched::Answer(_))), "{fetched:?}");
    let (told, heard) = (first.head(), second.head());
    assert!(
        told.contains("Bearer s3cret") && told.starts_with("POST / "),
        "{told}"
    );
    assert!(
        !heard.contains("s3cret") && !heard.contains("session"),
        "{heard}"
    );
    assert!(heard.starts_with("GET / "), "{heard}");
}

#[tokio::test]
async fn an_answer_past_its_limits_is_refused() {
    let endless = [
        b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n".to_vec(),
        vec![b'x'; 1 << 20],
    ];
    assert!(matches!(
        answered(endless.concat()).await,
        Err(FetchError::TooLarge(1000))
    ));
    let lies = "HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n";
    assert!(matches!(
        answered(lies).await,
        Err(FetchError::TooLarge(1000))
    ));
    let bomb = "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 0\r\n\r\n";
    let error = answered(bomb).await.unwrap_err();
    assert_eq!(error.to_string(), "the answer is packed: gzip");
    let headers = format!("HTTP/1.1 200 OK\r\n{}\r\n", "x: y\r\n".repeat(20_000));
    assert!(matches!(answered(headers).await, Err(FetchError::Http(..))));
    let garbage = "SSH-2.0-OpenSSH_9.2p1\r\n";
    assert!(matches!(answered(garbage).await, Err(FetchError::Http(..))));
}

#[tokio::test]
async fn an_answer_that_does_not_come_is_given_up() {
    let origin = Origin::start(PUBLIC, "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nslow").await;
    let names = Names::start(vec![vec![PUBLIC]]).await;
    let fetcher = Fetcher::new(policy(names.at, &[origin.at.port()])).unwrap();
    let limits = Limits {
        time: Duration::from_millis(200),
        ..LIMITS
    };
    let url = format!("http://name.example:{}/", origin.at.port());
    let fetched = fetcher
        .get(&Effects::performing(), &url, HeaderMap::new(), limits)
        .await;
    assert!(matches!(fetched, Err(FetchError::Late)), "{fetched:?}");
}

#[tokio::test]
async fn a_certificate_of_another_name_is_refused() {
    let (origin, root) = Origin::start_with_tls(PUBLIC, "other.example").await;
    let names = Names::start(vec![vec![PUBLIC]]).await;
    let policy = policy(names.at, &[origin.at.port()]).trust(root);
    let fetcher = Fetcher::new(policy).unwrap();
    let at = |name: &str| format!("https://{name}:{}/", origin.at.port());
    let wrong = get(&fetcher, &at("name.example")).await;
    assert!(matches!(wrong, Err(FetchError::Tls(..))), "{wrong:?}");
    let right = get(&fetcher, &at("other.example")).await.unwrap();
    assert_eq!(&right.body[..], b"secure");
}

#[tokio::test]
async fn a_plan_sends_nothing_and_shows_no_query() {
    let names = Names::start(vec![vec![PUBLIC]]).await;
    let fetcher = Fetcher::new(policy(names.at, &[])).unwrap();
    let (effects, plan) = Effects::planning();
    let url = "https://name.example/a?token=s3cret";
    let fetched = fetcher.get(&effects, url, HeaderMap::new(), LIMITS).await;
    assert!(matches!(fetched, Ok(Fetched::Planned)));
    assert_eq!(plan.take()[0].target, "GET https://name.example/a?…");
    assert_eq!(names.asked(), 0);
    let refused = fetcher
        .get(&effects, "http://localhost/", HeaderMap::new(), LIMITS)
        .await;
    assert!(matches!(refused, Err(FetchError::Hostname(_))));
}
