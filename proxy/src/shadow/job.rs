//! The life of one shadow request: ask → wait for the first side → judge.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::StatusCode;
use overgrow_handler::{Call, Effects, Plan, Role};
use tokio::sync::oneshot;
use tokio::time::{Instant, timeout};

use super::asking::{self, Broke, Given, Limits, Unanswered};
use super::consent::May;
use super::eligible::{Again, Manner, Terms};
use super::fate::Fate;
use super::first;
use super::judge::Case;
use super::question::{Question, says_planned};
use super::said::Voice;
use super::ticket::Ticket;
use super::witness::Primary;
use super::{Shadow, cap, outcome_of};
use crate::backend::Backend;
use crate::metrics::{Outcome, StatusClass};
use crate::route::Side;
use crate::tee::{Copied, End};

/// How long the first side may take to answer its client before the comparison is given up: models think for a while.
const FIRST_SIDE: Duration = Duration::from_secs(60);

/// A question that waits to be asked.
#[derive(Debug)]
pub(super) struct Job {
    pub(super) shadow: Arc<Shadow>,
    pub(super) question: Question,
    pub(super) client: IpAddr,
    pub(super) terms: Terms,
    pub(super) serving: Side,
    pub(super) primary: oneshot::Receiver<Primary>,
    pub(super) fate: Fate,
    /// Held until the verdict.
    pub(super) _ticket: Ticket,
    pub(super) body: Option<Copied>,
    pub(super) since: Instant,
}

/// A question that was asked.
pub(super) struct Asked {
    job: Job,
    other: Voice,
    /// The legacy's second answer, where it was asked for one.
    again: Option<Given>,
}

impl Job {
    /// The request's body is over, or its copy is.
    pub(super) fn complete(mut self, copied: Copied) {
        match outcome_of(copied.end) {
            Outcome::Compared => {
                self.body = Some(copied);
                self.since = Instant::now();
                let lane = self.shadow.lane.clone();
                lane.submit(self);
            }
            outcome => {
                let has_body = !copied.bytes.is_empty();
                self.shadow.judge.saw(&self.question.shape(has_body));
                self.fate.settle(outcome);
            }
        }
    }

    /// Asks the other side, and the legacy a second time where the terms say so. `None` when that led nowhere; the
    /// outcome is counted then.
    pub(super) async fn ask(mut self) -> Option<Asked> {
        let has_body = !self.bytes().is_empty();
        self.shadow.judge.saw(&self.question.shape(has_body));
        let asked = match self.may_ask().await {
            Ok(()) => self.ask_all().await,
            Err(outcome) => Err(outcome),
        };
        match asked {
            Ok((other, again)) => Some(Asked {
                job: self,
                other,
                again,
            }),
            Err(outcome) => {
                self.fate.settle(outcome);
                None
            }
        }
    }

    async fn ask_all(&self) -> Result<(Voice, Option<Given>), Outcome> {
        let other = self.serving.other();
        let (asked, again) = match self.terms.again {
            Again::Once => (self.put_to(other).await, None),
            Again::Twice => self.put_to_both(other).await,
        };
        Ok((voice(asked, other)?, again))
    }

    /// In random order, so that neither is always the later one.
    async fn put_to_both(&self, other: Side) -> (Result<Given, Unanswered>, Option<Given>) {
        let (first, second) = (self.put_to(other), self.put_to(Side::Legacy));
        let (asked, again) = if fastrand::bool() {
            tokio::join!(first, second)
        } else {
            let (second, first) = tokio::join!(second, first);
            (first, second)
        };
        (asked, again.ok())
    }

    async fn put_to(&self, side: Side) -> Result<Given, Unanswered> {
        let target = self.shadow.target(side);
        let manner = self.manner(side);
        let mut request = self.question.request(self.bytes(), manner);
        let mut plan = None;
        if matches!(target.backend, Backend::Native(_)) {
            let (call, its_plan) = self.call(manner);
            request.extensions_mut().insert(call);
            plan = its_plan;
        }
        let limits = self.limits();
        let mut answer = Box::pin(asking::ask(&target.backend, request, &limits)).await;
        self.note(side, &answer);
        if let Ok(given) = &mut answer {
            self.check_consent(side, given);
            given.effects = plan.map(|plan| plan.take()).unwrap_or_default();
        }
        answer
    }

    /// The legacy is only ever asked safe things, for real.
    fn manner(&self, side: Side) -> Manner {
        match side {
            Side::Legacy => Manner::Perform,
            Side::Rust if self.only_looks() => Manner::Plan,
            Side::Rust => self.terms.manner,
        }
    }

    /// Whether a safe question is put to a handler that can answer it without touching anything. Safe is only what a client
    /// means by it: a file that can be had once is gone after a `GET`, and it is the client's, not the comparison's.
    fn only_looks(&self) -> bool {
        self.shadow.rust.backend.is_through_effects() && self.question.method.is_safe()
    }

    fn call(&self, manner: Manner) -> (Call, Option<Plan>) {
        let (effects, plan) = match manner {
            Manner::Perform => (Effects::performing(), None),
            Manner::Plan => {
                let (effects, plan) = Effects::planning();
                (effects, Some(plan))
            }
        };
        let call = Call {
            route: Arc::clone(&self.shadow.route),
            request_id: self.question.id.clone(),
            client: self.client,
            role: Role::Shadow,
            deadline: self.deadline().into_std(),
            effects,
        };
        (call, plan)
    }

