//! The golden traces are what the real gateway answers, and `overgrow replay` notices when they are not.

use std::path::Path;
use std::process::{Command, Output};

use anyhow::{Context, Result, ensure};
use overgrow_tests::kit;
use overgrow_tests::legacy::OpenClaw;
use overgrow_tests::sidecar;
use serde_json::Value;

#[tokio::test]
async fn the_gateway_answers_as_the_traces_say() -> Result<()> {
    let gateway = OpenClaw::start().await?;
    for trace in ["openclaw-http.har", "openclaw-ws.har"] {
        let output = replay(&gateway, &kit::tree("golden").join(trace), &[]).await?;
        ensure!(
            output.status.code() == Some(0),
            "{trace}:\n{}",
            said(&output)
        );
    }
    Ok(())
}

#[tokio::test]
async fn a_planted_difference_is_found_and_named() -> Result<()> {
    let gateway = OpenClaw::start().await?;
    let folder = tempfile::tempdir()?;
    for (trace, recorded, planted, finding) in PLANTED {
        let text = std::fs::read_to_string(kit::tree("golden").join(trace))?;
        ensure!(text.contains(recorded), "{trace} no longer has {recorded}");
        let copy = folder.path().join(trace);
        std::fs::write(&copy, text.replacen(recorded, planted, 1))?;
        let output = replay(&gateway, &copy, &["--json"]).await?;
        ensure!(output.status.code() == Some(1), "{}", said(&output));
        assert_eq!(open(&output)?, [finding.to_owned()]);
    }
    Ok(())
}

/// The findings that no rule covers.
fn open(output: &Output) -> Result<Vec<String>> {
    let report: Value = serde_json::from_slice(&output.stdout)?;
    let all = report["differences"].as_array().into_iter().flatten();
    let open = all.filter(|difference| difference["standing"] == "open");
    Ok(open.map(summary).collect())
}

/// A trace, a recorded value, what is put in its place, and what has to be found.
const PLANTED: [(&str, &str, &str, &str); 4] = [
    (
        "openclaw-http.har",
        r#"\"mode\":\"now\""#,
        r#"\"mode\":\"later\""#,
        "hooks.auth.x-openclaw-token json:/mode value later now",
    ),
    (
        "openclaw-http.har",
        r#""status": 405"#,
        r#""status": 404"#,
        "hooks.auth.get-token status status 404 405",
    ),
    (
        "openclaw-http.har",
        r#""value": "POST""#,
        r#""value": "PUT""#,
        "hooks.auth.get-token header:allow header PUT POST",
    ),
    (
        "openclaw-ws.har",
        r#"\"code\":\"NOT_PAIRED\""#,
        r#"\"code\":\"PAIRED\""#,
        "auth.none json:/error/code value PAIRED NOT_PAIRED",
    ),
];

fn summary(difference: &Value) -> String {
    let text = |key: &str| match &difference[key] {
        Value::String(text) => text.trim_matches('"').to_owned(),
        other => other.to_string(),
    };
    ["name", "place", "kind", "recorded", "got"]
        .map(text)
        .join(" ")
}

async fn replay(gateway: &OpenClaw, trace: &Path, more: &[&str]) -> Result<Output> {
    let mut command = Command::new(sidecar::binary()?);
    let against = format!("http://{}", gateway.address());
    command
        .arg("replay")
        .arg(trace)
        .args(["--against", &against]);
    command.arg("--rules").arg(kit::tree("golden/rules.toml"));
    command.args(["--host", "recorded"]).args(more);
    // Broadcasts: of other clients, of runs that earlier entries have begun, of a clock, of what an answer has changed.
    for event in [
        "agent",
        "chat",
        "health",
        "presence",
        "tick",
        "voicewake.changed",
    ] {
        command.arg("--without").arg(format!("event={event}"));
    }
    // The gateway's output is read by this process meanwhile.
    let running = tokio::task::spawn_blocking(move || command.output());
    running.await?.context("overgrow replay")
}

fn said(output: &Output) -> String {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    format!("{}{}", text(&output.stdout), text(&output.stderr))
}
