//! Outbound HTTP over real sockets, as an honest plugin uses it and as a hostile one would.

use std::fmt::Write as _;

use serde_json::json;
use wasmtime::component::Resource;

use super::origin::{Origin, ok, to};
use super::*;
use crate::bindings::overgrow::plugin::http::{
    Body, Credential, Host, HostResponse, Redirects, Request, ResponseHead,
};
use crate::bindings::overgrow::plugin::{media, secrets};
use crate::grant::{
    HostPattern, HttpGrant, MediaGrant, Network, PlanRule, Rate, Reveal, SecretGrant, SecretSource,
    Write,
};

fn granting(host: &str) -> Grant {
    let methods = ["GET", "POST", "PUT"];
    Grant {
        http: vec![HttpGrant {
            hosts: vec![HostPattern::parse(host).unwrap()],
            methods: methods.map(str::to_owned).into(),
            network: Network::Private,
            read: vec!["/search".to_owned()],
        }],
        ..Grant::default()
    }
}

/// A grant for a host with a secret for it, whose value is `s3cret/1`.
fn with_secret(bench: &Bench, host: &str) -> Grant {
    let path = bench.folder.path().join("bot");
    std::fs::write(&path, "s3cret/1").unwrap();
    let secret = SecretGrant {
        name: "bot".to_owned(),
        source: SecretSource::File(path),
        hosts: vec![HostPattern::parse(host).unwrap()],
        reveal: Reveal::Never,
        write: Write::Denied,
    };
    Grant {
        secrets: vec![secret],
        ..granting(host)
    }
}

fn request(method: &str, url: &str) -> Request {
    Request {
        method: method.to_owned(),
        url: url.to_owned(),
        headers: Vec::new(),
        body: Body::None,
        credentials: Vec::new(),
        redirects: Redirects::Manual,
        timeout: None,
        max_response: None,
        idempotency_key: None,
    }
}

async fn send(state: &mut State, request: Request) -> Result<(ResponseHead, String), Error> {
    let response = Host::send(state, request).await.unwrap()?;
    let rep = response.rep();
    let head = HostResponse::head(state, response).unwrap();
    let body = HostResponse::body(state, Resource::new_borrow(rep)).await;
    Ok((head, String::from_utf8(body.unwrap()?).unwrap()))
}

async fn bot(state: &mut State) -> Resource<Secret> {
    let opened = secrets::Host::open(state, "bot".to_owned()).await.unwrap();
    Resource::new_borrow(opened.unwrap().rep())
}

#[tokio::test]
async fn a_request_arrives_as_it_was_written_and_so_does_its_answer() {
    let origin = Origin::start(|_| {
        "HTTP/1.1 429 Slow\r\nRetry-After: 2\r\nX: \u{e9}\r\nX: b\r\nContent-Length: 5\r\n\r\nhello"
            .to_owned()
    })
    .await;
    let bench = Bench::new();
    let mut state = bench.state(granting(&origin.host()));
    let (head, body) = send(
        &mut state,
        Request {
            headers: vec![
                ("X-A".to_owned(), "1".to_owned()),
                ("X-A".to_owned(), "2".to_owned()),
            ],
            body: Body::Bytes(b"{\"a\":1}".to_vec()),
            ..request("PUT", &origin.url("/a%20b?c=d"))
        },
    )
    .await
    .unwrap();
    assert_eq!(
        (head.status, head.retry_after, &*body),
        (429, Some(2000), "hello")
    );
    let seen = origin.seen().remove(0);
    assert!(seen.starts_with("PUT /a%20b?c=d HTTP/1.1\r\n"), "{seen}");
    assert!(
        seen.contains("x-a: 1\r\nx-a: 2\r\n") && seen.ends_with("{\"a\":1}"),
        "{seen}"
    );
}

