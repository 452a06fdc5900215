//! The `parity` key. Places are checked for their shape only; the parity room compiles them.

use serde::Deserialize;
use toml::Spanned;
use toml::de::ValueDeserializer;

use crate::config::field::Field;
use crate::config::read::{Item, Section, brief};
use crate::config::suggest::nearest;
use crate::config::value::filled;
use crate::config::{ExpectedDifference, ParityConfig};

/// The table as it is written.
#[derive(Debug, Clone)]
pub(super) struct ParityFile {
    ignore: Field<Vec<Spanned<String>>>,
    unordered: Field<Vec<Spanned<String>>>,
    keyed: Field<Vec<(String, String)>>,
    tolerance: Field<Vec<(String, f64)>>,
    expect: Field<Vec<Spanned<ExpectedDifference>>>,
}

impl ParityFile {
    pub(super) fn read(mut section: Section<'_, '_>) -> Self {
        let file = ParityFile {
            ignore: section.take("ignore", |item| {
                item.list("[\"header:x-request-id\"]", place)
            }),
            unordered: section.take("unordered", |item| {
                item.list("[\"json:/items\"]", json_place)
            }),
            keyed: section.take("keyed", |item| {
                item.entries("{ \"json:/users\" = \"id\" }", keyed)
            }),
            tolerance: section.take("tolerance", |item| {
                item.entries("{ \"json:/price\" = 0.01 }", tolerance)
            }),
            expect: section.take("expect", |item| item.list(EXPECT, expected)),
        };
        section.finish(&[]);
        file
    }

    /// Key by key: what this table leaves open is taken from `inherited`.
    pub(super) fn or(self, inherited: &Self) -> Self {
        ParityFile {
            ignore: self.ignore.or(&inherited.ignore),
            unordered: self.unordered.or(&inherited.unordered),
            keyed: self.keyed.or(&inherited.keyed),
            tolerance: self.tolerance.or(&inherited.tolerance),
            expect: self.expect.or(&inherited.expect),
        }
    }

    pub(super) fn check(self) -> ParityConfig {
        ParityConfig {
            ignore: bare(self.ignore),
            unordered: bare(self.unordered),
            keyed: self.keyed.value().unwrap_or_default(),
            tolerance: self.tolerance.value().unwrap_or_default(),
            expect: bare(self.expect),
        }
    }
}

const EXPECT: &str = "[{ at = \"status\", legacy = 500, rust = 401, why = \"..\" }]";
const PLACES: &str = "write \"header:NAME\", \"json:/pointer\", \"status\" or \"body\"";

fn bare<T>(list: Field<Vec<Spanned<T>>>) -> Vec<T> {
    list.value()
        .into_iter()
        .flatten()
        .map(Spanned::into_inner)
        .collect()
}

/// A place in an answer.
fn place(item: &mut Item<'_, '_>) -> Option<String> {
    let text = item.string("\"header:x-request-id\"")?;
    match fault_of(text) {
        None => Some(text.to_owned()),
        Some((message, help)) => item.refuse(message, help),
    }
}

/// A place inside a JSON body.
fn json_place(item: &mut Item<'_, '_>) -> Option<String> {
    let text = place(item)?;
    if text.starts_with("json:") {
        return Some(text);
    }
    item.refuse(
        format!("`{}` is not inside a JSON body", brief(&text)),
        "for example \"json:/items\"",
    )
}

/// A JSON place written as a key.
fn json_key(key: &Spanned<&str>, item: &mut Item<'_, '_>) -> Option<String> {
    let text = *key.get_ref();
    let other = || {
        (
            format!("`{}` is not inside a JSON body", brief(text)),
            "for example \"json:/items\"".to_owned(),
        )
    };
    match fault_of(text).or_else(|| (!text.starts_with("json:")).then(other)) {
        None => Some(text.to_owned()),
        Some((message, help)) => {
            item.fault_at(key.span(), message).help(help);
            None
        }
    }
}