    /// Counts an answer, and lets a side rest that gives none.
    fn note(&self, side: Side, answer: &Result<Given, Unanswered>) {
        let now = Instant::now();
        let rest = &self.shadow.target(side).rest;
        match answer {
            // Each of these costs a connection, and none of them is ever compared.
            Ok(given) if given.body.end == End::Full => rest.failed(now),
            Ok(_) => rest.answered(),
            Err(
                Unanswered::Declined
                | Unanswered::Failed {
                    broke: Broke::Call, ..
                },
            ) => rest.answered(),
            Err(_) => rest.failed(now),
        }
        let (class, asked) = match answer {
            Ok(given) => (StatusClass::of(given.status), given.asked),
            Err(_) => (StatusClass::NONE, self.since),
        };
        let took = now.saturating_duration_since(asked);
        self.shadow
            .metrics
            .answered(side, class, took.as_secs_f64());
    }

    fn bytes(&self) -> Bytes {
        self.body
            .as_ref()
            .map(|copied| copied.bytes.clone())
            .unwrap_or_default()
    }

    fn deadline(&self) -> Instant {
        self.since + self.shadow.settings.timeout
    }

    fn limits(&self) -> Limits {
        Limits {
            deadline: self.deadline(),
            cap: cap(self.shadow.settings.response_body),
            budget: self.shadow.lane.budget.clone(),
        }
    }
}

/// Planned writes toward a service over HTTP.
impl Job {
    /// Whether the question may be asked: in time, and with the consent of a service that is to plan a write.
    async fn may_ask(&self) -> Result<(), Outcome> {
        if Instant::now() >= self.deadline() {
            return Err(Outcome::Timeout);
        }
        if !self.needs_consent() {
            return Ok(());
        }
        match self.shadow.consent.may(Instant::now()) {
            May::Send => Ok(()),
            May::Not => Err(Outcome::WriteSkipped),
            May::Probe => self.probe().await,
        }
    }

    fn needs_consent(&self) -> bool {
        let over_http = matches!(self.shadow.rust.backend, Backend::Upstream(_));
        over_http && self.terms.manner == Manner::Plan && !self.question.method.is_safe()
    }

    async fn probe(&self) -> Result<(), Outcome> {
        let (backend, limits) = (&self.shadow.rust.backend, self.limits());
        match asking::ask(backend, self.question.probe(), &limits).await {
            Ok(given) if says_planned(&given.headers) => {
                self.shadow.consent.given();
                Ok(())
            }
            Ok(_) => {
                self.refused();
                Err(Outcome::WriteSkipped)
            }
            Err(_) => {
                self.shadow.consent.unclear();
                self.shadow.rust.rest.failed(Instant::now());
                Err(Outcome::Failed)
            }
        }
    }

    /// A service that has forgotten its promise gets no more writes.
    fn check_consent(&self, side: Side, given: &Given) {
        if side == Side::Rust && self.needs_consent() && !says_planned(&given.headers) {
            self.refused();
        }
    }

    fn refused(&self) {
        if self.shadow.consent.refused(Instant::now()) {
            tracing::warn!(
                route = %self.shadow.route,
                "the rust service does not answer with `x-overgrow-shadow: plan`: writes = \"plan\" is treated as \"skip\""
            );
        }
    }
}

/// What a question's end is to the comparison. Without an answer of the legacy there is none.
fn voice(asked: Result<Given, Unanswered>, side: Side) -> Result<Voice, Outcome> {
    match (asked, side) {
        (Ok(given), _) if given.body.end != End::Failed => Ok(Voice::Answer(given.into())),
        (Ok(_), Side::Rust) => Ok(Voice::Silence(StatusCode::BAD_GATEWAY, "broken")),
        (Err(Unanswered::Failed { status, reason, .. }), Side::Rust) => {
            Ok(Voice::Silence(status, reason))
        }
        (Err(Unanswered::Late), _) => Err(Outcome::Timeout),
        (Err(Unanswered::Declined), _) => Err(Outcome::Declined),
        _ => Err(Outcome::Failed),
    }
}

impl Asked {
    /// Waits for the first side and has both judged; counts the outcome.
    pub(super) async fn conclude(self) {
        let Self {
            mut job,
            other,
            again,
        } = self;
        let outcome = match job.judge(other, again).await {
            Ok(()) => Outcome::Compared,
            Err(outcome) => outcome,
        };
        job.fate.settle(outcome);
    }
}

/// The wait for the first side.
impl Job {
    async fn judge(&mut self, other: Voice, again: Option<Given>) -> Result<(), Outcome> {
        let primary = match timeout(FIRST_SIDE, &mut self.primary).await {
            Ok(Ok(primary)) => primary,
            Ok(Err(_)) => return Err(Outcome::Incomplete),
            Err(_) => return Err(Outcome::Timeout),
        };
        let patience = match other.was_cut() {
            // A stream that has no end is compared as far as the other one went.
            true => Duration::ZERO,
            false => FIRST_SIDE,
        };
        let first = first::voice(primary, self.serving, patience).await?;
        let case = Case {
            question: &self.question,
            body: self.bytes(),
            client: self.client,
            since: self.since,
        };
        let (legacy, rust) = match self.serving {
            Side::Legacy => (first, other),
            Side::Rust => (other, first),
        };
        let verdict = self.shadow.judge.judge(&case, legacy, rust, again)?;
        self.shadow.metrics.judged(verdict);
        Ok(())
    }
}
