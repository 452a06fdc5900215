//! Who is heard where, and whether they have to call the bot by its name.
//!
//! It must not ask anybody. The surprise: a person is known by their id. What they are called proves nothing, so names in
//! a list count only after the directory has said whose they are, which happens elsewhere.

use serde_json::Value;

/// What the operator's settings say of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policy {
    /// For those who write to the bot alone.
    pub direct: Direct,
    /// People who may write to it alone.
    pub allowed: Vec<String>,
    /// For groups and channels.
    pub groups: Groups,
    /// People who may speak to it there; those above when there is no such list.
    pub group_allowed: Vec<String>,
    /// What holds for all groups and channels.
    pub manners: Manners,
    /// What holds for teams.
    pub teams: Vec<Team>,
}

/// Who may write to the bot alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direct {
    /// Nobody.
    Disabled,
    /// Everybody.
    Open,
    /// Those listed, here or at the gateway.
    Listed,
}

/// Which groups and channels are heard.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Groups {
    /// None.
    Disabled,
    /// All.
    Open,
    /// Those listed, or those in which somebody listed speaks.
    Listed,
}

/// How the bot behaves among people; what is not said is inherited.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Manners {
    /// Whether it waits to be called.
    pub require_mention: Option<bool>,
    /// Where it replies.
    pub replies: Option<Replies>,
}

/// Where the bot replies among people.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Replies {
    /// To the message.
    Thread,
    /// Below all others.
    TopLevel,
}

/// What holds for a team.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Team {
    /// Its id or its name; `*` for any.
    pub key: String,
    /// What holds in all of it.
    pub manners: Manners,
    /// What holds for channels, by id or name.
    pub channels: Vec<(String, Manners)>,
}

/// Where something was said.
#[derive(Debug, Clone, Copy, Default)]
pub struct Room<'a> {
    /// The conversation.
    pub conversation: &'a str,
    /// The team's id.
    pub team: Option<&'a str>,
    /// What the team is called.
    pub team_name: Option<&'a str>,
    /// What the channel is called.
    pub channel_name: Option<&'a str>,
}

/// What becomes of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It is for the gateway.
    Heard(Standing),
    /// It is not, and why.
    Dropped(&'static str),
}

/// What is known of somebody who is heard.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// The operator's settings let them in.
    Allowed,
    /// The gateway decides: they may be paired there, or be asked for a code.
    Unknown,
}

impl Standing {
    /// The word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Allowed => "allowed",
            Self::Unknown => "unknown",
        }
    }
}

impl Policy {
    /// Reads it; what makes no sense is the strictest.
    pub fn read(document: &Value) -> Self {
        let allowed = entries(&document["allowFrom"]);
        let groups = document
            .get("groupAllowFrom")
            .filter(|list| list.is_array());
        Self {
            direct: match document["dmPolicy"].as_str() {
                Some("disabled") => Direct::Disabled,
                Some("open") => Direct::Open,
                _ => Direct::Listed,
            },
            groups: match document["groupPolicy"].as_str() {
                Some("open") => Groups::Open,
                None | Some("allowlist") => Groups::Listed,
                Some(_) => Groups::Disabled,
            },
            group_allowed: groups.map_or_else(|| allowed.clone(), entries),
            allowed,
            manners: Manners::read(document),
            teams: pairs(&document["teams"])
                .map(|(key, team)| Team::read(key, team))
                .collect(),
        }
    }

    /// Judges somebody who writes to the bot alone. `ids` are theirs.
    pub fn direct(&self, ids: &[&str], known: &[String]) -> Verdict {
        match self.direct {
            Direct::Disabled => Verdict::Dropped("direct messages are off"),
            Direct::Open => Verdict::Heard(Standing::Allowed),
            Direct::Listed if listed(&self.allowed, ids, known) => {
                Verdict::Heard(Standing::Allowed)
            }
            Direct::Listed => Verdict::Heard(Standing::Unknown),
        }
    }

    /// Judges somebody who speaks among people.
    pub fn group(&self, room: Room<'_>, ids: &[&str], known: &[String]) -> Verdict {
        match self.groups {
            Groups::Disabled => return Verdict::Dropped("groups are off"),
            Groups::Open => return Verdict::Heard(Standing::Allowed),
            Groups::Listed => {}
        }
        if !self.teams.is_empty() && !self.is_listed(room) {
            return Verdict::Dropped("the team or channel is not listed");
        }
        if self.teams.is_empty() && self.group_allowed.is_empty() {
            return Verdict::Dropped("nobody is listed for groups");
        }
        let anybody = self.group_allowed.is_empty();
        match anybody || listed(&self.group_allowed, ids, known) {
            true => Verdict::Heard(Standing::Allowed),
            false => Verdict::Dropped("the sender is not listed for groups"),
        }
    }

