//! Requests, and the work that their answers leave behind.

use std::time::{Duration, Instant};

use http::StatusCode;
use overgrow_handler::{Call, Effects};
use overgrow_plugins::PublicUrl;

use crate::kit::{PATIENCE, Rig, ask, declined, grant, request};

#[tokio::test]
async fn a_plugin_answers_requests_and_leaves_the_rest_to_the_legacy() {
    let rig = Rig::start(grant("hello")).await;
    let status = rig.until(|it| it.state == "loaded").await;
    let loaded = status.loaded.expect("loaded");
    assert_eq!(
        (loaded.sha256.len(), &*loaded.routes),
        (64, &["/steady/*".to_owned()][..])
    );
    assert_eq!(loaded.events, ["session-start"]);
    let answered = |status: u16, body: &str| {
        (
            StatusCode::from_u16(status).expect("a status"),
            body.to_owned(),
        )
    };
    let greet = rig.get("/steady/greet").await.expect("answered");
    assert_eq!(greet, answered(200, "hello"));
    let mut seen = request("GET", "/steady/seen?a=%20", "");
    seen.extensions_mut()
        .insert(PublicUrl("https://out.example".to_owned()));
    let seen = ask(rig.plugins.handler("steady"), seen)
        .await
        .expect("answered");
    assert_eq!(seen, answered(200, "https://out.example/steady/seen?a=%20"));
    let trap = rig.get("/steady/trap").await.expect("answered");
    assert_eq!(trap, answered(500, "Internal Server Error"));
    let bad = rig.get("/steady/status").await.expect("answered");
    assert_eq!(bad, answered(502, "Bad Gateway"));
    assert_eq!(declined(rig.get("/steady/pass").await), "plugin_pass");
    assert_eq!(declined(rig.get("/elsewhere").await), "plugin_route");
    let put = ask(
        rig.plugins.handler("steady"),
        request("PUT", "/steady/greet", ""),
    );
    assert_eq!(put.await.expect("answered").0, 405);
    let large = request("POST", "/steady/echo", &"x".repeat(600 * 1024));
    let large = ask(rig.plugins.handler("steady"), large).await;
    assert_eq!(large.expect("answered"), answered(413, "Payload Too Large"));
    let absent = ask(rig.plugins.handler("nobody"), request("GET", "/x", "")).await;
    assert_eq!(
        absent.expect("answered"),
        answered(503, "Service Unavailable")
    );
}

#[tokio::test]
async fn work_that_an_answer_leaves_behind_is_done() {
    let rig = Rig::start(grant("hello")).await;
    let later = request("POST", "/steady/later", "\"remember\"");
    let later = ask(rig.plugins.handler("steady"), later).await;
    assert_eq!(later.expect("answered").0, 202);
    let end = Instant::now() + PATIENCE;
    while rig.get("/steady/noted").await.expect("answered").1 != "\"remember\"" {
        assert!(Instant::now() < end, "the job was never done");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test]
async fn planned_work_is_not_done() {
    let rig = Rig::start(grant("hello")).await;
    let (effects, plan) = Effects::planning();
    let mut later = request("POST", "/steady/later", "\"remember\"");
    if let Some(call) = later.extensions_mut().get_mut::<Call>() {
        call.effects = effects;
    }
    let later = ask(rig.plugins.handler("steady"), later).await;
    assert_eq!(later.expect("answered").0, 202);
    let planned = plan.take();
    assert_eq!((planned.len(), &*planned[0].target), (1, "steady note"));
    let counts = rig.keep.job_counts("steady").await.expect("counted");
    assert_eq!(counts.waiting, 0);
}
