//! `overgrow pilot --prometheus URL`: one pilot for many sidecars.
//!
//! A loop around a look: read the file, ask Prometheus, decide each route, put the moves where they belong. The surprise:
//! whatever goes wrong is told and looked at again after the interval. A pilot that ends because Prometheus is being
//! restarted would be missing when it is needed.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use tokio::time::MissedTickBehavior;

use super::put::{Moving, Put, PutArgs};
use crate::command::{BAD_CONFIGURATION, FileArg, NO, style};
use crate::config::Config;
use crate::edit::{EditError, Mark};
use crate::fleet::{self, FleetError, Prometheus, Sidecar, Sight, Stance, Standing, Verdict};
use crate::ledger;
use crate::route::{By, Dial};
use crate::sidecar::Builder;

/// Where a bearer token is looked for; an argument would be seen by everybody on the machine.
const TOKEN: &str = "OVERGROW_PROMETHEUS_TOKEN";

/// More often than that Prometheus has nothing new to say.
const LEAST: Duration = Duration::from_millis(100);

/// What a person asks for.
#[derive(Debug, clap::Args)]
pub(super) struct FleetArgs {
    /// The Prometheus that scrapes the sidecars; a bearer token is taken from OVERGROW_PROMETHEUS_TOKEN
    // Required, and still absent beside a command of its own: clap wants an option for that.
    #[arg(long, value_name = "URL", required = true)]
    prometheus: Option<String>,
    /// Which series are the fleet's
    #[arg(long, value_name = "LABELS", default_value = "job=\"overgrow\"")]
    selector: String,
    /// Sidecars there should be; with fewer nothing is promoted
    #[arg(long, value_name = "N", default_value_t = 1)]
    expect: usize,
    /// How old what a sidecar said may be; at least two scrapes
    #[arg(long, value_name = "TIME", default_value = "30s", value_parser = humantime::parse_duration)]
    fresh: Duration,
    /// Between two looks
    #[arg(long, value_name = "TIME", default_value = "5s", value_parser = humantime::parse_duration)]
    interval: Duration,
    /// Look once and end
    #[arg(long)]
    once: bool,
    #[command(flatten)]
    put: PutArgs,
    #[command(flatten)]
    file: FileArg,
}

/// Why a look came to nothing.
#[derive(Debug, thiserror::Error)]
enum Blind {
    #[error(transparent)]
    Fleet(#[from] FleetError),
    #[error(transparent)]
    Edit(#[from] EditError),
    #[error("cannot read {0}")]
    File(String, #[source] std::io::Error),
    #[error("{0} has faults; see `overgrow check`")]
    Faults(String),
    #[error("no route of {0} has `gate = {{ auto = \"fleet\" }}`; there is nothing to do")]
    Idle(String),
}

/// The pilot between two looks.
struct Pilot<'a> {
    args: &'a FleetArgs,
    builder: &'a Builder,
    prometheus: Prometheus,
    put: Put<'a>,
    /// What was said of each route last, so that it is said once.
    said: HashMap<String, String>,
    /// Where each dial was left, so that a hand which takes the note away is noticed.
    left: HashMap<String, Dial>,
}

pub(super) fn run(builder: &Builder, args: &FleetArgs) -> ExitCode {
    let token = std::env::var(TOKEN).ok();
    let prometheus = match Prometheus::at(
        args.prometheus.as_deref().unwrap_or_default(),
        token.as_deref(),
    ) {
        Ok(prometheus) => prometheus,
        Err(error) => {
            style::complain(&error.to_string());
            return ExitCode::from(2);
        }
    };
    let pilot = Pilot {
        args,
        builder,
        prometheus,
        put: Put::new(&args.put, &args.file.file),
        said: HashMap::new(),
        left: HashMap::new(),
    };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    match runtime {
        Ok(runtime) => runtime.block_on(pilot.fly()),
        Err(error) => {
            style::complain(&error.to_string());
            ExitCode::from(NO)
        }
    }
}

impl Pilot<'_> {
    /// Until the process is ended, or once.
    async fn fly(mut self) -> ExitCode {
        let mut ticks = tokio::time::interval(self.args.interval.max(LEAST));
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            ticks.tick().await;
            let looked = self.look().await;
            if let Err(blind) = &looked {
                self.tell("", style::with_causes(blind));
            }
            if self.args.once {
                return code(&looked);
            }
        }
    }

