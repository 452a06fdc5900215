//! Whatever a shadow target does, clients get their answers, memory stays flat, and every request is accounted for.

use crate::front::{ROUTE, route, shadowed_by};
use anyhow::{Result, ensure};
use overgrow_tests::ask::get;
use overgrow_tests::hostile::{Conduct, Hostile};
use overgrow_tests::load::Load;
use overgrow_tests::origin::Origin;
use overgrow_tests::shadow::{OUTCOMES, ended, until_ended};
use overgrow_tests::sidecar::{Sidecar, routes_toml};
use std::time::Duration;

/// What a bad target may add to the sidecar's memory.
const FLAT: u64 = 20 << 20;

/// What becomes of some requests when there are more of them than the lane has time for, which here is the rule.
const BUSY: [&str; 2] = ["dropped", "timeout"];

/// Requests before memory is looked at, and after which it is looked at again.
const WARM: u64 = 500;
const ENOUGH: u64 = 3_000;

/// Runs clients against a sidecar whose shadow target is like that; some requests end in one of those ways, and none in
/// another that is not owed to the rush.
async fn leaves_clients_alone(conduct: Conduct, outcomes: &[&str]) -> Result<()> {
    let origin = Origin::start().await?;
    let target = Hostile::start(conduct).await?;
    let route = shadowed_by(target.address(), keys(conduct));
    let sidecar = Sidecar::start(&routes_toml(origin.address(), &route)).await?;
    check(sidecar, &target, conduct, outcomes).await
}

/// The same after the flip: the service answers, and it is the legacy that is like that.
async fn as_legacy_leaves_clients_alone(conduct: Conduct, outcomes: &[&str]) -> Result<()> {
    let origin = Origin::start().await?;
    let target = Hostile::start(conduct).await?;
    let handler = format!("http://{}", origin.address());
    let route = route(&handler, "true", "timeout = \"300ms\"");
    let sidecar = Sidecar::start(&routes_toml(target.address(), &route)).await?;
    check(sidecar, &target, conduct, outcomes).await
}

async fn check(
    sidecar: Sidecar,
    target: &Hostile,
    conduct: Conduct,
    outcomes: &[&str],
) -> Result<()> {
    let load = Load::start(4, sidecar.addr(), &get("/a"));
    until_ended(sidecar.admin(), ROUTE, WARM).await?;
    let before = sidecar.process().resident_bytes()?;
    until_ended(sidecar.admin(), ROUTE, ENOUGH).await?;
    let grown = sidecar.process().resident_bytes()?.saturating_sub(before);
    let record = load.stop().await?;
    let failures = record.failures();
    ensure!(failures.is_empty(), "{conduct:?}: {failures:?}");
    ensure!(record.reopened == 0, "{} reopened", record.reopened);
    // The origin counts the bytes of a request's body, and there were none.
    let right = |shot: &&overgrow_tests::load::Shot| {
        shot.answer.as_ref().is_ok_and(|answer| answer.body == b"0")
    };
    ensure!(record.shots.iter().filter(right).count() == record.shots.len());
    ensure!(grown < FLAT, "{conduct:?}: {grown} bytes more");
    let asked = record.shots.len() as u64;
    let scrape = until_ended(sidecar.admin(), ROUTE, asked).await?;
    let counts: Vec<_> = OUTCOMES
        .iter()
        .map(|outcome| (*outcome, ended(&scrape, ROUTE, outcome)))
        .filter(|(_, count)| *count > 0)
        .collect();
    println!(
        "{conduct:?}: {counts:?}, {} connections, {} KiB more",
        target.connections(),
        grown >> 10
    );
    let sum: u64 = counts.iter().map(|(_, count)| count).sum();
    ensure!(sum == asked, "{sum} ends of {asked} requests: {counts:?}");
    let strange: Vec<_> = counts
        .iter()
        .filter(|(outcome, _)| !outcomes.contains(outcome) && !BUSY.contains(outcome))
        .collect();
    ensure!(strange.is_empty(), "{conduct:?}: {counts:?}");
    let named = outcomes
        .iter()
        .any(|outcome| ended(&scrape, ROUTE, outcome) > 0);
    ensure!(named, "{conduct:?}: none of {outcomes:?} in {counts:?}");
    // A target that stays as it is must not keep the sidecar from ending.
    let status = tokio::time::timeout(Duration::from_secs(8), sidecar.stop()).await??;
    ensure!(status.success(), "{status}");
    Ok(())
}

