//! What the legacy's own stack answered, beside what is answered here.
//!
//! `fixtures/legacy.json` was recorded from @microsoft/agents-hosting 1.2.3 (`authorizeJWT`, `CloudAdapter`,
//! `ActivityHandler`) on express 5 in production, put together as the legacy's plugin does it; the tokens in it are good
//! until 2100.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::rsa::PublicKeyComponents;
use ring::signature::RsaKeyPair;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::answer::Answer;
use crate::double::{Double, settings};
use crate::receive::{Job, Outcome, Question, answer};

#[derive(Deserialize)]
struct Recorded {
    answers: Vec<Exchange>,
}

#[derive(Deserialize)]
struct Exchange {
    name: String,
    method: String,
    headers: Vec<(String, String)>,
    /// Nothing stands for no body, and for one that is too long to be written down.
    body: Option<String>,
    /// Nothing is what the legacy answered where it never did.
    answer: Option<Said>,
}

#[derive(Deserialize)]
struct Said {
    status: u16,
    headers: Vec<(String, String)>,
    body: String,
}

fn world() -> Double {
    let world = Double::new();
    let pair = RsaKeyPair::from_pkcs8(include_bytes!("../fixtures/key-one.pk8")).unwrap();
    let public: PublicKeyComponents<Vec<u8>> = PublicKeyComponents::from(pair.public());
    let written = |bytes: Vec<u8>| URL_SAFE_NO_PAD.encode(bytes);
    let keys = json!({"keys": [{"kty": "RSA", "use": "sig", "kid": "one", "n": written(public.n), "e": written(public.e)}]});
    world.on(
        "GET",
        "/tenant/v2.0/.well-known/openid-configuration",
        200,
        json!({"jwks_uri": "https://keys.example/"}),
    );
    world.on("GET", "https://keys.example/", 200, keys);
    world
}

fn asked(exchange: &Exchange) -> Outcome {
    let body = match (&exchange.body, exchange.name.as_str()) {
        (Some(body), _) => body.clone(),
        (None, "large") => format!("[{}]", " ".repeat(110_000)),
        (None, _) => String::new(),
    };
    let mut headers = exchange.headers.clone();
    if exchange.body.is_some() || exchange.name == "large" {
        headers.push(("content-length".into(), body.len().to_string()));
    }
    let question = Question {
        method: &exchange.method,
        path: "/api/messages",
        headers: &headers,
        body: body.as_bytes(),
    };
    answer(&world(), &settings(json!({})), question)
}

fn of(outcome: Outcome) -> (Answer, Option<Job>) {
    match outcome {
        Outcome::Answer(answer) => (answer, None),
        Outcome::Work(answer, job, _) => (answer, Some(job)),
    }
}

#[test]
fn answers_are_those_of_the_legacy() {
    let recorded: Recorded = serde_json::from_str(include_str!("../fixtures/legacy.json")).unwrap();
    assert!(recorded.answers.len() > 30);
    for exchange in recorded.answers {
        let name = &exchange.name;
        let (answer, job) = of(asked(&exchange));
        let expected = match name.as_str() {
            "message" => Some(Job::Message),
            "invoke-consent" => Some(Job::Consent),
            _ => None,
        };
        assert_eq!(job, expected, "{name}");
        let Some(said) = exchange.answer else {
            // The legacy leaves the client waiting.
            assert_eq!(answer.status, 400, "{name}");
            continue;
        };
        assert_eq!(
            (answer.status, &answer.body),
            (said.status, &said.body),
            "{name}"
        );
        assert_eq!(sorted(answer.headers), sorted(said.headers), "{name}");
    }
}

fn sorted(mut headers: Vec<(String, String)>) -> Vec<(String, String)> {
    headers.sort();
    headers
}

#[test]
fn another_scheme_than_bearer_is_no_token() {
    let recorded: Value = serde_json::from_str(include_str!("../fixtures/legacy.json")).unwrap();
    let good = recorded["answers"]
        .as_array()
        .unwrap()
        .iter()
        .find(|it| it["name"] == "message")
        .unwrap();
    let mut exchange: Exchange = serde_json::from_value(good.clone()).unwrap();
    for (_, value) in exchange
        .headers
        .iter_mut()
        .filter(|(name, _)| name == "authorization")
    {
        *value = value.replace("Bearer", "Basic");
    }
    assert_eq!(
        of(asked(&exchange)).0,
        Answer::refused(401, "invalid token")
    );
}

#[test]
fn keys_that_cannot_be_had_ask_to_come_again() {
    let recorded: Value = serde_json::from_str(include_str!("../fixtures/legacy.json")).unwrap();
    let good = recorded["answers"]
        .as_array()
        .unwrap()
        .iter()
        .find(|it| it["name"] == "message")
        .unwrap();
    let exchange: Exchange = serde_json::from_value(good.clone()).unwrap();
    let world = Double::new();
    world.on("GET", "/.well-known/", 500, json!({}));
    let mut headers = exchange.headers;
    headers.push(("content-length".into(), "1".into()));
    let question = Question {
        method: "POST",
        path: "/api/messages",
        headers: &headers,
        body: exchange.body.as_deref().unwrap_or_default().as_bytes(),
    };
    assert_eq!(
        of(answer(&world, &settings(json!({})), question)).0.status,
        503
    );
}
