//! A route's book: what its comparisons have shown, to be added to and read while requests go on.
//!
//! It must not know the file. The surprise: what is counted for a client's request never waits for the book. If somebody
//! has it open, the note is left beside it and entered by whoever opens it next.

use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use overgrow_parity::{Answered, Comparison, Evidence, Key, Missed, Pair, Shape, Side, Verdict};

use super::page::{Copy, Page, Stop};
use super::post::Post;
use super::redact;
use super::sample::{Sample, Sampled};
use super::store::Epoch;
use super::versions::News;

/// Notes that may lie beside a book. It is open for microseconds, so more means that something is very wrong, and
/// counts are what can be done without then.
const NOTES: usize = 4096;

/// Samples of a key that are taken at once; after that one a second, so that a difference in every answer does not
/// write the disk full for nothing.
const AT_ONCE: u32 = 20;

/// Keys whose samples are counted; of what comes later one sample a second is taken.
const COUNTED: usize = 256;

/// The book of one route. Everything here is safe to call on a request's path, [`read`](Self::read) and
/// [`record`](Self::record) apart, which wait for each other.
pub struct Book {
    route: String,
    open: Mutex<Open>,
    beside: Mutex<Vec<Note>>,
    changed: AtomicBool,
    /// Requests that the sample did not take and nobody has entered yet.
    passed: AtomicU64,
    /// Requests that were turned away and nobody has entered yet.
    dropped: AtomicU64,
    /// Rust failed, and nobody has asked since.
    alarmed: AtomicBool,
    post: Post,
}

struct Open {
    page: Page,
    sampled: HashMap<Key, (u32, u64)>,
}

/// Something to be counted.
enum Note {
    Eligible(Shape),
    Sampled,
    Missed(Missed),
    Served(Side, Answered),
}

impl Book {
    pub(super) fn new(route: &str, page: Page, post: Post) -> Self {
        let sampled = HashMap::new();
        Self {
            route: route.to_owned(),
            open: Mutex::new(Open { page, sampled }),
            beside: Mutex::default(),
            changed: AtomicBool::new(false),
            passed: AtomicU64::new(0),
            dropped: AtomicU64::new(0),
            alarmed: AtomicBool::new(false),
            post,
        }
    }

    /// The route's id.
    pub fn route(&self) -> &str {
        &self.route
    }

    /// A request came that the shadow settings cover.
    pub fn eligible(&self, shape: &Shape) {
        self.note(Note::Eligible(shape.clone()));
    }

    /// A request came that the shadow settings cover, and the sample did not take it. Costs an addition.
    pub fn passed(&self) {
        self.passed.fetch_add(1, Ordering::Relaxed);
        self.mark();
    }

    /// A request fell into the sample and was turned away. Costs an addition.
    pub fn dropped(&self) {
        self.dropped.fetch_add(1, Ordering::Relaxed);
        self.mark();
    }

    /// It fell into the sample.
    pub fn sampled(&self) {
        self.note(Note::Sampled);
    }

    /// A sampled request was not compared.
    pub fn missed(&self, why: Missed) {
        self.note(Note::Missed(why));
    }

    /// One side answered a client, and the other is not going to be asked.
    pub fn served(&self, side: Side, answer: Answered) {
        self.note(Note::Served(side, answer));
        if side == Side::Rust && failed(answer) {
            self.alarm();
        }
    }

    /// Counts a comparison; `sample` is called when one is wanted. Takes microseconds and never waits for the disk: a
    /// sample for which the writer has no room is dropped and counted. A comparison that was asked for `under` another
    /// fingerprint than the open epoch's is judged and not counted: it says nothing of what answers now.
    pub fn record(&self, under: &str, pair: &Pair<'_>, sample: impl FnOnce() -> Sample) -> Verdict {
        let comparison = without_secrets(pair.comparison);
        let again = pair.again.map(without_secrets);
        let pair = Pair {
            comparison: &comparison,
            again: again.as_deref(),
            ..*pair
        };
        let mut open = self.open();
        if open.page.evidence.fingerprint != under {
            return Evidence::default().record(&pair).verdict;
        }
        let (verdict, keys) = open.record(&pair);
        drop(open);
        self.mark();
        if failed(pair.rust) && !failed(pair.legacy) {
            self.alarm();
        }
        if !keys.is_empty() {
            let sample = sample();
            self.post.sample(&self.route, Sampled { keys, sample });
        }
        verdict
    }

