//! Form bodies and queries as pairs of names and values.
//!
//! It must not know what the names mean. The surprise: a query mark in front of a body is no part of it, because the
//! legacy reads bodies with a reader of queries.

use url::form_urlencoded;

/// Pairs in the order in which they came.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Form(Vec<(String, String)>);

impl Form {
    /// Reads `a=1&b=2`; nothing is malformed, what cannot be decoded is replaced.
    pub fn parse(text: &[u8]) -> Self {
        let text = String::from_utf8_lossy(text);
        let text = text.strip_prefix('?').unwrap_or(&text);
        Self(
            form_urlencoded::parse(text.as_bytes())
                .into_owned()
                .collect(),
        )
    }

    /// The first value of that name, unless it is empty.
    pub fn get(&self, name: &str) -> Option<&str> {
        let (_, value) = self.0.iter().find(|(key, _)| key == name)?;
        Some(value.as_str()).filter(|value| !value.is_empty())
    }

    /// The last value of that name, trimmed, unless it is empty: what an object made from a query holds.
    pub fn last(&self, name: &str) -> Option<&str> {
        let (_, value) = self.0.iter().rev().find(|(key, _)| key == name)?;
        Some(value.trim()).filter(|value| !value.is_empty())
    }

    /// Whether there is no pair.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Pairs by name, those of one name as they came.
    pub fn by_name(&self) -> Vec<&(String, String)> {
        let mut pairs: Vec<_> = self.0.iter().collect();
        pairs.sort_by(|one, other| units(&one.0).cmp(units(&other.0)));
        pairs
    }

    /// Pairs by name, those of one name by value.
    pub fn by_name_and_value(&self) -> Vec<&(String, String)> {
        let mut pairs: Vec<_> = self.0.iter().collect();
        pairs.sort_by(|one, other| {
            units(&one.0)
                .cmp(units(&other.0))
                .then_with(|| units(&one.1).cmp(units(&other.1)))
        });
        pairs
    }
}

/// Providers sort by UTF-16 units, which is another order than that of code points from U+E000 on.
fn units(text: &str) -> impl Iterator<Item = u16> + '_ {
    text.encode_utf16()
}

/// Writes pairs as a form body.
pub fn write(pairs: &[(&str, &str)]) -> Vec<u8> {
    form_urlencoded::Serializer::new(String::new())
        .extend_pairs(pairs)
        .finish()
        .into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_decoded_and_found_by_name() {
        let form = Form::parse(b"From=%2B1555&Said=a+b%20c&Empty=&From=2&Broken=%zz");
        assert_eq!(form.get("From"), Some("+1555"));
        assert_eq!(form.last("From"), Some("2"));
        assert_eq!(form.get("Said"), Some("a b c"));
        assert_eq!(form.get("Empty"), None);
        assert_eq!(form.get("Broken"), Some("%zz"));
        assert_eq!(form.get("from"), None);
    }

    #[test]
    fn a_query_mark_is_no_part_of_the_first_name() {
        assert_eq!(Form::parse(b"?a=1").get("a"), Some("1"));
        assert_eq!(Form::parse(b"??a=1").get("?a"), Some("1"));
    }

    #[test]
    fn names_are_sorted_by_utf16_and_values_only_when_asked() {
        let form = Form::parse("b=2&\u{10000}=x&\u{ffff}=y&b=1&B=3".as_bytes());
        let names = |pairs: Vec<&(String, String)>| -> String {
            pairs
                .iter()
                .map(|(name, value)| format!("{name}{value} "))
                .collect()
        };
        assert_eq!(names(form.by_name()), "B3 b2 b1 \u{10000}x \u{ffff}y ");
        assert_eq!(
            names(form.by_name_and_value()),
            "B3 b1 b2 \u{10000}x \u{ffff}y "
        );
    }

    #[test]
    fn what_is_written_is_read_back() {
        let body = write(&[("To", "+1 555"), ("Twiml", "<Say>&</Say>")]);
        assert_eq!(
            body,
            b"To=%2B1+555&Twiml=%3CSay%3E%26%3C%2FSay%3E".as_slice()
        );
        assert_eq!(Form::parse(&body).get("Twiml"), Some("<Say>&</Say>"));
    }
}
