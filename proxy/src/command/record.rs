//! `overgrow record`: a golden trace of what a running sidecar is asked.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use bytes::{Bytes, BytesMut};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use overgrow_parity::trace::{Entry, Trace};
use serde_json::{Value, json};
use tokio::signal::unix::{SignalKind, signal};

use super::ask::{Desk, Stream};
use super::{FileArg, NO, style};
use crate::admin;

/// What a person asks for.
#[derive(Debug, clap::Args)]
pub(super) struct RecordArgs {
    /// Route id
    #[arg(long, value_name = "ID")]
    route: String,
    /// How long
    #[arg(long = "for", value_name = "TIME", default_value = "10m", value_parser = humantime::parse_duration)]
    time: Duration,
    /// Where the trace is written
    #[arg(short, long, value_name = "FILE.har")]
    output: PathBuf,
    /// Admin address of the running sidecar; absent: as routes.toml says
    #[arg(long, value_name = "HOST:PORT")]
    admin: Option<String>,
    #[command(flatten)]
    file: FileArg,
}

pub(super) fn run(args: &RecordArgs) -> ExitCode {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    let recorded = match runtime {
        Ok(runtime) => runtime.block_on(recorded(args)),
        Err(error) => Err(error.to_string()),
    };
    match recorded {
        Ok(taken) => taken.finish(args),
        Err(fault) => fail(&fault),
    }
}

fn fail(fault: &str) -> ExitCode {
    style::complain(fault);
    ExitCode::from(NO)
}

/// What was taken down.
#[derive(Default)]
struct Taken {
    entries: Vec<Entry>,
    missed: u64,
    end: End,
}

/// Why there is no more.
#[derive(Default)]
enum End {
    /// The time is over, or whoever watches has seen enough.
    #[default]
    Wanted,
    /// The sidecar left.
    Lost(String),
}

/// Reads the stream to its end, or to Ctrl-C.
async fn recorded(args: &RecordArgs) -> Result<Taken, String> {
    let desk = Desk::at(&args.file.file, args.admin.clone());
    let mut stream = listen(&desk, args).await?;
    let number = stream.header(admin::NUMBER).map(str::to_owned);
    // From here on; before it, Ctrl-C ends the process as usual.
    let mut interrupts = signal(SignalKind::interrupt()).map_err(|error| error.to_string())?;
    eprintln!("recording {}, Ctrl-C ends it", args.route);
    let progress = Progress::begin(args.time);
    let mut taken = Taken::default();
    let mut lines = Lines::default();
    let mut ending = Ending { desk, number };
    loop {
        tokio::select! {
            _ = interrupts.recv() => if !ending.begins().await { break },
            () = progress.tick(taken.entries.len()) => {}
            piece = stream.next() => match piece {
                Ok(Some(piece)) => {
                    if let Err(fault) = taken.take(lines.take(&piece)) {
                        taken.end = End::Lost(fault);
                        break;
                    }
                }
                Ok(None) => break,
                Err(error) => {
                    taken.end = End::Lost(style::with_causes(&error));
                    break;
                }
            },
        }
    }
    progress.end();
    Ok(taken)
}

/// On Ctrl-C the sidecar is asked to end: it knows what open WebSockets have said so far.
struct Ending {
    desk: Desk,
    /// Of the recording; none once it was asked.
    number: Option<String>,
}

impl Ending {
    /// Whether there is an end to wait for. Who interrupts twice does not want to; the file is written all the same.
    async fn begins(&mut self) -> bool {
        match self.number.take() {
            Some(number) => {
                let path = format!("/api/record/{number}");
                self.desk.delete(&path).await.is_ok()
            }
            None => false,
        }
    }
}

async fn listen(desk: &Desk, args: &RecordArgs) -> Result<Stream, String> {
    let wanted = json!({
        "route": args.route,
        "for": humantime::format_duration(args.time).to_string(),
    });
    let stream = desk.stream("/api/record", &wanted).await;
    stream.map_err(|error| style::with_causes(&error))
}