    async fn look(&mut self) -> Result<(), Blind> {
        let (source, config) = self.read()?;
        let standings = fleet::standings(&source, &config)?;
        if standings.is_empty() {
            return Err(Blind::Idle(self.name()));
        }
        let known = self.ask().await?;
        self.said.remove("");
        self.put.begin(&source);
        // A route that cannot be moved is no reason to leave the next one where it fails.
        let mut failed = None;
        for standing in standings {
            let sidecars = known.get(&standing.route);
            let decided = self.decide(&standing, sidecars.map_or(&[], Vec::as_slice));
            failed = failed.or(decided.err());
        }
        self.put.end()?;
        failed.map_or(Ok(()), |error| Err(error.into()))
    }

    fn read(&self) -> Result<(String, Config), Blind> {
        let source = std::fs::read_to_string(self.file());
        let source = source.map_err(|error| Blind::File(self.name(), error))?;
        let config = Config::parse(&source, &self.builder.handler_names());
        Ok((source, config.map_err(|_| Blind::Faults(self.name()))?))
    }

    async fn ask(&self) -> Result<BTreeMap<String, Vec<Sidecar>>, FleetError> {
        let query = fleet::query(&self.args.selector, self.args.fresh);
        let series = self.prometheus.ask(&query).await?;
        if series.is_empty() {
            return Err(FleetError::NoSeries {
                selector: self.args.selector.clone(),
                seconds: self.args.fresh.as_secs(),
            });
        }
        Ok(fleet::sidecars(&series))
    }

    fn decide(&mut self, standing: &Standing, sidecars: &[Sidecar]) -> Result<(), EditError> {
        let stance = self.stance(standing);
        let sight = Sight {
            dial: standing.dial,
            stance: &stance,
            sidecars,
            expect: self.args.expect,
        };
        match fleet::decide(&sight, &standing.gate) {
            Verdict::Hold(why) => {
                self.tell(&standing.route, format!("{} %  hold  {why}", standing.dial));
                Ok(())
            }
            Verdict::Move { to, why } => self.turn(standing, to, why),
        }
    }

    /// As the file says, unless a dial was moved while this process looked on and nothing in the file says by whom.
    fn stance(&mut self, standing: &Standing) -> Stance {
        let left = self.left.entry(standing.route.clone());
        let left = *left.or_insert(standing.dial);
        match &standing.stance {
            Stance::Free if left != standing.dial && !self.put.is_elsewhere() => {
                Stance::Paused(format!("set from {left} % to {} % by hand", standing.dial))
            }
            stance => stance.clone(),
        }
    }

    fn turn(&mut self, standing: &Standing, to: Dial, why: String) -> Result<(), EditError> {
        let from = standing.dial;
        let mark = Mark {
            why: why.clone(),
            ..Mark::of(By::Pilot, ledger::now())
        };
        let moving = Moving {
            route: &standing.route,
            dials: [from, to],
            mark: &mark,
        };
        self.put.put(&self.builder.handler_names(), &moving)?;
        self.left.insert(standing.route.clone(), to);
        let word = self.put.word();
        self.tell(
            &standing.route,
            format!("{from} % -> {to} %  {word}  {why}"),
        );
        Ok(())
    }

    /// To stderr, since stdout may be a file's text.
    fn tell(&mut self, route: &str, text: String) {
        if self.said.get(route) == Some(&text) {
            return;
        }
        if route.is_empty() {
            style::complain(&text);
        } else {
            eprintln!("{route}  {text}");
        }
        self.said.insert(route.to_owned(), text);
    }

    fn file(&self) -> &Path {
        &self.args.file.file
    }

    fn name(&self) -> String {
        self.file().display().to_string()
    }
}

fn code(looked: &Result<(), Blind>) -> ExitCode {
    match looked {
        Ok(()) => ExitCode::SUCCESS,
        Err(Blind::File(..) | Blind::Faults(_)) => ExitCode::from(BAD_CONFIGURATION),
        Err(_) => ExitCode::from(NO),
    }
}
