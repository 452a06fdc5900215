//! Whether a message is let in, by the legacy's own rules of the channel.
//!
//! It decides and touches nothing. The surprise: a channel that is switched off in the legacy is let in here, because that
//! is how an operator hands it over.

use overgrow_settings::Document;
use serde_json::{Map, Value};

use super::habits::{Habits, habits};
use super::inbound::{Addressed, Chat, Inbound, SenderKind};

/// What is to be done with a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Ruling {
    Admit,
    /// Its sender may ask to be paired.
    Pair,
    Drop(&'static str),
}

/// `channels.<id>`, with the account's own settings over it.
pub(crate) struct Rules {
    habits: &'static Habits,
    settings: Map<String, Value>,
    /// `channels.defaults.groupPolicy`.
    usual_group: Option<String>,
}

impl Rules {
    pub(crate) fn read(document: &Document, channel: &str, account: Option<&str>) -> Self {
        let section = document.at(&format!("channels.{channel}"));
        let mut settings = section
            .and_then(Value::as_object)
            .cloned()
            .unwrap_or_default();
        let accounts = settings.remove("accounts");
        let own = accounts
            .as_ref()
            .and_then(|all| all.get(account.unwrap_or("default")));
        let own = own.and_then(Value::as_object).cloned();
        settings.extend(own.unwrap_or_default());
        let usual = document
            .at("channels.defaults.groupPolicy")
            .and_then(Value::as_str);
        Self {
            habits: habits(channel),
            settings,
            usual_group: usual.map(str::to_owned),
        }
    }

    /// Rules; `paired` are those whom the legacy's pairing let in.
    pub(crate) fn judge(&self, message: &Inbound, paired: &[String]) -> Ruling {
        if message.sender.kind == SenderKind::Ourselves {
            return Ruling::Drop("it is our own");
        }
        if message.text.trim().is_empty() && message.attachments.is_empty() {
            return Ruling::Drop("it says nothing");
        }
        match message.chat {
            Chat::Direct => self.judge_direct(message, paired),
            Chat::Group | Chat::Channel => self.judge_group(message, paired),
        }
    }

    fn judge_direct(&self, message: &Inbound, paired: &[String]) -> Ruling {
        let policy = self
            .text("dmPolicy")
            .or_else(|| self.nested("policy")?.as_str());
        let listed = match self.list("allowFrom") {
            list if list.is_empty() => strings(self.nested("allowFrom")),
            list => list,
        };
        let is_known = || self.names(&listed, message) || self.names_exactly(paired, message);
        match policy {
            Some("disabled") => Ruling::Drop("dmPolicy is disabled"),
            Some("open") => Ruling::Admit,
            _ if is_known() => Ruling::Admit,
            Some("allowlist") => Ruling::Drop("the sender is not in allowFrom"),
            _ => Ruling::Pair,
        }
    }

    fn judge_group(&self, message: &Inbound, paired: &[String]) -> Ruling {
        let usual = self.usual_group.as_deref();
        let policy = self
            .text("groupPolicy")
            .or(usual)
            .unwrap_or(self.habits.groups);
        let room = self.room(message);
        let admitted = match policy {
            "disabled" => Ruling::Drop("groupPolicy is disabled"),
            "open" => Ruling::Admit,
            _ => self.judge_listed(message, room, paired),
        };
        match admitted {
            Ruling::Admit if message.addressed == Addressed::No && self.wants_mention(room) => {
                Ruling::Drop("the bot was not mentioned")
            }
            other => other,
        }
    }

    /// The room must be listed where rooms are, the sender where senders are, and one of both must be.
    fn judge_listed(&self, message: &Inbound, room: Room<'_>, paired: &[String]) -> Ruling {
        if room == Room::Unlisted {
            return Ruling::Drop("the group is not listed");
        }
        let mut senders = match self.settings.get("groupAllowFrom") {
            Some(list) => strings(Some(list)),
            None if self.habits.group_senders_from_allow => self.list("allowFrom"),
            None => Vec::new(),
        };
        if self.habits.paired_in_groups {
            senders.extend(paired.iter().filter(|name| *name != "*").cloned());
        }
        match (senders.is_empty(), room) {
            (true, Room::Listed(_)) => Ruling::Admit,
            (true, _) => Ruling::Drop("no group is listed"),
            (false, _) if self.names(&senders, message) => Ruling::Admit,
            (false, _) => Ruling::Drop("the sender is not in groupAllowFrom"),
        }
    }

