//! `[legacy]`.

use std::ops::Range;
use std::path::PathBuf;
use std::time::Duration;

use toml::Spanned;

use crate::config::fault::Notes;
use crate::config::field::Field;
use crate::config::read::{Item, Section, brief};
use crate::config::value::{filled, time_limit, upstream};
use crate::config::{HealthConfig, LegacyConfig, UpstreamUrl};

/// The table as it is written.
#[derive(Debug, Default)]
pub(super) struct LegacyFile {
    url: Field<UpstreamUrl>,
    urls: Field<Vec<Spanned<UpstreamUrl>>>,
    connect_timeout: Field<Duration>,
    response_timeout: Field<Duration>,
    health: Field<HealthConfig>,
    config: Field<PathBuf>,
    idle: Field<Duration>,
}

/// A day has a night, a morning and most of what happens on a schedule.
const IDLE: Duration = Duration::from_secs(24 * 3600);

impl LegacyFile {
    pub(super) fn read(mut section: Section<'_, '_>) -> Self {
        let keys = (section.key("url"), section.key("urls"));
        let file = LegacyFile {
            url: section.take("url", upstream),
            urls: section.take("urls", upstreams),
            connect_timeout: section.take("connect_timeout", time_limit),
            response_timeout: section.take("response_timeout", time_limit),
            health: section.take("health", |item| {
                item.table("{ path = \"/\", interval = \"5s\" }", health)
            }),
            config: section.take("config", |item| {
                filled(item, "\"~/legacy.json\"").map(PathBuf::from)
            }),
            idle: section.take("idle", time_limit),
        };
        if let (Some(url), Some(urls)) = keys {
            both(url, urls, section.notes());
        }
        section.finish(&[
            ("listen", "it belongs in `[server]`"),
            ("timeout", "write `connect_timeout` or `response_timeout`"),
            ("interval", "it belongs in `health`"),
        ]);
        file
    }

    pub(super) fn check(self) -> LegacyConfig {
        LegacyConfig {
            urls: self
                .upstreams()
                .into_iter()
                .map(Spanned::into_inner)
                .collect(),
            connect_timeout: self
                .connect_timeout
                .value()
                .unwrap_or(Duration::from_secs(1)),
            response_timeout: self
                .response_timeout
                .value()
                .unwrap_or(Duration::from_secs(60)),
            health: self.health.value(),
            config: self.config.value(),
            idle: self.idle.value().unwrap_or(IDLE),
        }
    }

    /// Whether it is written where the legacy is, rightly or not.
    pub(super) fn is_named(&self) -> bool {
        !self.url.is_absent() || !self.urls.is_absent()
    }

    /// Whether `config` is written, rightly or not.
    pub(super) fn has_config(&self) -> bool {
        !self.config.is_absent()
    }

    pub(super) fn upstreams(&self) -> Vec<Spanned<UpstreamUrl>> {
        let several = self.urls.get().into_iter().flatten();
        self.url
            .given()
            .into_iter()
            .chain(several)
            .cloned()
            .collect()
    }
}

fn both(url: Range<usize>, urls: Range<usize>, notes: &mut Notes) {
    let note = notes.add(urls, "`url` and `urls` are both written");
    note.help("put all of them into `urls`")
        .other(url, "the other one");
}

fn upstreams(item: &mut Item<'_, '_>) -> Option<Vec<Spanned<UpstreamUrl>>> {
    let urls = item.list(
        "[\"http://10.0.0.1:18789\", \"http://10.0.0.2:18789\"]",
        upstream,
    )?;
    if urls.is_empty() {
        return item.refuse(
            "no upstream in `urls`",
            "for example [\"http://127.0.0.1:18789\"]",
        );
    }
    for (at, url) in urls.iter().enumerate() {
        if let Some(first) = urls[..at]
            .iter()
            .find(|first| first.get_ref() == url.get_ref())
        {
            let note = item.fault_at(url.span(), format!("{} is listed twice", url.get_ref()));
            note.help("each upstream has one share of the requests")
                .other(first.span(), "first here");
        }
    }
    Some(urls)
}

fn health(mut section: Section<'_, '_>) -> HealthConfig {
    let path = section.take("path", health_path).value();
    let interval = section.take("interval", time_limit).value();
    section.finish(&[]);
    HealthConfig {
        path: path.unwrap_or_else(|| "/".to_owned()),
        interval: interval.unwrap_or(Duration::from_secs(5)),
    }
}

fn health_path(item: &mut Item<'_, '_>) -> Option<String> {
    let text = item.string("\"/healthz\"")?;
    let target = text.parse::<http::uri::PathAndQuery>();
    if text.starts_with('/') && !text.contains('#') && target.is_ok() {
        return Some(text.to_owned());
    }
    item.refuse(
        format!("`{}` is not a path", brief(text)),
        "for example \"/healthz\"",
    )
}
