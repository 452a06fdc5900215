//! What one side said: an answer as far as it was kept, or the status that a client would have got instead.

use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, StatusCode};
use overgrow_handler::Effect;
use overgrow_parity::{Answered, Extent, Kept, Observation, Planned, is_event_stream};
use tokio::time::Instant;

use super::asking::Given;
use super::judge::Case;
use super::outcome_of;
use crate::metrics::Outcome;
use crate::tee::{Copied, End, Lease};

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
    pub(super) fn of_voice(voice: Voice, case: &Case<'_>) -> Result<Self, Outcome> {
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

    pub(super) fn of(answer: Answer, case: &Case<'_>) -> Result<Self, Outcome> {
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

    pub(super) fn answered(&self) -> Answered {
        Answered {
            status: self.observation.status.as_u16(),
            took: self.took,
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

/// Nothing but a status.
pub(super) fn bare(status: StatusCode) -> Observation {
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