/// What is wrong with a place, and what to write instead.
fn fault_of(text: &str) -> Option<(String, String)> {
    match text.split_once(':') {
        Some(("header", name)) if name.parse::<http::HeaderName>().is_ok() => None,
        Some(("header", name)) => Some((
            format!("`{}` is not a header name", brief(name)),
            "for example \"header:x-request-id\"".into(),
        )),
        Some(("json", pointer)) => pointer_fault(pointer),
        None if matches!(text, "status" | "body") => None,
        _ => Some((
            format!("`{}` is not a place in an answer", brief(text)),
            place_help(text),
        )),
    }
}

/// RFC 6901: empty for the whole, else every step begins with a slash; `~` only as `~0` and `~1`.
fn pointer_fault(pointer: &str) -> Option<(String, String)> {
    if !pointer.is_empty() && !pointer.starts_with('/') {
        let path = pointer
            .trim_start_matches('$')
            .trim_start_matches('.')
            .replace('.', "/");
        return Some((
            "a JSON pointer starts with `/`".into(),
            format!("write \"json:/{}\"", brief(&path)),
        ));
    }
    let mut escapes = pointer.split('~').skip(1);
    let wrong = escapes.any(|rest| !rest.starts_with(['0', '1']));
    wrong.then(|| {
        (
            "`~` stands alone in a JSON pointer".into(),
            "write ~0 for `~` and ~1 for `/` in a name".into(),
        )
    })
}

fn place_help(text: &str) -> String {
    let (kind, rest) = text.split_once(':').unwrap_or((text, ".."));
    match nearest(kind, ["header", "json", "status", "body"]) {
        Some(meant @ ("header" | "json")) => format!("did you mean \"{meant}:{}\"?", brief(rest)),
        Some(meant) => format!("did you mean \"{meant}\"?"),
        None if text.starts_with('/') => format!("did you mean \"json:{}\"?", brief(text)),
        None => PLACES.into(),
    }
}

fn keyed(key: &Spanned<&str>, item: &mut Item<'_, '_>) -> Option<(String, String)> {
    let field = filled(item, "\"id\"");
    Some((json_key(key, item)?, field?.to_owned()))
}

fn tolerance(key: &Spanned<&str>, item: &mut Item<'_, '_>) -> Option<(String, f64)> {
    let amount = match item.number() {
        Some(amount) if amount.is_finite() && amount >= 0.0 => Some(amount),
        Some(amount) => item.refuse(
            format!("{amount} is not a tolerance"),
            "write how far off is fine, such as 0.01",
        ),
        None => item.mismatch("a number", "0.01"),
    };
    Some((json_key(key, item)?, amount?))
}

fn expected(item: &mut Item<'_, '_>) -> Option<ExpectedDifference> {
    item.table(EXPECT, expectation)?
}

fn expectation(mut section: Section<'_, '_>) -> Option<ExpectedDifference> {
    let at = section.require("at", "say where: at = \"status\"", place);
    let why = section.require(
        "why",
        "say why it is meant, for whoever reads it next",
        |item| filled(item, "\"the legacy was wrong\"").map(str::to_owned),
    );
    let legacy = section.take("legacy", any);
    let rust = section.take("rust", any);
    if legacy.is_absent() && rust.is_absent() {
        section
            .fault("neither `legacy` nor `rust` is given")
            .help("say what either answers: legacy = 500, rust = 401");
    }
    section.finish(&[]);
    Some(ExpectedDifference {
        at: at?.into_inner(),
        legacy: legacy.whole()?,
        rust: rust.whole()?,
        why: why?.into_inner(),
    })
}

/// Any value at all.
fn any(item: &mut Item<'_, '_>) -> Option<serde_json::Value> {
    let value = toml::Value::deserialize(ValueDeserializer::from(item.raw().clone()));
    match value.map(serde_json::to_value) {
        Ok(Ok(value)) => Some(value),
        _ => item.refuse(
            "a number in here does not fit 64 bits",
            "write it as a string if it is one in the answers",
        ),
    }
}
