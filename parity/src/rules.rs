//! What a route's owner says about differences: which are expected, which do not matter, how arrays are matched.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use http::HeaderName;
use serde_json::Value;

/// Rules as they are written in routes.toml.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Written {
    /// Places that are not looked at, and everything below them.
    pub ignore: Vec<String>,
    /// Arrays compared as multisets.
    pub unordered: Vec<String>,
    /// Arrays matched by a member of their elements.
    pub keyed: Vec<(String, String)>,
    /// Numbers that may differ by so much.
    pub tolerance: Vec<(String, f64)>,
    /// Differences that are meant.
    pub expect: Vec<Expect>,
}

/// A difference that is meant.
#[derive(Debug, Clone, PartialEq)]
pub struct Expect {
    /// Where.
    pub at: String,
    /// What the legacy says there; anything when absent.
    pub legacy: Option<Value>,
    /// What rust says there; anything when absent.
    pub rust: Option<Value>,
    /// The reason, for people.
    pub why: String,
}

/// A place that is none.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{place}` is not a place: write `status`, `body`, `header:NAME` or `json:/pointer`")]
pub struct RuleError {
    /// As it was written.
    pub place: String,
}

/// Rules, ready to be applied; cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct Rules(Arc<[Rule]>);

#[derive(Debug)]
struct Rule {
    at: Pattern,
    says: Says,
    written: String,
}

/// What a rule says about its place.
#[derive(Debug)]
pub(crate) enum Says {
    Ignore,
    Unordered,
    Keyed(String),
    Tolerance(f64),
    Expect {
        legacy: Option<Value>,
        rust: Option<Value>,
    },
}

/// Where a rule applies.
#[derive(Debug, PartialEq, Eq)]
enum Pattern {
    Status,
    Body,
    Header(HeaderName),
    Json(Vec<Segment>),
}

#[derive(Debug, PartialEq, Eq)]
enum Segment {
    Any,
    Named(String),
}

/// A place in an answer, with the real indexes and names on the way.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Spot<'a> {
    Status,
    Body,
    Header(&'a HeaderName),
    Json(&'a [Cow<'a, str>]),
}

impl Rules {
    /// Compiles rules.
    ///
    /// # Errors
    /// The first place that is none.
    pub fn compile(written: &Written) -> Result<Self, RuleError> {
        let mut rules = Vec::new();
        let mut add = |place: &str, says: Says| {
            let at = Pattern::read(place).ok_or_else(|| RuleError {
                place: place.to_owned(),
            })?;
            let written = format!("{} {place}", says.name());
            rules.push(Rule { at, says, written });
            Ok(())
        };
        for expect in &written.expect {
            let (legacy, rust) = (expect.legacy.clone(), expect.rust.clone());
            add(&expect.at, Says::Expect { legacy, rust })?;
        }
        for place in &written.ignore {
            add(place, Says::Ignore)?;
        }
        for (place, amount) in &written.tolerance {
            add(place, Says::Tolerance(*amount))?;
        }
        for place in &written.unordered {
            add(place, Says::Unordered)?;
        }
        for (place, field) in &written.keyed {
            add(place, Says::Keyed(field.clone()))?;
        }
        Ok(Self(rules.into()))
    }

    /// No rules.
    pub fn none() -> Self {
        Self::default()
    }

    /// How many there are; they are numbered from 0 in the order of their effect.
    pub fn len(&self) -> u16 {
        u16::try_from(self.0.len()).unwrap_or(u16::MAX)
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// A rule as it was written, such as `ignore json:/runId`.
    pub fn describe(&self, index: u16) -> &str {
        let rule = self.0.get(usize::from(index));
        rule.map_or("unknown", |rule| &rule.written)
    }

    /// Whether any difference is meant.
    pub(crate) fn expect_any(&self) -> bool {
        let first = self.0.first();
        first.is_some_and(|rule| matches!(rule.says, Says::Expect { .. }))
    }

    /// The rules for that place itself, with their numbers.
    pub(crate) fn at<'a>(&'a self, spot: Spot<'_>) -> impl Iterator<Item = (u16, &'a Says)> {
        let numbered = (0..).zip(self.0.iter());
        numbered
            .filter(move |(_, rule)| rule.at.is(spot))
            .map(|(index, rule)| (index, &rule.says))
    }

