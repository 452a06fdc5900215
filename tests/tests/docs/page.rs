//! A page: what there is to type, and what it says comes out.
//!
//! A block of `sh` is typed; the block of `text` or `json` that follows it, with nothing but words between, is what came
//! out when the page was written. A block of ```` ```console ```` is shown and never typed.

use std::sync::LazyLock;

use anyhow::{Context, Result};
use overgrow_tests::kit;
use regex::{Captures, Regex};

/// What is typed, in order.
pub(crate) struct Page {
    /// The commands with what they are said to give.
    pub(crate) steps: Vec<Step>,
}

/// One block of commands.
pub(crate) struct Step {
    /// Where it begins, for people.
    pub(crate) line: usize,
    /// What is typed.
    pub(crate) commands: String,
    expected: Option<String>,
}

impl Page {
    /// Reads a page of the repository.
    pub(crate) fn read(path: &str) -> Result<Self> {
        let path = kit::tree("..").join(path);
        let text = std::fs::read_to_string(&path).with_context(|| path.display().to_string())?;
        Ok(Self::of(&text))
    }

    fn of(text: &str) -> Self {
        let mut steps: Vec<Step> = Vec::new();
        for (line, kind, block) in blocks(text) {
            match (kind, steps.last_mut()) {
                ("sh", _) => steps.push(Step {
                    line,
                    commands: block,
                    expected: None,
                }),
                ("text" | "json", Some(step)) if step.expected.is_none() => {
                    step.expected = Some(block);
                }
                _ => {}
            }
        }
        Self { steps }
    }
}

impl Step {
    /// Lines of the page that did not come, in their order. A `…` at the end of a line stands for its rest, and a line of it for
    /// any others.
    pub(crate) fn missing<'a>(&'a self, said: &str) -> Vec<&'a str> {
        let mut said = said.lines().map(plain);
        let expected = self.expected.as_deref().unwrap_or_default().lines();
        let wanted = expected.filter(|line| !line.trim().is_empty() && line.trim() != "…");
        wanted
            .filter(|line| {
                let (wanted, cut) = (plain(line), line.ends_with('…'));
                let wanted = wanted.trim_end_matches(['…', ' ']);
                !said.any(|came| came == wanted || (cut && came.starts_with(wanted)))
            })
            .collect()
    }
}

/// Numbers, times and ids are 0, and blanks are one blank: what differs between two runs. Numbers that may not differ are
/// letters.
fn plain(line: &str) -> String {
    static EXACT: LazyLock<Regex> = LazyLock::new(|| read("(exit |HTTP |rust *= *)([0-9]+)"));
    static PATTERNS: LazyLock<Vec<(Regex, &str)>> = LazyLock::new(|| {
        let patterns = [
            ("[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]+Z", "TIME"),
            ("[0-9a-f]{16,}…?", "ID"),
            ("█*░*", ""),
            ("[0-9][0-9,.]*", "0"),
            ("0 ?(µs|ms|s)", "0 s"),
            ("[ \t]+", " "),
        ];
        patterns.map(|(pattern, by)| (read(pattern), by)).into()
    });
    let line = EXACT.replace_all(line.trim(), |found: &Captures<'_>| {
        let number = found[2]
            .bytes()
            .map(|digit| char::from(digit - b'0' + b'A'));
        format!("{}{}", &found[1], number.collect::<String>())
    });
    PATTERNS
        .iter()
        .fold(line.into_owned(), |line, (pattern, by)| {
            pattern.replace_all(&line, *by).into_owned()
        })
}

fn read(pattern: &str) -> Regex {
    Regex::new(pattern).expect("a pattern")
}

/// Fenced blocks: the line each begins at, its language, its text.
fn blocks(text: &str) -> Vec<(usize, &str, String)> {
    let mut found = Vec::new();
    let mut open: Option<(usize, &str, String)> = None;
    for (index, line) in text.lines().enumerate() {
        match (&mut open, line.strip_prefix("```")) {
            (None, Some(kind)) => open = Some((index + 2, kind.trim(), String::new())),
            (Some(_), Some(_)) => found.extend(open.take()),
            (Some((_, _, block)), None) => {
                block.push_str(line);
                block.push('\n');
            }
            (None, None) => {}
        }
    }
    found
}

#[test]
fn a_page_is_read_as_people_read_it() {
    let text = "# A\n\n```sh\necho 12 ms\n```\n\nsays\n\n```text\n7 s\n```\n\n```toml\na = 1\n```\n\n```sh\ntrue\n```\n";
    let page = Page::of(text);
    let commands: Vec<&str> = page
        .steps
        .iter()
        .map(|step| step.commands.as_str())
        .collect();
    assert_eq!(commands, ["echo 12 ms\n", "true\n"]);
    assert_eq!(page.steps[0].line, 4);
    assert!(page.steps[0].missing("12 ms\n").is_empty());
    assert_eq!(page.steps[0].missing("twelve\n"), ["7 s"]);
    assert!(page.steps[1].missing("whatever").is_empty());
    assert_eq!(plain("exit 1, 7 ms"), plain("exit 1, 12 ms"));
    for (one, other) in [
        ("exit 0", "exit 1"),
        ("rust  = 25", "rust  = 100"),
        ("3 HTTP 200", "3 HTTP 502"),
    ] {
        assert_ne!(plain(one), plain(other));
    }
}
