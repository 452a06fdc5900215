//! Which session of which agent a message belongs to, by the legacy's `bindings` and `session`.
//!
//! It decides and touches nothing. The surprise: by default everybody who writes directly shares the agent's main
//! session; that is the legacy's default, and an operator who separates them does it there.

use overgrow_settings::Document;
use serde_json::Value;

use super::habits::habits;
use super::inbound::{Chat, Inbound};

const DEFAULT_AGENT: &str = "main";
const DEFAULT_ACCOUNT: &str = "default";

/// The key of the session, `agent:main:zalo:group:42`.
pub(crate) fn session_key(document: &Document, message: &Inbound) -> String {
    let peer = Peer::of(message);
    let agent = agent(document, message, &peer);
    match peer.kind {
        "dm" => direct_key(document, message, &agent, &peer.id),
        kind => format!("agent:{agent}:{}:{kind}:{}", message.channel, peer.id).to_lowercase(),
    }
}

/// The other side, as bindings and keys name it.
struct Peer {
    kind: &'static str,
    id: String,
}

impl Peer {
    fn of(message: &Inbound) -> Self {
        let (kind, id) = match message.chat {
            Chat::Direct if habits(&message.channel).direct_as_group => {
                ("group", &message.sender.id)
            }
            Chat::Direct => ("dm", &message.sender.id),
            Chat::Group => ("group", &message.conversation),
            Chat::Channel => ("channel", &message.conversation),
        };
        let id = id.trim();
        Self {
            kind,
            id: if id.is_empty() { "unknown" } else { id }.to_owned(),
        }
    }
}

fn direct_key(document: &Document, message: &Inbound, agent: &str, peer: &str) -> String {
    let scope = text(document.at("session"), "dmScope");
    let channel = &message.channel;
    let peer = linked(document, channel, peer).unwrap_or_else(|| peer.to_lowercase());
    let rest = match scope {
        Some("per-account-channel-peer") => {
            format!("{channel}:{}:dm:{peer}", account_part(message))
        }
        Some("per-channel-peer") => format!("{channel}:dm:{peer}"),
        Some("per-peer") => format!("dm:{peer}"),
        _ => "main".to_owned(),
    };
    format!("agent:{agent}:{rest}").to_lowercase()
}

/// Who a person is called in `session.identityLinks`, on whatever channel.
fn linked(document: &Document, channel: &str, peer: &str) -> Option<String> {
    let links = document.at("session.identityLinks")?.as_object()?;
    let names = [
        peer.to_lowercase(),
        format!("{channel}:{peer}").to_lowercase(),
    ];
    let is_meant = |id: &Value| {
        let id = id.as_str().unwrap_or_default().trim().to_lowercase();
        names.contains(&id)
    };
    let found = links.iter().find(|(name, ids)| {
        !name.trim().is_empty() && ids.as_array().is_some_and(|ids| ids.iter().any(is_meant))
    });
    found.map(|(name, _)| name.trim().to_lowercase())
}

/// The first binding that names the peer, else the account, else any account; else the default agent.
fn agent(document: &Document, message: &Inbound, peer: &Peer) -> String {
    let bindings = document.at("bindings").and_then(Value::as_array);
    let bindings = bindings.map(Vec::as_slice).unwrap_or_default();
    let ours: Vec<_> = bindings
        .iter()
        .filter(|binding| concerns(binding, message))
        .collect();
    let is_plain = |binding: &&&Value| {
        let of = |key| {
            binding["match"]
                .get(key)
                .is_some_and(|value| !value.is_null())
        };
        !of("peer") && !of("guildId") && !of("teamId")
    };
    let any_account = |binding: &&&Value| text(binding.get("match"), "accountId") == Some("*");
    let by_peer = ours
        .iter()
        .find(|binding| names(&binding["match"]["peer"], peer));
    let by_account = || {
        ours.iter()
            .filter(is_plain)
            .find(|binding| !any_account(binding))
    };
    let by_channel = || ours.iter().filter(is_plain).find(any_account);
    let bound = by_peer.or_else(by_account).or_else(by_channel);
    let wanted = bound.and_then(|binding| text(Some(binding), "agentId"));
    existing(document, wanted)
}

fn concerns(binding: &Value, message: &Inbound) -> bool {
    let wanted = binding.get("match");
    let channel = text(wanted, "channel").unwrap_or_default().to_lowercase();
    let account = message.account.as_deref().unwrap_or(DEFAULT_ACCOUNT);
    channel == message.channel
        && match text(wanted, "accountId") {
            None => account == DEFAULT_ACCOUNT,
            Some("*") => true,
            Some(wanted) => wanted == account,
        }
}

fn names(wanted: &Value, peer: &Peer) -> bool {
    let kind = text(Some(wanted), "kind")
        .unwrap_or_default()
        .to_lowercase();
    kind == peer.kind && text(Some(wanted), "id") == Some(&peer.id)
}

