//! Colours, bars and what moves, for whoever looks on.
//!
//! It does not know what is told. The surprise: away from a terminal nothing moves and nothing is coloured, but every
//! word is the same.

use std::fmt::Display;
use std::io::{self, Write};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressFinish, ProgressStyle};

/// What standard output is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Look {
    /// A file or a pipe: plain text that never moves.
    Plain,
    /// A terminal without colours.
    Terminal,
    /// A terminal with colours.
    Coloured,
}

/// Characters of a full bar.
const BAR: usize = 40;

/// The few colours there are, by meaning.
#[derive(Clone, Copy)]
pub(super) enum Paint {
    Title,
    Label,
    Rust,
    Legacy,
    Good,
    Bad,
}

/// Text made fit for what standard output is.
pub(super) struct Ink(Look);

impl Ink {
    pub(super) fn new(look: Look) -> Self {
        Self(look)
    }

    /// Text in a colour.
    pub(super) fn paint(&self, paint: Paint, text: &str) -> String {
        if self.0 != Look::Coloured || text.is_empty() {
            return text.to_owned();
        }
        let code = match paint {
            Paint::Title => "1",
            Paint::Label => "2",
            Paint::Rust => "38;5;173",
            Paint::Legacy => "34",
            Paint::Good => "32",
            Paint::Bad => "31",
        };
        format!("\x1b[{code}m{text}\x1b[0m")
    }

    /// Percent as a bar; the two sides have their colours.
    pub(super) fn bar(&self, share: f64) -> String {
        let rust = (share / 100.0 * BAR as f64).round() as usize;
        let rust = rust.min(BAR);
        let (filled, rest) = ("█".repeat(rust), "░".repeat(BAR - rust));
        self.paint(Paint::Rust, &filled) + &self.paint(Paint::Legacy, &rest)
    }

    /// Something that moves, on a terminal; it is gone when it is done or dropped.
    pub(super) fn moving(&self, template: &str, length: u64) -> ProgressBar {
        let target = match self.0 {
            Look::Plain => ProgressDrawTarget::hidden(),
            Look::Terminal | Look::Coloured => ProgressDrawTarget::stdout(),
        };
        let style = ProgressStyle::with_template(template);
        let style = style.unwrap_or_else(|_| ProgressStyle::default_bar());
        ProgressBar::with_draw_target(Some(length), target)
            .with_style(style.progress_chars("━━╌"))
            .with_finish(ProgressFinish::AndClear)
    }
}

/// Prints a line. A reader who has left, as `head` does, is no reason to break off.
pub(super) fn say(line: impl Display) {
    let _ = writeln!(io::stdout(), "{line}");
}

/// Three digits, whatever the size.
pub(super) fn millis(time: Duration) -> String {
    let millis = time.as_secs_f64() * 1000.0;
    match millis {
        small if small < 10.0 => format!("{small:.2} ms"),
        middle if middle < 100.0 => format!("{middle:.1} ms"),
        large => format!("{large:.0} ms"),
    }
}
