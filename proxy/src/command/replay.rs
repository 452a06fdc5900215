//! `overgrow replay`: puts a golden trace to a service, shows what differs.

mod report;

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use overgrow_parity::trace::{Entry, Trace};

use self::report::{Judged, Report};
use super::{NO, check, style};
use crate::replay::{Chatter, Host, Mark, Replay, Rulebook, Target};
use crate::sidecar::Builder;

/// Whoever waits longer than that wants to see how far it is.
const SILENT: Duration = Duration::from_secs(1);

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
    /// Leave out WebSocket messages that come by chance: JSON that has this at the top; may be given several times
    #[arg(long, value_name = "KEY=VALUE")]
    without: Vec<Mark>,
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
    Ok(Rulebook::of_config(&config))
}

fn replayed(rules: Rulebook, args: &ReplayArgs) -> Result<Report, String> {
    let file = args.trace.display();
    let text =
        std::fs::read(&args.trace).map_err(|error| format!("cannot read {file}: {error}"))?;
    let trace = Trace::parse(&text)
        .map_err(|error| format!("{file} is no trace: {}", style::with_causes(&error)))?;
    let target = Target::new(&args.against, host(args.host.as_deref()))
        .map_err(|error| format!("--against {}: {error}", args.against))?;
    let chatter = Chatter::new(args.without.clone());
    let replay = Replay::new(target, rules, args.timeout).without(chatter);
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
