//! The routes over a real outbox, with a scripted carrier.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;

use async_trait::async_trait;
use http_body_util::BodyExt;
use overgrow_handler::{Effects, Plan, RequestId, Role};
use overgrow_outbox::{Attempt, Carrier, Delivery, OutboxConfig, Receipt, Retry};
use serde_json::{Value, json};
use tower::ServiceExt;

use super::*;

/// Delivers as the text says.
struct Obedient;

#[async_trait]
impl Carrier for Obedient {
    async fn deliver(&self, message: &overgrow_outbox::Message, _: &Attempt) -> Delivery {
        let reason = "as told".to_owned();
        match &*message.content.text {
            "reject" => Delivery::Rejected { reason },
            "fail" => Delivery::Failed {
                retry: Retry::Never,
                reason,
            },
            "later" => Delivery::Failed {
                retry: Retry::After(Duration::from_secs(600)),
                reason,
            },
            text => {
                let mut receipt = Receipt::of(format!("provider's {text}"));
                receipt.extra.insert("chatId".to_owned(), json!("c1"));
                Delivery::Sent(receipt)
            }
        }
    }
}

struct Rig {
    handler: Handler,
    outbox: Outbox,
    _folder: tempfile::TempDir,
}

/// What was answered.
struct Answer {
    status: u16,
    location: Option<String>,
    body: Value,
}

fn rig() -> Rig {
    rig_with(|_| {})
}

fn rig_with(change: impl FnOnce(&mut OutboxConfig)) -> Rig {
    let folder = tempfile::tempdir().unwrap();
    let mut config = OutboxConfig::new(folder.path());
    change(&mut config);
    let outbox = Outbox::open(config).unwrap();
    let limits = MessageLimits {
        max_body: 10_000,
        ..MessageLimits::default()
    };
    Rig {
        handler: handler(outbox.clone(), limits),
        outbox,
        _folder: folder,
    }
}

fn carried() -> Rig {
    let rig = rig();
    rig.outbox.carry(Arc::new(Obedient));
    rig
}

impl Rig {
    async fn ask(&self, method: &str, path: &str, body: &str) -> Answer {
        self.ask_through(Effects::performing(), method, path, body)
            .await
    }

    async fn ask_through(&self, effects: Effects, method: &str, path: &str, body: &str) -> Answer {
        let request = Request::builder()
            .method(method)
            .uri(path)
            .extension(call(effects))
            .body(Body::from(body.to_owned()))
            .unwrap();
        let response = self.handler.clone().oneshot(request).await.unwrap();
        let (head, body) = response.into_parts();
        let body = body.collect().await.unwrap().to_bytes();
        let location = head.headers.get("location");
        Answer {
            status: head.status.as_u16(),
            location: location.map(|value| value.to_str().unwrap().to_owned()),
            body: serde_json::from_slice(&body).unwrap_or_default(),
        }
    }

    async fn post(&self, body: &Value) -> Answer {
        self.ask("POST", "/api/message", &body.to_string()).await
    }
}

fn call(effects: Effects) -> Call {
    Call {
        route: "messages".into(),
        request_id: RequestId::from_bits(1),
        client: IpAddr::V4(Ipv4Addr::LOCALHOST),
        role: Role::Primary,
        deadline: Instant::now() + Duration::from_secs(30),
        effects,
    }
}

fn message(text: &str) -> Value {
    json!({"channel": "zalo", "target": "42", "content": text, "idempotencyKey": text})
}

#[tokio::test]
async fn a_delivered_message_is_answered_with_the_providers_id() {
    let rig = carried();
    let answer = rig.post(&message("hello")).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    let body = &answer.body;
    assert_eq!(
        (&body["ok"], &body["status"]),
        (&json!(true), &json!("sent"))
    );
    assert_eq!(
        (&body["runId"], &body["messageId"]),
        (&json!("hello"), &json!("provider's hello"))
    );
    assert_eq!(
        (&body["channel"], &body["chatId"]),
        (&json!("zalo"), &json!("c1"))
    );
    let path = format!("/api/message/{}", body["id"].as_str().unwrap());
    let again = rig.ask("GET", &path, "").await;
    assert_eq!((again.status, &again.body), (200, body));
    let head = rig.ask("HEAD", &path, "").await;
    assert_eq!((head.status, head.body), (200, Value::Null));
}

