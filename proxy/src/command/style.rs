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

/// Prints rows in aligned columns under a heading.
pub(super) fn print_table(heading: &[&str], rows: &[Vec<String>]) {
    let width = |column: usize| {
        let cells = rows.iter().map(|row| row[column].chars().count());
        cells
            .chain([heading[column].chars().count()])
            .max()
            .unwrap_or(0)
    };
    let widths: Vec<usize> = (0..heading.len()).map(width).collect();
    let line = |cells: &mut dyn Iterator<Item = &str>| {
        let padded: Vec<String> = cells
            .zip(&widths)
            .map(|(cell, width)| format!("{cell:<width$}"))
            .collect();
        say(padded.join("  ").trim_end());
    };
    line(&mut heading.iter().copied());
    for row in rows {
        line(&mut row.iter().map(String::as_str));
    }
}
