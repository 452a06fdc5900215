//! JSON as JavaScript sees it: members in the order in which it would walk them.
//!
//! The surprise: a member that comes twice stays in its first place with its last value, and names that look like
//! array indices come before all others. The validator's texts depend on it. Three things are no JSON here and are there: half
//! a surrogate pair, a number past the largest, and more than 127 levels; all of them are closed without a word.

use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, SeqAccess, Visitor};

/// A value. Numbers are JavaScript's.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Json {
    Null,
    Flag(bool),
    Number(f64),
    Text(String),
    List(Vec<Json>),
    Object(Vec<(String, Json)>),
}

impl Json {
    /// Reads a frame; bytes that are no UTF-8 become U+FFFD, as they do there.
    pub(super) fn parse(frame: &[u8]) -> Option<Self> {
        serde_json::from_str(&String::from_utf8_lossy(frame)).ok()
    }

    pub(super) fn members(&self) -> Option<&[(String, Self)]> {
        match self {
            Self::Object(members) => Some(members),
            _ => None,
        }
    }

    pub(super) fn member(&self, name: &str) -> Option<&Self> {
        let found = self.members()?.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| value)
    }

    /// A member that is a text.
    pub(super) fn text(&self, name: &str) -> Option<&str> {
        self.member(name)?.as_text()
    }

    pub(super) fn number(&self, name: &str) -> Option<f64> {
        match self.member(name)? {
            Self::Number(number) => Some(*number),
            _ => None,
        }
    }

    /// The texts of a member that is a list.
    pub(super) fn texts(&self, name: &str) -> Vec<String> {
        let Some(Self::List(items)) = self.member(name) else {
            return Vec::new();
        };
        items
            .iter()
            .filter_map(Self::as_text)
            .map(str::to_owned)
            .collect()
    }

    pub(super) fn as_text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }
}

impl<'de> Deserialize<'de> for Json {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Any)
    }
}

struct Any;

impl<'de> Visitor<'de> for Any {
    type Value = Json;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Json, E> {
        Ok(Json::Null)
    }

    fn visit_bool<E>(self, flag: bool) -> Result<Json, E> {
        Ok(Json::Flag(flag))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Json, E> {
        Ok(Json::Number(number as f64))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Json, E> {
        Ok(Json::Number(number as f64))
    }

    fn visit_f64<E>(self, number: f64) -> Result<Json, E> {
        Ok(Json::Number(number))
    }

    fn visit_str<E>(self, text: &str) -> Result<Json, E> {
        Ok(Json::Text(text.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<Json, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = access.next_element()? {
            items.push(item);
        }
        Ok(Json::List(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Json, A::Error> {
        let mut members = Vec::new();
        while let Some(member) = access.next_entry()? {
            members.push(member);
        }
        Ok(Json::Object(walked(members)))
    }
}

/// The members in the order in which JavaScript walks them.
fn walked(read: Vec<(String, Json)>) -> Vec<(String, Json)> {
    let mut places = std::collections::HashMap::new();
    let mut members: Vec<(String, Json)> = Vec::with_capacity(read.len());
    for (name, value) in read {
        match places.get(&name) {
            Some(place) => members[*place] = (name, value),
            None => {
                places.insert(name.clone(), members.len());
                members.push((name, value));
            }
        }
    }
    members.sort_by_key(|(name, _)| index(name).unwrap_or(u32::MAX));
    members
}

/// The array index that a name is, if it is one; the largest `u32` is none.
fn index(name: &str) -> Option<u32> {
    let number: u32 = name.parse().ok()?;
    (number != u32::MAX && number.to_string() == name).then_some(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(frame: &str) -> Vec<String> {
        let json = Json::parse(frame.as_bytes()).unwrap();
        let members = json.members().unwrap();
        members.iter().map(|(name, _)| name.clone()).collect()
    }

    #[test]
    fn members_are_walked_as_javascript_walks_them() {
        assert_eq!(names(r#"{"b":1,"a":2,"b":3}"#), ["b", "a"]);
        assert_eq!(
            names(r#"{"b":1,"10":2,"9":3,"01":4,"-1":5}"#),
            ["9", "10", "b", "01", "-1"]
        );
        let twice = Json::parse(br#"{"a":1,"a":2}"#).unwrap();
        assert_eq!(twice.number("a"), Some(2.0));
    }

    #[test]
    fn what_is_no_json_is_nothing() {
        for frame in ["", "{bad", "\u{feff}{}", "{} x", "undefined"] {
            assert_eq!(Json::parse(frame.as_bytes()), None, "{frame}");
        }
        assert_eq!(
            Json::parse(b"\"\xff\""),
            Some(Json::Text("\u{fffd}".to_owned()))
        );
        assert_eq!(Json::parse(b" null "), Some(Json::Null));
    }
}
