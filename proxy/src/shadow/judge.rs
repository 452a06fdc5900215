//! From two answers to a verdict: what each side said is handed to parity, and what parity finds to the ledger.
//!
//! The surprise: a native side that gives no answer at all is compared too, by the status its client would have got.
//! A handler that fails for one request in twenty would otherwise never be noticed.

use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, StatusCode, header};
use overgrow_handler::Effect;
use overgrow_parity::{
    AliasBook, Answered, Comparison, Expect, Extent, Kept, Missed, Observation, Pair, Planned,
    Rules, Shape, Written, compare,
};
use tokio::time::Instant;
use xxhash_rust::xxh3::xxh3_64;

use super::asking::Given;
use super::question::Question;
use super::{epoch, outcome_of, sample};
use crate::config::{ExpectedDifference, ParityConfig};
use crate::ledger::Book;
use crate::metrics::Outcome;
use crate::tee::{Copied, End, Lease};

/// Identifiers remembered per route, over all clients.
const NAMES: usize = 4096;

/// Compares the answers of one route and keeps what comes of it.
#[derive(Debug)]
pub struct Judge {
    rules: Rules,
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

/// What one side said.
pub(super) enum Voice {
    /// An answer.
    Answer(Answer),
    /// None: a client would have been told this status, for this reason.
    Silence(StatusCode, &'static str),
}

/// An answer, as far as it was kept.
pub(super) struct Answer {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    pub(super) body: Copied,
    pub(super) effects: Vec<Effect>,
    /// From the complete request to the head.
    pub(super) took: Duration,
    pub(super) head: Instant,
}

impl From<Given> for Answer {
    fn from(given: Given) -> Self {
        Self {
            took: given.head.saturating_duration_since(given.asked),
            status: given.status,
            headers: given.headers,
            body: given.body,
            effects: given.effects,
            head: given.head,
        }
    }
}

impl Voice {
    /// Whether the rest of its stream was not waited for.
    pub(super) fn was_cut(&self) -> bool {
        matches!(self, Self::Answer(answer) if answer.body.end != End::Whole)
    }
}

impl Judge {
    /// Compares under `rules` and keeps what comes of it in `book`.
    pub fn new(rules: Rules, book: Arc<Book>) -> Self {
        Self {
            rules,
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
            at: unix_seconds(),
        };
        self.versions(&legacy, &rust);
        let verdict = self.book.record(&pair, || sample::of(case, &legacy, &rust));
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

/// One side, ready to be compared.
pub(super) struct Said {
    pub(super) observation: Observation,
    /// Why there is only a status.
    pub(super) silence: Option<&'static str>,
    /// From the complete request to the head: what a client waits for, whatever its own pace.
    pub(super) took: Duration,
    _lease: Option<Lease>,
}

impl Said {
    fn of_voice(voice: Voice, case: &Case<'_>) -> Result<Self, Outcome> {
        match voice {
            Voice::Answer(answer) => Self::of(answer, case),
            Voice::Silence(status, why) => Ok(Self {
                observation: bare(status),
                silence: Some(why),
                took: Duration::ZERO,
                _lease: None,
            }),
        }
    }

    fn of(answer: Answer, case: &Case<'_>) -> Result<Self, Outcome> {
        let extent = extent(&answer)?;
        let Copied { bytes, lease, .. } = answer.body;
        let observation = Observation {
            status: answer.status,
            headers: answer.headers,
            body: Kept { bytes, extent },
            effects: answer.effects.into_iter().map(planned).collect(),
            // Times in the two answers may be as far apart as the answers are.
            took: answer.head.saturating_duration_since(case.since),
        };
        Ok(Self {
            observation,
            silence: None,
            took: answer.took,
            _lease: Some(lease),
        })
    }

    fn answered(&self) -> Answered {
        Answered {
            status: self.observation.status.as_u16(),
            took: self.took,
        }
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

/// How much of a body is there to compare. Only an event stream can be compared as far as it was kept.
fn extent(answer: &Answer) -> Result<Extent, Outcome> {
    match answer.body.end {
        End::Whole => Ok(Extent::Whole),
        End::Full | End::Crowded | End::Late if is_event_stream(&answer.headers) => Ok(Extent::Cut),
        end => Err(outcome_of(end)),
    }
}

fn is_event_stream(headers: &HeaderMap) -> bool {
    let kind = headers.get(header::CONTENT_TYPE).map(HeaderValue::as_bytes);
    let kind = kind.and_then(|kind| kind.split(|byte| *byte == b';').next());
    let streams = [
        &b"text/event-stream"[..],
        b"application/x-ndjson",
        b"application/jsonl",
    ];
    kind.is_some_and(|kind| {
        streams
            .iter()
            .any(|stream| kind.trim_ascii().eq_ignore_ascii_case(stream))
    })
}

/// Of a side that gave no answer nothing but the status can be compared.
fn compare_statuses(legacy: &Observation, rust: &Observation, rules: &Rules) -> Comparison {
    compare(&bare(legacy.status), rust, rules, None)
}

fn bare(status: StatusCode) -> Observation {
    Observation {
        status,
        headers: HeaderMap::new(),
        body: Kept::whole(Bytes::new()),
        effects: Vec::new(),
        took: Duration::ZERO,
    }
}

fn planned(effect: Effect) -> Planned {
    Planned {
        kind: effect.kind.into_owned(),
        target: effect.target,
        detail: effect.detail,
    }
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
    }
}

fn unix_seconds() -> u64 {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    since.map_or(0, |since| since.as_secs())
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
