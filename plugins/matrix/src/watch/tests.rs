use overgrow_sdk::host::inbound::{self, ChatKind, Receipt};
use serde_json::{Value, json};

use super::*;
use crate::double::Double;
use crate::session;
use crate::trouble::Logout;

const SYNC: &str = "GET /_matrix/client/v3/sync";
const DIRECT: &str = "GET /_matrix/client/v3/user/%40bot%3Ahs.example/account_data/m.direct";
const BOT: &str = "@bot:hs.example";
const MINUTE: u64 = 60_000;

/// A host at which the bot is in `!dm:b` with Alice and in `!room:b` with Alice and Carol.
fn world() -> Double {
    let world = Double::new();
    world.secret(session::GIVEN, "t");
    world.answer(
        DIRECT,
        404,
        json!({"errcode": "M_NOT_FOUND", "error": "Account data not found"}),
    );
    members(&world, "!dm:b", &["@alice:b", BOT]);
    members(&world, "!room:b", &["@alice:b", "@carol:b", BOT]);
    world.answer(
        "GET /_matrix/client/v3/rooms/%21room%3Ab/state/m.room.name/",
        200,
        json!({"name": "Operations"}),
    );
    world
}

fn members(world: &Double, room: &str, users: &[&str]) {
    let joined: serde_json::Map<String, Value> = users
        .iter()
        .map(|user| {
            (
                (*user).to_owned(),
                json!({"display_name": names::local(user)}),
            )
        })
        .collect();
    let path = format!(
        "GET /_matrix/client/v3/rooms/{}/joined_members",
        names::segment(room)
    );
    world.answer(&path, 200, json!({"joined": joined}));
}

fn watch(world: &Double, more: Value) -> Watch {
    let mut all = json!({"homeserver": "https://hs.example", "userId": BOT, "dm": {"policy": "open"}, "groups": {"!room:b": {}}});
    all.as_object_mut()
        .expect("a map")
        .extend(more.as_object().expect("a map").clone());
    Watch::new(
        Settings::parse(&all.to_string()).expect("settings"),
        world.now(),
    )
}

fn message(world: &Double, id: &str, sender: &str, content: Value) -> Value {
    json!({"type": "m.room.message", "event_id": id, "sender": sender, "origin_server_ts": world.now(), "content": content})
}

fn text(world: &Double, id: &str, sender: &str, body: &str) -> Value {
    message(
        world,
        id,
        sender,
        json!({"msgtype": "m.text", "body": body}),
    )
}

fn news(world: &Double, next: &str, room: &str, events: Value) {
    let joined = json!({room: {"timeline": {"events": events, "limited": false}}});
    world.answer(
        SYNC,
        200,
        json!({"next_batch": next, "rooms": {"join": joined}}),
    );
}

fn tick(watch: &mut Watch, world: &Double) -> Next {
    watch.tick(world, world.now() + MINUTE)
}

fn said(world: &Double) -> Vec<String> {
    let text = |event: inbound::Event| match event {
        inbound::Event::Message(message) => message.text,
        other => panic!("{other:?}"),
    };
    world
        .submitted()
        .into_iter()
        .map(|(event, _)| text(event))
        .collect()
}

fn first(world: &Double) -> inbound::Message {
    match world.submitted().into_iter().next() {
        Some((inbound::Event::Message(message), _)) => message,
        other => panic!("{other:?}"),
    }
}

fn syncs(world: &Double) -> Vec<String> {
    let all = world.requests().into_iter().map(|request| request.url);
    all.filter(|url| url.contains("/sync?")).collect()
}

#[test]
fn history_is_not_heard_and_what_comes_after_is() {
    let world = world();
    let mut watch = watch(&world, json!({}));
    let old = json!({"type": "m.room.message", "event_id": "$old", "sender": "@alice:b", "origin_server_ts": world.now() - 1, "content": {"msgtype": "m.text", "body": "old"}});
    news(&world, "s1", "!dm:b", json!([old]));
    news(
        &world,
        "s2",
        "!dm:b",
        json!([
            text(&world, "$new", "@alice:b", "new"),
            text(&world, "$own", BOT, "mine")
        ]),
    );
    assert_eq!(tick(&mut watch, &world), Next::After(0));
    assert_eq!(tick(&mut watch, &world), Next::After(0));
    assert_eq!(said(&world), ["new"]);
    let urls = syncs(&world);
    assert!(
        urls[0].contains("timeout=0&") && !urls[0].contains("since="),
        "{}",
        urls[0]
    );
    assert!(
        urls[1].contains("timeout=30000&") && urls[1].ends_with("&since=s1"),
        "{}",
        urls[1]
    );
}

