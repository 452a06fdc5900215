//! `overgrow demo`, as somebody runs it who has nothing but the binary.

use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use overgrow_tests::process::Process;
use overgrow_tests::raw;
use overgrow_tests::sidecar;

/// The script takes eight seconds; the rest is for a machine that compiles at the same time.
const SCRIPT: Duration = Duration::from_secs(40);

fn demo(args: &[&str]) -> Result<Process> {
    Process::spawn(Command::new(sidecar::binary()?).arg("demo").args(args))
}

/// The lines of the chapter whose title begins so.
fn chapter(output: &str, title: &str) -> Result<Vec<String>> {
    let mut lines = output.lines().map(str::to_owned);
    lines
        .find(|line| line.contains(title))
        .context(title.to_owned())?;
    Ok(lines.take_while(|line| !is_title(line)).collect())
}

fn is_title(line: &str) -> bool {
    line.starts_with(" ")
        && line.trim_start().starts_with(|c: char| c.is_ascii_digit())
        && !line.contains('|')
}

fn share(lines: &[String]) -> Result<f64> {
    let line = lines.iter().find(|line| line.contains("share"));
    let percent = line.and_then(|line| line.split(" % ").next()?.split_whitespace().last());
    Ok(percent.context("no share")?.parse()?)
}

#[tokio::test]
async fn the_demo_goes_up_and_comes_back_without_a_failed_request() -> Result<()> {
    let demo = demo(&["--once"])?;
    let status = demo.ended(SCRIPT).await?;
    let output = demo.output();
    assert_eq!(status.code(), Some(0), "{output}");
    assert!(output.contains("Done: 0 of "), "{output}");

    assert_eq!(
        share(&chapter(&output, "Every order is the legacy's")?)?,
        0.0
    );
    let found = chapter(&output, "Rust is asked the same")?.join("\n");
    assert!(found.contains("json:/quantity type"), "{found}");
    assert!(found.contains("hold"), "{found}");
    let mended = chapter(&output, "The handler is mended")?.join("\n");
    assert!(mended.contains("none differ"), "{mended}");
    assert!(mended.contains("promote"), "{mended}");
    let quarter = share(&chapter(&output, "A quarter goes to rust")?)?;
    // Of some 400 draws: five standard deviations on either side.
    assert!((14.0..36.0).contains(&quarter), "{quarter}");
    assert_eq!(share(&chapter(&output, "All of it goes to rust")?)?, 100.0);
    assert_eq!(share(&chapter(&output, "Second thoughts")?)?, 0.0);
    let slip = chapter(&output, "A slip of the hand")?.join("\n");
    assert!(slip.contains("error: 250 is not a percentage"), "{slip}");
    assert!(
        chapter(&output, "Repaired")?
            .join("\n")
            .contains("in sync again")
    );
    Ok(())
}

#[tokio::test]
async fn the_demo_reads_well_in_80_columns_and_is_plain_in_a_pipe() -> Result<()> {
    let demo = demo(&["--once"])?;
    demo.ended(SCRIPT).await?;
    let output = demo.output();
    let wide: Vec<&str> = output
        .lines()
        .filter(|line| line.chars().count() > 80)
        .collect();
    assert!(wide.is_empty(), "{wide:#?}");
    assert!(!output.contains('\x1b'), "{output}");
    Ok(())
}

#[tokio::test]
async fn the_demo_stays_up_and_ends_with_ctrl_c() -> Result<()> {
    let demo = demo(&[])?;
    demo.line(SCRIPT, |line| line.contains("Ctrl-C ends it").then_some(()))
        .await?;
    let address = demo
        .line(SCRIPT, |line| {
            Some(
                line.split_once("curl")?
                    .1
                    .split_once("http://")?
                    .1
                    .to_owned(),
            )
        })
        .await?;
    let (address, path) = address.split_once('/').context("an URL")?;
    let request = format!("GET /{path} HTTP/1.1\r\nHost: x\r\nX-Overgrow-Debug: 1\r\n\r\n");
    let raw::Outcome::Answer(answer) = raw::exchange(address.parse()?, request.as_bytes()).await?
    else {
        anyhow::bail!("no answer");
    };
    assert_eq!(answer.header("x-overgrow-route"), Some("orders"));

    demo.signal(nix::sys::signal::Signal::SIGINT)?;
    let status = demo.ended(Duration::from_secs(10)).await?;
    ensure!(status.success(), "{status}: {}", demo.output());
    Ok(())
}