    /// A look at the evidence. Nothing is added to it meanwhile, so it should be short.
    pub fn read<T>(&self, look: impl FnOnce(&Evidence) -> T) -> T {
        look(&self.open().page.evidence)
    }

    /// A backend told its version, `legacy` or `rust`. A new one ends the epoch. When the book is open elsewhere, this
    /// does nothing: the next answer tells it again.
    pub fn saw_version(&self, side: &'static str, version: &str) {
        let Ok(mut open) = self.open.try_lock() else {
            return;
        };
        let now = now();
        match open.page.versions.saw(side, version, now) {
            // The first one is worth writing only together with what is learnt under it.
            News::None | News::First => {}
            News::Changed => {
                let fingerprint = open.page.evidence.fingerprint.clone();
                open.turn(&fingerprint, now);
                tracing::info!(
                    route = self.route,
                    side,
                    version,
                    "another version: the evidence begins anew"
                );
            }
        }
    }

    /// The dial stands at this percentage, at a time in unix seconds. Nothing changes when it stood there before, in
    /// this process or the one before it.
    pub fn note_dial(&self, percent: f64, now: u64) {
        let mut open = self.open();
        if open.page.dial.is_some_and(|stop| stop.percent == percent) {
            return;
        }
        open.page.dial = Some(Stop {
            percent,
            since: now,
        });
        drop(open);
        self.mark();
    }

    /// Where the dial stands, and since when.
    pub fn dial(&self) -> Option<Stop> {
        self.open().page.dial
    }

    /// The pilot took the route from rust: so it stays while what is known of it stays.
    pub fn rolled_back(&self) {
        let mut open = self.open();
        open.page.rolled_back = Some(open.page.evidence.epoch);
        drop(open);
        self.mark();
    }

    /// Whether the pilot took the route from rust on the evidence of the open epoch.
    pub fn is_rolled_back(&self) -> bool {
        let open = self.open();
        open.page.rolled_back == Some(open.page.evidence.epoch)
    }

    /// Somebody handed the route back to the pilot. After a rollback the evidence begins anew: what was mended since
    /// does not answer for what was broken before.
    pub fn resumed(&self) {
        let mut open = self.open();
        if open.page.rolled_back == Some(open.page.evidence.epoch) {
            let fingerprint = open.page.evidence.fingerprint.clone();
            open.turn(&fingerprint, now());
        }
        drop(open);
        self.mark();
    }

    /// Whether rust failed since somebody asked last.
    pub(super) fn take_alarm(&self) -> bool {
        self.alarmed.swap(false, Ordering::AcqRel)
    }

    /// Begins the next epoch unless the open one is of this fingerprint.
    pub(super) fn continue_under(&self, fingerprint: &str) {
        let mut open = self.open();
        if open.page.evidence.fingerprint != fingerprint {
            open.turn(fingerprint, now());
        }
    }

    /// What is to be written since the last time, if anything is.
    pub(super) fn changes(&self) -> Option<Copy> {
        // First, so that what is counted from here on is written the next time.
        let changed = self.changed.swap(false, Ordering::AcqRel);
        changed.then(|| self.open().page.copy()).flatten()
    }

    /// What was to be written was not.
    pub(super) fn not_written(&self) {
        self.changed.store(true, Ordering::Release);
    }

    /// Tells the page what became of it in the file.
    pub(super) fn settle<T>(&self, news: impl FnOnce(&mut Page) -> T) -> T {
        news(&mut self.open().page)
    }

