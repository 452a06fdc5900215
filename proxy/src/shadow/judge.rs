//! From two answers to a verdict: what each side said is handed to parity, and what parity finds to the ledger.
//!
//! The surprise: a native side that gives no answer at all is compared too, by the status its client would have got.
//! A handler that fails for one request in twenty would otherwise never be noticed.

use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use http::header;
use overgrow_parity::{
    AliasBook, Comparison, Expect, Missed, Observation, Pair, Rules, Shape, Written, compare,
};
use tokio::time::Instant;
use xxhash_rust::xxh3::xxh3_64;

use super::asking::Given;
use super::question::Question;
use super::said::{Said, Voice, bare};
use super::{epoch, sample};
use crate::config::{ExpectedDifference, ParityConfig};
use crate::ledger::{self, Book};
use crate::metrics::Outcome;

/// Identifiers remembered per route, over all clients.
const NAMES: usize = 4096;

/// Compares the answers of one route and keeps what comes of it.
#[derive(Debug)]
pub struct Judge {
    rules: Rules,
    /// What the evidence spoke of when this began to judge.
    under: String,
    book: Arc<Book>,
    /// Which identifiers of the two sides belong together.
    names: Mutex<AliasBook>,
    /// The same between the legacy and itself.
    own_names: Mutex<AliasBook>,
}

/// What was asked, by whom and when.
pub(super) struct Case<'a> {
    pub(super) question: &'a Question,
    pub(super) body: Bytes,
    pub(super) client: IpAddr,
    pub(super) since: Instant,
}

impl Judge {
    /// Compares under `rules` and keeps what comes of it in `book`.
    pub fn new(rules: Rules, book: Arc<Book>) -> Self {
        Self {
            rules,
            under: book.read(|evidence| evidence.fingerprint.clone()),
            book,
            names: Mutex::new(AliasBook::new(NAMES)),
            own_names: Mutex::new(AliasBook::new(NAMES)),
        }
    }

    /// A request that was not drawn.
    pub(super) fn passed(&self) {
        self.book.passed();
    }

    /// A request of the sample is turned away.
    pub(super) fn dropped(&self) {
        self.book.dropped();
    }

    /// A request of the sample and of that shape, with whatever becomes of it.
    pub(super) fn saw(&self, shape: &Shape) {
        self.book.eligible(shape);
        self.book.sampled();
    }

    /// A request of the sample is not compared, for this reason.
    pub(super) fn missed(&self, why: Outcome) {
        if let Some(why) = missed(why) {
            self.book.missed(why);
        }
    }

    /// Compares what the two sides said, and what the legacy said a second time with what it said first; gives the
    /// verdict in a word.
    ///
    /// # Errors
    /// The outcome, when there is nothing that could be compared.
    pub(super) fn judge(
        &self,
        case: &Case<'_>,
        legacy: Voice,
        rust: Voice,
        again: Option<Given>,
    ) -> Result<&'static str, Outcome> {
        let Voice::Answer(legacy) = legacy else {
            return Err(Outcome::Failed);
        };
        let (legacy, rust) = (Said::of(legacy, case)?, Said::of_voice(rust, case)?);
        let comparison = match &rust.silence {
            Some(_) => compare_statuses(&legacy.observation, &rust.observation, &self.rules),
            None => self.compare(&self.names, &legacy.observation, &rust.observation, case),
        };
        let again = again.and_then(|again| Said::of(again.into(), case).ok());
        let again = again.map(|again| {
            self.compare(
                &self.own_names,
                &legacy.observation,
                &again.observation,
                case,
            )
        });
        let pair = Pair {
            comparison: &comparison,
            again: again.as_ref(),
            legacy: legacy.answered(),
            rust: rust.answered(),
            shape: &case.question.shape(!case.body.is_empty()),
            at: ledger::now(),
        };
        self.versions(&legacy, &rust);
        let sample = || sample::of(case, &legacy, &rust);
        let verdict = self.book.record(&self.under, &pair, sample);
        Ok(verdict.name())
    }

    /// A backend that tells another version than before has begun another epoch.
    fn versions(&self, legacy: &Said, rust: &Said) {
        for (side, said) in [("legacy", legacy), ("rust", rust)] {
            if let Some(version) = epoch::version(&said.observation.headers) {
                self.book.saw_version(side, version);
            }
        }
    }

    fn compare(
        &self,
        names: &Mutex<AliasBook>,
        legacy: &Observation,
        rust: &Observation,
        case: &Case<'_>,
    ) -> Comparison {
        let mut names = names.lock().unwrap_or_else(PoisonError::into_inner);
        compare(
            legacy,
            rust,
            &self.rules,
            Some((&mut names, case.client_key())),
        )
    }
}

impl Case<'_> {
    /// Whoever asks with the same credentials, or from the same address without any, is one client.
    fn client_key(&self) -> u64 {
        let credentials = self.question.headers.get(header::AUTHORIZATION);
        match credentials {
            Some(credentials) => xxh3_64(credentials.as_bytes()),
            None => xxh3_64(self.client.to_string().as_bytes()),
        }
    }
}

/// Of a side that gave no answer nothing but the status can be compared.
fn compare_statuses(legacy: &Observation, rust: &Observation, rules: &Rules) -> Comparison {
    compare(&bare(legacy.status), rust, rules, None)
}

fn missed(outcome: Outcome) -> Option<Missed> {
    match outcome {
        Outcome::Compared => None,
        Outcome::WriteSkipped => Some(Missed::WriteSkipped),
        Outcome::Dropped => Some(Missed::Dropped),
        Outcome::Oversize => Some(Missed::Oversize),
        Outcome::Timeout => Some(Missed::Timeout),
        Outcome::Failed => Some(Missed::Failed),
        Outcome::Incomplete => Some(Missed::ClientLeft),
        Outcome::Declined => Some(Missed::Declined),
    }
}

/// A route's rules, compiled. The places in it were checked with the file; one that is no place after all is a fault
/// of this program, and then nothing is excused.
pub fn rules(parity: &ParityConfig) -> Rules {
    let expect = |expected: &ExpectedDifference| Expect {
        at: expected.at.clone(),
        legacy: expected.legacy.clone(),
        rust: expected.rust.clone(),
        why: expected.why.clone(),
    };
    let written = Written {
        ignore: parity.ignore.clone(),
        unordered: parity.unordered.clone(),
        keyed: parity.keyed.clone(),
        tolerance: parity.tolerance.clone(),
        expect: parity.expect.iter().map(expect).collect(),
    };
    Rules::compile(&written).unwrap_or_else(|error| {
        tracing::error!(%error, "the rules of a route are not applied");
        Rules::none()
    })
}
