//! The `shadow` key.

use std::ops::Range;
use std::time::Duration;

use toml::Spanned;

use crate::config::field::Field;
use crate::config::read::Section;
use crate::config::value::{percent, size, time_limit, word};
use crate::config::{ShadowConfig, Writes};

/// The table as it is written.
#[derive(Debug, Clone)]
pub(super) struct ShadowFile {
    sample: Field<f64>,
    writes: Field<Writes>,
    timeout: Field<Duration>,
    request_body: Field<u64>,
    response_body: Field<u64>,
    aa: Field<f64>,
}

impl ShadowFile {
    pub(super) fn read(mut section: Section<'_, '_>) -> Self {
        let writes = [
            ("skip", Writes::Skip),
            ("plan", Writes::Plan),
            ("send", Writes::Send),
        ];
        let file = ShadowFile {
            sample: section.take("sample", percent),
            writes: section.take("writes", |item| word(item, &writes)),
            timeout: section.take("timeout", time_limit),
            request_body: section.take("request_body", size),
            response_body: section.take("response_body", size),
            aa: section.take("aa", percent),
        };
        section.finish(&[
            ("rate", "write `sample`, in percent"),
            ("percent", "write `sample`"),
        ]);
        file
    }

    /// Key by key: what this table leaves open is taken from `inherited`.
    pub(super) fn or(self, inherited: &Self) -> Self {
        ShadowFile {
            sample: self.sample.or(&inherited.sample),
            writes: self.writes.or(&inherited.writes),
            timeout: self.timeout.or(&inherited.timeout),
            request_body: self.request_body.or(&inherited.request_body),
            response_body: self.response_body.or(&inherited.response_body),
            aa: self.aa.or(&inherited.aa),
        }
    }

    /// Where a sample above zero is asked for.
    pub(super) fn samples(&self) -> Option<Range<usize>> {
        self.sample
            .given()
            .filter(|sample| *sample.get_ref() > 0.0)
            .map(Spanned::span)
    }

    /// Where a plan of the writes is asked for.
    pub(super) fn plans(&self) -> Option<Range<usize>> {
        self.writes
            .given()
            .filter(|writes| *writes.get_ref() == Writes::Plan)
            .map(Spanned::span)
    }

    pub(super) fn check(self) -> ShadowConfig {
        let defaults = ShadowConfig::default();
        ShadowConfig {
            sample: self.sample.value().unwrap_or(defaults.sample),
            writes: self.writes.value().unwrap_or(defaults.writes),
            timeout: self.timeout.value().unwrap_or(defaults.timeout),
            request_body: self.request_body.value().unwrap_or(defaults.request_body),
            response_body: self.response_body.value().unwrap_or(defaults.response_body),
            aa: self.aa.value().unwrap_or(defaults.aa),
        }
    }
}

impl Default for ShadowConfig {
    fn default() -> Self {
        ShadowConfig {
            sample: 0.0,
            writes: Writes::Skip,
            timeout: Duration::from_secs(5),
            request_body: 256 << 10,
            response_body: 1 << 20,
            aa: 2.0,
        }
    }
}
