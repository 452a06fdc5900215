//! Whole ways through the plugin, in a world of the tests' own.

use overgrow_sdk::delivery::Delivered;
use overgrow_sdk::host::inbound::{ChatKind, Event, Message, Receipt};
use overgrow_sdk::{Failure, RetryAdvice};
use serde_json::{Value, json};

use crate::activity::Activity;
use crate::deliver::Delivery;
use crate::double::{Double, NOW, reply, settings};
use crate::outgoing::{Format, Spot};
use crate::policy::Policy;
use crate::say::{File, Target, Voice};
use crate::settings::Settings;
use crate::world::{Body, Key, Reply, World};
use crate::{consent, upload};

const ADA: &str = "7faf8bcf-3ef6-4b5b-8a2f-cf0fd2e0f6a5";

fn personal(more: Value) -> Value {
    let mut body = json!({
        "type": "message", "id": "m1", "timestamp": "2017-02-01T21:10:07.437Z", "channelId": "msteams",
        "serviceUrl": "https://smba.trafficmanager.net/amer/", "text": "hello",
        "from": {"id": "29:ada", "name": "Ada", "aadObjectId": ADA}, "recipient": {"id": "28:bot", "name": "Bot"},
        "conversation": {"id": "a:1", "conversationType": "personal", "tenantId": "t"},
    });
    body.as_object_mut()
        .unwrap()
        .extend(more.as_object().unwrap().clone());
    body
}

fn channel(more: Value) -> Value {
    let mut body = personal(json!({
        "id": "m2", "text": "<at>Bot</at> hello",
        "conversation": {"id": "19:c@thread.tacv2;messageid=m0", "conversationType": "channel", "isGroup": true},
        "entities": [{"type": "mention", "mentioned": {"id": "28:bot"}}],
        "channelData": {"team": {"id": "19:team", "name": "Core"}, "channel": {"id": "19:c@thread.tacv2"}},
    }));
    body.as_object_mut()
        .unwrap()
        .extend(more.as_object().unwrap().clone());
    body
}

fn deliver(world: &Double, document: Value, body: Value) {
    let policy = Policy::read(&document);
    let settings = settings(document);
    let activity = Activity::read(&body).unwrap();
    let delivery = Delivery {
        world,
        settings: &settings,
        policy: &policy,
    };
    delivery.deliver(&activity, "work").unwrap();
}

fn heard(world: &Double) -> Vec<Message> {
    let submitted = world.submitted.borrow();
    let message = |(event, _): &(Event, Vec<String>)| match event {
        Event::Message(message) => Some(message.clone()),
        _ => None,
    };
    submitted.iter().filter_map(message).collect()
}

fn target(to: &str) -> Target<'_> {
    Target {
        to,
        spot: Spot::default(),
    }
}

fn text(world: &Double, settings: &Settings, to: &str, body: &str) -> Delivered {
    Voice { world, settings }
        .text(target(to), body, Format::Markdown)
        .unwrap()
}

fn failed(delivered: &Delivered) -> (RetryAdvice, String) {
    match delivered {
        Delivered::Failed(advice, why) => (*advice, why.clone()),
        other => panic!("{other:?}"),
    }
}

fn ids(delivered: &Delivered) -> Vec<String> {
    match delivered {
        Delivered::Sent(parts) => parts.message_ids.clone(),
        other => panic!("{other:?}"),
    }
}

/// A world in which both conversations were heard from.
fn acquainted() -> Double {
    let world = Double::new();
    deliver(&world, json!({}), personal(json!({})));
    deliver(&world, json!({"groupPolicy": "open"}), channel(json!({})));
    let group = json!({"id": "19:g@thread.v2", "conversationType": "groupChat", "tenantId": "t"});
    deliver(
        &world,
        json!({"groupPolicy": "open"}),
        channel(json!({"conversation": group})),
    );
    world.on("POST", "/v3/conversations/", 201, json!({"id": "said"}));
    world
}

#[test]
fn a_direct_message_is_handed_on() {
    let world = Double::new();
    deliver(&world, json!({}), personal(json!({})));
    let message = heard(&world).remove(0);
    assert_eq!(
        (
            message.channel.as_str(),
            message.id.as_str(),
            message.text.as_str()
        ),
        ("msteams", "m1", "hello")
    );
    assert_eq!(message.conversation, format!("user:{ADA}"));
    assert_eq!(
        (message.sender.id.as_str(), message.sender.name.as_deref()),
        (ADA, Some("Ada"))
    );
    assert_eq!(message.sent_at, 1_485_983_407_437);
    assert!(
        message.addressed && matches!(message.chat, ChatKind::Direct) && message.thread.is_none()
    );
    assert!(
        message
            .extra
            .contains(&("standing".into(), "unknown".into()))
    );
}