    /// Goes on after what another file knows of this route.
    pub(super) fn move_to(&self, latest: Option<&Epoch>) {
        self.settle(|page| {
            page.unfiled();
            if let Some(epoch) = latest {
                page.evidence.epoch = page.evidence.epoch.max(epoch.number.saturating_add(1));
            }
        });
        self.not_written();
    }

    fn note(&self, note: Note) {
        match self.open.try_lock() {
            Ok(mut open) => open.enter(note),
            Err(_) => {
                let mut beside = locked(&self.beside);
                if beside.len() < NOTES {
                    beside.push(note);
                }
            }
        }
        self.mark();
    }

    /// Opens the book and enters what lies beside it.
    fn open(&self) -> MutexGuard<'_, Open> {
        let mut open = locked(&self.open);
        let beside = std::mem::take(&mut *locked(&self.beside));
        let evidence = &mut open.page.evidence;
        evidence.passed(self.passed.swap(0, Ordering::Relaxed));
        evidence.dropped(self.dropped.swap(0, Ordering::Relaxed));
        beside.into_iter().for_each(|note| open.enter(note));
        open
    }

    /// Wakes whoever watches over dials. It is for them to say whether one failure too many is reached.
    fn alarm(&self) {
        if !self.alarmed.swap(true, Ordering::AcqRel) {
            self.post.alarm();
        }
    }

    fn mark(&self) {
        // Read first: it is set nearly always, and reading leaves the line with every core that has it.
        if !self.changed.load(Ordering::Relaxed) && !self.changed.swap(true, Ordering::AcqRel) {
            self.post.changed();
        }
    }
}

impl Open {
    fn enter(&mut self, note: Note) {
        let evidence = &mut self.page.evidence;
        match note {
            Note::Eligible(shape) => evidence.eligible(&shape),
            Note::Sampled => evidence.sampled(),
            Note::Missed(why) => evidence.missed(why),
            Note::Served(side, answer) => evidence.served(side, answer),
        }
    }

    /// Counts a comparison, and tells which of its keys want a sample.
    fn record(&mut self, pair: &Pair<'_>) -> (Verdict, Vec<Key>) {
        let recorded = self.page.evidence.record(pair);
        let mut keys = recorded.keys;
        keys.retain(|key| self.wants(key, pair.at));
        (recorded.verdict, keys)
    }

    fn wants(&mut self, key: &Key, at: u64) -> bool {
        if !self.sampled.contains_key(key) && self.sampled.len() >= COUNTED {
            self.sampled.retain(|_, (_, last)| *last == at);
        }
        let (count, last) = self.sampled.entry(key.clone()).or_default();
        let wanted = *count < AT_ONCE || *last != at;
        if wanted {
            *count = count.saturating_add(1);
            *last = at;
        }
        wanted
    }

    fn turn(&mut self, fingerprint: &str, now: u64) {
        self.page.turn(fingerprint, now);
        self.sampled.clear();
    }
}

impl fmt::Debug for Book {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Book")
            .field("route", &self.route)
            .finish_non_exhaustive()
    }
}

fn failed(answer: Answered) -> bool {
    answer.status >= 500
}

/// The values in it are kept and shown, so they lose their secrets before they are evidence.
fn without_secrets(comparison: &Comparison) -> Cow<'_, Comparison> {
    if comparison.differences.is_empty() {
        return Cow::Borrowed(comparison);
    }
    let mut shown = comparison.clone();
    for difference in &mut shown.differences {
        let place = difference.key.place.as_str();
        let values = [&mut difference.legacy, &mut difference.rust];
        for value in values.into_iter().flatten() {
            *value = redact::value(place, value).into_owned();
        }
    }
    Cow::Owned(shown)
}

/// Unix seconds.
pub fn now() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map_or(0, |since| since.as_secs())
}

fn locked<T>(held: &Mutex<T>) -> MutexGuard<'_, T> {
    held.lock().unwrap_or_else(PoisonError::into_inner)
}
