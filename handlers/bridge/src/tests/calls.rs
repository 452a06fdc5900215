//! Calls of the gateway: many at a time, breaks, refusals, another gateway.

use serde_json::{Value, json};

use super::double::{Asked, Double, Reply};
use super::*;
use crate::{Gateway, Reach, RpcError};

/// Longer than anything here takes.
const PATIENCE: Duration = Duration::from_secs(20);

fn gateway(double: &Double) -> Gateway {
    let gateway = unfollowing();
    gateway.follow(double.target());
    gateway
}

fn unfollowing() -> Gateway {
    Gateway::start_waiting(Reach::Everything, Duration::from_millis(50)).unwrap()
}

async fn call(gateway: &Gateway, method: &str, params: Value) -> Result<Value, RpcError> {
    gateway.call(method, params, PATIENCE).await
}

/// Calls until the gateway is there again.
async fn until_answered(gateway: &Gateway) -> Value {
    let calls = async {
        loop {
            match call(gateway, "health", json!({})).await {
                Ok(answer) => return answer,
                Err(_) => sleep(Duration::from_millis(2)).await,
            }
        }
    };
    timeout(PATIENCE, calls).await.expect("a gateway")
}

async fn next_call(double: &mut Double) -> (String, Value) {
    loop {
        if let Asked::Call { method, params } = double.next().await {
            return (method, params);
        }
    }
}

#[tokio::test]
async fn many_calls_each_get_their_own_answer() {
    let double = Double::start().await;
    let gateway = gateway(&double);
    let calls = (0..200).map(|number| {
        let gateway = gateway.clone();
        async move { call(&gateway, "echo", json!({"number": number})).await }
    });
    let answers = futures_util::future::join_all(calls).await;
    for (number, answer) in answers.into_iter().enumerate() {
        assert_eq!(answer.unwrap()["number"], number);
    }
    assert!(gateway.is_connected());
}

#[tokio::test]
async fn the_greeting_asks_for_what_the_calls_need() {
    let mut double = Double::start().await;
    let _gateway = gateway(&double);
    let Asked::Connect(params) = double.next().await else {
        panic!("a greeting first")
    };
    assert_eq!(params["scopes"], json!(["operator.admin"]));
}

#[tokio::test]
async fn a_refusal_is_told_with_its_code() {
    let double = Double::start().await;
    double.answer(|asked| match asked {
        Asked::Call { .. } => Reply::Refuse("UNAVAILABLE", "Error: no network"),
        _ => Reply::Well,
    });
    let refused = call(&gateway(&double), "send", json!({}))
        .await
        .unwrap_err();
    assert_eq!(
        (refused.code(), refused.is_retryable()),
        ("UNAVAILABLE", true)
    );
    assert!(refused.is_certain());
}

#[tokio::test]
async fn the_last_of_two_answers_is_waited_for_where_that_is_asked() {
    let double = Double::start().await;
    double.answer(|asked| match asked {
        Asked::Call { .. } => Reply::Say(vec![
            json!({"status": "accepted"}),
            json!({"status": "ok", "result": 7}),
        ]),
        _ => Reply::Well,
    });
    let gateway = gateway(&double);
    let first = call(&gateway, "agent", json!({})).await.unwrap();
    assert_eq!(first["status"], "accepted");
    let last = gateway.call_to_the_end("agent", json!({}), PATIENCE).await;
    assert_eq!(last.unwrap()["result"], 7);
}

#[tokio::test]
async fn calls_in_flight_fail_on_a_break_and_the_next_ones_do_not() {
    let mut double = Double::start().await;
    double.answer(|asked| match asked {
        Asked::Call { .. } => Reply::Silence,
        _ => Reply::Well,
    });
    let gateway = gateway(&double);
    let in_flight = tokio::spawn({
        let gateway = gateway.clone();
        async move { call(&gateway, "send", json!({})).await }
    });
    next_call(&mut double).await;
    let address = double.stop().await;
    let broken = in_flight.await.unwrap().unwrap_err();
    assert_eq!((&broken, broken.code()), (&RpcError::Broken, "unavailable"));
    assert!(broken.is_retryable() && !broken.is_certain());
    let _again = Double::start_at(address).await;
    until_answered(&gateway).await;
}

#[tokio::test]
async fn calls_in_flight_fail_when_the_gateway_is_another_one() {
    let mut before = Double::start().await;
    before.answer(|asked| match asked {
        Asked::Call { .. } => Reply::Silence,
        _ => Reply::Well,
    });
    let gateway = gateway(&before);
    let in_flight = tokio::spawn({
        let gateway = gateway.clone();
        async move { call(&gateway, "send", json!({})).await }
    });
    next_call(&mut before).await;
    let mut after = Double::start().await;
    gateway.follow(after.target());
    assert_eq!(in_flight.await.unwrap(), Err(RpcError::Broken));
    call(&gateway, "health", json!({})).await.unwrap();
    assert_eq!(next_call(&mut after).await.0, "health");
}

#[tokio::test]
async fn a_gateway_that_is_away_is_told_at_once() {
    let double = Double::start().await;
    let gateway = unfollowing();
    let nowhere = call(&gateway, "health", json!({})).await.unwrap_err();
    assert!(matches!(nowhere, RpcError::Away(_)), "{nowhere:?}");
    let mut target = double.target();
    double.stop().await;
    gateway.follow(target.clone());
    let away = call(&gateway, "health", json!({})).await.unwrap_err();
    assert!(matches!(away, RpcError::Away(_)), "{away:?}");
    target.gateway_token = None;
    let gateway = unfollowing();
    gateway.follow(target);
    let locked = call(&gateway, "health", json!({})).await.unwrap_err();
    assert!(locked.to_string().contains("no token"), "{locked}");
}

#[tokio::test]
async fn a_gateway_that_does_not_let_us_in_is_told_with_its_reason() {
    let double = Double::start().await;
    double.answer(|asked| match asked {
        Asked::Connect(_) => Reply::Refuse("INVALID_REQUEST", "unauthorized: token mismatch"),
        _ => Reply::Well,
    });
    let gateway = gateway(&double);
    let refused = call(&gateway, "health", json!({})).await.unwrap_err();
    assert!(refused.to_string().contains("token mismatch"), "{refused}");
    assert!(gateway.trouble().is_some() || !gateway.is_connected());
}

#[tokio::test]
async fn a_frame_that_would_break_the_connection_is_not_sent() {
    let double = Double::start().await;
    let gateway = gateway(&double);
    let large = json!({"text": "x".repeat(600 * 1024)});
    let refused = call(&gateway, "send", large).await.unwrap_err();
    assert!(matches!(refused, RpcError::TooLarge { .. }), "{refused:?}");
    call(&gateway, "health", json!({})).await.unwrap();
}

#[tokio::test]
async fn no_answer_in_time_is_a_timeout() {
    let double = Double::start().await;
    double.answer(|asked| match asked {
        Asked::Call { .. } => Reply::Silence,
        _ => Reply::Well,
    });
    let gateway = gateway(&double);
    let moment = Duration::from_millis(50);
    let late = gateway.call("send", json!({}), moment).await;
    assert_eq!(late, Err(RpcError::Timeout(moment)));
}

#[tokio::test]
async fn the_connection_ends_with_the_last_clone() {
    let mut double = Double::start().await;
    let gateway = gateway(&double);
    call(&gateway, "health", json!({})).await.unwrap();
    drop(gateway);
    while double.next().await != Asked::Closed {}
}
