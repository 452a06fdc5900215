//! sharp in a Node of its own, installed below `target/` when it is not there.

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use anyhow::{Context, Result, ensure};
use bytes::Bytes;
use serde_json::Value;
use tempfile::TempDir;

use crate::task::Task;

/// The legacy's version.
const SHARP: &str = "sharp@0.34.5";

pub(crate) struct Peer {
    node: Child,
    tell: ChildStdin,
    hear: BufReader<ChildStdout>,
    folder: TempDir,
}

impl Peer {
    /// `cores` is how many images it may work on at once.
    pub(crate) fn start(cores: usize) -> Result<Self> {
        let home = installed()?;
        std::fs::write(home.join("peer.mjs"), include_str!("../peer.mjs"))?;
        let mut node = Command::new("node")
            .arg(home.join("peer.mjs"))
            .env("UV_THREADPOOL_SIZE", cores.to_string())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .context("node")?;
        let tell = node.stdin.take().context("no stdin")?;
        let hear = BufReader::new(node.stdout.take().context("no stdout")?);
        let folder = tempfile::tempdir()?;
        Ok(Self {
            node,
            tell,
            hear,
            folder,
        })
    }

    /// Milliseconds for so many copies of the task at once, and what came out of one.
    pub(crate) fn perform(&mut self, task: &Task, copies: usize) -> Result<(f64, Bytes)> {
        let (input, output) = (
            self.folder.path().join("in"),
            self.folder.path().join("out"),
        );
        std::fs::write(&input, &task.input)?;
        let mut words = task.words();
        words["input"] = path(&input);
        words["output"] = path(&output);
        words["copies"] = copies.into();
        writeln!(self.tell, "{words}")?;
        let mut answer = String::new();
        self.hear.read_line(&mut answer)?;
        let answer: Value = serde_json::from_str(&answer).context("sharp failed")?;
        Ok((
            answer["ms"].as_f64().context("no time")?,
            std::fs::read(output)?.into(),
        ))
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        let _ = self.node.kill();
        let _ = self.node.wait();
    }
}

fn path(path: &Path) -> Value {
    path.to_string_lossy().into()
}

fn installed() -> Result<PathBuf> {
    let home = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/bench-images");
    if !home.join("node_modules/sharp").exists() {
        std::fs::create_dir_all(&home)?;
        let npm = Command::new("npm")
            .args(["install", "--silent", "--prefix"])
            .args([&home])
            .arg(SHARP)
            .status();
        ensure!(
            npm.context("npm")?.success(),
            "npm could not install {SHARP}"
        );
    }
    Ok(home)
}
