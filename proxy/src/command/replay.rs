//! `overgrow replay`: puts a golden trace to a service, shows what differs.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use overgrow_parity::Standing;
use overgrow_parity::trace::{Entry, Trace};
use serde_json::{Value, json};

use super::columns::{Cell, Column, lines};
use super::style::Screen;
use super::{BAD_CONFIGURATION, NO, check, style};
use crate::replay::{Finding, Host, Replay, Rulebook, Target};
use crate::sidecar::Builder;

/// Whoever waits longer than that wants to see how far it is.
const SILENT: Duration = Duration::from_secs(1);

/// A target longer than that would push the values off the screen.
const TARGET: usize = 40;

/// What a person asks for.
#[derive(Debug, clap::Args)]
pub(super) struct ReplayArgs {
    /// The trace, a HAR file
    #[arg(value_name = "FILE.har")]
    trace: PathBuf,
    /// The service that is asked, such as http://127.0.0.1:8080
    #[arg(long, value_name = "URL")]
    against: String,
    /// A routes.toml whose parity rules hold for the routes' entries
    #[arg(long, value_name = "FILE")]
    rules: Option<PathBuf>,
    /// The Host to send: a name, or `recorded` for each entry's own; absent: the target's
    #[arg(long, value_name = "NAME")]
    host: Option<String>,
    /// How long an entry may take
    #[arg(long, value_name = "TIME", default_value = "10s", value_parser = humantime::parse_duration)]
    timeout: Duration,
    /// Answer as JSON
    #[arg(long)]
    json: bool,
}

pub(super) fn run(builder: &Builder, args: &ReplayArgs) -> ExitCode {
    let rules = match rules(builder, args.rules.as_deref()) {
        Ok(rules) => rules,
        Err(code) => return code,
    };
    match replayed(rules, args) {
        Ok(report) => {
            report.show(args.json);
            report.code()
        }
        Err(fault) => {
            style::complain(&fault);
            ExitCode::from(NO)
        }
    }
}

fn rules(builder: &Builder, file: Option<&Path>) -> Result<Rulebook, ExitCode> {
    let Some(file) = file else {
        return Ok(Rulebook::empty());
    };
    let config = check::read_or_complain(builder, file)?;
    Rulebook::of_config(&config).map_err(|fault| {
        style::complain(&format!("{}: {fault}", file.display()));
        ExitCode::from(BAD_CONFIGURATION)
    })
}

fn replayed(rules: Rulebook, args: &ReplayArgs) -> Result<Report, String> {
    let file = args.trace.display();
    let text =
        std::fs::read(&args.trace).map_err(|error| format!("cannot read {file}: {error}"))?;
    let trace = Trace::parse(&text)
        .map_err(|error| format!("{file} is no trace: {}", style::with_causes(&error)))?;
    let target = Target::new(&args.against, host(args.host.as_deref()))
        .map_err(|error| format!("--against {}: {error}", args.against))?;
    let replay = Replay::new(target, rules, args.timeout);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| error.to_string())?;
    runtime.block_on(all(replay, trace.entries))
}

fn host(named: Option<&str>) -> Host {
    match named {
        None => Host::Target,
        Some("recorded") => Host::Recorded,
        Some(name) => Host::Named(name.to_owned()),
    }
}

async fn all(mut replay: Replay, entries: Vec<Entry>) -> Result<Report, String> {
    let progress = Progress::begin(entries.len());
    let mut report = Report::default();
    for entry in entries {
        let findings = replay.entry(&entry).await;
        let findings = findings.map_err(|error| {
            let number = report.entries.len();
            format!("entry {number}: {}", style::with_causes(&error))
        })?;
        report.entries.push(Judged { entry, findings });
        progress.show(&report);
    }
    progress.end();
    Ok(report)
}

/// A bar on the terminal, for those who have waited a second.
struct Progress {
    bar: ProgressBar,
    began: Instant,
}

impl Progress {
    fn begin(entries: usize) -> Self {
        let bar = ProgressBar::with_draw_target(Some(entries as u64), ProgressDrawTarget::hidden());
        if let Ok(look) = ProgressStyle::with_template("{bar:30} {pos}/{len} {msg}") {
            bar.set_style(look);
        }
        Self {
            bar,
            began: Instant::now(),
        }
    }

    fn show(&self, report: &Report) {
        if self.bar.is_hidden() && self.began.elapsed() >= SILENT {
            self.bar.set_draw_target(ProgressDrawTarget::stderr());
        }
        self.bar.set_position(report.entries.len() as u64);
        self.bar
            .set_message(format!("{} differ", report.differing()));
    }

    fn end(self) {
        self.bar.finish_and_clear();
    }
}

/// What became of all entries.
#[derive(Default)]
struct Report {
    entries: Vec<Judged>,
}

struct Judged {
    entry: Entry,
    findings: Vec<Finding>,
}

impl Report {
    fn code(&self) -> ExitCode {
        match self.differing() {
            0 => ExitCode::SUCCESS,
            _ => ExitCode::from(NO),
        }
    }

    fn differing(&self) -> usize {
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

    fn show(&self, json: bool) {
        if json {
            return style::say(format_args!("{:#}", self.json()));
        }
        let rows: Vec<_> = self.findings().filter(is_open).map(row).collect();
        if !rows.is_empty() {
            for line in lines(&COLUMNS, &rows, &Screen::of_stdout()) {
                style::say(line);
            }
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

fn is_open(found: &Found<'_>) -> bool {
    found.finding.difference.standing == Standing::Open
}

impl Found<'_> {
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

const COLUMNS: [Column; 7] = [
    Column::Text("ENTRY"),
    Column::Text("METHOD"),
    Column::Elastic("TARGET"),
    Column::Elastic("PLACE"),
    Column::Text("KIND"),
    Column::Elastic("RECORDED"),
    Column::Elastic("GOT"),
];

fn row(found: Found<'_>) -> Vec<Cell> {
    let difference = &found.finding.difference;
    let value = |value: &Option<String>| value.clone().unwrap_or_else(|| "-".to_owned());
    [
        found.name(),
        found.entry.request.method.clone(),
        shortened(&found.entry.request.target),
        found.place(),
        difference.key.kind.to_string(),
        value(&difference.legacy),
        value(&difference.rust),
    ]
    .map(Cell::new)
    .to_vec()
}

fn shortened(target: &str) -> String {
    match target.char_indices().nth(TARGET) {
        None => target.to_owned(),
        Some((end, _)) => format!("{}…", &target[..end]),
    }
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