#[tokio::test]
async fn the_same_key_is_the_same_answer_and_another_message_under_it_409() {
    let rig = carried();
    let first = rig.post(&message("hello")).await;
    let again = rig.post(&message("hello")).await;
    assert_eq!((again.status, &again.body), (200, &first.body));
    assert_eq!(rig.outbox.status().sent, 1);
    let mut other = message("hello");
    other["content"] = json!("something else");
    let conflict = rig.post(&other).await;
    assert_eq!(
        (conflict.status, &conflict.body["id"]),
        (409, &first.body["id"])
    );
    assert_eq!(conflict.body["error"]["code"], "CONFLICT");
}

#[tokio::test]
async fn what_takes_longer_is_answered_202_with_where_to_ask() {
    let rig = carried();
    let started = Instant::now();
    let limits = MessageLimits {
        wait: Duration::from_millis(100),
        ..MessageLimits::default()
    };
    let rig = Rig {
        handler: handler(rig.outbox.clone(), limits),
        ..rig
    };
    let answer = rig.post(&message("later")).await;
    assert!(started.elapsed() >= Duration::from_millis(100));
    assert_eq!(
        (answer.status, &answer.body["status"]),
        (202, &json!("queued"))
    );
    let asked = rig.ask("GET", &answer.location.unwrap(), "").await;
    assert_eq!(asked.body["status"], "queued");
    assert_eq!(
        (&asked.body["attempts"], &asked.body["reason"]),
        (&json!(1), &json!("as told"))
    );
}

#[tokio::test]
async fn what_the_channel_rejects_is_400_and_what_is_given_up_502() {
    let rig = carried();
    let rejected = rig.post(&message("reject")).await;
    assert_eq!(
        (rejected.status, &rejected.body["status"]),
        (400, &json!("failed"))
    );
    let error = json!({"code": "INVALID_REQUEST", "message": "as told"});
    assert_eq!(
        (&rejected.body["ok"], &rejected.body["error"]),
        (&json!(false), &error)
    );
    let failed = rig.post(&message("fail")).await;
    assert_eq!(
        (failed.status, &failed.body["error"]["code"]),
        (502, &json!("UNAVAILABLE"))
    );
    let path = format!("/api/message/{}", failed.body["id"].as_str().unwrap());
    assert_eq!(rig.ask("GET", &path, "").await.status, 200);
}

#[tokio::test]
async fn what_cannot_be_asked_is_refused() {
    let rig = carried();
    let check = async |method: &str, path: &str, body: &str, expect: u16| {
        let answer = rig.ask(method, path, body).await;
        assert_eq!(answer.status, expect, "{method} {path}: {}", answer.body);
    };
    check("POST", "/api/message", "{", 400).await;
    check("POST", "/api/message", "", 400).await;
    check("POST", "/api/message", &"x".repeat(20_000), 413).await;
    check("GET", "/api/message", "", 405).await;
    check("DELETE", "/api/message/1", "", 405).await;
    check("GET", "/api/message/nobody", "", 404).await;
    check("GET", "/api/message/a/b", "", 404).await;
    check("GET", "/api/messages", "", 404).await;
    assert_eq!(rig.outbox.status().accepted, 0);
}

#[tokio::test]
async fn a_full_outbox_is_503_and_nothing_is_kept() {
    let rig = rig_with(|config| config.cap = 0);
    let answer = rig.post(&message("hello")).await;
    assert_eq!(
        (answer.status, &answer.body["error"]["code"]),
        (503, &json!("UNAVAILABLE"))
    );
    assert_eq!(rig.outbox.status().refused, 1);
}

#[tokio::test]
async fn a_plan_is_answered_as_planned_and_sends_nothing() {
    let rig = carried();
    let (effects, plan): (Effects, Plan) = Effects::planning();
    let body = message("hello").to_string();
    let answer = rig
        .ask_through(effects, "POST", "/api/message", &body)
        .await;
    assert_eq!(
        (answer.status, &answer.body["status"]),
        (202, &json!("planned"))
    );
    assert_eq!(answer.body["runId"], "hello");
    let planned = plan.take();
    assert_eq!((planned.len(), &*planned[0].kind), (1, "message"));
    assert_eq!(rig.outbox.status().accepted, 0);
}

#[tokio::test]
async fn a_client_with_little_time_is_answered_in_time() {
    let rig = rig();
    let request = Request::builder()
        .method("POST")
        .uri("/api/message")
        .extension(Call {
            deadline: Instant::now() + Duration::from_millis(400),
            ..call(Effects::performing())
        })
        .body(Body::from(message("hello").to_string()))
        .unwrap();
    let answered = rig.handler.clone().oneshot(request);
    let answered = tokio::time::timeout(Duration::from_secs(3), answered).await;
    assert_eq!(answered.unwrap().unwrap().status(), 202);
}
