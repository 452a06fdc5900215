//! Takes the files that came with a message into the media store.
//!
//! The surprise: a file that cannot be had is left out and the message goes on without it, as with the legacy. Redirects
//! are judged by the host's grant, hop by hop, and a token goes no further than to whom it is for.

use overgrow_sdk::Failure;
use overgrow_sdk::host::log::Level;

use crate::activity::Attachment;
use crate::files::hosts::{Hosts, scopes};
use crate::files::{self, File};
use crate::settings::Settings;
use crate::token;
use crate::world::{Onward, Request, Saved, World};

/// Largest file that is taken in, bytes: 8 MiB, as with the legacy.
pub const LARGEST: u64 = 8 * 1024 * 1024;

/// The ids of the files in the media store.
pub fn all(world: &impl World, settings: &Settings, attachments: &[Attachment]) -> Vec<String> {
    let hosts = hosts(settings);
    let found = files::of(attachments, &hosts);
    let taken = found.iter().map(|file| take(world, settings, file));
    taken
        .filter_map(|taken| match taken {
            Ok(id) => Some(id),
            Err(failure) => {
                let why = failure.line();
                world.log(Level::Warn, "a file cannot be fetched", &[("why", &why)]);
                None
            }
        })
        .collect()
}

/// The hosts that are asked. Services at plain addresses are a test bench's, and so are its files.
pub fn hosts(settings: &Settings) -> Hosts {
    let services = &settings.services;
    let plain = [Some(services.graph.as_str()), services.connector.as_deref()];
    let plain: Vec<&str> = plain.into_iter().flatten().collect();
    Hosts::new(settings.media_hosts.as_deref(), &plain)
}

fn take(world: &impl World, settings: &Settings, file: &File) -> Result<String, Failure> {
    match file {
        File::Inline { data, .. } if data.len() as u64 > LARGEST => {
            Err(Failure::permanent("too-large", "a picture in the text"))
        }
        File::Inline { data, content_type } => world.put(data, content_type.as_deref()),
        File::Remote {
            url,
            name,
            content_type,
        } => {
            let kind = content_type.as_deref().filter(|kind| !kind.ends_with("/*"));
            remote(world, settings, url, kind, name.as_deref())
        }
    }
}

fn remote(
    world: &impl World,
    settings: &Settings,
    url: &str,
    kind: Option<&str>,
    name: Option<&str>,
) -> Result<String, Failure> {
    let mut request = Request::get(url);
    request.most = LARGEST;
    request.onward = Onward::Allowed;
    let mut status = match world.save(&request, kind, name)? {
        Saved::File(id) => return Ok(id),
        Saved::Not(status) => status,
    };
    if matches!(status, 401 | 403) {
        for scope in scopes(url) {
            let shown = token::token(world, settings, scope)
                .and_then(|secret| world.save(&request.clone().bearer(secret), kind, name));
            match shown {
                Ok(Saved::File(id)) => return Ok(id),
                Ok(Saved::Not(refused)) => status = refused,
                // A token that is not for that host is not shown; the other may be.
                Err(failure) => world.log(
                    Level::Debug,
                    "a token is not shown",
                    &[("why", &failure.line())],
                ),
            }
        }
    }
    Err(Failure::permanent(
        format!("http-{status}"),
        "the file is not given",
    ))
}
