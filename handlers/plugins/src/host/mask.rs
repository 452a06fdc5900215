//! The secrets that one call opened, so that none of them is written where people read.
//!
//! The surprise: a plugin never holds one unless it was revealed, but a far side may have told it back.

use zeroize::Zeroizing;

/// A secret of fewer bytes is not looked for: it would be found everywhere.
const SHORTEST: usize = 4;

/// Secrets that were opened, with the names to be shown in their place.
#[derive(Default)]
pub(super) struct Mask(Vec<(String, Zeroizing<String>)>);

impl Mask {
    /// Remembers a secret, also as it stands in a URL.
    pub(super) fn add(&mut self, name: &str, bytes: &[u8]) {
        let Ok(text) = std::str::from_utf8(bytes) else {
            return;
        };
        let in_url = percent_encoding::utf8_percent_encode(text, super::http::SEGMENT).to_string();
        for form in [text.to_owned(), in_url] {
            let is_known = self.0.iter().any(|(_, known)| **known == form);
            if form.len() >= SHORTEST && !is_known {
                self.0.push((name.to_owned(), Zeroizing::new(form)));
            }
        }
        // A secret that holds another one goes first.
        self.0
            .sort_by_key(|(_, form)| std::cmp::Reverse(form.len()));
    }

    /// A text with names in the place of secrets.
    pub(super) fn over(&self, text: &str) -> String {
        self.0.iter().fold(text.to_owned(), |text, (name, form)| {
            match text.contains(form.as_str()) {
                true => text.replace(form.as_str(), &format!("{{secret:{name}}}")),
                false => text,
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_replaced_by_their_names_as_they_are_and_in_urls() {
        let mut mask = Mask::default();
        mask.add("short", b"abc");
        mask.add("long", b"s3cret/and more");
        mask.add("part", b"s3cret");
        let text = "abc s3cret/and more s3cret%2Fand%20more s3cret";
        let masked = "abc {secret:long} {secret:long} {secret:part}";
        assert_eq!(mask.over(text), masked);
    }
}
