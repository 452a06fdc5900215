//! The guest `zalouser` in the real host, with a scripted `zca`.

mod program;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Result;
use overgrow_handler::Effects;
use overgrow_keep::Keep;
use overgrow_plugins::grant::{Limits, ProcessGrant};
use overgrow_plugins::wit::channel::{Attachment, Delivery, MediaKind, Target, Text, TextFormat};
use overgrow_plugins::wit::service::Next;
use overgrow_plugins::wit::tool::{Content, Invocation};
use overgrow_plugins::wit::types::RetryAdvice;
use overgrow_plugins::{Ask, ChatKind, Engine, EngineConfig, Event, Grant, Hands, Plugin};
use program::Program;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::host::component;
use crate::inbox::Kept;

struct Rig {
    plugin: Plugin,
    program: Program,
    inbox: Arc<Kept>,
    _folder: TempDir,
}

impl Rig {
    async fn start(settings: Value) -> Result<Self> {
        let program = Program::write()?;
        let inbox = Arc::<Kept>::default();
        let folder = tempfile::tempdir()?;
        let hands = Hands {
            keep: Some(Keep::open(folder.path())?),
            inbox: Some(Arc::clone(&inbox) as _),
            ..Hands::default()
        };
        let config = EngineConfig {
            threads: 2,
            instances: 16,
            cache: Some(PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("compiled")),
        };
        let grant = Grant {
            settings: settings.as_object().cloned().unwrap_or_default(),
            process: vec![ProcessGrant {
                name: "zca".into(),
                program: program.file(),
                args: Vec::new(),
                env: vec!["PATH".into()],
            }],
            inbound: vec!["zalouser".into()],
            limits: Limits {
                deadline: Duration::from_secs(60),
                ..Limits::default()
            },
            ..Grant::default()
        };
        let bytes = std::fs::read(component("zalouser"))?;
        let plugin = Plugin::load(&Engine::new(config)?, "zalouser", bytes, grant, hands).await?;
        Ok(Self {
            plugin,
            program,
            inbox,
            _folder: folder,
        })
    }

    async fn tool(&self, arguments: Value) -> Result<Value> {
        let call = Invocation {
            name: "zalouser".into(),
            arguments: arguments.to_string(),
            agent: None,
            session: None,
            channel: None,
        };
        let output = self.plugin.invoke(&ask(), call).await?;
        let [Content::Text(text)] = &output.content[..] else {
            panic!("{:?}", output.content)
        };
        assert!(!output.is_error);
        Ok(serde_json::from_str(text)?)
    }

    async fn send(&self, to: &str, body: &str) -> Result<Delivery> {
        Ok(self
            .plugin
            .send_text(&ask(), target(to), plain(body))
            .await?)
    }
}