#[test]
fn a_message_in_a_channel_is_handed_on_when_the_bot_is_called() {
    let world = Double::new();
    let open = json!({"groupPolicy": "open"});
    deliver(&world, open.clone(), channel(json!({"entities": []})));
    assert!(heard(&world).is_empty());
    deliver(&world, open, channel(json!({})));
    let message = heard(&world).remove(0);
    assert_eq!(message.conversation, "conversation:19:c@thread.tacv2");
    assert_eq!(message.thread.as_deref(), Some("m0"));
    assert_eq!(message.text, "hello");
    assert!(message.extra.contains(&("teamName".into(), "Core".into())));
}

#[test]
fn a_reply_to_the_bot_calls_it() {
    let world = acquainted();
    text(
        &world,
        &settings(json!({})),
        "conversation:19:c@thread.tacv2",
        "hi",
    );
    let reply = channel(json!({"entities": [], "replyToId": "said", "id": "m9"}));
    deliver(&world, json!({"groupPolicy": "open"}), reply);
    assert!(
        heard(&world)
            .last()
            .is_some_and(|message| message.id == "m9" && message.addressed)
    );
}

#[test]
fn who_is_not_to_be_heard_leaves_no_trace() {
    let world = Double::new();
    deliver(&world, json!({"dmPolicy": "disabled"}), personal(json!({})));
    deliver(&world, json!({}), channel(json!({})));
    deliver(
        &world,
        json!({}),
        personal(json!({"from": {"name": "nobody"}})),
    );
    deliver(
        &world,
        json!({}),
        personal(json!({"text": " <at>Bot</at> "})),
    );
    assert!(world.submitted.borrow().is_empty());
    assert_eq!(
        world
            .kept
            .borrow()
            .keys()
            .filter(|key| key.starts_with("conversation/"))
            .count(),
        1
    );
}

#[test]
fn a_name_in_a_list_is_whose_the_directory_says() {
    let listed = json!({"allowFrom": ["Ada"]});
    let check = |answer: Value, standing: &str| {
        let world = Double::new();
        world.on("GET", "/v1.0/users", 200, answer);
        deliver(&world, listed.clone(), personal(json!({})));
        deliver(&world, listed.clone(), personal(json!({"id": "m2"})));
        assert_eq!(world.requests("/v1.0/users").len(), 1, "the answer is kept");
        assert!(
            heard(&world)[0]
                .extra
                .contains(&("standing".into(), standing.into()))
        );
    };
    check(
        json!({"value": [{"id": ADA, "displayName": "ada"}]}),
        "allowed",
    );
    check(
        json!({"value": [{"id": "another", "displayName": "Ada"}]}),
        "unknown",
    );
    check(
        json!({"value": [{"id": ADA, "displayName": "Ada"}, {"id": "x", "displayName": "Ada"}]}),
        "unknown",
    );
    check(
        json!({"value": [{"id": ADA, "displayName": "Adam"}]}),
        "unknown",
    );
    check(json!({"value": []}), "unknown");
}

#[test]
fn a_stranger_is_told_how_to_pair() {
    let world = Double::new();
    world.on(
        "POST",
        "/v3/conversations/a:1/activities",
        201,
        json!({"id": "x"}),
    );
    *world.receipt.borrow_mut() = Some(Receipt::Pairing(Some("code 123".into())));
    deliver(&world, json!({}), personal(json!({})));
    assert_eq!(world.documents("/v3/")[0]["text"], "code 123");
}

