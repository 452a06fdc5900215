//! The way in, with a legacy that is away: what is let in, what is kept, what is told.

use std::path::Path;

use overgrow_settings::Environment;
use serde_json::{Value, json};

use super::*;

struct Rig {
    folder: tempfile::TempDir,
    inbox: Inbox,
}

fn rig(settings: &Value) -> Rig {
    let folder = tempfile::tempdir().unwrap();
    let inbox = open(folder.path(), settings);
    Rig { folder, inbox }
}

fn open(folder: &Path, settings: &Value) -> Inbox {
    let path = folder.join("openclaw.json");
    std::fs::write(&path, settings.to_string()).unwrap();
    let text = folder.to_str().unwrap().to_owned();
    let environment = [
        ("HOME".to_owned(), text.clone()),
        ("OPENCLAW_STATE_DIR".to_owned(), text),
    ];
    let live = Live::within(environment.into_iter().collect::<Environment>());
    live.follow(Some(path));
    let replies = Outbox::open(OutboxConfig::new(folder.join("out"))).unwrap();
    Inbox::open(folder.join("in"), replies, Gateway::default(), live).unwrap()
}

fn message(id: &str) -> Inbound {
    Inbound {
        channel: "zalo".to_owned(),
        id: id.to_owned(),
        sender: Sender {
            id: "42".to_owned(),
            name: Some("Ann".to_owned()),
            kind: SenderKind::Person,
        },
        conversation: "42".to_owned(),
        text: "hello".to_owned(),
        ..Inbound::default()
    }
}

impl Rig {
    async fn submit(&self, message: Inbound) -> Reception {
        let effects = Effects::performing();
        self.inbox.submit(&effects, message).await.unwrap()
    }

    fn approve(&self, id: &str) {
        let list = json!({"version": 1, "allowFrom": [id]});
        let path = self.folder.path().join("credentials/zalo-allowFrom.json");
        std::fs::write(path, list.to_string()).unwrap();
    }
}

#[tokio::test]
async fn what_is_let_in_is_kept_once_also_over_a_restart() {
    let settings = json!({"channels": {"zalo": {"dmPolicy": "open"}}});
    let rig = rig(&settings);
    assert_eq!(rig.inbox.judge(&message("1")).await.unwrap(), None);
    assert!(matches!(
        rig.submit(message("1")).await,
        Reception::Accepted(_)
    ));
    assert_eq!(rig.submit(message("1")).await, Reception::Duplicate);
    let elsewhere = Inbound {
        conversation: "43".to_owned(),
        ..message("1")
    };
    assert!(matches!(
        rig.submit(elsewhere).await,
        Reception::Accepted(_)
    ));
    let session = rig.inbox.replies.sessions(10).await.unwrap().pop().unwrap();
    assert_eq!(
        (session.received, session.key.as_deref()),
        (1, Some("agent:main:main"))
    );
    let Rig { folder, inbox } = rig;
    drop(inbox);
    let inbox = open(folder.path(), &settings);
    assert_eq!(inbox.status().waiting, 2);
    let known = inbox.judge(&message("1")).await.unwrap();
    assert_eq!(known, Some(Reception::Duplicate));
}

#[tokio::test]
async fn a_stranger_is_told_a_code_once_and_let_in_when_it_is_approved() {
    let rig = rig(&json!({}));
    let Reception::Pairing(Some(text)) = rig.submit(message("1")).await else {
        panic!("a code")
    };
    assert!(
        text.contains("Your Zalo user id: 42") && text.contains("Pairing code: "),
        "{text}"
    );
    assert!(
        text.ends_with("openclaw pairing approve zalo <code>"),
        "{text}"
    );
    assert_eq!(rig.submit(message("2")).await, Reception::Pairing(None));
    assert_eq!(rig.inbox.status().waiting, 0);
    rig.approve("42");
    assert!(matches!(
        rig.submit(message("3")).await,
        Reception::Accepted(_)
    ));
}

#[tokio::test]
async fn a_plan_checks_everything_and_writes_nothing() {
    let rig = rig(&json!({"channels": {"zalo": {"dmPolicy": "open"}}}));
    let (effects, plan) = Effects::planning();
    let planned = rig.inbox.submit(&effects, message("1")).await.unwrap();
    assert_eq!(planned, Reception::Accepted("planned".to_owned()));
    let effect = plan.take().remove(0);
    assert_eq!((&*effect.kind, &*effect.target), ("inbound", "zalo"));
    assert_eq!(effect.detail["text"], "hello");
    assert_eq!(rig.inbox.status().accepted, 0);
    rig.submit(message("1")).await;
    let again = rig.inbox.submit(&effects, message("1")).await.unwrap();
    assert_eq!((again, plan.take().len()), (Reception::Duplicate, 0));
}

#[tokio::test]
async fn a_planned_pairing_leaves_the_legacys_store_alone() {
    let rig = rig(&json!({}));
    let (effects, plan) = Effects::planning();
    let planned = rig.inbox.submit(&effects, message("1")).await.unwrap();
    assert!(matches!(planned, Reception::Pairing(Some(text)) if text.contains("PLANNED0")));
    assert_eq!(&*plan.take()[0].kind, "pairing");
    assert!(!rig.folder.path().join("credentials").exists());
}

#[tokio::test]
async fn without_settings_nobody_is_let_in() {
    let folder = tempfile::tempdir().unwrap();
    let replies = Outbox::open(OutboxConfig::new(folder.path().join("out"))).unwrap();
    let inbox = Inbox::open(
        folder.path().join("in"),
        replies,
        Gateway::default(),
        Live::default(),
    );
    let refused = inbox.unwrap().judge(&message("1")).await;
    assert!(matches!(refused, Err(InboxError::NoSettings)));
}

#[tokio::test]
async fn a_channel_that_is_no_name_is_refused() {
    let rig = rig(&json!({}));
    let sly = Inbound {
        channel: "../zalo".to_owned(),
        ..message("1")
    };
    let refused = rig.inbox.judge(&sly).await;
    assert!(matches!(refused, Err(InboxError::NoChannel(_))));
}
