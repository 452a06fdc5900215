//! The operator's settings: `channels.matrix` of the legacy's, with the plugin's own over them.
//!
//! It must not ask a homeserver. The surprises: the token and the password are not in here, they are secrets that the
//! host holds by name; and a channel that is switched off is on here, because that is how an operator hands it over.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::Deserialize;
use serde_json::Value;

use crate::names;

/// Longest text of one message, UTF-16 units: what the gateway sends at most.
pub const TEXT_LIMIT: usize = 4000;

/// Everything the operator said, checked.
#[derive(Debug, Clone, PartialEq)]
pub struct Settings {
    /// Address of the homeserver without a slash at its end.
    pub homeserver: String,
    /// The bot's id; asked of the server when it is not given.
    pub user: Option<String>,
    /// What other devices see it as.
    pub device_name: String,
    /// How many events of a room the first look takes in.
    pub first_limit: u32,
    /// How old a message may be that arrived while nobody looked.
    pub catch_up: Duration,
    /// Longest text of one message, UTF-16 units.
    pub text_limit: usize,
    /// Largest file, bytes.
    pub media_limit: u64,
    /// Which invitations are accepted.
    pub join: Join,
    /// Which messages go back into a thread.
    pub threads: Threads,
    /// Who may write in a direct chat.
    pub direct: Direct,
    /// Who may write in a room.
    pub rooms: Rooms,
    /// Expressions that address the bot, beside its id.
    pub mentions: Vec<String>,
    /// The type of the events that polls are.
    pub poll: PollType,
}

/// Which invitations are accepted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Join {
    /// All of them.
    Always,
    /// Those to these rooms and aliases.
    Listed(Vec<String>),
    /// None.
    Off,
}

/// Which messages are answered in a thread.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Threads {
    /// None.
    Off,
    /// Those from a thread.
    #[default]
    Inbound,
    /// All: a message that is in none begins one.
    Always,
}

/// Who may write in a direct chat.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Direct {
    /// What becomes of a sender who is not listed.
    pub policy: DirectPolicy,
    /// Senders who may.
    pub allowed: Vec<String>,
}

/// What becomes of a sender who is not listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum DirectPolicy {
    /// Shown a code for the operator to approve.
    #[default]
    Pairing,
    /// Not heard.
    Allowlist,
    /// Heard.
    Open,
    /// Nobody is heard.
    Disabled,
}

/// Who may write in rooms.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rooms {
    /// Which rooms are heard.
    pub policy: RoomPolicy,
    /// Senders who are heard where the room names none of its own.
    pub allowed: Vec<String>,
    /// By id, alias or `*`.
    pub named: BTreeMap<String, Room>,
}

/// Which rooms are heard.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum RoomPolicy {
    /// Those that are named.
    #[default]
    Allowlist,
    /// All that are not turned off.
    Open,
    /// None.
    Disabled,
}

/// One room's own settings.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Room {
    enabled: Option<bool>,
    allow: Option<bool>,
    require_mention: Option<bool>,
    auto_reply: Option<bool>,
    #[serde(deserialize_with = "texts")]
    /// Senders who are heard in it; all when empty.
    pub users: Vec<String>,
    /// The agent's skills that it is limited to.
    pub skills: Vec<String>,
    /// What the agent is told about it.
    pub system_prompt: Option<String>,
}

