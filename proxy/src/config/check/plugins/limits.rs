//! `limits` and `rates` of a plugin.

use std::ops::RangeInclusive;
use std::time::Duration;

use overgrow_plugins::grant::{Limits, Rate, Rates};

use super::whole;
use crate::config::read::{Item, Section, brief};
use crate::config::value::{size, time_limit};

/// Linear memory in WebAssembly ends there.
const LARGEST_MEMORY: u64 = 4 << 30;

pub(super) fn limits(mut section: Section<'_, '_>) -> Limits {
    let usual = Limits::default();
    let limits = Limits {
        memory: section
            .take("memory", |item| bounded(item, 64 << 10..=LARGEST_MEMORY))
            .value()
            .unwrap_or(usual.memory),
        deadline: section
            .take("deadline", time_limit)
            .value()
            .unwrap_or(usual.deadline),
        concurrency: section
            .take("concurrency", |item| whole(item, 1..=100_000, "32"))
            .value()
            .map_or(usual.concurrency, |calls| calls as usize),
        answer: section
            .take("answer", |item| bounded(item, 1..=LARGEST_MEMORY))
            .value()
            .unwrap_or(usual.answer),
    };
    section.finish(&[("timeout", "write `deadline`")]);
    limits
}

pub(super) fn rates(mut section: Section<'_, '_>) -> Rates {
    let usual = Rates::default();
    let rates = Rates {
        http: section.take("http", rate).value().unwrap_or(usual.http),
        inbound: section
            .take("inbound", rate)
            .value()
            .unwrap_or(usual.inbound),
        log: section.take("log", rate).value().unwrap_or(usual.log),
    };
    section.finish(&[]);
    rates
}

pub(super) fn bounded(item: &mut Item<'_, '_>, bounds: RangeInclusive<u64>) -> Option<u64> {
    let bytes = size(item)?;
    if bounds.contains(&bytes) {
        return Some(bytes);
    }
    item.refuse(
        format!("{bytes} bytes are out of bounds"),
        format!("from {} to {} bytes", bounds.start(), bounds.end()),
    )
}

/// `"600/1m"`, or `false` for no limit.
fn rate(item: &mut Item<'_, '_>) -> Option<Option<Rate>> {
    if item.flag() == Some(false) {
        return Some(None);
    }
    let text = item.string("\"600/1m\"")?;
    match parse_rate(text) {
        Some(rate) => Some(Some(rate)),
        None => item.refuse(
            format!("`{}` is not a rate", brief(text)),
            "a number and a time, as \"600/1m\" or \"10/s\"; false for no limit",
        ),
    }
}

fn parse_rate(text: &str) -> Option<Rate> {
    let (count, per) = text.split_once('/')?;
    let count = count.trim().parse().ok().filter(|count| *count > 0)?;
    let per = per.trim();
    let bare = per.starts_with(|c: char| c.is_ascii_alphabetic());
    let per = humantime::parse_duration(&if bare {
        format!("1{per}")
    } else {
        per.to_owned()
    });
    let per = per.ok().filter(|per| *per > Duration::ZERO)?;
    Some(Rate { count, per })
}
