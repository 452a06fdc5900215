//! What is printed at the end, and kept beside the pictures.

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use anyhow::Result;

use crate::clients::{Hook, Seen};
use crate::stage::{Move, Stage, pictures};

/// The run, as it goes.
pub(crate) struct Report {
    began: Instant,
    marks: Vec<(Duration, String)>,
}

impl Report {
    /// The clock starts.
    pub(crate) fn begin() -> Self {
        Self {
            began: Instant::now(),
            marks: Vec::new(),
        }
    }

    /// Something happens now.
    pub(crate) fn mark(&mut self, what: &str) {
        self.marks.push((self.began.elapsed(), what.to_owned()));
    }

    /// Prints it, and writes it to `target/staging/report.txt`.
    pub(crate) async fn tell(&self, stage: &Stage, seen: &Seen, moves: &[Move]) -> Result<()> {
        let mut text = String::from("\nStaging run: the real gateway, pilot on\n\n");
        for (at, what) in &self.marks {
            writeln!(text, "  {:>7.2} s  {what}", at.as_secs_f64())?;
        }
        writeln!(text, "\nThe dial\n")?;
        for step in moves {
            let Move {
                at,
                by,
                from,
                to,
                why,
            } = step;
            writeln!(text, "  {at}  {by}  {from:>3} -> {to:<3}  {why}")?;
        }
        writeln!(text, "\n  routes.toml: {}", stage.line()?)?;
        writeln!(text, "\nClients\n")?;
        clients(&mut text, stage, seen)?;
        writeln!(text, "\nPrometheus\n")?;
        for (what, query) in QUERIES {
            let value = stage.prometheus().value(query).await?.unwrap_or_default();
            writeln!(text, "  {what:<44} {value}")?;
        }
        print!("{text}");
        std::fs::create_dir_all(pictures()?)?;
        Ok(std::fs::write(pictures()?.join("report.txt"), text)?)
    }
}

/// The same run in the words of Prometheus.
const QUERIES: [(&str, &str); 4] = [
    (
        "moves up",
        "sum(overgrow_pilot_moves_total{route=\"hooks\",direction=\"promote\"})",
    ),
    (
        "moves down",
        "sum(overgrow_pilot_moves_total{route=\"hooks\",direction=\"rollback\"})",
    ),
    (
        "highest dial, percent",
        "max_over_time(overgrow_route_rust_percent{route=\"hooks\"}[5m])",
    ),
    (
        "compared",
        "sum(overgrow_shadow_total{route=\"hooks\",outcome=\"compared\"})",
    ),
];

fn clients(text: &mut String, stage: &Stage, seen: &Seen) -> Result<()> {
    let (native, legacy): (Vec<&Hook>, Vec<&Hook>) =
        seen.hooks.iter().partition(|hook| hook.native);
    for (name, hooks) in [("legacy", legacy), ("native", native)] {
        let count = hooks.len();
        let [p50, p99] = [0.5, 0.99].map(|share| quantile(&hooks, share));
        writeln!(
            text,
            "  {count:>6} webhooks by {name}   p50 {p50:>6.2} ms   p99 {p99:>6.2} ms"
        )?;
    }
    let Seen { pages, sockets, .. } = seen;
    writeln!(
        text,
        "  {pages:>6} pages of the control UI\n  {sockets:>6} sockets greeted"
    )?;
    let (broken, served) = (seen.broken(), stage.defect().served());
    writeln!(
        text,
        "  {broken:>6} broken answers; the planted defect served {served}"
    )?;
    writeln!(text, "  {:>6} other failures", seen.failures().len())?;
    Ok(())
}

/// Milliseconds; 0 of nothing.
fn quantile(hooks: &[&Hook], share: f64) -> f64 {
    let mut took: Vec<Duration> = hooks.iter().map(|hook| hook.took).collect();
    took.sort_unstable();
    let last = took.len().saturating_sub(1);
    let at = took.get((share * last as f64).round() as usize);
    at.map_or(0.0, |took| took.as_secs_f64() * 1e3)
}
