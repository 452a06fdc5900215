//! The systemd template, as systemd reads it.

use super::{of_tree, satisfied};
use anyhow::Result;
use overgrow_tests::sidecar;
use std::process::Command;
use tempfile::TempDir;

/// In tenths; 12 is what it is. More would say that something was opened.
const EXPOSURE: &str = "--threshold=13";

/// The template as an instance, with the binary where it is on this machine: systemd looks whether it is there.
fn instance(template: &str) -> Result<(TempDir, std::path::PathBuf)> {
    let folder = tempfile::tempdir()?;
    let unit = folder.path().join("overgrow@a.service");
    let binary = sidecar::binary()?;
    let text = template.replace("/usr/local/bin/overgrow", &binary.display().to_string());
    std::fs::write(&unit, text)?;
    Ok((folder, unit))
}

fn template() -> Result<String> {
    Ok(std::fs::read_to_string(of_tree(
        "deploy/systemd/overgrow@.service",
    ))?)
}

#[test]
fn systemd_understands_every_line() -> Result<()> {
    let (_folder, unit) = instance(&template()?)?;
    let mut command = Command::new("systemd-analyze");
    let said = satisfied(command.args(["verify", "--man=no"]).arg(&unit))?;
    // Keys it does not know are warnings, and an exit code of 0.
    assert!(!said.contains("overgrow@a.service"), "{said}");
    Ok(())
}

#[test]
fn a_misspelt_line_would_be_noticed() -> Result<()> {
    let (_folder, unit) = instance(&template()?.replace("ProtectClock=", "ProtectClocks="))?;
    let mut command = Command::new("systemd-analyze");
    let output = command.args(["verify", "--man=no"]).arg(&unit).output()?;
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.contains("ProtectClocks"), "{said}");
    Ok(())
}

#[test]
fn it_is_locked_up() -> Result<()> {
    let (_folder, unit) = instance(&template()?)?;
    let mut command = Command::new("systemd-analyze");
    command.args(["security", "--offline=true", "--no-pager", EXPOSURE]);
    satisfied(command.arg(&unit)).map(drop)
}