    fn room(&self, message: &Inbound) -> Room<'_> {
        let rooms = ["groups", "rooms"]
            .iter()
            .find_map(|name| self.settings.get(*name)?.as_object());
        let Some(rooms) = rooms.filter(|rooms| !rooms.is_empty()) else {
            return Room::Unknown;
        };
        let name = message.conversation_name.clone().unwrap_or_default();
        let id = &message.conversation;
        let candidates = [
            id.clone(),
            format!("group:{id}"),
            slug(&name),
            name,
            "*".to_owned(),
        ];
        let found = candidates
            .iter()
            .filter(|name| !name.is_empty())
            .find_map(|name| rooms.get(name));
        let says = |entry: &Value, key| entry.get(key).and_then(Value::as_bool) != Some(false);
        match found {
            Some(entry) if says(entry, "allow") && says(entry, "enabled") => Room::Listed(entry),
            _ => Room::Unlisted,
        }
    }

    fn wants_mention(&self, room: Room<'_>) -> bool {
        let of_room = match room {
            Room::Listed(entry) => entry.get("requireMention"),
            Room::Unlisted | Room::Unknown => None,
        };
        let told = of_room.or_else(|| self.settings.get("requireMention"));
        told.and_then(Value::as_bool).unwrap_or(self.habits.mention)
    }

    /// Whether a list of the operator's has the sender, or everybody.
    fn names(&self, list: &[String], message: &Inbound) -> bool {
        list.iter().any(|entry| entry.trim() == "*") || self.names_exactly(list, message)
    }

    fn names_exactly(&self, list: &[String], message: &Inbound) -> bool {
        let sender = message.sender.id.trim().to_lowercase();
        let is_sender = |entry: &String| self.habits.bare(entry).is_some_and(|bare| bare == sender);
        !sender.is_empty() && list.iter().any(is_sender)
    }

    fn text(&self, key: &str) -> Option<&str> {
        self.settings.get(key)?.as_str()
    }

    fn list(&self, key: &str) -> Vec<String> {
        strings(self.settings.get(key))
    }

    /// Of `dm`, where some channels have it.
    fn nested(&self, key: &str) -> Option<&Value> {
        self.settings.get("dm")?.get(key)
    }
}

/// What the settings say of a group.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Room<'a> {
    /// Groups are not listed at all.
    Unknown,
    /// Others are, or this one is and not wanted.
    Unlisted,
    Listed(&'a Value),
}

/// Ids may be written as numbers.
fn strings(value: Option<&Value>) -> Vec<String> {
    let list = value
        .and_then(Value::as_array)
        .map(Vec::as_slice)
        .unwrap_or_default();
    let text = |entry: &Value| match entry {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    };
    list.iter().filter_map(text).collect()
}

