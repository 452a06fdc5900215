//! An Activity as the Bot Framework posts it, and what is read out of it.
//!
//! It must not know the host. Nothing in an Activity is believed but what its token vouches for; here it is only read.
//! The surprise: the id of a conversation in a channel carries the thread behind a semicolon.

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// One Activity; what is not named here is not looked at.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Activity {
    /// `message`, `invoke`, `conversationUpdate`, …
    #[serde(rename = "type")]
    pub kind: String,
    /// The provider's id of it.
    pub id: Option<String>,
    /// What an invoke is about.
    pub name: Option<String>,
    /// When it was sent, ISO 8601.
    pub timestamp: Option<String>,
    /// `msteams` for Teams.
    pub channel_id: Option<String>,
    /// Where replies are posted.
    pub service_url: Option<String>,
    /// The language, such as `en-US`.
    pub locale: Option<String>,
    /// The text, with mentions as `<at>` elements.
    pub text: Option<String>,
    /// Who sent it.
    pub from: Option<Party>,
    /// Whom it was sent to: the bot.
    pub recipient: Option<Party>,
    /// Where it was said.
    pub conversation: Option<Conversation>,
    /// Which message it answers.
    pub reply_to_id: Option<String>,
    /// Files, cards and the text as HTML.
    pub attachments: Vec<Attachment>,
    /// Mentions and what else the text refers to.
    pub entities: Vec<Value>,
    /// What a card or an invoke submits.
    pub value: Value,
    /// What Teams adds.
    pub channel_data: Value,
}

/// A person or a bot.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Party {
    /// The channel's id, such as `29:…`.
    pub id: Option<String>,
    /// What they are called.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The directory's id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub aad_object_id: Option<String>,
}

/// Where something is said.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Conversation {
    /// The id, in a channel with `;messageid=` and the thread behind it.
    pub id: Option<String>,
    /// `personal`, `groupChat` or `channel`.
    pub conversation_type: Option<String>,
    /// The tenant.
    pub tenant_id: Option<String>,
    /// What it is called.
    pub name: Option<String>,
    /// Whether more than two take part.
    pub is_group: Option<bool>,
}

/// A file, a card, or the text as HTML.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Attachment {
    /// What it is.
    pub content_type: Option<String>,
    /// Where it is.
    pub content_url: Option<String>,
    /// What it is called.
    pub name: Option<String>,
    /// The thing itself.
    pub content: Value,
}

/// What kind of place a conversation is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Place {
    /// One person and the bot.
    Personal,
    /// Several people.
    Group,
    /// A channel of a team.
    Channel,
}

impl Activity {
    /// Reads one; odd fields are taken as absent, since a provider may add to them, but an Activity is an object.
    pub fn read(body: &Value) -> Option<Self> {
        let mut body = body.as_object()?.clone();
        body.retain(|_, value| !value.is_null());
        serde_json::from_value(Value::Object(body)).ok()
    }

    /// Who sent it, if that is said.
    pub fn sender(&self) -> Option<&Party> {
        let named = |party: &&Party| party.id.as_deref().is_some_and(|id| !id.is_empty());
        self.from.as_ref().filter(named)
    }

    /// The conversation without its thread; empty when there is none.
    pub fn conversation_id(&self) -> &str {
        base_id(self.raw_conversation_id())
    }

    /// The thread that is named behind the conversation's id.
    pub fn thread(&self) -> Option<&str> {
        thread_of(self.raw_conversation_id())
    }

    /// What kind of place it was said in; one that is not told is personal, as for the legacy.
    pub fn place(&self) -> Place {
        let conversation = self.conversation.as_ref();
        let kind = conversation.and_then(|it| it.conversation_type.as_deref());
        let group = conversation.and_then(|it| it.is_group) == Some(true);
        match kind {
            Some("channel") => Place::Channel,
            Some("groupChat") => Place::Group,
            _ if group => Place::Group,
            _ => Place::Personal,
        }
    }

    /// Whether the bot itself is mentioned.
    pub fn mentions_bot(&self) -> bool {
        let bot = self.recipient.as_ref().and_then(|it| it.id.as_deref());
        let Some(bot) = bot.filter(|id| !id.is_empty()) else {
            return false;
        };
        let mention = |entity: &Value| {
            entity["type"] == "mention" && entity["mentioned"]["id"].as_str() == Some(bot)
        };
        self.entities.iter().any(mention)
    }