#[test]
fn a_message_says_who_where_and_when() {
    let world = world();
    let mut watch = watch(&world, json!({}));
    news(
        &world,
        "s1",
        "!dm:b",
        json!([text(&world, "$a", "@alice:b", " hi ")]),
    );
    tick(&mut watch, &world);
    let message = first(&world);
    assert_eq!(
        (
            message.channel.as_str(),
            message.id.as_str(),
            message.text.as_str()
        ),
        ("matrix", "$a", "hi")
    );
    assert_eq!(
        (message.sender.id.as_str(), message.sender.name.as_deref()),
        ("@alice:b", Some("alice"))
    );
    assert_eq!(
        (message.chat, message.conversation.as_str()),
        (ChatKind::Direct, "!dm:b")
    );
    assert!(message.addressed);
    assert_eq!(message.sent_at, world.now());
    assert!(
        message
            .extra
            .contains(&("standing".into(), "allowed".into()))
    );
    assert!(
        world
            .asked()
            .contains(&"POST /_matrix/client/v3/rooms/%21dm%3Ab/receipt/m.read/%24a".to_owned())
    );
}

#[test]
fn in_a_room_only_a_mention_is_heard() {
    let world = world();
    let mut watch = watch(&world, json!({"mentionPatterns": ["\\bbotty\\b", "(("]}));
    let mention = json!({"msgtype": "m.text", "body": "you", "m.mentions": {"user_ids": [BOT]}});
    let events = json!([
        text(&world, "$a", "@alice:b", "not you"),
        message(&world, "$b", "@alice:b", mention),
        text(&world, "$c", "@carol:b", "hey Botty!"),
        message(
            &world,
            "$d",
            "@carol:b",
            json!({"msgtype": "m.text", "body": "all", "m.mentions": {"room": true}})
        ),
    ]);
    news(&world, "s1", "!room:b", events);
    tick(&mut watch, &world);
    assert_eq!(said(&world), ["you", "hey Botty!", "all"]);
    let message = first(&world);
    assert_eq!(
        (message.chat, message.conversation_name.as_deref()),
        (ChatKind::Channel, Some("Operations"))
    );
}

#[test]
fn a_room_may_need_no_mention() {
    let world = world();
    let mut watch = watch(
        &world,
        json!({"groups": {"!room:b": {"requireMention": false, "systemPrompt": " be kind ", "skills": ["a", "b"]}}}),
    );
    news(
        &world,
        "s1",
        "!room:b",
        json!([text(&world, "$a", "@alice:b", "anybody?")]),
    );
    tick(&mut watch, &world);
    let extra = first(&world).extra;
    for pair in [
        ("system-prompt", "be kind"),
        ("skills", "a,b"),
        ("mentioned", "false"),
    ] {
        assert!(extra.contains(&(pair.0.into(), pair.1.into())), "{extra:?}");
    }
}

#[test]
fn a_room_that_is_not_listed_is_not_heard() {
    let world = world();
    let mut watch = watch(&world, json!({"groups": {}}));
    news(
        &world,
        "s1",
        "!room:b",
        json!([message(
            &world,
            "$b",
            "@alice:b",
            json!({"body": "x", "m.mentions": {"user_ids": [BOT]}})
        )]),
    );
    tick(&mut watch, &world);
    assert!(said(&world).is_empty());
}

#[test]
fn a_room_may_be_listed_by_an_alias() {
    let world = world();
    world.answer(
        "GET /_matrix/client/v3/directory/room/%23ops%3Ab",
        200,
        json!({"room_id": "!room:b"}),
    );
    let mut watch = watch(
        &world,
        json!({"groups": {"#ops:b": {"requireMention": false}}}),
    );
    news(
        &world,
        "s1",
        "!room:b",
        json!([text(&world, "$a", "@alice:b", "anybody?")]),
    );
    tick(&mut watch, &world);
    let message = first(&world);
    assert_eq!(
        (
            message.conversation.as_str(),
            message.conversation_name.as_deref()
        ),
        ("!room:b", Some("#ops:b"))
    );
}