#[tokio::test]
async fn a_body_is_pulled_in_pieces_of_the_asked_size() {
    let origin = Origin::start(|_| ok("0123456789")).await;
    let mut state = Bench::new().state(granting(&origin.host()));
    let response = Host::send(&mut state, request("GET", &origin.url("/"))).await;
    let rep = response.unwrap().unwrap().rep();
    let mut pieces = String::new();
    while let Some(piece) = HostResponse::read(&mut state, Resource::new_borrow(rep), 4)
        .await
        .unwrap()
        .unwrap()
    {
        assert!(piece.len() <= 4);
        write!(pieces, "{} ", String::from_utf8(piece).unwrap()).unwrap();
    }
    assert_eq!(pieces, "0123 4567 89 ");
}

#[tokio::test]
async fn secrets_are_put_in_for_their_own_host_and_never_told() {
    let origin = Origin::start(|request| {
        let path = request.split(' ').nth(1).unwrap();
        to(302, path)
    })
    .await;
    let bench = Bench::new();
    let mut state = bench.state(with_secret(&bench, &origin.host()));
    let credentials = vec![
        Credential::InUrl(("{token}".to_owned(), bot(&mut state).await)),
        Credential::Bearer(bot(&mut state).await),
        Credential::InBody(("{body}".to_owned(), bot(&mut state).await)),
    ];
    let sent = Request {
        credentials,
        headers: vec![("content-type".to_owned(), "application/json".to_owned())],
        body: Body::Bytes(b"{\"t\":\"{body}\"}".to_vec()),
        ..request("POST", &origin.url("/bot{token}/send"))
    };
    let (head, _) = send(&mut state, sent).await.unwrap();
    let seen = origin.seen().remove(0);
    assert!(seen.starts_with("POST /bots3cret%2F1/send "), "{seen}");
    assert!(
        seen.contains("authorization: Bearer s3cret/1\r\n"),
        "{seen}"
    );
    assert!(seen.ends_with("{\"t\":\"s3cret/1\"}"), "{seen}");
    let location = head.headers.iter().find(|(name, _)| name == "location");
    assert_eq!(location.unwrap().1, "/bot{secret:bot}/send");
}

#[tokio::test]
async fn a_secret_goes_to_no_other_host() {
    let origin = Origin::start(|_| ok("")).await;
    let bench = Bench::new();
    let mut grant = with_secret(&bench, "api.example");
    grant.http = granting(&origin.host()).http;
    let mut state = bench.state(grant);
    for credential in [
        Credential::Bearer(bot(&mut state).await),
        Credential::InUrl(("{token}".to_owned(), bot(&mut state).await)),
    ] {
        let sent = Request {
            credentials: vec![credential],
            ..request("GET", &origin.url("/{token}"))
        };
        let refused = denial(send(&mut state, sent).await);
        let words = format!(
            "secrets = [{{ name = \"bot\", hosts = [\"{}\"] }}]",
            origin.host()
        );
        assert_eq!(refused, format!("not granted: [plugins.zalo] {words}"));
    }
    assert!(origin.seen().is_empty());
}

#[tokio::test]
async fn a_redirect_takes_no_secret_to_another_host() {
    let other = Origin::start(|_| ok("there")).await;
    let place = other.url("/there");
    let origin = Origin::start(move |request| match request.contains("GET /far") {
        true => to(302, &place),
        false => to(307, "/far"),
    })
    .await;
    let bench = Bench::new();
    let mut grant = with_secret(&bench, &origin.host());
    let elsewhere = granting(&other.host()).http.remove(0);
    grant.http.push(elsewhere);
    let mut state = bench.state(grant);
    let mut go = async |redirects| {
        let credentials = vec![
            Credential::Bearer(bot(&mut state).await),
            Credential::Header(("X-Key".to_owned(), bot(&mut state).await)),
        ];
        let sent = Request {
            credentials,
            redirects,
            headers: vec![("Cookie".to_owned(), "a=b".to_owned())],
            ..request("GET", &origin.url("/"))
        };
        send(&mut state, sent).await.unwrap()
    };
    assert_eq!(go(Redirects::Manual).await.0.status, 307);
    assert_eq!(go(Redirects::SameHost).await.0.status, 302);
    assert!(other.seen().is_empty());
    assert_eq!(go(Redirects::AllowedHosts).await.1, "there");
    let near = origin.seen().pop().unwrap();
    assert!(
        near.contains("x-key: s3cret/1") && near.contains("authorization: "),
        "{near}"
    );
    let far = other.seen().remove(0);
    for private in ["s3cret", "authorization", "x-key", "cookie"] {
        assert!(!far.contains(private), "{far}");
    }
}

