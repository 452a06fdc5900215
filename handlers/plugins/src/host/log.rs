//! A plugin's lines in the host's log.
//!
//! The surprise: control characters are escaped, because a line that a stranger's message made must not look like two.

use super::State;
use crate::bindings::overgrow::plugin::log::{Host, Level};

/// Bytes of one line; what is longer is cut.
const LONGEST: usize = 8 * 1024;

impl Host for State {
    fn write(
        &mut self,
        level: Level,
        message: String,
        fields: Vec<(String, String)>,
    ) -> wasmtime::Result<()> {
        let line = line(&message, &fields);
        let (plugin, call) = (self.who.name.as_str(), self.ask.id.as_str());
        match level {
            Level::Trace => tracing::trace!(plugin, call, "{line}"),
            Level::Debug => tracing::debug!(plugin, call, "{line}"),
            Level::Info => tracing::info!(plugin, call, "{line}"),
            Level::Warn => tracing::warn!(plugin, call, "{line}"),
            Level::Error => tracing::error!(plugin, call, "{line}"),
        }
        Ok(())
    }
}

/// The message and its fields as one line.
fn line(message: &str, fields: &[(String, String)]) -> String {
    let mut line = String::new();
    push(&mut line, message);
    for (name, value) in fields {
        line.push(' ');
        push(&mut line, name);
        line.push('=');
        push(&mut line, value);
    }
    line
}

/// Appends as much of a text as has room, with its control characters escaped.
fn push(line: &mut String, text: &str) {
    for letter in text.chars() {
        if line.len() >= LONGEST {
            return;
        }
        if letter.is_control() {
            line.extend(letter.escape_default());
        } else {
            line.push(letter);
        }
    }
}
