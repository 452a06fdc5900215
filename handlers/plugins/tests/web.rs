//! A component of the ordinary `wasi:http` world, written in JavaScript, as a handler. `make setup` makes it.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use bytes::Bytes;
use http::{Request, StatusCode};
use http_body_util::BodyExt;
use overgrow_handler::{Body, Effects};
use overgrow_plugins::grant::{HostPattern, HttpGrant, Limits, Network};
use overgrow_plugins::{Ask, CallError, Engine, EngineConfig, Grant, Hands, WebComponent};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

fn bytes(name: &str) -> Vec<u8> {
    let var = |name| std::env::var_os(name).map(PathBuf::from);
    let cache = var("OVERGROW_TEST_CACHE").unwrap_or_else(|| {
        let base = var("XDG_CACHE_HOME").or_else(|| var("HOME").map(|home| home.join(".cache")));
        base.expect("a home folder").join("overgrow")
    });
    let file = cache.join("js").join(name);
    std::fs::read(&file)
        .unwrap_or_else(|error| panic!("{}: {error}: run `make setup`", file.display()))
}

fn ask() -> Ask {
    Ask {
        id: "test".into(),
        attempt: 1,
        deadline: Instant::now() + Duration::from_secs(20),
        account: None,
        effects: Effects::performing(),
    }
}

async fn hello(limits: Limits) -> WebComponent {
    granted(Grant {
        limits,
        ..Grant::default()
    })
    .await
}

async fn granted(grant: Grant) -> WebComponent {
    let engine = Engine::new(EngineConfig {
        instances: 20,
        ..EngineConfig::default()
    });
    let engine = engine.expect("an engine");
    WebComponent::load(
        &engine,
        "hello",
        bytes("hello.wasm"),
        grant,
        Hands::default(),
    )
    .await
    .expect("it loads")
}

fn request(method: &str, target: &str, body: &'static str) -> Request<Body> {
    Request::builder()
        .method(method)
        .uri(target)
        .header("host", "example.test")
        .header("user-agent", "me")
        .body(Body::from(body))
        .expect("a request")
}

#[tokio::test]
async fn javascript_answers_requests() {
    let hello = hello(Limits::default()).await;
    for (method, target, body, status, sent) in [
        ("GET", "/a?b=c", "", StatusCode::OK, "null"),
        (
            "POST",
            "/missing",
            "ü and more",
            StatusCode::NOT_FOUND,
            "\"ü and more\"",
        ),
    ] {
        let answer = hello.handle(&ask(), request(method, target, body)).await;
        let (head, body) = answer.expect("an answer").into_parts();
        assert_eq!(head.status, status);
        assert_eq!(head.headers["content-type"], "application/json");
        let text = body.collect().await.expect("a body").to_bytes();
        let text = String::from_utf8(text.to_vec()).expect("text");
        assert!(text.contains(&format!("\"method\":\"{method}\"")), "{text}");
        assert!(text.contains("\"agent\":\"me\""), "{text}");
        assert!(text.contains(&format!("\"sent\":{sent}")), "{text}");
    }
}

/// A server that answers whatever it is asked and counts.
async fn neighbour() -> (String, Arc<AtomicUsize>) {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a port");
    let address = listener.local_addr().expect("an address").to_string();
    let asked = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&asked);
    tokio::spawn(async move {
        while let Ok((mut socket, _)) = listener.accept().await {
            let mut head = [0; 4096];
            let _ = socket.read(&mut head).await;
            counted.fetch_add(1, Ordering::Relaxed);
            let answer = b"HTTP/1.1 200 OK\r\ncontent-length: 4\r\nconnection: close\r\n\r\nhere";
            let _ = socket.write_all(answer).await;
        }
    });
    (address, asked)
}

async fn fetched(hello: &WebComponent, ask: &Ask, method: &str, of: &str) -> (StatusCode, String) {
    let target = format!("/fetch?url=http://{of}/x");
    let answer = hello.handle(ask, request(method, &target, "")).await;
    let (head, body) = answer.expect("an answer").into_parts();
    let text = body.collect().await.expect("a body").to_bytes();
    (head.status, String::from_utf8_lossy(&text).into_owned())
}

#[tokio::test]
async fn what_it_sends_goes_by_its_grant() {
    let (address, asked) = neighbour().await;
    let denied = fetched(&hello(Limits::default()).await, &ask(), "GET", &address).await;
    assert_eq!(
        (denied.0, asked.load(Ordering::Relaxed)),
        (StatusCode::BAD_GATEWAY, 0)
    );
    let grant = Grant {
        http: vec![HttpGrant {
            hosts: vec![HostPattern::parse(&address).expect("a host")],
            methods: vec!["GET".into(), "POST".into()],
            network: Network::Private,
            read: Vec::new(),
        }],
        ..Grant::default()
    };
    let hello = granted(grant).await;
    let sent = fetched(&hello, &ask(), "GET", &address).await;
    assert_eq!(sent, (StatusCode::OK, "200 here".to_owned()));
    let (effects, plan) = Effects::planning();
    let planning = Ask { effects, ..ask() };
    let planned = fetched(&hello, &planning, "POST", &address).await;
    assert_eq!(planned, (StatusCode::OK, "200 {}".to_owned()));
    assert_eq!(asked.load(Ordering::Relaxed), 1, "a plan sends nothing");
    let plan = plan.take();
    assert_eq!((plan.len(), &*plan[0].kind), (1, "http"), "{plan:?}");
}

#[tokio::test]
async fn what_it_may_take_is_limited() {
    let small = Limits {
        memory: 1024 * 1024,
        ..Limits::default()
    };
    let answer = hello(small)
        .await
        .handle(&ask(), request("GET", "/", ""))
        .await;
    assert!(
        matches!(answer, Err(CallError::Memory(_) | CallError::Trap(_))),
        "{answer:?}"
    );
    let brief = Limits {
        answer: 10,
        ..Limits::default()
    };
    let answer = hello(brief)
        .await
        .handle(&ask(), request("GET", "/", ""))
        .await;
    let body = answer.expect("a head").into_body().collect().await;
    assert!(
        body.map(|body| body.to_bytes())
            .unwrap_or(Bytes::new())
            .is_empty()
    );
}

#[tokio::test]
async fn a_plugin_is_not_one() {
    let engine = Engine::new(EngineConfig::default()).expect("an engine");
    let plugin = bytes("shout.wasm");
    let loaded =
        WebComponent::load(&engine, "shout", plugin, Grant::default(), Hands::default()).await;
    let told = loaded.expect_err("no handler").to_string();
    assert!(told.contains("overgrow:plugin/"), "{told}");
}
