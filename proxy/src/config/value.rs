//! The values that several tables share: durations, sizes, percentages, words, upstreams, flags.
//!
//! Each reader takes an item, gives the value or notes a fault and gives nothing. It knows no table and no key. The one
//! surprise: durations end at a year, so that no sum of an instant and a configured duration can overflow anywhere.

use std::time::Duration;

use bytesize::ByteSize;

use super::read::{Item, brief};
use super::suggest::{listed, nearest};
use super::upstream::UpstreamUrl;
use crate::route::Dial;

const YEAR: Duration = Duration::from_secs(365 * 24 * 60 * 60);

/// A duration such as `"5s"`; zero is allowed.
pub(super) fn duration(item: &mut Item<'_, '_>) -> Option<Duration> {
    if let Some(seconds) = item.integer() {
        return item.refuse("a duration needs a unit", format!("write \"{seconds}s\""));
    }
    let text = item.string("\"5s\", \"250ms\" or \"1m 30s\"")?;
    match humantime::parse_duration(text) {
        Ok(duration) if duration <= YEAR => Some(duration),
        Ok(_) => item.refuse("longer than a year", "write at most \"365days\""),
        Err(_) => item.refuse(
            format!("`{}` is not a duration", brief(text)),
            unit_help(text),
        ),
    }
}

fn unit_help(text: &str) -> String {
    match text.trim().parse::<u32>() {
        Ok(seconds) => format!("add the unit: \"{seconds}s\""),
        Err(_) => "for example \"5s\", \"250ms\" or \"1m 30s\"".into(),
    }
}

/// A duration longer than zero.
pub(super) fn time_limit(item: &mut Item<'_, '_>) -> Option<Duration> {
    match duration(item)? {
        Duration::ZERO => item.refuse("a limit of zero lets nothing pass", "for example \"5s\""),
        limit => Some(limit),
    }
}

/// A size in bytes such as `"256KiB"`.
pub(super) fn size(item: &mut Item<'_, '_>) -> Option<u64> {
    if let Some(bytes) = item.integer() {
        return item.refuse("a size needs a unit", format!("write \"{bytes}B\""));
    }
    let text = item.string("\"256KiB\"")?;
    match text.parse::<ByteSize>() {
        Ok(size) => Some(size.as_u64()),
        Err(_) => item.refuse(
            format!("`{}` is not a size", brief(text)),
            "for example \"256KiB\" or \"1MiB\"",
        ),
    }
}

/// A percentage, 0 to 100.
pub(super) fn percent(item: &mut Item<'_, '_>) -> Option<f64> {
    let Some(percent) = item.number() else {
        return item.mismatch("a percentage", "10");
    };
    if (0.0..=100.0).contains(&percent) {
        return Some(percent);
    }
    item.refuse(
        format!("{percent} is not a percentage"),
        "write a number from 0 to 100",
    )
}

/// A stop of the dial: 0 to 100 with two decimals.
pub(super) fn stop(item: &mut Item<'_, '_>) -> Option<Dial> {
    let percent = percent(item)?;
    if let Some(stop) = Dial::from_percent(percent) {
        return Some(stop);
    }
    let nearest = (percent * 100.0).round() / 100.0;
    let message = format!("{percent} has more than two decimals");
    item.refuse(message, format!("write {nearest}"))
}

/// The `rust` key: `false`, `true` or a stop.
pub(super) fn dial(item: &mut Item<'_, '_>) -> Option<Dial> {
    if let Some(on) = item.flag() {
        return Dial::from_percent(if on { 100.0 } else { 0.0 });
    }
    match item.text() {
        Some(text) => {
            let bare = text.trim().trim_end_matches('%').trim_end();
            let known = bare.parse::<f64>().is_ok() || matches!(bare, "true" | "false");
            let help = if known {
                format!("write {bare}, without quotes")
            } else {
                "false, true, or 0 to 100".into()
            };
            item.refuse("expected false, true or a percentage, found a string", help)
        }
        None if item.number().is_some() => stop(item),
        None => item.mismatch("false, true or a percentage", "25"),
    }
}

/// `true` or `false`.
pub(super) fn boolean(item: &mut Item<'_, '_>) -> Option<bool> {
    item.flag()
        .or_else(|| item.mismatch("true or false", "true, without quotes"))
}

/// One of a few words.
pub(super) fn word<T: Copy>(item: &mut Item<'_, '_>, words: &[(&str, T)]) -> Option<T> {
    let names = || words.iter().map(|(name, _)| *name);
    let text = item.string(&format!("\"{}\"", words[0].0))?;
    if let Some((_, value)) = words.iter().find(|(name, _)| *name == text) {
        return Some(*value);
    }
    let help = match nearest(text, names()) {
        Some(meant) => format!("did you mean \"{meant}\"?"),
        None => format!("write {}", listed(names())),
    };
    item.refuse(
        format!("`{}` is not one of {}", brief(text), listed(names())),
        help,
    )
}

/// The origin of an upstream.
pub(super) fn upstream(item: &mut Item<'_, '_>) -> Option<UpstreamUrl> {
    let text = item.string("\"http://127.0.0.1:18789\"")?;
    match text.parse::<UpstreamUrl>() {
        Ok(url) => Some(url),
        Err(error) => {
            let help = error.help(text);
            // Whoever writes a password into an address does not want to meet it in a log.
            if text.contains('@') {
                item.hide();
            }
            item.refuse(error.to_string(), help)
        }
    }
}

/// A string that is not empty.
pub(super) fn filled<'a>(item: &mut Item<'a, '_>, example: &str) -> Option<&'a str> {
    match item.string(example)? {
        text if text.trim().is_empty() => item.refuse(
            "an empty string means nothing here",
            format!("for example {example}"),
        ),
        text => Some(text),
    }
}