#[test]
fn threads_go_where_the_operator_wants() {
    let thread = |threads: &str, relation: Value| {
        let world = world();
        let mut watch = watch(&world, json!({"threadReplies": threads}));
        let content = json!({"msgtype": "m.text", "body": "x", "m.relates_to": relation});
        news(
            &world,
            "s1",
            "!dm:b",
            json!([message(&world, "$a", "@alice:b", content)]),
        );
        tick(&mut watch, &world);
        first(&world).thread
    };
    let inside = || json!({"rel_type": "m.thread", "event_id": "$root"});
    assert_eq!(thread("inbound", inside()).as_deref(), Some("$root"));
    assert_eq!(thread("inbound", json!({})), None);
    assert_eq!(thread("off", inside()), None);
    assert_eq!(thread("always", json!({})).as_deref(), Some("$a"));
}

#[test]
fn a_file_is_taken_along() {
    let world = world();
    let mut watch = watch(&world, json!({}));
    world.answer(
        "GET /_matrix/client/v1/media/download/b/abc",
        200,
        json!("bytes"),
    );
    let content = json!({"msgtype": "m.image", "body": "cat.png", "url": "mxc://b/abc", "info": {"mimetype": "image/png", "size": 7}});
    news(
        &world,
        "s1",
        "!dm:b",
        json!([message(&world, "$a", "@alice:b", content)]),
    );
    tick(&mut watch, &world);
    let (_, files) = world.submitted().remove(0);
    assert_eq!(
        world.file(&files[0]).expect("a file").name.as_deref(),
        Some("cat.png")
    );
}

#[test]
fn a_file_that_cannot_be_had_leaves_the_words() {
    let world = world();
    let mut watch = watch(&world, json!({}));
    let content = json!({"msgtype": "m.file", "body": "look at this", "url": "mxc://b/abc", "info": {"size": 999_999_999}});
    news(
        &world,
        "s1",
        "!dm:b",
        json!([message(&world, "$a", "@alice:b", content)]),
    );
    tick(&mut watch, &world);
    assert_eq!(said(&world), ["look at this"]);
    assert!(world.submitted()[0].1.is_empty());
}

#[test]
fn an_encrypted_room_is_reported_once() {
    let world = world();
    let mut watch = watch(&world, json!({}));
    let secret = |id: &str| json!({"type": "m.room.encrypted", "event_id": id, "sender": "@alice:b", "origin_server_ts": world.now(), "content": {"algorithm": "m.megolm.v1.aes-sha2", "ciphertext": "AwgAEnACgAkLmt6qF84IK++J7UDH2Za1YVchHyprqTqsg"}});
    news(&world, "s1", "!dm:b", json!([secret("$a"), secret("$b")]));
    news(&world, "s2", "!dm:b", json!([secret("$c")]));
    tick(&mut watch, &world);
    tick(&mut watch, &world);
    assert!(said(&world).is_empty());
    assert_eq!(
        world
            .lines()
            .iter()
            .filter(|line| line.contains("neither read nor answered"))
            .count(),
        1
    );
}

#[test]
fn a_stranger_is_shown_a_code_in_the_chat() {
    let world = world();
    let mut watch = watch(&world, json!({"dm": {"policy": "pairing"}}));
    world.receipt(Ok(Receipt::Pairing(Some("Pairing code: ABC".into()))));
    world.answer(
        "GET /_matrix/client/v3/rooms/%21dm%3Ab/state/m.room.encryption/",
        404,
        json!({"errcode": "M_NOT_FOUND"}),
    );
    let sent = "PUT /_matrix/client/v3/rooms/%21dm%3Ab/send/m.room.message/pairing.%24a";
    world.answer(sent, 200, json!({"event_id": "$code"}));
    news(
        &world,
        "s1",
        "!dm:b",
        json!([text(&world, "$a", "@alice:b", "hi")]),
    );
    tick(&mut watch, &world);
    assert!(
        first(&world)
            .extra
            .contains(&("standing".into(), "unknown".into()))
    );
    let request = world
        .requests()
        .into_iter()
        .find(|request| request.method == "PUT")
        .expect("a code");
    let Body::Json(body) = request.body else {
        panic!("a document")
    };
    assert_eq!(body["body"], "Pairing code: ABC");
}

