//! One pilot for three sidecars, through a real Prometheus: what none of them knows alone moves the one file.

mod stage;

use anyhow::{Context, Result, ensure};
use overgrow_tests::sidecar::binary;
use stage::{Fleet, Native};
use std::process::Command;

#[tokio::test]
async fn three_good_sidecars_promote_together() -> Result<()> {
    let fleet = Fleet::start(0, [Native::Good; 3]).await?;
    fleet.traffic(120).await?;
    let pilot = fleet.pilot(&[])?;
    let line = fleet.dial_is("rust = 5 ").await?;
    ensure!(
        line.contains("# pilot ") && line.contains(" 0 -> 5: 3 sidecars: "),
        "{line}"
    );
    ensure!(line.contains("mismatch bound"), "{line}");
    // The sidecars have not taken the file yet, so nobody has held 5 % for a moment.
    stage::says(&pilot, "has not taken the file's 5 %").await
}

#[tokio::test]
async fn one_failing_sidecar_takes_all_of_them_back() -> Result<()> {
    let fleet = Fleet::start(50, [Native::Good, Native::Good, Native::Failing]).await?;
    fleet.traffic(120).await?;
    let _pilot = fleet.pilot(&[])?;
    let line = fleet.dial_is("rust = 0 ").await?;
    ensure!(
        line.contains("# pilot ") && line.contains(" 50 -> 0: 3 sidecars: "),
        "{line}"
    );
    ensure!(
        line.contains("server errors in a row that the legacy did not give"),
        "{line}"
    );
    Ok(())
}

#[tokio::test]
async fn a_dial_that_a_person_turned_is_left_alone() -> Result<()> {
    let fleet = Fleet::start(50, [Native::Failing; 3]).await?;
    fleet.traffic(20).await?;
    let before = fleet.edit(|text| {
        text.replace(
            "rust = 50",
            "rust = 50  # page 2026-11-20T18:00:00Z 5 -> 50",
        )
    })?;
    let pilot = fleet.pilot(&[])?;
    stage::says(&pilot, "paused: set to 50 % by page").await?;
    assert_eq!(fleet.text()?, before);
    Ok(())
}

#[tokio::test]
async fn a_missing_sidecar_holds() -> Result<()> {
    let fleet = Fleet::start(0, [Native::Good; 3]).await?;
    fleet.traffic(120).await?;
    let pilot = fleet.pilot(&["--expect", "4"])?;
    stage::says(&pilot, "3 of 4 sidecars were heard of").await?;
    ensure!(fleet.text()?.contains("rust = 0\n"), "it moved");
    Ok(())
}

#[tokio::test]
async fn the_edit_can_be_printed_for_a_config_map() -> Result<()> {
    let fleet = Fleet::start(50, [Native::Failing; 3]).await?;
    fleet.traffic(20).await?;
    let before = fleet.text()?;
    let pilot = fleet.pilot(&["--print", "patch"])?;
    let patch = stage::line(&pilot, |line| {
        line.starts_with('{').then(|| line.to_owned())
    })
    .await?;
    let patch: serde_json::Value = serde_json::from_str(&patch)?;
    let text = patch["data"]["routes.toml"].as_str().context("no file")?;
    ensure!(text.contains("rust = 0  # pilot "), "{text}");
    assert_eq!(fleet.text()?, before);
    Ok(())
}

#[test]
fn what_cannot_be_asked_is_said() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("routes.toml");
    std::fs::write(
        &file,
        stage::routes("http://127.0.0.1:1", "http://127.0.0.1:1", 0),
    )?;
    let run = |url: &str| -> Result<(Option<i32>, String)> {
        let mut command = Command::new(binary()?);
        command
            .args(["pilot", "--once", "--prometheus", url, "-c"])
            .arg(&file);
        let output = command.output()?;
        Ok((output.status.code(), String::from_utf8(output.stderr)?))
    };
    let (code, said) = run("http://127.0.0.1:1")?;
    ensure!(
        code == Some(1) && said.contains("Prometheus does not answer at http://127.0.0.1:1"),
        "{said}"
    );
    let (code, said) = run("prometheus:9090")?;
    ensure!(
        code == Some(2) && said.contains("is not the address of a Prometheus"),
        "{said}"
    );
    std::fs::write(&file, "nonsense")?;
    ensure!(
        run("http://127.0.0.1:1")?.0 == Some(64),
        "a file with faults"
    );
    Ok(())
}