/// An agent that is listed, or any where none are; else the default one.
fn existing(document: &Document, wanted: Option<&str>) -> String {
    let list = document.at("agents.list").and_then(Value::as_array);
    let list = list.map(Vec::as_slice).unwrap_or_default();
    let id = |agent: &Value| text(Some(agent), "id").map(plain);
    let default = || {
        let marked = list.iter().find(|agent| agent["default"] == true);
        marked.or(list.first()).and_then(id)
    };
    let wanted = wanted.map(plain);
    let known = wanted
        .filter(|wanted| list.is_empty() || list.iter().filter_map(id).any(|id| id == *wanted));
    known
        .or_else(default)
        .unwrap_or_else(|| DEFAULT_AGENT.to_owned())
}

/// An id as keys have it: lower case, other letters than these become hyphens.
fn plain(id: &str) -> String {
    let id = id.trim().to_lowercase();
    let kept = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '_' | '-');
    let words: Vec<_> = id
        .split(|letter| !kept(letter))
        .filter(|word| !word.is_empty())
        .collect();
    match words.join("-").trim_matches('-') {
        "" => DEFAULT_AGENT.to_owned(),
        plain => plain.chars().take(64).collect(),
    }
}

fn account_part(message: &Inbound) -> String {
    message
        .account
        .as_deref()
        .map_or_else(|| DEFAULT_ACCOUNT.to_owned(), plain)
}

/// A text that is not blank, trimmed.
fn text<'a>(value: Option<&'a Value>, key: &str) -> Option<&'a str> {
    let text = value?.get(key)?.as_str()?.trim();
    (!text.is_empty()).then_some(text)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::inbox::inbound::Sender;

    fn from(channel: &str, chat: Chat) -> Inbound {
        Inbound {
            channel: channel.to_owned(),
            sender: Sender {
                id: "Ann".to_owned(),
                ..Sender::default()
            },
            chat,
            conversation: "Room".to_owned(),
            ..Inbound::default()
        }
    }

    #[test]
    fn a_session_is_named_as_the_legacy_names_it() {
        let check = |channel: &str, chat: Chat, settings: Value, expect: &str| {
            let told = settings.to_string();
            let key = session_key(&Document::from(settings), &from(channel, chat));
            assert_eq!(key, expect, "{told}");
        };
        let scope = |scope: &str| json!({"session": {"dmScope": scope}});
        check("zalo", Chat::Direct, json!({}), "agent:main:main");
        check("zalo", Chat::Direct, scope("per-peer"), "agent:main:dm:ann");
        check(
            "zalo",
            Chat::Direct,
            scope("per-channel-peer"),
            "agent:main:zalo:dm:ann",
        );
        check(
            "zalo",
            Chat::Direct,
            scope("per-account-channel-peer"),
            "agent:main:zalo:default:dm:ann",
        );
        check("zalo", Chat::Group, json!({}), "agent:main:zalo:group:room");
        check(
            "msteams",
            Chat::Channel,
            json!({}),
            "agent:main:msteams:channel:room",
        );
        check(
            "zalouser",
            Chat::Direct,
            json!({}),
            "agent:main:zalouser:group:ann",
        );
        let linked =
            json!({"session": {"dmScope": "per-peer", "identityLinks": {"Anna": ["zalo:ann"]}}});
        check("zalo", Chat::Direct, linked, "agent:main:dm:anna");
    }

    #[test]
    fn a_binding_chooses_the_agent() {
        let check = |bindings: Value, expect: &str| {
            let settings =
                json!({"bindings": bindings, "agents": {"list": [{"id": "home"}, {"id": "Work"}]}});
            let key = session_key(&Document::from(settings), &from("zalo", Chat::Group));
            assert_eq!(key, format!("agent:{expect}:zalo:group:room"));
        };
        let to = |wanted: Value| json!({"agentId": "work", "match": wanted});
        check(json!([]), "home");
        check(json!([to(json!({"channel": "zalo"}))]), "work");
        check(json!([to(json!({"channel": "telegram"}))]), "home");
        check(
            json!([to(json!({"channel": "zalo", "accountId": "b"}))]),
            "home",
        );
        check(
            json!([to(json!({"channel": "zalo", "accountId": "*"}))]),
            "work",
        );
        check(
            json!([to(
                json!({"channel": "zalo", "peer": {"kind": "group", "id": "Room"}})
            )]),
            "work",
        );
        check(
            json!([to(
                json!({"channel": "zalo", "peer": {"kind": "group", "id": "Other"}})
            )]),
            "home",
        );
        check(
            json!([{"agentId": "gone", "match": {"channel": "zalo"}}]),
            "home",
        );
    }
}
