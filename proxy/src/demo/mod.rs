//! The whole loop in one process: a legacy, the sidecar, steady traffic, and a dial that goes up and comes back.
//!
//! It uses the sidecar as any program would: a builder, a routes.toml, edits of that file, the two addresses. It must
//! not know how a request is led or a file reloaded; what it reports, it has measured as a client. The surprise: the
//! embedded legacy is as fast as the handlers, so the times it shows differ by one hop and nothing else.

mod handlers;
mod ink;
mod legacy;
mod line;
mod measure;
mod prove;
mod report;
mod script;
mod stage;
mod traffic;

use std::io;

use tokio::signal::unix::{SignalKind, signal};

pub use self::ink::Look;

use self::report::Paper;
use self::stage::Stage;
use crate::edit::EditError;
use crate::sidecar::StartError;

/// A demonstration, ready to run.
#[derive(Debug, Clone)]
pub struct Demo {
    /// A real legacy to stand in front of; absent, a small one comes along.
    pub legacy: Option<String>,
    /// What happens after the script.
    pub then: Then,
    /// How the story is told on standard output.
    pub look: Look,
}

/// What happens after the script.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Then {
    /// The demonstration ends.
    End,
    /// It stays up for looking around, until a signal ends it.
    Stay,
}

/// How a demonstration ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Outcome {
    /// Requests that got no answer, or one of the 5xx kind.
    pub failed: u64,
}

/// Why a demonstration broke off.
#[derive(Debug, thiserror::Error)]
pub enum DemoError {
    /// Its folder, its legacy, its runtime or its clients cannot be had.
    #[error("cannot set the stage")]
    Stage(#[source] io::Error),
    /// The sidecar did not start.
    #[error(transparent)]
    Start(#[from] StartError),
    /// routes.toml was not edited.
    #[error("cannot turn the dial")]
    Edit(#[from] EditError),
    /// The sidecar did not do in time what the file says.
    #[error("{0} seconds after the edit, still no {1}")]
    Late(u64, &'static str),
    /// The admin listener does not say what is expected of it.
    #[error("the admin listener cannot be asked")]
    Admin(#[source] overgrow_handler::BoxError),
}

impl Demo {
    /// Runs to the end, or until SIGINT or SIGTERM. Must not be called on an async runtime's thread.
    ///
    /// # Errors
    /// Whatever keeps the script from going on; a failed request does not, it is counted.
    pub fn run(self) -> Result<Outcome, DemoError> {
        let paper = Paper::new(self.look);
        let stage = Stage::set(self.legacy.as_deref())?;
        paper.opening(&stage);
        let told = stage.runtime.block_on(tell(&stage, &paper, self.then));
        let outcome = Outcome {
            failed: stage.traffic.totals().failed,
        };
        stage.clear();
        told.map(|()| outcome)
    }
}

/// The story, cut short by a signal.
async fn tell(stage: &Stage, paper: &Paper, then: Then) -> Result<(), DemoError> {
    let mut interrupt = signal(SignalKind::interrupt()).map_err(DemoError::Stage)?;
    let mut terminate = signal(SignalKind::terminate()).map_err(DemoError::Stage)?;
    let story = async {
        script::play(stage, paper).await?;
        paper.closing(&stage.traffic.totals(), stage.since.elapsed());
        if then == Then::Stay {
            paper.things_to_try(stage);
            paper.watch(&stage.traffic).await;
        }
        Ok(())
    };
    tokio::select! {
        told = story => return told,
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
    }
    paper.farewell(&stage.traffic.totals());
    Ok(())
}
