//! One shell for a whole page, in a folder of its own, with the program on the path.
//!
//! The surprise: the pages speak of ports 8080, 9901 and so on, as people do. Here each of them is another, free one, and a
//! `[server]` before each `[legacy]` says so to the sidecar, which has the two as defaults.

use std::net::{Ipv4Addr, TcpListener};
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use overgrow_tests::process::Process;
use overgrow_tests::sidecar::binary;
use tempfile::TempDir;

use crate::page::Page;

/// Ports that the pages name.
const PORTS: [&str; 5] = ["8080", "9901", "18789", "9000", "9090"];

/// A page takes some ten seconds; the rest is for a machine that compiles at the same time.
const PATIENCE: Duration = Duration::from_secs(150);

/// Ends what the page started in the background, and only that.
const PROLOGUE: &str = "trap 'kill $(jobs -p) 2>/dev/null' EXIT\n";

/// A folder to work in, and other ports.
pub(crate) struct Shell {
    folder: TempDir,
    ports: Vec<(&'static str, String)>,
}

impl Shell {
    /// Takes free ports.
    pub(crate) fn open() -> Result<Self> {
        let held: Vec<TcpListener> = PORTS
            .iter()
            .map(|_| TcpListener::bind((Ipv4Addr::LOCALHOST, 0)))
            .collect::<std::io::Result<_>>()?;
        let ports = held
            .iter()
            .map(|held| Ok(held.local_addr()?.port().to_string()));
        let ports: Vec<String> = ports.collect::<Result<_>>()?;
        Ok(Self {
            folder: tempfile::tempdir()?,
            ports: PORTS.into_iter().zip(ports).collect(),
        })
    }

    /// Types the whole page; gives what each step said, on both outputs. Fails when the shell does not come to its end.
    pub(crate) async fn run(&self, page: &Page) -> Result<Vec<String>> {
        let folder = self.folder.path();
        let script = folder.join(".script");
        std::fs::write(&script, self.script(page))?;
        let overgrow = binary()?;
        let beside = overgrow.parent().context("the program's folder")?;
        let path = std::env::var("PATH").unwrap_or_default();
        let process = Process::spawn(
            Command::new("bash")
                .arg(&script)
                .current_dir(folder)
                .env("HOME", folder)
                .env("PATH", format!("{}:{path}", beside.display()))
                .env("NO_COLOR", "1"),
        )?;
        process.ended(PATIENCE).await?;
        let said = (0..page.steps.len()).map(|number| said(folder, number));
        let said: Vec<String> = said.collect::<Result<_>>()?;
        Ok(said.iter().map(|said| self.as_written(said)).collect())
    }

    /// Each step writes to a file of its own. What a page's command answers with is for the page to say, so a status that
    /// is not 0 ends nothing.
    fn script(&self, page: &Page) -> String {
        let mut script = PROLOGUE.to_owned();
        for (number, step) in page.steps.iter().enumerate() {
            let commands = self.elsewhere(&step.commands);
            script.push_str(&format!("exec >\"$HOME/.said.{number}\" 2>&1\n{commands}"));
        }
        script
    }

    fn elsewhere(&self, text: &str) -> String {
        const SERVER: &str =
            "[server]\nlisten = \"127.0.0.1:8080\"\nadmin = \"127.0.0.1:9901\"\n\n[legacy]\n";
        let text = text.replace("[legacy]\n", SERVER);
        let ports = self.ports.iter();
        ports.fold(text, |text, (written, taken)| text.replace(written, taken))
    }

    fn as_written(&self, text: &str) -> String {
        let ports = self.ports.iter();
        ports.fold(text.to_owned(), |text, (written, taken)| {
            text.replace(taken, written)
        })
    }
}

fn said(folder: &Path, number: usize) -> Result<String> {
    let file = folder.join(format!(".said.{number}"));
    ensure!(
        file.exists(),
        "the shell did not come to step {}",
        number + 1
    );
    Ok(String::from_utf8_lossy(&std::fs::read(file)?).into_owned())
}
