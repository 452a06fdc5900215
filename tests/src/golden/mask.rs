//! Takes out of an observation what is different on every run, and nothing else.
//!
//! It must not know which recording it looks at. The surprise: a path in a body changes the body's length, so a Content-Length that
//! was right before is made right again.

use super::{Answered, Body, Observation};
use regex::Regex;
use std::path::Path;

/// Where the gateway lay and listened when the recordings were made.
const RECORDED_ROOT: &str = "/srv/legacy";
const RECORDED_PORT: u16 = 18789;

/// Connection headers belong to one hop and are not forwarded.
const HOP: [&str; 2] = ["connection", "keep-alive"];

/// What to replace in one gateway's answers.
pub struct Masks {
    root: String,
    port: String,
    uuid: Regex,
    created: Regex,
}

impl Masks {
    /// Masks for a gateway that keeps its files below `root` and listens on `port`.
    pub fn new(root: &Path, port: u16) -> Self {
        let pattern = |text| Regex::new(text).expect("a constant pattern");
        Self {
            root: root.display().to_string(),
            port: format!("127.0.0.1:{port}"),
            uuid: pattern("[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"),
            created: pattern(r#""created":[0-9]+"#),
        }
    }

    /// Text without paths, ports, ids and times of this run.
    pub fn text(&self, text: &str) -> String {
        let text = text
            .replace(&self.root, RECORDED_ROOT)
            .replace(&self.port, &format!("127.0.0.1:{RECORDED_PORT}"));
        let text = self.uuid.replace_all(&text, "<uuid>");
        self.created
            .replace_all(&text, r#""created":"<time>""#)
            .into_owned()
    }

    /// The observation without what differs on every run. A Date stays as a line without its value.
    pub fn apply(&self, observation: Observation) -> Observation {
        match observation {
            Observation::Answered(answered) => Observation::Answered(self.answered(answered)),
            silent => silent,
        }
    }

    fn answered(&self, mut answered: Answered) -> Answered {
        let before = answered.body.len().to_string();
        answered.body = self.body(answered.body);
        let after = answered.body.len().to_string();
        answered
            .headers
            .retain(|line| !HOP.contains(&name(line).as_str()));
        for line in &mut answered.headers {
            match name(line).as_str() {
                "date" => line.truncate("date".len()),
                "content-length" => *line = line.replace(&before, &after),
                _ => {}
            }
        }
        answered
    }

    fn body(&self, body: Body) -> Body {
        match body {
            Body::Bytes(bytes) => Body::Bytes(match std::str::from_utf8(&bytes) {
                Ok(text) => self.text(text).into_bytes(),
                Err(_) => bytes,
            }),
            size => size,
        }
    }
}

impl Observation {
    /// The same without its Date, to be held against a recording, which has none.
    pub fn without_date(mut self) -> Self {
        if let Self::Answered(answered) = &mut self {
            answered.headers.retain(|line| name(line) != "date");
        }
        self
    }
}

fn name(line: &str) -> String {
    line.split(':')
        .next()
        .unwrap_or_default()
        .to_ascii_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(headers: &[&str], body: &str, expect: (&[&str], &str)) {
        let answered = Answered {
            status_line: "HTTP/1.1 200 OK".to_owned(),
            headers: headers.iter().map(|h| (*h).to_owned()).collect(),
            body: Body::Bytes(body.as_bytes().to_vec()),
            complete: true,
        };
        let got = Masks::new(Path::new("/tmp/xyz"), 4000).answered(answered);
        assert_eq!(got.headers, expect.0);
        assert_eq!(got.body, Body::Bytes(expect.1.as_bytes().to_vec()));
    }

    #[test]
    fn hop_headers_go_and_the_date_loses_its_value() {
        check(
            &["Date: today", "KEEP-alive: x", "Connection: close", "X: y"],
            "",
            (&["Date", "X: y"], ""),
        );
    }

    #[test]
    fn paths_ports_and_ids_become_the_recorded_ones_and_the_length_follows() {
        check(
            &["Content-Length: 23"],
            "/tmp/xyz 127.0.0.1:4000",
            (&["Content-Length: 27"], "/srv/legacy 127.0.0.1:18789"),
        );
        check(
            &[],
            r#"{"runId":"3491e4f9-6905-40c3-9ffa-b89e72a926a8"}"#,
            (&[], r#"{"runId":"<uuid>"}"#),
        );
    }

    #[test]
    fn a_wrong_length_stays_wrong() {
        check(
            &["Content-Length: 9"],
            "hello",
            (&["Content-Length: 9"], "hello"),
        );
    }
}
