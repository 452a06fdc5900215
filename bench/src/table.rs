//! Tables in Markdown that are also aligned for a terminal.
//!
//! It must not know what a comparison is for. The surprise: the ratios are medians over rounds and not quotients of the medians beside
//! them, so the last digit may differ.

use crate::comparison::Comparison;
use crate::rounds::{Figure, Track};
use crate::verdict::{Verdict, judge};

/// What has to be known to read any table with the sidecar in it.
const FOOT: &str = "\nOne core for each contestant in its turn, one thread, keep-alive; nginx and haproxy without access log, \
    overgrow with -q and 1,000 routes, the catch-all last. Medians of the rounds; ratios are taken round by round.\n";

/// The whole report of one comparison.
pub fn report(comparison: &Comparison, tracks: &[Track], absent: &[String]) -> String {
    let peers = peers(comparison);
    let mut rows = vec![heading(comparison, &peers)];
    rows.extend(
        tracks
            .iter()
            .map(|track| row(comparison, track, tracks, &peers)),
    );
    let verdicts: Vec<_> = comparison
        .targets
        .iter()
        .map(|target| judge(target, tracks))
        .collect();
    section(comparison.name, comparison.about, &rows, &verdicts, absent) + FOOT
}

/// A heading, a table, the promises and who was missing.
pub fn section(
    name: &str,
    about: &str,
    rows: &[Vec<String>],
    verdicts: &[Verdict],
    absent: &[String],
) -> String {
    let mut text = format!("## {name}\n\n{about}.\n\n{}\n", markdown(rows));
    for verdict in verdicts {
        text.push_str(&line(verdict));
    }
    for absent in absent {
        text.push_str(&format!("- missing: {absent}\n"));
    }
    text
}

fn line(verdict: &Verdict) -> String {
    let Verdict {
        promise,
        measured,
        kept,
    } = verdict;
    match (measured, kept) {
        (None, _) => format!("- {promise}: not measured\n"),
        (Some(value), true) => format!("- {promise}: {value:.2}, **reached**\n"),
        (Some(value), false) => format!("- {promise}: {value:.2}, **missed**\n"),
    }
}

/// The peers worth a column: those that a target names, nginx and the origin itself, in the order of the turns.
fn peers(comparison: &Comparison) -> Vec<&'static str> {
    let mut columns = vec!["nginx", "direct"];
    columns.extend(
        comparison
            .targets
            .iter()
            .filter_map(|target| target.bound.peer()),
    );
    let contestants = comparison.contestants.iter().copied();
    contestants.filter(|name| columns.contains(name)).collect()
}

fn heading(comparison: &Comparison, peers: &[&str]) -> Vec<String> {
    let unit = comparison.load.unit();
    let mut cells: Vec<String> = ["contestant", "", "p50 µs", "p99 µs", "", "RSS MB", "errors"]
        .map(Into::into)
        .into();
    cells[1] = format!("{unit}/s");
    cells[4] = format!("CPU s/100k {unit}");
    if comparison.behind.has_second() {
        cells.push("shadowed".into());
    }
    if has_bridge(comparison) {
        cells.extend(["delivered", "coalesced", "rest in s"].map(Into::into));
    }
    for peer in peers {
        cells.push(if *peer == "direct" {
            "p50 − direct".into()
        } else {
            format!("CPU ÷ {peer}")
        });
    }
    cells
}

fn row(comparison: &Comparison, track: &Track, tracks: &[Track], peers: &[&str]) -> Vec<String> {
    let mut cells = vec![
        track.name.clone(),
        format!("{:.0}", track.median(Figure::Rate)),
        format!("{:.0}", track.median(Figure::P50)),
        format!("{:.0}", track.median(Figure::P99)),
        format!("{:.2}", track.median(Figure::Cpu)),
        format!("{:.1}", track.median(Figure::Resident) / 1e6),
        track.errors().to_string(),
    ];
    if comparison.behind.has_second() {
        cells.push(format!("{:.1} %", track.median(Figure::Asked) * 100.0));
    }
    if has_bridge(comparison) {
        cells.extend(bridge(track));
    }
    cells.extend(peers.iter().map(|peer| against(track, tracks, peer)));
    cells
}

fn has_bridge(comparison: &Comparison) -> bool {
    comparison.contestants.contains(&"overgrow-hooks")
}

fn bridge(track: &Track) -> [String; 3] {
    [
        format!("{:.1} %", track.median(Figure::Delivered) * 100.0),
        format!("{:.1} %", track.median(Figure::Coalesced) * 100.0),
        format!("{:.1}", track.median(Figure::Settled)),
    ]
}

fn against(track: &Track, tracks: &[Track], peer: &str) -> String {
    match tracks.iter().find(|track| track.name == peer) {
        None => "–".into(),
        Some(direct) if peer == "direct" => {
            format!("{:+.0}", track.difference(Figure::P50, direct))
        }
        Some(peer) => format!("{:.2}", track.ratio(Figure::Cpu, peer)),
    }
}

/// Rows of equal length, the first of them the heading; names to the left, numbers to the right.
fn markdown(rows: &[Vec<String>]) -> String {
    let columns = rows.first().map_or(0, Vec::len);
    let width = |column: usize| {
        rows.iter()
            .map(|row| row[column].chars().count())
            .max()
            .unwrap_or(0)
            .max(2)
    };
    let widths: Vec<usize> = (0..columns).map(width).collect();
    let mut lines: Vec<String> = rows.iter().map(|row| aligned(row, &widths)).collect();
    lines.insert(1.min(lines.len()), rule(&widths));
    lines.join("\n") + "\n"
}

fn aligned(row: &[String], widths: &[usize]) -> String {
    let cells = row.iter().zip(widths).enumerate();
    let cell = |(column, (text, width)): (usize, (&String, &usize))| match column {
        0 => format!("| {text:<width$} |"),
        _ => format!(" {text:>width$} |"),
    };
    cells.map(cell).collect()
}

fn rule(widths: &[usize]) -> String {
    let cell = |(column, width): (usize, &usize)| match column {
        0 => format!("|{:-<1$}|", "", width + 2),
        _ => format!("{:-<1$}:|", "", width + 1),
    };
    widths.iter().enumerate().map(cell).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_is_aligned() {
        let cells = |row: [&str; 2]| row.map(String::from).to_vec();
        let table = markdown(&[cells(["name", "µs"]), cells(["a", "1234"])]);
        assert_eq!(table, "| name |   µs |\n|------|-----:|\n| a    | 1234 |\n");
    }

    #[test]
    fn a_verdict_says_what_was_measured() {
        let verdict = Verdict {
            promise: "CPU ≤ 1.10 × bare".into(),
            measured: Some(1.0449),
            kept: true,
        };
        assert_eq!(line(&verdict), "- CPU ≤ 1.10 × bare: 1.04, **reached**\n");
    }
}
