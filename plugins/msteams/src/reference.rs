//! What is kept of a conversation, so that something can be said in it later.
//!
//! It must not know where it is kept. The surprise: a person is found by the conversation they had with the bot alone,
//! and never by a group they were in, as the legacy may: what is meant for one is not told to all.

use serde::{Deserialize, Serialize};

use crate::activity::{Activity, Party, Place, base_id};

/// How long a conversation is remembered after the last word, ms: a year, as the legacy does.
pub const LIFETIME: u64 = 365 * 24 * 60 * 60 * 1000;
/// How many conversations are remembered, as there.
pub const MOST: usize = 1000;
/// What the names of all kept conversations begin with.
pub const SHELF: &str = "conversation/";

/// Where and to whom something can be said.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Reference {
    /// The last message seen there.
    pub activity_id: Option<String>,
    /// Who sent it.
    pub user: Party,
    /// The bot, as it is called there.
    pub bot: Party,
    /// The conversation, without a thread.
    pub conversation: String,
    /// What kind of place it is.
    pub place: Place,
    /// `personal`, `groupChat` or `channel` as the provider spells it.
    pub conversation_type: Option<String>,
    /// The tenant.
    pub tenant: Option<String>,
    /// `msteams`.
    pub channel: String,
    /// Where the connector of that conversation is.
    pub service: String,
    /// The language.
    pub locale: Option<String>,
    /// When something was heard last, Unix ms.
    pub seen_at: u64,
}

impl Reference {
    /// Of a message; `None` when it does not say who spoke, where, to whom and where replies go.
    pub fn of(activity: &Activity, now: u64) -> Option<Self> {
        let bot = activity.recipient.clone().filter(|bot| bot.id.is_some())?;
        let service = activity.service_url.clone().filter(|url| !url.is_empty())?;
        let conversation = activity.conversation.as_ref()?;
        let id = activity.conversation_id();
        (!id.is_empty()).then_some(())?;
        Some(Self {
            activity_id: activity.id.clone(),
            user: activity.sender()?.clone(),
            bot,
            conversation: id.to_owned(),
            place: activity.place(),
            conversation_type: conversation.conversation_type.clone(),
            tenant: conversation.tenant_id.clone(),
            channel: activity
                .channel_id
                .clone()
                .unwrap_or_else(|| "msteams".to_owned()),
            service,
            locale: activity.locale.clone(),
            seen_at: now,
        })
    }

    /// Under what name it is kept.
    pub fn key(&self) -> String {
        conversation_key(&self.conversation)
    }

    /// Under what names the conversation is found by its person: both ids, and only where it is with them alone.
    pub fn user_keys(&self) -> Vec<String> {
        let ids = [self.user.aad_object_id.as_deref(), self.user.id.as_deref()];
        let known = ids.into_iter().flatten().filter(|id| !id.is_empty());
        match self.place {
            Place::Personal => known.map(user_key).collect(),
            Place::Group | Place::Channel => Vec::new(),
        }
    }
}

/// Where a conversation is kept.
pub fn conversation_key(id: &str) -> String {
    format!("{SHELF}{}", base_id(id))
}

/// Where the name of a person's conversation is kept.
pub fn user_key(id: &str) -> String {
    format!("user/{id}")
}

/// Whom something is for, as the gateway and the legacy's users write it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Recipient {
    /// A conversation by its id.
    Conversation(String),
    /// A person by either id.
    User(String),
}

impl Recipient {
    /// Reads `conversation:ID`, `user:ID`, `msteams:…` before either, or a bare id; `None` when no id is in it.
    pub fn read(to: &str) -> Option<Self> {
        let to = strip(strip(to.trim(), "msteams:"), "teams:").trim();
        let prefixes = ["conversation:", "channel:", "group:"];
        let conversation = prefixes.iter().find_map(|prefix| to.strip_prefix(prefix));
        let id = conversation
            .or(to.strip_prefix("user:"))
            .unwrap_or(to)
            .trim();
        if id.is_empty() {
            return None;
        }
        let bare = !to.starts_with("user:") && (id.starts_with("19:") || id.contains("@thread"));
        match conversation.is_some() || bare {
            true => Some(Self::Conversation(id.to_owned())),
            false => Some(Self::User(id.to_owned())),
        }
    }
}

