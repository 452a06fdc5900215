//! `[media]`.

use std::path::PathBuf;
use std::time::Duration;

use url::Url;

use super::secret::secret;
use crate::config::field::Field;
use crate::config::read::{Item, Section, brief};
use crate::config::value::{boolean, filled, size, time_limit};
use crate::config::{MediaConfig, PlaceConfig, S3Config};

const S3: &str = "{ bucket = \"media\", region = \"eu-central-1\" }";

/// The table as it is written.
#[derive(Debug, Default)]
pub(super) struct MediaFile {
    root: Field<PathBuf>,
    s3: Field<Option<S3Config>>,
    ttl: Field<Duration>,
    max: Field<u64>,
    disk: Field<u64>,
    upload: Field<bool>,
}

impl MediaFile {
    pub(super) fn read(mut section: Section<'_, '_>) -> Self {
        let (root, s3) = (section.key("root"), section.key("s3"));
        if let (Some(root), Some(s3)) = (root, s3) {
            let note = section.notes().add(s3, "`root` and `s3` are both written");
            note.help("files are kept in one place: leave one out")
                .other(root, "the other one");
        }
        let file = MediaFile {
            root: section.take("root", |item| {
                filled(item, "\"/var/lib/overgrow/media\"").map(PathBuf::from)
            }),
            s3: section.take("s3", |item| item.table(S3, s3_table)),
            ttl: section.take("ttl", time_limit),
            max: section.take("max", size),
            disk: section.take("disk", size),
            upload: section.take("upload", boolean),
        };
        section.finish(&[
            ("path", "write `root`"),
            ("folder", "write `root`"),
            ("bucket", "it belongs in `s3`"),
        ]);
        file
    }

    /// Whether `upload` is on.
    pub(super) fn takes_uploads(&self) -> bool {
        self.upload.get() == Some(&true)
    }

    pub(super) fn check(self) -> MediaConfig {
        let defaults = MediaConfig::default();
        let s3 = self.s3.value().flatten();
        let s3 = s3.map(|s3| PlaceConfig::S3(Box::new(s3)));
        MediaConfig {
            place: s3
                .or(self.root.value().map(PlaceConfig::Folder))
                .unwrap_or(defaults.place),
            ttl: self.ttl.value().unwrap_or(defaults.ttl),
            max: self.max.value().unwrap_or(defaults.max),
            disk: self.disk.value().unwrap_or(defaults.disk),
            upload: self.upload.value().unwrap_or(defaults.upload),
        }
    }
}

/// Lifetime and size as the legacy has them; it has no limit of its disk.
impl Default for MediaConfig {
    fn default() -> Self {
        MediaConfig {
            place: PlaceConfig::Default,
            ttl: Duration::from_secs(120),
            max: 5 << 20,
            disk: 1 << 30,
            upload: false,
        }
    }
}

fn s3_table(mut section: Section<'_, '_>) -> Option<S3Config> {
    let text = |item: &mut Item<'_, '_>| filled(item, "\"media\"").map(str::to_owned);
    let help = format!("an S3-compatible store: s3 = {S3}");
    let bucket = section.require("bucket", &help, text);
    let region = section.take("region", text);
    let endpoint = section.take("endpoint", |item| {
        web_address(item, "\"http://127.0.0.1:9000\"")
    });
    let prefix = section.take("prefix", text);
    let access_key = section.take("access_key", |item| secret(item, "AWS_ACCESS_KEY_ID"));
    let secret_key = section.take("secret_key", |item| secret(item, "AWS_SECRET_ACCESS_KEY"));
    if access_key.is_absent() != secret_key.is_absent() {
        section
            .fault("one of `access_key` and `secret_key` is missing")
            .help("write both, or neither and let the environment have them");
    }
    section.finish(&[("url", "write `endpoint`")]);
    Some(S3Config {
        bucket: bucket?.into_inner(),
        region: region.value().unwrap_or_else(|| "us-east-1".to_owned()),
        endpoint: endpoint.value(),
        prefix: prefix.value().unwrap_or_default(),
        access_key: access_key.value(),
        secret_key: secret_key.value(),
    })
}

/// An address of http or https, with any path.
pub(super) fn web_address(item: &mut Item<'_, '_>, example: &str) -> Option<Url> {
    let text = item.string(example)?;
    let url = text.parse::<Url>().ok();
    let url = url.filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host());
    let bare = |url: &Url| url.username().is_empty() && url.password().is_none();
    match url {
        Some(url) if bare(&url) => Some(url),
        Some(_) => {
            item.hide();
            item.refuse(
                "an address with a password in it",
                "leave the user and the password out",
            )
        }
        None => item.refuse(
            format!("`{}` is not a web address", brief(text)),
            format!("for example {example}"),
        ),
    }
}
