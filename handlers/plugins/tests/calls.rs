//! Every export of the contract through the host and back.

mod rig;

use overgrow_plugins::grant::Limits;
use overgrow_plugins::wit::channel::{
    Attachment, Delivery, MediaKind, Poll, Target, Text, TextFormat,
};
use overgrow_plugins::wit::events::Verdict;
use overgrow_plugins::wit::service::{Next, StopReason};
use overgrow_plugins::wit::webhook::{Outcome, PathMatch, Request};
use overgrow_plugins::{CallError, Grant, LoadError, Plugin, Retry, Typing};
use rig::{ask, engine, hostile};

fn target() -> Target {
    Target {
        to: "room".into(),
        account: None,
        thread: None,
        reply_to: None,
        silent: false,
        extra: Vec::new(),
    }
}

fn text(body: &str) -> Text {
    Text {
        body: body.into(),
        format: TextFormat::Plain,
    }
}

/// The guest gives back what it was told as the ids of what it sent.
#[track_caller]
fn told(delivery: Result<Delivery, CallError>) -> Vec<String> {
    match delivery {
        Ok(Delivery::Sent(receipt)) => receipt.message_ids,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_channel_is_asked_for_all_a_channel_does() {
    let plugin = hostile(&engine(), Limits::default()).await;
    let ask = ask("call-1");
    let channel = plugin.channel(&ask).await.expect("a channel");
    assert_eq!((&*channel.id, channel.text_limit), ("hostile", 4000));

    let sent = plugin.send_text(&ask, target(), text("hi")).await;
    assert_eq!(told(sent), ["call-1", "room", "hi"]);
    let file = Attachment {
        kind: MediaKind::Image,
        media_id: Some("file".into()),
        url: None,
        filename: None,
        content_type: None,
        duration: None,
        extra: Vec::new(),
    };
    let caption = Some(text("look"));
    let sent = plugin.send_media(&ask, target(), caption, vec![file]).await;
    assert_eq!(told(sent), ["call-1", "room", "look", "file"]);
    let poll = Poll {
        question: "when?".into(),
        options: vec!["now".into(), "later".into()],
        max_choices: 1,
        closes_after: None,
    };
    let sent = plugin.send_poll(&ask, target(), poll).await;
    assert_eq!(told(sent), ["room", "when?", "now", "later"]);
    let done = plugin.edit(&ask, target(), "m".into(), text("new")).await;
    assert_eq!(told(done), ["room", "m", "new"]);
    let done = plugin.delete(&ask, target(), "m".into()).await;
    assert_eq!(told(done), ["room", "m"]);
    let done = plugin.react(&ask, target(), "m".into(), "+".into()).await;
    assert_eq!(told(done), ["room", "m", "+"]);
    let done = plugin.typing(&ask, target(), Typing::On).await;
    assert_eq!(told(done), ["room", "true"]);
    let found = plugin.resolve(&ask, Some("me".into()), "@bob".into()).await;
    assert_eq!(found, Ok(vec![("me".into(), "@bob".into())]));
}

#[tokio::test]
async fn a_webhook_answers_and_its_jobs_fail_in_their_own_words() {
    let plugin = hostile(&engine(), Limits::default()).await;
    let ask = ask("call");
    let routes = plugin.routes(&ask, "{}".into()).await.expect("routes");
    assert_eq!(routes[0].id, "{}");
    assert!(matches!(&routes[0].path, PathMatch::Prefix(path) if path == "/hostile"));

    let request = Request {
        route: "r".into(),
        method: "POST".into(),
        path: "/hostile".into(),
        query: None,
        headers: vec![("x".into(), "\u{ff}".into())],
        body: vec![0, 255],
        public_url: "https://here.example/hostile".into(),
        peer: None,
        received_at: 1,
    };
    let outcome = plugin.handle_webhook(&ask, request).await;
    let Ok(Outcome::Reply(reply)) = outcome else {
        panic!("{outcome:?}")
    };
    assert_eq!((reply.status, &*reply.body), (200, &[0, 255][..]));
    assert_eq!(reply.headers, [("x".to_owned(), "\u{ff}".to_owned())]);

    let ran = plugin.run_job(&ask, "later".into(), "[1]".into()).await;
    let failed = CallError::Failed {
        code: "later".into(),
        message: "[1]".into(),
        retry: Retry::Never,
    };
    assert_eq!(ran, Err(failed));
}

#[tokio::test]
async fn tools_events_and_configurations_reach_the_plugin() {
    let plugin = hostile(&engine(), Limits::default()).await;
    let ask = ask("call");
    let tools = plugin.tools(&ask).await.expect("tools");
    assert_eq!(tools[0].name, "fine");
    let said = rig::misdeed(&plugin, "fine", "hello").await;
    assert_eq!(said.as_deref(), Ok("hello"));
    let names = plugin.subscriptions(&ask).await;
    assert_eq!(names, Ok(vec!["message-sending".to_owned()]));
    let verdict = plugin.handle_event(&ask, "e".into(), "{}".into()).await;
    assert!(matches!(verdict, Ok(Verdict::Cancel(why)) if why == "e: {}"));
    let problems = plugin.check_config(&ask, "{}".into()).await.expect("some");
    assert_eq!(problems[0].message, "{}");
    assert_eq!(plugin.identity().id, "hostile");
    // What `fetch` is made of comes with it: a request may carry a secret or a file.
    let imports = ["log", "env", "secrets", "media", "http"];
    assert_eq!(plugin.imports().overgrow, imports);
    assert_eq!(plugin.exports().len(), 7);
}

#[tokio::test]
async fn a_service_keeps_its_instance_between_calls() {
    let plugin = hostile(&engine(), Limits::default()).await;
    let ask = ask("call");
    let mut service = plugin.service(&ask).await.expect("an instance");
    let next = service.start(&ask, String::new()).await;
    assert!(matches!(next, Ok(Next::After(1000))), "{next:?}");
    for ticks in 1..=3 {
        let next = service.tick(&ask).await;
        assert!(matches!(next, Ok(Next::After(count)) if count == ticks));
    }
    assert_eq!(service.health(&ask).await, Ok(Ok("3 ticks".into())));
    let another = plugin.service(&ask).await;
    let health = another.expect("an instance").health(&ask).await;
    assert_eq!(health, Ok(Ok("0 ticks".into())));
    assert_eq!(service.stop(&ask, StopReason::Reload).await, Ok(()));
}

#[tokio::test]
async fn a_service_that_says_it_failed_lives_and_one_that_traps_is_gone() {
    let plugin = hostile(&engine(), Limits::default()).await;
    let mut service = plugin.service(&ask("call")).await.expect("an instance");
    service.start(&ask("a"), "fail".into()).await.expect("fine");
    // The second call's own id: an instance that lives is told of each call anew.
    let failed = service.tick(&ask("b")).await.expect_err("fails");
    assert!(matches!(failed, CallError::Failed { message, .. } if message == "b"));
    assert!(service.is_alive());
    service.start(&ask("c"), "trap".into()).await.expect("fine");
    let trapped = service.tick(&ask("d")).await;
    assert!(matches!(trapped, Err(CallError::Trap(_))), "{trapped:?}");
    assert!(!service.is_alive());
    assert!(matches!(
        service.tick(&ask("e")).await,
        Err(CallError::Gone)
    ));
}

#[tokio::test]
async fn what_a_plugin_does_not_export_is_absent() {
    let engine = engine();
    let bytes = rig::component("template");
    let plugin = rig::load(&engine, "template", bytes, Grant::default()).await;
    assert_eq!(plugin.exports(), ["lifecycle", "tool"]);
    let sent = plugin.send_text(&ask("call"), target(), text("hi")).await;
    assert_eq!(sent.err(), Some(CallError::Absent("channel")));
    let service = plugin.service(&ask("call")).await;
    assert_eq!(service.err(), Some(CallError::Absent("service")));
}

#[tokio::test]
async fn what_is_no_plugin_is_refused_with_the_reason() {
    let engine = engine();
    let load = async |name: &str, bytes: &[u8]| {
        let loaded = Plugin::load(&engine, name, bytes, Grant::default(), Default::default());
        loaded.await.expect_err("refused").to_string()
    };
    let module = load("x", b"\0asm\x01\0\0\0").await;
    assert!(
        module.contains("core module; build a component"),
        "{module}"
    );
    let garbage = load("x", b"MZ").await;
    assert_eq!(garbage, "this is not WebAssembly");
    let empty = load("x", b"\0asm\x0d\0\x01\0").await;
    assert!(empty.contains("does not export `lifecycle`"), "{empty}");
    let mut broken = rig::component("template");
    broken.truncate(broken.len() / 2);
    let broken = load("template", &broken).await;
    assert!(broken.contains("does not compile"), "{broken}");
    let renamed = load("other", &rig::component("template")).await;
    assert!(renamed.contains("`template`") && renamed.contains("`other`"));
    assert_eq!(
        LoadError::Export("tool.invoke".into()).to_string(),
        "it does not export `tool.invoke` of overgrow:plugin@0.1.0"
    );
}