#[test]
fn no_code_is_shown_where_only_the_listed_may_write() {
    let world = world();
    let mut watch = watch(&world, json!({"dm": {"policy": "allowlist"}}));
    world.receipt(Ok(Receipt::Pairing(Some("Pairing code: ABC".into()))));
    news(
        &world,
        "s1",
        "!dm:b",
        json!([text(&world, "$a", "@alice:b", "hi")]),
    );
    tick(&mut watch, &world);
    assert!(
        world
            .requests()
            .iter()
            .all(|request| request.method == "GET")
    );
}

#[test]
fn what_the_gateway_could_not_take_is_handed_on_later() {
    let world = world();
    let mut watch = watch(&world, json!({}));
    world.receipt(Ok(Receipt::Accepted("r".into())));
    world.receipt(Err(Trouble::new(Cause::Away, "the gateway is away")));
    news(
        &world,
        "s1",
        "!dm:b",
        json!([
            text(&world, "$a", "@alice:b", "one"),
            text(&world, "$b", "@alice:b", "two")
        ]),
    );
    assert_eq!(tick(&mut watch, &world), Next::After(1000));
    assert!(watch.health().is_err());
    assert_eq!(world.recall(KEY), Ok(None));
    assert_eq!(tick(&mut watch, &world), Next::After(0));
    assert_eq!(said(&world), ["one", "two"]);
    assert_eq!(syncs(&world).len(), 1);
    assert_eq!(watch.health(), Ok("listening, 2 messages taken".into()));
}

#[test]
fn what_can_never_be_handed_on_does_not_block_the_rest() {
    let world = world();
    let mut watch = watch(&world, json!({}));
    world.receipt(Err(Trouble::refused("denied")));
    news(
        &world,
        "s1",
        "!dm:b",
        json!([
            text(&world, "$a", "@alice:b", "one"),
            text(&world, "$b", "@alice:b", "two")
        ]),
    );
    assert_eq!(tick(&mut watch, &world), Next::After(0));
    assert_eq!(said(&world), ["two"]);
}

#[test]
fn a_restart_goes_on_where_it_was_and_hears_what_is_recent() {
    let world = world();
    let mut before = watch(&world, json!({}));
    news(&world, "s1", "!dm:b", json!([]));
    tick(&mut before, &world);
    world.pass(1000);
    let recent = text(&world, "$recent", "@alice:b", "recent");
    world.pass(10 * MINUTE);
    let missed = text(&world, "$missed", "@alice:b", "missed");
    world.pass(MINUTE);
    let mut after = watch(&world, json!({}));
    news(&world, "s2", "!dm:b", json!([recent, missed]));
    world.pass(MINUTE);
    tick(&mut after, &world);
    assert!(syncs(&world)[1].ends_with("&since=s1"));
    assert_eq!(said(&world), ["missed"]);
}

#[test]
fn a_limit_is_obeyed_and_trouble_waits_longer_each_time() {
    let world = world();
    let mut watch = watch(&world, json!({}));
    world.answer(
        SYNC,
        429,
        json!({"errcode": "M_LIMIT_EXCEEDED", "retry_after_ms": 4321}),
    );
    world.answer(SYNC, 502, json!({}));
    world.answer(SYNC, 502, json!({}));
    assert_eq!(tick(&mut watch, &world), Next::After(4321));
    assert_eq!(tick(&mut watch, &world), Next::After(2000));
    assert_eq!(tick(&mut watch, &world), Next::After(4000));
    for _ in 0..40 {
        tick(&mut watch, &world);
    }
    assert_eq!(tick(&mut watch, &world), Next::After(300_000));
}

#[test]
fn a_given_token_that_is_lost_ends_it() {
    let world = world();
    let mut watch = watch(&world, json!({}));
    world.answer(SYNC, 401, json!({"errcode": "M_UNKNOWN_TOKEN", "error": "Unrecognised access token", "soft_logout": false}));
    assert_eq!(tick(&mut watch, &world), Next::Never);
    assert!(
        watch
            .health()
            .expect_err("ill")
            .contains("does not know the access token")
    );
}

