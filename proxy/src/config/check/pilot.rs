//! `[pilot]`.

use url::Url;

use super::media::web_address;
use super::secret::secret;
use crate::config::field::Field;
use crate::config::read::Section;
use crate::config::{PilotConfig, Secret};

/// The table as it is written.
#[derive(Debug, Default)]
pub(super) struct PilotFile {
    webhook: Field<Url>,
    webhook_token: Field<Secret>,
}

impl PilotFile {
    pub(super) fn read(mut section: Section<'_, '_>) -> Self {
        let file = PilotFile {
            webhook: section.take("webhook", |item| {
                web_address(item, "\"https://chat.example/hooks/overgrow\"")
            }),
            webhook_token: section.take("webhook_token", |item| {
                secret(item, "OVERGROW_WEBHOOK_TOKEN")
            }),
        };
        if file.webhook.is_absent() && file.webhook_token.given().is_some() {
            section
                .fault("`webhook_token` has no `webhook` to go to")
                .help("write webhook = \"https://..\", or leave the token out");
        }
        section.finish(&[
            ("auto", "it belongs in a route's `gate`"),
            ("url", "write `webhook`"),
            ("token", "write `webhook_token`"),
        ]);
        file
    }

    pub(super) fn check(self) -> PilotConfig {
        PilotConfig {
            webhook: self.webhook.value(),
            webhook_token: self.webhook_token.value(),
        }
    }
}