/// A chunk is slow to read in a debug build: of those less is enough.
fn keys(conduct: Conduct) -> &'static str {
    match conduct {
        Conduct::Endless => "timeout = \"300ms\", response_body = \"64KiB\"",
        _ => "timeout = \"300ms\"",
    }
}

#[tokio::test]
async fn a_target_that_refuses() -> Result<()> {
    leaves_clients_alone(Conduct::Refuse, &["failed"]).await
}

#[tokio::test]
async fn a_target_that_hangs() -> Result<()> {
    leaves_clients_alone(Conduct::Hang, &["timeout"]).await
}

/// The sidecar says `compared` of a rust side that was reached and broke off: a client would have seen that.
#[tokio::test]
async fn a_target_that_closes_at_once() -> Result<()> {
    leaves_clients_alone(Conduct::CloseAtOnce, &["failed", "compared"]).await
}

#[tokio::test]
async fn a_target_that_resets_in_its_head() -> Result<()> {
    leaves_clients_alone(Conduct::ResetInHead, &["failed", "compared"]).await
}

#[tokio::test]
async fn a_target_that_resets_in_its_body() -> Result<()> {
    leaves_clients_alone(Conduct::ResetInBody, &["failed", "compared"]).await
}

#[tokio::test]
async fn a_target_that_closes_in_its_head() -> Result<()> {
    leaves_clients_alone(Conduct::HalfAHead, &["failed", "compared"]).await
}

#[tokio::test]
async fn a_target_that_hangs_in_its_head() -> Result<()> {
    leaves_clients_alone(Conduct::HangInHead, &["timeout"]).await
}

#[tokio::test]
async fn a_target_that_does_not_speak_http() -> Result<()> {
    leaves_clients_alone(Conduct::Garbage, &["failed", "compared"]).await
}

#[tokio::test]
async fn a_target_that_answers_ten_gibibytes() -> Result<()> {
    leaves_clients_alone(Conduct::TenGibibytes, &["oversize"]).await
}

#[tokio::test]
async fn a_target_that_answers_without_an_end() -> Result<()> {
    leaves_clients_alone(Conduct::Endless, &["oversize"]).await
}

#[tokio::test]
async fn a_target_that_drips() -> Result<()> {
    leaves_clients_alone(Conduct::Drip, &["timeout"]).await
}

#[tokio::test]
async fn a_target_that_says_less_than_it_announced() -> Result<()> {
    leaves_clients_alone(Conduct::TooShort, &["failed", "compared"]).await
}

#[tokio::test]
async fn a_target_that_says_more_than_it_announced() -> Result<()> {
    leaves_clients_alone(Conduct::TooLong, &["failed", "compared"]).await
}

#[tokio::test]
async fn a_target_that_closes_behind_its_answer() -> Result<()> {
    leaves_clients_alone(Conduct::CloseBehind, &["compared"]).await
}

#[tokio::test]
async fn a_legacy_that_is_gone() -> Result<()> {
    as_legacy_leaves_clients_alone(Conduct::Refuse, &["failed"]).await
}

#[tokio::test]
async fn a_legacy_that_hangs() -> Result<()> {
    as_legacy_leaves_clients_alone(Conduct::Hang, &["timeout"]).await
}

#[tokio::test]
async fn a_legacy_that_resets() -> Result<()> {
    as_legacy_leaves_clients_alone(Conduct::ResetInHead, &["failed"]).await
}
