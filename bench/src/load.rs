//! The loads, each one a program on the load's core that prints a summary.
//!
//! It must not know who answers. The surprise: `wrk` has no machine-readable output, so its report is read as text (see `wrk`).

use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use crate::error::{During, Error, Result};
use crate::latency::Summary;
use crate::stage::{Core, pinned};
use crate::wrk;

/// What is asked of a contestant.
#[derive(Clone, Copy, Debug)]
pub enum Load {
    /// As many requests as it answers.
    Http {
        /// Keep-alive connections.
        connections: usize,
        /// The path asked for.
        path: &'static str,
        /// A wrk script in `peers/`, when it is not a GET.
        script: Option<&'static str>,
    },
    /// WebSocket frames, each sent when the echo of the one before is back.
    Echo {
        /// Sockets.
        connections: usize,
        /// Bytes of payload.
        size: usize,
    },
    /// GETs by the clock.
    Paced {
        /// Requests per second.
        rate: usize,
        /// The path asked for.
        path: &'static str,
    },
}

impl Load {
    /// Runs the load once.
    pub fn run(&self, programs: &Path, target: SocketAddr, seconds: Duration) -> Result<Summary> {
        let words = self.words(programs, target, seconds);
        let output = pinned(Core::Load, &words).output().during(&words[0])?;
        let text = String::from_utf8_lossy(&output.stdout);
        let summary = match self {
            Self::Http { .. } => wrk::summary(&text),
            Self::Echo { .. } | Self::Paced { .. } => serde_json::from_str(&text).ok(),
        };
        summary.ok_or_else(|| Error::Output {
            program: words[0].clone(),
            output: format!("{text}{}", String::from_utf8_lossy(&output.stderr)),
        })
    }

    /// What one of its answers is called.
    pub fn unit(&self) -> &'static str {
        match self {
            Self::Http { .. } | Self::Paced { .. } => "req",
            Self::Echo { .. } => "msg",
        }
    }

    fn words(&self, programs: &Path, target: SocketAddr, seconds: Duration) -> Vec<String> {
        let own = |name: &str| programs.join(name).display().to_string();
        let seconds = seconds.as_secs_f64();
        match *self {
            Self::Http {
                connections,
                path,
                script,
            } => wrk::words(target, connections, path, script, seconds),
            Self::Echo { connections, size } => words(&[
                &own("wsload"),
                &"echo",
                &target,
                &"--connections",
                &connections,
                &"--size",
                &size,
                &"--seconds",
                &seconds,
            ]),
            Self::Paced { rate, path } => words(&[
                &own("paced"),
                &target,
                &"--path",
                &path,
                &"--rate",
                &rate,
                &"--seconds",
                &seconds,
            ]),
        }
    }
}

fn words(words: &[&dyn ToString]) -> Vec<String> {
    words.iter().map(|word| word.to_string()).collect()
}