#[test]
fn files_are_fetched_with_the_token_that_is_asked_for() {
    let world = Double::new();
    let file = |url: &str| json!([{"contentType": "image/*", "contentUrl": url, "name": "a.png"}]);
    let denied = |status: u16| {
        move |bearer: bool| Ok(reply(if bearer { 200 } else { status }, json!("bytes")))
    };
    let answer = denied(401);
    let script = move |request: &crate::world::Request| {
        let bearer = matches!(request.key, Key::Bearer("graph-token"));
        request.url.contains("sharepoint").then(|| answer(bearer))
    };
    world.script.borrow_mut().insert(0, Box::new(script));
    deliver(
        &world,
        json!({}),
        personal(json!({"text": "", "attachments": file("https://contoso.sharepoint.com/a")})),
    );
    let (Event::Message(message), files) = world.submitted.borrow()[0].clone() else {
        panic!("a message")
    };
    assert_eq!((message.text.as_str(), files.len()), ("<media:image>", 1));
    let keys: Vec<Key> = world
        .requests("sharepoint")
        .into_iter()
        .map(|request| request.key)
        .collect();
    assert_eq!(keys, [Key::None, Key::Bearer("graph-token")]);
}

#[test]
fn a_file_that_cannot_be_had_is_left_out() {
    let world = Double::new();
    world.on("GET", "sharepoint", 404, json!({}));
    let attachments = json!([
        {"contentUrl": "https://contoso.sharepoint.com/a"}, {"contentUrl": "https://evil.example/b"},
        {"contentUrl": "http://169.254.169.254/latest/meta-data"},
    ]);
    deliver(
        &world,
        json!({}),
        personal(json!({"attachments": attachments})),
    );
    assert_eq!(heard(&world).len(), 1);
    assert_eq!(
        world.asked.borrow().len(),
        1,
        "only the listed host was asked"
    );
}

#[test]
fn a_vote_is_counted_and_is_no_message() {
    let world = acquainted();
    let settings = settings(json!({}));
    let voice = Voice {
        world: &world,
        settings: &settings,
    };
    let options = vec!["a".to_owned(), "b".to_owned()];
    let Delivered::Sent(parts) = voice
        .poll(
            target("conversation:19:c@thread.tacv2"),
            "Which?",
            options,
            1,
        )
        .unwrap()
    else {
        panic!("sent")
    };
    let id = parts.extra[0].1.clone();
    let before = heard(&world).len();
    let vote = |choices: &str| {
        channel(
            json!({"text": null, "entities": [], "value": {"openclawPollId": id, "choices": choices}}),
        )
    };
    deliver(&world, json!({"groupPolicy": "open"}), vote("1"));
    deliver(&world, json!({"groupPolicy": "open"}), vote("0"));
    deliver(&world, json!({}), vote("1"));
    assert_eq!(heard(&world).len(), before);
    let poll: Value =
        serde_json::from_slice(&world.kept.borrow()[&format!("poll/{id}")].0).unwrap();
    assert_eq!(
        poll["votes"],
        json!({ADA: [0]}),
        "who is not heard does not vote"
    );
    assert!(
        matches!(world.submitted.borrow().last(), Some((Event::PollVote(vote), _)) if vote.choices == [0])
    );
}

#[test]
fn a_poll_that_was_not_asked_is_not_kept() {
    let world = acquainted();
    world.on("POST", "/v3/conversations/", 403, json!({}));
    let settings = settings(json!({}));
    let voice = Voice {
        world: &world,
        settings: &settings,
    };
    failed(
        &voice
            .poll(target(&format!("user:{ADA}")), "?", vec!["a".into()], 1)
            .unwrap(),
    );
    failed(
        &voice
            .poll(target(&format!("user:{ADA}")), "?", vec!["a".into(); 13], 1)
            .unwrap(),
    );
    assert!(
        !world
            .kept
            .borrow()
            .keys()
            .any(|key| key.starts_with("poll/"))
    );
}

#[test]
fn a_text_goes_out_in_pieces_with_one_token() {
    let world = acquainted();
    let body = format!("{}\n{}", "a".repeat(3999), "b".repeat(10));
    let delivered = text(&world, &settings(json!({})), &format!("user:{ADA}"), &body);
    assert_eq!(ids(&delivered), ["said", "said"]);
    let said = world.documents("/v3/conversations/a:1/activities");
    assert_eq!(said[1]["text"], "b".repeat(10));
    assert_eq!(world.requests("/oauth2/").len(), 1);
    let asked = &world.requests("/oauth2/")[0];
    assert_eq!(
        asked.url,
        "https://login.microsoftonline.com/tenant/oauth2/v2.0/token"
    );
    assert_eq!(asked.key, Key::Password("app-password".into()));
    let Body::Bytes(form, _) = &asked.body else {
        panic!("a form")
    };
    let form = String::from_utf8_lossy(form);
    assert!(
        form.contains("client_secret=the-password-of-the-bot&"),
        "{form}"
    );
    assert!(
        form.contains("scope=https%3A%2F%2Fapi.botframework.com%2F.default"),
        "{form}"
    );
}

