//! The story as a person reads it, in 80 columns.
//!
//! It knows the words and nothing of how the numbers came about. The surprise: it prints as the story goes on, so that
//! what is on the screen when something breaks is what had happened.

use std::cell::Cell;
use std::fmt::Display;
use std::time::{Duration, Instant};

use serde_json::Value;

use super::ink::{Ink, Look, Paint, millis, say};
use super::measure::{Measured, Sign, Times};
use super::script::MEASURED;
use super::stage::{Before, Stage};
use super::traffic::{CLIENTS, Totals, Traffic};
use crate::edit::{Edited, Note};

/// Between two frames of what moves.
const FRAME: Duration = Duration::from_millis(100);

/// Where the story is written.
pub(super) struct Paper {
    ink: Ink,
    chapter: Cell<u32>,
}

impl Paper {
    pub(super) fn new(look: Look) -> Self {
        Self {
            ink: Ink::new(look),
            chapter: Cell::new(0),
        }
    }

    /// Who is on the stage.
    pub(super) fn opening(&self, stage: &Stage) {
        let title = self.ink.paint(Paint::Title, "overgrow demo");
        say(format_args!("{title}: routes.toml moves traffic\n"));
        let legacy = self.ink.paint(Paint::Legacy, "legacy");
        say(format_args!(
            "    {CLIENTS} clients, 500/s ──▶ sidecar ─┬─▶ {legacy}"
        ));
        say(format_args!(
            "{:34}└─▶ {}\n",
            "",
            self.ink.paint(Paint::Rust, "rust")
        ));
        let ready = millis(stage.sidecar.ready_after());
        self.line(
            "sidecar",
            format_args!("http://{}, ready after {ready}", stage.address()),
        );
        self.line("legacy", the_legacy(&stage.legacy));
        self.line(
            "rust",
            "handlers \"orders\" and \"prices\", in this process",
        );
        self.line(
            "page",
            format_args!("http://{}/ shows all of it, live", stage.sidecar.admin()),
        );
        self.line("file", stage.file.display());
    }

    /// A new part of the story.
    pub(super) fn chapter(&self, title: &str) {
        self.chapter.set(self.chapter.get() + 1);
        let number = format!("{:>2}", self.chapter.get());
        say(format_args!(
            "\n{}  {}",
            self.ink.paint(Paint::Label, &number),
            self.ink.paint(Paint::Title, title)
        ));
    }

    /// The line that was changed.
    pub(super) fn edit(&self, edited: &Edited) {
        let lines = || edited.before.lines().zip(edited.after.lines()).enumerate();
        let Some((at, (before, after))) = lines().find(|(_, (before, after))| before != after)
        else {
            return self.line("edit", "nothing to change");
        };
        // Who turned the dial is plain here, and the line is long enough.
        let (before, after) = (Note::cut(before), Note::cut(after));
        let gone = format!("{:<40}", format!("- {before}"));
        self.line(
            "edit",
            format_args!(
                "{} routes.toml:{}",
                self.ink.paint(Paint::Bad, &gone),
                at + 1
            ),
        );
        self.line("", self.ink.paint(Paint::Good, &format!("+ {after}")));
    }

    /// When an edit showed.
    pub(super) fn sign(&self, sign: Sign, after: Duration) {
        let (which, side) = match sign {
            Sign::First(side) => ("first", side.name()),
            Sign::Last(side) => ("last", side.name()),
        };
        let after = self.ink.paint(Paint::Title, &millis(after));
        self.line(
            "effect",
            format_args!("{which} order from {side} {after} after the edit"),
        );
    }

    /// What the next second was like.
    pub(super) fn measured(&self, measured: &Measured) {
        let share = measured.share();
        let (bar, watched) = (self.ink.bar(share), measured.watched());
        if watched > 0 {
            self.line(
                "share",
                format_args!("{bar}  {share:.1} % of {watched} to rust"),
            );
        }
        self.times("legacy", Paint::Legacy, &measured.legacy);
        self.times("rust", Paint::Rust, &measured.rust);
        self.line(
            "failed",
            self.failed(measured.failed as u64, measured.asked as u64),
        );
    }

    fn times(&self, side: &str, paint: Paint, times: &Times) {
        let (Some(p50), Some(p99)) = (times.within(50), times.within(99)) else {
            return;
        };
        let label = self.ink.paint(paint, &format!("{side:<8}"));
        say(format_args!(
            "    {label} p50 {:<10} p99 {}",
            millis(p50),
            millis(p99)
        ));
    }

