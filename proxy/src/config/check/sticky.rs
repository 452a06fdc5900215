//! The `sticky` key: a word, or a table with exactly one key.

use http::HeaderName;

use super::matcher::header_name;
use crate::config::field::Field;
use crate::config::read::{Item, Section, brief};
use crate::config::suggest::nearest;
use crate::config::value::filled;
use crate::route::Sticky;

const HELP: &str = "write \"request\", \"client-ip\", { header = \"..\" }, { cookie = \"..\" } or { query = \"..\" }";

pub(super) fn read(item: &mut Item<'_, '_>) -> Option<Sticky> {
    match item.text() {
        Some("request") => Some(Sticky::Request),
        Some("client-ip") => Some(Sticky::ClientIp),
        Some(other) => item.refuse(
            format!("`{}` is not a way to be sticky", brief(other)),
            word_help(other),
        ),
        None if item.is_table() => item.table(HELP, table)?,
        None => item.mismatch(
            "a word or a table",
            "\"client-ip\" or { header = \"x-user\" }",
        ),
    }
}

fn word_help(word: &str) -> String {
    match nearest(word, ["request", "client-ip", "header", "cookie", "query"]) {
        Some(kind @ ("header" | "cookie" | "query")) => {
            format!("write {{ {kind} = \"..\" }} with its name")
        }
        Some(meant) => format!("did you mean \"{meant}\"?"),
        None => HELP.into(),
    }
}

fn table(mut section: Section<'_, '_>) -> Option<Sticky> {
    let header: Field<HeaderName> = section.take("header", |item| {
        let name = item.string("\"x-user\"")?;
        header_name(item, name)
    });
    let cookie = section.take("cookie", |item| {
        filled(item, "\"session\"").map(str::to_owned)
    });
    let query = section.take("query", |item| filled(item, "\"user\"").map(str::to_owned));
    let absent = [header.is_absent(), cookie.is_absent(), query.is_absent()];
    let things = absent.iter().filter(|absent| !**absent).count();
    // A key that is misspelt is reported as such, and not as missing besides.
    let spelt = section.finish(&[]);
    if things == 0 && spelt {
        section
            .fault("`sticky` names nothing to stick to")
            .help(HELP);
    }
    if things > 1 {
        let help = "keep one of `header`, `cookie` and `query`";
        section
            .fault("a request sticks to one thing only")
            .help(help);
    }
    let header = header.value().map(Sticky::Header);
    header
        .or(cookie.value().map(Sticky::Cookie))
        .or(query.value().map(Sticky::Query))
}
