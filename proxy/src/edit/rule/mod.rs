//! A rule that somebody accepted, added to a route's `parity` in the manner in which that is written.
//!
//! It must not know what the rule means or whether it fits the evidence. The one surprise: a route's own list hides the
//! one of `[defaults]`, so a route that gets its first rule gets the default's rules with it.

mod list;
mod parity;
mod written;

#[cfg(test)]
mod tests;

use serde_json::Value as Json;
use toml_edit::{Table, Value};

use self::parity::Parity;
use super::{EditError, Place, Splice, parse, routes, spliced};

/// What is accepted.
#[derive(Debug, Clone, PartialEq)]
pub enum Rule {
    /// A difference that is meant.
    Expect(Expected),
    /// The place does not matter.
    Ignore(String),
}

/// Two values that may differ.
#[derive(Debug, Clone, PartialEq)]
pub struct Expected {
    /// The place.
    pub at: String,
    /// What the legacy says there; anything when absent.
    pub legacy: Option<Json>,
    /// What rust says there; anything when absent.
    pub rust: Option<Json>,
    /// The reason, for people.
    pub why: String,
}

/// A text with a rule in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ruled {
    /// The whole text.
    pub text: String,
    /// The rule as it is written there.
    pub rule: String,
    /// The line on which it stands, from 1.
    pub line: usize,
}

/// The text with the rule added to that route, and nothing else changed.
///
/// # Errors
/// When the text is not TOML, when no route has the id, when the rule is there already, and when it cannot be added
/// to what is written there.
pub fn add_rule(source: &str, route: &str, rule: &Rule) -> Result<Ruled, EditError> {
    let document = parse(source)?;
    let mut places = routes(&document).into_iter();
    let place = places.find(|place| place.get("id").and_then(Value::as_str) == Some(route));
    let place = place.ok_or_else(|| EditError::NoSuchRoute(route.to_owned()))?;
    let (name, written) = (rule.list(), rule.written()?);
    let parity = Parity::of(place);
    let splices = match parity.list(name)? {
        Some(array) if list::has(source, array, &written) => {
            return Err(EditError::Refused(format!(
                "the route has the rule already: {written}"
            )));
        }
        Some(array) => list::appended(source, array, &written),
        None => {
            let mut rules = inherited(source, &document, name);
            rules.push(&written);
            let line = format!("{name} = [{}]", rules.join(", "));
            parity.first(source, place, &line).into_iter().collect()
        }
    };
    let line = line_of(source, &splices, &written).ok_or_else(|| {
        EditError::Refused(format!(
            "there is no place for it; add it by hand: {written}"
        ))
    })?;
    let text = spliced(source, splices);
    Ok(Ruled {
        text,
        rule: written,
        line,
    })
}

/// The rules that the route has from `[defaults]`, as they are written there.
fn inherited<'a>(source: &'a str, document: &Table, name: &str) -> Vec<&'a str> {
    let defaults = document.get("defaults").and_then(Place::of);
    let parity = defaults.map_or(Parity::Absent, Parity::of);
    let array = parity.list(name).ok().flatten();
    array.map_or_else(Vec::new, |array| list::elements(source, array))
}

/// The line on which the rule will stand.
fn line_of(source: &str, splices: &[Splice], rule: &str) -> Option<usize> {
    let splice = splices.iter().find(|splice| splice.text.contains(rule))?;
    let within = splice.text.rfind(rule)?;
    let before = splices
        .iter()
        .filter(|other| other.at.start < splice.at.start);
    let added: usize = before.map(|other| lines(&other.text)).sum();
    let above = lines(&source[..splice.at.start]) + lines(&splice.text[..within]);
    Some(1 + above + added)
}

fn lines(text: &str) -> usize {
    text.matches('\n').count()
}