#[tokio::test]
async fn a_redirect_leads_to_no_host_that_was_not_granted_and_not_in_circles() {
    let other = Origin::start(|_| ok("there")).await;
    let place = other.url("/there");
    let origin = Origin::start(move |request| match request.contains("GET /out") {
        true => to(302, &place),
        false => to(302, "/round"),
    })
    .await;
    let mut state = Bench::new().state(granting(&origin.host()));
    let mut get = async |path: &str| {
        let redirects = Redirects::AllowedHosts;
        let url = origin.url(path);
        send(
            &mut state,
            Request {
                redirects,
                ..request("GET", &url)
            },
        )
        .await
    };
    assert_eq!(get("/out").await.unwrap().0.status, 302);
    assert!(other.seen().is_empty());
    assert!(matches!(get("/").await, Err(Error::Other((code, _))) if code == "redirects"));
    assert_eq!(origin.seen().len(), 1 + 6);
}

#[tokio::test]
async fn what_is_between_us_and_the_origin_is_not_the_plugins() {
    let origin = Origin::start(|_| ok("")).await;
    let mut state = Bench::new().state(granting(&origin.host()));
    let pairs = [
        ("Host", "evil.example"),
        ("Content-Length", "9999"),
        ("Transfer-Encoding", "chunked"),
        ("Connection", "x-hop"),
        ("X-Hop", "1"),
        ("Upgrade", "h2c"),
        ("TE", "trailers"),
        ("Proxy-Authorization", "Basic x"),
        ("X-Overgrow-Plugin-Depth", "nobody"),
    ];
    let headers = pairs.map(|(name, value)| (name.to_owned(), value.to_owned()));
    let sent = Request {
        headers: headers.into(),
        ..request("GET", &origin.url("/"))
    };
    send(&mut state, sent).await.unwrap();
    let seen = origin.seen().remove(0);
    assert!(
        seen.contains(&format!("host: {}\r\n", origin.host())),
        "{seen}"
    );
    assert!(seen.contains("x-overgrow-plugin-depth: zalo\r\n"), "{seen}");
    for unwanted in [
        "evil", "9999", "chunked", "x-hop", "h2c", "trailers", "Basic", "nobody",
    ] {
        assert!(!seen.contains(unwanted), "{unwanted}: {seen}");
    }
}

#[tokio::test]
async fn a_header_that_would_end_its_line_is_refused() {
    let origin = Origin::start(|_| ok("")).await;
    let mut state = Bench::new().state(granting(&origin.host()));
    for (name, value) in [("x", "a\r\nx-evil: 1"), ("x\r\nx-evil", "1"), ("x", "a\n")] {
        let sent = Request {
            headers: vec![(name.to_owned(), value.to_owned())],
            ..request("GET", &origin.url("/"))
        };
        assert!(matches!(
            send(&mut state, sent).await,
            Err(Error::Invalid(_))
        ));
    }
    let method = request("GET / HTTP/1.1\r\nx: y\r\n\r\nGET", &origin.url("/"));
    assert!(matches!(
        send(&mut state, method).await,
        Err(Error::Invalid(_))
    ));
    assert!(origin.seen().is_empty());
}

