//! A program that runs, and how it is ended: asked, and after five seconds killed, with all that it started.

use std::io;
use std::process::Stdio;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process_group};
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};
use tokio::runtime::Handle;
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::timeout;

use crate::bindings::overgrow::plugin::process::{Error, Output};
use crate::grant::ProcessGrant;
use crate::who::Who;

/// How long a program may take to end when it is asked to; the contract says so.
const GRACE: Duration = Duration::from_secs(5);

/// Bytes of one line.
const LINE: usize = 1024 * 1024;

/// A program that runs. Dropping it ends it.
#[derive(Debug)]
pub(super) struct Running {
    /// `None` when it was handed to whoever ends it.
    child: Option<Child>,
    stdin: Option<ChildStdin>,
    stdout: BufReader<ChildStdout>,
    /// The start of a line whose end did not come yet.
    begun: Vec<u8>,
    place: Option<OwnedSemaphorePermit>,
}

impl Running {
    /// Starts a program; `errors` is where its standard error goes.
    pub(super) fn start(
        who: &Who,
        grant: &ProcessGrant,
        args: &[String],
        errors: Stdio,
    ) -> Result<Self, Error> {
        let place = std::sync::Arc::clone(&who.programs).try_acquire_owned();
        let place = place.map_err(|_| {
            Error::Unavailable("as many programs of the plugin run as may".to_owned())
        })?;
        let mut child = command(grant, args)
            .stderr(errors)
            .spawn()
            .map_err(failed)?;
        let (stdin, stdout) = (child.stdin.take(), child.stdout.take());
        Ok(Self {
            stdin,
            stdout: BufReader::new(stdout.ok_or_else(ended)?),
            child: Some(child),
            begun: Vec::new(),
            place: Some(place),
        })
    }

    /// Gives it its input and takes its output, of `most` bytes each way, until it ends.
    pub(super) async fn finish(mut self, stdin: Vec<u8>, most: u64) -> Result<Output, Error> {
        let child = self.child.as_mut().ok_or_else(ended)?;
        let stderr = child.stderr.take().ok_or_else(ended)?;
        let input = self.stdin.take();
        let feed = async {
            if let Some(mut input) = input {
                // A program need not read its input.
                let _ = input.write_all(&stdin).await;
            }
            Ok(())
        };
        let (stdout, stderr, ()) =
            tokio::try_join!(whole(&mut self.stdout, most), whole(stderr, most), feed)?;
        let status = child.wait().await.map_err(failed)?;
        Ok(Output {
            // A program that was ended by a signal has no status; shells say 128 and the signal.
            status: status.code().unwrap_or_else(|| 128 + signal(status)),
            stdout,
            stderr,
        })
    }

    /// The next line without its end; `None` when it has ended. Nothing is lost when the future is dropped.
    pub(super) async fn line(&mut self) -> Result<Option<String>, Error> {
        loop {
            let piece = self.stdout.fill_buf().await.map_err(failed)?;
            let end = piece.iter().position(|byte| *byte == b'\n');
            let (taken, is_last) = (end.unwrap_or(piece.len()), piece.is_empty());
            self.begun.extend_from_slice(&piece[..taken]);
            self.stdout.consume(taken + usize::from(end.is_some()));
            if self.begun.len() > LINE {
                self.begun.clear();
                return Err(Error::TooLarge(LINE as u64));
            }
            if is_last && self.begun.is_empty() {
                return Ok(None);
            }
            if end.is_some() || is_last {
                return Ok(Some(text(std::mem::take(&mut self.begun))));
            }
        }
    }

    pub(super) async fn write(&mut self, data: &[u8]) -> Result<(), Error> {
        let input = self.stdin.as_mut().ok_or_else(ended)?;
        input.write_all(data).await.map_err(|_| ended())?;
        input.flush().await.map_err(|_| ended())
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let Some(mut child) = self.child.take() else {
            return;
        };
        if matches!(child.try_wait(), Ok(Some(_))) {
            return;
        }
        signal_group(&child, Signal::TERM);
        let place = self.place.take();
        if let Ok(runtime) = Handle::try_current() {
            runtime.spawn(end(child, place));
        }
        // Without a runtime it is killed at once, by being dropped.
    }
}

async fn end(mut child: Child, _place: Option<OwnedSemaphorePermit>) {
    if timeout(GRACE, child.wait()).await.is_err() {
        signal_group(&child, Signal::KILL);
        let _ = child.wait().await;
    }
}

/// What it started is of its group, unless it took care not to be.
fn signal_group(child: &Child, signal: Signal) {
    let id = child.id().and_then(|id| i32::try_from(id).ok());
    if let Some(group) = id.and_then(Pid::from_raw) {
        let _ = kill_process_group(group, signal);
    }
}

fn command(grant: &ProcessGrant, args: &[String]) -> Command {
    let mut command = Command::new(&grant.program);
    command
        .args(&grant.args)
        .args(args)
        .env_clear()
        .current_dir("/")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .process_group(0)
        .kill_on_drop(true);
    for name in &grant.env {
        if let Some(value) = std::env::var_os(name) {
            command.env(name, value);
        }
    }
    command
}

async fn whole(stream: impl AsyncRead + Unpin, most: u64) -> Result<Vec<u8>, Error> {
    let mut bytes = Vec::new();
    let mut limited = stream.take(most.saturating_add(1));
    limited.read_to_end(&mut bytes).await.map_err(failed)?;
    match bytes.len() as u64 > most {
        true => Err(Error::TooLarge(most)),
        false => Ok(bytes),
    }
}

fn text(mut line: Vec<u8>) -> String {
    if line.last() == Some(&b'\r') {
        line.pop();
    }
    String::from_utf8_lossy(&line).into_owned()
}

fn signal(status: std::process::ExitStatus) -> i32 {
    std::os::unix::process::ExitStatusExt::signal(&status).unwrap_or(0)
}

/// Without the program's path, which is the operator's.
fn failed(error: io::Error) -> Error {
    Error::Unavailable(format!("the program: {}", error.kind()))
}

pub(super) fn ended() -> Error {
    Error::Unavailable("the program has ended".to_owned())
}
