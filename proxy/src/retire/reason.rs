//! The verdict in words, with the first few of what stands in the way.

use std::fmt::{self, Display, Formatter};

use humantime::format_duration;

use super::Legacy;
use std::time::Duration;

/// Names in a sentence; a list of all is elsewhere.
const NAMED: usize = 3;

/// Something that keeps the legacy; the names of those it is about, or how many there are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reason {
    /// Routes without a handler.
    Unhandled(Vec<String>),
    /// Routes whose dial is not at its end.
    Split(Vec<String>),
    /// Routes whose handler leaves something to it.
    Leaves(Vec<String>),
    /// Routes whose gate does not hold.
    Gate(Vec<String>),
    /// Plugins that may call its methods.
    Plugins(Vec<String>),
    /// What waits to be delivered.
    Waiting(u64),
    /// What is open to it.
    Open(u64),
}

impl Reason {
    /// Whether it is about anything.
    pub(super) fn is_one(&self) -> bool {
        match self {
            Self::Unhandled(names)
            | Self::Split(names)
            | Self::Leaves(names)
            | Self::Gate(names)
            | Self::Plugins(names) => !names.is_empty(),
            Self::Waiting(count) | Self::Open(count) => *count > 0,
        }
    }
}

impl Display for Reason {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unhandled(routes) => write!(f, "it alone answers {}", few(routes)),
            Self::Split(routes) => write!(f, "it answers part of {}", few(routes)),
            Self::Leaves(routes) => write!(f, "it does what is left by {}", few(routes)),
            Self::Gate(routes) => write!(f, "the gate of {} does not hold", few(routes)),
            Self::Plugins(plugins) => {
                let word = if plugins.len() == 1 {
                    "plugin"
                } else {
                    "plugins"
                };
                write!(f, "its methods are granted to the {word} {}", few(plugins))
            }
            Self::Waiting(1) => f.write_str("1 dispatch or message waits for it"),
            Self::Waiting(count) => write!(f, "{count} dispatches or messages wait for it"),
            Self::Open(1) => f.write_str("1 request or WebSocket is open to it"),
            Self::Open(count) => write!(f, "{count} requests or WebSockets are open to it"),
        }
    }
}

impl Display for Legacy {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Gone => f.write_str("none: routes.toml names no legacy"),
            Self::Needed { why } => {
                let why: Vec<String> = why.iter().map(ToString::to_string).collect();
                write!(f, "needed: {}", why.join("; "))
            }
            Self::Idle { since, left } => write!(
                f,
                "not needed for {}: it can be switched off after another {} without use",
                rounded(*since),
                rounded(*left)
            ),
            Self::CanGo { since } => write!(
                f,
                "can be switched off: every route is native, and nobody has needed the legacy for {}",
                rounded(*since)
            ),
        }
    }
}

fn few(names: &[String]) -> String {
    let (named, more) = names.split_at(names.len().min(NAMED));
    let named = named.join(", ");
    match more.len() {
        0 => named,
        more => format!("{named} and {more} more"),
    }
}

/// To the second; below a minute nobody needs less, above an hour nobody needs seconds.
fn rounded(time: Duration) -> humantime::FormattedDuration {
    let seconds = time.as_secs();
    let shown = match seconds {
        0..3600 => seconds,
        _ => seconds - seconds % 60,
    };
    format_duration(Duration::from_secs(shown))
}
