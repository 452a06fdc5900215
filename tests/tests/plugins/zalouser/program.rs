//! A double of the program `zca`: a shell script that notes its arguments and prints what the test laid out.
//!
//! The surprise: what it prints when it listens comes from a named pipe, so that a test says when a line comes and when the
//! program ends.

use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use anyhow::Result;
use tempfile::TempDir;

/// One line per call in `calls`, arguments between bars. `listen` copies the pipe; others print the file of their first words.
const SCRIPT: &str = r#"#!/bin/sh
here=$(dirname "$0")
all=
for word in "$@"; do all="$all|$word"; done
printf '%s\n' "${all#|}" >> "$here/calls"
if [ "$1" = --profile ]; then shift 2; fi
if [ "$1" = listen ]; then
  echo "INFO listening"
  exec cat "$here/lines"
fi
said="$here/$1-$2"
if [ -f "$said.fails" ]; then cat "$said.fails" >&2; exit 3; fi
if [ -f "$said" ]; then cat "$said"; else echo "Message ID: m-$(wc -l < "$here/calls" | tr -d ' ')"; fi
"#;

/// The program, in a folder of its own.
pub(crate) struct Program {
    folder: TempDir,
}

impl Program {
    pub(crate) fn write() -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let file = folder.path().join("zca");
        std::fs::write(&file, SCRIPT)?;
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o755))?;
        make_pipe(&folder.path().join("lines"))?;
        Ok(Self { folder })
    }

    pub(crate) fn file(&self) -> PathBuf {
        self.folder.path().join("zca")
    }

    /// What `zca WORD WORD` prints from now on.
    pub(crate) fn prints(&self, words: &str, text: &str) -> Result<()> {
        Ok(std::fs::write(self.folder.path().join(words), text)?)
    }

    /// It fails so from now on.
    pub(crate) fn fails(&self, words: &str, text: &str) -> Result<()> {
        Ok(std::fs::write(
            self.folder.path().join(format!("{words}.fails")),
            text,
        )?)
    }

    /// What it was called with so far.
    pub(crate) fn calls(&self) -> Vec<String> {
        let calls = std::fs::read_to_string(self.folder.path().join("calls"));
        calls
            .unwrap_or_default()
            .lines()
            .map(str::to_owned)
            .collect()
    }

    /// Has the listening program print lines, and then end.
    pub(crate) async fn prints_and_ends(&self, lines: &[&str]) -> Result<()> {
        let pipe = self.folder.path().join("lines");
        let text = lines
            .iter()
            .map(|line| format!("{line}\n"))
            .collect::<String>();
        // Opening waits for the program to read.
        tokio::task::spawn_blocking(move || -> Result<()> {
            let mut pipe = std::fs::OpenOptions::new().write(true).open(pipe)?;
            Ok(pipe.write_all(text.as_bytes())?)
        })
        .await?
    }
}

fn make_pipe(path: &Path) -> Result<()> {
    let made = std::process::Command::new("mkfifo").arg(path).status()?;
    anyhow::ensure!(made.success(), "mkfifo");
    Ok(())
}
