//! The notes that overgrow leaves behind the dials it turns.
//!
//! It must not know who may leave one. The surprise: a note goes with the spaces before it, so that what is left is the text that was
//! there.

use regex::Regex;
use std::sync::LazyLock;

static NOTE: LazyLock<Option<Regex>> = LazyLock::new(|| {
    const WHO_AND_WHEN: &str =
        r" {1,2}# (cli|api|page|pilot) \d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ [^\r\n]*";
    Regex::new(WHO_AND_WHEN).ok()
});

/// The text as it would be if dials were turned without a word.
pub fn without(text: &str) -> String {
    match &*NOTE {
        Some(note) => note.replace_all(text, "").into_owned(),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_persons_comment_stays() {
        let text = "rust = 5 # ours # cli 2026-11-20T18:00:00Z 0 -> 5\r\nrust = 0  # api 2026-11-20T18:00:00Z 5 -> 0: why\n";
        assert_eq!(without(text), "rust = 5 # ours\r\nrust = 0\n");
    }
}