/// The type of the events that polls are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
pub enum PollType {
    /// As the specification will have it, and the legacy sends it.
    #[default]
    #[serde(rename = "m.poll.start")]
    Stable,
    /// As today's clients show it.
    #[serde(rename = "org.matrix.msc3381.poll.start")]
    Unstable,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct File {
    homeserver: Option<String>,
    user_id: Option<String>,
    device_name: Option<String>,
    initial_sync_limit: Option<f64>,
    catch_up_seconds: Option<u32>,
    text_chunk_limit: Option<u32>,
    media_max_mb: Option<f64>,
    auto_join: Option<JoinWord>,
    #[serde(deserialize_with = "texts")]
    auto_join_allowlist: Vec<String>,
    thread_replies: Threads,
    allowlist_only: bool,
    dm: DirectFile,
    group_policy: RoomPolicy,
    #[serde(deserialize_with = "texts")]
    group_allow_from: Vec<String>,
    groups: Option<BTreeMap<String, Room>>,
    rooms: Option<BTreeMap<String, Room>>,
    mention_patterns: Vec<String>,
    poll_event: PollType,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct DirectFile {
    enabled: Option<bool>,
    policy: DirectPolicy,
    #[serde(deserialize_with = "texts")]
    allow_from: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
enum JoinWord {
    Always,
    Allowlist,
    Off,
}

impl Settings {
    /// Reads a document. The error is a list of dotted paths, each with what is wrong there.
    pub fn parse(document: &str) -> Result<Self, Vec<(String, String)>> {
        let file: File = serde_json::from_str(document)
            .map_err(|error| vec![(String::new(), error.to_string())])?;
        let problems = file.problems();
        match problems.is_empty() {
            true => Ok(file.checked()),
            false => Err(problems),
        }
    }
}

impl File {
    fn problems(&self) -> Vec<(String, String)> {
        let mut found = Vec::new();
        let mut wrong = |path: &str, what: &str| found.push((path.to_owned(), what.to_owned()));
        match self.homeserver.as_deref().map(str::trim) {
            Some(address) if address.starts_with("https://") || address.starts_with("http://") => {}
            Some(_) => wrong("homeserver", "must begin with https:// or http://"),
            None => wrong("homeserver", "is missing"),
        }
        if filled(self.user_id.as_deref()).is_some_and(|id| names::user(id).is_none()) {
            wrong("userId", "must be like @bot:example.org");
        }
        if self.media_max_mb.is_some_and(|mb| !mb.is_finite()) {
            wrong("mediaMaxMb", "must be a number");
        }
        found
    }

    fn checked(self) -> Settings {
        Settings {
            user: filled(self.user_id.as_deref()).map(str::to_owned),
            device_name: filled(self.device_name.as_deref())
                .unwrap_or("OpenClaw Gateway")
                .to_owned(),
            // Ten is what a homeserver takes when nobody says.
            first_limit: self
                .initial_sync_limit
                .map_or(10, |limit| limit.max(0.0) as u32),
            // A swap of plugins or a restart takes seconds; what is older than this nobody waits for any more.
            catch_up: Duration::from_secs(self.catch_up_seconds.unwrap_or(300).into()),
            text_limit: self
                .text_chunk_limit
                .map_or(TEXT_LIMIT, |limit| limit as usize)
                .clamp(1, TEXT_LIMIT),
            media_limit: (self.media_max_mb.unwrap_or(20.0).max(1.0) * 1_048_576.0) as u64,
            join: match self.auto_join {
                None | Some(JoinWord::Always) => Join::Always,
                Some(JoinWord::Allowlist) => Join::Listed(self.auto_join_allowlist),
                Some(JoinWord::Off) => Join::Off,
            },
            threads: self.thread_replies,
            direct: Direct {
                policy: self.dm.policy(self.allowlist_only),
                allowed: self.dm.allow_from,
            },
            rooms: Rooms {
                policy: match (self.group_policy, self.allowlist_only) {
                    (RoomPolicy::Open, true) => RoomPolicy::Allowlist,
                    (policy, _) => policy,
                },
                allowed: self.group_allow_from,
                named: self.groups.or(self.rooms).unwrap_or_default(),
            },
            mentions: self.mention_patterns,
            poll: self.poll_event,
            homeserver: self
                .homeserver
                .unwrap_or_default()
                .trim()
                .trim_end_matches('/')
                .to_owned(),
        }
    }
}

impl DirectFile {
    fn policy(&self, listed_only: bool) -> DirectPolicy {
        match (self.enabled, self.policy) {
            (Some(false), _) | (_, DirectPolicy::Disabled) => DirectPolicy::Disabled,
            _ if listed_only => DirectPolicy::Allowlist,
            (_, policy) => policy,
        }
    }
}

impl Room {
    /// Whether it is heard at all.
    pub fn on(&self) -> bool {
        self.enabled != Some(false) && self.allow != Some(false)
    }

    /// Whether only messages that address the bot are for it.
    pub fn needs_mention(&self) -> bool {
        match (self.auto_reply, self.require_mention) {
            (Some(auto), _) => !auto,
            (None, Some(required)) => required,
            (None, None) => true,
        }
    }
}

fn filled(text: Option<&str>) -> Option<&str> {
    text.map(str::trim).filter(|text| !text.is_empty())
}

/// A list of texts in which numbers may stand, as people write ids.
fn texts<'de, D: serde::Deserializer<'de>>(from: D) -> Result<Vec<String>, D::Error> {
    let values = Option::<Vec<Value>>::deserialize(from)?.unwrap_or_default();
    let text = |value: Value| match value {
        Value::String(text) => text.trim().to_owned(),
        other => other.to_string(),
    };
    let listed = values.into_iter().map(text);
    Ok(listed.filter(|text| !text.is_empty()).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn read(document: Value) -> Settings {
        Settings::parse(&document.to_string()).expect("settings")
    }

    fn check(document: Value, path: &str) {
        let problems = Settings::parse(&document.to_string()).expect_err("a problem");
        assert_eq!(problems[0].0, path, "{document}");
    }

    #[test]
    fn what_is_not_said_is_as_the_legacy_has_it() {
        let settings = read(
            json!({"homeserver": " https://hs.example/ ", "accessToken": {"$secret": "access-token"}}),
        );
        assert_eq!(settings.homeserver, "https://hs.example");
        assert_eq!(settings.join, Join::Always);
        assert_eq!(settings.threads, Threads::Inbound);
        assert_eq!(settings.direct.policy, DirectPolicy::Pairing);
        assert_eq!(settings.rooms.policy, RoomPolicy::Allowlist);
        assert_eq!(settings.text_limit, 4000);
        assert_eq!(settings.media_limit, 20 * 1024 * 1024);
        assert_eq!(settings.device_name, "OpenClaw Gateway");
    }

    #[test]
    fn listed_only_closes_what_is_open() {
        let all = json!({"homeserver": "https://h", "allowlistOnly": true, "groupPolicy": "open", "dm": {"policy": "open"}});
        let settings = read(all);
        assert_eq!(settings.rooms.policy, RoomPolicy::Allowlist);
        assert_eq!(settings.direct.policy, DirectPolicy::Allowlist);
        let off =
            json!({"homeserver": "https://h", "allowlistOnly": true, "dm": {"enabled": false}});
        assert_eq!(read(off).direct.policy, DirectPolicy::Disabled);
    }

    #[test]
    fn a_limit_never_passes_what_the_gateway_sends() {
        let chunk =
            |limit| read(json!({"homeserver": "https://h", "textChunkLimit": limit})).text_limit;
        assert_eq!((chunk(100), chunk(9000), chunk(0)), (100, 4000, 1));
    }

    #[test]
    fn a_room_needs_a_mention_unless_it_says_otherwise() {
        let room = |value| serde_json::from_value::<Room>(value).expect("a room");
        assert!(room(json!({})).needs_mention());
        assert!(!room(json!({"requireMention": false})).needs_mention());
        assert!(!room(json!({"autoReply": true, "requireMention": true})).needs_mention());
        assert!(room(json!({"autoReply": false, "requireMention": false})).needs_mention());
        assert!(!room(json!({"allow": false})).on());
        assert!(!room(json!({"enabled": false, "allow": true})).on());
    }

    #[test]
    fn problems_have_their_place() {
        check(json!({}), "homeserver");
        check(json!({"homeserver": "matrix.org"}), "homeserver");
        check(
            json!({"homeserver": "https://h", "userId": "bob"}),
            "userId",
        );
        check(
            json!({"homeserver": "https://h", "dm": {"policy": "all"}}),
            "",
        );
    }

    #[test]
    fn old_rooms_are_read_where_there_are_no_groups() {
        let both = json!({"homeserver": "https://h", "rooms": {"!a:b": {}, "*": {"users": [7, " @x:b "]}}});
        let rooms = read(both).rooms.named;
        assert_eq!(rooms["*"].users, ["7", "@x:b"]);
        assert_eq!(rooms.len(), 2);
    }
}