/// A name as the settings may write it: `Our Group` as `our-group`.
fn slug(name: &str) -> String {
    let lower = name.trim().to_lowercase();
    let words = lower.split(|letter: char| !letter.is_ascii_alphanumeric());
    words
        .filter(|word| !word.is_empty())
        .collect::<Vec<_>>()
        .join("-")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::inbox::inbound::Sender;

    fn direct(sender: &str) -> Inbound {
        Inbound {
            sender: Sender {
                id: sender.to_owned(),
                ..Sender::default()
            },
            conversation: sender.to_owned(),
            text: "hello".to_owned(),
            ..Inbound::default()
        }
    }

    fn group(name: &str) -> Inbound {
        Inbound {
            chat: Chat::Group,
            conversation: "g1".to_owned(),
            conversation_name: Some(name.to_owned()),
            ..direct("42")
        }
    }

    fn judge(channel: &str, settings: Value, message: &Inbound, paired: &[&str]) -> Ruling {
        let document = Document::from(json!({"channels": {channel: settings}}));
        let paired: Vec<_> = paired.iter().map(|id| (*id).to_owned()).collect();
        Rules::read(&document, channel, message.account.as_deref()).judge(message, &paired)
    }

    #[test]
    fn who_may_write_to_us_directly() {
        let check = |settings: Value, paired: &[&str], expect: Ruling| {
            let told = settings.to_string();
            assert_eq!(
                judge("zalo", settings, &direct("42"), paired),
                expect,
                "{told}"
            );
        };
        check(json!({}), &[], Ruling::Pair);
        check(json!({}), &["42"], Ruling::Admit);
        check(json!({}), &["*"], Ruling::Pair);
        check(
            json!({"enabled": false, "dmPolicy": "open"}),
            &[],
            Ruling::Admit,
        );
        check(
            json!({"dmPolicy": "disabled", "allowFrom": ["42"]}),
            &["42"],
            Ruling::Drop("dmPolicy is disabled"),
        );
        check(
            json!({"dmPolicy": "allowlist"}),
            &[],
            Ruling::Drop("the sender is not in allowFrom"),
        );
        check(
            json!({"dmPolicy": "allowlist", "allowFrom": [42]}),
            &[],
            Ruling::Admit,
        );
        check(
            json!({"dmPolicy": "allowlist", "allowFrom": ["ZL:42"]}),
            &[],
            Ruling::Admit,
        );
        check(
            json!({"dmPolicy": "allowlist", "allowFrom": ["*"]}),
            &[],
            Ruling::Admit,
        );
        check(json!({"dmPolicy": "nonsense"}), &[], Ruling::Pair);
        check(json!({"dm": {"policy": "open"}}), &[], Ruling::Admit);
    }

    #[test]
    fn an_account_has_rules_of_its_own() {
        let settings = json!({"dmPolicy": "open", "accounts": {"b": {"dmPolicy": "disabled"}}});
        assert_eq!(
            judge("zalo", settings.clone(), &direct("42"), &[]),
            Ruling::Admit
        );
        let to_b = Inbound {
            account: Some("b".to_owned()),
            ..direct("42")
        };
        assert_eq!(
            judge("zalo", settings, &to_b, &[]),
            Ruling::Drop("dmPolicy is disabled")
        );
    }

    #[test]
    fn which_groups_are_heard() {
        let check = |channel: &str, settings: Value, expect: Ruling| {
            let told = settings.to_string();
            assert_eq!(
                judge(channel, settings, &group("Our Group"), &[]),
                expect,
                "{channel} {told}"
            );
        };
        check("zalouser", json!({}), Ruling::Admit);
        check(
            "zalouser",
            json!({"groupPolicy": "disabled"}),
            Ruling::Drop("groupPolicy is disabled"),
        );
        check(
            "zalouser",
            json!({"groupPolicy": "allowlist"}),
            Ruling::Drop("no group is listed"),
        );
        let of_group =
            |key: &str, entry: Value| json!({"groupPolicy": "allowlist", "groups": {key: entry}});
        check("zalouser", of_group("g1", json!({})), Ruling::Admit);
        check("zalouser", of_group("group:g1", json!({})), Ruling::Admit);
        check("zalouser", of_group("our-group", json!({})), Ruling::Admit);
        check("zalouser", of_group("*", json!({})), Ruling::Admit);
        check(
            "zalouser",
            of_group("g1", json!({"allow": false})),
            Ruling::Drop("the group is not listed"),
        );
        check(
            "zalouser",
            of_group("g2", json!({})),
            Ruling::Drop("the group is not listed"),
        );
        check("msteams", json!({}), Ruling::Drop("no group is listed"));
        check("msteams", json!({"allowFrom": ["42"]}), Ruling::Admit);
        check(
            "msteams",
            json!({"groupAllowFrom": ["43"]}),
            Ruling::Drop("the sender is not in groupAllowFrom"),
        );
    }

    #[test]
    fn in_a_group_the_bot_may_want_to_be_spoken_to() {
        let overheard = Inbound {
            addressed: Addressed::No,
            ..group("x")
        };
        let dropped = Ruling::Drop("the bot was not mentioned");
        let open = json!({"groupPolicy": "open"});
        assert_eq!(judge("msteams", open, &overheard, &[]), dropped);
        let told = json!({"groupPolicy": "open", "requireMention": false});
        assert_eq!(judge("msteams", told, &overheard, &[]), Ruling::Admit);
        let of_room = json!({"groups": {"g1": {"requireMention": true}}});
        assert_eq!(judge("zalouser", of_room, &overheard, &[]), dropped);
        assert_eq!(judge("zalouser", json!({}), &overheard, &[]), Ruling::Admit);
    }

    #[test]
    fn our_own_words_and_none_are_dropped() {
        let mut own = direct("42");
        own.sender.kind = SenderKind::Ourselves;
        let open = || json!({"dmPolicy": "open"});
        assert_eq!(
            judge("zalo", open(), &own, &[]),
            Ruling::Drop("it is our own")
        );
        let empty = Inbound {
            text: " ".to_owned(),
            ..direct("42")
        };
        assert_eq!(
            judge("zalo", open(), &empty, &[]),
            Ruling::Drop("it says nothing")
        );
    }
}