    /// The first rule that ignores that place or one that holds it.
    pub(crate) fn ignores(&self, spot: Spot<'_>) -> Option<u16> {
        let ignoring = |rule: &Rule| matches!(rule.says, Says::Ignore) && rule.at.holds(spot);
        let index = self.0.iter().position(ignoring)?;
        u16::try_from(index).ok()
    }
}

impl Says {
    fn name(&self) -> &'static str {
        match self {
            Self::Ignore => "ignore",
            Self::Unordered => "unordered",
            Self::Keyed(_) => "keyed",
            Self::Tolerance(_) => "tolerance",
            Self::Expect { .. } => "expect",
        }
    }
}

impl Pattern {
    fn read(place: &str) -> Option<Self> {
        match place.split_once(':') {
            None if place == "status" => Some(Self::Status),
            None if place == "body" => Some(Self::Body),
            Some(("header", name)) => name.parse().ok().map(Self::Header),
            Some(("json", "")) => Some(Self::Json(Vec::new())),
            Some(("json", pointer)) => {
                let segments = pointer.strip_prefix('/')?.split('/');
                Some(Self::Json(segments.map(Segment::read).collect()))
            }
            _ => None,
        }
    }

    fn is(&self, spot: Spot<'_>) -> bool {
        match (self, spot) {
            (Self::Json(pattern), Spot::Json(path)) => {
                pattern.len() == path.len() && leads_to(pattern, path)
            }
            (Self::Header(pattern), Spot::Header(name)) => pattern == name,
            (Self::Status, Spot::Status) | (Self::Body, Spot::Body) => true,
            _ => false,
        }
    }

    fn holds(&self, spot: Spot<'_>) -> bool {
        match (self, spot) {
            (Self::Json(pattern), Spot::Json(path)) => leads_to(pattern, path),
            (Self::Body, Spot::Json(_)) => true,
            // A document is all of a body, whatever it turns out to be.
            (Self::Json(pattern), Spot::Body) => pattern.is_empty(),
            _ => self.is(spot),
        }
    }
}

fn leads_to(pattern: &[Segment], path: &[Cow<'_, str>]) -> bool {
    let fits = |(segment, name): (&Segment, &Cow<'_, str>)| match segment {
        Segment::Any => true,
        Segment::Named(named) => named == name,
    };
    pattern.len() <= path.len() && pattern.iter().zip(path).all(fits)
}

impl Segment {
    fn read(written: &str) -> Self {
        match written {
            "*" => Self::Any,
            named => Self::Named(named.replace("~1", "/").replace("~0", "~")),
        }
    }
}

impl fmt::Display for Rules {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let written: Vec<&str> = self.0.iter().map(|rule| &*rule.written).collect();
        f.write_str(&written.join(", "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ignoring(place: &str) -> Rules {
        let ignore = vec![place.to_owned()];
        Rules::compile(&Written {
            ignore,
            ..Written::default()
        })
        .unwrap()
    }

    #[track_caller]
    fn check(place: &str, path: &[&str], expect: bool) {
        let path: Vec<Cow<'_, str>> = path.iter().map(|name| Cow::Borrowed(*name)).collect();
        let found = ignoring(place).ignores(Spot::Json(&path));
        assert_eq!(found.is_some(), expect, "{place} {path:?}");
    }

    #[test]
    fn ignoring_a_place_ignores_what_it_holds() {
        check("json:/a", &["a"], true);
        check("json:/a", &["a", "b"], true);
        check("json:/a/b", &["a"], false);
        check("json:/a/*/c", &["a", "7", "c"], true);
        check("json:/a/7/c", &["a", "8", "c"], false);
        check("json:/a~1b", &["a/b"], true);
        check("json:", &[], true);
        check("body", &["a"], true);
        check("status", &["a"], false);
    }

    #[test]
    fn a_place_must_be_one() {
        let written = Written {
            ignore: vec!["jsn:/a".to_owned()],
            ..Written::default()
        };
        let error = Rules::compile(&written).unwrap_err();
        assert!(error.to_string().starts_with("`jsn:/a` is not a place"));
    }

    #[test]
    fn rules_are_numbered_and_named() {
        let rules = ignoring("header:x-a");
        assert_eq!((rules.len(), rules.describe(0)), (1, "ignore header:x-a"));
        assert_eq!(rules.describe(9), "unknown");
    }
}
