//! A component of the ordinary `wasi:http` world, written in JavaScript, as a handler. `make setup` makes it.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use bytes::Bytes;
use http::{Request, StatusCode};
use http_body_util::BodyExt;
use overgrow_handler::{Body, Effects};
use overgrow_plugins::grant::Limits;
use overgrow_plugins::{Ask, CallError, Engine, EngineConfig, Grant, Hands, WebComponent};

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
    let engine = Engine::new(EngineConfig {
        instances: 20,
        ..EngineConfig::default()
    });
    let grant = Grant {
        limits,
        ..Grant::default()
    };
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