impl Taken {
    fn take(&mut self, lines: Vec<Bytes>) -> Result<(), String> {
        for line in lines {
            match missed(&line) {
                Some(missed) => self.missed = missed,
                None => self.entries.push(entry(&line)?),
            }
        }
        Ok(())
    }

    fn finish(self, args: &RecordArgs) -> ExitCode {
        let trace = Trace {
            comment: format!("Route {}, recorded without its secrets.", args.route),
            entries: self.entries,
        };
        if let Err(fault) = write(&trace, &args.output) {
            return fail(&fault);
        }
        let count = trace.entries.len();
        let noun = if count == 1 { "entry" } else { "entries" };
        style::say(format_args!("{}: {count} {noun}", args.output.display()));
        if self.missed > 0 {
            eprintln!(
                "{} more were too large, broke off or came too fast",
                self.missed
            );
        }
        match self.end {
            End::Wanted => ExitCode::SUCCESS,
            End::Lost(why) => fail(&format!("the sidecar left: {why}")),
        }
    }
}

/// The last line counts what was left out.
fn missed(line: &[u8]) -> Option<u64> {
    // Short of reading an entry twice.
    let is_count = line.starts_with(b"{\"missed\"");
    is_count
        .then(|| serde_json::from_slice::<Value>(line).ok())
        .flatten()?["missed"]
        .as_u64()
}

fn entry(line: &[u8]) -> Result<Entry, String> {
    Entry::parse(line).map_err(|error| {
        format!(
            "the sidecar sent no entry of a trace: {}",
            style::with_causes(&error)
        )
    })
}

/// In one step: a file that is there is whole.
fn write(trace: &Trace, output: &Path) -> Result<(), String> {
    let fault = |error: &dyn std::error::Error| {
        format!(
            "cannot write {}: {}",
            output.display(),
            style::with_causes(error)
        )
    };
    let text = trace.to_har().map_err(|error| fault(&error))?;
    let folder = match output.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    let mut file = tempfile::NamedTempFile::new_in(folder).map_err(|error| fault(&error))?;
    file.write_all(text.as_bytes())
        .map_err(|error| fault(&error))?;
    file.persist(output).map_err(|error| fault(&error))?;
    Ok(())
}

/// Puts lines together from pieces.
#[derive(Default)]
struct Lines(BytesMut);

impl Lines {
    /// The lines that are whole with this piece, without their ends.
    fn take(&mut self, piece: &[u8]) -> Vec<Bytes> {
        self.0.extend_from_slice(piece);
        let mut lines = Vec::new();
        while let Some(end) = memchr::memchr(b'\n', &self.0) {
            let line = self.0.split_to(end + 1).freeze();
            lines.push(line.slice(..end));
        }
        lines
    }
}

/// Time that has passed, on a terminal.
struct Progress {
    bar: ProgressBar,
    began: Instant,
}

impl Progress {
    fn begin(time: Duration) -> Self {
        let seconds = time.as_secs().max(1);
        let bar = ProgressBar::with_draw_target(Some(seconds), ProgressDrawTarget::stderr());
        if let Ok(look) = ProgressStyle::with_template("{bar:30} {elapsed} {msg}") {
            bar.set_style(look);
        }
        Self {
            bar,
            began: Instant::now(),
        }
    }

    /// Ends after a moment, with the bar moved on.
    async fn tick(&self, entries: usize) {
        self.bar.set_position(self.began.elapsed().as_secs());
        self.bar.set_message(format!("{entries} entries"));
        tokio::time::sleep(Duration::from_millis(200)).await;
    }

    fn end(self) {
        self.bar.finish_and_clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_put_together_from_pieces() {
        let mut lines = Lines::default();
        assert!(lines.take(b"on").is_empty());
        assert_eq!(lines.take(b"e\ntwo\nth"), ["one", "two"]);
        assert_eq!(lines.take(b"ree\n"), ["three"]);
    }

    #[test]
    fn the_count_is_no_entry() {
        assert_eq!(missed(br#"{"missed":3}"#), Some(3));
        assert_eq!(missed(br#"{"startedDateTime":"x"}"#), None);
    }
}
