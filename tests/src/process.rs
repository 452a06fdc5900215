//! A child process that cannot outlive its test, with everything it printed.
//!
//! It must not know what it runs. A child leads its own process group, so its children end with it: SIGTERM to the group on drop,
//! SIGKILL when it does not listen. The surprise: a test that is itself killed drops nothing, so beside every child sleeps a
//! watchdog, a shell that waits for the end of its own standard input (which the test's death closes) and then ends the group.

use anyhow::{Context, Result, anyhow};
use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;
use std::io::{BufRead, BufReader, Read};
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex, mpsc};
use std::time::Duration;
use tokio::sync::watch;

/// What a child may take to end after SIGTERM: the gateway takes one second, a drain under test up to five.
const GRACE: Duration = Duration::from_secs(10);

/// What is kept of a child's output: the end of it, enough to see why it failed.
const KEPT: usize = 256 * 1024;

const WATCHDOG: &str = r#"read -r _; kill -s TERM -- "-$1"; sleep 5; kill -s KILL -- "-$1""#;

/// A running child process; ended with all its children on drop, which also prints what the child printed.
pub struct Process {
    name: String,
    pid: Pid,
    output: watch::Receiver<String>,
    status: watch::Receiver<Option<ExitStatus>>,
    reaped: Mutex<mpsc::Receiver<()>>,
    watchdog: Child,
}

impl Process {
    /// Starts `command` with nothing on its standard input and both outputs collected.
    pub fn spawn(command: &mut Command) -> Result<Self> {
        let name = command.get_program().to_string_lossy().into_owned();
        command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut child = command
            .process_group(0)
            .spawn()
            .with_context(|| name.clone())?;
        let pid = Pid::from_raw(child.id().try_into()?);
        let watchdog = watch_over(pid)?;
        let output = collect(&mut child);
        let (status, reaped) = reap(child);
        Ok(Self {
            name,
            pid,
            output,
            status,
            reaped: Mutex::new(reaped),
            watchdog,
        })
    }

    /// The child's process id, which is also its group's.
    pub fn pid(&self) -> u32 {
        self.pid.as_raw().unsigned_abs()
    }

    /// Everything the child printed so far on both outputs, the last 256 KiB of it.
    pub fn output(&self) -> String {
        self.output.borrow().clone()
    }

    /// Waits until `find` sees what it looks for in one of the lines printed so far.
    /// Fails with the output when the child ends or `within` passes first.
    pub async fn line<T>(&self, within: Duration, find: impl Fn(&str) -> Option<T>) -> Result<T> {
        let mut output = self.output.clone();
        let search = |text: &str| {
            text.split_inclusive('\n')
                .filter(|l| l.ends_with('\n'))
                .find_map(|l| find(l.trim_end()))
        };
        let seen = tokio::time::timeout(within, output.wait_for(|text| search(text).is_some()));
        let text = match seen.await {
            Ok(Ok(text)) => text.clone(),
            Ok(Err(_)) => return Err(anyhow!("{} ended early:\n{}", self.name, self.output())),
            Err(_) => {
                return Err(anyhow!(
                    "{} is not ready after {within:?}:\n{}",
                    self.name,
                    self.output()
                ));
            }
        };
        search(&text).context("a line that was there a moment ago")
    }

    /// Sends `signal` to the child alone.
    pub fn signal(&self, signal: Signal) -> Result<()> {
        Ok(nix::sys::signal::kill(self.pid, signal)?)
    }

    /// Waits for the child to end by itself.
    pub async fn ended(&self, within: Duration) -> Result<ExitStatus> {
        let mut status = self.status.clone();
        let ended = tokio::time::timeout(within, status.wait_for(Option::is_some)).await;
        let ended = ended.with_context(|| {
            format!(
                "{} still runs after {within:?}:\n{}",
                self.name,
                self.output()
            )
        })?;
        ended?.context("a status that was there a moment ago")
    }

    /// SIGTERM to the child, then its exit status.
    pub async fn stop(&self) -> Result<ExitStatus> {
        self.signal(Signal::SIGTERM)?;
        self.ended(GRACE).await
    }