    /// The text as people meant it: without mentions and without space around it.
    pub fn plain_text(&self) -> String {
        without_mentions(self.text.as_deref().unwrap_or_default())
    }

    /// A text in what Teams adds, by the names that lead to it.
    pub fn extra(&self, path: &[&str]) -> Option<&str> {
        let mut value = &self.channel_data;
        for name in path {
            value = value.get(name)?;
        }
        value
            .as_str()
            .map(str::trim)
            .filter(|text| !text.is_empty())
    }

    fn raw_conversation_id(&self) -> &str {
        let conversation = self.conversation.as_ref();
        conversation
            .and_then(|it| it.id.as_deref())
            .unwrap_or_default()
    }
}

impl Party {
    /// The id that outlives a change of channel: the directory's when there is one.
    pub fn stable_id(&self) -> &str {
        let directory = self.aad_object_id.as_deref().filter(|id| !id.is_empty());
        directory.or(self.id.as_deref()).unwrap_or_default()
    }
}

/// A conversation's id without what follows the semicolon.
pub fn base_id(raw: &str) -> &str {
    raw.split(';').next().unwrap_or(raw)
}

fn thread_of(raw: &str) -> Option<&str> {
    let mark = "messageid=";
    let part = raw.split(';').find(|part| {
        part.get(..mark.len())
            .is_some_and(|head| head.eq_ignore_ascii_case(mark))
    })?;
    let thread = part[mark.len()..].trim();
    (!thread.is_empty()).then_some(thread)
}

/// Takes `<at …>…</at>` out, on one line as the legacy's pattern does, and trims.
fn without_mentions(text: &str) -> String {
    let (mut end, mut close, mut line) = (Ahead::of(">"), Ahead::of("</at>"), Lines::default());
    let mut out = String::with_capacity(text.len());
    let (mut copied, mut from) = (0, 0);
    while let Some(start) = find(&text[from..], "<at").map(|at| from + at) {
        from = start + 3;
        let Some(open) = end.from(text, from).map(|at| at + 1) else {
            break;
        };
        let Some(shut) = close.from(text, open) else {
            break;
        };
        if line.end(text, open) >= shut {
            out.push_str(&text[copied..start]);
            from = shut + 5;
            copied = from;
        }
    }
    out.push_str(&text[copied..]);
    out.trim().to_owned()
}

/// Where a text stands next, asked for places that only go forward: a hostile text is read once, not once per mention.
struct Ahead {
    needle: &'static str,
    /// What was found last; the end of the text when there was nothing more.
    found: Option<usize>,
}

impl Ahead {
    fn of(needle: &'static str) -> Self {
        Self {
            needle,
            found: None,
        }
    }

    fn from(&mut self, text: &str, from: usize) -> Option<usize> {
        if self.found.is_none_or(|at| at < from) {
            let at = find(text.get(from..)?, self.needle).map(|at| from + at);
            self.found = Some(at.unwrap_or(text.len()));
        }
        self.found.filter(|at| *at < text.len())
    }
}

/// Where lines end, asked for places that only go forward.
#[derive(Default)]
struct Lines {
    found: Option<usize>,
}

impl Lines {
    fn end(&mut self, text: &str, from: usize) -> usize {
        if let Some(at) = self.found.filter(|at| *at >= from) {
            return at;
        }
        let breaks = ['\n', '\r', '\u{2028}', '\u{2029}'];
        let at = text[from..].find(breaks).map_or(text.len(), |at| from + at);
        self.found = Some(at);
        at
    }
}

