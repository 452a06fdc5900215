//! What the legacy's channels do differently from each other, where the settings say nothing.

/// One channel's habits.
#[derive(Debug)]
pub(crate) struct Habits {
    id: &'static str,
    /// What it is called before a message.
    pub(crate) label: &'static str,
    /// What a sender's id is called in a pairing reply; `None` where it is not told.
    pub(crate) id_line: Option<&'static str>,
    /// What may stand before an id in its lists.
    prefixes: &'static [&'static str],
    /// `groupPolicy`.
    pub(crate) groups: &'static str,
    /// `requireMention`.
    pub(crate) mention: bool,
    /// Whether `allowFrom` stands in for a `groupAllowFrom` that is not there.
    pub(crate) group_senders_from_allow: bool,
    /// Whether those who were paired may speak in groups too.
    pub(crate) paired_in_groups: bool,
    /// Whether each who writes directly has a session of its own, whatever `session.dmScope` says.
    pub(crate) direct_as_group: bool,
}

/// For channels that are not known here: the strictest of everything.
const OTHER: Habits = Habits {
    id: "",
    label: "",
    id_line: Some("Your user id"),
    prefixes: &[],
    groups: "allowlist",
    mention: true,
    group_senders_from_allow: false,
    paired_in_groups: false,
    direct_as_group: false,
};

const KNOWN: &[Habits] = &[
    Habits {
        id: "zalo",
        label: "Zalo",
        id_line: Some("Your Zalo user id"),
        prefixes: &["zalo:", "zl:"],
        groups: "open",
        mention: false,
        ..OTHER
    },
    Habits {
        id: "zalouser",
        label: "Zalo Personal",
        id_line: Some("Your Zalo user id"),
        prefixes: &["zalouser:", "zlu:"],
        groups: "open",
        mention: false,
        direct_as_group: true,
        ..OTHER
    },
    Habits {
        id: "msteams",
        label: "Teams",
        prefixes: &["msteams:", "user:"],
        group_senders_from_allow: true,
        paired_in_groups: true,
        ..OTHER
    },
    Habits {
        id: "matrix",
        label: "Matrix",
        id_line: None,
        prefixes: &["matrix:", "user:"],
        ..OTHER
    },
];

/// The habits of a channel.
pub(crate) fn habits(channel: &str) -> &'static Habits {
    let known = KNOWN.iter().find(|habits| habits.id == channel);
    known.unwrap_or(&OTHER)
}

impl Habits {
    /// An entry of a list, lower case and without what may stand before it; `None` for one that names nobody.
    pub(crate) fn bare(&self, entry: &str) -> Option<String> {
        let entry = entry.trim().to_lowercase();
        let bare = self
            .prefixes
            .iter()
            .find_map(|prefix| entry.strip_prefix(prefix));
        let bare = bare.unwrap_or(&entry);
        (!bare.is_empty() && bare != "*").then(|| bare.to_owned())
    }

    /// What the channel is called; its id, when it is not known.
    pub(crate) fn label<'a>(&'a self, channel: &'a str) -> &'a str {
        match self.label {
            "" => channel,
            label => label,
        }
    }
}