    /// What the comparison of both sides came to.
    pub(super) fn parity(&self, parity: &Value) {
        let (compared, mismatched) = (&parity["compared"], &parity["mismatched"]);
        let differ = match mismatched.as_u64() {
            Some(0) => self.ink.paint(Paint::Good, "none"),
            _ => self.ink.paint(Paint::Bad, &mismatched.to_string()),
        };
        self.line(
            "compared",
            format_args!("{compared} answers, {differ} differ"),
        );
        for difference in parity["differences"].as_array().into_iter().flatten() {
            self.line("", difference_of(difference));
        }
        let bound = parity["bound"].as_f64().unwrap_or(1.0) * 100.0;
        self.line(
            "bound",
            format_args!("at most {bound:.2} % of all answers differ, 95 % sure"),
        );
        let state = parity["state"].as_str().unwrap_or_default();
        self.line("gate", self.ink.paint(Paint::Title, state));
    }

    /// The sidecar's opinion of a bad file.
    pub(super) fn rejected(&self, after: Duration, error: &str) {
        self.line(
            "verdict",
            format_args!(
                "rejected {} after the edit; /api/config says",
                millis(after)
            ),
        );
        say(format_args!(""));
        for line in error.lines() {
            say(format_args!("      {line}"));
        }
        say(format_args!(""));
    }

    /// The sidecar is content again.
    pub(super) fn in_sync(&self, after: Duration) {
        self.line(
            "verdict",
            format_args!("in sync again {} after the edit", millis(after)),
        );
    }

    /// The sum of it.
    pub(super) fn closing(&self, totals: &Totals, took: Duration) {
        let failed = self.failed(totals.failed, totals.asked);
        say(format_args!(
            "\n{} {failed} requests failed, in {:.1} s",
            self.ink.paint(Paint::Title, "Done:"),
            took.as_secs_f64()
        ));
        if let Some(why) = &totals.why {
            say(format_args!("    the first: {why}"));
        }
    }

    /// What a reader may do next.
    pub(super) fn things_to_try(&self, stage: &Stage) {
        let path = match stage.legacy {
            Before::Embedded(_) => "/orders/7",
            Before::Real(_) => "/overgrow-demo/orders/7",
        };
        say(format_args!(
            "\n{}",
            self.ink.paint(Paint::Title, "It stays up. Try:")
        ));
        say(format_args!(
            "  curl -i -H 'x-overgrow-debug: 1' http://{}{path}",
            stage.address()
        ));
        say(format_args!(
            "  overgrow set orders 50 -c {}",
            stage.file.display()
        ));
        say(format_args!("  open http://{}/", stage.sidecar.admin()));
        say("\nCtrl-C ends it.");
    }

    /// The last word after a signal.
    pub(super) fn farewell(&self, totals: &Totals) {
        let failed = self.failed(totals.failed, totals.asked);
        say(format_args!("\nEnded: {failed} requests failed"));
    }

    /// Lets the time of a measurement pass, with a bar where there is somebody to see it.
    pub(super) async fn measuring(&self) {
        let frames = MEASURED.as_millis() / FRAME.as_millis();
        let bar = self.ink.moving("    measuring {bar:40.dim}", frames as u64);
        let mut tick = tokio::time::interval(FRAME);
        // The first tick is at once.
        tick.tick().await;
        for _ in 0..frames {
            tick.tick().await;
            bar.inc(1);
        }
        bar.finish_and_clear();
    }

    /// Shows the traffic for ever: a person who turns the dial sees it move.
    pub(super) async fn watch(&self, traffic: &Traffic) {
        let bar = self.ink.moving("{spinner:.green} {msg}", 0);
        let mut tick = tokio::time::interval(FRAME);
        loop {
            tick.tick().await;
            let second_ago = Instant::now().checked_sub(Duration::from_secs(1));
            let start = second_ago.unwrap_or_else(Instant::now);
            let measured = Measured::since(&traffic.window().borrow(), start);
            let share = measured.share();
            let asked = measured.asked;
            let failed = traffic.totals().failed;
            bar.set_message(format!(
                "{asked}/s  {} {share:.1} % rust  {failed} failed",
                self.ink.bar(share)
            ));
            bar.tick();
        }
    }

    fn line(&self, label: &str, text: impl Display) {
        say(format_args!(
            "    {} {text}",
            self.ink.paint(Paint::Label, &format!("{label:<8}"))
        ));
    }

    fn failed(&self, failed: u64, asked: u64) -> String {
        let paint = if failed == 0 { Paint::Good } else { Paint::Bad };
        format!("{} of {asked}", self.ink.paint(paint, &failed.to_string()))
    }
}

fn difference_of(difference: &Value) -> String {
    let text = |key: &str| difference[key].as_str().unwrap_or("nothing").to_owned();
    format!(
        "{} {}, {} times: legacy {}, rust {}",
        text("place"),
        text("kind"),
        difference["count"],
        text("legacy"),
        text("rust")
    )
}

fn the_legacy(legacy: &Before) -> String {
    match legacy {
        Before::Embedded(_) => format!("{}, embedded: one hop more, else as quick", legacy.url()),
        Before::Real(url) => url.clone(),
    }
}