#[test]
fn a_token_is_replaced_before_it_is_old_and_with_its_bot() {
    let world = acquainted();
    let ada = format!("user:{ADA}");
    text(&world, &settings(json!({})), &ada, "1");
    world.pass(54 * 60 * 1000);
    text(&world, &settings(json!({})), &ada, "2");
    assert_eq!(world.requests("/oauth2/").len(), 1);
    world.pass(60 * 1000);
    text(&world, &settings(json!({})), &ada, "3");
    assert_eq!(world.requests("/oauth2/").len(), 2);
    text(&world, &settings(json!({"appId": "other"})), &ada, "4");
    assert_eq!(world.requests("/oauth2/").len(), 3);
}

#[test]
fn a_token_that_is_not_believed_is_replaced_once() {
    let world = acquainted();
    world.on("POST", "/v3/conversations/", 401, json!({}));
    let (advice, why) = failed(&text(
        &world,
        &settings(json!({})),
        &format!("user:{ADA}"),
        "hi",
    ));
    assert!(matches!(advice, RetryAdvice::Never), "{why}");
    assert_eq!(world.requests("/v3/").len(), 2);
    assert_eq!(world.requests("/oauth2/").len(), 2);
}

#[test]
fn what_went_wrong_says_whether_to_try_again() {
    let world = acquainted();
    let advice = |answer: Result<Reply, Failure>| {
        let status = answer
            .as_ref()
            .map(|reply| (reply.status, reply.wait))
            .map_err(|failure| (failure.code.clone(), failure.retry));
        world.answer("POST", "/v3/conversations/", move || match &status {
            Ok((status, wait)) => Ok(Reply {
                wait: *wait,
                ..reply(*status, json!({}))
            }),
            Err((code, retry)) => Err(Failure::new(code, "x", *retry)),
        });
        failed(&text(
            &world,
            &settings(json!({})),
            &format!("user:{ADA}"),
            "hi",
        ))
        .0
    };
    let limited = Reply {
        wait: Some(2500),
        ..reply(429, json!({}))
    };
    assert!(matches!(advice(Ok(limited)), RetryAdvice::After(2500)));
    assert!(matches!(
        advice(Ok(reply(502, json!({})))),
        RetryAdvice::Backoff
    ));
    assert!(matches!(
        advice(Ok(reply(404, json!({})))),
        RetryAdvice::Never
    ));
    assert!(matches!(
        advice(Err(Failure::transient("timeout", "x"))),
        RetryAdvice::Never
    ));
    assert!(matches!(
        advice(Err(Failure::permanent("denied", "x"))),
        RetryAdvice::Never
    ));
    assert!(matches!(
        advice(Err(Failure::transient("rate-limited", "x"))),
        RetryAdvice::Backoff
    ));
}

#[test]
fn the_bot_speaks_only_where_it_was_spoken_to() {
    let world = acquainted();
    for to in [
        "user:somebody",
        "conversation:19:other@thread",
        "",
        "user:29:nobody",
    ] {
        let (advice, why) = failed(&text(&world, &settings(json!({})), to, "hi"));
        assert!(
            matches!(advice, RetryAdvice::Never) && why.starts_with("unknown-conversation"),
            "{why}"
        );
    }
    assert_eq!(
        ids(&text(&world, &settings(json!({})), "user:29:ada", "hi")),
        ["said"]
    );
}

fn send_file(world: &Double, more: Value, to: &str) -> Delivered {
    let settings = settings(more);
    let file = File::Stored {
        id: "f".into(),
        name: None,
        kind: None,
    };
    Voice {
        world,
        settings: &settings,
    }
    .files(target(to), "look", Format::Markdown, &[file])
    .unwrap()
}

#[test]
fn a_small_picture_is_in_the_message() {
    let world = acquainted();
    world.store("f", b"hi", "image/png", "a.png");
    for to in [
        format!("user:{ADA}"),
        "conversation:19:g@thread.v2".to_owned(),
    ] {
        ids(&send_file(&world, json!({}), &to));
    }
    for said in world.documents("/v3/") {
        assert_eq!(said["text"], "look");
        let expect = json!([{"name": "a.png", "contentType": "image/png", "contentUrl": "data:image/png;base64,aGk="}]);
        assert_eq!(said["attachments"], expect);
    }
}

