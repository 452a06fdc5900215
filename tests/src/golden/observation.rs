//! What a client saw for one request, in the form in which it is compared.
//!
//! It must not know whether it was recorded or just seen. The surprise: how a connection ended without an answer (FIN or reset) is
//! not told apart, since it depends on what the kernel still had to send; that it stayed open and silent is.

use crate::raw::{Answer, Outcome, Silence};

/// What a client saw for one request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Observation {
    /// An answer with at least a whole head.
    Answered(Answered),
    /// None, and why.
    Silent(&'static str),
}

/// The parts of an answer that are compared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answered {
    /// The whole status line.
    pub status_line: String,
    /// Header lines in wire order, names in their own case.
    pub headers: Vec<String>,
    /// The decoded body.
    pub body: Body,
    /// Whether the body was whole.
    pub complete: bool,
}

/// A decoded body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Body {
    /// Its bytes.
    Bytes(Vec<u8>),
    /// Only its length is known.
    Size(usize),
}

impl Observation {
    /// The connection ended without an answer.
    pub const ENDED: Self = Self::Silent("no answer");

    /// One line that says what happened: status and content type, or why there is no answer.
    pub fn outcome(&self) -> String {
        match self {
            Self::Silent(why) => (*why).to_owned(),
            Self::Answered(answered) => answered.outcome(),
        }
    }
}

impl Answered {
    /// The value of the first header of that name, whatever its case.
    pub fn header(&self, name: &str) -> Option<&str> {
        let named = |line: &&String| {
            line.split(':')
                .next()
                .is_some_and(|n| n.eq_ignore_ascii_case(name))
        };
        self.headers
            .iter()
            .find(named)?
            .split_once(": ")
            .map(|(_, value)| value)
    }

    fn outcome(&self) -> String {
        let status = self.status_line.split(' ').nth(1).unwrap_or("?");
        match self.header("content-type") {
            Some(content_type) => format!("{status} {content_type}"),
            None => status.to_owned(),
        }
    }
}

impl Body {
    /// Its length in bytes.
    pub fn len(&self) -> usize {
        match self {
            Self::Bytes(bytes) => bytes.len(),
            Self::Size(size) => *size,
        }
    }

    /// Whether it has no bytes.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl From<Outcome> for Observation {
    fn from(outcome: Outcome) -> Self {
        match outcome {
            Outcome::Answer(answer) => Self::Answered(answer.into()),
            Outcome::Silence(Silence::TimedOut) => Self::Silent("open and silent"),
            Outcome::Silence(_) => Self::ENDED,
        }
    }
}

impl From<Answer> for Answered {
    fn from(answer: Answer) -> Self {
        Self {
            headers: answer.lines(),
            status_line: answer.status_line,
            body: Body::Bytes(answer.body),
            complete: answer.complete,
        }
    }
}
