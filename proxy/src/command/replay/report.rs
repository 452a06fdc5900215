//! What a replay found, for people and for machines.

use std::process::ExitCode;

use overgrow_parity::Standing;
use overgrow_parity::trace::Entry;
use serde_json::{Value, json};

use crate::command::NO;
use crate::command::columns::{Cell, Column, lines};
use crate::command::style::{self, Paint, Screen};
use crate::replay::Finding;

/// What became of all entries.
#[derive(Default)]
pub(super) struct Report {
    pub(super) entries: Vec<Judged>,
}

/// An entry and where its answer is another one.
pub(super) struct Judged {
    pub(super) entry: Entry,
    pub(super) findings: Vec<Finding>,
}

const COLUMNS: &[Column] = &[
    Column::Text("ENTRY"),
    Column::Text("METHOD"),
    Column::Elastic("TARGET"),
    Column::Text("PLACE"),
    Column::Text("KIND"),
    Column::Elastic("RECORDED"),
    Column::Elastic("GOT"),
];

impl Report {
    pub(super) fn code(&self) -> ExitCode {
        match self.differing() {
            0 => ExitCode::SUCCESS,
            _ => ExitCode::from(NO),
        }
    }

    pub(super) fn differing(&self) -> usize {
        self.entries
            .iter()
            .filter(|judged| judged.differs())
            .count()
    }

    /// Entries that differ only where a rule says so.
    fn excused(&self) -> usize {
        let excused = |judged: &&Judged| !judged.differs() && !judged.findings.is_empty();
        self.entries.iter().filter(excused).count()
    }

    pub(super) fn show(&self, json: bool) {
        if json {
            return style::say(format_args!("{:#}", self.json()));
        }
        let rows: Vec<_> = self.findings().filter(Found::is_open).map(row).collect();
        if !rows.is_empty() {
            let lines = lines(COLUMNS, &rows, &Screen::of_stdout());
            lines.iter().for_each(style::say);
            style::say("");
        }
        style::say(self.summary());
    }

    fn summary(&self) -> String {
        let entries = self.entries.len();
        let (differing, excused) = (self.differing(), self.excused());
        let noun = if entries == 1 { "entry" } else { "entries" };
        let mut text = format!("{entries} {noun}: {} equal", entries - differing - excused);
        if excused > 0 {
            text.push_str(&format!(", {excused} equal but for what the rules allow"));
        }
        text.push_str(&match differing {
            0 => ", none differs".to_owned(),
            1 => ", 1 differs".to_owned(),
            more => format!(", {more} differ"),
        });
        text
    }

    fn json(&self) -> Value {
        let differences: Vec<_> = self.findings().map(described).collect();
        json!({
            "entries": self.entries.len(),
            "differing": self.differing(),
            "excused": self.excused(),
            "differences": differences,
        })
    }

    fn findings(&self) -> impl Iterator<Item = Found<'_>> {
        let entries = self.entries.iter().enumerate();
        entries.flat_map(|(number, judged)| {
            judged.findings.iter().map(move |finding| Found {
                number,
                entry: &judged.entry,
                finding,
            })
        })
    }
}

impl Judged {
    fn differs(&self) -> bool {
        self.findings
            .iter()
            .any(|finding| finding.difference.standing == Standing::Open)
    }
}

/// A finding and where it is from.
struct Found<'a> {
    number: usize,
    entry: &'a Entry,
    finding: &'a Finding,
}

impl Found<'_> {
    fn is_open(&self) -> bool {
        self.finding.difference.standing == Standing::Open
    }

    fn name(&self) -> String {
        match self.entry.name.as_str() {
            "" => self.number.to_string(),
            name => format!("{} {name}", self.number),
        }
    }

    fn place(&self) -> String {
        let place = self.finding.difference.key.place.as_str();
        match self.finding.message {
            None => place.to_owned(),
            Some(at) => format!("message {at} {place}"),
        }
    }
}

fn row(found: Found<'_>) -> Vec<Cell> {
    let difference = &found.finding.difference;
    let value = |value: &Option<String>| Cell::new(value.as_deref().unwrap_or("-"));
    vec![
        Cell::new(found.name()),
        Cell::new(&found.entry.request.method),
        Cell::new(&found.entry.request.target),
        Cell::new(found.place()),
        Cell::painted(difference.key.kind.name(), Paint::Bad),
        value(&difference.legacy),
        value(&difference.rust),
    ]
}

fn described(found: Found<'_>) -> Value {
    let difference = &found.finding.difference;
    json!({
        "entry": found.number,
        "name": found.entry.name,
        "method": found.entry.request.method,
        "target": found.entry.request.target,
        "message": found.finding.message,
        "place": difference.key.place,
        "kind": difference.key.kind,
        "standing": standing(difference.standing),
        "recorded": difference.legacy,
        "got": difference.rust,
    })
}

fn standing(standing: Standing) -> &'static str {
    match standing {
        Standing::Open => "open",
        Standing::Expected => "expected",
        Standing::Ignored => "ignored",
    }
}