#[tokio::test]
async fn what_is_inside_is_not_reached_without_private() {
    let origin = Origin::start(|_| ok("inside")).await;
    let bench = Bench::new();
    let public = |host: &str| {
        let mut grant = granting(host);
        grant.http[0].network = Network::Public;
        bench.state(grant)
    };
    let denied = |host: &str| {
        format!("not granted: [plugins.zalo] http = [{{ hosts = [\"{host}\"], private = true }}]")
    };
    for host in [
        "169.254.169.254",
        "[::1]",
        "localhost",
        "10.0.0.1",
        "metadata.google.internal",
    ] {
        let sent = request("GET", &format!("https://{host}/latest/meta-data"));
        assert_eq!(denial(send(&mut public(host), sent).await), denied(host));
    }
    let local = origin.host();
    let tls = request("GET", &format!("https://{local}/"));
    assert_eq!(denial(send(&mut public(&local), tls).await), denied(&local));
    let plain = request("GET", &origin.url("/"));
    assert_eq!(
        denial(send(&mut public(&local), plain).await),
        denied(&local)
    );
    assert!(origin.seen().is_empty());
}

#[tokio::test]
async fn a_url_cannot_say_one_host_and_mean_another() {
    let origin = Origin::start(|_| ok("")).await;
    let bench = Bench::new();
    let mut state = bench.state(granting("api.example"));
    let evil = origin.host();
    for url in [
        format!("http://api.example@{evil}/"),
        format!("http://{evil}/?http://api.example/"),
        format!("http://{evil}#@api.example/"),
        format!("http://{evil}\\@api.example/"),
        format!("http://api.example.{evil}/"),
    ] {
        let outcome = send(&mut state, request("GET", &url)).await;
        assert!(
            matches!(outcome, Err(Error::Denied(_) | Error::Invalid(_))),
            "{url} {outcome:?}"
        );
    }
    assert!(origin.seen().is_empty());
}

#[tokio::test]
async fn rates_sizes_and_times_hold() {
    let origin = Origin::start(|request| match request.contains("GET /never") {
        true => "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nonly this".to_owned(),
        false => ok(&"x".repeat(2000)),
    })
    .await;
    let mut grant = granting(&origin.host());
    let per = Duration::from_secs(3600);
    grant.rates.http = Some(Rate { count: 2, per });
    let mut state = Bench::new().state(grant);
    let sent = Request {
        max_response: Some(1000),
        ..request("GET", &origin.url("/"))
    };
    assert!(matches!(
        send(&mut state, sent).await,
        Err(Error::TooLarge(1000))
    ));
    let cut = send(&mut state, request("GET", &origin.url("/never"))).await;
    assert!(matches!(cut, Err(Error::Unavailable(_))), "{cut:?}");
    let third = send(&mut state, request("GET", &origin.url("/"))).await;
    assert!(matches!(third, Err(Error::RateLimited(Some(1..)))));
    assert_eq!(origin.seen().len(), 2);
}

#[tokio::test]
async fn a_plugin_does_not_call_itself_in_circles() {
    let origin = Origin::start(|_| ok("")).await;
    let mut state = Bench::new().state(granting(&origin.host()));
    let header = |value: &str| ("X-Overgrow-Plugin-Depth".to_owned(), value.to_owned());
    state.came_through(plugins_in(&[header("matrix")]));
    send(&mut state, request("GET", &origin.url("/")))
        .await
        .unwrap();
    assert!(origin.seen()[0].contains("x-overgrow-plugin-depth: matrix, zalo\r\n"));
    state.came_through(plugins_in(&[header("zalo, matrix")]));
    let refused = send(&mut state, request("GET", &origin.url("/"))).await;
    assert!(matches!(refused, Err(Error::Other((code, _))) if code == "recursive"));
    assert_eq!(origin.seen().len(), 1);
}

#[tokio::test]
async fn files_are_sent_and_saved_without_the_guest() {
    let origin = Origin::start(|request| ok(request.split("\r\n\r\n").nth(1).unwrap())).await;
    let bench = Bench::new();
    let mut grant = granting(&origin.host());
    grant.media = Some(MediaGrant {
        write: Write::Granted,
        ..MediaGrant::default()
    });
    let mut state = bench.state(grant);
    let put = media::Host::put(&mut state, b"a file".into(), None, None).await;
    let blob = Resource::new_borrow(put.unwrap().unwrap().rep());
    let sent = Request {
        body: Body::Blob(blob),
        ..request("POST", &origin.url("/"))
    };
    let response = Host::send(&mut state, sent).await.unwrap().unwrap();
    let saved = HostResponse::save(&mut state, response, None, Some("b.txt".to_owned())).await;
    let info = media::HostBlob::info(&mut state, saved.unwrap().unwrap()).unwrap();
    let lies = bench.folder.path().join("media").join(info.id);
    assert_eq!(std::fs::read(lies).unwrap(), b"a file");
}