fn ask() -> Ask {
    Ask {
        id: "call".into(),
        attempt: 1,
        deadline: Instant::now() + Duration::from_secs(60),
        account: None,
        effects: Effects::performing(),
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

fn plain(body: &str) -> Text {
    Text {
        body: body.into(),
        format: TextFormat::Plain,
    }
}

#[tokio::test]
async fn texts_are_sent_by_command() -> Result<()> {
    let rig = Rig::start(json!({ "profile": "home" })).await?;
    let Delivery::Sent(receipt) = rig.send("zalouser:group:7", "-hi there").await? else {
        panic!("sent")
    };
    assert_eq!(receipt.message_ids, ["m-1"]);
    assert_eq!(
        rig.program.calls(),
        ["--profile|home|msg|send|7| -hi there|-g"]
    );
    rig.program.fails("msg-send", "not logged in")?;
    let failed = rig.send("7", "hi").await?;
    assert!(
        matches!(&failed, Delivery::Failed((RetryAdvice::Never, why)) if why == "zca: not logged in"),
        "{failed:?}"
    );
    Ok(())
}

#[tokio::test]
async fn files_are_sent_by_kind() -> Result<()> {
    let rig = Rig::start(json!({})).await?;
    let file = |url: &str| Attachment {
        kind: MediaKind::Video,
        media_id: None,
        url: Some(url.into()),
        filename: None,
        content_type: None,
        duration: None,
        extra: Vec::new(),
    };
    let files = vec![
        file("https://h.example/a.mp4"),
        file("https://h.example/b.jpg"),
    ];
    let sent = rig
        .plugin
        .send_media(&ask(), target("7"), Some(plain("look")), files)
        .await?;
    assert!(matches!(sent, Delivery::Sent(_)), "{sent:?}");
    let calls = [
        "--profile|default|msg|video|7|-u|https://h.example/a.mp4|-m|look",
        "--profile|default|msg|image|7|-u|https://h.example/b.jpg",
    ];
    assert_eq!(rig.program.calls(), calls);
    Ok(())
}

#[tokio::test]
async fn the_tool_runs_commands_and_tells_what_they_print() -> Result<()> {
    let rig = Rig::start(json!({})).await?;
    let sent = rig
        .tool(json!({ "action": "send", "threadId": "7", "message": "hi" }))
        .await?;
    assert_eq!(
        sent,
        json!({ "success": true, "output": "Message ID: m-1" })
    );
    rig.program.prints(
        "friend-list",
        "INFO ok\n[{\"userId\":\"1\",\"displayName\":\"Ann\"}]\n",
    )?;
    let friends = rig.tool(json!({ "action": "friends" })).await?;
    assert_eq!(friends, json!([{ "userId": "1", "displayName": "Ann" }]));
    rig.program.fails("auth-status", "logged out")?;
    let status = rig
        .tool(json!({ "action": "status", "profile": "w" }))
        .await?;
    assert_eq!(
        status,
        json!({ "authenticated": false, "output": "logged out" })
    );
    let wrong = rig.tool(json!({ "action": "image" })).await?;
    assert_eq!(
        wrong,
        json!({ "error": "threadId required for image action" })
    );
    assert_eq!(
        rig.program.calls(),
        ["msg|send|7|hi", "friend|list|-j", "--profile|w|auth|status"]
    );
    Ok(())
}

#[tokio::test]
async fn names_are_looked_for_among_friends_and_groups() -> Result<()> {
    let rig = Rig::start(json!({})).await?;
    rig.program
        .prints("friend-find", r#"[{"userId":1,"displayName":"Ann"}]"#)?;
    rig.program.prints(
        "group-list",
        r#"[{"groupId":"9","name":"Ann's club"},{"groupId":"8","name":"Other"}]"#,
    )?;
    let found = rig.plugin.resolve(&ask(), None, "ann".into()).await?;
    let pair = |id: &str, name: &str| (id.to_owned(), name.to_owned());
    assert_eq!(found, [pair("1", "Ann"), pair("group:9", "Ann's club")]);
    Ok(())
}

#[tokio::test]
async fn what_the_program_hears_reaches_the_gateway_and_it_is_started_again() -> Result<()> {
    let settings =
        json!({ "listens": "plugin", "groupPolicy": "allowlist", "groups": { "Club": {} } });
    let rig = Rig::start(settings.clone()).await?;
    let mut service = rig.plugin.service(&ask()).await?;
    assert!(matches!(
        service.start(&ask(), settings.to_string()).await?,
        Next::After(0)
    ));
    let direct = r#"{"threadId":"u1","msgId":"1","type":1,"content":"hi","timestamp":1700000000,"metadata":{"isGroup":false,"senderName":"Ann"}}"#;
    let group = r#"{"threadId":"g1","msgId":"2","type":1,"content":"all","timestamp":1,"metadata":{"isGroup":true,"threadName":"Club","fromId":"u2"}}"#;
    let other = r#"{"threadId":"g2","msgId":"3","type":1,"content":"no","timestamp":1,"metadata":{"isGroup":true,"threadName":"Other"}}"#;
    let lines = [direct, "noise", group, other];
    let (printed, ended) = tokio::join!(rig.program.prints_and_ends(&lines), async {
        // Until the program ended, which the pipe's end makes it do.
        loop {
            match service.tick(&ask()).await {
                Ok(Next::After(5000)) => break Ok(()),
                Ok(_) => {}
                Err(error) => break Err(error),
            }
        }
    });
    printed?;
    ended?;
    service.tick(&ask()).await?;
    let events: Vec<_> = rig
        .inbox
        .submissions()
        .into_iter()
        .map(|submission| submission.event)
        .collect();
    let [Event::Message(first), Event::Message(second)] = &events[..] else {
        panic!("two messages: {events:?}")
    };
    assert_eq!(
        (&*first.conversation, &*first.text, first.chat),
        ("u1", "hi", ChatKind::Direct)
    );
    assert_eq!(
        (&*second.conversation, &*second.sender.id, second.chat),
        ("group:g1", "u2", ChatKind::Group)
    );
    assert_eq!(rig.program.calls(), ["--profile|default|listen|-r|-k"]);
    assert!(service.health(&ask()).await?.is_err());
    Ok(())
}