    /// How the bot behaves in a room.
    pub fn manners(&self, room: Room<'_>) -> (bool, Replies) {
        let team = self.team(room);
        let channel = team.and_then(|team| team.channel(room)).copied();
        let levels = [channel, team.map(|team| team.manners), Some(self.manners)];
        let said = levels.into_iter().flatten();
        let require = said
            .clone()
            .find_map(|it| it.require_mention)
            .unwrap_or(true);
        let usual = if require {
            Replies::Thread
        } else {
            Replies::TopLevel
        };
        (
            require,
            said.clone().find_map(|it| it.replies).unwrap_or(usual),
        )
    }

    /// Entries that only the directory can say the ids of.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        let all = self.allowed.iter().chain(&self.group_allowed);
        all.map(String::as_str)
            .filter(|entry| *entry != "*" && !is_id(entry))
    }

    fn is_listed(&self, room: Room<'_>) -> bool {
        let team = self.team(room);
        team.is_some_and(|team| team.channels.is_empty() || team.channel(room).is_some())
    }

    fn team(&self, room: Room<'_>) -> Option<&Team> {
        let names = [room.team, room.team_name];
        find(
            self.teams.iter().map(|team| (team.key.as_str(), team)),
            &names,
        )
    }
}

impl Team {
    fn read(key: &str, team: &Value) -> Self {
        let channels = pairs(&team["channels"]);
        Self {
            key: key.to_owned(),
            manners: Manners::read(team),
            channels: channels
                .map(|(key, channel)| (key.to_owned(), Manners::read(channel)))
                .collect(),
        }
    }

    fn channel(&self, room: Room<'_>) -> Option<&Manners> {
        let names = [Some(room.conversation), room.channel_name];
        find(
            self.channels
                .iter()
                .map(|(key, manners)| (key.as_str(), manners)),
            &names,
        )
    }
}

impl Manners {
    fn read(value: &Value) -> Self {
        Self {
            require_mention: value["requireMention"].as_bool(),
            replies: match value["replyStyle"].as_str() {
                Some("thread") => Some(Replies::Thread),
                Some("top-level") => Some(Replies::TopLevel),
                _ => None,
            },
        }
    }
}

/// Whether a text is an id of a person, and not a name.
pub fn is_id(entry: &str) -> bool {
    let hex = |part: &str| part.chars().all(|c| c.is_ascii_hexdigit());
    let lengths: Vec<usize> = entry.split('-').map(str::len).collect();
    let uuid = lengths == [8, 4, 4, 4, 12] && entry.split('-').all(hex);
    uuid || entry.starts_with("29:") || entry.starts_with("8:")
}

/// The entry named best: by the words themselves, by what they are as a slug, else `*`.
fn find<'a, T>(
    entries: impl Iterator<Item = (&'a str, T)> + Clone,
    names: &[Option<&str>],
) -> Option<T> {
    let names: Vec<&str> = names
        .iter()
        .flatten()
        .map(|name| name.trim())
        .filter(|name| !name.is_empty())
        .collect();
    let exact = |(key, _): &(&str, T)| names.contains(key);
    let slugs: Vec<String> = names
        .iter()
        .map(|name| slug(name))
        .filter(|slug| !slug.is_empty())
        .collect();
    let alike = |(key, _): &(&str, T)| slugs.contains(&slug(key));
    let found = entries
        .clone()
        .find(exact)
        .or_else(|| entries.clone().find(alike));
    found
        .or_else(|| entries.clone().find(|(key, _)| *key == "*"))
        .map(|(_, value)| value)
}

fn slug(name: &str) -> String {
    let name = name.trim().to_lowercase();
    let name = name.strip_prefix('#').unwrap_or(&name);
    let words = name
        .split(|c: char| !c.is_ascii_alphanumeric())
        .filter(|word| !word.is_empty());
    words.collect::<Vec<_>>().join("-")
}

/// Whether a list names somebody by an id, or the directory says that a name in it is theirs (`known`).
fn listed(list: &[String], ids: &[&str], known: &[String]) -> bool {
    let own = |id: &&str| {
        ids.iter()
            .any(|own| !own.is_empty() && own.eq_ignore_ascii_case(id))
    };
    list.iter()
        .any(|entry| entry == "*" || own(&entry.as_str()) || known.contains(entry))
}

fn entries(list: &Value) -> Vec<String> {
    let list = list.as_array().map(Vec::as_slice).unwrap_or_default();
    let text = |entry: &Value| match entry {
        Value::String(text) => Some(bare(text)),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    };
    list.iter()
        .filter_map(text)
        .filter(|entry| !entry.is_empty())
        .collect()
}

/// Without `msteams:`, `teams:` and `user:` in front.
fn bare(entry: &str) -> String {
    let mut rest = entry.trim();
    for prefix in ["msteams:", "teams:", "user:"] {
        let head = rest.get(..prefix.len()).unwrap_or_default();
        if head.eq_ignore_ascii_case(prefix) {
            rest = rest[prefix.len()..].trim();
        }
    }
    rest.to_owned()
}