/// Where `needle`, ASCII in lower case, stands in `text`, whatever the case of its letters there.
fn find(text: &str, needle: &str) -> Option<usize> {
    let (text, needle) = (text.as_bytes(), needle.as_bytes());
    text.windows(needle.len())
        .position(|window| window.eq_ignore_ascii_case(needle))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn activity(body: Value) -> Activity {
        Activity::read(&body).unwrap()
    }

    /// As Microsoft's documentation shows a message in a channel.
    fn in_channel() -> Activity {
        activity(json!({
            "type": "message", "id": "1485983408511", "timestamp": "2017-02-01T21:10:07.437Z", "channelId": "msteams",
            "serviceUrl": "https://smba.trafficmanager.net/amer/",
            "from": {"id": "29:1XJKJMvc5GBtc2JwZq0oj8tHZmzrQgFmB39ATiQWA85gQtHieVkKilBZ9XHoq9j7Zaqt7CZ-NJWi7me2kHTL3Bw",
                     "name": "Megan Bowen", "aadObjectId": "7faf8bcf-3ef6-4b5b-8a2f-cf0fd2e0f6a5"},
            "conversation": {"isGroup": true, "id": "19:253b1f341670408fb6fe51050b6e5ceb@thread.skype;messageid=1485983194839",
                             "conversationType": "channel", "tenantId": "72f988bf-86f1-41af-91ab-2d7cd011db47"},
            "recipient": {"id": "28:c9e8c047-2a74-40a2-b28a-b162d5f5327c", "name": "Teams TestBot"},
            "textFormat": "plain", "text": "<at>Teams TestBot</at> dummy text ",
            "entities": [
                {"type": "clientInfo", "locale": "en-US", "country": "US", "platform": "Windows"},
                {"type": "mention", "mentioned": {"id": "28:c9e8c047-2a74-40a2-b28a-b162d5f5327c", "name": "Teams TestBot"},
                 "text": "<at>Teams TestBot</at>"}],
            "channelData": {"teamsChannelId": "19:253b1f341670408fb6fe51050b6e5ceb@thread.skype",
                            "teamsTeamId": "19:712c61d0ef384e5fa681ba90ca943398@thread.skype"},
        }))
    }

    #[test]
    fn a_message_in_a_channel_is_read() {
        let it = in_channel();
        assert_eq!(
            it.conversation_id(),
            "19:253b1f341670408fb6fe51050b6e5ceb@thread.skype"
        );
        assert_eq!(it.thread(), Some("1485983194839"));
        assert_eq!(it.place(), Place::Channel);
        assert!(it.mentions_bot());
        assert_eq!(it.plain_text(), "dummy text");
        assert_eq!(
            it.sender().unwrap().stable_id(),
            "7faf8bcf-3ef6-4b5b-8a2f-cf0fd2e0f6a5"
        );
    }

    #[test]
    fn places_are_told_apart() {
        let place = |conversation: Value| activity(json!({"conversation": conversation})).place();
        assert_eq!(
            place(json!({"conversationType": "personal"})),
            Place::Personal
        );
        assert_eq!(
            place(json!({"conversationType": "groupChat"})),
            Place::Group
        );
        assert_eq!(place(json!({"isGroup": true})), Place::Group);
        assert_eq!(place(json!({})), Place::Personal);
        assert_eq!(activity(json!({})).place(), Place::Personal);
    }

    #[test]
    fn mentions_are_taken_out_as_the_legacy_does() {
        let check = |text: &str, expect: &str| assert_eq!(without_mentions(text), expect, "{text}");
        check("<at>Bot</at> hello", "hello");
        check("hi <AT id=\"0\">Bot</At>, and <at>You</at>!", "hi , and !");
        check("<at>Bot\n</at> hello", "<at>Bot\n</at> hello");
        check("<at>Bot hello", "<at>Bot hello");
        check(
            "<attachment id=\"1\"></attachment> x",
            "<attachment id=\"1\"></attachment> x",
        );
        check("ünï <at>ß</at> ok", "ünï  ok");
        check("", "");
    }

    #[test]
    fn a_hostile_text_is_read_in_one_pass() {
        let text = "<at>".repeat(25_000);
        let begin = std::time::Instant::now();
        assert_eq!(without_mentions(&text), text);
        assert_eq!(
            without_mentions(&format!("{text}\n</at>")),
            format!("{text}\n</at>")
        );
        assert!(begin.elapsed() < std::time::Duration::from_secs(2));
    }

    #[test]
    fn somebody_else_mentioned_is_not_the_bot() {
        let mut it = in_channel();
        it.recipient = Some(Party {
            id: Some("28:other".into()),
            ..Party::default()
        });
        assert!(!it.mentions_bot());
        it.recipient = None;
        assert!(!it.mentions_bot());
    }

    #[test]
    fn threads_are_read_whatever_the_case() {
        assert_eq!(thread_of("19:x;MessageId= 7 "), Some("7"));
        assert_eq!(thread_of("19:x;messageid="), None);
        assert_eq!(thread_of("19:x"), None);
        assert_eq!(base_id("19:x;messageid=7"), "19:x");
    }

    #[test]
    fn nulls_are_absent_and_lists_are_no_activity() {
        let it = activity(json!({"type": "message", "attachments": null, "text": null}));
        assert!(it.attachments.is_empty());
        assert!(Activity::read(&json!([])).is_none());
        assert!(Activity::read(&json!("x")).is_none());
    }
}