#[test]
fn a_person_is_asked_before_a_file_comes() {
    let world = acquainted();
    let settings = settings(json!({}));
    world.store("f", b"bytes", "application/pdf", "plan.pdf");
    ids(&send_file(&world, json!({}), &format!("user:{ADA}")));
    let card = world.documents("/v3/")[0]["attachments"][0].clone();
    assert_eq!(card["content"]["description"], "look");
    let context = card["content"]["acceptContext"].clone();
    world.on("PUT", "sharepoint.com", 201, json!({}));
    let answer = |action: &str, url: &str, conversation: &str| {
        let body = personal(json!({
            "type": "invoke", "name": "fileConsent/invoke", "conversation": {"id": conversation, "conversationType": "personal"},
            "value": {"type": "fileUpload", "action": action, "context": context, "uploadInfo": {
                "name": "plan.pdf", "uploadUrl": url, "contentUrl": "https://c", "uniqueId": "u", "fileType": "pdf"}},
        }));
        upload::answered(
            &Voice {
                world: &world,
                settings: &settings,
            },
            &Activity::read(&body).unwrap(),
        )
        .unwrap();
        let said = world.documents("/v3/");
        said.last().cloned().unwrap()
    };
    let good = "https://contoso.sharepoint.com/up";
    // Somebody else's yes is no yes, and their no is no no.
    assert_eq!(answer("accept", good, "a:2")["text"], consent::TOO_LATE);
    answer("decline", good, "a:2");
    assert_eq!(
        answer("accept", good, "a:1")["attachments"][0]["content"],
        json!({"uniqueId": "u", "fileType": "pdf"})
    );
    let put = &world.requests(good)[0];
    assert_eq!(put.body, Body::File("f".into(), "application/pdf".into()));
    assert_eq!(put.headers, [("Content-Range", "bytes 0-4/5".to_owned())]);
    assert_eq!(put.key, Key::None);
    assert_eq!(answer("accept", good, "a:1")["text"], consent::TOO_LATE);
    assert_eq!(world.requests(good).len(), 1);
}

#[test]
fn a_file_goes_to_no_foreign_host() {
    let world = acquainted();
    let settings = settings(json!({}));
    world.store("f", b"bytes", "application/pdf", "plan.pdf");
    ids(&send_file(&world, json!({}), &format!("user:{ADA}")));
    let context = world.documents("/v3/")[0]["attachments"][0]["content"]["acceptContext"].clone();
    let body = personal(json!({
        "type": "invoke", "name": "fileConsent/invoke",
        "value": {"type": "fileUpload", "action": "accept", "context": context,
                  "uploadInfo": {"name": "plan.pdf", "uploadUrl": "https://evil.example/up"}},
    }));
    upload::answered(
        &Voice {
            world: &world,
            settings: &settings,
        },
        &Activity::read(&body).unwrap(),
    )
    .unwrap();
    assert!(world.requests("evil").is_empty());
    assert_eq!(
        world.documents("/v3/").last().unwrap()["text"],
        "File upload failed: files do not go to that host"
    );
}

#[test]
fn a_file_for_a_group_goes_to_the_site_and_its_people() {
    let world = acquainted();
    world.store("f", b"bytes", "application/pdf", "plan.pdf");
    world.on(
        "PUT",
        "/v1.0/sites/s/drive/root:/OpenClawShared/plan.pdf:/content",
        201,
        json!({"id": "i", "webUrl": "w", "name": "plan.pdf"}),
    );
    world.on(
        "GET",
        "/v1.0/chats/19:g@thread.v2/members",
        200,
        json!({"value": [{"userId": "u1"}]}),
    );
    world.on(
        "POST",
        "/beta/sites/s/drive/items/i/createLink",
        200,
        json!({"link": {"webUrl": "l"}}),
    );
    world.on(
        "GET",
        "/v1.0/sites/s/drive/items/i?",
        200,
        json!({"eTag": "\"{G},1\"", "webDavUrl": "d", "name": "plan.pdf"}),
    );
    ids(&send_file(
        &world,
        json!({"sharePointSiteId": "s"}),
        "conversation:19:g@thread.v2",
    ));
    assert_eq!(
        world.documents("createLink")[0]["recipients"],
        json!([{"objectId": "u1"}])
    );
    let said = world.documents("/v3/").remove(0);
    assert_eq!(
        (
            said["text"].as_str(),
            said["attachments"][0]["content"]["uniqueId"].as_str()
        ),
        (Some("look"), Some("G"))
    );
    // In a channel the link is for the organization, and so it is when nobody may know who is in the chat.
    world.on(
        "POST",
        "/v1.0/sites/s/drive/items/i/createLink",
        200,
        json!({"link": {"webUrl": "l"}}),
    );
    ids(&send_file(
        &world,
        json!({"sharePointSiteId": "s"}),
        "conversation:19:c@thread.tacv2",
    ));
    world.on("GET", "/v1.0/chats/", 403, json!({}));
    ids(&send_file(
        &world,
        json!({"sharePointSiteId": "s"}),
        "conversation:19:g@thread.v2",
    ));
    assert_eq!(
        world
            .documents("/v1.0/sites/s/drive/items/i/createLink")
            .len(),
        2
    );
}

