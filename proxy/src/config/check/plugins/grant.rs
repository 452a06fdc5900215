//! `[plugins.NAME]`: what one plugin may do.

use overgrow_plugins::Grant;
use serde_json::{Map, Value};
use toml::Spanned;
use toml::de::DeValue;

use super::{hands, limits};
use crate::config::read::{Item, Section, brief};
use crate::config::value::filled;

pub(super) fn read(mut section: Section<'_, '_>) -> Grant {
    let grant = Grant {
        config: section.take("config", config).value().unwrap_or_default(),
        settings: section
            .take("settings", settings)
            .value()
            .unwrap_or_default(),
        secrets: section
            .take("secrets", hands::secrets)
            .value()
            .unwrap_or_default(),
        http: section
            .take("http", hands::http)
            .value()
            .unwrap_or_default(),
        kv: section.take("kv", hands::kv).value().flatten(),
        media: section.take("media", hands::media).value().flatten(),
        timers: section.take("timers", hands::timers).value().flatten(),
        inbound: section
            .take("inbound", |item| names(item, "[\"zalo\"]"))
            .value()
            .unwrap_or_default(),
        legacy: section
            .take("legacy", hands::legacy)
            .value()
            .unwrap_or_default(),
        process: section
            .take("process", hands::process)
            .value()
            .unwrap_or_default(),
        webhook: section.take("webhook", paths).value().unwrap_or_default(),
        limits: section
            .take("limits", |item| {
                item.table("{ memory = \"64MiB\" }", limits::limits)
            })
            .value()
            .unwrap_or_default(),
        rates: section
            .take("rates", |item| {
                item.table("{ http = \"600/1m\" }", limits::rates)
            })
            .value()
            .unwrap_or_default(),
        plan: section
            .take("plan", hands::plan)
            .value()
            .unwrap_or_default(),
    };
    section.finish(&[
        ("hosts", "write http = [{ hosts = [\"..\"] }]"),
        ("paths", "write webhook = [\"..\"]"),
        ("env", "write secrets = [{ name = \"..\", env = \"..\" }]"),
        ("memory", "it belongs in `limits`"),
        ("deadline", "it belongs in `limits`"),
    ]);
    grant
}

/// One dotted path into the legacy's settings, or several.
fn config(item: &mut Item<'_, '_>) -> Option<Vec<String>> {
    if item.is_list() {
        return names(item, "[\"channels.zalo\"]");
    }
    filled(item, "\"channels.zalo\"").map(|path| vec![path.to_owned()])
}

/// A list of words.
pub(super) fn names(item: &mut Item<'_, '_>, example: &str) -> Option<Vec<String>> {
    let names = item.list(example, |item| filled(item, example).map(str::to_owned))?;
    Some(names.into_iter().map(Spanned::into_inner).collect())
}

fn paths(item: &mut Item<'_, '_>) -> Option<Vec<String>> {
    const EXAMPLE: &str = "[\"/webhook/zalo\"]";
    let paths = item.list(EXAMPLE, |item| {
        let path = filled(item, "\"/webhook/zalo\"")?;
        let stem = path.strip_suffix("/*").unwrap_or(path);
        let whole = path == "/*" || (stem.starts_with('/') && !stem.contains(['*', '?', '#']));
        match whole {
            true => Some(path.to_owned()),
            false => item.refuse(
                format!("`{}` is not a path", brief(path)),
                "exact as \"/webhook/zalo\", or a prefix as \"/voice/*\"",
            ),
        }
    })?;
    Some(paths.into_iter().map(Spanned::into_inner).collect())
}

/// A free table; the plugin itself says what may be in it.
fn settings(item: &mut Item<'_, '_>) -> Option<Map<String, Value>> {
    if !item.is_table() {
        return item.mismatch("a table", "{ mode = \"webhook\" }");
    }
    match json(item.raw().get_ref()) {
        Some(Value::Object(map)) => Some(map),
        _ => item.refuse(
            "a value in it has no JSON form",
            "write dates as strings, and no nan or inf",
        ),
    }
}

/// A TOML value as JSON; `None` for what JSON cannot say.
pub(super) fn json(value: &DeValue<'_>) -> Option<Value> {
    match value {
        DeValue::String(text) => Some(Value::from(text.as_ref())),
        DeValue::Integer(whole) => i64::from_str_radix(whole.as_str(), whole.radix())
            .ok()
            .map(Value::from),
        DeValue::Float(float) => {
            serde_json::Number::from_f64(float.as_str().parse().ok()?).map(Value::Number)
        }
        DeValue::Boolean(flag) => Some(Value::from(*flag)),
        DeValue::Datetime(_) => None,
        DeValue::Array(items) => items
            .iter()
            .map(|item| json(item.get_ref()))
            .collect::<Option<_>>()
            .map(Value::Array),
        DeValue::Table(table) => {
            let entry = |(key, value): (&Spanned<std::borrow::Cow<'_, str>>, &Spanned<_>)| {
                Some((key.get_ref().to_string(), json(value.get_ref())?))
            };
            table
                .iter()
                .map(entry)
                .collect::<Option<_>>()
                .map(Value::Object)
        }
    }
}