fn pairs(map: &Value) -> impl Iterator<Item = (&str, &Value)> {
    map.as_object()
        .into_iter()
        .flatten()
        .map(|(key, value)| (key.as_str(), value))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const ADA: &str = "7faf8bcf-3ef6-4b5b-8a2f-cf0fd2e0f6a5";
    const ALLOWED: Verdict = Verdict::Heard(Standing::Allowed);
    const UNKNOWN: Verdict = Verdict::Heard(Standing::Unknown);

    fn direct(document: Value) -> Verdict {
        Policy::read(&document).direct(&[ADA, "29:ada"], &["Ada Lovelace".to_owned()])
    }

    fn group(document: Value) -> Verdict {
        Policy::read(&document).group(room(), &[ADA, "29:ada"], &["Ada Lovelace".to_owned()])
    }

    fn room() -> Room<'static> {
        Room {
            conversation: "19:ops@thread.tacv2",
            team: Some("19:team@thread.tacv2"),
            team_name: Some("Core Team"),
            channel_name: Some("Ops & Co"),
        }
    }

    #[test]
    fn who_writes_to_the_bot_alone_is_judged() {
        assert_eq!(direct(json!({})), UNKNOWN);
        assert_eq!(direct(json!({"allowFrom": [ADA.to_uppercase()]})), ALLOWED);
        assert_eq!(
            direct(json!({"allowFrom": ["msteams:user:29:ada"]})),
            ALLOWED
        );
        assert_eq!(direct(json!({"allowFrom": ["Ada Lovelace"]})), ALLOWED);
        assert_eq!(direct(json!({"allowFrom": ["Bob", 7, null]})), UNKNOWN);
        assert_eq!(
            direct(json!({"dmPolicy": "allowlist", "allowFrom": ["*"]})),
            ALLOWED
        );
        assert_eq!(direct(json!({"dmPolicy": "open"})), ALLOWED);
        assert!(matches!(
            direct(json!({"dmPolicy": "disabled", "allowFrom": ["*"]})),
            Verdict::Dropped(_)
        ));
    }

    #[test]
    fn groups_are_judged_by_room_and_sender() {
        let dropped = |document: Value| {
            assert!(
                matches!(group(document.clone()), Verdict::Dropped(_)),
                "{document}"
            )
        };
        dropped(json!({}));
        dropped(json!({"groupPolicy": "disabled", "allowFrom": ["*"]}));
        dropped(json!({"groupPolicy": "odd", "allowFrom": ["*"]}));
        dropped(json!({"allowFrom": ["Bob"]}));
        dropped(json!({"allowFrom": [ADA], "groupAllowFrom": ["Bob"]}));
        dropped(json!({"teams": {"Other": {}}}));
        dropped(json!({"teams": {"Core Team": {"channels": {"general": {}}}}}));
        dropped(json!({"teams": {"Core Team": {}}, "groupAllowFrom": ["Bob"]}));
        assert_eq!(group(json!({"groupPolicy": "open"})), ALLOWED);
        assert_eq!(group(json!({"allowFrom": [ADA]})), ALLOWED);
        assert_eq!(group(json!({"groupAllowFrom": [ADA]})), ALLOWED);
        assert_eq!(group(json!({"teams": {"core-team": {}}})), ALLOWED);
        assert_eq!(
            group(json!({"teams": {"*": {"channels": {"19:ops@thread.tacv2": {}}}}})),
            ALLOWED
        );
        assert_eq!(
            group(json!({"teams": {"19:team@thread.tacv2": {"channels": {"#ops co": {}}}}})),
            ALLOWED
        );
    }

    #[test]
    fn manners_are_inherited() {
        let check = |document: Value, expect: (bool, Replies)| {
            assert_eq!(Policy::read(&document).manners(room()), expect)
        };
        check(json!({}), (true, Replies::Thread));
        check(json!({"requireMention": false}), (false, Replies::TopLevel));
        check(
            json!({"requireMention": false, "replyStyle": "thread"}),
            (false, Replies::Thread),
        );
        let teams = json!({"Core Team": {"requireMention": true, "channels": {"ops-co": {"requireMention": false}}}});
        check(
            json!({"requireMention": true, "teams": teams}),
            (false, Replies::TopLevel),
        );
        check(
            json!({"teams": {"*": {"replyStyle": "top-level"}}}),
            (true, Replies::TopLevel),
        );
    }

    #[test]
    fn names_are_told_from_ids() {
        let policy = Policy::read(
            &json!({"allowFrom": [ADA, "*", "29:x", "ada@contoso.example"], "groupAllowFrom": ["Bob"]}),
        );
        assert_eq!(
            policy.names().collect::<Vec<_>>(),
            ["ada@contoso.example", "Bob"]
        );
    }
}
