//! Templates of mappings: `{{ payload.a[0].b }}` becomes what the request has there.
//!
//! They know neither mappings nor what comes of them. The surprise: a place may reach what every JavaScript object
//! has, such as `length` of a list, and the gateway prints that too.

mod places;
mod reach;

use std::time::SystemTime;

use http::HeaderMap;

use crate::address::Address;
use crate::headers;
use crate::js::{Text, iso, shown, trim_str};
use crate::json::{Document, Kind, TooDeep, Value};
use places::Part;
use reach::{Reached, reach};

/// What templates can speak of.
#[derive(Clone, Copy)]
pub(crate) struct Scope<'a> {
    /// The path below the base.
    pub(crate) hook: &'a str,
    /// An object or a list.
    pub(crate) payload: Value<'a>,
    pub(crate) headers: &'a HeaderMap,
    pub(crate) address: &'a Address,
    pub(crate) now: SystemTime,
}

impl Scope<'_> {
    /// Fills a template's places in.
    ///
    /// # Errors
    /// When a value in it is nested too deep to be printed.
    pub(crate) fn render(self, template: &str) -> Result<Text, TooDeep> {
        let mut out = Text::default();
        for part in places::parts(template) {
            match part {
                Part::Plain(text) => out.push_str(text),
                Part::Place(expression) => self.fill(trim_str(expression), &mut out)?,
            }
        }
        Ok(out)
    }

    fn fill(self, expression: &str, out: &mut Text) -> Result<(), TooDeep> {
        match expression {
            "path" => out.push_str(self.hook),
            "now" => out.push_str(&iso(self.now)),
            _ => return self.look_up(expression, out),
        }
        Ok(())
    }

    fn look_up(self, expression: &str, out: &mut Text) -> Result<(), TooDeep> {
        if let Some(path) = expression.strip_prefix("headers.") {
            return print_from(&Document::of_texts(headers::all(self.headers)), path, out);
        }
        if let Some(path) = expression.strip_prefix("query.") {
            return print_from(&Document::of_texts(self.address.query()), path, out);
        }
        let path = expression.strip_prefix("payload.").unwrap_or(expression);
        print(reach(self.payload, path), out)
    }
}

fn print_from(document: &Document, path: &str, out: &mut Text) -> Result<(), TooDeep> {
    print(reach(document.root(), path), out)
}

fn print(reached: Reached<'_>, out: &mut Text) -> Result<(), TooDeep> {
    match reached {
        Reached::Nothing => {}
        Reached::Value(value) => return print_value(value, out),
        Reached::Length(length) => out.push_str(&length.to_string()),
        Reached::Function => out.push_str("undefined"),
        Reached::OfObjects => out.push_str("{}"),
        Reached::OfArrays => out.push_str("[]"),
    }
    Ok(())
}

fn print_value(value: Value<'_>, out: &mut Text) -> Result<(), TooDeep> {
    match value.kind() {
        Kind::Null => {}
        Kind::String(text) => out.push(text.units()),
        Kind::Number(number) => out.push_str(&shown(number)),
        Kind::Bool(_) | Kind::Array | Kind::Object => return value.write(out),
    }
    Ok(())
}

#[cfg(test)]
mod tests;
