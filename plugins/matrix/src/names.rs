//! What things are called in Matrix, and how their names stand in a path.
//!
//! It must not ask a homeserver. The surprise: ids are opaque, so nothing but their sigil and their length is checked,
//! and a room id need not have a server in it.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// Longest id that the specification allows, bytes.
const LONGEST: usize = 255;

/// Letters that need no escape in a segment of a path, as `encodeURIComponent` has it but for `!'()*`.
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'~');

/// Where a message goes, as people and the gateway write it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// A room by its id.
    Room(String),
    /// A room by an alias.
    Alias(String),
    /// The direct chat with a user.
    User(String),
}

/// A file in a homeserver's media repository.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Media {
    server: String,
    id: String,
}

impl Target {
    /// Reads `room:!id`, `#alias`, `@user`, with any of the prefixes `matrix:`, `room:`, `channel:`, `user:` in front.
    /// `None` when it names nothing.
    pub fn parse(text: &str) -> Option<Self> {
        let bare = bare(text, &["matrix:", "room:", "channel:", "user:"]);
        match bare.chars().next()? {
            '!' => id(bare, '!').map(Self::Room),
            '#' => id(bare, '#').map(Self::Alias),
            '@' => user(bare).map(Self::User),
            _ => None,
        }
    }
}

impl Media {
    /// Reads `mxc://server/id`. `None` when it is anything else, above all when it would lead elsewhere in the server.
    pub fn parse(uri: &str) -> Option<Self> {
        let (server, id) = uri.strip_prefix("mxc://")?.split_once('/')?;
        let plain = |text: &str, more: &[u8]| {
            !text.is_empty()
                && text.len() <= LONGEST
                && text
                    .bytes()
                    .all(|byte| byte.is_ascii_alphanumeric() || more.contains(&byte))
        };
        let named = plain(server, b".-:[]") && plain(id, b"-_");
        named.then(|| Self {
            server: server.to_owned(),
            id: id.to_owned(),
        })
    }

    /// The path from which a client that has logged in takes it.
    pub fn path(&self) -> String {
        path(
            &["_matrix/client/v1/media/download"],
            &[&self.server, &self.id],
        )
    }

    /// The path from which servers before 1.11 give it.
    pub fn old_path(&self) -> String {
        path(&["_matrix/media/v3/download"], &[&self.server, &self.id])
    }
}

/// An id of that sigil, `None` when it cannot be one.
pub fn id(text: &str, sigil: char) -> Option<String> {
    let plausible = text.len() > 1
        && text.len() <= LONGEST
        && text.starts_with(sigil)
        && !text.chars().any(char::is_control);
    plausible.then(|| text.to_owned())
}

/// A user's id with its server, `None` when it cannot be one.
pub fn user(text: &str) -> Option<String> {
    id(text, '@').filter(|id| server(id).is_some())
}

/// The name that a user has on its own server: `bot` of `@bot:example.org`.
pub fn local(user: &str) -> &str {
    let bare = user.strip_prefix('@').unwrap_or(user);
    bare.split_once(':').map_or(bare, |(local, _)| local)
}

/// The server of an id, with its port: what stands behind the first colon.
pub fn server(id: &str) -> Option<&str> {
    let (_, server) = id.split_once(':')?;
    (!server.is_empty()).then_some(server)
}

/// A text without blanks around it and without any of the prefixes, each as often as it stands there.
pub fn bare<'a>(text: &'a str, prefixes: &[&str]) -> &'a str {
    let text = text.trim();
    let cut = prefixes.iter().find_map(|prefix| {
        let head = text.get(..prefix.len())?;
        head.eq_ignore_ascii_case(prefix)
            .then(|| &text[prefix.len()..])
    });
    cut.map_or(text, |rest| bare(rest, prefixes))
}

/// A path of fixed parts and of one segment for each name. Names are escaped, so that none leads elsewhere.
pub fn path(fixed: &[&str], names: &[&str]) -> String {
    let fixed = fixed.iter().map(|part| (*part).to_owned());
    let names = names.iter().map(|name| segment(name));
    fixed.chain(names).map(|part| format!("/{part}")).collect()
}

/// A name as one segment of a path, or as a value in a query.
pub fn segment(name: &str) -> String {
    match name {
        "." => "%2E".into(),
        ".." => "%2E%2E".into(),
        name => utf8_percent_encode(name, SEGMENT).to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn check(text: &str, expect: Option<Target>) {
        assert_eq!(Target::parse(text), expect, "{text:?}");
    }

    #[test]
    fn a_target_is_read_with_any_prefix() {
        let room = || Some(Target::Room("!a:b.org".into()));
        check("!a:b.org", room());
        check(" room:!a:b.org ", room());
        check("Matrix:Channel:!a:b.org", room());
        check("#ops:b.org", Some(Target::Alias("#ops:b.org".into())));
        check("user:@bob:b.org", Some(Target::User("@bob:b.org".into())));
        check("matrix:@bob:b.org", Some(Target::User("@bob:b.org".into())));
        check(
            "!v12roomswithoutserver",
            Some(Target::Room("!v12roomswithoutserver".into())),
        );
    }

    #[test]
    fn what_names_nothing_is_no_target() {
        for text in ["", "room:", "bob", "!", "@", "room:bob", "!a\n:b", "ü"] {
            check(text, None);
        }
        check(&format!("!{}", "a".repeat(255)), None);
    }

    #[test]
    fn a_medium_never_leads_elsewhere() {
        let medium = Media::parse("mxc://b.org:8448/AbC_1-2").expect("a medium");
        assert_eq!(
            medium.path(),
            "/_matrix/client/v1/media/download/b.org%3A8448/AbC_1-2"
        );
        assert_eq!(
            medium.old_path(),
            "/_matrix/media/v3/download/b.org%3A8448/AbC_1-2"
        );
        for uri in [
            "mxc://b.org/",
            "mxc:///a",
            "mxc://b.org/a/b",
            "mxc://b.org/..",
            "mxc://b.org/a?x=y",
            "mxc://b.org/a#f",
            "mxc://b.org/%2e%2e",
            "mxc://u@b.org/a",
            "https://b.org/a",
            "mxc://b.org",
        ] {
            assert_eq!(Media::parse(uri), None, "{uri}");
        }
    }

    #[test]
    fn users_have_a_name_and_a_server() {
        assert_eq!(local("@bob:b.org:8448"), "bob");
        assert_eq!(server("@bob:b.org:8448"), Some("b.org:8448"));
        assert_eq!(user("@bob"), None);
        assert_eq!(user("@bob:"), None);
    }

    #[test]
    fn dots_alone_are_escaped() {
        assert_eq!(path(&["a"], &["..", "."]), "/a/%2E%2E/%2E");
    }

    proptest! {
        #[test]
        fn a_name_is_one_segment(name in "\\PC*") {
            let path = path(&["rooms"], &[&name]);
            prop_assert_eq!(path.matches('/').count(), 2);
            prop_assert!(path.bytes().all(|byte| byte.is_ascii_graphic()));
            prop_assert!(!path.contains(['?', '#']));
        }

        #[test]
        fn no_text_panics(text in "\\PC*") {
            let _ = (Target::parse(&text), Media::parse(&text), local(&text).len(), bare(&text, &["room:"]).len());
        }
    }
}
