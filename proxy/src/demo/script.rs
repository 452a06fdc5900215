//! What happens, in order: rust is proved, the dial goes up and comes back, then somebody makes a mistake.
//!
//! It edits routes.toml as `overgrow set` does and learns of the effect as a client does. The surprise: it blocks while
//! it edits, which holds up nobody, because only the script runs on this thread.

use std::time::{Duration, Instant};

use bytes::Bytes;
use http::Request;
use http_body_util::Full;
use serde_json::Value;
use tokio::time::{sleep, timeout};

use super::DemoError;
use super::line::Line;
use super::measure::{Measured, Sign};
use super::prove;
use super::report::Paper;
use super::stage::{Before, Stage};
use super::traffic::ROUTE;
use crate::edit::{self, EditError, Edited, Mark};
use crate::ledger;
use crate::reload;
use crate::route::{By, Dial, Side};

/// How long each position of the dial is measured.
pub(super) const MEASURED: Duration = Duration::from_secs(1);

/// Past it the sidecar has not followed the file, and the script gives up.
pub(super) const PATIENCE: Duration = Duration::from_secs(5);

/// Between two looks at the admin listener, which has no way to wait for a change.
const LOOK: Duration = Duration::from_millis(5);

/// What a typo makes of a dial.
const TYPO: &str = "rust    = 250";

/// A turn of the dial.
struct Turn {
    title: &'static str,
    percent: f64,
    sign: Sign,
}

const TURNS: [Turn; 3] = [
    Turn {
        title: "A quarter goes to rust",
        percent: 25.0,
        sign: Sign::First(Side::Rust),
    },
    Turn {
        title: "All of it goes to rust",
        percent: 100.0,
        sign: Sign::Last(Side::Legacy),
    },
    Turn {
        title: "Second thoughts: rollback",
        percent: 0.0,
        sign: Sign::First(Side::Legacy),
    },
];

/// Whether the sidecar runs what the file says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verdict {
    Accepted,
    Rejected,
}

/// Plays the script to the end.
pub(super) async fn play(stage: &Stage, paper: &Paper) -> Result<(), DemoError> {
    first_answer(stage).await?;
    match stage.legacy {
        Before::Embedded(_) => {
            paper.chapter("Every order is the legacy's");
            measure(stage, paper).await;
            prove::play(stage, paper).await?;
            for turn in &TURNS {
                paper.chapter(turn.title);
                play_turn(stage, paper, turn).await?;
            }
        }
        Before::Real(_) => {
            paper.chapter("GET / of the legacy, through the sidecar");
            measure(stage, paper).await;
        }
    }
    mistake(stage, paper).await
}

async fn first_answer(stage: &Stage) -> Result<(), DemoError> {
    let mut window = stage.traffic.window();
    let answered = window.wait_for(|window| !window.seen.is_empty());
    match timeout(PATIENCE, answered).await {
        Ok(_) => Ok(()),
        Err(_) => Err(late("first answer")),
    }
}

async fn play_turn(stage: &Stage, paper: &Paper, turn: &Turn) -> Result<(), DemoError> {
    let asked = Instant::now();
    let edited = turn_dial(stage, turn.percent)?;
    paper.edit(&edited);
    let after = sign(stage, turn.sign, asked).await?;
    paper.sign(turn.sign, after);
    measure(stage, paper).await;
    Ok(())
}

fn turn_dial(stage: &Stage, percent: f64) -> Result<Edited, EditError> {
    let dial = Dial::from_percent(percent).unwrap_or(Dial::OFF);
    let mark = Mark::of(By::Cli, ledger::now());
    reload::edit(&stage.file, &stage.handlers, |source| {
        edit::set_dial(source, ROUTE, dial, &mark)
    })
}

/// How long after the edit was asked for the clients saw what it did.
async fn sign(stage: &Stage, sign: Sign, edit: Instant) -> Result<Duration, DemoError> {
    let mut window = stage.traffic.window();
    let seen = window.wait_for(|window| sign.seen(window, edit).is_some());
    match timeout(PATIENCE, seen).await {
        Ok(Ok(window)) => sign.seen(&window, edit).ok_or_else(|| late("effect")),
        _ => Err(late("effect")),
    }
}

async fn measure(stage: &Stage, paper: &Paper) {
    let start = Instant::now();
    paper.measuring().await;
    let measured = Measured::since(&stage.traffic.window().borrow(), start);
    paper.measured(&measured);
}

/// A slip of the hand in an editor, and its repair.
async fn mistake(stage: &Stage, paper: &Paper) -> Result<(), DemoError> {
    let good = std::fs::read_to_string(&stage.file).map_err(DemoError::Stage)?;
    let bad = spoil(&good);

    paper.chapter("A slip of the hand changes nothing");
    let (after, config) = save(stage, paper, &good, &bad, Verdict::Rejected).await?;
    paper.rejected(after, config["error"].as_str().unwrap_or_default());
    measure(stage, paper).await;

    paper.chapter("Repaired");
    let (after, _) = save(stage, paper, &bad, &good, Verdict::Accepted).await?;
    paper.in_sync(after);
    Ok(())
}

/// The text with the first dial out of range.
fn spoil(source: &str) -> String {
    let mut hit = false;
    let mut spoilt = |line: &str| {
        let hits = !hit && line.starts_with("rust ");
        hit |= hits;
        if hits {
            TYPO.to_owned()
        } else {
            line.to_owned()
        }
    };
    let lines: Vec<String> = source.lines().map(&mut spoilt).collect();
    lines.join("\n") + "\n"
}

/// Writes the file as an editor does, asking nobody, and waits for the sidecar's opinion.
async fn save(
    stage: &Stage,
    paper: &Paper,
    before: &str,
    after: &str,
    wanted: Verdict,
) -> Result<(Duration, Value), DemoError> {
    let saved = Instant::now();
    std::fs::write(&stage.file, after).map_err(DemoError::Stage)?;
    paper.edit(&Edited {
        before: before.to_owned(),
        after: after.to_owned(),
    });
    let opinion = timeout(PATIENCE, verdict(stage, wanted)).await;
    let config = opinion.map_err(|_| late("word of the file on /api/config"))??;
    Ok((saved.elapsed(), config))
}

async fn verdict(stage: &Stage, wanted: Verdict) -> Result<Value, DemoError> {
    let in_sync = wanted == Verdict::Accepted;
    told(stage, "/api/config", |config| {
        config["synchronized"] == in_sync
    })
    .await
}

/// What the admin listener says at `path`, as soon as it is what is waited for.
pub(super) async fn told(
    stage: &Stage,
    path: &'static str,
    is_it: impl Fn(&Value) -> bool,
) -> Result<Value, DemoError> {
    let mut line = Line::to(stage.sidecar.admin());
    loop {
        let mut request = Request::new(Full::<Bytes>::default());
        *request.uri_mut() = http::Uri::from_static(path);
        let answer = line.ask(request).await.map_err(DemoError::Admin)?;
        let said: Value = serde_json::from_slice(answer.body())
            .map_err(|error| DemoError::Admin(error.into()))?;
        if is_it(&said) {
            return Ok(said);
        }
        sleep(LOOK).await;
    }
}

pub(super) fn late(what: &'static str) -> DemoError {
    DemoError::Late(PATIENCE.as_secs(), what)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_slip_hits_the_first_dial_only() {
        let good = "id = \"a\"\nrust    = 0\n\nrust    = true\n";
        assert_eq!(
            spoil(good),
            format!("id = \"a\"\n{TYPO}\n\nrust    = true\n")
        );
    }
}
