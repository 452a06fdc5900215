//! Asks JavaScript itself, for tests.
//!
//! The surprise: Node before version 22, with V8 before 12, says positions without line and column, and misses a colon
//! by name only after an object's first name. Its words are compared but for that; a table holds the rest.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::{Mutex, PoisonError};

use crate::js::Text;

/// A Node process; it ends with this.
pub(crate) struct Oracle(Mutex<Pipes>);

struct Pipes {
    node: Child,
    ask: ChildStdin,
    answers: BufReader<ChildStdout>,
}

impl Oracle {
    pub(crate) fn start() -> Self {
        let mut node = Command::new("node")
            .args(["--input-type=module", "--eval", include_str!("oracle.js")])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("node, which .ci/setup asks for");
        let ask = node.stdin.take().expect("piped");
        let answers = BufReader::new(node.stdout.take().expect("piped"));
        Self(Mutex::new(Pipes { node, ask, answers }))
    }

    /// One question and its answer.
    pub(crate) fn ask(&self, question: &str, parts: &[&[u8]]) -> Text {
        let mut pipes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let parts: Vec<_> = parts.iter().map(|part| hex(part)).collect();
        writeln!(pipes.ask, "{question} {}", parts.join(" ")).expect("node listens");
        let mut line = String::new();
        pipes.answers.read_line(&mut line).expect("node answers");
        unhex(line.trim_end())
    }
}

impl Drop for Pipes {
    fn drop(&mut self) {
        let _ = self.node.kill();
        let _ = self.node.wait();
    }
}

/// Whether an error is the same in both, but for what only newer versions of Node say.
pub(crate) fn same(ours: &Text, node: &Text) -> bool {
    let (words, said) = (ours.lossy(), node.lossy());
    match words.split_once(" (line ") {
        Some((short, _)) if !said.contains(" (line ") => {
            short == said || short.starts_with("SyntaxError: Expected ':' after")
        }
        _ => ours == node,
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn unhex(digits: &str) -> Text {
    let mut text = Text::default();
    for unit in digits.as_bytes().chunks(4) {
        let unit = std::str::from_utf8(unit).expect("hexadecimal");
        let swapped = u16::from_str_radix(unit, 16).expect("four digits");
        text.push_unit(swapped.swap_bytes());
    }
    text
}