    /// Resident memory of the child in bytes, as the kernel counts it now.
    pub fn resident_bytes(&self) -> Result<u64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.pid))?;
        let kib = status
            .lines()
            .find_map(|line| line.strip_prefix("VmRSS:"))
            .and_then(|rest| rest.split_whitespace().next());
        Ok(kib.context("no VmRSS")?.parse::<u64>()? * 1024)
    }

    fn end_group(&self) {
        let Ok(reaped) = self.reaped.lock() else {
            return;
        };
        // An error from killpg means that the group is gone, which is what we want.
        if self.status.borrow().is_none() {
            let _ = killpg(self.pid, Signal::SIGTERM);
            let _ = reaped.recv_timeout(GRACE);
        }
        let _ = killpg(self.pid, Signal::SIGKILL);
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.end_group();
        let _ = self.watchdog.kill();
        let _ = self.watchdog.wait();
        // Test runners show this for failed tests only.
        eprintln!("--- output of {}\n{}", self.name, self.output());
    }
}

fn watch_over(group: Pid) -> Result<Child> {
    let mut shell = Command::new("sh");
    shell
        .args(["-c", WATCHDOG, "watchdog", &group.to_string()])
        .process_group(0);
    shell
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .context("sh")
}

fn collect(child: &mut Child) -> watch::Receiver<String> {
    let (sender, receiver) = watch::channel(String::new());
    let sender = Arc::new(sender);
    let outputs = [
        child.stdout.take().map(boxed),
        child.stderr.take().map(boxed),
    ];
    for output in outputs.into_iter().flatten() {
        let sender = sender.clone();
        std::thread::spawn(move || append_lines(output, &sender));
    }
    receiver
}

fn boxed(read: impl Read + Send + 'static) -> Box<dyn Read + Send> {
    Box::new(read)
}

fn append_lines(output: Box<dyn Read + Send>, sender: &watch::Sender<String>) {
    let mut reader = BufReader::new(output);
    let mut line = Vec::new();
    while reader.read_until(b'\n', &mut line).is_ok_and(|n| n > 0) {
        sender.send_modify(|text| {
            text.push_str(&String::from_utf8_lossy(&line));
            let surplus = text.len().saturating_sub(KEPT);
            let surplus = (surplus..=text.len())
                .find(|at| text.is_char_boundary(*at))
                .unwrap_or(0);
            text.drain(..surplus);
        });
        line.clear();
    }
}

fn reap(mut child: Child) -> (watch::Receiver<Option<ExitStatus>>, mpsc::Receiver<()>) {
    let (status, receiver) = watch::channel(None);
    let (done, reaped) = mpsc::channel();
    std::thread::spawn(move || {
        status.send_replace(child.wait().ok());
        let _ = done.send(());
    });
    (receiver, reaped)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(script: &str) -> Process {
        Process::spawn(Command::new("sh").args(["-c", script])).unwrap()
    }

    const SOON: Duration = Duration::from_secs(5);

    #[tokio::test]
    async fn line_is_found_in_the_output() {
        let process = shell("echo starting; echo port=17; exec sleep 60");
        let port = process
            .line(SOON, |line| line.strip_prefix("port=").map(str::to_owned))
            .await
            .unwrap();
        assert_eq!(port, "17");
    }

    #[tokio::test]
    async fn a_child_that_ends_early_is_an_error_with_its_output() {
        let process = shell("echo out of luck >&2; exit 3");
        let error = process
            .line(SOON, |line| (line == "ready").then_some(()))
            .await
            .unwrap_err();
        assert!(error.to_string().contains("out of luck"), "{error}");
        assert_eq!(process.ended(SOON).await.unwrap().code(), Some(3));
    }

    #[tokio::test]
    async fn drop_ends_the_children_of_the_child() {
        let process = shell("sleep 60 & echo started; wait");
        process
            .line(SOON, |line| (line == "started").then_some(()))
            .await
            .unwrap();
        let mut output = process.output.clone();
        drop(process);
        // The grandchild holds the output pipe; its end is the end of the last process of the group.
        let ended = tokio::time::timeout(SOON, output.wait_for(|_| false)).await;
        assert!(ended.unwrap().is_err(), "the grandchild still runs");
    }
}
