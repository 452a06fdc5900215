//! Reloads while clients ask without a pause.

use crate::sides::{Sides, rename_over, side, until_side};
use anyhow::Result;
use overgrow_tests::ask::{Ask, Client, get};
use overgrow_tests::load::{Load, Record};
use overgrow_tests::sidecar::Sidecar;
use std::fs::File;
use std::io::Write;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

fn described() -> Ask {
    get("/").header("x-overgrow-debug", "1")
}

/// Between two edits, when the first answer of the new side has been seen and when the next edit begins.
struct Settled {
    side: &'static str,
    from: Instant,
    to: Instant,
}

#[tokio::test]
async fn flips_and_rollbacks_under_load_lose_no_request() -> Result<()> {
    const EDITS: usize = 50;
    let sides = Sides::start().await?;
    let sidecar = Sidecar::start(&sides.before()).await?;
    let load = Load::start(8, sidecar.addr(), &described());
    let mut editor = Client::new(sidecar.addr());
    let (mut settled, mut waits) = (Vec::<Settled>::new(), Vec::new());
    for edit in 0..EDITS {
        let (text, side) = match edit % 2 {
            0 => (sides.after(), "rust"),
            _ => (sides.before(), "legacy"),
        };
        let edited = Instant::now();
        if let Some(last) = settled.last_mut() {
            last.to = edited;
        }
        rename_over(&sidecar.routes(), &text)?;
        let from = first_answer_of(side, &mut editor).await?;
        waits.push(from - edited);
        settled.push(Settled {
            side,
            from,
            to: from,
        });
    }
    let record = load.stop().await?;
    judge(&record, &settled);
    report(waits, record.shots.len());
    Ok(())
}

async fn first_answer_of(wanted: &str, client: &mut Client) -> Result<Instant> {
    let start = Instant::now();
    loop {
        if side(&client.ask(&described()).await?) == wanted {
            return Ok(Instant::now());
        }
        anyhow::ensure!(
            start.elapsed() < Duration::from_secs(10),
            "no answer of {wanted}"
        );
    }
}

fn judge(record: &Record, settled: &[Settled]) {
    assert_eq!(record.failures(), Vec::<String>::new());
    assert_eq!(record.reopened, 0, "a reload closed a connection");
    for shot in &record.shots {
        let Ok(answer) = &shot.answer else { continue };
        // The route's name tells the generation that decided, the answer tells who was asked.
        let one_generation = match answer.header("x-overgrow-route") {
            Some("old") => "legacy",
            _ => "rust",
        };
        assert_eq!(side(answer), one_generation, "{:?}", answer.lines());
        let at = settled.iter().find(|s| (s.from..s.to).contains(&shot.sent));
        let due = at.map_or(side(answer), |settled| settled.side);
        assert_eq!(side(answer), due, "asked after the edit was seen");
    }
}

fn report(mut waits: Vec<Duration>, requests: usize) {
    waits.sort();
    let p99 = waits[waits.len() * 99 / 100];
    println!(
        "edit to first answer of the new side, {} edits among {requests} requests: median {:?}, p99 {p99:?}",
        waits.len(),
        waits[waits.len() / 2],
    );
    assert!(p99 < Duration::from_secs(1), "{p99:?}");
}

#[tokio::test]
async fn a_neighbour_that_is_written_all_the_time_does_not_hold_up_a_reload() -> Result<()> {
    let sides = Sides::start().await?;
    let sidecar = Sidecar::start(&sides.before()).await?;
    let mut log = File::create(sidecar.routes().with_file_name("access.log"))?;
    let writing = tokio::spawn(async move {
        while log.write_all(b"line\n").is_ok() {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    });
    let mut waits = Vec::new();
    for (text, wanted) in [(sides.after(), "rust"), (sides.before(), "legacy")]
        .iter()
        .cycle()
        .take(6)
    {
        let edited = Instant::now();
        rename_over(&sidecar.routes(), text)?;
        until_side(sidecar.addr(), wanted).await?;
        waits.push(edited.elapsed());
    }
    writing.abort();
    waits.sort();
    println!("beside a busy log: {waits:?}");
    // Half a second is what the reloader grants a writer of routes.toml itself.
    assert!(
        waits[waits.len() / 2] < Duration::from_millis(400),
        "{waits:?}"
    );
    Ok(())
}

#[tokio::test]
async fn a_file_that_is_never_left_alone_is_still_taken_over() -> Result<()> {
    let sides = Sides::start().await?;
    let sidecar = Sidecar::start(&sides.before()).await?;
    let (file, text) = (sidecar.routes(), sides.text("ID", "100"));
    let editing = Arc::new(AtomicBool::new(true));
    let storm = std::thread::spawn({
        let editing = Arc::clone(&editing);
        move || -> Result<()> {
            let mut edits = 0;
            while editing.load(Ordering::Relaxed) {
                // Never the same text twice, and sooner than the reloader looks again.
                edits += 1;
                rename_over(&file, &text.replace("ID", &format!("edit.{edits}")))?;
                std::thread::sleep(Duration::from_millis(2));
            }
            Ok(())
        }
    });
    let taken = until_side(sidecar.addr(), "rust").await;
    editing.store(false, Ordering::Relaxed);
    storm.join().expect("the storm ends")?;
    taken
}