#[test]
fn a_token_of_its_own_is_replaced() {
    let world = Double::new();
    world.secret(session::PASSWORD, "p");
    world.answer(
        "POST /_matrix/client/v3/login",
        200,
        json!({"access_token": "x", "user_id": BOT, "device_id": "D"}),
    );
    world.answer(SYNC, 401, json!({"errcode": "M_UNKNOWN_TOKEN"}));
    world.answer(SYNC, 200, json!({"next_batch": "s1"}));
    let mut watch = watch(&world, json!({}));
    assert_eq!(tick(&mut watch, &world), Next::After(0));
    assert_eq!(
        world
            .asked()
            .iter()
            .filter(|line| line.ends_with("/login"))
            .count(),
        2
    );
    assert_eq!(
        Trouble::new(Cause::Token(Logout::Hard), "").code(),
        "logged-out"
    );
}

fn invite(world: &Double, room: &str) {
    let state = json!([{"type": "m.room.member", "state_key": BOT, "sender": "@alice:b", "content": {"membership": "invite"}}]);
    world.answer(SYNC, 200, json!({"next_batch": "s1", "rooms": {"invite": {room: {"invite_state": {"events": state}}}}}));
}

fn joins(more: Value, room: &str) -> usize {
    let world = world();
    let mut watch = watch(&world, more);
    invite(&world, room);
    world.answer(SYNC, 200, json!({"next_batch": "s2"}));
    world.answer(
        &format!("POST /_matrix/client/v3/join/{}", names::segment(room)),
        200,
        json!({"room_id": room}),
    );
    world.answer(
        "GET /_matrix/client/v3/directory/room/%23ops%3Ab",
        200,
        json!({"room_id": "!ops:b"}),
    );
    tick(&mut watch, &world);
    tick(&mut watch, &world);
    world
        .asked()
        .iter()
        .filter(|line| line.contains("/join/"))
        .count()
}

#[test]
fn invitations_are_accepted_as_the_operator_wants() {
    assert_eq!(joins(json!({}), "!x:b"), 1);
    assert_eq!(joins(json!({"autoJoin": "off"}), "!x:b"), 0);
    let listed = json!({"autoJoin": "allowlist", "autoJoinAllowlist": ["!y:b", "#ops:b"]});
    assert_eq!(joins(listed.clone(), "!x:b"), 0);
    assert_eq!(joins(listed.clone(), "!y:b"), 1);
    assert_eq!(joins(listed, "!ops:b"), 1);
    assert_eq!(
        joins(
            json!({"autoJoin": "allowlist", "autoJoinAllowlist": ["*"]}),
            "!x:b"
        ),
        1
    );
}

#[test]
fn a_gap_is_told_of_but_for_rooms_just_joined() {
    let gap = |join: &str| {
        let world = world();
        let mut watch = watch(&world, json!({"autoJoin": join}));
        invite(&world, "!room:b");
        world.answer(
            "POST /_matrix/client/v3/join/%21room%3Ab",
            200,
            json!({"room_id": "!room:b"}),
        );
        let joined = json!({"!room:b": {"timeline": {"events": [], "limited": true}}});
        world.answer(
            SYNC,
            200,
            json!({"next_batch": "s2", "rooms": {"join": joined}}),
        );
        tick(&mut watch, &world);
        tick(&mut watch, &world);
        world
            .lines()
            .iter()
            .filter(|line| line.contains("more was said"))
            .count()
    };
    assert_eq!((gap("always"), gap("off")), (0, 1));
}

#[test]
fn an_invitation_that_fails_for_now_is_tried_again() {
    let world = world();
    let mut watch = watch(&world, json!({}));
    invite(&world, "!x:b");
    world.answer(SYNC, 200, json!({"next_batch": "s2"}));
    let join = "POST /_matrix/client/v3/join/%21x%3Ab";
    world.answer(join, 429, json!({"errcode": "M_LIMIT_EXCEEDED"}));
    world.answer(join, 403, json!({"errcode": "M_FORBIDDEN"}));
    for _ in 0..4 {
        tick(&mut watch, &world);
    }
    assert_eq!(world.asked().iter().filter(|line| *line == join).count(), 2);
}

#[test]
fn an_answer_without_time_left_is_worked_through_later() {
    let world = world();
    let mut watch = watch(&world, json!({}));
    news(
        &world,
        "s1",
        "!dm:b",
        json!([text(&world, "$a", "@alice:b", "one")]),
    );
    assert_eq!(
        watch.tick(&world, world.now() + RESERVE - 1),
        Next::After(0)
    );
    assert!(said(&world).is_empty());
    tick(&mut watch, &world);
    assert_eq!(said(&world), ["one"]);
    assert_eq!(syncs(&world).len(), 1);
}