#[tokio::test]
async fn a_plan_looks_and_sends_nothing_else() {
    let origin = Origin::start(|request| match request.contains("GET /away") {
        true => to(307, "/search"),
        false => ok("seen"),
    })
    .await;
    let bench = Bench::new();
    let mut grant = with_secret(&bench, &origin.host());
    let rule = |target: &str, answer| PlanRule {
        kind: "http".to_owned(),
        target: target.to_owned(),
        status: 201,
        answer,
    };
    grant.plan = vec![rule("POST http://*/bot{token}/send*", json!({"id": 7}))];
    let (mut state, plan) = bench.planning(grant);
    for (method, path) in [("GET", "/"), ("POST", "/search")] {
        let (_, body) = send(&mut state, request(method, &origin.url(path)))
            .await
            .unwrap();
        assert_eq!(body, "seen");
    }
    let sent = Request {
        credentials: vec![
            Credential::InUrl(("{token}".to_owned(), bot(&mut state).await)),
            Credential::Bearer(bot(&mut state).await),
        ],
        body: Body::Bytes(b"{\"text\":\"hi\",\"apiKey\":\"x\"}".to_vec()),
        ..request(
            "POST",
            &origin.url("/bot{token}/send?chat=1&access_token=abc"),
        )
    };
    let (head, body) = send(&mut state, sent).await.unwrap();
    assert_eq!((head.status, &*body), (201, "{\"id\":7}"));
    let (head, body) = send(&mut state, request("PUT", &origin.url("/else")))
        .await
        .unwrap();
    assert_eq!((head.status, &*body), (200, "{}"));
    let flag = ("x-overgrow-plan".to_owned(), "unplanned".to_owned());
    assert!(head.headers.contains(&flag));
    assert_eq!(origin.seen().len(), 2);
    let effects = plan.take();
    let host = origin.host();
    assert_eq!(
        lines(&effects),
        [
            format!("http POST http://{host}/bot{{token}}/send?chat=1&access_token=…"),
            format!("http PUT http://{host}/else"),
        ]
    );
    let detail = json!({
        "body": {"text": "hi", "apiKey": {"$redacted": true}},
        "credentials": ["url:bot", "bearer:bot"],
    });
    assert_eq!(effects[0].detail, detail);
    assert!(!format!("{effects:?}").contains("s3cret"));
}

#[tokio::test]
async fn a_plan_refuses_what_would_be_refused() {
    let bench = Bench::new();
    let (mut state, plan) = bench.planning(granting("api.example"));
    denial(send(&mut state, request("POST", "https://evil.example/")).await);
    denial(send(&mut state, request("DELETE", "https://api.example/")).await);
    assert_eq!(plan.take(), []);
}

#[tokio::test]
async fn a_request_that_succeeded_is_not_sent_again_under_its_key() {
    let origin = Origin::start(|request| match request.contains("/bad") {
        true => "HTTP/1.1 503 Away\r\nContent-Length: 0\r\n\r\n".to_owned(),
        false => ok(""),
    })
    .await;
    let bench = Bench::new();
    let post = async |path: &str| {
        let sent = Request {
            idempotency_key: Some("k1".to_owned()),
            ..request("POST", &origin.url(path))
        };
        let mut state = bench.state(granting(&origin.host()));
        send(&mut state, sent).await.map(|(head, _)| head.status)
    };
    for _ in 0..2 {
        assert!(matches!(post("/bad").await, Ok(503)));
    }
    assert!(matches!(post("/good").await, Ok(200)));
    assert!(matches!(post("/good").await, Err(Error::Conflict)));
    assert_eq!(origin.seen().len(), 3);
}
