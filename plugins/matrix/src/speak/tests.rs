use overgrow_sdk::host::types::RetryAdvice;
use serde_json::{Value, json};

use super::*;
use crate::double::Double;
use crate::session;
use crate::settings::Settings;

const ENCRYPTION: &str = "GET /_matrix/client/v3/rooms/%21room%3Ab/state/m.room.encryption/";

fn settings() -> Settings {
    Settings::parse(r#"{"homeserver":"https://hs.example","userId":"@bot:hs.example","mediaMaxMb":1,"textChunkLimit":20}"#).expect("settings")
}

/// A host at which the bot is in `!room:b`, which is not encrypted.
fn world() -> Double {
    let world = Double::new();
    world.secret(session::GIVEN, "t");
    world.answer(ENCRYPTION, 404, json!({"errcode": "M_NOT_FOUND"}));
    world
}

fn speaker<'a>(world: &'a Double, settings: &'a Settings) -> Speaker<'a, Double> {
    let client = Client::open(world, settings).expect("a client");
    Speaker {
        client,
        call: "call-1".into(),
    }
}

fn target(to: &str) -> Target {
    Target {
        to: to.into(),
        account: None,
        thread: None,
        reply_to: None,
        silent: false,
        extra: Vec::new(),
    }
}

fn words(body: &str) -> Text {
    Text {
        body: body.into(),
        format: TextFormat::Markdown,
    }
}

fn attachment(kind: MediaKind, id: &str) -> Attachment {
    Attachment {
        kind,
        media_id: Some(id.into()),
        url: None,
        filename: None,
        content_type: None,
        duration: None,
        extra: Vec::new(),
    }
}

/// The path at which a part of the call is sent.
fn event_path(kind: &str, at: usize, seed: &str) -> String {
    format!(
        "PUT /_matrix/client/v3/rooms/%21room%3Ab/send/{kind}/call-1.{at}.{:016x}",
        fingerprint(seed)
    )
}

fn takes(world: &Double, at: usize, content: &Value, id: &str) {
    world.answer(
        &event_path("m.room.message", at, &content.to_string()),
        200,
        json!({"event_id": id}),
    );
}

fn puts(world: &Double) -> Vec<Value> {
    let body = |request: Request| match request.body {
        Body::Json(value) => value,
        other => panic!("{other:?}"),
    };
    world
        .requests()
        .into_iter()
        .filter(|request| request.method == "PUT")
        .map(body)
        .collect()
}

fn ids(delivered: &Delivered) -> Vec<String> {
    match delivered {
        Delivered::Sent(parts) | Delivered::Partial(parts, ..) => parts.message_ids.clone(),
        other => panic!("{other:?}"),
    }
}

fn why(delivered: &Delivered) -> (RetryAdvice, String) {
    match delivered {
        Delivered::Failed(retry, why) | Delivered::Partial(_, retry, why) => (*retry, why.clone()),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_text_is_sent_with_what_it_answers() {
    let (world, settings) = (world(), settings());
    let relation = Relation::Reply("$q".into());
    let content = content::text("**hi**", Some(&relation));
    takes(&world, 0, &content, "$a");
    let target = Target {
        reply_to: Some("$q".into()),
        ..target("room:!room:b")
    };
    let delivered = speaker(&world, &settings).text(&target, &words("**hi**"));
    assert_eq!(ids(&delivered), ["$a"]);
    assert_eq!(puts(&world), [content]);
    assert!(
        matches!(delivered, Delivered::Sent(parts) if parts.conversation.as_deref() == Some("!room:b"))
    );
}

#[test]
fn a_call_that_is_repeated_sends_the_same_events() {
    let (world, settings) = (world(), settings());
    takes(&world, 0, &content::text("one", None), "$a");
    for _ in 0..2 {
        assert_eq!(
            ids(&speaker(&world, &settings).text(&target("!room:b"), &words("one"))),
            ["$a"]
        );
    }
    let asked = world.asked();
    let sent: Vec<_> = asked
        .iter()
        .filter(|line| line.starts_with("PUT"))
        .collect();
    assert_eq!(sent.len(), 2);
    assert_eq!(sent[0], sent[1]);
}

#[test]
fn a_long_text_becomes_several_and_says_how_far_it_came() {
    let (world, settings) = (world(), settings());
    takes(&world, 0, &content::text("first of the three", None), "$a");
    let second = event_path(
        "m.room.message",
        1,
        &content::text("second of the three", None).to_string(),
    );
    world.answer(
        &second,
        429,
        json!({"errcode": "M_LIMIT_EXCEEDED", "retry_after_ms": 1500}),
    );
    let delivered = speaker(&world, &settings).text(
        &target("!room:b"),
        &words("first of the three second of the three third"),
    );
    assert_eq!(ids(&delivered), ["$a"]);
    assert!(matches!(why(&delivered).0, RetryAdvice::After(1500)));
}

#[test]
fn an_encrypted_room_is_never_answered() {
    let settings = settings();
    let world = Double::new();
    world.secret(session::GIVEN, "t");
    world.answer(
        ENCRYPTION,
        200,
        json!({"algorithm": "m.megolm.v1.aes-sha2"}),
    );
    let speaker = speaker(&world, &settings);
    let to = target("!room:b");
    let poll = Poll {
        question: "q".into(),
        options: vec!["a".into()],
        max_choices: 1,
        closes_after: None,
    };
    world.put(
        "m",
        Stored {
            size: 1,
            content_type: None,
            name: None,
            head: vec![],
        },
    );
    for delivered in [
        speaker.text(&to, &words("hi")),
        speaker.media(&to, None, &[attachment(MediaKind::Image, "m")]),
        speaker.poll(&to, &poll),
        speaker.edit(&to, "$a", &words("hi")),
        speaker.react(&to, "$a", "👍"),
    ] {
        let (retry, why) = why(&delivered);
        assert!(
            matches!(retry, RetryAdvice::Never) && why.contains("encrypted"),
            "{why}"
        );
    }
    // Encryption is never turned off, so that nobody is asked again.
    assert_eq!(world.asked(), [ENCRYPTION]);
}

#[test]
fn whether_a_room_is_encrypted_must_be_known() {
    let settings = settings();
    let world = Double::new();
    world.secret(session::GIVEN, "t");
    world.answer(ENCRYPTION, 502, json!({}));
    let delivered = speaker(&world, &settings).text(&target("!room:b"), &words("hi"));
    assert!(matches!(why(&delivered).0, RetryAdvice::Backoff));
    assert!(puts(&world).is_empty());
}

#[test]
fn html_is_cut_down_and_plain_text_stays_plain() {
    let (world, settings) = (world(), settings());
    let html = Text {
        body: "<b>a</b><img src=x>".into(),
        format: TextFormat::Html,
    };
    let plain = Text {
        body: "*a*".into(),
        format: TextFormat::Plain,
    };
    takes(&world, 0, &content::html(&html.body, None), "$a");
    takes(&world, 0, &content::plain("*a*", None), "$b");
    let speaker = speaker(&world, &settings);
    speaker.text(&target("!room:b"), &html);
    speaker.text(&target("!room:b"), &plain);
    let sent = puts(&world);
    assert_eq!(sent[0]["formatted_body"], "<b>a</b>");
    assert_eq!(sent[1], json!({"msgtype": "m.text", "body": "*a*"}));
}

#[test]
fn nothing_to_say_and_nobody_to_say_it_to_are_refused() {
    let (world, settings) = (world(), settings());
    let speaker = speaker(&world, &settings);
    for (to, body) in [("!room:b", "  "), ("nobody", "hi"), ("", "hi")] {
        let delivered = speaker.text(&target(to), &words(body));
        assert!(matches!(why(&delivered).0, RetryAdvice::Never), "{to}");
    }
}

/// A PNG's head: 3 by 2 pixels.
fn png() -> Vec<u8> {
    let mut head = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR".to_vec();
    head.extend([0, 0, 0, 3, 0, 0, 0, 2, 8, 6, 0, 0, 0]);
    head
}

#[test]
fn a_file_is_uploaded_once_and_its_caption_is_split() {
    let (world, settings) = (world(), settings());
    world.put(
        "m",
        Stored {
            size: 9,
            content_type: Some("image/png".into()),
            name: Some("cat.png".into()),
            head: png(),
        },
    );
    world.answer(
        "POST /_matrix/media/v3/upload",
        200,
        json!({"content_uri": "mxc://hs.example/one"}),
    );
    world.answer(
        &event_path("m.room.message", 0, "m.image m a cat, and a lot of"),
        200,
        json!({"event_id": "$a"}),
    );
    takes(&world, 1, &content::text("words", None), "$b");
    for _ in 0..2 {
        let delivered = speaker(&world, &settings).media(
            &target("!room:b"),
            Some(&words("a cat, and a lot of words")),
            &[attachment(MediaKind::Image, "m")],
        );
        assert_eq!(ids(&delivered), ["$a", "$b"]);
    }
    assert_eq!(
        world
            .asked()
            .iter()
            .filter(|line| line.starts_with("POST"))
            .count(),
        1
    );
    let sent = puts(&world).remove(0);
    assert_eq!(
        sent["info"],
        json!({"size": 9, "mimetype": "image/png", "w": 3, "h": 2})
    );
    assert_eq!(
        (sent["url"].as_str(), sent["filename"].as_str()),
        (Some("mxc://hs.example/one"), Some("cat.png"))
    );
}

#[test]
fn a_voice_message_keeps_its_words_for_later() {
    let (world, settings) = (world(), settings());
    world.put(
        "m",
        Stored {
            size: 9,
            content_type: Some("audio/ogg".into()),
            name: None,
            head: vec![],
        },
    );
    world.answer(
        "POST /_matrix/media/v3/upload",
        200,
        json!({"content_uri": "mxc://hs.example/one"}),
    );
    world.answer(
        &event_path("m.room.message", 0, "m.audio m Voice message"),
        200,
        json!({"event_id": "$a"}),
    );
    takes(&world, 1, &content::text("hello", None), "$b");
    let voice = Attachment {
        duration: Some(1500),
        ..attachment(MediaKind::Voice, "m")
    };
    let delivered =
        speaker(&world, &settings).media(&target("!room:b"), Some(&words("hello")), &[voice]);
    assert_eq!(ids(&delivered), ["$a", "$b"]);
    assert_eq!(
        puts(&world)[0]["org.matrix.msc1767.audio"],
        json!({"duration": 1500})
    );
}

#[test]
fn a_file_that_is_too_large_is_not_uploaded() {
    let (world, settings) = (world(), settings());
    world.put(
        "m",
        Stored {
            size: 1024 * 1024 + 1,
            content_type: None,
            name: None,
            head: vec![],
        },
    );
    let delivered = speaker(&world, &settings).media(
        &target("!room:b"),
        None,
        &[attachment(MediaKind::Video, "m")],
    );
    assert!(why(&delivered).1.starts_with("too-large"));
}

#[test]
fn a_file_that_is_elsewhere_is_fetched_without_a_token() {
    let (world, settings) = (world(), settings());
    world.answer("GET /cat.png", 200, json!("cat"));
    world.answer(
        "POST /_matrix/media/v3/upload",
        200,
        json!({"content_uri": "mxc://hs.example/one"}),
    );
    world.answer(
        &event_path("m.room.message", 0, "m.file media-1 cat.png"),
        200,
        json!({"event_id": "$a"}),
    );
    let file = Attachment {
        media_id: None,
        url: Some("https://cdn.example/cat.png".into()),
        filename: Some("cat.png".into()),
        ..attachment(MediaKind::Document, "")
    };
    let delivered = speaker(&world, &settings).media(&target("!room:b"), None, &[file]);
    assert_eq!(ids(&delivered), ["$a"]);
    let fetch = world
        .requests()
        .into_iter()
        .find(|request| request.url.starts_with("https://cdn"))
        .expect("a fetch");
    assert_eq!(fetch.key, Key::None);
}

#[test]
fn an_edit_names_what_it_changes() {
    let (world, settings) = (world(), settings());
    let content = content::edit("$old", &content::text("new", None));
    takes(&world, 0, &content, "$a");
    let speaker = speaker(&world, &settings);
    assert_eq!(
        ids(&speaker.edit(&target("!room:b"), "$old", &words("new"))),
        ["$a"]
    );
    assert_eq!(puts(&world), [content]);
    for body in ["", "far too long for one message of twenty"] {
        assert!(
            why(&speaker.edit(&target("!room:b"), "$old", &words(body)))
                .1
                .contains("one message")
        );
    }
}

#[test]
fn a_reaction_is_added_and_taken_back() {
    let (world, settings) = (world(), settings());
    let content = content::reaction("$m", "👍");
    world.answer(
        &event_path("m.reaction", 0, &content.to_string()),
        200,
        json!({"event_id": "$r"}),
    );
    let speaker = speaker(&world, &settings);
    assert_eq!(
        ids(&speaker.react(&target("!room:b"), "$m", " 👍 ")),
        ["$r"]
    );
    let again = event_path("m.reaction", 0, &content.to_string());
    world.answer(
        &again,
        400,
        json!({"errcode": "M_DUPLICATE_ANNOTATION", "error": "Can't send same reaction twice"}),
    );
    assert_eq!(ids(&speaker.react(&target("!room:b"), "$m", "👍")), ["$m"]);
    let list = "GET /_matrix/client/v1/rooms/%21room%3Ab/relations/%24m/m.annotation/m.reaction";
    world.answer(
        list,
        200,
        json!({"chunk": [
            {"type": "m.reaction", "event_id": "$r", "sender": "@bot:hs.example"},
            {"type": "m.reaction", "event_id": "$x", "sender": "@alice:b"},
        ]}),
    );
    let redact = format!(
        "PUT /_matrix/client/v3/rooms/%21room%3Ab/redact/%24r/call-1.0.{:016x}",
        fingerprint("$r")
    );
    world.answer(&redact, 200, json!({"event_id": "$gone"}));
    assert_eq!(ids(&speaker.react(&target("!room:b"), "$m", "")), ["$gone"]);
}

#[test]
fn a_message_is_taken_back() {
    let (world, settings) = (world(), settings());
    let redact = format!(
        "PUT /_matrix/client/v3/rooms/%21room%3Ab/redact/%24m/call-1.0.{:016x}",
        fingerprint("$m")
    );
    world.answer(&redact, 200, json!({"event_id": "$gone"}));
    assert_eq!(
        ids(&speaker(&world, &settings).delete(&target("!room:b"), "$m")),
        ["$gone"]
    );
}

#[test]
fn typing_is_shown_and_ended() {
    let (world, settings) = (world(), settings());
    world.answer(
        "PUT /_matrix/client/v3/rooms/%21room%3Ab/typing/%40bot%3Ahs.example",
        200,
        json!({}),
    );
    let speaker = speaker(&world, &settings);
    speaker.typing(&target("!room:b"), true);
    speaker.typing(&target("!room:b"), false);
    assert_eq!(
        puts(&world),
        [
            json!({"typing": true, "timeout": 30_000}),
            json!({"typing": false})
        ]
    );
}

#[test]
fn a_poll_goes_out_as_the_operator_wants() {
    let (world, settings) = (world(), settings());
    let poll = Poll {
        question: "Lunch?".into(),
        options: vec!["a".into(), "b".into()],
        max_choices: 1,
        closes_after: None,
    };
    let (kind, content) =
        crate::poll::write(settings.poll, "Lunch?", &poll.options, 1).expect("a poll");
    world.answer(
        &event_path(kind, 0, &content.to_string()),
        200,
        json!({"event_id": "$p"}),
    );
    assert_eq!(
        ids(&speaker(&world, &settings).poll(&target("!room:b"), &poll)),
        ["$p"]
    );
}

#[test]
fn a_user_is_written_to_in_a_room_of_two_only() {
    let (world, settings) = (world(), settings());
    world.answer(
        "GET /_matrix/client/v3/user/%40bot%3Ahs.example/account_data/m.direct",
        404,
        json!({"errcode": "M_NOT_FOUND"}),
    );
    world.answer(
        "GET /_matrix/client/v3/joined_rooms",
        200,
        json!({"joined_rooms": ["!many:b", "!room:b"]}),
    );
    let members = |users: &[&str]| json!({"joined": users.iter().map(|user| ((*user).to_owned(), json!({}))).collect::<serde_json::Map<_, _>>()});
    world.answer(
        "GET /_matrix/client/v3/rooms/%21many%3Ab/joined_members",
        200,
        members(&["@alice:b", "@carol:b", "@bot:hs.example"]),
    );
    world.answer(
        "GET /_matrix/client/v3/rooms/%21room%3Ab/joined_members",
        200,
        members(&["@alice:b", "@bot:hs.example"]),
    );
    let speaker = speaker(&world, &settings);
    assert_eq!(speaker.client.room("user:@alice:b"), Ok("!room:b".into()));
    let trouble = speaker.client.room("@carol:b").expect_err("no room of two");
    assert_eq!(trouble.cause, Cause::Refused);
}

#[test]
fn what_a_person_wrote_becomes_a_target() {
    let (world, settings) = (world(), settings());
    world.answer(
        "GET /_matrix/client/v3/directory/room/%23ops%3Ab",
        200,
        json!({"room_id": "!ops:b"}),
    );
    world.answer("POST /_matrix/client/v3/user_directory/search", 200, json!({"limited": false, "results": [
        {"avatar_url": "mxc://bar.com/foo", "display_name": "Foo", "user_id": "@foo:bar.com"}, {"user_id": "bad"},
    ]}));
    world.answer(
        "GET /_matrix/client/v3/joined_rooms",
        200,
        json!({"joined_rooms": ["!room:b"]}),
    );
    world.answer(
        "GET /_matrix/client/v3/rooms/%21room%3Ab/state/m.room.name/",
        200,
        json!({"name": "The Foo Room"}),
    );
    let client = speaker(&world, &settings).client;
    let pair = |target: &str, name: &str| (target.to_owned(), name.to_owned());
    assert_eq!(
        client.resolve("#ops:b"),
        Ok(vec![pair("room:!ops:b", "#ops:b")])
    );
    assert_eq!(
        client.resolve("@foo:bar.com"),
        Ok(vec![pair("user:@foo:bar.com", "@foo:bar.com")])
    );
    assert_eq!(
        client.resolve("@foo"),
        Ok(vec![
            pair("user:@foo:bar.com", "Foo"),
            pair("room:!room:b", "The Foo Room")
        ])
    );
    assert_eq!(client.resolve(" "), Ok(vec![]));
}
