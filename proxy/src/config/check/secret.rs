//! A secret: where it is kept, never itself.

use std::path::PathBuf;

use crate::config::Secret;
use crate::config::read::{Item, Section, brief};
use crate::config::value::filled;

/// A secret is where it is kept; what was written instead is kept out of the report. `example` is the name of an
/// environment variable that would do.
pub(super) fn secret(item: &mut Item<'_, '_>, example: &str) -> Option<Secret> {
    let help = help(example);
    if !item.is_table() {
        item.hide();
        return item.refuse(
            "a secret is never written in the file, which is shown, shared and committed",
            help,
        );
    }
    item.table(&help, |section| table(section, example))?
}

fn help(example: &str) -> String {
    format!(
        "write {{ env = \"{example}\" }}, {{ file = \"..\" }} or {{ keyring = \"service/user\" }}"
    )
}

fn table(mut section: Section<'_, '_>, example: &str) -> Option<Secret> {
    let mut places = Places::default();
    places.take(&mut section, example);
    // A key that is misspelt is reported as such, and not as missing besides.
    let spelt = section.finish(&[]);
    if places.count > 1 || (places.count == 0 && spelt) {
        section
            .fault("a secret is kept in exactly one place")
            .help(help(example));
        return None;
    }
    places.secret
}

/// Where a secret is said to be kept, in a table that has other keys too.
#[derive(Debug, Default)]
pub(super) struct Places {
    /// How many places are written.
    pub(super) count: usize,
    /// The first that is right.
    pub(super) secret: Option<Secret>,
}

impl Places {
    pub(super) fn take(&mut self, section: &mut Section<'_, '_>, example: &str) {
        let env = section.take("env", |item| {
            filled(item, &format!("\"{example}\"")).map(str::to_owned)
        });
        let file = section.take("file", |item| {
            filled(item, "\"/run/secrets/admin\"").map(PathBuf::from)
        });
        let keyring = section.take("keyring", keyring);
        let absent = [env.is_absent(), file.is_absent(), keyring.is_absent()];
        self.count = absent.iter().filter(|absent| !**absent).count();
        self.secret = env
            .value()
            .map(Secret::Env)
            .or(file.value().map(Secret::File))
            .or(keyring.value());
    }
}

fn keyring(item: &mut Item<'_, '_>) -> Option<Secret> {
    let text = item.string("\"overgrow/admin\"")?;
    match text.split_once('/') {
        Some((service, user)) if !service.is_empty() && !user.is_empty() => Some(Secret::Keyring {
            service: service.into(),
            user: user.into(),
        }),
        _ => item.refuse(
            format!("`{}` is not service/user", brief(text)),
            "for example \"overgrow/admin\"",
        ),
    }
}
