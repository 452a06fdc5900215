//! Text to [`Config`]: one file per table, each with the form the table has in the file and its way to the checked form.
//!
//! A table is read into its file form, in which every key may be absent or faulty; `[defaults]` are laid under the
//! routes; then what concerns several keys is checked. Nothing here knows what a checked value is used for. The one
//! surprise: the checked form is always built, out of defaults where a key was faulty, and thrown away if there was a fault.

mod admission;
mod alone;
mod gate;
mod handler;
mod legacy;
mod listeners;
mod matcher;
mod media;
mod parity;
mod pilot;
mod plugins;
mod route;
mod routes;
mod secret;
mod server;
mod shadow;
mod sticky;
mod syntax;

use toml::de::DeTable;

use self::legacy::LegacyFile;
use self::media::MediaFile;
use self::pilot::PilotFile;
use self::plugins::PluginsFile;
use self::route::{Known, RouteFile};
use self::server::ServerFile;
use super::fault::{Faults, Notes};
use super::read::{Item, Section};
use super::{Config, Handlers};

/// Keys people write at the top of the file, and what they meant.
const HOMES: &[(&str, &str)] = &[
    ("routes", "write `[[route]]`, one for each route"),
    ("default", "write `[defaults]`"),
    ("webhook", "it belongs in `[pilot]`"),
    ("listen", "it belongs in `[server]`"),
    ("admin", "it belongs in `[server]`"),
    ("url", "it belongs in `[legacy]`"),
    ("urls", "it belongs in `[legacy]`"),
];

pub(super) fn parse(source: &str, known: &Handlers) -> Result<Config, Faults> {
    let source = source.strip_prefix('\u{feff}').unwrap_or(source);
    let mut notes = Notes::default();
    let (document, errors) = DeTable::parse_recoverable(source);
    let readable = syntax::note(source, &errors, &mut notes);
    let root = Section::new(0..0, document.get_ref(), &mut notes);
    let config = readable.then(|| file(root, known));
    match config {
        Some(config) if notes.is_empty() => Ok(config),
        _ => Err(notes.place(source)),
    }
}

/// The fault of bytes that are not UTF-8 from `at` on.
pub(super) fn not_text(source: &[u8], at: usize) -> Faults {
    let mut notes = Notes::default();
    let text = String::from_utf8_lossy(source);
    notes
        .add(at..at + 1, "the file is not UTF-8 text")
        .help("save it as UTF-8");
    notes.place(&text)
}

fn file(mut root: Section<'_, '_>, known: &Handlers) -> Config {
    let server = root
        .take("server", |item| item.table("[server]", ServerFile::read))
        .value();
    let legacy = root.take("legacy", |item| item.table("[legacy]", LegacyFile::read));
    let media = root
        .take("media", |item| item.table("[media]", MediaFile::read))
        .value();
    let plugins = root
        .take("plugins", |item| item.table("[plugins]", PluginsFile::read))
        .value()
        .unwrap_or_default();
    let pilot = root
        .take("pilot", |item| item.table("[pilot]", PilotFile::read))
        .value()
        .unwrap_or_default();
    let plugged = plugins.names().map(|name| format!("plugin:{name}"));
    let known = &plugged.fold(known.clone(), Handlers::with_planner);
    let defaults = root.take("defaults", |item| {
        item.table("[defaults]", |section| RouteFile::defaults(section, known))
    });
    let routes = root
        .take("route", |item| all_routes(item, known))
        .value()
        .unwrap_or_default();
    // A table that is wrong as a whole may well say where the legacy is.
    let written = legacy.given().map(toml::Spanned::span);
    let broken = written.is_none() && !legacy.is_absent();
    let defaults = defaults.value().unwrap_or_default();
    let server = server.unwrap_or_default();
    let legacy = legacy.value().unwrap_or_default();
    listeners::check(&server, &legacy, root.notes());
    let is_named = broken || legacy.is_named();
    if !is_named {
        plugins.stand_alone(root.notes());
        if routes.is_empty() {
            alone::nothing(&mut root, written);
        }
    }
    let known = Known {
        handlers: known,
        legacy: is_named,
        settings: legacy.has_config(),
        uploads: media.as_ref().is_some_and(MediaFile::takes_uploads),
    };
    let routes = routes::check(routes, &defaults, &known, root.notes());
    root.finish(HOMES);
    Config {
        server: server.check(),
        legacy: legacy.check(),
        media: media.unwrap_or_default().check(),
        plugins: plugins.check(),
        pilot: pilot.check(),
        routes,
    }
}

fn all_routes(item: &mut Item<'_, '_>, known: &Handlers) -> Option<Vec<RouteFile>> {
    const EXAMPLE: &str = "{ id = \"all\", match = { path = \"/*\" } }";
    if item.is_table() {
        return item.refuse(
            "routes are a list of tables",
            "write [[route]], with two brackets",
        );
    }
    // A route with a fault is still looked at: the whole list is given, each with the keys that were good.
    let mut routes = Vec::new();
    item.list(EXAMPLE, |item| {
        let route = item.table(EXAMPLE, |section| RouteFile::read(section, known))?;
        routes.push(route);
        Some(())
    });
    Some(routes)
}
