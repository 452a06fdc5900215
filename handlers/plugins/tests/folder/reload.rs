//! Files and grants that change while requests are answered.

use std::time::{Duration, Instant};

use overgrow_plugins::PluginStatus;
use serde_json::json;

use crate::kit::{PATIENCE, Rig, ask, drop_in, grant, grants, request};

#[tokio::test]
async fn a_new_version_takes_over_and_calls_under_way_end_on_the_old_one() {
    let rig = Rig::start(grant("old")).await;
    let before = rig.until(|it| it.state == "loaded").await;
    let slow = ask(
        rig.plugins.handler("steady"),
        request("GET", "/steady/slow?3000", ""),
    );
    let slow = tokio::spawn(slow);
    rig.plugins.follow(grants(grant("new")));
    let end = Instant::now() + PATIENCE;
    while rig.get("/steady/greet").await.expect("answered").1 != "new" {
        assert!(Instant::now() < end, "the new grant never came");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(slow.await.expect("no panic").expect("answered").1, "old");
    drop_in(rig.folder.path(), "steady", 1);
    let hash = before.loaded.expect("loaded").sha256;
    let other = |it: &PluginStatus| it.loaded.as_ref().is_some_and(|it| it.sha256 != hash);
    assert_eq!(rig.until(other).await.state, "loaded");
}

#[tokio::test]
async fn a_broken_version_keeps_the_old_one_and_a_removed_file_takes_it_out() {
    let rig = Rig::start(grant("hello")).await;
    rig.until(|it| it.state == "loaded").await;
    let file = rig.folder.path().join("steady.wasm");
    std::fs::write(&file, b"\0asm, half of it").expect("written");
    let stale = rig.until(|it| it.state == "stale").await;
    assert!(stale.error.is_some());
    assert_eq!(rig.get("/steady/greet").await.expect("answered").1, "hello");
    drop_in(rig.folder.path(), "steady", 1);
    let repaired = rig.until(|it| it.state == "loaded").await;
    assert_eq!(repaired.error, None);
    std::fs::remove_file(file).expect("removed");
    let end = Instant::now() + PATIENCE;
    while !rig.plugins.list().is_empty() {
        assert!(Instant::now() < end, "it is still there");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(rig.get("/steady/greet").await.expect("answered").0, 503);
}

#[tokio::test]
async fn faulty_settings_keep_the_old_version_and_lost_rights_do_not() {
    let rig = Rig::start(grant("hello")).await;
    let mut faulty = grant("hello");
    faulty
        .settings
        .insert("fault".to_owned(), json!("of the moon"));
    rig.plugins.follow(grants(faulty.clone()));
    let stale = rig.until(|it| it.state == "stale").await;
    assert!(
        stale
            .error
            .expect("an error")
            .contains("fault: of the moon")
    );
    assert_eq!(rig.get("/steady/greet").await.expect("answered").1, "hello");
    let mut narrower = grant("hello");
    narrower.webhook = vec!["/other".to_owned()];
    rig.plugins.follow(grants(narrower));
    let broken = rig.until(|it| it.state == "broken").await;
    let error = broken.error.expect("an error");
    assert!(error.contains("webhook = [\"/steady/*\"]"), "{error}");
    assert_eq!(rig.get("/steady/greet").await.expect("answered").0, 503);
}

#[tokio::test]
async fn one_service_ends_before_the_next_begins() {
    let rig = Rig::start(grant("one")).await;
    let ticked = |greeting: &'static str| {
        let rig = &rig;
        async move {
            let end = Instant::now() + PATIENCE;
            let line = format!("ticked {greeting}");
            while !rig.service().await.contains(&line) {
                assert!(Instant::now() < end, "{:#?}", rig.plugins.list());
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        }
    };
    ticked("one").await;
    rig.plugins.follow(grants(grant("two")));
    ticked("two").await;
    rig.plugins.shutdown().await;
    let lines = rig.service().await;
    let expect = [
        "started one",
        "ticked one",
        "stopped one reload",
        "started two",
        "ticked two",
        "stopped two shutdown",
    ];
    assert_eq!(lines, expect);
    assert!(rig.plugins.list().is_empty());
}
