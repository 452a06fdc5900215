//! A plugin's lines in the host's log.
//!
//! The surprise: control characters are escaped, because a line that a stranger's message made must not look like two.

use super::State;
use super::veil::is_secret_key;
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
        if self.who.paces.log.pass().is_err() {
            return Ok(());
        }
        let line = self.mask.over(&line(&message, &fields));
        let (plugin, call) = (self.who.name.as_str(), self.ask.id.as_str());
        let dropped = self.who.paces.log.take_above();
        if dropped > 0 {
            tracing::warn!(plugin, dropped, "the plugin wrote more lines than it may");
        }
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
        push(&mut line, if is_secret_key(name) { "…" } else { value });
    }
    line
}

/// Appends as much of a text as has room, with whatever ends lines or turns them around escaped.
fn push(line: &mut String, text: &str) {
    for letter in text.chars() {
        if line.len() >= LONGEST {
            return;
        }
        if letter.is_control() || turns(letter) {
            line.extend(letter.escape_default());
        } else {
            line.push(letter);
        }
    }
}

/// Line separators, and marks that make a terminal show a text in another order.
fn turns(letter: char) -> bool {
    matches!(letter, '\u{2028}' | '\u{2029}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_one_line_and_shows_no_secret() {
        let field = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        let fields = [field("chat", "1\u{2028}2"), field("apiKey", "s3cret")];
        let line = line("hello\r\n2026-01-01 ERROR forged\u{1b}[31m", &fields);
        assert_eq!(
            line,
            "hello\\r\\n2026-01-01 ERROR forged\\u{1b}[31m chat=1\\u{2028}2 apiKey=…"
        );
    }

    #[test]
    fn a_long_line_is_cut() {
        let line = line(&"é".repeat(LONGEST), &[]);
        assert!(line.len() <= LONGEST + 1);
    }
}
