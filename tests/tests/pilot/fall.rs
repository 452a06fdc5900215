//! Down at once, when rust fails; and down until there is news.

use anyhow::Result;
use overgrow_tests::admin::scrape;

use crate::stage::{GATE, LONG, Mood, Seen, Stage, route};

/// Failed answers that clients may see at a hundred requests a second: two seconds' worth of the half that rust has.
const TOO_MANY: usize = 100;

async fn fall(stage: &Stage) -> Result<Seen> {
    let traffic = stage.traffic();
    traffic.more(120).await?;
    stage.native.turn(Mood::Broken);
    stage.until_moved("pilot", 0.0).await?;
    let seen = traffic.more(50).await?;
    eprintln!(
        "{} failed answers within {:?} at 100 requests a second",
        seen.failed,
        seen.failing_for()
    );
    assert!(seen.failed < TOO_MANY, "{seen:?}");
    // No client is sent to rust any more.
    assert_eq!(traffic.more(50).await?.failed, seen.failed);
    let why = stage.until_state("rolled-back").await?;
    assert!(why.contains("server errors in a row"), "{why}");
    assert!(stage.line()?.contains(" 50 -> 0: "), "{}", stage.line()?);
    Ok(seen)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_shadowed_route_that_fails_is_at_zero_within_two_seconds_of_traffic() -> Result<()> {
    let lines = format!("rust = 50\nfallback = false\nshadow = {{ sample = 100 }}\ngate = {LONG}");
    let stage = Stage::start(&route(&lines)).await?;
    let seen = fall(&stage).await?;
    assert!(seen.failed > 0);
    let scraped = scrape(stage.sidecar.admin()).await?;
    let labels = [("route", "prices"), ("direction", "rollback")];
    assert_eq!(scraped.sum("overgrow_pilot_moves_total", &labels), 1.0);
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_route_that_nobody_shadows_falls_as_fast() -> Result<()> {
    let lines = format!("rust = 50\nfallback = false\ngate = {LONG}");
    let stage = Stage::start(&route(&lines)).await?;
    let seen = fall(&stage).await?;
    assert!(seen.failed > 0);
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn failures_that_the_legacy_made_good_count_too() -> Result<()> {
    let lines = format!("rust = 50\nfallback = true\ngate = {LONG}");
    let stage = Stage::start(&route(&lines)).await?;
    let traffic = stage.traffic();
    traffic.more(120).await?;
    // Nobody listens there any more: a failure before the first byte.
    stage.native.stop();
    stage.until_moved("pilot", 0.0).await?;
    assert_eq!(traffic.seen().failed, 0);
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_route_that_fell_stays_down_until_it_is_resumed_and_begins_anew() -> Result<()> {
    let lines = format!("rust = 50\nfallback = false\nshadow = {{ sample = 100 }}\ngate = {GATE}");
    let stage = Stage::start(&route(&lines)).await?;
    stage.native.turn(Mood::Broken);
    let traffic = stage.traffic();
    stage.until_moved("pilot", 0.0).await?;
    stage.native.turn(Mood::Well);
    traffic.more(200).await?;
    assert_eq!(stage.stance().await?.0, "rolled-back");
    assert_eq!(stage.moves().await?[0], ("pilot".to_owned(), 0.0));

    stage.resume().await?;
    stage.until_moved("pilot", 5.0).await?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_both_sides_fail_at_takes_no_route_down() -> Result<()> {
    let lines = format!("rust = 50\nfallback = false\nshadow = {{ sample = 100 }}\ngate = {LONG}");
    let stage = Stage::start(&route(&lines)).await?;
    let traffic = stage.traffic();
    traffic.more(60).await?;
    stage.legacy.turn(Mood::Broken);
    // Until the first failure is seen, so that rust is never alone with one.
    traffic.more(20).await?;
    stage.native.turn(Mood::Broken);
    let failed = traffic.seen().failed;
    let seen = traffic.more(150).await?;
    assert!(seen.failed >= failed + 100, "{seen:?}");
    assert_eq!(stage.line()?, "rust = 50");
    assert_eq!(stage.stance().await?.0, "on");
    Ok(())
}
