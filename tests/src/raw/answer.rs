//! One answer as it came over the wire.
//!
//! It must not know who sent the request beyond its method. The surprise: text is kept as Latin-1, one char per byte, so that
//! nothing a peer sends can fail to become a `String` and nothing is lost on the way.

/// What came back for one request.
#[derive(Debug, Clone)]
pub enum Outcome {
    /// An answer with at least a whole head.
    Answer(Answer),
    /// No answer, or one that ended inside its head.
    Silence(Silence),
}

/// How a peer said nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Silence {
    /// It closed the connection in good order.
    Closed,
    /// It reset the connection.
    Reset,
    /// It kept the connection open and silent for ten seconds.
    TimedOut,
}

/// One final answer and what came before it.
#[derive(Debug, Clone, Default)]
pub struct Answer {
    /// Status lines of the 1xx answers before this one.
    pub interim: Vec<String>,
    /// The status line without its line end.
    pub status_line: String,
    /// The header lines in wire order, names in their own case.
    pub headers: Vec<Header>,
    /// The body with its framing taken off.
    pub body: Vec<u8>,
    /// The trailer lines of a chunked body.
    pub trailers: Vec<Header>,
    /// Whether the body reached the end its framing announced.
    pub complete: bool,
    /// Whether the peer was seen to close the connection.
    pub closed: bool,
}

/// One header line, split at its colon; the value without the white space around it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Header {
    /// The name in its own case.
    pub name: String,
    /// The value, one char per byte.
    pub value: String,
}

impl Answer {
    /// The status code; 0 when the status line has none.
    pub fn status(&self) -> u16 {
        self.status_line
            .split(' ')
            .nth(1)
            .and_then(|code| code.parse().ok())
            .unwrap_or(0)
    }

    /// The first header of that name, whatever its case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|h| h.name.eq_ignore_ascii_case(name))
            .map(|h| h.value.as_str())
    }

    /// The header lines as text.
    pub fn lines(&self) -> Vec<String> {
        self.headers.iter().map(Header::line).collect()
    }

    /// The body as text, broken bytes replaced.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// Whether the answer says that the connection ends with it.
    pub fn announces_close(&self) -> bool {
        self.header("connection")
            .is_some_and(|value| value.eq_ignore_ascii_case("close"))
    }

    pub(super) fn has_body(&self, method: &str) -> bool {
        method != "HEAD" && !matches!(self.status(), 101 | 204 | 304)
    }

    pub(super) fn chunked(&self) -> bool {
        self.header("transfer-encoding")
            .is_some_and(|value| value.to_ascii_lowercase().ends_with("chunked"))
    }

    pub(super) fn length(&self) -> Option<usize> {
        self.header("content-length")?.parse().ok()
    }
}

impl Header {
    /// `Name: value`.
    pub fn line(&self) -> String {
        format!("{}: {}", self.name, self.value)
    }

    pub(super) fn parse(line: &str) -> Self {
        let (name, value) = line.split_once(':').unwrap_or((line, ""));
        Self {
            name: name.to_owned(),
            value: value.trim_matches([' ', '\t']).to_owned(),
        }
    }
}
