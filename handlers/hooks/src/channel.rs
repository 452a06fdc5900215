//! The channels an answer can be delivered to.
//!
//! Which there are only the legacy knows: it depends on its plugins. The surprise: the list is an answer too, it stands
//! in the refusal.

use std::sync::Arc;

use overgrow_handler::Declined;

use crate::js::Text;
use crate::json::Kind;
use crate::stop::Stop;

/// Where the last conversation was: every gateway has it.
const LAST: &str = "last";

/// Other names of channels. Those of the gateway itself hold whether the channel is there or not; they come first.
const ALIASES: [(&str, &str); 11] = [
    ("imsg", "imessage"),
    ("google-chat", "googlechat"),
    ("gchat", "googlechat"),
    ("bb", "bluebubbles"),
    ("teams", "msteams"),
    ("nc-talk", "nextcloud-talk"),
    ("nc", "nextcloud-talk"),
    ("urbit", "tlon"),
    ("twitch-chat", "twitch"),
    ("zl", "zalo"),
    ("zlu", "zalouser"),
];

/// Channels that come with the gateway, of which no other alias is known.
const SHIPPED: [&str; 18] = [
    "telegram",
    "whatsapp",
    "discord",
    "googlechat",
    "slack",
    "signal",
    "imessage",
    "bluebubbles",
    "line",
    "matrix",
    "mattermost",
    "msteams",
    "nextcloud-talk",
    "nostr",
    "tlon",
    "twitch",
    "zalo",
    "zalouser",
];

/// The channels that the legacy told, in its order; nothing when it has not.
#[derive(Debug, Clone, Default)]
pub(crate) struct Channels(pub(crate) Option<Arc<[String]>>);

impl Channels {
    /// The channel that a payload or a mapping names; none is the last one.
    ///
    /// # Errors
    /// When there is no such channel, or only the legacy can say.
    pub(crate) fn resolve(&self, named: Option<Kind<'_>>) -> Result<String, Stop> {
        let name = match named {
            None => return Ok(LAST.to_owned()),
            Some(Kind::String(text)) => normal(text),
            Some(_) => String::new(),
        };
        if name == LAST {
            return Ok(name);
        }
        let known = self.0.as_deref().ok_or(Declined("channels"))?;
        match find(known, &name) {
            Some(id) => Ok(id.to_owned()),
            None if !name.is_empty() && known.iter().any(|id| is_foreign(id)) => {
                Err(Declined("channels").into())
            }
            None => Err(Stop::bad(&refusal(known))),
        }
    }

    /// Whether every name can be resolved here.
    pub(crate) fn are_known(&self) -> bool {
        let known = self.0.as_deref();
        known.is_some_and(|known| !known.iter().any(|id| is_foreign(id)))
    }
}

fn normal(name: &Text) -> String {
    name.trimmed().lossy().to_lowercase()
}

fn find<'a>(known: &'a [String], name: &str) -> Option<&'a str> {
    let alias = ALIASES.iter().find(|(alias, _)| *alias == name);
    let name = alias.map_or(name, |(_, id)| id);
    let found = known.iter().find(|id| id.to_lowercase() == name);
    found.map(String::as_str)
}

/// Whether a channel is somebody's own plugin, which may have aliases that are not known here.
fn is_foreign(id: &str) -> bool {
    !SHIPPED.contains(&id)
}

fn refusal(known: &[String]) -> String {
    let ids = known.iter().map(String::as_str);
    let all: Vec<_> = std::iter::once(LAST).chain(ids).collect();
    format!("channel must be {}", all.join("|"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resolve(known: Option<&[&str]>, named: Option<&str>) -> String {
        let ids = known.map(|known| known.iter().map(|id| (*id).to_owned()).collect());
        let text = named.map(Text::from);
        match Channels(ids).resolve(text.as_ref().map(Kind::String)) {
            Ok(id) => id,
            Err(stop) => format!("{stop:?}"),
        }
    }

    #[test]
    fn the_last_one_needs_no_list() {
        assert_eq!(resolve(None, None), "last");
        assert_eq!(resolve(None, Some(" LAST\u{feff}")), "last");
        assert!(resolve(None, Some("slack")).contains("Declined(\"channels\")"));
    }

    #[test]
    fn names_and_aliases_are_found_in_the_list() {
        let known = Some(&["telegram", "msteams"][..]);
        assert_eq!(resolve(known, Some(" Telegram ")), "telegram");
        assert_eq!(resolve(known, Some("teams")), "msteams");
        for unknown in ["imsg", "imessage", "webchat", "bogus", "", " "] {
            let refused = resolve(known, Some(unknown));
            assert!(
                refused.contains("channel must be last|telegram|msteams"),
                "{refused}"
            );
        }
        assert!(resolve(Some(&[]), Some("bogus")).contains("channel must be last\""));
    }

    #[test]
    fn aliases_of_somebodys_own_plugin_are_left_to_the_legacy() {
        let known = Some(&["telegram", "Pager"][..]);
        assert_eq!(resolve(known, Some("pager")), "Pager");
        assert!(resolve(known, Some("beeper")).contains("Declined(\"channels\")"));
        assert!(resolve(known, Some("")).contains("channel must be last|telegram|Pager"));
    }
}
