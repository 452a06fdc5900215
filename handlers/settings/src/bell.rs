//! Wakes the thread that follows a file, and tells it why.
//!
//! It must not know what a file is for. The surprise: reading a file is reported too, and must not ring, or each reading
//! would bring on the next.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::path::PathBuf;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use notify::event::{AccessKind, AccessMode, ModifyKind};
use notify::{Event, EventKind};

/// Rings for the one who holds the other end; cheap to clone.
#[derive(Debug, Clone)]
pub(crate) struct Bell {
    rope: SyncSender<()>,
    heard: Arc<Mutex<Heard>>,
}

#[derive(Debug, Default)]
struct Heard {
    news: News,
    names: BTreeSet<OsString>,
}

/// What has happened since it was last asked for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct News {
    /// One of the files was written, replaced or removed.
    pub(crate) written: bool,
    /// Nobody wants the files any more.
    pub(crate) ended: bool,
}

impl Bell {
    /// A bell, and the end where one waits for it. Several rings that nobody heard are one.
    pub(crate) fn new() -> (Self, Receiver<()>) {
        let (rope, rung) = sync_channel(1);
        let heard = Arc::default();
        (Self { rope, heard }, rung)
    }

    /// The names whose files matter.
    pub(crate) fn expect(&self, names: BTreeSet<OsString>) {
        self.heard().names = names;
    }

    /// Rings for good.
    pub(crate) fn end(&self) {
        self.heard().news.ended = true;
        self.ring();
    }

    /// Rings when something happened that may change a file.
    pub(crate) fn report(&self, event: &Event) {
        let written = {
            let mut heard = self.heard();
            let written = heard.concerns(event) && writes(event.kind);
            heard.news.written |= written;
            written
        };
        if written || moves(event.kind) {
            self.ring();
        }
    }

    /// Adds what was heard, and forgets it.
    pub(crate) fn take_into(&self, news: &mut News) {
        let heard = std::mem::take(&mut self.heard().news);
        news.written |= heard.written;
        news.ended |= heard.ended;
    }

    fn ring(&self) {
        // Full means that a ring waits to be heard; the news are told before it, so that it will stand for this too.
        let _ = self.rope.try_send(());
    }

    fn heard(&self) -> MutexGuard<'_, Heard> {
        // Nothing that holds the lock leaves a half-made value behind.
        self.heard.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Heard {
    /// A report without a name may be about anything.
    fn concerns(&self, event: &Event) -> bool {
        let expected = |path: &PathBuf| {
            path.file_name()
                .is_some_and(|name| self.names.contains(name))
        };
        event.paths.is_empty() || event.paths.iter().any(expected)
    }
}

fn writes(kind: EventKind) -> bool {
    match kind {
        EventKind::Access(access) => access == AccessKind::Close(AccessMode::Write),
        _ => true,
    }
}

/// Whether a name came, went or changed: perhaps a link that leads to a file.
fn moves(kind: EventKind) -> bool {
    !matches!(
        kind,
        EventKind::Access(_) | EventKind::Modify(ModifyKind::Data(_))
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use notify::event::{CreateKind, DataChange, RemoveKind};

    fn heard(name: &str, kind: EventKind) -> Option<News> {
        let (bell, rung) = Bell::new();
        bell.expect(BTreeSet::from(["openclaw.json".into()]));
        bell.report(&Event::new(kind).add_path(name.into()));
        rung.try_recv().ok()?;
        let mut news = News::default();
        bell.take_into(&mut news);
        Some(news)
    }

    #[test]
    fn only_what_may_change_a_file_rings() {
        let check = |name: &str, kind: EventKind, expected: Option<bool>| {
            let written = heard(name, kind).map(|news| news.written);
            assert_eq!(written, expected, "{name} {kind:?}");
        };
        let data = EventKind::Modify(ModifyKind::Data(DataChange::Any));
        let closed = |mode| EventKind::Access(AccessKind::Close(mode));
        check("/x/openclaw.json", data, Some(true));
        check("/x/openclaw.json", closed(AccessMode::Write), Some(true));
        check(
            "/x/openclaw.json",
            EventKind::Remove(RemoveKind::File),
            Some(true),
        );
        check("/x/openclaw.json", closed(AccessMode::Read), None);
        check("/x/gateway.log", data, None);
        check("/x/gateway.log", closed(AccessMode::Write), None);
        check("/x/..data", EventKind::Create(CreateKind::Any), Some(false));
    }

    #[test]
    fn rings_that_nobody_heard_are_one() {
        let (bell, rung) = Bell::new();
        bell.report(&Event::new(EventKind::Any));
        bell.end();
        let mut news = News::default();
        rung.try_recv().unwrap();
        rung.try_recv().unwrap_err();
        bell.take_into(&mut news);
        assert_eq!(
            news,
            News {
                written: true,
                ended: true
            }
        );
    }
}
