//! `overgrow check`, and the reading of routes.toml for every command that works on the file alone.

use std::path::Path;
use std::process::ExitCode;

use super::{BAD_CONFIGURATION, NO, style};
use crate::config::{Config, Faults, Handlers};
use crate::sidecar::Builder;

/// Why there is no configuration.
#[derive(Debug)]
pub(super) enum Unread {
    File(std::io::Error),
    Faults(Faults),
}

/// Reads and checks a file.
pub(super) fn read(file: &Path, handlers: &Handlers) -> Result<Config, Unread> {
    let source = std::fs::read(file).map_err(Unread::File)?;
    let config = Config::parse_bytes(&source, handlers);
    config.map_err(|faults| Unread::Faults(faults.named(file.display().to_string())))
}

/// Reads for another command; what is wrong is printed.
pub(super) fn read_or_complain(builder: &Builder, file: &Path) -> Result<Config, ExitCode> {
    read(file, &builder.handler_names()).map_err(|unread| {
        unread.print(file);
        ExitCode::from(BAD_CONFIGURATION)
    })
}

impl Unread {
    fn print(&self, file: &Path) {
        match self {
            Self::File(error) => {
                style::complain(&format!("cannot read {}: {error}", file.display()))
            }
            Self::Faults(faults) if style::colours_on_stderr() => {
                eprintln!("{}", faults.coloured())
            }
            Self::Faults(faults) => eprintln!("{faults}"),
        }
    }
}

pub(super) fn run(builder: &Builder, file: &Path, json: bool) -> ExitCode {
    match read(file, &builder.handler_names()) {
        Ok(config) => {
            if json {
                style::say("[]");
            } else {
                style::say(format_args!("{}: fine, {}", file.display(), count(&config)));
            }
            ExitCode::SUCCESS
        }
        Err(Unread::Faults(faults)) if json => {
            style::say(format_args!(
                "{}",
                serde_json::to_string_pretty(&faults).unwrap_or_default()
            ));
            ExitCode::from(NO)
        }
        Err(unread) => {
            unread.print(file);
            ExitCode::from(NO)
        }
    }
}

fn count(config: &Config) -> String {
    let split = config
        .routes
        .iter()
        .filter(|route| !route.rust.is_off() && !route.rust.is_full())
        .count();
    let rust = config
        .routes
        .iter()
        .filter(|route| route.rust.is_full())
        .count();
    let legacy = config.routes.len() - split - rust;
    let routes = if config.routes.len() == 1 {
        "route"
    } else {
        "routes"
    };
    let alone = match config.legacy.urls.is_empty() {
        true => ", without a legacy",
        false => "",
    };
    format!(
        "{} {routes} ({legacy} legacy, {split} split, {rust} rust){alone}",
        config.routes.len()
    )
}
