//! Where log lines go: standard error, through a bounded queue, so that a reader who has stopped reading never stops
//! a request.

use std::io::IsTerminal;

use tracing_appender::non_blocking::{ErrorCounter, NonBlockingBuilder, WorkerGuard};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::writer::BoxMakeWriter;

use super::{LogFormat, Shared};

/// Lines waiting for a slow reader; past it they are dropped and counted.
const QUEUE: usize = 10_000;

/// Writes out what is queued when it is dropped.
pub(super) struct Log {
    _guard: WorkerGuard,
    dropped: ErrorCounter,
}

impl Log {
    /// Starts logging for the whole process. `OVERGROW_LOG` overrides the switches with a filter of tracing's.
    pub(super) fn start(shared: &Shared) -> Self {
        let (writer, guard) = NonBlockingBuilder::default()
            .buffered_lines_limit(QUEUE)
            .lossy(true)
            .thread_name("overgrow-log")
            .finish(std::io::stderr());
        let dropped = writer.error_counter();
        let filter = EnvFilter::try_from_env("OVERGROW_LOG")
            .unwrap_or_else(|_| EnvFilter::new(level(shared)));
        let colours = shared.log_format == LogFormat::Text && std::io::stderr().is_terminal();
        let lines = tracing_subscriber::fmt()
            .with_env_filter(filter)
            .with_writer(BoxMakeWriter::new(writer));
        let started = match shared.log_format {
            LogFormat::Text => lines.with_ansi(colours).with_target(false).try_init(),
            LogFormat::Json => lines
                .json()
                .flatten_event(true)
                .with_current_span(false)
                .try_init(),
        };
        if started.is_err() {
            // A program that embeds overgrow has set up its own; that one stays.
            tracing::debug!("logging was set up by the program");
        }
        Self {
            _guard: guard,
            dropped,
        }
    }

    /// Lines given up so far.
    pub(super) fn dropped(&self) -> ErrorCounter {
        self.dropped.clone()
    }
}

fn level(shared: &Shared) -> &'static str {
    match (shared.quiet, shared.verbose) {
        (true, _) => "warn",
        (false, 0) => "info",
        (false, 1) => "debug",
        (false, _) => "trace",
    }
}