fn strip<'a>(text: &'a str, prefix: &str) -> &'a str {
    match text.get(..prefix.len()) {
        Some(head) if head.eq_ignore_ascii_case(prefix) => &text[prefix.len()..],
        _ => text,
    }
}

/// Which of the kept are to go, oldest first, so that [`MOST`] and no more stay; a tenth more than needed, so that not
/// every new one looks through all of them.
pub fn excess(mut kept: Vec<(String, u64)>) -> Vec<String> {
    if kept.len() <= MOST {
        return Vec::new();
    }
    kept.sort_by_key(|(_, seen_at)| *seen_at);
    let surplus = kept.len() - MOST + MOST / 10;
    kept.into_iter().take(surplus).map(|(key, _)| key).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn message() -> Value {
        json!({
            "type": "message", "id": "m1", "channelId": "msteams", "serviceUrl": "https://smba.trafficmanager.net/amer/",
            "from": {"id": "29:1", "name": "Ada", "aadObjectId": "aad-1"}, "recipient": {"id": "28:bot", "name": "Bot"},
            "conversation": {"id": "a:1", "conversationType": "personal", "tenantId": "t"},
        })
    }

    fn reference(body: Value) -> Option<Reference> {
        Reference::of(&Activity::read(&body).unwrap(), 7)
    }

    #[test]
    fn a_conversation_is_found_again_by_its_id_and_its_person() {
        let it = reference(message()).unwrap();
        assert_eq!(it.key(), "conversation/a:1");
        assert_eq!(it.user_keys(), ["user/aad-1", "user/29:1"]);
        let text = serde_json::to_string(&it).unwrap();
        assert_eq!(serde_json::from_str::<Reference>(&text).unwrap(), it);
    }

    #[test]
    fn nobody_is_found_by_a_group_they_were_in() {
        let mut body = message();
        body["conversation"] =
            json!({"id": "19:g@thread.v2;messageid=3", "conversationType": "groupChat"});
        let it = reference(body).unwrap();
        assert_eq!(it.key(), "conversation/19:g@thread.v2");
        assert!(it.user_keys().is_empty());
    }

    #[test]
    fn what_cannot_be_answered_is_not_kept() {
        for field in ["from", "recipient", "conversation", "serviceUrl"] {
            let mut body = message();
            body.as_object_mut().unwrap().remove(field);
            assert!(reference(body).is_none(), "{field}");
        }
    }

    #[test]
    fn recipients_are_read_as_people_write_them() {
        let conversation = |id: &str| Some(Recipient::Conversation(id.into()));
        let user = |id: &str| Some(Recipient::User(id.into()));
        let check =
            |to: &str, expect: Option<Recipient>| assert_eq!(Recipient::read(to), expect, "{to}");
        check(
            "conversation:19:abc@thread.tacv2",
            conversation("19:abc@thread.tacv2"),
        );
        check(" user: aad-1 ", user("aad-1"));
        check("19:abc", conversation("19:abc"));
        check("a:1@thread.x", conversation("a:1@thread.x"));
        check("aad-1", user("aad-1"));
        check("msteams:user:aad-1", user("aad-1"));
        check("Teams:conversation:a:1", conversation("a:1"));
        check("msteams:channel:19:abc", conversation("19:abc"));
        check("user:", None);
        check("  ", None);
    }

    #[test]
    fn the_oldest_go_when_there_are_too_many() {
        let kept = |count: usize| {
            (0..count)
                .map(|at| (format!("k{at}"), at as u64))
                .rev()
                .collect()
        };
        assert!(excess(kept(MOST)).is_empty());
        let gone = excess(kept(MOST + 1));
        assert_eq!(gone.len(), 101);
        assert_eq!(gone[0], "k0");
    }
}