#[test]
fn without_a_site_a_file_for_a_group_is_a_link() {
    let world = acquainted();
    world.store("f", b"bytes", "application/pdf", "plan.pdf");
    world.on(
        "PUT",
        "/v1.0/me/drive/root:/OpenClawShared/plan.pdf:/content",
        201,
        json!({"id": "i", "webUrl": "w", "name": "plan.pdf"}),
    );
    world.on(
        "POST",
        "/v1.0/me/drive/items/i/createLink",
        200,
        json!({"link": {"webUrl": "https://l"}}),
    );
    ids(&send_file(&world, json!({}), "conversation:19:g@thread.v2"));
    assert_eq!(
        world.documents("/v3/")[0]["text"],
        "look\n\n📎 [plan.pdf](https://l)"
    );
}

#[test]
fn a_drive_that_takes_nothing_says_whether_to_try_again() {
    let world = acquainted();
    world.store("f", b"bytes", "application/pdf", "plan.pdf");
    world.answer("PUT", "/v1.0/me/drive", || {
        Ok(Reply {
            wait: Some(9000),
            ..reply(429, json!({}))
        })
    });
    let (advice, _) = failed(&send_file(&world, json!({}), "conversation:19:g@thread.v2"));
    assert!(matches!(advice, RetryAdvice::After(9000)));
    assert!(world.requests("/v3/").is_empty());
    world.store("f", &vec![0; 2 << 20], "image/png", "a.png");
    let (advice, why) = failed(&send_file(
        &world,
        json!({"mediaMaxMb": 1}),
        &format!("user:{ADA}"),
    ));
    assert!(
        matches!(advice, RetryAdvice::Never) && why.starts_with("too-large"),
        "{why}"
    );
}

#[test]
fn messages_are_changed_and_taken_back() {
    let world = acquainted();
    let settings = settings(json!({}));
    let voice = Voice {
        world: &world,
        settings: &settings,
    };
    world.on(
        "PUT",
        "/v3/conversations/a:1/activities/m%2F9",
        200,
        json!({"id": "m/9"}),
    );
    world.on(
        "DELETE",
        "/v3/conversations/a:1/activities/m%2F9",
        200,
        json!({}),
    );
    let ada = format!("user:{ADA}");
    assert_eq!(
        ids(&voice
            .edit(target(&ada), "m/9", "new", Format::Plain)
            .unwrap()),
        ["m/9"]
    );
    assert_eq!(world.documents("m%2F9")[0]["text"], "new");
    assert_eq!(ids(&voice.delete(target(&ada), "m/9").unwrap()), ["m/9"]);
    ids(&voice.typing(target(&ada)).unwrap());
    assert_eq!(world.documents("/v3/").last().unwrap()["type"], "typing");
}

#[test]
fn no_more_conversations_are_remembered_than_may_be() {
    let world = Double::new();
    for at in 0..1001u64 {
        world.pass(1);
        deliver(
            &world,
            json!({}),
            personal(
                json!({"conversation": {"id": format!("a:{at}"), "conversationType": "personal"}}),
            ),
        );
    }
    let kept = world.keys("conversation/", None, 5000).unwrap();
    assert_eq!(kept.len(), 900);
    assert!(
        kept.contains(&"conversation/a:1000".to_owned())
            && !kept.contains(&"conversation/a:0".to_owned())
    );
    assert!(world.now() > NOW);
}
