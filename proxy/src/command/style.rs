//! Colours, only where somebody sees them, and errors with their causes.

use std::error::Error;
use std::fmt;
use std::io::{self, IsTerminal, Write};

/// Whether standard error is a terminal that wants colours (`NO_COLOR` is honoured).
pub(super) fn colours_on_stderr() -> bool {
    wants_colours() && io::stderr().is_terminal()
}

/// The same of standard output.
pub(super) fn colours_on_stdout() -> bool {
    wants_colours() && is_terminal_on_stdout()
}

/// Whether somebody watches standard output.
pub(super) fn is_terminal_on_stdout() -> bool {
    io::stdout().is_terminal()
}

/// What standard output can show.
#[derive(Debug, Clone, Copy)]
pub(super) struct Screen {
    /// Columns of a terminal; a file or a pipe has no end.
    pub(super) width: Option<usize>,
    colours: Colours,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Colours {
    Wanted,
    Unwanted,
}

/// The few colours there are, by meaning.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Paint {
    Title,
    Good,
    Bad,
    Unsure,
    Quiet,
}

impl Screen {
    pub(super) fn of_stdout() -> Self {
        let size = rustix::termios::tcgetwinsize(io::stdout());
        let width = size.ok().map(|size| usize::from(size.ws_col));
        Self {
            // A terminal that does not know its width says 0.
            width: width.filter(|width| *width > 0),
            colours: if colours_on_stdout() {
                Colours::Wanted
            } else {
                Colours::Unwanted
            },
        }
    }

    /// Without colours, for tests.
    #[cfg(test)]
    pub(super) fn plain(width: Option<usize>) -> Self {
        let colours = Colours::Unwanted;
        Self { width, colours }
    }

    pub(super) fn paint(&self, paint: Paint, text: &str) -> String {
        if self.colours == Colours::Unwanted || text.is_empty() {
            return text.to_owned();
        }
        let code = match paint {
            Paint::Title => "1",
            Paint::Good => "32",
            Paint::Bad => "31",
            Paint::Unsure => "33",
            Paint::Quiet => "2",
        };
        format!("\x1b[{code}m{text}\x1b[0m")
    }
}

fn wants_colours() -> bool {
    std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
}

/// An error and why it happened, in one line.
pub(super) fn with_causes(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        let inner_text = inner.to_string();
        if !text.ends_with(&inner_text) {
            text.push_str(": ");
            text.push_str(&inner_text);
        }
        cause = inner.source();
    }
    text
}

/// Prints a line. A reader who has had enough, as `head` has, is no fault: `println!` would panic.
pub(super) fn say(line: impl fmt::Display) {
    let _ = writeln!(io::stdout(), "{line}");
}

/// Prints an error the way every command does.
pub(super) fn complain(text: &str) {
    if colours_on_stderr() {
        eprintln!("\x1b[1;31merror\x1b[0m: {text}");
    } else {
        eprintln!("error: {text}");
    }
}
