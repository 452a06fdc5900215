//! Files by their keys here and by their paths there: the media store and the legacy look at the same folder.
//!
//! It decides and touches nothing: whether a file is there is seen by whoever opens it.

use std::path::{Component, Path};

use crate::Source;

/// The path of a stored file, as the legacy can open it; `None` for what is no key.
pub(crate) fn path(state: &Path, key: &str) -> Option<String> {
    let key = Path::new(key);
    let is_below = key
        .components()
        .all(|part| matches!(part, Component::Normal(_)));
    let is_key = is_below && key.components().next().is_some();
    is_key.then(|| state.join("media").join(key).display().to_string())
}

/// What an agent attached: a URL, or a file in the store. `None` for a file elsewhere, which no channel can be given.
pub(crate) fn source(state: &Path, said: &str) -> Option<Source> {
    if said.starts_with("https://") || said.starts_with("http://") {
        return Some(Source::Url(said.to_owned()));
    }
    let said = said.strip_prefix("file://").unwrap_or(said);
    let key = Path::new(said).strip_prefix(state.join("media")).ok()?;
    // What is not a plain way down leads elsewhere.
    path(state, key.to_str()?)?;
    Some(Source::Media(key.to_str()?.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_a_path_below_the_store() {
        let check = |key: &str, expect: Option<&str>| {
            assert_eq!(path(Path::new("/s"), key).as_deref(), expect, "{key}");
        };
        check("inbound/a.png", Some("/s/media/inbound/a.png"));
        check("../x", None);
        check("inbound/../../x", None);
        check("/etc/passwd", None);
        check("", None);
    }

    #[test]
    fn an_agents_file_is_one_of_the_stores_or_none() {
        let check = |said: &str, expect: Option<Source>| {
            assert_eq!(source(Path::new("/s"), said), expect, "{said}");
        };
        let url = "https://a.example/x.png";
        check(url, Some(Source::Url(url.to_owned())));
        let stored = Some(Source::Media("outbound/x.png".to_owned()));
        check("/s/media/outbound/x.png", stored.clone());
        check("file:///s/media/outbound/x.png", stored);
        check("/etc/passwd", None);
        check("/s/media/../credentials/x", None);
    }
}
