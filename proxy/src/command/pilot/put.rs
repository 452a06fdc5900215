//! Where a move goes: into the file, into another one, or onto the terminal for whatever applies it.
//!
//! The surprise: a move that is only printed changes nothing that this process reads, so the next look would print it
//! again. It is given out once, until the file or the move is another.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::command::style;
use crate::config::Handlers;
use crate::edit::{self, EditError, Mark};
use crate::fleet;
use crate::route::Dial;

/// What a person asks for; without any of them the file itself is edited.
#[derive(Debug, clap::Args)]
#[group(multiple = false)]
pub(super) struct PutArgs {
    /// Print the edited file, or a patch for the ConfigMap that it comes from, and leave the file
    #[arg(long, value_enum, value_name = "FORM", num_args = 0..=1, default_missing_value = "file")]
    print: Option<Form>,
    /// Write the edited file there, and leave this one
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Say what would be done, and do nothing
    #[arg(long)]
    dry_run: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Form {
    /// The whole file
    File,
    /// A merge patch for `kubectl patch configmap NAME --patch-file /dev/stdin`
    Patch,
}

/// One move of a dial.
pub(super) struct Moving<'a> {
    pub(super) route: &'a str,
    /// From there to there.
    pub(super) dials: [Dial; 2],
    pub(super) mark: &'a Mark,
}

/// Puts the moves of one look after the other.
pub(super) struct Put<'a> {
    args: &'a PutArgs,
    file: &'a Path,
    draft: Draft,
    /// The draft that was given out last, as it was asked for.
    last: Option<String>,
}

/// A text that is to be given out.
#[derive(Default)]
struct Draft {
    text: String,
    /// The text as it was read, and the moves since: what tells one draft from the next, in which only times differ.
    asked: String,
    moves: usize,
}

impl<'a> Put<'a> {
    pub(super) fn new(args: &'a PutArgs, file: &'a Path) -> Self {
        Self {
            args,
            file,
            draft: Draft::default(),
            last: None,
        }
    }

    /// A look begins, at a file with this text.
    pub(super) fn begin(&mut self, source: &str) {
        self.draft = Draft {
            text: source.to_owned(),
            asked: source.to_owned(),
            moves: 0,
        };
    }

    /// Whether the file that is read is edited by others only.
    pub(super) fn is_elsewhere(&self) -> bool {
        self.args.print.is_some() || self.args.out.is_some() || self.args.dry_run
    }

    /// What becomes of moves, in words.
    pub(super) fn word(&self) -> &'static str {
        match (self.args.dry_run, self.args.print) {
            (true, _) => "would be written",
            (_, Some(_)) => "printed",
            _ => "written",
        }
    }

    /// Puts one.
    ///
    /// # Errors
    /// When somebody else has moved the dial meanwhile, or a file cannot be read or written.
    pub(super) fn put(
        &mut self,
        handlers: &Handlers,
        moving: &Moving<'_>,
    ) -> Result<(), EditError> {
        let Moving { route, dials, mark } = *moving;
        if self.args.dry_run {
            return Ok(());
        }
        if !self.is_elsewhere() {
            return fleet::write(self.file, handlers, route, dials, mark).map(drop);
        }
        let [from, to] = dials;
        let draft = &mut self.draft;
        draft.text = edit::move_dial(&draft.text, route, from, to, mark)?;
        draft.asked.push_str(&format!("\n{route} {from} {to}"));
        draft.moves += 1;
        Ok(())
    }

    /// The look is over: what is not in the file itself is given out.
    ///
    /// # Errors
    /// When the other file cannot be written.
    pub(super) fn end(&mut self) -> Result<(), EditError> {
        if self.draft.moves > 0 && self.last.as_ref() != Some(&self.draft.asked) {
            self.give(&self.draft.text)?;
            self.last = Some(std::mem::take(&mut self.draft.asked));
        }
        Ok(())
    }

    fn give(&self, text: &str) -> Result<(), EditError> {
        if let Some(out) = &self.args.out {
            return std::fs::write(out, text).map_err(|source| EditError::Write {
                path: out.clone(),
                source,
            });
        }
        match self.args.print {
            Some(Form::Patch) => style::say(self.patch(text)),
            _ => style::say(text.trim_end()),
        }
        Ok(())
    }

    /// The ConfigMap's key is the file's name, as it is when a ConfigMap is mounted as a folder.
    fn patch(&self, text: &str) -> Value {
        let key = self.file.file_name().unwrap_or_default().to_string_lossy();
        json!({ "data": { key: text } })
    }
}
