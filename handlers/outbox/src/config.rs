//! Where the outbox lies, how much may wait in it, and how patient it is.

use std::path::PathBuf;
use std::time::Duration;

/// Where the outbox lies, how much may wait in it, and how patient it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutboxConfig {
    /// The folder of `outbox.db`; it is made if it is not there.
    pub folder: PathBuf,
    /// How many messages may wait.
    pub cap: usize,
    /// How many bytes of JSON they may take together.
    pub bytes: u64,
    /// How many bytes of JSON one may take.
    pub largest: usize,
    /// How many of one channel may be on their way at one time.
    pub per_channel: usize,
    /// How many of all channels may.
    pub in_flight: usize,
    /// How long one try may take.
    pub patience: Duration,
    /// How often one is tried before it is a dead letter.
    pub attempts: u32,
    /// The wait after the first try that failed; the later ones double.
    pub first_wait: Duration,
    /// The longest wait between two tries, unless a provider says more.
    pub longest_wait: Duration,
    /// How old one may become before it is a dead letter: what was meant for yesterday is better not sent.
    pub longest_life: Duration,
    /// How long what became of one is remembered, for those who come again with its key.
    pub memory: Duration,
    /// How many dead letters are kept; the oldest go first. As many again of those that were sent.
    pub letters: usize,
    /// How long a session may be idle before it is forgotten.
    pub session_idle: Duration,
    /// How many sessions are kept; those that were idle longest go first.
    pub sessions: usize,
}

const HOUR: Duration = Duration::from_secs(60 * 60);

impl OutboxConfig {
    /// An outbox in a folder with the usual bounds.
    pub fn new(folder: impl Into<PathBuf>) -> Self {
        Self {
            folder: folder.into(),
            cap: 100_000,
            bytes: 256 * 1024 * 1024,
            // What the legacy's WebSocket takes as a frame, less the frame around it.
            largest: 500 * 1024,
            per_channel: 8,
            in_flight: 64,
            patience: Duration::from_secs(60),
            // With the waits below: a quarter of an hour of refusals.
            attempts: 10,
            first_wait: Duration::from_secs(1),
            longest_wait: Duration::from_secs(5 * 60),
            longest_life: 24 * HOUR,
            memory: 24 * HOUR,
            letters: 100_000,
            session_idle: 30 * 24 * HOUR,
            sessions: 100_000,
        }
    }
}
