//! From what the clients saw to the few numbers worth printing; plain functions of a window.

use std::time::{Duration, Instant};

use super::traffic::{Answer, Seen, Window};
use crate::route::Side;

/// So long nobody must have met the old side before its last answer counts as the last: every client has asked
/// a dozen times by then.
const QUIET: Duration = Duration::from_millis(200);

/// What shows that an edit has arrived.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sign {
    /// A side answers that did not.
    First(Side),
    /// A side does not answer any more.
    Last(Side),
}

/// What a stretch of traffic was like.
#[derive(Debug, Default)]
pub(super) struct Measured {
    pub(super) asked: usize,
    pub(super) failed: usize,
    pub(super) legacy: Times,
    pub(super) rust: Times,
}

/// How long the answers of one side took, sorted.
#[derive(Debug, Default)]
pub(super) struct Times(Vec<Duration>);

impl Sign {
    /// How long after `edit` the sign was seen; nothing when it is still to come.
    pub(super) fn seen(self, window: &Window, edit: Instant) -> Option<Duration> {
        let of = |side| {
            let from_side = move |seen: &&Seen| seen.answer == Answer::Watched(side);
            window.since(edit).filter(from_side)
        };
        match self {
            Self::First(side) => of(side).last().map(|first| first.answered - edit),
            Self::Last(side) => {
                let last = of(side).next().map_or(edit, |last| last.answered);
                let newest = window.since(edit).next()?.answered;
                (newest - last >= QUIET).then_some(last - edit)
            }
        }
    }
}

impl Measured {
    /// Sums up the requests that were sent after `start` and are answered by now.
    pub(super) fn since(window: &Window, start: Instant) -> Self {
        let mut measured = Self::default();
        for seen in window.since(start).filter(|seen| seen.sent >= start) {
            measured.count(seen);
        }
        measured.legacy.0.sort_unstable();
        measured.rust.0.sort_unstable();
        measured
    }

    fn count(&mut self, seen: &Seen) {
        self.asked += 1;
        let took = seen.answered - seen.sent;
        match seen.answer {
            Answer::Watched(Side::Legacy) => self.legacy.0.push(took),
            Answer::Watched(Side::Rust) => self.rust.0.push(took),
            Answer::Failed => self.failed += 1,
            Answer::Other => {}
        }
    }

    /// Answers on the watched route.
    pub(super) fn watched(&self) -> usize {
        self.legacy.count() + self.rust.count()
    }

    /// Percent of the watched answers that came from rust; 0 of none.
    pub(super) fn share(&self) -> f64 {
        self.rust.count() as f64 * 100.0 / self.watched().max(1) as f64
    }
}

impl Times {
    /// How many there are.
    pub(super) fn count(&self) -> usize {
        self.0.len()
    }

    /// The time that `percent` of all stay within; nothing of nothing.
    pub(super) fn within(&self, percent: usize) -> Option<Duration> {
        let rank = (self.0.len() * percent).div_ceil(100).saturating_sub(1);
        self.0.get(rank).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Answers as (milliseconds after the start, who), each having taken 2 ms.
    fn window(start: Instant, answers: &[(u64, Answer)]) -> Window {
        let mut window = Window::default();
        for (at, answer) in answers {
            let sent = start + Duration::from_millis(*at);
            let answered = sent + Duration::from_millis(2);
            window.seen.push_back(Seen {
                sent,
                answered,
                answer: *answer,
            });
        }
        window
    }

    const LEGACY: Answer = Answer::Watched(Side::Legacy);
    const RUST: Answer = Answer::Watched(Side::Rust);

    #[test]
    fn the_first_answer_of_a_side_is_a_sign_at_once() {
        let edit = Instant::now();
        let sign = Sign::First(Side::Rust);
        assert_eq!(sign.seen(&window(edit, &[(1, LEGACY)]), edit), None);
        let window = window(edit, &[(1, LEGACY), (5, RUST), (9, RUST)]);
        assert_eq!(sign.seen(&window, edit), Some(Duration::from_millis(7)));
    }

    #[test]
    fn the_last_answer_of_a_side_is_a_sign_after_a_quiet_while() {
        let edit = Instant::now();
        let sign = Sign::Last(Side::Legacy);
        let busy = [(1, LEGACY), (5, LEGACY), (150, RUST)];
        assert_eq!(sign.seen(&window(edit, &busy), edit), None);
        let quiet = [(1, LEGACY), (5, LEGACY), (150, RUST), (300, RUST)];
        let seen = sign.seen(&window(edit, &quiet), edit);
        assert_eq!(seen, Some(Duration::from_millis(7)));
    }

    #[test]
    fn only_the_watched_route_counts_for_the_share() {
        let start = Instant::now();
        let answers = [
            (1, LEGACY),
            (2, RUST),
            (3, Answer::Other),
            (4, Answer::Failed),
        ];
        let measured = Measured::since(&window(start, &answers), start);
        assert_eq!((measured.asked, measured.failed), (4, 1));
        assert_eq!((measured.watched(), measured.share()), (2, 50.0));
    }

    #[test]
    fn percentiles_are_times_that_were_seen() {
        let times = Times((1..=200).map(Duration::from_millis).collect());
        assert_eq!(times.within(50), Some(Duration::from_millis(100)));
        assert_eq!(times.within(99), Some(Duration::from_millis(198)));
        assert_eq!(Times::default().within(50), None);
    }
}
